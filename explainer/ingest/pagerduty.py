"""What falcosidekick sends to PagerDuty (Events API v2).

The output as summary, the fields as ``custom_details``; no rule, no priority.
"""

from __future__ import annotations

from explainer.ingest.conflicts import read_doubled
from explainer.ingest.falco import Envelope, build
from explainer.ingest.formats import Record
from explainer.ingest.origin import Origin
from explainer.schema.alert import Alert


class PagerDuty:
    """``payload.source`` is ``falco``."""

    def recognises(self, record: Record) -> bool:
        """See the class."""
        payload = record.get("payload") if isinstance(record, dict) else None
        return (
            isinstance(payload, dict) and payload.get("source") == "falco" and isinstance(payload.get("summary"), str)
        )

    def alerts(self, record: Record, origin: Origin, raw: str) -> list[Alert]:
        """The one alert, without the rule's name."""
        payload = record["payload"] if isinstance(record, dict) else None
        if not isinstance(payload, dict):
            return []
        details = payload.get("custom_details")
        warnings = ["PagerDuty's event names neither the rule nor the priority; its severity is always critical"]
        contradicted = read_doubled(details, warnings, str) if isinstance(details, dict) else ()
        return [
            build(
                Envelope(
                    format="pagerduty",
                    origin=origin,
                    raw=raw,
                    output=payload["summary"],
                    time=payload.get("timestamp"),
                    fields=dict(details) if isinstance(details, dict) and details else None,
                    warnings=warnings,
                    contradicted=contradicted,
                    prefix="payload.custom_details.",
                )
            )
        ]


FORMAT = PagerDuty()
