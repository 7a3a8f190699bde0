from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from explainer.enrich import enrich
from explainer.enrich.condition import evaluate, parse_condition
from explainer.enrich.falco_rules import load_rules
from explainer.enrich.tuning import build_yaml
from explainer.enrich.view import fields_view
from explainer.schema.knowledge import Tuning
from explainer.schema.rule import RuleFacts, RuleSet, TuningPoint
from explainer.store.documents import parse_rules_text
from explainer.store.files import read_rules_file

RULE = "Linux Kernel Module Injection Detected"
UPSTREAM = Path(__file__).resolve().parents[2] / ".." / "shared" / "upstream" / "falco_rules.yaml"


def exception(**changes: Any) -> Tuning:
    base: dict[str, Any] = {
        "id": "x",
        "kind": "exception",
        "title": "t",
        "exception": "known_agent",
        "fields": ["proc.exepath", "container.image.repository"],
        "comps": ["=", "="],
        "values": ["%{proc.exepath}", "%{container.image.repository}"],
    }
    return Tuning.model_validate({**base, **changes})


FIELDS: dict[str, Any] = {
    "proc.exepath": "/usr/bin/agent",
    "container.image.repository": "registry.example.com/agent",
    "proc.name": "agent",
    "proc.pname": "sh",
    "user.name": "root",
    "k8s.ns.name": "monitoring",
    "fd.name": "/var/lib/agent/a b.log",
}


def test_an_exception_is_falco_yaml_with_the_alerts_values() -> None:
    text = build_yaml(exception(), "Some Rule", None, FIELDS)
    assert text is not None
    assert yaml.safe_load(text) == [
        {
            "rule": "Some Rule",
            "exceptions": [
                {
                    "name": "known_agent",
                    "fields": ["proc.exepath", "container.image.repository"],
                    "comps": ["=", "="],
                    "values": [["/usr/bin/agent", "registry.example.com/agent"]],
                }
            ],
            "override": {"exceptions": "append"},
        }
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": ["proc.name"], "comps": ["="], "values": ["%{proc.name}"]},
        {"fields": ["proc.name", "proc.pname"], "values": ["%{proc.name}", "%{proc.pname}"]},
        {"fields": ["proc.name", "user.name"], "values": ["%{proc.name}", "%{user.name}"]},
        {"fields": ["proc.exepath"], "comps": ["="], "values": ["%{proc.exepath}"]},
        {"fields": ["proc.cmdline", "proc.args"], "values": ["a b", "b"]},
        {"comps": ["startswith", "="], "values": ["/", "x/y"]},
        {"comps": ["contains", "="], "values": ["a", "x/y"]},
        {"values": ["%{proc.exepath}", "%{k8s.pod.name}"]},
        {"values": ["%{proc.exepath}"]},
    ],
)
def test_an_exception_that_is_too_broad_or_lacks_a_value_is_not_built(changes: dict[str, Any]) -> None:
    assert build_yaml(exception(**changes), "Some Rule", None, FIELDS) is None


@pytest.mark.parametrize(
    "value",
    [
        "a' or proc.name exists",
        '"x"',
        "a\nb",
        "\u202ex",
        "`id`",
        "$(id)",
        "a\\",
        "x" * 2000,
        "--a=b",
        "%{proc.name}",
        "",
        "*",
    ],
)
def test_a_hostile_value_is_not_written_into_a_rule_file(value: str) -> None:
    assert build_yaml(exception(), "Some Rule", None, {**FIELDS, "proc.exepath": value}) is None


@given(st.text())
def test_whatever_is_built_holds_exactly_the_value(value: str) -> None:
    text = build_yaml(exception(), "Some Rule", None, {**FIELDS, "proc.exepath": value})
    if text is not None:
        assert yaml.safe_load(text)[0]["exceptions"][0]["values"][0][0] == value


