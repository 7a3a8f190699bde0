"""Acts in plain words: which concepts stand together, and in what mood the act is named.

A frame is a line of concept names that have to stand near each other in one sentence, in any order: ``off MAC`` is a
switching-off and SELinux, as an order, in the passive or as a noun. ``!NAME`` may not stand between or beside them,
``^NAME`` nowhere in the sentence, ``a|b`` is either, ``/n`` widens or narrows the gap, ``a>b`` keeps the order, ``+``
asks that the first thing is the object of the act and ``++`` that it is the head of that object, ``~`` that the whole
sentence proposes something, ``~~`` that it is a bare note, ``=critical`` states another severity than the rule's.
Names in lower case are acts: their form tells an order from a report ("switch it off", "should be switched off", "was
switched off").

A pronoun stands for the things named before it, in the same sentence or in the one before ("AppArmor is in the way.
Switch it off.").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, get_args

from explainer.advice.concepts import Concepts, Tag, Words
from explainer.advice.mood import (
    avoided,
    conditional,
    governed,
    is_object,
    may_address,
    notes,
    opens,
    out_of_reach,
    proposes,
    same_clause,
)
from explainer.schema.advice import AdviceSeverity

_GAP = 7
_BESIDE = 2
_MAX_OPTIONS = 12
_MAX_COMBINATIONS = 60
_PRONOUNS = frozenset(
    [
        "it",
        "them",
        "this",
        "these",
        "those",
        "they",
        "both",
        "all",
        "everything",
        "lot",
        "ihn",
        "sie",
        "le",
        "les",
        "lo",
        "la",
        "los",
    ]
)
_EXTENTS = frozenset(["TOTAL", "SCOPEWIDE", "NOISE", "UNTESTED", "EVERYBODY"])
_BEHIND = 3
"""Words between an act and the pronoun that stands for its object."""
_SEVERITIES: tuple[AdviceSeverity, ...] = get_args(AdviceSeverity)


@dataclass(frozen=True, slots=True)
class Frame:
    """One compiled frame of a rule."""

    source: str
    needs: tuple[frozenset[str], ...]
    beside: frozenset[str] = frozenset()
    """Concepts that may not stand between or next to the others."""
    nowhere: frozenset[str] = frozenset()
    gap: int = _GAP
    ordered: bool = False
    proposed: bool = False
    noted: bool = False
    """The sentence has to be a bare note without a verb."""
    direct: bool = False
    """The first thing has to be the object of the act."""
    head: bool = False
    """... and the last word of its noun phrase ("the disk", not "the disk quota")."""
    severity: AdviceSeverity | None = None
    rule: str = ""


class Found(NamedTuple):
    """A frame that was met: character offsets in the sentence."""

    start: int
    end: int
    frame: Frame


def frame(source: str, names: frozenset[str], rule: str = "") -> Frame:
    """Compile one line.

    Raises:
        ValueError: it names a concept or a severity that does not exist.
    """
    needs: list[frozenset[str]] = []
    beside: set[str] = set()
    nowhere: set[str] = set()
    gap, proposed, noted, direct, head, severity = _GAP, False, False, False, False, None
    for part in source.replace(">", " ").split():
        if part in ("~", "~~"):
            proposed, noted = part == "~", part == "~~"
        elif part in ("+", "++"):
            direct, head = True, part == "++"
        elif part.startswith("/"):
            gap = int(part[1:])
        elif part.startswith("="):
            if part[1:] not in _SEVERITIES:
                raise ValueError(f"no severity is called {part[1:]!r}")
            severity = _SEVERITIES[_SEVERITIES.index(part[1:])]
        else:
            alternatives = _alternatives(part.lstrip("!^"), names)
            if part.startswith("!"):
                beside |= alternatives
            elif part.startswith("^"):
                nowhere |= alternatives
            else:
                needs.append(alternatives)
    if not needs:
        raise ValueError("a frame needs a concept")
    return Frame(
        source,
        tuple(needs),
        frozenset(beside),
        frozenset(nowhere),
        gap=gap,
        ordered=">" in source,
        proposed=proposed,
        noted=noted,
        direct=direct,
        head=head,
        severity=severity,
        rule=rule,
    )


def _alternatives(text: str, names: frozenset[str]) -> frozenset[str]:
    chosen = frozenset(text.split("|"))
    unknown = sorted(chosen - names)
    if unknown:
        raise ValueError(f"no concept is called {unknown[0]!r}")
    return chosen


class Frames:
    """All frames of all rules, each kept under the concepts of its rarest need."""

    def __init__(self, compiled: Iterable[Frame]) -> None:
        self._index: dict[str, list[Frame]] = {}
        self.things: frozenset[str] = frozenset()
        """Things that some frame needs; a pronoun lends these and no others."""
        for one in compiled:
            self.things |= {name for need in one.needs for name in need if name[0].isupper()}
            for name in min(one.needs, key=lambda need: (any(n[0].islower() for n in need), len(need))):
                self._index.setdefault(name, []).append(one)

    def only(self, rule: str) -> Frames:
        """The frames of one rule."""
        return Frames(dict.fromkeys(one for some in self._index.values() for one in some if one.rule == rule))

    def possible(self, names: frozenset[str]) -> Iterable[Frame]:
        """Frames whose concepts all occur; a sentence without an act is passed over at once."""
        for name in names & self._index.keys():
            for candidate in self._index[name]:
                if candidate.nowhere.isdisjoint(names):
                    for need in candidate.needs:
                        if need.isdisjoint(names):
                            break
                    else:
                        yield candidate


@dataclass(slots=True)
class Sentence:
    """A sentence with its concepts."""

    words: Words
    tags: list[Tag] = field(default_factory=list)
    by_name: dict[str, list[Tag]] = field(default_factory=dict)
    """Concepts that frames may use: acts that only report are taken out."""
    named: dict[str, list[Tag]] = field(default_factory=dict)
    """All of them."""

    @classmethod
    def of(
        cls, text: str, concepts: Concepts, before: Sentence | None = None, things: frozenset[str] = frozenset()
    ) -> Sentence:
        """Tag a sentence; ``before`` lends its ``things`` to the pronouns of this one."""
        words = Words(text)
        sentence = cls(words, concepts.tag(words))
        for tag in sentence.tags:
            sentence.named.setdefault(tag.concept, []).append(tag)
        sentence.by_name.update((name, list(tags)) for name, tags in sentence.named.items())
        sentence._fill_pronouns(before, things)
        return sentence

    def keep_orders(self) -> None:
        """Forget the acts that only report, and those that a protective act governs."""
        guards = self.by_name.get("guard", ())
        known: dict[int, bool] = {}
        for name in [n for n in self.by_name if n[0].islower()]:
            told = []
            for tag in self.by_name[name]:
                if tag.first not in known:
                    known[tag.first] = may_address(self.words, tag)
                if known[tag.first] and not governed(self.words, tag, guards):
                    told.append(tag)
            if told:
                self.by_name[name] = told
            else:
                del self.by_name[name]

    def _fill_pronouns(self, before: Sentence | None, things: frozenset[str]) -> None:
        texts = self.words.texts
        places = [i for i, text in enumerate(texts) if text in _PRONOUNS]
        if not places:
            return
        ends = frozenset[int]().union(*(t.at for t in self.tags if t.concept[0].islower()))
        taken = frozenset[int]().union(*(t.at for t in self.tags if t.last > t.first))
        lent: list[Tag] = []
        for place in places:
            if place in taken or not any(place - back in ends for back in range(1, _BEHIND + 1)):
                continue
            earlier = [t for t in self.tags if t.last < place - 1 and t.concept in things]
            if not earlier and before is not None:
                earlier = [t for t in before.tags if t.concept in things]
            lent += [Tag(name, place, place, frozenset((place,))) for name in {t.concept for t in earlier}]
        for tag in lent:
            self.by_name.setdefault(tag.concept, []).append(tag)


def search(wanted: Frame, sentence: Sentence) -> Found | None:
    """The first place where the concepts of a frame stand together in a mood that may address the reader."""
    names = sentence.by_name
    if (wanted.proposed and not proposes(sentence.words)) or (wanted.noted and not notes(sentence.words)):
        return None
    words_foreign = sentence.words.foreign
    choices = [[tag for name in need for tag in names.get(name, ())] for need in wanted.needs]
    for tags in _together(choices, wanted, sentence.words):
        first, last = min([t.first for t in tags]), max([t.last for t in tags])
        if wanted.beside and any(
            first - _BESIDE <= tag.first and tag.last <= last + _BESIDE
            for name in wanted.beside
            for tag in sentence.named.get(name, ())
            if not any(tag.at <= t.at for t in tags)
        ):
            continue
        acts = [t for t in tags if t.concept[0].islower()]
        if avoided(sentence.words, tags):
            continue
        if acts and any(out_of_reach(sentence.words, acts[0], thing) for thing in tags if thing is not acts[0]):
            continue
        if acts and any(
            conditional(sentence.words, acts[0], thing) or opens(sentence.words, acts[0], thing)
            for thing in tags
            if thing is not acts[0]
        ):
            continue
        if acts and not words_foreign and not same_clause(sentence.words, acts[0], tags, sentence.tags):
            continue
        if wanted.direct and acts:
            thing = next(t for t in tags if t.concept[0].isupper())
            if not is_object(sentence.words, acts[0], thing, sentence.tags, head=wanted.head):
                continue
        return Found(sentence.words.spans[first][0], sentence.words.spans[last][1], wanted)
    return None


def _together(choices: Sequence[Sequence[Tag]], wanted: Frame, words: Words) -> Iterable[tuple[Tag, ...]]:
    """Combinations, one tag for each need, that do not overlap and have no wide gap between neighbours."""
    partial: list[tuple[Tag, ...]] = [()]
    for options in choices:
        grown: list[tuple[Tag, ...]] = []
        for tags in partial:
            for tag in options[:_MAX_OPTIONS]:
                if any(not tag.at.isdisjoint(t.at) and not _both_meant(tag, t, words) for t in tags):
                    continue
                if wanted.ordered and tags and tag.first < tags[-1].last:
                    continue
                grown.append((*tags, tag))
        partial = grown[:_MAX_COMBINATIONS]
    for tags in partial:
        line = sorted(tags, key=lambda t: t.first)
        if all(_near(a, b, wanted.gap, words) for a, b in pairwise(line)):
            yield tags


def _both_meant(one: Tag, other: Tag, words: Words) -> bool:
    """Whether one pronoun stands for two things that were named together: "a script from a forum. Run it"."""
    if {one.concept, other.concept} & _EXTENTS:
        return False
    return (
        one.at == other.at
        and one.concept != other.concept
        and one.first == one.last
        and words.texts[one.first] in _PRONOUNS
    )


def _near(left: Tag, right: Tag, gap: int, words: Words) -> bool:
    # An entry with a gap ("take .. out") may hold the other concept inside it.
    return words.distance(left.last + 1, right.first) <= gap


def find(frames: Frames, sentence: Sentence) -> dict[str, Found]:
    """For each rule the frame that is met in a sentence: one that states a severity, else the one that begins first."""
    found: dict[str, Found] = {}
    if "CONDITION" in sentence.by_name:
        return found
    sentence.keep_orders()
    _forget_denied_proof(sentence)
    for candidate in frames.possible(frozenset(sentence.by_name)):
        place = search(candidate, sentence)
        if place is None:
            continue
        known = found.get(candidate.rule)
        if known is None or _rank(place) < _rank(known):
            found[candidate.rule] = place
    return found


def _forget_denied_proof(sentence: Sentence) -> None:
    """A proof that is denied ("the hash did not match the build") proves nothing."""
    texts = sentence.words.texts
    proofs = sentence.by_name.get("PROVEN", ())
    if proofs and all(
        any(w == "not" or w.endswith(("n't", "n’t")) for w in texts[max(0, t.first - 2) : t.first]) for t in proofs
    ):
        del sentence.by_name["PROVEN"]


def _rank(place: Found) -> tuple[bool, int]:
    return place.frame.severity is None, place.start
