"""Waivers inside a text: ``<!-- explainer: allow RULE reason -->`` accepts one finding, and is itself reported.

A waiver at the end of a line holds for that line; one that stands alone holds for what follows directly: the next line,
paragraph or fenced block. It names a rule or a class and gives a reason; without a reason it does not count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from explainer.schema.advice import AdviceIssue

_WAIVER = re.compile(
    r"(?:<!--|#|//|--|;|/\*)[ \t]*explainer:[ \t]*allow[ \t]+"
    r"(?P<names>[a-z][a-z0-9-]*(?:[ \t]*,[ \t]*[a-z][a-z0-9-]*)*)"
    r"(?P<reason>[^\n]*?)[ \t]*(?:-->|\*/|$)",
    re.M,
)
_FENCE = re.compile(r"^[ \t>]*(?:[-*+]|\d+[.)])?[ \t]*(?P<mark>`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Waiver:
    """One waiver with the lines (from 1, inclusive) that it covers."""

    line: int
    names: tuple[str, ...]
    reason: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Waived:
    """A finding that a waiver accepts."""

    issue: AdviceIssue
    waiver: Waiver


@dataclass(frozen=True, slots=True)
class Outcome:
    """Findings after waivers were applied."""

    open: tuple[AdviceIssue, ...]
    waived: tuple[Waived, ...]
    notes: tuple[tuple[int, str], ...]
    """Line and message: waivers without a reason, and those that cover nothing."""


def find_waivers(text: str) -> tuple[Waiver, ...]:
    """All waivers of a text, in order."""
    if "explainer:" not in text:
        return ()
    lines = text.split("\n")
    found = []
    for match in _WAIVER.finditer(text):
        number = text.count("\n", 0, match.start())
        before = lines[number][: match.start() - (text.rfind("\n", 0, match.start()) + 1)]
        alone = not before.strip(" \t>-*+")
        first, last = _block(lines, number + 1) if alone else (number, number)
        names = tuple(name.strip() for name in match["names"].split(","))
        reason = match["reason"].strip(" \t-–—:")
        found.append(Waiver(number + 1, names, reason, first + 1, last + 1))
    return tuple(found)


def _block(lines: Sequence[str], start: int) -> tuple[int, int]:
    """The lines of what follows: a fence reaches to its end, a paragraph to the next blank line."""
    while start < len(lines) and not lines[start].strip():
        start += 1
    if start >= len(lines):
        return start, start
    fence = _FENCE.match(lines[start])
    end = start
    while end + 1 < len(lines):
        following = lines[end + 1]
        if fence is None and not following.strip():
            break
        end += 1
        if fence is not None and following.strip(" \t>").startswith(fence["mark"]):
            break
    return start, end


def apply_waivers(text: str, issues: Sequence[AdviceIssue]) -> Outcome:
    """Part findings into open and waived ones."""
    waivers = find_waivers(text)
    if not waivers:
        return Outcome(tuple(issues), (), ())
    used: set[Waiver] = set()
    open_: list[AdviceIssue] = []
    waived: list[Waived] = []
    for issue in issues:
        fitting = next((w for w in waivers if w.reason and _covers(w, issue)), None)
        if fitting is None:
            open_.append(issue)
        else:
            used.add(fitting)
            waived.append(Waived(issue, fitting))
    notes = []
    for waiver in waivers:
        if not waiver.reason:
            notes.append((waiver.line, f"the waiver of {', '.join(waiver.names)} gives no reason and does not count"))
        elif waiver not in used:
            notes.append((waiver.line, f"the waiver of {', '.join(waiver.names)} covers no finding: remove it"))
    return Outcome(tuple(open_), tuple(waived), tuple(notes))


def _covers(waiver: Waiver, issue: AdviceIssue) -> bool:
    named = issue.rule in waiver.names or issue.cls in waiver.names
    return named and waiver.first <= issue.line <= waiver.last
