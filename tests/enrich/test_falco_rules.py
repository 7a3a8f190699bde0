from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.enrich.condition import evaluate, parse_condition
from explainer.enrich.falco_rules import load_rules, output_fields
from explainer.errors import RulesError
from explainer.schema.rule import RuleFacts, RuleSet
from explainer.store.files import parse_rules_text, read_rules

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures" / "rules"
UPSTREAM = ROOT / ".." / "shared" / "upstream"
BASE = FIXTURES / "base_rules.yaml"
LOCAL = FIXTURES / "base_rules.local.yaml"

RULE = """
- macro: m
  condition: evt.type = open
- list: l
  items: [a, b]
- rule: R
  desc: d
  condition: m and proc.name in (l)
  output: Out | user=%user.name
  priority: NOTICE
  tags: [one]
"""


def load(*texts: str) -> RuleSet:
    return load_rules([parse_rules_text(text, f"{number}.yaml") for number, text in enumerate(texts)])


def door(*paths: Path) -> RuleFacts:
    return load_rules(read_rules(paths)).rules["Door opened in container"]


def test_all_facts_of_a_rule_are_read():
    facts = door(BASE)
    assert facts.priority == "Warning"
    assert facts.source == "syscall"
    assert facts.description == "A tool that opens doors ran inside a container."
    assert facts.maturity == "stable"
    assert [t.id for t in facts.techniques] == ["T1059.004"]
    assert facts.tactics == ("execution",)
    assert facts.event_types == ("execve", "execveat")
    assert facts.output_fields == ("evt.type", "user.name", "proc.name", "proc.cmdline", "proc.aname[2]")
    assert facts.required_engine_version == "0.50.0"
    assert facts.required_plugins == ("container 0.2.0 or container-lite 1.0.0",)
    assert facts.origin == "rules_file"
    assert (facts.file, facts.line) == (str(BASE), 35)


def test_lists_and_macros_are_put_in_place_at_every_depth():
    expanded = door(BASE).condition_expanded
    assert expanded == (
        "evt.type in (execve, execveat) and container.id != host and proc.name in (opener, closer, lever) "
        "and not user.name in () and not evt.num = 0"
    )


def test_tuning_points_name_what_a_site_may_fill():
    points = {point.name: point for point in door(BASE).tuning}
    assert set(points) == {"known_door_users", "user_known_door_activities"}
    users = points["known_door_users"]
    assert (users.kind, users.field, users.empty, users.line) == ("list", "user.name", True, 20)
    assert points["user_known_door_activities"].empty is True


def test_list_items_stay_text():
    facts = load_rules(read_rules([BASE])).rules["Odd word used"]
    assert facts.condition_expanded == 'evt.type = execve and proc.name in (no, 1.10, "=", 0x1, null, "two words")'
    assert facts.enabled is False
    assert facts.invalid_tags == ("mitre_no_such_tactic", "T9999")
    assert facts.tactics == ("persistence",)


def test_a_local_file_changes_every_part_it_overrides():
    facts = door(BASE, LOCAL)
    assert facts.priority == "Critical"
    assert facts.tags == ("maturity_stable", "container", "mitre_execution", "T1059.004", "site")
    assert facts.overridden_in == (f"{LOCAL}:12",)
    points = {point.name: point for point in facts.tuning}
    assert points["known_door_users"].items == ("porter",)
    assert points["user_known_door_activities"].empty is False
    assert facts.exceptions[0].values == [["guard", "opener"]]
    condition = parse_condition(facts.condition_expanded or "")
    event = {
        "evt.type": "execve",
        "container.id": "c1",
        "proc.name": "opener",
        "proc.cmdline": "opener",
        "proc.pname": "x",
    }
    assert evaluate(condition, {**event, "user.name": "guest"}) is True
    assert evaluate(condition, {**event, "user.name": "guard"}) is False
    assert evaluate(condition, {**event, "user.name": "porter"}) is False
    assert evaluate(condition, {**event, "user.name": "guest", "proc.pname": "concierge"}) is False
    assert evaluate(condition, {**event, "user.name": "guest", "proc.cmdline": "opener --dry-run"}) is False


def test_documents_and_empty_items_of_one_file_are_read_together():
    rules = load("---\n" + RULE + "---\n---\n-\n- list: l\n  items: [c]\n")
    assert "proc.name in (c)" in (rules.rules["R"].condition_expanded or "")


def test_a_later_definition_replaces_the_earlier_one_entirely():
    rules = load(RULE, "- rule: R\n  desc: x\n  condition: evt.type=close\n  output: New\n  priority: error\n")
    facts = rules.rules["R"]
    assert (facts.tags, facts.output, facts.priority) == ((), "New", "Error")
    assert facts.overridden_in == ("1.yaml:1",)


