"""`explainer cache`: model answers on disk."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

from explainer.cli.guard import guarded

if TYPE_CHECKING:
    from explainer.store.cache import ReplyCache


def group() -> typer.Typer:
    """The command group."""
    app = typer.Typer(name="cache", help="Model answers that are kept on disk.", no_args_is_help=True)
    app.command("stats")(guarded(stats))
    app.command("clear")(guarded(clear))
    return app


def _cache() -> ReplyCache:
    from explainer.equipment import default_cache_dir
    from explainer.settings import load_settings
    from explainer.store.cache import ReplyCache

    s = load_settings().settings
    return ReplyCache(
        s.cache_dir or default_cache_dir(os.environ), ttl=s.cache_ttl, size_limit=s.cache_size_mb * 1_000_000
    )


def stats(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show how many answers are kept, and where."""
    found = _cache().stats()
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "folder": str(found.folder),
                    "entries": found.entries,
                    "bytes": found.size,
                    "limit": found.size_limit,
                    "working": found.working,
                }
            )
        )
        return
    typer.echo(f"folder:   {found.folder}")
    typer.echo(f"answers:  {found.entries}")
    typer.echo(f"size:     {found.size / 1e6:.1f} of {found.size_limit / 1e6:.0f} MB")
    if not found.working:
        typer.echo("state:    cannot be used; every request is asked anew")


def clear() -> None:
    """Forget all answers."""
    typer.echo(f"removed {_cache().clear()} answers")
