# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Advice in plain words: verbs, protected objects and direction, within one sentence.

A pattern is written with lexicon names and gaps: ``<off> .. <selinux>`` is a switching-off verb, at most eight words, SELinux.
``...`` is a wider gap; everything else is a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from re import _parser  # type: ignore[attr-defined]  # the standard library has no public way to read a pattern
from typing import Any

_GAP = {"..": 8, "...": 16}
_MAX_SENTENCE = 1200


class Lexicon:
    """Named word groups; each group is a list of small regular expressions."""

    def __init__(self, groups: Mapping[str, Sequence[str]]) -> None:
        self.groups = {name: [str(e) for e in entries] for name, entries in groups.items()}

    def source(self, name: str) -> str:
        """One alternation for a group."""
        return "(?:" + "|".join(self.groups[name]) + ")"


def required(source: str) -> frozenset[str] | None:
    """Literals of which every match of a regular expression holds at least one, or None when that cannot be told."""
    return _required_of(_parser.parse(source, re.I))


def _required_of(items: Any) -> frozenset[str] | None:
    best: frozenset[str] | None = None
    run: list[str] = []

    def offer(candidate: frozenset[str] | None) -> None:
        nonlocal best
        if candidate and len(candidate) <= 120 and (best is None or min(map(len, candidate)) > min(map(len, best))):
            best = candidate

    def close() -> None:
        if run:
            offer(frozenset({"".join(run)}))
        run.clear()

    for operation, argument in items:
        name = str(operation)
        if name == "LITERAL":
            run.append(chr(argument).lower())
            continue
        close()
        if name == "SUBPATTERN":
            offer(_required_of(argument[-1]))
        elif name in ("MAX_REPEAT", "MIN_REPEAT") and argument[0] >= 1:
            offer(_required_of(argument[2]))
        elif name == "BRANCH":
            parts = [_required_of(part) for part in argument[1]]
            if all(parts):
                offer(frozenset(literal for part in parts if part for literal in part))
    close()
    return best


class ProsePattern:
    """One compiled prose pattern with the literals that must be present before it is tried."""

    def __init__(self, source: str, lexicon: Lexicon) -> None:
        self.source = source
        body = re.sub(r"<(\w+)>", lambda match: lexicon.source(match.group(1)), source)
        chunks = [part.strip() for part in re.split(r"(?:^|\s)(\.\.\.?)(?:\s|$)", body)]
        regex = ""
        self.triggers: list[tuple[str, ...]] = []
        for chunk in chunks:
            if chunk in _GAP:
                regex += r"(?:[^\w]+[\w'’/.*~-]+){0," + str(_GAP[chunk]) + r"}?[^\w]+"
                continue
            piece = re.sub(r"\s+", r"[^\\w]+", chunk.replace(" ?", r"\W?"))
            regex += piece
            literals = required(piece)
            if literals is not None and min(map(len, literals)) > 1:
                self.triggers.append(tuple(sorted(literals, key=len)))
        # The rarest group first: most texts fail there.
        self.triggers.sort(key=len)
        self.regex = re.compile(r"(?<![\w-])(?:" + regex + r")(?!\w)", re.I)

    def possible(self, lowered: str) -> bool:
        """Whether the words that every match needs occur at all."""
        return all(any(word in lowered for word in group) for group in self.triggers)

    def search(self, sentence: str, lowered: str) -> re.Match[str] | None:
        """The first match in a sentence."""
        return self.regex.search(sentence) if self.possible(lowered) else None


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
