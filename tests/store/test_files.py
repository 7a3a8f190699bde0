from __future__ import annotations

import os
from datetime import date, timedelta

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.errors import CaseError, DataError, KnowledgeError, RulesError
from explainer.schema.node import Mapping, Scalar, Sequence
from explainer.store.files import (
    falco_rule_files,
    load_json,
    load_toml,
    load_yaml,
    parse_rules_text,
    read_rules,
    read_rules_file,
    read_text,
)


def names(paths):
    return [path.name for path in paths]


@pytest.fixture
def falco(tmp_path):
    folder = tmp_path / "falco"
    (folder / "rules.d").mkdir(parents=True)
    for name in ("falco_rules.yaml", "falco_rules.local.yaml", "extra_rules.yml", "rules.d/b.yaml", "rules.d/a.yaml"):
        (folder / name).write_text("- list: x\n  items: []\n")
    (folder / "rules.d" / "notes.txt").write_text("no rules")
    return folder


def test_a_folder_is_read_in_falcos_order(falco):
    assert names(falco_rule_files([falco], {})) == [
        "falco_rules.yaml",
        "extra_rules.yml",
        "falco_rules.local.yaml",
        "a.yaml",
        "b.yaml",
    ]


def test_falcos_own_configuration_gives_the_order(falco):
    (falco / "falco.yaml").write_text(
        "rules_files:\n  - /etc/falco/falco_rules.yaml\n  - /etc/falco/rules.d\n  - /etc/falco/gone.yaml\n"
    )
    assert names(falco_rule_files([falco], {})) == ["falco_rules.yaml", "a.yaml", "b.yaml"]


def test_the_configuration_is_never_a_rule_file(falco):
    (falco / "falco.yaml").write_text("engine: {kind: modern_ebpf}\n")
    assert "falco.yaml" not in names(falco_rule_files([falco], {}))


def test_files_keep_the_order_in_which_they_are_named(falco):
    paths = [falco / "rules.d" / "b.yaml", falco / "falco_rules.yaml"]
    assert falco_rule_files(paths, {}) == paths
    assert [file.path for file in read_rules(paths)] == [str(path) for path in paths]


def test_the_home_folder_is_that_of_the_environment(falco):
    assert names(falco_rule_files(["~/falco_rules.yaml"], {"HOME": str(falco)})) == ["falco_rules.yaml"]


def test_default_places_are_looked_at_only_when_asked(falco, tmp_path):
    env = {"EXPLAINER_FALCO_DIR": str(falco)}
    assert len(falco_rule_files([], env, defaults=True)) == 5
    assert falco_rule_files([], env) == []
    assert falco_rule_files([], {"EXPLAINER_FALCO_DIR": str(tmp_path / "gone")}, defaults=True) == []


def test_a_missing_path_and_an_empty_folder_are_refused(tmp_path):
    with pytest.raises(RulesError, match="no such file or folder"):
        falco_rule_files([tmp_path / "gone.yaml"], {})
    with pytest.raises(RulesError, match="no rule file"):
        falco_rule_files([tmp_path], {})


def test_text_is_read_without_its_byte_order_mark(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfhello")
    assert read_text(path) == "hello"


def test_what_cannot_be_read_says_why(tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"ok\nnot \xe9t\xe9")
    with pytest.raises(CaseError, match="not UTF-8") as caught:
        read_text(path, error=CaseError)
    assert caught.value.where == f"{path}:2:5"
    with pytest.raises(DataError, match="no such file"):
        read_text(tmp_path / "gone")
    with pytest.raises(DataError, match="folder, not a file"):
        read_text(tmp_path)
    with pytest.raises(DataError, match="larger than"):
        read_text(path, max_bytes=3)
    with pytest.raises(DataError, match="cannot be read"):
        read_text("a\0b")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_says_so(tmp_path):
    path = tmp_path / "secret"
    path.touch(mode=0o000)
    with pytest.raises(DataError, match="may not be read"):
        read_text(path)


def test_scalars_are_text_exactly_as_written():
    file = parse_rules_text("items: [no, 1.10, =, 0x1, 'q', \"null\", null, ]", "r.yaml")
    root = file.documents[0]
    assert isinstance(root, Mapping)
    items = root.get("items")
    assert isinstance(items, Sequence)
    scalars = [item for item in items.items if isinstance(item, Scalar)]
    assert [scalar.text for scalar in scalars] == ["no", "1.10", "=", "0x1", "q", "null", "null"]
    assert [scalar.is_null for scalar in scalars] == [False] * 6 + [True]
    assert (scalars[1].line, scalars[1].column) == (1, 13)


def test_documents_are_kept_apart_and_empty_ones_are_none():
    documents = parse_rules_text("---\n- a\n---\n---\n- b\n", "r.yaml").documents
    assert [document is None for document in documents] == [False, True, False]
    assert parse_rules_text("", "r.yaml").documents == ()


def test_aliases_are_followed():
    root = parse_rules_text("a: &x [1]\nb: *x\n", "r.yaml").documents[0]
    assert isinstance(root, Mapping)
    assert root.get("a") == root.get("b")


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        # libyaml puts the end of the text on a line of its own, PyYAML does not.
        ("a: [", "x:2:1" if yaml.__with_libyaml__ else "x:1:5", "not valid YAML"),
        ("a:\n\t- b", "x:2:1", "a tab"),
        ("a: &a [*a]", "x:1:8", "contains itself"),
        ("a: *b", "x:1:4", "no anchor"),
        ("? [a]\n: b", "x:1:3", "a key is a list"),
        ("a: \x01", "x:1:4", "not valid YAML"),
        # newer versions of libyaml stop at a depth of their own, while looking ahead.
        ("[" * 200_000, ("x:1:62", "x:1:1001"), "nested more than"),
        ("{a: " * 200_000, "x:1:242", "nested more than"),
        (BOMB, "x:6:14", "grows to more than"),
    ],
    ids=["open", "tab", "self", "anchor", "key", "control", "deep list", "deep mapping", "bomb"],
)
def test_broken_yaml_is_refused_with_its_place(text, where, message):
    with pytest.raises(RulesError, match=message) as caught:
        parse_rules_text(text, "x")
    assert caught.value.where in (where if isinstance(where, tuple) else (where,))
    with pytest.raises(KnowledgeError, match=message):
        load_yaml(text, "x")


