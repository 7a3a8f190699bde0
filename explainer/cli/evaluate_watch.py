"""Progress of a run on stderr: a live line on a terminal, now and then a plain one otherwise."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explainer.cli.exits import say
from explainer.evaluation.run import Watcher

if TYPE_CHECKING:
    from explainer.evaluation.samples import Generated, Scored

PLAIN_EVERY = 10.0
"""Seconds between plain lines: a log should tell that something happens, not fill up."""


class Watching(Watcher):
    """Counts; subclasses show."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.total = 0
        self.done = 0
        self.tokens = 0
        self.cost = 0.0
        self.outcomes: Counter[str] = Counter()

    def start(self, folder: Path, total: int, done: int) -> None:
        """See ``Watcher``."""
        self.folder, self.total, self.done = folder, total, done

    def sample(self, sample: Generated) -> None:
        """See ``Watcher``."""
        self.done += 1
        self.outcomes[sample.outcome] += 1
        self.tokens += sample.tokens_in + sample.tokens_out
        self.cost += sample.cost_usd or 0.0

    def told(self) -> str:
        """What there is to say besides the count."""
        parts = [
            f"{self.outcomes[name]} {name}" for name in ("unparsable", "error", "throttled") if self.outcomes[name]
        ]
        parts += [f"{self.tokens} tokens"] if self.tokens else []
        parts += [f"{self.cost:.4f} USD"] if self.cost else []
        return ", ".join(parts)


class Plain(Watching):
    """A line at the start, every ten seconds, and at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._last = time.monotonic()

    def start(self, folder: Path, total: int, done: int) -> None:
        """See ``Watcher``."""
        super().start(folder, total, done)
        already = f", {done} of them there already" if done else ""
        say(f"asking for {total} answers{already}; the run lies in {folder}")

    def sample(self, sample: Generated) -> None:
        """See ``Watcher``."""
        super().sample(sample)
        if self.done == self.total or time.monotonic() - self._last >= PLAIN_EVERY:
            self._last = time.monotonic()
            told = self.told()
            say(f"{self.done} of {self.total} answers{f' ({told})' if told else ''}")

    def scoring(self, total: int) -> None:
        """See ``Watcher``."""
        say(f"scoring {total} answers")


class Live(Watching):
    """A bar with what matters beside it."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Any = None
        self._task: Any = None

    def _open(self, what: str, total: int, done: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from explainer.cli.output import colour

        self.stop()
        columns = (
            TextColumn(what),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            # Markup would make of a model's name what it likes.
            TextColumn("{task.fields[told]}", markup=False),
        )
        self._bar = Progress(*columns, console=Console(stderr=True, no_color=not colour()), transient=True)
        self._task = self._bar.add_task(what, total=total, completed=done, told="")
        self._bar.start()

    def start(self, folder: Path, total: int, done: int) -> None:
        """See ``Watcher``."""
        super().start(folder, total, done)
        say(f"the run lies in {folder}")
        self._open("asking", total, done)

    def sample(self, sample: Generated) -> None:
        """See ``Watcher``."""
        super().sample(sample)
        self._bar.update(self._task, completed=self.done, told=self.told())

    def scoring(self, total: int) -> None:
        """See ``Watcher``."""
        self._open("scoring", total, 0)

    def scored(self, scored: Scored) -> None:  # noqa: ARG002 - the bar only counts
        """See ``Watcher``."""
        self._bar.advance(self._task)

    def stop(self) -> None:
        """See ``Watcher``."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


@contextmanager
def watching(*, quiet: bool) -> Iterator[Watching]:
    """A watcher that fits where stderr goes."""
    watcher = Watching() if quiet else Live() if sys.stderr.isatty() else Plain()
    try:
        yield watcher
    finally:
        watcher.stop()
