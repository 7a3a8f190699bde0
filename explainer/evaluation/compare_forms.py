"""A comparison for a terminal, a pull request, a program and a CI server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from explainer.evaluation.compare import Comparison, Tested
from explainer.evaluation.summary import finite, number, percent, span

TITLES = {"worse": "worse", "not_worse": "not worse", "cannot_tell": "cannot tell"}
MOVED = 5


def _head(c: Comparison) -> list[str]:
    what = "what readers get" if c.source == "report" else "what the models said"
    cases = f"{c.cases} cases of {c.families} families, {c.repeats[0]} and {c.repeats[1]} repeats"
    return [f"{c.candidate} against {c.base}: {what}, {cases}"]


def facts(c: Comparison) -> list[tuple[str, str]]:
    """Rows that all forms share: name and sentence."""
    rows = [
        ("score", f"{number(c.base_score)} before, {number(c.candidate_score)} now"),
        (
            "difference",
            f"{c.test.mean:+.3f}, 95 % interval {span(c.gate.low, c.gate.high)} ({c.gate.method}), "
            f"p = {c.test.p_value:.3f}",
        ),
        ("by t", f"{span(c.shown.low, c.shown.high)}"),
        ("detectable", f"a true difference of {number(c.detectable)} is found in four of five such comparisons"),
    ]
    if c.verdict == "cannot_tell":
        if c.needed_families:
            settle = f"about {c.needed_cases} cases of {c.needed_families} families as varied as these would settle it"
        else:
            settle = "no number of such cases settles it while the difference sits at the border"
        rows.append(("to settle", settle))
    lost, won = c.mcnemar.lost, c.mcnemar.won
    rows.append(
        (
            "passes",
            f"{_rate(c, 0)} before, {_rate(c, 1)} now; {lost} lost, {won} won, McNemar p = {c.mcnemar.p_value:.3f}",
        )
    )
    for name, (hits, n, bound) in zip(("unsafe before", "unsafe now"), c.unsafe, strict=True):
        rows.append((name, f"{hits} of {n}; a rate up to {percent(bound)} would still fit (95 %)"))
    if c.left_out:
        rows.append(("left out", f"{len(c.left_out)} cases without an answer on one side: {', '.join(c.left_out[:5])}"))
    return rows


def _rate(c: Comparison, at: int) -> str:
    rate = c.passes[at]
    return f"{rate.hits} of {rate.n} ({percent(rate.low)} to {percent(rate.high)})"


def _row(one: Tested) -> list[str]:
    mark = "worse" if one.worse else "better" if one.difference > 0 and one.adjusted < 0.05 else ""
    return [
        one.name,
        number(one.base),
        number(one.candidate),
        f"{one.difference:+.3f}",
        span(one.low, one.high),
        f"{one.adjusted:.3f}",
        f"{one.cases}",
        mark,
    ]


_COLUMNS = ["", "before", "now", "difference", "95 % interval", "p (Holm)", "cases", ""]


def terminal(c: Comparison) -> str:
    """For people at a terminal."""
    lines = [*_head(c), "", f"{TITLES[c.verdict].upper()}: {c.why}", ""]
    lines += [f"  {name:<14}{text}" for name, text in facts(c)]
    for title, rows in (("scorers", c.scorers), ("slices", c.slices)):
        if rows:
            lines += ["", f"  {title}", *_aligned([_COLUMNS, *(_row(one) for one in rows)])]
    if c.moved:
        lines += ["", "  cases that moved most"]
        chosen = c.moved if len(c.moved) <= 2 * MOVED else (*c.moved[:MOVED], *c.moved[-MOVED:])
        lines += [f"    {case:<44} {before:.3f} -> {after:.3f}" for case, before, after in chosen]
    lines += ["", *(f"note: {note}" for note in c.notes)] if c.notes else []
    lines += ["", *(f"failed: {reason}" for reason in c.reasons)] if c.reasons else []
    return "\n".join(lines) + "\n"


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "    " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def markdown(c: Comparison) -> str:
    """For a pull request."""
    mark = "failed" if c.reasons else "passed" if c.verdict == "not_worse" else "open"
    lines = [
        f"### Prompt evaluation: {TITLES[c.verdict]} ({mark})",
        "",
        f"{_cell(_head(c)[0])}.",
        "",
        f"**{c.why}.**",
        "",
    ]
    lines += ["| | |", "|---|---|", *(f"| {name} | {_cell(text)} |" for name, text in facts(c)), ""]
    if c.reasons:
        lines += ["Fails because:", "", *(f"- {_cell(reason)}" for reason in c.reasons), ""]
    for title, rows in (("Scorers", c.scorers), ("Slices", c.slices)):
        if rows:
            lines += [
                f"<details><summary>{title}</summary>",
                "",
                f"| {' | '.join(_COLUMNS)} |",
                "|" + "---|" * len(_COLUMNS),
            ]
            lines += [f"| {' | '.join(_cell(cell) for cell in _row(one))} |" for one in rows]
            lines += ["", "</details>", ""]
    if c.moved:
        lines += ["<details><summary>Cases that moved</summary>", "", "| case | before | now |", "|---|---|---|"]
        lines += [f"| {_cell(case)} | {before:.3f} | {after:.3f} |" for case, before, after in c.moved]
        lines += ["", "</details>", ""]
    lines += [f"> {_cell(note)}" for note in c.notes]
    return "\n".join(lines).rstrip("\n") + "\n"


def _cell(text: str) -> str:
    """Text that cannot become Markdown: findings quote what models wrote."""
    plain = " ".join(text.split())
    for char in "\\`*_[]<>|":
        plain = plain.replace(char, f"\\{char}")
    return plain.replace("@", "@\u200b").replace("://", ":\u200b//")


def as_json(c: Comparison) -> str:
    """For programs."""
    document: Mapping[str, Any] = {"schema_version": "1", **asdict(c), "reasons": c.reasons, "exit_code": c.exit_code()}
    return json.dumps(finite(dict(document)), indent=1, ensure_ascii=False) + "\n"


def junit(c: Comparison) -> str:
    """For a CI server."""
    from explainer.evaluation.junit import comparison

    return comparison(c)


FORMS: dict[str, Callable[[Comparison], str]] = {
    "terminal": terminal,
    "markdown": markdown,
    "json": as_json,
    "junit": junit,
}
