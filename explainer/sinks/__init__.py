"""Where rendered text goes.

A sink is a callable ``(str) -> None``; ``SINKS`` holds the openers that make one for a destination (a path, an
address; ignored where there is none to choose).
Other distributions add openers through the entry-point group ``explainer.sinks``.
"""

from __future__ import annotations

from collections.abc import Callable

from explainer.registry import Registry

Sink = Callable[[str], None]

SINKS: Registry[Callable[[str], Sink]] = Registry(
    "sink",
    {
        "stdout": "explainer.sinks.stdout:open_stdout",
        "file": "explainer.sinks.file:open_file",
    },
    group="explainer.sinks",
)

__all__ = ["SINKS", "Sink"]
