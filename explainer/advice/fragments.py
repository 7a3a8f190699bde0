"""YAML out of the middle of a file: a parser refuses it as a whole, because the lines before it are missing."""

from __future__ import annotations

import itertools

from explainer.advice.config import ConfigError, Tree, parse_yaml

_MAX_PIECES = 40


def fragments(text: str) -> list[Tree]:
    """The pieces of a text, cut where a line stands further left than the piece before it began.

    Returns:
        Trees with the places of the text; empty when a piece is no document or nothing had to be cut.
    """
    lines = text.split("\n")
    cuts: list[int] = []
    width = 10_000
    for number, line in enumerate(lines):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        if indent < width:
            cuts.append(number)
            width = indent
    if not 1 < len(cuts) <= _MAX_PIECES:
        return []
    found: list[Tree] = []
    for first, last in itertools.pairwise([*cuts, len(lines)]):
        # Blank lines in front keep the places of what follows.
        ahead = sum(len(line) + 1 for line in lines[:first])
        try:
            trees = parse_yaml("\n".join(lines[first:last]))
        except ConfigError:
            return []
        for tree in trees:
            if not isinstance(tree.value, (dict, list)):
                return []
            _shift(tree, ahead)
            found.append(tree)
    return found


def _shift(tree: Tree, by: int) -> None:
    tree.start += by
    tree.end += by
    for child in tree.value.values() if isinstance(tree.value, dict) else tree.items():
        _shift(child, by)
