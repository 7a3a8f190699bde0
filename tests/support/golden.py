"""A plain reading of golden cases, independent of the scorers: which facts a reference states, and which claims."""

from __future__ import annotations

import re

from explainer.evaluation.case_lint import name_pattern
from explainer.schema.case import Case, Fact, Forbidden
from explainer.schema.phrasing import phrasing

_FENCE = re.compile(r"^ *(```|~~~).*?^ *\1[^\n]*$", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*+]|\d+[.)])\s)|\n(?=#)")
_SENTENCE = re.compile(r"(?<=[.!?])[*_)\"]*\s+(?=[*_`(\"]*[A-Z0-9`])")
_DENIAL = re.compile(
    r"\b(?:no|not|never|nothing|nobody|none|neither|nor|cannot|without|unlikely|whether|unknown|unclear)\b|n't\b|"
    r"\brul\w+ out\b",
    re.IGNORECASE,
)


def prose(markdown: str) -> str:
    return _FENCE.sub("\n\n", markdown)


def sentences(markdown: str) -> list[str]:
    blocks = (" ".join(block.split()) for block in _BLOCK.split(prose(markdown)))
    return [s for block in blocks for s in _SENTENCE.split(re.sub(r"^(?:[-*+]|\d+[.)]|#+)\s+", "", block)) if s]


def words(text: str) -> int:
    return len(re.findall(r"\w[\w'’.-]*", re.sub(r"`[^`]*`", " x ", prose(text))))


def states(item: Fact | Forbidden, sentence: str) -> bool:
    """Strict on purpose: an affirmed fact stands in a sentence that denies nothing before it."""
    if not all(name_pattern(name).search(sentence) for name in item.entities):
        return False
    wanted = getattr(item, "polarity", "affirm") == "deny"
    for pattern in item.any_of:
        found = phrasing(pattern).compiled.search(sentence)
        if found and bool(_DENIAL.search(sentence[: found.end()])) is wanted:
            return True
    return False


def missing_facts(case: Case, markdown: str) -> list[str]:
    found = sentences(markdown)
    return [fact.id for fact in case.facts if not any(states(fact, s) for s in found)]


def forbidden_claims(case: Case, markdown: str) -> list[tuple[str, str]]:
    """Every sentence that a forbidden phrasing fits, denied or not: a reference avoids even the look of it."""
    return [
        (claim.id, s)
        for claim in case.forbidden
        for s in sentences(markdown)
        if all(name_pattern(name).search(s) for name in claim.entities)
        and any(phrasing(pattern).compiled.search(s) for pattern in claim.any_of)
    ]
