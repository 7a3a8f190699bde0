# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""The small languages of the rule files: what a command line or a setting must look like.

A command pattern is words. The first names the programs (``a|b``); after it, in any order:

- ``stop|disable`` a positional word, case-insensitive, ``*`` and ``?`` as in file names; several must follow in order
- ``-f|--force`` an option in any spelling (``-rf`` holds ``-f``); ``--type=LoadBalancer`` an option with that value
- ``@sensor`` a positional word of the named set (``_sets.yaml``)
- ``/regex/`` found in one word; ``~regex~`` found in the joined words
- ``!`` before any of these: must not be there

A setting pattern is ``key = value`` or ``[document] key = value``: the key matches the end of a dotted path, the value is a
regular expression over the whole value, and the document one over the file name and kind.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from explainer.advice.expression import Compile, Expression, at_once

_CACHE = 4096
# Patterns with several gaps take quadratic time; a longer line is a script or a document, which is read as such.
_MAX_JOINED = 6000
# A joined-words regex may hold blanks; it ends at a tilde before a blank.
_TOKEN = re.compile(r'!?~.+?~(?=\s|$)|"[^"]*"|\S+')


@dataclass(slots=True)
class Argv:
    """A command line with its options told apart."""

    words: tuple[str, ...]
    program: str = ""
    positional: list[str] = field(default_factory=list)
    flags: dict[str, list[str]] = field(default_factory=dict)
    joined: str = ""
    lowered: frozenset[str] = frozenset()
    """The positional words in lower case."""


def prepare(words: Sequence[str]) -> Argv:
    """Split options from the rest; the value of an option is also kept as a positional word."""
    argv = Argv(tuple(words))
    program = words[0].replace("\\", "/").rsplit("/", 1)[-1] if words else ""
    argv.program = program.lower().removesuffix(".exe")
    plural = argv.program in ("kubectl", "oc", "k")
    rest = list(words[1:400])
    closed = False
    for index, word in enumerate(rest):
        if word == "--":
            closed = argv.program not in ("git", "systemctl", "rm")
            continue
        if word.startswith("-") and len(word) > 1 and not closed:
            name, equals, value = word.partition("=")
            following = rest[index + 1] if index + 1 < len(rest) and not rest[index + 1].startswith("-") else ""
            argv.flags.setdefault(name, []).append(value if equals else following)
            if not name.startswith("--") and len(name) > 2:
                for letter in name[1:12]:
                    argv.flags.setdefault("-" + letter, []).append(following)
                # -pSecret, -t0: the value stands right behind the letter.
                argv.flags.setdefault(name[:2], []).append((name[2:] + equals + value).lstrip("="))
            elif equals and not name.startswith("--"):
                argv.flags.setdefault(name[:2], []).append(value)
        elif plural and re.fullmatch(r"[a-z]+(\.[a-z0-9.]+)?/[\w.-]+", word):
            kind, _, name = word.partition("/")
            argv.positional += [kind, name]
        else:
            argv.positional.append(word)
    argv.joined = " ".join(words)[:_MAX_JOINED]
    argv.lowered = frozenset(word.lower() for word in argv.positional)
    return argv


@functools.lru_cache(_CACHE)
def _glob(pattern: str) -> Expression:
    return Expression(_glob_source(pattern), re.I | re.S)


def _glob_source(pattern: str) -> str:
    return "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)


def globs(alternatives: str) -> Callable[[str], bool]:
    """A predicate for ``a|b*``."""
    plain = {a.lower() for a in alternatives.split("|") if "*" not in a and "?" not in a}
    wild = [_glob(a) for a in alternatives.split("|") if "*" in a or "?" in a]
    return lambda word: word.lower() in plain or any(w.fullmatch(word) for w in wild)


Test = Callable[[Argv], bool]


def _flag_test(token: str) -> Test:
    """``-f|--force`` or ``--type=A|B``; a word behind a bar that is no option is one more value of the option before it."""
    wanted: list[tuple[str, list[str]]] = []
    for part in token.split("|"):
        if part.startswith("-") or not wanted:
            name, equals, value = part.partition("=")
            wanted.append((name, [value] if equals else []))
        else:
            wanted[-1][1].append(part)
    bare = [name for name, values in wanted if not values]
    valued = [(name, globs("|".join(values))) for name, values in wanted if values]
    return lambda argv: (
        any(name in argv.flags for name in bare)
        or any(accept(value) for name, accept in valued for value in argv.flags.get(name, ()))
    )


