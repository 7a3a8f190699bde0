"""The log on stderr: ids, hashes, counts and durations; never what an alert, a prompt or an answer holds."""

from __future__ import annotations

import logging
import sys

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def show_log(level: str) -> None:
    """Send the package's log to stderr from ``level`` on. Other packages' loggers stay as they are."""
    logger = logging.getLogger("explainer")
    logger.setLevel(level.upper())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    logger.addHandler(handler)
