"""What goes to a model and what comes back."""

from __future__ import annotations

import hashlib
import json
from typing import Literal

from pydantic import Field, JsonValue

from explainer.schema.record import Record

StructuredMode = Literal["json_schema", "json_object", "text"]
FinishReason = Literal["stop", "length", "refused", "tool_calls", "unknown"]


class Message(Record):
    """One chat message."""

    role: Literal["system", "user", "assistant"]
    content: str


class ModelRequest(Record):
    """A request, complete: two equal requests must be allowed to share an answer."""

    messages: tuple[Message, ...]
    output_schema: dict[str, JsonValue] = Field(default_factory=dict)
    """JSON Schema of the answer."""
    schema_name: str = "draft"
    model: str | None = None
    """None: the backend's default."""
    temperature: float = 0.0
    seed: int | None = 7
    max_output_tokens: int = 1200

    @property
    def key(self) -> str:
        """sha256 (hex) of the canonical request: the identity under which answers are cached, recorded and replayed."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()


class Usage(Record):
    """Tokens of one exchange."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    measured: bool = False
    """True: the server counted. False: our estimate."""


class ModelReply(Record):
    """An answer as it came, before anybody believed it."""

    text: str
    """Answer text with reasoning blocks removed; for tool-call answers the arguments as JSON."""
    reasoning: str | None = None
    """What the model said between think tags. Never shown, never parsed."""
    model: str | None = None
    """The model that answered, by its own word."""
    backend: str = ""
    usage: Usage = Usage()
    finish: FinishReason = "unknown"
    structured: StructuredMode = "text"
    """How the answer's form was asked for."""
    attempts: int = 1
    latency_ms: float = 0.0
    from_cache: bool = False
    """Not part of a recording."""
    cost_usd: float | None = None
    """None: no price is known for the model."""
