"""Falco's own JSON.

Stdout, file, HTTP and program output with ``json_output: true``, of any version and in any key order.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import JsonValue

from explainer.ingest import json_text
from explainer.ingest.conflicts import Conflicts, conflict_warning, conflicts_of, of_doubled
from explainer.ingest.falco import HEAD, Envelope, build, priority_of
from explainer.ingest.field_table import NAMESPACES, is_falco_name
from explainer.ingest.formats import Record
from explainer.ingest.origin import Origin
from explainer.ingest.text_keys import underscored
from explainer.schema.alert import Alert

# How encoders spell Falco's keys, folded: Go and protobuf write OutputFields, people write Rule.
_KEYS = {
    "rule": "rule",
    "priority": "priority",
    "output": "output",
    "outputfields": "output_fields",
    "source": "source",
    "hostname": "hostname",
    "tags": "tags",
    "time": "time",
    "message": "message",
    "uuid": "uuid",
}
_ENVELOPE = frozenset(_KEYS.values())
_SIGNATURE_ID = re.compile(r"\d+:\d+:\d+")
_PARENTS = frozenset(NAMESPACES)


def envelope_of(record: dict[str, Any]) -> dict[str, Any]:
    """The record's Falco keys in Falco's spelling; an exact key wins over one of another spelling."""
    if "rule" in record and "priority" in record and "output_fields" in record:
        return record
    found = {key: record[key] for key in _ENVELOPE if key in record}
    for key, value in record.items():
        canonical = _KEYS.get(key.lower().replace("_", "")) if key not in _ENVELOPE else None
        if canonical:
            found.setdefault(canonical, value)
    return found


def is_falco(record: Record) -> bool:
    """True for a JSON object that only Falco or falcosidekick writes.

    A rule or Falco's text, a priority, and something it says.
    """
    if not isinstance(record, dict):
        return False
    keys = envelope_of(record)
    rule, fields, output = keys.get("rule"), keys.get("output_fields"), keys.get("output")
    named = isinstance(rule, str) and bool(rule.strip()) and not _SIGNATURE_ID.fullmatch(rule)
    if rule is not None and not named:
        return False
    falco_fields = isinstance(fields, dict) and any(map(_is_falco_field, fields))
    falco_text = isinstance(output, str) and HEAD.fullmatch(output) is not None
    known_priority = priority_of(keys.get("priority")) is not None
    if named:
        says = isinstance(output, str) or isinstance(fields, (dict, str)) or isinstance(keys.get("message"), str)
        return says and ((known_priority and "priority" in keys) or falco_fields or falco_text)
    return falco_text or (falco_fields and known_priority)


def _is_falco_field(name: str) -> bool:
    return is_falco_name(name) or name in _PARENTS or underscored(name) is not None


def read(record: dict[str, Any], origin: Origin, raw: str, name: str) -> Alert:
    """The alert of a record that ``is_falco`` accepts."""
    keys = envelope_of(record)
    warnings: list[str] = []
    custom: dict[str, JsonValue] = {}
    for key, value in record.items():
        if key not in _ENVELOPE and not (
            keys is not record and keys.get(_KEYS.get(key.lower().replace("_", ""), "")) is value
        ):
            custom[key] = _bounded(value, warnings)
    _doubled(record, "", custom, warnings)
    conflicts = of_doubled(record)
    fields = _fields(keys.get("output_fields"), custom, warnings, conflicts)
    rule, output, message = keys.get("rule"), _string(keys, "output", custom), _string(keys, "message", custom)
    if rule is None:
        warnings.append("the alert names no rule")
    if "\ufffd" in raw:
        warnings.append("bytes that are no valid UTF-8 were replaced by U+FFFD")
    tags = keys.get("tags")
    if isinstance(tags, str):
        tags = [tag.strip() for tag in tags.split(",") if tag.strip()]
    elif not isinstance(tags, list):
        if tags is not None:
            custom["tags"] = _bounded(tags, warnings)
        tags = ()
    return build(
        Envelope(
            format=name,
            origin=origin,
            raw=raw,
            rule=rule,
            priority=keys.get("priority"),
            source=_string(keys, "source", custom),
            hostname=_string(keys, "hostname", custom) or None,
            tags=tuple(tag if type(tag) is str else json_text.dump(tag) for tag in tags),
            output=output,
            message=message,
            time=keys.get("time"),
            uuid=_string(keys, "uuid", custom),
            fields=fields,
            custom=custom,
            warnings=warnings,
            contradicted=tuple(conflicts),
        )
    )


def _string(keys: dict[str, Any], name: str, custom: dict[str, JsonValue]) -> str | None:
    value = keys.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and name in ("source", "hostname"):
        return str(value)
    custom[name] = json_text.flattened(value)
    return None


def _doubled(record: dict[str, Any], prefix: str, custom: dict[str, JsonValue], warnings: list[str]) -> None:
    if not isinstance(record, json_text.Doubled):
        return
    conflicts = of_doubled(record)
    for key, values in record.lost.items():
        for number, value in enumerate(values, start=1):
            custom[f"{prefix}{key} (earlier value {number})"] = _bounded(value, warnings)
        differs = " with different values" if key in conflicts else ""
        warnings.append(f"the key {prefix + key!r} stands {len(values) + 1} times{differs}; the last value counts")


def _bounded(value: Any, warnings: list[str]) -> JsonValue:
    if not isinstance(value, (dict, list)):
        plain: JsonValue = value
        return plain
    bounded: JsonValue = json_text.flattened(value)
    if bounded != value:
        warnings.append(f"values nested deeper than {json_text.MAX_NESTING} levels were kept as text")
    return bounded


def _fields(
    value: Any, custom: dict[str, JsonValue], warnings: list[str], conflicts: Conflicts
) -> dict[str, JsonValue] | None:
    """Falco's fields as a flat object; None when there are none and the text has to serve."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        # Some pipelines carry the object as its own JSON text.
        try:
            value, _ = json_text.decode(value.strip())
        except json_text.NotJsonError:
            warnings.append("output_fields is text that is no JSON")
    if not isinstance(value, dict):
        if value is not None:
            custom["output_fields"] = _bounded(value, warnings)
            warnings.append("output_fields is no JSON object; the fields were read from the text")
        return None
    _doubled(value, "output_fields.", custom, warnings)
    conflicts.update(of_doubled(value))
    if not value:
        return None
    fields: dict[str, JsonValue] = {}
    nested: list[tuple[str, JsonValue]] = []
    renamed = False
    for name, item in value.items():
        if isinstance(item, (dict, list)):
            if name in _PARENTS and isinstance(item, dict) and item:
                # Datadog and Elasticsearch nest at the dots.
                nested += _leaves(name, item, conflicts)
                continue
            fields[name] = _bounded(item, warnings)
            continue
        if "." not in name and "_" in name:
            dotted = underscored(name)
            if dotted and dotted not in value:
                name, renamed = dotted, True
        fields[name] = item
    for path, leaf in nested:
        known = fields.setdefault(path, _bounded(leaf, warnings))
        if found := conflicts_of([(path, json_text.plain_text(known)), (path, json_text.plain_text(leaf))]):
            conflicts.update(found)
            warnings.append(conflict_warning(path, found[path], "the flat one counts, as uncertain"))
    if renamed:
        warnings.append("field names had underscores for dots (a shipper flattened them) and were read as Falco's")
    return fields


def _leaves(path: str, value: dict[str, Any], conflicts: Conflicts, depth: int = 0) -> list[tuple[str, Any]]:
    if path in ("k8s.pod.labels", "k8smeta.pod.labels") or depth > 8 or not value:
        return [(path, value)]
    conflicts.update(of_doubled(value, f"{path}."))
    found: list[tuple[str, Any]] = []
    for key, item in value.items():
        inner = f"{path}.{key}"
        found += _leaves(inner, item, conflicts, depth + 1) if isinstance(item, dict) else [(inner, item)]
    return found


class FalcoJson:
    """Falco's JSON without a falcosidekick ``uuid``."""

    def recognises(self, record: Record) -> bool:
        """See ``is_falco``."""
        return is_falco(record)

    def alerts(self, record: Record, origin: Origin, raw: str) -> list[Alert]:
        """The one alert of the record."""
        return [read(record, origin, raw, "falco_json")] if isinstance(record, dict) else []


FORMAT = FalcoJson()
