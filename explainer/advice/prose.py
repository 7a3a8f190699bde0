"""Sentences of a text, by place."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MAX_SENTENCE = 1200

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
