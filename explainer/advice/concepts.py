"""Words to concepts: what a sentence speaks of, whatever form and wording it takes.

A concept is a list of entries in ``_concepts.yaml``: single words, phrases, phrases with a gap ("switch .. off"). Words are
compared by a light stem, so one entry covers the forms of a word. Tagging is one pass over the words of a sentence.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]{1,2}\b)?|[.,;:!?()—–\n]")
_GAP = 5
"""Words that fit into ``..``."""
_IRREGULAR = {
    "took": "tak", "taken": "tak", "shutting": "shut", "ran": "run", "gave": "giv", "given": "giv", "made": "mak", "kept": "keep",
    "left": "leav", "lost": "los", "sent": "send", "wrote": "writ", "written": "writ", "told": "tell", "tore": "tear", "torn": "tear",
    "threw": "throw", "thrown": "throw", "brought": "bring", "blew": "blow", "blown": "blow", "hid": "hid", "held": "hold", "got": "get",
    "gotten": "get", "went": "go", "gone": "go", "did": "do", "done": "do", "used": "us", "using": "us", "use": "us", "uses": "us", "fed": "feed",
    "drew": "draw", "broke": "break", "broken": "break", "bound": "bind", "forwent": "forgo", "overrode": "overrid", "overridden": "overrid",
    "withdrew": "withdraw", "withdrawn": "withdraw", "wound": "wind", "stuck": "stick", "rode": "rid", "shown": "show", "paid": "pay",
    "policies": "policy", "keys": "key", "dying": "die", "lying": "lie", "spun": "spin", "said": "say", "thought": "think", "sped": "speed",
    "has": "has", "his": "his", "this": "this", "was": "was", "does": "do", "ids": "ids", "ips": "ips", "dns": "dns", "tls": "tls", "less": "less",
}  # fmt: skip
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


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a mark of a sentence."""

    text: str
    stem: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The words and marks of a sentence."""
    return [Token(m[0].lower(), stem(m[0]), m.start(), m.end()) for m in _WORD.finditer(text)]


@dataclass(frozen=True, slots=True)
class Tag:
    """One concept at a place: tokens ``first`` to ``last``, inclusive."""

    concept: str
    first: int
    last: int
    at: tuple[int, ...]
    """The tokens that were matched; a phrase with a gap leaves out those in the gap."""


class _Element:
    """One position of an entry: any of some stems, forms or beginnings."""

    __slots__ = ("forms", "gap", "optional", "prefixes", "stems")

    def __init__(self, source: str, gap: bool) -> None:
        self.gap = gap
        self.optional = source.startswith("(")
        alternatives = source.strip("()").split("/")
        self.forms = frozenset(a[1:].lower() for a in alternatives if a.startswith("="))
        self.prefixes = tuple(a[:-1].lower() for a in alternatives if a.endswith("*"))
        self.stems = frozenset(stem(a) for a in alternatives if not a.startswith("=") and not a.endswith("*"))

    def fits(self, token: Token) -> bool:
        return (
            token.stem in self.stems
            or token.text in self.forms
            or (bool(self.prefixes) and token.text.startswith(self.prefixes))
        )


_Entry = tuple[str, tuple[_Element, ...]]


class Concepts:
    """All concepts, indexed by the first word of their entries."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.names = frozenset(name for name in sources)
        self._by_stem: dict[str, list[_Entry]] = {}
        self._by_prefix: dict[str, list[tuple[str, _Entry]]] = {}
        for name, text in sources.items():
            for source in dict.fromkeys(part.strip() for part in text.split(",")):
                if source:
                    self._add(name, source)

    def _add(self, name: str, source: str) -> None:
        elements: list[_Element] = []
        gap = False
        # Entries are cut like texts are, so that "pare-feu" and "no_root_squash" are found as the words that they become.
        for part in source.split():
            if part == "..":
                gap = True
                continue
            pieces = [part] if part.startswith(("=", "(")) or "/" in part or "*" in part else _plain_words(part)
            for piece in pieces:
                elements.append(_Element(piece, gap))
                gap = False
        if not elements:
            return
        entry = (name, tuple(elements))
        head = elements[0]
        for key in head.stems | {stem(form) for form in head.forms}:
            self._by_stem.setdefault(key, []).append(entry)
        for prefix in head.prefixes:
            self._by_prefix.setdefault(prefix[:3], []).append((prefix, entry))

    def tag(self, words: list[Token]) -> list[Tag]:
        """Every concept of a sentence, in order; the longest entry of a concept wins at each place."""
        found: list[Tag] = []
        for index, token in enumerate(words):
            best: dict[str, tuple[int, ...]] = {}
            for name, elements in self._candidates(token):
                at = _match(elements, words, index)
                if at is not None and (name not in best or len(at) > len(best[name])):
                    best[name] = at
            found += [Tag(name, index, at[-1], at) for name, at in best.items()]
        return found

    def _candidates(self, token: Token) -> Iterator[_Entry]:
        yield from self._by_stem.get(token.stem, ())
        for prefix, entry in self._by_prefix.get(token.text[:3], ()):
            if token.text.startswith(prefix):
                yield entry


def _plain_words(text: str) -> list[str]:
    return [m[0] for m in _WORD.finditer(text.replace("_", " ")) if m[0] not in ".,;:!?()"]


def _match(elements: tuple[_Element, ...], words: list[Token], at: int) -> tuple[int, ...] | None:
    if elements[0].forms and not elements[0].fits(words[at]):
        return None
    position, matched = at + 1, [at]
    for element in elements[1:]:
        limit = position + (_GAP if element.gap else 0)
        place = position
        while place < len(words) and place <= limit:
            if words[place].text in ".;:!?\n" and place > position - 1:
                place = len(words)
                break
            if element.fits(words[place]):
                break
            place += 1
        if place >= len(words) or place > limit:
            if element.optional:
                continue
            return None
        matched.append(place)
        position = place + 1
    return tuple(matched)
