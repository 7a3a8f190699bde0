"""What a list, a macro and a rule are while files are merged."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from explainer.enrich.falco_exceptions import ExceptionDef
from explainer.schema.alert import FalcoPriority

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:[-+].*)?")


@dataclass(slots=True)
class Place:
    """Where an item or a value stands."""

    path: str
    line: int
    column: int
    exact: bool = False
    """Characters of the text stand one after the other from here: columns may be added."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(slots=True)
class Definition:
    """What lists, macros and rules share: a name, a place, and a position that says what they can see."""

    name: str
    place: Place
    index: int
    visible: int
    changed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ListDef(Definition):
    """A list."""

    items: list[str] = field(default_factory=list)


@dataclass(slots=True)
class MacroDef(Definition):
    """A macro."""

    condition: str = ""
    written: Place | None = None
    """Where the condition stands."""


@dataclass(slots=True)
class RuleDef(Definition):
    """A rule."""

    condition: str = ""
    written: Place | None = None
    """Where the condition stands; None once something was appended to it."""
    output: str = ""
    desc: str = ""
    priority: FalcoPriority = "Debug"
    source: str = "syscall"
    tags: list[str] = field(default_factory=list)
    enabled: bool = True
    exceptions: list[ExceptionDef] = field(default_factory=list)
    engine: str | None = None
    plugins: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)


def normal_version(text: str) -> str | None:
    """``15`` is 0.15.0 in Falco's counting; None when the text is no version."""
    if text.isascii() and text.isdigit():
        return f"0.{int(text[:9])}.0"
    return text if _VERSION.fullmatch(text) else None
