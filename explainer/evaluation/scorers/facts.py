"""S1: does it say what a good report says of this alert? Exact names, any of the phrasings, stated polarity."""

from __future__ import annotations

from explainer.evaluation.matching import Matcher
from explainer.evaluation.reading import Sentence
from explainer.evaluation.scorers.base import Finding, Kind, Score, ScoringContext


class Facts:
    """Weighted recall of the case's facts."""

    name = "S1"
    title = "states the facts"
    version = 1
    weight = 0.24
    kind: Kind = "weighted"

    def score(self, context: ScoringContext) -> Score:
        """Share of the weight of the facts that one sentence each states."""
        sentences = context.answer.sentences
        total = sum(weight for _, weight in context.index.facts)
        reached, findings = 0, []
        stated = frozenset[str]().union(*map(context.index.stated, sentences))
        for matcher, weight in context.index.facts:
            if matcher.id in stated:
                reached += weight
                continue
            near = _near(matcher, context)
            wanted = " and ".join(matcher.names) or "what the case asks for"
            note = next((fact.note for fact in context.case.facts if fact.id == matcher.id), "")
            reason = f"{matcher.id} is not stated: {note or f'no sentence says it of {wanted}'}"
            if near:
                reason += f"; the nearest sentence falls short: {near[1]}"
            span = (near[0].start, near[0].end) if near else None
            findings.append(Finding(reason, span, weight / total, matcher.id))
        return Score(reached / total, tuple(findings))


def _near(matcher: Matcher, context: ScoringContext) -> tuple[Sentence, str] | None:
    """The first sentence that nearly states a fact, with what it lacks."""
    index = context.index
    for sentence in context.answer.sentences:
        lack = index.once((matcher.id, sentence.text), lambda s=sentence: matcher.near(s))  # type: ignore[misc]
        if lack:
            return sentence, lack
    return None


SCORER = Facts()
