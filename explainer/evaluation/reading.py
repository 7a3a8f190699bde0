# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Markdown of any tool into sentences and code, each with its place, its section and its stage of response."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from explainer.advice.markdown import Segment, code_spans, segments
from explainer.schema.knowledge import Stage

Section = Literal["observation", "verdict", "unknown", "mitre", "action"]

_MARKS = re.compile(
    r"\*{1,3}|(?<!\w)_{1,2}(?=\S)|(?<=\S)_{1,2}(?!\w)|\s*[\[(]\s*E\d{1,3}(?:\s*,\s*E\d{1,3})*\s*[\])]|(?<!\w)~~|~~(?!\w)"
    r"|^\s*\[[ xX]\]\s+|\\(?=[!-/:-@\[-`{-~])|\]\(\S*?\)|!?\[(?=[^\]]*\]\()"
)
_CODE = re.compile(r"(`+)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_END = re.compile(r"[.!?][)\"”'’*_`]{0,3}\s+(?=\S)")
_ABBREVIATED = re.compile(r"(?:\b(?:e\.g|i\.e|vs|etc|cf|no|ca|approx|incl|resp)|^\d{1,2})$", re.IGNORECASE)
_MARKED = re.compile(r"[*_\[(~\\]")
_BOLD_LINE = re.compile(r"\s*(?:\d+[.)]\s+)?(\*\*|__)(?P<title>[^*\n]{2,80}?)\1\s*:?\s*")
_COLON_LINE = re.compile(r"(?P<title>[A-Z][^.!?\n`]{1,80}):\s*")
_LABEL = re.compile(r"[*_]{0,3}(?P<title>[A-Za-z][\w&/' -]{2,40}?)[*_]{0,3}\s?[:.—–][*_]{0,3}\s")

