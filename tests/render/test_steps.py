"""Which steps stand first, how they are numbered, and what a reader has to fill in."""

from __future__ import annotations

import html
import json
import re

import pytest

from explainer.render import render
from explainer.render.steps import first_steps
from explainer.schema.report import Action, Report, Triage


def action(stage: str, n: int, **more: object) -> Action:
    base: dict[str, object] = {
        "id": f"{stage}-{n}", "stage": stage, "title": f"Title {stage} {n}", "command": f"run-{stage}-{n}",
        "read_only": stage == "investigate", "destroys_evidence": False, "reversible": True,
        "needs_approval": False, "origin": "knowledge",
    }  # fmt: skip
    return Action.model_validate({**base, **more})


MANY = (
    *(action("investigate", n) for n in range(12)),
    *(action("preserve", n) for n in range(4)),
    *(action("contain", n, precondition="before anything else.") for n in range(5)),
    *(action("eradicate", n) for n in range(2)),
)


def with_actions(report: Report, *actions: Action, verdict: str | None = None) -> Report:
    changed = report.verdict.model_copy(update={"value": verdict} if verdict else {})
    return report.model_copy(update={"actions": actions, "verdict": changed})


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub("<style>.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL)).split())


@pytest.mark.parametrize("verdict", ["benign", "malicious"])
def test_a_ticket_numbers_its_steps_without_a_jump_and_loses_none(load_report, verdict):
    text = render(with_actions(load_report("driver-loader"), *MANY, verdict=verdict), "markdown")
    assert re.findall(r"^\*\*(\d+)\. ", text, re.MULTILINE) == [str(n) for n in range(1, len(MANY) + 1)]
    assert all(f"\n{one.command}\n" in text for one in MANY)


def test_the_rest_of_the_steps_stands_under_one_heading(load_report):
    report = with_actions(load_report("driver-loader"), *MANY, verdict="benign")
    text = render(report, "markdown")
    assert text.count("#### Further steps (16)") == 1
    assert text.index("run-investigate-6") < text.index("#### Further steps") < text.index("run-investigate-7")
    page = render(report, "html")
    assert page.index("run-investigate-6") < page.index("Further steps (16)") < page.index("run-investigate-7")


def test_of_a_grave_verdict_looking_saving_and_containing_are_among_the_first(load_report):
    report = with_actions(load_report("driver-loader"), *MANY, verdict="malicious")
    assert {report.actions[place].stage for place in first_steps(report)} == {"investigate", "preserve", "contain"}


def test_what_can_be_run_as_it_stands_goes_before_what_lacks_a_value(load_report):
    lacking = tuple(action("investigate", n, fill_in=("<proc.pid>: the process id",)) for n in range(8))
    report = with_actions(load_report("driver-loader"), *lacking, *(action("investigate", 20 + n) for n in range(3)))
    kept = {report.actions[place].id for place in first_steps(report)}
    assert {f"investigate-{20 + n}" for n in range(3)} <= kept


@pytest.mark.parametrize("target", ["terminal", "markdown", "html", "slack"])
def test_a_reader_sees_what_to_fill_in(load_report, target):
    one = action(
        "investigate", 1, command="ls /proc/'<proc.pid>'", fill_in=("<proc.pid>: the process id (not in the alert)",)
    )
    text = render(with_actions(load_report("driver-loader"), one), target)
    shown = json.dumps(json.loads(text)) if target == "slack" else plain(text)
    assert "Fill in" in shown
    assert "the process id (not in the alert)" in shown


def test_a_condition_does_not_say_before_twice(load_report):
    text = render(with_actions(load_report("driver-loader"), *MANY), "markdown")
    assert "**Before:** anything else." in text
    assert "**Before:** before" not in text


@pytest.mark.parametrize("target", ["terminal", "slack"])
def test_a_colon_within_brackets_does_not_cut_what_is_not_advised(load_report, target):
    text = "Do not silence it (actions: [ignore]): it is the only sign."
    shown = render(load_report("driver-loader").model_copy(update={"not_advised": (text,)}), target)
    said = "".join(re.findall(r'"text": "([^"]*)"', shown)) if target == "slack" else shown
    assert "Do not silence it (actions: [ignore])" in said


def test_emphasis_in_a_ticket_keeps_the_space_before_it(load_report):
    report = load_report("insufficient-evidence")
    hint = Triage(rank=40, level="soon", why="severity Medium", decides="The audit log.")
    text = render(report.model_copy(update={"triage": hint}), "markdown")
    assert "**What decides it:** The audit log." in text
    assert not re.search(r"[^\s(\[]\*\*[A-Z][^*]*:\*\*", text)


@pytest.mark.parametrize("text", ["It ran at 08:41:12 UTC.", "Falco 0.39.2 pins it."])
def test_times_and_versions_are_no_code(load_report, text):
    assert text in render(load_report("driver-loader").model_copy(update={"summary": text}), "markdown")


def test_questions_with_one_query_share_it(load_report):
    report = load_report("driver-loader")
    one = report.unknowns[0].model_copy(update={"question": "First?", "query": "ask-once"})
    text = render(
        report.model_copy(update={"unknowns": (one, one.model_copy(update={"question": "Second?"}))}), "markdown"
    )
    assert text.count("ask-once") == 1
    assert "**First?** · **Second?**" in text


@pytest.mark.parametrize("target", ["terminal", "slack"])
def test_who_was_asked_and_did_not_write_is_not_named_as_the_writer(load_report, target):
    report = load_report("driver-loader")
    provenance = report.provenance.model_copy(update={"origin": "knowledge", "backend": "openai"})
    options = {"width": 200} if target == "terminal" else {}
    shown = render(report.model_copy(update={"provenance": provenance}), target, **options)
    text = " ".join(shown.split()) if target == "terminal" else "".join(re.findall(r'"text": "([^"]*)"', shown))
    assert "Explained by the knowledge base" in text
    assert "asked: openai" in text
