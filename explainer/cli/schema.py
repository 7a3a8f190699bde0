"""`explainer schema`: JSON Schemas of what goes in and comes out."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any, Literal

import typer

from explainer.cli.guard import guarded

# What people write may leave out what has a default; what we print never does.
_WRITTEN = ("knowledge", "case", "suite")


class Name(StrEnum):
    """Schemas."""

    report = "report"
    alert = "alert"
    draft = "draft"
    advice = "advice"
    knowledge = "knowledge"
    case = "case"
    suite = "suite"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("schema")(guarded(schema))


def schema(name: Annotated[Name, typer.Argument(help="Which record.")]) -> None:
    """Print the JSON Schema of a record, for editors and playbooks."""
    from explainer.schema.advice import AdviceIssue
    from explainer.schema.alert import Alert
    from explainer.schema.case import Case, Suite
    from explainer.schema.knowledge import KnowledgeEntry
    from explainer.schema.record import json_schema
    from explainer.schema.report import Draft, Report

    records: dict[str, Any] = {
        "report": Report,
        "alert": Alert,
        "draft": Draft,
        "advice": AdviceIssue,
        "knowledge": KnowledgeEntry,
        "case": Case,
        "suite": Suite,
    }
    mode: Literal["validation", "serialization"] = "validation" if name.value in _WRITTEN else "serialization"
    typer.echo(json.dumps(json_schema(records[name.value], mode), indent=2))
