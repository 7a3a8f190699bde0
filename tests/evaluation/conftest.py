from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from support.cases import all_cases

from explainer.client import Explainer
from explainer.evaluation.answer import Answer
from explainer.evaluation.scorers import ScoringContext
from explainer.schema.enriched import EnrichedAlert
from explainer.session import Session


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
