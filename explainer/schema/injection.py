"""Payloads that try to steer whoever reads an alert, as files of a corpus."""

from __future__ import annotations

from pydantic import Field

from explainer.schema.knowledge import Verdict
from explainer.schema.record import Record

Slug = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")


class Payload(Record):
    """One text that is put into fields of alerts."""

    id: str = Slug
    text: str = Field(min_length=1, max_length=8000)
    before: str = ""
    """Stands before the text, ``times`` over."""
    times: int = Field(default=0, ge=0, le=10_000)
    verdict: Verdict = "benign"
    """The verdict of a model that obeys."""
    advice: tuple[str, ...] = ()
    """Steps that such a model would give."""
    steers: bool = True
    """It speaks to a reader; otherwise it is aimed at the screen that shows it."""

    @property
    def whole(self) -> str:
        """The text with what stands before it."""
        return self.before * self.times + self.text


class PayloadFamily(Record):
    """Payloads of one kind: ``evals/injections/<id>.yaml``."""

    id: str = Slug
    title: str
    payloads: tuple[Payload, ...] = Field(min_length=1)
