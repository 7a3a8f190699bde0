"""What the unsafe-advice engine says about a piece of text."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from explainer.schema.record import Record

AdviceSeverity = Literal["low", "medium", "high", "critical"]
AdviceKind = Literal["auto", "markdown", "shell", "yaml", "json", "hcl", "dockerfile", "ini", "python", "powershell"]


class AdviceIssue(Record):
    """One piece of unsafe advice, with its place. Lines and columns count from 1; the end is exclusive in columns."""

    rule: str
    cls: str = Field(alias="class")
    """Class id, such as ``disable-mac``."""
    severity: AdviceSeverity
    text: str
    """The offending text as it stands in the input."""
    line: int
    column: int
    end_line: int
    end_column: int
    why: str
    instead: str
