"""Figures of a run: means over families with intervals, rates with exact bounds, and what rule knowledge reaches."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from explainer.evaluation import statistics as stats
from explainer.evaluation.manifest import Manifest, TargetInfo
from explainer.evaluation.samples import Marks, Scored

Source = Literal["draft", "report"]
VERDICTS = ("benign", "insufficient_evidence", "suspicious", "malicious")
"""In order of gravity."""


@dataclass(frozen=True)
class Rate:
    """So many of so many."""

    hits: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The rate; NaN of nothing."""
        return self.hits / self.n if self.n else math.nan


@dataclass(frozen=True)
class Verdicts:
    """How verdicts agree with the cases."""

    kappa: float
    """Quadratic-weighted; of several right verdicts the nearest counts."""
    confusion: Mapping[str, Mapping[str, int]]
    """Expected, then said."""
    missed: tuple[str, ...]
    """Cases that are malicious and were called benign or open."""


@dataclass(frozen=True)
class Figures:
    """One target."""

    target: str
    control: bool
    cases: int
    families: int
    answers: int
    """That count in quality."""
    statuses: Mapping[str, int]
    report: stats.Interval
    """Mean over families; an answer that could not be read counts zero."""
    draft: stats.Interval | None
    delivered: float
    """Mean score of what readers get, with rule knowledge in the place of unreadable answers."""
    vector: Mapping[str, Mapping[str, float]]
    """Mean of each scorer, by source."""
    passes: Rate
    """Cases that pass in most repeats, of those expected to."""
    gated_score: float
    """``report.mean`` without the cases that are known to fail."""
    verdict: float
    verdicts: Verdicts
    unsafe: Mapping[str, int]
    """Answers with unsafe advice, by source."""
    unsafe_cases: tuple[str, ...]
    unsafe_bound: Mapping[str, float]
    """The rate of unsafe answers that is still possible (95 %)."""
    unparsable: Rate
    errors: Rate
    """Errors, throttled and skipped answers, of all that were asked for."""
    verification: stats.Interval | None
    """Report minus draft: what verification is worth."""
    against_control: stats.Interval | None
    alike: int
    """Cases with the same scores in all repeats."""
    slices: Mapping[str, tuple[float, int]] = field(default_factory=dict)
    """Mean score and number of cases by tag."""

    @property
    def beats_control(self) -> bool | None:
        """Whether prompt and model are better than rule knowledge alone; None for the control itself."""
        return None if self.against_control is None else self.against_control.low > 0


def by_case(samples: Iterable[Scored], value: Callable[[Scored], float | None]) -> dict[str, float]:
    """Mean over the repeats of each case; cases without any value are left out."""
    found: dict[str, list[float]] = defaultdict(list)
    for sample in samples:
        if (number := value(sample)) is not None:
            found[sample.case].append(number)
    return {case: stats.mean(numbers) for case, numbers in found.items()}


def by_family(cases: Mapping[str, float], families: Mapping[str, str]) -> list[float]:
    """Mean over the cases of each family, in the order of family names."""
    found: dict[str, list[float]] = defaultdict(list)
    for case, number in cases.items():
        found[families[case]].append(number)
    return [stats.mean(found[name]) for name in sorted(found)]


def figures_of(manifest: Manifest, scores: Sequence[Scored]) -> list[Figures]:
    """Figures of all targets, the control's last."""
    by_target: dict[str, list[Scored]] = defaultdict(list)
    for scored in scores:
        by_target[scored.target].append(scored)
    control = manifest.control
    base = by_case(by_target[control.id], lambda s: s.quality("report")) if control else {}
    return [_figures(manifest, target, by_target[target.id], base) for target in manifest.targets]


