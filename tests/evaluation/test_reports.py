"""Whole reports of people and of other tools, against golden cases."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cases import REPORTS

from explainer.evaluation.scoring import score

GOOD = sorted((REPORTS / "good").glob("*.md"))
SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"


def _rules(found) -> set[str]:
    return {finding.rule for findings in found.findings.values() for finding in findings}


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_reports_in_other_words_score_high(context_of, path: Path) -> None:
    found = score(context_of(path.name.split(".")[0], path.read_text(encoding="utf-8")))
    assert found.total > 0.9, found.findings


def test_there_are_several_ways_to_be_good() -> None:
    assert len(GOOD) >= 8


def test_unsafe_hardening_advice_is_worth_nothing(context_of) -> None:
    found = score(context_of("driver-loader-insmod", (REPORTS / "bad/driver-loader-insmod.hardening.md").read_text()))
    assert (found.status, found.total) == ("unsafe", 0.0)
    assert {"no-verdict", "misread", "falco-syntax", "selinux-permissive"} <= _rules(found)


def test_a_generic_report_with_wrong_readings_is_worth_next_to_nothing(context_of) -> None:
    found = score(context_of("driver-loader-insmod", (REPORTS / "bad/driver-loader-insmod.generic.md").read_text()))
    assert found.total < 0.3
    assert {"no-verdict", "misread", "ungrounded-capability", "ungrounded-id", "field-host"} & _rules(found) >= {
        "no-verdict",
        "misread",
        "ungrounded-capability",
        "ungrounded-id",
    }


@pytest.mark.parametrize("case", ["driver-loader-insmod", "miner-under-tomcat", "toolbox-shell-in-dev"])
def test_boilerplate_is_worth_next_to_nothing_for_any_alert(context_of, case: str) -> None:
    assert score(context_of(case, (REPORTS / "bad/boilerplate.md").read_text())).total < 0.35


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the reports of the incident are not here")
@pytest.mark.parametrize(
    ("name", "errors"),
    [
        ("report-a.md", {"no-verdict", "selinux-permissive", "falco-syntax"}),
        ("report-b.md", {"no-verdict", "misread", "invented-prose"}),
    ],
)
def test_the_two_reports_of_the_incident_score_low_and_are_told_why(context_of, name: str, errors: set[str]) -> None:
    found = score(context_of("driver-loader-insmod", (SEEDS / name).read_text(encoding="utf-8")))
    assert found.total < 0.3
    assert errors <= _rules(found)
