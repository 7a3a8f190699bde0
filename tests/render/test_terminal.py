from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from explainer.render import inert, render, render_many

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def printable(text: str) -> bool:
    return all(char == "\n" or char.isprintable() or char in "\ufe0e\ufe0f" for char in text)


def test_hostile_text_leaves_no_character_that_a_terminal_obeys(fill_report, hostile_texts):
    for shift in range(len(hostile_texts)):
        report = fill_report("hostile", lambda index, shift=shift: hostile_texts[(index + shift) % len(hostile_texts)])
        for full in (False, True):
            assert printable(render(report, "terminal", full=full))
            assert printable(ANSI.sub("", render(report, "terminal", color=True, full=full)))
            assert render(report, "terminal", unicode=False, full=full).isascii()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_text_leaves_no_character_that_a_terminal_obeys(fill_report, text):
    report = fill_report("insufficient-evidence", lambda _: text)
    assert printable(render(report, "terminal", width=40))
    assert printable(render(report, "terminal", width=40, full=True))


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("width", [40, 80, 200])
def test_only_commands_and_configuration_are_wider_than_the_screen(report, width, full):
    verbatim = {
        line.strip()
        for text in (
            *(action.command for action in report.actions),
            *(action.config for action in report.actions),
            *(question.query for question in report.unknowns),
        )
        if text
        for line in inert.block(text).split("\n")
    }
    wide = [line for line in render(report, "terminal", width=width, full=full).split("\n") if cell_len(line) > width]
    assert [line for line in wide if line.strip() not in verbatim] == []


@pytest.mark.parametrize("width", [40, 80])
def test_commands_stand_whole_on_lines_of_their_own(load_report, width):
    report = load_report("driver-loader")
    lines = [line.strip() for line in render(report, "terminal", width=width, full=True).split("\n")]
    for action in report.actions:
        for line in (action.command or "").split("\n"):
            assert line in lines


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("full", [False, True])
def test_no_line_of_withheld_advice_can_be_pasted_as_a_command(load_report, width, color, full):
    report = load_report("impostor-module")
    text = ANSI.sub("", render(report, "terminal", width=width, color=color, full=full))
    assert "WITHHELD" in text
    assert "setenforce 0" in text
    bad = {line.strip() for one in report.withheld for line in one.text.split("\n")}
    assert bad & {line.strip() for line in text.split("\n")} == set()


def test_the_verdict_comes_first_and_colour_only_when_asked_for(load_report):
    report = load_report("impostor-module")
    plain = render(report, "terminal")
    assert plain.split("\n")[0].strip().startswith("MALICIOUS")
    assert "\x1b" not in plain
    assert ANSI.search(render(report, "terminal", color=True))


def test_the_environment_does_not_change_the_text(load_report, monkeypatch):
    before = render(load_report("driver-loader"), "terminal")
    for name, text in {"COLUMNS": "20", "FORCE_COLOR": "1", "TERM": "dumb", "JUPYTER_COLUMNS": "30"}.items():
        monkeypatch.setenv(name, text)
    assert render(load_report("driver-loader"), "terminal") == before


def test_what_the_alert_does_not_tell_is_said(load_report):
    text = " ".join(render(load_report("driver-loader"), "terminal", full=True).split())
    assert "Not in the alert" in text
    assert "image, Kubernetes namespace" in text
    assert "None" not in text


def test_a_group_says_how_many_alerts_it_stands_for(load_report):
    for full in (False, True):
        assert "4,812 alike alerts" in render(load_report("group-4812"), "terminal", full=full)


def test_several_reports_follow_each_other(load_report):
    text = render_many([load_report("degraded"), load_report("sensor-health")], "terminal")
    assert text.count("═" * 80) == 1


def test_importing_the_room_does_not_import_rich():
    code = "import sys, explainer.render, explainer.render.terminal; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
