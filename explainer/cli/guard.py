"""Around every command: errors become exit codes and sentences, never tracebacks."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

import typer

from explainer.cli.exits import BUG, DONE, INTERRUPTED, exit_code, say, say_error
from explainer.errors import ExplainerError

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
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of our output has gone (`| head`): that is their choice and no error of ours.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(DONE) from None
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
