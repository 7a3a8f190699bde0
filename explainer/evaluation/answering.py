"""Who answers in a run: recordings, a live model, or recordings first; one view for each repetition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from explainer.errors import ConfigError, ReplayMiss
from explainer.evaluation.suite import Target
from explainer.redaction import masks

if TYPE_CHECKING:
    from explainer.backends.base import Backend
    from explainer.backends.replay import ReplayBackend, Unused
    from explainer.schema.exchange import ModelReply, ModelRequest
    from explainer.settings import Settings

OnMiss = Literal["fail", "live"]


class RecordedFirst:
    """Answers from recordings, and asks the live model only for what they do not hold."""

    remote = True

    def __init__(self, recorded: ReplayBackend, live: Backend) -> None:
        self._recorded = recorded
        self._live = live

    @property
    def name(self) -> str:
        """The live backend's name."""
        return self._live.name

    @property
    def model(self) -> str | None:
        """The live backend's model: the recordings were made with it, or they do not fit."""
        return self._live.model

    @property
    def context_tokens(self) -> int | None:
        """As the live backend."""
        return self._live.context_tokens

    def view(self, epoch: int, labels: Mapping[str, Any]) -> RecordedFirst:
        """The same for one repetition."""
        return RecordedFirst(self._recorded.for_epoch(epoch), view(self._live, epoch, labels))

    def complete(self, request: ModelRequest, *, deadline: float | None) -> ModelReply:
        """See ``Backend.complete``."""
        try:
            return self._recorded.complete(request, deadline=deadline)
        except ReplayMiss:
            return self._live.complete(request, deadline=deadline)

    async def acomplete(self, request: ModelRequest, *, deadline: float | None) -> ModelReply:
        """See ``Backend.acomplete``."""
        try:
            return self._recorded.complete(request, deadline=deadline)
        except ReplayMiss:
            return await self._live.acomplete(request, deadline=deadline)

    def count_tokens(self, text: str) -> int | None:
        """The live backend's count."""
        return self._live.count_tokens(text)

    def close(self) -> None:
        """Close the live backend."""
        self._live.close()


def view(backend: Backend, epoch: int, labels: Mapping[str, Any]) -> Backend:
    """A backend as one repetition sees it; live models have no repetitions of their own."""
    if isinstance(backend, RecordedFirst):
        return backend.view(epoch, labels)
    for name, argument in (("for_epoch", epoch), ("labelled", labels)):
        make = getattr(backend, name, None)
        if make is not None:
            backend = make(argument)
    return backend


def open_backend(target: Target, settings: Settings, *, on_miss: OnMiss, record: Path | None) -> Backend:
    """The backend of a target.

    Args:
        target: with recordings, these answer; with ``on_miss="live"`` the target's backend fills the gaps.
        settings: key, address, prices.
        on_miss: what happens where a recording is missing.
        record: append what the live model says to this file, without secrets.

    Raises:
        ConfigError: options that contradict each other, or a backend that cannot be opened.
        UnknownNameError: no such backend.
    """
    from explainer.backends.base import BACKENDS, BackendOptions
    from explainer.backends.replay import RecordingBackend, ReplayBackend

    key = settings.api_key.get_secret_value() if settings.api_key else None
    options = BackendOptions(
        model=target.model,
        base_url=target.base_url or settings.base_url,
        api_key=key,
        api_version=settings.api_version,
        recordings=target.recordings,
        timeout=settings.deadline,
    )
    replays = target.backend == "replay" or bool(target.recordings)
    if replays and (target.backend == "replay" or on_miss == "fail"):
        if on_miss == "live":
            hint = "--on-miss live --backend openai --base-url URL --model NAME"
            raise ConfigError("recordings alone have no live model to ask", hint=hint)
        if record is not None:
            raise ConfigError("a replay asks no model, so there is nothing to record", hint="add --on-miss live")
        return ReplayBackend(options)
    live = BACKENDS.get(target.backend)(options)
    if record is not None:
        live = RecordingBackend(live, record, redact=masks([key] if key else []), slim=True)
    return RecordedFirst(ReplayBackend(options), live) if replays else live


def recordings_of(backend: Backend) -> ReplayBackend | None:
    """The recordings behind a backend, if any."""
    from explainer.backends.replay import ReplayBackend

    inner = backend._recorded if isinstance(backend, RecordedFirst) else backend
    return inner if isinstance(inner, ReplayBackend) else None


@dataclass(frozen=True)
class Leftover:
    """A recording that a run did not use, and why not."""

    place: str
    key: str
    epoch: int
    case: str
    kind: Literal["stale", "unused"]
    """stale: of a case and prompt of this run, but the request is another one now."""
    reason: str


def leftovers(
    unused: Iterable[Unused], *, asked: Mapping[str, int], prompts: Mapping[str, str], keys: set[str]
) -> list[Leftover]:
    """What the unused recordings of a run are.

    Args:
        unused: recordings nobody asked for.
        asked: cases of the run with the number of repetitions.
        prompts: hash of each prompt of the run, by id and by ``id@version``.
        keys: requests that the run made.
    """
    found = []
    for item in unused:
        case, prompt = str(item.labels.get("case", "")), str(item.labels.get("prompt", ""))
        kind: Literal["stale", "unused"] = "unused"
        if item.key in keys:
            reason = f"repetition {item.epoch} was not asked for"
        elif not case:
            reason = "nothing of this run asks for it"
        elif case not in asked:
            reason = "its case is not in this run"
        elif prompt in prompts or prompt.split("@")[0] in prompts:
            kind, now = "stale", prompts.get(prompt)
            recorded = str(item.labels.get("prompt_sha256", ""))
            changed = now is not None and recorded != now
            if prompt not in prompts:
                reason = f"recorded with {prompt}, which is another version"
            elif changed:
                reason = f"the prompt {prompt} changed since it was recorded"
            else:
                reason = "the case, its knowledge or the parameters changed since it was recorded"
        else:
            reason = f"recorded with the prompt {prompt or 'of another name'}"
        found.append(Leftover(item.place, item.key, item.epoch, case, kind, reason))
    return found
