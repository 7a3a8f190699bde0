"""Docker's json-file log: ``log``, ``stream`` and ``time`` in one object a line.

Lines over 16 KiB come in several records; the last of them ends in a line feed.
"""

from __future__ import annotations

from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin
from explainer.ingest.partial import CUT_AT

_KEYS = frozenset({"log", "stream", "time", "attrs"})


class DockerJson:
    """Keys are a subset of log, stream, time and attrs, and ``log`` is text."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """The log text; part of a line when it does not end."""
        if not isinstance(record, dict) or not _KEYS.issuperset(record) or len(record) < 2:
            return None
        text, stream, time = record.get("log"), record.get("stream"), record.get("time")
        if not isinstance(text, str) or not isinstance(stream or "", str):
            return None
        attributes = {"attrs": record["attrs"]} if record.get("attrs") else None
        inner = origin.inside("docker_json", time=time if isinstance(time, str) else None, extras=attributes)
        complete = True if text.endswith("\n") else False if len(text.encode()) >= CUT_AT else None
        return [Piece(text, inner, join=stream or "stdout", complete=complete)]


WRAPPER = DockerJson()
