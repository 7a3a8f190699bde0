"""Conditions over an alert's fields, with three values: true, false, and None for what the alert does not tell.

An alert carries only the fields that its rule prints, so an absent field says nothing about the event. Where Falco
derives one field from another (``fd.directory`` from ``fd.name``, ``proc.aname`` from its indexed forms), so do we.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
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
from explainer.enrich.pattern import PatternError, compile_pattern

Fields: TypeAlias = Mapping[str, JsonValue]
Macros: TypeAlias = Mapping[str, Expr]
Scalar: TypeAlias = str | int | float | bool

UNREADABLE = frozenset({"<NA>", "N/A"})
"""What Falco prints for a value that it could not read."""
UNSET_UID = 4294967295
_UID_FIELDS = ("user.uid", "user.loginuid", "evt.arg.uid", "evt.arg.euid", "group.gid", "proc.loginuid", "auid")
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
        outcome = _one(value, operator, modifier, right, key)
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
    values = tuple(_text(value) for value in read.values if _readable(value) and not isinstance(value, list | dict))
    if isinstance(right, Transform | FieldRef) and not values:
        return None
    return values


def _text(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _one(value: JsonValue, operator: str, modifier: str, right: tuple[str, ...], key: str) -> bool | None:
    """One value of the field against the right side."""
    if value is None or isinstance(value, dict):
        return None
    items = _items(value)
    if items is None and not isinstance(value, list):
        if value in UNREADABLE and value not in right:
            return None
        items = (value,)
    items = items or ()
    if operator == "in":
        return bool(items) and all(any(_equal(item, wanted, key) for wanted in right) for item in items)
    if operator == "intersects":
        return any(_equal(item, wanted, key) for item in items for wanted in right)
    if operator == "pmatch":
        return any(_under(_text(item), prefix) for item in items for prefix in right)
    if modifier:
        outcomes = [_scalars(items, operator, wanted, key) for wanted in right]
        return _modified(modifier, outcomes)
    return _scalars(items, operator, right[0], key)


def _modified(modifier: str, outcomes: list[bool | None]) -> bool | None:
    if not outcomes:
        return False
    held, unknown = outcomes.count(True), outcomes.count(None)
    if modifier == "anyof":
        return True if held else (None if unknown else False)
    if modifier == "allof":
        return False if outcomes.count(False) else (None if unknown else True)
    if held > 1:
        return False
    return None if unknown else held == 1


def _items(value: JsonValue) -> tuple[Scalar, ...] | None:
    """Elements of a list field: a JSON array, or Falco's text form ``(a,b)``."""
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, str | int | float | bool))
    if isinstance(value, str) and value.startswith("(") and value.endswith(")"):
        return (value, *(part.strip() for part in value[1:-1].split(","))) if "," in value else None
    return None


def _scalars(items: Iterable[Scalar], operator: str, wanted: str, key: str) -> bool | None:
    if operator == "!=":
        return not any(_equal(item, wanted, key) for item in items)
    unknown = False
    for item in items:
        outcome = _equal(item, wanted, key) if operator == "=" else _scalar(item, operator, wanted, key)
        if outcome:
            return True
        unknown = unknown or outcome is None
    return None if unknown else False


def _number(text: object) -> int | float | None:
    if isinstance(text, bool):
        return int(text)
    if isinstance(text, int | float):
        return text
    if not isinstance(text, str) or len(text) > 400:
        return None
    try:
        return int(text, 16) if text[:2] in {"0x", "0X"} else int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return None


def _uid(key: str) -> bool:
    return key.endswith((".uid", ".loginuid", ".auid", ".euid", ".gid")) or key in _UID_FIELDS


def _equal(value: Scalar, wanted: str, key: str) -> bool:
    """Numbers compare as numbers, text exactly, addresses against networks by containment."""
    if isinstance(value, bool):
        return wanted.lower() in ({"true", "1"} if value else {"false", "0"})
    if _uid(key):
        # -1 as a 32-bit unsigned number: the same "unset", printed by another layer.
        left, right = _number(value), _number(wanted)
        return left == right or {left, right} == {-1, UNSET_UID}
    if isinstance(value, int | float):
        number = _number(wanted)
        return number is not None and value == number
    if value == wanted:
        return True
    return "/" in wanted and key.startswith("fd.") and key.endswith(("ip", "net")) and _in_network(value, wanted)


def _in_network(address: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _scalar(value: Scalar, operator: str, wanted: str, key: str) -> bool | None:
    if operator in {"<", "<=", ">", ">="}:
        return _ordered(value, operator, wanted, key)
    text = _text(value)
    if operator == "regex":
        try:
            return compile_pattern(wanted).fullmatch(text)
        except PatternError:
            return None
    if operator in {"bcontains", "bstartswith"}:
        raw = text.encode("utf-8", "surrogateescape")
        try:
            needle = bytes.fromhex(wanted)
        except ValueError:
            return None
        return needle in raw if operator == "bcontains" else raw.startswith(needle)
    tests: dict[str, Callable[[], bool]] = {
        "contains": lambda: wanted in text,
        "icontains": lambda: wanted.lower() in text.lower(),
        "startswith": lambda: text.startswith(wanted),
        "endswith": lambda: text.endswith(wanted),
        "glob": lambda: fnmatchcase(text, wanted),
        "iglob": lambda: fnmatchcase(text.lower(), wanted.lower()),
    }
    return tests[operator]()


def _ordered(value: Scalar, operator: str, wanted: str, key: str) -> bool | None:
    left, right = _number(value), _number(wanted)
    if left is None or right is None:
        return None
    if key.endswith("loginuid") and left == UNSET_UID:
        left = -1
    elif key.endswith(".uid") and left == -1:
        left = UNSET_UID
    if operator == "<":
        return left < right
    if operator == "<=":
        return left <= right
    return left > right if operator == ">" else left >= right


def _under(path: str, prefix: str) -> bool:
    """Whether ``path`` is ``prefix`` or lies below it, component by component; a component may be a glob."""
    parts = [part for part in path.split("/") if part]
    wanted = [part for part in prefix.split("/") if part]
    return len(parts) >= len(wanted) and all(fnmatchcase(part, want) for part, want in zip(parts, wanted, strict=False))
