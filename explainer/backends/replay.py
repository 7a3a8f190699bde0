"""Recorded answers: a backend that replays them, and a wrapper that records any other backend."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from explainer.backends.base import Backend, BackendOptions
from explainer.errors import BackendBadReply, BackendError, BackendRefused, ConfigError, ReplayMiss
from explainer.schema.exchange import ModelReply, ModelRequest

Redact = Callable[[str], str]

_PARAMETERS = ("model", "temperature", "seed", "max_output_tokens", "schema_name", "output_schema")
_UNRECORDED = {"from_cache"}
_BULK = {"messages", "output_schema"}
# Answers that are none; what else goes wrong on the way is no property of the model and is not recorded.
_SAID_NOTHING: dict[str, type[BackendError]] = {"BackendRefused": BackendRefused, "BackendBadReply": BackendBadReply}


@dataclass(frozen=True, slots=True)
class _Recorded:
    reply: ModelReply | None
    place: str
    labels: Mapping[str, Any]
    error: str = ""
    message: str = ""

    def give(self) -> ModelReply:
        if self.reply is not None:
            return self.reply
        error = _SAID_NOTHING[self.error](self.message)
        error.answered = True
        raise error


@dataclass(frozen=True, slots=True)
class Unused:
    """A recording that nobody asked for."""

    key: str
    epoch: int
    place: str
    """``file:line``."""
    labels: Mapping[str, Any]
    """What the recorder wrote beside it, such as the case and the prompt."""


class ReplayBackend:
    """Answers from recordings, by the request's key, and never otherwise.

    Lines are ``{"key", "epoch", "request"?, "labels"?, "reply" or "error"}``. A key recorded again in the same epoch
    counts as replaced.
    """

    name = "replay"
    remote = False

    def __init__(self, options: BackendOptions, *, epoch: int = 0) -> None:
        if not options.recordings:
            raise ConfigError("replay needs recordings", hint="--recordings FILE")
        self._options = options
        self._epoch = epoch
        self._replies: dict[tuple[str, int], _Recorded] = {}
        self._alike: dict[str, list[dict[str, Any]]] = {}
        self._models: set[str] = set()
        self._used: set[tuple[str, int]] = set()
        self.redacted = False
        """Whether the requests were recorded with stand-ins for identities."""
        for path in options.recordings:
            self._load(path)

    @property
    def model(self) -> str | None:
        """The configured model, or the one that all recorded requests asked."""
        if self._options.model:
            return self._options.model
        return next(iter(self._models)) if len(self._models) == 1 else None

    @property
    def context_tokens(self) -> int | None:
        """What the options say."""
        return self._options.context_tokens

    def for_epoch(self, epoch: int) -> ReplayBackend:
        """The same recordings, answering from another repetition."""
        view = object.__new__(ReplayBackend)
        view.__dict__.update(self.__dict__)
        view._epoch = epoch
        return view

    def complete(self, request: ModelRequest, *, deadline: float | None) -> ModelReply:  # noqa: ARG002 - nothing waits
        """The recorded answer.

        Raises:
            ReplayMiss: there is none for exactly this request and epoch.
        """
        found = self._replies.get((request.key, self._epoch))
        if found is None:
            raise self._miss(request)
        self._used.add((request.key, self._epoch))
        return found.give()

    async def acomplete(self, request: ModelRequest, *, deadline: float | None) -> ModelReply:
        """The recorded answer. See ``complete``."""
        return self.complete(request, deadline=deadline)

    def unused(self) -> list[Unused]:
        """Recordings that nobody asked for so far, whatever the repetition, in the order of the files."""
        return [
            Unused(key, epoch, recorded.place, recorded.labels)
            for (key, epoch), recorded in self._replies.items()
            if (key, epoch) not in self._used
        ]

    def count_tokens(self, text: str) -> int | None:  # noqa: ARG002 - the protocol's signature
        """None: recordings hold no tokenizer."""
        return None

    def close(self) -> None:
        """Nothing is open."""

    def _miss(self, request: ModelRequest) -> ReplayMiss:
        epochs = sorted(epoch for key, epoch in self._replies if key == request.key)
        if epochs:
            hint = f"it is recorded for epoch {', '.join(map(str, epochs))}, not {self._epoch}"
        elif seeds := self._seeds(request):
            hint = f"the same is recorded for other repetitions (seed {', '.join(map(str, seeds))}), not for this one"
        elif alike := self._alike.get(messages_key(request)):
            hint = f"the same messages are recorded with {_difference(request, alike)}"
        else:
            files = ", ".join(path.name for path in self._options.recordings)
            hint = (
                f"none of the {len(self._replies)} recordings in {files} has these messages; record them with --record"
            )
        return ReplayMiss(f"no recording for request {request.key[:12]}", key=request.key, hint=hint)

    def _seeds(self, request: ModelRequest) -> list[int]:
        """Seeds under which the same request, its seed apart, is recorded."""
        if request.seed is None:
            return []
        alike = self._alike.get(messages_key(request), ())
        seeds = {theirs.get("seed") for theirs in alike if _differing(request, theirs) == ["seed"]}
        return sorted(seed for seed in seeds if isinstance(seed, int))

    def _load(self, path: Path) -> None:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ConfigError(
                f"cannot read the recordings: {error.strerror}", where=str(path), hint="--recordings FILE"
            ) from error
        lines = data.split(b"\n")
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
                key, epoch = str(entry["key"]), int(entry.get("epoch", 0))
                recorded = _recorded(entry, f"{path}:{number}")
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ValidationError) as error:
                if number == len(lines):
                    continue  # the last line of a recording that was cut off while it was written
                raise ConfigError(
                    "no recording: expected a JSON object with key, epoch and reply",
                    where=f"{path}:{number}",
                    hint="record the file again, or remove the line",
                ) from error
            self._replies[key, epoch] = recorded
            self.redacted = self.redacted or "redaction" in recorded.labels
            asked = entry.get("request")
            if isinstance(asked, dict) and isinstance(messages := entry.get("messages_key"), str):
                self._alike.setdefault(messages, []).append(asked)
                if isinstance(asked.get("model"), str):
                    self._models.add(asked["model"])


def _recorded(entry: dict[str, Any], place: str) -> _Recorded:
    labels = entry.get("labels")
    known = labels if isinstance(labels, dict) else {}
    if "error" in entry:
        name = str(entry["error"]["type"])
        if name not in _SAID_NOTHING:
            raise ValueError(name)
        return _Recorded(None, place, known, name, str(entry["error"]["message"]))
    return _Recorded(ModelReply.model_validate(entry["reply"]), place, known)


class RecordingBackend:
    """Passes requests through and appends each answer to a file.

    A line is written with one call, under a file lock and synced, so that several processes may record together.

    Args:
        inner: who answers.
        path: the recording; made with mode 0600 when missing.
        redact: takes secrets out of every recorded string; the key stays that of the request as it was asked.
        epoch: which repetition is being recorded.
        slim: leave messages and schema out: for recordings whose prompts can be built again at any time.
    """

    def __init__(
        self, inner: Backend, path: Path, *, redact: Redact | None = None, epoch: int = 0, slim: bool = False
    ) -> None:
        self._inner = inner
        self._slim = slim
        self._labels: Mapping[str, Any] = {}
        self._path = path
        self._redact = redact
        self._epoch = epoch
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600))
        except OSError as error:
            raise ConfigError(f"cannot record: {error.strerror}", where=str(path), hint="--record FILE") from error

    @property
    def name(self) -> str:
        """The inner backend's name."""
        return self._inner.name

    @property
    def model(self) -> str | None:
        """The inner backend's model."""
        return self._inner.model

    @property
    def remote(self) -> bool:
        """As the inner backend."""
        return self._inner.remote

    @property
    def context_tokens(self) -> int | None:
        """As the inner backend."""
        return self._inner.context_tokens

    def for_epoch(self, epoch: int) -> RecordingBackend:
        """The same file and backend, recording another repetition."""
        view = object.__new__(RecordingBackend)
        view.__dict__.update(self.__dict__)
        view._epoch = epoch
        return view

    def labelled(self, labels: Mapping[str, Any]) -> RecordingBackend:
        """The same file and backend, with something written beside each answer."""
        view = object.__new__(RecordingBackend)
        view.__dict__.update(self.__dict__)
        view._labels = labels
        return view

    def complete(self, request: ModelRequest, *, deadline: float | None) -> ModelReply:
        """Ask the inner backend and keep its answer. Of errors only those are kept that are the model's own."""
        try:
            reply = self._inner.complete(request, deadline=deadline)
        except BackendError as error:
            self._keep_error(request, error)
            raise
        self._keep(request, {"reply": self._clean(reply.model_dump(mode="json", exclude=_UNRECORDED))})
        return reply

    async def acomplete(self, request: ModelRequest, *, deadline: float | None) -> ModelReply:
        """The same on an event loop."""
        try:
            reply = await self._inner.acomplete(request, deadline=deadline)
        except BackendError as error:
            self._keep_error(request, error)
            raise
        self._keep(request, {"reply": self._clean(reply.model_dump(mode="json", exclude=_UNRECORDED))})
        return reply

    def count_tokens(self, text: str) -> int | None:
        """The inner backend's count."""
        return self._inner.count_tokens(text)

    def close(self) -> None:
        """Close the inner backend."""
        self._inner.close()

    def _keep_error(self, request: ModelRequest, error: BackendError) -> None:
        name = type(error).__name__
        if error.answered and name in _SAID_NOTHING:
            self._keep(request, {"error": {"type": name, "message": self._clean(error.message)}})

    def _keep(self, request: ModelRequest, answer: Mapping[str, Any]) -> None:
        entry = {
            "key": request.key,
            "epoch": self._epoch,
            "messages_key": messages_key(request),
            "request": self._clean(request.model_dump(mode="json", exclude=_BULK if self._slim else None)),
            **({"labels": dict(self._labels)} if self._labels else {}),
            **answer,
        }
        line = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        try:
            with self._lock, self._path.open("ab", buffering=0) as out:
                fcntl.flock(out, fcntl.LOCK_EX)
                if _unfinished(self._path):
                    line = b"\n" + line
                out.write(line)
                os.fsync(out.fileno())
        except OSError as error:
            raise ConfigError(
                f"cannot record: {error.strerror}", where=str(self._path), hint="--record FILE"
            ) from error

    def _clean(self, value: Any) -> Any:
        if self._redact is None:
            return value
        if isinstance(value, str):
            return self._redact(value)
        if isinstance(value, Mapping):
            return {key: self._clean(item) for key, item in value.items()}
        return [self._clean(item) for item in value] if isinstance(value, list) else value


