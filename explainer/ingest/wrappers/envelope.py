"""Envelopes without a name.

An alert as the value of one of the keys under which programs carry a message on, or behind a log prefix.
"""

from __future__ import annotations

import re
from typing import Any

from explainer.ingest import json_text
from explainer.ingest.falco import HEAD
from explainer.ingest.falco_json import is_falco
from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin

_KEYS = (
    "falco", "alert", "event", "data", "payload", "body", "message", "msg", "Message", "log", "line", "record", "value",
    "raw_data", "raw", "detail", "content", "document", "original", "json", "result", "Body", "Records", "alerts",
    "events", "items", "messages",
)  # fmt: skip
_PREFIXED = re.compile(r"(?P<prefix>[\w\s.:|<>\[\]\-/+,@#()=]{1,200}?[\s:|\]>=])(?P<rest>\{\s*\".*)", re.DOTALL)


class UnnamedEnvelope:
    """Opened only when what it holds is a Falco alert beyond doubt, so that no other tool's record is taken apart."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """The alerts inside, or None."""
        if isinstance(record, str):
            match = _PREFIXED.fullmatch(record)
            if match is None:
                return None
            return [Piece(match["rest"], origin.inside("prefix", extras={"text": match["prefix"].strip()}))]
        for key in _KEYS:
            if key in record:
                found = [item for item in _items(record[key]) if _holds_alert(item)]
                if found:
                    return [Piece(item, origin.inside("envelope", extras={"key": key})) for item in found]
        return None


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _holds_alert(value: Any, depth: int = 0) -> bool:
    if isinstance(value, str):
        stripped = value.strip()
        if stripped.startswith("{") and '"' in stripped[:8]:
            try:
                value, _ = json_text.decode(stripped)
            except json_text.NotJsonError:
                return False
        else:
            return HEAD.fullmatch(stripped) is not None
    if not isinstance(value, dict):
        return False
    if is_falco(value):
        return True
    return depth < 3 and any(
        _holds_alert(inner, depth + 1) for key in _KEYS if key in value for inner in _items(value[key])
    )


WRAPPER = UnnamedEnvelope()
