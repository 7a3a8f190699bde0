"""`explainer eval run|compare|rescore|report`: runs, and what two of them say about each other."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from explainer.cli.exits import say

if TYPE_CHECKING:
    from explainer.evaluation.case import LoadedCase
    from explainer.evaluation.summary import Summary

RUN_HELP = """Run a suite: its cases through prompts and models, scored, beside rule knowledge alone.

\b
Examples:
  explainer eval run evals/suites/core.toml
  explainer eval run evals/suites/smoke.toml --backend knowledge
  explainer eval run evals/suites/core.toml --prompt explain@1.0.0 --prompt explain@1.1.0 --repeat 3
  explainer eval run evals/suites/core.toml --base-url http://127.0.0.1:8000/v1 --model qwen -j 8 --record new.jsonl
  explainer eval run evals/suites/core.toml --resume evals/runs/20260105T120000-explain@1.0.0-qwen
  explainer eval run evals/suites/core.toml --recordings old.jsonl --on-miss live --base-url URL --model qwen
"""
COMPARE_HELP = """Compare two runs case by case: is the candidate worse, not worse, or can nobody tell?

A run with several targets is named as RUN#TARGET; RUN#knowledge is rule knowledge alone.

\b
Examples:
  explainer eval compare evals/baselines/core evals/runs/NEW
  explainer eval compare BASE CANDIDATE --margin 0.02 --as markdown > comment.md
  explainer eval compare RUN#knowledge RUN --of draft
"""
RESCORE_HELP = """Score a run's stored answers again, after a scorer or a case changed. Asks no model.

\b
Examples:
  explainer eval rescore evals/runs/RUN
  explainer eval rescore evals/runs/RUN --cases evals/cases
"""
REPORT_HELP = """Write a run, or two side by side, as one HTML file that loads nothing.

\b
Examples:
  explainer eval report evals/runs/RUN --html report.html
  explainer eval report evals/baselines/core evals/runs/NEW --html compared.html
