from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.verify import parse_draft

GOOD = {
    "claims": [{"text": "insmod ran as root.", "cites": ["E3"]}],
    "verdict": "suspicious",
    "confidence": "medium",
    "summary": "A module was asked for.",
    "action_ids": ["inspect"],
}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(GOOD),
        json.dumps(GOOD, indent=2),
        f"```json\n{json.dumps(GOOD)}\n```",
        f"Sure! Here is the analysis:\n\n{json.dumps(GOOD)}\n\nLet me know.",
        json.dumps(json.dumps(GOOD)),
        json.dumps({"report": GOOD}),
        json.dumps({"arguments": json.dumps(GOOD)}),
        "{not json} " + json.dumps(GOOD),
    ],
    ids=["plain", "pretty", "fenced", "chatty", "stringified", "nested", "tool-call", "after-braces"],
)
def test_an_answer_is_read_in_every_wrapping_that_models_use(text: str) -> None:
    draft, problems = parse_draft(text)
    assert problems == []
    assert draft is not None
    assert (draft.verdict, draft.claims[0].cites, draft.action_ids) == ("suspicious", ("E3",), ("inspect",))


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("Benign", "benign"),
        ("INSUFFICIENT EVIDENCE", "insufficient_evidence"),
        ("insufficient-evidence", "insufficient_evidence"),
        ("False positive.", "benign"),
        ({"value": "malicious"}, "malicious"),
    ],
)
def test_words_for_a_verdict_are_understood(said: object, read: str) -> None:
    draft, _ = parse_draft(json.dumps({**GOOD, "verdict": said}))
    assert draft is not None
    assert draft.verdict == read


@pytest.mark.parametrize("verdict", [None, "fine", 3, [], "benign or malicious"])
def test_a_verdict_that_nobody_can_read_is_a_problem_and_no_default(verdict: object) -> None:
    draft, problems = parse_draft(json.dumps({**GOOD, "verdict": verdict}))
    assert draft is None
    assert "verdict" in problems[0]


@pytest.mark.parametrize("text", ["", "I cannot help with that.", "{", '{"verdict": "benign"', "[]", "null", "{}"])
def test_text_without_an_answer_says_what_is_missing(text: str) -> None:
    draft, problems = parse_draft(text)
    assert draft is None
    assert problems


def test_a_command_keeps_its_line_breaks_because_a_second_command_may_follow() -> None:
    extra = [{"title": "look", "why": "", "command": "ls\nrm -rf /", "stage": "investigate"}]
    draft, _ = parse_draft(json.dumps({**GOOD, "extra_actions": extra}))
    assert draft is not None
    assert draft.extra_actions[0].command == "ls\nrm -rf /"


def test_the_word_none_is_no_command() -> None:
    extra = [{"title": "look", "command": "None"}]
    draft, _ = parse_draft(json.dumps({**GOOD, "extra_actions": extra}))
    assert draft is not None
    assert draft.extra_actions[0].command is None


def test_a_deeply_nested_answer_is_no_crash() -> None:
    draft, _ = parse_draft('{"a":' * 5000 + "1" + "}" * 5000)
    assert draft is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
keys = st.sampled_from(
    ["verdict", "confidence", "summary", "claims", "action_ids", "extra_actions", "unknowns", "cause"]
)


@given(st.dictionaries(keys, json_values))
def test_whatever_a_model_sends_parsing_never_raises(answer: dict[str, object]) -> None:
    draft, problems = parse_draft(json.dumps(answer))
    assert (draft is None) == bool(problems)


@given(st.text(max_size=300))
def test_whatever_text_a_model_sends_parsing_never_raises(text: str) -> None:
    parse_draft(text)


def test_items_behind_the_last_that_is_read_are_kept_as_surplus() -> None:
    claims = [{"text": f"Claim number {n} of the answer.", "cites": ["E1"]} for n in range(15)]
    draft, problems = parse_draft(json.dumps({"verdict": "benign", "summary": "x", "claims": claims}))
    assert problems == []
    assert draft is not None
    assert len(draft.claims) == 12
    assert draft.surplus == tuple(f"Claim number {n} of the answer." for n in (12, 13, 14))


def test_a_flood_of_items_is_counted() -> None:
    draft, _ = parse_draft(json.dumps({"verdict": "benign", "summary": "x", "unknowns": ["What is it?"] * 500}))
    assert draft is not None
    assert len(draft.surplus) == 41
    assert draft.surplus[-1] == "448 more items of the answer"
