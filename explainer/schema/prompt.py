"""Prompt templates and what is built from them."""

from __future__ import annotations

from pydantic import Field, JsonValue

from explainer.schema.exchange import Message
from explainer.schema.record import Record


class PromptTemplate(Record):
    """One released version of one prompt."""

    id: str
    version: str
    """Semantic version. Major: variables or output schema; minor: scores should move; patch: wording only."""
    output: str
    """Name of the output schema: ``draft``."""
    variables: tuple[str, ...]
    summary: str
    body: str
    """Jinja2 source; ``{# role: user #}`` style section marks split it into messages."""
    sha256: str
    """Of the file's bytes."""
    compact: bool = False

    @property
    def ref(self) -> str:
        """``explain@1.0.0``."""
        return f"{self.id}@{self.version}"


class BuiltPrompt(Record):
    """A prompt with the alert in it, ready to send."""

    messages: tuple[Message, ...]
    output_schema: dict[str, JsonValue] = Field(default_factory=dict)
    ref: str
    sha256: str
    input_tokens: int
    tokens_measured: bool
    """False: a declared over-estimate."""
    trimmed: tuple[str, ...] = ()
    """What was left out to fit the budget, in the order in which it went."""
