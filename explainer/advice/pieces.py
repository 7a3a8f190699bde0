"""Prose read once: what its sentences hold depends on the text alone, and reports repeat each other's paragraphs."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from explainer.advice import order
from explainer.advice.hits import Hit
from explainer.advice.inline import Finder, Spans, between, bounds, masked
from explainer.advice.markdown import code_spans, struck
from explainer.advice.rules import RuleSet

_MAX_ENTRIES = 4096
_MAX_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Piece:
    """One sentence; hits are offsets in the whole text."""

    start: int
    end: int
    says_at: int
    """Offset in the sentence at which it tells of a capture of evidence; -1: it does not."""
    first: bool
    """That capture precedes all else in the sentence, wherever it stands."""
    captured: bool
    """Its code captures evidence and does no harm."""
    found: tuple[tuple[Hit, bool], ...]
    """Hits by their place, each with whether it is in plain words."""

    def hits(self) -> list[tuple[Hit, bool]]:
        """The hits, for the caller to note things in."""
        return [(Hit(h.rule, h.start, h.end, h.captured, h.severity), worded) for h, worded in self.found]


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph, heading or cell, cut into sentences."""

    plain: str
    """The text with its code masked."""
    crossed: Spans
    """What is crossed out."""
    pieces: tuple[Piece, ...]


_kept: OrderedDict[tuple[int, str], tuple[RuleSet, Prose]] = OrderedDict()


def read(rules: RuleSet, text: str) -> Prose:
    """The sentences of a text with what breaks a rule in them, before anybody asked who is told to do it."""
    if len(text) > _MAX_TEXT:
        return _fresh(rules, text)
    key = (id(rules), text)
    entry = _kept.get(key)
    # The rule set is kept with the entry: its id is not given to another one as long as it lives.
    if entry is None or entry[0] is not rules:
        entry = _kept[key] = (rules, _fresh(rules, text))
        if len(_kept) > _MAX_ENTRIES:
            _kept.popitem(last=False)
    return entry[1]


def _fresh(rules: RuleSet, text: str) -> Prose:
    finder = Finder(rules)
    spans, crossed = code_spans(text), struck(text)
    plain = masked(text, spans)
    pieces = []
    for start, end in bounds(text, plain):
        inside = between(spans, start, end)
        says_at = order.capture_at(text[start:end])
        hits, captured = finder.code(text, inside, crossed)
        hits += finder.bare(text, start, end, inside)
        known = {hit.rule.cls for hit in hits}
        hits += [hit for hit in finder.settings(text, start, end) if hit.rule.cls not in known]
        worded = finder.prose(text, plain, start, end, inside)
        found = sorted([*((h, False) for h in hits), *((h, True) for h in worded)], key=lambda pair: pair[0].start)
        first = says_at >= 0 and order.before_all(plain[start:end])
        pieces.append(Piece(start, end, says_at, first, captured, tuple(found)))
    return Prose(plain, crossed, tuple(pieces))
