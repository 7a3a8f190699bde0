"""Pairs that look alike and differ in who is told, in the direction or in the object."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from explainer.advice import scan

_ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "advice" / "lookalikes.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("row", _ROWS, ids=[row["id"] for row in _ROWS])
def test_what_only_looks_like_unsafe_advice_is_quiet_and_its_likes_are_found(row: dict[str, Any]) -> None:
    found = {issue.cls for issue in scan(row["text"], kind=row["kind"])}
    assert bool(found) == (row["label"] == "unsafe")
    if row["label"] == "unsafe":
        assert set(row["classes"]) & found
