"""`explainer lint`: unsafe advice in runbooks, reports, scripts and configuration."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import StrEnum
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from explainer.cli.exits import UNSAFE_ADVICE, say
from explainer.cli.guard import guarded
from explainer.errors import InputError

if TYPE_CHECKING:
    from explainer.advice.policy import Policy

POLICY_FILE = ".explainer-lint.yaml"
HELP = """Find unsafe advice, such as `setenforce 0` as a step, and nothing else.

\b
Examples:
  explainer lint runbooks/*.md
  git diff --name-only main | grep md$ | xargs explainer lint --as github
  pbpaste | explainer lint - --kind markdown
  explainer lint docs --fail-on high --as sarif > advice.sarif

A finding is accepted by a waiver beside it, with a reason, and stays listed as waived:
  <!-- explainer: allow selinux-permissive disposable lab, rebuilt every night -->
"""
SEVERITIES = ("low", "medium", "high", "critical")
# What a folder is searched for; a file that is named is always read.
SUFFIXES = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".sh": "shell",
    ".bash": "shell",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".hcl": "hcl",
    ".tf": "hcl",
    ".ini": "ini",
    ".conf": "ini",
    ".cfg": "ini",
    ".py": "python",
    ".ps1": "powershell",
}
MAX_BYTES = 8 << 20


class Form(StrEnum):
    """Output forms."""

    text = "text"
    json = "json"
    sarif = "sarif"
    github = "github"


class Severity(StrEnum):
    """Severities."""

    low = "low"
    medium = "medium"
    high = "high"
    critical = "critical"


class Kind(StrEnum):
    """Kinds of text."""

    auto = "auto"
    markdown = "markdown"
    shell = "shell"
    yaml = "yaml"
    json = "json"
    hcl = "hcl"
    dockerfile = "dockerfile"
    ini = "ini"
    python = "python"
    powershell = "powershell"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("lint", help=HELP)(guarded(lint))


def lint(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE|FOLDER|-]...", help="What to read; - or nothing: standard input."),
    ] = None,
    as_: Annotated[Form, typer.Option("--as", help="Form of the findings.")] = Form.text,
    fail_on: Annotated[
        Severity, typer.Option("--fail-on", help="Exit with 3 when a finding is this grave or graver.")
    ] = Severity.medium,
    kind: Annotated[Kind, typer.Option("--kind", help="What the text is; auto goes by name and look.")] = Kind.auto,
    policy: Annotated[
        Path | None,
        typer.Option("--policy", help=f"A site's own rules; default: {POLICY_FILE} in the current folder."),
    ] = None,
    waivers: Annotated[
        bool, typer.Option("--waivers/--no-waivers", help="Honour `<!-- explainer: allow RULE reason -->`.")
    ] = True,
) -> None:
    """Find unsafe advice."""
    from explainer.advice import scan
    from explainer.advice.waivers import Outcome, apply_waivers
    from explainer.cli import lint_forms

    own = _policy(policy)
    found: list[lint_forms.Finding] = []
    notes: list[str] = []
    count = waived = 0
    for name, text in _texts(sources or ["-"], own.exclude):
        count += 1
        issues = own.apply(scan(text, _kind(name, kind), rules=own.rules))
        outcome = apply_waivers(text, issues) if waivers else Outcome(tuple(issues), (), ())
        found += [lint_forms.Finding(name, issue, _line(text, issue.line)) for issue in outcome.open]
        found += [
            lint_forms.Finding(name, item.issue, _line(text, item.issue.line), item.waiver) for item in outcome.waived
        ]
        notes += [f"{name}:{line}: {message}" for line, message in outcome.notes]
        waived += len(outcome.waived)
    found.sort(key=lambda finding: (finding.name, finding.issue.line, finding.issue.column))
    typer.echo(lint_forms.WRITERS[as_.value](found), nl=False)
    for note in notes:
        say(note)
    open_ = [finding.issue for finding in found if finding.waiver is None]
    grave = sum(SEVERITIES.index(issue.severity) >= SEVERITIES.index(fail_on) for issue in open_)
    say(
        f"{_counted(len(open_), 'finding')} in {_counted(count, 'text')}, {grave} of them {fail_on} or graver"
        + (f", and {waived} waived" if waived else "")
    )
    if grave:
        raise typer.Exit(UNSAFE_ADVICE)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _policy(path: Path | None) -> Policy:
    from explainer.advice.policy import Policy
    from explainer.store.lint_policy import load_policy

    if path is None:
        path = Path(POLICY_FILE)
        if not path.is_file():
            return Policy()
    return load_policy(path)


def _line(text: str, number: int) -> str:
    lines = text.split("\n", number)
    return lines[number - 1] if number <= len(lines) else ""


def _texts(sources: list[str], exclude: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for source in sources:
        if source == "-":
            if sys.stdin.isatty():
                say("reading text from the terminal; end with Ctrl-D")
            yield "-", sys.stdin.buffer.read(MAX_BYTES).decode("utf-8", "replace")
            continue
        path = Path(source)
        files = sorted(p for p in path.rglob("*") if _wanted(p, exclude)) if path.is_dir() else [path]
        for file in files:
            try:
                with file.open("rb") as opened:
                    yield str(file), opened.read(MAX_BYTES).decode("utf-8", "replace")
            except OSError as error:
                raise InputError(f"cannot be read: {error.strerror}", where=str(file)) from error


def _wanted(path: Path, exclude: tuple[str, ...]) -> bool:
    if any(fnmatch(path.as_posix(), pattern) for pattern in exclude):
        return False
    hidden = any(part.startswith(".") and part not in {".", ".."} for part in path.parts)
    return not hidden and path.is_file() and (path.suffix.lower() in SUFFIXES or _is_dockerfile(path))


def _is_dockerfile(path: Path) -> bool:
    return path.name.lower().split(".")[0] in {"dockerfile", "containerfile"}


def _kind(name: str, kind: Kind) -> Any:
    if kind is not Kind.auto or name == "-":
        return kind.value
    path = Path(name)
    return "dockerfile" if _is_dockerfile(path) else SUFFIXES.get(path.suffix.lower(), "auto")
