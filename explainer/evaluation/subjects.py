"""A golden report that calibration damages or rewrites, with the tools to do it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from explainer.evaluation.answer import Answer
from explainer.evaluation.index import CaseIndex, index_of
from explainer.evaluation.overlap import Others
from explainer.evaluation.reading import Sentence
from explainer.evaluation.scorers.base import ScoringContext
from explainer.schema.case import Case
from explainer.schema.enriched import EnrichedAlert

_ITEM = re.compile(r"(?m)^(?:\d+[.)]|[-*])\s+")


@dataclass(frozen=True)
class Subject:
    """One case with its reference report."""

    case: Case
    enriched: EnrichedAlert
    others: Others | None = None
    elsewhere: str = ""
    """The reference of a case of another family."""
    cache: dict[str, object] = field(default_factory=dict, compare=False, repr=False)

    @property
    def text(self) -> str:
        """The reference."""
        return self.case.reference

    @cached_property
    def answer(self) -> Answer:
        """The reference, read."""
        return Answer.of_markdown(self.text)

    @cached_property
    def index(self) -> CaseIndex:
        """The case's patterns."""
        return index_of(self.case, self.enriched)

    def context(self, text: str) -> ScoringContext:
        """What a variant of the report is scored in."""
        return ScoringContext(self.case, self.enriched.alert, self.enriched, Answer.of_markdown(text), self.others)

    # -- places

    @cached_property
    def first_paragraph(self) -> int:
        """Offset of the end of the first paragraph that observes something."""
        for sentence in self.answer.sentences:
            if sentence.section == "observation" and not sentence.heading and sentence.start not in self.answer.told:
                end = self.text.find("\n\n", sentence.end)
                return end if end >= 0 else len(self.text.rstrip())
        return len(self.text.rstrip())

    def observe(self, sentence: str) -> str:
        """The report with one more sentence of observation."""
        return f"{self.text[: self.first_paragraph]} {sentence}{self.text[self.first_paragraph :]}"

    @cached_property
    def items(self) -> tuple[tuple[int, int], ...]:
        """Spans of the top-level items of the list of steps."""
        starts = [
            match.start()
            for match in _ITEM.finditer(self.text)
            if any(step.start - 12 <= match.start() <= step.start for step in self.answer.actions)
        ]
        spans = []
        for number, start in enumerate(starts):
            following = starts[number + 1] if number + 1 < len(starts) else None
            gap = self.text.find("\n\n", start)
            end = min(x for x in (following, gap if gap >= 0 else None, len(self.text.rstrip())) if x is not None)
            spans.append((start, end))
        return tuple(spans)

    def advise(self, step: str, *, first: bool = False) -> str:
        """The report with one more step: an item of the list, or a paragraph where there is none."""
        if not self.items:
            return f"{self.text.rstrip()}\n\n{step}\n"
        if first:
            start = self.items[0][0]
            return f"{self.text[:start]}1. {step}\n{self.text[start:]}"
        end = self.items[-1][1]
        before = self.text[:end].rstrip("\n")
        return f"{before}\n{len(self.items) + 1}. {step}\n{self.text[end:]}"

    def block(self, code: str, language: str) -> str:
        """The report with one more step that has a fenced block."""
        return f"{self.text.rstrip()}\n\n## Next steps\n\nRun this on the node:\n\n```{language}\n{code}\n```\n"

    def without(self, spans: Sequence[tuple[int, int]]) -> str:
        """The report without some pieces of it."""
        text = self.text
        for start, end in sorted(spans, reverse=True):
            text = text[:start] + text[end:].lstrip(" ")
        return re.sub(r"\n{3,}", "\n\n", text)

    def replaced(self, old: str, new: str) -> str | None:
        """The report with a whole name replaced everywhere; None when it does not stand there."""
        pattern = re.compile(rf"(?<![\w.-]){re.escape(old)}(?![\w-]|\.\w)")
        return pattern.sub(new, self.text) if pattern.search(self.text) else None

    def stating(self, number: int) -> tuple[Sentence, ...]:
        """All sentences that state the fact of a rank (0: the heaviest)."""
        ranked = sorted(self.index.facts, key=lambda pair: -pair[1])
        if number >= len(ranked):
            return ()
        matcher = ranked[number][0]
        return tuple(s for s in self.answer.sentences if matcher.named(s.text) and matcher.states(s))
