"""Alerts without their secrets, and everything that is made of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.planted import planted

from explainer import Explainer
from explainer.redaction import Masking
from explainer.render import render
from explainer.session import Session

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "alerts"


@pytest.fixture(scope="module")
def explainer() -> Explainer:
    return Explainer("knowledge", default_rules=False)


@pytest.mark.parametrize("case", planted(53)[::3], ids=lambda case: case.name)
@pytest.mark.parametrize("form", ["terminal", "markdown", "json", "html", "slack"])
def test_no_form_of_a_report_shows_a_secret(case: Any, form: str, explainer: Explainer) -> None:
    report = explainer.explain(case.alert)
    options: dict[str, Any] = (
        {"width": 400, "color": False, "unicode": True, "full": True} if form == "terminal" else {}
    )
    text = "".join(render(report, form, **options).split())
    assert [s for s in case.secrets if s in text or json.dumps(s)[1:-1] in text] == []


def test_an_alert_without_secrets_is_the_very_same(explainer: Explainer) -> None:
    (group,) = Session(explainer.equipment, [(FIXTURES / "falco" / "driver-loader-insmod.json").read_bytes()]).groups()
    assert Masking(group).group(group) is group


def test_a_secret_goes_wherever_else_it_stands(explainer: Explainer) -> None:
    alert = {
        "rule": "x",
        "priority": "Notice",
        "output": "ran it with Zk7!mPq2xW9 twice",
        "output_fields": {"proc.cmdline": "mysql -pZk7!mPq2xW9", "custom.note": "seen: Zk7!mPq2xW9"},
        "tags": ["Zk7!mPq2xW9"],
    }
    report = explainer.explain(alert)
    assert "Zk7!mPq2xW9" not in report.model_dump_json()


def test_arguments_are_read_with_the_program_that_they_are_of(explainer: Explainer) -> None:
    alert = {
        "rule": "x",
        "priority": "Notice",
        "output": "y",
        "output_fields": {"proc.name": "mysql", "proc.args": "-uroot -phunter"},
    }
    (group,) = Session(explainer.equipment, [json.dumps(alert).encode()]).groups()
    assert Masking(group).group(group).alert.fields["proc.args"] == "-uroot -p[redacted:password]"


def test_commands_as_lists_and_pairs_of_name_and_value_are_read(explainer: Explainer) -> None:
    alert = {
        "rule": "x",
        "priority": "Notice",
        "output": "y",
        "output_fields": {
            "a.command": ["mongosh", "-u", "root", "-p", "kiwi"],
            "a.env": [{"name": "DB_PASSWORD", "value": "kiwi"}, {"name": "MODE", "value": "kiwi"}],
            "a.deep": {"password": "plum", "port": 5432},
        },
    }
    (group,) = Session(explainer.equipment, [json.dumps(alert).encode()]).groups()
    fields = Masking(group).group(group).alert.fields
    assert fields["a.command"] == ["mongosh", "-u", "root", "-p", "[redacted:password]"]
    assert fields["a.env"][0]["value"] == "[redacted:password]"
    assert fields["a.env"][1]["value"] == "kiwi"
    assert fields["a.deep"] == {"password": "[redacted:password]", "port": 5432}


def test_a_site_adds_patterns_of_its_own(explainer: Explainer, tmp_path: Path) -> None:
    policy = tmp_path / "p.toml"
    policy.write_text("[secrets]\npatterns = ['badge-(?P<secret>\\d+)']\n")
    alert = {
        "rule": "x",
        "priority": "Notice",
        "output": "opened with badge-4711",
        "output_fields": {"proc.name": "sh"},
    }
    with Explainer("knowledge", default_rules=False, redact_policy=policy) as own:
        assert "badge-[redacted:custom]" in own.explain(alert).model_dump_json()
