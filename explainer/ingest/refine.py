"""Text alerts read again once their rule is known: its output template says which words are whose value."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from explainer.ingest.conflicts import IN_TEXT, conflict_warning
from explainer.ingest.construct import construct
from explainer.ingest.identity import dedup_key
from explainer.ingest.normalise import normalise, source_of
from explainer.ingest.output_template import OutputTemplate, cut
from explainer.ingest.text_fields import UNREAD, parse_message
from explainer.ingest.text_keys import field_of
from explainer.schema.alert import Alert, Certainty

_PARTS = frozenset(
    [
        "container",
        "k8s",
        "process",
        "ancestors",
        "user",
        "file",
        "network",
        "syscall",
        "api",
        "cloud",
        "action",
        "result_raw",
    ]
)
_PLUGIN_FIELD = re.compile(r"(?:ka|ct|gcp|okta|github|jevt|json|s3|ec2|azure)\.")
_SYSCALL_FIELD = re.compile(r"(?:proc|user|fd|evt|thread|group)\.")
# Falco put these behind the message, or a site did with -pk and -pc, whatever the rule's own template says.
_ALWAYS_PRINTED = frozenset(
    [
        "container.id",
        "container.name",
        "container.image",
        "container.image.repository",
        "container.image.tag",
        "k8s.ns.name",
        "k8s.pod.name",
    ]
)


class _Printed(Container[str]):
    """Fields that a rule prints: those of its templates, and what is appended to any message."""

    def __init__(self, templates: Sequence[OutputTemplate]) -> None:
        self._fields = _ALWAYS_PRINTED.union(*(template.fields for template in templates))

    def __contains__(self, name: object) -> bool:
        return name in self._fields


def is_from_text(alert: Alert) -> bool:
    """Whether the alert brought no fields of its own, so that all were parsed from its text."""
    return bool(alert.message) and not any(
        source.path not in ("output", "prefix") and "." in path and path not in ("host.hostname", "rule.name")
        for path, source in alert.field_sources.items()
    )


def printed_by(alert: Alert, template: OutputTemplate) -> bool:
    """Whether the template can have printed the alert's message."""
    return alert.message is not None and cut(template, alert.message) is not None


def by_templates(alert: Alert, rule: str, templates: Sequence[OutputTemplate], source: str | None = None) -> Alert:
    """The alert with the rule and the fields that the rule's output templates give back.

    Args:
        alert: an alert whose fields were parsed from text (``is_from_text``).
        rule: name of its rule.
        templates: the rule's known templates, the likeliest first; the first one that fits is taken. When another
            release printed the message, they still tell which fields the rule prints.
        source: the rule's event source.

    Returns:
        A copy. A field of which text inside another value could have changed the value is null, with a warning.
    """
    message = alert.message or ""
    for template in templates:
        found = cut(template, message)
        if found is None:
            continue
        fields: dict[str, JsonValue] = dict(found.fields)
        if isinstance(info := fields.pop("container.info", None), str) and info:
            fields = {**parse_message(info, "syscall", printed=_ALWAYS_PRINTED).fields, **fields}
        warnings = []
        if found.doubtful:
            fields.update(dict.fromkeys(found.doubtful))
            warnings.append(
                "text in one of the values looks like the rule's own words, so where these values begin and end cannot "
                f"be told, and they were not read: {', '.join(found.doubtful)}"
            )
        if found.appended:
            warnings.append(
                "the container's fields stand behind a value that anybody may write; they are Falco's own only where "
                "its append_output is switched on, as it is by default"
            )
        for name, values in found.imitated.items():
            what = "the rule's output template tells them apart" if name in found.fields else "it was not read"
            warnings.append(conflict_warning(IN_TEXT + name, values, what))
        return _renamed(alert, rule, fields, warnings, (*found.imitated, *found.suspect), source)
    parsed = parse_message(message, source, printed=_Printed(templates))
    return _renamed(alert, rule, parsed.fields, parsed.warnings, tuple(parsed.conflicts), source)


def _renamed(
    alert: Alert,
    rule: str,
    fields: Mapping[str, JsonValue],
    warnings: Sequence[str],
    contradicted: Sequence[str],
    source: str | None,
) -> Alert:
    given = alert.rule.name is not None
    certainty: Certainty = alert.rule.name_certainty if given else "inferred"
    # What was said of the text before its rule was known is said again, better; the envelope's own keys have no dots.
    kept = tuple(one for one in alert.warnings if not one.startswith((UNREAD, IN_TEXT)))
    before = [name for name in alert.contradicted if "." not in name]
    changes: dict[str, Any] = {
        "fields": {},
        # Labels that were set aside, and are read now.
        "custom_fields": {
            name: value
            for name, value in alert.custom_fields.items()
            if field_of(name, source or "syscall") not in fields
        },
        "warnings": (*kept, *warnings),
        "contradicted": tuple(dict.fromkeys([*before, *contradicted])),
    }
    bare = alert.model_copy(update=changes)
    return refine(bare, rule=rule, fields=fields, certainty=certainty)


def refine(alert: Alert, *, rule: str, fields: Mapping[str, JsonValue], certainty: Certainty = "inferred") -> Alert:
    """The same alert with a rule and fields that an output template gave back.

    Args:
        alert: an alert of text, whose rule is not known.
        rule: name of the rule whose template matched.
        fields: fields that the template took apart, under Falco's dotted names; they replace what was parsed without
        it.
        certainty: how sure the rule's name is.

    Returns:
        A copy: rule, fields and every normalised part rebuilt, ``dedup_key`` too; ``id`` stays, for the source said
        nothing new.
    """
    kept = dict(alert.fields)
    if any(_PLUGIN_FIELD.match(name) for name in fields):
        # Without a template "user=" was read as a Linux user; the plugin's template says whose it is.
        kept = {name: value for name, value in kept.items() if not _SYSCALL_FIELD.match(name)}
    merged: dict[str, JsonValue] = {**kept, **fields}
    textual = alert.output is not None and "parsed_from_text" in {
        source.certainty for source in alert.field_sources.values()
    }
    from_text = textual or not alert.fields
    parts = normalise(
        merged,
        prefix=None if from_text else "output_fields.",
        certainty="parsed_from_text" if from_text else "exact",
    )
    sources = {
        path: source
        for path, source in alert.field_sources.items()
        if path in ("time", "priority", "rule.name") or (path.startswith("host.") and not parts.hostname)
    }
    sources.update(parts.sources)
    if rule != alert.rule.name:
        sources["rule.name"] = source_of("output", certainty)
    values: dict[str, Any] = {name: getattr(alert, name) for name in Alert.model_fields if name not in _PARTS}
    values.update(parts.values)
    values.update(
        rule=alert.rule.model_copy(update={"name": rule, "name_certainty": certainty}),
        title=rule,
        fields=merged,
        field_sources=sources,
        missing=tuple(parts.missing),
        warnings=tuple(dict.fromkeys((*alert.warnings, *parts.warnings))),
    )
    values["dedup_key"] = dedup_key(
        rule=rule,
        head=alert.title,
        host=alert.host.hostname,
        values=values,
        fields=merged,
        custom=alert.custom_fields,
        message=alert.message,
    )
    return construct(Alert, values)
