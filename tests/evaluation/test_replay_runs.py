from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers.openai_server import OpenAIServer, answer, refusal

from explainer.errors import ConfigError

Runner = Callable[..., Any]
ONE = ("plain-shell",)


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def replayed(path: Path, *, prompts: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"recordings": [path], "prompts": prompts}


@pytest.fixture
def recorded(run: Runner, server: OpenAIServer, place: Path) -> Path:
    path = place / "r.jsonl"
    run("live", url=server.url, record=path)
    return path


def test_a_replay_scores_what_was_recorded_without_a_server(run: Runner, server: OpenAIServer, recorded: Path) -> None:
    asked = len(server.asked)
    _, live = run("live2", url=server.url)
    server.close()
    _, again = run("again", targets=replayed(recorded))
    assert again.figures[0].report == live.figures[0].report
    assert again.figures[0].draft == live.figures[0].draft
    assert again.misses == again.leftovers == []
    assert len(server.asked) == 2 * asked


def test_a_miss_fails_the_run_and_names_keys_and_cases(run: Runner, recorded: Path) -> None:
    first = entries(recorded)
    recorded.write_text("".join(json.dumps(entry) + "\n" for entry in first[1:]))
    _, summary = run("again", targets=replayed(recorded))
    assert summary.exit_code == 6
    assert [(miss.key, miss.case) for miss in summary.misses] == [(first[0]["key"], first[0]["labels"]["case"])]
    assert summary.figures[0].statuses["skipped"] == 1


def test_what_is_missing_is_asked_live_when_that_is_wanted(run: Runner, server: OpenAIServer, recorded: Path) -> None:
    first = entries(recorded)
    recorded.write_text("".join(json.dumps(entry) + "\n" for entry in first[1:]))
    asked = len(server.asked)
    targets = {"recordings": [recorded], "base_url": server.url, "models": ["m"]}
    _, summary = run("again", targets=targets, on_miss="live", record=recorded)
    assert len(server.asked) == asked + 1
    assert summary.misses == []
    assert {entry["key"] for entry in entries(recorded)} == {entry["key"] for entry in first}


def test_repetitions_are_recorded_apart(run: Runner, server: OpenAIServer, place: Path) -> None:
    path = place / "r.jsonl"
    texts = [json.dumps({"verdict": verdict, "summary": "A shell ran."}) for verdict in ("benign", "suspicious")]
    server.script(*(answer(text) for text in texts))
    run("live", url=server.url, record=path, repeats=2, filters=ONE, jobs=1)
    assert [(entry["epoch"], entry["reply"]["text"]) for entry in entries(path)] == list(enumerate(texts))
    _, summary = run("again", targets=replayed(path), repeats=2, filters=ONE)
    assert summary.figures[0].alike == 0
    _, more = run("more", targets=replayed(path), repeats=3, filters=ONE)
    assert [(miss.epoch, "other repetitions (seed 7, 8)" in miss.hint) for miss in more.misses] == [(2, True)]


def test_recordings_that_nobody_used_are_told_apart(run: Runner, recorded: Path) -> None:
    _, fewer = run("fewer", targets=replayed(recorded), filters=ONE)
    assert {(item.kind, item.reason) for item in fewer.leftovers} == {("unused", "its case is not in this run")}
    # A prompt that changed: its recordings stay behind.
    changed = entries(recorded)
    for entry in changed:
        entry["key"] = "0" * 60 + entry["key"][:4]
        entry["labels"]["prompt_sha256"] = "f" * 64
    recorded.write_text("".join(json.dumps(entry) + "\n" for entry in changed))
    _, stale = run("stale", targets=replayed(recorded))
    assert {item.kind for item in stale.leftovers} == {"stale"}
    assert "the prompt explain@1.0.0 changed since it was recorded" in {item.reason for item in stale.leftovers}
    assert stale.exit_code == 6


def test_two_models_share_one_file_of_recordings(run: Runner, server: OpenAIServer, place: Path, suite: Path) -> None:
    path = place / "r.jsonl"
    for model in ("a", "b"):
        run(f"live-{model}", targets={"base_url": server.url, "models": [model]}, record=path, filters=ONE)
    models = "".join(f'[[models]]\nmodel = "{name}"\nrecordings = ["../../r.jsonl"]\n' for name in "ab")
    suite.write_text(suite.read_text() + models)
    _, summary = run("again", targets={}, filters=ONE)
    assert [one.target for one in summary.figures] == ["explain@1.0.0+a", "explain@1.0.0+b", "knowledge"]
    assert summary.misses == summary.leftovers == []


def test_a_refusal_is_recorded_and_replayed(run: Runner, server: OpenAIServer, place: Path) -> None:
    server.otherwise = refusal()
    path = place / "r.jsonl"
    _, live = run("live", url=server.url, record=path, filters=ONE)
    _, again = run("again", targets=replayed(path), filters=ONE)
    assert live.figures[0].statuses == again.figures[0].statuses == {"unparsable": 1}
    assert again.misses == []


def test_recordings_are_small_and_hold_no_secrets(run: Runner, server: OpenAIServer, place: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    text = json.dumps({"verdict": "suspicious", "summary": f"It ran curl -H 'Authorization: Bearer {secret}'."})
    server.otherwise = answer(text)
    path = place / "r.jsonl"
    run("live", url=server.url, record=path, filters=ONE)
    (entry,) = entries(path)
    assert secret not in path.read_text()
    assert "[redacted:token]" in entry["reply"]["text"]
    assert "messages" not in entry["request"]
    assert entry["labels"]["case"] == "plain-shell-in-payments"
    _, again = run("again", targets=replayed(path), filters=ONE)
    assert again.figures[0].statuses == {"pass": 1}


def test_options_that_contradict_each_other_are_said_to(run: Runner, recorded: Path, place: Path) -> None:
    with pytest.raises(ConfigError, match="no live model"):
        run("x", targets=replayed(recorded), on_miss="live")
    with pytest.raises(ConfigError, match="nothing to record"):
        run("x", targets=replayed(recorded), record=place / "new.jsonl")
    with pytest.raises(ConfigError, match="replay needs recordings"):
        run("x", targets={"backend": "replay"})
