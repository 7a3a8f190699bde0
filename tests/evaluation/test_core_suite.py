"""The suite that ships runs from a clone, without network: every answer is recorded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUITE = ROOT / "evals" / "suites" / "core.toml"
RECORDINGS = ROOT / "evals" / "recordings"


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, Path]:
    folder = tmp_path_factory.mktemp("core") / "run"
    command = [sys.executable, "-m", "explainer", "eval", "run", str(SUITE), "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout + done.stderr, folder


def test_the_core_suite_runs_offline_and_passes(replayed: tuple[int, str, Path]) -> None:
    code, output, _ = replayed
    assert code == 0, output[-2000:]
    assert "no recording" not in output


def test_no_recording_is_stale_or_unused(replayed: tuple[int, str, Path]) -> None:
    output = replayed[1]
    assert "stale recording" not in output
    assert "unused recording" not in output


def test_a_real_model_is_scored_beside_rule_knowledge(replayed: tuple[int, str, Path]) -> None:
    manifest = json.loads((replayed[2] / "manifest.json").read_text("utf-8"))
    assert len({target["model"] for target in manifest["targets"] if target["model"]}) >= 1
    assert manifest["targets"][-1]["id"] == "knowledge"
    assert len(manifest["cases"]) >= 60
    assert len({case["family"] for case in manifest["cases"]}) >= 24


def test_recordings_are_small_enough_for_a_repository_and_hold_no_prompt() -> None:
    files = sorted(RECORDINGS.glob("*.jsonl"))
    assert sum(file.stat().st_size for file in files) <= 10_000_000
    for file in files:
        for line in file.read_text("utf-8").splitlines():
            assert "messages" not in json.loads(line)["request"]
