"""One value of a field against the right side of a comparison, operator by operator."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import TypeAlias

from pydantic import JsonValue

from explainer.enrich.pattern import PatternError, compile_pattern

Scalar: TypeAlias = str | int | float | bool

UNREADABLE = frozenset({"<NA>", "N/A"})
"""What Falco prints for a value that it could not read."""
UNSET_UID = 4294967295


def as_text(value: JsonValue) -> str:
    """A value as Falco prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def compare_value(value: JsonValue, operator: str, modifier: str, right: tuple[str, ...], key: str) -> bool | None:
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
        return any(_under(as_text(item), prefix) for item in items for prefix in right)
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
    return key.endswith((".uid", ".loginuid", ".auid", ".euid", ".gid"))


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
    text = as_text(value)
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
