# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Which verdict a text gives, in whatever words. Severity words (high, critical) are no verdict."""

from __future__ import annotations

import re

from explainer.evaluation.reading import Page, Sentence
from explainer.schema.knowledge import Verdict
from explainer.schema.report import Confidence

_VALUES: tuple[tuple[Verdict, str], ...] = (
    (
        "insufficient_evidence",
        r"insufficient(?:[ _-](?:evidence|data|information|basis))?|inconclusive|undetermined|undecided|not enough (?:evidence|information|data)"
        r"|too little (?:evidence|information|data)|cannot be decided|cannot decide|open either way|needs (?:more )?investigation|indeterminate"
        r"|unresolved|not decidable",
    ),
    # A likelihood below certainty is a suspicion, as in a model's own answer.
    (
        "suspicious",
        r"(?:likely|probably|possibly|potentially|presumably|maybe|perhaps|most likely) (?:malicious|hostile|an? (?:attack|intrusion|compromise))|suspicious|suspect",
    ),
    (
        "malicious",
        r"malicious|true[- ]positive|confirmed (?:attack|compromise|intrusion|incident)|hostile|an? (?:real |genuine )?(?:attack|intrusion|compromise)\b",
    ),
    (
        "benign",
        r"benign|false[- ]positive|harmless|legitimate|expected (?:activity|behaviou?r|operation)|authori[sz]ed (?:activity|change|use)"
        r"|routine (?:activity|operation|maintenance|work)|no threat|innocuous",
    ),
)
_ANY = "|".join(f"(?P<{name}>{pattern})" for name, pattern in _VALUES)
_LABELLED = re.compile(
    r"(?i)\b(?:verdict|assessment|assessed as|classification|classified as|conclusion|disposition|determination|judge?ment|bottom line|our call"
    rf"|call it|(?:we|i) (?:would )?(?:rate|judge|call|consider|treat|assess|classify|regard) (?:it|this|that|the (?:alert|event|activity)) (?:as )?)\b[^.;\n]{{0,50}}?\b(?:{_ANY})\b(?![ _]*(?:or|vs|/|\|)[ _]*(?:benign|malicious|suspicious))"
)
_WORD = re.compile(rf"(?i)\b(?:{_ANY})\b")
_HEAD = re.compile(
    rf"(?i)^\W*(?:most |very )?(?:likely|probably)?\s*(?:{_ANY})\b(?=\W*$|\s*[:(,;—–-]|\s+(?:activity|with|\())"
)
_STATED = re.compile(
    r"(?i)\b(?:this|it|that|which|alert|activity|event|behaviou?r|execution|load|shell|process|action|connection|access|call|detection|finding|evidence|picture|case|situation|incident|result)\b[^.;,]{0,40}?"
    r"\b(?:is|are|was|looks?|appears?|seems?|be|remains|points? to|amounts to|constitutes|represents)\s+(?:to be\s+)?(?:(?:almost|most|very|quite|rather|highly|clearly|therefore|an?|the|likely"
    rf"|probably|best read as|consistent with|considered|entirely|treated as)\s+)*?\b(?:{_ANY})\b"
)
_AGAINST = re.compile(
    r"(?i)\b(?:not|never|no|nor|neither|isn['’]t|cannot|can['’]t|hardly|unlikely|rule out|rather than|instead of)\W+(?:\w+\W+){0,3}$"
)
_OPEN = re.compile(r"(?i)\b(?:if|whether|unless|would|could|should it|either|might|may)\b")
_CONFIDENCE = re.compile(
    r"(?i)\b(low|medium|moderate|high)[- ]confidence\b|\bconfidence\b\W{0,4}(?:is|of|level)?\W{0,4}(low|medium|moderate|high)\b"
)


def find_verdict(page: Page) -> tuple[Verdict, tuple[int, int]] | None:
    """The verdict that a page gives, with the place of the sentence; None when it gives none."""
    for sentence in page.sentences:
        if "erdict" in sentence.text or sentence.heading or len(sentence.text) < 400:
            match = _LABELLED.search(sentence.text)
            if match and (value := _value(match)):
                if _denied(sentence.text, match, value):
                    # "Assessment: not malicious but suspicious."
                    match = _WORD.search(sentence.text, match.end())
                    value = _value(match) if match else None
                if value:
                    return value, (sentence.start, sentence.end)
    for sentence in page.sentences[:12]:
        if (sentence.heading or sentence.first) and (match := _HEAD.search(sentence.text)) and (value := _value(match)):
            return value, (sentence.start, sentence.end)
    for sentence in page.sentences:
        if sentence.section in {"action", "unknown"} or sentence.heading:
            continue
        for match in _STATED.finditer(sentence.text):
            value = _value(match)
            if value and not _denied(sentence.text, match, value) and not _OPEN.search(sentence.text[: match.end()]):
                return value, (sentence.start, sentence.end)
    return None


def _value(match: re.Match[str]) -> Verdict | None:
    return next((value for value, _ in _VALUES if value == match.lastgroup), None)


def _denied(text: str, match: re.Match[str], value: Verdict) -> bool:
    return value != "insufficient_evidence" and _AGAINST.search(text[: match.start(value)]) is not None


def find_confidence(page: Page) -> Confidence | None:
    """The confidence that a page states, or None."""
    for sentence in page.sentences:
        if "onfidence" in sentence.text and (match := _CONFIDENCE.search(sentence.text)):
            word = (match[1] or match[2]).lower()
            return "medium" if word == "moderate" else word  # type: ignore[return-value]
    return None


def verdict_sentence(sentence: Sentence) -> bool:
    """Whether the sentence is the one that states the verdict."""
    return _LABELLED.search(sentence.text) is not None
