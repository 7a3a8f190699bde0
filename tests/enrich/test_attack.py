from __future__ import annotations

import json
from pathlib import Path

import pytest

from explainer.enrich.attack import AttackTable, attack_table

ROOT = Path(__file__).resolve().parents[2]


def test_a_sub_technique_has_its_name_tactics_platforms_and_version():
    technique = attack_table().get("t1059.004")
    assert technique is not None
    assert (technique.id, technique.name, technique.tactics) == ("T1059.004", "Unix Shell", ("execution",))
    assert "Linux" in technique.platforms
    assert technique.version == "17.0"
    assert attack_table().full_name("T1059.004") == "Command and Scripting Interpreter: Unix Shell"


@pytest.mark.parametrize("identity", ["T9999", "T1059.999", "", "T105", "execution", "T1059;x"])
def test_what_the_table_does_not_hold_is_no_technique(identity):
    assert attack_table().get(identity) is None


def test_a_tactic_id_resolves_to_its_tactic():
    tactic = attack_table().get("TA0004")
    assert tactic is not None
    assert (tactic.name, tactic.tactics) == ("Privilege Escalation", ("privilege_escalation",))


def test_a_renumbered_technique_names_its_successor():
    old = attack_table().get("T1562.001")
    assert old is not None
    assert old.superseded_by == "T1685"
    new = attack_table().get("T1685")
    assert new is not None
    assert (new.version, new.superseded_by) == ("19", None)


def test_a_revoked_technique_is_known_with_its_successor():
    assert attack_table().from_tags(["T1086"])[0][0].superseded_by == "T1059.001"


def test_tags_give_techniques_tactics_and_what_is_wrong():
    tags = [
        "maturity_stable",
        "T1059",
        "TA0003",
        "mitre_data_destruction",
        "mitre_execution",
        "T9999",
        "PCI_DSS_10.2.5",
    ]
    techniques, tactics, invalid = attack_table().from_tags([*tags, "attack.t1611", "T1059", "T105", "test", "table"])
    assert [t.id for t in techniques] == ["T1059", "T1611"]
    assert tactics == ("persistence", "execution")
    assert invalid == ("mitre_data_destruction", "T9999", "T105")


def test_a_table_of_ones_own_can_be_used():
    table = AttackTable({"version": "1", "tactics": {"TA0001": ["entry", "Entry"]}, "techniques": {}})
    assert table.is_tactic("entry")
    assert table.get("T1059") is None


def test_every_technique_names_tactics_that_exist():
    data = json.loads((ROOT / "explainer/data/attack.json").read_text(encoding="utf-8"))
    known = {short for short, _ in data["tactics"].values()} | {"defense_impairment"}
    assert {tactic for row in data["techniques"].values() for tactic in row[1]} <= known
    assert len(data["techniques"]) > 650
    assert "MITRE" in data["notice"]


def test_a_tag_that_names_the_technique_behind_its_id_is_read():
    techniques, tactics, invalid = attack_table().from_tags(
        ["T1562-impair-defenses", "TA0005-defense-evasion", "T9999-x"]
    )
    assert ([t.id for t in techniques], tactics, invalid) == (["T1562"], ("defense_evasion",), ("T9999-x",))
