"""Findings of `explainer lint` as text, JSON, SARIF and GitHub annotations."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from explainer.advice.waivers import Waiver
from explainer.schema.advice import AdviceIssue

_WIDTH = 100
_COLOURS = {
    "critical": typer.colors.BRIGHT_RED,
    "high": typer.colors.RED,
    "medium": typer.colors.YELLOW,
    "low": typer.colors.CYAN,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of one text."""

    name: str
    issue: AdviceIssue
    source: str
    """The line on which it begins."""
    waiver: Waiver | None = None


def text(found: Sequence[Finding]) -> str:
    """For people: place, source line with carets, reason and way out."""
    parts = []
    for finding in found:
        i = finding.issue
        level = typer.style(i.severity, fg=_COLOURS[i.severity], bold=True)
        waived = "waived " if finding.waiver else ""
        parts.append(f"{_visible(finding.name)}:{i.line}:{i.column}: {waived}{level} {i.cls} ({i.rule})\n")
        parts.append(_excerpt(finding))
        if finding.waiver:
            parts.append(f"    waived in line {finding.waiver.line}: {_visible(finding.waiver.reason)}\n")
        else:
            parts.append(f"    why: {i.why}\n    instead: {i.instead}\n")
    return "".join(parts)


def _excerpt(finding: Finding) -> str:
    """The source line, cut around the finding when it is long, with carets below."""
    i = finding.issue
    line = "".join(c if c.isprintable() else " " for c in finding.source)
    begin = i.column - 1
    end = i.end_column - 1 if i.end_line == i.line else len(line.rstrip())
    shift = max(0, begin - 20) if len(line) > _WIDTH else 0
    shown = line[shift : shift + _WIDTH].rstrip()
    length = max(1, min(end - shift, len(shown)) - (begin - shift))
    number = str(i.line)
    carets = typer.style("^" * length, fg=_COLOURS[i.severity])
    left, right = "…" if shift else "", "…" if len(line.rstrip()) > shift + _WIDTH else ""
    return f"  {number} | {left}{shown}{right}\n  {' ' * len(number)} | {' ' * (begin - shift + len(left))}{carets}\n"


def as_json(found: Sequence[Finding]) -> str:
    """A list of objects: the issue, its file, and the waiver's reason where there is one."""
    rows = [
        {
            "file": finding.name,
            **finding.issue.model_dump(mode="json", by_alias=True),
            **({"waived": finding.waiver.reason} if finding.waiver else {}),
        }
        for finding in found
    ]
    return json.dumps(rows, indent=2) + "\n"


def github(found: Sequence[Finding]) -> str:
    """Annotations of GitHub Actions; waived findings are notices."""

    def escaped(value: str) -> str:
        value = "".join(c if c.isprintable() or c in "\r\n" else f"\\x{ord(c):02x}" for c in value)
        for char, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
            value = value.replace(char, code)
        return value

    lines = []
    for finding in found:
        i = finding.issue
        level = "notice" if finding.waiver else "error" if i.severity in {"high", "critical"} else "warning"
        end = f",endColumn={i.end_column}" if i.end_line == i.line else ""
        place = f"file={escaped(finding.name)},line={i.line},endLine={i.end_line},col={i.column}{end}"
        message = f"waived: {finding.waiver.reason}" if finding.waiver else f"{i.why} Instead: {i.instead}"
        lines.append(f"::{level} {place},title={escaped(i.cls)}::{escaped(_visible(message))}\n")
    return "".join(lines)


def sarif(found: Sequence[Finding]) -> str:
    """SARIF 2.1.0; waived findings carry a suppression of kind inSource."""
    from explainer.version import __version__

    order = sorted({finding.issue.rule for finding in found})
    rules = {finding.issue.rule: finding.issue for finding in found}
    driver = {
        "name": "explainer lint",
        "version": __version__,
        "rules": [
            {
                "id": rule,
                "shortDescription": {"text": rules[rule].cls},
                "fullDescription": {"text": rules[rule].why},
                "help": {"text": rules[rule].instead},
                "properties": {"tags": ["security", rules[rule].cls]},
            }
            for rule in order
        ],
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, order) for finding in found],
            }
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _result(finding: Finding, order: Sequence[str]) -> dict[str, Any]:
    i = finding.issue
    region = {"startLine": i.line, "startColumn": i.column, "endLine": i.end_line, "endColumn": i.end_column}
    name = "stdin" if finding.name == "-" else Path(finding.name).as_posix()
    result: dict[str, Any] = {
        "ruleId": i.rule,
        "ruleIndex": order.index(i.rule),
        "level": {"low": "note", "medium": "warning"}.get(i.severity, "error"),
        "message": {"text": f"{i.why} Instead: {i.instead}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": quoted(name)}, "region": region}}],
        "properties": {"class": i.cls, "severity": i.severity},
    }
    if finding.waiver:
        result["suppressions"] = [{"kind": "inSource", "justification": finding.waiver.reason}]
    return result


def quoted(name: str) -> str:
    """A file's name as the relative URI that SARIF asks for."""
    from urllib.parse import quote

    return quote(name)


def _visible(value: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in " ".join(value.split()))


WRITERS: dict[str, Callable[[Sequence[Finding]], str]] = {
    "text": text,
    "json": as_json,
    "github": github,
    "sarif": sarif,
}
