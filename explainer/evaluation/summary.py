"""What a run comes to: its figures as plain data, in words, and as reasons to pass or to fail."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from explainer.evaluation.answering import Leftover
from explainer.evaluation.figures import Figures, figures_of
from explainer.evaluation.generate import Miss
from explainer.evaluation.manifest import Manifest
from explainer.evaluation.samples import Scored

NAME = "summary.json"
GATE_MISSED, UNSAFE, BACKEND, MISS = 1, 3, 5, 6
PRECEDENCE = (2, 4, MISS, BACKEND, UNSAFE, GATE_MISSED)
"""Of several reasons the one that makes the others doubtful decides the exit code."""


@dataclass(frozen=True)
class Cause:
    """A reason for which a run fails."""

    code: int
    """Exit code."""
    target: str
    what: str


@dataclass(frozen=True)
class Summary:
    """All of it."""

    manifest: Manifest
    figures: Sequence[Figures]
    causes: Sequence[Cause]
    misses: Sequence[Miss] = ()
    leftovers: Sequence[Leftover] = ()

    @property
    def exit_code(self) -> int:
        """0 when nothing is wrong."""
        return worst(cause.code for cause in self.causes)


def worst(codes: Any) -> int:
    """The exit code of several, by precedence."""
    found = set(codes) - {0}
    return next((code for code in PRECEDENCE if code in found), max(found, default=0))


def summarise(
    manifest: Manifest, scores: Sequence[Scored], misses: Sequence[Miss] = (), leftovers: Sequence[Leftover] = ()
) -> Summary:
    """Figures and gates of a run."""
    figures = figures_of(manifest, scores)
    # Rule knowledge is the measure, not the measured, unless it was run alone.
    judged = [one for one in figures if not one.control] or figures
    causes = [cause for one in judged for cause in _causes(manifest, one, missed=bool(misses))]
    if misses:
        causes.append(Cause(MISS, "", f"{len(misses)} answers have no recording"))
    return Summary(manifest, figures, sorted(causes, key=lambda c: PRECEDENCE.index(c.code)), misses, leftovers)


def _causes(manifest: Manifest, one: Figures, *, missed: bool) -> list[Cause]:
    limits = manifest.thresholds
    found: list[Cause] = []

    def add(code: int, what: str) -> None:
        found.append(Cause(code, one.target, what))

    if one.unsafe["report"]:
        cases = ", ".join(one.unsafe_cases[:5])
        add(UNSAFE, f"{one.unsafe['report']} of {one.answers} reports give unsafe advice ({cases})")
    if one.errors.n and one.errors.value > limits.errors and not missed:
        add(BACKEND, f"{one.errors.hits} of {one.errors.n} answers are missing for want of the model")
    floors = (
        ("score", one.gated_score, limits.score),
        ("pass rate", one.passes.value, limits.pass_rate),
        ("verdict agreement", one.verdict, limits.verdict),
    )
    for name, value, floor in floors:
        # NaN, for want of any answer, reaches no floor.
        if floor is not None and not value >= floor:
            add(GATE_MISSED, f"{name} {number(value)} is below {floor:g}")
    if limits.unparsable is not None and one.unparsable.n and one.unparsable.value > limits.unparsable:
        add(GATE_MISSED, f"{one.unparsable.hits} of {one.unparsable.n} answers could not be read")
    return found


def as_json(summary: Summary) -> str:
    """``summary.json``; what is not known is null."""
    document = {
        "schema_version": "1",
        "suite": summary.manifest.suite,
        "state": summary.manifest.state,
        "case_set": summary.manifest.case_set,
        "scorer_set": summary.manifest.scorer_set,
        "exit_code": summary.exit_code,
        "causes": [asdict(cause) for cause in summary.causes],
        "targets": [_target(summary.manifest, one) for one in summary.figures],
        "misses": [asdict(miss) for miss in summary.misses],
        "recordings_left": [asdict(item) for item in summary.leftovers],
    }
    return json.dumps(finite(document), indent=1, ensure_ascii=False)


def _target(manifest: Manifest, one: Figures) -> dict[str, Any]:
    info = next(target for target in manifest.targets if target.id == one.target)
    return {**asdict(one), "beats_control": one.beats_control, **info.model_dump(mode="json", exclude={"id"})}


def finite(value: Any) -> Any:
    """Plain data without NaN and infinities, which JSON does not know: null."""
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list | tuple) else value


def write(folder: Path, summary: Summary) -> None:
    """Write ``summary.json``."""
    from explainer.sinks.file import write_file

    write_file(folder / NAME, as_json(summary))


# --- in words ----------------------------------------------------------------------------------


def number(value: float, digits: int = 3) -> str:
    """A figure, or a dash when there is none."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"


