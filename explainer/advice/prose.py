"""Advice in plain words: verbs, protected objects and direction, within one sentence.

A pattern is written with lexicon names and gaps: ``<off> .. <selinux>`` is a switching-off verb, at most eight words, SELinux.
``...`` is a wider gap; everything else is a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

_GAP = {"..": 8, "...": 16}
_MAX_SENTENCE = 1200


class Lexicon:
    """Named word groups; each group is a list of small regular expressions."""

    def __init__(self, groups: Mapping[str, Sequence[str]]) -> None:
        self.groups = {name: [str(e) for e in entries] for name, entries in groups.items()}

    def source(self, name: str) -> str:
        """One alternation for a group."""
        return "(?:" + "|".join(self.groups[name]) + ")"

    def triggers(self, name: str) -> tuple[str, ...] | None:
        """A literal that must occur for each entry, or None when an entry has none."""
        found = []
        for entry in self.groups[name]:
            bare, previous = entry, ""
            while bare != previous:
                previous, bare = bare, re.sub(r"\([^()]*\)[?*+]?(?:\{[^}]*\})?", "\0", bare)
            bare = re.sub(r"\[[^\]]*\][?*+]?|\\.[?*+]?|.[?*]|\{[^}]*\}", "\0", bare)
            literals = re.findall(r"[a-zà-ÿ][a-zà-ÿ ./_-]*", bare)
            best = max(literals, key=len, default="")
            if len(best) < 2 or "|" in bare:
                return None
            found.append(best)
        return tuple(found)


class ProsePattern:
    """One compiled prose pattern with the literals that must be present before it is tried."""

    def __init__(self, source: str, lexicon: Lexicon) -> None:
        self.source = source
        parts: list[str] = []
        triggers: tuple[str, ...] | None = None
        blank = False
        for token in re.split(r"(<\w+>|\s+)", source):
            if not token:
                continue
            if token.isspace():
                blank = True
                continue
            if token in _GAP:
                parts.append(r"(?:[^\w]+[\w'’/.*~-]+){0," + str(_GAP[token]) + r"}?[^\w]+")
                blank = False
                continue
            if re.fullmatch(r"<\w+>", token):
                group = token[1:-1]
                optional = "(" in "".join(p for p in parts[-3:] if p.endswith("(?:") or p == "|")
                if group not in lexicon.groups:
                    raise KeyError(group)
                mine = lexicon.triggers(group) if not optional else None
                if mine is not None and (
                    triggers is None or (not triggers_are_objects(triggers) and group.isupper()) or group.isupper()
                ):
                    triggers = mine
                token = lexicon.source(group)
            if blank and parts and not parts[-1].endswith(r"[^\w]+"):
                parts.append(r"[^\w]+")
            blank = False
            parts.append(token)
        self.triggers = triggers
        self.regex = re.compile(r"(?<![\w-])" + "".join(parts) + r"(?!\w)", re.I)

    def search(self, sentence: str, lowered: str) -> re.Match[str] | None:
        """The first match in a sentence."""
        if self.triggers is not None and not any(t in lowered for t in self.triggers):
            return None
        return self.regex.search(sentence)


def triggers_are_objects(triggers: Sequence[str]) -> bool:
    """Whether the literals are long enough to be rare."""
    return min(map(len, triggers), default=0) > 5


_END = re.compile(r"(?<![.\s][A-Za-z])(?<!e\.g)(?<!i\.e)(?<!vs)[.!?](?=[\"')\]*_]*(?:\s+|$))|\n[ \t]*\n|(?<=[;])(?=\s)")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence; code should be masked before."""
    start = 0
    for match in _END.finditer(text):
        if match.end() > start and text[start : match.end()].strip():
            yield from _capped(start, match.end())
        start = match.end()
    if text[start:].strip():
        yield from _capped(start, len(text))


def _capped(start: int, end: int) -> Iterator[tuple[int, int]]:
    for position in range(start, end, _MAX_SENTENCE):
        yield position, min(end, position + _MAX_SENTENCE)
