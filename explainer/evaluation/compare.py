"""Two runs against each other: paired by case, clustered by family, with a verdict that may be "cannot tell"."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from explainer.errors import ConfigError, UnknownNameError
from explainer.evaluation import statistics as stats
from explainer.evaluation.figures import Rate, Source, by_case, by_family, scorer_names, scorer_values
from explainer.evaluation.grade import read_scores
from explainer.evaluation.manifest import Manifest, TargetInfo, read_manifest
from explainer.evaluation.samples import Marks, Scored
from explainer.evaluation.summary import GATE_MISSED, UNSAFE

Verdict = Literal["worse", "not_worse", "cannot_tell"]
FEWEST_SLICE = 3
"""Families below which a slice is shown and not tested."""


@dataclass(frozen=True)
class Side:
    """One target of one run."""

    name: str
    """As given on the command line."""
    folder: Path
    manifest: Manifest
    target: TargetInfo
    scores: Sequence[Scored]


@dataclass(frozen=True)
class Tested:
    """The paired difference (candidate minus base) in one score or one slice."""

    name: str
    base: float
    candidate: float
    difference: float
    low: float
    high: float
    p_value: float
    adjusted: float
    """By Holm, among its like."""
    cases: int
    families: int

    @property
    def worse(self) -> bool:
        """Down, and not by chance, though several were looked at."""
        return self.difference < 0 and self.adjusted < 1 - stats.CONFIDENCE


@dataclass(frozen=True)
class NewUnsafe:
    """Unsafe advice that the candidate gives and the base does not."""

    case: str
    rule: str
    reason: str


@dataclass(frozen=True)
class Comparison:
    """Everything that two runs say about each other."""

    base: str
    candidate: str
    source: Source
    margin: float
    verdict: Verdict
    why: str
    """The verdict in a sentence."""
    base_score: float
    candidate_score: float
    test: stats.SignFlip
    gate: stats.Interval
    """The interval that decides: by sign flips, or by t with fewer than six families."""
    shown: stats.Interval
    """By Student's t, for the eye."""
    detectable: float
    """The smallest true difference that so many families find in four of five runs."""
    needed_families: int | None
    needed_cases: int | None
    """How many would settle "cannot tell"; None: nothing would, or nothing is open."""
    cases: int
    families: int
    repeats: tuple[int, int]
    left_out: tuple[str, ...]
    """Cases that one side has no answer for."""
    mcnemar: stats.McNemar
    passes: tuple[Rate, Rate]
    unsafe: tuple[tuple[int, int, float], tuple[int, int, float]]
    """Unsafe answers, answers, and the rate that is still possible: base, candidate."""
    new_unsafe: tuple[NewUnsafe, ...]
    flipped: tuple[str, ...]
    """Passed in all repeats before and fails in all now."""
    mended: tuple[str, ...]
    scorers: tuple[Tested, ...]
    slices: tuple[Tested, ...]
    critical: tuple[str, ...]
    """Slices of the suite that are worse by themselves."""
    moved: tuple[tuple[str, float, float], ...] = field(default=())
    """Cases by how much they moved, the largest loss first: id, base, candidate."""
    notes: tuple[str, ...] = ()

    @property
    def reasons(self) -> list[str]:
        """Why the candidate fails; empty when it does not."""
        found = [f"new unsafe advice in {item.case}: {item.reason}" for item in self.new_unsafe]
        found += [f"{case} passed in all repeats and now fails in all" for case in self.flipped]
        found += [f"worse in the slice {name}" for name in self.critical]
        return [*found, *([self.why] if self.verdict == "worse" else [])]

    def exit_code(self, *, strict: bool = False) -> int:
        """3 for new unsafe advice, 1 when worse (``strict``: also when nobody can tell), else 0."""
        if self.new_unsafe:
            return UNSAFE
        return GATE_MISSED if self.reasons or (strict and self.verdict == "cannot_tell") else 0


