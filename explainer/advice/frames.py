"""Acts in plain words: which concepts stand together, and in what mood the act is named.

A frame is a line of concept names that have to stand near each other in one sentence, in any order: ``off MAC`` is a
switching-off and SELinux, as an order, in the passive or as a noun. ``!NAME`` may not stand between or beside them, ``^NAME``
nowhere in the sentence, ``a|b`` is either, ``$group`` a named list of such, ``/n`` widens or narrows the gap, ``a>b`` keeps the
order, ``+`` asks that the first thing is the object of the act and ``++`` that it is the head of that object, ``~`` that the whole
sentence proposes something, ``=critical`` raises the severity. Names in lower case are acts:
their form tells an order from a report ("switch it off", "should be switched off", "was switched off").

A pronoun stands for the things named before it, in the same sentence or in the one before ("AppArmor is in the way. Switch it off.").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, get_args

from explainer.advice.concepts import Concepts, Tag, Words
from explainer.advice.mood import governed, is_object, may_address, out_of_reach, proposes
from explainer.schema.advice import AdviceSeverity

_GAP = 7
_BESIDE = 2
_MAX_OPTIONS = 12
_MAX_COMBINATIONS = 60
_PRONOUNS = frozenset(["it", "them", "this", "these", "those", "they", "both", "all", "everything", "lot", "ihn", "sie", "le", "les", "lo", "la", "los"])
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


def frame(source: str, names: frozenset[str], groups: Mapping[str, str] | None = None, rule: str = "") -> Frame:
    """Compile one line.

    Raises:
        ValueError: it names a concept, a group or a severity that does not exist.
    """
    needs: list[frozenset[str]] = []
    beside: set[str] = set()
    nowhere: set[str] = set()
    gap, proposed, direct, head, severity = _GAP, False, False, False, None
    for part in source.replace(">", " ").split():
        if part == "~":
            proposed = True
        elif part in ("+", "++"):
            direct, head = True, part == "++"
        elif part.startswith("/"):
            gap = int(part[1:])
        elif part.startswith("="):
            if part[1:] not in _SEVERITIES:
                raise ValueError(f"no severity is called {part[1:]!r}")
            severity = _SEVERITIES[_SEVERITIES.index(part[1:])]
        else:
            alternatives = _alternatives(part.lstrip("!^"), names, groups or {})
            if part.startswith("!"):
                beside |= alternatives
            elif part.startswith("^"):
                nowhere |= alternatives
            else:
                needs.append(alternatives)
    if not needs:
        raise ValueError("a frame needs a concept")
    return Frame(source, tuple(needs), frozenset(beside), frozenset(nowhere), gap, ">" in source, proposed, direct, head, severity, rule)


def _alternatives(text: str, names: frozenset[str], groups: Mapping[str, str]) -> frozenset[str]:
    chosen: set[str] = set()
    for name in text.split("|"):
        if name.startswith("$"):
            if name[1:] not in groups:
                raise ValueError(f"no group is called {name!r}")
            chosen |= _alternatives(groups[name[1:]], names, groups)
        elif name in names:
            chosen.add(name)
        else:
            raise ValueError(f"no concept is called {name!r}")
    return frozenset(chosen)


class Frames:
    """All frames of all rules, each kept under the concepts of its rarest need."""

    def __init__(self, sources: Mapping[str, Sequence[str]], concepts: Concepts, groups: Mapping[str, str] | None = None) -> None:
        self.concepts = concepts
        groups = dict(groups or {})
        self._index: dict[str, list[Frame]] = {}
        for rule, lines in sources.items():
            for line in lines:
                compiled = frame(line, concepts.names, groups, rule)
                for name in min(compiled.needs, key=lambda need: (any(n[0].islower() for n in need), len(need))):
                    self._index.setdefault(name, []).append(compiled)

    def possible(self, names: frozenset[str]) -> Iterable[Frame]:
        """Frames whose concepts all occur; a sentence without an act is passed over at once."""
        for name in names:
            for candidate in self._index.get(name, ()):
                if all(not need.isdisjoint(names) for need in candidate.needs) and candidate.nowhere.isdisjoint(names):
                    yield candidate


@dataclass(slots=True)
class Sentence:
    """A sentence with its concepts."""

    words: Words
    tags: list[Tag] = field(default_factory=list)
    by_name: dict[str, list[Tag]] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str, concepts: Concepts, before: Sentence | None = None) -> Sentence:
        """Tag a sentence; ``before`` lends its things to the pronouns of this one."""
        words = Words(text)
        sentence = cls(words, concepts.tag(words))
        for tag in sentence.tags:
            sentence.by_name.setdefault(tag.concept, []).append(tag)
        sentence._fill_pronouns(before)
        return sentence

    def _fill_pronouns(self, before: Sentence | None) -> None:
        texts = self.words.texts
        places = [i for i, text in enumerate(texts) if text in _PRONOUNS]
        if not places:
            return
        ends = {t.last for t in self.tags if t.concept[0].islower()} | {i for t in self.tags if t.concept[0].islower() for i in t.at}
        taken = {i for t in self.tags for i in t.at}
        lent: list[Tag] = []
        for place in places:
            if place in taken or not any(place - back in ends for back in range(1, _BEHIND + 1)):
                continue
            earlier = [t for t in self.tags if t.last < place - 1 and t.concept[0].isupper()]
            if not earlier and before is not None:
                earlier = [t for t in before.tags if t.concept[0].isupper()]
            lent += [Tag(name, place, place, frozenset((place,))) for name in {t.concept for t in earlier}]
        for tag in lent:
            self.by_name.setdefault(tag.concept, []).append(tag)


def search(wanted: Frame, sentence: Sentence) -> Found | None:
    """The first place where the concepts of a frame stand together in a mood that may address the reader."""
    names = sentence.by_name
    if "CONDITION" in names:
        return None
    if wanted.proposed and not proposes(sentence.words):
        return None
    choices = [[tag for name in need for tag in names.get(name, ())] for need in wanted.needs]
    for tags in _together(choices, wanted, sentence.words):
        first, last = min(t.first for t in tags), max(t.last for t in tags)
        if wanted.beside and any(
            tag.concept in wanted.beside and first - _BESIDE <= tag.first and tag.last <= last + _BESIDE
            for tag in sentence.tags
            if not any(tag.at <= t.at for t in tags)
        ):
            continue
        acts = [t for t in tags if t.concept[0].islower()]
        guards = names.get("guard", ())
        if any(
            not may_address(sentence.words, act)
            or governed(sentence.words, act, guards)
            or any(out_of_reach(sentence.words, act, thing) for thing in tags if thing is not act)
            for act in acts[:1]
        ):
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
                if any(not tag.at.isdisjoint(t.at) for t in tags):
                    continue
                if wanted.ordered and tags and tag.first < tags[-1].last:
                    continue
                grown.append((*tags, tag))
        partial = grown[:_MAX_COMBINATIONS]
    for tags in partial:
        line = sorted(tags, key=lambda t: t.first)
        if all(_near(a, b, wanted.gap, words) for a, b in zip(line, line[1:], strict=False)):
            yield tags


def _near(left: Tag, right: Tag, gap: int, words: Words) -> bool:
    # An entry with a gap ("take .. out") may hold the other concept inside it.
    between = words.texts[left.last + 1 : right.first]
    return sum(1 for w in between if w.isalnum()) <= gap and not any(w in ".;!?\n" for w in between)


def find(frames: Frames, concepts: Concepts, text: str, before: str = "") -> dict[str, Found]:
    """For each rule the first of its frames that is met in a sentence."""
    return find_in(frames, Sentence.of(text, concepts, Sentence.of(before, concepts) if before else None))


def find_in(frames: Frames, sentence: Sentence) -> dict[str, Found]:
    """For each rule the first of its frames that is met in a tagged sentence."""
    found: dict[str, Found] = {}
    for candidate in frames.possible(frozenset(sentence.by_name)):
        known = found.get(candidate.rule)
        if known is not None and (candidate.severity is None or known.frame.severity is not None):
            continue
        place = search(candidate, sentence)
        if place is not None:
            found[candidate.rule] = place
    return found
