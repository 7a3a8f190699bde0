"""Every field of a report that has content reaches the reader."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from pydantic import BaseModel

from explainer.render import render

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
