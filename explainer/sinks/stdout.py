"""Standard output, which carries the product and nothing else."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from explainer.sinks import Sink


def write(text: str, stream: TextIO | None = None) -> None:
    """Write text, ended by a line feed, and flush.

    A reader that went away (``| head``) is no error: the rest is dropped quietly, now and when the interpreter flushes
    at its end. Characters that the stream's encoding lacks are written as backslash escapes.
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
        _let_go(out)


def _let_go(out: TextIO) -> None:
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
