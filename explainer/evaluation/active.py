"""What in a rendered report could act: a link, an image, a tag, a mention, an escape, a formula.

A second opinion on the renderers: parsers of the target formats look at the finished text, and know nothing of how it
was made.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from typing import Any

from markdown_it import MarkdownIt

_MARKDOWN = frozenset(
    {"link_open", "image", "html_inline", "html_block", "blockquote_open", "hr", "table_open", "s_open"}
)
_OWN_MARKDOWN = frozenset({"s_open", "hr"})
"""Ours: withheld advice is struck out, and a rule parts reports."""
_TAGS = frozenset(
    {"script", "img", "iframe", "object", "embed", "form", "input", "svg", "math", "base", "video", "audio", "link"}
)
_BLOCKS = frozenset({"header", "rich_text", "context"})
_ACTIVE_NODES = frozenset({"link", "user", "usergroup", "broadcast", "channel", "emoji", "mrkdwn"})
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Characters that terminals and editors act on; one that no font has yet is only a box."""


def active(text: str, form: str) -> str:
    """The first thing that could act in a report's text; empty when there is none.

    Args:
        text: the rendered report.
        form: terminal, markdown, html, slack or json.
    """
    return next(_LOOKS[form](text), "")


def _terminal(text: str) -> Iterator[str]:
    for char in text:
        if char != "\n" and not char.isascii() and unicodedata.category(char) not in _OBEYED:
            continue
        if char != "\n" and not char.isprintable():
            yield f"character U+{ord(char):04X}"


def _markdown(text: str) -> Iterator[str]:
    yield from _terminal(text)
    for token in _parser().parse(text):
        for part in (token, *(token.children or ())):
            if part.type in _MARKDOWN - _OWN_MARKDOWN:
                yield part.type
            if part.type == "text" and (
                found := re.search(r"(?:https?|ftp)://|www\.|(?<![\w`])@\w|<!|\S+@\S+\.\w", part.content)
            ):
                yield f"text {found[0]!r} that platforms turn into a link or a mention"


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _TAGS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("src", "srcdoc", "style", "formaction"):
                self.found.append(f"{tag} {name}")
            if name == "href" and not (value or "").startswith("#"):
                self.found.append(f"href {value}")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"comment {data[:20]!r}")


def _html(text: str) -> Iterator[str]:
    yield from _terminal(text)
    reader = _Reader()
    reader.feed(text)
    reader.close()
    yield from reader.found


def _slack(text: str) -> Iterator[str]:
    payload = json.loads(text)
    if set("<>@&") & set(payload["text"]):
        yield "markup in the fallback text"
    for block in payload["blocks"]:
        if block["type"] not in _BLOCKS:
            yield f"block {block['type']}"
    for node in _nodes(payload["blocks"]):
        if node.get("type") in _ACTIVE_NODES:
            yield f"node {node['type']}"
        if isinstance(node.get("text"), str):
            yield from _terminal(node["text"])


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from _nodes(child)
    elif isinstance(node, list):
        for child in node:
            yield from _nodes(child)


def _json(text: str) -> Iterator[str]:
    yield from _terminal(text)
    json.loads(text)


_LOOKS = {"terminal": _terminal, "markdown": _markdown, "html": _html, "slack": _slack, "json": _json}
