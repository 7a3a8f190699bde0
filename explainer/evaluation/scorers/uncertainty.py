# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""S13: what the alert does not tell is said to be unknown, and nothing open is called certain. Reported only."""

from __future__ import annotations

import re
from functools import lru_cache

from explainer.evaluation.reading import Sentence
from explainer.evaluation.scorers.base import Finding, Kind, Score, ScoringContext

_WORD = re.compile(r"[a-z0-9]{3,}")
_STOP = frozenset(
    """
    the and that this with from was were has had for are not but its which who what when where whether into been
    how why does did can could the any all may might itself them they there there's our your his her about
    """.split()  # noqa: SIM905 - prose reads better than quoted words
)
_CERTAIN = re.compile(
    r"(?i)\b(?:definitely|certainly|undoubtedly|without (?:a )?doubt|clearly shows|beyond doubt|obviously|guaranteed|for sure|conclusively)\b"
)
_ADMITS = re.compile(
    r"(?i)\b(?:not|neither|nor|cannot|nobody|no word|outside the alert|alone|hers|his|theirs) |\bquestion\b|n['’]t\b"
)
ENOUGH = 0.5


class Uncertainty:
    """Share of the case's unknowns that the answer admits, less certainty where the verdict is open."""

    name = "S13"
    title = "says what is not known"
    version = 1
    weight = 0.0
    kind: Kind = "reported"

    def score(self, context: ScoringContext) -> Score:
        """None when the case lists no unknowns."""
        unknowns = context.case.unknowns
        if not unknowns:
            return Score(None)
        admitted = {sentence.start for sentence in context.answer.unknowns}
        told_open: set[str] = set()
        for sentence in context.answer.sentences:
            meant, admits = context.index.once((self.name, sentence.text), lambda s=sentence: _meant(s, unknowns))  # type: ignore[misc]
            if meant and (admits or sentence.start in admitted):
                told_open |= meant
        findings, reached = [], 0
        for unknown in unknowns:
            if unknown in told_open:
                reached += 1
            else:
                findings.append(
                    Finding(f"it does not say that this is unknown: {unknown}", None, 1 / len(unknowns), "unknown")
                )
        value = reached / len(unknowns)
        told = context.answer.told
        for sentence in context.answer.sentences if _CERTAIN.search(context.answer.lowered) else ():
            if sentence.start not in told and _CERTAIN.search(sentence.text):
                findings.append(
                    Finding("it is certain where the alert is not", (sentence.start, sentence.end), 0.25, "certainty")
                )
                value -= 0.25
        return Score(max(0.0, value), tuple(findings))


def _meant(sentence: Sentence, unknowns: tuple[str, ...]) -> tuple[frozenset[str], bool]:
    """Which unknowns a sentence speaks of, and whether its words admit that something is not known."""
    found = _stems(sentence.text)
    meant = (u for u in unknowns if (wanted := _stems(u)) and len(wanted & found) >= ENOUGH * len(wanted))
    return frozenset(meant), _ADMITS.search(sentence.text) is not None


@lru_cache(maxsize=4096)
def _stems(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in _WORD.findall(text.lower()) if word not in _STOP)


def _stem(word: str) -> str:
    for ending in ("ations", "ation", "ings", "ing", "ions", "ion", "ies", "ed", "es", "er", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


SCORER = Uncertainty()
