"""Loki: the push body and the query answer; a line is Falco's text, or its JSON when falcosidekick is told so."""

from __future__ import annotations

from typing import Any

from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin


class Loki:
    """``streams[].values`` or ``data.result[].values``, each value ``[nanoseconds, line, metadata?]``."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """Every line of every stream."""
        if not isinstance(record, dict):
            return None
        data = record.get("data")
        streams = record.get("streams")
        if streams is None and isinstance(data, dict) and data.get("resultType") == "streams":
            streams = data.get("result")
        if not isinstance(streams, list):
            if isinstance(record.get("line"), str) and isinstance(record.get("labels"), dict):
                # logcli -o jsonl
                return [self._piece(record["line"], record.get("timestamp"), record["labels"], origin)]
            return None
        return [
            self._piece(value[1], value[0], stream.get("stream"), origin)
            for stream in streams
            if isinstance(stream, dict) and isinstance(stream.get("values"), list)
            for value in stream["values"]
            if isinstance(value, list) and len(value) >= 2 and isinstance(value[1], str)
        ]

    def _piece(self, line: str, time: Any, labels: Any, origin: Origin) -> Piece:
        extras: dict[str, Any] = {"labels": labels} if isinstance(labels, dict) and labels else {}
        host = labels.get("hostname") if isinstance(labels, dict) else None
        return Piece(
            line,
            origin.inside(
                "loki",
                host=host if isinstance(host, str) else None,
                time=time if isinstance(time, str) else None,
                extras=extras,
            ),
        )


WRAPPER = Loki()