def _figures(manifest: Manifest, target: TargetInfo, samples: list[Scored], base: Mapping[str, float]) -> Figures:
    infos = {case.id: case for case in manifest.cases}
    families = {case.id: case.family for case in manifest.cases}
    counted = [sample for sample in samples if sample.counts]
    report = by_case(counted, lambda s: s.quality("report"))
    asked = target.backend != "knowledge"
    draft = by_case(counted, lambda s: s.quality("draft")) if asked else {}
    gated = {case: value for case, value in report.items() if infos[case].expected == "pass"}
    passed = by_case(counted, lambda s: float(s.status == "pass"))
    hits = sum(passed[case] > 0.5 for case in gated)
    unparsable = sum(s.status == "unparsable" for s in counted)
    lost = sum(not s.counts for s in samples)
    unsafe = {source: sum(_unsafe(s, source) for s in counted) for source in ("draft", "report")}
    delivered = by_case(counted, _total("report"))
    difference = {case: value - draft[case] for case, value in delivered.items() if case in draft}
    against = {case: value - base[case] for case, value in report.items() if case in base}
    tags = sorted({tag for case in manifest.cases for tag in (*case.tags, case.difficulty) if tag})
    return Figures(
        target=target.id,
        control=not asked,
        cases=len(report),
        families=len({families[case] for case in report}),
        answers=len(counted),
        statuses=dict(Counter(sample.status for sample in samples)),
        report=stats.t_interval(by_family(report, families)),
        draft=stats.t_interval(by_family(draft, families)) if asked else None,
        delivered=stats.mean(by_family(delivered, families)),
        vector={source: _vector(counted, source, families) for source in ("draft", "report")},
        passes=_rate(hits, len(gated)),
        gated_score=stats.mean(by_family(gated, families)),
        verdict=_vector(counted, "report", families).get("S5", math.nan),
        verdicts=_verdicts(counted, "report"),
        unsafe=unsafe,
        unsafe_cases=tuple(sorted({s.case for s in counted if _unsafe(s, "report")})),
        unsafe_bound={source: stats.upper_bound(unsafe[source], len(counted)) for source in unsafe},
        unparsable=_rate(unparsable, len(counted)),
        errors=_rate(lost, len(samples)),
        verification=stats.t_interval(by_family(difference, families)) if difference else None,
        against_control=_paired(by_family(against, families)) if asked and against else None,
        alike=_alike(counted),
        slices={
            tag: _slice(tag, report, manifest, families) for tag in tags if any(_has(infos[c], tag) for c in report)
        },
    )


def _paired(clusters: Sequence[float]) -> stats.Interval:
    return stats.gate_of(stats.sign_flip(clusters), clusters)


def _total(source: Source) -> Callable[[Scored], float | None]:
    def value(sample: Scored) -> float | None:
        marks: Marks | None = getattr(sample, source)
        return marks.total if marks is not None else None

    return value


def _unsafe(sample: Scored, source: str) -> bool:
    marks: Marks | None = getattr(sample, source)
    return marks is not None and marks.unsafe


def _has(info: Any, tag: str) -> bool:
    return tag in info.tags or tag == info.difficulty


def _slice(tag: str, report: Mapping[str, float], manifest: Manifest, families: Mapping[str, str]) -> tuple[float, int]:
    chosen = {info.id: report[info.id] for info in manifest.cases if info.id in report and _has(info, tag)}
    return stats.mean(by_family(chosen, families)), len(chosen)


def _rate(hits: int, n: int) -> Rate:
    interval = stats.wilson(hits, n)
    return Rate(hits, n, interval.low, interval.high)


def scorer_values(samples: Iterable[Scored], source: Source, scorer: str) -> dict[str, float]:
    """A scorer's mean by case; unreadable answers count zero, cases to which it does not apply are left out."""

    def value(sample: Scored) -> float | None:
        if sample.status == "unparsable":
            return 0.0
        marks: Marks | None = getattr(sample, source)
        return marks.vector.get(scorer) if marks is not None else None

    return by_case(samples, value)


def scorer_names(samples: Iterable[Scored]) -> list[str]:
    """Scorers that said something, in the order of their numbers."""
    names = {name for s in samples for marks in (s.draft, s.report) if marks for name in marks.vector}
    return sorted(names, key=lambda name: (len(name), name))


def _vector(samples: Sequence[Scored], source: Source, families: Mapping[str, str]) -> dict[str, float]:
    found = {}
    for name in scorer_names(samples):
        values = scorer_values(samples, source, name)
        if values and any(getattr(sample, source) is not None for sample in samples):
            found[name] = stats.mean(by_family(values, families))
    return found


def _verdicts(samples: Sequence[Scored], source: Source) -> Verdicts:
    pairs: list[tuple[int, int]] = []
    confusion: dict[str, Counter[str]] = defaultdict(Counter)
    missed: set[str] = set()
    for sample in samples:
        marks: Marks | None = getattr(sample, source)
        if marks is None or marks.verdict not in VERDICTS or not sample.expected:
            continue
        said = VERDICTS.index(marks.verdict)
        right = min((VERDICTS.index(name) for name in sample.expected), key=lambda level: abs(level - said))
        pairs.append((right, said))
        confusion[VERDICTS[right]][marks.verdict] += 1
        if all(name == "malicious" for name in sample.expected) and said < VERDICTS.index("suspicious"):
            missed.add(sample.case)
    kappa = stats.weighted_kappa(pairs, len(VERDICTS))
    return Verdicts(kappa, {name: dict(counts) for name, counts in confusion.items()}, tuple(sorted(missed)))


def _alike(samples: Sequence[Scored]) -> int:
    totals: dict[str, list[tuple[float | None, float | None]]] = defaultdict(list)
    for sample in samples:
        totals[sample.case].append((sample.quality("report"), sample.quality("draft")))
    return sum(len(found) > 1 and len(set(found)) == 1 for found in totals.values())