def test_append_extends_lists_macros_and_rules():
    more = """
- list: l
  items: [c]
  append: true
- macro: m
  condition: or evt.type = openat
  append: true
- rule: R
  condition: and user.name != x
  append: true
"""
    assert load(RULE, more).rules["R"].condition_expanded == (
        "(evt.type = open or evt.type = openat) and proc.name in (a, b, c) and user.name != x"
    )


def test_a_bare_enabled_switches_a_rule_and_warns():
    rules = load(RULE, "- rule: R\n  enabled: false\n")
    assert rules.rules["R"].enabled is False
    assert "override" in rules.warnings[0]
    assert load(RULE, "- rule: R\n  enabled: no\n  override: {enabled: replace}\n").rules["R"].enabled is False


def test_a_rule_sees_macros_defined_after_it_and_a_macro_does_not():
    late = "- rule: L\n  desc: d\n  condition: after\n  output: o\n  priority: info\n"
    late += "- macro: after\n  condition: evt.type=x\n"
    assert load(late).rules["L"].event_types == ("x",)
    with pytest.raises(RulesError, match="only later at"):
        load("- macro: a\n  condition: b\n- macro: b\n  condition: evt.type=x\n" + RULE.replace("m and", "a and"))


def test_an_engine_number_is_the_minor_version():
    assert load("- required_engine_version: 15\n" + RULE).rules["R"].required_engine_version == "0.15.0"


def test_container_info_prints_nothing():
    facts = load(RULE.replace("user=%user.name", "%container.info user=%user.name")).rules["R"]
    assert facts.output == "Out | user=%user.name"
    assert facts.output_fields == ("user.name",)


def test_output_fields_are_found_inside_transformers_and_with_arguments():
    template = "%toupper(proc.name) %jevt.value[/a/b] %evt.arg[0] 100% %proc.aname[2]: %ka.req.pod.containers.image[0]."
    assert output_fields(template) == (
        "proc.name",
        "jevt.value[/a/b]",
        "evt.arg[0]",
        "proc.aname[2]",
        "ka.req.pod.containers.image[0]",
    )


def test_exceptions_of_every_shape_compile():
    text = (
        RULE
        + """
  exceptions:
    - name: flat
      fields: proc.pname
      values: [x, y]
    - name: prefixes
      fields: proc.exepath
      comps: startswith anyof
      values: [/opt/, /srv/]
    - name: rows
      fields: [user.name, fd.name]
      comps: [=, pmatch]
      values:
        - [root, [/etc, /usr]]
        - ['"quoted name"', [/x]]
    - name: template
      fields: [proc.name]
"""
    )
    facts = load(text, "- rule: R\n  append: true\n  exceptions:\n    - name: flat\n      values: [z]\n").rules["R"]
    assert facts.condition_expanded == (
        "(evt.type = open and proc.name in (a, b)) and not (proc.pname in (x, y, z) or "
        "proc.exepath startswith anyof (/opt/, /srv/) or (user.name = root and fd.name pmatch (/etc, /usr)) or "
        '(user.name = "quoted name" and fd.name pmatch (/x)))'
    )
    assert facts.exceptions[-1].comps == ("=",)


def test_what_falco_only_warns_about_is_a_warning():
    rules = load("- plugin: x\n" + RULE.replace("  tags", "  colour: red\n  desc: again\n  tags"))
    assert rules.warnings == (
        "0.yaml:1:3: unknown top level item 'plugin' is ignored",
        "0.yaml:13:3: the key 'desc' stands twice; Falco takes the first",
        "0.yaml:12:3: unknown key 'colour' is ignored",
    )


