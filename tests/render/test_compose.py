"""Every field of a report that has content reaches the reader."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from pydantic import BaseModel

from explainer.render import render
from explainer.schema.report import Triage

MODEL = "hostile"


def marked(index: int) -> str:
    return f"mark{index:04d}end"


def whole(target: str) -> dict[str, Any]:
    return {"full": True} if target == "terminal" else {}


def texts(node: Any) -> list[str]:
    if isinstance(node, BaseModel):
        return [text for name in type(node).model_fields for text in texts(getattr(node, name))]
    if isinstance(node, dict):
        return [text for key, child in node.items() for text in (str(key), *texts(child))]
    if isinstance(node, tuple | list):
        return [text for child in node for text in texts(child)]
    return [node] if isinstance(node, str) else []


@pytest.mark.parametrize("target", ["terminal", "markdown", "html"])
def test_every_string_of_a_report_is_shown(fill_report, target):
    report = fill_report(MODEL, marked)
    shown = html.unescape(re.sub("<[^>]*>", "", render(report, target, **whole(target))))
    wanted = {text for text in texts(report) if text.startswith("mark")}
    assert {text for text in wanted if text not in shown} == set()
    assert len(wanted) > 100


@pytest.mark.parametrize("target", ["terminal", "markdown", "html"])
@pytest.mark.parametrize(
    "words",
    [
        "4,812 alike alerts",
        "2024-11-22 00:00:04.120000 UTC",
        "2024-11-22 23:58:59.870000 UTC",
        "65534",
        "OCSF 2",
        "3,120 in",
        "0.0121 USD",
        "4,210 ms",
        "verified again",
        "needs approval",
        "and 95 more",
    ],
)
def test_numbers_times_and_marks_are_shown(load_report, target, words):
    options = {"width": 200, "full": True} if target == "terminal" else {}
    shown = html.unescape(re.sub("<[^>]*>", "", render(load_report("group-4812"), target, **options)))
    assert words in " ".join(shown.split())


@pytest.mark.parametrize("target", ["terminal", "markdown", "html"])
def test_why_no_model_answered_stands_at_the_top(load_report, target):
    shown = re.sub("<style>.*</style>|<[^>]*>", "", render(load_report("degraded"), target), flags=re.DOTALL)
    assert " ".join(shown.split()).index("no answer within 20 s") < 700


@pytest.mark.parametrize("target", ["terminal", "markdown", "html"])
def test_nothing_missing_is_shown_as_none_or_null(report, target):
    shown = re.sub("<style>.*</style>|<[^>]*>", " ", render(report, target), flags=re.DOTALL)
    assert not re.search(r"\bNone\b", shown)


HINT = {"rank": 71, "level": "urgent", "why": "severity Critical", "decides": "The audit log names the caller."}


@pytest.mark.parametrize("target", ["terminal", "markdown", "html", "slack"])
def test_an_open_verdict_says_how_soon_to_look_and_what_decides_it(load_report, target):
    report = load_report("driver-loader")
    verdict = report.verdict.model_copy(update={"value": "insufficient_evidence", "cause": None})
    open_one = report.model_copy(update={"verdict": verdict, "triage": Triage.model_validate(HINT)})
    shown = " ".join(html.unescape(re.sub("<[^>]*>", "", render(open_one, target))).split())
    assert "rank 71 of 100" in shown
    assert HINT["decides"] in shown


@pytest.mark.parametrize("target", ["markdown", "html"])
def test_a_settled_verdict_keeps_its_rank_for_the_queue(load_report, target):
    report = load_report("driver-loader").model_copy(update={"triage": Triage.model_validate(HINT)})
    assert "For sorting a queue" in render(report, target)


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize(("verdict", "text"), [("knowledge", "model"), ("model", "model"), ("knowledge", "knowledge")])
def test_badge_and_last_lines_name_the_same_origins(load_report, verdict, text, full):
    report = load_report("driver-loader")
    mixed = report.model_copy(
        update={
            "verdict": report.verdict.model_copy(update={"origin": verdict}),
            "provenance": report.provenance.model_copy(update={"origin": text}),
        }
    )
    shown = " ".join(render(mixed, "terminal", full=full, width=200).split())
    names = {"model": "the model", "knowledge": "the knowledge base"}
    said = names[text] if text == verdict else f"{names[text]}, with a verdict of {names[verdict]}"
    assert f"xplained by {said}" in shown.replace("Explained by: ", "Explained by ")
    assert (f"verdict from {names[verdict]}" in shown) is (text != verdict)
