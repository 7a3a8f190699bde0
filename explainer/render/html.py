"""One HTML file: no scripts, nothing loaded, nothing linked but its own evidence; light, dark and on paper.

The policy in the head allows exactly the one style sheet that stands beside it, by its hash.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from explainer.render import inert, wording
from explainer.render.compose import compose
from explainer.render.markup import Child, Node, join, tag
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
    Outline,
    Para,
    Prose,
    Row,
    Rows,
    Section,
    Struck,
    Value,
    Words,
)
from explainer.render.stylesheet import CSS
from explainer.schema.report import Report

_POLICY = (
    "default-src 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'"
)


def render(report: Report) -> str:
    """One report as a document of its own."""
    return render_many([report])


def render_many(reports: Sequence[Report]) -> str:
    """One document; with several reports it opens with a list of them."""
    outlines = [compose(report) for report in reports]
    several = len(outlines) > 1
    listed = tag("ol", *(_contents(one, at) for at, one in enumerate(outlines, 1)))
    contents = tag("nav", listed, class_="contents", aria_label="Reports")
    body = tag("main", contents if several else None, *(_Article(one, at).draw() for at, one in enumerate(outlines, 1)))
    title = f"{len(outlines)} alert explanations" if several else f"{outlines[0].verdict}: alert explanation"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="robots", content="noindex"),
        tag("title", title),
        # A style element holds raw text: escaping would break the selectors, and the hash would not match.
        Node(f"<style>{CSS}</style>"),
    )
    return "<!DOCTYPE html>\n" + tag("html", head, "\n", tag("body", body), lang="en").source + "\n"


def _contents(outline: Outline, at: int) -> Node:
    said = outline.headline.strip() or outline.reason.strip() or wording.SUMMARY
    link = tag("a", tag("span", outline.verdict, class_=f"badge {outline.tone}"), " ", _prose(said), href=f"#r{at}")
    return tag("li", link)


def _prose(text: str) -> Node:
    return join(*(tag("code", span.text) if span.code else span.text for span in inert.spans(text)))


class _Article:
    """Draws one report; ids start with the report's number, so that several fit into one document."""

    def __init__(self, outline: Outline, at: int) -> None:
        self._outline = outline
        self._at = at
        # The place, not the id, makes the anchor: an id is hostile text.
        self._places = {name: place for place, name in reversed(list(enumerate(outline.evidence_ids, start=1)))}

    def draw(self) -> Node:
        """The article."""
        outline = self._outline
        reasons = [_prose(reason) for reason in outline.reasons if reason.strip()]
        listed = tag("ul", *(tag("li", reason) for reason in reasons)) if len(reasons) > 1 else None
        header = tag(
            "header",
            tag(
                "p",
                tag("strong", outline.verdict, class_="value"),
                *(tag("span", word, class_="qualifier") for word in outline.qualifiers),
                class_="verdict",
            ),
            tag("h1", _prose(outline.headline.strip() or outline.verdict), id=f"r{self._at}-title"),
            tag("p", _prose(outline.reason), class_="reason") if outline.reason.strip() else None,
            tag(
                "p",
                self._badge(outline.automation),
                " ",
                None if listed else join(*reasons),
                class_="automation",
            ),
            listed,
            self._degraded(outline.degraded) if outline.degraded else None,
            class_=f"top {outline.tone}",
        )
        sections = (self._section(section) for section in outline.sections)
        return tag("article", header, *sections, id=f"r{self._at}", aria_labelledby=f"r{self._at}-title")

    def _degraded(self, why: str) -> Node:
        badge = self._badge(Badge(wording.DEGRADED, "warn"))
        return tag("p", badge, f" {wording.DEGRADED_NOTE}: ", _prose(why), class_="automation")

    def _section(self, section: Section) -> Node:
        name = f"r{self._at}-{section.key}"
        inner = self._blocks(section.blocks)
        if section.key == "alert":
            groups = sum(isinstance(block, Group) for block in section.blocks)
            inner = [tag("div", *inner[:groups], class_="facts"), *inner[groups:]]
        title = tag("h2", section.title, id=name)
        if section.quiet:
            return tag("details", tag("summary", title), *inner, class_=f"part {section.key}")
        return tag("section", title, *inner, class_=f"part {section.key}", aria_labelledby=name)

    # --- inlines ------------------------------------------------------------------------------

    def _inline(self, one: Inline) -> Node:
        match one:
            case Words(text, tone):
                return join(text) if tone == "plain" else tag("span", text, class_=tone)
            case Badge():
                return self._badge(one)
            case Prose(text, tone):
                return _prose(text) if tone == "plain" else tag("span", _prose(text), class_=tone)
            case Value(text, whole):
                return tag("code", inert.value(text, len(text) if whole else inert.VALUE_LIMIT))
            case Cite(ids):
                return join(*(self._cite(name) for name in ids), between=" ")

    def _badge(self, badge: Badge) -> Node:
        return tag("span", badge.text, class_=f"badge {badge.tone}")

    def _cite(self, name: str) -> Node:
        place = self._places.get(name)
        shown = inert.value(name, 12)
        if place is None:
            return tag("span", shown, class_="cite")
        return tag("a", shown, class_="cite", href=f"#r{self._at}-evidence-{place}")

    def _line(self, line: Line) -> Node:
        return join(*(self._inline(one) for one in line))

    # --- blocks -------------------------------------------------------------------------------

    def _blocks(self, blocks: Sequence[Block]) -> list[Child]:
        return [self._block(block) for block in blocks]

    def _block(self, block: Block) -> Node:
        match block:
            case Para(line):
                return tag("p", self._line(line))
            case Rows(rows):
                return tag("dl", *(self._row(row) for row in rows))
            case Bullets(items):
                return tag("ul", *(tag("li", self._line(item)) for item in items))
            case Command(text):
                return self._verbatim(text, "command", "Command")
            case Config(text):
                return self._verbatim(text, "config", "Configuration")
            case Struck(label, text):
                flat = inert.one_line(text)
                return tag("p", tag("span", label, class_="badge bad"), " ", tag("del", flat), class_="struck")
            case Group(title, inner, folds=True):
                return tag("details", tag("summary", tag("h3", title)), *self._blocks(inner), class_="group further")
            case Group(title, inner):
                return tag("div", tag("h3", title), *self._blocks(inner), class_="group")
            case Entry():
                return self._entry(block)

    def _row(self, row: Row) -> Node:
        return tag("div", tag("dt", self._inline(row.label)), tag("dd", self._line(row.line)))

    def _verbatim(self, text: str, kind: str, label: str) -> Node:
        warning = tag("p", wording.ALTERED, class_="bad") if inert.altered(text) else None
        # Focusable, so that a keyboard can scroll what is wider than the page.
        box = tag("pre", tag("code", inert.block(text)), class_=kind, tabindex="0", role="group", aria_label=label)
        return join(warning, box)

    def _entry(self, entry: Entry) -> Node:
        place = self._places.get(entry.anchor) if entry.anchor is not None else None
        sign: Node | None = None
        if entry.number is not None:
            sign = tag("span", str(entry.number), class_="number")
        elif entry.anchor is not None:
            sign = tag("span", inert.value(entry.anchor, 12), class_="cite")
        lead = tag("span", self._line(entry.lead), class_="lead") if entry.lead else None
        marks: list[Child] = [self._badge(badge) for badge in entry.badges]
        if entry.handle is not None:
            marks.append(tag("code", inert.value(entry.handle), class_="handle"))
        if entry.folds and entry.blocks:
            named = tag("span", lead, " ", tag("span", *marks, class_="marks") if marks else None, class_="said")
            head = tag("summary", tag("span", sign, named, class_="entry-head"))
            return tag(
                "details", head, *self._blocks(entry.blocks), class_="entry fold faded" if entry.faded else "entry fold"
            )
        said = tag("span", lead, tag("span", *marks, class_="marks") if marks else None, class_="said")
        first = tag("p", sign, said, class_="entry-head")
        return tag(
            "div",
            first if sign or lead or marks else None,
            *self._blocks(entry.blocks),
            class_="entry faded" if entry.faded else "entry",
            id=f"r{self._at}-evidence-{place}" if place is not None else None,
        )
