"""``kubectl logs --prefix`` and ``--timestamps``: ``[pod/falco-x/falco] 2024-05-01T10:00:00.123456789Z <text>``."""

from __future__ import annotations

import re

from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin

_TIME = r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))"
_PREFIXED = re.compile(rf"\[(?P<pod>pod/[^\]\s]+)\] (?:{_TIME} )?(?P<rest>.*)", re.DOTALL)
_STAMPED = re.compile(
    rf"{_TIME}[ \t]+(?P<rest>[{{\[\d<].*|(?:Emergency|Alert|Critical|Error|Warning|Notice|Informational|Debug) .*)",
    re.DOTALL,
)


class Kubectl:
    """A pod in brackets, or an RFC 3339 time and then something that may be an alert."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """The line without its prefix."""
        if not isinstance(record, str):
            return None
        match = _PREFIXED.fullmatch(record)
        pod = {"pod": match["pod"]} if match else None
        match = match or _STAMPED.fullmatch(record)
        return [Piece(match["rest"], origin.inside("kubectl", time=match["time"], extras=pod))] if match else None


WRAPPER = Kubectl()