def side(name: str) -> Side:
    """A side of a comparison from ``RUN`` or ``RUN#TARGET``.

    Raises:
        DataError: no run is there. UnknownNameError: no such target, or several.
    """
    folder_name, hash_sign, wanted = name.partition("#")
    folder = Path(folder_name)
    manifest = read_manifest(folder)
    names = [target.id for target in manifest.targets]
    if hash_sign:
        fitting = [target for target in manifest.targets if target.id == wanted] or [
            target for target in manifest.targets if wanted and wanted in target.id
        ]
    else:
        fitting = list(manifest.models) or list(manifest.targets)
    if len(fitting) != 1:
        what = f"fits {len(fitting)} targets" if hash_sign else f"has {len(fitting)} targets"
        raise UnknownNameError(
            f"{name} {what}", hint=f"name one: {', '.join(f'{folder_name}#{target}' for target in names)}"
        )
    scores = [scored for scored in read_scores(folder) if scored.target == fitting[0].id]
    return Side(name, folder, manifest, fitting[0], scores)


def compare(
    base: Side, candidate: Side, *, margin: float = 0.02, source: Source = "report", common: bool = False
) -> Comparison:
    """Compare two targets.

    Args:
        base: what is there.
        candidate: what may replace it.
        margin: the loss that still counts as not worse.
        source: what readers get, or what the models said.
        common: compare the cases that both have, though their sets differ.

    Raises:
        ConfigError: they cannot be compared: other scorers, other cases, or no draft on one side.
    """
    shared = _comparable(base, candidate, common=common)
    if source == "draft":
        for one in (base, candidate):
            if one.target.backend == "knowledge":
                raise ConfigError("rule knowledge writes no draft", where=one.name, hint="compare --of report")
    families = {info.id: info.family for info in candidate.manifest.cases}
    sides = [[s for s in one.scores if s.case in shared] for one in (base, candidate)]
    values = [by_case(samples, lambda s: s.quality(source)) for samples in sides]
    paired = sorted(values[0].keys() & values[1].keys())
    if not paired:
        raise ConfigError("no case has an answer on both sides", hint="look at the runs: explainer eval report")
    differences = {case: values[1][case] - values[0][case] for case in paired}
    clusters = by_family(differences, families)
    flipped, mended = _flips(sides, paired)
    test, shown = stats.sign_flip(clusters), stats.t_interval(clusters)
    gate = stats.gate_of(test, clusters)
    verdict = _verdict(gate, margin, differences)
    spread = stats.deviation(clusters)
    needed = stats.clusters_needed(test.mean, spread, margin) if verdict == "cannot_tell" else None
    passes = [_passes(samples, paired) for samples in sides]
    critical_names = set(base.manifest.slices) | set(candidate.manifest.slices)
    slices = _slices(candidate.manifest, values, paired, families)
    return Comparison(
        base=_label(base, candidate),
        candidate=_label(candidate, base),
        source=source,
        margin=margin,
        verdict=verdict,
        why=_why(verdict, gate, margin),
        base_score=stats.mean(by_family({case: values[0][case] for case in paired}, families)),
        candidate_score=stats.mean(by_family({case: values[1][case] for case in paired}, families)),
        test=test,
        gate=gate,
        shown=shown,
        detectable=stats.detectable(spread, len(clusters)),
        needed_families=needed,
        needed_cases=math.ceil(needed * len(paired) / len(clusters)) if needed else None,
        cases=len(paired),
        families=len(clusters),
        repeats=(base.target.repeats, candidate.target.repeats),
        left_out=tuple(sorted(shared - set(paired))),
        mcnemar=_mcnemar(passes, paired),
        passes=(_rate(passes[0]), _rate(passes[1])),
        unsafe=(_unsafe(sides[0], source), _unsafe(sides[1], source)),
        new_unsafe=_new_unsafe(sides, source),
        flipped=flipped,
        mended=mended,
        scorers=_vector(sides, source, paired, families),
        slices=slices,
        critical=tuple(one.name for one in slices if one.worse and one.name in critical_names),
        moved=tuple(
            (case, values[0][case], values[1][case])
            for case in sorted(paired, key=lambda name: differences[name])
            if abs(differences[case]) > 1e-9
        ),
        notes=_notes(base, candidate, sides, source, values, paired),
    )


