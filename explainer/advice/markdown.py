"""Markdown to segments: what is code, what is prose, where each character stands, and what surrounds it."""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from explainer.advice.blocks import Block, blocks
from explainer.advice.unfenced import fenced

_MAX_SEGMENTS = 20_000
_MAX_KEPT = 100_000
# Of a paragraph that introduces something, its end says what for.
_MAX_LEAD = 2_000


@dataclass(slots=True)
class Context:
    """What a reader sees around a segment."""

    headings: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    """Sentences that introduce the segment, outermost list first; the nearest is last."""
    after: str = ""
    """The prose that follows directly."""
    column: str = ""
    row: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    quoted: bool = False
    comment: bool = False
    in_list: bool = False


@dataclass(slots=True)
class Segment:
    """A piece of the text, with the place of each of its lines in the original."""

    kind: str
    """``code`` or ``prose``."""
    lang: str
    text: str
    origin: list[tuple[int, int]]
    """For each line of ``text``: line (from 0) and column (from 0) of its first character in the original."""
    context: Context = field(default_factory=Context)
    _starts: list[int] | None = None

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column (from 1) in the original of a character of ``text``."""
        if self._starts is None:
            self._starts = [0, *(m.end() for m in re.finditer(r"\n", self.text))]
        index = bisect_right(self._starts, offset) - 1
        line, column = self.origin[min(index, len(self.origin) - 1)]
        return line + 1, column + offset - self._starts[index] + 1


_TICKS = re.compile(r"`+")


def code_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of the content of each inline code span."""
    runs = [(m.start(), m.end()) for m in _TICKS.finditer(text)]
    later: dict[int, list[int]] = {}
    for index, (start, end) in enumerate(runs):
        later.setdefault(end - start, []).append(index)
    spans = []
    index = 0
    while index < len(runs):
        start, end = runs[index]
        if start and text[start - 1] == "\\":
            index += 1
            continue
        same = later[end - start]
        following = bisect_right(same, index)
        if following == len(same):
            index += 1
            continue
        close = same[following]
        spans.append((end, runs[close][0]))
        index = close + 1
    return spans


_STRIKE = re.compile(r"~~(?=\S).{1,2000}?~~|<(del|s|strike)>.{1,2000}?</\1>", re.S)


def struck(text: str) -> list[tuple[int, int]]:
    """Spans that are crossed out."""
    if "~~" not in text and "<" not in text:
        return []
    return [m.span() for m in _STRIKE.finditer(text)]


_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>")
_SUMMARY = re.compile(r"<summary>(.{1,300}?)</summary>", re.I | re.S)
_FOLD = 9
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.S)


def _blank(match: re.Match[str]) -> str:
    text = match.group(0)
    if re.fullmatch(r"</?(code|kbd|tt)>", text, re.I):
        return "`".rjust(len(text)) if text[1] != "/" else "`".ljust(len(text))
    if re.match(r"</?(del|s|strike)\b", text, re.I):
        return text
    return re.sub(r"[^\n]", " ", text)


class _Builder:
    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.segments: list[Segment] = []
        self.headings: list[tuple[int, str]] = []
        self.leads: list[str] = []
        self.last = ""
        self.quote = 0
        self.pending: list[Segment] = []
        self.open: Segment | None = None
        """The paragraph directly before."""

    def add(self, kind: str, lang: str, text: str, origin: list[tuple[int, int]], **more: object) -> Segment:
        if kind == "code":
            self.open = None
        leads = tuple(
            [*self.leads, self.last] if self.last and (not self.leads or self.leads[-1] != self.last) else self.leads
        )
        context = Context(
            tuple(h for _, h in self.headings),
            leads[-4:],
            quoted=self.quote > 0,
            in_list=bool(self.leads),
            **more,  # type: ignore[arg-type]
        )
        segment = Segment(kind, lang, text, origin, context)
        self.segments.append(segment)
        return segment

    def prose(self, text: str, origin: list[tuple[int, int]], **more: object) -> None:
        for waiting in self.pending:
            waiting.context.after = text
        self.pending = []
        if self.open is not None:
            self.open.context.after = text
        segment = self.add("prose", "", text, origin, **more)
        # The answer to a question may be the next paragraph; the next item of a list is another matter.
        self.open = None if self.leads else segment
        if segment.context.leads and segment.context.leads[-1] == self.last and not self.last.rstrip().endswith(":"):
            # A paragraph that merely stands before does not introduce this one.
            segment.context.leads = (
                segment.context.leads[:-1] if len(segment.context.leads) > len(self.leads) else segment.context.leads
            )
        self.last = text[-_MAX_LEAD:]

    def place(self, content: str, first: int, last: int) -> list[tuple[int, int]]:
        """Where each line of a block's content stands; container prefixes were cut from the left."""
        origin = []
        for index, line in enumerate(content.split("\n")):
            number = min(first + index, max(first, last - 1), len(self.lines) - 1)
            original = self.lines[number]
            if line and original.endswith(line):
                column = len(original) - len(line)
            else:
                column = max(0, original.find(line.strip())) if line.strip() else 0
                column -= len(line) - len(line.lstrip()) if line.strip() else 0
            origin.append((number, max(0, column)))
        return origin


