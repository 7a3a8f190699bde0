"""What `explain` reads and writes: sources in pieces, reports, requests, progress."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from explainer.cli.exits import say, say_error
from explainer.errors import ConfigError, InputError
from explainer.flow import prepare
from explainer.render import render, render_many
from explainer.sinks import SINKS

if TYPE_CHECKING:
    from explainer.client import Explainer
    from explainer.schema.report import Report
    from explainer.session import Session

READ_SIZE = 1 << 16
SHOWN = 5
"""Skipped pieces of which the reasons are said."""
# Forms of which each report is written as soon as it is there; the others are one document.
STREAMED = {"terminal", "markdown", "slack"}


class Source:
    """One file, or standard input, as an iterable of pieces; what cannot be read is said and ends it."""

    def __init__(self, name: str, sources: Sources) -> None:
        self.name = "standard input" if name == "-" else name
        self._name = name
        self._sources = sources

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in _pieces(self._name):
                self._sources.nothing_read = False
                yield piece
        except InputError as error:
            # Said at once, and no reason to keep from the user what the other files tell.
            self._sources.unreadable.append(error)
            say_error(error)
        else:
            self._sources.nothing_read = False


class Sources:
    """The sources of one call, in order."""

    def __init__(self, named: list[str]) -> None:
        self._named = named
        self.unreadable: list[InputError] = []
        self.nothing_read = True
        """None of them could be read, not even an empty one."""

    @property
    def several(self) -> bool:
        """Whether a line number alone does not say where."""
        return len(self._named) > 1

    def __iter__(self) -> Iterator[Source]:
        for name in self._named:
            yield Source(name, self)


def _pieces(name: str) -> Iterator[bytes]:
    if name == "-":
        try:
            yield from _read(sys.stdin.buffer)
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror}", where="standard input") from error
        return
    if not name:
        raise InputError("an empty name is no file", hint="give a file, or - for standard input")
    try:
        with Path(name).open("rb") as source:
            yield from _read(source)
    except IsADirectoryError as error:
        raise InputError("is a folder", where=name, hint="give files, such as folder/*.json") from error
    except FileNotFoundError as error:
        hint = (
            "no file fits the pattern: a shell hands a pattern on as it is when nothing fits"
            if any(mark in name for mark in "*?[")
            else "check the name and the folder"
        )
        raise InputError(f"cannot be read: {error.strerror}", where=name, hint=hint) from error
    except OSError as error:
        hint = "check its permissions" if isinstance(error, PermissionError) else "check the name and the file"
        raise InputError(f"cannot be read: {error.strerror}", where=name, hint=hint) from error
    except ValueError as error:
        raise InputError(f"is no file name: {error}", where=name) from error


def _read(source: BinaryIO) -> Iterator[bytes]:
    # read1 returns what is there: a pipe that stays open is read as it comes.
    read = getattr(source, "read1", source.read)
    while piece := read(READ_SIZE):
        yield piece


def check_writable(path: Path) -> None:
    """Say that a file cannot be written before a model has worked for it.

    Raises:
        ConfigError: its folder is missing or not writable.
    """
    folder = path.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK) or path.is_dir():
        reason = "is a folder" if path.is_dir() else "cannot be written there"
        raise ConfigError(reason, where=str(path), hint="give a file in a folder that exists and that you may write to")


def colour() -> bool:
    """Colour only on a terminal, and never against NO_COLOR."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def write_reports(
    reports: Iterable[Report], form: str, output: Path | None, on_report: Callable[[], None], *, full: bool = False
) -> None:
    """Render and write; a file is replaced in one step, so an interrupted run leaves the old one whole."""
    options: dict[str, object] = {}
    if form == "terminal":
        width = shutil.get_terminal_size((80, 24)).columns if output is None else 80
        unicode = (sys.stdout.encoding or "ascii").lower().replace("-", "").startswith("utf")
        options = {
            "width": max(40, min(width, 120)),
            "color": colour() and output is None,
            "unicode": unicode,
            "full": full,
        }
    if form == "json" and output is None:
        _write_json(reports, on_report)
        return
    if output is not None or form not in STREAMED:
        done = []
        for report in reports:
            done.append(report)
            on_report()
        if done:
            sink = SINKS.get("file")(str(output)) if output is not None else SINKS.get("stdout")("")
            sink(render_many(done, form, **options))
        return
    out = SINKS.get("stdout")("")
    first = True
    for report in reports:
        on_report()
        text = render(report, form, **options)
        between = "" if first or form == "slack" else "\n---\n\n" if form == "markdown" else "\n"
        out(between + text)
        first = False


