from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from explainer.backends.dialect import Dialect, adapted, folded, starting, strict_schema, told
from explainer.schema.exchange import Message
from explainer.schema.report import Draft


def objects(schema: Any):
    if isinstance(schema, dict):
        if "properties" in schema and isinstance(schema["properties"], dict):
            yield schema
        for value in schema.values():
            yield from objects(value)
    if isinstance(schema, list):
        for value in schema:
            yield from objects(value)


def test_the_draft_has_a_strict_form():
    strict = strict_schema(Draft.model_json_schema())
    assert strict is not None
    Draft202012Validator.check_schema(strict)
    for found in objects(strict):
        assert (found["required"], found["additionalProperties"]) == (list(found["properties"]), False)


def test_an_answer_to_the_strict_form_is_an_answer_to_the_schema():
    full = {
        "verdict": "benign", "confidence": "low", "cause": None, "summary": "", "action_ids": [], "unknowns": [],
        "claims": [{"text": "x", "cites": []}], "extra_actions": [], "techniques": [],
    }  # fmt: skip
    original = Draft.model_json_schema()
    Draft202012Validator(strict_schema(original)).validate(full)
    Draft202012Validator(original).validate(full)


class Free(BaseModel):
    anything: dict[str, int]


@pytest.mark.parametrize(
    "schema",
    [
        Free.model_json_schema(),
        {"type": "array"},
        {},
        {"type": "object", "properties": {"a": {"oneOf": []}}},
        {"type": "object"},
    ],
)
def test_what_strict_mode_cannot_say_has_no_strict_form(schema):
    assert strict_schema(schema) is None


def test_a_property_named_as_a_keyword_is_a_property():
    schema = {"type": "object", "properties": {"title": {"type": "string"}, "not": {"type": "string"}}}
    assert strict_schema(schema)["required"] == ["title", "not"]


@given(st.text(), st.booleans())
def test_every_refusal_leads_to_an_end(text, form):
    dialect: Dialect | None = Dialect()
    seen = set()
    while dialect is not None and dialect not in seen:
        seen.add(dialect)
        dialect = adapted(dialect, text, form=form)
    assert len(seen) < 12


@pytest.mark.parametrize(
    "text",
    [
        "This model's maximum context length is 4096 tokens, max_tokens is too large",
        "the request exceeds the available context size",
        "The prompt was blocked by our content management policy",
    ],
)
def test_a_prompt_that_is_too_long_or_filtered_is_not_worded_anew(text):
    assert adapted(Dialect(), text, form=True) is None


def test_a_refusal_of_something_else_leaves_the_form_alone_when_none_was_asked_for():
    assert adapted(Dialect(), "Bad Request", form=False) is None


def test_openais_reasoning_models_start_with_what_they_accept():
    dialect = starting("api.openai.com", "o4-mini")
    assert (dialect.token_parameter, dialect.temperature) == ("max_completion_tokens", False)


SYSTEM, USER = Message(role="system", content="s"), Message(role="user", content="u")


@pytest.mark.parametrize(
    ("messages", "expected"),
    [((SYSTEM, USER), ["s\n\nu"]), ((USER,), ["u"]), ((SYSTEM,), ["s"]), ((), [])],
)
def test_system_text_leads_the_first_user_message(messages, expected):
    assert [message.content for message in folded(messages)] == expected


def test_the_schema_in_words_joins_the_system_message():
    assert [message.role for message in told((SYSTEM, USER), {"type": "object"})] == ["system", "user"]
    assert [message.role for message in told((USER,), {"type": "object"})] == ["system", "user"]
