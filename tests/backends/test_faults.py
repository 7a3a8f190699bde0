"""What a failure is called: a server that answered was reached, and one that was not has answered nothing."""

from __future__ import annotations

import asyncio
import itertools
import socket
import ssl

import httpx2
import openai
import pytest
from servers import openai_server as s

from explainer.backends import faults
from explainer.backends.base import BackendOptions
from explainer.backends.openai import OpenAIBackend
from explainer.errors import BackendBadReply, BackendError, BackendRefused, BackendTimeout, BackendUnavailable

REQUEST = httpx2.Request("POST", "http://model.example/v1")


def chained(*errors: Exception) -> Exception:
    """The first, raised from the second, raised from the third …"""
    for outer, inner in itertools.pairwise(errors):
        outer.__cause__ = inner
    return errors[0]


def connection(*causes: Exception, late: bool = False) -> BackendError:
    outer = openai.APITimeoutError(REQUEST) if late else openai.APIConnectionError(request=REQUEST)
    return faults.connection(chained(outer, *causes), "model.example")


@pytest.mark.parametrize(
    ("causes", "kind", "said"),
    [
        (
            (httpx2.ConnectError("x"), OSError("x"), ConnectionRefusedError(111, "x")),
            BackendUnavailable,
            "refuses the connection",
        ),
        (
            (httpx2.ConnectError("x"), OSError("x"), ExceptionGroup("x", [ConnectionRefusedError(111, "x")])),
            BackendUnavailable,
            "refuses the connection",
        ),
        ((httpx2.ConnectError("x"), socket.gaierror(-2, "x")), BackendUnavailable, "cannot be resolved"),
        ((httpx2.ConnectError("x"), ssl.SSLError("WRONG_VERSION_NUMBER")), BackendUnavailable, "no TLS connection"),
        (
            (httpx2.ConnectError("x"), ssl.SSLError("CERTIFICATE_VERIFY_FAILED: self-signed")),
            BackendRefused,
            "is not trusted",
        ),
        (
            (httpx2.ConnectError("CERTIFICATE_VERIFY_FAILED: Hostname mismatch"),),
            BackendRefused,
            "is for another name",
        ),
        ((httpx2.ConnectError("CERTIFICATE_VERIFY_FAILED: certificate has expired"),), BackendRefused, "has expired"),
        ((httpx2.ConnectError("x"), OSError(113, "No route to host")), BackendUnavailable, "no connection to"),
        ((httpx2.RemoteProtocolError("x"),), BackendUnavailable, "ended the connection before its answer"),
        ((httpx2.ReadError("x"),), BackendUnavailable, "connection to model.example broke"),
        ((httpx2.ProxyError("x"),), BackendUnavailable, "the proxy does not let"),
    ],
)
def test_a_connection_that_failed_is_called_by_what_failed(causes, kind, said):
    error = connection(*causes)
    assert type(error) is kind
    assert said in error.message
    assert "answered" not in error.message
    assert error.hint


def test_a_connection_that_never_stood_is_no_slow_answer():
    assert "no connection" in connection(httpx2.ConnectTimeout("x"), late=True).message
    assert "no answer" in connection(httpx2.ReadTimeout("x"), late=True).message


@pytest.mark.parametrize(
    ("step", "kind", "said"),
    [
        (s.status(500), BackendUnavailable, "answered 500"),
        (s.status(503), BackendUnavailable, "answered 503"),
        (s.status(504), BackendTimeout, "what stands behind it did not answer"),
        (s.status(404), BackendRefused, "answered 404"),
        (s.raw(b""), BackendBadReply, "the reply is empty"),
        (s.raw(b"  \n"), BackendBadReply, "the reply is empty"),
        (s.raw(b"hello"), BackendBadReply, "the reply is not JSON"),
        (s.html(), BackendBadReply, "a web page"),
        (s.answer(" "), BackendBadReply, "the model's answer is empty"),
    ],
    ids=str,
)
def test_a_server_that_answered_was_reached(step, kind, said):
    with s.serving(*[step] * 4) as server:
        backend = OpenAIBackend(BackendOptions(model="m", base_url=server.url, attempts=1))
        with pytest.raises(kind) as caught:
            asyncio.run(backend.acomplete(_request(), deadline=5))
        backend.close()
    assert said in caught.value.message
    for wrong in ("reached", "no connection"):
        assert wrong not in caught.value.message


def _request():
    from explainer.schema.exchange import Message, ModelRequest

    return ModelRequest(messages=(Message(role="user", content="x"),), max_output_tokens=10)