def _write_json(reports: Iterable[Report], on_report: Callable[[], None]) -> None:
    """One report: pretty. Several: a line each, written as they come; only the first has to wait for the second."""
    out = SINKS.get("stdout")("")
    first: Report | None = None
    several = False
    for report in reports:
        on_report()
        if first is None and not several:
            first = report
            continue
        if first is not None:
            out(render(first, "json", lines=True).rstrip("\n") + "\n")
            first, several = None, True
        out(render(report, "json", lines=True).rstrip("\n") + "\n")
    if first is not None:
        out(render(first, "json"))


def print_requests(explainer: Explainer, sources: Sources, input_format: str, output: Path | None) -> None:
    """`--dry-run`: the exact request of each group, one JSON document, with its size and price."""
    session = explainer.session(sources, format=input_format)
    documents = []
    for group in session.groups():
        plan = explainer.equipment.plan(group)
        prepared = prepare(plan)
        plan_redaction = plan.provenance.redaction
        documents.append(
            {
                "fingerprint": group.fingerprint,
                "backend": explainer.equipment.backend_name,
                "prompt": prepared.prompt.ref,
                "prompt_sha256": prepared.prompt.sha256,
                "input_tokens": prepared.prompt.input_tokens,
                "input_tokens_measured": prepared.prompt.tokens_measured,
                "max_cost_usd": prepared.cost_usd,
                "left_out": list(prepared.prompt.trimmed),
                "request_hash": prepared.request.key,
                "redaction": plan_redaction,
                "request": prepared.request.model_dump(mode="json"),
                "body": prepared.wire.decode("utf-8", "replace"),
            }
        )
    if not documents and sources.nothing_read:
        return
    if not documents:
        raise session.nothing_found()
    text = json.dumps(documents[0] if len(documents) == 1 else documents, indent=2, ensure_ascii=True) + "\n"
    (SINKS.get("file")(str(output)) if output is not None else SINKS.get("stdout")(""))(text)


def skipped_notes(session: Session, *, named: bool) -> Iterator[str]:
    """What in the input was no alert, a line for each reason; with the file's name when there are several."""
    alike: dict[tuple[str | None, str], list[int]] = {}
    for item, source in zip(session.skipped, session.skipped_in, strict=True):
        alike.setdefault((source if named else None, item.reason), []).append(item.line)
    said = 0
    for (source, reason), lines in list(alike.items())[:SHOWN]:
        said += len(lines)
        place = f"{source}: " if source else ""
        more = f" (and {len(lines) - 1} more like it)" if len(lines) > 1 else ""
        yield f"{place}line {lines[0]}: skipped: {reason}{more}"
    left = session.telling_count - said
    if left > 0:
        yield f"{left} more pieces of the input were no alert ({session.skipped_count} lines skipped in all)"


@contextmanager
def progress(session: Session, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """A progress bar on stderr when somebody looks at it and the reports do not scroll past it."""
    if quiet or not sys.stderr.isatty() or sys.stdout.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("explaining"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True, no_color=not colour()), transient=True) as bar:
        task = bar.add_task("explaining", total=None)

        def step() -> None:
            bar.update(task, advance=1, total=session.group_count)

        yield step


def note_degraded(report: Report) -> None:
    """Say once, where the user looks, that knowledge answered."""
    if report.provenance.degraded:
        say(f"note: {report.provenance.degraded}; rule knowledge wrote the report")
