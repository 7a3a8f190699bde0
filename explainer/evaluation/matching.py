# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Does one sentence state a fact? Exact names, one phrasing, and the stated polarity."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from explainer.evaluation.reading import Sentence
from explainer.schema.case import Fact, Forbidden
from explainer.schema.phrasing import Phrasing, phrasing

_CUE = re.compile(
    r"(?i)\b(?:not|never|no|none|nothing|nobody|neither|nor|without|cannot|unlikely|whether|lacks?|absent|hardly|false(?= that)"
    r"|denies|deny|denied that|rules? out|ruled out|fails? to|failed to|refutes?|far from|instead of|rather than|unclear if|unknown if"
    r"|wrong(?:ly)? (?:to say|that)|untrue|myth)\b|n['’]t\b"
)
_CUE_AFTER = re.compile(
    r"(?i)^[^.;]{0,70}?(?:\b(?:is|are|was|were|remains?|stays?|be|seems?|looks?)\b[^.;,]{0,25}?\b(?:unknown|unclear|unlikely|unproven|open|unconfirmed|ruled out|untrue|false|wrong|excluded|refuted"
    r"|absent|missing|empty|not (?:known|shown|told|stated|given|recorded|proven?|visible|confirmed|said|part|in|clear|the case|true|what))\b"
    r"|\bcannot be (?:told|seen|known|confirmed|determined|decided|read)\b|\b(?:is|are|was|were) not\b|\bdid not\b|\bnot (?:in|part of) the alert\b)"
)
_BOUNDARY = re.compile(
    r"(?i)[;:—–]|,\s+(?:but|however|although|though|while|whereas|so|because|since|yet|and|which|who|hence|therefore|as)\b|\b(?:but|however|although|though|whereas|yet)\b"
    r"|\band (?:the|an?|its?|this|that|there|then|so|no|by|as|with|in|on|at|has|was|is|are|were)\b|,\s+(?=the\b|it\b|its\b|this\b|that\b|no\b|a\b)"
)
_DENIED_WHOLE = re.compile(
    r"(?i)\b(?:not true|untrue|not the case|false|wrong|incorrect|mistaken|no (?:evidence|sign|proof|indication)|does not (?:show|mean|prove)|not (?:shown|proven)) that\b"
)
_NEAR = frozenset(
    {"instead of", "rather than", "without", "no", "none", "neither", "nor", "lack", "lacks", "absent", "hardly"}
)
_NEAR_BOUNDARY = re.compile(r"[,;:—–]|" + _BOUNDARY.pattern.removeprefix("(?i)"), re.IGNORECASE)
_HEDGE = re.compile(
    r"(?i)\b(?:may|might|could|would|if|unless|should it|suppose|hypothe\w+|possibl[ey]|potential(?:ly)?|look for|search for|check|verify|confirm|determine|find out|rule out|exclude|question|ask)\b"
)
_NEGATIVE_PATTERN = re.compile(
    r"(?i)\b(?:no|not|never|none|without|neither|lack\w*|missing|absent|empty|unknown|unset|null|blank|cannot|nobody|nothing|unlikely|whether)\b|n['’]t"
)
_QUESTION = re.compile(r"\?\s*[\"”')]*\s*$")
_OPEN_WORDS = re.compile(
    r"(?i)\b(?:unknown|unclear|unproven|unconfirmed|open|not (?:known|tell|told|say|said|show|shown|stated|given|recorded|in|visible|clear|carry|contain|prove)|cannot (?:tell|say|see|know)|missing|absent|lacks?|without|no\b)"
)


@lru_cache(maxsize=4096)
def anchor_pattern(name: str) -> re.Pattern[str]:
    """Finds an anchor as a whole name, in the forms in which tools print it.

    ``10.0.0.5`` is not in ``10.0.0.51``. A container id or digest may be printed at another length, a file by its name
    alone when that name says enough.
    """
    forms = [_whole(name)]
    if re.fullmatch(r"[0-9a-f]{12,64}", name):
        forms.append(rf"(?<![\w-]){name[:12]}[0-9a-f]*(?![\w-])")
    elif name.startswith("/") and (base := name.rsplit("/", 1)[-1]) and len(base) >= 5 and re.search(r"[._\d-]", base):
        forms.append(_whole(base))
    return re.compile("|".join(forms))


def _whole(name: str) -> str:
    before = r"(?<![\w-])" if name[:1].isalnum() else ""
    after = r"(?![\w-]|\.\d)" if name[-1:].isalnum() else ""
    return before + re.escape(name) + after


