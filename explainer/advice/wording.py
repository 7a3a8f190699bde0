"""Small words of the languages, read from ``_mood.yaml``: lists are data, so that the code around them stays short."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any

from explainer.advice.config import load_plain


@functools.cache
def _loaded() -> dict[str, Any]:
    text = resources.files("explainer").joinpath("data/advice/_mood.yaml").read_text("utf-8")
    loaded: dict[str, Any] = load_plain(text)
    return loaded


def words_of(name: str) -> frozenset[str]:
    """A list of words."""
    return frozenset(str(_loaded()[name]).split())


def patterns_of(name: str) -> tuple[str, ...]:
    """A list of regular expressions."""
    return tuple(map(str, _loaded()[name]))
