"""The smallest HTML builder that cannot forget to escape: text is escaped when it becomes a child.

Chosen over templates because there is no ``|safe`` to misuse, mypy checks the calls, and nothing is looked up.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TypeAlias

_VOID = frozenset({"meta", "br", "hr"})


@dataclass(frozen=True)
class Node:
    """HTML that this module made. ``source`` is never built from hostile text elsewhere."""

    source: str


Child: TypeAlias = "Node | str | None"


def tag(name: str, /, *children: Child, **attributes: str | None) -> Node:
    """An element. ``class_`` loses its underscore, ``aria_label`` becomes ``aria-label``; None leaves one out."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(text, quote=True)}"'
        for key, text in attributes.items()
        if text is not None
    )
    if name in _VOID:
        return Node(f"<{name}{said}>")
    return Node(f"<{name}{said}>{join(*children).source}</{name}>")


def join(*children: Child, between: str = "") -> Node:
    """Children without an element around them; strings are escaped."""
    sources = [
        child.source if isinstance(child, Node) else html.escape(child, quote=False) for child in children if child
    ]
    return Node(between.join(sources))
