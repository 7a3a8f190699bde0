"""Around every command: errors become exit codes and sentences, never tracebacks."""

from __future__ import annotations

import contextlib
import errno
import functools
import io
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

import typer

from explainer.cli.exits import BUG, DONE, INTERRUPTED, INVALID, exit_code, say, say_error
from explainer.errors import ExplainerError
from explainer.sinks.stdout import let_go

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)

F = TypeVar("F", bound=Callable[..., Any])


def guarded(command: F) -> F:
    """Wrap a command: our errors, Ctrl-C, a closed pipe and bugs each end it in their own way."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except ExplainerError as error:
            say_error(error)
            raise typer.Exit(exit_code(error)) from None
        except KeyboardInterrupt:
            say("interrupted")
            _leave_at_once()
            raise typer.Exit(INTERRUPTED) from None
        except OSError as error:
            raise typer.Exit(say_io_error(error)) from None
        except typer.Exit:
            raise
        except Exception as error:
            # The last resort: whatever went wrong, a user sees a sentence and not a traceback that nobody asked for.
            if isinstance(error, typer.Abort | typer.BadParameter) or type(error).__module__.startswith(
                ("typer", "click")
            ):
                raise
            say(f"this is a bug in explainer: {type(error).__name__}: {error}")
            if os.environ.get("EXPLAINER_DEBUG"):
                traceback.print_exc()
            else:
                say("  try: set EXPLAINER_DEBUG=1 to see where, and report it with the alert's shape (not its content)")
            raise typer.Exit(BUG) from None

    return run  # type: ignore[return-value]


def say_io_error(error: OSError) -> int:
    """Say what could not be read or written; the exit code. A reader that has gone is no error."""
    if isinstance(error, BrokenPipeError):
        let_go(sys.stdout)
        return DONE
    if error.errno in _FULL or isinstance(error, io.UnsupportedOperation):
        let_go(sys.stdout)
        say(f"error: standard output: cannot be written: {error.strerror or 'it is closed'}")
    else:
        say(f"error: {error.filename or 'input or output'}: {error.strerror or error}")
    return INVALID


def _leave_at_once() -> None:
    """End the process without waiting for an embedded model, which may load or compute for seconds more.

    Files are replaced in one step and the cache is a database with a journal, so nothing is left half written.
    """
    local = sys.modules.get("explainer.backends.local")
    if local is None:
        return
    local.abandon()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(INTERRUPTED)