BAD = [
    ("a: 1\n", "0.yaml:1:1", "a list of items"),
    ("- word\n", "0.yaml:1:3", "no mapping"),
    ("- list: x\n", "0.yaml:1:3", "no items"),
    ("- list: x\n  items: word\n", "0.yaml:2:10", "no list"),
    ("- list: x\n  items: [[a]]\n", "0.yaml:2:11", "no plain value"),
    ("- list: ''\n  items: []\n", "0.yaml:1:3", "no name"),
    ("- macro: a b\n  condition: x\n", "0.yaml:1:10", "cannot be a macro's name"),
    ("- macro: x\n", "0.yaml:1:3", "no condition"),
    ("- list: x\n  items: [a]\n  append: true\n", "0.yaml:1:3", "not defined before"),
    ("- macro: x\n  condition: a\n  append: true\n", "0.yaml:1:3", "not defined before"),
    ("- rule: X\n  condition: and a\n  append: true\n", "0.yaml:1:3", "not defined before"),
    ("- rule: X\n  enabled: false\n", "0.yaml:1:3", "not defined before"),
    (RULE.replace("  priority: NOTICE\n", ""), "0.yaml:6:3", "has no priority"),
    (RULE.replace("  output: Out | user=%user.name\n", ""), "0.yaml:6:3", "has no output"),
    (RULE.replace("NOTICE", "LOUD"), "0.yaml:10:13", "unknown priority 'LOUD'"),
    (RULE.replace("[one]", "one"), "0.yaml:11:9", "no list"),
    (RULE + "  enabled: maybe\n", "0.yaml:12:12", "neither true nor false"),
    (RULE.replace("m and", "m nand"), "0.yaml:8:16", "cannot be read near"),
    (RULE.replace("m and", "nobody and"), "0.yaml:6:3", "uses the macro 'nobody'"),
    (RULE + "- rule: R\n  append: true\n", "0.yaml:12:3", "nothing is appended"),
    (
        RULE + "- rule: R\n  source: k8s_audit\n  condition: and x\n  append: true\n",
        "0.yaml:13:11",
        "changes its source",
    ),
    (RULE + "- list: l\n  items: [c]\n  append: true\n  override: {items: append}\n", "0.yaml:15:13", "stand together"),
    (RULE + "- list: l\n  items: [c]\n  override: {items: drop}\n", "0.yaml:14:21", "neither append nor replace"),
    (RULE + "- rule: R\n  priority: error\n  override: {priority: append}\n", "0.yaml:14:14", "cannot be overridden"),
    (RULE + "- rule: R\n  override: {desc: append}\n", "0.yaml:13:14", "does not give"),
    (
        RULE + "- rule: R\n  desc: x\n  output: y\n  override: {desc: append}\n",
        "0.yaml:14:3",
        "without an override entry",
    ),
    ("- required_engine_version: new\n", "0.yaml:1:28", "no engine version"),
    ("- required_plugin_versions: [k8saudit]\n", "0.yaml:1:30", "no mapping"),
    ("- required_plugin_versions:\n    - name: x\n", "0.yaml:2:7", "lacks its name or version"),
    ("- macro: a\n  condition: a\n" + RULE.replace("m and", "a and"), "0.yaml:1:3", "not defined before"),
    (RULE + "  exceptions: x\n", "0.yaml:12:15", "no list"),
    (RULE + "  exceptions:\n    - name: e\n", "0.yaml:13:7", "no fields"),
    (RULE + "  exceptions:\n    - fields: [a.b]\n", "0.yaml:13:7", "no name"),
    (RULE + "  exceptions: [{name: e, fields: [a.b, c.d], comps: [=]}]\n", "0.yaml:12:53", "2 fields and 1 comps"),
    (RULE + "  exceptions: [{name: e, fields: a.b, comps: [in]}]\n", "0.yaml:12:46", "shape of fields"),
    (RULE + "  exceptions: [{name: e, fields: a.b, comps: startswith}]\n", "0.yaml:12:46", "does not take a list"),
    (RULE + "  exceptions: [{name: e, fields: a.b, comps: like}]\n", "0.yaml:12:46", "unknown comparison"),
    (RULE + "  exceptions: [{name: e, fields: [a.b, c.d], values: [[x]]}]\n", "0.yaml:12:55", "has 1 values"),
    (
        RULE + "  exceptions: [{name: e, fields: [a.b], values: [[[x, y]]]}]\n",
        "0.yaml:12:51",
        "compares with one value",
    ),
    (RULE + "  exceptions: [{name: e, fields: a.b, values: [[x]]}]\n", "0.yaml:12:48", "is a list"),
    (RULE + "  exceptions: [{name: e, fields: not a field}]\n", "0.yaml:12:34", "is no field"),
]


@pytest.mark.parametrize(("text", "where", "message"), BAD, ids=[message for _, _, message in BAD])
def test_what_falco_refuses_is_refused_with_its_place(text, where, message):
    with pytest.raises(RulesError) as caught:
        load(text)
    assert caught.value.where == where
    assert message in caught.value.message
    assert caught.value.hint


def test_appended_exceptions_must_have_the_shape_of_the_first():
    base = RULE + "  exceptions:\n    - name: e\n      fields: [a.b, c.d]\n"
    append = "- rule: R\n  append: true\n  exceptions:\n    - name: e\n"
    with pytest.raises(RulesError, match="does not have its shape"):
        load(base, append + "      values: [[x]]\n")
    with pytest.raises(RulesError, match="only values"):
        load(base, append + "      fields: [a.b]\n      values: [[x, y]]\n")


def test_lists_in_a_circle_are_refused():
    circle = "- list: a\n  items: [x]\n- list: b\n  items: [a]\n- list: a\n  items: [b]\n"
    with pytest.raises(RulesError, match="contain each other: a → b → a"):
        load(circle + RULE.replace("(l)", "(a)"))


