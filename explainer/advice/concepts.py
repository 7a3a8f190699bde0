"""Words to concepts: what a sentence speaks of, whatever form and wording it takes.

A concept is a list of entries in ``_concepts.yaml``: single words, phrases, phrases with a gap ("switch .. off").
Words are compared by a light stem, so one entry covers the forms of a word. Tagging is one pass over a sentence.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from explainer.advice.wording import words_of

_WORD = re.compile(r"(?<!\w)(?:[eE]\.g\.|[iI]\.e\.)|[^\W_]+(?:['’][^\W\d_]{1,2}\b)?|[.,;:!?()—–\n]")
_GAPS = {"..": 5, "...": 9, "~": 2}
_WIDEST = max(_GAPS.values())
_STOP = frozenset(".;!?\n")
_APART = _STOP | {"before"}
_IRREGULAR = dict(pair.split("=") for pair in words_of("stems"))
_ENGLISH = words_of("english")
_FOREIGN = words_of("foreign")
_VOWEL = re.compile(r"[aeiouyà-ÿ]")


@functools.lru_cache(50_000)
def stem(word: str) -> str:
    """A light English stem: endings of verbs and plurals are cut; other languages are left nearly as they are."""
    word = word.lower().replace("’", "'")
    known = _IRREGULAR.get(word)
    if known is not None:
        return known
    if len(word) <= 3 or "'" in word:
        return word.removesuffix("'s")
    for ending in ("ing", "ied", "ed", "ies", "s"):
        if not word.endswith(ending):
            continue
        base = word[: -len(ending)]
        if ending in ("ied", "ies"):
            return base + "y"
        if ending == "s":
            if word.endswith(("ss", "us", "is")):
                return word
            word = base
            break
        if len(base) < 2 or not _VOWEL.search(base):
            return word
        if len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz":
            base = base[:-1]
        word = base
        break
    return word[:-1] if word.endswith("e") and len(word) > 2 and not word.endswith("ee") else word


class Words:
    """The words and marks of a sentence, in columns, because reports have thousands of them."""

    __slots__ = ("_apart", "_counted", "before", "foreign", "glued", "notes", "proposes", "spans", "stems", "texts")

    def __init__(self, text: str) -> None:
        found = list(_WORD.finditer(text))
        self.before = text[: found[0].start()].strip() if found else ""
        """Marks before the first word: the arrow of a note."""
        self.texts = [m[0].lower() for m in found]
        self.stems = [stem(word) for word in self.texts]
        self.spans = [m.span() for m in found]
        self.glued = (
            frozenset(i for i, (_, end) in enumerate(self.spans) if text[end : end + 1] in "-/" and end < len(text))
            if "-" in text or "/" in text
            else frozenset[int]()
        )
        """Words that a hyphen or slash ties to the next one: "shell-in-container"."""
        self.foreign = _is_foreign(self.texts)
        """Whether the sentence is not English: entries of other languages are looked for there only."""
        self.proposes: bool | None = None
        self.notes: bool | None = None
        """What mood.py found out about the sentence; asked for many times."""
        self._counted: list[int] | None = None
        self._apart: list[int] = []

    def distance(self, first: int, behind: int) -> int:
        """Words from ``first`` up to ``behind``; a huge number where a clause ends between them."""
        if self._counted is None:
            counted, apart = [0], [0]
            for word in self.texts:
                counted.append(counted[-1] + word.isalnum())
                apart.append(apart[-1] + (word in _APART))
            self._counted, self._apart = counted, apart
        if behind <= first:
            return 0
        if self._apart[behind] != self._apart[first]:
            return len(self.texts) + _WIDEST
        return self._counted[behind] - self._counted[first]

    def __len__(self) -> int:
        return len(self.texts)


def _is_foreign(texts: list[str]) -> bool:
    foreign = sum(1 for word in texts if word in _FOREIGN and word not in _ENGLISH)
    return foreign > 1 and foreign > 2 * sum(1 for word in texts if word in _ENGLISH)


class Tag(NamedTuple):
    """One concept at a place: words ``first`` to ``last``, inclusive."""

    concept: str
    first: int
    last: int
    at: frozenset[int]
    """The words that were matched; a phrase with a gap leaves out those in the gap."""


class _Element:
    """One position of an entry: any of some stems, forms or beginnings."""

    __slots__ = ("forms", "gap", "optional", "prefixes", "stems")

    def __init__(self, source: str, gap: int) -> None:
        self.gap = gap
        self.optional = source.startswith("(")
        alternatives = source.strip("()").split("/")
        self.forms = frozenset(a[1:].lower() for a in alternatives if a.startswith("="))
        self.prefixes = tuple(a[:-1].lower() for a in alternatives if a.endswith("*"))
        self.stems = frozenset(stem(a) for a in alternatives if not a.startswith("=") and not a.endswith("*"))

    def fits(self, words: Words, at: int) -> bool:
        return (
            words.stems[at] in self.stems
            or words.texts[at] in self.forms
            or (bool(self.prefixes) and words.texts[at].startswith(self.prefixes))
        )


class _Entry(NamedTuple):
    concepts: tuple[str, ...]
    """All concepts that have this entry; it is looked for once."""
    elements: tuple[_Element, ...]


class _Head:
    """What begins with one stem."""

    __slots__ = ("gapped", "lone", "open", "pairs")

    def __init__(self) -> None:
        self.lone: dict[str, None] = {}
        """Concepts that it alone stands for."""
        self.pairs: dict[str, list[_Entry]] = {}
        """Entries by their second stem: most phrases fail at the second word."""
        self.gapped: dict[str, list[_Entry]] = {}
        """The same, with a gap between the two."""
        self.open: list[_Entry] = []
        """Entries whose second word may be missing or of a kind."""

    def candidates(self, stems: list[str], following: int, end: int, into: list[_Entry]) -> None:
        """Add the entries that the words behind the first one leave possible."""
        if following < end:
            if self.pairs:
                into += self.pairs.get(stems[following], ())
            if self.gapped:
                for stem_ in stems[following : following + _WIDEST + 1]:
                    if stem_ in self.gapped:
                        into += self.gapped[stem_]
        into += self.open


class Concepts:
    """All concepts, indexed by the first words of their entries.

    ``@NAME`` among the entries of a concept stands for all entries of that one.

    Raises:
        ValueError: an entry names a concept that does not exist.
    """

    def __init__(self, sources: Mapping[str, str], foreign: Mapping[str, str] | None = None) -> None:
        self.names = frozenset(sources)
        self._sources, self._foreign_sources = sources, foreign or {}
        unknown = sorted(set(self._foreign_sources) - self.names)
        if unknown:
            raise ValueError(f"no concept is called {unknown[0]!r}")
        self._heads: dict[str, _Head] = {}
        self._by_prefix: dict[str, list[tuple[str, _Entry]]] = {}
        self._pending: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        """Entries by the stem of their first word, cut up only when a text has that word: a report has few of them."""
        owners: dict[str, dict[str, None]] = {}
        for name in sources:
            for source in _entries(name, sources, ()):
                owners.setdefault(source, {})[name] = None
        for source, names in owners.items():
            first = source.partition(" ")[0]
            if first.isalnum():
                self._pending.setdefault(stem(first), []).append((tuple(names), source))
            else:
                self._add(tuple(names), source)

    @functools.cached_property
    def _foreign(self) -> Concepts:
        """The same with the entries of other languages, for sentences that are not English."""
        more = self._foreign_sources
        return Concepts({name: f"{text}, {more.get(name, '')}" for name, text in self._sources.items()})

    def _head(self, key: str) -> _Head | None:
        waiting = self._pending.pop(key, None)
        if waiting is not None:
            for names, source in waiting:
                self._add(names, source)
        return self._heads.get(key)

    def _add(self, names: tuple[str, ...], source: str) -> None:
        elements: list[_Element] = []
        gap = 0
        # Entries are cut like texts are, so "pare-feu" is found as the two words that it becomes.
        for part in source.split():
            if part in _GAPS:
                gap = _GAPS[part]
                continue
            pieces = [part] if part.startswith(("=", "(")) or "/" in part or "*" in part else _plain_words(part)
            for piece in pieces:
                elements.append(_Element(piece, gap))
                gap = 0
        if not elements:
            return
        entry = _Entry(names, tuple(elements))
        head = elements[0]
        for prefix in head.prefixes:
            self._by_prefix.setdefault(prefix[:3], []).append((prefix, entry))
        for key in head.stems | {stem(form) for form in head.forms}:
            place = self._heads.setdefault(key, _Head())
            if len(elements) == 1 and not head.forms:
                place.lone.update(dict.fromkeys(names))
            elif len(elements) > 1 and not (elements[1].optional or elements[1].forms or elements[1].prefixes):
                table = place.gapped if elements[1].gap else place.pairs
                for second in elements[1].stems:
                    table.setdefault(second, []).append(entry)
            else:
                place.open.append(entry)

    def tag(self, words: Words) -> list[Tag]:
        """Every concept of a sentence, in order; the longest entry of a concept wins at each place."""
        if words.foreign and self._foreign_sources:
            return self._foreign.tag(words)
        found: list[Tag] = []
        stems, texts, end = words.stems, words.texts, len(words.stems)
        prefixes = self._by_prefix
        for index, key in enumerate(stems):
            head = self._head(key)
            text = texts[index]
            candidates = (
                [entry for prefix, entry in prefixes[text[:3]] if text.startswith(prefix)]
                if text[:3] in prefixes
                else []
            )
            if head is None and not candidates:
                continue
            best: dict[str, list[int]] = {}
            if head is not None:
                alone = [index]
                best = {name: alone for name in head.lone}
                head.candidates(stems, index + 1, end, candidates)
            for entry in candidates:
                at = _match(entry.elements, words, index)
                if at is not None:
                    for name in entry.concepts:
                        if name not in best or len(at) > len(best[name]):
                            best[name] = at
            if best:
                sets = {id(at): frozenset(at) for at in best.values()}
                found += [Tag(name, index, at[-1], sets[id(at)]) for name, at in best.items()]
        return found


def _entries(name: str, sources: Mapping[str, str], above: tuple[str, ...]) -> Iterator[str]:
    if name not in sources or name in above:
        raise ValueError(f"no concept is called {name!r}" if name not in sources else f"{name!r} contains itself")
    for part in sources[name].split(","):
        entry = " ".join(part.split())
        if entry.startswith("@"):
            yield from _entries(entry[1:], sources, (*above, name))
        elif entry:
            yield entry


def _plain_words(text: str) -> list[str]:
    return [m[0] for m in _WORD.finditer(text.replace("_", " ")) if m[0] not in ".,;:!?()"]


def _match(elements: tuple[_Element, ...], words: Words, at: int) -> list[int] | None:
    if elements[0].forms and not elements[0].fits(words, at):
        return None
    position, matched, end = at + 1, [at], len(words.texts)
    for element in elements[1:]:
        for place in range(position, min(position + element.gap + 1, end)):
            text = words.texts[place]
            if text in _STOP:
                place = end
                break
            if (
                words.stems[place] in element.stems
                or text in element.forms
                or (element.prefixes and text.startswith(element.prefixes))
            ):
                break
        else:
            place = end
        if place >= end:
            if element.optional:
                continue
            return None
        matched.append(place)
        position = place + 1
    return matched
