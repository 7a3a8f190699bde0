"""A suite states for each model what it is asked, how often and how freely; so asked it can be recorded anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from servers.openai_server import OpenAIServer

MODEL = """
[[models]]
backend = "openai"
model = "m"
base_url = "{url}"
prompts = ["explain-compact@1.0.0"]
repeats = 2
temperature = 0.4
"""
ONE = ("plain-shell-in-payments",)


@pytest.fixture
def with_model(suite: Path, server: OpenAIServer) -> Path:
    suite.write_text(suite.read_text() + MODEL.format(url=server.url))
    return suite


def bodies(server: OpenAIServer) -> list[dict[str, Any]]:
    return [asked.body for asked in server.asked if "messages" in asked.body]


def test_a_models_own_prompt_repeats_and_temperature_hold(run, server: OpenAIServer, with_model: Path) -> None:
    _, summary = run("own", targets={}, filters=ONE, jobs=1)
    assert [(body["seed"], body["temperature"]) for body in bodies(server)] == [(7, 0.4), (8, 0.4)]
    (target,) = [target for target in summary.manifest.targets if target.backend == "openai"]
    assert (target.prompt, target.repeats, target.parameters["temperature"]) == ("explain-compact@1.0.0", 2, 0.4)


def test_the_control_is_asked_once_whatever_the_models_repeats(run, with_model: Path) -> None:
    _, summary = run("once", targets={}, filters=ONE, jobs=1)
    assert summary.manifest.targets[-1].repeats == 1


def test_a_known_model_is_asked_as_the_suite_asks_it(run, server: OpenAIServer, with_model: Path) -> None:
    run("again", targets={"backend": "openai", "models": ["m"], "base_url": server.url}, filters=ONE, jobs=1)
    assert [body["temperature"] for body in bodies(server)] == [0.4, 0.4]


def test_the_command_line_stands_over_the_suite(run, server: OpenAIServer, with_model: Path) -> None:
    _, summary = run("one", targets={"prompts": ["explain@1.0.0"]}, filters=ONE, jobs=1, repeats=1)
    assert len(bodies(server)) == 1
    assert summary.manifest.targets[0].prompt == "explain@1.0.0"
