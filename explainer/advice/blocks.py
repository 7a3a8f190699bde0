"""Markdown to blocks, piece by piece: reports repeat each other's paragraphs, and a paragraph is parsed once."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_MAX_KEPT = 4_000
_ENTRIES = 4096
_FENCE = re.compile(r"([ \t]*)(?:[-*+>]|\d+[.)])?[ \t]*(`{3,}|~{3,})(.*)")
_READ = frozenset(
    [
        "heading_open",
        "bullet_list_open",
        "bullet_list_close",
        "ordered_list_open",
        "ordered_list_close",
        "list_item_open",
        "blockquote_open",
        "blockquote_close",
        "thead_open",
        "thead_close",
        "tr_open",
        "tr_close",
        "th_open",
        "th_close",
        "td_open",
        "td_close",
        "paragraph_open",
        "inline",
        "fence",
        "code_block",
        "html_block",
    ]
)
"""What anybody asks for."""
# What may go on behind an empty line though the next line is not indented.
_HTML = re.compile(r"(?m)^[ \t]*(?:(?:[-*+>]|\d+[.)])[ \t]*)*<|<!--")


class Block(NamedTuple):
    """What the parser calls a token: the beginning or end of a block, or its content."""

    type: str
    tag: str
    content: str
    info: str
    lines: tuple[int, int] | None
    """First line, and the line behind the last one, counted from where the piece begins."""


def blocks(text: str) -> Iterator[tuple[int, Block]]:
    """The blocks of a Markdown text, each with the number of the line that its own lines count from."""
    # Markdown parsers are quadratic in nested quotes; nobody writes forty of them.
    flat = re.sub(r"(?m)^(?:[ \t]*>){40,}", lambda match: " " * len(match.group(0)), text)
    for first, piece in pieces(flat):
        for block in _parsed(piece) if len(piece) <= _MAX_KEPT else _parse(piece):
            yield first, block


def pieces(text: str) -> list[tuple[int, str]]:
    """A text cut where nothing can reach across, each piece with the number of its first line.

    That is before a line at the margin behind an empty one, outside of fences. Where it is not plain what is open
    (HTML, fences that do not close as they began), nothing is cut.
    """
    lines = text.split("\n")
    if len(lines) < 3 or _HTML.search(text):
        return [(0, text)]
    cuts, fence, indent, empty = [0], "", "", False
    for number, line in enumerate(lines):
        if not line.strip(" \t"):
            empty = True
            continue
        mark = _FENCE.match(line) if "`" in line or "~" in line else None
        if fence:
            if mark and mark[2].startswith(fence) and not mark[3].strip():
                if line[: mark.start(2)] != indent:
                    return [(0, text)]
                fence = ""
            elif not line.startswith(indent):
                return [(0, text)]
        else:
            if empty and number and line[0] not in " \t":
                cuts.append(number)
            if mark:
                fence, indent = mark[2], line[: mark.start(2)]
                if indent.strip():
                    return [(0, text)]
        empty = False
    if fence or len(cuts) == 1:
        return [(0, text)]
    return [(start, "\n".join(lines[start:end])) for start, end in zip(cuts, [*cuts[1:], len(lines)], strict=True)]


@functools.lru_cache(maxsize=_ENTRIES)
def _parsed(text: str) -> Sequence[Block]:
    return _parse(text)


def _parse(text: str) -> Sequence[Block]:
    return tuple(
        Block(token.type, token.tag, token.content, token.info, (token.map[0], token.map[1]) if token.map else None)
        for token in _markdown().parse(text)
        if token.type in _READ
    )


@functools.cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": 30}).enable("table")
    # Only blocks are needed: inline code is found elsewhere, at a tenth of the cost.
    parser.core.ruler.disable(["inline", "text_join"])
    return parser
