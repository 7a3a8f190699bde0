"""Full disks, closed pipes, missing files, odd encodings: a sentence and the right exit code, never a traceback."""

from __future__ import annotations

import gzip
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import Command

KNOWLEDGE = ("--backend", "knowledge")


def shell(run: Command, command: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command.replace("EXPLAINER", f"'{sys.executable}' -m explainer")],
        capture_output=True,
        env=run.environment(),
        cwd=run.home,
        check=False,
    )


@pytest.mark.parametrize("order", [("ALERT", "nofile"), ("nofile", "ALERT"), ("nofile", "ALERT", ".")])
def test_a_file_that_cannot_be_read_costs_the_others_nothing(run: Command, alert: str, order: tuple[str, ...]) -> None:
    done = run("explain", *(alert if name == "ALERT" else name for name in order), *KNOWLEDGE, "--as", "json")
    assert done.returncode == 4
    assert json.loads(done.stdout)["alert"]["rule"] == "Linux Kernel Module Injection Detected"
    assert "nofile: cannot be read: No such file" in done.stderr
    assert "empty" not in done.stderr


def test_an_unreadable_file_is_named_in_a_dry_run_too(run: Command, alert: str) -> None:
    done = run("explain", alert, "nofile", "--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--dry-run")
    assert done.returncode == 4
    assert json.loads(done.stdout)["prompt"]
    assert "nofile" in done.stderr


def test_what_was_skipped_is_named_with_its_file_when_there_are_several(run: Command, alert: str) -> None:
    (run.home / "other.log").write_text("hello\n")
    done = run("explain", alert, "other.log", *KNOWLEDGE)
    assert "other.log: line 1: skipped" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", ["explain {} --backend knowledge", "prompts list", "schema report", "--help"])
def test_a_full_disk_is_said_and_is_exit_4(run: Command, alert: str, arguments: str) -> None:
    done = shell(run, f"EXPLAINER {arguments.format(alert)} >/dev/full")
    assert done.returncode == 4
    assert b"No space left on device" in done.stderr
    assert b"bug" not in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_under_a_named_file_is_exit_4(run: Command, alert: str) -> None:
    done = run("explain", alert, *KNOWLEDGE, "-o", "/dev/full")
    assert done.returncode == 4
    assert "/dev/full: cannot write the report: No space left on device" in done.stderr


@pytest.mark.parametrize("command", ["explain {} --backend knowledge --as json", "schema report", "--help"])
def test_a_reader_that_goes_away_is_quiet(run: Command, alert: str, command: str) -> None:
    done = shell(
        run, f"EXPLAINER {command.format(alert)} 2>err | true; grep -ci traceback err; exit ${{PIPESTATUS[0]}}"
    )
    assert b"Traceback" not in (run.home / "err").read_bytes()
    assert b"Errno" not in (run.home / "err").read_bytes()
    assert done.stdout.strip() == b"0"


@pytest.mark.parametrize(
    ("redirect", "code"), [(">&-", 4), ("<&- -", 4), ("2>&-", 0), ("2>/dev/full", 0), (">&- -o report.md", 0)]
)
def test_closed_streams_are_no_bug(run: Command, alert: str, redirect: str, code: int) -> None:
    source = "" if " -" in redirect and "-o" not in redirect else f"'{alert}'"
    done = shell(run, f"EXPLAINER explain {source} --backend knowledge {redirect}")
    assert done.returncode == code
    assert b"Traceback" not in done.stderr


ALERT = (
    b'{"rule": "R", "priority": "Warning", "time": "2024-05-01T10:00:00.000000001Z", "output": "x", '
    b'"output_fields": {"proc.name": "sh", "proc.name": "bash", "a": NaN, "b": 1e999, "c": "\\ud800"}}'
)


