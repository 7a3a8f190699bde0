"""Shapes in which shippers, queues and shells really hand out alerts."""

from __future__ import annotations

import json
import time

import pytest

from explainer import explain
from explainer.ingest import read

ALERT = {
    "rule": "R",
    "priority": "Warning",
    "time": "2026-03-04T05:06:07.000000000Z",
    "output": "x",
    "output_fields": {"proc.name": "sh"},
}
LINE = json.dumps(ALERT)
TEXT = '10:00:00.000000001: Warning X (user=ann subject=[{"kind": "User"}])'
FILEBEAT = {
    "@timestamp": "2026-03-04T05:06:07.1Z",
    "log": {"offset": 7, "file": {"path": "/var/log/containers/falco.log"}},
    "input": {"type": "container"},
    "stream": "stdout",
    "agent": {"type": "filebeat"},
}


@pytest.mark.parametrize(
    ("data", "wrappers"),
    [
        # Filebeat says in "log" which file the line came from, and adds the sensor's pod.
        (json.dumps({**FILEBEAT, "message": LINE}), ("beats",)),
        (json.dumps({**FILEBEAT, "message": LINE, "kubernetes": {"pod": {"name": "falco-x"}}}), ("beats",)),
        (json.dumps({**FILEBEAT, "json": ALERT}), ("beats",)),
        (json.dumps({"log": ALERT, "kubernetes": {"pod_name": "falco-x"}}), ("fluent_bit",)),
        # aws sqs receive-message
        (json.dumps({"Messages": [{"MessageId": "m", "Body": LINE}]}), ("envelope", "envelope")),
        # An array behind a prefix, and a byte-order mark that grep left behind the file's name.
        (f"2026/03/04 05:06:07 [INFO] falco: [{LINE}]", ("prefix",)),
        (f"falco.log:[{LINE}]", ("grep",)),
        (f"falco.log:\ufeff{LINE}", ("grep",)),
        (f"\x1b[33m\ufeff{LINE}\x1b[0m", ()),
        # jq .log
        (json.dumps(LINE + "\n"), ("quoted",)),
        (f"'[{LINE}]'", ("quoted",)),
    ],
)
def test_the_alert_comes_out_of_what_it_was_wrapped_in(data, wrappers):
    (alert,), _ = read(data)
    assert (alert.rule.name, alert.process.name, alert.wrappers) == ("R", "sh", wrappers)


@pytest.mark.parametrize("prefix", ["2026/03/04 05:06:07 [INFO] falco: ", "falco-x2b4k falco ", "node-1 | "])
def test_json_within_the_text_of_an_alert_is_no_alert_behind_a_prefix(prefix):
    (alert,), _ = read(prefix + TEXT)
    assert (alert.format, alert.priority) == ("falco_text", "Warning")
    assert alert.message.startswith("X (user=ann")


def test_a_text_line_that_jq_printed_as_a_string_is_read():
    (alert,), _ = read(json.dumps(f"falco-1  | {TEXT}\n"))
    assert alert.message.startswith("X (user=ann")


CEF = (
    "CEF:0|Falcosecurity|Falco|1.0|Falco Event|{}|6|uuid=u start=2026-01-01T00:00:00Z msg=x source=syscalls hostname=h "
    "outputfields={} tags=a"
)


def test_counters_of_falco_itself_are_read_from_cef():
    (alert,), _ = read(CEF.format("Falco internal: syscall event drop", "ebpf_enabled:0 n_drops:9 n_evts:15232"))
    assert alert.fields == {"ebpf_enabled": "0", "n_drops": "9", "n_evts": "15232"}


def test_a_key_of_the_sites_own_does_not_become_part_of_a_name_in_cef():
    (alert,), _ = read(CEF.format("R", "k8s.ns.name:shop site_unit:berlin east proc.cmdline:sh -c a:b"))
    assert alert.fields == {"k8s.ns.name": "shop", "proc.cmdline": "sh -c a:b"}


def test_a_rule_name_that_no_file_can_bear_is_a_rule_without_an_entry():
    report = explain({**ALERT, "rule": "x" * 5000}, backend="knowledge", default_rules=False)
    assert report.verdict.value == "insufficient_evidence"


@pytest.mark.parametrize(
    "data",
    [
        "10:00:00.000000001: Notice X (command=a " + "user=a b " * 30_000,
        "10:00:00.000000001: Notice X (command=a " + "user=a;b command=c file=d " * 200 + "z " * 100_000,
        "10:00:00.000000001: Notice A shell was spawned in a container with an attached terminal | evt_type=execve "
        "user=root command=" + " terminal=1 exe_flags=X command=user=x" * 6_000,
        '{"rule":"R","priority":"Notice","output":"x","output_fields":{'
        + ",".join(f'"k{number % 9000}.a":"{number}"' for number in range(20_000))
        + "}}",
        CEF.format("R", "proc.name:x user.name:y " * 20_000),
    ],
    ids=["labels", "labels-and-words", "template", "doubled-keys", "cef"],
)
def test_hostile_repetition_costs_no_more_than_its_length(data):
    began = time.monotonic()
    read(data)
    assert time.monotonic() - began < 8
