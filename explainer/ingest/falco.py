"""What every carrier of a Falco alert shares.

Priorities, severities, and the step from an envelope and its fields to an ``Alert``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import JsonValue

from explainer.ingest import clock
from explainer.ingest.attack_tags import attacks
from explainer.ingest.construct import construct
from explainer.ingest.identity import alert_id, dedup_key
from explainer.ingest.normalise import normalise, source_of
from explainer.ingest.origin import Origin
from explainer.ingest.text_fields import INTERNAL, parse_message
from explainer.schema.alert import Alert, Certainty, FalcoPriority, Host, Product, RuleRef, Severity

PRIORITIES: tuple[FalcoPriority, ...] = (
    "Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug",
)  # fmt: skip
"""By Falco's number: 0 is Emergency, as in syslog and in the gRPC schema."""

SEVERITY: dict[FalcoPriority, Severity] = {
    "Emergency": Severity.FATAL,
    "Alert": Severity.FATAL,
    "Critical": Severity.CRITICAL,
    "Error": Severity.HIGH,
    "Warning": Severity.MEDIUM,
    "Notice": Severity.LOW,
    "Informational": Severity.INFORMATIONAL,
    "Debug": Severity.INFORMATIONAL,
}
"""Falco priority to OCSF ``severity_id``, as falcosidekick's Security Lake output maps it."""

_WORDS: dict[str, FalcoPriority] = {name.lower(): name for name in PRIORITIES} | {
    "info": "Informational",
    "warn": "Warning",
    "err": "Error",
    "crit": "Critical",
    "emerg": "Emergency",
}
HEAD = re.compile(
    r"(?P<time>(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d\.\d{6,9}(?:Z|[+-]\d\d:?\d\d)?): "
    r"(?P<priority>Emergency|Alert|Critical|Error|Warning|Notice|Informational|Info|Debug) (?P<message>.+)",
    re.DOTALL,
)
"""A Falco text line: ``<time>: <Priority> <message>``."""
_WORD_HEAD = re.compile(
    r"(?P<priority>Emergency|Alert|Critical|Error|Warning|Notice|Informational|Debug) (?P<message>.+)", re.DOTALL
)
_INTERNAL_RULE = re.compile(r"(Falco internal: [a-z][a-z ]*[a-z])(?=[.:(]|$)")
_FALCO_POD = re.compile(r"(?:[a-z0-9-]*falco[a-z0-9-]*)-(?:[0-9a-f]{8,10}-)?[bcdfghjklmnpqrstvwxz2456789]{5}")
# Docker gives a container its short id as host name: the sensor's own container, and no machine.
_CONTAINER_NAME = re.compile(r"[0-9a-f]{12}")
_MATURITY = re.compile(r"maturity_(stable|incubating|sandbox|deprecated)")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
_CUT = "[...]"


