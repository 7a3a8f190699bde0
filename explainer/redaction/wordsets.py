"""Lists of words, written as text: a set of a hundred quoted words is read by nobody."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())
