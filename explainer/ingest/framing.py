"""Lines put together into records: JSON objects however they are laid out, and lines of text.

A broken record never takes the next along.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from explainer.ingest import json_text
from explainer.ingest.falco import HEAD

MAX_RECORD = 16 << 20
"""Characters that one record may hold."""
_PATIENCE = 1 << 16
"""Characters that may be read again after broken records, beyond four times the input."""
_LAYOUT = 4
"""Brackets and commas that people and programs put on a line of their own around the records of an array."""
_SHOWN = 4096
_BLANK = " \t\r\x1e\x00"
_BETWEEN = re.compile(r"(?:[\s\x00\x1e,;\]]|\[(?=\s*(?:$|[\[{\]])))*")
_SEPARATORS = _BLANK + ",;[]"
_INNER = re.compile(r'["}\],]')


@dataclass(slots=True)
class Frame:
    """One record as text, and decoded when it is JSON."""

    line: int
    text: str
    value: Any = None
    """The decoded object; None for text."""
    broken: str | None = None
    """Why it could not be read, when it looked like JSON."""
    warning: str | None = None
    hollow: str | None = None
    """What it is, when it is brackets and commas around nothing."""


class Framer:
    """Takes lines, gives frames; holds at most one record."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, str, bool]] = []
        self._size = 0
        self._scanner = json_text.Scanner()
        self._overflow = False
        self._spent = 0
        self._seen = 0
        self._text: list[str] = []
        self._text_line = 0
        self._text_size = 0
        self._hollow: tuple[int, str] | None = None
        self._hollow_size = 0
        self._opened = self._closed = 0
        self._produced = False

    def feed(self, number: int, text: str, *, ends: bool = True) -> Iterator[Frame]:
        """Take a line, or a piece of one (``ends=False``)."""
        self._seen += len(text)
        if self._text:
            yield from self._more_text(text, ends=ends)
        elif self._lines:
            yield from self._more_json(number, text, ends=ends)
        else:
            yield from self._start(number, text, ends=ends)

    def flush(self) -> Iterator[Frame]:
        """The input is over."""
        if self._text:
            yield from self._more_text("", ends=True)
        rounds = 0
        while self._lines:
            rounds += 1
            yield from self._give_up("the JSON object does not end: the record was cut off")
        if self._text:
            yield from self._more_text("", ends=True)
        if self._hollow and not self._produced:
            # Brackets alone on their lines are an array's; when nothing else came they are all that there was.
            yield Frame(*self._hollow, hollow=_hollow(self._opened, self._closed))

    def _start(self, number: int, text: str, *, ends: bool) -> Iterator[Frame]:
        position, size, first = 0, len(text), True
        while True:
            position = _skip_separators(text, position)
            if position >= size:
                if first:
                    yield from self._separators(number, text, ends=ends)
                return
            self._produced = True
            if text[position] != "{":
                if ends:
                    yield Frame(number, text if first else text[position:].strip(_BLANK))
                else:
                    self._text, self._text_line, self._text_size = [text[position:]], number, size - position
                return
            try:
                value, end = json_text.decode(text, position)
            except json_text.NotJsonError as error:
                self._scanner = json_text.Scanner()
                end = self._scanner.feed(text, position)
                if end < 0:
                    # The indent stays: the column at which a terminal broke the line is counted with it.
                    kept = text if not text[:position].strip(_BLANK) else text[position:]
                    self._lines, self._size = [(number, kept, ends)], len(kept)
                    return
                yield Frame(number, text[position:end], broken=str(error))
            else:
                yield Frame(number, text[position:end] if position or end < size else text, value)
            position, first = end, False

    def _separators(self, number: int, text: str, *, ends: bool) -> Iterator[Frame]:
        """A line, or a piece of one, that opens no record."""
        held = text.strip(_BLANK)
        if held:
            self._hollow = self._hollow or (number, held[:_SHOWN])
            self._opened += held.count("[")
            self._closed += held.count("]")
        self._hollow_size += len(held)
        if not ends:
            return
        size, self._hollow_size = self._hollow_size, 0
        if not size:
            yield Frame(number, "")
        elif size > _LAYOUT:
            self._produced = True
            reason = _hollow(self._opened, self._closed)
            self._opened = self._closed = 0
            yield Frame(number, held[:_SHOWN], hollow=reason)

    def _more_text(self, text: str, *, ends: bool) -> Iterator[Frame]:
        self._text_size += len(text)
        if self._text_size <= MAX_RECORD:
            self._text.append(text)
        if not ends:
            return
        whole, self._text = "".join(self._text), []
        too_long = f"the line is longer than {MAX_RECORD >> 20} MiB" if self._text_size > MAX_RECORD else None
        yield Frame(self._text_line, whole[:4096] if too_long else whole, broken=too_long)

    def _more_json(self, number: int, text: str, *, ends: bool) -> Iterator[Frame]:
        glued = not self._lines[-1][2]
        if not glued and self._begins_anew(text):
            yield from self._give_up("the JSON object does not end: a new record begins before")
            yield from self.feed(number, text, ends=ends)
            return
        end = self._scanner.feed(text)
        self._size += len(text) + 1
        if self._size > MAX_RECORD and not self._overflow:
            if glued or len(self._lines) == 1:
                self._overflow = True
                self._lines = [(self._lines[0][0], self._lines[0][1][:4096], ends)]
            else:
                self._lines.append((number, text, ends))
                yield from self._give_up(f"the JSON object is longer than {MAX_RECORD >> 20} MiB")
                return
        if end < 0:
            if self._overflow:
                self._lines = [(self._lines[0][0], self._lines[0][1], ends)]
            else:
                self._lines.append((number, text, ends))
            return
        rest = text[end:].lstrip(_SEPARATORS)
        if self._overflow:
            line, start, _ = self._lines[0]
            self._reset()
            yield Frame(line, start, broken=f"the JSON object is longer than {MAX_RECORD >> 20} MiB")
        else:
            self._lines.append((number, text[:end], ends))
            yield from self._complete()
        if self._lines or self._text:
            yield from self.feed(number, rest, ends=ends)
        elif rest or not ends:
            yield from self._start(number, rest, ends=ends)

    def _reset(self) -> None:
        self._lines, self._size, self._overflow = [], 0, False
        self._scanner = json_text.Scanner()

    def _begins_anew(self, text: str) -> bool:
        start = text.lstrip(_BLANK)
        if start.startswith("{"):
            if self._scanner.in_string:
                return start.rstrip(_BLANK) == "{" or _stands_alone(start)
            return not self._scanner.may_open_object()
        return HEAD.match(start) is not None

    def _complete(self) -> Iterator[Frame]:
        lines = self._lines
        number = lines[0][0]
        text = _joined(lines).strip(_BLANK)
        try:
            value, end = json_text.decode(text)
        except json_text.NotJsonError as error:
            reason = str(error)
        else:
            if end == len(text):
                self._reset()
                yield Frame(number, text, value)
                return
            reason = "text follows the object"
        pieces = _physical(lines)
        if len(pieces) > 1:
            repaired = json_text.rejoined(pieces).strip(_BLANK)
            try:
                value, end = json_text.decode(repaired, lenient=True)
            except json_text.NotJsonError:
                pass
            else:
                if end == len(repaired):
                    self._reset()
                    warning = "line breaks inside the record's strings were taken out; blanks beside them may be wrong"
                    yield Frame(number, text, value, warning=warning)
                    return
        yield from self._give_up(reason)

    def _give_up(self, reason: str) -> Iterator[Frame]:
        lines = self._lines
        self._reset()
        number = lines[0][0]
        following = lines[1:]
        absorbed = 0
        for _, text, _ in following:
            if not _INNER.match(text.strip(_BLANK)) or _stands_alone(text):
                break
            absorbed += 1
        yield Frame(number, _joined(lines[: absorbed + 1]).strip(_BLANK), broken=reason)
        following = following[absorbed:]
        self._spent += sum(len(text) for _, text, _ in following)
        # Reading the same lines over and over is what a hostile input of unclosed brackets asks for.
        tired = self._spent > 4 * self._seen + _PATIENCE
        for line, text, ends in following:
            if not tired:
                yield from self.feed(line, text, ends=ends)
                self._seen -= len(text)
            elif _stands_alone(text) or not text.strip(_SEPARATORS).startswith("{"):
                yield from self._start(line, text, ends=True)
            else:
                yield Frame(line, text, broken="the JSON object does not end")


def _hollow(opened: int, closed: int) -> str:
    """Brackets without a record, in words: a thousand levels of nothing are no empty input."""
    unclosed = " and not all closed" if opened > closed else ""
    if opened <= 1:
        return f"an empty JSON array{' that is not closed' if unclosed else ''}"
    return f"{opened:,} JSON arrays, nested{unclosed}, and no record in them"


def _skip_separators(text: str, start: int) -> int:
    """Where the next record begins: arrays are transparent, so that their elements stream like lines."""
    match = _BETWEEN.match(text, start)
    return match.end() if match else start


def _stands_alone(text: str) -> bool:
    stripped = text.strip(_SEPARATORS)
    if not (stripped.startswith("{") and stripped.endswith("}")):
        return False
    try:
        _, end = json_text.decode(stripped)
    except json_text.NotJsonError:
        return False
    return end == len(stripped)


def _joined(lines: list[tuple[int, str, bool]]) -> str:
    return "".join(
        text + ("\n" if ends and index + 1 < len(lines) else "") for index, (_, text, ends) in enumerate(lines)
    )


def _physical(lines: list[tuple[int, str, bool]]) -> list[str]:
    return _joined(lines).split("\n")
