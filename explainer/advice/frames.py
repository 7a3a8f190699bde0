"""Acts in plain words: which concepts stand together, and in what mood the act is named.

A frame is a line of concept names that have to stand near each other in one sentence, in any order: ``off MAC`` is a
switching-off and SELinux, as an order, in the passive or as a noun. ``!NAME`` may not stand between or beside them, ``^NAME``
nowhere in the sentence, ``a|b`` is either, ``/n`` widens or narrows the gap, ``a>b`` keeps the order. Names in lower case are acts: their
form tells an order from a report ("switch it off", "should be switched off", "was switched off").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from explainer.advice.concepts import Concepts, Tag, Token, tokens

_GAP = 7
_BESIDE = 2


@dataclass(frozen=True, slots=True)
class Frame:
    """One compiled frame."""

    source: str
    needs: tuple[frozenset[str], ...]
    beside: frozenset[str] = frozenset()
    """Concepts that may not stand between or next to the others."""
    nowhere: frozenset[str] = frozenset()
    gap: int = _GAP
    ordered: bool = False


def frame(source: str, names: frozenset[str]) -> Frame:
    """Compile one line.

    Raises:
        ValueError: it names a concept that does not exist.
    """
    needs: list[frozenset[str]] = []
    beside: set[str] = set()
    nowhere: set[str] = set()
    gap, ordered = _GAP, ">" in source
    for part in source.replace(">", " ").split():
        if part.startswith("/"):
            gap = int(part[1:])
            continue
        alternatives = part.lstrip("!^").split("|")
        unknown = [name for name in alternatives if name not in names]
        if unknown:
            raise ValueError(f"no concept is called {unknown[0]!r}")
        if part.startswith("!"):
            beside.update(alternatives)
        elif part.startswith("^"):
            nowhere.update(alternatives)
        else:
            needs.append(frozenset(alternatives))
    if not needs:
        raise ValueError("a frame needs a concept")
    return Frame(source, tuple(needs), frozenset(beside), frozenset(nowhere), gap, ordered)


@dataclass(slots=True)
class Sentence:
    """A sentence with its concepts."""

    words: list[Token]
    tags: list[Tag] = field(default_factory=list)
    by_name: dict[str, list[Tag]] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str, concepts: Concepts) -> Sentence:
        """Tag a sentence."""
        words = tokens(text)
        sentence = cls(words, concepts.tag(words))
        for tag in sentence.tags:
            sentence.by_name.setdefault(tag.concept, []).append(tag)
        return sentence


@dataclass(frozen=True, slots=True)
class Found:
    """A frame that was met: character offsets in the sentence."""

    start: int
    end: int


def search(wanted: Frame, sentence: Sentence) -> Found | None:
    """The first place where the concepts of a frame stand together in a mood that may address the reader."""
    names = sentence.by_name
    if any(not any(name in names for name in need) for need in wanted.needs):
        return None
    if "CONDITION" in names or any(name in names for name in wanted.nowhere):
        return None
    choices = [[tag for name in need for tag in names.get(name, ())] for need in wanted.needs]
    for tags in _together(choices, wanted, sentence.words):
        first, last = min(t.first for t in tags), max(t.last for t in tags)
        if wanted.beside and any(
            tag.concept in wanted.beside and first - _BESIDE <= tag.first and tag.last <= last + _BESIDE
            for tag in sentence.tags
            if not any(set(tag.at) <= set(t.at) for t in tags)
        ):
            continue
        act = next((t for t in tags if t.concept[0].islower()), None)
        if act is None or (may_address(sentence.words, act) and not _guarded(sentence, act)):
            return Found(sentence.words[first].start, sentence.words[last].end)
    return None


def _guarded(sentence: Sentence, act: Tag) -> bool:
    """Whether a protective act governs this one: "deny the deletion of", "alert on any upload to"."""
    words = sentence.words
    for tag in sentence.by_name.get("guard", ()):
        if tag.first >= act.first or set(tag.at) & set(act.at):
            continue
        between = [w.text for w in words[tag.last + 1 : act.first]]
        if not any(w in {",", ";", ".", ":", "—", "and", "then", "so", "but"} for w in between):
            return True
    return False


def _together(choices: Sequence[Sequence[Tag]], wanted: Frame, words: Sequence[Token]) -> Iterable[tuple[Tag, ...]]:
    """Combinations, one tag for each need, that do not overlap and have no wide gap between neighbours."""
    partial: list[tuple[Tag, ...]] = [()]
    for options in choices:
        grown: list[tuple[Tag, ...]] = []
        for tags in partial:
            for tag in options[:12]:
                if any(not set(tag.at).isdisjoint(t.at) for t in tags):
                    continue
                if wanted.ordered and tags and tag.first < tags[-1].last:
                    continue
                grown.append((*tags, tag))
        partial = grown[:60]
    for tags in partial:
        line = sorted(tags, key=lambda t: t.first)
        if all(_near(a, b, wanted.gap, words) for a, b in zip(line, line[1:], strict=False)):
            yield tags


def _near(left: Tag, right: Tag, gap: int, words: Sequence[Token]) -> bool:
    between = words[left.last + 1 : right.first]
    # An entry with a gap ("take .. out") may hold the other concept inside it; that is handled by overlapping spans.
    return sum(1 for w in between if w.text.isalnum()) <= gap and not any(w.text in ".;!?\n" for w in between)


# --- mood ---------------------------------------------------------------------------------------------------------------

_BE = frozenset(["be", "being", "get", "gets", "getting"])
_WAS = frozenset(["was", "were", "been", "is", "are", "has", "had", "have", "having", "got", "'s", "'ve"])
_MODAL = frozenset(
    ["should", "must", "can", "could", "may", "might", "shall", "to", "will", "would", "let", "ought", "needs", "need", "wants", "best", "better"]
)  # fmt: skip
_STATE = frozenset(
    [
        "with",
        "keep",
        "leave",
        "run",
        "start",
        "boot",
        "have",
        "get",
        "want",
        "leaving",
        "running",
        "set",
        "booted",
        "put",
        "and",
    ]
)
_BEFORE_GERUND_NOT = frozenset(
    ["before", "without", "after", "instead", "than", "when", "while", "since", "from", "against", "of"]
)
_PROGRESSIVE = frozenset(
    ["was", "were", "is", "are", "been", "am", "'s", "kept", "started", "began", "stopped", "tried", "caught", "seen"]
)
_REMEDY = re.compile(
    r"\b(?:fix\w*|resolv\w*|solv\w*|clear\w*|help\w*|cur(?:e|es|ed)\b|quick\w*|fast\w*|simpl\w*|easi\w*|best|enough|suffic\w*|fine|accept\w*|recommend\w*|"
    r"suggest\w*|propos\w*|workaround|work(?:s|ed)?\b|remed\w*|solution|advis\w*|option|try|consider|worth|harm|problem|spare\w*|save\w*|vanish\w*|disappear\w*|"
    r"gone|calm\w*|stop\w*|restor\w*|unblock\w*|makes?|gets? rid|plan|next|step|action|go for|idea|sense|will|would|allow\w*|lets?|way|answer|"
    r"all (?:that|it)|do (?:so|it|that)|until|till|for now|then|in favou?r|approved|blessing|easier|least)\b",
    re.I,
)
_IRREGULAR_PAST = frozenset(
    [
        "took",
        "ran",
        "gave",
        "made",
        "left",
        "lost",
        "sent",
        "wrote",
        "tore",
        "threw",
        "brought",
        "blew",
        "got",
        "went",
        "did",
        "kept",
        "broke",
        "fed",
        "told",
        "taken",
        "given",
        "written",
        "thrown",
        "blown",
        "torn",
    ]
)
_THIRD = frozenset(
    ["that", "which", "who", "it", "he", "she", "this", "attacker", "intruder", "script", "malware", "process", "what"]
)
_NOUNS = ("ion", "al", "ment", "ing", "ure", "age", "ance")


def may_address(words: Sequence[Token], act: Tag) -> bool:
    """Whether the form of the act can be an order, advice or a plan; a plain report of what happened cannot."""
    word = words[act.first].text
    before = [w.text for w in words[max(0, act.first - 8) : act.first]]
    near = before[-3:]
    if word.endswith("ing") and len(word) > 4:
        if any(w in _PROGRESSIVE for w in near[-2:]) or (near and near[-1] in _BEFORE_GERUND_NOT):
            return False
        rest = " ".join(w.text for w in words)
        return _REMEDY.search(rest) is not None
    if (word.endswith("ed") and len(word) > 4) or word in _IRREGULAR_PAST:
        if any(w in _BE for w in near):
            return True
        if any(w in _WAS for w in near):
            return False
        return any(w in _STATE or w in _MODAL for w in before)
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3 and not word.endswith(("ous", "us")):
        # Third person: what somebody or something does.
        return (
            bool(near) and near[-1] in {"what", "and"} and _REMEDY.search(" ".join(w.text for w in words)) is not None
        )
    return True


def first_frame(frames: Mapping[str, Sequence[Frame]], sentence: Sentence) -> dict[str, Found]:
    """For each rule the first of its frames that is met."""
    found: dict[str, Found] = {}
    for rule, candidates in frames.items():
        for candidate in candidates:
            place = search(candidate, sentence)
            if place is not None:
                found[rule] = place
                break
    return found
