"""A language model inside this process: llama.cpp through xllamacpp, with any .gguf file. No second service."""

from __future__ import annotations

import asyncio
import atexit
import http.client
import json
import os
import shutil
import socket
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from explainer.backends import answer, dialect
from explainer.backends.base import BackendOptions
from explainer.backends.retry import Deadline
from explainer.errors import BackendBadReply, BackendRefused, BackendTimeout, ConfigError
from explainer.schema.exchange import ModelReply, ModelRequest, StructuredMode, Usage
from explainer.store import local_models, tokens

# libgomp reads this once, when it is loaded. Its threads spin at every barrier otherwise, and on a machine with other
# work one of them waits for a core that the other burns: an answer of five seconds then takes minutes.
_WAIT = "OMP_WAIT_POLICY"
_chosen = _WAIT in os.environ or "GOMP_SPINCOUNT" in os.environ
if not _chosen:
    os.environ[_WAIT] = "passive"
try:
    import xllamacpp
except ImportError as error:
    raise ConfigError(
        "the embedded model needs the package xllamacpp",
        hint="pip install 'alert-explainer[local]', or pip install '.[local]' in a checkout",
    ) from error
finally:
    if not _chosen:
        del os.environ[_WAIT]

MISSING_MODEL = "explainer models pull smollm2-135m, or --model FILE.gguf"
LARGEST_CONTEXT = 8192
"""Tokens; a prompt of ours is far shorter, and the memory of a context grows with its size."""
BATCH = 128
"""Prompt tokens between two looks at the deadline; on CPUs larger batches were not faster."""
PROMPT_CACHE_MIB = 256
GRACE = 20.0
"""Seconds that a stopped generation gets to end before the interpreter goes away over it, which is a crash.

It needs one batch, however busy the machine is.
"""

_loading = threading.Lock()
_models: dict[tuple[int, Path, int], _Model] = {}
_folders: list[str] = []


@atexit.register
def _remove_folders() -> None:
    for folder in _folders:
        shutil.rmtree(folder, ignore_errors=True)


class LocalBackend:
    """One .gguf file. The model is loaded on first use, once per process, and shared."""

    name = "local"
    remote = False

    def __init__(self, options: BackendOptions) -> None:
        self._options = options
        self._path = _find(options)

    @property
    def model(self) -> str:
        """The file's name without its ending."""
        return self._path.stem

    @property
    def context_tokens(self) -> int:
        """The loaded model's context."""
        return self._loaded().context

    def complete(self, request: ModelRequest, *, deadline: float | None) -> ModelReply:
        """Answer in a thread that is stopped at the deadline. See ``Backend.complete``."""
        budget = Deadline(deadline)
        generation = _Generation(self._loaded(), request, budget)
        try:
            return generation.wait()
        finally:
            generation.cancel()

    async def acomplete(self, request: ModelRequest, *, deadline: float | None) -> ModelReply:
        """The same on an event loop."""
        budget = Deadline(deadline)
        loaded = await asyncio.to_thread(self._loaded)
        generation = _Generation(loaded, request, budget)
        try:
            return await asyncio.to_thread(generation.wait)
        finally:
            # A cancelled task leaves its thread waiting; this ends the generation, and with it the thread.
            generation.cancel()

    def count_tokens(self, text: str) -> int:
        """By the model's own tokenizer, without the chat template around it."""
        return self._loaded().count(text)

    def close(self) -> None:
        """Nothing: the model is shared, and goes with the process."""

    def _loaded(self) -> _Model:
        key = (os.getpid(), self._path, self._options.context_tokens or LARGEST_CONTEXT)
        with _loading:
            if key not in _models:
                _models[key] = _load(self._path, key[2])
            return _models[key]


def _find(options: BackendOptions) -> Path:
    chosen = options.model_path or options.model
    if chosen:
        return local_models.resolve(chosen).resolve()
    here = local_models.installed()
    if not here:
        raise ConfigError("no local model is installed", hint=MISSING_MODEL)
    # Several: the largest explains best, and whoever wants another one names it.
    return max(here, key=lambda model: model.size).path.resolve()


