"""Knowledge entries: what people who know a rule would tell the one on call. Trusted: written and reviewed by hand.

A *condition* anywhere below is written in Falco's own condition language and read over the alert's fields
(``Alert.fields`` names). It has three values: a field that the alert does not carry makes it unknown, never false.

A *text* may hold ``%{field}``: the alert's value, or the words after a bar when it is missing
(``%{k8s.pod.name|the pod}``). In a *command* every ``%{field}`` is replaced by the shell-quoted value, or by a quoted
placeholder such as ``'<k8s.pod.name>'``.

Besides the tool's own fields there are ``alert.*``, ``sensor.*``, ``derived.*``, ``act.*`` and ``field.*``: see
``explainer/enrich/view.py`` and ``explainer/enrich/acts.py``.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, JsonValue

from explainer.schema.alert import FalcoPriority
from explainer.schema.record import Record

Verdict = Literal["benign", "suspicious", "malicious", "insufficient_evidence"]
Cause = Literal[
    "expected_activity", "known_software", "authorised_change", "test", "rule_too_sensitive", "sensor_health", "other"
]
Stage = Literal["investigate", "preserve", "contain", "eradicate", "recover", "tune"]
STAGES: tuple[Stage, ...] = ("investigate", "preserve", "contain", "eradicate", "recover", "tune")


class Signal(Record):
    """One predicate that speaks for or against a hypothesis."""

    when: str
    """Condition over the alert's fields."""
    because: str
    """Text: what it means that the condition holds. One sentence that can stand in a report."""
    weight: int = Field(default=1, ge=1, le=3)
    """1 hint, 2 good sign, 3 telling."""
    forgeable: bool = True
    """Whoever runs the process chooses the value (comm, argv, own paths): it never closes an alert alone."""
    decisive: bool = False
    """In ``refutes``: when it holds, the hypothesis is dead."""


class Hypothesis(Record):
    """One way in which the alert may have come about."""

    id: str
    verdict: Literal["benign", "suspicious", "malicious"]
    cause: Cause | None = None
    """For benign hypotheses."""
    title: str
    """Noun phrase: "Falco's own driver loader"."""
    explain: str
    """Text: two sentences at most, how this makes the rule fire."""
    supports: tuple[Signal, ...] = ()
    refutes: tuple[Signal, ...] = ()
    settle: str = ""
    """Text: what would settle it (the check that no name can fake: digest, hash, ticket, time of a rollout)."""


class KnowledgeAction(Record):
    """A step that a person may take. Vetted, so a model chooses it by id."""

    id: str
    """Unique within the entry; ``block.id`` when it comes from a shared block."""
    stage: Stage
    title: str
    """Text, imperative."""
    why: str
    """Text: what it settles, or what it protects."""
    command: str | None = None
    """Shell command; ``%{field}`` is filled in, quoted."""
    config: str | None = None
    """A file that the command uses (YAML); ``%{field}`` is filled in as a JSON string, which is YAML too."""
    where: Literal["kubectl", "node", "container_runtime", "cloud", "workstation", "siem"] | None = None
    requires: str | None = None
    """Condition: the action is left out when it is false (unknown keeps it)."""
    read_only: bool = True
    destroys_evidence: bool = False
    reversible: bool = True
    needs_approval: bool = False
    precondition: str = ""
    """Text: what must be true or done before."""


class Unknown(Record):
    """A decisive thing that the alert may not tell."""

    field: str | None = None
    """The question stands only when the alert does not carry this field; None: it always stands."""
    question: str
    why: str = ""
    command: str | None = None
    """Read-only query that would tell."""


class Tuning(Record):
    """How to silence exactly this benign cause. The YAML is built from the alert's values by code."""

    id: str
    kind: Literal["exception", "list", "macro"]
    title: str
    why: str = ""
    hypothesis: str | None = None
    """Offered when this hypothesis leads."""
    requires: str | None = None
    """Condition."""
    list: str | None = None
    items: tuple[str, ...] = ()
    """Texts with ``%{field}``; the block is not offered when a value is missing."""
    macro: str | None = None
    condition: str | None = None
    """Appended to the macro: Falco condition with ``%{field}`` values."""
    exception: str | None = None
    """Exception name."""
    fields: tuple[str, ...] = ()
    comps: tuple[str, ...] = ()
    values: tuple[JsonValue, ...] = ()
    """One row: texts with ``%{field}``, or a list of such."""
    caution: str = ""
    """Text: what this silences besides."""


class AttackNote(Record):
    """Technique that fits, when the rule's tag is missing or wrong."""

    technique: str
    when: Literal["always", "if_malicious", "misfit"] = "if_malicious"
    """``misfit``: the rule's tag names it, and it does not fit; it then stands last, with the reason."""
    because: str = ""


class Derived(Record):
    """Parts of a field's value, under names of their own: ``derived.<group>`` in conditions and texts."""

    field: str
    pattern: str
    """Regular expression, searched in the value; every named group becomes a field. No match leaves them unknown."""


class KnowledgeEntry(Record):
    """All of it for one rule, or for a source when ``rule`` is None."""

    rule: str | None = None
    aliases: tuple[str, ...] = ()
    """Earlier names of the same rule."""
    source: str = "syscall"
    reviewed: date
    sources: tuple[str, ...]
    """Where the facts come from: rule file, man page, issue number, ATT&CK."""
    title: str
    """Noun phrase in plain words: "Kernel module load from a container"."""
    meaning: str
    """Text, two or three sentences: what the sensor saw, and what it does not say."""
    impact: str = ""
    """Text: what it would mean if it were an attack."""
    derive: tuple[Derived, ...] = ()
    """Facts that stand inside a value, such as the version in a file name."""
    severity_floor: FalcoPriority | None = None
    """Severity never goes below this on a model's word."""
    verdict_floor: Verdict | None = None
    """The verdict never goes below this without a vetted benign hypothesis.

    benign < insufficient_evidence < suspicious < malicious.
    """
    only_successful: bool = False
    """The rule's condition holds for calls that succeeded only (such as ``fd.num >= 0``)."""
    default_verdict: Literal["suspicious", "insufficient_evidence", "malicious"] = "insufficient_evidence"
    """When no hypothesis leads."""
    hypotheses: tuple[Hypothesis, ...]
    questions: tuple[str, ...] = ()
    """Texts: what to ask first, in order."""
    unknowns: tuple[Unknown, ...] = ()
    actions: tuple[KnowledgeAction, ...] = ()
    use: tuple[str, ...] = ()
    """Shared blocks: ``container-evidence`` or one action of it: ``container-evidence.inspect``."""
    tuning: tuple[Tuning, ...] = ()
    attack: tuple[AttackNote, ...] = ()
    not_advised: tuple[str, ...] = ()
    """Texts: steps that are often proposed here and are wrong, each with the reason."""


class KnowledgeBlock(Record):
    """Actions, and explanations that fit any rule, shared by many entries."""

    id: str
    reviewed: date
    sources: tuple[str, ...] = ()
    actions: tuple[KnowledgeAction, ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()
    """Considered for every alert when the block is ``every-rule``."""
    against_benign: tuple[Signal, ...] = ()
    """Signs against every harmless explanation of any rule, when the block is ``every-rule``."""
