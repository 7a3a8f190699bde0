from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.backends.answer import read, split_reasoning
from explainer.errors import BackendError

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["choices", "message", "content", "usage", "error", "tool_calls", "function", "arguments",
                         "refusal", "finish_reason", "text", "type", "reasoning", "prompt_tokens", "model"]),
        inner, max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@given(json_values)
def test_any_json_is_an_answer_or_a_backend_error(body):
    for shaped in (body, {"choices": [body]}, {"choices": [{"message": body}], "usage": body}):
        try:
            found = read(shaped)
        except BackendError:
            continue
        assert found.text.strip()
        found.text.encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": "<think>x</think>"}', ('{"a": "<think>x</think>"}', None)),
        ('{"a": "x</think>y"}', ('{"a": "x</think>y"}', None)),
        ("<think>a</think><think>b</think>{}", ("{}", "a\nb")),
        ("<THINK>a</THINK>\n{}", ("{}", "a")),
        ("<think></think>{}", ("{}", None)),
        ("so it is</think>{}", ("{}", "so it is")),
        ("<think>never done", ("", "never done")),
        (
            "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>{}<|return|>",
            ("{}", "<|channel|>analysis<|message|>hm<|end|><|start|>assistant"),
        ),
    ],
)
def test_only_leading_reasoning_is_split_off(text, expected):
    assert split_reasoning(text) == expected


def test_text_in_parts_is_joined_and_reasoning_parts_are_left_out():
    parts = [{"type": "thinking", "text": "no"}, {"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert read({"choices": [{"message": {"content": parts}}]}).text == "ab"


def test_an_answer_that_the_server_has_parsed_becomes_text_again():
    assert read({"choices": [{"message": {"content": {"a": 1}}}]}).text == '{"a": 1}'


def test_reasoning_of_its_own_field_is_kept():
    message = {"content": "{}", "reasoning_content": "hm"}
    assert read({"choices": [{"message": message}]}).reasoning == "hm"