def segments(text: str) -> Sequence[Segment]:
    """Cut a Markdown text into segments, in reading order; code without a fence is code all the same.

    They are shared by all who ask: nobody changes them.
    """
    return _segments(text) if len(text) <= _MAX_KEPT else _segments.__wrapped__(text)


# What is read to be scored is then scanned for advice.
@functools.lru_cache(maxsize=4)
def _segments(text: str) -> Sequence[Segment]:
    marked, lines = fenced(text)
    found = _built(marked)
    if lines is not None:
        for segment in found:
            segment.origin = [(lines[min(line, len(lines) - 1)], column) for line, column in segment.origin]
    return found


def _built(text: str) -> list[Segment]:
    builder = _Builder(text)
    heads: list[str] = []
    row: list[str] = []
    row_segments: list[Segment] = []
    in_head = False
    column = 0
    row_line = 0
    cursor = 0
    level = 0
    before = ""
    for above, token in blocks(text):
        kind = token.type
        if len(builder.segments) > _MAX_SEGMENTS:
            break
        if kind == "heading_open":
            level = int(token.tag[1:])
        elif kind in ("bullet_list_open", "ordered_list_open"):
            builder.leads.append(builder.last)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            builder.last = builder.leads.pop() if builder.leads else ""
        elif kind == "list_item_open":
            builder.last = ""
        elif kind == "blockquote_open":
            builder.quote += 1
        elif kind == "blockquote_close":
            builder.quote -= 1
        elif kind == "thead_open":
            heads, in_head = [], True
        elif kind == "thead_close":
            in_head = False
        elif kind == "tr_open":
            row, row_segments, column = [], [], 0
            row_line = above + token.lines[0] if token.lines else row_line + 1
            cursor = 0
        elif kind == "tr_close":
            for segment in row_segments:
                segment.context.row, segment.context.heads = tuple(row), tuple(heads)
        elif kind in ("th_close", "td_close"):
            column += 1
        elif kind in ("fence", "code_block"):
            _code(builder, token, above)
        elif kind == "html_block":
            _html(builder, token, above)
        elif kind == "inline":
            if before == "heading_open":
                builder.headings = [h for h in builder.headings if h[0] < level] + [(level, token.content)]
                builder.last = ""
                builder.open = None
                for waiting in builder.pending:
                    waiting.context.after = ""
                builder.pending = []
                first = above + token.lines[0] if token.lines else above
                builder.add("prose", "heading", token.content, builder.place(token.content, first, first + 1))
            elif before == "th_open" or in_head:
                heads.append(token.content)
            elif before == "td_open":
                line = builder.lines[min(row_line, len(builder.lines) - 1)]
                found = line.find(token.content, cursor)
                if found < 0:
                    found = cursor
                cursor = found + len(token.content)
                row.append(token.content)
                row_segments.append(
                    builder.add(
                        "prose",
                        "cell",
                        token.content,
                        [(row_line, found)],
                        column=heads[column] if column < len(heads) else "",
                    )
                )
            else:
                first, last = token.lines or (0, 1)
                _paragraph(builder, token.content, above + first, above + last)
        before = kind
    return builder.segments


def _paragraph(builder: _Builder, content: str, first: int, last: int) -> None:
    origin = builder.place(content, first, last)
    if "<" in content:
        for match in _COMMENT.finditer(content):
            start = content.count("\n", 0, match.start())
            line, column = origin[start]
            offset = match.start(1) - (content.rfind("\n", 0, match.start()) + 1)
            inner = match.group(1)
            places = [(line, column + offset), *origin[start + 1 : start + 1 + inner.count("\n")]]
            builder.add("prose", "", inner, places, comment=True)
        content = _COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), content)
        content = _TAG.sub(_blank, content)
    builder.prose(content, origin)


def _code(builder: _Builder, token: Block, above: int) -> None:
    first, last = token.lines or (0, 1)
    first, last = above + first, above + last
    content = token.content.removesuffix("\n")
    start = first + 1 if token.type == "fence" else first
    info = token.info.strip().split() if token.info else []
    lang = re.split(r"[{,:\s]", info[0].strip("{}."))[0].lower() if info else ""
    segment = builder.add("code", lang, content, builder.place(content, start, last))
    builder.pending.append(segment)


def _html(builder: _Builder, token: Block, above: int) -> None:
    first, last = token.lines or (0, 1)
    first, last = above + first, above + last
    content = token.content.removesuffix("\n")
    summary = _SUMMARY.search(content)
    if summary:
        # The summary of a fold is the heading of what is folded.
        builder.headings = [*builder.headings, (_FOLD, re.sub(r"<[^<>]*>", " ", summary.group(1)).strip())]
    _paragraph(builder, content, first, last)
    if "</details>" in content.lower():
        builder.headings = [h for h in builder.headings if h[0] < _FOLD]