def test_macros_in_a_circle_are_refused():
    circle = "- macro: a\n  condition: x.y=1\n- macro: b\n  condition: a\n- macro: a\n  condition: b\n"
    with pytest.raises(RulesError, match="refer to each other"):
        load(circle + RULE.replace("m and", "a and"))


def test_macros_that_multiply_are_refused():
    text = "- macro: m0\n  condition: (x.y=1 or x.z=2)\n"
    for number in range(1, 30):
        text += f"- macro: m{number}\n  condition: (m{number - 1} or m{number - 1})\n"
    with pytest.raises(RulesError, match="grows beyond"):
        load(text + RULE.replace("m and", "m29 and"))


def test_a_macro_that_other_rules_require_is_no_tuning_point():
    text = RULE.replace("m and", "m and not in_c and not user_x and") + (
        "- macro: in_c\n  condition: container.id != host\n- macro: user_x\n  condition: in_c\n"
        "- rule: S\n  desc: d\n  condition: in_c\n  output: o\n  priority: info\n"
    )
    assert [point.name for point in load(text).rules["R"].tuning] == ["user_x"]


KEYS = st.sampled_from(
    ["rule", "macro", "list", "items", "condition", "append", "override", "exceptions", "priority", "x"]
)
LEAF = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text("ab=()%. -", max_size=6), st.just("evt.type=x"))
TREES = st.recursive(LEAF, lambda c: st.lists(c, max_size=3) | st.dictionaries(KEYS, c, max_size=4), max_leaves=12)


@given(st.lists(st.dictionaries(KEYS, TREES, max_size=5), max_size=4))
@settings(max_examples=150, deadline=timedelta(seconds=5))
def test_any_items_load_or_are_refused_with_a_place(items):
    import json

    error = None
    try:
        load(json.dumps(items))
    except RulesError as caught:
        error = caught
    assert error is None or (error.where or "").startswith("0.yaml:")


@pytest.fixture(scope="module")
def upstream() -> RuleSet:
    names = ("falco_rules", "falco-incubating_rules", "falco-sandbox_rules", "falco-deprecated_rules")
    paths = [UPSTREAM / f"{name}.yaml" for name in names]
    if not all(path.exists() for path in paths):
        pytest.skip("the upstream rule files are not beside the checkout")
    return load_rules(read_rules(paths))


def test_the_upstream_rules_load_without_a_warning(upstream):
    assert len(upstream.rules) == 97
    assert upstream.warnings == ()
    assert sum(not facts.enabled for facts in upstream.rules.values()) == 16


def test_facts_of_the_upstream_rules_are_those_counted_by_hand(upstream):
    catalog = ROOT / ".." / "shared" / "facts" / "rules_catalog.json"
    if not catalog.exists():
        pytest.skip("the fact sheet is not beside the checkout")
    import json

    for known in json.loads(catalog.read_text())["rules"]:
        facts = upstream.rules.get(known["name"])
        if facts is None or known["repo"] != "falcosecurity/rules":
            continue
        assert list(facts.tags) == known["tags"]
        assert facts.priority == known["priority"]
        assert set(facts.event_types) == set(known["event_types"])
        assert list(facts.output_fields) == known["output_fields"]
        assert facts.enabled == known["enabled"]
        assert [t.id for t in facts.techniques] == known["mitre_technique_ids"]
        assert facts.required_engine_version == known["required_engine_version"]


def test_every_expanded_upstream_condition_reads_back(upstream):
    for facts in upstream.rules.values():
        assert parse_condition(facts.condition_expanded or "")


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("(proc.name = ", "a value after '='"),
        ("proc.name in (a, b", "',' or ')' in the list"),
        ("evt.type = open and", "a field, a macro name"),
        ("not", "a field, a macro name"),
        ('proc.name = "a', "a closing"),
        ("(evt.type = open", "')'"),
        ("evt.type open", "an operator"),
    ],
)
def test_a_broken_macro_that_no_rule_uses_is_an_error_at_its_place(condition, words):
    with pytest.raises(RulesError) as caught:
        load(f"- macro: broken\n  condition: {condition}\n" + RULE)
    assert caught.value.where.startswith("0.yaml:2:")
    assert "the macro 'broken'" in caught.value.message
    assert words in caught.value.hint


def test_a_macro_that_no_rule_uses_may_refer_to_defined_ones_only():
    with pytest.raises(RulesError, match=r"the macro 'lost' uses the macro 'nowhere', which is not defined"):
        load(RULE + "- macro: lost\n  condition: nowhere and evt.type = open\n")


def test_a_later_file_that_breaks_a_macro_is_named():
    with pytest.raises(RulesError) as caught:
        load(RULE, "- macro: m\n  condition: and (\n  append: true\n")
    assert "the macro 'm'" in caught.value.message
