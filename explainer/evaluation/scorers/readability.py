"""S12: length and sentences. Code is not counted."""

from __future__ import annotations

from explainer.evaluation.scorers.base import Finding, Kind, Score, ScoringContext

LEAST, MOST, TOO_LONG = 25, 220, 500
"""Words of the explanation: fewer say too little, more are not read at three in the morning."""
STEPS, TOO_MANY_STEPS = 14, 40
SENTENCE = 33
RAMBLING = 48


class Readability:
    """A trapezoid on the words, on the number of steps, and on long sentences."""

    name = "S12"
    title = "is short and plain"
    version = 1
    weight = 0.05
    kind: Kind = "weighted"

    def score(self, context: ScoringContext) -> Score:
        """The product of three parts; each says what it costs."""
        answer, findings = context.answer, []
        told = [s for s in answer.sentences if s.section != "action" and not s.heading]
        words = sum(len(s.text.split()) for s in told)
        length = _trapezoid(words)
        if length < 1.0:
            findings.append(
                Finding(f"the explanation has {words} words; {LEAST} to {MOST} are right", None, 1.0 - length, "length")
            )
        number = len(answer.actions)
        steps = 1.0 if number <= STEPS else max(0.0, 1.0 - (number - STEPS) / (TOO_MANY_STEPS - STEPS))
        if steps < 1.0:
            findings.append(
                Finding(f"there are {number} steps; nobody follows more than {STEPS}", None, 1.0 - steps, "steps")
            )
        long = [s for s in answer.sentences if not s.heading and len(s.text.split()) > SENTENCE and len(s.text) > 150]
        cost = sum(min(0.25, (len(s.text.split()) - SENTENCE) / (RAMBLING - SENTENCE) * 0.25) for s in long)
        for sentence in long:
            size = len(sentence.text.split())
            findings.append(
                Finding(
                    f"a sentence of {size} words", (sentence.start, sentence.end), cost / len(long), "long-sentence"
                )
            )
        return Score(max(0.0, length * steps * max(0.0, 1.0 - cost)), tuple(findings))


def _trapezoid(words: int) -> float:
    if words < LEAST:
        return words / LEAST
    return 1.0 if words <= MOST else max(0.0, 1.0 - (words - MOST) / (TOO_LONG - MOST))


SCORER = Readability()
