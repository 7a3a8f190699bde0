"""journald's JSON export (``journalctl -o json``): the line in ``MESSAGE``, as text or as a list of bytes."""

from __future__ import annotations

from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin


class Journald:
    """``MESSAGE`` beside a field of journald's own (they begin with an underscore)."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """The message."""
        if not isinstance(record, dict) or "MESSAGE" not in record or not any(key.startswith("_") for key in record):
            return None
        message = record["MESSAGE"]
        if isinstance(message, list) and message and isinstance(message[0], int):
            # journald writes a message that is no valid UTF-8 as numbers.
            if not all(isinstance(byte, int) and 0 <= byte < 256 for byte in message):
                return []
            message = bytes(message).decode("utf-8", "replace")
        elif isinstance(message, list):
            message = "\n".join(part for part in message if isinstance(part, str))
        if not isinstance(message, str):
            return []
        host, time = (
            record.get("_HOSTNAME"),
            record.get("_SOURCE_REALTIME_TIMESTAMP") or record.get("__REALTIME_TIMESTAMP"),
        )
        extras = {
            key: record[key] for key in ("_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER") if isinstance(record.get(key), str)
        }
        inner = origin.inside(
            "journald",
            host=host if isinstance(host, str) else None,
            time=time if isinstance(time, str) else None,
            extras=dict(extras),
        )
        return [Piece(message, inner)]


WRAPPER = Journald()
