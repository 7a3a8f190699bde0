from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
from support.golden import forbidden_claims, missing_facts, prose, sentences, words

from explainer.enrich.catalogue import shipped_catalogue
from explainer.errors import CaseError
from explainer.evaluation.case import LoadedCase, case_set_hash, lint_cases, lint_folders, load_case, load_cases
from explainer.schema.case import Case, Suite
from explainer.schema.record import json_schema
from explainer.store.documents import load_yaml

ROOT = Path(__file__).parents[2]
CASES = ROOT / "evals" / "cases"
FIXTURES = ROOT / "fixtures"

SMALL = """\
id: small
title: a rotation at midnight
family: logs
alert: alerts/falco/clear-log-activities-rotation.json
verdict: {any_of: [benign]}
mitre: {accepted: [T1070]}
facts:
  - id: F1
    entities: [logrotate]
    any_of: ['\\btruncat\\w*']
reference: |
  **Verdict: benign** (high confidence).

  The tool `logrotate` truncated a log.
"""


@pytest.fixture(scope="module")
def shipped() -> list[LoadedCase]:
    return load_cases([CASES])


@pytest.fixture
def small(tmp_path):
    """Writes the small case, with changes, and loads it."""

    def write(*changes: tuple[str, str], name: str = "small.yaml") -> Path:
        text = SMALL
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "logs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def loaded(path: Path) -> LoadedCase:
    return load_case(path, fixtures=FIXTURES, missing_ok=True)


def problems(path: Path) -> list[str]:
    return [str(problem) for problem in lint_cases([loaded(path)])]


# --- the shipped cases ------------------------------------------------------------------------------


def test_the_shipped_cases_have_no_problem():
    count, found = lint_folders([CASES])
    assert [str(problem) for problem in found] == []
    assert count >= 64


def test_every_stable_rule_and_many_families_are_covered(shipped):
    rules = {json.loads(c.alert).get("rule") for c in shipped if c.alert_path.suffix == ".json"}
    catalogue = shipped_catalogue()
    stable = {name for name in catalogue if catalogue[name].maturity == "stable"}
    assert len(stable) == 25
    assert stable <= rules
    assert len({c.case.family for c in shipped}) >= 26


def test_every_kind_of_difficulty_is_among_the_shipped_cases(shipped):
    tags = Counter(tag for c in shipped for tag in c.case.tags)
    wanted = (
        "benign-twin",
        "true-positive-twin",
        "injected",
        "missing-metadata",
        "sensor-health",
        "k8s-audit",
        "cloud",
    )
    assert {tag for tag in wanted if tags[tag] < 2} == set()
    assert tags["text-line"] >= 1
    assert {c.case.difficulty for c in shipped} == {"easy", "medium", "hard"}
    verdicts = Counter(c.case.verdict.any_of[0] for c in shipped)
    assert min(verdicts[v] for v in ("benign", "suspicious", "malicious", "insufficient_evidence")) >= 10


def test_every_reference_has_its_facts_and_none_of_its_forbidden_claims(shipped):
    assert {c.case.id: missing for c in shipped if (missing := missing_facts(c.case, c.case.reference))} == {}
    assert {c.case.id: found for c in shipped if (found := forbidden_claims(c.case, c.case.reference))} == {}


def test_references_can_be_read_at_three_in_the_morning(shipped):
    for c in shipped:
        assert 95 <= words(c.case.reference) <= 220, c.case.id
        assert max(words(s) for s in sentences(c.case.reference)) <= 30, c.case.id


def test_references_differ_in_wording(shipped):
    def grams(text: str) -> set[tuple[str, ...]]:
        found = re.findall(r"\w+", prose(text).lower())
        return {tuple(found[i : i + 5]) for i in range(len(found) - 4)}

    known = {c.case.id: grams(c.case.reference) for c in shipped}
    pairs = [(a, b) for a in known for b in known if a < b]
    alike = [(a, b) for a, b in pairs if len(known[a] & known[b]) > 0.2 * min(len(known[a]), len(known[b]))]
    assert alike == []


def test_a_case_asks_for_something_of_everything(shipped):
    for c in shipped:
        assert 3 <= len(c.case.facts) <= 7, c.case.id
        assert all(fact.note for fact in c.case.facts), c.case.id
        assert c.case.forbidden, c.case.id
        assert c.case.unknowns, c.case.id
        assert c.case.actions.required, c.case.id


def test_facts_belong_to_their_case(shipped):
    """A reference of another alert has few of them by chance: boilerplate earns nothing."""
    total = met = 0
    for c in shipped:
        for other in shipped:
            if other.case.family == c.case.family:
                continue
            total += len(c.case.facts)
            met += len(c.case.facts) - len(missing_facts(c.case, other.case.reference))
    assert met / total < 0.06


def test_fixture_addresses_and_hosts_are_invented(shipped):
    own = ("192.0.2.", "198.51.100.", "203.0.113.", "10.", "127.", "169.254.169.254", "172.", "192.168.")
    for c in shipped:
        for text in (c.alert.decode(), c.text):
            found = re.findall(r"(?<![\d.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\d.])", text)
            # One address is GitHub's own, in the case that is about it.
            assert {a for a in found if not a.startswith(own)} <= {"140.82.121.36"}, c.case.id


def test_the_shipped_cases_fit_the_schema_for_editors(shipped):
    validator = jsonschema.Draft202012Validator(json_schema(Case, "validation"))
    for c in shipped:
        assert list(validator.iter_errors(load_yaml(c.text, str(c.path)))) == [], c.case.id


