"""Falco's text line, ``<time>: <Priority> <message>``.

It does not name its rule: ``falco.refine`` takes what a template gives back.
"""

from __future__ import annotations

import re

from explainer.ingest.falco import HEAD, Envelope, build
from explainer.ingest.formats import Record
from explainer.ingest.origin import Origin
from explainer.ingest.text_fields import parse_message
from explainer.schema.alert import Alert

_BARE = re.compile(
    r"(?:Emergency|Alert|Critical|Error|Warning|Notice|Informational|Debug) (?P<message>[A-Z].+)", re.DOTALL
)
# An unknown prefix may be anything short that is not itself prose with fields: a level, a tag, a host, a time.
_PREFIX = re.compile(r"[\w\s.:|<>\[\]\-/+,@#()]{0,160}?[\s:|\]>]")


def find(line: str) -> tuple[str, str] | None:
    """Prefix and Falco line, when the line ends in one; None otherwise."""
    match = HEAD.search(line, 0)
    if match is None:
        bare = _BARE.fullmatch(line)
        # Without its time a line looks like anybody's; two of Falco's own keys make it Falco's.
        if bare and parse_message(bare["message"]).keys >= 2:
            return "", line
        return None
    prefix = line[: match.start()]
    if prefix and not _PREFIX.fullmatch(prefix):
        return None
    return prefix, line[match.start() :]


class FalcoText:
    """A line of Falco's text output."""

    def recognises(self, record: Record) -> bool:
        """See ``find``."""
        return isinstance(record, str) and find(record) is not None

    def alerts(self, record: Record, origin: Origin, raw: str) -> list[Alert]:
        """The one alert of the line."""
        found = find(record) if isinstance(record, str) else None
        if found is None:
            return []
        prefix, line = found
        warnings = ["bytes that are no valid UTF-8 were replaced by U+FFFD"] if "\ufffd" in raw else []
        if prefix.strip():
            named = "falco" in prefix.lower()
            warning = None if named else "the alert stands behind other text: another program may have written it"
            origin = origin.inside("prefix", extras={"text": prefix.strip()}, warning=warning)
        return [build(Envelope(format="falco_text", origin=origin, raw=raw, output=line.rstrip(), warnings=warnings))]


FORMAT = FalcoText()
