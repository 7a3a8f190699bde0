"""Exit codes, and the one place where an error becomes one."""

from __future__ import annotations

import sys

from explainer.errors import (
    BackendError,
    BudgetError,
    ConfigError,
    DataError,
    ExplainerError,
    InputError,
    OutputError,
    ReplayMiss,
    UnknownNameError,
)
from explainer.sinks.stdout import let_go

DONE = 0
GATE_MISSED = 1
USAGE = 2
UNSAFE_ADVICE = 3
INVALID = 4
BACKEND = 5
REPLAY_MISS = 6
BUG = 70
INTERRUPTED = 130

_CODES: tuple[tuple[type[ExplainerError], int], ...] = (
    (UnknownNameError, USAGE),
    (InputError, INVALID),
    (DataError, INVALID),
    (OutputError, INVALID),
    (ConfigError, USAGE),
    (BudgetError, BACKEND),
    (BackendError, BACKEND),
    (ReplayMiss, REPLAY_MISS),
)


def exit_code(error: ExplainerError) -> int:
    """The exit code of an error, by its class."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), BUG)


def say(message: str) -> None:
    """One line of talk on stderr; control characters of what it quotes are made harmless."""
    safe = "".join(char if char.isprintable() or char == "\n" else f"\\x{ord(char):02x}" for char in message)
    try:
        sys.stderr.write(f"explainer: {safe}\n")
        sys.stderr.flush()
    except OSError:
        # Where nobody can be told, the exit code still says it.
        let_go(sys.stderr)


def say_error(error: ExplainerError) -> None:
    """An error in the form that all commands share: where, what, and what to do on a line of its own."""
    place = f"{error.where}: " if error.where else ""
    say(f"error: {place}{error.message}")
    if error.hint:
        say(f"  try: {error.hint}")
