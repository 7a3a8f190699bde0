"""An alert with everything that is known about it before a model is asked."""

from __future__ import annotations

from pydantic import Field

from explainer.schema.alert import Alert, Severity
from explainer.schema.knowledge import Cause, Verdict
from explainer.schema.record import Record
from explainer.schema.report import Action, AttackRef, Confidence, Evidence, HypothesisView, OpenQuestion, Triage
from explainer.schema.rule import RuleFacts


class Group(Record):
    """Alike alerts of one input, explained once."""

    fingerprint: str
    alert: Alert
    """The gravest of them, the first among equals."""
    ids: tuple[str, ...] = ()
    count: int = 1
    first_seen: str | None = None
    last_seen: str | None = None
    distinct: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Assessment(Record):
    """What knowledge alone concludes."""

    verdict: Verdict
    confidence: Confidence
    cause: Cause | None = None
    reason: str
    leading: str | None = None
    """Id of the leading hypothesis."""
    forgeable_only: bool = False
    """The lead rests on values that an attacker can choose."""


class Address(Record):
    """A text in the alert that speaks to whoever reads the alert."""

    field: str
    """The source's name of the field that holds it."""
    what: tuple[str, ...]
    """What it holds, in words of ours."""
    strong: bool = False
    """No honest program writes such a thing by chance."""


class EnrichedAlert(Record):
    """Alert + rule facts + knowledge, evaluated. The evidence is numbered once, here."""

    alert: Alert
    rule: RuleFacts | None = None
    rule_inferred: bool = False
    entry: str | None = None
    """Title of the knowledge entry, or None when nobody knows the rule."""
    headline: str
    meaning: str = ""
    """What the rule means, in general: from the knowledge entry."""
    summary: str
    """What knowledge alone would write."""
    evidence: tuple[Evidence, ...]
    hypotheses: tuple[HypothesisView, ...] = ()
    assessment: Assessment
    attack: tuple[AttackRef, ...] = ()
    questions: tuple[str, ...] = ()
    unknowns: tuple[OpenQuestion, ...] = ()
    actions: tuple[Action, ...] = ()
    """The catalogue of candidate actions, in order."""
    not_advised: tuple[str, ...] = ()
    addressed: tuple[Address, ...] = ()
    """Texts that try to steer the reader."""
    triage: Triage | None = None
    severity_floor: Severity = Severity.UNKNOWN
    verdict_floor: Verdict | None = None
    knowledge_hash: str = ""
    rules_hash: str = ""
    notes: tuple[str, ...] = ()
