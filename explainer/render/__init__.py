"""Reports as text: terminal, Markdown, JSON, HTML, Slack.

A renderer is a callable ``(Report) -> str``; other distributions add one through the entry-point group
``explainer.renderers``. Several reports in one text need a say of their own for some targets (one HTML page, one JSON
document a line); such a renderer is named in ``BATCH_RENDERERS`` too, group ``explainer.batch_renderers``. Without one
the texts follow each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from explainer.registry import Registry
from explainer.schema.report import Report

Renderer = Callable[..., str]
"""``(report, **options) -> str``. Only ``terminal`` and ``json`` take options."""

RENDERERS: Registry[Renderer] = Registry(
    "renderer",
    {
        "terminal": "explainer.render.terminal:render",
        "markdown": "explainer.render.markdown:render",
        "json": "explainer.render.json:render",
        "html": "explainer.render.html:render",
        "slack": "explainer.render.slack:render",
    },
    group="explainer.renderers",
)

BATCH_RENDERERS: Registry[Renderer] = Registry(
    "batch renderer",
    {
        "terminal": "explainer.render.terminal:render_many",
        "markdown": "explainer.render.markdown:render_many",
        "json": "explainer.render.json:render_many",
        "html": "explainer.render.html:render_many",
    },
    group="explainer.batch_renderers",
)


def render(report: Report, as_: str = "markdown", **options: Any) -> str:
    """Render one report.

    Args:
        report: a verified report.
        as_: a name in ``RENDERERS``.
        options: handed to the renderer (terminal: ``width``, ``color``, ``unicode``, ``full``; json: ``lines``).

    Raises:
        UnknownNameError: no renderer has that name.
    """
    return RENDERERS.get(as_)(report, **options)


def render_many(reports: Iterable[Report], as_: str = "markdown", **options: Any) -> str:
    """Render several reports into one text.

    terminal and markdown: one after the other, with a rule between. json: a pretty document when there is one report,
    one report a line when there are several. html: one document. slack, and renderers without a batch form: one text a
    report, each ended by a line feed. No reports give an empty text.

    Raises:
        UnknownNameError: no renderer has that name.
    """
    one = RENDERERS.get(as_)
    chosen = list(reports)
    if not chosen:
        return ""
    if as_ in BATCH_RENDERERS:
        return BATCH_RENDERERS.get(as_)(chosen, **options)
    return "".join(one(report, **options).rstrip("\n") + "\n" for report in chosen)


__all__ = ["BATCH_RENDERERS", "RENDERERS", "Renderer", "render", "render_many"]
