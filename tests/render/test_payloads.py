"""No payload of the corpus becomes anything but text, in any place of any form: reports, lint results, JUnit, logs."""

from __future__ import annotations

import json
import logging
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from support.injections import payloads

from explainer.advice import scan
from explainer.cli.exits import say
from explainer.cli.lint_forms import WRITERS, Finding
from explainer.client import Explainer
from explainer.evaluation.active import active
from explainer.render import render

REPORT_FORMS = ("terminal", "markdown", "html", "slack", "json")
TEXTS = tuple(named.payload.text[:400] for named in payloads())
LINKIFY = MarkdownIt("commonmark", {"linkify": True}).enable(["table", "linkify", "strikethrough"])


@pytest.mark.parametrize("form", REPORT_FORMS)
def test_no_payload_acts_in_any_string_of_a_report(fill_report, form: str) -> None:
    for shift in range(0, len(TEXTS), 9):
        report = fill_report("hostile", lambda index, shift=shift: TEXTS[(index * 7 + shift) % len(TEXTS)])
        drawn = render(report, form)
        assert active(drawn, form) == ""
        if form == "markdown":
            kinds = {child.type for token in LINKIFY.parse(drawn) for child in (token, *(token.children or ()))}
            assert not kinds & {"link_open", "image", "html_inline", "html_block"}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.sampled_from(TEXTS) | st.text(max_size=12), min_size=1, max_size=4))
def test_nor_do_pieces_of_them_put_together(fill_report, pieces: list[str]) -> None:
    text = "".join(pieces)
    report = fill_report("insufficient-evidence", lambda _: text.encode("utf-8", "replace").decode())
    for form in REPORT_FORMS:
        assert active(render(report, form), form) == ""


def test_no_line_of_a_report_begins_a_formula(fill_report) -> None:
    formulas = [text for text in TEXTS if text.lstrip()[:1] in "=+@"]
    assert formulas
    for text in formulas:
        report = fill_report("hostile", lambda _, text=text: text)
        # A fence is a block of its own wherever Markdown goes; a command in it stands as it is.
        outside = re.sub(r"(?ms)^\s*(`{3,}).*?^\s*\1\s*$", "", render(report, "markdown"))
        for line in outside.splitlines():
            assert not re.match(r"(?:\||-|\*|\d+\.|>|\s)*[=+@](?:cmd|HYPER|SUM|IMPORT|1)", line), line


def findings(text: str) -> list[Finding]:
    source = f"Run this:\n\n```bash\nsetenforce 0 # {text}\n```\n"
    lines = source.split("\n")
    return [
        Finding(name=f"a{text[:80]}.md", issue=issue, source=lines[issue.line - 1])
        for issue in scan(source, kind="markdown")
    ]


@pytest.mark.parametrize("form", sorted(WRITERS))
def test_no_payload_acts_in_what_lint_prints(form: str) -> None:
    for text in TEXTS:
        found = findings(text)
        if not found:
            continue
        drawn = WRITERS[form](found)
        # Our own colours are for terminals; what they stand around is not ours.
        hidden = [c for c in re.sub(r"\x1b\[[\d;]*m", "", drawn) if c != "\n" and not c.isprintable()]
        assert hidden == [], (form, text)
        if form == "sarif":
            for result in json.loads(drawn)["runs"][0]["results"]:
                assert set(result["message"]) == {"text"}  # "markdown" would be drawn
                assert not re.search(r"\]\(\s*http", result["message"]["text"])
        if form == "github":
            commands = [line for line in drawn.splitlines() if line.startswith("::")]
            assert len(commands) == len(drawn.strip().splitlines())
            assert all(re.match(r"::(?:error|warning|notice) file=", line) for line in commands)


def test_no_payload_breaks_the_junit_file() -> None:
    from explainer.evaluation.junit import clean

    for text in TEXTS:
        element = ET.Element("failure")
        element.text = clean(text)
        assert ET.fromstring(ET.tostring(element)).text is not None  # noqa: S314 - what we just wrote


def test_no_payload_makes_a_line_on_stderr_or_in_the_log(capsys, caplog, fixtures: Path) -> None:
    alert = json.loads((fixtures / "alerts" / "falco" / "driver-loader-insmod.json").read_bytes())
    with caplog.at_level(logging.DEBUG), Explainer("knowledge", cache=False, default_rules=False) as explainer:
        for text in TEXTS[::5]:
            alert["output_fields"]["custom.note"] = text
            alert["rule"] = f"Rule {text}"
            explainer.explain(json.dumps(alert))
            say(f"note: {text}")
    lines = capsys.readouterr().err.split("\n")
    assert all(line.isprintable() for line in lines)
    for record in caplog.records:
        message = record.getMessage()
        assert message.isprintable()
        assert not any(text in message for text in TEXTS if len(text) > 8)
