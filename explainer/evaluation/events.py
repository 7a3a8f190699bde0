"""The log of a run: one JSON object a line, each written with one call, never rewritten.

A process that is killed loses at most the line that it was writing; the next one that appends begins on a line of its
own, and readers skip the piece.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ValidationError

from explainer.errors import ConfigError, DataError
from explainer.evaluation.samples import Asked, Generated, Kept

R = TypeVar("R", bound=BaseModel)


class EventLog:
    """Appends events. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o644)
            size = os.fstat(self._file).st_size
            if size and os.pread(self._file, 1, size - 1) != b"\n":
                os.write(self._file, b"\n")
        except OSError as error:
            raise ConfigError(f"cannot be written: {error.strerror}", where=str(path), hint="--out FOLDER") from error

    def add(self, event: BaseModel | dict[str, Any]) -> None:
        """Write one event; it is in the system's hands when this returns.

        Raises:
            ConfigError: the disk does not take it.
        """
        text = event.model_dump_json() if isinstance(event, BaseModel) else json.dumps(event)
        data = memoryview(text.encode("utf-8", "backslashreplace") + b"\n")
        try:
            with self._lock:
                while data:
                    data = data[os.write(self._file, data) :]
        except OSError as error:
            raise ConfigError(f"cannot be written: {error.strerror}", where=str(self._path)) from error

    def close(self) -> None:
        """Let the file go."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass
class Index:
    """Where in an event log everything stands; the events themselves stay on disk."""

    path: Path
    generated: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    """Sample key to offset, length and outcome. Of several, the last one with an answer."""
    reports: dict[str, tuple[int, int]] = field(default_factory=dict)
    asked: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """Target and case to offset and length."""
    notes: list[dict[str, Any]] = field(default_factory=list)
    """Events of other kinds: starts, interruptions."""

    def done(self) -> set[str]:
        """Keys of samples that need not be asked again: those with an answer, readable or not."""
        return {key for key, (_, _, outcome) in self.generated.items() if outcome in {"answered", "unparsable"}}

    def read(self, key: str) -> Generated:
        """One sample.

        Raises:
            DataError: it was edited into something else.
        """
        offset, length, _ = self.generated[key]
        return self._parse(Generated, offset, length)

    def report(self, name: str) -> Kept:
        """One report."""
        return self._parse(Kept, *self.reports[name])

    def messages(self, target: str, case: str) -> Asked | None:
        """The prompt that a case was asked with."""
        place = self.asked.get((target, case))
        return self._parse(Asked, *place) if place else None

    def _parse(self, model: type[R], offset: int, length: int) -> R:
        with self.path.open("rb") as log:
            log.seek(offset)
            data = log.read(length)
        try:
            return model.model_validate_json(data)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise DataError(
                f"no {model.__name__} event: {'.'.join(map(str, first['loc']))}: {first['msg']}",
                where=f"{self.path}, byte {offset}",
                hint="the run was made by another version, or edited: run it again",
            ) from None


def read_index(path: Path) -> Index:
    """Index of a log. Broken lines are skipped: a process died there.

    Raises:
        DataError: there is no such file.
    """
    index = Index(path)
    try:
        for offset, line in _lines(path):
            head = _head(line)
            if head is None:
                continue
            kind, place = head.get("event"), (offset, len(line))
            if kind == "generated":
                _sample(index, head, place)
            elif kind == "report":
                index.reports[str(head.get("id"))] = place
            elif kind == "asked":
                index.asked[str(head.get("target")), str(head.get("case"))] = place
            else:
                index.notes.append(head)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(path), hint="name a run's folder") from error
    return index


def _sample(index: Index, head: dict[str, Any], place: tuple[int, int]) -> None:
    key, outcome = str(head.get("key")), str(head.get("outcome"))
    before = index.generated.get(key)
    if before is None or before[2] in {"error", "throttled"}:
        index.generated[key] = (*place, outcome)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    offset = 0
    with path.open("rb") as log:
        for line in log:
            yield offset, line
            offset += len(line)


def _head(line: bytes) -> dict[str, Any] | None:
    """The event without its bulk: reports make nearly all of a log, and only their id is needed here."""
    if not line.endswith(b"}\n"):
        return None
    if line.startswith(b'{"event":"report","id":"'):
        return {"event": "report", "id": line[24 : line.index(b'"', 24)].decode()}
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
