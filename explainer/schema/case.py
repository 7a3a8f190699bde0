"""Golden cases and suites: what a good explanation of one alert says, and what it must not say.

Texts are matched sentence by sentence. A *phrasing* is a Python regular expression, searched in one sentence without
regard to case. An *anchor* is a string that must stand in the same sentence exactly, as a whole name.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, WithJsonSchema, field_validator, model_validator

from explainer.schema.knowledge import STAGES, Stage, Verdict
from explainer.schema.phrasing import phrasing
from explainer.schema.record import Record

ActionObject = Literal[
    "process_tree",
    "process",
    "file",
    "image",
    "container",
    "pod",
    "node",
    "user",
    "session",
    "network",
    "connection",
    "logs",
    "audit_log",
    "memory",
    "module",
    "credentials",
    "rule",
    "package",
    "change_record",
    "api",
    "host",
]
OBJECTS: tuple[ActionObject, ...] = get_args(ActionObject)
FORBIDDEN_ACTIONS = (
    "delete_evidence",
    "stop_before_preserve",
    "disable_rule",
    "disable_sensor",
    "broad_exception",
    "weaken_host",
)
"""Besides labels: kinds of steps that are wrong for a case whatever they act on."""

LABELS = tuple(f"{stage}.{thing}" for stage in STAGES for thing in OBJECTS)
"""Every label of a step."""

_TECHNIQUE = r"^T\d{4}(\.\d{3})?$"
_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
MAX_PATTERN = 400


def _compiles(pattern: str) -> str:
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"a phrasing of {len(pattern)} characters is too long; write several of at most {MAX_PATTERN}")
    try:
        phrasing(pattern)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from None
    return pattern


def _label(text: str) -> str:
    if text not in LABELS:
        raise ValueError(f"{text!r} is no label: write <stage>.<object>, such as investigate.process_tree")
    return text


def _forbidden_action(text: str) -> str:
    return text if text in FORBIDDEN_ACTIONS else _label(text)


# What an editor is told: it completes labels and checks expressions, while our own messages stay readable.
Phrasing = Annotated[str, AfterValidator(_compiles), WithJsonSchema({"type": "string", "format": "regex"})]
ActionLabel = Annotated[str, AfterValidator(_label), WithJsonSchema({"type": "string", "enum": [*LABELS]})]
ForbiddenAction = Annotated[
    str, AfterValidator(_forbidden_action), WithJsonSchema({"type": "string", "enum": [*FORBIDDEN_ACTIONS, *LABELS]})
]
TechniqueId = Annotated[str, Field(pattern=_TECHNIQUE)]


class ExpectedVerdict(Record):
    """Verdicts that an honest analyst would give from the alert alone."""

    any_of: tuple[Verdict, ...] = Field(min_length=1)
    """Right: full credit."""
    near: tuple[Verdict, ...] = ()
    """Defensible: half credit."""

    @model_validator(mode="after")
    def _apart(self) -> ExpectedVerdict:
        both = set(self.any_of) & set(self.near)
        if both:
            raise ValueError(f"{', '.join(sorted(both))} is both right and only near")
        return self


class ExpectedMitre(Record):
    """ATT&CK techniques (ids of the shipped table)."""

    required: tuple[TechniqueId, ...] = ()
    """A good report names each; a parent or sub-technique counts half."""
    accepted: tuple[TechniqueId, ...] = ()
    """Neither asked for nor wrong."""
    forbidden: tuple[TechniqueId, ...] = ()
    """Wrong for this alert."""

    @model_validator(mode="after")
    def _apart(self) -> ExpectedMitre:
        both = set(self.forbidden) & {*self.required, *self.accepted}
        if both:
            raise ValueError(f"{', '.join(sorted(both))} is both welcome and forbidden")
        return self


class Fact(Record):
    """Something that a good report says about this alert."""

    id: str = Field(pattern=r"^F\d+$")
    """``F1`` …, unique within the case."""
    weight: int = Field(default=1, ge=1, le=3)
    """3: without it the report misses the point; 1: good to have."""
    entities: tuple[str, ...] = ()
    """Anchors: each stands in the alert (or in the rule's facts) and, as a whole name, in the sentence."""
    any_of: tuple[Phrasing, ...] = Field(min_length=1)
    """Phrasings; one must fit the sentence."""
    polarity: Literal["affirm", "deny"] = "affirm"
    """``deny``: the sentence says that it is not so, or not known ("the alert does not say whether …")."""
    note: str = ""
    """What the fact is, for people."""


class Forbidden(Record):
    """Something that a report must not state. A sentence that denies it is no offence."""

    id: str = Field(pattern=r"^X\d+$")
    """``X1`` …, unique within the case."""
    entities: tuple[str, ...] = ()
    """Anchors; empty: the phrasing alone is wrong in any sentence."""
    any_of: tuple[Phrasing, ...] = Field(min_length=1)
    """Phrasings; one is enough."""
    because: str = Field(min_length=1)
    """Why it is wrong here; shown with the lost points."""


class ExpectedActions(Record):
    """Steps that a good report proposes."""

    required: tuple[ActionLabel, ...] = ()
    """Labels ``<stage>.<object>``, such as ``investigate.process_tree``."""
    order: tuple[Stage, ...] = ()
    """Stages in the order in which their steps must come, as far as the report has them."""
    forbidden: tuple[ForbiddenAction, ...] = ()
    """Labels, or kinds of wrong steps (``delete_evidence``, ``disable_rule`` …; see ``FORBIDDEN_ACTIONS``)."""


class Case(Record):
    """One golden case. The file is ``evals/cases/<family>/<id>.yaml``."""

    id: str = Field(pattern=_SLUG)
    """Unique; the file's name without ending."""
    title: str = Field(min_length=1)
    """What happens in the alert, in a few plain words."""
    family: str = Field(pattern=_SLUG)
    """The folder's name. Cases of a family are alike: they form one cluster in statistics."""
    alert: str
    """The input, as a path below ``fixtures/``; it holds one alert, or alike alerts only."""
    difficulty: Literal["easy", "medium", "hard"] = "medium"
    """easy: the alert says it all; medium: needs knowledge of the rule; hard: a plausible reading is wrong."""
    expected: Literal["pass", "known_fail"] = "pass"
    """known_fail: listed, and left out of gates."""
    tags: tuple[str, ...] = ()
    """Slices: ``stable``, ``benign-twin``, ``true-positive-twin``, ``injected``, ``missing-metadata`` …"""
    verdict: ExpectedVerdict
    mitre: ExpectedMitre = ExpectedMitre()
    facts: tuple[Fact, ...] = Field(min_length=1)
    """Three to seven things that a good report says, whatever its words."""
    forbidden: tuple[Forbidden, ...] = ()
    """Claims that weak explanations make about such an alert."""
    actions: ExpectedActions = ExpectedActions()
    unknowns: tuple[str, ...] = ()
    """What the alert does not tell and a good report says so."""
    weights: dict[str, float] = Field(default_factory=dict)
    """Scorer name (``S1``) to weight, over the scorer's own."""
    reference: str = Field(min_length=1)
    """A golden report in Markdown. It has every fact and no forbidden claim, and scores 1.0."""

    @field_validator("weights")
    @classmethod
    def _sane(cls, weights: dict[str, float]) -> dict[str, float]:
        for name, weight in weights.items():
            if not re.fullmatch(r"S\d+", name) or not 0 <= weight <= 10:
                raise ValueError(f"{name}: {weight} is no weight of a scorer (S1: 0.0 to 10.0)")
        return weights

    @model_validator(mode="after")
    def _once(self) -> Case:
        ids = [*(fact.id for fact in self.facts), *(claim.id for claim in self.forbidden)]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"the id {', '.join(twice)} is used twice")
        return self


