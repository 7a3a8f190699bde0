"""Falco's CEF, as falcosidekick writes it to syslog: nothing in it is escaped, so it is read from both ends."""

from __future__ import annotations

import re

from pydantic import JsonValue

from explainer.ingest.falco import Envelope, build
from explainer.ingest.field_table import NAMESPACES
from explainer.ingest.formats import Record
from explainer.ingest.origin import Origin
from explainer.schema.alert import Alert, FalcoPriority

_LINE = re.compile(
    r"CEF:0\|Falcosecurity\|Falco\|[^|]*\|[^|]*\|(?P<rule>.*?)\|(?P<severity>\d{1,2}|[A-Za-z]+)\|"
    r"uuid=(?P<uuid>\S*) start=(?P<start>\S*) "
    r"msg=(?P<msg>.*?) source=(?P<source>\S*)(?: hostname=(?P<hostname>\S*))? outputfields=(?P<fields>.*)",
    re.DOTALL,
)
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
_TAGS = re.compile(r"(?:^|\s)tags=([^\s=]*)$")


class Cef:
    """``CEF:0|Falcosecurity|Falco|``."""

    def recognises(self, record: Record) -> bool:
        """A line that is Falco's CEF."""
        return (
            isinstance(record, str)
            and record.startswith("CEF:0|Falcosecurity|Falco|")
            and _LINE.fullmatch(record) is not None
        )

    def alerts(self, record: Record, origin: Origin, raw: str) -> list[Alert]:
        """The one alert of the line; its fields are as sure as text is."""
        match = _LINE.fullmatch(record) if isinstance(record, str) else None
        if match is None:
            return []
        warnings = ["CEF carries the fields unescaped: values that hold blanks and colons may be cut wrongly"]
        text = match["fields"].rstrip()
        tags = _TAGS.search(text)
        if tags:
            text = text[: tags.start()]
        if len(re.findall(r" source=\S* (?:hostname=\S* )?outputfields=", match[0])) > 1:
            warnings.append(
                "the line holds the mark of its fields twice: one of them may have been written by the attacker"
            )
        marks = list(_FIELD.finditer(text))
        fields: dict[str, JsonValue] = {}
        for index, mark in enumerate(marks):
            end = marks[index + 1].start() if index + 1 < len(marks) else len(text)
            fields.setdefault(mark[1], text[mark.end() : end].strip())
        return [
            build(
                Envelope(
                    format="cef",
                    origin=origin,
                    raw=raw,
                    rule=match["rule"],
                    priority=_PRIORITIES.get(match["severity"]),
                    source=match["source"] or None,
                    hostname=match["hostname"],
                    tags=tuple(filter(None, tags[1].split(","))) if tags else (),
                    output=match["msg"],
                    time=match["start"],
                    uuid=match["uuid"] or None,
                    fields=fields or None,
                    warnings=warnings,
                    certainty="parsed_from_text",
                )
            )
        ]


FORMAT = Cef()
