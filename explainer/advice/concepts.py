"""Words to concepts: what a sentence speaks of, whatever form and wording it takes.

A concept is a list of entries in ``_concepts.yaml``: single words, phrases, phrases with a gap ("switch .. off"). Words are
compared by a light stem, so one entry covers the forms of a word. Tagging is one pass over the words of a sentence.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]{1,2}\b)?|[.,;:!?()—–\n]")
_GAPS = {"..": 5, "~": 2}
_STOP = frozenset(".;!?\n")
_IRREGULAR = {
    "took": "tak", "taken": "tak", "shutting": "shut", "ran": "run", "gave": "giv", "given": "giv", "made": "mak", "kept": "keep",
    "left": "leav", "lost": "los", "sent": "send", "wrote": "writ", "written": "writ", "told": "tell", "tore": "tear", "torn": "tear",
    "threw": "throw", "thrown": "throw", "brought": "bring", "blew": "blow", "blown": "blow", "hid": "hid", "held": "hold", "got": "get",
    "gotten": "get", "went": "go", "gone": "go", "goes": "go", "did": "do", "done": "do", "used": "us", "using": "us", "use": "us", "uses": "us", "fed": "feed",
    "drew": "draw", "broke": "break", "broken": "break", "bound": "bind", "forwent": "forgo", "overrode": "overrid", "overridden": "overrid",
    "withdrew": "withdraw", "withdrawn": "withdraw", "wound": "wind", "stuck": "stick", "rode": "rid", "shown": "show", "paid": "pay",
    "policies": "policy", "keys": "key", "dying": "die", "lying": "lie", "spun": "spin", "said": "say", "thought": "think", "sped": "speed",
    "has": "has", "his": "his", "this": "this", "was": "was", "does": "do", "ids": "ids", "ips": "ips", "dns": "dns", "tls": "tls", "less": "less",
    "lent": "lend", "hung": "hang", "chose": "choos", "chosen": "choos", "swapping": "swap", "bent": "bend", "laid": "lay", "spread": "spread",
}  # fmt: skip
_ENGLISH = frozenset("the a an of to and is are was be it for with in on that this at by from as or not so your our you we will can".split())
_FOREIGN = frozenset(
    "der die das den dem des ein eine einen einem einer und ist sie zu mit für auf im nicht wird werden sich von "
    "le la les un une du et est sont pour dans sur avec ne pas il au aux vous "
    "el los las una y es en para con por se lo su sin "
    "o os um uma e é do da dos das no na não ao que "
    "il gli i di del della dei che è per non nel sul".split()
)
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

    __slots__ = ("foreign", "glued", "spans", "stems", "texts")

    def __init__(self, text: str) -> None:
        found = list(_WORD.finditer(text))
        self.texts = [m[0].lower() for m in found]
        self.stems = [stem(word) for word in self.texts]
        self.spans = [m.span() for m in found]
        self.glued = frozenset(i for i, (_, end) in enumerate(self.spans) if text[end : end + 1] in "-/" and end < len(text)) if "-" in text or "/" in text else frozenset[int]()
        """Words that a hyphen or slash ties to the next one: "shell-in-container"."""
        self.foreign = _is_foreign(self.texts)
        """Whether the sentence is not English: entries of other languages are looked for there only."""

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
    concept: str
    elements: tuple[_Element, ...]


class Concepts:
    """All concepts, indexed by the first words of their entries.

    ``@NAME`` among the entries of a concept stands for all entries of that one.

    Raises:
        ValueError: an entry names a concept that does not exist.
    """

    def __init__(self, sources: Mapping[str, str], foreign: Mapping[str, str] | None = None) -> None:
        self.names = frozenset(sources)
        self._foreign: Concepts | None = None
        """The same with the entries of other languages, for sentences that are not English."""
        if foreign:
            unknown = sorted(set(foreign) - self.names)
            if unknown:
                raise ValueError(f"no concept is called {unknown[0]!r}")
            self._foreign = Concepts({name: f"{text}, {foreign.get(name, '')}" for name, text in sources.items()})
        self._lone: dict[str, set[str]] = {}
        """Stem to concepts that it alone stands for."""
        self._pairs: dict[str, dict[str, list[_Entry]]] = {}
        """First stem, second stem, entries: most phrases fail at the second word."""
        self._open: dict[str, list[_Entry]] = {}
        """Entries whose second word may be missing, further on or of a kind."""
        self._by_prefix: dict[str, list[tuple[str, _Entry]]] = {}
        for name in sources:
            for source in dict.fromkeys(_entries(name, sources, ())):
                self._add(name, source)

    def _add(self, name: str, source: str) -> None:
        elements: list[_Element] = []
        gap = 0
        # Entries are cut like texts are, so that "pare-feu" and "no_root_squash" are found as the words that they become.
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
        entry = _Entry(name, tuple(elements))
        head = elements[0]
        for prefix in head.prefixes:
            self._by_prefix.setdefault(prefix[:3], []).append((prefix, entry))
        for key in head.stems | {stem(form) for form in head.forms}:
            if len(elements) == 1 and not head.forms:
                self._lone.setdefault(key, set()).add(name)
            elif len(elements) > 1 and not head.forms and not (elements[1].gap or elements[1].optional or elements[1].forms or elements[1].prefixes):
                for second in elements[1].stems:
                    self._pairs.setdefault(key, {}).setdefault(second, []).append(entry)
            else:
                self._open.setdefault(key, []).append(entry)

    def tag(self, words: Words) -> list[Tag]:
        """Every concept of a sentence, in order; the longest entry of a concept wins at each place."""
        if words.foreign and self._foreign is not None:
            return self._foreign.tag(words)
        found: list[Tag] = []
        lone, prefixed = self._lone, self._by_prefix
        for index, key in enumerate(words.stems):
            best: dict[str, list[int]] = {}
            if key in lone:
                best = dict.fromkeys(lone[key], [index])
            for entry in self._candidates(words, index):
                at = _match(entry.elements, words, index)
                if at is not None and (entry.concept not in best or len(at) > len(best[entry.concept])):
                    best[entry.concept] = at
            text = words.texts[index]
            for prefix, entry in prefixed.get(text[:3], ()):
                if text.startswith(prefix):
                    at = _match(entry.elements, words, index)
                    if at is not None and (entry.concept not in best or len(at) > len(best[entry.concept])):
                        best[entry.concept] = at
            found += [Tag(name, index, at[-1], frozenset(at)) for name, at in best.items()]
        return found

    def _candidates(self, words: Words, index: int) -> Iterator[_Entry]:
        key = words.stems[index]
        pairs = self._pairs.get(key)
        if pairs is not None and index + 1 < len(words.stems):
            yield from pairs.get(words.stems[index + 1], ())
        yield from self._open.get(key, ())


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
            if words.texts[place] in _STOP:
                place = end
                break
            if element.fits(words, place):
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
