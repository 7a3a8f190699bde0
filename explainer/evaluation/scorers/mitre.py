"""S6: ATT&CK techniques. F1 rather than recall, so that naming twenty does not pay."""

from __future__ import annotations

from explainer.enrich.attack import attack_table
from explainer.evaluation.scorers.base import Finding, Kind, Score, ScoringContext

RELATED = 0.5


class Mitre:
    """F1 of techniques, with half credit between a technique and its sub-techniques."""

    name = "S6"
    title = "names the techniques"
    version = 1
    weight = 0.08
    kind: Kind = "weighted"

    def score(self, context: ScoringContext) -> Score:
        """None when the case requires none and the answer names nothing wrong."""
        expected, stated = context.case.mitre, context.answer.techniques
        # What the alert or its rule is tagged with may always be repeated, unless the case says that it misleads.
        accepted = {*expected.accepted, *context.index.tagged} - set(expected.forbidden)
        required = set(expected.required)
        findings, precise, counted = [], 0.0, 0
        for identity, span in stated.items():
            if identity in required:
                credit = 1.0
            elif identity in accepted:
                continue
            elif identity in expected.forbidden:
                credit = 0.0
            elif any(_related(identity, other) for other in required):
                credit = RELATED
            elif any(_related(identity, other) for other in accepted):
                continue
            else:
                credit = 0.0
            counted += 1
            precise += credit
            if credit < 1.0:
                findings.append(Finding(_why(identity, expected.forbidden, credit), span, 0.0, "technique"))
        reached = 0.0
        for identity in required:
            credit = 1.0 if identity in stated else RELATED if any(_related(identity, said) for said in stated) else 0.0
            reached += credit
            if credit < 1.0:
                findings.append(Finding(f"{identity} is not named", None, 0.0, identity))
        if not required:
            value = None if counted == 0 else max(0.0, 1.0 - 0.5 * (counted - precise))
        else:
            precision = precise / counted if counted else 0.0
            recall = reached / len(required)
            value = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        lost = (1.0 - value) / len(findings) if value is not None and findings else 0.0
        return Score(value, tuple(Finding(f.reason, f.span, lost, f.rule) for f in findings))


def _related(one: str, other: str) -> bool:
    return one.split(".")[0] == other.split(".")[0] and ("." not in one or "." not in other)


def _why(identity: str, forbidden: tuple[str, ...], credit: float) -> str:
    table = attack_table()
    known = table.get(identity)
    if known is None:
        return f"{identity} is not in ATT&CK {table.version}"
    if identity in forbidden:
        return f"{identity} ({known.name}) is wrong for this alert"
    if credit:
        return f"{identity} ({known.name}) is only akin to what is asked"
    return f"{identity} ({known.name}) is not shown by this alert"


SCORER = Mitre()
