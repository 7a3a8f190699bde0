# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""What an answer shares with the answers to other alerts: text that fits every alert explains none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_WORD = re.compile(r"[A-Za-z][a-z]+")
_N = 5


def grams(text: str) -> frozenset[tuple[str, ...]]:
    """The five-word pieces of a text. Names with digits or signs are left out, so a report with other names is equal."""
    words = [word.lower() for word in _WORD.findall(_without_names(text))]
    return frozenset(zip(*(words[i:] for i in range(_N)), strict=False))


def _without_names(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`|\S*[\d/_@:]\S*", " ", text, flags=re.DOTALL)


@dataclass(frozen=True)
class Others:
    """Five-word pieces of the answers to the other cases of a run, by family."""

    families: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Case id of each text, by family."""
    counts: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    """In how many families a piece occurs."""
    by_family: Mapping[str, frozenset[tuple[str, ...]]] = field(default_factory=dict)
    pages: Mapping[str, tuple[str, frozenset[tuple[str, ...]]]] = field(default_factory=dict)
    """Family and pieces by case id."""

    @classmethod
    def of(cls, texts: Iterable[tuple[str, str, str]]) -> Others:
        """Index ``(case id, family, text)`` of one run. A case is never compared with its own family."""
        families: dict[str, list[str]] = {}
        pieces: dict[str, set[tuple[str, ...]]] = {}
        pages: dict[str, tuple[str, frozenset[tuple[str, ...]]]] = {}
        for case, family, text in texts:
            found = grams(text)
            families.setdefault(family, []).append(case)
            pieces.setdefault(family, set()).update(found)
            pages[case] = (family, found)
        counts: Counter[tuple[str, ...]] = Counter()
        for found_by_family in pieces.values():
            counts.update(found_by_family)
        return cls(
            {name: tuple(cases) for name, cases in families.items()},
            counts,
            {name: frozenset(found) for name, found in pieces.items()},
            pages,
        )

    def shared(self, text: str, family: str) -> float:
        """Share of a text's pieces that occur in answers to other families."""
        found = grams(text)
        if len(found) < 10 or len(self.families) < 2:
            return 0.0
        own = self.by_family.get(family, frozenset())
        return sum(1 for piece in found if self.counts.get(piece, 0) - (piece in own) > 0) / len(found)

    def twin(self, text: str, family: str) -> str | None:
        """The case of another family whose answer is the same but for its names (more than 90 %), or None."""
        found = grams(text)
        if len(found) < 10:
            return None
        for case, (other, pieces) in self.pages.items():
            if other != family and pieces and len(found & pieces) > 0.9 * max(len(found), len(pieces)):
                return case
        return None
