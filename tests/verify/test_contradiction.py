from __future__ import annotations

import pytest
from support.alerts import make_alert

from explainer.schema.alert import Alert, Container, Network, Process, User
from explainer.verify.contradiction import contradiction, overclaims

FAILED = {"action": "failed", "result_raw": "EPERM"}
SUCCEEDED = {"action": "allowed", "result_raw": "SUCCESS"}
HOST = {"container": Container(id="host", name="host", is_host=True)}
TTY = {"process": Process(name="sh", tty=34816)}
NOBODY = {"user": User(name="nobody", uid=65534)}
LOOPBACK = {"network": Network(dst_ip="127.0.0.1", dst_port=80)}
PUBLIC = {"network": Network(dst_ip="203.0.113.7", dst_port=443)}


@pytest.mark.parametrize(
    ("sentence", "changes"),
    [
        ("The module was successfully loaded.", {}),
        ("The kernel module was loaded into the kernel.", {}),
        ("The node was compromised.", SUCCEEDED),
        ("Credentials were stolen.", {}),
        ("The module was loaded.", FAILED),
        ("The load failed.", SUCCEEDED),
        ("The attempt was blocked.", {}),
        ("Falco blocked the load.", {}),
        ("An unprivileged user did it.", {}),
        ("It is unlikely that the process ran as root.", {}),
        ("The process ran as root.", NOBODY),
        ("It ran directly on the host.", {}),
        ("It ran inside a container.", HOST),
        ("It was an interactive session.", {}),
        ("It ran without a terminal.", TTY),
        ("This is a critical severity event.", {}),
        ("The priority is Critical.", {}),
        ("It connected to an external server.", LOOPBACK),
        ("It connected to an internal address.", PUBLIC),
        ("This is a security vulnerability.", {}),
    ],
)
def test_what_the_fields_deny_or_do_not_tell_is_found(sentence: str, changes: dict[str, object]) -> None:
    assert contradiction(sentence, make_alert(**changes)) is not None


@pytest.mark.parametrize(
    ("sentence", "changes"),
    [
        ("The module was asked for by insmod.", {}),
        ("It is not known whether the module was loaded.", {}),
        ("The attacker may have gained root access.", {}),
        ("The module was loaded.", SUCCEEDED),
        ("The load failed with EPERM.", FAILED),
        ("The process ran as root.", {}),
        ("It did not run as root.", NOBODY),
        ("It ran in a container.", {}),
        ("It ran directly on the host.", HOST),
        ("The process has no terminal.", {}),
        ("The shell has an attached terminal.", TTY),
        ("The priority is Warning.", {}),
        ("This is a medium severity event.", {}),
        ("It connected to a loopback address.", LOOPBACK),
        ("It connected to a public address.", PUBLIC),
    ],
)
def test_what_the_fields_carry_stands(sentence: str, changes: dict[str, object]) -> None:
    assert contradiction(sentence, make_alert(**changes)) is None


@pytest.mark.parametrize("verdict", ["suspicious", "malicious", "insufficient_evidence"])
@pytest.mark.parametrize(
    "sentence",
    [
        "This is a false positive.",
        "It can be safely ignored.",
        "No further action is required.",
        "The activity is benign.",
    ],
)
def test_no_sentence_clears_what_the_verdict_does_not(sentence: str, verdict: str) -> None:
    assert overclaims(sentence, verdict) is not None  # type: ignore[arg-type]


def test_a_benign_verdict_is_still_not_closed_by_prose() -> None:
    assert overclaims("The alert can be closed.", "benign") is not None
    assert overclaims("The activity is legitimate.", "benign") is None


def test_prose_does_not_convict_beyond_the_verdict() -> None:
    assert overclaims("This is an attack.", "suspicious") is not None
    assert overclaims("This is an attack.", "malicious") is None
    assert overclaims("This might be an attack.", "suspicious") is None


def test_an_alert_without_fields_contradicts_nothing_but_invented_outcomes() -> None:
    bare = Alert.model_validate(
        {
            **make_alert().model_dump(),
            "process": None,
            "container": None,
            "user": None,
            "network": None,
        }
    )
    assert contradiction("The process ran as root in a container.", bare) is None
    assert contradiction("The host was compromised.", bare) is not None
