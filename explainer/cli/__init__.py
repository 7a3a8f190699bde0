"""The command line: one file per command group."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Entry point of the ``explainer`` command."""
    from explainer.cli.app import build_app
    from explainer.cli.guard import say_io_error

    _open_closed_streams()
    try:
        try:
            build_app()()
        finally:
            # Python flushes on its way out, and would print a traceback when that fails.
            sys.stdout.flush()
    except OSError as error:
        sys.exit(say_io_error(error))


def _open_closed_streams() -> None:
    """Python has None for a stream that the shell closed (``>&-``); reading or writing it is then an error like any."""
    nowhere = Path(os.devnull)
    if sys.stderr is None:
        sys.stderr = nowhere.open("w")
    if sys.stdout is None:
        sys.stdout = nowhere.open()
    if sys.stdin is None:
        sys.stdin = nowhere.open()


__all__ = ["main"]
