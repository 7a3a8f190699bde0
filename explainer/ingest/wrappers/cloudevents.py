"""CloudEvents in structured mode; falcosidekick writes type ``falco.rule.output.v1``."""

from __future__ import annotations

import base64
import binascii

from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin


class CloudEvents:
    """``specversion`` and ``type``; the alert stands in ``data`` or ``data_base64``."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """The event's data."""
        if not isinstance(record, dict) or not {"specversion", "type"} <= set(record):
            return None
        extras = {key: record[key] for key in ("id", "type", "source", "subject") if isinstance(record.get(key), str)}
        time = record.get("time")
        inner = origin.inside("cloudevents", time=time if isinstance(time, str) else None, extras=dict(extras))
        data = record.get("data")
        if isinstance(record.get("data_base64"), str):
            try:
                data = base64.b64decode(record["data_base64"], validate=True).decode("utf-8", "replace")
            except (binascii.Error, ValueError):
                return []
        return [Piece(data, inner)] if isinstance(data, (dict, list, str)) else []


WRAPPER = CloudEvents()