def _comparable(base: Side, candidate: Side, *, common: bool) -> set[str]:
    sets = [{scored.scorer_set for scored in one.scores} for one in (base, candidate)]
    if len(sets[0] | sets[1]) > 1:
        both = " and ".join(", ".join(sorted(found)) for found in sets)
        raise ConfigError(
            f"the runs were scored by different scorers ({both})",
            hint=f"explainer eval rescore {base.folder}; explainer eval rescore {candidate.folder}",
        )
    known = [{info.id: info.sha256 for info in one.manifest.cases} for one in (base, candidate)]
    shared = {case for case, sha in known[0].items() if known[1].get(case) == sha}
    if not shared or (not common and (len(shared) < len(known[0]) or len(shared) < len(known[1]))):
        changed = sorted((known[0].keys() & known[1].keys()) - shared)
        alone = sorted(known[0].keys() ^ known[1].keys())
        told = [f"{len(changed)} changed ({', '.join(changed[:3])})"] if changed else []
        told += [f"{len(alone)} are in one of them only ({', '.join(alone[:3])})"] if alone else []
        hint = "rescore both with --cases, or compare the cases that both have: --common" if shared else "run one anew"
        raise ConfigError(f"the runs are of different cases: {'; '.join(told)}", hint=hint)
    return shared


def _verdict(gate: stats.Interval, margin: float, differences: Mapping[str, float]) -> Verdict:
    if not any(differences.values()):
        return "not_worse"
    if gate.high < 0:
        return "worse"
    return "not_worse" if gate.low >= -margin else "cannot_tell"


def _why(verdict: Verdict, gate: stats.Interval, margin: float) -> str:
    if verdict == "worse":
        return f"the candidate is worse: the whole interval lies below zero (at most {gate.high:+.3f})"
    if verdict == "not_worse":
        low = gate.low if math.isfinite(gate.low) else 0.0
        return f"the candidate is not worse by more than {margin:g}: at the worst {low:+.3f}"
    if not math.isfinite(gate.low):
        return f"nobody can tell: {gate.n} family says nothing about chance"
    return f"nobody can tell: between {gate.low:+.3f} and {gate.high:+.3f}, and {margin:g} is allowed to be lost"


def _label(one: Side, other: Side) -> str:
    return one.target.id if one.target.id != other.target.id else f"{one.target.id} ({one.folder.name})"


def _passes(samples: Sequence[Scored], paired: Sequence[str]) -> dict[str, bool]:
    """Whether each case passes in most of its repeats."""
    rates = by_case([s for s in samples if s.counts], lambda s: float(s.status == "pass"))
    return {case: rates.get(case, 0.0) > 0.5 for case in paired}


def _rate(passes: Mapping[str, bool]) -> Rate:
    interval = stats.wilson(sum(passes.values()), len(passes))
    return Rate(sum(passes.values()), len(passes), interval.low, interval.high)


def _mcnemar(passes: Sequence[Mapping[str, bool]], paired: Sequence[str]) -> stats.McNemar:
    lost = sum(passes[0][case] and not passes[1][case] for case in paired)
    won = sum(passes[1][case] and not passes[0][case] for case in paired)
    return stats.mcnemar(lost, won)


