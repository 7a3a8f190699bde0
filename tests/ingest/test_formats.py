"""Every shape in which an alert arrives, by the fixtures: what comes out, and what it was wrapped in."""

import base64
import json
from pathlib import Path

import pytest

from explainer import ingest
from explainer.errors import AlertFormatError
from explainer.ingest import FORMATS, WRAPPERS, read

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "alerts"
SHELL = "Terminal shell in container"

CASES = [
    ("falco/shell-in-container.json", "falco_json", (), [SHELL]),
    ("falco_grpc/go-client.json", "falco_grpc", (), [SHELL]),
    ("falco_grpc/python-client.json", "falco_grpc", (), [SHELL]),
    ("falcosidekick/syslog.txt", "falcosidekick", ("syslog",), [SHELL]),
    ("falcosidekick/ui.json", "falcosidekick", ("falcosidekick_ui",), [SHELL]),
    ("falcosidekick/splunk-hec.json", "falcosidekick", ("splunk_hec",), [SHELL]),
    ("falcosidekick/cloudevent.json", "falcosidekick", ("cloudevents",), [SHELL]),
    (
        "falcosidekick/kafka-rest.json",
        "falcosidekick",
        ("kafka_rest",),
        [SHELL, "Drop and execute new binary in container"],
    ),
    ("falcosidekick/elasticsearch-bulk.ndjson", "falcosidekick", (), [SHELL]),
    ("falcosidekick/elasticsearch-hit.json", "falcosidekick", ("elasticsearch",), [SHELL]),
    ("falcosidekick/loki-query.json", "falco_text", ("loki",), [None, SHELL]),
    ("falcosidekick/cef.txt", "cef", ("syslog",), ["Odd | name"]),
    ("falcosidekick/alertmanager-webhook.json", "alertmanager", ("alertmanager_webhook", "alertmanager"), [SHELL]),
    ("falcosidekick/slack.json", "slack", (), [SHELL]),
    ("falcosidekick/opsgenie.json", "opsgenie", (), [SHELL]),
    ("falcosidekick/pagerduty.json", "pagerduty", (), [None]),
    ("falcosidekick/datadog.json", "datadog", (), [SHELL]),
    ("falco_text/line.txt", "falco_text", (), [None]),
    ("falco_text/syslog.txt", "falco_text", ("syslog",), [None]),
    ("falco_text/compose.txt", "falco_text", ("docker_compose",), [None]),
    ("falco_text/kubectl.txt", "falco_text", ("kubectl",), [None]),
    ("falco_text/cri.txt", "falco_text", ("cri",), [None]),
    ("falco_text/docker.json", "falco_text", ("docker_json",), [None]),
    ("shippers/fluent-bit.json", "falco_json", ("fluent_bit",), [SHELL]),
    ("shippers/filebeat.json", "falco_json", ("beats",), [SHELL]),
    ("shippers/journald.json", "falco_json", ("journald",), [SHELL]),
    ("shippers/nested.json", "falcosidekick", ("docker_json", "splunk_hec"), [SHELL]),
    ("shippers/grep.txt", "falco_json", ("grep",), [SHELL]),
]


@pytest.mark.parametrize(("path", "name", "wrappers", "rules"), CASES, ids=[case[0] for case in CASES])
def test_each_carrier_gives_its_alert(path, name, wrappers, rules):
    alerts, _ = read((FIXTURES / path).read_bytes())
    assert [alert.rule.name for alert in alerts] == rules
    assert (alerts[0].format, alerts[0].wrappers) == (name, wrappers)


@pytest.mark.parametrize("path", [case[0] for case in CASES if case[3][0] == SHELL])
def test_the_process_is_known_whatever_carried_the_alert(path):
    alerts, _ = read((FIXTURES / path).read_bytes())
    assert alerts[0].process.name == "sh"
    assert alerts[0].priority == "Notice"


@pytest.mark.parametrize("path", [case[0] for case in CASES if case[0].startswith("falco_text/")])
def test_a_text_line_reads_alike_in_every_wrapper(path):
    (alert,) = ingest((FIXTURES / path).read_bytes())
    assert alert.process.cmdline == 'sh -c A=1 echo (x) "y"'
    assert (alert.container.id, alert.container.image) == ("4f0c9a7e1b22", "registry.example.com/web")
    assert (alert.k8s.namespace, alert.k8s.pod) == ("shop", "web-0")
    assert {source.certainty for path, source in alert.field_sources.items() if path.startswith("process")} == {
        "parsed_from_text"
    }


def test_the_same_alert_has_one_id_whatever_carried_it():
    plain = (FIXTURES / "falco/shell-in-container.json").read_text()
    ids = {
        read(data)[0][0].id
        for data in (plain, f"<5>2025-03-02T09:14:08Z relay Falco[1]: {plain}", f"[{plain}]", f"falco-1 | {plain}")
    }
    assert len(ids) == 1


