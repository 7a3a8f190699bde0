from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers.openai_server import OpenAIServer, answer, empty_choices, refusal, status

from explainer.errors import CaseError, ConfigError
from explainer.evaluation.events import EventLog, read_index
from explainer.evaluation.grade import read_scores
from explainer.evaluation.manifest import read_manifest
from explainer.evaluation.marking import ScorerSet
from explainer.evaluation.rescoring import rescore
from explainer.evaluation.suite import load_suite, targets_of
from explainer.verify import parse_draft

TARGET = "explain@1.0.0+m"
Runner = Callable[..., Any]


# --- what a run holds --------------------------------------------------------------------------


def test_a_run_scores_draft_report_and_control_side_by_side(run: Runner, server: OpenAIServer) -> None:
    folder, summary = run(url=server.url)
    model, control = summary.figures
    assert (model.target, control.target) == (TARGET, "knowledge")
    assert model.answers == control.answers == len(server.asked)
    assert model.draft is not None
    assert model.report.mean > model.draft.mean
    assert model.verification is not None
    assert model.verification.mean == pytest.approx(model.report.mean - model.draft.mean, abs=1e-6)
    for scored in read_scores(folder, light=False):
        assert scored.report is not None
        assert (scored.draft is None) == (scored.target == "knowledge")


def test_a_prompt_that_does_not_beat_rule_knowledge_is_said_not_to(run: Runner, server: OpenAIServer) -> None:
    from explainer.evaluation.summary import lines as told

    _, summary = run(url=server.url)
    assert summary.figures[0].beats_control is False
    assert any("does not beat rule knowledge alone" in line for line in told(summary))


def test_the_manifest_says_what_the_run_was(run: Runner, server: OpenAIServer) -> None:
    server.otherwise = answer(json.dumps({"verdict": "suspicious", "summary": "A shell ran."}), model="m-2026")
    folder, _ = run(url=server.url.replace("127.0.0.1", "user:s3cr3tword@127.0.0.1"), repeats=2)
    manifest = read_manifest(folder)
    target = manifest.targets[0]
    assert manifest.state == "finished"
    assert (target.model, target.models_answered) == ("m", ("m-2026",))
    assert len(target.prompt_sha256 or "") == len(manifest.case_set) == 64
    assert target.parameters["temperature"] == 0.0
    assert target.tokens_in_measured == 12 * len(server.asked)
    assert (target.repeats, manifest.targets[1].repeats) == (2, 1)
    assert manifest.scorers.keys() >= {"S0", "S10"}
    assert manifest.advice_hash
    assert manifest.versions["python"]
    assert "s3cr3tword" not in (folder / "manifest.json").read_text()


def test_the_draft_is_what_the_products_own_parser_reads(run: Runner, server: OpenAIServer) -> None:
    text = "Sure!\n```json\n" + json.dumps({"verdict": "Likely benign", "summary": "All is well."}) + "\n```"
    server.otherwise = answer(text)
    folder, _ = run(url=server.url, filters=("plain-shell",))
    index = read_index(folder / "events.jsonl")
    assert index.read(f"{TARGET}/plain-shell-in-payments/0").draft == parse_draft(text)[0]


# --- statuses ----------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", [answer("I would rather not."), answer(""), refusal()])
def test_what_cannot_be_read_counts_zero_and_stays(run: Runner, server: OpenAIServer, nothing: Any) -> None:
    server.otherwise = nothing
    folder, summary = run(url=server.url)
    model = summary.figures[0]
    assert model.statuses == {"unparsable": model.answers}
    assert model.report.mean == 0.0
    assert model.draft is not None
    assert model.draft.mean == 0.0
    assert model.delivered > 0.5
    assert model.passes.hits == 0
    assert read_scores(folder)[0].counts


def test_a_server_that_breaks_is_no_property_of_the_model(run: Runner, server: OpenAIServer) -> None:
    server.otherwise = empty_choices()
    _, summary = run(url=server.url, filters=("shell",))
    assert set(summary.figures[0].statuses) == {"error"}
    assert summary.figures[0].answers == 0
    assert summary.exit_code == 5


def test_a_spent_quota_is_throttling(run: Runner, server: OpenAIServer) -> None:
    server.otherwise = status(429, "You exceeded your current quota", kind="insufficient_quota")
    _, summary = run(url=server.url, filters=("plain-shell",))
    assert summary.figures[0].statuses == {"throttled": 1}


