"""alert-explainer: security alerts explained, verified and safe to act on.

The public interface is what ``__all__`` names. Importing it reads no environment and loads nothing heavy.
"""

from __future__ import annotations

from explainer.client import AsyncExplainer, Explainer, explain, ingest
from explainer.errors import (
    AlertFormatError,
    BackendError,
    BudgetError,
    ConfigError,
    DataError,
    ExplainerError,
    InputError,
    ReplayMiss,
)
from explainer.schema.advice import AdviceIssue, AdviceKind
from explainer.schema.alert import Alert
from explainer.schema.report import Report
from explainer.settings import Settings
from explainer.version import __version__


def lint(text: str, kind: AdviceKind = "auto") -> list[AdviceIssue]:
    """Unsafe advice in a text, with places, reasons and safer steps; an empty list when there is none.

    Args:
        text: a report, runbook, script or configuration.
        kind: what it is; ``auto`` looks at it.
    """
    from explainer.advice import scan

    return scan(text, kind)


__all__ = [
    "AdviceIssue",
    "Alert",
    "AlertFormatError",
    "AsyncExplainer",
    "BackendError",
    "BudgetError",
    "ConfigError",
    "DataError",
    "Explainer",
    "ExplainerError",
    "InputError",
    "ReplayMiss",
    "Report",
    "Settings",
    "__version__",
    "explain",
    "ingest",
    "lint",
]
