"""What a run keeps of each answer: how it came about, and what the scorers made of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from explainer.schema.exchange import Message
from explainer.schema.record import Record
from explainer.schema.report import Draft, Report

Outcome = Literal["answered", "unparsable", "error", "throttled"]
Status = Literal["pass", "fail", "known_fail", "unsafe", "unparsable", "error", "throttled", "skipped"]
QUALITY: frozenset[str] = frozenset({"pass", "fail", "known_fail", "unsafe", "unparsable"})
"""Statuses that say something about prompt and model. The others are infrastructure and enter no figure of quality."""
CONTROL = "knowledge"
"""The target that every run has besides: rule knowledge alone."""


def sample_key(target: str, case: str, epoch: int) -> str:
    """Identity of one answer within a run."""
    return f"{target}/{case}/{epoch}"


class Asked(Record):
    """Event: what a target's model is asked about a case, once for all epochs."""

    event: Literal["asked"] = "asked"
    target: str
    case: str
    request: str
    """Key of the request."""
    messages: tuple[Message, ...]


class Kept(Record):
    """Event: a report. Answers that lead to the same report share it; times and tokens stand with the answer."""

    event: Literal["report"] = "report"
    id: str
    report: Report


class Generated(Record):
    """Event: one answer, whatever became of it."""

    event: Literal["generated"] = "generated"
    key: str
    target: str
    case: str
    epoch: int
    outcome: Outcome
    error: str = ""
    """Class of the error."""
    reason: str = ""
    """Why there is no answer, in words."""
    requests: tuple[str, ...] = ()
    """Keys of the requests, the repair's last."""
    replies: tuple[str, ...] = ()
    """Texts as the model sent them."""
    draft: Draft | None = None
    report: str | None = None
    """Id of the report that a reader would get; after an error: none."""
    model_answered: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_measured: bool = False
    cost_usd: float | None = None
    latency_ms: float = 0.0
    attempts: int = 0
    finish: str = ""
    seconds: float = 0.0
    """Wall time in this process."""


class Found(Record):
    """A lost point with its reason."""

    scorer: str
    reason: str
    span: tuple[int, int] | None = None
    """Place in the answer's text."""
    lost: float = 0.0
    rule: str = ""


class Marks(Record):
    """Scores of one text: of what the model said, or of what the reader gets."""

    total: float
    vector: dict[str, float | None]
    unsafe: bool = False
    """It gives unsafe advice: a veto, whatever the total."""
    verdict: str | None = None
    findings: tuple[Found, ...] = ()


class Scored(Record):
    """Scores of one answer."""

    key: str
    target: str
    case: str
    family: str
    epoch: int
    status: Status
    reason: str = ""
    scorer_set: str
    draft: Marks | None = None
    """None: no model was asked (the control), or nothing came back."""
    report: Marks | None = None
    expected: tuple[str, ...] = Field(default=())
    """Verdicts that the case calls right."""

    @property
    def counts(self) -> bool:
        """Whether it enters figures of quality."""
        return self.status in QUALITY

    def quality(self, source: Literal["draft", "report"] = "report") -> float | None:
        """The score that enters figures: zero when the answer could not be read, None when there was none.

        A reader of an unreadable answer still gets the report of rule knowledge; its score is ``report.total``.
        """
        if not self.counts:
            return None
        if self.status == "unparsable":
            return 0.0
        marks = self.report if source == "report" else self.draft
        return marks.total if marks is not None else None
