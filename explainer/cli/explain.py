"""`explainer explain`: alerts in, reports out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from explainer.cli import complete
from explainer.cli.exits import GATE_MISSED, INVALID, say, say_error
from explainer.cli.guard import guarded
from explainer.cli.logs import show_log
from explainer.errors import ConfigError

if TYPE_CHECKING:
    from explainer.cli.output import Sources
    from explainer.client import Explainer
    from explainer.schema.report import Report

HELP = """Explain alerts from files or standard input; one report for each group of alike alerts.

\b
Examples:
  explainer explain alert.json
  kubectl logs -n falco ds/falco | explainer explain -
  explainer explain falco.log --as json | jq .automation
  explainer explain alert.json --base-url http://127.0.0.1:11434/v1 --model qwen2.5
  explainer explain alert.json --rules /etc/falco --fail-on malicious
  explainer explain alert.json --dry-run
"""


class Form(StrEnum):
    """Output forms."""

    terminal = "terminal"
    markdown = "markdown"
    json = "json"
    html = "html"
    slack = "slack"


class FailOn(StrEnum):
    """Verdicts that end the command with exit code 1; each includes the graver ones."""

    insufficient_evidence = "insufficient_evidence"
    suspicious = "suspicious"
    malicious = "malicious"


RANK = {"benign": 0, "insufficient_evidence": 1, "suspicious": 2, "malicious": 3}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain", help=HELP)(guarded(explain))


def explain(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE]...", help="Files, or - for standard input.", show_default=False),
    ] = None,
    as_: Annotated[
        Form | None, typer.Option("--as", help="Form of the reports.", show_default="terminal, on a pipe markdown")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Show everything in the terminal form; the other forms always do.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file instead of standard output.")
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Append to --output, a JSON line for each report as it comes; skip those that stand there."
        ),
    ] = False,
    input_format: Annotated[
        str,
        typer.Option(
            "--format",
            help="Format of the input; auto looks at it.",
            autocompletion=complete.formats,
        ),
    ] = "auto",
    backend: Annotated[
        str | None,
        typer.Option(
            "--backend",
            help="auto, openai, local, knowledge or replay.",
            show_default="auto",
            autocompletion=complete.backends,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            help="Model name, or the path of a GGUF file.",
            autocompletion=complete.models,
        ),
    ] = None,
    base_url: Annotated[str | None, typer.Option("--base-url", help="URL of an OpenAI-compatible server.")] = None,
    prompt: Annotated[
        str | None,
        typer.Option(
            "--prompt",
            help="Prompt and version, such as explain@1.",
            autocompletion=complete.prompts,
        ),
    ] = None,
    rules: Annotated[
        list[Path] | None, typer.Option("--rules", help="Falco rule file or folder; repeat in Falco's order.")
    ] = None,
    knowledge: Annotated[
        list[Path] | None, typer.Option("--knowledge", help="Folder with knowledge entries of your own.")
    ] = None,
    deadline: Annotated[float | None, typer.Option("--deadline", help="Seconds for one explanation in all.")] = None,
    max_tokens: Annotated[int | None, typer.Option("--max-tokens", help="Most tokens of a prompt.")] = None,
    max_cost: Annotated[float | None, typer.Option("--max-cost", help="Most US dollars for one explanation.")] = None,
    cache: Annotated[bool | None, typer.Option("--cache/--no-cache", help="Reuse model answers from disk.")] = None,
    redact: Annotated[
        bool | None,
        typer.Option(
            "--redact/--no-redact",
            help="Put stand-ins for identities before anything is sent. Secrets never leave.",
            show_default="on for models on other machines",
        ),
    ] = None,
    redact_policy: Annotated[
        Path | None, typer.Option("--redact-policy", help="Redaction policy of your own (TOML), over the shipped one.")
    ] = None,
    no_group: Annotated[bool, typer.Option("--no-group", help="One report for every alert, alike or not.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the exact request with its size and price; send nothing.")
    ] = False,
    record: Annotated[
        Path | None, typer.Option("--record", help="Append every model answer to this JSONL file.")
    ] = None,
    recordings: Annotated[
        list[Path] | None, typer.Option("--recordings", help="Answer from this JSONL file instead of a model.")
    ] = None,
    require_model: Annotated[
        bool | None, typer.Option("--require-model", help="Fail with exit code 5 where knowledge would step in.")
    ] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option("--fail-on", help="Exit with 1 when a verdict is this grave or graver.")
    ] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", help="Explanations at the same time.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No notes and no progress on stderr.")] = False,
) -> None:
    """Explain alerts."""
    from explainer.cli import output as out
    from explainer.client import Explainer

    flags: dict[str, Any] = {
        "backend": backend or ("replay" if recordings else None),
        "model": model,
        "base_url": base_url,
        "prompt": prompt,
        "rules": tuple(rules) if rules else None,
        "knowledge": tuple(knowledge) if knowledge else None,
        "deadline": deadline,
        "max_tokens": max_tokens,
        "max_cost": max_cost,
        "cache": cache,
        "redact": None if redact is None else "on" if redact else "off",
        "redact_policy": redact_policy,
        "group": False if no_group else None,
        "record": record,
        "recordings": tuple(recordings) if recordings else None,
        "require_model": require_model,
        "concurrency": jobs,
    }
    if output is not None and str(output) == "-":
        output = None
    if output is not None:
        if any(source != "-" and _same_file(Path(source), output) for source in sources or ()):
            raise ConfigError(
                "--output names a file that is read here", hint="give the report a name of its own", where=str(output)
            )
        out.check_writable(output)
        as_ = as_ or _form_of(output)
    if resume and (output is None or as_ is not Form.json or dry_run):
        raise ConfigError("--resume needs reports as JSON lines in a file", hint="-o reports.jsonl --resume")
    if require_model and backend == "knowledge":
        raise ConfigError(
            "--require-model asks for a model and --backend knowledge for none", hint="leave one of them out"
        )
    with Explainer.from_environment(flags) as explainer:
        show_log(explainer.settings.log_level)
        named = sources or ["-"]
        if named == ["-"] and sys.stdin.isatty():
            say("reading alerts from the terminal: paste them and end with Ctrl-D, or give a file (--help)")
        sources_read = out.Sources(named)
        if not quiet:
            _note_idle(explainer, flags)
        if dry_run:
            out.print_requests(explainer, sources_read, input_format, output)
            worst = -1
        else:
            worst = _explain(explainer, sources_read, input_format, as_, output, resume=resume, full=full, quiet=quiet)
    if sources_read.unreadable:
        raise typer.Exit(INVALID)
    if fail_on is not None and worst >= RANK[fail_on.value]:
        raise typer.Exit(GATE_MISSED)


def _same_file(one: Path, other: Path) -> bool:
    try:
        return other.is_file() and one.samefile(other)
    except OSError:
        return False


def _form_of(output: Path) -> Form | None:
    """The form that a file's name asks for."""
    forms = {".json": Form.json, ".jsonl": Form.json, ".html": Form.html, ".htm": Form.html, ".md": Form.markdown}
    return forms.get(output.suffix.lower())


