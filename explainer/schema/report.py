"""The draft that a model gives, and the report that a reader gets."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue
from pydantic.json_schema import SkipJsonSchema

from explainer.schema.advice import AdviceSeverity
from explainer.schema.alert import Severity
from explainer.schema.knowledge import Cause, Stage, Verdict
from explainer.schema.record import Record

Confidence = Literal["low", "medium", "high"]
Origin = Literal["model", "knowledge"]
Automation = Literal["allowed", "needs_human", "blocked"]


# --- what a model says: hostile until verified -------------------------------------------------


class DraftClaim(Record):
    """A sentence with the evidence that is said to carry it."""

    text: str
    cites: tuple[str, ...] = ()


class DraftAction(Record):
    """An action that is not in the catalogue, in the model's words."""

    title: str
    why: str = ""
    command: str | None = None
    stage: Stage = "investigate"


class Draft(Record):
    """A parsed answer. Nothing in it has been checked."""

    verdict: Verdict
    confidence: Confidence = "low"
    cause: Cause | None = None
    summary: str = ""
    claims: tuple[DraftClaim, ...] = ()
    action_ids: tuple[str, ...] = ()
    extra_actions: tuple[DraftAction, ...] = ()
    unknowns: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    # Not asked of a model, so it stands in no schema.
    surplus: SkipJsonSchema[tuple[str, ...]] = ()
    """What stood in the answer behind the items that are read, so that a reader learns of it."""


# --- what a reader gets ------------------------------------------------------------------------


class ReportContainer(Record):
    """Container, or None fields where the alert does not tell."""

    id: str | None = None
    name: str | None = None
    image: str | None = None
    is_host: bool = False


class ReportKubernetes(Record):
    """Kubernetes place."""

    namespace: str | None = None
    pod: str | None = None
    workload: str | None = None
    node: str | None = None
    cluster: str | None = None
    service_account: str | None = None


class ReportUser(Record):
    """Who acted."""

    name: str | None = None
    uid: int | None = None
    loginuid: int | None = None
    principal: str | None = None


class ReportProcess(Record):
    """What ran."""

    name: str | None = None
    pid: int | None = None
    exepath: str | None = None
    cmdline: str | None = None
    parent: str | None = None
    ancestors: tuple[str, ...] = ()


class ReportAlert(Record):
    """The alert, or the group of alike alerts, that the report explains."""

    fingerprint: str
    ids: tuple[str, ...] = ()
    """Ids of the alerts of the group (the first 100)."""
    format: str
    kind: str = "alert"
    rule: str | None = None
    rule_inferred: bool = False
    source: str | None = None
    severity: str
    """OCSF caption."""
    severity_id: Severity
    native_severity: str | None = None
    observed_at: AwareDatetime | None = None
    time_text: str | None = None
    host: str | None = None
    container: ReportContainer | None = None
    kubernetes: ReportKubernetes | None = None
    user: ReportUser | None = None
    process: ReportProcess | None = None
    object: str | None = None
    """Main object: file, connection, API resource."""
    syscall: str | None = None
    result: str | None = None
    """Outcome as the source gives it (``evt.res``); None when it does not."""
    message: str | None = None
    count: int = 1
    first_seen: AwareDatetime | None = None
    last_seen: AwareDatetime | None = None
    distinct: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Fields whose values differ within the group, with the values (the first 10)."""
    warnings: tuple[str, ...] = ()


class ReportVerdict(Record):
    """What we think it is."""

    value: Verdict
    confidence: Confidence
    cause: Cause | None = None
    reason: str = ""
    """One sentence."""
    origin: Origin = "knowledge"


class Evidence(Record):
    """One numbered piece of evidence."""

    id: str
    """``E1`` …"""
    kind: Literal["alert", "rule", "knowledge", "context"]
    path: str
    """``output_fields.proc.cmdline``, ``rule.description``, ``knowledge.hypotheses.driver-loader``."""
    value: str
    why: str = ""
    """Why it matters."""
    certainty: str = "exact"


class Claim(Record):
    """A sentence that the evidence carries."""

    text: str
    cites: tuple[str, ...]
    origin: Origin


class AttackRef(Record):
    """An ATT&CK technique (or, without one, a tactic)."""

    technique: str | None
    name: str
    tactic: str | None = None
    source: Literal["rule_tag", "knowledge", "model"]
    version: str = ""
    note: str = ""


class OpenQuestion(Record):
    """What the alert does not tell, with the read-only query that would."""

    question: str
    why: str = ""
    query: str | None = None
    origin: Origin = "knowledge"


class Action(Record):
    """A step, in the order in which to do it."""

    id: str
    stage: Stage
    title: str
    why: str = ""
    command: str | None = None
    config: str | None = None
    """A file's content to add (Falco YAML of a tuning step)."""
    fill_in: tuple[str, ...] = ()
    """What to put in place of each ``<placeholder>`` that command and config still hold."""
    where: str | None = None
    precondition: str = ""
    read_only: bool
    destroys_evidence: bool
    reversible: bool
    needs_approval: bool
    origin: Origin
    chosen: bool = False
    """The model picked it."""


