"""Bytes to alerts.

Every shape in which Falco's alerts arrive, streamed, with nothing guessed and nothing lost in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from explainer.errors import AlertFormatError
from explainer.ingest import json_text
from explainer.ingest.formats import FORMATS, WRAPPERS, AlertFormat, Piece, Record, Wrapper
from explainer.ingest.identity import dedup_key
from explainer.ingest.origin import Origin
from explainer.ingest.reader import Reader
from explainer.schema.alert import Alert, Skipped

__all__ = [
    "FORMATS",
    "WRAPPERS",
    "AlertFormat",
    "Origin",
    "Piece",
    "Record",
    "Wrapper",
    "dedup_key",
    "from_mapping",
    "iter_records",
    "read",
]

_SURROGATE = re.compile("[\ud800-\udfff]")


def iter_records(
    chunks: Iterable[bytes],
    *,
    format: str = "auto",  # noqa: A002 - public name
    near: datetime | None = None,
) -> Iterator[Alert | Skipped]:
    """Alerts of a stream, in order, and what stands between them.

    Args:
        chunks: the input, cut anywhere. Memory stays bounded by one record (16 MiB), however long the input is.
        format: a name in ``FORMATS``, or ``auto``. Wrappers are opened in any case.
        near: a time (with its zone) close to which the input was written. Syslog times without a year take theirs
            from there, or from a dated alert before them; where neither is near, they date nothing.

    Yields:
        An ``Alert`` for every alert, a ``Skipped`` for everything else. A broken record does not end the stream.

    Raises:
        UnknownNameError: nobody registered ``format``.
    """
    return Reader(format, near).run(chunks)


def read(data: bytes | str, *, format: str = "auto") -> tuple[list[Alert], list[Skipped]]:  # noqa: A002 - public name
    """Alerts of an input that is in memory, and what was skipped.

    Raises:
        AlertFormatError: there is no alert in it; the message says what was seen.
        UnknownNameError: nobody registered ``format``.
    """
    if isinstance(data, str):
        data = _SURROGATE.sub("\ufffd", data).encode()
    alerts: list[Alert] = []
    skipped: list[Skipped] = []
    for result in iter_records([data], format=format):
        if isinstance(result, Alert):
            alerts.append(result)
        else:
            skipped.append(result)
    if not alerts:
        raise _no_alert(skipped, format)
    return alerts, skipped


def from_mapping(record: Mapping[str, Any], *, format: str = "auto") -> list[Alert]:  # noqa: A002 - public name
    """Alerts of a dict that a playbook holds: an alert, or any wrapper around some.

    Raises:
        AlertFormatError: there is no alert in it.
        UnknownNameError: nobody registered ``format``.
    """
    content = json_text.plain(record)
    reader = Reader(format)
    results = [*reader.value(content, Origin()), *reader.close()]
    alerts = [result for result in results if isinstance(result, Alert)]
    if not alerts:
        raise _no_alert([result for result in results if isinstance(result, Skipped)], format)
    return alerts


def _no_alert(skipped: list[Skipped], name: str) -> AlertFormatError:
    wanted = "no Falco alert" if name == "auto" else f"no alert in the format {name!r}"
    telling = [skip for skip in skipped if skip.kind in ("broken", "unrecognised")]
    talk = [skip for skip in skipped if skip.kind in ("log_line", "statistics")]
    if telling:
        first = telling[0]
        more = f" (and {len(telling) - 1} more pieces like it)" if len(telling) > 1 else ""
        message = f"{wanted} in the input: line {first.line}: {first.reason}{more}"
    elif talk:
        message = f"{wanted} in the input: it holds only Falco's own messages ({len(talk)} lines)"
    else:
        return AlertFormatError("the input is empty", hint="give it a Falco alert: JSON, JSON Lines or text lines")
    return AlertFormatError(
        message,
        hint="give it Falco's JSON or text output, or what falcosidekick sends; `format` names one if detection fails",
    )
