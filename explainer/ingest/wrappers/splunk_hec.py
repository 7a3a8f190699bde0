"""Splunk's HTTP Event Collector.

``{"event": <payload>, "sourcetype": "falcosidekick"}``, and Splunk's exported ``_raw``.
"""

from __future__ import annotations

from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin

_KEPT: tuple[str, ...] = ("sourcetype", "source", "index")
_MARKS = ("sourcetype", "source", "index", "host", "time")


class SplunkHec:
    """``event`` beside one of Splunk's own keys, or an exported ``result._raw``."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """The event, or several when Splunk exported search results."""
        if not isinstance(record, dict):
            return None
        event = record.get("event")
        if isinstance(event, (dict, str)) and any(mark in record for mark in _MARKS):
            host, extras = (
                record.get("host"),
                {key: record[key] for key in _KEPT if key in record},
            )
            return [
                Piece(event, origin.inside("splunk_hec", host=host if isinstance(host, str) else None, extras=extras))
            ]
        result = record.get("result", record)
        if isinstance(result, dict) and isinstance(result.get("_raw"), str):
            return [Piece(result["_raw"], origin.inside("splunk_hec"))]
        return None


WRAPPER = SplunkHec()
