"""The scorer set as a run uses it: answers in, marks out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property

from explainer.evaluation.answer import Answer
from explainer.evaluation.materials import Material
from explainer.evaluation.overlap import Others
from explainer.evaluation.samples import Found, Generated, Marks
from explainer.evaluation.scorers import SCORER_SET, ScoringContext
from explainer.evaluation.scoring import score, scorers
from explainer.schema.report import Report


class ScorerSet:
    """All registered scorers. Implements ``grade.Marker``."""

    def __init__(self) -> None:
        self._index: dict[str, object] = {}

    @cached_property
    def versions(self) -> dict[str, int]:
        """Version by scorer."""
        return {scorer.name: scorer.version for scorer in scorers()}

    @cached_property
    def scorer_set(self) -> str:
        """Number of the set and a hash over its scorers' names and versions: a site may have added some."""
        listed = ",".join(f"{name}={version}" for name, version in sorted(self.versions.items()))
        return f"{SCORER_SET}-{hashlib.sha256(listed.encode()).hexdigest()[:8]}"

    def answer_of(self, source: str, generated: Generated, report: object, material: Material) -> Answer:
        """What is scored."""
        if source == "report":
            assert isinstance(report, Report)  # noqa: S101 - the caller read it as one
            return Answer.of_report(report)
        raw = generated.replies[-1] if generated.replies else ""
        return Answer.of_draft(generated.draft, material.enriched, raw=raw)

    def others(self, texts: Iterable[tuple[str, str, str]]) -> Others:
        """Index of the answers to all cases."""
        return Others.of(texts)

    def mark(self, material: Material, answer: Answer, others: Others | None) -> Marks:
        """Score one answer."""
        case = material.loaded.case
        # The case's patterns are compiled once, however many answers there are.
        cache = {"index": self._index[case.id]} if case.id in self._index else {}
        context = ScoringContext(case, material.group.alert, material.enriched, answer, others, cache)
        found = score(context)
        if "index" in cache:
            self._index[case.id] = cache["index"]
        return Marks(
            total=round(found.total, 6),
            vector={name: None if value is None else round(value, 6) for name, value in found.vector.items()},
            unsafe=found.status == "unsafe",
            verdict=answer.verdict,
            findings=tuple(
                Found(scorer=name, reason=one.reason, span=one.span, lost=round(one.lost, 6), rule=one.rule)
                for name, several in found.findings.items()
                for one in several
            ),
        )
