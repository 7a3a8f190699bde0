"""What an answer shares with the answers to other alerts: text that fits every alert explains none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

_WORD = re.compile(r"[A-Za-z][a-z]+")
_N = 5
_ALIKE = 0.9

Pieces = frozenset[int]
"""Hashes of five-word pieces: a run has a hundred thousand of them, and only equality matters."""


# Of one text the pieces are asked for two or three times in a row.
@lru_cache(maxsize=256)
def grams(text: str) -> Pieces:
    """The five-word pieces of a text, names with digits or signs left out: a report with other names is equal."""
    words = [word.lower() for word in _WORD.findall(_without_names(text))]
    return frozenset(map(hash, zip(*(words[i:] for i in range(_N)), strict=False)))


def _without_names(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`|\S*[\d/_@:]\S*", " ", text, flags=re.DOTALL)


@dataclass(frozen=True)
class Others:
    """Five-word pieces of the answers to the other cases of a run, by family."""

    families: int = 0
    counts: Mapping[int, int] = field(default_factory=dict)
    """In how many families a piece occurs."""
    by_family: Mapping[str, Pieces] = field(default_factory=dict)
    pages: Mapping[str, tuple[str, Pieces]] = field(default_factory=dict)
    """Family and pieces by case id."""

    @classmethod
    def of(cls, texts: Iterable[tuple[str, str, str]]) -> Others:
        """Index ``(case id, family, text)`` of one run. A case is never compared with its own family."""
        return cls.of_pieces((case, family, grams(text)) for case, family, text in texts)

    @classmethod
    def of_pieces(cls, pages: Iterable[tuple[str, str, Pieces]]) -> Others:
        """The same from pieces that are known already."""
        known = {case: (family, pieces) for case, family, pieces in pages}
        by_family: dict[str, set[int]] = {}
        for family, pieces in known.values():
            by_family.setdefault(family, set()).update(pieces)
        counts: Counter[int] = Counter()
        for found in by_family.values():
            counts.update(found)
        return cls(len(by_family), counts, {name: frozenset(found) for name, found in by_family.items()}, known)

    def shared(self, text: str, family: str) -> float:
        """Share of a text's pieces that occur in answers to other families."""
        found = grams(text)
        if len(found) < 10 or self.families < 2:
            return 0.0
        own, counts = self.by_family.get(family, frozenset()), self.counts
        return sum(1 for piece in found if counts.get(piece, 0) > (piece in own)) / len(found)

    def twin(self, text: str, family: str) -> str | None:
        """The case of another family whose answer is the same but for its names (more than 90 %), or None."""
        found = grams(text)
        if len(found) < 10:
            return None
        for case, (other, pieces) in self.pages.items():
            if other == family or not pieces:
                continue
            least = _ALIKE * max(len(found), len(pieces))
            if min(len(found), len(pieces)) > least and len(found & pieces) > least:
                return case
        return None
