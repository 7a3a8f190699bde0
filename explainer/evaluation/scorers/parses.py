"""S0: is it an answer at all? Unparsable counts as zero and never leaves the denominator."""

from __future__ import annotations

from explainer.evaluation.scorers.base import Finding, Kind, Score, ScoringContext

NO_VERDICT = 0.75
"""A report without a verdict leaves the reader, and every playbook, where they were."""


class Parses:
    """Whether the answer could be read, and gives a verdict."""

    name = "S0"
    title = "can be read and gives a verdict"
    version = 1
    weight = 1.0
    kind: Kind = "gate"

    def score(self, context: ScoringContext) -> Score:
        """1, 0.75 without a verdict, 0 when nothing can be read."""
        answer = context.answer
        if not answer.parsed:
            return Score(0.0, (Finding("the answer could not be read", None, 1.0, "unparsable"),))
        if answer.verdict is None:
            reason = "no verdict is given: neither benign, suspicious, malicious nor insufficient evidence"
            return Score(NO_VERDICT, (Finding(reason, None, 1.0 - NO_VERDICT, "no-verdict"),))
        return Score(1.0)


SCORER = Parses()
