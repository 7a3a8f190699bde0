from __future__ import annotations

import pytest
from support.alerts import make_alert

from explainer.schema.alert import Alert, Process, User
from explainer.verify.lineage import wrong_relation


@pytest.fixture
def alert() -> Alert:
    chain = (
        Process(name="sh"),
        Process(name="php-fpm8.2"),
        Process(name="containerd-shim"),
    )
    process = Process(name="bash", exepath="/usr/bin/bash", cmdline="bash -c id", tty=0)
    return make_alert(process=process, ancestors=chain, user=User(name="www-data", uid=33))


@pytest.mark.parametrize(
    "clause",
    [
        "bash was started by sh",
        "bash was spawned directly by sh as www-data",
        "The process was launched by sh",
        "sh started bash",
        "www-data ran bash",
        "bash was run by www-data",
        "bash was executed by the user www-data",
        "The parent process is sh",
        "sh is the parent of bash",
        "bash is a child of sh",
        "The grandparent is php-fpm8.2",
        "php-fpm8.2 is the grandparent of bash",
        "containerd-shim is an ancestor of bash",
        "php-fpm8.2 is among the ancestors",
        "bash runs below sh",
        "bash was not started by sshd",
        "bash was started by a script",
        "sh was started by php-fpm8.2",
        "Neither bash nor its parent sh is a test tool",
        "bash ran a command",
    ],
)
def test_a_relation_of_the_chain_stands(clause: str, alert: Alert) -> None:
    assert wrong_relation(clause, alert) is None


@pytest.mark.parametrize(
    "clause",
    [
        "bash was started by systemd",
        "bash was started directly by php-fpm8.2",
        "bash started sh",
        "sh was started by bash",
        "bash is the parent of sh",
        "sh is a child of bash",
        "bash was not started by sh",
        "sh did not start bash",
        "The parent process is containerd-shim",
        "The grandparent is sh",
        "php-fpm8.2 is not among the ancestors",
        "sh runs below bash",
        "kubelet spawned bash",
        "php-fpm8.2 was started by sh",
        "sh opened the file /etc/shadow",
    ],
)
def test_a_relation_that_the_chain_denies_is_found(clause: str, alert: Alert) -> None:
    assert wrong_relation(clause, alert) is not None


def test_the_reason_names_the_parent(alert: Alert) -> None:
    reason = wrong_relation("bash was started by sshd", alert)
    assert reason == "sshd is not shown to have started bash; the parent is sh"


def test_no_parent_may_be_named_where_the_alert_has_none() -> None:
    alone = make_alert(ancestors=())
    assert wrong_relation("insmod was started by falcoctl", alone) is not None
    assert wrong_relation("insmod ran in a container", alone) is None


def test_what_a_process_started_later_is_not_in_the_alert() -> None:
    assert wrong_relation("insmod started another process", make_alert()) is not None
