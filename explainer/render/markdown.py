"""Markdown that is safe to paste into a ticket: headings, lists and fences are ours; all else is text or code.

No tables (GitHub and others disagree about a bar inside code), no HTML, no links.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from explainer.render import inert, wording
from explainer.render.compose import compose
from explainer.render.outline import (
    Badge,
    Block,
    Bullets,
    Cite,
    Command,
    Config,
    Entry,
    Group,
    Inline,
    Line,
    Para,
    Prose,
    Row,
    Rows,
    Struck,
    Value,
    Words,
)
from explainer.schema.report import Report


def render(report: Report) -> str:
    """One report as Markdown, ended by a line feed."""
    outline = compose(report)
    title = f"## {outline.verdict}: {', '.join(outline.qualifiers)}"
    parts = [title]
    if outline.headline.strip():
        parts.append(inert.markdown_prose(outline.headline))
    if outline.reason.strip():
        parts.append(inert.markdown_prose(outline.reason))
    reasons = [inert.markdown_prose(reason) for reason in outline.reasons if reason.strip()]
    if len(reasons) > 1:
        parts += [f"**{outline.automation.text}**:", "\n".join(f"- {reason}" for reason in reasons)]
    else:
        parts.append(f"**{outline.automation.text}**" + (f": {reasons[0]}" if reasons else "."))
    if outline.degraded:
        parts.append(f"**{wording.DEGRADED}:** {wording.DEGRADED_NOTE}: {inert.markdown_prose(outline.degraded)}")
    drawn = _Page(outline.evidence_ids)
    for section in outline.sections:
        parts.append(f"### {section.title}")
        if section.key == "withheld":
            parts.append(wording.WITHHELD_TWINS)
        parts += drawn.blocks(section.blocks)
    return "\n\n".join(parts) + "\n"


def render_many(reports: Sequence[Report]) -> str:
    """Reports one after the other, with a rule between."""
    return "\n---\n\n".join(render(report) for report in reports)


class _Page:
    """Draws blocks; knows the evidence ids that citations may name."""

    def __init__(self, evidence_ids: tuple[str, ...]) -> None:
        self._known = frozenset(evidence_ids)

    def inline(self, one: Inline) -> str:
        match one:
            case Words(text, tone):
                return _strong(text) if tone == "strong" else text
            case Badge(text):
                return f"_({text})_"
            case Prose(text, tone):
                prose = inert.markdown_prose(text)
                return f"**{prose}**" if tone == "strong" and prose else prose
            case Value(text, whole):
                return inert.markdown_code(inert.value(text, len(text) if whole else inert.VALUE_LIMIT))
            case Cite(ids):
                return " ".join(self.mark(name) for name in ids)

    def mark(self, name: str) -> str:
        return f"[{name}]" if inert.is_evidence_id(name) else inert.markdown_code(inert.value(name))

    def line(self, line: Line) -> str:
        return "".join(self.inline(one) for one in line)

    def row(self, row: Row) -> str:
        label = f"**{row.label.text}:**" if isinstance(row.label, Words) else f"{self.inline(row.label)}:"
        return f"- {label} {self.line(row.line)}"

    def blocks(self, blocks: Sequence[Block]) -> list[str]:
        out: list[str] = []
        for short, run in groupby(blocks, key=_is_short):
            if short:
                out.append("\n".join(self.short(entry) for entry in run if isinstance(entry, Entry)))
            else:
                out += [drawn for block in run for drawn in self.block(block)]
        return out

    def short(self, entry: Entry) -> str:
        about = [self.line(block.line) for block in entry.blocks if isinstance(block, Para)]
        return "- " + " — ".join([self.lead(entry), *about])

    def block(self, block: Block) -> list[str]:
        match block:
            case Para(line):
                return [self.line(line)]
            case Rows(rows):
                return ["\n".join(self.row(row) for row in rows)]
            case Bullets(items):
                return ["\n".join(f"- {self.line(item)}" for item in items)]
            case Command(text):
                return [*_warned(text), inert.markdown_fence(text, "sh")]
            case Config(text):
                return [*_warned(text), inert.markdown_fence(text, "yaml")]
            case Struck(label, text):
                return [f"**{label}:** ~~{inert.twins(text) or 'empty'}~~"]
            case Group(title, inner, folds):
                return [f"#### {title}" if folds else f"**{title}**", *self.blocks(inner)]
            case Entry():
                return self.entry(block)

    def lead(self, entry: Entry) -> str:
        number = f"**{entry.number}.** " if entry.number is not None else ""
        if entry.number is not None and isinstance(first := entry.lead[0] if entry.lead else None, Prose):
            # Number and title are one piece of emphasis.
            title = inert.markdown_prose(first.text)
            return self._marked(f"**{entry.number}.{f' {title}' if title else ''}**{self.line(entry.lead[1:])}", entry)
        anchor = f"**{self.mark(entry.anchor)}** " if entry.anchor is not None else ""
        return self._marked(f"{number}{anchor}{self.line(entry.lead)}", entry)

    def _marked(self, said: str, entry: Entry) -> str:
        badges = " ".join(self.inline(badge) for badge in entry.badges)
        handle = inert.markdown_code(inert.value(entry.handle)) if entry.handle else ""
        return f"{said} {badges} {handle}".strip()

    def entry(self, entry: Entry) -> list[str]:
        lead = self.lead(entry)
        drawn = self.blocks(entry.blocks)
        if entry.number is not None:
            # What is said about a step makes one paragraph, so that a list of steps stays a list.
            words = [self.line(block.line) for block in entry.blocks if isinstance(block, Para)]
            rest = [block for block in entry.blocks if not isinstance(block, Para)]
            drawn = [" ".join(_ended(text) for text in words), *self.blocks(rest)] if words else self.blocks(rest)
        return ([lead] if lead else []) + drawn


def _ended(text: str) -> str:
    # A number with a full stop would begin a list.
    return text if " " not in text or text.endswith((".", "!", "?", ":")) else f"{text}."


def _strong(text: str) -> str:
    """Emphasis touches its words; the spaces around them stay outside."""
    bare = text.strip()
    before, _, after = text.partition(bare)
    return f"{before}**{bare}**{after}" if bare else text


def _is_short(block: Block) -> bool:
    """An entry of a line or two, without a number, makes one list item."""
    return isinstance(block, Entry) and block.number is None and all(isinstance(part, Para) for part in block.blocks)


def _warned(text: str) -> list[str]:
    return [f"**{wording.ALTERED}**"] if inert.altered(text) else []