def test_a_rule_file_carries_the_hash_of_its_text(falco):
    assert len(read_rules_file(falco / "falco_rules.yaml").sha256) == 64


def test_knowledge_values_have_the_types_that_they_look_like():
    text = (
        "a: no\nb: 0644\nc: 2026-01-02\nd: -1\ne: 1.5\nf: ~\ng:\nh: true\ni: 0x1F\nj: 12:30:45\nk: '1'\nl: [on, 1e3]\n"
    )
    assert load_yaml(text, "k.yaml") == {
        "a": "no",
        "b": "0644",
        "c": date(2026, 1, 2),
        "d": -1,
        "e": 1.5,
        "f": None,
        "g": None,
        "h": True,
        "i": 31,
        "j": "12:30:45",
        "k": "1",
        "l": ["on", 1000.0],
    }
    assert load_yaml("", "k.yaml") is None


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("a: 1\nb: {c: 1, c: 2}", "k:2:11", "stands twice"),
        ("a: 2026-13-45", "k:1:4", "cannot be read"),
        ("a: 1\n---\nb: 2", "k", "several YAML documents"),
        ("a: " + "9" * 5000, "k:1:4", "cannot be read"),
    ],
    ids=["twice", "date", "documents", "digits"],
)
def test_broken_knowledge_is_refused_with_its_place(text, where, message):
    with pytest.raises(KnowledgeError, match=message) as caught:
        load_yaml(text, "k")
    assert caught.value.where == where


def test_toml_and_json_are_read_and_their_errors_located():
    assert load_toml("a = 1", "t") == {"a": 1}
    assert load_json('{"a": [1]}', "j") == {"a": [1]}
    with pytest.raises(KnowledgeError) as toml:
        load_toml("a = 1\nb = ", "t")
    assert (toml.value.where or "").startswith("t:2:")
    with pytest.raises(CaseError) as broken:
        load_json('{"a":\n x}', "j", error=CaseError)
    assert broken.value.where == "j:2:2"
    with pytest.raises(KnowledgeError, match="NaN is not JSON"):
        load_json("[NaN]", "j")
    with pytest.raises(KnowledgeError):
        load_json("[" * 100_000, "j")
    with pytest.raises(KnowledgeError):
        load_toml("a = " + "[" * 100_000, "t")


YAMLISH = st.text(st.sampled_from("abn01:-[]{}#&*!|>'\"%@`?, \n\t=.~<\x00é"), max_size=60)


@given(st.one_of(YAMLISH, st.text(max_size=40)))
@settings(max_examples=300, deadline=timedelta(seconds=5))
def test_any_text_is_read_or_refused_as_a_rules_error(text):
    error = None
    try:
        parse_rules_text(text, "r.yaml")
    except RulesError as caught:
        error = caught
    assert error is None or (error.where or "").startswith("r.yaml")


@given(st.one_of(YAMLISH, st.text(max_size=40)))
@settings(max_examples=300, deadline=timedelta(seconds=5))
def test_any_text_is_typed_or_refused_as_the_asked_error(text):
    error = None
    try:
        load_yaml(text, "k.yaml", error=CaseError)
    except CaseError as caught:
        error = caught
    assert error is None or error.hint
