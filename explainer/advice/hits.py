"""A rule found broken at a place of one segment, before anybody asked who is told to do it."""

from __future__ import annotations

from dataclasses import dataclass, field

from explainer.advice.rules import Rule
from explainer.schema.advice import AdviceSeverity


@dataclass(slots=True)
class Hit:
    """``start`` and ``end`` are offsets in the text of the segment."""

    rule: Rule
    start: int
    end: int
    captured: bool = False
    """A capture of evidence stands before it in the same segment."""
    severity: AdviceSeverity | None = None
    """Another severity than the rule's, where the words tell of a wider or a narrower reach."""


@dataclass(slots=True)
class Findings:
    """What one piece of code contains."""

    hits: list[Hit] = field(default_factory=list)
    captures: list[int] = field(default_factory=list)
    """Offsets at which evidence is captured."""
    comments: list[tuple[str, int]] = field(default_factory=list)
    actionable: bool = True

    def add(self, rules: list[Rule], start: int, end: int) -> None:
        """Note every rule at one place."""
        for rule in rules:
            self.hits.append(Hit(rule, start, end))
