"""Conditions over an alert's fields, with three values: true, false, and None for what the alert does not tell.

An alert carries only the fields that its rule prints, so an absent field says nothing about the event. Where Falco
derives one field from another (``fd.directory`` from ``fd.name``, ``proc.aname`` from its indexed forms), so do we.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import JsonValue

from explainer.enrich.condition_ast import (
    And,
    Compare,
    Exists,
    Expr,
    FieldRef,
    Leaf,
    Macro,
    Not,
    Operand,
    Transform,
    Value,
    fields_of,
    format_condition,
    leaves,
)
from explainer.enrich.condition_compare import UNREADABLE, as_text, compare_value
from explainer.enrich.pattern import PatternError, compile_pattern

Fields: TypeAlias = Mapping[str, JsonValue]
Macros: TypeAlias = Mapping[str, Expr]
_PARENT = {"aname": "pname", "apid": "ppid", "aexe": "pexe", "aexepath": "pexepath", "acmdline": "pcmdline"}
_OWN = {"aname": "name", "apid": "pid", "aexe": "exe", "aexepath": "exepath", "acmdline": "cmdline"}
_EITHER = {
    "fd.ip": ("fd.sip", "fd.cip"),
    "fd.port": ("fd.sport", "fd.cport"),
    "fd.net": ("fd.sip", "fd.cip"),
    "fd.snet": ("fd.sip",),
    "fd.cnet": ("fd.cip",),
    "fd.lnet": ("fd.lip",),
    "fd.rnet": ("fd.rip",),
}
_MAX_MACRO_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one comparison: held, failed, or unknown for want of ``missing``."""

    text: str
    """The comparison, in Falco's language."""
    held: bool | None
    negated: bool
    """It stands under an odd number of negations, so that holding speaks against the whole."""
    values: tuple[tuple[str, JsonValue], ...] = ()
    """Fields that were read, with their values."""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """Values of an operand. ``complete`` is False when there may be more than the alert shows (ancestors)."""

    values: tuple[JsonValue, ...]
    complete: bool = True


def evaluate(expr: Expr, fields: Fields, macros: Macros | None = None) -> bool | None:
    """Whether the condition holds; None when that depends on a field that the alert does not carry.

    A macro that ``macros`` does not hold is unknown, but for Falco's placeholders ``never_true`` and ``always_true``.
    """
    return _evaluate(expr, fields, macros or {}, 0)


def trace(expr: Expr, fields: Fields, macros: Macros | None = None) -> tuple[Outcome, ...]:
    """Every comparison from left to right with its outcome; a macro is one comparison."""
    known = macros or {}
    found = []
    for leaf, negated in leaves(expr):
        read = tuple((key, fields[key]) for key in _leaf_fields(leaf) if fields.get(key) is not None)
        missing = tuple(key for key in _leaf_fields(leaf) if fields.get(key) is None)
        found.append(Outcome(format_condition(leaf), _leaf(leaf, fields, known, 0), negated, read, missing))
    return tuple(found)


def unreadable_patterns(expr: Expr) -> tuple[tuple[str, str], ...]:
    """Patterns of ``regex`` comparisons that cannot be run, with the reason; such a comparison is always unknown."""
    found = []
    for leaf, _ in leaves(expr):
        if isinstance(leaf, Compare) and leaf.operator.startswith("regex"):
            values = leaf.right if isinstance(leaf.right, tuple) else (leaf.right,)
            for value in values:
                if isinstance(value, Value):
                    try:
                        compile_pattern(value.text)
                    except PatternError as error:
                        found.append((value.text, str(error)))
    return tuple(found)


def _leaf_fields(leaf: Leaf) -> tuple[str, ...]:
    return fields_of(leaf)


def _evaluate(expr: Expr, fields: Fields, macros: Macros, depth: int) -> bool | None:
    if isinstance(expr, Not):
        inner = _evaluate(expr.child, fields, macros, depth)
        return None if inner is None else not inner
    if isinstance(expr, Compare | Exists | Macro):
        return _leaf(expr, fields, macros, depth)
    decisive = not isinstance(expr, And)
    unknown = False
    for child in expr.children:
        outcome = _evaluate(child, fields, macros, depth)
        if outcome is decisive:
            return decisive
        unknown = unknown or outcome is None
    return None if unknown else not decisive


