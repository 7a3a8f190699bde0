# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""S3: every path, address, identifier and name has to come from somewhere: the alert, its rule, or knowledge."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

from explainer.evaluation.commands import is_program
from explainer.evaluation.names import HARD, Name, code_name, names_in, standard_path
from explainer.evaluation.reading import Sentence
from explainer.evaluation.scorers.base import Finding, Kind, Score, ScoringContext
from explainer.verify.vocabulary import ORDINARY, VOCABULARY

HARD_COST = 3
NAMED = 2
"""Fewer names of the alert than this are no explanation of it."""
_EXCEPTING = re.compile(r"(?i)\b(?:exception|except|exempt|exclude|allow-?list|whitelist)")
_DENYING = re.compile(
    r"(?i)\b(?:no|not|never|neither|nor|without|unlike|other than|rather than|outside|such as|for example|e\.g|like|would|could|should|if|whether)\b|n['’]t\b"
)
_WORDS = ORDINARY | VOCABULARY
_PLAIN_CODE = re.compile(r"[A-Z]+|[a-z]+(?:ed|ing)|-{1,2}[\w-]+|\$\w+|[A-Z_]{3,}(?:=\S*)?|\d[\w.]*")


class Grounding:
    """Precision of the names in an answer, over the sources that its section allows."""

    name = "S3"
    title = "names only what exists"
    version = 1
    weight = 0.18
    kind: Kind = "weighted"

    def score(self, context: ScoringContext) -> Score:
        """1 - invented / max(3, all names); an invented address, hash, CVE or link counts threefold."""
        answer, sources = context.answer, context.index.sources
        seen: dict[str, Name] = {}
        for name in self._names(context):
            seen.setdefault(name.text, name)
        once = context.index.once
        tiers = {
            text: once((self.name, name.kind, text), lambda n=name: sources.tier(n))  # type: ignore[misc]
            for text, name in seen.items()
        }
        starts = [sentence.start for sentence in answer.sentences]
        bad: list[tuple[Name, int]] = []
        for name in seen.values():
            if tiers[name.text] != "none":
                continue
            sentence = _sentence(answer.sentences, starts, name.start)
            acting = (
                sentence is None
                or name.end > sentence.end
                or sentence.section == "unknown"
                or sentence.start in answer.told
            )
            if name.kind in HARD:
                bad.append((name, HARD_COST))
                continue
            excepting = (
                sentence is not None and name.end <= sentence.end and _EXCEPTING.search(sentence.text) is not None
            )
            denied = sentence is not None and _denied(sentence, name.text)
            if name.kind == "path" and (acting or denied) and not excepting and standard_path(name.text):
                # Somewhere to look: fine in a step, no evidence in an observation.
                continue
            if name.kind == "code" and acting:
                continue
            if name.kind != "capability" and not acting and denied:
                continue
            bad.append((name, 1))
        total = max(3, len(seen))
        own = sum(tier == "alert" for tier in tiers.values())
        if own < NAMED:
            own += sum(any(form in answer.text for form in forms) for forms in context.index.key_values.values())
        share = min(1.0, own / NAMED)
        cost = sum(weight for _, weight in bad)
        findings = tuple(
            Finding(
                f"{name.text} stands in neither the alert, nor its rule, nor what is known about it",
                (name.start, name.end),
                min(1.0, weight / total),
                f"ungrounded-{name.kind}",
            )
            for name, weight in bad
        )
        if share < 1.0:
            reason = "it names next to nothing of this alert, so nothing can be checked against it"
            findings = (*findings, Finding(reason, None, 1.0 - share, "ungrounded"))
        return Score(max(0.0, 1.0 - cost / total) * share, findings)

    @staticmethod
    def _names(context: ScoringContext) -> Iterator[Name]:
        text = context.answer.text
        yield from names_in(text)
        for word in _system_calls().intersection(_LOWER.findall(text)):
            place = re.search(rf"(?<![\w/.-]){word}(?![\w/.-])", text)
            if place:
                yield Name("code", word, place.start(), place.end())
        for code in context.answer.page.codes:
            name = code_name(code.text) if code.inline else None
            if name and not _ordinary_code(name):
                yield Name("code", name, code.start, code.end)


_LOWER = re.compile(r"[a-z_0-9]{4,}")
_CALL = re.compile(r"[a-z]+[a-z0-9]*(?:_[a-z0-9_]+|\d+|at)")


@lru_cache(maxsize=1)
def _system_calls() -> frozenset[str]:
    """System calls whose names are no English words."""
    from explainer.evaluation.tables import system_calls

    return frozenset(name for name in system_calls() if _CALL.fullmatch(name)) - {
        "format",
        "stat",
        "at",
        "what",
        "that",
        "flat",
    }


@lru_cache(maxsize=4096)
def _ordinary_code(text: str) -> bool:
    return (
        _PLAIN_CODE.fullmatch(text) is not None
        or text.lower() in _WORDS
        or is_program(text)
        or next(names_in(text), None) is not None
    )


def _denied(sentence: Sentence, name: str) -> bool:
    """Whether the name stands in the sentence only to be ruled out or compared with."""
    place = sentence.text.find(name)
    if place < 0:
        return False
    before = re.split(r"[.;:]|\bbut\b", sentence.text[max(0, place - 80) : place])[-1]
    return _DENYING.search(before) is not None


def _sentence(sentences: tuple[Sentence, ...], starts: list[int], offset: int) -> Sentence | None:
    index = bisect_right(starts, offset) - 1
    return sentences[index] if index >= 0 else None


SCORER = Grounding()