@dataclass(frozen=True)
class Matcher:
    """A fact or a forbidden claim, compiled."""

    id: str
    anchors: tuple[re.Pattern[str], ...]
    names: tuple[str, ...]
    hints: tuple[str, ...]
    """A piece of each anchor that is in every form of it: tried before the pattern, at a tenth of the cost."""
    phrasings: tuple[tuple[Phrasing, bool], ...]
    """Each with whether it carries its own negation."""
    polarity: Literal["affirm", "deny"]
    claim: bool = False
    """A forbidden claim: what is only supposed, asked or looked for is none."""

    @classmethod
    def of(cls, fact: Fact | Forbidden) -> Matcher:
        """Compile a fact or a forbidden claim."""
        return cls(
            id=fact.id,
            anchors=tuple(anchor_pattern(name) for name in fact.entities),
            names=fact.entities,
            hints=tuple(_hint(name) for name in fact.entities),
            phrasings=tuple((phrasing(text), _NEGATIVE_PATTERN.search(text) is not None) for text in fact.any_of),
            polarity=fact.polarity if isinstance(fact, Fact) else "affirm",
            claim=isinstance(fact, Forbidden),
        )

    def named(self, text: str) -> bool:
        """Whether every anchor stands in the sentence."""
        for hint in self.hints:
            if hint not in text:
                return False
        return all(anchor.search(text) is not None for anchor in self.anchors)

    def find(self, sentences: Sequence[Sentence], lowered: str | None = None) -> Sentence | None:
        """The first sentence that states it, or None.

        Args:
            sentences: where to look.
            lowered: all of them in lower case, to leave out at once what cannot fit.
        """
        phrasings = self.phrasings
        if lowered is not None:
            phrasings = tuple(
                (one, negative)
                for one, negative in self.phrasings
                if one.literals is None or _any(one.literals, lowered)
            )
            if not phrasings:
                return None
        for sentence in sentences:
            if self.named(sentence.text) and self._states(sentence, phrasings):
                return sentence
        return None

    def near(self, sentence: Sentence) -> str:
        """What a sentence that nearly states it lacks; empty when it is not near. For explanations only."""
        if not any(_fits(one, sentence.text) for one, _ in self.phrasings):
            return ""
        if self.named(sentence.text):
            return "it says the opposite, or leaves it open" if self.polarity == "affirm" else "it states it as a fact"
        lacking = [n for n, a in zip(self.names, self.anchors, strict=True) if not a.search(sentence.text)]
        return f"it does not name {', '.join(lacking)}"

    def states(self, sentence: Sentence) -> bool:
        """Whether one phrasing fits with the stated polarity."""
        return self._states(sentence, self.phrasings)

    def _states(self, sentence: Sentence, phrasings: tuple[tuple[Phrasing, bool], ...]) -> bool:
        text = sentence.text
        for one, negative in phrasings:
            for match in one.compiled.finditer(text):
                if self._agrees(sentence, match, negative=negative):
                    return True
        return False

    def _agrees(self, sentence: Sentence, match: re.Match[str], *, negative: bool) -> bool:
        denied = is_denied(sentence, match.start(), match.end())
        if negative and self.polarity == "affirm" and _DENIED_WHOLE.match(sentence.text.removeprefix("It is ")):
            return False
        if self.claim:
            if negative:
                return not _HEDGE.search(sentence.text)
            return not denied and sentence.section != "unknown" and not _HEDGE.search(sentence.text)
        if self.polarity == "deny":
            return denied or negative or _OPEN_WORDS.search(sentence.text) is not None
        return negative or not denied


def _fits(one: Phrasing, text: str) -> bool:
    if one.literals is not None and not _any(one.literals, text.lower()):
        return False
    return one.compiled.search(text) is not None


def _any(literals: frozenset[str], lowered: str) -> bool:
    return any(literal in lowered for literal in literals)


def is_denied(sentence: Sentence, start: int, end: int) -> bool:
    """Whether what stands at ``start:end`` of the sentence is negated, asked or said to be unknown."""
    text = sentence.text
    if _QUESTION.search(text) or sentence.section == "unknown":
        return True
    if (
        (whole := _DENIED_WHOLE.search(text))
        and whole.end() <= start + 1
        and not re.search(r"\bbut\b", text[whole.end() : start])
    ):
        return True
    for cue in _CUE.finditer(text, 0, end):
        # "no doubt", "not only" and "nothing but" affirm.
        if re.match(
            r"(?i)(?:no (?:doubt|question)|not only|not just|nothing but|no less|no longer than|not (?:until|before))\b",
            text[cue.start() :],
        ):
            continue
        # "instead of a pipeline's client, from …": a preposition reaches to the next comma only.
        boundary = (_NEAR_BOUNDARY if cue[0].lower() in _NEAR else _BOUNDARY).search(text, cue.end())
        reach = boundary.start() if boundary else len(text)
        if cue.end() <= end and reach >= (end if end - start < 40 else start + 1) and reach >= end - 1:
            return True
    boundary = _BOUNDARY.search(text, end)
    return _CUE_AFTER.match(text[end : boundary.start() if boundary else len(text)]) is not None


def _hint(name: str) -> str:
    if re.fullmatch(r"[0-9a-f]{12,64}", name):
        return name[:12]
    return name.rsplit("/", 1)[-1] if name.startswith("/") and not name.endswith("/") else name
