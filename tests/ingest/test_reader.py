"""Properties of the stream: the alerts in it come out, the rest is named, and where it is cut changes nothing."""

import json
import string
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explainer.errors import AlertFormatError, UnknownNameError
from explainer.ingest import from_mapping, iter_records, read
from explainer.schema.alert import Alert, Skipped

FAST = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=40)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    [
        "proc.name",
        "proc.cmdline",
        "proc.tty",
        "proc.aname[2]",
        "proc.aname[40]",
        "fd.name",
        "fd.sport",
        "user.name",
        "user.uid",
        "user.loginuid",
        "container.id",
        "container.image.repository",
        "k8s.pod.labels",
        "evt.res",
        "evt.type",
        "evt.arg.flags",
        "evt.rawres",
        "ka.user.name",
        "ka.response.code",
        "ct.error",
        "custom thing",
        "proc.pid.ts",
        "container.privileged",
        "group.name",
    ]
) | st.text(string.ascii_letters + "._[]", min_size=1, max_size=12).filter(
    lambda name: name.partition(".")[0] not in ("evt", "proc") or "." in name
)
priorities = st.sampled_from(
    ["Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug", "warning", "INFO"]
)


@st.composite
def falco_records(draw):
    record = {
        "rule": draw(st.text(string.ascii_letters + " /(),", min_size=1, max_size=30).filter(str.strip)),
        "priority": draw(priorities),
        "time": "2024-05-01T10:00:00.123456789Z",
        "output": draw(st.text(max_size=60)),
        "output_fields": draw(st.dictionaries(names, values, max_size=8)),
    }
    if draw(st.booleans()):
        record["hostname"] = draw(st.text(max_size=10))
        record["tags"] = draw(st.lists(st.text(max_size=10), max_size=3))
    if draw(st.booleans()):
        record["extra"] = draw(values)
    return record


def record(number: int = 0, **changes) -> dict:
    base = {
        "rule": "Made up",
        "priority": "Warning",
        "time": f"2024-05-01T10:00:{number % 60:02}.000000001Z",
        "output": f"10:00:00.000000001: Warning Something happened (file=/tmp/{number})",
        "output_fields": {"fd.name": f"/tmp/{number}", "proc.name": "sh"},
    }
    return base | changes


def line(number: int = 0, **changes) -> str:
    return json.dumps(record(number, **changes))


TEXT = "10:00:00.123456789: Warning Something happened (user=root file=/tmp/t)"
pieces = st.sampled_from(
    [
        line(1),
        line(2),
        TEXT,
        json.dumps(record(3), indent=2),
        f"[{line(4)},{line(5)}]",
        f"[\n{line(6)},\n{line(7)}\n]",
        "",
        "2024-05-01T10:00:00+0000: Falco version: 0.43.0 (x86_64)",
        "Events detected: 2",
        "nonsense",
        '{"a": 1}',
        '{"a": }',
        "2024-05-01T10:00:00.1Z stdout F " + line(8),
        json.dumps({"log": line(9) + "\n", "stream": "stdout", "time": "2024-05-01T10:00:00Z"}),
        "{}",
        "\x1b[31m" + line(10) + "\x1b[0m",
        json.dumps({"log": TEXT + "\n", "stream": "stderr", "time": "2024-05-01T10:00:01Z"}),
    ]
)
documents = st.lists(pieces, max_size=6).map("\n".join)


def shapes(results):
    return [
        (result.kind, result.reason) if isinstance(result, Skipped) else (result.id, result.dedup_key, result.wrappers)
        for result in results
        if not (isinstance(result, Skipped) and result.kind == "blank")
    ]


@FAST
@given(falco_records())
def test_every_output_field_survives_exactly(source):
    (alert,) = from_mapping(source)
    parents = {"evt", "container", "proc", "fd", "user", "k8s", "ka", "ct", "json", "static", "group", "s3", "fs"}
    for name, value in source["output_fields"].items():
        if name not in parents and alert.fields:
            underscored = "_" in name and name not in alert.fields
            assert underscored or alert.fields[name] == value
    assert alert.rule.name == source["rule"]
    if "extra" in source:
        assert alert.custom_fields["extra"] == source["extra"]


@FAST
@given(falco_records())
def test_an_alert_built_without_validation_passes_validation(source):
    (alert,) = from_mapping(source)
    assert Alert.model_validate_json(alert.model_dump_json()).model_dump_json() == alert.model_dump_json()


@FAST
@given(documents, st.lists(st.integers(0, 2000), max_size=6))
def test_cutting_the_stream_anywhere_changes_nothing(document, cuts):
    data = document.encode()
    marks = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    chunks = [data[start:stop] for start, stop in pairwise(marks)]
    assert list(iter_records([data])) == list(iter_records(chunks))
    assert list(iter_records([data])) == list(iter_records([data[at : at + 1] for at in range(len(data))]))


