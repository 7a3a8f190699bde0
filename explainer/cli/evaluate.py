"""`explainer eval`: run, compare, score, show and check. The work is imported when a command runs."""

from __future__ import annotations

import typer

from explainer.cli import evaluate_cases, evaluate_inject, evaluate_runs
from explainer.cli.guard import guarded

HELP = """Know which prompt and model explain alerts better, offline and without a judge.

\b
Examples:
  explainer eval run evals/suites/core.toml
  explainer eval run evals/suites/core.toml --prompt explain@1.1.0 --base-url http://127.0.0.1:8000/v1 --model qwen
  explainer eval compare evals/baselines/core evals/runs/NEW --as markdown
  explainer eval score evals/cases/FAMILY/CASE.yaml report.md
  explainer eval inject --every 23

\b
Exit codes: 0 done, 1 quality gate missed, 2 usage, 3 unsafe advice, 4 case or data invalid, 5 model failed,
6 recording missing. Of several, 2 is said before 4, 6, 5, 3 and 1.
"""


def group() -> typer.Typer:
    """The command group."""
    app = typer.Typer(name="eval", help=HELP, no_args_is_help=True)
    for name, command, text in (
        ("run", evaluate_runs.run, evaluate_runs.RUN_HELP),
        ("compare", evaluate_runs.compare, evaluate_runs.COMPARE_HELP),
        ("rescore", evaluate_runs.rescore, evaluate_runs.RESCORE_HELP),
        ("report", evaluate_runs.report, evaluate_runs.REPORT_HELP),
        ("score", evaluate_cases.score, evaluate_cases.SCORE_HELP),
        ("calibrate", evaluate_cases.calibrate, evaluate_cases.CALIBRATE_HELP),
        ("inject", evaluate_inject.inject, evaluate_inject.INJECT_HELP),
        ("lint", evaluate_cases.lint, evaluate_cases.LINT_HELP),
    ):
        app.command(name, help=text)(guarded(command))
    return app
