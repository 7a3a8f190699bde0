"""What falcosidekick sends to Datadog.

``{"title", "text", "alert_type", "source_type_name": "falco", "tags": ["proc.name:…"]}``.
"""

from __future__ import annotations

from pydantic import JsonValue

from explainer.ingest.conflicts import conflict_warning, conflicts_of
from explainer.ingest.falco import Envelope, build
from explainer.ingest.field_table import is_falco_name
from explainer.ingest.formats import Record
from explainer.ingest.origin import Origin
from explainer.schema.alert import Alert


class Datadog:
    """A Datadog event whose ``source_type_name`` is ``falco``."""

    def recognises(self, record: Record) -> bool:
        """See the class."""
        return (
            isinstance(record, dict)
            and record.get("source_type_name") == "falco"
            and isinstance(record.get("title"), str)
            and isinstance(record.get("text"), str)
        )

    def alerts(self, record: Record, origin: Origin, raw: str) -> list[Alert]:
        """The one alert; the priority is gone, only Datadog's coarser alert type is left."""
        if not isinstance(record, dict):
            return []
        fields: dict[str, JsonValue] = {}
        stated: list[tuple[str, str]] = []
        envelope: dict[str, str] = {}
        tags: list[str] = []
        given = record.get("tags")
        for tag in given if isinstance(given, list) else []:
            name, colon, value = str(tag).partition(":")
            if colon and is_falco_name(name):
                fields.setdefault(name, value)
                stated.append((name, value))
            elif colon and name in ("source", "hostname"):
                if value != "falco":
                    envelope.setdefault(name, value)
            else:
                tags.append(str(tag))
        conflicts = conflicts_of(stated)
        warnings = ["Datadog's event carries no Falco priority unless the text does; values are text"]
        for name, values in conflicts.items():
            warnings.append(conflict_warning(name, values, "the first one counts, as uncertain"))
        custom: dict[str, JsonValue] = {key: record[key] for key in ("alert_type", "date_happened") if key in record}
        return [
            build(
                Envelope(
                    format="datadog",
                    origin=origin,
                    raw=raw,
                    rule=record["title"],
                    source=envelope.get("source"),
                    hostname=envelope.get("hostname"),
                    tags=tuple(tags),
                    output=record["text"],
                    fields=fields or None,
                    custom=custom,
                    warnings=warnings,
                    contradicted=tuple(conflicts),
                    certainty="parsed_from_text",
                    prefix="tags.",
                )
            )
        ]


FORMAT = Datadog()
