"""`explainer rules`: what is known about a Falco rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from explainer.cli import complete
from explainer.cli.guard import guarded
from explainer.errors import UnknownNameError

Rules = Annotated[list[Path] | None, typer.Option("--rules", help="Falco rule file or folder; repeat in order.")]


def group() -> typer.Typer:
    """The command group."""
    app = typer.Typer(name="rules", help="Look at Falco rules as explainer knows them.", no_args_is_help=True)
    app.command("show")(guarded(show))
    app.command("list")(guarded(list_))
    return app


def _names(rules: list[Path] | None) -> tuple[Any, list[str]]:
    from explainer.client import Explainer

    flags: dict[str, Any] = {"rules": tuple(rules)} if rules else {}
    kit = Explainer("knowledge", **flags).equipment
    own = list(kit.rules.rules) if kit.rules else []
    return kit, own + [name for name in kit.catalogue if name not in own]


def show(
    rule: Annotated[str, typer.Argument(help="The rule's name; case does not matter.", autocompletion=complete.rules)],
    rules: Rules = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a rule: what it looks for, its condition as written and in full, what it prints, and what tunes it."""
    import difflib
    import shutil

    from explainer.cli.rule_page import rule_page

    kit, names = _names(rules)
    found = next((name for name in names if name.lower() == rule.lower()), None)
    if found is None:
        near = difflib.get_close_matches(rule, names, n=3, cutoff=0.4)
        raise UnknownNameError(f"no rule is called {rule!r}", hint=f"near: {'; '.join(near)}" if near else None)
    facts = kit.rules.rules[found] if kit.rules and found in kit.rules.rules else kit.catalogue[found]
    if as_json:
        typer.echo(facts.model_dump_json(indent=2, exclude_defaults=True))
        return
    width = max(60, min(shutil.get_terminal_size((100, 24)).columns, 120))
    typer.echo(rule_page(facts, kit.knowledge.entry(found), width), nl=False)


def list_(rules: Rules = None, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List all rules that are known, your own files' first."""
    kit, names = _names(rules)
    own = kit.rules.rules if kit.rules else {}
    rows = [(name, own.get(name) or kit.catalogue[name]) for name in names]
    if as_json:
        typer.echo(
            json.dumps([{"rule": n, "source": f.source, "priority": f.priority, "origin": f.origin} for n, f in rows])
        )
        return
    for name, facts in rows:
        typer.echo(f"{facts.source:<15}{facts.priority or '-':<15}{name}")
