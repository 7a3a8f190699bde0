"""What a model backend is, and which one to take when nobody said."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from explainer.backends.circuit import Limits
from explainer.registry import Registry
from explainer.schema.exchange import ModelReply, ModelRequest
from explainer.store import local_models


class Backend(Protocol):
    """A model that answers one request. Instances are safe to share between threads and between event loops."""

    @property
    def name(self) -> str:
        """Name in ``BACKENDS``."""

    @property
    def model(self) -> str | None:
        """The model that is asked when a request names none; None when that is not known yet."""

    @property
    def remote(self) -> bool:
        """True when a prompt leaves this process (a proxy on loopback may forward it anywhere)."""

    @property
    def context_tokens(self) -> int | None:
        """Prompt and answer together, in tokens; None when unknown."""

    def complete(self, request: ModelRequest, *, deadline: float | None) -> ModelReply:
        """Ask, and wait.

        Args:
            request: the whole request.
            deadline: seconds left for everything, retries included; None: the backend's own limits.

        Raises:
            BackendError: one of its classes, for whatever goes wrong with the model.
            ConfigError: a setting or an extra is missing.
            ReplayMiss: only from recordings.
        """

    async def acomplete(self, request: ModelRequest, *, deadline: float | None) -> ModelReply:
        """The same on an event loop; cancelling the task stops the request."""

    def count_tokens(self, text: str) -> int | None:
        """Tokens of ``text`` by the model's own tokenizer; None when it cannot be asked."""

    def close(self) -> None:
        """Let connections go. Harmless when called twice."""


@dataclass(frozen=True, slots=True)
class BackendOptions:
    """Everything that any shipped backend can be told. Not shown by repr: keys and headers."""

    model: str | None = None
    """Model (Azure: deployment) name; for ``local``: a pulled model's name or a path of a .gguf file."""
    base_url: str | None = None
    """Address of an OpenAI-compatible API, ending where ``/chat/completions`` is appended."""
    api_key: str | None = field(default=None, repr=False)
    organization: str | None = None
    api_version: str | None = None
    """Azure's ``api-version``; setting it selects Azure's addresses and key header."""
    model_path: Path | None = None
    """A .gguf file for ``local``."""
    recordings: tuple[Path, ...] = ()
    """Recordings that ``replay`` answers from; later files win."""
    record: Path | None = None
    """Where answers are appended to (applied by ``explainer.backends.replay.recording``)."""
    timeout: float = 120.0
    """Seconds for one attempt."""
    connect_timeout: float = 10.0
    attempts: int = 4
    """Attempts at most, the first included."""
    limits: Limits = field(default_factory=Limits)
    """How many requests at a time an endpoint gets, and when it is left alone."""
    context_tokens: int | None = None
    """Overrides what the backend believes its context to be."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Added to every request."""


BackendFactory = Callable[[BackendOptions], Backend]

BACKENDS: Registry[BackendFactory] = Registry(
    "backend",
    {
        "openai": "explainer.backends.openai:OpenAIBackend",
        "local": "explainer.backends.local:LocalBackend",
        "replay": "explainer.backends.replay:ReplayBackend",
    },
    group="explainer.backends",
)


class AutoChoice(str):
    """A backend's name with the reason for which it was chosen."""

    __slots__ = ("reason",)
    reason: str

    def __new__(cls, name: str, reason: str) -> AutoChoice:
        """Attach ``reason`` (one clause, for people) to ``name``."""
        choice = super().__new__(cls, name)
        choice.reason = reason
        return choice


def choose_auto(options: BackendOptions) -> AutoChoice:
    """Pick for ``--backend auto``: a configured endpoint or key, then a local model that is here, then ``knowledge``.

    Looks at settings, installed packages and the models folder; nothing is contacted, loaded or downloaded.
    """
    if options.base_url:
        return AutoChoice("openai", "an endpoint is configured")
    if options.api_key:
        return AutoChoice("openai", "an API key is configured")
    runtime = importlib.util.find_spec("xllamacpp") is not None
    named = options.model_path or (options.model and local_models.looks_like_path(options.model))
    pulled = local_models.installed()
    if runtime and named:
        return AutoChoice("local", "a model file is configured")
    if runtime and pulled:
        return AutoChoice("local", f"the local model {pulled[0].name} is installed")
    if named or pulled:
        return AutoChoice("knowledge", "a local model is here, but the [local] extra is not installed")
    return AutoChoice("knowledge", "no endpoint, no API key and no local model is configured")
