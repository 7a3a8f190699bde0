"""What falcosidekick sends to Opsgenie.

``{"message", "entity": "Falcosidekick", "description": rule, "details": {…}, "priority": "P3"}``.
"""

from __future__ import annotations

from pydantic import JsonValue

from explainer.ingest.conflicts import read_doubled
from explainer.ingest.falco import Envelope, build
from explainer.ingest.formats import Record
from explainer.ingest.origin import Origin
from explainer.ingest.text_keys import underscored
from explainer.schema.alert import Alert

_ENVELOPE = {"source", "hostname", "priority", "tags", "rule"}


class Opsgenie:
    """``entity`` is ``Falcosidekick``."""

    def recognises(self, record: Record) -> bool:
        """See the class."""
        return (
            isinstance(record, dict)
            and record.get("entity") == "Falcosidekick"
            and isinstance(record.get("message"), str)
            and isinstance(record.get("description"), str)
        )

    def alerts(self, record: Record, origin: Origin, raw: str) -> list[Alert]:
        """The one alert; its fields are text, with underscores for dots."""
        if not isinstance(record, dict):
            return []
        details = record.get("details")
        known: dict[str, str] = {}
        fields: dict[str, JsonValue] = {}
        spelled: dict[str, str] = {}
        custom: dict[str, JsonValue] = {"priority": record.get("priority")}
        warnings = ["Opsgenie's alert carries only those fields that are text; numbers and nulls were left out"]
        contradicted = read_doubled(details, warnings, underscored) if isinstance(details, dict) else ()
        for name, value in details.items() if isinstance(details, dict) else ():
            dotted = underscored(name)
            if name in _ENVELOPE and isinstance(value, str):
                known[name] = value
            elif dotted:
                fields[dotted] = value
                spelled[dotted] = name
            else:
                custom[name] = value
        return [
            build(
                Envelope(
                    format="opsgenie",
                    origin=origin,
                    raw=raw,
                    rule=record["description"],
                    priority=known.get("priority"),
                    source=known.get("source"),
                    hostname=known.get("hostname"),
                    tags=tuple(filter(None, (tag.strip() for tag in known.get("tags", "").split(",")))),
                    output=record["message"],
                    fields=fields or None,
                    custom=custom,
                    warnings=warnings,
                    contradicted=contradicted,
                    certainty="parsed_from_text",
                    prefix="details.",
                    spelled=spelled,
                )
            )
        ]


FORMAT = Opsgenie()
