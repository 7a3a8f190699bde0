"""Plain or coloured text for a terminal, readable from 40 columns up; brief unless the whole is asked for.

Colour never carries meaning alone: every mark is a word. Commands stand whole on lines of their own, whatever the
width; withheld text never does, each of its lines begins with a mark that no shell would run.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from explainer.render import inert, wording
from explainer.render.brief import compose_brief
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
    Outline,
    Para,
    Prose,
    Row,
    Rows,
    Section,
    Struck,
    Tone,
    Value,
    Words,
)
from explainer.schema.report import Report

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_STYLES: dict[Tone, str] = {
    "plain": "",
    "strong": "bold",
    "dim": "dim",
    "good": "green",
    "warn": "yellow",
    "bad": "bold red",
    "info": "cyan",
}
_CODE = "cyan"
_NARROWEST = 24
_HASH = re.compile("[0-9a-f]{32,}")


def render(report: Report, *, width: int = 80, color: bool = False, unicode: bool = True, full: bool = False) -> str:
    """One report, ended by a line feed.

    Args:
        report: a verified report.
        width: columns; text wraps there, commands and configuration do not.
        color: ANSI styles. Without it the text holds no control character but the line feed.
        unicode: False for terminals that show ASCII only.
        full: everything that the report holds; otherwise what fits into a minute, with a pointer to the rest.
    """
    outline = compose(report) if full else compose_brief(report)
    return _Screen(outline, max(width, _NARROWEST), color=color, unicode=unicode).draw()


def render_many(
    reports: Sequence[Report], *, width: int = 80, color: bool = False, unicode: bool = True, full: bool = False
) -> str:
    """Reports one after the other, with a double rule between."""
    rule = ("═" if unicode else "=") * max(width, _NARROWEST)
    return f"\n{rule}\n\n".join(render(one, width=width, color=color, unicode=unicode, full=full) for one in reports)


class _Screen:
    """Collects lines; all text passes ``_text``, so nothing reaches the terminal that was not made visible."""

    def __init__(self, outline: Outline, width: int, *, color: bool, unicode: bool) -> None:
        # Here and not at the top: rich costs start-up time that the other renderers should not pay.
        from rich.console import Console

        self._outline = outline
        self._width = width
        self._color = color
        self._unicode = unicode
        self._console: Console = Console(
            file=io.StringIO(),
            width=width,
            height=100,
            color_system="standard" if color else None,
            force_terminal=color,
            force_jupyter=False,
            force_interactive=False,
            no_color=not color,
            markup=False,
            emoji=False,
            highlight=False,
            legacy_windows=False,
            _environ={},
        )
        self._lines: list[Text] = []

    def draw(self) -> str:
        """The whole text."""
        self._head()
        for section in self._outline.sections:
            self._section(section)
        with self._console.capture() as captured:
            for line in self._lines:
                line.rstrip()
                self._console.print(line, soft_wrap=True)
        return captured.get()

    # --- lines --------------------------------------------------------------------------------

    def _text(self, text: str, style: str = "") -> Text:
        from rich.text import Text

        return Text(text if self._unicode else inert.ascii_only(text), style=style, end="")

    def _blank(self) -> None:
        if self._lines and self._lines[-1].plain:
            self._lines.append(self._text(""))

    def _put(self, text: Text, first: str = "", rest: str | None = None, lead_style: str = "") -> None:
        """Wrap ``text``; ``first`` and ``rest`` lead its first and its other lines."""
        from rich.cells import cell_len

        lead, follow = self._text(first, lead_style), self._text(first if rest is None else rest)
        room = self._width - max(cell_len(lead.plain), cell_len(follow.plain))
        for index, line in enumerate(text.wrap(self._console, max(room, 8), overflow="fold")):
            whole = (lead if index == 0 else follow).copy()
            whole.append_text(line)
            self._lines.append(whole)

    def _put_short(self, text: Text, first: str) -> None:
        room = self._width - len(first)
        if text.cell_len > room:
            mark = self._text("…")
            text.truncate(room - mark.cell_len, overflow="crop")
            text.append_text(mark)
        whole = self._text(first)
        self._lines.append(whole.append_text(text))

    def _verbatim(self, text: str, indent: str) -> None:
        if inert.altered(text):
            self._put(self._text(wording.ALTERED, "bold red"), indent)
        body = inert.block(text).split("\n")
        # A here-document ends only at the start of a line.
        margin = indent if len(body) == 1 else ""
        self._lines += [self._text(margin + line, _CODE) for line in body]

    # --- inlines ------------------------------------------------------------------------------

    def _inline(self, one: Inline) -> Text:
        match one:
            case Words(text, tone):
                return self._text(text, _STYLES[tone])
            case Badge(text, tone):
                return self._text(f"[{text}]", _STYLES[tone])
            case Prose(text, tone):
                return self._prose(text, _STYLES[tone])
            case Value(text, whole, cut, tone):
                limit = len(text) if whole else cut or inert.VALUE_LIMIT
                shown = f"{text[:12]}…" if whole and _HASH.fullmatch(text) else inert.value(text, limit)
                return self._text(shown, _CODE if tone == "plain" else _STYLES[tone])
            case Cite(ids):
                return self._text(" ".join(f"[{inert.value(name)}]" for name in ids), "bold")

    def _prose(self, text: str, style: str = "") -> Text:
        from rich.text import Text

        out = Text(style=style, end="")
        for span in inert.spans(text):
            ticks = "`" if span.ticked and not self._color else ""
            out.append_text(self._text(f"{ticks}{span.text}{ticks}", _CODE if span.code else ""))
        return out

    def _line(self, line: Line) -> Text:
        from rich.text import Text

        out = Text(end="")
        for one in line:
            out.append_text(self._inline(one))
        return out

    # --- parts --------------------------------------------------------------------------------

    def _head(self) -> None:
        outline = self._outline
        title = self._text(f" {outline.verdict.upper()} ", f"{_STYLES[outline.tone]} bold reverse")
        title.append_text(self._text("  " + " · ".join(outline.qualifiers)))
        self._put(title, "", "  ")
        automation = self._inline(Words(outline.automation.text, outline.automation.tone))
        reasons = [self._prose(one) for one in outline.reasons if one.strip()]
        self._put(automation.append_text(self._text(":" if reasons else "")), " ", "   ")
        for reason in reasons:
            self._put(reason, "   - ", "     ")
        if outline.degraded:
            said = self._text(f"{wording.DEGRADED}: {wording.DEGRADED_NOTE}: ", "yellow")
            self._put(said.append_text(self._prose(outline.degraded)), " ", "   ")
        for hostile, style in ((outline.headline, "bold"), (outline.reason, "")):
            if hostile.strip():
                self._blank()
                self._put(self._prose(hostile, style), " ")

    def _section(self, section: Section) -> None:
        # The rule beside a title parts the brief view well enough; its lines are dear.
        if not self._outline.compact or section.key == "summary":
            self._blank()
        if section.key == "provenance":
            self._small_print(section)
            return
        if section.title:
            self._title(section.title)
        self._blocks(section.blocks, "  " if section.title else " ")

    def _title(self, words: str) -> None:
        title = self._text(words, "bold")
        room = self._width - title.cell_len - 1
        title.append_text(self._text(f" {'─' * room}" if room > 2 else "", "dim"))
        self._put(title)

    def _small_print(self, section: Section) -> None:
        line = self._text(f"{section.title}: ", "dim")
        parts: list[Line] = []
        for block in section.blocks:
            if isinstance(block, Rows):
                parts += [(row.label, Words(" "), *row.line) for row in block.rows]
            elif isinstance(block, Bullets):
                parts += block.items
        for index, part in enumerate(parts):
            line.append_text(self._text(" · " if index else ""))
            line.append_text(self._text(self._line(part).plain))
        line.stylize("dim")
        self._put(line, "", "  ")

    def _row(self, row: Row, indent: str, column: int) -> None:
        from rich.cells import cell_len

        label = self._inline(row.label)
        line = self._line(row.line)
        if label.cell_len < column:
            lead = indent + label.plain + " " * (column - label.cell_len)
            self._put(line, lead, " " * cell_len(lead), lead_style="dim")
        else:
            label.stylize("dim")
            self._put(label, indent)
            self._put(line, indent + " " * column)

    def _blocks(self, blocks: Sequence[Block], indent: str) -> None:
        for block in blocks:
            self._block(block, indent)

    def _block(self, block: Block, indent: str) -> None:
        match block:
            case Para(line, one_line):
                if one_line:
                    self._put_short(self._line(line), indent)
                else:
                    self._put(self._line(line), indent)
            case Rows(rows):
                column = 10 if self._outline.compact else 18 if self._width >= 60 else 8
                for row in rows:
                    self._row(row, indent, column)
            case Bullets(items):
                for item in items:
                    self._put(self._line(item), f"{indent}- ", f"{indent}  ")
            case Command(text) | Config(text):
                self._verbatim(text, indent)
            case Struck(label, text):
                flat = inert.one_line(text)
                self._put(self._text(label, "bold red"), f"{indent}✗ ")
                self._put(self._text(flat, "strike dim"), f"{indent}✗ │ ")
            case Group(title, inner):
                self._put(self._text(title, "bold"), indent)
                self._blocks(inner, indent + "  ")
            case Entry():
                self._entry(block, indent)

    def _entry(self, entry: Entry, indent: str) -> None:
        first = f"{indent}{entry.number}. " if entry.number is not None else indent
        if entry.anchor is not None:
            first = f"{indent}[{inert.value(entry.anchor, 12)}] "
        lead = self._line(entry.lead)
        for badge in entry.badges:
            lead.append_text(self._text(" " if lead.plain else "")).append_text(self._inline(badge))
        if entry.handle is not None:
            lead.append_text(self._text(f" ({inert.value(entry.handle)})", "dim"))
        if entry.faded:
            lead.stylize("dim")
        inner = indent + ("  " if self._outline.compact else "    ")
        if lead.plain.strip():
            self._put(lead, first, inner)
        self._blocks(entry.blocks, inner)