def test_unsafe_advice_in_a_draft_is_withheld_and_counted(run: Runner, server: OpenAIServer) -> None:
    unsafe = {"title": "Disable SELinux", "command": "setenforce 0"}
    server.otherwise = answer(
        json.dumps({"verdict": "suspicious", "summary": "A shell ran.", "extra_actions": [unsafe]})
    )
    _, summary = run(url=server.url, filters=("plain-shell",))
    assert summary.figures[0].unsafe == {"draft": 1, "report": 0}
    assert summary.figures[0].unsafe_bound["report"] == pytest.approx(0.95)


def test_thresholds_that_are_missed_exit_with_one(run: Runner, suite: Path, server: OpenAIServer) -> None:
    suite.write_text(suite.read_text() + "score = 0.99\n")
    _, summary = run(url=server.url, filters=("plain-shell",))
    assert [cause.code for cause in summary.causes] == [1]


def test_a_server_that_is_not_there_is_not_asked_a_hundred_times(run: Runner) -> None:
    _, summary = run(url="http://127.0.0.1:9/v1", jobs=1)
    statuses = summary.figures[0].statuses
    assert statuses["error"] == 4
    assert statuses["skipped"] == summary.figures[1].answers - 4


# --- crashes and resuming ----------------------------------------------------------------------