@FAST
@given(documents, documents)
def test_two_inputs_after_each_other_give_both_results(first, second):
    separate = shapes(iter_records([first.encode()])) + shapes(iter_records([second.encode()]))
    assert shapes(iter_records([first.encode(), b"\n", second.encode()])) == separate


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300) | documents.map(lambda text: text[: len(text) * 2 // 3]))
def test_nothing_but_alert_format_error_ever_leaves(data):
    try:
        alerts, skipped = read(data)
    except AlertFormatError:
        return
    assert alerts
    assert all(skip.reason for skip in skipped)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "rule",
                "priority",
                "output",
                "output_fields",
                "time",
                "tags",
                "source",
                "hostname",
                "log",
                "message",
                "_source",
                "streams",
                "records",
                "alerts",
                "labels",
                "event",
                "data",
                "payload",
                "attachments",
                "stream",
                "MESSAGE",
                "_PID",
                "specversion",
                "type",
                "details",
                "entity",
                "@timestamp",
                "uuid",
                "kubernetes",
                "annotations",
            ]
        ),
        values,
        max_size=6,
    )
)
def test_any_object_gives_alerts_or_alert_format_error(source):
    try:
        alerts = from_mapping(source)
    except AlertFormatError:
        return
    assert all(isinstance(alert, Alert) for alert in alerts)


def test_a_broken_record_does_not_take_the_next_ones_along():
    for broken in (
        '{"rule": "X", "output": "cut of',
        '{"rule": "X", "output_fields": {"a": 1',
        '{"rule": "X", "priority":',
        '{"rule": "X",',
        '{"rule" "X"}',
        '{"rule": "X", "tags": [',
        "{",
        '[{"rule": "X"',
        '{"rule": "X"}}}}',
    ):
        data = f"{line(1)}\n{broken}\n{line(2)}\n{line(3)}\n{TEXT}\n{line(4)}\n"
        alerts, skipped = read(data)
        found = [alert.fields["fd.name"] for alert in alerts]
        assert found == ["/tmp/1", "/tmp/2", "/tmp/3", "/tmp/t", "/tmp/4"], broken
        assert any(skip.line == 2 for skip in skipped), broken


def test_a_broken_pretty_record_does_not_take_the_next_pretty_one_along():
    cut = json.dumps(record(1), indent=2).rsplit("\n", 3)[0]
    data = f"{cut}\n{json.dumps(record(2), indent=2)}\n{json.dumps(record(3), indent=4)}"
    alerts, skipped = read(data)
    assert [alert.fields["fd.name"] for alert in alerts] == ["/tmp/2", "/tmp/3"]
    assert [(skip.line, skip.kind) for skip in skipped] == [(1, "broken")]


def test_pretty_objects_back_to_back_and_in_arrays_are_read():
    pretty = [json.dumps(record(number), indent=2) for number in range(3)]
    for data in (
        "\n".join(pretty),
        "".join(pretty),
        ",\n".join(pretty),
        "[" + ",\n".join(pretty) + "]",
        "\n\n".join(pretty) + ",",
    ):
        alerts, _ = read(data)
        assert [alert.fields["fd.name"] for alert in alerts] == ["/tmp/0", "/tmp/1", "/tmp/2"]


@pytest.mark.parametrize("width", [20, 37, 80, 132])
def test_json_that_a_terminal_broke_at_a_column_is_put_together_exactly(width):
    whole = line(7, output="10:00:00.000000001: Warning A long sentence  with two blanks (command=sh -c 'a  b')")
    wrapped = "\n".join(whole[at : at + width] for at in range(0, len(whole), width))
    (alert,), skipped = read(wrapped)
    assert (alert.output, alert.fields) == (json.loads(whole)["output"], json.loads(whole)["output_fields"])
    assert not skipped
    assert any("line breaks" in warning for warning in alert.warnings)


def test_json_that_an_editor_broke_between_words_keeps_its_words():
    data = (
        '{"rule":"Made up","priority":"Notice","output":"12:00:00.000000001: Notice A shell was\n'
        ' spawned in a container (user=root\n shell=sh)",'
        '"output_fields":{"container.\n id":"0123456789ab","proc.name":"sh"}}'
    )
    (alert,), _ = read(data)
    assert alert.message == "A shell was spawned in a container (user=root shell=sh)"
    assert alert.container.id == "0123456789ab"