def priority_of(value: Any) -> FalcoPriority | None:
    """The priority in canonical spelling, from any case, ``info``, or gRPC's number 0-7."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return PRIORITIES[value] if 0 <= value <= 7 else None
    if isinstance(value, str):
        return _WORDS.get(value.strip().lower())
    return None


@dataclass(slots=True)
class Envelope:
    """One Falco alert as its carrier states it, before normalisation."""

    format: str
    origin: Origin
    raw: str
    rule: str | None = None
    priority: Any = None
    source: str | None = None
    hostname: str | None = None
    tags: tuple[str, ...] = ()
    output: str | None = None
    message: str | None = None
    time: Any = None
    uuid: str | None = None
    fields: dict[str, JsonValue] | None = None
    """None when the carrier brought no fields: they are then parsed from the text."""
    custom: dict[str, JsonValue] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    contradicted: tuple[str, ...] = ()
    """Fields that the carrier states with different values; see ``Alert.contradicted``."""
    certainty: Certainty = "exact"
    prefix: str | None = "output_fields."
    spelled: dict[str, str] | None = None
    """How the carrier spells fields that it does not name as Falco does."""
    status: str = "new"


@lru_cache(maxsize=256)
def _product(source: str | None) -> Product:
    return construct(Product, {"vendor": "Falcosecurity", "name": "Falco", "event_source": source})


@lru_cache(maxsize=1024)
def _rule(name: str | None, certainty: Certainty, maturity: str | None) -> RuleRef:
    return construct(RuleRef, {"name": name, "name_certainty": certainty, "maturity": maturity})


@lru_cache(maxsize=1024)
def _host(name: str | None) -> Host:
    pod = True if name and (_FALCO_POD.fullmatch(name) or _CONTAINER_NAME.fullmatch(name)) else None
    return construct(Host, {"hostname": name, "is_pod_name": pod})


def _maturity(tags: tuple[str, ...]) -> str | None:
    for tag in tags:
        if tag.startswith("maturity_"):
            match = _MATURITY.fullmatch(tag)
            if match:
                return match[1]
    return None


def split_output(output: str) -> tuple[str | None, str | None, str]:
    """Time, priority word and message of an ``output``; the first two are None when it has no such prefix."""
    match = HEAD.fullmatch(output)
    if match:
        return match["time"], match["priority"], match["message"]
    match = _WORD_HEAD.fullmatch(output)
    if match:
        return None, match["priority"], match["message"]
    return None, None, output


def title_of(message: str) -> str:
    """The fixed beginning of a message, up to its fields."""
    for mark in (" | ", " ("):
        head, found, _ = message.partition(mark)
        if found and head:
            return head[:200]
    return message[:200]


def build(envelope: Envelope) -> Alert:
    """The alert that an envelope stands for."""
    origin, output = envelope.origin, envelope.output
    warnings = [*origin.warnings, *envelope.warnings]
    text_time, text_priority, message = split_output(output) if output else (None, None, "")
    if envelope.message is not None:
        message = envelope.message
    fields, custom, certainty, prefix = envelope.fields, envelope.custom, envelope.certainty, envelope.prefix
    source, rule = envelope.source, envelope.rule
    head: str | None = None
    contradicted = envelope.contradicted
    if fields is None:
        parsed = parse_message(message, None if source in (None, "", "internal", "syscalls") else source)
        fields, certainty, prefix, head = parsed.fields, "parsed_from_text", None, parsed.head
        custom = {**parsed.custom, **custom}
        warnings += parsed.warnings
        contradicted = (*contradicted, *parsed.conflicts)
    internal = source == "internal" or (rule or "").startswith(INTERNAL) or message.startswith(INTERNAL)
    test = rule == "Test rule"
    rule_certainty: Certainty = "exact"
    if internal and rule is None:
        match = _INTERNAL_RULE.match(message)
        if match:
            rule, rule_certainty = match[1], "parsed_from_text"
    if test:
        warnings.append('this is falcosidekick\'s "Test rule": somebody tests the delivery, nothing was detected')
    priority = priority_of(envelope.priority) or priority_of(text_priority)
    if priority is None and envelope.priority is not None:
        warnings.append(f"unknown priority {str(envelope.priority)[:40]!r}")
    instant, time_text, time_path = _time(envelope, fields, text_time)
    if instant.warning:
        warnings.append(instant.warning)
    parts = normalise(fields, prefix=prefix, certainty=certainty, spelled=envelope.spelled)
    warnings += parts.warnings
    values, sources = parts.values, parts.sources
    host = envelope.hostname or parts.hostname or origin.host
    if host:
        if envelope.hostname:
            sources["host.hostname"] = source_of("hostname", "exact")
        elif not parts.hostname:
            sources["host.hostname"] = source_of("prefix", "inferred")
    if time_path and instant.certainty not in ("none", "time_only"):
        sources["time"] = source_of(time_path, "exact" if instant.certainty == "exact" else "inferred")
    if rule is not None:
        sources["rule.name"] = source_of("rule" if envelope.rule else "output", rule_certainty)
    if priority is not None:
        sources["priority"] = source_of("priority" if envelope.priority is not None else "output", "exact")
    if output and _CUT in output and output.rstrip(")").endswith(_CUT):
        warnings.append("the text was cut by the sender ([...])")
    if not message.isascii() and _BIDI.search(message):
        warnings.append(
            "the text holds characters that change the direction of writing: it may read differently from what it says"
        )
    tags = envelope.tags
    raw = envelope.raw
    digest = hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()
    values.update(
        kind="sensor_health" if internal else "alert",
        status=envelope.status,
        id=alert_id([rule, instant.ns or time_text, host, message or output, fields]),
        source_uid=envelope.uuid,
        format=envelope.format,
        wrappers=origin.wrappers,
        product=_product(source or None),
        time=instant.time,
        time_ns=instant.ns,
        time_text=time_text,
        time_certainty=instant.certainty,
        rule=_rule(rule, rule_certainty, _maturity(tags)),
        priority=priority,
        severity_id=SEVERITY[priority] if priority else Severity.UNKNOWN,
        severity_source=priority,
        title=rule or title_of(message),
        message=message or None,
        output=output,
        tags=tags,
        attacks=attacks(tags) if tags else (),
        host=_host(host),
        fields=fields,
        custom_fields={**custom, **origin.extras} if origin.extras else custom,
        field_sources=sources,
        missing=tuple(parts.missing),
        contradicted=tuple(dict.fromkeys(contradicted)),
        warnings=tuple(dict.fromkeys(warnings)) if warnings else (),
        raw=raw,
        raw_sha256=digest,
    )
    values["dedup_key"] = dedup_key(
        rule=rule,
        head=head or title_of(message),
        host=host,
        values=values,
        fields=fields,
        custom=custom,
        message=message,
    )
    return construct(Alert, values)


def _time(
    envelope: Envelope, fields: Mapping[str, JsonValue], text_time: str | None
) -> tuple[clock.Instant, str | None, str | None]:
    """The best time an envelope offers.

    Its own, the event's, the text's, and last the shipper's for a text without a date.
    """
    stated = envelope.time
    time_text = (
        stated if isinstance(stated, str) else text_time if text_time else None if stated is None else str(stated)
    )
    if stated is not None:
        instant = clock.parse(stated)
        if instant.ns is not None:
            return instant, time_text, "time"
    for name in ("evt.time.iso8601", "evt.time", "evt.rawtime"):
        value = fields.get(name)
        if value is not None and (isinstance(value, (int, str)) and not isinstance(value, bool)):
            instant = clock.parse(value)
            if instant.ns is not None:
                return instant, time_text, f"output_fields.{name}"
    if text_time is not None:
        instant = clock.parse(text_time)
        if instant.ns is not None:
            return instant, time_text, "output"
        if envelope.origin.time:
            instant = clock.dated(text_time, clock.parse(envelope.origin.time))
            return instant, time_text, "prefix"
        if envelope.origin.undated:
            logged = clock.of_syslog(envelope.origin.undated, envelope.origin.near)
            if logged.ns is None:
                return clock.Instant(None, None, "time_only", logged.warning), time_text, "output"
            instant = clock.dated(text_time, logged)
            return instant._replace(warning=logged.warning), time_text, "prefix"
        return clock.Instant(None, None, "time_only"), time_text, "output"
    if envelope.origin.time:
        logged = clock.parse(envelope.origin.time)
        if logged.ns is not None:
            warning = "the time is that of the log line; the alert itself has none"
            return clock.Instant(logged.time, logged.ns, "assumed_tz", warning), time_text, "prefix"
    if stated is not None:
        return clock.NOTHING._replace(warning=f"the time {str(stated)[:60]!r} cannot be read"), time_text, None
    return clock.NOTHING, time_text, None
