# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""What a command line does to what, read by grammar instead of by name: verb, direction and object of any command-line tool.

``explainer/data/advice/_commands.yaml`` holds the verbs with their directions and the shape of the programs' arguments. A tool that
nobody listed is read like most: some words of a path, one verb among them (``acme-cli security agents unenroll --all``). The rules say
which direction on which object is unsafe (``act: ['off|remove: ^unit .*<sensor>']``), and verbs that only read are never an act.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explainer.advice.expression import Compile, Expression, at_once
from explainer.advice.patterns import Argv
from explainer.advice.script import Command

_MAX_WORDS = 40
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_WORD = re.compile(r"[^a-z0-9*$%]+")
_CMDLET = re.compile(r"[a-z]{2,12}-[a-z][\w]+")
_ONLY_SAYS = frozenset(
    ["--help", "--dry-run", "--dryrun", "--check", "--version", "-whatif", "--what-if", "--whatif", "--just-print", "--simulate", "--no-act"]
)  # fmt: skip
_FLAG_VERB = re.compile(r"--(no-enable|no|disable|skip|without|remove|delete|clear|detach|unset|purge|destroy|uninstall|allow|public\w*|insecure)(?:-(.*))?$")  # fmt: skip
# "--no-disabled" switches on: the flag turns a bad state round.
_TURNED_ON = re.compile(
    r"(?:disabled?|paused?|suspend(?:ed)?|mute[ds]?|skip\w*|insecure\S*|bypass\S*|public\S*|allow\S*|exempt\S*)$"
)
_SHELL_FLAG_VERB = re.compile(r"-(disable|enable|remove|allow|skip|exclusion)(\w*)$", re.I)
_RUN_TOGETHER = re.compile(r"(delete|remove|disable|uninstall|destroy|revoke|grant|unload|purge)([a-z]{3,})")
_FALSE = re.compile(r"\$?false|0|no|off", re.I)
_HARMLESS_NO = frozenset(["no-cache no-color no-colors no-pager no-headers no-wait no-prompt no-input no-block no-verify-ssl no-sandbox no-restart no-paginate no-cli-pager no-user-output-enabled no-log-http no-install-recommends no-legend no-reload no-wall no-ask-password no-fail no-hooks no-daemon no-deps no-autoremove"][0].split())  # fmt: skip
_SIGNALS = re.compile(r"-(?:s\s*)?(?:SIG)?(?:HUP|0|1|USR1|USR2|CONT|WINCH|10|12|18|28)", re.I)
_UNIT_FLAGS = {"-d": "off", "-k": "off", "-dx": "off", "-K": "off", "--stop": "off", "--remove": "remove", "--off": "off", "--del": "remove", "-r": "remove"}  # fmt: skip
_PACKAGE_FLAGS = {
    "rpm": r"-e\w*|--erase", "dpkg": r"-[rP]|--remove|--purge", "pacman": r"-R\w*|--remove", "yay": r"-R\w*", "paru": r"-R\w*", "apk": r"$^",
    "emerge": r"-C|--unmerge|-c|--depclean", "nix-env": r"-e|--uninstall", "guix": r"-r|--remove", "msiexec": r"[-/]x|/uninstall",
    "dism": r"/disable-feature|/remove-\w+", "pkgutil": r"--forget", "snap": r"$^", "installp": r"-u",
}  # fmt: skip
_BARE_REMOVERS = frozenset(
    ["pkg_delete", "xbps-remove", "removepkg", "urpme", "pkgrm", "swremove", "uninstall-package", "uninstall-module"]
)


def plain(text: str) -> str:
    """Any name as lower-case words: ``Set-MpPreference`` and ``mp_preference`` alike."""
    return _NO_WORD.sub(" ", _CAMEL.sub(" ", text).lower()).strip()


@dataclass(frozen=True, slots=True)
class Act:
    """One verb on one thing."""

    direction: str
    """``off``, ``remove``, ``hush``, ``add``, ``grant``, ``open``, ``revoke``, ``on``, ``set`` or ``read``."""
    thing: str
    """Program or kind first, then the path of sub-commands and the names, as plain words."""


