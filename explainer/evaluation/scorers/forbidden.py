"""S2: claims that weak explanations make about such an alert."""

from __future__ import annotations

from explainer.evaluation.reading import Sentence
from explainer.evaluation.scorers.base import Finding, Kind, Score, ScoringContext, penalty

EACH = 0.15


class ForbiddenClaims:
    """Points off for every forbidden claim that is stated as a fact."""

    name = "S2"
    title = "makes no forbidden claim"
    version = 1
    weight = 0.6
    kind: Kind = "penalty"

    def score(self, context: ScoringContext) -> Score:
        """0.15 off the total for each claim."""
        found = []
        index = context.index
        first: dict[str, Sentence] = {}
        for sentence in context.answer.sentences if index.forbidden else ():
            for claim in index.stated(sentence):
                first.setdefault(claim, sentence)
        for matcher, because in index.forbidden:
            said = first.get(matcher.id)
            if said is not None:
                reason = f"{matcher.id}: it states what is wrong here, because {because}"
                found.append(Finding(reason, (said.start, said.end), EACH, matcher.id))
        return penalty(found, most=context.case.weights.get(self.name, self.weight))


SCORER = ForbiddenClaims()
