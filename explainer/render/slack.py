"""Slack Block Kit, one message a report.

Only ``plain_text`` and ``rich_text`` carry what came from outside: Slack parses neither for mentions or links, which no
escaping of its ``mrkdwn`` achieves. What does not fit is counted and pointed to, never cut off in silence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from explainer.render import inert, wording
from explainer.render.brief import Whole, compose_brief
from explainer.render.outline import (
    Badge,
    Block,
    Bullets,
    Cite,
    Command,
    Config,
    Entry,
    Group,
    Line,
    Outline,
    Para,
    Prose,
    Rows,
    Section,
    Struck,
    Value,
    Words,
)
from explainer.schema.report import Report

BLOCKS_AT_MOST = 50
TEXT_AT_MOST = 3000
HEADER_AT_MOST = 150
MESSAGE_AT_MOST = 12_000
"""Characters of all texts together; Slack refuses messages somewhat above 13,000."""
ROOM_FOR_THE_END = 400
FALLBACK_AT_MOST = 300

Json = dict[str, Any]

_WHOLE = Whole(there="the full report", everything="the full report, as Markdown, HTML or JSON")
"""A channel gets the brief view: somebody reads it on a telephone."""


def render(report: Report) -> str:
    """The payload as JSON on one line, ended by a line feed; post it as it is."""
    return json.dumps(payload(report), ensure_ascii=True) + "\n"


def payload(report: Report) -> Json:
    """The message: ``text`` for notifications, ``blocks`` for the channel; nothing in it can call or unfurl."""
    outline = compose_brief(report, _WHOLE)
    title = f"{outline.verdict}: {inert.value(outline.headline.strip() or report.alert.rule or 'alert')}"
    message = _Message()
    message.add({"type": "header", "text": _plain(inert.cut(title, HEADER_AT_MOST - 10), HEADER_AT_MOST)})
    message.add(_rich(_section_of(_head(outline))))
    for section in outline.sections:
        message.add_all(_drawn(section))
    return {
        "text": inert.cut(inert.slack_fallback(title), FALLBACK_AT_MOST),
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": message.finished(),
    }


class _Message:
    """Keeps within Slack's limits; the last block says what was left out."""

    def __init__(self) -> None:
        self._blocks: list[Json] = []
        self._size = 0
        self._dropped = 0

    def add(self, block: Json) -> bool:
        size = _size(block)
        full = len(self._blocks) >= BLOCKS_AT_MOST - 1 or self._size + size > MESSAGE_AT_MOST - ROOM_FOR_THE_END
        if full or self._dropped:
            self._dropped += 1
            return False
        self._blocks.append(block)
        self._size += size
        return True

    def add_all(self, blocks: Iterable[Json]) -> None:
        for block in blocks:
            self.add(block)

    def finished(self) -> list[Json]:
        if self._dropped:
            text = f"{self._dropped} more parts did not fit into a Slack message; the full report has them."
            self._blocks.append({"type": "context", "elements": [_plain(text, TEXT_AT_MOST)]})
        return self._blocks


def _size(block: Any) -> int:
    if isinstance(block, dict):
        own = len(block["text"]) if isinstance(block.get("text"), str) else 0
        return own + sum(_size(part) for part in block.values())
    if isinstance(block, list):
        return sum(_size(part) for part in block)
    return 0


# --- pieces ------------------------------------------------------------------------------------


def _plain(text: str, limit: int) -> Json:
    return {"type": "plain_text", "text": inert.cut(text, limit - 40)[:limit] or "-", "emoji": False}


def _text(text: str, **style: bool) -> Json:
    # Slack refuses empty text elements.
    said = inert.cut(text, TEXT_AT_MOST - 60) or "-"
    return {"type": "text", "text": said, **({"style": style} if style else {})}


def _prose(text: str, **style: bool) -> list[Json]:
    limit = TEXT_AT_MOST // 2
    return [_text(span.text, **(style | {"code": True} if span.code else style)) for span in inert.spans(text, limit)]