def recording(
    backend: Backend, options: BackendOptions, *, redact: Redact | None = None, labels: Mapping[str, Any] | None = None
) -> Backend:
    """``backend``, recorded when the options say where to, with ``labels`` beside each answer."""
    if options.record is None:
        return backend
    return RecordingBackend(backend, options.record, redact=redact).labelled(labels or {})


def messages_key(request: ModelRequest) -> str:
    """sha256 (hex) over the messages alone: finds recordings of the same prompt under other parameters."""
    messages = [[message.role, message.content] for message in request.messages]
    return hashlib.sha256(json.dumps(messages, separators=(",", ":")).encode()).hexdigest()


def _unfinished(path: Path) -> bool:
    """Whether an earlier writer died in the middle of a line."""
    with contextlib.suppress(OSError), path.open("rb") as recorded:
        recorded.seek(-1, os.SEEK_END)
        return recorded.read(1) != b"\n"
    return False


def _differing(request: ModelRequest, theirs: dict[str, Any]) -> list[str]:
    """Parameters that differ; what a slim recording leaves out is not known to."""
    ours = request.model_dump(mode="json")
    return [name for name in _PARAMETERS if name in theirs and theirs[name] != ours[name]]


def _difference(request: ModelRequest, alike: list[dict[str, Any]]) -> str:
    """How the nearest of the recorded requests differs."""
    ours = request.model_dump(mode="json")
    nearest = min(alike, key=lambda theirs: len(_differing(request, theirs)))
    parts = [_differs(name, nearest.get(name), ours[name]) for name in _differing(request, nearest)]
    return "; ".join(parts) or "the same parameters and another key: the recording was edited"


def _differs(name: str, theirs: Any, ours: Any) -> str:
    if name == "output_schema":
        return "another output_schema"
    if name == "model":
        asked = f"{ours} is asked" if ours else "none is named"
        return f"model {theirs}, and {asked} here: give --model {theirs}" if theirs else f"no model, and {asked} here"
    recorded = f"no {name}" if theirs is None else f"{name} {theirs}"
    return f"{recorded}, and none is set here" if ours is None else f"{recorded} instead of {ours}"
