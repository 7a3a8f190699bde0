"""The shape of a report before any target: sections of blocks of inlines, trusted and hostile text kept apart by type.

A renderer draws these few kinds and knows nothing of the report's fields; what a report says, and in which order, is
decided in ``compose``. ``Words`` hold our own text only. ``Prose``, ``Value``, ``Struck``, ``Command`` and ``Config``
hold what came from the alert, the model or a knowledge file, and a renderer must quote them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Tone = Literal["plain", "strong", "dim", "good", "warn", "bad", "info"]


# --- inlines -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Words:
    """Our own fixed text. Never built from a report's strings."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Prose:
    """Hostile running text."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Value:
    """Hostile text, verbatim: a path, a name, a command line as observed."""

    text: str
    whole: bool = False
    """Never cut (hashes, references)."""
    limit: int | None = None
    """Characters shown where a short view asks for fewer than usual."""
    tone: Tone = "plain"


@dataclass(frozen=True)
class Cite:
    """Evidence ids; hostile until matched against the report's own evidence."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class Badge:
    """A mark on an entry; our own words."""

    text: str
    tone: Tone = "plain"


Inline: TypeAlias = Words | Prose | Value | Cite | Badge
Line: TypeAlias = tuple[Inline, ...]


# --- blocks ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Para:
    """One paragraph."""

    line: Line
    one_line: bool = False
    """A pointer to more: where lines are short its end may be cut off."""


@dataclass(frozen=True)
class Row:
    """A label and what stands behind it."""

    label: Inline
    line: Line


@dataclass(frozen=True)
class Rows:
    """Label and value pairs."""

    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Bullets:
    """Short lines of equal rank."""

    items: tuple[Line, ...]


@dataclass(frozen=True)
class Command:
    """Something to run, whole and alone on its lines."""

    text: str


@dataclass(frozen=True)
class Config:
    """A file's content to add, YAML."""

    text: str


@dataclass(frozen=True)
class Struck:
    """Text that a reader must see and must not use."""

    label: str
    text: str


@dataclass(frozen=True)
class Entry:
    """One step, hypothesis, piece of evidence …: a line, its marks, and what belongs to it."""

    lead: Line
    badges: tuple[Badge, ...] = ()
    blocks: tuple[Block, ...] = ()
    number: int | None = None
    handle: str | None = None
    """Hostile: the id under which machines know it."""
    anchor: str | None = None
    """Evidence id that citations point to."""
    faded: bool = False
    """Refuted, or of less weight."""
    folds: bool = False
    """Detail that may be folded away under its first line."""


@dataclass(frozen=True)
class Group:
    """A titled run of blocks within a section; the title is ours."""

    title: str
    blocks: tuple[Block, ...]
    folds: bool = False
    """Of less weight: under a heading of its own, or folded away."""


Block: TypeAlias = Para | Rows | Bullets | Command | Config | Struck | Entry | Group


# --- the whole ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    """A part of the report, without a heading when ``title`` is empty. ``key`` is fit for a class name or an anchor."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    quiet: bool = False
    """Reference matter: dim, or folded away."""


@dataclass(frozen=True)
class Outline:
    """The verdict up front, then the sections in reading order."""

    verdict: str
    tone: Tone
    qualifiers: tuple[str, ...]
    """Our own words: confidence, cause, origin."""
    automation: Badge
    reasons: tuple[str, ...]
    """Hostile: why automation may or may not act."""
    reason: str
    """Hostile: the verdict's reason in one sentence."""
    headline: str
    """Hostile."""
    degraded: str | None
    """Hostile: why the model that was asked for did not answer."""
    sections: tuple[Section, ...] = field(default=())
    evidence_ids: tuple[str, ...] = ()
    compact: bool = False
    """The brief view: short labels, few blank lines."""
