"""alert-explainer: security alerts explained, verified and safe to act on.

The public interface is what ``__all__`` names. Importing it reads no environment and loads nothing: each name is
fetched on first use, so that a command line that only prints its help pays for nothing else.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from explainer.version import __version__

if TYPE_CHECKING:
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

_HOMES = {
    "explainer.client": ("AsyncExplainer", "Explainer", "explain"),
    "explainer.errors": (
        "AlertFormatError",
        "BackendError",
        "BudgetError",
        "ConfigError",
        "DataError",
        "ExplainerError",
        "InputError",
        "ReplayMiss",
    ),
    "explainer.schema.advice": ("AdviceIssue",),
    "explainer.schema.alert": ("Alert",),
    "explainer.schema.report": ("Report",),
    "explainer.settings": ("Settings",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            import importlib

            value = getattr(importlib.import_module(home), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'explainer' has no attribute {name!r}")


class _Package(ModuleType):
    """Holds the name ``ingest`` for the function: importing the package of that name would bind it to the package."""

    @property
    def ingest(self) -> Any:
        from explainer.client import ingest

        return ingest

    @ingest.setter
    def ingest(self, package: Any) -> None:
        pass  # set by the import system; ``from explainer.ingest import …`` does not need it


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return sorted(__all__)


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