@pytest.mark.parametrize(
    "data",
    [ALERT, b"\xef\xbb\xbf" + ALERT, ALERT.decode().encode("utf-16"), b"\x00\n" + ALERT, b"\xff\xfe\xfa\n" * 0 + ALERT],
)
def test_odd_encodings_and_values_are_read(run: Command, data: bytes) -> None:
    done = run("explain", "-", *KNOWLEDGE, "--as", "json", stdin=data)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["alert"]["rule"] == "R"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (gzip.compress(ALERT), "gzip"),
        (b"[" * 200_000, "JSON arrays, nested"),
        (b'{"a":' * 50_000, "does not end"),
        (b"\x80" * 3_000_000, "no alert"),
    ],
)
def test_input_that_is_no_alert_is_exit_4_and_says_why(run: Command, data: bytes, said: str) -> None:
    done = run("explain", "-", *KNOWLEDGE, stdin=data)
    assert done.returncode == 4
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_flags_that_do_nothing_are_named(run: Command, alert: str) -> None:
    done = run("explain", alert, *KNOWLEDGE, "--model", "m", "--max-cost", "1")
    assert done.returncode == 0
    assert "--model, --max-cost do nothing with the backend knowledge" in done.stderr
    assert "do nothing" not in run("explain", alert, *KNOWLEDGE).stderr


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [(("--deadline", "nan"), "--deadline"), (("--max-cost", "-1"), "--max-cost"), (("-j", "0"), "--jobs")],
)
def test_a_wrong_value_is_told_by_its_flag(run: Command, alert: str, arguments: tuple[str, ...], flag: str) -> None:
    done = run("explain", alert, *KNOWLEDGE, *arguments)
    assert done.returncode == 2
    assert f"error: {flag}:" in done.stderr


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("explain --backend ", ["auto", "knowledge", "openai", "local", "replay"]),
        ("explain --as ", ["terminal", "markdown", "json", "html", "slack"]),
        ("explain --format falco_", ["falco_grpc", "falco_json", "falco_text"]),
        ("explain --prompt explain-", ["explain-compact"]),
        ("explain --prompt explain@", ["explain@1.0.0"]),
        ("explain --model smol", ["smollm2-135m"]),
        ("prompts show rep", ["repair"]),
        ("rules show Terminal", ["Terminal shell in container"]),
    ],
)
def test_the_shell_is_offered_values(run: Command, words: str, offered: list[str]) -> None:
    line = f"explainer {words}"
    env = {"_EXPLAINER_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    script = "import sys; sys.argv[0] = 'explainer'; from explainer.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        env=run.environment(env),
        cwd=run.home,
        check=False,
        text=True,
    )
    assert done.stdout.split("\n")[: len(offered)] == offered or set(offered) <= set(done.stdout.splitlines())


@pytest.mark.parametrize(
    ("content", "said", "do"),
    [
        (b"", "it is empty", "kubectl logs"),
        (b" \n\n\t\n", "only blank lines", "kubectl logs"),
        (bytes(range(256)) * 20, "binary data", "JSON"),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00\x00", "binary data", "JSON"),
        (gzip.compress(b"{}"), "gzip-compressed: unpack it first", "gunzip -c"),
        (b"PK\x03\x04\x14\x00\x08\x00", "a zip archive: unpack it first", "gunzip -c"),
        (b"[" * 100_000 + b"]" * 100_000, "100,000 JSON arrays, nested, and no record", "JSON"),
        (b"[\n" * 5_000, "nested and not all closed, and no record", "JSON"),
        (b"2026-03-30T18:55:02+0000: Falco version: 0.43.0 (x86_64)\n", "only Falco's own log lines", "outputs"),
    ],
)
def test_a_file_without_an_alert_is_named_for_what_it_is_with_what_to_do(run: Command, content, said, do) -> None:
    (run.home / "input").write_bytes(content)
    for arguments, stdin in ((("input",), None), ((), content)):
        done = run("explain", *arguments, *KNOWLEDGE, stdin=stdin)
        assert done.returncode == 4
        assert done.stdout == ""
        (error,) = [line for line in done.stderr.splitlines() if line.startswith("explainer: error: ")]
        assert said in error
        assert do in done.stderr.rpartition("try: ")[2]


@pytest.mark.parametrize(
    ("name", "said", "do"),
    [
        ("folder", "is a folder", "folder/*.json"),
        ("no*.json", "No such file", "no file fits the pattern"),
        ("nofile", "No such file", "check the name"),
        ("", "an empty name", "standard input"),
    ],
)
def test_a_name_that_is_no_file_says_what_to_do(run: Command, name: str, said: str, do: str) -> None:
    (run.home / "folder").mkdir()
    done = run("explain", name, *KNOWLEDGE)
    assert done.returncode == 4
    assert said in done.stderr
    assert do in done.stderr.rpartition("try: ")[2]


def test_reasons_that_repeat_are_said_once(run: Command) -> None:
    done = run("explain", "-", *KNOWLEDGE, stdin="hello\n" * 9)
    assert done.stderr.count("skipped: unrecognised") == 1
    assert "(and 8 more like it)" in done.stderr


def test_a_terminal_is_told_that_input_is_awaited(run: Command) -> None:
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "explainer", "explain", *KNOWLEDGE],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=run.home,
        env=run.environment(),
    ) as process:
        os.close(slave)
        os.write(master, b"\x04")
        _, said = process.communicate(timeout=60)
    os.close(master)
    assert b"end with Ctrl-D, or give a file" in said
    assert process.returncode == 4
