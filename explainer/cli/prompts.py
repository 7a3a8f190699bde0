"""`explainer prompts`: look at prompts, compare them, check and lock them."""

from __future__ import annotations

import difflib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from explainer.cli import complete
from explainer.cli.exits import GATE_MISSED, say
from explainer.cli.guard import guarded

if TYPE_CHECKING:
    from explainer.prompting.library import PromptLibrary

Folder = Annotated[Path | None, typer.Option("--prompts", help="Folder with prompts; default: the shipped ones.")]


def group() -> typer.Typer:
    """The command group."""
    app = typer.Typer(name="prompts", help="Look at, compare, check and lock prompt templates.", no_args_is_help=True)
    app.command("list")(guarded(list_))
    app.command("show")(guarded(show))
    app.command("diff")(guarded(diff))
    app.command("check")(guarded(check))
    app.command("lock")(guarded(lock))
    return app


def _library(folder: Path | None) -> PromptLibrary:
    from explainer.prompting.library import PromptLibrary
    from explainer.settings import load_settings
    from explainer.store.prompt_files import load_library, read_folder

    if folder is not None:
        return PromptLibrary.from_files(read_folder(folder))
    return load_library(load_settings().settings.prompts)


def list_(prompts: Folder = None, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List all prompts with their versions; * marks the default."""
    library = _library(prompts)
    rows = [
        {
            "id": t.id,
            "version": t.version,
            "default": library.default(t.id) == t.version,
            "sha256": t.sha256,
            "summary": t.summary,
        }
        for prompt in library.ids()
        for t in (library.templates[prompt, version] for version in library.versions(prompt))
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        mark = "*" if row["default"] else " "
        typer.echo(f"{mark} {row['id']}@{row['version']}  {str(row['sha256'])[:12]}  {row['summary']}")


def show(
    reference: Annotated[
        str,
        typer.Argument(
            help="Such as explain or explain@1.0.0.",
            autocompletion=complete.prompts,
        ),
    ],
    prompts: Folder = None,
) -> None:
    """Print a prompt's template."""
    template = _library(prompts).get(reference)
    typer.echo(f"# {template.ref}  sha256 {template.sha256}\n# {template.summary}\n{template.body.rstrip()}")


def diff(
    old: Annotated[
        str,
        typer.Argument(
            help="Such as explain@1.0.0.",
            autocompletion=complete.prompts,
        ),
    ],
    new: Annotated[
        str,
        typer.Argument(
            help="Such as explain@1.1.0.",
            autocompletion=complete.prompts,
        ),
    ],
    prompts: Folder = None,
) -> None:
    """Show what changed between two prompts."""
    library = _library(prompts)
    a, b = library.get(old), library.get(new)
    lines = difflib.unified_diff(a.body.splitlines(), b.body.splitlines(), a.ref, b.ref, lineterm="")
    typer.echo("\n".join(lines) or f"{a.ref} and {b.ref} have the same text")


def check(prompts: Folder = None) -> None:
    """Check that released prompts are unchanged and all templates can be read."""
    from explainer.prompting.template import check_template

    library = _library(prompts)
    problems = library.problems()
    for template in library.templates.values():
        problems += check_template(template)
    for problem in problems:
        say(problem)
    if problems:
        raise typer.Exit(GATE_MISSED)
    say(f"{len(library.templates)} prompt versions are as released")


def lock(prompts: Folder = None) -> None:
    """Write new versions into catalog.toml. A version that is locked already keeps its hash for good."""
    from explainer.prompting.library import format_catalog
    from explainer.sinks.file import write_file
    from explainer.store.prompt_files import shipped_folder

    # Only the folder whose catalogue is written: a user's prompts never enter the shipped one.
    folder = prompts or shipped_folder()
    library = _library(folder)
    moved = [problem for problem in library.problems() if "not locked" not in problem]
    for problem in moved:
        say(problem)
    if moved:
        raise typer.Exit(GATE_MISSED)
    target = folder / "catalog.toml"
    write_file(target, format_catalog(library, datetime.now(tz=UTC).date().isoformat()))
    say(f"wrote {target}")
