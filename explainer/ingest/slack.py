"""What falcosidekick sends to Slack, Mattermost and Rocket.Chat.

An attachment with the output as text and the fields as a table.
"""

from __future__ import annotations

from typing import Any

from pydantic import JsonValue

from explainer.ingest.conflicts import Conflicts, conflict_warning, conflicts_of
from explainer.ingest.falco import Envelope, build
from explainer.ingest.field_table import is_falco_name
from explainer.ingest.formats import Record
from explainer.ingest.json_text import plain_text
from explainer.ingest.origin import Origin
from explainer.schema.alert import Alert

_ENVELOPE = frozenset({"rule", "priority", "source", "hostname", "tags", "time"})


def _table(record: Record) -> tuple[dict[str, Any], dict[str, Any], Conflicts] | None:
    attachments = record.get("attachments") if isinstance(record, dict) else None
    if not isinstance(attachments, list) or not attachments or not isinstance(attachments[0], dict):
        return None
    rows = attachments[0].get("fields")
    if not isinstance(rows, list):
        return None
    pairs = [
        (title.lower() if title.lower() in _ENVELOPE else title, row.get("value"))
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("title"), str) and (title := str(row["title"]).strip())
    ]
    return attachments[0], dict(pairs), conflicts_of((name, plain_text(value)) for name, value in pairs)


class Slack:
    """An attachment whose table names a rule and a priority."""

    def recognises(self, record: Record) -> bool:
        """See the class."""
        found = _table(record)
        return found is not None and isinstance(found[1].get("rule"), str) and isinstance(found[1].get("priority"), str)

    def alerts(self, record: Record, origin: Origin, raw: str) -> list[Alert]:
        """The one alert; numbers and nulls were left out by falcosidekick."""
        found = _table(record)
        if found is None:
            return []
        attachment, table, conflicts = found
        warnings = ["the chat message carries only those fields that are text; numbers and nulls were left out"]
        for name, values in conflicts.items():
            warnings.append(conflict_warning(name, values, "the last one counts, as uncertain"))
        text = attachment.get("text") or attachment.get("fallback")
        tags = table.get("tags")
        rest = {name: value for name, value in table.items() if name not in _ENVELOPE}
        fields: dict[str, JsonValue] = {name: value for name, value in rest.items() if is_falco_name(name)}
        return [
            build(
                Envelope(
                    format="slack",
                    origin=origin,
                    raw=raw,
                    rule=table["rule"],
                    priority=table["priority"],
                    source=table["source"] if isinstance(table.get("source"), str) else None,
                    hostname=table["hostname"] if isinstance(table.get("hostname"), str) else None,
                    tags=tuple(filter(None, (tag.strip() for tag in tags.split(",")))) if isinstance(tags, str) else (),
                    output=text if isinstance(text, str) else None,
                    time=table.get("time"),
                    fields=fields or None,
                    custom={name: value for name, value in rest.items() if name not in fields},
                    warnings=warnings,
                    contradicted=tuple(conflicts),
                    certainty="parsed_from_text",
                    prefix="attachments.fields.",
                )
            )
        ]


FORMAT = Slack()
