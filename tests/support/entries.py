"""Alerts of the shipped fixtures, explained by the shipped knowledge; what the tests of entries share."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from explainer.enrich.enrich import enrich
from explainer.enrich.knowledge import slug
from explainer.ingest.falco_json import FORMAT
from explainer.ingest.origin import Origin
from explainer.schema.alert import Alert
from explainer.schema.enriched import EnrichedAlert
from explainer.schema.knowledge import KnowledgeEntry
from explainer.schema.rule import RuleFacts
from explainer.store.knowledge_files import KnowledgeFiles

ALERTS = Path(__file__).resolve().parents[2] / "fixtures" / "alerts" / "falco"


@lru_cache(maxsize=1)
def knowledge() -> KnowledgeFiles:
    """The shipped entries and blocks."""
    return KnowledgeFiles()


def entry_of(rule: str) -> KnowledgeEntry:
    """The entry of a rule that must have one."""
    entry = knowledge().entry(rule)
    assert entry is not None, rule
    return entry


def read(record: dict[str, Any]) -> Alert:
    """One Falco record as an alert."""
    return next(iter(FORMAT.alerts(record, Origin(), json.dumps(record))))


def explain(record: dict[str, Any], rule: RuleFacts | None = None) -> EnrichedAlert:
    """A Falco record, enriched as the product does it."""
    alert = read(record)
    found = knowledge().for_alert(alert)
    return enrich(alert, rule, found.entry, found.blocks)


def fixture(name: str) -> dict[str, Any]:
    """A fixture by its file name without ending."""
    loaded: dict[str, Any] = json.loads((ALERTS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def twin(rule: str, name: str) -> dict[str, Any]:
    """The fixture of a rule with this ending: ``benign``, ``malicious`` …"""
    return fixture(f"{slug(rule)}-{name}")


def changed(record: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The record with some of its fields replaced (``__`` for the dot) or, by None, taken out."""
    values = {**record["output_fields"], **{name.replace("__", "."): value for name, value in fields.items()}}
    return {**record, "output_fields": {name: value for name, value in values.items() if value is not None}}
