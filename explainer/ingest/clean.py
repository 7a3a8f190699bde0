"""Source values turned into what the schema holds.

Unknown becomes None, numbers become exact integers, nothing is guessed.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from explainer.ingest.clock import from_nanoseconds

# falcosidekick's CEF prints Go's "<nil>"; the others are Falco's, auditd's and Go's ways of saying "could not be read".
MISSING = frozenset({"", "<NA>", "N/A", "(none)", "null", "<nil>"})
UNSET_ID = 4294967295
_PLACEHOLDER = re.compile(r"%[a-z][\w.]*(?:\[[^\]]*\])?")
_INTEGER = re.compile(r"\s*[+-]?\d{1,40}\s*")


def is_missing(value: Any) -> bool:
    """True for every spelling of "not known" that Falco and its shippers write, and for unresolved ``%fields``."""
    if value is None:
        return True
    if type(value) is str:
        return value in MISSING or (value.startswith("%") and _PLACEHOLDER.fullmatch(value) is not None)
    return False


def text(value: Any) -> str | None:
    """Any scalar as text; lists as Falco prints them, comma-joined."""
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return ",".join(text(item) or "" for item in value) or None
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else None
    return None


def integer(value: Any) -> int | None:
    """An exact integer, also from its decimal text; never by way of a float."""
    if type(value) is int:
        return value
    if type(value) is str and _INTEGER.fullmatch(value):
        return int(value.strip())
    if type(value) is float and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return None


def user_id(value: Any) -> int | None:
    """A uid; the kernel's "unset" (-1, 4294967295) is None."""
    number = integer(value)
    return None if number is None or number in (-1, UNSET_ID) else number


def boolean(value: Any) -> bool | None:
    """True/false in JSON or as Falco's text."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else None
    return {"true": True, "false": False}.get(word) if word else None


def flags(value: Any) -> tuple[str, ...] | None:
    """``EXE_WRITABLE|EXE_LOWER_LAYER`` or a list, as names; ``0`` is no flag."""
    names = value if isinstance(value, list) else str(text(value)).replace(",", "|").split("|")
    return (
        tuple(name.strip() for name in map(str, names) if name.strip() not in MISSING and name.strip() != "0") or None
    )


def words(value: Any) -> tuple[str, ...] | None:
    """A list, ``(a,b)`` as Falco prints lists, or words separated by blanks or commas."""
    if isinstance(value, list):
        return tuple(str(text(item)) for item in value if not is_missing(item)) or None
    content = str(text(value)).strip()
    if content.startswith("(") and content.endswith(")"):
        content = content[1:-1]
    return tuple(word for word in re.split(r"[,\s]+", content) if word and word not in MISSING) or None


def names(value: Any) -> tuple[str, ...] | None:
    """Like ``words``, but names may hold blanks: only commas part them."""
    if isinstance(value, list):
        return words(value)
    content = str(text(value)).strip()
    if content.startswith("(") and content.endswith(")"):
        content = content[1:-1]
    return tuple(word.strip() for word in content.split(",") if word.strip() not in MISSING) or None


def labels(value: Any) -> dict[str, str] | None:
    """Pod labels from an object, a list or Falco's ``app:web, tier:front``."""
    if isinstance(value, dict):
        return {str(key): str(text(item)) for key, item in value.items() if not is_missing(item)} or None
    parts = value if isinstance(value, list) else str(text(value)).strip("() ").split(",")
    found = {}
    for part in parts:
        name, mark, content = str(part).partition(":" if ":" in str(part) else "=")
        if mark and name.strip():
            found[name.strip()] = content.strip()
    return found or None


def instant(value: Any) -> datetime | None:
    """Nanoseconds since the epoch as a time; 0 and absurd values are None."""
    number = integer(value)
    return from_nanoseconds(number) if number else None
