"""`explain --resume`: reports are appended to a JSONL file as they come, and a later run goes on where one stopped."""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from explainer.cli.exits import say
from explainer.errors import ConfigError, DataError, OutputError
from explainer.render import render

if TYPE_CHECKING:
    from explainer.schema.enriched import Group
    from explainer.schema.report import Report

Key = tuple[str, tuple[str, ...], int]


class ResumableFile:
    """A JSONL file of reports. Each line is on disk before the next report is begun to be written.

    A line that a crash cut off is taken away: its report is made again. Everything else stays as it is.

    Raises:
        ConfigError: the file cannot be opened, or another run writes to it.
        DataError: a line in it is no report; nothing is changed then.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # Counted: without grouping, equal alerts have equal keys, and each has a report of its own.
        self._keys: Counter[Key] = Counter()
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise ConfigError(f"cannot be opened: {error.strerror}", where=str(path), hint="--output FILE") from error
        self._file: BinaryIO = os.fdopen(descriptor, "r+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise ConfigError("another run writes to it", where=str(path), hint="wait for it to end") from error
        try:
            self._read()
        except BaseException:
            self._file.close()
            raise

    def has(self, group: Group) -> bool:
        """Whether a report of the group stands in the file; each line answers for one group."""
        key = (group.fingerprint, group.ids or (group.alert.id,), group.count)
        if not self._keys[key]:
            return False
        self._keys[key] -= 1
        return True

    def write(self, reports: Iterable[Report], on_report: Callable[[], None]) -> None:
        """Append a line for each report as it comes.

        Raises:
            OutputError: the disk is full or gone; what was written before stands.
        """
        for report in reports:
            line = render(report, "json", lines=True).rstrip("\n").encode() + b"\n"
            start = self._file.tell()
            try:
                self._file.write(line)
                self._file.flush()
                os.fsync(self._file.fileno())
            except OSError as error:
                self._undo(start)
                hint = "make room, then give the same command again"
                raise OutputError(
                    f"cannot write the report: {error.strerror}", where=str(self._path), hint=hint
                ) from error
            on_report()

    def close(self) -> None:
        """Let the file and its lock go."""
        try:
            self._file.close()
        except OSError as error:
            say(f"note: {self._path}: {error.strerror}")

    def _undo(self, start: int) -> None:
        try:
            os.ftruncate(self._file.fileno(), start)
        except OSError as error:
            say(f"note: {self._path}: half a line may stand at its end ({error.strerror}); --resume takes it away")

    def _read(self) -> None:
        whole = 0
        for number, line in enumerate(self._file, 1):
            if not line.endswith(b"\n"):
                break
            try:
                alert = json.loads(line)["alert"]
                key = (str(alert["fingerprint"]), tuple(map(str, alert["ids"])), int(alert["count"]))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise DataError(
                    "this line is no report", where=f"{self._path}:{number}", hint="give --output a file of its own"
                ) from error
            self._keys[key] += 1
            whole += len(line)
        self._file.seek(whole)
        self._file.truncate()