class Grammar:
    """The tables of ``_commands.yaml``, compiled."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._verbs = {w: str(d) for d, words in (raw.get("verbs") or {}).items() for w in str(words).split()}
        self._kinds = {w: str(k) for k, words in (raw.get("kinds") or {}).items() for w in str(words).split()}

        def words(name: str) -> frozenset[str]:
            return frozenset(str(raw.get(name) or "").split())

        self._adverbs, self._naming, self._valued = words("adverbs"), words("naming_options"), words("valued_options")
        self._nouns = words("noun_verbs")
        self._states, self._off, self._hush = words("state_options"), words("state_off"), words("state_hush")

    def read(self, argv: Argv, command: Command) -> tuple[Act, ...]:
        """The acts of one command line; empty for programs whose words are no verbs."""
        if not self._verbs or not argv.program:
            return ()
        if command.path and (
            "unins" in argv.program
            or "remove" in argv.program
            or "stop" in argv.program
            or "/init.d/" in command.path
            or "/rc.d/" in command.path
        ):
            # The folder says whose uninstaller or start script it is.
            verb = (
                "remove"
                if "unins" in argv.program or "remove" in argv.program
                else next(
                    (d for w in argv.positional[:2] if (d := self._verbs.get(w, ""))),
                    "off" if "stop" in argv.program else "",
                )
            )
            return (Act(verb, f"unit {plain(command.path)}"),) if verb else ()
        kind = self._kinds.get(argv.program) or ("cmdlet" if _CMDLET.fullmatch(argv.program) else "path")
        if len(argv.words) < 8 and any(w in ("--help", "--version") for w in argv.words[1:]):
            return (Act("read", argv.program),)
        if kind in ("none", "http"):
            return ()
        if any(
            w.lower().split("=")[0] in _ONLY_SAYS and not w.lower().endswith(("=none", "=false"))
            for w in argv.words[1:]
        ):
            return (Act("read", argv.program),)
        if kind == "unit":
            return tuple(self._unit(argv))
        if kind == "package":
            return tuple(self._package(argv))
        if kind == "process":
            return tuple(self._process(argv, command))
        if kind == "cmdlet":
            return tuple(self._cmdlet(argv, command))
        return tuple(self._path(argv))

    def verb(self, word: str) -> tuple[str, str]:
        """Direction of a word or a compound, and what else the compound says: ``delete-detector`` is remove, ``detector``."""
        lowered = word.lower().strip("_")
        if lowered in self._verbs:
            return self._verbs[lowered], ""
        parts = [p for p in re.split(r"[-_:]", _CAMEL.sub("-", word).lower()) if p]
        while len(parts) > 1 and parts[0] in self._adverbs:
            parts = parts[1:]
        if len(parts) > 1 and parts[0] in self._verbs and word.count(".") == 0:
            direction = self._verbs[parts[0]]
            if direction == "set" and parts[1] in self._verbs and self._verbs[parts[1]] in ("hush", "off"):
                return self._verbs[parts[1]], " ".join(parts[2:])
            return direction, " ".join(parts[1:])
        if len(parts) == 1 and parts[0] in self._verbs:
            return self._verbs[parts[0]], ""
        run_together = _RUN_TOGETHER.fullmatch(lowered)
        if run_together:  # deletejournal, disableblockdevice
            return self._verbs.get(run_together.group(1), ""), run_together.group(2)
        if len(parts) == 2 and ":" in word and parts[1] in self._verbs:  # drains:remove
            return self._verbs[parts[1]], parts[0]
        return "", ""

    def _names(self, argv: Argv) -> str:
        values = []
        for index, word in enumerate(argv.words[1:_MAX_WORDS], 1):
            name, equals, value = word.partition("=")
            if name in self._naming:
                values.append(value if equals else argv.words[index + 1] if index + 1 < len(argv.words) else "")
        return plain(" ".join(values))

    def _positional(self, argv: Argv) -> list[str]:
        """The path without the values of options."""
        found: list[str] = []
        skip = False
        for word in argv.words[1:_MAX_WORDS]:
            if word.startswith(("$(", "`")):  # what follows are words of another command
                break
            if skip:
                skip = False
                if not word.startswith("-"):
                    continue
            if word.startswith("-") and len(word) > 1:
                skip = word in self._valued or (word.startswith("--") and "=" not in word and word not in ("--yes", "--force", "--all", "--now", "--quiet"))  # fmt: skip
            else:
                found.append(word)
        return found

    def _verb_at(self, words: Sequence[str], *, first: bool) -> int:
        """Where the verb stands: the first real one, else a noun that can be one (``az monitor log-profiles``), else ``set``."""
        noun, setting = -1, -1
        for index, word in enumerate(words):
            direction = self.verb(word)[0]
            if not direction:
                continue
            if direction == "set":
                setting = index if setting < 0 else setting
            elif first or word.lower() not in self._nouns:
                return index if setting < 0 or index <= setting + 2 else setting
            else:
                noun = index
        return max(noun, setting)

    def _path(self, argv: Argv) -> Iterator[Act]:
        words = self._positional(argv)
        if not any(self.verb(w)[0] for w in words[:6]):
            cut = next((i for i, w in enumerate(argv.positional[:10]) if w.startswith(("$(", "`"))), 10)
            words = argv.positional[:cut]
        chosen = self._verb_at(words[:7], first=self._kinds.get(argv.program) == "verb_first")
        program = argv.program
        if chosen < 0:
            base = plain(" ".join([program, *words[:8]]))
            direction = ""
        else:
            direction, rest = self.verb(words[chosen])
            base = plain(" ".join([program, *words[:chosen], rest, *words[chosen + 1 : 10]]))
        base = re.sub(r"^gcloud (?:alpha|beta) ", "gcloud ", base)
        names = self._names(argv)
        thing = f"{base} of {names}" if names else base
        if direction == "read" or " dry run" in base:
            yield Act("read", thing)
            return
        if direction == "remove" and re.search(
            r"\b(?:iam policy binding|role (?:binding|assignment))|\brole from\b|\bfrom user\b", base
        ):
            direction = "revoke"
        if direction:
            yield Act(direction, thing)
        yield from self._flag_acts(argv, thing)
        yield from self._state_acts(argv, words, thing, direction)

    def _flag_acts(self, argv: Argv, thing: str) -> Iterator[Act]:
        for index, word in enumerate(argv.words[1:_MAX_WORDS], 1):
            match = _FLAG_VERB.match(word.partition("=")[0])
            if match is None or word.lstrip("-") in _HARMLESS_NO or word.lower().endswith(("=false", "=0", "=no")):
                continue
            verb, rest = match.group(1), match.group(2) or ""
            if verb == "no" and _TURNED_ON.match(rest):
                continue
            direction = "open" if verb.startswith(("allow", "public", "insecure")) else "remove" if verb in ("remove", "delete", "clear", "purge", "destroy", "uninstall", "detach") else "off"  # fmt: skip
            value = (
                argv.words[index + 1]
                if index + 1 < len(argv.words) and not argv.words[index + 1].startswith("-")
                else ""
            )
            if direction == "open" and ((not rest and verb != "public") or "block" in rest or "prevention" in rest):
                continue
            yield Act(direction, f"{thing} by {plain(rest)} {plain(value)[:60]}".strip())

    def _state_acts(self, argv: Argv, words: Sequence[str], thing: str, direction: str) -> Iterator[Act]:
        for index, word in enumerate(argv.words[1:_MAX_WORDS], 1):
            name, equals, value = word.partition("=")
            if not equals and word.startswith("/") and ":" in word:
                name, _, value = word.partition(":")
                equals = ":"
            if equals == "=" and not word.startswith("-"):
                continue
            key = name.lstrip("-/").lower()
            if key.rsplit(".", 1)[-1] not in self._states:
                continue
            if not equals:
                if not name.startswith("-") and key not in ("state", "status", "mode", "enabled", "start"):
                    continue
                value = argv.words[index + 1] if index + 1 < len(argv.words) else ""
            lowered = value.lower().strip("\"'")
            if lowered in self._off:
                yield Act("off", thing)
            elif lowered in self._hush:
                yield Act("hush", thing)
        if (
            words
            and direction in ("", "set")
            and len(words) > 1
            and words[-1].lower() in ("off", "disabled", "disable", "no", "false", "0", "none")
        ):
            yield Act("off", thing)

    def _unit(self, argv: Argv) -> Iterator[Act]:
        words = [w for w in argv.positional if not w.endswith(".target")]
        names: list[str] = []
        direction = ""
        for index, word in enumerate(words[:8]):
            found = self._verbs.get(word.lower(), "") if index < 3 or word.lower() in ("off", "disabled") else ""
            if argv.program in ("sv", "s6-rc", "dinitctl") and word in ("d", "x", "k", "-d"):
                found = "off"
            if word.lower() in ("start=",) and index + 1 < len(words):
                found = "off" if words[index + 1].lower() == "disabled" else "on"
            if found and (not direction or direction == "set"):
                direction = found
            else:
                names.append(word)
        for flag, found in _UNIT_FLAGS.items():
            if not direction and flag in argv.words:
                direction = found
        if argv.program in ("sysrc",):
            for word in argv.positional:
                key, _, value = word.partition("=")
                if value.strip("\"'").lower() in ("no", "off", "0", "false", "none") and key.endswith(
                    ("_enable", "_flags")
                ):
                    yield Act("off", f"unit {plain(key.rsplit('_', 1)[0])}")
            return
        if argv.program in ("net", "net1") and direction not in ("off", "on"):
            yield from self._path(argv)
            return
        if (
            argv.program in ("rcctl", "systemctl")
            and direction == "set"
            and names
            and names[-1].lower() in ("off", "no")
        ):
            direction = "off"
        if direction:
            yield Act(direction, f"unit {plain(' '.join(names))}")

    def _package(self, argv: Argv) -> Iterator[Act]:
        program = argv.program
        flags = _PACKAGE_FLAGS.get(program)
        words = argv.positional
        if program in _BARE_REMOVERS or (flags and any(re.fullmatch(flags, w, re.I) for w in argv.words[1:])):
            yield Act("remove", f"package {plain(' '.join(w for w in argv.words[1:] if w[:1] not in '-'))}")
            return
        if program == "wmic" and "uninstall" in argv.joined.lower():
            yield Act("remove", f"package {plain(argv.joined)}")
            return
        for index, word in enumerate(words[:3]):
            direction = self._verbs.get(word.lower(), "")
            if direction in ("remove", "off") or (direction == "read" and index == 0):
                names = [w for i, w in enumerate(words) if i != index]
                kind = "unit" if direction == "off" or word == "stop" else "package"
                yield Act(direction, f"{kind} {plain(' '.join(names))}")
                return
        if words[:1] in (["install"], ["add"]) or "-S" in argv.words:
            yield Act("add", f"package {plain(' '.join(words[1:]))}")

    def _process(self, argv: Argv, command: Command) -> Iterator[Act]:
        if any(_SIGNALS.fullmatch(w) for w in argv.words[1:3]) or "-l" in argv.words:
            return
        if argv.program == "fuser" and not any(re.fullmatch(r"-\w*k\w*|--kill", w) for w in argv.words):
            return
        names = [w for w in argv.words[1:] if not re.fullmatch(r"-\w{1,6}|\d+|--\w+", w)]
        yield Act("off", f"process {plain(' '.join([*names, *_piped(command)]))}")

    def _cmdlet(self, argv: Argv, command: Command) -> Iterator[Act]:
        verb, _, noun = argv.words[0].partition("-")
        direction = self._verbs.get(verb.lower(), "")
        words = " ".join([*argv.positional, *_piped(command)])
        thing = f"cmdlet {plain(noun)} {plain(words)}".strip()
        if direction and direction != "set":
            yield Act(direction, thing)
        elif direction == "":
            yield from self._path(argv)
            return
        rest = argv.words[1:_MAX_WORDS]
        for index, word in enumerate(rest):
            name, colon, value = word.partition(":")
            match = _SHELL_FLAG_VERB.match(name)
            value = (
                value
                if colon
                else rest[index + 1]
                if index + 1 < len(rest) and not rest[index + 1].startswith("-")
                else ""
            )
            if match:
                negative = match.group(1).lower() not in ("enable", "allow")
                if match.group(1).lower() == "allow":
                    yield Act("open", f"{thing} by {plain(match.group(2))}")
                elif negative != bool(_FALSE.fullmatch(value)):
                    yield Act(
                        "off",
                        f"{thing} by {plain(match.group(1) if match.group(1).lower() == 'exclusion' else '')} {plain(match.group(2))} {plain(value)[:80]}",
                    )
        yield from self._state_acts(argv, (), thing, direction)


def _piped(command: Command) -> Iterator[str]:
    """Words of the commands before the pipe, which choose what the verb works on."""
    source, depth = command.piped_from, 0
    while source is not None and depth < 4:
        yield from (w for w in source.argv[:12] if not w.startswith("-"))
        source, depth = source.piped_from, depth + 1


@functools.cache
def _holds(words: str) -> Callable[[str], bool]:
    pattern = Expression(words, re.I)
    return functools.lru_cache(1024)(lambda thing: pattern.search(thing) is not None)


class ActPattern:
    """``off|remove: regex IF regex UNLESS regex``: a direction, what it is done to, and what the whole line must or must not hold."""

    _SHAPE = re.compile(r"^(?P<d>[a-z|]+):\s*(?P<t>.+?)(?:\s+IF\s+(?P<i>.+?))?(?:\s+UNLESS\s+(?P<u>.+))?$", re.S)

    def __init__(self, source: str, objects: Mapping[str, str], regex: Compile = at_once) -> None:
        match = self._SHAPE.match(source.strip())
        if match is None:
            raise ValueError(f"not an act pattern: {source!r}")

        def compiled(text: str | None) -> Expression | None:
            if text is None:
                return None
            return regex(re.sub(r"<([a-z_]+)>", lambda m: objects[m.group(1)], text), re.I)

        # The word lists are long: whether a thing holds one of them is asked once for all patterns.
        alone = re.findall(r"(?<![|(:])<([a-z_]+)>(?!\|)", match.group("t"))
        self._needs = [_holds(objects[name]) for name in alone]
        self.directions = frozenset(match.group("d").split("|"))
        thing = compiled(match.group("t"))
        if thing is None:
            raise ValueError(f"no object: {source!r}")
        self._thing, self._when, self._unless = thing, compiled(match.group("i")), compiled(match.group("u"))

    def matches(self, act: Act, joined: str) -> bool:
        """Whether the act is the one that the pattern describes."""
        return (
            act.direction in self.directions
            and all(holds(act.thing) for holds in self._needs)
            and self._thing.search(act.thing) is not None
            and (self._when is None or self._when.search(joined) is not None)
            and (self._unless is None or self._unless.search(joined) is None)
        )
