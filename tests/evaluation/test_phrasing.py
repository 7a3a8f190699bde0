from __future__ import annotations

import pytest

from explainer.schema.phrasing import Phrasing


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        (r"\bmodule\b", {"module"}),
        (r"\b(load|insert)\w*", {"load", "insert"}),
        (r"\bfrom\b.*falcoctl", {"falcoctl"}),
        (r"(?:shell )?opened", {"opened"}),
        (r"Kernel", {"kernel"}),
    ],
)
def test_the_telling_literals_of_a_pattern_are_found(pattern: str, literals: set[str]) -> None:
    assert Phrasing(pattern).literals == literals


@pytest.mark.parametrize("pattern", [r"\d+", r"(?:a|\d)", r"[ab]"])
def test_a_pattern_without_literals_is_always_tried(pattern: str) -> None:
    assert Phrasing(pattern).literals is None
