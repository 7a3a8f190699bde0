"""What a summary says of an alert, whatever rule raised it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from support.entries import explain

from explainer import explain as explain_text
from explainer.schema.report import Report

PLACE = {"container.id": "4be1d0a97c35"}


def record(output: str = "odd thing seen", **fields: Any) -> dict[str, Any]:
    return {
        "rule": "A rule of the site",
        "priority": "Warning",
        "source": "syscall",
        "output": f"10:00:00.000000000: Warning {output}",
        "time": "2026-05-29T22:24:07.000000459Z",
        "output_fields": fields,
    }


def text_line(text: str) -> Report:
    return explain_text(text, backend="knowledge")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"proc.name": "tee", "fd.name": "/usr/bin/passwd"}, "/usr/bin/passwd"),
        ({"proc.name": "tee", "proc.cmdline": "tee /usr/bin/x", "fd.name": "/usr/bin/x"}, "about /usr/bin/x"),
        ({"proc.name": "sh", "evt.type": "openat", "fd.name": "/etc/cron.d/a", **PLACE}, "/etc/cron.d/a"),
        ({"fd.name": "/usr/local/bin/x", "user.name": "root", **PLACE}, "as root"),
        ({"fd.name": "/usr/local/bin/x", "user.name": "root", **PLACE}, "/usr/local/bin/x"),
        (
            {"proc.name": "ln", "evt.type": "symlinkat", "evt.arg.linkpath": "/tmp/l", "evt.arg.target": "/etc"},
            "/tmp/l to /etc",
        ),
        (
            {"proc.name": "mv", "evt.type": "rename", "evt.arg.oldpath": "/bin/a", "evt.arg.newpath": "/bin/b"},
            "/bin/a to /bin/b",
        ),
        ({"proc.name": "curl", "fd.name": "10.0.0.7:4000->203.0.113.9:443"}, "203.0.113.9:443"),
    ],
)
def test_the_object_of_an_event_stands_in_the_summary_of_any_rule(fields: dict[str, Any], told: str) -> None:
    assert told in explain(record(**fields)).summary


def test_the_words_of_the_rule_stand_in_the_summary_where_the_event_has_no_kind() -> None:
    found = explain(record("Shell opened by the web tier (user=root)", **{"proc.name": "sh", "user.name": "root"}))
    assert "Shell opened by the web tier" in found.summary


def test_a_request_to_a_cloud_is_told_with_its_parts() -> None:
    fields = {
        "ct.name": "ModifyInstanceAttribute",
        "ct.user": "kim",
        "ct.request": '{"instanceId":"i-0abc","instanceType":{"value":"m5.large"},"dryRun":false}',
    }
    summary = explain({**record(**fields), "source": "aws_cloudtrail"}).summary
    assert "i-0abc" in summary
    assert "m5.large" in summary
    assert "dryRun" not in summary


def test_a_google_call_without_a_method_is_told_by_the_type_of_its_request() -> None:
    fields = {
        "gcp.user": "kim@example.com",
        "gcp.callerIP": "203.0.113.9",
        "gcp.request": '{"@type":"type.googleapis.com/compute.firewalls.patch","sourceRanges":["0.0.0.0/0"]}',
    }
    found = explain({**record(**fields), "source": "gcp_auditlog"})
    assert "kim@example.com made the call compute.firewalls.patch from 203.0.113.9" in found.summary
    assert "0.0.0.0/0" in found.summary


def test_a_kubernetes_request_is_told_with_command_and_image() -> None:
    session = explain(
        record(**{"ka.user.name": "kim", "ka.target.subresource": "exec", "ka.target.name": "web-0",
                  "ka.uri.param[command]": "sh"})
    )  # fmt: skip
    pod = explain(record(**{"ka.user.name": "kim", "ka.target.name": "web-0", "ka.req.pod.containers.image": "nginx"}))
    assert "pods/exec web-0" in session.summary
    assert "command sh" in session.summary
    assert "image nginx" in pod.summary


@pytest.mark.parametrize("fields", [{"ka.target.subresource": "exec"}, {"ka.req.pod.containers.image": "nginx"}])
def test_what_only_a_pod_has_fills_the_resource_of_a_command(fields: dict[str, str]) -> None:
    request = {"ka.target.name": "web-0", "ka.target.namespace": "shop", "ka.user.name": "kim", **fields}
    found = explain({**record(**request), "source": "k8s_audit"})
    commands = [action.command for action in found.actions if action.command]
    assert "kubectl -n shop describe pods web-0" in commands
    assert not any("ka.target" in command for command in commands)


def test_what_stands_in_the_text_alone_is_quoted_and_kept_as_evidence() -> None:
    text = "Odd thing (user=root k8s.pod=alpine) k8s.pod=billing-db-7d59548d75-wh44s"
    found = explain(
        record(text, **{"user.name": "root", "k8s.pod.name": "alpine", "proc.name": "sh", "proc.cmdline": "sh"})
    )
    assert "the text also says k8s.pod=billing-db-7d59548d75-wh44s" in found.summary
    assert any(e.path == "output" and "billing-db-7d59548d75-wh44s" in e.value for e in found.evidence)


def test_what_the_fields_hold_is_not_said_again() -> None:
    text = "Odd thing (user=root shell=sh image=alpine:3.20 tty=<NA>)"
    fields = {
        "container.image.repository": "alpine",
        "container.image.tag": "3.20",
        "user.name": "root",
        "proc.name": "sh",
    }
    found = explain(record(text, **fields))
    assert "also says" not in found.summary


def test_a_result_that_stands_in_the_text_is_not_called_missing() -> None:
    found = explain(record("Moved (res=0 process=mv)", **{"proc.name": "mv", "evt.type": "rename"}))
    assert "res=0" in found.summary
    assert "whether that succeeded" not in found.summary


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("14:07:31.295984000: Notice A user opened an app using OKTA (user=Kim Doe, app=payroll)", "app=payroll"),
        ("07:47:42.173335167: Error File opened (user=root command=touch /bin/foo file=/bin/foo) pid=8", "/bin/foo"),
        ("02:49:28.743307008: Warning Pod started with privileged container (user=kim pod=a image=nginx)", "nginx"),
    ],
)  # fmt: skip
def test_a_text_line_keeps_its_decisive_values_in_summary_and_evidence(text: str, told: str) -> None:
    report = text_line(text)
    assert told in report.summary
    assert any(told in e.value for e in report.evidence)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"proc.name": "wget", "fd.name": "10.0.0.7:80", **PLACE}, ("wget", "10.0.0.7:80", "which executable")),
        ({"proc.name": "sh", "proc.exepath": "/opt/x", "proc.pname": "cron"}, ("sh, started by cron", "/opt/x")),
        ({"fd.name": "/usr/bin/x"}, ("Which process", "/usr/bin/x")),
        ({"ka.user.name": "kim", "ka.target.resource": "secrets", "ka.target.name": "s1"}, ("kim", "secrets s1")),
        ({"ct.user": "kim", "ct.name": "StopLogging"}, ("kim", "StopLogging")),
        ({}, ("Which process, account or object",)),
    ],
)
def test_what_decides_an_unknown_rule_is_named_in_the_alerts_own_words(
    fields: dict[str, Any], named: tuple[str, ...]
) -> None:
    found = explain(record(**fields)).triage
    assert found is not None
    assert all(part in found.decides for part in named)


@pytest.mark.parametrize(
    "text", ["10:00:00.000000000: Notice Something odd", "10:00:00.000000000: Error A (user=root)"]
)
def test_the_missing_date_is_never_what_decides(text: str) -> None:
    report = text_line(text)
    assert report.triage is not None
    assert "date" not in report.triage.decides.lower()


def test_a_title_that_is_too_long_for_a_headline_still_says_that_nothing_is_shown() -> None:
    found = explain(record(**{"proc.name": "sh", "k8s.pod.name": "p" * 60}) | {"rule": "R" * 70})
    assert found.headline.endswith("cause not shown")
    assert len(found.headline) <= 100


@pytest.mark.parametrize("text", [" " * 9000, "a." * 5000, "k=" + " " * 9000, "a=b " * 3000, "a[" * 5000])
def test_no_message_makes_the_summary_slow(text: str) -> None:
    began = time.perf_counter()
    explain(record(f"x {text}", **{"proc.name": "sh"}))
    assert time.perf_counter() - began < 2
