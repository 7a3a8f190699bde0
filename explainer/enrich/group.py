"""Alike alerts made one: a stream of alerts in, a group for each kind out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import get_args

from pydantic import JsonValue

from explainer.schema.alert import Alert, FalcoPriority, Severity
from explainer.schema.enriched import Group

PRIORITIES: tuple[FalcoPriority, ...] = get_args(FalcoPriority)
MAX_IDS = 100
MAX_VALUES = 10
MAX_FIELDS = 40
MAX_VALUE = 200
# These differ in every alert and tell nothing.
_NOISE = frozenset(
    {
        "evt.time",
        "evt.time.iso8601",
        "evt.num",
        "evt.rawtime",
        "evt.rawtime.ns",
        "evt.rawtime.s",
        "evt.datetime",
        "uuid",
    }
)


@dataclass(slots=True)
class _Growing:
    first: Alert
    gravest: Alert
    ids: list[str]
    count: int = 0
    earliest: datetime | None = None
    latest: datetime | None = None
    values: dict[str, list[JsonValue]] = field(default_factory=dict)
    full: set[str] = field(default_factory=set)


class Grouper:
    """Collects alike alerts. Memory grows with the number of groups, not with the number of alerts."""

    def __init__(self) -> None:
        self._groups: dict[str, _Growing] = {}

    def add(self, alert: Alert, reading: str = "") -> None:
        """Count an alert into its group.

        Args:
            alert: the alert.
            reading: what knowledge reads in it; alike alerts that read differently are groups of their own.
        """
        key = alert.dedup_key or alert.id
        if reading:
            key = hashlib.sha256(f"{key}:{reading}".encode()).hexdigest()[:32]
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Growing(alert, alert, [])
        else:
            if alert.fields != group.first.fields:
                _differences(group, alert)
            _rate(group, alert)
        if len(group.ids) < MAX_IDS:
            group.ids.append(alert.id)
        group.count += max(alert.count, 1)
        earliest, latest = alert.first_seen or alert.time, alert.last_seen or alert.time
        if earliest is not None and (group.earliest is None or earliest < group.earliest):
            group.earliest = earliest
        if latest is not None and (group.latest is None or latest > group.latest):
            group.latest = latest

    def feed(self, alerts: Iterable[Alert]) -> Grouper:
        """Count many alerts, one at a time."""
        for alert in alerts:
            self.add(alert)
        return self

    def __iter__(self) -> Iterator[Group]:
        """Groups in the order in which their first alerts came."""
        for key, group in self._groups.items():
            yield Group(
                fingerprint=key,
                alert=group.gravest,
                ids=tuple(dict.fromkeys(group.ids)),
                count=group.count,
                first_seen=None if group.earliest is None else group.earliest.isoformat(),
                last_seen=None if group.latest is None else group.latest.isoformat(),
                distinct={name: tuple(_shown(v) for v in values) for name, values in sorted(group.values.items())},
            )

    def __len__(self) -> int:
        return len(self._groups)


def _rate(group: _Growing, alert: Alert) -> None:
    """One act that was rated twice is explained at the graver rating.

    The rating is no part of the key: it is the rule's, not the event's, and changes when a site edits its rules, so
    apart they would be two reports of one thing. Together, the lower one must not hide the higher.
    """
    if alert.priority == group.first.priority and alert.severity_id == group.first.severity_id:
        return
    seen = group.values.setdefault("priority", [group.first.priority or group.first.severity_source or "unrated"])
    shown = alert.priority or alert.severity_source or "unrated"
    if shown not in seen and len(seen) < MAX_VALUES:
        seen.append(shown)
    if _rank(alert) > _rank(group.gravest):
        group.gravest = alert


def _rank(alert: Alert) -> tuple[int, int]:
    # Several priorities share one OCSF severity; the finer scale decides among them.
    severity = 0 if alert.severity_id == Severity.OTHER else int(alert.severity_id)
    return severity, -PRIORITIES.index(alert.priority) if alert.priority else -len(PRIORITIES)


def _differences(group: _Growing, alert: Alert) -> None:
    first = group.first.fields
    for name, value in alert.fields.items():
        if name in group.full or name in _NOISE:
            continue
        seen = group.values.get(name)
        if seen is None:
            original = first.get(name)
            if value == original or value is None or len(group.values) >= MAX_FIELDS:
                continue
            group.values[name] = [value] if original is None else [original, value]
        elif value is not None and value not in seen:
            seen.append(value)
            if len(seen) >= MAX_VALUES:
                group.full.add(name)


def _shown(value: JsonValue) -> str:
    text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]} [cut {len(text) - MAX_VALUE} chars]"


def group_alerts(alerts: Iterable[Alert]) -> list[Group]:
    """Groups of alike alerts, in the order of their first ones."""
    return list(Grouper().feed(alerts))
