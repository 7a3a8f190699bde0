"""Times: exact to the nanosecond, zones honoured, no date invented."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.ingest import clock, iter_records, read


@pytest.mark.parametrize(
    ("text", "ns", "certainty"),
    [
        ("2025-03-02T09:14:07.999999999Z", 1740906847999999999, "exact"),
        ("2025-03-02T09:14:07.5Z", 1740906847500000000, "exact"),
        ("2025-03-02T10:14:07+01:00", 1740906847000000000, "exact"),
        ("2025-03-02T04:14:07.1-0500", 1740906847100000000, "exact"),
        ("2025-03-02 09:14:07.000000001 +0000 UTC", 1740906847000000001, "exact"),
        ("2025-03-02T09:14:07", 1740906847000000000, "assumed_tz"),
        ("2025-03-02T09:14:07.746609046Z+2", 1740906847746609046, "assumed_tz"),
        (1740906847, 1740906847000000000, "exact"),
        (1740906847123, 1740906847123000000, "exact"),
        (1740906847123456789, 1740906847123456789, "exact"),
        ({"seconds": 1740906847, "nanos": 5}, 1740906847000000005, "exact"),
    ],
)
def test_times_of_any_make_are_exact(text, ns, certainty):
    found = clock.parse(text)
    assert (found.ns, found.certainty) == (ns, certainty)


@pytest.mark.parametrize(
    "value", ["", "soon", "2025-13-01T00:00:00Z", "9999-99-99T99:99:99.000000000Z", {}, [], True, 0, 10**40, None]
)
def test_what_is_no_time_gives_none(value):
    assert clock.parse(value).ns is None


def test_nanoseconds_are_cut_not_rounded_into_the_next_day():
    assert clock.parse("2025-03-02T23:59:59.999999999Z").time == datetime(2025, 3, 2, 23, 59, 59, 999999, tzinfo=UTC)


@given(st.integers(10**17, 4 * 10**18))
def test_a_printed_time_reads_back_to_the_same_nanosecond(ns):
    time = clock.from_nanoseconds(ns)
    text = time.strftime("%Y-%m-%dT%H:%M:%S") + f".{ns % 10**9:09}Z"
    assert clock.parse(text).ns == ns
    assert clock.parse(text).time == time


@given(st.text(max_size=40))
def test_no_text_makes_the_clock_raise(text):
    clock.parse(text)
    clock.dated(text, clock.parse("2025-03-02T00:00:00Z"))


@pytest.mark.parametrize(
    ("bare", "prefix", "expected"),
    [
        ("19:29:32.000000005", "2025-03-02T23:29:32.500Z", "2025-03-02T23:29:32.000000005Z"),
        ("23:59:59.900000000", "2025-03-03T00:00:00.100Z", "2025-03-02T23:59:59.900000000Z"),
        ("05:44:07.000000000", "2025-03-02T00:14:07.200Z", "2025-03-02T00:14:07.000000000Z"),
    ],
)
def test_a_bare_clock_is_dated_by_the_shippers_time_in_any_zone(bare, prefix, expected):
    found = clock.dated(bare, clock.parse(prefix))
    assert (found.ns, found.certainty) == (clock.parse(expected).ns, "assumed_tz")


def test_a_line_that_lags_its_event_keeps_its_bare_time():
    assert clock.dated("10:00:00.000000", clock.parse("2025-03-02T10:07:00Z")).certainty == "time_only"


def test_a_text_line_without_a_date_has_none():
    (alert,), _ = read("10:00:00.000000001: Notice X (user=root command=id)")
    assert (alert.time, alert.time_certainty, alert.time_text) == (None, "time_only", "10:00:00.000000001")


def test_a_syslog_line_without_a_year_dates_nothing():
    (alert,), _ = read("Mar  2 10:00:00 node-1 falco: 10:00:00.000000001: Notice X (user=root command=id)")
    assert (alert.time, alert.host.hostname) == (None, "node-1")


def test_a_log_line_with_a_date_gives_it():
    (alert,), _ = read("2025-03-02T10:00:01.5Z stdout F 10:00:00.000000001: Notice X (user=root command=id)")
    assert (alert.time_ns, alert.time_certainty) == (1740909600000000001, "assumed_tz")


SYSLOG = "Feb 13 20:33:20 node-1 falco[19]: 20:33:20.123456789: Warning X (user=root)"


def alert_of(time):
    record = {"rule": "R", "priority": "Notice", "time": time, "output": "x", "output_fields": {"proc.name": "sh"}}
    return json.dumps(record)


def last(*lines, near=None):
    return list(iter_records(["\n".join(lines).encode()], near=near))[-1]


def test_a_syslog_time_without_a_year_dates_nothing_and_says_so():
    found = last(SYSLOG)
    assert (found.time, found.time_certainty) == (None, "time_only")
    assert any("no year" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("neighbour", "expected"),
    [
        ("2024-02-10T10:00:00.000000001Z", datetime(2024, 2, 13, 20, 33, 20, 123456, tzinfo=UTC)),
        ("2024-03-01T10:00:00.000000001Z", datetime(2024, 2, 13, 20, 33, 20, 123456, tzinfo=UTC)),
        ("2023-09-01T10:00:00.000000001Z", None),
    ],
)
def test_the_year_is_taken_from_a_dated_alert_within_a_month_before_it(neighbour, expected):
    found = last(alert_of(neighbour), SYSLOG)
    assert found.time == expected
    assert found.time_certainty == ("assumed_tz" if expected else "time_only")
    assert found.warnings


def test_the_turn_of_a_year_is_seen():
    found = last(alert_of("2023-12-31T23:00:00.000000001Z"), SYSLOG.replace("Feb 13", "Jan  2"))
    assert found.time == datetime(2024, 1, 2, 20, 33, 20, 123456, tzinfo=UTC)


@pytest.mark.parametrize("near", [datetime(2022, 2, 1, tzinfo=UTC), datetime(2022, 2, 1)])  # noqa: DTZ001
def test_the_caller_may_say_when_an_input_was_written(near):
    assert last(SYSLOG, near=near).time == datetime(2022, 2, 13, 20, 33, 20, 123456, tzinfo=UTC)


def test_a_day_that_does_not_exist_dates_nothing():
    assert last(SYSLOG.replace("Feb 13", "Feb 30"), near=datetime(2022, 2, 20, tzinfo=UTC)).time is None
