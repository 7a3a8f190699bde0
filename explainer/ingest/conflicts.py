"""Values that a source states more than once, and not alike.

Falco prints a field once. A second statement that says something else was written by somebody else, and nothing tells
which is which: command lines, file names and user names hold whatever their owner likes, ``user=root`` too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from explainer.ingest import json_text
from explainer.ingest.clean import is_missing

Conflicts = dict[str, tuple[str, ...]]
"""Field to the different values that stand for it, in the order of the source."""

IN_TEXT = "in the text, "
"""How warnings about text begin."""
_UNKNOWN = "<NA>"
_SHOWN = 60
_MOST = 4
_IDS = frozenset({"container.id", "container.full_id"})
_SHORT_ID = 12
_PROCESS_NAME = re.compile(r"proc\.(?:p?name|aname\[\d+\])")
_LONGEST_PROCESS_NAME = 15


def conflicts_of(pairs: Iterable[tuple[str, str]], *, unknown: bool = False) -> Conflicts:
    """Fields that the pairs give different values.

    Args:
        pairs: fields and their values.
        unknown: "not known" contradicts a value. It does where one printer wrote both; shippers leave it out.
    """
    stated: dict[str, dict[str, None]] = {}
    for name, value in pairs:
        if is_missing(value):
            if unknown:
                stated.setdefault(name, {})[_UNKNOWN] = None
        else:
            stated.setdefault(name, {})[value] = None
    return {name: tuple(values) for name, values in stated.items() if not _alike(name, list(values))}


def conflict_warning(name: str, values: tuple[str, ...], what: str) -> str:
    """One sentence for the reader.

    Args:
        name: the field, after ``IN_TEXT`` for one that a text states.
        values: what stands for it.
        what: what was made of it.
    """
    shown = ", ".join(repr(value[:_SHOWN]) for value in values[:_MOST])
    more = f" and {len(values) - _MOST} more" if len(values) > _MOST else ""
    return (
        f"{name} is stated more than once with different values ({shown}{more}): "
        f"one of them may have been written by the attacker; {what}"
    )


def of_doubled(record: Mapping[str, Any], prefix: str = "") -> Conflicts:
    """Keys of a JSON object that stand in it more than once with different values."""
    if not isinstance(record, json_text.Doubled):
        return {}
    pairs = [(f"{prefix}{key}", json_text.plain_text(value)) for key, values in record.lost.items() for value in values]
    return conflicts_of([*pairs, *((f"{prefix}{key}", json_text.plain_text(record[key])) for key in record.lost)])


def read_doubled(record: Mapping[str, Any], warnings: list[str], named: Callable[[str], str | None]) -> tuple[str, ...]:
    """Fields that a JSON object states differently, each with its warning.

    Args:
        record: the object that holds fields.
        warnings: receives a sentence for each.
        named: Falco's name of a key, or None where it is no field of Falco's.
    """
    found = of_doubled(record)
    for key, values in found.items():
        warnings.append(conflict_warning(named(key) or key, values, "the last one counts, as uncertain"))
    return tuple(named(key) or key for key in found)


def _alike(name: str, values: list[str]) -> bool:
    longest = max(values, key=len)
    return all(value == longest or _shortens(name, value, longest) for value in values)


def _shortens(name: str, short: str, long: str) -> bool:
    """The same thing in short: an id by its first digits, a name cut by the kernel, an image without its tag."""
    if not long.startswith(short):
        return False
    if name in _IDS:
        return len(short) >= _SHORT_ID
    if _PROCESS_NAME.fullmatch(name):
        return len(short) >= _LONGEST_PROCESS_NAME
    return name == "container.image" and long[len(short)] in ":@"
