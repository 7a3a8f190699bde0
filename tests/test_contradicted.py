"""A field that an alert states in two ways is no proof: no benign verdict, no automation and no command rests on it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from explainer import Explainer
from explainer.ingest import read
from explainer.ingest.output_template import output_template
from explainer.ingest.refine import by_templates

ALERTS = Path(__file__).resolve().parents[1] / "fixtures" / "alerts" / "falco"
BENIGN = (
    "clear-log-activities-benign",
    "disallowed-ssh-connection-non-standard-port-benign",
    "read-sensitive-file-untrusted-benign",
)


@pytest.fixture(scope="module")
def explainer():
    with Explainer("knowledge", default_rules=False) as client:
        yield client


def text_alert(name, old="", new=""):
    """An alert that states its rule and has only its text besides; ``old`` in that text becomes ``new``."""
    record = json.loads((ALERTS / f"{name}.json").read_text())
    del record["output_fields"]
    assert old in record["output"]
    return {**record, "output": record["output"].replace(old, new)}


@pytest.mark.parametrize("name", BENIGN)
def test_the_text_alone_is_benign_and_may_be_closed(explainer, name):
    report = explainer.explain(text_alert(name))
    assert (report.verdict.value, report.automation) == ("benign", "allowed")


@pytest.mark.parametrize("name", BENIGN)
@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        # In a value that its owner chooses, next to the true one, in front of it, and in what Falco appends.
        (" terminal=0", " user=nobody terminal=0", "user.name"),
        ("user_uid=", "user=nobody user_uid=", "user.name"),
        ("evt_type=", "process=cron evt_type=", "proc.name"),
        (" terminal=0", " container_id=0123456789ab terminal=0", "container.id"),
        (" terminal=0", " terminal=34816 terminal=0", "proc.tty"),
    ],
)
def test_a_contradiction_in_the_text_is_said_and_never_benign(explainer, name, old, new, field):
    report = explainer.explain(text_alert(name, old, new))
    assert report.verdict.value != "benign"
    assert report.automation != "allowed"
    assert any("different values" in reason for reason in report.automation_reasons)
    assert any(
        (field in warning and "attacker" in warning) or "looks like the rule's own words" in warning
        for warning in report.alert.warnings
    )


@pytest.mark.parametrize("name", BENIGN)
def test_no_label_of_the_rule_put_anywhere_into_the_text_leaves_it_benign(explainer, name):
    record = text_alert(name)
    output = record["output"]
    labels = sorted(set(re.findall(r" ([a-z0-9_]+)=", output)))
    places = [at.start() for at in re.finditer(" ", output) if at.start() > output.index("|")]
    for number, label in enumerate(labels):
        for place in places[number % 3 :: 3]:
            report = explainer.explain({**record, "output": f"{output[:place]} {label}=other{output[place:]}"})
            assert (report.verdict.value == "benign", report.automation) == (False, "needs_human"), (label, place)


def test_a_field_that_json_gives_twice_with_different_values_is_never_benign(explainer):
    raw = (ALERTS / "read-sensitive-file-untrusted-benign.json").read_text()
    twice = raw.replace('"user.name": "root"', '"user.name": "alice", "user.name": "root"')
    report = explainer.explain(twice)
    assert (report.verdict.value, report.automation) == ("insufficient_evidence", "needs_human")
    assert any("stands 2 times with different values" in warning for warning in report.alert.warnings)
    same = raw.replace('"user.name": "root"', '"user.name": "root", "user.name": "root"')
    assert explainer.explain(same).verdict.value == "benign"


def test_a_contradicted_value_is_marked_in_the_evidence_and_stands_in_no_command(explainer):
    line = (
        "10:00:00.000000001: Notice A shell was spawned in a container with an attached terminal | evt_type=execve "
        "user=root k8s_pod_name=web k8s_ns_name=shop process=sh parent=runc command=sh terminal=34816 "
        "container_id=0123456789ab k8s_pod_name=billing"
    )
    report = explainer.explain(line)
    (pod,) = [one for one in report.evidence if one.path == "output.k8s.pod.name"]
    assert (pod.value, pod.certainty) == ("web", "contradicted")
    commands = " ".join(action.command or "" for action in report.actions)
    assert "shop" in commands
    assert " web" not in commands
    assert "billing" not in commands


def test_alerts_that_differ_only_in_a_contradiction_are_not_explained_as_one(explainer):
    raw = (ALERTS / "read-sensitive-file-untrusted-benign.json").read_text()
    reports = list(explainer.explain_many([raw, raw.replace('"rule": "R', '"rule": "Other", "rule": "R')]))
    assert [report.verdict.value for report in reports] == ["benign", "insufficient_evidence"]


@pytest.mark.parametrize(
    "message",
    [
        "X | container=0123456789ab container_id=0123456789ab0123456789ab0123456789ab0123456789ab0123456789ab01234567",
        "X | process=systemd-userwor program=systemd-userwork parent=init",
        "X (image=example.com/a container_image=example.com/a:1)",
        "X | user=root command=id (user=root) user=root",
        "X | container=<NA> container_id=0123456789ab",
        "X | command=terraform -var name=a name=b path=c",
    ],
)
def test_the_same_in_short_and_in_long_is_no_contradiction(message):
    (alert,), _ = read(f"10:00:00.000000001: Notice {message}")
    assert alert.contradicted == ()


def test_words_of_the_rule_inside_a_value_count_as_an_imitation():
    (alert,), _ = read("10:00:00.000000001: Notice File /x was opened by a was opened by root (command id)")
    known = by_templates(
        alert, "R", [output_template("File %fd.name was opened by %user.name (command %proc.cmdline)")]
    )
    assert set(known.contradicted) == {"fd.name", "user.name"}


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({"source_type_name": "falco", "title": "R", "tags": ["user.name:a", "user.name:b"]}, "user.name"),
        (
            {"attachments": [{"text": "x", "fields": [
                {"title": "rule", "value": "R"}, {"title": "priority", "value": "Notice"},
                {"title": "user.name", "value": "a"}, {"title": "user.name", "value": "b"}]}]},
            "user.name",
        ),
    ],
)  # fmt: skip
def test_tables_that_name_a_field_twice_contradict_themselves(record, field):
    (alert,), _ = read(json.dumps({"text": "10:00:00.000000001: Notice X", **record}))
    assert alert.contradicted == (field,)


def test_a_field_imitated_in_cef_is_not_read():
    line = (
        "CEF:0|Falcosecurity|Falco|1.0|Falco Event|R|4|uuid=u start=2026-01-01T00:00:00Z msg=X source=syscall "
        "hostname=h outputfields=proc.cmdline:sh -c user.name:nobody proc.name:sh user.name:root tags=a"
    )
    (alert,), _ = read(line)
    assert alert.contradicted == ("user.name",)
    assert alert.fields["user.name"] is None
