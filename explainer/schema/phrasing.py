"""Phrasings of golden cases: regular expressions that know which plain words must stand in whatever they fit.

A suite has thousands of them and an answer meets a few: they are read when they are loaded, and compiled when one of
their words stands in an answer.
"""

from __future__ import annotations

import re
from functools import lru_cache
from re import _parser  # type: ignore[attr-defined]  # the standard library has no public way to read a pattern
from typing import Any

_MOST = 60


class Phrasing:
    """One phrasing; case does not matter, and ``.`` stays within its line."""

    __slots__ = ("_compiled", "literals", "source")

    def __init__(self, source: str) -> None:
        """Read a phrasing.

        Raises:
            re.error: it is no regular expression.
            ValueError: it fits an empty sentence.
        """
        self.source = source
        self._compiled: re.Pattern[str] | None = None
        read = _parser.parse(source, re.IGNORECASE)
        self.literals = _required(read)
        """Lower-case pieces of text of which every match holds at least one; None when that cannot be told."""
        # What looks behind, and what may be empty, can only be judged when it is compiled.
        if ("(?<" in source or read.getwidth()[0] == 0) and self.compiled.search(""):
            raise ValueError("the phrasing fits an empty sentence, so it says nothing")

    @property
    def compiled(self) -> re.Pattern[str]:
        """The compiled form."""
        if self._compiled is None:
            self._compiled = re.compile(self.source, re.IGNORECASE)
        return self._compiled


@lru_cache(maxsize=8192)
def phrasing(source: str) -> Phrasing:
    """The phrasing of a regular expression; equal ones are shared. See ``Phrasing`` for errors."""
    return Phrasing(source)


def _required(items: Any) -> frozenset[str] | None:
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
            offer(_required(argument[-1]))
        elif kind in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"} and argument[0] >= 1:
            offer(_required(argument[2]))
        elif kind == "BRANCH":
            parts = [_required(part) for part in argument[1]]
            if all(parts):
                offer(frozenset(literal for part in parts if part for literal in part))
    if run:
        offer(frozenset({run}))
    return best
