"""Times as sources print them, exact to the nanosecond, and never a date that nobody gave."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

from explainer.schema.alert import TimeCertainty

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_NS = 86_400 * 10**9
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?\s*(Z|UTC|[+-]\d\d:?\d\d(?::?\d\d)?)?(.*)", re.DOTALL
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BSD = re.compile(rf"({'|'.join(_MONTHS)}) ([ \d]\d) (?:(\d{{4}}) )?(\d\d:\d\d:\d\d(?:\.\d+)?)")
_SAFE = timedelta(days=31)
_CLOCK = re.compile(r"(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?")
# Go's time.String() as falcosidekick's chat outputs print it.
_GO = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) ([+-]\d{4}) \w+(?: m=.*)?")


class Instant(NamedTuple):
    """A point in time with what is known about it."""

    time: datetime | None
    ns: int | None
    certainty: TimeCertainty
    warning: str | None = None


NOTHING = Instant(None, None, "none")


def from_nanoseconds(ns: int) -> datetime | None:
    """UTC time of ``ns`` since the epoch, cut to microseconds; None outside what a datetime can hold."""
    try:
        return _EPOCH + timedelta(microseconds=ns // 1000)
    except OverflowError:
        return None


def _exact(ns: int, certainty: TimeCertainty = "exact", warning: str | None = None) -> Instant:
    time = from_nanoseconds(ns)
    return NOTHING if time is None else Instant(time, ns, certainty, warning)


def _nanoseconds(fraction: str | None) -> int:
    return int((fraction or "0")[:9].ljust(9, "0"))


def from_epoch(number: int) -> Instant:
    """An epoch value whose unit shows in its size: seconds, ms, µs or ns (from 1973 on these do not overlap)."""
    size = abs(number)
    if size < 10**8:
        return NOTHING
    for limit, factor in ((10**11, 10**9), (10**14, 10**6), (10**17, 1000)):
        if size < limit:
            return _exact(number * factor)
    return _exact(number)


def parse(value: Any) -> Instant:
    """A time field of any shape that Falco, its clients and its shippers write.

    Strings are ISO 8601 (any number of fraction digits, any offset), Go's ``time.String()`` or a bare clock; numbers
    are epoch values;
    objects are gRPC's ``{"seconds", "nanos"}``.
    """
    if isinstance(value, str):
        return _parse_text(value.strip())
    if isinstance(value, bool):
        return NOTHING
    if isinstance(value, int):
        return from_epoch(value)
    if isinstance(value, float):
        return from_epoch(int(value)) if abs(value) < 10**19 else NOTHING
    if isinstance(value, dict):
        seconds, nanos = value.get("seconds"), value.get("nanos", 0)
        if isinstance(seconds, str) and re.fullmatch(r"-?\d{1,20}", seconds):
            seconds = int(seconds)
        if type(seconds) is int and type(nanos) is int and 0 <= nanos < 10**9:
            return _exact(seconds * 10**9 + nanos)
    return NOTHING


def _parse_text(value: str) -> Instant:
    if len(value) == 30 and value[29] == "Z" and value[19] == ".":
        try:
            whole = datetime.fromisoformat(value[:19] + "+00:00")
            fraction = value[20:29]
            if fraction.isascii() and fraction.isdigit():
                nanoseconds = int(fraction)
                time = whole.replace(microsecond=nanoseconds // 1000)
                distance = whole - _EPOCH
                return Instant(time, (distance.days * 86_400 + distance.seconds) * 10**9 + nanoseconds, "exact")
        except ValueError:
            return NOTHING
    go = _GO.fullmatch(value)
    if go:
        return _parse_text(f"{go[1]}T{go[2]}{go[3]}")
    if re.fullmatch(r"\d{10,19}", value):
        return from_epoch(int(value))
    if _CLOCK.fullmatch(value):
        return Instant(None, None, "time_only")
    match = _ISO.fullmatch(value)
    if match is None:
        return NOTHING
    year, month, day, hour, minute, second, fraction, zone, rest = match.groups()
    try:
        # A leap second is printed as :60 and has no place in a datetime.
        whole = datetime(
            int(year), int(month), int(day), int(hour), int(minute), min(int(second), 59), tzinfo=_zone(zone)
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return NOTHING
    distance = whole - _EPOCH
    ns = (distance.days * 86_400 + distance.seconds) * 10**9 + _nanoseconds(fraction)
    if rest.strip():
        return _exact(ns, "assumed_tz", f"the end of the time {value!r} is not valid; it was read as UTC")
    if zone is None:
        return _exact(ns, "assumed_tz", "the time has no zone; it was read as UTC")
    return _exact(ns)


def _zone(zone: str | None) -> timezone:
    if zone in (None, "Z", "UTC"):
        return UTC
    digits = str(zone)[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))
    return timezone(-offset if str(zone)[0] == "-" else offset)


def of_syslog(text: str, near: datetime | None) -> Instant:
    """A syslog time without zone and mostly without year, ``Feb 13 20:33:20``, read as UTC.

    Args:
        text: the time as printed.
        near: a time close to which it was written. The year is taken from there when that leaves no doubt: the
            nearest such date lies within a month of it.
    """
    match = _BSD.fullmatch(text)
    if match is None:
        return NOTHING
    month, day, year, clock = match.groups()
    years = [int(year)] if year else [near.year - 1, near.year, near.year + 1] if near else []
    found = []
    for candidate in years:
        instant = _parse_text(f"{candidate:04}-{_MONTHS.index(month) + 1:02}-{int(day):02}T{clock}Z")
        if instant.time is not None:
            found.append(instant)
    if not year:
        found = [instant for instant in found if near and instant.time and abs(instant.time - near) <= _SAFE]
    if len(found) != 1:
        return NOTHING._replace(warning=f"the time {text!r} of the log line has no year, and nothing near it tells one")
    told = "it was read as UTC" if year else "its year is that of what stands near it; it was read as UTC"
    return found[0]._replace(certainty="assumed_tz", warning=f"the time {text!r} of the log line has no zone; {told}")


def dated(clock: str, prefix: Instant) -> Instant:
    """A bare ``HH:MM:SS.n`` of a text line, dated by the time that a shipper put on the line.

    Falco prints local time; the shipper's instant shows the zone: the offset is the nearest quarter of an hour. A
    line that lags its
    event by more than five minutes cannot be dated this way and keeps its bare time.
    """
    match = _CLOCK.fullmatch(clock)
    if match is None or prefix.ns is None:
        return Instant(None, None, "time_only")
    of_day = (int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])) * 10**9 + _nanoseconds(match[4])
    quarter, half_day = 900 * 10**9, _DAY_NS // 2
    behind = (prefix.ns - of_day + half_day) % _DAY_NS - half_day
    offset = (behind + quarter // 2) // quarter * quarter
    lag = behind - offset
    if abs(lag) > 300 * 10**9:
        return Instant(None, None, "time_only")
    return _exact(
        prefix.ns - lag, "assumed_tz", "the time has no date; the date and the zone are those of the log line's prefix"
    )
