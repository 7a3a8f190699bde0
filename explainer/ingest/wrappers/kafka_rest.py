"""Kafka REST: ``{"records": [{"value": "<base64>"}]}``, and the plain values of JSON topics."""

from __future__ import annotations

import base64
import binascii

from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin


class KafkaRest:
    """A list of records that each have a ``value``; Kinesis and EventBridge name it ``data``."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """Every record's value."""
        if not isinstance(record, dict) or not isinstance(record.get("records"), list):
            return None
        pieces = []
        inner = origin.inside("kafka_rest")
        for item in record["records"]:
            value = item.get("value", item.get("data")) if isinstance(item, dict) else None
            if isinstance(value, str):
                try:
                    value = base64.b64decode(value, validate=True).decode("utf-8")
                except (binascii.Error, ValueError):
                    # Not base64: a topic whose values are text.
                    value = str(value)
            if isinstance(value, (dict, list, str)):
                pieces.append(Piece(value, inner))
        return pieces


WRAPPER = KafkaRest()
