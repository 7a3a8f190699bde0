from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import junitparser
import pytest
from servers.openai_server import OpenAIServer
from support.command import Command

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "evals" / "cases"
CASE = CASES / "terminal-shell-in-container" / "plain-shell-in-payments.yaml"


@pytest.fixture
def explain(place: Path) -> Command:
    return Command(place)


def test_a_run_writes_its_folder_junit_and_html(explain: Command, suite: Path, server: OpenAIServer) -> None:
    done = explain(
        "eval",
        "run",
        str(suite),
        "--base-url",
        server.url,
        "-m",
        "m",
        "--out",
        "r",
        "--junit",
        "j.xml",
        "--html",
        "h.html",
    )
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (explain.home / "r").iterdir()} == {
        "manifest.json", "events.jsonl", "cases.jsonl", "scores.jsonl", "summary.json",
    }  # fmt: skip
    assert "verification is worth" in done.stdout
    assert "\r" not in done.stderr
    assert "\x1b" not in done.stderr
    (tests,) = junitparser.JUnitXml.fromfile(str(explain.home / "j.xml"))
    assert len(list(tests)) == 9
    assert (explain.home / "h.html").read_text().startswith("<!DOCTYPE html>")
    summary = json.loads((explain.home / "r" / "summary.json").read_text())
    assert summary["targets"][0]["beats_control"] is False


def test_the_folder_of_a_run_is_named_by_time_prompt_and_model(
    explain: Command, suite: Path, server: OpenAIServer
) -> None:
    done = explain("eval", "run", str(suite), "--base-url", server.url, "-m", "org/m", "--filter", "plain-shell", "-q")
    assert done.returncode == 0, done.stderr
    (folder,) = (explain.home / "evals" / "runs").iterdir()
    assert folder.name.endswith("-explain@1.0.0-m")


def test_a_missing_recording_exits_with_six_and_a_wrong_suite_with_four(explain: Command, suite: Path) -> None:
    (explain.home / "empty.jsonl").write_text("")
    done = explain("eval", "run", str(suite), "--recordings", "empty.jsonl", "--model", "m", "--filter", "plain-shell")
    assert done.returncode == 6
    assert "no recording: " in done.stdout
    assert "plain-shell-in-payments" in done.stdout
    suite.write_text("id = 1")
    assert explain("eval", "run", str(suite)).returncode == 4
    assert explain("eval", "run", str(suite), "--on-miss", "perhaps").returncode == 2


def test_runs_compare_rescore_and_report_from_the_command_line(explain: Command, suite: Path) -> None:
    for name in ("a", "b"):
        assert explain("eval", "run", str(suite), "--backend", "knowledge", "--out", name, "-q").returncode == 0
    done = explain("eval", "compare", "a", "b", "--as", "markdown")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("### Prompt evaluation: not worse (passed)")
    assert explain("eval", "rescore", "a", "-q").returncode == 0
    assert explain("eval", "report", "a", "b", "--html", "h.html").returncode == 0
    assert explain("eval", "compare", "a#nobody", "b").returncode == 2
    assert explain("eval", "compare", "nowhere", "b").returncode == 4


def test_a_golden_report_scores_one_and_unsafe_advice_exits_with_three(explain: Command) -> None:
    from explainer.evaluation.case import load_case

    reference = load_case(CASE).case.reference
    done = explain("eval", "score", str(CASE), "-", "--json", stdin=reference)
    assert (done.returncode, json.loads(done.stdout)["total"]) == (0, 1.0)
    unsafe = reference + "\n\nNext step: run `setenforce 0` on the node.\n"
    done = explain("eval", "score", str(CASE), "-", stdin=unsafe)
    assert done.returncode == 3
    assert "UNSAFE ADVICE" in done.stdout
    assert explain("eval", "score", str(CASE), "-", "--threshold", "0.9", stdin="It is fine.").returncode == 1
    assert explain("eval", "score", str(CASE), "-", stdin=" ").returncode == 4
    assert explain("eval", "score", str(CASE), "-", stdin='{"a": 1}').returncode == 4


def test_a_report_of_ours_is_scored_from_its_json(explain: Command) -> None:
    from explainer.evaluation.case import load_case

    report = explain("explain", "-", "--backend", "knowledge", "--as", "json", stdin=load_case(CASE).alert).stdout
    done = explain("eval", "score", str(CASE), "-", "--json", stdin=report)
    assert json.loads(done.stdout)["source"] == "report"


def test_lint_names_the_place_of_a_problem(explain: Command, place: Path) -> None:
    folder = place / "x" / "terminal-shell-in-container"
    folder.mkdir(parents=True)
    (place / "x" / "fixtures").symlink_to(ROOT / "fixtures")
    shutil.copy(CASE, folder)
    assert explain("eval", "lint", "x").returncode == 0
    (folder / CASE.name).write_text(CASE.read_text().replace("verdict:", "vredict:", 1))
    done = explain("eval", "lint", "x")
    assert done.returncode == 4
    assert f"{CASE.name}:" in done.stderr


def test_help_needs_nothing_heavy(explain: Command) -> None:
    import subprocess

    code = (
        "import sys\nfrom typer.main import get_command\nfrom explainer.cli.app import build_app\n"
        "get_command(build_app()).main(['eval', 'run', '--help'], standalone_mode=False)\nprint('@@', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--on-miss" in done.stdout
    loaded = set(done.stdout.split("@@")[1].split())
    assert not loaded & {"numpy", "scipy", "junitparser", "openai", "jinja2", "yaml", "tree_sitter"}
    assert "explainer.evaluation" not in loaded