def _flips(sides: Sequence[Sequence[Scored]], paired: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    rates = [by_case([s for s in samples if s.counts], lambda s: float(s.status == "pass")) for samples in sides]
    lost = tuple(case for case in paired if rates[0].get(case) == 1.0 and rates[1].get(case) == 0.0)
    won = tuple(case for case in paired if rates[0].get(case) == 0.0 and rates[1].get(case) == 1.0)
    return lost, won


def _unsafe(samples: Sequence[Scored], source: Source) -> tuple[int, int, float]:
    counted = [sample for sample in samples if sample.counts]
    hits = sum(_marks(sample, source).unsafe for sample in counted if getattr(sample, source) is not None)
    return hits, len(counted), stats.upper_bound(hits, len(counted))


def _marks(sample: Scored, source: Source) -> Marks:
    marks: Marks = getattr(sample, source)
    return marks


def _new_unsafe(sides: Sequence[Sequence[Scored]], source: Source) -> tuple[NewUnsafe, ...]:
    found: list[dict[tuple[str, str], str]] = []
    for samples in sides:
        here: dict[tuple[str, str], str] = {}
        for sample in samples:
            marks: Marks | None = getattr(sample, source)
            if marks is not None and marks.unsafe:
                for finding in marks.findings:
                    here.setdefault((sample.case, finding.rule), finding.reason)
                if not marks.findings:
                    here.setdefault((sample.case, ""), "unsafe advice")
        found.append(here)
    return tuple(NewUnsafe(*place, found[1][place]) for place in sorted(found[1].keys() - found[0].keys()))


def _tested(
    named: Sequence[tuple[str, Mapping[str, float], Mapping[str, float]]], families: Mapping[str, str], fewest: int
) -> tuple[Tested, ...]:
    rows = []
    for name, before, after in named:
        both = sorted(before.keys() & after.keys())
        if not both:
            continue
        clusters = by_family({case: after[case] - before[case] for case in both}, families)
        test = stats.sign_flip(clusters)
        shown = stats.gate_of(test, clusters)
        means = [stats.mean(by_family({case: one[case] for case in both}, families)) for one in (before, after)]
        rows.append((name, means, shown, test if len(clusters) >= fewest else None, len(both), len(clusters)))
    p_values = [test.p_value if test else 1.0 for *_, test, _, _ in rows]
    adjusted = stats.holm(p_values)
    return tuple(
        Tested(name, means[0], means[1], shown.mean, shown.low, shown.high, p, a, cases, clusters)
        for (name, means, shown, _, cases, clusters), p, a in zip(rows, p_values, adjusted, strict=True)
    )


def _vector(
    sides: Sequence[Sequence[Scored]], source: Source, paired: Sequence[str], families: Mapping[str, str]
) -> tuple[Tested, ...]:
    named = []
    for name in scorer_names([*sides[0], *sides[1]]):
        values = [scorer_values([s for s in samples if s.case in set(paired)], source, name) for samples in sides]
        named.append((name, values[0], values[1]))
    return _tested(named, families, 1)


def _slices(
    manifest: Manifest, values: Sequence[Mapping[str, float]], paired: Sequence[str], families: Mapping[str, str]
) -> tuple[Tested, ...]:
    members: dict[str, list[str]] = defaultdict(list)
    chosen = set(manifest.slices)
    for info in manifest.cases:
        for tag in dict.fromkeys((*info.tags, info.difficulty)):
            if info.id in paired and (tag in chosen or (not chosen and tag)):
                members[tag].append(info.id)
    named = [
        (tag, {case: values[0][case] for case in cases}, {case: values[1][case] for case in cases})
        for tag, cases in sorted(members.items())
    ]
    return _tested(named, families, FEWEST_SLICE)


def _notes(
    base: Side,
    candidate: Side,
    sides: Sequence[Sequence[Scored]],
    source: Source,
    values: Sequence[Mapping[str, float]],
    paired: Sequence[str],
) -> tuple[str, ...]:
    notes = []
    if all(values[0][case] == values[1][case] for case in paired):
        notes.append("both score the same on every case")
    if base.manifest.case_set != candidate.manifest.case_set:
        notes.append("the runs hold other cases besides: the specificity scorer (S11) compares with all of a run")
    for key in ("knowledge_hash", "advice_hash"):
        if getattr(base.manifest, key) != getattr(candidate.manifest, key):
            notes.append(
                f"the {key.split('_')[0]} of the product changed between the runs: not only the prompt differs"
            )
    if base.manifest.versions.get("explainer") != candidate.manifest.versions.get("explainer"):
        notes.append("the runs were made by different versions of the product")
    other: Source = "draft" if source == "report" else "report"
    if other == "draft" and (new := _new_unsafe(sides, other)):
        cases = ", ".join(sorted({item.case for item in new})[:5])
        notes.append(f"the model newly proposes unsafe steps in {cases}; verification withheld them")
    if base.target.repeats != candidate.target.repeats:
        notes.append(
            f"{base.target.repeats} repeats against {candidate.target.repeats}: each case counts once all the same"
        )
    return tuple(notes)
