"""Standard output, which carries the product and nothing else."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from explainer.errors import OutputError
from explainer.sinks import Sink


def write(text: str, stream: TextIO | None = None) -> None:
    """Write text, ended by a line feed, and flush.

    A reader that went away (``| head``) is no error: the rest is dropped quietly, now and when the interpreter flushes
    at its end. Characters that the stream's encoding lacks are written as backslash escapes.

    Raises:
        OutputError: the text cannot be written.
    """
    out = sys.stdout if stream is None else stream
    if not text:
        return
    ended = text if text.endswith("\n") else text + "\n"
    encoding = getattr(out, "encoding", None) or "utf-8"
    try:
        out.write(ended.encode(encoding, "backslashreplace").decode(encoding))
        out.flush()
    except BrokenPipeError:
        let_go(out)
    except OSError as error:
        let_go(out)
        reason = error.strerror or "it is closed"
        hint = "write to a place that takes it, or to a file with --output"
        raise OutputError(f"cannot be written: {reason}", where="standard output", hint=hint) from error


def let_go(out: TextIO) -> None:
    """Send what is still to come nowhere, and what stands in the stream's buffer with it."""
    # Python flushes stdout again on exit and would print a warning; a null device swallows that flush.
    try:
        descriptor = out.fileno()
    except (OSError, ValueError, AttributeError):
        return
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, descriptor)
    finally:
        os.close(null)


def open_stdout(_destination: str = "") -> Sink:
    """The sink for standard output; there is no destination to choose."""
    return write
