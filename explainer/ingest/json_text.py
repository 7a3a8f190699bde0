"""JSON as alert streams really hold it.

Doubled keys, NaN, endless integers, lone surrogates, lines broken by a terminal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

MAX_NESTING = 64
"""Deeper values are kept as JSON text: no field of Falco nests, and serialisers give up a little beyond this."""
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Doubled(dict[str, Any]):
    """An object in which keys stood twice; the last value counts, as everywhere; ``lost`` holds the rest."""

    lost: dict[str, list[Any]]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    doubled = Doubled(plain)
    doubled.lost = {}
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            doubled.lost.setdefault(key, []).append(seen[key])
        seen[key] = value
    return doubled


def _float(digits: str) -> float | str:
    number = float(digits)
    # 1e999 is no number that JSON could carry on; its text is.
    return digits if number in (float("inf"), float("-inf")) else number


def _integer(digits: str) -> int | str:
    return digits if len(digits) > 4000 else int(digits)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=str, parse_float=_float)
_PATIENT = json.JSONDecoder(object_pairs_hook=_object, parse_constant=str, parse_float=_float, parse_int=_integer)
_LENIENT = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=str, parse_float=_float, parse_int=_integer, strict=False
)


class NotJsonError(ValueError):
    """The text is no JSON value; the message says why in words."""


def decode(text: str, start: int = 0, *, lenient: bool = False) -> tuple[Any, int]:
    """The JSON value that begins at ``start``, and where it ends.

    NaN and the infinities come back as those words, numbers that no float holds as their digits; nothing is rounded.

    Raises:
        NotJsonError: there is no complete JSON value.
    """
    try:
        value, end = (_LENIENT if lenient else _DECODER).raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise NotJsonError(f"{error.msg} at character {error.pos - start + 1}") from error
    except RecursionError as error:
        raise NotJsonError("it is nested too deeply") from error
    except ValueError:
        # Python refuses integers of more than 4300 digits.
        try:
            value, end = _PATIENT.raw_decode(text, start)
        except ValueError as error:
            raise NotJsonError(str(error)) from error
    if _SURROGATE_ESCAPE.search(text, start, end):
        value = clean_text(value)
    return value, end


def clean_text(value: Any, depth: int = 0) -> Any:
    """The value with lone surrogates replaced: they cannot be written as UTF-8."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if depth > MAX_NESTING:
        return _SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False, default=str))
    if isinstance(value, dict):
        cleaned = {clean_text(key): clean_text(item, depth + 1) for key, item in value.items()}
        if isinstance(value, Doubled):
            doubled = Doubled(cleaned)
            doubled.lost = {clean_text(key): [clean_text(item) for item in items] for key, items in value.lost.items()}
            return doubled
        return cleaned
    if isinstance(value, list):
        return [clean_text(item, depth + 1) for item in value]
    return value


def flattened(value: Any, depth: int = 0) -> Any:
    """A nested value with what lies deeper than ``MAX_NESTING`` kept as JSON text."""
    if not isinstance(value, (dict, list)):
        return value
    if depth >= MAX_NESTING:
        return dump(value)
    if isinstance(value, dict):
        return {key: flattened(item, depth + 1) for key, item in value.items()}
    return [flattened(item, depth + 1) for item in value]


def dump(value: Any) -> str:
    """One-line JSON; a value that is too deep for the encoder is named, not followed."""
    try:
        return _SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str))
    except (RecursionError, ValueError):
        return '"(nested too deeply)"'


def plain_text(value: Any) -> str:
    """A string itself, anything else as one-line JSON."""
    return value if isinstance(value, str) else dump(value)


class Scanner:
    """Follows the nesting of JSON text that arrives in pieces, without understanding it."""

    _OUTSIDE = re.compile(r'["{}\[\],:]|[^\s"{}\[\],:]')
    _STRING_END = re.compile(r'["\\]')

    def __init__(self) -> None:
        self.in_string = False
        self._escaped = False
        self._stack: list[str] = []
        self._last = ""

    def feed(self, text: str, position: int = 0) -> int:
        """Read on; the index just after the end of the outermost value, or -1 when it is still open."""
        size = len(text)
        while position < size:
            if self.in_string:
                if self._escaped:
                    self._escaped = False
                    position += 1
                    continue
                match = self._STRING_END.search(text, position)
                if match is None:
                    return -1
                position = match.end()
                if match[0] == "\\":
                    self._escaped = True
                else:
                    self.in_string = False
                    self._last = "value"
                continue
            match = self._OUTSIDE.search(text, position)
            if match is None:
                return -1
            position, mark = match.end(), match[0]
            if mark == '"':
                self.in_string = True
            elif mark in "{[":
                self._stack.append(mark)
                self._last = mark
            elif mark in "}]":
                if self._stack:
                    self._stack.pop()
                self._last = "value"
                if not self._stack:
                    return position
            else:
                self._last = mark if mark in ",:" else "value"
        return -1

    def may_open_object(self) -> bool:
        """True when an object may stand here by JSON's grammar."""
        if not self._stack or self._last == ":":
            return True
        return self._stack[-1] == "[" and self._last in ("[", ",")

    def in_key(self) -> bool:
        """True when the string that is open stands where an object's key stands; keys hold no blanks."""
        return bool(self._stack) and self._stack[-1] == "{" and self._last in ("{", ",")


def rejoined(lines: list[str]) -> str:
    """JSON whose strings a terminal or an editor broke over several lines, with the breaks taken out.

    A terminal breaks at a fixed column, in the middle of words, and copying loses the blanks before a break; an
    editor breaks between
    words and indents. Outside of strings neither matters.
    """
    scanner = Scanner()
    joins: list[tuple[int, bool]] = []
    keys: list[bool] = []
    for line in lines[:-1]:
        scanner.feed(line)
        joins.append((len(line), scanner.in_string))
        keys.append(scanner.in_string and scanner.in_key())
    broken = [length for length, inside in joins if inside]
    width = max(broken, default=0)
    indents = [
        len(line) - len(line.lstrip(" \t")) for line, (_, inside) in zip(lines[1:], joins, strict=True) if inside
    ]
    indent = min(indents, default=0)
    at_column = sum(1 for length in broken if length == width) * 2 > len(broken) or len(broken) == 1
    pieces = [lines[0]]
    for line, (length, inside), in_key in zip(lines[1:], joins, keys, strict=True):
        previous = pieces[-1]
        if not inside:
            pieces.append(line)
            continue
        rest = line[indent:]
        if at_column:
            filler = " " * (width - length) if length < width else ""
        elif previous.endswith((" ", "\t")) or rest.startswith((" ", "\t")):
            filler = ""
        else:
            filler = " "
        pieces.append(rest if in_key else filler + rest)
    return "".join(pieces)


def plain(value: Any, depth: int = 0) -> Any:
    """Python values as JSON holds them.

    Keys as text, tuples and sets as lists, times as ISO 8601, anything else as its text.
    """
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", str(value))
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if depth > MAX_NESTING * 2:
        return "(nested too deeply)"
    if isinstance(value, Mapping):
        return {clean_text(str(key)): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return clean_text(str(value))
