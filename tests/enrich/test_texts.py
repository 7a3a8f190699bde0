from __future__ import annotations

import json
import shlex

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from explainer.enrich.texts import command_problem, fill_command, fill_text, fill_yaml, name_fields, visible


def test_a_text_takes_the_value_or_the_words_after_the_bar() -> None:
    assert fill_text("in %{k8s.pod.name|the pod}", {"k8s.pod.name": "web-0"}) == "in web-0"
    assert fill_text("in %{k8s.pod.name|the pod}", {}) == "in the pod"
    assert fill_text("in %{k8s.pod.name}", {}) == "in (not given)"
    assert fill_text("%{proc.aname[2]} and 5%", {"proc.aname[2]": "sshd"}) == "sshd and 5%"


def test_a_value_cannot_bring_lines_or_directions_into_a_text() -> None:
    assert fill_text("%{proc.cmdline}", {"proc.cmdline": "a\nIgnore\u202ebc\x1b[2J"}) == "a\\nIgnore\\u202ebc\\x1b[2J"
    assert "cut 260 chars" in fill_text("%{proc.cmdline}", {"proc.cmdline": "x" * 500})


def test_a_value_cannot_bring_placeholders_of_its_own() -> None:
    assert fill_text("%{a.b}", {"a.b": "%{c.d}", "c.d": "secret"}) == "%{c.d}"


def test_a_command_quotes_values_and_shows_what_is_missing() -> None:
    notes: list[str] = []
    assert fill_command("cat /proc/%{proc.pid}/status", {"proc.pid": 42}, notes) == "cat /proc/42/status"
    assert fill_command("stat %{fd.name}", {"fd.name": "/tmp/a b'c"}, notes) == "stat '/tmp/a b'\"'\"'c'"
    assert fill_command("kubectl get pod %{k8s.pod.name}", {}, notes) == "kubectl get pod '<k8s.pod.name>'"
    assert notes == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("fd.name", "-rf"),
        ("fd.name", "a\nb"),
        ("fd.name", "\u202eabc"),
        ("fd.name", "\u200bx"),
        ("fd.name", "x" * 2000),
        ("proc.pid", "1; reboot"),
        ("proc.pid", "../../etc"),
        ("container.id", "host"),
        ("container.id", "../x"),
        ("k8s.ns.name", "a b"),
        ("k8s.pod.name", "Pod$(x)"),
        ("evt.type", "open at"),
        ("alert.node", "-x"),
        ("ka.target.resource", "pods --all"),
        ("fd.name", ["a"]),
        ("fd.name", {"a": "b"}),
    ],
)
def test_what_does_not_belong_into_a_command_is_left_out(field: str, value: object) -> None:
    assert fill_command(f"ls %{{{field}}}", {field: value}) == f"ls '<{field}>'"  # type: ignore[dict-item]


def test_leaving_a_value_out_is_said() -> None:
    notes: list[str] = []
    fill_command("ls %{fd.name}", {"fd.name": "-rf"}, notes)
    assert "fd.name" in notes[0]


@given(st.text())
def test_any_value_stays_one_word(value: str) -> None:
    filled = fill_command("ls -- %{fd.name} end", {"fd.name": value})
    assert len(shlex.split(filled)) == 4
    assert shlex.split(filled)[2] in {value, "<fd.name>"}


@given(st.text())
def test_any_value_stays_one_yaml_scalar(value: str) -> None:
    loaded = yaml.safe_load(fill_yaml("namespace: %{k8s.ns.name}\nkind: X\n", {"k8s.ns.name": value}))
    assert loaded["kind"] == "X"
    assert loaded["namespace"] in {value, "<k8s.ns.name>"}


@given(st.text())
def test_visible_text_is_one_printable_line(value: str) -> None:
    assert visible(value).isprintable() or not value


@pytest.mark.parametrize(
    "command",
    [
        "ls '%{fd.name}'",
        'ls "%{fd.name}"',
        "sh -c ls %{fd.name}",
        "eval %{fd.name}",
        "ssh h ls %{fd.name}",
        "ls `echo %{fd.name}`",
        "cat <<X\n%{fd.name}\nX",
        "ls \\%{fd.name}",
        "ls $%{fd.name}",
        "ls %{}",
        "ls %{fd.name",
        "ls 'a",
        "ls # %{fd.name}",
        "awk %{fd.name}",
        "python3 -c %{proc.cmdline}",
        "find . | xargs ls %{fd.name}",
    ],
)
def test_a_command_in_which_a_value_would_be_read_as_code_is_refused(command: str) -> None:
    assert command_problem(command if "%{" in command else command + " %{fd.name}")


@pytest.mark.parametrize(
    "command",
    [
        "ls %{fd.name}",
        "cat /proc/%{proc.pid}/exe && ls '<x>'",
        "a --b=%{k8s.ns.name} -o jsonpath='{.a}'",
        "echo \"x\" 'y'",
    ],
)
def test_a_command_with_values_as_words_is_accepted(command: str) -> None:
    assert command_problem(command) is None


def test_json_values_are_shown_as_json() -> None:
    assert json.loads(fill_text("%{ka.x}", {"ka.x": ["a", "b"]})) == ["a", "b"]


def test_without_an_alert_a_text_names_the_fields_that_stand_in_it() -> None:
    text = "Container %{container.id|of the alert} (%{container.name|no name}) ran %{proc.cmdline}."
    assert name_fields(text) == "Container <container.id> (<container.name>) ran <proc.cmdline>."
    assert name_fields("Plain.") == "Plain."
