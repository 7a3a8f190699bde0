"""The command tree. Nothing heavy is imported here: `--help` must answer at once."""

from __future__ import annotations

import typer

from explainer.cli import advice, cache, doctor, evaluate, explain, knowledge, lint, models, prompts, rules, schema

EPILOG = "Exit codes: 0 done, 1 gate missed, 2 usage, 3 unsafe advice, 4 invalid input, 5 model failed, 6 replay miss."


def build_app() -> typer.Typer:
    """The whole application."""
    app = typer.Typer(
        name="explainer",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        help="Turn runtime-security alerts into verified explanations that an on-call engineer can act on.",
        epilog=EPILOG,
    )
    app.callback()(_root)
    explain.register(app)
    lint.register(app)
    app.add_typer(evaluate.group())
    for group in (prompts, rules, knowledge, advice, models, cache):
        app.add_typer(group.group())
    schema.register(app)
    doctor.register(app)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        from explainer import __version__

        typer.echo(f"explainer {__version__}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(
        False, "--version", "-V", help="Show the version and exit.", callback=_show_version, is_eager=True
    ),
) -> None:
    pass
