"""Which pieces of plain text must stand in whatever a regular expression fits: most patterns are left out by them."""

from __future__ import annotations

import re
from re import _parser  # type: ignore[attr-defined]  # the standard library has no public way to read a pattern
from typing import Any

_MOST = 60


def required(pattern: str) -> frozenset[str] | None:
    """Lower-case literals of which every match holds at least one, or None when that cannot be told."""
    return _of(_parser.parse(pattern, re.IGNORECASE))


def _of(items: Any) -> frozenset[str] | None:
    best: frozenset[str] | None = None
    run = ""

    def offer(found: frozenset[str] | None) -> None:
        nonlocal best
        # The longer the shortest of them, the fewer texts they let through.
        if found and len(found) <= _MOST and (best is None or min(map(len, found)) > min(map(len, best))):
            best = found

    for operation, argument in items:
        kind = str(operation)
        if kind == "LITERAL":
            run += chr(argument).lower()
            continue
        if run:
            offer(frozenset({run}))
            run = ""
        if kind == "SUBPATTERN":
            offer(_of(argument[-1]))
        elif kind in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"} and argument[0] >= 1:
            offer(_of(argument[2]))
        elif kind == "BRANCH":
            parts = [_of(part) for part in argument[1]]
            if all(parts):
                offer(frozenset(literal for part in parts if part for literal in part))
    if run:
        offer(frozenset({run}))
    return best
