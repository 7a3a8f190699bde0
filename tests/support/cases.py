"""The golden cases, for tests that need one by name."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from explainer.evaluation.case import LoadedCase, load_cases

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / "fixtures" / "reports" / "markdown"


@cache
def all_cases() -> dict[str, LoadedCase]:
    return {loaded.case.id: loaded for loaded in load_cases([ROOT / "evals" / "cases"])}


def reference(case: str) -> str:
    return all_cases()[case].case.reference


def alert(case: str) -> dict[str, Any]:
    return json.loads(all_cases()[case].alert)
