"""An endpoint gets so many requests at a time, and none while it keeps failing."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from servers import openai_server as s

from explainer.backends.base import BackendOptions
from explainer.backends.circuit import Limits
from explainer.backends.openai import OpenAIBackend
from explainer.errors import BackendError, BackendRateLimited, BackendTimeout, BackendUnavailable
from explainer.schema.exchange import ModelRequest


@pytest.fixture
def backend():
    made = []

    def make(server: s.OpenAIServer, **limits: float) -> OpenAIBackend:
        given = Limits(**{"concurrency": 32, "failures": 3, "pause": 0.4, **limits})  # type: ignore[arg-type]
        made.append(OpenAIBackend(BackendOptions(model="m", base_url=server.url, attempts=1, limits=given)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def fails(model: OpenAIBackend, request: ModelRequest, deadline: float | None = 5.0) -> BackendError:
    with pytest.raises(BackendError) as raised:
        model.complete(request, deadline=deadline)
    return raised.value


def test_after_so_many_failures_the_server_is_not_asked_and_the_reason_is_told(backend, server, request_):
    server.otherwise = s.status(500)
    model = backend(server, pause=60)
    for _ in range(3):
        assert isinstance(fails(model, request_), BackendUnavailable)
    began = time.monotonic()
    error = fails(model, request_)
    assert time.monotonic() - began < 0.2
    assert len(server.asked) == 3
    assert isinstance(error, BackendUnavailable)
    assert "answered 500" in error.message
    assert "3 requests" in error.message
    assert 50 < error.retry_after <= 60


def test_after_the_pause_one_request_tries_and_a_success_opens_the_gate(backend, server, request_):
    server.script(*[s.status(503)] * 3)
    model = backend(server)
    for _ in range(3):
        fails(model, request_)
    time.sleep(0.5)
    assert model.complete(request_, deadline=5.0).text
    assert model.complete(request_, deadline=5.0).text


def test_a_failed_trial_closes_it_for_longer_and_only_one_tries_at_a_time(backend, server, request_):
    server.otherwise = s.status(500)
    model = backend(server)
    for _ in range(3):
        fails(model, request_)
    time.sleep(0.5)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: fails(model, request_), range(8)))
    assert len(server.asked) == 4
    time.sleep(0.5)
    fails(model, request_)
    assert len(server.asked) == 4  # the pause has doubled


def test_rate_limits_stay_rate_limits(backend, server, request_):
    server.otherwise = s.rate_limited()
    model = backend(server, pause=60)
    for _ in range(3):
        fails(model, request_)
    error = fails(model, request_)
    assert isinstance(error, BackendRateLimited)
    assert error.retry_after > 50


def test_an_answer_between_failures_counts_from_the_start_even_when_it_is_a_no(backend, server, request_):
    server.script(s.status(500), s.status(500), s.refusal(), s.status(500), s.status(500), s.answer(), s.status(500))
    model = backend(server, pause=60)
    for number in range(7):
        if number == 5:
            model.complete(request_, deadline=5.0)
        else:
            fails(model, request_)
    assert len(server.asked) == 7


def test_zero_means_never(backend, server, request_):
    server.otherwise = s.status(500)
    model = backend(server, failures=0)
    for _ in range(8):
        fails(model, request_)
    assert len(server.asked) == 8


def test_two_servers_and_two_backends_of_one_server(backend, server, request_):
    server.otherwise = s.status(500)
    for _ in range(3):
        fails(backend(server, pause=60), request_)
    fails(backend(server, pause=60), request_)
    assert len(server.asked) == 3
    with s.serving() as other:
        assert backend(other, pause=60).complete(request_, deadline=5.0).text


def test_threads_and_tasks_together_never_exceed_the_limit(backend, server, request_):
    now, most, lock = 0, 0, threading.Lock()

    def step(exchange: s.Exchange) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        exchange.wait(0.05)
        with lock:
            now -= 1
        s.answer()(exchange)

    server.otherwise = step
    model = backend(server, concurrency=3)

    async def tasks() -> None:
        await asyncio.gather(*(model.acomplete(request_, deadline=20.0) for _ in range(10)))

    with ThreadPoolExecutor(12) as pool:
        running = [pool.submit(model.complete, request_, deadline=20.0) for _ in range(10)]
        asyncio.run(tasks())
        assert all(future.result().text for future in running)
    assert most == 3


def test_waiting_for_a_place_counts_against_the_deadline(backend, server, request_):
    server.otherwise = s.slow_headers(5)
    model = backend(server, concurrency=1, failures=0)
    with ThreadPoolExecutor(4) as pool:
        began = time.monotonic()
        errors = [future.result() for future in [pool.submit(fails, model, request_, 0.6) for _ in range(4)]]
    assert time.monotonic() - began < 0.6 + 1.5
    assert {type(error) for error in errors} == {BackendTimeout}


def test_a_cancelled_request_gives_its_place_back(backend, server, request_):
    server.script(s.slow_headers(5))
    model = backend(server, concurrency=1)

    async def main() -> str:
        task = asyncio.ensure_future(model.acomplete(request_, deadline=5.0))
        await asyncio.sleep(0.2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return (await model.acomplete(request_, deadline=5.0)).text

    assert asyncio.run(main())
