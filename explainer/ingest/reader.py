"""The way of a record through this room.

Frame, unwrap, recognise, build; what is no alert is reported with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from explainer.ingest import json_text, lines, recognition
from explainer.ingest.formats import FORMATS, WRAPPERS, AlertFormat, Piece, Record, Wrapper
from explainer.ingest.framing import MAX_RECORD, Frame, Framer
from explainer.ingest.origin import MAX_DEPTH, Origin
from explainer.schema.alert import Alert, Skipped

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
EXCERPT = 200

Result = Alert | Skipped


@dataclass(slots=True)
class _Part:
    """A line that a shipper cut, as far as it has come."""

    origin: Origin
    texts: list[str] = field(default_factory=list)
    size: int = 0


class Reader:
    """One pass over one input. Holds one record, and the parts of lines that shippers cut."""

    def __init__(self, format: str = "auto") -> None:  # noqa: A002 - the public name of the argument
        names = FORMATS.names() if format == "auto" else [format]
        self._formats: list[tuple[str, AlertFormat]] = [(name, FORMATS.get(name)) for name in names]
        self._wrappers: list[Wrapper] = [WRAPPERS.get(name) for name in WRAPPERS.names()]
        self._parts: dict[str, _Part] = {}
        self._talk = recognition.Talk()

    def run(self, chunks: Iterable[bytes]) -> Iterator[Result]:
        """Read a whole input."""
        framer = Framer()
        blank_before = False
        for line in lines.split(chunks):
            text = _ANSI.sub("", line.text) if "\x1b" in line.text else line.text
            for frame in framer.feed(line.number, text, ends=line.ends):
                blank = not frame.text
                if not (blank and blank_before):
                    yield from self._frame(frame, Origin(line=frame.line))
                blank_before = blank
        for frame in framer.flush():
            if frame.text:
                yield from self._frame(frame, Origin(line=frame.line))
        yield from self.close()

    def close(self) -> Iterator[Result]:
        """Read what is left of lines whose end never came."""
        parts, self._parts = self._parts, {}
        for part in parts.values():
            yield from self._payload("".join(part.texts), part.origin)

    def value(self, record: dict[str, Any] | list[Any] | str, origin: Origin) -> Iterator[Result]:
        """Read a decoded value."""
        yield from self._content(record, origin)

    def _frame(self, frame: Frame, origin: Origin) -> Iterator[Result]:
        if frame.warning:
            origin = replace(origin, warnings=(*origin.warnings, frame.warning))
        if frame.broken:
            yield _skip(origin, "broken", f"this JSON cannot be read: {frame.broken}", frame.text)
        elif frame.value is not None:
            yield from self._record(frame.value, origin, frame.text)
        else:
            yield from self._line(frame.text, origin)

    def _payload(self, text: str, origin: Origin) -> Iterator[Result]:
        """Text from inside a wrapper, framed like an input of its own."""
        framer = Framer()
        text = _ANSI.sub("", text) if "\x1b" in text else text
        for line in text.removeprefix("\ufeff").rstrip("\r\n").split("\n"):
            for frame in framer.feed(origin.line, line.rstrip("\r")):
                yield from self._frame(frame, origin)
        for frame in framer.flush():
            yield from self._frame(frame, origin)

    def _content(self, content: dict[str, Any] | list[Any] | str, origin: Origin) -> Iterator[Result]:
        if isinstance(content, str):
            yield from self._payload(content, origin)
        elif isinstance(content, dict):
            yield from self._record(content, origin, json_text.dump(content))
        else:
            for item in content:
                if isinstance(item, (dict, list, str)):
                    yield from self._content(item, origin)

    def _record(self, record: dict[str, Any], origin: Origin, raw: str) -> Iterator[Result]:
        # Formats come first: what is an alert by its own keys is never taken for a wrapper, whatever a shipper added.
        alerts = self._recognised(record, origin, raw)
        if alerts is not None:
            yield from alerts
            return
        pieces = self._unwrapped(record, origin)
        if pieces is None:
            yield _skip(origin, "unrecognised", recognition.describe(record), raw)
        elif len(origin.wrappers) >= MAX_DEPTH:
            reason = f"more than {MAX_DEPTH} wrappers stand around it ({' > '.join(origin.wrappers)})"
            yield _skip(origin, "unrecognised", reason, raw)
        else:
            for piece in pieces:
                yield from self._piece(piece)

    def _line(self, text: str, origin: Origin) -> Iterator[Result]:
        talk = self._talk.classify(text)
        if talk is not None:
            kind, reason = talk
            yield _skip(origin, kind, reason, text)
            return
        alerts = self._recognised(text, origin, text)
        direct = alerts is not None and all(alert.wrappers == origin.wrappers for alert in alerts)
        pieces = None if direct or len(origin.wrappers) >= MAX_DEPTH else self._unwrapped(text, origin)
        if pieces is not None:
            for piece in pieces:
                yield from self._piece(piece)
        elif alerts is not None:
            yield from alerts
        else:
            yield _skip(origin, "unrecognised", recognition.describe_line(text), text)

    def _unwrapped(self, record: Record, origin: Origin) -> list[Piece] | None:
        for wrapper in self._wrappers:
            pieces = wrapper.unwrap(record, origin)
            if pieces is not None:
                return pieces
        return None

    def _recognised(self, record: Record, origin: Origin, raw: str) -> list[Alert] | None:
        for _, alert_format in self._formats:
            if alert_format.recognises(record):
                return list(alert_format.alerts(record, origin, raw))
        return None

    def _piece(self, piece: Piece) -> Iterator[Result]:
        content, origin = piece.content, piece.origin
        if piece.join is not None and isinstance(content, str):
            key = f"{'>'.join(origin.wrappers)}/{piece.join}"
            held = self._parts.pop(key, None)
            if not piece.complete or held is not None:
                part = held or _Part(origin)
                part.texts.append(content)
                part.size += len(content)
                if not piece.complete and part.size <= MAX_RECORD:
                    self._parts[key] = part
                    return
                content, origin = "".join(part.texts), part.origin
        yield from self._content(content, origin)


def _skip(origin: Origin, kind: Any, reason: str, text: str) -> Skipped:
    if origin.wrappers:
        reason = f"inside {' > '.join(origin.wrappers)}: {reason}"
    return Skipped(line=origin.line, reason=reason, kind=kind, excerpt=text[:EXCERPT])
