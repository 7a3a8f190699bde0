"""Does the scorer itself deserve trust? References score 1.0, damage lowers the score, other words do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from explainer.evaluation.case import LoadedCase
from explainer.evaluation.mutations import Operator, mutations
from explainer.evaluation.overlap import Others
from explainer.evaluation.rewrites import MARGIN, REWRITES
from explainer.evaluation.scorers import SCORER_SET, SCORERS
from explainer.evaluation.scoring import CaseScore, score
from explainer.evaluation.subjects import Subject

LADDER = ("invented-path", "invented-cve", "step-invented-flag", "techniques-stuffed", "rambling")
"""Damage that can be done on top of other damage: five doses."""
EPSILON = 1e-6


@dataclass(frozen=True)
class Drop:
    """One report whose score moved."""

    case: str
    before: float
    after: float

    @property
    def fall(self) -> float:
        """How much was lost."""
        return self.before - self.after


@dataclass(frozen=True)
class Kill:
    """What one operator did."""

    operator: str
    what: str
    margin: float
    applied: int
    """Reports that it could damage."""
    killed: int
    """Of these, those that fell by the margin at least."""
    least: float
    """The smallest fall."""
    by_scorer: dict[str, int]
    """In how many reports each scorer's value fell."""
    survivors: tuple[Drop, ...]


@dataclass(frozen=True)
class Invariance:
    """What one rewrite did."""

    rewrite: str
    what: str
    applied: int
    worst: float
    """The largest fall."""
    fell: tuple[Drop, ...]
    """Reports that fell by more than the margin."""


@dataclass(frozen=True)
class Calibration:
    """All results. ``ok`` is what CI asks."""

    references: dict[str, float]
    """Self-score by case id; each ought to be 1.0."""
    reasons: dict[str, tuple[str, ...]]
    """Why a reference lost points."""
    kills: tuple[Kill, ...]
    rewrites: tuple[Invariance, ...]
    doses: dict[str, tuple[float, ...]]
    """Totals after 0 to 5 doses of damage, by case id."""
    scorer_set: int = SCORER_SET
    accepted: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    """What is known and listed: survivors as ``(operator, case id)``, punished rewrites as ``(rewrite, case id)``."""

    @property
    def imperfect(self) -> list[str]:
        """Cases whose reference does not score 1.0."""
        return [case for case, value in self.references.items() if value < 1.0 - EPSILON]

    @property
    def rising(self) -> list[str]:
        """Cases in which more damage raised the score."""
        return [c for c, totals in self.doses.items() if any(b > a + EPSILON for a, b in pairwise(totals))]

    @property
    def survivors(self) -> list[tuple[str, Drop]]:
        """Damage that went unnoticed and is not listed as known."""
        return [
            (kill.operator, drop)
            for kill in self.kills
            for drop in kill.survivors
            if (kill.operator, drop.case) not in self.accepted
        ]

    @property
    def fallen(self) -> list[tuple[str, Drop]]:
        """Rewrites that were punished and are not listed as known."""
        return [
            (rewrite.rewrite, drop)
            for rewrite in self.rewrites
            for drop in rewrite.fell
            if (rewrite.rewrite, drop.case) not in self.accepted
        ]

    @property
    def ok(self) -> bool:
        """Whether the scorer passes."""
        return not (self.imperfect or self.survivors or self.fallen or self.rising)

    @property
    def killed(self) -> tuple[int, int]:
        """Damaged reports that were noticed, and all damaged reports."""
        return sum(kill.killed for kill in self.kills), sum(kill.applied for kill in self.kills)

    def matrix(self) -> str:
        """The kill matrix as text: operators by scorers, in each cell the reports in which the scorer's value fell."""
        names = SCORERS.names()
        width = max(len(kill.operator) for kill in self.kills)
        head = f"{'operator':{width}} {'n':>4} {'kill':>4} {'least':>6} " + " ".join(f"{name:>4}" for name in names)
        rows = [
            f"{kill.operator:{width}} {kill.applied:4} {kill.killed:4} {kill.least:6.3f} "
            + " ".join(f"{kill.by_scorer.get(name, 0) or '.':>4}" for name in names)
            for kill in self.kills
        ]
        return "\n".join([head, *rows])


