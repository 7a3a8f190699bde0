"""Alertmanager bodies that falcosidekick fed: alerts whose ``labels.source`` is ``falco``.

Every field became a label.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from pydantic import JsonValue

from explainer.ingest.conflicts import read_doubled
from explainer.ingest.falco import Envelope, build
from explainer.ingest.formats import Record
from explainer.ingest.json_text import dump
from explainer.ingest.origin import Origin
from explainer.ingest.text_keys import underscored
from explainer.schema.alert import Alert

_OWN = frozenset({"source", "eventsource", "rule", "alertname", "priority", "severity", "tags", "hostname"})
_STATUS = {"firing": "firing", "resolved": "resolved"}


def _of_falco(alert: Any) -> bool:
    labels = alert.get("labels") if isinstance(alert, dict) else None
    return (
        isinstance(labels, dict)
        and labels.get("source") == "falco"
        and isinstance(labels.get("rule", labels.get("alertname")), str)
    )


class Alertmanager:
    """The webhook body (``alerts``) or one alert of the v2 API."""

    def recognises(self, record: Record) -> bool:
        """At least one alert that comes from Falco."""
        if not isinstance(record, dict):
            return False
        alerts = record.get("alerts")
        return any(map(_of_falco, alerts)) if isinstance(alerts, list) else _of_falco(record)

    def alerts(self, record: Record, origin: Origin, raw: str) -> list[Alert]:
        """One alert for each of Falco's; others in the same notification are not Falco's and are left out."""
        if not isinstance(record, dict):
            return []
        if not isinstance(record.get("alerts"), list):
            return [_alert(record, origin, raw)]
        common = {"labels": record.get("commonLabels"), "annotations": record.get("commonAnnotations")}
        inner = origin.inside("alertmanager_webhook")
        return [_alert(_with(alert, common), inner, dump(alert)) for alert in record["alerts"] if _of_falco(alert)]


def _with(alert: dict[str, Any], common: dict[str, Any]) -> dict[str, Any]:
    merged = dict(alert)
    for key, shared in common.items():
        if isinstance(shared, dict):
            own = alert.get(key)
            merged[key] = copy(own) if isinstance(own, dict) else {}
            for name, value in shared.items():
                merged[key].setdefault(name, value)
    return merged


def _alert(alert: dict[str, Any], origin: Origin, raw: str) -> Alert:
    labels: dict[str, Any] = alert["labels"]
    annotations = alert.get("annotations")
    notes: dict[str, Any] = annotations if isinstance(annotations, dict) else {}
    fields: dict[str, JsonValue] = {}
    spelled: dict[str, str] = {}
    custom: dict[str, JsonValue] = {
        key: alert[key] for key in ("startsAt", "endsAt", "generatorURL", "fingerprint") if alert.get(key) is not None
    }
    warnings = [
        "Alertmanager carries every field as a label: values are text, and nulls and nested values were left out"
    ]
    contradicted = read_doubled(labels, warnings, underscored)
    for name, value in labels.items():
        if name not in _OWN:
            dotted = underscored(name)
            if dotted:
                fields[dotted] = value
                spelled[dotted] = name
            else:
                custom[name] = value
    output = next((notes[key] for key in ("info", "description", "message") if isinstance(notes.get(key), str)), None)
    tags = labels.get("tags")
    if alert.get("status") == "resolved":
        warnings.append("resolved means here only that the notification expired, not that anything was put right")
    if custom.get("n_drops"):
        warnings.append("falcosidekick put the drop counters into classes and may have raised the priority by them")
    started = alert.get("startsAt")
    if isinstance(started, str):
        # When Alertmanager got it; the event's own time, if any, stands in the text or in a label.
        origin = origin.inside("alertmanager", time=started)
    return build(
        Envelope(
            format="alertmanager",
            origin=origin,
            raw=raw,
            rule=labels.get("rule", labels.get("alertname")),
            priority=labels.get("priority"),
            source=str(labels.get("eventsource") or "") or None,
            hostname=labels.get("hostname") if isinstance(labels.get("hostname"), str) else None,
            tags=tuple(filter(None, tags.split(","))) if isinstance(tags, str) else (),
            output=output,
            fields=fields or None,
            custom=custom,
            warnings=warnings,
            contradicted=contradicted,
            certainty="parsed_from_text",
            prefix="labels.",
            spelled=spelled,
            status=_STATUS.get(str(alert.get("status")), "new"),
        )
    )


FORMAT = Alertmanager()
