"""S5: the verdict that an honest analyst would give from the alert alone."""

from __future__ import annotations

from explainer.evaluation.scorers.base import Finding, Kind, Score, ScoringContext

NEAR = 0.5


class VerdictAgreement:
    """Right 1, defensible 0.5, else 0."""

    name = "S5"
    title = "gives the right verdict"
    version = 1
    weight = 0.12
    kind: Kind = "weighted"

    def score(self, context: ScoringContext) -> Score:
        """Compare with ``verdict.any_of`` and ``near``; a missed attack is named as such."""
        said, expected = context.answer.verdict, context.case.verdict
        if said is None:
            return Score(0.0, (Finding("no verdict is given", None, 1.0, "no-verdict"),))
        if said in expected.any_of:
            return Score(1.0)
        right = " or ".join(value.replace("_", " ") for value in expected.any_of)
        reason = f"it says {said.replace('_', ' ')}; right is {right}"
        span = context.answer.verdict_span
        if said in expected.near:
            return Score(NEAR, (Finding(f"{reason}, and this is near it", span, 1 - NEAR, "near-verdict"),))
        missed = said == "benign" and set(expected.any_of) <= {"malicious", "suspicious"}
        return Score(0.0, (Finding(reason, span, 1.0, "missed-attack" if missed else "wrong-verdict"),))


SCORER = VerdictAgreement()
