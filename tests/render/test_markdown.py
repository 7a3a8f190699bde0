from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from explainer.render import render, render_many
from explainer.render.inert import markdown_code, markdown_fence, markdown_prose, spans, twins, value

PARSER = MarkdownIt("commonmark", {"linkify": True}).enable(["table", "linkify", "strikethrough"])
PIECES = [*"`~*_[]()<>#@!|\\-=+1.:/$&{}^\"' \n\tawE\u202e", "www.", "http://", "a.com", "```", "- "]
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.lists(
    st.sampled_from(PIECES), max_size=30
).map("".join)
# A warning of ours stands above a command with unseen characters; blank text makes an entry shorter.
MAY_VARY = {"paragraph_open", "paragraph_close", "inline", "strong_open", "strong_close"}
STRUCTURE_ONLY = ("text", "code_inline", "softbreak", "text_special")


def structure(source: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for token in PARSER.parse(source):
        found[token.type] += 1
        for child in token.children or ():
            if child.type not in STRUCTURE_ONLY:
                found[child.type] += 1
    return found


def test_hostile_text_in_every_string_has_the_structure_of_a_harmless_twin(fill_report, hostile_texts):
    # A word of its own in each place: questions with the same query share one fence.
    twin = structure(render(fill_report("hostile", lambda index: f"word{index}")))
    for shift in range(len(hostile_texts)):
        hostile = fill_report("hostile", lambda index, shift=shift: hostile_texts[(index + shift) % len(hostile_texts)])
        got = structure(render(hostile))
        # Blank text draws less; nothing may be drawn more often than by the twin, and nothing new.
        grown = {kind for kind, count in got.items() if count > twin[kind]} - MAY_VARY
        assert grown == set()
        assert not {"link_open", "image", "html_inline", "html_block", "table_open", "blockquote_open", "hr"} & set(got)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ANY_TEXT.filter(lambda text: any(char.isalnum() for char in text)))
def test_any_text_in_every_string_has_the_structure_of_a_harmless_twin(fill_report, text):
    ignored = {"paragraph_open", "paragraph_close", "inline"}
    twin = structure(render(fill_report("insufficient-evidence", lambda _: "word")))
    got = structure(render(fill_report("insufficient-evidence", lambda _: text)))
    warned = {"strong_open", "strong_close"}
    assert {k: v for k, v in got.items() if k not in ignored | warned} == {
        k: v for k, v in twin.items() if k not in ignored | warned
    }


@settings(max_examples=600, deadline=None)
@given(text=ANY_TEXT)
def test_prose_is_text_and_code_and_reads_as_it_was_written(text):
    tokens = PARSER.parse(f"- {markdown_prose(text)}\n\nlast")
    assert [token.type for token in tokens].count("list_item_open") == 1
    inline = next(token for token in tokens if token.type == "inline")
    assert {child.type for child in inline.children or ()} <= {"text", "code_inline"}
    assert "".join(child.content for child in inline.children or ()) in (
        "".join(span.text for span in spans(text)),
        "last",
    )


@settings(max_examples=600, deadline=None)
@given(text=ANY_TEXT.filter(bool))
def test_a_value_is_one_code_span_with_the_same_text(text):
    inline = PARSER.parse(f"- **Path:** {markdown_code(value(text))}.")[3]
    codes = [child.content for child in inline.children or () if child.type == "code_inline"]
    assert codes == [value(text)]


@settings(max_examples=300, deadline=None)
@given(text=ANY_TEXT.filter(lambda text: text.strip()))
def test_struck_text_is_text_alone(text):
    inline = PARSER.parse(f"**WITHHELD:** ~~{twins(text) or 'empty'}~~")[1]
    kinds = Counter(child.type for child in inline.children or ())
    assert kinds["s_open"] == 1
    assert set(kinds) <= {"text", "strong_open", "strong_close", "s_open", "s_close"}


@settings(max_examples=300, deadline=None)
@given(text=ANY_TEXT)
def test_no_line_of_a_command_closes_its_fence(text):
    tokens = PARSER.parse(f"before\n\n{markdown_fence(text, 'sh')}\n\nafter")
    paragraph = ["paragraph_open", "inline", "paragraph_close"]
    assert [token.type for token in tokens] == [*paragraph, "fence", *paragraph]


@pytest.mark.parametrize(
    "path",
    ["/root/.falco/7.3.0+driver/x86_64/falco_x.ko", "k8s-worker-01", "registry.example.com/a_b/c:1", "CVE-2024-1234"],
)
def test_a_path_in_prose_is_code_and_exactly_as_it_was(path):
    assert f"`{path}`" in markdown_prose(f"It loaded {path}, as root.")


@pytest.mark.parametrize(
    "text", ["A plain sentence, with (brackets) and 4,812 words: e.g. read-only ones.", "It's 50% done."]
)
def test_plain_language_stays_plain(text):
    assert markdown_prose(text) == text


@pytest.mark.parametrize(
    "text",
    ["@octocat", "#123", "GH-123", "PROJ-9", "!45", "&6", ":smile:", "$x$", "3f9c1d27ab60", "/close", "a@b.example"],
)
def test_what_ticket_systems_turn_into_references_is_code(text):
    assert markdown_prose(f"see {text} now") == f"see `{text}` now"


def test_withheld_advice_is_struck_and_never_code(load_report):
    text = render(load_report("impostor-module"))
    assert "~~setenforce 0~~" in text
    codes = [
        node.content
        for token in PARSER.parse(text)
        for node in (token, *(token.children or ()))
        if node.type in ("fence", "code_block", "code_inline")
    ]
    assert not any("setenforce" in code or "rmmod falco_probe" in code for code in codes)


def test_commands_stand_whole_in_fences_that_a_reader_can_copy(load_report):
    report = load_report("driver-loader")
    fences = [token.content.rstrip("\n") for token in PARSER.parse(render(report)) if token.type == "fence"]
    assert [action.command for action in report.actions if action.command] == [
        fence for fence in fences if any(fence == action.command for action in report.actions)
    ]


def test_several_reports_keep_a_rule_between_them(load_report):
    both = render_many([load_report("degraded"), load_report("sensor-health")], "markdown")
    assert structure(both)["hr"] == 1


def test_what_to_do_stands_before_what_backs_it_up(load_report):
    text = render(load_report("driver-loader"))
    titles = [line for line in text.split("\n") if line.startswith("### ")]
    at = titles.index("### What to do, in this order")
    assert {"### How it may have come about", "### Evidence", "### Further data"} <= set(titles[at:])