def _leaf(leaf: Leaf, fields: Fields, macros: Macros, depth: int) -> bool | None:
    if isinstance(leaf, Macro):
        if leaf.name in macros and depth < _MAX_MACRO_DEPTH:
            return _evaluate(macros[leaf.name], fields, macros, depth + 1)
        return {"never_true": False, "always_true": True}.get(leaf.name)
    if isinstance(leaf, Exists):
        return any(_readable(value) for value in _operand(leaf.left, fields).values)
    return _compare(leaf, fields)


def _readable(value: JsonValue) -> bool:
    return value is not None and value not in UNREADABLE if not isinstance(value, list | dict) else True


# --- reading fields ---------------------------------------------------------------------------


def _operand(operand: Operand, fields: Fields) -> _Read:
    if isinstance(operand, Value):
        return _Read((operand.text,))
    if isinstance(operand, FieldRef):
        return _field(operand, fields)
    inner = _operand(operand.arguments[0], fields)
    if operand.name == "val":
        return inner
    return _Read(tuple(_transform(operand.name, value) for value in inner.values), inner.complete)


def _transform(name: str, value: JsonValue) -> JsonValue:
    """One transformer on one value; what cannot be computed from the alert is unknown."""
    if value is None:
        return None
    if name == "len":
        return len(value) if isinstance(value, str | list) else None
    if not isinstance(value, str):
        return value if name == "storage" else None
    if name == "b64":
        import base64
        import binascii

        try:
            return base64.b64decode(value, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return None
    simple: dict[str, Callable[[str], str]] = {
        "tolower": str.lower,
        "toupper": str.upper,
        "basename": lambda text: text.rsplit("/", 1)[-1],
        "storage": str,
    }
    return simple[name](value) if name in simple else None


def _field(ref: FieldRef, fields: Fields) -> _Read:
    key = ref.key
    value = fields.get(key)
    if value is not None:
        return _Read((value,))
    if ref.name.startswith("proc.a") and ref.name[5:] in _PARENT:
        return _ancestors(ref, fields)
    if key in _EITHER:
        found = [fields.get(name) for name in _EITHER[key]]
        return _Read(tuple(v for v in found if v is not None), all(v is not None for v in found))
    path = fields.get("fd.name")
    if key in {"fd.directory", "fd.filename"} and isinstance(path, str) and path.startswith("/"):
        directory, _, name = path.rpartition("/")
        return _Read((directory or "/" if key == "fd.directory" else name,))
    return _Read((), complete=False)


def _ancestors(ref: FieldRef, fields: Fields) -> _Read:
    short = ref.name[5:]
    parent = fields.get(f"proc.{_PARENT[short]}")
    if ref.argument is not None:
        value = {"0": fields.get(f"proc.{_OWN[short]}"), "1": parent}.get(ref.argument)
        return _Read((), complete=False) if value is None else _Read((value,))
    # Without an index Falco looks at every ancestor; the alert shows some of them.
    found = [fields[key] for key in fields if key.startswith(f"{ref.name}[")]
    return _Read(tuple(value for value in (parent, *found) if value is not None), complete=False)


# --- comparing --------------------------------------------------------------------------------


def _compare(leaf: Compare, fields: Fields) -> bool | None:
    special = _event_number(leaf)
    if special is not None and fields.get("evt.num") is None:
        return special
    read = _operand(leaf.left, fields)
    right = _right(leaf.right, fields)
    if right is None:
        return None
    operator, _, modifier = leaf.operator.partition(" ")
    key = leaf.left.key if isinstance(leaf.left, FieldRef) else ""
    unknown = not read.complete
    for value in read.values:
        outcome = compare_value(value, operator, modifier, right, key)
        if outcome is (operator != "!="):
            return outcome
        unknown = unknown or outcome is None
    return None if unknown else operator == "!="


def _event_number(leaf: Compare) -> bool | None:
    """Falco counts events from 1, so ``evt.num=0`` is its idiom for never and ``evt.num>=0`` for always."""
    if isinstance(leaf.left, FieldRef) and leaf.left.key == "evt.num" and leaf.right == Value("0"):
        return {"=": False, ">=": True}.get(leaf.operator)
    return None


def _right(right: Operand | tuple[Value, ...], fields: Fields) -> tuple[str, ...] | None:
    if isinstance(right, tuple):
        return tuple(value.text for value in right)
    read = _operand(right, fields)
    values = tuple(as_text(value) for value in read.values if _readable(value) and not isinstance(value, list | dict))
    if isinstance(right, Transform | FieldRef) and not values:
        return None
    return values
