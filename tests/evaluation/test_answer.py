from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.evaluation.actions import fulfils, is_imperative, meaning
from explainer.evaluation.answer import Answer
from explainer.schema.report import Draft, DraftAction, DraftClaim

CASE = Path(__file__).resolve().parents[2] / "fixtures" / "alerts" / "falco" / "driver-loader-insmod.json"
REPORT = """**Verdict: suspicious** (low confidence).

In pod `web-1` a shell started. It has no terminal [E3, E4].

## Not known

- who opened the session

## Response

### Preserve

1. Save the binary: `sha256sum /tmp/x`

### Contain

2. Cordon the node.

   ```bash
   kubectl cordon node-7
   ```

ATT&CK: T1059.004
"""


def test_a_report_is_read_into_its_parts() -> None:
    answer = Answer.of_markdown(REPORT)
    assert (answer.verdict, answer.confidence) == ("suspicious", "low")
    assert list(answer.techniques) == ["T1059.004"]
    assert [claim.cites for claim in answer.claims] == [(), ("E3", "E4")]
    assert [sentence.text for sentence in answer.unknowns if sentence.item] == ["who opened the session"]
    assert [(step.stage, step.commands) for step in answer.actions] == [
        ("preserve", ("sha256sum /tmp/x",)),
        ("contain", ("kubectl cordon node-7",)),
    ]


def test_spans_lead_into_the_text() -> None:
    answer = Answer.of_markdown(REPORT)
    sentence = next(s for s in answer.sentences if "terminal" in s.text)
    assert answer.text[sentence.start : sentence.end].startswith("It has no terminal")
    code = answer.commands[-1]
    assert answer.text[code.start : code.end] == "kubectl cordon node-7"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("**Verdict: likely benign**", "benign"),
        ("## Malicious: high confidence\n\nText.", "malicious"),
        ("We consider this alert a false positive.", "benign"),
        ("The evidence is inconclusive.", "insufficient_evidence"),
        ("Assessment: not malicious but suspicious.", "suspicious"),
        ("Verdict: probably malicious.", "suspicious"),
        ("I would treat this as suspicious.", "suspicious"),
        ("This activity is clearly malicious.", "malicious"),
        ("# Expected activity: benign (high)\n\nText.", "benign"),
        ("Severity: high. Priority: Critical.", None),
        ("It is not known whether this is malicious.", None),
        ("Look for suspicious files.", None),
        ("A critical vulnerability has been found.", None),
        ("If the digest differs, this is malicious.", None),
    ],
)
def test_verdicts_are_recognised_in_words_and_severities_are_none(text: str, verdict: str | None) -> None:
    assert Answer.of_markdown(text).verdict == verdict


def test_a_table_is_read_by_rows() -> None:
    answer = Answer.of_markdown(
        "## Steps\n\n| # | Do |\n|---|---|\n| 1 | Isolate the pod with `kubectl label pod x q=1` |\n"
    )
    assert [step.title for step in answer.actions] == ["Isolate the pod with kubectl label pod x q=1."]


def test_placeholders_in_commands_are_kept() -> None:
    answer = Answer.of_markdown("1. Copy it: `cp /proc/<pid>/exe /evidence/<case>/`\n2. Check it.\n")
    assert answer.commands[0].text == "cp /proc/<pid>/exe /evidence/<case>/"


@pytest.mark.parametrize(
    "sentence",
    [
        "Isolate the pod.",
        "First, save the memory.",
        "If the digest differs, cordon the node.",
        "You should rotate the token.",
        "Once the image is saved, drain it.",
        "On node-7, list the modules.",
        "Please check the log.",
    ],
)
def test_orders_are_recognised(sentence: str) -> None:
    assert is_imperative(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The pod was isolated.",
        "In pod a, image b, a shell started.",
        "Checks are made at night.",
        "Rotation renames a log.",
    ],
)
def test_statements_are_no_orders(sentence: str) -> None:
    assert not is_imperative(sentence)


@pytest.mark.parametrize(
    ("step", "label"),
    [
        ("Look up who started the process and its ancestors.", "investigate.process_tree"),
        ("Save a copy of the running binary and its hash.", "preserve.file"),
        ("Deny egress of the pod with a network policy.", "contain.network"),
        ("Take the node out of scheduling and isolate it.", "contain.node"),
        ("Ask the owner whether a change ticket exists.", "investigate.change_record"),
        ("Revoke the service account's token.", "contain.credentials"),
        ("Rebuild the machine from a known image.", "eradicate.host"),
        ("Add an exception for this image.", "tune.rule"),
        ("Query the API server's audit records for the exec.", "investigate.audit_log"),
        ("Capture a memory image first.", "preserve.memory"),
    ],
)
def test_steps_are_understood_in_other_words(step: str, label: str) -> None:
    action = Answer.of_markdown(f"1. {step}\n2. Check it.\n").actions[0]
    assert fulfils(label, meaning(action)) == 1.0


def test_a_draft_is_read_with_its_own_verdict(enriched_of) -> None:
    enriched = enriched_of("driver-loader-insmod")
    draft = Draft(
        verdict="suspicious",
        summary="A module was asked for.",
        claims=(DraftClaim(text="The parent is falcoctl.", cites=("E5",)),),
        action_ids=(enriched.actions[0].id, "no-such-action"),
        extra_actions=(DraftAction(title="Cordon the node", command="kubectl cordon node-7", stage="contain"),),
        unknowns=("the result of the call",),
    )
    answer = Answer.of_draft(draft, enriched)
    assert (answer.source, answer.verdict, answer.parsed) == ("draft", "suspicious", True)
    assert [step.stage for step in answer.actions] == [enriched.actions[0].stage, "contain"]
    assert answer.claims[-1].cites == ("E5",)


def test_an_answer_that_could_not_be_read_keeps_its_text(enriched_of) -> None:
    answer = Answer.of_draft(None, enriched_of("driver-loader-insmod"), raw="{broken")
    assert (answer.parsed, answer.text, answer.verdict) == (False, "{broken", None)


def test_a_report_is_read_with_all_its_steps(explainer, enriched_of) -> None:
    report = explainer.explain(CASE.read_bytes())
    answer = Answer.of_report(report)
    assert (answer.source, answer.verdict) == ("report", report.verdict.value)
    assert len(answer.actions) >= len(report.actions)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="`*_|#->[]()<>~:\n\\ .abT1059", max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    answer = Answer.of_markdown(text)
    for sentence in answer.sentences:
        assert 0 <= sentence.start <= sentence.end <= len(answer.text)
    assert isinstance(answer.commands, tuple)
