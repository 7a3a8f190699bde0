"""A run, or two side by side, as one HTML file: no scripts, nothing loaded, every lost point where it was lost."""

from __future__ import annotations

import base64
import functools
import hashlib
import itertools
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explainer.evaluation import summary as summaries
from explainer.evaluation.compare import Comparison, compare
from explainer.evaluation.compare import side as side_of
from explainer.evaluation.compare_forms import TITLES, facts
from explainer.evaluation.events import Index, read_index
from explainer.evaluation.figures import VERDICTS, Figures
from explainer.evaluation.grade import Marker, kept_cases, read_scores
from explainer.evaluation.manifest import Manifest, TargetInfo, read_manifest
from explainer.evaluation.materials import Materials
from explainer.evaluation.run import EVENTS
from explainer.evaluation.samples import Found, Marks, Scored
from explainer.evaluation.summary import number, percent, span

if TYPE_CHECKING:
    from explainer.evaluation.case import LoadedCase

MAX_SHOWN = 40_000
"""Characters of one text: a page must open."""
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Piece:
    """A stretch of text with the findings that point at it."""

    text: str
    marks: str = ""
    """``1, 4``: numbers in the list of findings."""
    title: str = ""


@dataclass
class Shown:
    """A run with what the page needs of it."""

    folder: Path
    manifest: Manifest
    target: TargetInfo
    figures: Sequence[Figures]
    summary: summaries.Summary
    index: Index
    worst: dict[str, Scored] = field(default_factory=dict)
    """By case, of the target that is shown."""
    epochs: dict[str, str] = field(default_factory=dict)


def write_report(runs: Sequence[str | Path], file: Path) -> None:
    """Write the page.

    Args:
        runs: one run or two, each a folder or ``FOLDER#TARGET``.
        file: where to.

    Raises:
        DataError, ConfigError: a run cannot be read, or two cannot be compared.
    """
    from explainer.evaluation.marking import ScorerSet
    from explainer.sinks.file import write_file

    write_file(file, page([str(run) for run in runs], ScorerSet()))


def page(runs: Sequence[str], marker: Marker) -> str:
    """The page as text."""
    shown = [one for name in runs for one in _shown(name, several=len(runs) > 1)]
    cases = {loaded.case.id: loaded for one in shown for loaded in kept_cases(one.folder)}
    found = compare(side_of(runs[0]), side_of(runs[1]), common=True) if len(runs) == 2 else None
    titles = _scorer_titles()
    folders: dict[Path, Shown] = {}
    for one in shown:
        folders.setdefault(one.folder, one)
    materials = Materials()
    names = [loaded for _, loaded in sorted(cases.items())]
    order = sorted(names, key=lambda loaded: _worst_score(shown, loaded.case.id))
    css = _css()
    title = f"Evaluation of {shown[0].manifest.suite}" if found is None else f"{found.candidate} against {found.base}"
    text: str = _template().render(
        title=title,
        subtitle=_subtitle([one.manifest for one in folders.values()]),
        policy=_policy(css),
        css=css,
        comparison=_comparison(found) if found else None,
        runs=[_run(one, titles) for one in folders.values()],
        cases=[_case(loaded, shown, materials, marker) for loaded in order],
    )
    return text


@functools.cache
def _css() -> Any:
    from markupsafe import Markup

    return Markup((_HERE / "report.css").read_text(encoding="utf-8").strip())  # noqa: S704 - our own file


