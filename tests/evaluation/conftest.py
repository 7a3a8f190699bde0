"""Cases in memory, and suites over the repository's own cases, answered by a server on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from servers.openai_server import OpenAIServer, answer, serving
from support.cases import all_cases

from explainer.client import Explainer
from explainer.evaluation.answer import Answer
from explainer.evaluation.marking import ScorerSet
from explainer.evaluation.run import Options, Watcher, run_suite
from explainer.evaluation.scorers import ScoringContext
from explainer.evaluation.suite import load_suite, targets_of
from explainer.evaluation.summary import Summary
from explainer.schema.enriched import EnrichedAlert
from explainer.session import Session
from explainer.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
DRAFT = {
    "verdict": "suspicious",
    "confidence": "low",
    "summary": "A shell ran in a container. Nobody knows who opened it.",
    "claims": [{"text": "A shell ran.", "cites": ["E1"]}],
    "action_ids": [],
    "unknowns": ["Who opened the shell?"],
}


def draft(**changed: Any) -> str:
    return json.dumps({**DRAFT, **changed})


@pytest.fixture(scope="session")
def explainer() -> Iterator[Explainer]:
    with Explainer(backend="knowledge", default_rules=False, cache=False) as client:
        yield client


@pytest.fixture(scope="session")
def enriched_of(explainer: Explainer) -> Callable[[str], EnrichedAlert]:
    @cache
    def enrich(case: str) -> EnrichedAlert:
        group = Session(explainer.equipment, [all_cases()[case].alert]).groups()[0]
        return explainer.equipment.enriched(group)

    return enrich


@pytest.fixture(scope="session")
def context_of(enriched_of: Callable[[str], EnrichedAlert]) -> Callable[..., ScoringContext]:
    def make(case: str, answer: str | Answer, **changes: object) -> ScoringContext:
        enriched = enriched_of(case)
        golden = all_cases()[case].case.model_copy(update=changes)
        read = Answer.of_markdown(answer) if isinstance(answer, str) else answer
        return ScoringContext(golden, enriched.alert, enriched, read)

    return make


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder laid out as a user's: suites/ and cases/."""
    (tmp_path / "evals" / "suites").mkdir(parents=True)
    (tmp_path / "evals" / "cases").symlink_to(ROOT / "evals" / "cases")
    return tmp_path


@pytest.fixture
def suite(place: Path) -> Path:
    path = place / "evals" / "suites" / "small.toml"
    path.write_text(
        'id = "small"\nfamilies = ["terminal-shell-in-container", "linux-kernel-module-injection"]\n'
        'prompts = ["explain@1.0.0"]\n[thresholds]\ncase_score = 0.6\n'
    )
    return path


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with serving() as running:
        running.otherwise = answer(draft())
        yield running


Runner = Callable[..., tuple[Path, Summary]]


@pytest.fixture
def run(place: Path, suite: Path) -> Runner:
    """Run the small suite with options; returns the folder and the summary."""

    def go(
        name: str = "run",
        *,
        url: str | None = None,
        filters: tuple[str, ...] = (),
        watcher: Watcher | None = None,
        targets: dict[str, Any] | None = None,
        file: Path | None = None,
        **options: Any,
    ) -> tuple[Path, Summary]:
        loaded = load_suite(file or suite, filters=filters)
        asked = targets if targets is not None else {"base_url": url, "models": ["m"]}
        given = Options(out=place / name, **{"filters": filters, **options})
        settings = Settings(deadline=20.0)
        return run_suite(
            loaded, targets_of(loaded, **asked), settings, given, ScorerSet(), now=lambda: NOW, watcher=watcher
        )

    return go
