"""Data tables of the scorers, read once when first needed."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from explainer.errors import DataError


@cache
def table(name: str) -> dict[str, Any]:
    """The content of ``explainer/data/<name>.yaml``.

    Raises:
        DataError: the shipped file is broken.
    """
    from explainer.store.documents import load_yaml

    where = files("explainer") / "data" / f"{name}.yaml"
    data = load_yaml(where.read_text(encoding="utf-8"), f"{name}.yaml", error=DataError)
    if not isinstance(data, dict):
        raise DataError("the file holds no mapping", hint="reinstall the package", where=f"{name}.yaml")
    return data


@cache
def system_calls() -> frozenset[str]:
    """Names of system calls that a report may speak of: those that the product can explain, and their kin."""
    import json

    raw = json.loads((files("explainer") / "data" / "events.json").read_text(encoding="utf-8"))
    known = {name for row in raw["system_calls"] for name in row["names"]}
    return frozenset(known | set(str(table("commands")["system_calls"]).split()))
