"""Falco's CEF, as falcosidekick writes it to syslog: nothing in it is escaped, so it is read from both ends."""

from __future__ import annotations

import re

from pydantic import JsonValue

from explainer.ingest.conflicts import Conflicts, conflict_warning, conflicts_of
from explainer.ingest.falco import Envelope, build
from explainer.ingest.field_table import NAMESPACES
from explainer.ingest.formats import Record
from explainer.ingest.origin import Origin
from explainer.ingest.text_fields import INTERNAL
from explainer.ingest.text_keys import ONE_WORD
from explainer.schema.alert import Alert, FalcoPriority

_START = "CEF:0|Falcosecurity|Falco|"
_HEADER = re.compile(r"\|(?P<severity>\d{1,2}|[A-Za-z]+)\|uuid=(?P<uuid>\S*) start=(?P<start>\S*) msg=")
_FIELDS = re.compile(r" source=(?P<source>\S*)(?: hostname=(?P<hostname>\S*))? outputfields=")
_PRIORITIES: dict[str, FalcoPriority] = {
    "0": "Debug",
    "3": "Informational",
    "4": "Notice",
    "6": "Warning",
    "7": "Error",
    "8": "Critical",
    "9": "Alert",
    "10": "Emergency",
}
"""falcosidekick's ``getCEFSeverity``, backwards."""
_FIELD = re.compile(rf"(?:(?<=\s)|^)((?:{'|'.join(NAMESPACES)})\.[\w.]+(?:\[[^\]\s]*\])?):")
# Falco's messages about itself bring counters of their own names, and no value that anybody else writes.
_COUNTER = re.compile(r"(?:(?<=\s)|^)([a-z]\w*(?:\.\w+)*):")
_TAGS = re.compile(r"(?:^|\s)tags=([^\s=]*)$")


class Cef:
    """``CEF:0|Falcosecurity|Falco|``."""

    def recognises(self, record: Record) -> bool:
        """A line that is Falco's CEF."""
        return (
            isinstance(record, str)
            and record.startswith(_START)
            and _HEADER.search(record) is not None
            and _FIELDS.search(record) is not None
        )

    def alerts(self, record: Record, origin: Origin, raw: str) -> list[Alert]:
        """The one alert of the line; its fields are as sure as text is."""
        header = _HEADER.search(record) if isinstance(record, str) else None
        if not isinstance(record, str) or header is None:
            return []
        body = record[header.end() :]
        marks = list(_FIELDS.finditer(body))
        if not marks:
            return []
        warnings = ["CEF carries the fields unescaped: values that hold blanks and colons may be cut wrongly"]
        if len(marks) > 1:
            warnings.append(
                "the line holds the mark of its fields more than once: an attacker may have written all but one"
            )
        # What an attacker writes into one value stands in the message before the mark and in the fields behind it.
        mark = marks[len(marks) // 2]
        text, tags = body[mark.end() :].rstrip(), None
        found = _TAGS.search(text)
        if found:
            text, tags = text[: found.start()], found[1]
        # The header has six bars; only the rule's name can hold more of them.
        rule = record[: header.start()].split("|", 5)[-1]
        fields, conflicts = _fields(text, _COUNTER if rule.startswith(INTERNAL) else _FIELD)
        # Which of two is Falco's cannot be told from either end.
        warnings += [conflict_warning(name, values, "none of them was read") for name, values in conflicts.items()]
        return [
            build(
                Envelope(
                    format="cef",
                    origin=origin,
                    raw=raw,
                    rule=rule,
                    priority=_PRIORITIES.get(header["severity"]),
                    source=mark["source"] or None,
                    hostname=mark["hostname"],
                    tags=tuple(filter(None, tags.split(","))) if tags else (),
                    output=body[: mark.start()],
                    time=header["start"],
                    uuid=header["uuid"] or None,
                    fields=fields or None,
                    warnings=warnings,
                    contradicted=tuple(conflicts),
                    certainty="parsed_from_text",
                )
            )
        ]


def _fields(text: str, key: re.Pattern[str]) -> tuple[dict[str, JsonValue], Conflicts]:
    marks = list(key.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)][: len(marks)]
    pairs = []
    for mark, end in zip(marks, ends, strict=True):
        value = text[mark.end() : end].strip()
        # What follows a name or a number is a key that nobody here knows, such as a site's own.
        pairs.append((mark[1], value.split(" ", 1)[0] if mark[1] in ONE_WORD else value))
    conflicts = conflicts_of(pairs)
    fields: dict[str, JsonValue] = {}
    for name, value in pairs:
        fields.setdefault(name, None if name in conflicts else value)
    return fields, conflicts


FORMAT = Cef()