def _policy(css: str) -> str:
    digest = base64.b64encode(hashlib.sha256(str(css).encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@functools.cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string((_HERE / "report.html.j2").read_text(encoding="utf-8"))


def _scorer_titles() -> Mapping[str, str]:
    from explainer.evaluation.scoring import scorers

    return {scorer.name: scorer.title for scorer in scorers()}


def _shown(name: str, *, several: bool) -> list[Shown]:
    """The targets of a run that are shown case by case: one when two runs stand side by side, else all models."""
    folder_name, hash_sign, _ = name.partition("#")
    folder = Path(folder_name)
    manifest = read_manifest(folder)
    chosen = [side_of(name).target] if several or hash_sign else list(manifest.models) or list(manifest.targets)
    scores = read_scores(folder, light=False)
    summary = summaries.summarise(manifest, scores)
    index = read_index(folder / EVENTS)
    found = []
    for target in chosen:
        one = Shown(folder, manifest, target, summary.figures, summary, index)
        by_case: dict[str, list[Scored]] = defaultdict(list)
        for scored in scores:
            if scored.target == target.id:
                by_case[scored.case].append(scored)
        for case, samples in by_case.items():
            one.worst[case] = min(samples, key=_quality)
            if len(samples) > 1:
                values = ", ".join(
                    number(_quality(scored), 2) if scored.counts else scored.status for scored in samples
                )
                one.epochs[case] = f"repetition {one.worst[case].epoch} of {len(samples)} ({values})"
        found.append(one)
    return found


def _quality(scored: Scored) -> float:
    value = scored.quality()
    return math.inf if value is None else value


def _worst_score(shown: Sequence[Shown], case: str) -> float:
    return min((_quality(one.worst[case]) for one in shown if case in one.worst), default=math.inf)


def _subtitle(manifests: Sequence[Manifest]) -> str:
    first = manifests[-1]
    families = len({case.family for case in first.cases})
    return f"{len(first.cases)} cases of {families} families; scorer set {first.scorer_set}; {first.started}"


def _comparison(found: Comparison) -> dict[str, Any]:
    tone = "bad" if found.reasons else "good" if found.verdict == "not_worse" else "open"
    return {
        "tone": tone,
        "verdict": found.verdict,
        "named": TITLES[found.verdict],
        "why": found.why,
        "reasons": found.reasons,
        "facts": facts(found),
        "notes": found.notes,
    }


def _run(one: Shown, titles: Mapping[str, str]) -> dict[str, Any]:
    columns = [(figures, source) for figures in one.figures for source in ("report", "draft") if figures.vector[source]]
    names = sorted({name for figures, source in columns for name in figures.vector[source]}, key=lambda n: (len(n), n))
    told = next((figures for figures in one.figures if figures.target == one.target.id), one.figures[0])
    return {
        "name": one.folder.name,
        "causes": one.summary.causes,
        "targets": [_row(figures) for figures in one.figures],
        "columns": [f"{figures.target}, {source}" for figures, source in columns],
        "vector": [
            {
                "name": name,
                "title": titles.get(name, ""),
                "cells": [_cell(figures.vector[source].get(name)) for figures, source in columns],
            }
            for name in names
        ],
        "verdicts": [name.replace("_", " ") for name in VERDICTS],
        "confusion": [
            {
                "name": expected.replace("_", " "),
                "counts": [told.verdicts.confusion.get(expected, {}).get(said, 0) for said in VERDICTS],
            }
            for expected in VERDICTS
            if told.verdicts.confusion.get(expected)
        ],
        "facts": _facts(one.manifest),
    }


def _cell(value: float | None) -> dict[str, Any]:
    known = value is not None and math.isfinite(value)
    return {"text": number(value) if known and value is not None else "-", "value": value if known else None}


def _row(one: Figures) -> dict[str, Any]:
    return {
        "name": "rule knowledge alone (control)" if one.control else one.target,
        "report": number(one.report.mean),
        "report_span": span(one.report.low, one.report.high),
        "draft": number(one.draft.mean) if one.draft else "",
        "draft_span": span(one.draft.low, one.draft.high) if one.draft else "",
        "passes": f"{one.passes.hits} of {one.passes.n}",
        "passes_span": f"{percent(one.passes.low)} to {percent(one.passes.high)}",
        "unsafe": f"{one.unsafe['report']} of {one.answers}",
        "bound": percent(one.unsafe_bound["report"]),
        "control": "" if one.control else summaries.control_sentence(one),
    }


def _facts(manifest: Manifest) -> list[tuple[str, str]]:
    rows = [
        ("suite", f"{manifest.suite} ({manifest.suite_sha256[:12]})"),
        ("case set", manifest.case_set[:12]),
        ("scorers", ", ".join(f"{name} v{version}" for name, version in manifest.scorers.items())),
        ("knowledge", manifest.knowledge_hash[:12]),
        ("advice rules", manifest.advice_hash[:12]),
        ("versions", ", ".join(f"{name} {version}" for name, version in manifest.versions.items())),
        ("revision", manifest.revision or "-"),
        ("time", f"{manifest.started}, {manifest.seconds:.1f} s, {manifest.concurrency} at a time"),
    ]
    for target in manifest.targets:
        parameters = ", ".join(f"{name} {value}" for name, value in target.parameters.items() if value is not None)
        answered = ", ".join(target.models_answered) or "-"
        rows.append(
            (
                target.id,
                f"prompt {target.prompt or '-'} ({(target.prompt_sha256 or '-')[:12]}), asked {target.model or '-'}, "
                f"answered {answered}; {parameters or 'no parameters'}; "
                f"{target.tokens_in_measured + target.tokens_in_estimated} tokens in, "
                f"{target.tokens_out_measured + target.tokens_out_estimated} out",
            )
        )
    return rows


# --- cases -------------------------------------------------------------------------------------


def _case(loaded: LoadedCase, shown: Sequence[Shown], materials: Materials, marker: Marker) -> dict[str, Any]:
    case = loaded.case
    answers = [_answer(one, loaded, materials, marker) for one in shown if case.id in one.worst]
    badges = [
        {"status": one.worst[case.id].status, "text": _badge(one.worst[case.id])}
        for one in shown
        if case.id in one.worst
    ]
    return {
        "id": case.id,
        "title": case.title,
        "about": "; ".join(
            (case.family, case.difficulty, ", ".join(case.tags), f"expected {' or '.join(case.verdict.any_of)}")
        ),
        "alert": _cut(loaded.alert.decode("utf-8", "replace")),
        "reference": case.reference,
        "badges": badges,
        "answers": answers,
    }


def _badge(scored: Scored) -> str:
    value = scored.quality()
    return scored.status if value is None else f"{value:.2f}"


def _answer(one: Shown, loaded: LoadedCase, materials: Materials, marker: Marker) -> dict[str, Any]:
    scored = one.worst[loaded.case.id]
    texts: list[dict[str, Any]] = []
    raw = ""
    if scored.key in one.index.generated:
        sample = one.index.read(scored.key)
        raw = _cut("\n\n".join(sample.replies))
        material = materials.of(loaded)
        if scored.draft is not None:
            answer = marker.answer_of("draft", sample, None, material)
            texts.append(_text("Draft: what the model said", answer.text, scored.draft))
        if scored.report is not None and sample.report:
            report = one.index.report(sample.report).report
            answer = marker.answer_of("report", sample, report, material)
            texts.append(_text("Report: what the reader gets", answer.text, scored.report))
    asked = one.index.messages(one.target.id, loaded.case.id)
    return {
        "target": one.target.id,
        "status": scored.status,
        "epochs": one.epochs.get(loaded.case.id, ""),
        "reason": scored.reason,
        "texts": texts,
        "prompt": [{"role": m.role, "content": _cut(m.content)} for m in asked.messages] if asked else [],
        "raw": raw,
    }


def _text(title: str, text: str, marks: Marks) -> dict[str, Any]:
    told = [finding for finding in marks.findings]
    return {
        "title": title,
        "total": f"{marks.total:.3f}",
        "unsafe": marks.unsafe,
        "pieces": pieces(_cut(text), told),
        "vector": [(name, "-" if value is None else f"{value:.2f}") for name, value in marks.vector.items()],
        "findings": [f"{one.scorer}{f' (-{one.lost:.2f})' if one.lost else ''}: {one.reason}" for one in told],
    }


def pieces(text: str, findings: Sequence[Found]) -> list[Piece]:
    """The text cut at every end of a span; overlapping findings mark their common part together."""
    spans = [
        (max(0, found.span[0]), min(len(text), found.span[1]), at)
        for at, found in enumerate(findings, 1)
        if found.span is not None and found.span[0] < min(len(text), found.span[1])
    ]
    edges = sorted({0, len(text), *(edge for start, end, _ in spans for edge in (start, end))})
    found = []
    for start, end in itertools.pairwise(edges):
        here = [at for first, last, at in spans if first <= start and end <= last]
        found.append(
            Piece(
                text[start:end],
                ", ".join(map(str, here)),
                "; ".join(f"{findings[at - 1].scorer}: {findings[at - 1].reason}" for at in here),
            )
        )
    return found


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}\n… {len(text) - MAX_SHOWN} characters more"