def test_skips_tell_line_and_kind():
    data = "\n".join(
        [
            "2024-05-01T10:00:00+0000: Falco version: 0.43.0 (x86_64)",
            line(1),
            "",
            "what is this",
            '{"a": [}',
            line(2),
            "Events detected: 2",
            "Rule counts by severity:",
            "   WARNING: 2",
            "Triggered rules by rule name:",
            "   Made up: 2",
        ]
    )
    alerts, skipped = read(data)
    assert len(alerts) == 2
    assert [(skip.line, skip.kind) for skip in skipped] == [
        (1, "log_line"),
        (3, "blank"),
        (4, "unrecognised"),
        (5, "broken"),
        (7, "statistics"),
        (8, "statistics"),
        (9, "statistics"),
        (10, "statistics"),
        (11, "statistics"),
    ]


def test_an_object_of_another_tool_is_named_with_its_keys():
    with pytest.raises(AlertFormatError, match=r"Suricata.*event_type"):
        read('{"timestamp": "2024-05-01T10:00:00", "event_type": "alert", "alert": {"signature": "x"}}')


def test_an_empty_input_says_so():
    for data in ("", "\n\n", b"\xef\xbb\xbf", "[]", "[\n]"):
        with pytest.raises(AlertFormatError, match="empty"):
            read(data)


def test_an_unknown_format_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownNameError, match="falco_json"):
        read(line(1), format="falco_jsn")


def test_a_named_format_reads_nothing_else():
    assert len(read(TEXT, format="falco_text")[0]) == 1
    with pytest.raises(AlertFormatError):
        read(line(1), format="falco_text")


def test_a_record_over_the_cap_is_broken_and_the_stream_goes_on():
    def chunks():
        yield line(1).encode() + b"\n"
        yield b'{"rule": "big", "priority": "Notice", "output": "'
        for _ in range(18):
            yield b"x" * (1 << 20)
        yield b'"}\n'
        yield line(2).encode() + b"\n"

    results = list(iter_records(chunks()))
    assert [type(result).__name__ for result in results] == ["Alert", "Skipped", "Alert"]
    assert results[1].kind == "broken"
    assert "16 MiB" in results[1].reason


def test_an_endless_line_of_text_is_one_skip():
    def chunks():
        for _ in range(20):
            yield b"y" * (1 << 20)
        yield b"\n" + line(2).encode()

    results = list(iter_records(chunks()))
    assert [type(result).__name__ for result in results] == ["Skipped", "Alert"]


def test_an_array_on_one_line_longer_than_a_piece_is_read_element_by_element():
    body = "[" + ",".join(line(number, output="z" * 3000) for number in range(700)) + "]"
    assert len(body) > 2 << 20
    assert sum(isinstance(result, Alert) for result in iter_records([body.encode()])) == 700


def test_unclosed_brackets_do_not_take_quadratic_time():
    data = b'{"a":[\n' * 20_000 + line(1).encode()
    assert any(isinstance(result, Alert) for result in iter_records([data]))


def test_utf16_and_crlf_are_read():
    assert len(read(("\r\n".join([line(1), line(2)])).encode("utf-16"))[0]) == 2


def test_invalid_utf8_is_replaced_with_a_warning():
    (alert,), _ = read(line(1).encode().replace(b"Something", b"Some\xffthing"))
    assert "Some\ufffdthing" in alert.output
    assert any("UTF-8" in warning for warning in alert.warnings)


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ("[" * 100_000, [1]),
        ("[" * 100_000 + "]" * 100_000, [1]),
        ("[" * 3_000_000, [1]),
        ('{"a":' * 100_000, [1]),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, [1]),
        (",,,,,;;;;;\nhello", [1, 2]),
        ("[]", [1]),
        ('{"records": []}', [1]),
        ('{"records": [{"value": [1, "x"]}]}', [1, 1]),
        (json.dumps({"records": [{"value": json.loads("[" * 500 + "]" * 500)}]}), [1]),
        (f"[\n{line(1)},\n{line(2)}\n]\n[[[[[[]]]]]]", [5]),
    ],
)
def test_every_line_that_is_no_alert_is_reported_with_its_place(data, lines):
    found = [result for result in iter_records([data.encode()]) if isinstance(result, Skipped)]
    assert [(skip.line, bool(skip.reason)) for skip in found] == [(number, True) for number in lines]


def test_brackets_around_alerts_are_nothing_to_report():
    assert read(f"[\n{line(1)}\n,\n{line(2)}\n]\n")[1] == []


def test_a_cef_line_without_fields_is_an_alert():
    head = "CEF:0|Falcosecurity|Falco|1.0|Falco Event|R|6|uuid=u start=2024-05-01T10:00:00Z msg=m"
    alerts, _ = read(f"{head} source=syscall outputfields= ")
    assert [alert.rule.name for alert in alerts] == ["R"]


@pytest.mark.parametrize("value", ["34816\x1c", "\x1f7", " 7 ", "٣"])
def test_odd_blanks_and_digits_around_a_number_are_no_error(value):
    alerts, _ = read(line(1, output_fields={"proc.tty": value, "proc.name": "sh"}))
    assert alerts[0].process.tty in (7, 3, 34816)
