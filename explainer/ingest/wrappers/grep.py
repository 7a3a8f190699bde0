"""``grep`` over several files: ``/var/log/falco.log:12:<text>``."""

from __future__ import annotations

import re

from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin

# What follows must look like a record, or any "word: text" would be a file name.
_LINE = re.compile(
    r"(?P<file>(?:[A-Za-z]:)?[^\s:{}\"]{1,512}):(?:(?P<number>\d+)[:-])?"
    r"\ufeff?(?P<rest>"
    r"\{.*|\[\s*\{.*|<\d{1,3}>.*|CEF:0\|.*|(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d\.\d{6}.*|"
    r"\d{4}-\d\d-\d\dT.*|[A-Z][a-z]{2} [ \d]\d \d\d:.*)",
    re.DOTALL,
)


class Grep:
    """A file name and a colon in front of a record."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """The line without the file name."""
        match = _LINE.fullmatch(record) if isinstance(record, str) else None
        if match is None or match["file"].isdigit():
            return None
        return [Piece(match["rest"], origin.inside("grep", extras={"file": match["file"]}))]


WRAPPER = Grep()