def _inlines(line: Line) -> list[Json]:
    out: list[Json] = []
    for one in line:
        match one:
            case Words(text, tone):
                out.append(_text(text, bold=True) if tone == "strong" else _text(text))
            case Badge(text):
                out.append(_text(f"({text})", italic=True))
            case Prose(text, tone):
                out += _prose(text, bold=True) if tone == "strong" else _prose(text)
            case Value(text):
                out.append(_text(inert.value(text), code=True))
            case Cite(ids):
                out.append(_text(" ".join(f"[{inert.value(name, 12)}]" for name in ids)))
    return out


def _section_of(elements: list[Json]) -> Json:
    return {"type": "rich_text_section", "elements": elements or [_text("-")]}


def _rich(*parts: Json) -> Json:
    return {"type": "rich_text", "elements": list(parts)}


def _head(outline: Outline) -> list[Json]:
    said = [_text(f"{outline.verdict}", bold=True), _text(f" · {' · '.join(outline.qualifiers)}\n")]
    said.append(_text(outline.automation.text, bold=True))
    for index, reason in enumerate(outline.reasons):
        said += [_text(": " if index == 0 else "; "), *_prose(reason)]
    if outline.degraded:
        said += [_text(f"\n{wording.DEGRADED}: {wording.DEGRADED_NOTE}: "), *_prose(outline.degraded)]
    if outline.reason.strip():
        said += [_text("\n"), *_prose(outline.reason)]
    return said


# --- sections ----------------------------------------------------------------------------------


def _drawn(section: Section) -> list[Json]:
    parts: list[Json] = [_section_of([_text(section.title, bold=True)])] if section.title else []
    for block in section.blocks:
        parts += _block(block)
    # One block a section keeps the count low; long sections are split, so that a part can be left out.
    return [_rich(*parts[at : at + 12]) for at in range(0, len(parts), 12)]


def _block(block: Block) -> list[Json]:
    match block:
        case Para(line):
            return [_section_of([*_inlines(line), _text("\n")])]
        case Rows(rows):
            items = [[*_inlines((row.label,)), _text(": "), *_inlines(row.line)] for row in rows]
            return [_list(items)]
        case Bullets(items):
            return [_list([_inlines(item) for item in items])]
        case Command(text) | Config(text):
            return _verbatim(text)
        case Struck(label, text):
            flat = inert.one_line(text, TEXT_AT_MOST // 2)
            return [_section_of([_text(f"{label}: ", bold=True), _text(flat, strike=True), _text("\n")])]
        case Group(title, inner):
            return [_section_of([_text(title, bold=True)]), *(part for one in inner for part in _block(one))]
        case Entry():
            return _entry(block)


def _list(items: list[list[Json]]) -> Json:
    return {"type": "rich_text_list", "style": "bullet", "elements": [_section_of(item) for item in items]}


def _verbatim(text: str) -> list[Json]:
    body = inert.block(text)
    if len(body) > TEXT_AT_MOST or inert.altered(text):
        # A cut command is a trap: better none than a part of one.
        return [
            _section_of([_text("This cannot be shown whole in Slack; take it from the full report.\n", italic=True)])
        ]
    return [{"type": "rich_text_preformatted", "elements": [_text(body)]}]


def _entry(entry: Entry) -> list[Json]:
    lead: list[Json] = []
    if entry.number is not None:
        lead.append(_text(f"{entry.number}. ", bold=True))
    if entry.anchor is not None:
        lead.append(_text(f"[{inert.value(entry.anchor, 12)}] ", bold=True))
    lead += _inlines(entry.lead)
    for badge in entry.badges:
        lead += [_text(" "), *_inlines((badge,))]
    head = [_section_of([*lead, _text("\n")])] if lead else []
    return head + [part for one in entry.blocks for part in _block(one)]