class HypothesisView(Record):
    """One hypothesis with what speaks for and against it."""

    id: str
    verdict: Verdict
    cause: Cause | None = None
    title: str
    explain: str = ""
    supports: tuple[Claim, ...] = ()
    against: tuple[Claim, ...] = ()
    open: tuple[str, ...] = ()
    """Signals that could not be read, for want of a field."""
    score: int = 0
    forgeable_only: bool = False
    refuted: bool = False
    settle: str = ""


class Triage(Record):
    """How soon it wants somebody: for sorting a queue, never a verdict. By rule knowledge, whoever wrote the text."""

    rank: int = Field(ge=0, le=100)
    """From severity, the rule's floors and the signs that hold; higher is sooner."""
    level: Literal["urgent", "soon", "routine"]
    why: str = ""
    """What the rank is made of, in words."""
    decides: str = ""
    """What to find out first: the fact, or the check, that would settle it."""


class Withheld(Record):
    """Unsafe advice that the model gave; never shown as a step."""

    rule: str
    cls: str = Field(alias="class")
    severity: AdviceSeverity
    text: str
    why: str
    instead: str = ""


class RemovedClaim(Record):
    """Something that the model said and the evidence does not carry."""

    text: str
    reason: str
    where: str = "claims"


class Provenance(Record):
    """How this report came about."""

    report_schema: str = "1"
    product_version: str
    backend: str
    model: str | None = None
    """The model asked."""
    model_answered: str | None = None
    prompt: str | None = None
    """``explain@1.0.0``."""
    prompt_sha256: str | None = None
    knowledge_hash: str = ""
    advice_hash: str = ""
    rules_hash: str = ""
    redaction: str = "off"
    request_hash: str | None = None
    cache_hit: bool = False
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_measured: bool = False
    cost_usd: float | None = None
    latency_ms: float | None = None
    attempts: int = 0
    structured: str | None = None
    repaired: bool = False
    origin: Origin
    degraded: str | None = None
    """Why knowledge answered instead of the model that was asked for; None when nothing went wrong."""
    notes: tuple[str, ...] = ()


class Report(Record):
    """The verified explanation. Only ``explainer.verify`` constructs one."""

    schema_version: Literal["1"] = "1"
    alert: ReportAlert
    verdict: ReportVerdict
    headline: str = ""
    """One line."""
    summary: str
    evidence: tuple[Evidence, ...]
    claims: tuple[Claim, ...]
    hypotheses: tuple[HypothesisView, ...] = ()
    attack: tuple[AttackRef, ...] = ()
    questions: tuple[str, ...] = ()
    unknowns: tuple[OpenQuestion, ...] = ()
    actions: tuple[Action, ...] = ()
    not_advised: tuple[str, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    removed_claims: tuple[RemovedClaim, ...] = ()
    automation: Automation
    automation_reasons: tuple[str, ...] = ()
    triage: Triage | None = None
    provenance: Provenance
    extensions: dict[str, JsonValue] = Field(default_factory=dict)
