"""The report as JSON: exactly the model, under its aliases, keys in the order of the schema."""

from __future__ import annotations

import re
from collections.abc import Sequence

from explainer.schema.report import Report

# Legal in JSON, yet obeyed by terminals (C1 controls, bidi) or by readers of lines (U+2028); only ever inside strings.
_UNSEEN = re.compile(
    "[\x7f-\xa0\xad"
    "\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ue000-\uf8ff\ud800-\udfff\U000e0000-\U0010ffff]"
)


def _escape(found: re.Match[str]) -> str:
    units = found.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


def render(report: Report, *, lines: bool = False) -> str:
    """JSON of one report, ended by a line feed. ``lines``: on one line, for JSON Lines."""
    text = report.model_dump_json(by_alias=True, indent=None if lines else 2)
    return _UNSEEN.sub(_escape, text) + "\n"


def render_many(reports: Sequence[Report], *, lines: bool = False) -> str:
    """One report: pretty. Several: one a line."""
    several = lines or len(reports) > 1
    return "".join(render(report, lines=several) for report in reports)