def test_resuming_repeats_nothing(run: Runner, server: OpenAIServer) -> None:
    folder, first = run(url=server.url)
    events = folder / "events.jsonl"
    whole = events.read_bytes().splitlines(keepends=True)
    # As after kill -9: some lines are there, and the last one only in part.
    events.write_bytes(b"".join(whole[: len(whole) // 2]) + whole[len(whole) // 2][:50])
    done = {key for key in read_index(events).done() if key.startswith(TARGET)}
    assert done
    asked = len(server.asked)
    _, second = run(url=server.url, resume=True)
    assert len(server.asked) - asked == asked - len(done)
    assert second.figures[0].report == first.figures[0].report
    assert read_manifest(folder).resumed == 1
    _, third = run(url=server.url, resume=True)
    assert len(server.asked) == asked * 2 - len(done)
    assert third.figures[0].report == first.figures[0].report


def test_failed_answers_are_asked_for_again_when_resuming(run: Runner, server: OpenAIServer) -> None:
    server.script(empty_choices())
    _, first = run(url=server.url, filters=("shell",), jobs=1)
    assert first.figures[0].statuses["error"] == 1
    _, second = run(url=server.url, filters=("shell",), resume=True)
    assert "error" not in second.figures[0].statuses


def test_another_prompt_is_not_resumed(run: Runner, server: OpenAIServer) -> None:
    run(url=server.url, filters=("plain-shell",))
    targets = {"base_url": server.url, "models": ["m"], "prompts": ["explain-compact@1.0.0"]}
    with pytest.raises(ConfigError, match="cannot be resumed: prompts"):
        run(targets=targets, filters=("plain-shell",), resume=True)


def test_a_folder_that_holds_a_run_is_not_overwritten(run: Runner, server: OpenAIServer) -> None:
    run(url=server.url, filters=("plain-shell",))
    with pytest.raises(ConfigError, match="holds a run already"):
        run(url=server.url, filters=("plain-shell",))


def test_a_killed_writer_costs_one_line_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"event":"started"}\n{"event":"gener')
    with EventLog(path) as log:
        log.add({"event": "resumed"})
    assert [note["event"] for note in read_index(path).notes] == ["started", "resumed"]


@pytest.mark.parametrize(("blow", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_an_interrupted_run_goes_on_where_it_was(
    place: Path, suite: Path, server: OpenAIServer, blow: signal.Signals, code: int
) -> None:
    from servers.openai_server import Exchange

    def slow(exchange: Exchange) -> None:
        exchange.wait(0.3)
        answer(json.dumps({"verdict": "suspicious", "summary": "A shell ran."}))(exchange)

    server.otherwise = slow
    command = [sys.executable, "-m", "explainer", "eval", "run", str(suite), "--base-url", server.url, "-m", "m"]
    env = {**os.environ, "HOME": str(place), "PYTHONUTF8": "1"}
    process = subprocess.Popen(
        [*command, "--out", "r", "-j", "1"], cwd=place, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    events = place / "r" / "events.jsonl"
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline and (not events.exists() or not read_index(events).done()):
        time.sleep(0.05)
    process.send_signal(blow)
    _, told = process.communicate(timeout=30)
    assert process.returncode == code
    done = read_index(events).done()
    assert done
    if blow is signal.SIGINT:
        assert b"--resume r" in told
        assert read_manifest(place / "r").state == "interrupted"
    before = len(server.asked)
    server.otherwise = answer(json.dumps({"verdict": "suspicious", "summary": "A shell ran."}))
    again = subprocess.run([*command, "--resume", "r"], cwd=place, env=env, capture_output=True, check=False)
    assert again.returncode in {0, 3}, again.stderr
    cases = len(load_suite(suite).cases)
    assert len(server.asked) - before == cases - len(done)
    assert read_manifest(place / "r").state == "finished"


# --- scoring again, and suites -----------------------------------------------------------------


def test_scoring_again_asks_nothing_and_changes_nothing(run: Runner, server: OpenAIServer) -> None:
    folder, first = run(url=server.url)
    before, asked = (folder / "scores.jsonl").read_text(), len(server.asked)
    (folder / "scores.jsonl").unlink()
    again = rescore(folder, ScorerSet())
    assert (folder / "scores.jsonl").read_text() == before
    assert len(server.asked) == asked
    assert again.figures == first.figures


def test_equal_answers_score_equally_in_every_repeat(run: Runner, server: OpenAIServer) -> None:
    folder, summary = run(url=server.url, repeats=3)
    assert summary.figures[0].alike == summary.figures[0].cases
    by_case: dict[str, set[str]] = {}
    for scored in read_scores(folder, light=False):
        if scored.target == TARGET:
            by_case.setdefault(scored.case, set()).add(
                scored.model_copy(update={"key": "", "epoch": 0}).model_dump_json()
            )
    assert {len(found) for found in by_case.values()} == {1}


def test_several_prompts_and_models_share_a_run(run: Runner, server: OpenAIServer) -> None:
    targets = {
        "base_url": server.url,
        "models": ["a", "b"],
        "prompts": ["explain@1.0.0", "explain-compact@1.0.0"],
    }
    _, summary = run(targets=targets, filters=("plain-shell",))
    assert [one.target for one in summary.figures] == [
        "explain@1.0.0+a",
        "explain-compact@1.0.0+a",
        "explain@1.0.0+b",
        "explain-compact@1.0.0+b",
        "knowledge",
    ]


def test_filters_choose_by_id_tag_and_family(suite: Path) -> None:
    def chosen(*filters: str) -> set[str]:
        return {loaded.case.id for loaded in load_suite(suite, filters=filters).cases}

    assert chosen("plain-shell") == {"plain-shell-in-payments"}
    assert chosen("family:linux-*") < chosen("family:*")
    assert chosen("driver-loader-*") == {"driver-loader-insmod", "driver-loader-impostor"}
    with pytest.raises(CaseError, match="fits none"):
        chosen("no-such-case")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id = ", "is no TOML"),
        ('id = "x"\ncolour = 1\n', "colour: is no key of a suite"),
        ('id = "x"\nfamilies = ["none"]\n', "nothing to run"),
        ("title = 'x'\n", "id: is missing"),
    ],
)
def test_a_wrong_suite_is_said_to_be_wrong(suite: Path, text: str, told: str) -> None:
    suite.write_text(text)
    with pytest.raises(CaseError, match=told):
        load_suite(suite)


def test_the_command_line_overrides_the_models_of_a_suite(suite: Path) -> None:
    suite.write_text(
        suite.read_text().replace("[thresholds]", '[[models]]\nmodel = "q"\nrecordings = ["../r.jsonl"]\n[thresholds]')
    )
    loaded = load_suite(suite)
    (own,) = targets_of(loaded)
    assert (own.backend, own.model) == ("replay", "q")
    assert own.recordings == (suite.parent / "../r.jsonl",)
    assert targets_of(loaded, backend="knowledge") == []
    assert [target.model for target in targets_of(loaded, base_url="http://x/v1", models=["a"])] == ["a"]
    with pytest.raises(ConfigError, match="has no model 'z'"):
        targets_of(loaded, models=["z"])