# What a backend does not look at: whoever gives such a flag believes that it counts.
_IDLE = {
    "knowledge": ("redact", "model", "base_url", "prompt", "max_tokens", "max_cost", "cache", "record", "recordings"),
    "replay": ("base_url", "cache"),
    "local": ("base_url",),
}


def _note_idle(explainer: Explainer, flags: dict[str, Any]) -> None:
    from explainer.settings import flag_of

    name = explainer.equipment.backend_name
    idle = [flag_of(flag) for flag in _IDLE.get(name, ()) if flags.get(flag) not in (None, False)]
    if idle:
        do = "does" if len(idle) == 1 else "do"
        say(f"note: {', '.join(idle)} {do} nothing with the backend {name}")


def _explain(
    explainer: Explainer,
    sources: Sources,
    input_format: str,
    as_: Form | None,
    output: Path | None,
    *,
    resume: bool,
    full: bool,
    quiet: bool,
) -> int:
    from explainer.cli import output as out
    from explainer.cli.resume import ResumableFile

    if not quiet:
        say(explainer.introduction())
    form = as_.value if as_ else ("terminal" if output is None and sys.stdout.isatty() else "markdown")
    lines = ResumableFile(output) if resume and output is not None else None
    session = explainer.session(sources, format=input_format, skip=lines.has if lines is not None else None)
    worst = -1

    def watched() -> Iterator[Report]:
        nonlocal worst
        for report in explainer.reports(session):
            worst = max(worst, RANK[report.verdict.value])
            if not quiet:
                out.note_degraded(report)
            yield report

    try:
        with out.progress(session, quiet=quiet) as on_report:
            if lines is not None:
                lines.write(watched(), on_report)
            else:
                out.write_reports(watched(), form, output, on_report, full=full)
    finally:
        if lines is not None:
            lines.close()
    if session.skipped_groups and not quiet:
        say(f"{session.skipped_groups} reports stood in {output} already")
    if not quiet:
        for line in out.skipped_notes(session, named=sources.several):
            say(line)
    if session.alert_count == 0 and sources.nothing_read:
        raise typer.Exit(INVALID)
    if session.alert_count == 0:
        say_error(session.nothing_found())
        raise typer.Exit(INVALID)
    if session.broken_count and not quiet:
        say(f"{session.broken_count} records looked like alerts and could not be read; the others were explained")
    return worst