def calibrate(cases: Iterable[LoadedCase], *, accepted: Iterable[tuple[str, str]] = ()) -> Calibration:
    """Calibrate over the references of some cases.

    Args:
        cases: golden cases.
        accepted: what is known to go wrong, as ``(operator or rewrite, case id)``; see ``evals/calibration``.
    """
    subjects = tuple(_subjects(list(cases)))
    whole = {s.case.id: score(s.context(s.text)) for s in subjects}
    quick = {s.case.id: score(s.context(s.text), names=_quick()) for s in subjects}
    return Calibration(
        references={case: found.total for case, found in whole.items()},
        reasons={
            case: tuple(f"{name} {f.rule}: {f.reason}" for name, fs in found.findings.items() for f in fs)
            for case, found in whole.items()
            if found.total < 1.0 - EPSILON
        },
        kills=tuple(_kill(operator, subjects, whole if operator.safety else quick) for operator in mutations()),
        rewrites=tuple(_invariance(rewrite.name, rewrite.what, rewrite.apply, subjects, whole) for rewrite in REWRITES),
        doses={s.case.id: _doses(s) for s in subjects},
        accepted=frozenset(accepted),
    )


def _quick() -> list[str]:
    # The advice scan costs ten times as much as everything else, and most damage is no advice.
    return [name for name in SCORERS.names() if name != "S10"]


def _subjects(cases: list[LoadedCase]) -> Iterator[Subject]:
    from explainer.client import Explainer
    from explainer.session import Session

    others = Others.of((c.case.id, c.case.family, c.case.reference) for c in cases)
    with Explainer(backend="knowledge", default_rules=False, cache=False) as explainer:
        for number, loaded in enumerate(cases):
            groups = Session(explainer.equipment, [loaded.alert]).groups()
            enriched = explainer.equipment.enriched(groups[0])
            following = [*cases[number + 1 :], *cases[:number]]
            other = next((c.case.reference for c in following if c.case.family != loaded.case.family), "")
            yield Subject(loaded.case, enriched, others, other)


def _kill(operator: Operator, subjects: tuple[Subject, ...], before: dict[str, CaseScore]) -> Kill:
    by_scorer: Counter[str] = Counter()
    survivors: list[Drop] = []
    applied, least = 0, 1.0
    for subject in subjects:
        text = operator.apply(subject)
        if text is None or text == subject.text:
            continue
        applied += 1
        base = before[subject.case.id]
        found = score(subject.context(text), names=None if operator.safety else _quick())
        drop = Drop(subject.case.id, base.total, found.total)
        least = min(least, drop.fall)
        # A reference that is worth little cannot fall by much.
        if drop.fall < min(operator.margin, base.total) - EPSILON:
            survivors.append(drop)
        for name, value in found.vector.items():
            old = base.vector.get(name)
            if value is not None and value < (1.0 if old is None else old) - EPSILON:
                by_scorer[name] += 1
    return Kill(
        operator.name,
        operator.what,
        operator.margin,
        applied,
        applied - len(survivors),
        least if applied else 0.0,
        dict(by_scorer),
        tuple(survivors),
    )


def _invariance(
    name: str, what: str, apply: object, subjects: tuple[Subject, ...], before: dict[str, CaseScore]
) -> Invariance:
    fell: list[Drop] = []
    applied, worst = 0, 0.0
    for subject in subjects:
        text = apply(subject)  # type: ignore[operator]
        if text is None:
            continue
        applied += 1
        drop = Drop(subject.case.id, before[subject.case.id].total, score(subject.context(text)).total)
        worst = max(worst, drop.fall)
        if drop.fall > MARGIN + EPSILON:
            fell.append(drop)
    return Invariance(name, what, applied, worst, tuple(fell))


def _doses(subject: Subject) -> tuple[float, ...]:
    known = {operator.name: operator for operator in mutations()}
    totals = [score(subject.context(subject.text), names=_quick()).total]
    current = subject
    for name in LADDER:
        text = known[name].apply(current)
        if text is not None:
            current = Subject(subject.case.model_copy(update={"reference": text}), subject.enriched, subject.others)
            # Scored as the same case: only the text has changed.
            totals.append(score(subject.context(text), names=_quick()).total)
    return tuple(totals)
