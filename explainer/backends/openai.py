"""Any server that speaks OpenAI's chat completions: OpenAI, Azure, vLLM, Ollama, llama.cpp, LM Studio."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai

from explainer.backends import answer, circuit, dialect, faults, portal, retry
from explainer.backends.base import BackendOptions
from explainer.backends.dialect import Dialect
from explainer.backends.faults import Declined
from explainer.errors import BackendBadReply, BackendError, ConfigError
from explainer.schema.exchange import ModelReply, ModelRequest, Usage
from explainer.store import prices, tokens

log = logging.getLogger("explainer.backends")

OPENAI_URL = "https://api.openai.com/v1"
DEFAULT_MODEL = "gpt-4.1-mini"
"""Asked at OpenAI itself when no model is named."""
NO_KEY = "none"
LARGEST_REPLY = 2 * 1024 * 1024
"""Bytes; an explanation is a few thousand, and a long chain of reasoning some hundred thousand."""

_dialects: dict[tuple[str, str], Dialect] = {}
"""Learned per (address, model), for the life of the process."""


class OpenAIBackend:
    """One address and one default model."""

    name = "openai"
    remote = True

    def __init__(self, options: BackendOptions) -> None:
        if options.api_key:
            options = replace(options, api_key=options.api_key.strip())
        sent = [options.api_key or "", *(f"{name}{value}" for name, value in options.headers.items())]
        if not all(text.isascii() and text.isprintable() for text in sent):
            raise ConfigError("the API key or a header holds characters that HTTP cannot send", hint="set it again")
        self._options = options
        self._url = self._address = _checked(options.base_url or OPENAI_URL)
        self._host = urlsplit(self._url).hostname or ""
        official = self._host == urlsplit(OPENAI_URL).hostname
        if official and not (options.api_key or _authorized(options)):
            raise ConfigError("OpenAI needs an API key", hint="set OPENAI_API_KEY, or --base-url for another server")
        self._model = options.model or (DEFAULT_MODEL if official else None)
        self._extra: dict[str, Any] = {"extra_headers": _unkeyed(options)}
        self._lock = threading.Lock()
        self._client: openai.AsyncOpenAI | None = None
        self._client_owner: int | None = None

    @property
    def model(self) -> str | None:
        """The configured model; for a server with a single model, that one once it has been asked."""
        return self._model

    @property
    def context_tokens(self) -> int | None:
        """From the options or the price table; a server does not tell."""
        return self._options.context_tokens or (prices.context_tokens(self._model) if self._model else None)

    def complete(self, request: ModelRequest, *, deadline: float | None) -> ModelReply:
        """Ask and wait. See ``Backend.complete``."""
        return portal.wait(self._ask(request, deadline))

    async def acomplete(self, request: ModelRequest, *, deadline: float | None) -> ModelReply:
        """Ask and await. See ``Backend.acomplete``."""
        return await portal.awaited(self._ask(request, deadline))

    def count_tokens(self, text: str) -> int | None:  # noqa: ARG002 - the protocol's signature
        """None: the protocol has no way to ask."""
        return None

    def wire(self, request: ModelRequest) -> bytes:
        """The body of the first try, as the client library writes it."""
        model = request.model or self._model or ""
        spoken = _dialects.get((self._url, model)) or dialect.starting(self._host, model)
        body = spoken.body(request, model)
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None and self._client_owner == os.getpid():
            portal.wait(client.close())

    async def _ask(self, request: ModelRequest, deadline: float | None) -> ModelReply:
        started = time.monotonic()
        made = 0

        async def once(seconds: float, number: int) -> ModelReply:
            nonlocal made
            made = number
            model = request.model or self._model or await self._only_model(seconds)
            return await self._negotiate(request, model, seconds)

        async with circuit.gate(self._address, self._options.limits).passing(deadline) as left:
            reply = await retry.attempt(
                once, attempts=self._options.attempts, attempt_seconds=self._options.timeout, deadline=left
            )
        elapsed = (time.monotonic() - started) * 1000
        log.debug("answered: %d attempts, %.0f ms", made, elapsed)
        return reply.model_copy(update={"attempts": made, "latency_ms": round(elapsed, 3)})

    async def _negotiate(self, request: ModelRequest, model: str, seconds: float) -> ModelReply:
        """One attempt in the best dialect known; a refusal that names what it refuses leads to the next dialect."""
        where = (self._url, model)
        current = _dialects.get(where) or dialect.starting(self._host, model)
        tried = {current}
        first: BackendError | None = None
        while True:
            try:
                body = await self._post(current.body(request, model), seconds)
            except Declined as declined:
                first = first or declined.error
                following = dialect.adapted(current, declined.text, form=bool(request.output_schema))
                if following is None or following in tried:
                    raise first from None
                tried.add(following)
                current = following
                continue
            reply = self._reply(request, model, current, body)
            _dialects[where] = current
            return reply

    def _reply(self, request: ModelRequest, model: str, spoken: Dialect, body: Any) -> ModelReply:
        found = answer.read(body)
        usage = found.usage or Usage(
            input_tokens=sum(tokens.over_estimate(message.content) for message in request.messages),
            output_tokens=tokens.over_estimate(found.text),
        )
        cost = prices.cost(found.model, usage) if found.model else None
        return ModelReply(
            text=found.text,
            reasoning=found.reasoning,
            model=found.model,
            backend=self.name,
            usage=usage,
            finish=found.finish,
            structured=spoken.structured if request.output_schema else "text",
            cost_usd=prices.cost(model, usage) if cost is None else cost,
        )

    async def _post(self, body: dict[str, Any], seconds: float) -> Any:
        client = self._connected()
        try:
            raw = await client.chat.completions.with_raw_response.create(**body, **self._limits(seconds))
        except openai.APIStatusError as error:
            if error.status_code in (404, 405) and self._add_version():
                return await self._post(body, seconds)
            raise faults.status(error, self._host) from error
        except openai.APIError as error:
            raise faults.connection(error, self._host) from error
        return faults.decoded(raw.http_response)

    async def _only_model(self, seconds: float) -> str:
        """The single model of a server that serves one."""
        try:
            raw = await self._connected().models.with_raw_response.list(**self._limits(seconds))
        except openai.APIStatusError as error:
            if error.status_code in (404, 405) and self._add_version():
                return await self._only_model(seconds)
            fault = faults.status(error, self._host)
            raise (fault.error if isinstance(fault, Declined) else fault) from error
        except openai.APIError as error:
            raise faults.connection(error, self._host) from error
        body = faults.decoded(raw.http_response)
        entries = body.get("data") if isinstance(body, dict) else None
        listed = entries if isinstance(entries, list) else []
        names = [entry["id"] for entry in listed if isinstance(entry, dict) and isinstance(entry.get("id"), str)]
        if len(names) != 1:
            offered = f"it offers {', '.join(sorted(names)[:8])}" if names else "it lists none"
            raise ConfigError(f"no model of {self._host} is set; {offered}", hint="give --model NAME")
        self._model = names[0]
        return self._model

    def _add_version(self) -> bool:
        """An address without a path that answers 404 is tried once more under /v1, where servers keep their API."""
        with self._lock:
            if urlsplit(self._url).path.strip("/") or self._options.api_version:
                return False
            self._url = f"{self._url.rstrip('/')}/v1"
            if self._client is not None:
                self._client.base_url = self._url
            return True

    def _limits(self, seconds: float) -> dict[str, Any]:
        timeout = httpx2.Timeout(seconds, connect=min(seconds, self._options.connect_timeout))
        return {**self._extra, "timeout": timeout}

    def _connected(self) -> openai.AsyncOpenAI:
        """The client of this process."""
        with self._lock:
            if self._client is None or self._client_owner != os.getpid():
                self._client = _client(self._options, self._url)
                self._client_owner = os.getpid()
            return self._client


class _BoundedClient(httpx2.AsyncClient):
    """Reads a reply up to ``LARGEST_REPLY`` and then hangs up."""

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        options["stream"] = True
        response = await super().send(request, **options)
        body = bytearray()
        try:
            async for block in response.aiter_bytes():
                body += block
                if len(body) > LARGEST_REPLY:
                    raise BackendBadReply(
                        f"the reply is larger than {LARGEST_REPLY >> 20} MB", hint="check the base URL"
                    )
        finally:
            await response.aclose()
        # The body is decoded now; the headers that describe its transfer would have it decoded again.
        spent = ("content-encoding", "content-length", "transfer-encoding")
        headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in spent]
        return httpx2.Response(response.status_code, headers=headers, content=bytes(body), request=request)


def _client(options: BackendOptions, url: str) -> openai.AsyncOpenAI:
    # Redirects are not followed: they would carry the key and the prompt to an address that nobody configured.
    # Proxies (HTTPS_PROXY, NO_PROXY) and CA bundles (SSL_CERT_FILE, SSL_CERT_DIR) come from the environment.
    http = _BoundedClient(follow_redirects=False, trust_env=True)
    shared: dict[str, Any] = {
        "organization": options.organization,
        "max_retries": 0,
        "http_client": http,
        "default_headers": dict(options.headers),
    }
    if options.api_version:
        if not (options.api_key or _authorized(options)):
            raise ConfigError("Azure needs an API key", hint="set the API key of the Azure resource")
        place = "base_url" if urlsplit(url).path.strip("/") else "azure_endpoint"
        azure: Any = openai.AsyncAzureOpenAI
        client: openai.AsyncOpenAI = azure(
            api_key=options.api_key or NO_KEY, api_version=options.api_version, **{place: url}, **shared
        )
        return client
    return openai.AsyncOpenAI(api_key=options.api_key or NO_KEY, base_url=url, **shared)


def _unkeyed(options: BackendOptions) -> dict[str, Any]:
    """Headers of a request without a key: the client insists on one, and servers of one's own get none."""
    own = {name.lower() for name in options.headers}
    return {} if options.api_key or "authorization" in own else {"Authorization": openai.omit}


def _authorized(options: BackendOptions) -> bool:
    """Whether the caller brings an authorisation header of their own."""
    return any(name.lower() in ("authorization", "api-key", "x-api-key") for name in options.headers)


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError("the base URL is no http(s) address", hint="for example http://localhost:11434/v1")
    return url.strip().rstrip("/").removesuffix("/chat/completions")
