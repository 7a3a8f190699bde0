from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from explainer.enrich.knowledge import Knowledge
from explainer.schema.alert import Alert, Container, Host, Process, Product, RuleRef, Severity, User
from explainer.store.knowledge_files import KnowledgeFiles

ROOT = Path(__file__).resolve().parents[2]
Make = Callable[..., Alert]


def build(record: dict[str, Any], **changes: Any) -> Alert:
    """An alert from a Falco record, by the few rules that enrichment depends on."""
    fields = {k: v for k, v in record.get("output_fields", {}).items()}
    raw = json.dumps(record)
    digest = hashlib.sha256(raw.encode()).hexdigest()
    text = {name: value for name, value in fields.items() if isinstance(value, str) and value}
    number = {name: value for name, value in fields.items() if isinstance(value, int) and not isinstance(value, bool)}
    box = text.get("container.id")
    stamp = record.get("time")
    values: dict[str, Any] = {
        "id": digest,
        "dedup_key": digest[:16],
        "format": "falco_json",
        "product": Product(vendor="Falcosecurity", name="Falco", event_source=record.get("source")),
        "time": datetime.fromisoformat(stamp[:19]).replace(tzinfo=UTC) if stamp else None,
        "time_certainty": "exact" if stamp else "none",
        "rule": RuleRef(name=record.get("rule")),
        "priority": record.get("priority"),
        "severity_id": Severity.MEDIUM if record.get("priority") == "Warning" else Severity.UNKNOWN,
        "title": record.get("rule") or "",
        "message": record.get("output"),
        "output": record.get("output"),
        "tags": tuple(record.get("tags", ())),
        "host": Host(hostname=record.get("hostname")),
        "container": Container(id=box, is_host=box == "host") if box else None,
        "process": Process(name=text.get("proc.name")) if "proc.name" in text else None,
        "user": User(name=text.get("user.name"), uid=number.get("user.uid")),
        "fields": fields,
        "missing": tuple(name for name, value in fields.items() if value is None),
        "raw": raw,
        "raw_sha256": digest,
    }
    return Alert(**{**values, **changes})


@pytest.fixture(scope="session")
def make() -> Make:
    return build


@pytest.fixture(scope="session")
def files() -> KnowledgeFiles:
    return KnowledgeFiles()


@pytest.fixture(scope="session")
def fixture_record() -> Callable[[str], dict[str, Any]]:
    def load(name: str) -> dict[str, Any]:
        data: dict[str, Any] = json.loads((ROOT / "fixtures/alerts/falco" / name).read_text(encoding="utf-8"))
        return data

    return load


@pytest.fixture(scope="session")
def known(files: KnowledgeFiles) -> Callable[[Alert], Knowledge]:
    return files.for_alert
