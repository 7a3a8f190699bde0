"""The parts of a condition, as frozen values, and how they are written back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

NUMBER_OPERATORS = ("<=", "<", ">=", ">")
TEXT_OPERATORS = (
    "==",
    "=",
    "!=",
    "iglob",
    "glob",
    "icontains",
    "bcontains",
    "contains",
    "bstartswith",
    "startswith",
    "endswith",
    "regex",
)
LIST_OPERATORS = ("intersects", "in", "pmatch")
TRANSFORMERS = ("tolower", "toupper", "b64", "basename", "len", "storage", "join", "concat", "getopt")
RESERVED = frozenset({"and", "or", "not"})

_BARE = re.compile(r"[^()\"'\s=,\x08]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}
_BARE_ARGUMENT = re.compile(r"[^\[\]\"'\s]+")


@dataclass(frozen=True, slots=True)
class Value:
    """A literal. ``quoted`` does not take part in equality: ``foo`` and ``"foo"`` are the same value."""

    text: str
    quoted: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A field, with its argument where it has one: ``proc.aname[2]``, ``jevt.value[/a/b]``."""

    name: str
    argument: str | None = None
    column: int = field(default=0, compare=False)

    @property
    def key(self) -> str:
        """The name under which an alert carries the field."""
        return self.name if self.argument is None else f"{self.name}[{self.argument}]"


@dataclass(frozen=True, slots=True)
class Transform:
    """``toupper(proc.name)``; ``val(fd.name)`` on a right-hand side."""

    name: str
    arguments: tuple[Operand, ...]
    column: int = field(default=0, compare=False)


Operand: TypeAlias = FieldRef | Transform | Value


@dataclass(frozen=True, slots=True)
class Compare:
    """``left operator right``; the right side of a list operator is a tuple of values.

    ``operator`` may carry one of Falco 0.44's modifiers: ``startswith anyof``, ``= oneof``, ``contains allof``.
    """

    left: FieldRef | Transform
    operator: str
    right: Operand | tuple[Value, ...]
    column: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Exists:
    """``field exists``."""

    left: FieldRef | Transform
    column: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Macro:
    """A reference to a macro by name."""

    name: str
    column: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    child: Expr


@dataclass(frozen=True, slots=True)
class And:
    """All of the children."""

    children: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of the children."""

    children: tuple[Expr, ...]


Leaf: TypeAlias = Compare | Exists | Macro
Expr: TypeAlias = Compare | Exists | Macro | Not | And | Or


def leaves(expr: Expr, *, negated: bool = False) -> Iterator[tuple[Leaf, bool]]:
    """Every leaf from left to right, with whether it stands under an odd number of negations."""
    if isinstance(expr, Not):
        yield from leaves(expr.child, negated=not negated)
    elif isinstance(expr, And | Or):
        for child in expr.children:
            yield from leaves(child, negated=negated)
    else:
        yield expr, negated


def _operand_fields(operand: Operand | tuple[Value, ...]) -> Iterator[str]:
    if isinstance(operand, FieldRef):
        yield operand.key
    elif isinstance(operand, Transform):
        for argument in operand.arguments:
            yield from _operand_fields(argument)


def fields_of(expr: Expr) -> tuple[str, ...]:
    """Keys of all fields that the condition reads, in order of first use, without those inside macros."""
    found: dict[str, None] = {}
    for leaf, _ in leaves(expr):
        if isinstance(leaf, Macro):
            continue
        found.update(dict.fromkeys(_operand_fields(leaf.left)))
        if isinstance(leaf, Compare):
            found.update(dict.fromkeys(_operand_fields(leaf.right)))
    return tuple(found)


def macros_of(expr: Expr) -> tuple[str, ...]:
    """Names of the macros that the condition refers to directly, in order of first use."""
    return tuple(dict.fromkeys(leaf.name for leaf, _ in leaves(expr) if isinstance(leaf, Macro)))


def format_value(value: str) -> str:
    """A literal as Falco reads it back: bare where that is possible, else in double quotes."""
    if _BARE.fullmatch(value) and value not in {"oneof", "anyof", "allof"}:
        return value
    return '"' + "".join(_ESCAPES.get(character, character) for character in value) + '"'


def _format_operand(operand: Operand | tuple[Value, ...]) -> str:
    if isinstance(operand, tuple):
        return "(" + ", ".join(format_value(value.text) for value in operand) + ")"
    if isinstance(operand, Value):
        return format_value(operand.text)
    if isinstance(operand, Transform):
        inner = ", ".join(
            '"' + "".join(_ESCAPES.get(c, c) for c in argument.text) + '"'
            if isinstance(argument, Value)
            else _format_operand(argument)
            for argument in operand.arguments
        )
        return f"{operand.name}({inner})"
    if operand.argument is None:
        return operand.name
    if _BARE_ARGUMENT.fullmatch(operand.argument):
        return f"{operand.name}[{operand.argument}]"
    escaped = "".join(_ESCAPES.get(character, character) for character in operand.argument)
    return f'{operand.name}["{escaped}"]'


def format_condition(expr: Expr) -> str:
    """The condition as one line of Falco's language; parsing it gives an equal expression."""
    if isinstance(expr, Macro):
        return expr.name
    if isinstance(expr, Exists):
        return f"{_format_operand(expr.left)} exists"
    if isinstance(expr, Compare):
        return f"{_format_operand(expr.left)} {expr.operator} {_format_operand(expr.right)}"
    if isinstance(expr, Not):
        inner = format_condition(expr.child)
        return f"not ({inner})" if isinstance(expr.child, And | Or | Not) else f"not {inner}"
    word = " and " if isinstance(expr, And) else " or "
    # A group of the same kind keeps its parentheses too, so that the tree comes back as it was.
    parts = (f"({format_condition(c)})" if isinstance(c, And | Or) else format_condition(c) for c in expr.children)
    return word.join(parts)