def span(low: float, high: float, digits: int = 3) -> str:
    """An interval."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return "no interval"
    return f"{low:.{digits}f} to {high:.{digits}f}"


def percent(value: float) -> str:
    """A rate with one decimal."""
    return f"{100 * value:.1f} %" if math.isfinite(value) else "-"


def lines(summary: Summary) -> list[str]:
    """The run for people, a line each."""
    manifest = summary.manifest
    told = [
        f"suite {manifest.suite}: {len(manifest.cases)} cases of "
        f"{len({case.family for case in manifest.cases})} families, {manifest.repeats} repeats"
    ]
    for one in summary.figures:
        told += ["", *_told(one, manifest)]
    told += ["", *_recordings(summary)] if summary.misses or summary.leftovers else []
    told.append("")
    if summary.causes:
        told += [
            f"failed ({cause.code}): {cause.target + ': ' if cause.target else ''}{cause.what}"
            for cause in summary.causes
        ]
    else:
        told.append("passed: no gate was missed and no report gives unsafe advice")
    return told


def _told(one: Figures, manifest: Manifest) -> list[str]:
    info = next(target for target in manifest.targets if target.id == one.target)
    name = "rule knowledge alone (the control)" if one.control else one.target
    statuses = ", ".join(f"{count} {status}" for status, count in sorted(one.statuses.items()))
    told = [name, f"  answers    {one.answers} in quality: {statuses}"]
    if not one.answers:
        return told
    told.append(
        f"  report     {number(one.report.mean)} ({span(one.report.low, one.report.high)}, {one.families} families)"
    )
    if one.draft is not None and one.verification is not None:
        worth = one.verification
        told.append(
            f"  draft      {number(one.draft.mean)} ({span(one.draft.low, one.draft.high)}); "
            f"verification is worth {worth.mean:+.3f} ({span(worth.low, worth.high)})"
        )
        if one.unparsable.hits:
            told.append(
                f"  unreadable {one.unparsable.hits} of {one.unparsable.n}, counted as zero; readers still get "
                f"{number(one.delivered)} on average"
            )
    told.append(
        f"  passes     {one.passes.hits} of {one.passes.n} cases, {percent(one.passes.value)} "
        f"({percent(one.passes.low)} to {percent(one.passes.high)})"
    )
    told.append(
        f"  unsafe     {one.unsafe['report']} of {one.answers} reports; up to {percent(one.unsafe_bound['report'])} "
        "would still fit (95 %)"
        + (
            f"; {one.unsafe['draft']} drafts, withheld by verification"
            if not one.control and one.unsafe["draft"]
            else ""
        )
    )
    if one.verdicts.missed:
        told.append(f"  missed     malicious, not even called suspicious: {', '.join(one.verdicts.missed)}")
    told.append(f"  vector     {'  '.join(f'{k} {v:.2f}' for k, v in one.vector['report'].items())}")
    if not one.control and one.vector["draft"]:
        told.append(f"   of drafts {'  '.join(f'{k} {v:.2f}' for k, v in one.vector['draft'].items())}")
    if one.against_control is not None:
        told.append(f"  control    {control_sentence(one)}")
    if manifest.repeats > 1 and one.alike == one.cases and not one.control:
        told.append("  repeats    all repeats scored the same: they measure no chance")
    if manifest.slices:
        found = [
            f"{tag} {one.slices[tag][0]:.3f} ({one.slices[tag][1]})" for tag in manifest.slices if tag in one.slices
        ]
        told.append(f"  slices     {'  '.join(found) or 'none of them has a case'}")
    if not one.control:
        told.append(f"  spent      {_spent(info)}")
    return told


def control_sentence(one: Figures) -> str:
    """Whether a target is worth its model."""
    against = one.against_control
    if against is None:
        return "not compared"
    by = f"{against.mean:+.3f} ({span(against.low, against.high)}, {against.n} families)"
    if one.beats_control:
        return f"beats rule knowledge alone by {by}"
    if against.high < 0:
        return f"does not beat rule knowledge alone; it is worse by {by}"
    return f"does not beat rule knowledge alone: {by}"


def _spent(info: Any) -> str:
    tokens_in = info.tokens_in_measured + info.tokens_in_estimated
    tokens_out = info.tokens_out_measured + info.tokens_out_estimated
    estimated = " (partly estimated)" if info.tokens_in_estimated or info.tokens_out_estimated else ""
    cost = "no price known" if info.cost_usd is None else f"{info.cost_usd:.4f} USD"
    return f"{tokens_in} tokens in, {tokens_out} out{estimated}; {cost}; {info.model_seconds:.1f} s of the model's time"


def _recordings(summary: Summary) -> list[str]:
    told = [
        f"no recording: {miss.key[:16]} {miss.case} (repetition {miss.epoch}, {miss.target}): {miss.hint}"
        for miss in summary.misses
    ]
    stale = [item for item in summary.leftovers if item.kind == "stale"]
    unused = len(summary.leftovers) - len(stale)
    told += [f"stale recording: {item.place} {item.case}: {item.reason}" for item in stale[:20]]
    if len(stale) > 20:
        told.append(f"… and {len(stale) - 20} more stale recordings")
    if unused:
        reasons = sorted({item.reason for item in summary.leftovers if item.kind == "unused"})
        told.append(f"{unused} recordings were not used: {'; '.join(reasons[:4])}")
    return told
