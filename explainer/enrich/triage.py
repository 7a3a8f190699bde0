"""How soon an alert wants somebody, and what to find out first: so that a queue of open verdicts can be sorted.

This is no second verdict. It rests on what the rule's author, the entry's author and the signs that hold say about the
stakes, and stays the same whoever writes the report. An undecided report is not made to look decided by it.
"""

from __future__ import annotations

from collections.abc import Mapping

from explainer.enrich.gaps import DAY
from explainer.enrich.hypotheses import Judged
from explainer.schema.alert import Severity
from explainer.schema.enriched import Assessment
from explainer.schema.knowledge import KnowledgeEntry
from explainer.schema.report import OpenQuestion, Triage

_BY_SEVERITY: dict[Severity, int] = {
    Severity.UNKNOWN: 25,
    Severity.INFORMATIONAL: 10,
    Severity.LOW: 25,
    Severity.MEDIUM: 40,
    Severity.HIGH: 55,
    Severity.CRITICAL: 70,
    Severity.FATAL: 80,
}
_FLOORS = {"suspicious": 5, "malicious": 10}
_SIGN, _MOST_SIGNS = 4, 16
_RULED_OUT, _HARMLESS_LEAD = 10, -10
_URGENT, _SOON = 65, 40


def wanted_fields(judged: tuple[Judged, ...]) -> dict[str, int]:
    """Fields that the alert lacks, with the most that a sign which reads them would weigh."""
    found: dict[str, int] = {}
    for one in judged:
        for name, weight in () if one.refuted else one.missing:
            found[name] = max(found.get(name, 0), weight)
    return found


def triage(
    severity: Severity,
    entry: KnowledgeEntry,
    judged: tuple[Judged, ...],
    assessment: Assessment,
    unknowns: tuple[OpenQuestion, ...],
    settles: Mapping[str, str],
    deciding: str = "",
) -> Triage:
    """Rank 0 to 100, why, and the question that decides.

    Args:
        severity: the alert's, at least the entry's floor.
        entry: the rule's knowledge, or what stands in for it.
        judged: its hypotheses, evaluated.
        assessment: what knowledge concludes.
        unknowns: open questions, the one that decides most first.
        settles: filled text of what settles each hypothesis, by its id.
        deciding: the fact that would decide where no entry names one.
    """
    rank = _BY_SEVERITY.get(severity, _BY_SEVERITY[Severity.UNKNOWN])
    reasons = [f"severity {severity.caption}"]
    if floor := _FLOORS.get(entry.verdict_floor or entry.default_verdict, 0):
        rank += floor
        reasons.append("the rule seldom fires without cause")
    hostile = max((j for j in judged if j.hypothesis.verdict != "benign" and not j.refuted), key=_weight, default=None)
    if hostile is not None and _weight(hostile) > 0:
        rank += min(_MOST_SIGNS, _SIGN * _weight(hostile))
        reasons.append("a sign points to an attack")
    lead = next((j for j in judged if j.hypothesis.id == assessment.leading), None)
    harmless = [j for j in judged if j.hypothesis.verdict == "benign" and j.supports]
    if lead is not None and lead.hypothesis.verdict == "benign":
        rank += _HARMLESS_LEAD
        reasons.append("a harmless explanation leads")
    elif any(j.refuted for j in harmless) and all(j.refuted for j in harmless):
        rank += _RULED_OUT
        reasons.append("the harmless explanations that come near are ruled out")
    rank = max(0, min(100, rank))
    level = "urgent" if rank >= _URGENT else "soon" if rank >= _SOON else "routine"
    settle = settles.get(lead.hypothesis.id, "") if lead is not None else ""
    first = deciding or next((one.question for one in unknowns if one.question != DAY.question), "")
    return Triage(rank=rank, level=level, why=", ".join(reasons), decides=settle or first)


def _weight(judged: Judged) -> int:
    return max(judged.score, 0) if judged.supports else 0
