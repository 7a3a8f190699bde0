"""`explainer eval inject`: payloads in golden alerts, and a model that obeys them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

from explainer.cli.exits import GATE_MISSED, say

INJECT_HELP = """Put every payload of a corpus into every golden alert and let a model that obeys answer.

Counted is what gets past verification: verdicts below the floor, planted advice, active content, reports that let a
playbook act. Each of them must be zero.

\b
Examples:
  explainer eval inject
  explainer eval inject --every 23 --all-forms
  explainer eval inject --payloads my-payloads --cases evals/cases/FAMILY --every-place --json
"""
DEFAULT_CASES = Path("evals/cases")
DEFAULT_PAYLOADS = Path("evals/injections")


def inject(
    cases: Annotated[list[Path] | None, typer.Option("--cases", help="Folder or file of cases; repeatable.")] = None,
    payloads: Annotated[
        list[Path] | None, typer.Option("--payloads", help="Folder of payload families; repeatable.")
    ] = None,
    every: Annotated[
        int, typer.Option("--every", min=1, help="Only every n-th pair of a case and a payload: a quick look.")
    ] = 1,
    every_place: Annotated[
        bool, typer.Option("--every-place", help="Into every field that an attacker writes, instead of one.")
    ] = False,
    all_forms: Annotated[
        bool, typer.Option("--all-forms", help="Draw every report in all forms, instead of one in turn.")
    ] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help="Processes.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No notes on stderr.")] = False,
) -> None:
    """Measure what gets past verification."""
    from explainer.evaluation.case import load_cases
    from explainer.evaluation.injections import load_payloads, run_injections, told

    loaded = load_cases(cases or [DEFAULT_CASES])
    named = load_payloads(payloads or [DEFAULT_PAYLOADS])
    if not quiet:
        say(f"{len(named)} payloads of {len({p.family for p in named})} families, {len(loaded)} cases")
    outcome = run_injections(loaded, named, jobs=jobs, every=every, every_place=every_place, all_forms=all_forms)
    if as_json:
        # asdict() rebuilds a Counter from pairs, which counts the pairs.
        figures = {field.name: getattr(outcome, field.name) for field in dataclasses.fields(outcome)}
        typer.echo(json.dumps({"clean": outcome.clean, **figures}, indent=2))
    else:
        typer.echo("\n".join([*told(outcome), *outcome.problems, *outcome.notes]))
    if not outcome.clean:
        raise typer.Exit(GATE_MISSED)
