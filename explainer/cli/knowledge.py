"""`explainer knowledge`: entries as they are read, and whether they are right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from explainer.cli import complete
from explainer.cli.exits import INVALID, say, say_error
from explainer.cli.guard import guarded
from explainer.errors import KnowledgeError, UnknownNameError

if TYPE_CHECKING:
    from explainer.store.knowledge_files import KnowledgeFiles

Folders = Annotated[list[Path] | None, typer.Option("--knowledge", help="Folder with entries of your own; repeatable.")]


def group() -> typer.Typer:
    """The command group."""
    app = typer.Typer(name="knowledge", help="Look at and check knowledge entries.", no_args_is_help=True)
    app.command("list")(guarded(list_))
    app.command("show")(guarded(show))
    app.command("check")(guarded(check))
    return app


def _files(folders: list[Path] | None) -> KnowledgeFiles:
    from explainer.settings import load_settings
    from explainer.store.knowledge_files import KnowledgeFiles

    return KnowledgeFiles(tuple(folders) if folders else load_settings().settings.knowledge)


def list_(knowledge: Folders = None) -> None:
    """List every rule with an entry, and when it was reviewed."""
    for _, entry in _files(knowledge).entries():
        typer.echo(f"{entry.reviewed.isoformat()}  {entry.rule or entry.title}")


def show(
    rule: Annotated[
        str,
        typer.Argument(
            help="The rule's name.",
            autocompletion=complete.rules,
        ),
    ],
    knowledge: Folders = None,
) -> None:
    """Print an entry as it is used, user folders merged in."""
    entry = _files(knowledge).entry(rule)
    if entry is None:
        raise UnknownNameError(f"no knowledge entry for {rule!r}", hint="`explainer knowledge list` lists all")
    typer.echo(entry.model_dump_json(indent=2, exclude_defaults=True))


def check(knowledge: Folders = None) -> None:
    """Check that every entry is valid and every condition in it can be read."""
    files = _files(knowledge)
    wrong = 0
    stems = files.stems()
    for stem in stems:
        try:
            files.load(stem)
        except KnowledgeError as error:
            wrong += 1
            say_error(error)
    blocks = list(files.blocks())
    if wrong:
        raise typer.Exit(INVALID)
    say(f"{len(stems)} entries and {len(blocks)} blocks are valid")