"""
JobsOption = Annotated[int, typer.Option("--jobs", "-j", min=1, max=256, help="Answers at the same time.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes on stderr.")]


class OnMiss(StrEnum):
    """What a missing recording leads to."""

    fail = "fail"
    live = "live"


class CompareForm(StrEnum):
    """Output forms of a comparison."""

    terminal = "terminal"
    markdown = "markdown"
    json = "json"
    junit = "junit"


class Source(StrEnum):
    """What is compared."""

    report = "report"
    draft = "draft"


class FailOn(StrEnum):
    """The verdict that ends a comparison with exit code 1."""

    worse = "worse"
    cannot_tell = "cannot_tell"


def run(
    suite: Annotated[Path, typer.Argument(metavar="SUITE", help="TOML file in evals/suites.")],
    prompt: Annotated[
        list[str] | None, typer.Option("--prompt", help="Prompt and version; repeat for several. Default: the suite's.")
    ] = None,
    backend: Annotated[
        str | None, typer.Option("--backend", help="openai, local, replay or knowledge. Default: the suite's models.")
    ] = None,
    model: Annotated[list[str] | None, typer.Option("--model", "-m", help="Model; repeat for several.")] = None,
    base_url: Annotated[str | None, typer.Option("--base-url", help="URL of an OpenAI-compatible server.")] = None,
    repeat: Annotated[
        int | None, typer.Option("--repeat", min=1, max=100, help="Answers for each case. Default: the suite's.")
    ] = None,
    jobs: JobsOption = 4,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="RUN", help="Go on with this run's folder; repeats nothing.")
    ] = None,
    recordings: Annotated[
        list[Path] | None, typer.Option("--recordings", help="Answer from this JSONL file; repeat for several.")
    ] = None,
    on_miss: Annotated[
        OnMiss, typer.Option("--on-miss", help="Where a recording is missing: fail (exit 6), or ask the live model.")
    ] = OnMiss.fail,
    record: Annotated[
        Path | None, typer.Option("--record", help="Append the model's answers to this JSONL file, without secrets.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the run.", show_default="a new one below evals/runs")
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Also write JUnit XML to this file.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Also write the report to this file.")] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", help="Only these cases: part of an id, a glob, tag:NAME or family:GLOB. Repeatable."),
    ] = None,
    deadline: Annotated[float | None, typer.Option("--deadline", help="Seconds for one answer in all.")] = None,
    quiet: QuietOption = False,
) -> None:
    """Run a suite."""
    from datetime import UTC, datetime

    from explainer.cli.evaluate_watch import watching
    from explainer.cli.output import check_writable
    from explainer.errors import ConfigError
    from explainer.evaluation.marking import ScorerSet
    from explainer.evaluation.run import Options, run_suite
    from explainer.evaluation.suite import load_suite, targets_of
    from explainer.settings import load_settings

    for file in (junit, html):
        if file is not None:
            check_writable(file)
    if resume is not None and out is not None and resume != out:
        raise ConfigError("--resume and --out name two folders", hint="--resume alone is enough")
    if junit is not None:
        from explainer.evaluation.junit import require_junit

        require_junit()
    loaded = load_suite(suite, filters=filters or ())
    targets = targets_of(
        loaded,
        prompts=prompt or (),
        models=model or (),
        backend=backend,
        base_url=base_url,
        recordings=tuple(recordings or ()),
    )
    settings = load_settings({"deadline": deadline}).settings
    options = Options(
        out=resume or out,
        resume=resume is not None,
        repeats=repeat,
        jobs=jobs,
        on_miss=on_miss.value,
        record=record,
        filters=tuple(filters or ()),
    )
    with watching(quiet=quiet) as watcher:
        try:
            folder, summary = run_suite(
                loaded, targets, settings, options, ScorerSet(), now=lambda: datetime.now(tz=UTC), watcher=watcher
            )
        except KeyboardInterrupt:
            if watcher.folder is not None:
                say(f"go on with: explainer eval run {suite} --resume {watcher.folder} (and the same options)")
            raise
    _finish(folder, summary, junit, html, quiet=quiet)


def rescore(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    cases: Annotated[
        Path | None, typer.Option("--cases", help="Expectations of today from this folder; default: the run's own.")
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Also write JUnit XML to this file.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Also write the report to this file.")] = None,
    quiet: QuietOption = False,
) -> None:
    """Score stored answers again."""
    from explainer.cli.evaluate_watch import watching
    from explainer.evaluation.case import load_cases
    from explainer.evaluation.marking import ScorerSet
    from explainer.evaluation.rescoring import rescore as score_again

    current: list[LoadedCase] | None = load_cases([cases]) if cases is not None else None
    with watching(quiet=quiet) as watcher:
        summary = score_again(run, ScorerSet(), cases=current, watcher=watcher)
    _finish(run, summary, junit, html, quiet=quiet)


def _finish(folder: Path, summary: Summary, junit: Path | None, html: Path | None, *, quiet: bool) -> None:
    from explainer.evaluation.summary import lines

    typer.echo("\n".join(lines(summary)))
    if junit is not None:
        from explainer.evaluation.junit import write_run

        write_run(folder, junit)
    if html is not None:
        from explainer.evaluation.report import write_report

        write_report([folder], html)
    if not quiet:
        say(f"the run lies in {folder}")
    if summary.exit_code:
        raise typer.Exit(summary.exit_code)


def compare(
    base: Annotated[str, typer.Argument(metavar="BASE", help="A run's folder, or RUN#TARGET.")],
    candidate: Annotated[str, typer.Argument(metavar="CANDIDATE", help="A run's folder, or RUN#TARGET.")],
    margin: Annotated[
        float, typer.Option("--margin", min=0.0, max=1.0, help="The loss that still counts as not worse.")
    ] = 0.02,
    as_: Annotated[CompareForm, typer.Option("--as", help="Form of the comparison.")] = CompareForm.terminal,
    of: Annotated[
        Source, typer.Option("--of", help="Compare what readers get, or what the models said.")
    ] = Source.report,
    fail_on: Annotated[
        FailOn,
        typer.Option("--fail-on", help="cannot_tell: exit with 1 unless the candidate is shown not to be worse."),
    ] = FailOn.worse,
    common: Annotated[
        bool, typer.Option("--common", help="Compare the cases that both runs have, though their sets differ.")
    ] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
) -> None:
    """Compare two runs."""
    from explainer.cli.output import check_writable
    from explainer.evaluation.compare import compare as compare_runs
    from explainer.evaluation.compare import side
    from explainer.evaluation.compare_forms import FORMS

    if output is not None:
        check_writable(output)
    if as_ is CompareForm.junit:
        from explainer.evaluation.junit import require_junit

        require_junit()
    left = side(base)
    right = side(candidate)
    found = compare_runs(left, right, margin=margin, source=of.value, common=common)
    text = FORMS[as_.value](found)
    if output is not None:
        from explainer.sinks.file import write_file

        write_file(output, text)
    else:
        typer.echo(text.rstrip("\n"))
    code = found.exit_code(strict=fail_on is FailOn.cannot_tell)
    if code:
        raise typer.Exit(code)


def report(
    runs: Annotated[list[str], typer.Argument(metavar="RUN [OTHER]", help="One run, or two to be shown side by side.")],
    html: Annotated[Path, typer.Option("--html", help="The file to write.")],
) -> None:
    """Write the HTML report."""
    from explainer.cli.output import check_writable
    from explainer.errors import ConfigError
    from explainer.evaluation.report import write_report

    if len(runs) > 2:
        raise ConfigError(f"a report shows one run or two, not {len(runs)}", hint="compare them in pairs")
    check_writable(html)
    write_report(runs, html)
    say(f"wrote {html}")
