"""One loopback server a test, and a request that asks for JSON."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from servers.openai_server import OpenAIServer

from explainer.backends import openai, retry
from explainer.backends.base import BackendOptions
from explainer.backends.openai import OpenAIBackend
from explainer.schema.exchange import Message, ModelRequest

SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"type": "string"}, "summary": {"type": "string", "default": ""}},
    "required": ["verdict"],
}


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    running = OpenAIServer()
    yield running
    running.close()


@pytest.fixture
def request_() -> ModelRequest:
    messages = (Message(role="system", content="You explain alerts."), Message(role="user", content="A shell ran."))
    return ModelRequest(messages=messages, output_schema=SCHEMA)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(openai, "_dialects", {})
    # Pauses between attempts are real, and short.
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.001)
    monkeypatch.setattr(retry, "LONGEST_WAIT", 0.01)


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, server: OpenAIServer):
    """Ask the loopback server in both ways: ``ask(request, deadline=…, **options)``."""
    import asyncio

    made: list[OpenAIBackend] = []

    def call(asked: ModelRequest, *, deadline: float | None = 20.0, **options: object):
        settings = {"base_url": server.url, "model": "test-model", **options}
        backend = OpenAIBackend(BackendOptions(**settings))
        made.append(backend)
        if request.param == "sync":
            return backend.complete(asked, deadline=deadline)
        return asyncio.run(backend.acomplete(asked, deadline=deadline))

    yield call
    for backend in made:
        backend.close()
