"""Fluent Bit and Fluentd.

The line in ``log`` (or parsed, in ``log_processed``) beside ``kubernetes`` metadata of the sensor's own pod.
"""

from __future__ import annotations

from typing import Any

from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin
from explainer.ingest.partial import CUT_AT

_METADATA = (
    "kubernetes",
    "stream",
    "date",
    "@timestamp",
    "_p",
    "container_id",
    "container_name",
    "docker",
    "tag",
    "time",
    "logtag",
    "source",
)


class FluentBit:
    """``log`` beside a key that these shippers add."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """The line; parts of a cut line are put together."""
        if not isinstance(record, dict) or not ("log" in record or "log_processed" in record):
            return None
        if not any(key in record for key in _METADATA) or not _is_line(record):
            return None
        kubernetes = record.get("kubernetes")
        # The pod here is Falco's, never the alert's: it must not be taken for where the event happened.
        extras = {"kubernetes": kubernetes} if isinstance(kubernetes, dict) else None
        host = kubernetes.get("host") if isinstance(kubernetes, dict) else None
        time = record.get("time") or record.get("@timestamp")
        inner = origin.inside(
            "fluent_bit",
            host=host if isinstance(host, str) else None,
            time=time if isinstance(time, str) else None,
            extras=dict(extras) if extras else None,
        )
        parsed = record.get("log_processed")
        if isinstance(parsed, dict) and parsed:
            return [Piece(parsed, inner)]
        text = record["log"]
        if not isinstance(text, str):
            return [Piece(text, inner)]
        partial = record.get("_p") == "P" or record.get("logtag") == "P" or record.get("partial_message") == "true"
        complete: bool | None = None
        if partial or text.endswith("\n") or record.get("_p") == "F" or record.get("logtag") == "F":
            complete = not partial
        elif len(text.encode()) >= CUT_AT:
            complete = False
        whose = kubernetes if isinstance(kubernetes, dict) else record
        names = (whose.get(key) for key in ("namespace_name", "pod_name", "container_name", "docker_id"))
        stream = "/".join(str(name) for name in (record.get("stream") or "stdout", *names) if name)
        return [Piece(text, inner, join=stream, complete=complete)]


def _is_line(record: dict[str, Any]) -> bool:
    """Whether the log is a line, or one that was parsed: Filebeat's ``log`` only says which file it came from."""
    text, parsed = record.get("log"), record.get("log_processed")
    if isinstance(text, str) or (isinstance(parsed, dict) and parsed):
        return True
    return isinstance(text, dict) and ("rule" in text or "output" in text)


WRAPPER = FluentBit()
