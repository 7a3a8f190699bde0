"""Lines that a runtime cut come back whole, and a part without its line takes no other along."""

from __future__ import annotations

import json

import pytest

from explainer.ingest import iter_records, read
from explainer.schema.alert import Alert


def record(name: str, size: int = 1) -> str:
    fields = {"proc.cmdline": "a" * size}
    return json.dumps({"rule": name, "priority": "Warning", "output": "x", "output_fields": fields})


def docker(text: str, stream: str = "stdout") -> str:
    return json.dumps({"log": text, "stream": stream, "time": "2024-05-01T10:00:01.1Z"})


def cri(text: str, flag: str = "F", stream: str = "stdout") -> str:
    return f"2024-05-01T10:00:01.1Z {stream} {flag} {text}"


def names(*lines: str) -> list[str | None]:
    return [result.rule.name for result in read("\n".join(lines))[0]]


def parts(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@pytest.mark.parametrize("size", [7, 100, 8_192, 16_384])
def test_dockers_parts_are_put_together_whatever_their_size(size: int) -> None:
    lines = [docker(part) for part in parts(record("long", 40_000 if size > 100 else 50) + "\n", size)]
    assert names(*lines, docker(record("next") + "\n")) == ["long", "next"]


def test_the_streams_of_a_container_are_put_together_apart() -> None:
    one, other = parts(record("out") + "\n", 40), parts(record("err") + "\n", 40)
    mixed = [line for a, b in zip(one, other, strict=True) for line in (docker(a), docker(b, "stderr"))]
    assert names(*mixed) == ["out", "err"]


def test_parts_of_different_pods_are_put_together_apart() -> None:
    def line(text: str, pod: str) -> str:
        return json.dumps({"log": text, "stream": "stdout", "_p": "P", "kubernetes": {"pod_name": pod}})

    def end(text: str, pod: str) -> str:
        return line(text, pod).replace('"P"', '"F"')

    one, other = record("one"), record("other")
    assert names(line(one[:50], "a"), line(other[:50], "b"), end(one[50:], "a"), end(other[50:], "b")) == [
        "one",
        "other",
    ]


@pytest.mark.parametrize(
    "orphan", ["garbage", record("lost")[:40], record("lost", 60_000)[30_000:46_384], "{", '{"a": "']
)
def test_a_part_whose_line_was_lost_is_reported_and_takes_no_alert_along(orphan: str) -> None:
    for lines in (
        [cri(orphan, "P"), cri(record("one")), cri(record("two"))],
        [docker(orphan), docker(record("one") + "\n"), docker(record("two") + "\n")],
    ):
        alerts, skipped = read("\n".join(lines))
        assert [alert.rule.name for alert in alerts] == ["one", "two"]
        assert [skip.line for skip in skipped] == [1]


def test_a_part_without_its_line_does_not_spoil_the_next_line_that_comes_in_parts() -> None:
    long = parts(record("long", 40_000), 16_384)
    assert names(cri(record("lost")[:30], "P"), *(cri(part, "P") for part in long[:-1]), cri(long[-1])) == ["long"]


def test_text_alerts_behind_a_lost_part_are_read() -> None:
    text = "10:00:00.000000001: Warning Something happened (user=root)"
    alerts, _ = read("\n".join([cri("10:00:00.000000000: Notice Cut (us", "P"), cri(text), cri(text)]))
    assert [alert.priority for alert in alerts] == ["Notice", "Warning", "Warning"]


def test_words_that_fall_on_the_cut_of_a_long_text_line_are_no_alert() -> None:
    head = "10:00:00.000000001: Warning Something happened (command="
    first = head + "a" * (16_384 - len(head))
    alerts, _ = read("\n".join([cri(first, "P"), cri("10:00:00.000000002: Critical Fake (user=root)")]))
    assert [alert.priority for alert in alerts] == ["Warning"]


def test_what_is_held_at_the_end_is_reported() -> None:
    alerts, skipped = read("\n".join([cri(record("one")), cri(record("cut")[:50], "P")]))
    assert ([alert.rule.name for alert in alerts], [skip.line for skip in skipped]) == (["one"], [2])


def test_many_tiny_parts_are_put_together_in_good_time() -> None:
    lines = [docker(part) for part in parts(record("long", 60_000) + "\n", 3)]
    found = [result for result in iter_records([("\n".join(lines)).encode()]) if isinstance(result, Alert)]
    assert [alert.rule.name for alert in found] == ["long"]
