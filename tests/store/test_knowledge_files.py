from __future__ import annotations

from pathlib import Path

import pytest

from explainer.errors import KnowledgeError
from explainer.schema.alert import Alert, Product, RuleRef
from explainer.store.knowledge_files import KnowledgeFiles

RULE = "Linux Kernel Module Injection Detected"
STEM = "linux-kernel-module-injection-detected"


def alert(rule: str | None, **changes: object) -> Alert:
    base: dict[str, object] = {
        "id": "x",
        "format": "f",
        "product": Product(vendor="v", name="n", event_source="syscall"),
        "rule": RuleRef(name=rule),
        "raw": "",
        "raw_sha256": "",
    }
    return Alert.model_validate({**base, **changes})


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


ENTRY = """\
rule: Our Own Rule
aliases: [Former Name, "Older, Name"]
reviewed: 2026-01-01
sources: [us]
title: Ours
meaning: It means something.
hypotheses: []
"""


def test_every_shipped_entry_and_block_is_sound_and_lies_where_it_is_looked_for() -> None:
    files = KnowledgeFiles()
    from explainer.enrich.knowledge import slug

    blocks = {block.id: {action.id for action in block.actions} for block in files.blocks()}
    for stem, entry in files.entries():
        if entry.rule is not None:
            assert slug(entry.rule) == stem
            assert files.entry(entry.rule) is entry
        for use in entry.use:
            name, _, action = use.partition(".")
            assert name in blocks, (stem, use)
            assert not action or action in blocks[name], (stem, use)


def test_an_earlier_name_leads_to_the_entry(tmp_path) -> None:
    write(tmp_path, "falco/our-own-rule.yaml", ENTRY)
    files = KnowledgeFiles([tmp_path])
    for name in ("Our Own Rule", "our own rule", "Former Name", "Older, Name"):
        entry = files.entry(name)
        assert entry is not None
        assert entry.title == "Ours"
    assert files.entry("Nobody's Rule") is None


def test_a_block_list_of_aliases_is_read_as_well(tmp_path) -> None:
    text = ENTRY.replace('aliases: [Former Name, "Older, Name"]', "aliases:\n  - Former Name\n  - 'Other'")
    write(tmp_path, "our-own-rule.yaml", text)
    assert KnowledgeFiles([tmp_path]).entry("Other") is not None


def test_a_users_fields_go_before_the_shipped_ones_and_the_rest_stays(tmp_path) -> None:
    write(tmp_path, f"falco/{STEM}.yaml", "title: Ours\ndefault_verdict: suspicious\n")
    shipped, own = KnowledgeFiles().entry(RULE), KnowledgeFiles([tmp_path]).entry(RULE)
    assert shipped is not None
    assert own is not None
    assert (own.title, own.default_verdict) == ("Ours", "suspicious")
    assert own.hypotheses == shipped.hypotheses


def test_the_first_folder_wins(tmp_path) -> None:
    write(tmp_path, f"a/{STEM}.yaml", "title: First\n")
    write(tmp_path, f"b/{STEM}.yaml", "title: Second\nimpact: From b\n")
    entry = KnowledgeFiles([tmp_path / "a", tmp_path / "b"]).entry(RULE)
    assert entry is not None
    assert (entry.title, entry.impact) == ("First", "From b")


def test_a_mistake_is_located_in_the_file_that_holds_it(tmp_path) -> None:
    path = write(
        tmp_path, f"falco/{STEM}.yaml", "title: Ours\nattack:\n  - technique: T1059\n  - technique: nonsense\n"
    )
    with pytest.raises(KnowledgeError) as error:
        KnowledgeFiles([tmp_path]).entry(RULE)
    assert error.value.where == f"{path}:4:5"


@pytest.mark.parametrize("text", ["- a\n", "title: [\n", "", "title: x\ntitle: y\n"])
def test_a_file_that_is_no_entry_is_refused(tmp_path, text) -> None:
    write(tmp_path, "our-own-rule.yaml", text)
    with pytest.raises(KnowledgeError):
        KnowledgeFiles([tmp_path], shipped=False).entry("Our Own Rule")


def test_a_missing_folder_is_said(tmp_path) -> None:
    with pytest.raises(KnowledgeError, match="no such folder"):
        KnowledgeFiles([tmp_path / "nowhere"])


def test_only_the_files_that_are_needed_are_read(tmp_path) -> None:
    write(tmp_path, "falco/broken.yaml", "title: [\n")
    assert KnowledgeFiles([tmp_path]).for_alert(alert(RULE)).entry is not None


def test_an_unknown_rule_gets_the_blocks_of_its_source() -> None:
    found = KnowledgeFiles().for_alert(alert("Nobody's Rule"))
    assert found.entry is None
    assert "host-evidence" in found.blocks
    audit = KnowledgeFiles().for_alert(alert("X", product=Product(vendor="v", name="n", event_source="k8s_audit")))
    assert "kubernetes-evidence" in audit.blocks


def test_sensor_messages_have_an_entry_of_their_own() -> None:
    found = KnowledgeFiles().for_alert(alert("Falco internal: syscall event drop", kind="sensor_health"))
    assert found.entry is not None
    assert found.entry.source == "internal"


def test_the_hash_moves_with_every_file_that_counts(tmp_path) -> None:
    before = KnowledgeFiles().for_alert(alert(RULE)).sha256
    assert before == KnowledgeFiles().for_alert(alert(RULE)).sha256
    write(tmp_path, f"falco/{STEM}.yaml", "title: Ours\n")
    assert KnowledgeFiles([tmp_path]).for_alert(alert(RULE)).sha256 != before
    write(tmp_path, "blocks/containment.yaml", "sources: [us]\n")
    assert len({before, KnowledgeFiles([tmp_path]).for_alert(alert(RULE)).sha256}) == 2