class Thresholds(Record):
    """What a run must reach; unset ones are not checked. Unsafe advice fails a run whatever is set here."""

    score: float | None = Field(default=None, ge=0, le=1)
    """Mean over families of the score of the report."""
    pass_rate: float | None = Field(default=None, ge=0, le=1)
    """Share of cases that pass."""
    case_score: float = Field(default=0.6, ge=0, le=1)
    """Score from which a case passes."""
    verdict: float | None = Field(default=None, ge=0, le=1)
    """Mean verdict agreement."""
    unparsable: float | None = Field(default=None, ge=0, le=1)
    """Highest share of answers that could not be read."""
    errors: float = Field(default=0.0, ge=0, le=1)
    """Highest share of cases that failed for want of an answer."""


class SuiteModel(Record):
    """One model to run."""

    backend: str = "replay"
    """Name in ``backends.BACKENDS``, or ``knowledge``."""
    model: str | None = None
    base_url: str | None = None
    recordings: tuple[str, ...] = ()
    """JSONL files, relative to the suite's file."""
    prompts: tuple[str, ...] = ()
    """This model's prompts; empty: the suite's."""
    repeats: int | None = Field(default=None, ge=1, le=100)
    """None: the suite's."""
    temperature: float | None = Field(default=None, ge=0.0, le=2.0)
    """None: the suite's."""


class Suite(Record):
    """Which cases are run through which prompts and models. A TOML file in ``evals/suites/``."""

    id: str = Field(pattern=_SLUG)
    title: str = ""
    cases: tuple[str, ...] = ("**/*.yaml",)
    """Globs below ``evals/cases``."""
    tags: tuple[str, ...] = ()
    """Only cases with one of these tags; empty: all."""
    families: tuple[str, ...] = ()
    """Only these families; empty: all."""
    exclude: tuple[str, ...] = ()
    """Ids of cases that are left out."""
    prompts: tuple[str, ...] = ()
    """``explain@1.0.0`` …; empty: the default prompt of each backend."""
    models: tuple[SuiteModel, ...] = ()
    repeats: int = Field(default=1, ge=1, le=100)
    """Answers for each case."""
    temperature: float = Field(default=0.0, ge=0.0, le=2.0)
    """How freely the models choose words. Repetitions only differ above zero; each has a seed of its own."""
    thresholds: Thresholds = Thresholds()
    slices: tuple[str, ...] = ()
    """Tags for which figures are given apart."""
