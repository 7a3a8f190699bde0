"""S1: does it say what a good report says of this alert? Exact names, any of the phrasings, stated polarity."""

from __future__ import annotations

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
        for matcher, weight in context.index.facts:
            if matcher.find(sentences, context.answer.lowered) is not None:
                reached += weight
                continue
            near = matcher.near(sentences)
            wanted = " and ".join(matcher.names) or "what the case asks for"
            note = next((fact.note for fact in context.case.facts if fact.id == matcher.id), "")
            reason = f"{matcher.id} is not stated: {note or f'no sentence says it of {wanted}'}"
            if near:
                reason += f"; the nearest sentence falls short: {near[1]}"
            span = (near[0].start, near[0].end) if near else None
            findings.append(Finding(reason, span, weight / total, matcher.id))
        return Score(reached / total, tuple(findings))


SCORER = Facts()