def _load(path: Path, context: int) -> _Model:
    """Load in a thread of its own: llama.cpp takes seconds for it, and Ctrl-C arrives in the thread that waits."""
    found: list[_Model | BaseException] = []
    done = threading.Event()

    def load() -> None:
        try:
            found.append(_Model(path, context))
        except BaseException as error:  # noqa: BLE001 - handed to the waiting thread, which raises it
            found.append(error)
        finally:
            done.set()

    threading.Thread(target=load, name="explainer-load", daemon=True).start()
    while not done.wait(0.1):
        pass
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0]


class _Model:
    """A loaded model: llama.cpp's server engine, called in process, reachable from outside through nothing.

    Its tokenizer can only be asked over HTTP, so it listens on a Unix socket in a folder that only we can enter.
    """

    def __init__(self, path: Path, context: int) -> None:
        self.path = path
        self.busy = threading.Lock()
        self._folder = tempfile.mkdtemp(prefix="explainer-")
        _folders.append(self._folder)
        self._socket = os.path.join(self._folder, "llama.sock")  # noqa: PTH118 - the server wants a str
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        parameters.n_ctx = context
        parameters.n_parallel = 1
        parameters.n_batch = parameters.n_ubatch = BATCH
        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
        parameters.cache_ram_mib = PROMPT_CACHE_MIB
        parameters.hostnames = [self._socket]
        parameters.ui = parameters.endpoint_slots = parameters.warmup = False
        parameters.offline = True
        # Not 0: llama.cpp would still print its errors, on a terminal that is showing a report.
        parameters.verbosity = -1
        try:
            self.server = xllamacpp.Server(parameters)
        except (RuntimeError, ValueError, MemoryError) as error:
            raise ConfigError(
                f"llama.cpp cannot load {path.name}", hint="is it a complete .gguf file, and is there memory for it?"
            ) from error
        self.context = self._served_context() or context

    def _served_context(self) -> int | None:
        """Tokens that the server really has: a model trained on fewer than asked for gets fewer."""
        settings = self._http("GET", "/props")
        served = settings.get("default_generation_settings", {}).get("n_ctx")
        return served if isinstance(served, int) and served > 0 else None

    def count(self, text: str) -> int:
        found = self._http("POST", "/tokenize", {"content": text, "add_special": False, "parse_special": False})
        listed = found.get("tokens")
        return len(listed) if isinstance(listed, list) else tokens.over_estimate(text)

    def _http(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        connection = _UnixConnection(self._socket)
        try:
            connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
            found = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise BackendBadReply("the embedded model's tokenizer does not answer") from error
        finally:
            connection.close()
        return found if isinstance(found, dict) else {}


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


_running: set[_Generation] = set()


class _Generation:
    """One answer in the making, in a thread of its own: the engine returns only when it is done or told to stop."""

    def __init__(self, model: _Model, request: ModelRequest, deadline: Deadline) -> None:
        self._model = model
        self._request = request
        self._started = time.monotonic()
        self._deadline = deadline
        self._stop = threading.Event()
        self._done = threading.Event()
        self._reply: ModelReply | None = None
        self._error: BaseException | None = None
        _running.add(self)
        self._thread = threading.Thread(target=self._run, name="explainer-local", daemon=True)
        self._thread.start()

    def wait(self) -> ModelReply:
        """The answer, or the error; in the caller's thread, where Ctrl-C arrives."""
        while not self._done.is_set():
            left = self._deadline.left()
            if left <= 0 or self._stop.is_set():
                raise BackendTimeout(
                    f"{self._model.path.stem} was not done at the deadline",
                    hint="raise --deadline, or take a smaller model",
                )
            # Not one long wait: cancel() from another thread must be seen.
            self._done.wait(min(left, 0.1))
        if self._error is not None:
            raise self._error
        assert self._reply is not None  # noqa: S101 - _run sets one of the two before it sets _done
        return self._reply

    def cancel(self) -> None:
        """Stop at the next token or batch."""
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait for the thread."""
        self._thread.join(seconds)

    def _over(self) -> bool:
        return self._stop.is_set() or self._deadline.left() <= 0

    def _run(self) -> None:
        try:
            # One at a time: the engine would queue the second one where no deadline reaches it.
            while not self._model.busy.acquire(timeout=0.05):
                if self._over():
                    return
            try:
                self._reply = self._answer()
            finally:
                self._model.busy.release()
        except BaseException as error:  # noqa: BLE001 - handed to the waiting thread, which raises it
            self._error = error
        finally:
            _running.discard(self)
            self._done.set()

    def _answer(self) -> ModelReply:
        modes: tuple[StructuredMode, ...] = ("json_schema", "json_object") if self._request.output_schema else ("text",)
        spoken = dialect.Dialect(strict=False)
        while True:
            for mode in modes:
                spoken = replace(spoken, structured=mode)
                found = self._ask(spoken)
                if not isinstance(found, str):
                    return self._finished(found, mode)
                if dialect.too_long(found):
                    raise BackendRefused(
                        f"the prompt does not fit the {self._model.context} tokens of {self._model.path.stem}",
                        hint="take a model with a larger context",
                    )
            if not spoken.system_role:
                raise BackendRefused(f"{self._model.path.stem} cannot take the request", hint="take another model")
            # Some chat templates know no system message and say so in words of their own.
            spoken = replace(spoken, system_role=False)

    def _ask(self, spoken: dialect.Dialect) -> dict[str, Any] | str:
        """The completion, put together from its stream; or the engine's refusal."""
        text: list[str] = []
        thought: list[str] = []
        body: dict[str, Any] = {"finish": None, "usage": None}
        refusal: list[str] = []

        def listen(chunk: Any) -> bool:
            # Runs inside the engine, where an exception would vanish.
            if not isinstance(chunk, dict) or "error" in chunk:
                refusal.append(str(chunk.get("error") if isinstance(chunk, dict) else chunk))
                return True
            body["usage"] = chunk.get("usage") or body["usage"]
            for choice in chunk.get("choices") or ():
                delta = choice.get("delta") or {}
                text.append(delta.get("content") or "")
                thought.append(delta.get("reasoning_content") or "")
                body["finish"] = choice.get("finish_reason") or body["finish"]
            return self._over()

        asked = spoken.body(self._request, self._model.path.stem)
        asked |= {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
        try:
            self._model.server.handle_chat_completions(asked, listen)
        except (ValueError, RuntimeError) as error:
            return str(error)
        if refusal:
            return refusal[0]
        message = {"content": "".join(text), "reasoning_content": "".join(thought)}
        return {"choices": [{"message": message, "finish_reason": body["finish"]}], "usage": body["usage"]}

    def _finished(self, body: dict[str, Any], mode: StructuredMode) -> ModelReply:
        if body["choices"][0]["finish_reason"] is None and self._over():
            raise BackendTimeout("stopped at the deadline")
        found = answer.read(body)
        return ModelReply(
            text=found.text,
            reasoning=found.reasoning,
            model=self._model.path.stem,
            backend=LocalBackend.name,
            usage=found.usage or Usage(),
            finish=found.finish,
            structured=mode,
            latency_ms=round((time.monotonic() - self._started) * 1000, 3),
            cost_usd=0.0,
        )


def abandon() -> None:
    """Prepare for a process that ends at once, whatever its threads do: nothing of ours stays behind."""
    for generation in list(_running):
        generation.cancel()
    _remove_folders()


@atexit.register
def _stop_all() -> None:
    """A thread inside the engine when the interpreter goes away is a crash; let each end first."""
    running = list(_running)
    for generation in running:
        generation.cancel()
    end = time.monotonic() + GRACE
    for generation in running:
        generation.join(max(0.0, end - time.monotonic()))
