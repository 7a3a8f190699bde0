"""What Falco's gRPC clients print.

Numbers or lower-case words for the priority, ``{"seconds", "nanos"}`` for the time.
"""

from __future__ import annotations

from copy import copy

from explainer.ingest import falco_json
from explainer.ingest.formats import Record
from explainer.ingest.origin import Origin
from explainer.schema.alert import Alert

# The source enum of the proto, by number; later clients send the word.
_SOURCES = {0: "syscall", 1: "k8s_audit", 2: "internal", 3: "plugin"}


class FalcoGrpc:
    """Falco's outputs service as the Go and Python clients encode it."""

    def recognises(self, record: Record) -> bool:
        """Falco's keys with a protobuf time, a numbered priority or a lower-case one."""
        if not isinstance(record, dict) or "uuid" in record:
            return False
        keys = falco_json.envelope_of(record)
        priority = keys.get("priority")
        shaped = (
            isinstance(keys.get("time"), dict)
            or type(priority) is int
            or (isinstance(priority, str) and priority.islower())
        )
        return shaped and falco_json.is_falco(record)

    def alerts(self, record: Record, origin: Origin, raw: str) -> list[Alert]:
        """The one alert of the record."""
        if not isinstance(record, dict):
            return []
        source = record.get("source")
        if type(source) is int and source in _SOURCES:
            # A copy of the same class: keys that stood twice are told by it.
            record = copy(record)
            record["source"] = _SOURCES[source]
        return [falco_json.read(record, origin, raw, "falco_grpc")]


FORMAT = FalcoGrpc()