_SECTIONS: tuple[tuple[Section, str], ...] = (
    (
        "unknown",
        r"\bunknowns?\b|\bnot (?:yet )?(?:known|clear|told|in the alert)\b|\bopen (?:questions?|points?|issues?|ends?)\b"
        r"|\bgaps?\b|\bmissing\b|\bnot tell|\bnot say|\buncertain|\bcannot (?:tell|be told|know|see|say)\b|\bcaveats?\b"
        r"|\blimit(?:s|ations?)\b|\bstill to (?:find|learn|establish)\b|\bblind spots?\b|\bleft open\b|\bto be (?:found|established)\b"
        r"|\bcannot answer\b|\bassumptions?\b|\bwhat we (?:do not|don't) know\b",
    ),
    ("mitre", r"\bmitre\b|\batt&?ck\b(?! (?:path|chain|vector))|\btechniques?\b|\btactics?\b"),
    ("verdict", r"\bverdict\b|\bassessment\b|\bclassification\b|\bconclusion\b|\bbottom line\b|\bdisposition\b"),
    (
        "action",
        r"\bnext steps?\b|\bto[- ]do\b|\bwhat to do\b|\brecommend|\bactions?\b|\brespon(?:se|d)\b|\bremediat|\bmitigat"
        r"|\bsteps\b|\bplaybook\b|\brunbook\b|\bprocedure\b|\bplan\b|\bin this order\b|\bhandling\b|\bdo (?:this|now|first)\b"
        r"|\bchecks?\b|\bhow to\b|\bmeasures\b|\bfix(?:es)?\b|\bhardening\b|\btasks\b"
        r"|\bconfiguration\b|\bconfigure\b|\badvice\b|\bask first\b|\bimmediate(?:ly)?\b|\bfirst hour\b",
    ),
)
_STAGES: tuple[tuple[Stage, str], ...] = (
    (
        "investigate",
        r"\binvestigat|\btriage\b|\bverif|\bchecks?\b|\bconfirm\b|\bdetermine\b|\bfind out\b|\bask first\b",
    ),
    (
        "preserve",
        r"\bpreserv|\bsecure (?:the )?evidence\b|\bcollect (?:the )?evidence\b|\bevidence (?:collection|first)\b|\bforensic",
    ),
    ("contain", r"\bcontain(?!er)|\bisolat|\bquarantine\b|\bstop the (?:bleeding|spread)\b|\blimit the damage\b"),
    ("eradicate", r"\beradicat|\bclean[- ]?up\b|\bremov(?:e|al)\b"),
    ("recover", r"\brecover|\brestor(?:e|ation)\b|\bharden|\bprevent(?:ion)?\b|\blong[- ]term\b|\bafterwards\b"),
    ("tune", r"\btun(?:e|ing)\b|\bnoise\b|\bfalse[- ]positive|\bexceptions?\b|\brule (?:change|adjust)"),
)
_SECTION = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _SECTIONS)
_STAGE = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _STAGES)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence (or heading, or table row) as a reader sees it; ``start`` and ``end`` are offsets in the text."""

    text: str
    """Without emphasis, backticks and evidence marks."""
    start: int
    end: int
    section: Section
    stage: Stage | None = None
    """What the heading says that the steps below it are for."""
    block: int = 0
    """Number of the paragraph or list item."""
    item: bool = False
    """In a list."""
    heading: bool = False
    first: bool = False
    """The first of its block."""


@dataclass(frozen=True, slots=True)
class Code:
    """A fenced block, or an inline span."""

    text: str
    start: int
    end: int
    language: str
    """Label of the fence; empty for inline code."""
    inline: bool
    section: Section
    block: int
    """The block that it stands in (inline) or that precedes it (fence)."""


@dataclass(frozen=True, slots=True)
class Page:
    """A text, read."""

    text: str
    sentences: tuple[Sentence, ...]
    codes: tuple[Code, ...]


@lru_cache(maxsize=2048)
def section_of(title: str) -> tuple[Section | None, Stage | None]:
    """What a heading announces, and for which stage of response."""
    if len(title) > 120:
        return None, None
    section = next((name for name, pattern in _SECTION if pattern.search(title)), None)
    stage = next((name for name, pattern in _STAGE if pattern.search(title)), None)
    if section is None and stage is not None:
        section = "action"
    return section, stage if section == "action" else None


def plain(text: str) -> str:
    """The words without Markdown."""
    if "`" not in text:
        return " ".join((_MARKS.sub("", text) if _MARKED.search(text) else text).split())
    parts, last = [], 0
    for match in _CODE.finditer(text):
        parts += [_MARKS.sub("", text[last : match.start()]), match[2]]
        last = match.end()
    parts.append(_MARKS.sub("", text[last:]))
    return " ".join("".join(parts).replace("`", "").split())


def read_page(text: str) -> Page:
    """Read a Markdown text. Never raises; what it cannot place is prose of an observation."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = [0]
        at = text.find("\n")
        while at >= 0:
            self.lines.append(at + 1)
            at = text.find("\n", at + 1)
        self.sentences: list[Sentence] = []
        self.codes: list[Code] = []
        self.block = 0
        self.section: Section = "observation"
        self.stage: Stage | None = None
        self.heads: tuple[str, ...] = ()
        self.item_label: tuple[Section, Stage | None] | None = None

    def read(self) -> Page:
        row: list[Segment] = []
        for segment in segments(self.text):
            if segment.lang == "cell" and segment.kind == "prose":
                if row and row[0].origin[0][0] != segment.origin[0][0]:
                    self._row(row)
                    row = []
                row.append(segment)
                continue
            if row:
                self._row(row)
                row = []
            if segment.kind == "code":
                self._fence(segment)
            else:
                self._prose(segment)
        if row:
            self._row(row)
        return Page(self.text, tuple(self.sentences), tuple(self.codes))

    def _at(self, segment: Segment, offset: int) -> int:
        if len(segment.origin) == 1:
            line, column = segment.origin[0]
            return min(self.lines[line] + column + offset, len(self.text))
        line, column = segment.place(offset)
        return min(self.lines[line - 1] + column - 1, len(self.text))

    def _head(self, title: str, *, real: bool) -> None:
        section, stage = section_of(plain(title).lower())
        if section is None and not real and self.section == "action":
            # "Step 2:" or "On the node:" within the steps opens nothing new.
            return
        self.section, self.stage = section or "observation", stage
        self.item_label = None

    def _enter_heading(self, segment: Segment) -> None:
        section, stage = section_of(plain(segment.text).lower())
        if section is None and self.section == "action" and segment.text[:1].isdigit():
            # "### 2. Monitor activity" below a bold "Mitigation:" goes on with it.
            return
        if section is None and len(segment.context.headings) > 1:
            # A sub-heading that announces nothing stays within what its parents announced.
            for parent in reversed(segment.context.headings[:-1]):
                section, stage = section_of(plain(parent).lower())
                if section is not None:
                    break
        self.section, self.stage = section or "observation", stage

    def _row(self, cells: list[Segment]) -> None:
        self.block += 1
        start, end = self._at(cells[0], 0), self._at(cells[-1], len(cells[-1].text))
        if len(cells) > 1 and re.fullmatch(r"\W*(?:step )?\d+\W*", cells[0].text, re.IGNORECASE):
            cells = cells[1:]
        words = " ".join(plain(cell.text).rstrip(".") + ("." if cell is cells[-1] else ",") for cell in cells)
        self.sentences.append(Sentence(words, start, end, self.section, self.stage, self.block, item=True, first=True))
        for cell in cells:
            self._inline(cell, self.section)

    def _fence(self, segment: Segment) -> None:
        start, end = self._at(segment, 0), self._at(segment, len(segment.text))
        self.codes.append(Code(segment.text, start, end, segment.lang, False, self.section, self.block))

    def _inline(self, segment: Segment, section: Section) -> None:
        if "`" in segment.text:
            for start, end in code_spans(segment.text):
                begin, stop = self._at(segment, start), self._at(segment, end)
                code = self._original(segment, segment.text[start:end], begin, stop)
                self.codes.append(Code(code, begin, stop, "", True, section, self.block))

    def _original(self, segment: Segment, piece: str, start: int, end: int) -> str:
        """The piece as written: the reader of Markdown blanks tags, and ``<pid>`` in a command is none."""
        if len(segment.origin) > 1 or "  " not in piece:
            return piece
        return self.text[start:end]

    def _prose(self, segment: Segment) -> None:
        text, context = segment.text, segment.context
        if context.comment:
            return
        self.block += 1
        heading = segment.lang == "heading"
        if heading:
            self._enter_heading(segment)
        elif not context.in_list:
            match = _BOLD_LINE.fullmatch(text) or _COLON_LINE.fullmatch(text)
            if match:
                self._head(match["title"], real=False)
                heading = match.re is _BOLD_LINE
        section, stage = self.section, self.stage
        label = None if heading else _LABEL.match(text)
        if label:
            announced, stage_of = section_of(plain(label["title"]).lower())
            if announced is not None and len(label["title"].split()) <= 5:
                section, stage = announced, stage_of or stage
        self._inline(segment, section)
        first = True
        for start, end in _bounds(text):
            begin, stop = self._at(segment, start), self._at(segment, end)
            words = plain(self._original(segment, text[start:end], begin, stop))
            if not words:
                continue
            self.sentences.append(
                Sentence(
                    words,
                    begin,
                    stop,
                    section,
                    stage,
                    self.block,
                    item=context.in_list,
                    heading=heading,
                    first=first,
                )
            )
            first = False


def _bounds(text: str) -> list[tuple[int, int]]:
    bounds, start = [], 0
    spans = [match.span() for match in _CODE.finditer(text)] if "`" in text else []
    starts = [span[0] for span in spans]
    for match in _END.finditer(text):
        cut = match.end()
        if _ABBREVIATED.search(text, max(start, match.start() - 8), match.start()):
            continue
        inside = bisect_right(starts, match.start()) - 1
        if inside >= 0 and spans[inside][0] < match.start() < spans[inside][1] - 1:
            continue
        bounds.append((start, len(text[:cut].rstrip())))
        start = cut
    if text[start:].strip():
        bounds.append((start, len(text.rstrip())))
    return bounds
