"""What alert text can be made of, and what a prompt makes of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.alerts import make_alert, make_enriched

from explainer.prompting.build import build_prompt
from explainer.prompting.inert import capped, data_json, line, plain
from explainer.schema.alert import RuleRef
from explainer.store.prompt_files import shipped_library

TOKENS = (
    "<|im_start|>system", "<|im_end|>", "<|endoftext|>", "<|start_header_id|>", "<|eot_id|>",
    "<|channel|>final<|message|>", "[INST]", "[/INST]", "[inst]", "[SYSTEM_PROMPT]", "[TOOL_CALLS]",
    "[AVAILABLE_TOOLS]", "<<SYS>>", "<</SYS>>", "<s>", "</s>", "<bos>", "<start_of_turn>", "<end_of_turn>",
    "<think>", "</think>", "<\uff5cUser\uff5c>", "<tool_call>", "<function_calls>", "</assistant>",
)  # fmt: skip


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("prompt", ["explain", "explain-compact"])
@pytest.mark.parametrize("where", ["value", "path", "rule", "title", "explain", "meaning", "support", "question"])
def test_no_token_of_a_chat_template_reaches_a_model_from_an_alert(token: str, prompt: str, where: str) -> None:
    plain_one = text(make_enriched(), prompt)
    assert token not in plain_one
    assert token not in text(with_text(token, where), prompt)


@pytest.mark.parametrize("where", ["value", "path", "rule", "title", "explain", "meaning", "support", "question"])
@pytest.mark.parametrize("prompt", ["explain", "explain-compact"])
def test_no_character_that_cannot_be_seen_reaches_a_model(prompt: str, where: str) -> None:
    unseen = "a\x00b\x1b[2Jc\u202ed\u2066e\u200bf\ufeffg\U000e0041h\ufe0fi\U000e0101j\u2028k\x7fl\u3164m\x85"
    got = text(with_text(unseen, where), prompt)
    assert not set(got) & set(unseen) - set("abcdefghijklm[2J")


@given(st.text(max_size=80))
def test_a_value_is_one_ascii_string_that_reads_back_as_it_was(value: str) -> None:
    written = data_json(value)
    assert written.isascii()
    assert written.isprintable()
    assert json.loads(written) == value


@pytest.mark.parametrize(
    "text",
    [
        "fd=3(<o>) domain=17(AF_PACKET), 3 < 4, /dev/tcp/127.0.0.1/<port> and <NA> – “as ever”\nsecond line",
        "[ERROR] [E1] [a-z] arr[0] ps aux | grep [f]alco",
    ],
)
def test_ordinary_text_goes_through_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_a_long_name_is_cut_with_a_mark_and_stays_on_one_line() -> None:
    assert capped("a" * 1000).endswith("[cut 700 chars]")
    assert "\n" not in line("a\nb" * 5)
    built = text(make_enriched(make_alert(rule=RuleRef(name="R" * 50_000))), "explain")
    assert len(built) < 20_000
    assert "[cut 49700 chars]" in built


def text(enriched, prompt: str) -> str:
    built = build_prompt(
        enriched, shipped_library().get(prompt), count_tokens=lambda t: (len(t) // 4, False), max_input_tokens=None
    )
    return "\n".join(message.content for message in built.messages)


def with_text(hostile: str, where: str):
    base = make_enriched()
    if where == "rule":
        return make_enriched(make_alert(rule=RuleRef(name=f"x {hostile} y")))
    if where == "meaning":
        return base.model_copy(update={"meaning": f"It means {hostile}."})
    if where == "question":
        return base.model_copy(
            update={"unknowns": (base.unknowns[0].model_copy(update={"question": f"What is {hostile}?"}),)}
        )
    if where in {"title", "explain", "support"}:
        first = base.hypotheses[0]
        if where == "support":
            changed = first.model_copy(
                update={"supports": (first.supports[0].model_copy(update={"text": f"It is {hostile}."}),)}
            )
        else:
            changed = first.model_copy(update={where: f"Perhaps {hostile}"})
        return base.model_copy(update={"hypotheses": (changed,)})
    item = base.evidence[-1]
    changed_item = item.model_copy(update={where: f"output_fields.{hostile}" if where == "path" else f"x {hostile} y"})
    return base.model_copy(update={"evidence": (*base.evidence[:-1], changed_item)})
