# ruff: noqa: E501  (regular expressions are read better whole)
"""Stand-ins: what an identity is called outside, and what a stand-in is called inside."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping

from explainer.redaction.wordsets import word_set

_PREFIX = {
    "users": "USER",
    "hosts": "HOST",
    "containers": "CONTAINER",
    "pods": "POD",
    "namespaces": "NAMESPACE",
    "workloads": "WORKLOAD",
    "clusters": "CLUSTER",
    "labels": "LABEL",
    "images": "IMAGE",
    "registries": "REGISTRY",
    "addresses": "INTERNAL_IP",
    "external_addresses": "EXTERNAL_IP",
    "emails": "EMAIL",
    "accounts": "ACCOUNT",
    "resources": "RESOURCE",
    "repositories": "REPOSITORY",
    "domains": "DOMAIN",
    "terms": "TERM",
    "macs": "MAC",
}
_STANDIN = re.compile(
    r"(?<![A-Za-z])(?P<p>" + "|".join(sorted(_PREFIX.values(), key=len, reverse=True)) + r")[_-](?P<n>\d{1,5})(?!\d)",
    re.IGNORECASE,
)
# Of a word that a name may stand in; whoever writes longer ones wants to cost time.
_LONGEST_WORD = 128
_CUT = re.compile(r" \[cut \d+ chars\]")
_CONTEXT_BEFORE = re.compile(
    r"(?:\x00|[=@]\"?|/(?:home|Users|namespaces|pods|nodes)/|\b(?:users?|account|namespace|ns|pod|host|node|container|owner|login)[ :=]+[\"'`]?|-[nu] |~|\\Users\\)$",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[A-Za-z0-9][\w./:@%+-]*")
_READ_TWICE = re.compile(r"\$\(|`|<<|\beval\b|\bxargs\b|\bssh\b|-[a-z]*c\b|-[ce]\s|\bsource\b|\bawk\b")
NOTE = (
    "Names such as USER_1, HOST_1 or INTERNAL_IP_1 stand for real values that are withheld. Write them exactly as they "
    "are; the same name always means the same thing."
)


class Standins:
    """The stand-ins of one explanation, both ways.

    Args:
        known: identities with their kinds.
        text: everything they stand in; a stand-in that somebody wrote there already is not given out.
        words: names that as well are ordinary words here, such as a process that is called like the host.
    """

    def __init__(self, known: Mapping[str, str], text: str, words: Iterable[str] = ()) -> None:
        self._taken = set(_taken(text))
        self._words = {word.lower() for word in words} | _ORDINARY
        self._next: dict[str, int] = {}
        self._of: dict[str, str] = {}
        self._back: dict[str, str] = {}
        self._kinds = {text.lower(): kind for text, kind in reversed(list(known.items()))}
        # The longest first: "web-1" must not eat the beginning of "web-10".
        self._literals = sorted(self._kinds, key=lambda literal: (-len(literal), literal))

    def __len__(self) -> int:
        return len(self._back)

    @property
    def values(self) -> Mapping[str, str]:
        """What was replaced, by stand-in."""
        return self._back

    def conceal(self, texts: list[str]) -> list[str]:
        """The texts with a stand-in for every identity."""
        joined = "\x00".join(texts)
        if joined.count("\x00") != len(texts) - 1:
            return [self._conceal(f"\x00{text}\x00")[1:-1] for text in texts]
        return self._conceal(f"\x00{joined}\x00")[1:-1].split("\x00") if texts else []

    def _conceal(self, text: str) -> str:
        low = text.lower()
        if len(low) != len(text):  # a letter whose lower case is longer: positions would move
            low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        spans: list[tuple[int, int, str]] = []
        covered = bytearray(len(text))
        for literal in self._literals:
            at = low.find(literal)
            while at >= 0:
                end = at + len(literal)
                if not any(covered[at:end]):
                    found = self._place(low, text, literal, at, end)
                    if found is not None and not any(covered[found[0] : found[1]]):
                        spans.append((*found, self._kinds[literal]))
                        covered[found[0] : found[1]] = b"\x01" * (found[1] - found[0])
                at = low.find(literal, end)
        spans += self._at_cuts(low, covered)
        out, at = [], 0
        for start, end, kind in sorted(spans):
            out += [text[at:start], self._standin(text[start:end], kind)]
            at = end
        return "".join([*out, text[at:]])

    def _place(self, low: str, text: str, literal: str, at: int, end: int) -> tuple[int, int] | None:
        """Where the identity that was found here begins and ends; None when it only looks like one."""
        before, after = low[at - 1], low[end]
        if (before.isalpha() and not literal[0].isalnum()) or (after.isdigit() and not literal[-1].isalnum()):
            # A stand-in that touches a letter or a digit could not be found again.
            return None
        if (literal[0].isalnum() and before.isalnum()) or (literal[-1].isalnum() and after.isalnum()):
            if len(literal) < 4 or literal in self._words:
                return None
            start, stop = at, end
            while low[start - 1].isalnum() and at - start < _LONGEST_WORD:
                start -= 1
            while low[stop].isalnum() and stop - end < _LONGEST_WORD:
                stop += 1
            if low[start - 1].isalnum() or low[stop].isalnum():
                return None
            rest = low[start:at] + low[end:stop]
            telling = len(literal) >= 7 or not literal.isalpha() or rest.isdigit()
            # 10.0.0.5 in 10.0.0.51 is another address, and web-1 in web-10 another host.
            other = (literal[-1].isdigit() and after.isdigit()) or (literal[0].isdigit() and before.isdigit())
            return (start, stop) if telling and not other and low[start:stop] not in self._words else None
        if self._kinds[literal] == "addresses" and (
            (after == "." and low[end + 1].isdigit()) or (before == "." and low[at - 2].isdigit())
        ):
            return None
        if len(literal) < 3 or literal in self._words:
            typed = _CONTEXT_BEFORE.search(text, max(0, at - 24), at) and (
                after in "\x00/@: ,;)\"'" or not after.isalnum()
            )
            return (at, end) if typed or (after == "@" and not before.isalnum()) else None
        return at, end

    def _at_cuts(self, low: str, covered: bytearray) -> list[tuple[int, int, str]]:
        """Beginnings of identities that an over-long value was cut off in."""
        found = []
        for match in _CUT.finditer(low):
            for literal in self._literals:
                for size in range(min(len(literal) - 1, 64), 3, -1):
                    start = match.start() - size
                    if start > 0 and low.startswith(literal[:size], start) and low.startswith(" [cut", start + size):
                        if not any(covered[start : match.start()]):
                            found.append((start, match.start(), self._kinds[literal]))
                            covered[start : match.start()] = b"\x01" * size
                        break
        return found

    def _standin(self, value: str, kind: str) -> str:
        known = self._of.get(value)
        if known is not None:
            return known
        prefix = _PREFIX[kind]
        number = self._next.get(prefix, 0) + 1
        while f"{prefix}_{number}" in self._taken:
            number += 1
        self._next[prefix] = number
        standin = f"{prefix}_{number}"
        self._of[value] = standin
        self._back[standin] = value
        return standin

    def restore(self, text: str) -> str:
        """Prose with the identities in it again."""
        if not self._back:
            return text
        return _STANDIN.sub(lambda m: self._back.get(f"{m['p']}_{m['n']}".upper(), m[0]), text)

    def restore_command(self, command: str) -> str:
        """A shell command with the identities in it again, each quoted for the place that it stands in.

        What cannot be quoted with certainty stays away and its stand-in remains: a value with a control character, and
        one that is no plain word in a command that is read twice (``$( )``, ``sh -c``, a here-document).
        """
        if not self._back:
            return command
        twice = _READ_TWICE.search(command) is not None
        out, at, quote = [], 0, ""
        for match in _STANDIN.finditer(command):
            literal = command[at : match.start()]
            quote = _quote_after(literal, quote)
            out.append(literal)
            value = self._back.get(f"{match['p']}_{match['n']}".upper())
            plain = value is not None and _PLAIN.fullmatch(value) is not None
            # An exclamation mark in double quotes is read by some shells and cannot be quoted for the others.
            unsure = twice or (quote == '"' and "!" in (value or ""))
            if value is None or not value.isprintable() or (unsure and not plain):
                out.append(match[0])
            else:
                out.append(_quoted(value, quote))
            at = match.end()
        return "".join([*out, command[at:]])


_NUMBERED = re.compile(r"[_-](\d{1,5})(?!\d)")
_ENDINGS = tuple(prefix.lower() for prefix in _PREFIX.values())


def _taken(text: str) -> Iterator[str]:
    for match in _NUMBERED.finditer(text):
        before = text[max(0, match.start() - 14) : match.start()].lower()
        for ending in _ENDINGS:
            if before.endswith(ending):
                yield f"{ending.upper()}_{match[1]}"


def _quote_after(text: str, quote: str) -> str:
    at = 0
    while at < len(text):
        character = text[at]
        if character == "\\" and quote != "'":
            at += 1
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        at += 1
    return quote


def _quoted(value: str, quote: str) -> str:
    if quote == "'":
        return value.replace("'", "'\\''")
    if quote == '"':
        return re.sub(r'([\\$`"])', r"\\\1", value)
    return shlex.quote(value)


# Words of the prompts themselves, of commands and of the field: a pod that is called so is replaced where it is named.
_ORDINARY = word_set(
    "alert rule event process parent file path shell container image host user pod node namespace network "
    "connection command program system service server client root kernel module driver read write open exec "
    "run load start stop data key log name id the and for with from that this not has was are one two new all "
    "any can may its who what when where why how sh bash curl wget python perl ruby java php ssh sudo cat ls "
    "ps id env find grep docker kubectl runc falco linux evidence benign malicious suspicious unknown warning "
    "notice error critical debug medium low high none null true false"
)
