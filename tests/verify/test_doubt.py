"""A harmless reading is closed by a machine only where the actor chose none of what it rests on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from explainer import explain

FALCO = Path(__file__).resolve().parents[2] / "fixtures" / "alerts" / "falco"
READ, CLEAR, SSH = (
    "read-sensitive-file-untrusted-benign.json",
    "clear-log-activities-benign.json",
    "disallowed-ssh-connection-non-standard-port-benign.json",
)
Change = Callable[[dict[str, Any]], None]


def told(name: str, change: Change = lambda _alert: None) -> Any:
    alert = json.loads((FALCO / name).read_text("utf-8"))
    change(alert)
    return explain(alert, backend="knowledge", default_rules=False)


def fields(**values: Any) -> Change:
    return lambda alert: alert["output_fields"].update({k.replace("__", "."): v for k, v in values.items()})


@pytest.mark.parametrize("name", [READ, CLEAR])
def test_what_nobody_could_have_shaped_may_be_closed(name: str) -> None:
    assert told(name).automation == "allowed"


@pytest.mark.parametrize(
    "name",
    ["/etc/shadow", "/root/.ssh/id_ed25519", "/var/lib/app/server.key", "/root/.aws/credentials"],
)
def test_a_service_manager_that_reads_what_a_unit_names_is_not_harmless(name: str) -> None:
    report = told(READ, fields(fd__name=name, fd__directory=name.rpartition("/")[0]))
    assert report.verdict.value != "benign"
    assert report.automation == "needs_human"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(fields(container__image__repository="registry.example.com/web"), id="image beside the host"),
        pytest.param(fields(k8s__ns__name="prod", k8s__pod__name="web-1"), id="pod beside the host"),
        pytest.param(fields(proc__is_exe_writable=True), id="a program that its user can change"),
        pytest.param(fields(proc__env="HOME=/ LD_PRELOAD=/opt/x.so"), id="a library from outside"),
        pytest.param(
            lambda alert: alert.update(output=alert["output"] + " proc_exepath=/opt/x/agent"),
            id="text beside the fields",
        ),
    ],
)
def test_an_alert_that_does_not_agree_with_itself_needs_a_person(change: Change) -> None:
    assert told(READ, change).automation == "needs_human"


@pytest.mark.parametrize(
    "name",
    [
        "/var/lib/docker/../../log/auth.log",
        "/var/lib/docker/containers/3f9c/3f9c-json.log",
        "/var/lib/docker/overlay2/7d1c/merged/var/log/auth.log",
    ],
)
def test_an_engine_that_empties_a_running_containers_log_is_not_unpacking(name: str) -> None:
    report = told(CLEAR, fields(fd__name=name))
    assert report.automation == "needs_human"
    assert report.verdict.value != "benign"


def test_what_leaves_the_network_is_never_closed_by_a_machine() -> None:
    assert told(SSH).verdict.value == "benign"
    assert told(SSH).automation == "needs_human"


def test_options_of_ssh_are_read_whatever_their_case() -> None:
    command = "ssh -p 443 -o proxycommand=/opt/x/run git@ssh.github.com git-upload-pack 'a/b.git'"
    assert told(SSH, fields(proc__cmdline=command)).verdict.value != "benign"
