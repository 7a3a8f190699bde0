"""Envelopes without a name of their own.

An alert as the value of one of the keys under which programs and clouds carry a message on, or behind a log prefix.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from explainer.ingest import json_text
from explainer.ingest.falco import HEAD
from explainer.ingest.falco_json import is_falco
from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin
from explainer.ingest.recognition import nearest

_KEYS = (
    "falco", "alert", "event", "data", "payload", "body", "message", "msg", "Message", "log", "line", "record",
    "value", "raw_data", "raw", "detail", "content", "document", "original", "json", "result", "Body", "Records",
    "records", "Messages", "alerts", "events", "items", "messages", "logEvents", "jsonPayload", "textPayload",
    "protoPayload", "Sns", "kinesis", "receivedMessages", "log_processed", "attributes", "_source", "fields", "object",
)  # fmt: skip
_DEPTH = 5
_PREFIXED = re.compile(
    r"(?P<prefix>[\w\s.:|<>\[\]\-/+,@#()=]{1,200}?[\s:|\]>=])'?"
    r"\ufeff?(?P<rest>(?:\[\s*)?\{\s*\".*)",
    re.DOTALL,
)
# Others choose the text of the rest: a packet or an annotation may spell an alert that Falco never raised.
_CARRIERS = ("a Wazuh alert", "an ECS event", "an EventBridge event")


class UnnamedEnvelope:
    """Opened only when what it holds is a Falco alert beyond doubt, so that no other tool's record is taken apart."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """The alerts inside, or None."""
        if isinstance(record, str):
            return _behind_prefix(record, origin) or _quoted(record, origin)
        known = nearest(record)
        if known is not None and known not in _CARRIERS:
            return None
        for key in _KEYS:
            if key in record:
                found = [opened for opened in map(_opened, _items(record[key])) if _holds_alert(opened, 0)]
                if found:
                    return [Piece(item, origin.inside("envelope", extras={"key": key})) for item in found]
        return None


def _behind_prefix(line: str, origin: Origin) -> list[Piece] | None:
    match = _PREFIXED.fullmatch(line)
    # A Falco line whose message holds JSON is that line, and no JSON behind a prefix.
    if match is None or HEAD.search(match["prefix"]):
        return None
    prefix = match["prefix"].strip()
    warning = None
    if "falco" not in prefix.lower() and not any("falco" in str(value).lower() for value in origin.extras.values()):
        warning = f"the alert stands behind other text ({prefix[:60]!r}): another program may have written it"
    return [Piece(match["rest"], origin.inside("prefix", extras={"text": prefix}, warning=warning))]


def _quoted(line: str, origin: Origin) -> list[Piece] | None:
    """A record inside a JSON string, alone or in a list: what queues, shells and ``jq .log`` hand out."""
    text = line.strip().rstrip(",")
    if text.startswith(("'{", "'[")) and text.endswith(("}'", "]'")):
        return [Piece(text[1:-1], origin.inside("quoted"))]
    if not text.startswith(('"', '["')):
        return None
    try:
        value, end = json_text.decode(text)
    except json_text.NotJsonError:
        return None
    found = [item for item in _items(value) if isinstance(item, str)]
    return [Piece(item, origin.inside("quoted")) for item in found] if found and end == len(text) else None


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _opened(value: Any) -> Any:
    """Text out of base64 when it spells a JSON object (``eyJ`` is ``{"``, ``ewo`` a brace on its own line)."""
    if isinstance(value, str) and value.startswith(("eyJ", "ewo")):
        try:
            return base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            return value
    return value


def _holds_alert(value: Any, depth: int) -> bool:
    value = _opened(value)
    if isinstance(value, str):
        stripped = value.strip()
        if not stripped.startswith("{"):
            return HEAD.fullmatch(stripped) is not None
        try:
            value, _ = json_text.decode(stripped)
        except json_text.NotJsonError:
            return False
    if not isinstance(value, dict):
        return False
    if is_falco(value):
        return True
    known = nearest(value)
    if depth >= _DEPTH or (known is not None and known not in _CARRIERS):
        return False
    return any(_holds_alert(inner, depth + 1) for key in _KEYS if key in value for inner in _items(value[key]))


WRAPPER = UnnamedEnvelope()