class CommandPattern:
    """One compiled command pattern."""

    def __init__(self, source: str, sets: Mapping[str, Expression], regex: Compile = at_once) -> None:
        tokens = [t.replace('"', "") if t[:1] == '"' else t for t in _TOKEN.findall(source)]
        self.source = source
        self.programs = tuple(tokens[0].lower().split("|"))
        self._tests: list[Test] = []
        self._ordered: list[Callable[[str], bool]] = []
        # Words of which one has to be there; most patterns of a program with many verbs fail on this at once.
        self._needed: list[frozenset[str]] = []
        for token in tokens[1:]:
            negative = token.startswith("!") and len(token) > 1
            body = token[1:] if negative else token
            if (not negative and not body.startswith(("-", "/", "~"))) or (body.startswith("@") and not negative):
                self._ordered.append(self._word(body, sets))
                if not body.startswith("@") and "*" not in body and "?" not in body:
                    self._needed.append(frozenset(body.lower().split("|")))
                continue
            test = self._test(body, sets, regex)
            self._tests.append((lambda t: lambda argv: not t(argv))(test) if negative else test)

    @staticmethod
    def _word(body: str, sets: Mapping[str, Expression]) -> Callable[[str], bool]:
        if body.startswith("@"):
            known = sets[body[1:]]
            return lambda word: known.search(word) is not None
        return globs(body)

    @staticmethod
    def _test(body: str, sets: Mapping[str, Expression], regex: Compile) -> Test:
        if body.startswith("~"):
            joined = regex(body[1:-1], re.I)
            return lambda argv: joined.search(argv.joined) is not None
        if body.startswith("/") and body.endswith("/") and len(body) > 2:
            single = regex(body[1:-1], 0)
            return lambda argv: any(single.search(word) for word in argv.words[1:])
        if body.startswith("-"):
            return _flag_test(body)
        if body.startswith("@"):
            known = sets[body[1:]]
            return lambda argv: any(known.search(word) for word in argv.words[1:])
        accept = globs(body)
        return lambda argv: any(accept(word) for word in argv.positional)

    def matches(self, argv: Argv) -> bool:
        """Whether the command line is what the pattern describes."""
        lowered = argv.lowered
        for needed in self._needed:
            if needed.isdisjoint(lowered):
                return False
        position = 0
        words = argv.positional
        for accept in self._ordered:
            while position < len(words) and not accept(words[position]):
                position += 1
            if position == len(words):
                return False
            position += 1
        return all(test(argv) for test in self._tests)


@dataclass(frozen=True, slots=True)
class Setting:
    """One key with its value, as some configuration file, environment or option sets it."""

    path: str
    """Dotted, lower case, list positions left out."""
    value: str
    where: str = ""
    """File name and document kinds, lower case, separated by blanks: ``falco.yaml yaml k8s:pod``."""
    start: int = 0
    end: int = 0
    key: str = ""
    """The path as it is written, for what capitals tell (``skipTlsVerify``); empty where nobody kept it."""


class SettingPattern:
    """One compiled setting pattern."""

    _SHAPE = re.compile(r"^(?:\[(?P<where>[^\]]+)\]\s*)?(?P<key>\S+)\s*(?P<op>!?=)\s*(?P<value>.*)$", re.S)

    def __init__(self, source: str, regex: Compile = at_once) -> None:
        match = self._SHAPE.match(source)
        if match is None:
            raise ValueError(f"not a setting pattern: {source!r}")
        self.source = source
        key = match.group("key").lower()
        self.last = tuple(part.rsplit(".", 1)[-1] for part in key.split("|"))
        self._where = regex(match.group("where"), re.I) if match.group("where") else None
        self._keys = [regex(r"(?:^|.*\.)" + _glob_source(k), re.S) for k in key.split("|")]
        self._value = regex(match.group("value") or "", re.I | re.S)
        self._negated = match.group("op") == "!="

    def matches(self, setting: Setting) -> bool:
        """Whether the setting is what the pattern describes."""
        if self._where is not None and not self._where.search(setting.where):
            return False
        if not any(k.fullmatch(setting.path) for k in self._keys):
            return False
        return (self._value.fullmatch(setting.value) is not None) != self._negated
