"""`explainer lint`: unsafe advice in runbooks, reports, scripts and configuration."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from explainer.cli.exits import UNSAFE_ADVICE, say
from explainer.cli.guard import guarded
from explainer.errors import InputError
from explainer.schema.advice import AdviceIssue

HELP = """Find unsafe advice, such as `setenforce 0` as a step, and nothing else.

\b
Examples:
  explainer lint runbooks/*.md
  git diff --name-only main | grep md$ | xargs explainer lint --as github
  pbpaste | explainer lint - --kind markdown
  explainer lint docs --fail-on high --as sarif > advice.sarif
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
) -> None:
    """Find unsafe advice."""
    from explainer.advice import scan

    found: list[tuple[str, AdviceIssue]] = []
    count = 0
    for name, text in _texts(sources or ["-"]):
        count += 1
        found += [(name, issue) for issue in scan(text, _kind(name, kind))]
    typer.echo(_WRITERS[as_](found), nl=False)
    grave = sum(SEVERITIES.index(issue.severity) >= SEVERITIES.index(fail_on) for _, issue in found)
    say(f"{len(found)} findings in {count} texts, {grave} of them {fail_on} or graver")
    if grave:
        raise typer.Exit(UNSAFE_ADVICE)


def _texts(sources: list[str]) -> Iterator[tuple[str, str]]:
    for source in sources:
        if source == "-":
            if sys.stdin.isatty():
                say("reading text from the terminal; end with Ctrl-D")
            yield "-", sys.stdin.buffer.read(MAX_BYTES).decode("utf-8", "replace")
            continue
        path = Path(source)
        files = sorted(p for p in path.rglob("*") if _wanted(p)) if path.is_dir() else [path]
        for file in files:
            try:
                with file.open("rb") as opened:
                    yield str(file), opened.read(MAX_BYTES).decode("utf-8", "replace")
            except OSError as error:
                raise InputError(f"cannot be read: {error.strerror}", where=str(file)) from error


def _wanted(path: Path) -> bool:
    hidden = any(part.startswith(".") and part not in {".", ".."} for part in path.parts)
    return not hidden and path.is_file() and (path.suffix.lower() in SUFFIXES or _is_dockerfile(path))


def _is_dockerfile(path: Path) -> bool:
    return path.name.lower().split(".")[0] in {"dockerfile", "containerfile"}


def _kind(name: str, kind: Kind) -> Any:
    if kind is not Kind.auto or name == "-":
        return kind.value
    path = Path(name)
    return "dockerfile" if _is_dockerfile(path) else SUFFIXES.get(path.suffix.lower(), "auto")


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in " ".join(text.split()))


def _text(found: list[tuple[str, AdviceIssue]]) -> str:
    lines = []
    for name, i in found:
        lines.append(f"{_visible(name)}:{i.line}:{i.column}: {i.severity} {i.cls} ({i.rule}): {_visible(i.text)[:160]}")
        lines += [f"    why: {i.why}", f"    instead: {i.instead}"]
    return "".join(f"{line}\n" for line in lines)


def _json(found: list[tuple[str, AdviceIssue]]) -> str:
    rows = [{"file": name, **issue.model_dump(mode="json", by_alias=True)} for name, issue in found]
    return json.dumps(rows, indent=2) + "\n"


def _github(found: list[tuple[str, AdviceIssue]]) -> str:
    def escaped(text: str) -> str:
        return (
            text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace(":", "%3A").replace(",", "%2C")
        )

    lines = []
    for name, i in found:
        level = "error" if i.severity in {"high", "critical"} else "warning"
        place = f"file={escaped(name)},line={i.line},endLine={i.end_line},col={i.column},endColumn={i.end_column}"
        lines.append(
            f"::{level} {place},title={escaped(i.cls)}::{escaped(_visible(f'{i.why} Instead: {i.instead}'))}\n"
        )
    return "".join(lines)


def _sarif(found: list[tuple[str, AdviceIssue]]) -> str:
    from explainer.version import __version__

    rules = {i.rule: i for _, i in found}
    results = [
        {
            "ruleId": i.rule,
            "level": "error" if i.severity in {"high", "critical"} else "warning",
            "message": {"text": f"{i.why} Instead: {i.instead}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": Path(name).as_posix()},
                        "region": {
                            "startLine": i.line,
                            "startColumn": i.column,
                            "endLine": i.end_line,
                            "endColumn": i.end_column,
                        },
                    }
                }
            ],
            "properties": {"class": i.cls, "severity": i.severity},
        }
        for name, i in found
    ]
    driver = {
        "name": "explainer lint",
        "version": __version__,
        "rules": [
            {"id": rule, "shortDescription": {"text": i.cls}, "help": {"text": i.instead}} for rule, i in rules.items()
        ],
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }
    return json.dumps(document, indent=2) + "\n"


_WRITERS = {Form.text: _text, Form.json: _json, Form.github: _github, Form.sarif: _sarif}