def test_a_list_of_process_names_is_not_extended() -> None:
    tuning = Tuning(id="x", kind="list", title="t", list="known_binaries", items=("%{proc.name}",))
    assert build_yaml(tuning, "R", None, FIELDS) is None
    rule = RuleFacts(name="R", tuning=(TuningPoint(kind="list", name="known_binaries", field="proc.name"),))
    assert build_yaml(tuning, "R", rule, {**FIELDS, "proc.name": "a/b"}) is None


def test_a_list_of_images_is_extended() -> None:
    tuning = Tuning(id="x", kind="list", title="t", list="known_images", items=("%{container.image.repository}",))
    text = build_yaml(tuning, "R", None, FIELDS)
    assert text is not None
    assert yaml.safe_load(text) == [
        {"list": "known_images", "items": ["registry.example.com/agent"], "override": {"items": "append"}}
    ]


def test_a_macro_is_extended_by_a_condition_that_parses() -> None:
    condition = "or (k8s.ns.name = %{k8s.ns.name} and fd.name = %{fd.name})"
    tuning = Tuning(id="x", kind="macro", title="t", macro="user_known", condition=condition)
    text = build_yaml(tuning, "R", None, FIELDS)
    assert text is not None
    item = yaml.safe_load(text)[0]
    assert item["override"] == {"condition": "append"}
    assert item["condition"].startswith("or ")
    assert evaluate(parse_condition(item["condition"][3:]), FIELDS) is True


def test_a_macro_on_one_field_is_not_extended() -> None:
    tuning = Tuning(id="x", kind="macro", title="t", macro="user_known", condition="k8s.ns.name = %{k8s.ns.name}")
    assert build_yaml(tuning, "R", None, FIELDS) is None


@pytest.fixture(scope="module")
def upstream() -> Path:
    if not UPSTREAM.is_file():
        pytest.skip("the published rules beside the checkout are absent")
    return UPSTREAM


def _rules(upstream: Path, text: str | None = None) -> RuleSet:
    files = [read_rules_file(upstream)]
    if text is not None:
        files.append(parse_rules_text(text, "local.yaml"))
    return load_rules(files)


def test_the_loaders_exception_silences_the_loader_and_not_its_twin(upstream, files, make, fixture_record) -> None:
    record = fixture_record("driver-loader-insmod.json")
    values = {
        **record["output_fields"],
        "proc.pexepath": "/usr/bin/falcoctl",
        "container.image.repository": "docker.io/falcosecurity/falco-driver-loader",
        "thread.cap_effective": "CAP_SYS_MODULE CAP_SYS_ADMIN",
    }
    alert = make({**record, "output_fields": values})
    twin = make(fixture_record("driver-loader-impostor.json"))
    known = files.for_alert(alert)
    rule = _rules(upstream).rules[RULE]
    before = parse_condition(rule.condition_expanded or "")
    assert evaluate(before, fields_view(alert)) is True
    found = enrich(alert, rule, known.entry, known.blocks)
    offered = [action.config for action in found.actions if action.id.startswith("tune.") and action.config]
    assert len(offered) == 2
    for config in offered:
        after = parse_condition(_rules(upstream, config).rules[RULE].condition_expanded or "")
        assert evaluate(after, fields_view(alert)) is False, config
        assert evaluate(after, {**fields_view(twin), "thread.cap_effective": "CAP_SYS_MODULE"}) is True, config


def test_every_built_tuning_loads_on_top_of_the_published_rules(upstream, files, make, fixtures) -> None:
    import json

    base = _rules(upstream)
    built = 0
    for path in sorted((fixtures / "alerts" / "falco").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(record, dict) or record.get("rule") not in base.rules:
            continue
        alert = make(record)
        known = files.for_alert(alert)
        for action in enrich(alert, base.rules[record["rule"]], known.entry, known.blocks).actions:
            if action.id.startswith("tune.") and action.config:
                loaded = _rules(upstream, action.config)
                after = parse_condition(loaded.rules[record["rule"]].condition_expanded or "")
                assert not loaded.rules[record["rule"]].warnings or base.rules[record["rule"]].warnings
                assert evaluate(after, fields_view(alert)) is not True, (path.name, action.config)
                built += 1
    assert built
