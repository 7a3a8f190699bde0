"""Filebeat, Logstash and Vector.

The line in ``message`` beside ``@timestamp`` (Vector: ``timestamp`` and ``source_type``).
"""

from __future__ import annotations

from typing import Any

from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin


class Beats:
    """``message`` with ``@timestamp`` and without ``output``."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """The alert in the message, in ``event.original``, or in the object that a JSON processor made of it."""
        if not isinstance(record, dict) or "output" in record:
            return None
        beats = "@timestamp" in record
        if not beats and not ("source_type" in record and "timestamp" in record):
            return None
        time = record.get("@timestamp") or record.get("timestamp")
        host: Any = record.get("host")
        host = (host.get("hostname") or host.get("name")) if isinstance(host, dict) else host
        inner = origin.inside(
            "beats" if beats else "vector",
            host=host if isinstance(host, str) else None,
            time=time if isinstance(time, str) else None,
        )
        for key in ("falco", "json", "parsed"):
            if isinstance(record.get(key), dict) and ("rule" in record[key] or "output" in record[key]):
                return [Piece(record[key], inner)]
        event = record.get("event")
        original = event.get("original") if isinstance(event, dict) else None
        for text in (original, record.get("message")):
            if isinstance(text, str) and _worth_reading(text):
                return [Piece(text, inner)]
            if isinstance(text, dict):
                return [Piece(text, inner)]
        return None


def _worth_reading(text: str) -> bool:
    return "{" in text or ": " in text


WRAPPER = Beats()
