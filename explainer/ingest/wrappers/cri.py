"""The CRI log format of containerd and CRI-O: ``<time> stdout F <text>``; ``P`` marks part of a line."""

from __future__ import annotations

import re

from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin

_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\S+) (stdout|stderr) ([FP])(?::\w+)* (.*)", re.DOTALL)


class Cri:
    """A time, ``stdout`` or ``stderr``, and ``F`` or ``P``."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """The text of the line; ``P`` parts are put together."""
        match = _LINE.fullmatch(record) if isinstance(record, str) else None
        if match is None:
            return None
        return [Piece(match[4], origin.inside("cri", time=match[1]), join=match[2], complete=match[3] == "F")]


WRAPPER = Cri()
