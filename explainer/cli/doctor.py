"""`explainer doctor`: what is configured, what is there, what answers."""

from __future__ import annotations

import importlib.metadata
import json
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

from explainer.cli.exits import GATE_MISSED
from explainer.cli.guard import guarded
from explainer.errors import ExplainerError

Row = tuple[str, str, str]
"""``(state, what, detail)``; state is ok, note or fail."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(guarded(doctor))


def doctor(
    settings: Annotated[bool, typer.Option("--settings", help="Only list all settings with their origin.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Contact no server.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check the installation: settings, rules, knowledge, prompts, cache, model and server."""
    from explainer.client import Explainer

    explainer = Explainer()
    if settings:
        rows = explainer.equipment.resolved.describe()
        if as_json:
            typer.echo(json.dumps([{"name": n, "value": v, "origin": o} for n, v, o in rows], indent=2))
            return
        for name, value, origin in rows:
            typer.echo(f"{name:<18} {value:<32} {origin}")
        return
    found = list(_checks(explainer, offline=offline))
    if as_json:
        typer.echo(json.dumps([{"state": s, "check": w, "detail": d} for s, w, d in found], indent=2))
    else:
        for state, what, detail in found:
            typer.echo(f"{state:<5}{what:<12}{detail}")
    if any(state == "fail" for state, _, _ in found):
        raise typer.Exit(GATE_MISSED)


def _checks(explainer: Any, *, offline: bool) -> Iterator[Row]:
    kit = explainer.equipment
    yield _row("version", lambda: f"explainer {importlib.metadata.version('alert-explainer')}")
    for name, value, origin in kit.resolved.describe():
        if origin != "default":
            yield "ok", "setting", f"{name} = {value} (from {origin})"
    yield _row("rules", lambda: _rules(kit))
    yield _row("knowledge", lambda: f"{sum(1 for _ in kit.knowledge.entries())} entries")
    yield _row("prompts", lambda: _prompts(kit))
    yield _row("backend", lambda: f"{kit.backend_name}: {kit.backend_reason}")
    yield _row("model", lambda: _model(kit))
    yield _row("redaction", lambda: _redaction(kit))
    yield _row("cache", lambda: _cache(kit))
    if kit.backend_name == "openai" and not offline:
        yield _row("server", lambda: _ask(kit))


def _row(what: str, check: Callable[[], str]) -> Row:
    try:
        return "ok", what, check()
    except ExplainerError as error:
        return "fail", what, str(error)


def _rules(kit: Any) -> str:
    if kit.rules is None:
        return f"no rule files; shipped catalogue of {len(kit.catalogue)} rules"
    return f"{len(kit.rules.rules)} rules from {', '.join(kit.rules.files)}"


def _prompts(kit: Any) -> str:
    problems = kit.library.problems()
    return f"{len(kit.library.templates)} versions, all as released" if not problems else "; ".join(problems)


def _model(kit: Any) -> str:
    if kit.backend is None:
        return "none: rule knowledge writes the reports (`explainer models pull` fetches a small model)"
    return f"{kit.backend.model or 'chosen by the server'}, prompt {kit.template.ref}"


def _redaction(kit: Any) -> str:
    on, reason = kit.redacts
    said = "identities leave as stand-ins" if on else "identities are sent as they are" if kit.backend else "off"
    return f"{said}: {reason}; secrets are always masked; policy {kit.policy.ref}"


def _cache(kit: Any) -> str:
    if kit.cache is None:
        return "off"
    stats = kit.cache.stats()
    return f"{stats.entries} answers in {stats.folder}" if stats.working else f"{stats.folder} cannot be used"


def _ask(kit: Any) -> str:
    from explainer.schema.exchange import Message, ModelRequest

    request = ModelRequest(
        messages=(Message(role="user", content='Answer with the JSON object {"ok": true}.'),),
        output_schema={
            "type": "object",
            "properties": {"ok": {"type": "boolean"}},
            "required": ["ok"],
            "additionalProperties": False,
        },
        schema_name="probe",
        max_output_tokens=64,
    )
    began = time.monotonic()
    reply = kit.backend.complete(request, deadline=30.0)
    seconds = time.monotonic() - began
    return f"{reply.model or 'a model'} answered in {seconds:.1f} s; structured output by {reply.structured}"
