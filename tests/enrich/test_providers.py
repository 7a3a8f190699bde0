from __future__ import annotations

import json
import re
from typing import Any

import pytest
from support.entries import read

from explainer.enrich import enrich
from explainer.schema.enriched import EnrichedAlert
from explainer.store.knowledge_files import KnowledgeFiles

WHEN = "2026-05-29T22:24:07.000000459Z"
RECORDS: dict[str, tuple[str, dict[str, Any]]] = {
    "okta": ("okta", {"okta.evt.type": "user.session.start", "okta.actor.alternateID": "mira@example.com"}),
    "github": ("github", {"github.user": "mira", "github.org": "example", "github.type": "repository"}),
    "aws": ("aws_cloudtrail", {"ct.name": "CreateUser", "ct.user": "mira"}),
    "gcp": ("gcp_auditlog", {"gcp.methodName": "SetIamPolicy", "gcp.user": "mira@example.com"}),
    "kubernetes": ("k8s_audit", {"ka.verb": "create", "ka.target.resource": "pods", "ka.user.name": "mira"}),
}
OWN = {
    "okta": r"okta",
    "github": r"\bgh |github|organization|repository",
    "aws": r"\baws |access key",
    "gcp": r"gcloud|service-account key",
    "kubernetes": r"kubectl|api audit|binding",
}
MACHINE = re.compile(r"/proc/|crictl|checkpoint|docker|container|journalctl|\bps -|rebuild|executable", re.IGNORECASE)


def explained(source: str | None, fields: dict[str, Any], *, time: str | None = WHEN, **more: Any) -> EnrichedAlert:
    record = {"rule": "A rule of the site", "priority": "Notice", "source": source, "output": "x", "hostname": "h"}
    record |= {"output_fields": fields, **more} | ({"time": time} if time else {})
    alert = read(json.loads(json.dumps(record)))
    return enrich(alert, None, None, KnowledgeFiles().for_alert(alert).blocks)


def told(found: EnrichedAlert) -> list[str]:
    return [" ".join([action.title, action.command or "", action.why]) for action in found.actions]


@pytest.mark.parametrize("name", RECORDS)
def test_an_event_of_a_service_gets_steps_of_that_service_only(name: str) -> None:
    steps = told(explained(*RECORDS[name]))
    assert any(re.search(OWN[name], step, re.IGNORECASE) for step in steps)
    for other, words in OWN.items():
        if other != name:
            commands = [step for step in steps if re.search(words.split("|", 1)[0], step, re.IGNORECASE)]
            assert commands == [], other
    assert not any(MACHINE.search(step) for step in steps)


@pytest.mark.parametrize("name", ["okta", "github", "aws", "gcp"])
def test_every_search_stands_around_the_alerts_own_time(name: str) -> None:
    steps = told(explained(*RECORDS[name]))
    assert any("2026-05-29T22:14:07Z" in step and "2026-05-29T22:34:07Z" in step for step in steps)
    assert not any(re.search(r"freshness|\bago\b|--since=-?\d+[dh]|today|yesterday", step) for step in steps)


def test_without_a_time_the_place_for_it_is_shown_and_none_is_made_up() -> None:
    steps = " ".join(told(explained(*RECORDS["gcp"], time=None)))
    assert "<alert.since_rfc3339>" in steps
    assert not re.search(r"\d{4}-\d\d-\d\d", steps)


@pytest.mark.parametrize("name", RECORDS)
def test_access_is_taken_away_after_the_log_is_saved_and_with_approval(name: str) -> None:
    found = explained(*RECORDS[name]).actions
    stages = [action.stage for action in found]
    assert stages.index("preserve") < stages.index("contain")
    assert all(action.needs_approval for action in found if action.stage == "contain")


@pytest.mark.parametrize(("rule", "name"), [("Okta sign-in from afar", "okta"), ("GCP key created", "gcp")])
def test_a_rule_that_names_the_service_is_enough_when_the_line_carries_no_source(rule: str, name: str) -> None:
    steps = told(explained(None, {}, rule=rule))
    assert any(re.search(OWN[name], step, re.IGNORECASE) for step in steps)


def test_a_process_on_a_machine_is_not_taken_for_a_service_because_of_a_word() -> None:
    fields = {"proc.name": "okta-agent", "proc.cmdline": "okta-agent --sync", "evt.type": "execve"}
    steps = " ".join(told(explained("syscall", fields)))
    assert "System Log" not in steps
    assert "/proc/" in steps or "ps -eo" in steps
