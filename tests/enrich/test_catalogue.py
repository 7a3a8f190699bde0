from __future__ import annotations

import json
from pathlib import Path

import pytest

from explainer.enrich.catalogue import load_catalogue, shipped_catalogue

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "explainer" / "data" / "catalogue"


def test_a_stable_rule_is_known_with_its_facts():
    facts = shipped_catalogue()["Terminal shell in container"]
    assert (facts.priority, facts.source, facts.maturity, facts.enabled) == ("Notice", "syscall", "stable", True)
    assert [t.id for t in facts.techniques] == ["T1059"]
    assert facts.event_types == ("execve", "execveat")
    assert facts.origin == "catalogue"
    assert facts.file == "falco_rules.yaml"
    assert facts.catalogue_version.startswith("2026-06-18")
    assert facts.tuning[0].name == "user_expected_terminal_shell_in_container_conditions"
    assert facts.tuning[0].empty is True


def test_plugin_rules_are_known_with_their_source():
    catalogue = shipped_catalogue()
    sources = {catalogue[name].source for name in catalogue}
    assert sources == {"syscall", "k8s_audit", "aws_cloudtrail", "github", "okta", "gcp_auditlog"}
    assert "k8saudit 0.18.0 or k8saudit-aks 0.6.0" in catalogue["Disallowed K8s User"].required_plugins[0]


def test_no_upstream_prose_or_condition_is_shipped():
    catalogue = shipped_catalogue()
    assert {(catalogue[n].condition, catalogue[n].condition_expanded) for n in catalogue} == {(None, None)}


def test_every_rule_of_the_catalogue_is_described_in_sentences():
    catalogue = shipped_catalogue()
    texts = [catalogue[name].description for name in catalogue]
    assert len(set(texts)) == len(texts)
    assert all(text and text.endswith(".") and "%" not in text and len(text) > 20 for text in texts)


def test_an_unknown_rule_is_no_member():
    catalogue = shipped_catalogue()
    assert "No such rule" not in catalogue
    assert catalogue.get("No such rule") is None
    with pytest.raises(KeyError):
        catalogue["No such rule"]


def test_a_disabled_rule_says_so():
    facts = shipped_catalogue()["Create Hidden Files or Directories"]
    assert facts.enabled is False
    assert facts.warnings == ("the rule is disabled in the upstream files",)


def test_facts_are_built_once():
    catalogue = shipped_catalogue()
    assert catalogue["Clear Log Activities"] is catalogue["Clear Log Activities"]


def test_the_first_part_wins_where_two_know_a_name():
    one = {"version": "1", "rules": {"R": {"priority": "Error"}}}
    two = {"version": "2", "rules": {"R": {"priority": "Debug"}, "S": {}}}
    catalogue = load_catalogue(one, two)
    assert (catalogue["R"].priority, catalogue["R"].catalogue_version) == ("Error", "1")
    assert catalogue.version == "1; 2"
    assert len(catalogue) == 2


@pytest.mark.parametrize("name", ["falco.json", "plugins.json", "heads.json", "descriptions.json"])
def test_the_shipped_files_are_json_without_machine_paths(name):
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert json.loads(text)
    assert "/work/" not in text


def test_every_rule_of_the_catalogue_can_be_built():
    catalogue = shipped_catalogue()
    assert all(catalogue[name].name == name for name in catalogue)
    assert len(catalogue) == 242
