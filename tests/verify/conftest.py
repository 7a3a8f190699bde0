from __future__ import annotations

import pytest
from support.alerts import make_alert, make_enriched

from explainer.schema.enriched import EnrichedAlert, Group
from explainer.schema.report import Provenance


@pytest.fixture
def enriched() -> EnrichedAlert:
    return make_enriched()


@pytest.fixture
def group() -> Group:
    return Group(fingerprint="f" * 16, alert=make_alert(), ids=("a1",))


@pytest.fixture
def provenance() -> Provenance:
    return Provenance(product_version="0", backend="openai", model="m", origin="model")
