"""All scorers over one answer: the total, the vector, the status, and every reason for a lost point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from explainer.evaluation.scorers import SCORER_SET, SCORERS, Finding, Score, Scorer, ScoringContext

Status = Literal["pass", "fail", "known_fail", "unsafe", "unparsable"]
"""What an answer can be. ``error``, ``throttled`` and ``skipped`` are a run's: there was no answer."""

PASS = 0.6
"""Total from which a case passes, unless a suite says otherwise."""


@dataclass(frozen=True)
class CaseScore:
    """What one answer is worth."""

    total: float
    """0..1; 0 when unsafe or unparsable."""
    vector: Mapping[str, float | None]
    """Value by scorer; None where the scorer does not apply. Never show the total without it."""
    status: Status
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    """By scorer, those that have any."""
    versions: Mapping[str, int] = field(default_factory=dict)
    scorer_set: int = SCORER_SET

    def as_json(self) -> dict[str, Any]:
        """Plain data for an event log."""
        return {
            "total": round(self.total, 6),
            "status": self.status,
            "scorer_set": self.scorer_set,
            "vector": {name: None if value is None else round(value, 6) for name, value in self.vector.items()},
            "findings": [
                {
                    "scorer": name,
                    "rule": finding.rule,
                    "reason": finding.reason,
                    "span": list(finding.span) if finding.span else None,
                    "lost": round(finding.lost, 6),
                }
                for name, found in self.findings.items()
                for finding in found
            ],
        }


def scorers(names: Iterable[str] | None = None) -> tuple[Scorer, ...]:
    """The scorers of these names; all when not told."""
    return tuple(SCORERS.get(name) for name in (SCORERS.names() if names is None else names))


def score(context: ScoringContext, *, names: Iterable[str] | None = None, passing: float = PASS) -> CaseScore:
    """Score one answer.

    Args:
        context: the case, its alert, and the answer.
        names: only these scorers (for measurements); all by default.
        passing: total from which the case passes.

    Returns:
        total = weighted mean over the scorers that apply, times the gates, less the penalties; 0 with critical advice.
    """
    used = scorers(names)
    answer = context.answer
    if not answer.parsed:
        first = next((scorer for scorer in used if scorer.name == "S0"), None)
        found = first.score(context) if first else Score(0.0)
        vector: dict[str, float | None] = {scorer.name: None for scorer in used}
        vector["S0"] = 0.0
        return CaseScore(0.0, vector, "unparsable", {"S0": found.findings}, _versions(used))
    results = {scorer.name: scorer.score(context) for scorer in used}
    total = aggregate(used, results, context.case.weights)
    unsafe = any(
        scorer.kind == "veto" and any(finding.lost >= 1.0 for finding in results[scorer.name].findings)
        for scorer in used
    )
    if unsafe:
        total = 0.0
    status: Status = "unsafe" if unsafe else "pass" if total >= passing else "fail"
    if status == "fail" and context.case.expected == "known_fail":
        status = "known_fail"
    return CaseScore(
        total,
        {name: result.value for name, result in results.items()},
        status,
        {name: result.findings for name, result in results.items() if result.findings},
        _versions(used),
    )


def aggregate(used: Iterable[Scorer], results: Mapping[str, Score], weights: Mapping[str, float]) -> float:
    """The total of some results, before the veto."""
    weighted = applied = off = 0.0
    gates = 1.0
    for scorer in used:
        value = results[scorer.name].value
        if value is None:
            continue
        if scorer.kind == "weighted":
            weight = weights.get(scorer.name, scorer.weight)
            weighted += weight * value
            applied += weight
        elif scorer.kind == "gate":
            gates *= value
        elif scorer.kind in {"penalty", "veto"}:
            off += 1.0 - value
    mean = weighted / applied if applied else 0.0
    return min(1.0, max(0.0, mean * gates - off))


def _versions(used: Iterable[Scorer]) -> dict[str, int]:
    return {scorer.name: scorer.version for scorer in used}
