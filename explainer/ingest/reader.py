"""The way of a record through this room.

Frame, unwrap, recognise, build; what is no alert is reported with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from explainer.ingest import json_text, lines, recognition
from explainer.ingest.formats import FORMATS, WRAPPERS, AlertFormat, Piece, Record, Wrapper
from explainer.ingest.framing import Frame, Framer
from explainer.ingest.origin import MAX_DEPTH, Origin
from explainer.ingest.partial import Parts
from explainer.schema.alert import Alert, Skipped

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
EXCERPT = 200

Result = Alert | Skipped


class Reader:
    """One pass over one input. Holds one record, and the parts of lines that shippers cut."""

    def __init__(self, format: str = "auto", near: datetime | None = None) -> None:  # noqa: A002 - the public name
        names = FORMATS.names() if format == "auto" else [format]
        self._formats: list[tuple[str, AlertFormat]] = [(name, FORMATS.get(name)) for name in names]
        self._wrappers: list[Wrapper] = [WRAPPERS.get(name) for name in WRAPPERS.names()]
        self._parts = Parts()
        self._talk = recognition.Talk()
        self._near = near.replace(tzinfo=UTC) if near is not None and near.tzinfo is None else near

    def run(self, chunks: Iterable[bytes]) -> Iterator[Result]:
        """Read a whole input."""
        for result in self._results(chunks):
            if isinstance(result, Alert) and result.time_certainty == "exact":
                self._near = result.time
            yield result

    def _results(self, chunks: Iterable[bytes]) -> Iterator[Result]:
        framer = Framer()
        blank_before = False
        for line in lines.split(chunks):
            text = _ANSI.sub("", line.text).removeprefix("\ufeff") if "\x1b" in line.text else line.text
            for frame in framer.feed(line.number, text, ends=line.ends):
                blank = not frame.text
                if not (blank and blank_before):
                    yield from self._frame(frame, Origin(line=frame.line, near=self._near))
                blank_before = blank
        for frame in framer.flush():
            if frame.text:
                yield from self._frame(frame, Origin(line=frame.line, near=self._near))
        yield from self.close()

    def close(self) -> Iterator[Result]:
        """Read what is left of lines whose end never came."""
        for text, origin in self._parts.close():
            yield from self._payload(text, origin)

    def value(self, record: dict[str, Any] | list[Any] | str, origin: Origin) -> Iterator[Result]:
        """Read a decoded value."""
        yield from self._content(record, origin)

    def _frame(self, frame: Frame, origin: Origin) -> Iterator[Result]:
        if frame.warning:
            origin = replace(origin, warnings=(*origin.warnings, frame.warning))
        if frame.broken:
            yield _skip(origin, "broken", f"this JSON cannot be read: {frame.broken}", frame.text)
        elif frame.hollow:
            yield _skip(origin, "unrecognised", frame.hollow, frame.text)
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

    def _content(self, content: Any, origin: Origin, depth: int = 0) -> Iterator[Result]:
        if isinstance(content, str):
            yield from self._payload(content, origin)
        elif isinstance(content, dict):
            yield from self._record(content, origin, json_text.dump(content))
        elif not isinstance(content, list):
            yield _skip(origin, "unrecognised", f"a bare {type(content).__name__}, no record", json_text.dump(content))
        elif not content:
            yield _skip(origin, "unrecognised", "an empty JSON array", "[]")
        elif depth >= MAX_DEPTH:
            yield _skip(origin, "unrecognised", f"more than {MAX_DEPTH} lists inside each other", "")
        else:
            for item in content:
                yield from self._content(item, origin, depth + 1)

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
        elif not pieces:
            yield _skip(
                origin,
                "unrecognised",
                f"a wrapper that holds no text and no record; keys: {', '.join(record)[:200]}",
                raw,
            )
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
        content = piece.content
        if piece.join is None or not isinstance(content, str):
            yield from self._content(content, piece.origin)
            return
        for text, origin in self._parts.feed(piece, content):
            yield from self._payload(text, origin)


def _skip(origin: Origin, kind: Any, reason: str, text: str) -> Skipped:
    if origin.wrappers:
        reason = f"inside {' > '.join(origin.wrappers)}: {reason}"
    return Skipped(line=origin.line, reason=reason, kind=kind, excerpt=text[:EXCERPT])
