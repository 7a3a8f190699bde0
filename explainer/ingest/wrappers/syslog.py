"""Syslog and journald lines: RFC 3164, RFC 5424 and the mixtures that daemons write."""

from __future__ import annotations

import re

from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin

_RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?"
_BSD = r"[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d+)?"
_RFC3164 = re.compile(
    rf"(?:<\d{{1,3}}>)?(?P<time>{_RFC3339}|{_BSD}) (?:(?P<host>[^\s\[\]:{{]+) )?"
    rf"(?P<tag>[^\s\[\]:{{]+)(?:\[(?P<pid>\d+)\])?: ?(?P<rest>.*)",
    re.DOTALL,
)
_RFC5424 = re.compile(
    rf"<\d{{1,3}}>\d{{1,2}} (?P<time>{_RFC3339}|-) (?P<host>\S+) (?P<tag>\S+) (?P<pid>\S+) \S+ "
    r'(?:-|(?:\[(?:[^"\]]|"(?:[^"\\]|\\.)*")*\])+) ?(?P<rest>.*)',
    re.DOTALL,
)
# RFC 6587 counts octets in front of a message on TCP.
_COUNTED = re.compile(r"\d{1,7} (?=<\d{1,3}>)")


class Syslog:
    """A syslog header and anything behind it; the header is taken off, never believed."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """The message, with the header's host and (when it has a year) its time."""
        if not isinstance(record, str):
            return None
        line = _COUNTED.sub("", record, count=1) if record[:1].isdigit() else record
        match = _RFC5424.fullmatch(line) or _RFC3164.fullmatch(line)
        if match is None or not match["rest"]:
            return None
        host = match["host"] if match["host"] not in (None, "-") else None
        time = match["time"] if match["time"][:1].isdigit() else None
        # A BSD time has no year and no zone: what stands near it in the input may give the year, nothing else does.
        undated = match["time"] if time is None and match["time"] != "-" else None
        extras = {"tag": match["tag"], "time": match["time"]}
        foreign = "falco" not in match["tag"].lower()
        warning = f"the line was logged by {match['tag'][:40]!r}, which may not be Falco" if foreign else None
        return [
            Piece(
                match["rest"].removeprefix("\ufeff"),
                origin.inside("syslog", host=host, time=time, undated=undated, extras=dict(extras), warning=warning),
            )
        ]


WRAPPER = Syslog()