# --- loading ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("family: logs", "famly: logs", "3:1", "famly: is no field of this record"),
        ("entities: [logrotate]", "entity: [logrotate]", "9:5", "facts.0.entity"),
        (r"'\btruncat\w*'", "'(truncat'", "10:14", "no regular expression"),
        (r"'\btruncat\w*'", "'x*'", "10:14", "fits an empty sentence"),
        ("any_of: [benign]", "any_of: [harmless]", "5:20", "verdict.any_of.0"),
        ("any_of: [benign]", "any_of: [benign], near: [benign]", "5:1", "both right and only near"),
        ("accepted: [T1070]", "accepted: [T107]", "6:20", "mitre.accepted.0"),
        ("accepted: [T1070]", "accepted: [T1070], forbidden: [T1070]", "6:1", "both welcome and forbidden"),
        ("id: F1", "id: first", "8:5", "facts.0.id"),
        ("reference: |", "actions: {required: [investigate.universe]}\nreference: |", "11:22", "is no label"),
        ("reference: |", "actions: {forbidden: [delete_everything]}\nreference: |", "11:23", "is no label"),
        ("reference: |", "weights: {S1: 99}\nreference: |", "11:1", "is no weight"),
        ("reference: |", "forbidden: [{id: F1, any_of: [x], because: y}]\nreference: |", "11:14", "forbidden.0.id"),
        ("reference: |", "id: again\nreference: |", "11:1", "id"),
        ("falco/clear-log-activities-rotation", "falco/none", "4:1", "there is no file"),
        ("alerts/falco", "../alerts/falco", "4:1", "no path below the fixtures folder"),
    ],
)
def test_an_error_says_where(small, old, new, place, message):
    path = small((old, new))
    with pytest.raises(CaseError) as caught:
        load_case(path, fixtures=FIXTURES)
    assert caught.value.where == f"{path}:{place}"
    assert message in caught.value.message


def test_a_file_without_a_mapping_and_a_missing_folder_are_errors(tmp_path):
    (tmp_path / "list.yaml").write_text("- a\n")
    with pytest.raises(CaseError, match="no mapping"):
        load_cases([tmp_path], fixtures=FIXTURES)
    with pytest.raises(CaseError, match="no such file"):
        load_cases([tmp_path / "none"])


def test_fixtures_are_found_beside_the_cases():
    path = CASES / "sensor-health" / "twelve-events-dropped.yaml"
    assert load_case(path).alert_path == FIXTURES / "alerts/falco/internal-drop.json"


def test_the_hash_is_of_what_is_asked(small, tmp_path):
    def of(path: Path, fixtures: Path = FIXTURES) -> str:
        return case_set_hash([load_case(path, fixtures=fixtures)])

    first = of(small())
    assert of(small(("id: F1", "id: F1  # a comment"))) == first
    assert of(small(("id: F1", "id: F2"))) != first
    other = tmp_path / "fixtures" / "alerts" / "falco"
    other.mkdir(parents=True)
    (other / "clear-log-activities-rotation.json").write_text("{}")
    assert of(small(), tmp_path / "fixtures") != first


def test_a_suite_is_a_record_with_a_schema():
    suite = Suite.model_validate({"id": "core", "models": [{"backend": "knowledge"}]})
    assert suite.thresholds.errors == 0
    assert json_schema(Suite, "validation")["properties"]["repeats"]["description"].startswith("Answers")


# --- what a schema cannot see -----------------------------------------------------------------------


def test_a_good_case_has_no_problem(small):
    assert problems(small()) == []


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("[logrotate]", "[logrotat]", "9:16", "'logrotat' stands in neither the alert nor its rule"),
        ("[logrotate]", "[log-22]", "9:16", "stands in neither"),
        ("accepted: [T1070]", "accepted: [T9999]", "6:20", "T9999 is not in ATT&CK"),
        ("accepted: [T1070]", "required: [T1070]", "11:1", "does not name T1070"),
        ("Verdict: benign", "Verdict: malicious", "11:1", "the reference says malicious, the case expects benign"),
        ("**Verdict: benign** (high confidence).", "All is well.", "11:1", "states no verdict"),
        ("truncated a log.", "truncated a log. Run `setenforce 0`.", "11:1", "the reference advises"),
        ("truncated a log.", "truncated a log. Key AKIAABCDEFGHIJKLMNOP.", "1:1", "an AWS access key id"),
        ("id: small", "id: other", "1:1", "the file is named small.yaml"),
        ("family: logs", "family: other", "3:1", "the folder is named logs"),
        ("falco/clear-log-activities-rotation.json", "falco/none.json", "4:1", "there is no file"),
        ("falco/clear-log-activities-rotation.json", "falco/mixed.log", "4:1", "holds 2 alerts of 2 kinds"),
    ],
)
def test_lint_says_what_is_wrong_and_where(small, old, new, place, message):
    path = small((old, new))
    found = problems(path)
    assert any(message in problem and problem.startswith(f"{path}:{place}: ") for problem in found), found


def test_lint_forbids_techniques_that_the_reference_names(small):
    path = small(("accepted: [T1070]", "forbidden: [T1070]"), ("a log.", "a log: T1070."))
    assert any("names T1070, which the case forbids" in problem for problem in problems(path))


def test_an_id_is_used_once(small):
    cases = [loaded(small()), loaded(small(name="copy.yaml"))]
    found = [str(problem) for problem in lint_cases(cases)]
    assert any("the id small is taken by" in problem for problem in found)


def test_lint_goes_on_after_an_unreadable_file(small, tmp_path):
    small((r"'\btruncat\w*'", "'(truncat'"), name="broken.yaml")
    small(("[logrotate]", "[logrotat]"))
    count, found = lint_folders([tmp_path / "logs"], fixtures=FIXTURES)
    assert count == 2
    assert [problem.message.split(":")[0] for problem in found] == ["facts.0.any_of.0", "F1"]