def test_a_mixed_log_keeps_alerts_and_talk_apart():
    alerts, skipped = read((FIXTURES / "falco/mixed.log").read_bytes())
    assert [alert.format for alert in alerts] == ["falco_json", "falco_text"]
    assert [skip.kind for skip in skipped] == ["log_line"] * 2 + ["statistics"] * 8


def test_only_falcos_alerts_of_a_notification_are_read():
    (alert,), _ = read((FIXTURES / "falcosidekick/alertmanager-webhook.json").read_bytes())
    assert alert.status == "firing"
    assert alert.ancestors[1].name == "runc"
    assert alert.field_sources["process.name"].path == "labels.proc_name"


def test_wrappers_deeper_than_the_limit_are_reported():
    data = (FIXTURES / "falco/shell-in-container.json").read_text()
    for _ in range(12):
        data = json.dumps({"log": data + "\n", "stream": "stdout", "time": "2025-03-02T09:14:08Z"})
    with pytest.raises(AlertFormatError, match="wrappers"):
        read(data)


def test_a_long_docker_line_is_put_together():
    record = json.dumps(
        {"rule": "Long", "priority": "Notice", "output": "x" * 40_000, "output_fields": {"proc.name": "a"}}
    )
    parts = [record[at : at + 16_384] for at in range(0, len(record), 16_384)]
    parts[-1] += "\n"
    data = "\n".join(json.dumps({"log": part, "stream": "stdout", "time": "2025-03-02T09:14:08Z"}) for part in parts)
    (alert,), skipped = read(data)
    assert (alert.rule.name, len(alert.output), skipped) == ("Long", 40_000, [])


def test_cef_takes_the_middle_mark_when_a_value_forges_it():
    forged = "sh -c ' source=k8s outputfields=user.name:nobody'"
    line = (
        "CEF:0|Falcosecurity|Falco|1.0|Falco Event|R|6|uuid=u start=2025-03-02T09:14:07Z "
        f"msg=09:14:07.120045678: Warning X (command={forged}) "
        f"source=syscall outputfields=user.name:root proc.cmdline:{forged} tags=a"
    )
    (alert,), _ = read(line)
    assert (alert.user.name, alert.product.event_source, alert.tags) == ("root", "syscall", ("a",))
    assert any("attacker" in warning for warning in alert.warnings)


def test_every_registered_name_loads():
    for registry, methods in ((FORMATS, ("recognises", "alerts")), (WRAPPERS, ("unwrap",))):
        for name in registry:
            assert all(callable(getattr(registry.get(name), method)) for method in methods)


PLAIN = (FIXTURES / "falco/shell-in-container.json").read_text().strip()


@pytest.mark.parametrize(
    "carrier",
    [
        {"Type": "Notification", "TopicArn": "x", "Message": PLAIN},
        {"Records": [{"messageId": "1", "body": PLAIN}]},
        {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": PLAIN}}]},
        {"Records": [{"kinesis": {"data": base64.b64encode(PLAIN.encode()).decode()}}]},
        {"message": {"data": base64.b64encode(PLAIN.encode()).decode(), "messageId": "1"}},
        {"logEvents": [{"id": "1", "timestamp": 1, "message": PLAIN}], "logGroup": "x"},
        {"insertId": "1", "jsonPayload": json.loads(PLAIN), "timestamp": "2025-03-02T09:14:07Z"},
        [PLAIN],
        PLAIN,
    ],
)
def test_clouds_and_queues_hand_the_alert_on(carrier):
    (alert,), skipped = read(json.dumps(carrier))
    assert (alert.rule.name, skipped) == (SHELL, [])


@pytest.mark.parametrize(
    "record",
    [
        {
            "timestamp": "2025-03-02T09:14:07",
            "event_type": "http",
            "payload": base64.b64encode(PLAIN.encode()).decode(),
        },
        {"auditID": "1", "verb": "create", "stage": "ResponseComplete", "object": {"data": PLAIN}},
        {"apiVersion": "v1", "kind": "ConfigMap", "data": {"message": PLAIN}},
        {"process_exec": {"process": {"arguments": PLAIN}}, "message": PLAIN},
    ],
)
def test_an_alert_that_others_wrote_into_another_tools_record_is_not_believed(record):
    with pytest.raises(AlertFormatError):
        read(json.dumps(record))


def test_an_alert_behind_another_programs_words_carries_a_warning():
    (alert,), _ = read("Mar  2 10:00:00 node-1 sshd[7]: Invalid user " + PLAIN)
    assert sum("not be Falco" in warning or "another program" in warning for warning in alert.warnings) == 2
    (own,), _ = read("Mar  2 10:00:00 node-1 falco[7]: " + PLAIN)
    assert not own.warnings
