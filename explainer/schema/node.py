"""A document of an analyst's file as it was written: text and places, no types guessed.

Falco reads every scalar of a rule file as text, so ``items: [no, 1.10, =, 0x1]`` are four strings. The tree keeps that,
and the line and column of everything, so that a message can point.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value, as text. ``plain``: written without quotes or block marks."""

    text: str
    line: int = 0
    column: int = 0
    plain: bool = True
    lines: int = 1
    """How many lines it takes in the file."""

    @property
    def is_null(self) -> bool:
        """Nothing was written, or a plain ``~`` or ``null``."""
        return self.plain and self.text in {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values, in order, duplicates included: which one counts is the reader's business."""

    entries: tuple[tuple[Scalar, Node], ...]
    line: int = 0
    column: int = 0

    def get(self, key: str) -> Node | None:
        """The first value under ``key`` (the one that Falco's YAML reader takes)."""
        return next((value for name, value in self.entries if name.text == key), None)

    def names(self) -> Iterator[Scalar]:
        """Keys in order, each once."""
        seen: set[str] = set()
        for name, _ in self.entries:
            if name.text not in seen:
                seen.add(name.text)
                yield name

    def duplicates(self) -> Iterator[Scalar]:
        """Every key that stands a second time."""
        seen: set[str] = set()
        for name, _ in self.entries:
            if name.text in seen:
                yield name
            seen.add(name.text)


Node: TypeAlias = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class RulesFile:
    """One rule file, read but not yet understood."""

    path: str
    """As the user named it; stands in messages and in ``RuleFacts.file``."""
    documents: tuple[Node | None, ...]
    """YAML documents in order; None for an empty one."""
    sha256: str = ""
    """Of the file's bytes."""
