"""Is this sentence a finding at all, may it stand, and does another one say the same?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from explainer.schema.alert import Alert
from explainer.schema.knowledge import Verdict
from explainer.verify.bindings import wrong_binding
from explainer.verify.carried import uncarried
from explainer.verify.contradiction import contradiction, overclaims
from explainer.verify.frames import clauses
from explainer.verify.grounding import Ground, ungrounded
from explainer.verify.ignorance import told_after_all
from explainer.verify.lineage import wrong_relation

_SENTENCE = re.compile(r"(?<=[.!?])[\"”')]?\s+(?=[\"“'(`]?[A-Z0-9/])")
_ACTS = (
    "run|use|execute|disable|enable|remove|delete|block|isolate|kill|stop|restart|reboot|check|verify|investigate|review"
    "|ensure|consider|update|upgrade|configure|set|add|apply|install|monitor|implement|contact|rotate|revoke|terminate"
    "|quarantine|patch|create|modify|allow|grant|change|ignore|close|whitelist|allowlist|inspect|look|drain|rebuild"
)
_STEP = re.compile(
    r"(?i)^(?:please |you (?:should|must|need to|can) |we recommend |it is recommended |immediately |first,? |then,? )?"
    rf"(?:{_ACTS})\b"
)
# "The loader should be stopped" tells somebody to act; "a file that should not be there" does not.
_ADVISING = re.compile(
    r"(?i)\b(?:you|we|administrators?|operators?|teams?|engineers?|analysts?|responders?|users?)\s+"
    r"(?:should|must|need to|ought to|can|may want to)\b"
    rf"|\b(?:should|must|needs? to|ought to)\s+(?:be\s+)?(?:\w+ly\s+)?(?:{_ACTS}|stopped|set)(?:d|ed|led)?\b"
    r"|\bthe (?:fix|solution|remedy|workaround|answer) (?:is|for)\b"
    r"|\b(?:needs?|requires?|wants?) [\w /-]{0,40}\bto (?:be|run|have|get)\b"
    r"|^(?:\w+ing) (?:the|a|an|all) .{0,60}\b(?:lets|allows|enables|fixes|solves|helps|avoids|resolves|would|will)\b"
    r"|\bis best (?:\w+ed|left|kept|put|set)\b"
    r"|\brecommend(?:ed|s)?\b|\b(?:it is|is) advis(?:able|ed)\b|\bmake sure\b"
)
_PROMPT_ECHO = re.compile(
    r"(?i)\b(?:JSON object|evidence ids?|action_ids|the schema|as an AI|language model|cite[sd]? (?:the )?evidence"
    r"|I (?:cannot|can't|am unable))\b"
)
_MARKS = re.compile(r"\s*[\[(]\s*E\d{1,3}(?:\s*,\s*E\d{1,3})*\s*[\])]")
LENGTH = range(12, 420)
LEAST_WORDS = 4


def plain(text: str) -> str:
    """The sentence without evidence marks and Markdown emphasis; renderers make the rest inert."""
    return " ".join(_MARKS.sub("", text).replace("**", "").replace("`", "").split())


def split_sentences(text: str) -> list[str]:
    """Sentences of a paragraph; a dot inside a path, a version or an address ends none."""
    return [part for part in _SENTENCE.split(plain(text)) if part]


def is_advice(text: str) -> bool:
    """Whether the sentence tells the reader to do something."""
    return _STEP.match(text) is not None or _ADVISING.search(text) is not None


def objection(
    text: str, ground: Ground, alert: Alert, verdict: Verdict, cites: Sequence[str] | None = None
) -> str | None:
    """The reason why a sentence may not stand as a finding, or None.

    Args:
        text: the sentence.
        ground: the evidence of the alert, indexed.
        alert: the alert.
        verdict: what the report concludes.
        cites: ids of the evidence that the sentence cites; None when it may rest on all of it.
    """
    if len(text) < LENGTH.start or len(text.split()) < LEAST_WORDS:
        return "it is too short to say anything"
    if len(text) not in LENGTH:
        return "it is too long for one finding"
    if _PROMPT_ECHO.search(text):
        return "it repeats its instructions"
    if strange := strange_letters(text, ground):
        return f"{strange!r} is written in letters that neither English nor the evidence uses here"
    if is_advice(text):
        return "it is advice, not a finding"
    if ground.repeats(text):
        return "it stands word for word in what the model was given and says nothing about it"
    if _goes_round(text):
        return "it goes round in circles"
    if reason := ungrounded(text, ground):
        return reason
    for clause in clauses(text):
        reason = (
            contradiction(clause.text, alert)
            or overclaims(clause.text, verdict)
            or (
                told_after_all(clause, alert)
                if clause.mode == "open"
                else wrong_relation(f"{clause.antecedent} {clause.text}".strip(), alert)
                or wrong_binding(clause.text, alert)
            )
        )
        if reason:
            return reason
    return uncarried(text, cites, ground.statements)


_USUAL = frozenset("–—‘’“”…•·→°§éèêëàâäáåãçîïíìôöóòõûüúùñßÉÈÀÄÖÜ")
_SPACED = re.compile(r"(?<![\w/.-])(?:\w[ \u00a0\u2000-\u200b]){4,}\w(?![\w/-])")


def strange_letters(text: str, ground: Ground) -> str | None:
    """The first word in letters that look like others, hide between others, or that no check can read.

    Words are compared with the evidence; full-width, mathematical, invisible or foreign letters would make a word look
    like no word at all. What the alert itself writes so may be quoted.
    """
    spaced = _SPACED.search(text)
    if spaced:
        return spaced[0]
    for word in text.split():
        odd = next((c for c in word if ord(c) > 126 and c not in _USUAL), None)
        if odd is not None and not any(odd in token for token in ground.tokens):
            return word
    return None


def _goes_round(text: str) -> bool:
    """Small models fall into loops: the same three words again and again."""
    words = re.findall(r"[\w'-]+", text.lower())
    triples = list(zip(words, words[1:], words[2:], strict=False))
    return len(triples) - len(set(triples)) >= 2 and len(set(triples)) < 0.9 * len(triples)


def alike(one: str, other: str) -> bool:
    """Whether two sentences say the same in nearly the same words."""
    a, b = set(re.findall(r"\w+", one.lower())), set(re.findall(r"\w+", other.lower()))
    return bool(a and b) and len(a & b) >= 0.8 * min(len(a), len(b))
