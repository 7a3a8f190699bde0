"""The two seams of this room: alert formats, and the wrappers that shippers put around them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from explainer.ingest.origin import Origin
from explainer.registry import Registry
from explainer.schema.alert import Alert

Record = dict[str, Any] | str
"""A JSON object, or one line of text."""


class AlertFormat(Protocol):
    """One format. Both methods are pure; ``alerts`` is called only for records that ``recognises`` accepts."""

    def recognises(self, record: Record) -> bool:
        """True when the record is of this format beyond doubt."""
        ...

    def alerts(self, record: Record, origin: Origin, raw: str) -> Iterable[Alert]:
        """The alerts in the record; ``raw`` is its text as received."""
        ...


@dataclass(frozen=True, slots=True)
class Piece:
    """What a wrapper held."""

    content: dict[str, Any] | list[Any] | str
    """A decoded value, or text that is read like an input of its own."""
    origin: Origin
    join: str | None = None
    """Set for part of a line that the shipper cut: parts of the same key are put together."""
    complete: bool | None = True
    """False: the line goes on in the next part. None: nothing tells, so it does when it is half a JSON object."""


class Wrapper(Protocol):
    """One envelope of a shipper or of an output."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """What stands inside, or None when the record is not of this kind.

        An empty list: of this kind, and holding nothing.
        """
        ...


FORMATS: Registry[AlertFormat] = Registry(
    "alert format",
    {
        "falcosidekick": "explainer.ingest.falcosidekick:FORMAT",
        "falco_grpc": "explainer.ingest.falco_grpc:FORMAT",
        "falco_json": "explainer.ingest.falco_json:FORMAT",
        "cef": "explainer.ingest.cef:FORMAT",
        "falco_text": "explainer.ingest.falco_text:FORMAT",
        "alertmanager": "explainer.ingest.alertmanager:FORMAT",
        "datadog": "explainer.ingest.datadog:FORMAT",
        "pagerduty": "explainer.ingest.pagerduty:FORMAT",
        "opsgenie": "explainer.ingest.opsgenie:FORMAT",
        "slack": "explainer.ingest.slack:FORMAT",
    },
    group="explainer.formats",
)
"""Formats in the order in which they are tried; entry-point group ``explainer.formats``."""

WRAPPERS: Registry[Wrapper] = Registry(
    "alert wrapper",
    {
        "docker_json": "explainer.ingest.wrappers.docker_json:WRAPPER",
        "cri": "explainer.ingest.wrappers.cri:WRAPPER",
        "kubectl": "explainer.ingest.wrappers.kubectl:WRAPPER",
        "docker_compose": "explainer.ingest.wrappers.docker_compose:WRAPPER",
        "syslog": "explainer.ingest.wrappers.syslog:WRAPPER",
        "grep": "explainer.ingest.wrappers.grep:WRAPPER",
        "cloudevents": "explainer.ingest.wrappers.cloudevents:WRAPPER",
        "falcosidekick_ui": "explainer.ingest.wrappers.falcosidekick_ui:WRAPPER",
        "splunk_hec": "explainer.ingest.wrappers.splunk_hec:WRAPPER",
        "elasticsearch": "explainer.ingest.wrappers.elasticsearch:WRAPPER",
        "loki": "explainer.ingest.wrappers.loki:WRAPPER",
        "kafka_rest": "explainer.ingest.wrappers.kafka_rest:WRAPPER",
        "journald": "explainer.ingest.wrappers.journald:WRAPPER",
        "fluent_bit": "explainer.ingest.wrappers.fluent_bit:WRAPPER",
        "beats": "explainer.ingest.wrappers.beats:WRAPPER",
        "envelope": "explainer.ingest.wrappers.envelope:WRAPPER",
    },
    group="explainer.wrappers",
)
"""Wrappers in the order in which they are tried; entry-point group ``explainer.wrappers``."""
