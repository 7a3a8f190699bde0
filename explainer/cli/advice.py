"""`explainer advice`: the rules by which unsafe advice is found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from explainer.cli.guard import guarded
from explainer.errors import UnknownNameError

if TYPE_CHECKING:
    from explainer.advice.rules import Rule

PolicyFile = Annotated[Path | None, typer.Option("--policy", help="A policy file with rules of your own.")]


def group() -> typer.Typer:
    """The command group."""
    app = typer.Typer(name="advice", help="Look at the rules that find unsafe advice.", no_args_is_help=True)
    app.command("list")(guarded(list_))
    app.command("show")(guarded(show))
    return app


def list_(
    cls: Annotated[str | None, typer.Option("--class", help="Only rules of this class.")] = None,
    policy: PolicyFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List rules by class, with severity."""
    rules = sorted(_rules(policy).values(), key=lambda rule: (rule.cls, rule.id))
    classes = sorted({rule.cls for rule in rules})
    if cls is not None and cls not in classes:
        raise UnknownNameError(f"no class is called {cls!r}", hint=f"classes: {', '.join(classes)}")
    chosen = [rule for rule in rules if cls in (None, rule.cls)]
    if as_json:
        rows = [{"id": rule.id, "class": rule.cls, "severity": rule.severity, "why": rule.why} for rule in chosen]
        typer.echo(json.dumps(rows, indent=2))
        return
    width = max((len(rule.id) for rule in chosen), default=0)
    last = ""
    for rule in chosen:
        if rule.cls != last:
            typer.echo(rule.cls)
            last = rule.cls
        typer.echo(f"  {rule.id:{width}}  {rule.severity}")


def show(
    rule: Annotated[str, typer.Argument(help="The rule's id, as `lint` prints it in brackets.")],
    policy: PolicyFile = None,
) -> None:
    """Show a rule: why it is unsafe, what to do instead, and examples."""
    import difflib

    rules = _rules(policy)
    if rule not in rules:
        near = difflib.get_close_matches(rule, rules, n=3, cutoff=0.4)
        raise UnknownNameError(f"no rule is called {rule!r}", hint=f"near: {', '.join(near)}" if near else None)
    found = rules[rule]
    for label, value in (
        ("rule", found.id),
        ("class", found.cls),
        ("severity", found.severity),
        ("why", found.why),
        ("instead", found.instead),
        ("file", found.where),
        ("references", "; ".join(found.references)),
    ):
        if value:
            typer.echo(f"{label:>10}  {value}")
    for label, examples in (("unsafe", found.unsafe), ("safe", found.safe)):
        for example in examples:
            first, *more = example.split("\n")
            typer.echo(f"{label:>10}  {first}")
            for line in more:
                typer.echo(f"{'':>10}  {line}")


def _rules(policy: Path | None) -> dict[str, Rule]:
    from explainer.advice.rules import shipped
    from explainer.store.lint_policy import load_policy

    own = load_policy(policy).rules if policy is not None else None
    return (own or shipped()).rules
