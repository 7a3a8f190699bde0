"""What a scorer is, what it is given and what it gives back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from explainer.schema.alert import Alert
from explainer.schema.case import Case
from explainer.schema.enriched import EnrichedAlert

if TYPE_CHECKING:
    from explainer.evaluation.answer import Answer
    from explainer.evaluation.index import CaseIndex
    from explainer.evaluation.overlap import Others

Kind = Literal["gate", "weighted", "penalty", "veto", "reported"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason why points were lost (or, with ``lost`` 0, something to know)."""

    reason: str
    """A sentence for people."""
    span: Span | None = None
    """Place in ``answer.text``; None when something is missing, which has no place."""
    lost: float = 0.0
    """Points of the scorer's own value (0..1) that this costs, before weights; for penalties, of the total."""
    rule: str = ""
    """What was violated: a fact's id, an advice rule, ``ungrounded``, ``unknown-flag`` …"""


@dataclass(frozen=True, slots=True)
class Score:
    """What one scorer says of one answer."""

    value: float | None
    """0..1; None: the scorer does not apply. Of a penalty: 1 minus what is taken off the total."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class ScoringContext:
    """Everything that a scorer may look at. Pure data: the same context gives the same score."""

    case: Case
    alert: Alert
    enriched: EnrichedAlert
    answer: Answer
    others: Others | None = None
    """Answers to the other cases of the run, for the specificity scorer."""
    cache: dict[str, object] = field(default_factory=dict, compare=False, repr=False)
    """What scorers of this context share."""

    @property
    def index(self) -> CaseIndex:
        """The case's patterns and the alert's names, compiled once for a case however many answers are scored."""
        found = self.cache.get("index")
        if found is None:
            from explainer.evaluation.index import index_of

            found = self.cache["index"] = index_of(self.case, self.enriched)
        return found  # type: ignore[return-value]


class Scorer(Protocol):
    """A pure, versioned judgement of one aspect."""

    @property
    def name(self) -> str:
        """Such as ``S1``."""
        ...

    @property
    def title(self) -> str:
        """In plain words."""
        ...

    @property
    def version(self) -> int:
        """Raised whenever a value may change; results of different versions are not compared."""
        ...

    @property
    def weight(self) -> float:
        """Share of the total (weighted scorers), or the most that a penalty takes off."""
        ...

    @property
    def kind(self) -> Kind:
        """How the value enters the total."""
        ...

    def score(self, context: ScoringContext) -> Score:
        """Judge one answer. Never raises, whatever the answer holds."""
        ...


def penalty(findings: Iterable[Finding], *, most: float) -> Score:
    """The score of a penalty: what its findings cost, up to a limit."""
    found = tuple(findings)
    return Score(1.0 - min(most, sum(finding.lost for finding in found)), found)


def weights_of(case: Case, scorers: Iterable[Scorer]) -> Mapping[str, float]:
    """Weight by scorer name, with the case's own over the shipped ones."""
    return {scorer.name: case.weights.get(scorer.name, scorer.weight) for scorer in scorers}
