"""The one retry policy: which faults are tried again, how long we wait in between, and when it is over."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

from explainer.errors import BackendError, BackendRateLimited, BackendTimeout, BackendUnavailable

T = TypeVar("T")
log = logging.getLogger("explainer.backends")

FIRST_WAIT = 0.5
LONGEST_WAIT = 20.0
LONGEST_RETRY_AFTER = 120.0
"""Without a deadline, a server that asks for a longer pause gets an error instead: nobody waits blindly for an hour."""


class Deadline:
    """A budget of seconds, started when it is made."""

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, never below zero; infinite without a deadline."""
        return math.inf if self._end is None else max(0.0, self._end - time.monotonic())


def worth_retrying(error: BaseException) -> bool:
    """429, 5xx, timeouts and broken connections; never an answer that is merely bad or a final no."""
    return isinstance(error, BackendRateLimited | BackendTimeout | BackendUnavailable) and error.retryable


async def attempt(
    call: Callable[[float, int], Awaitable[T]], *, attempts: int, attempt_seconds: float, deadline: float | None
) -> T:
    """Run ``call(seconds, number)`` until it answers, under one total deadline.

    Args:
        call: one attempt; it is told how many seconds it has and its number, from 1.
        attempts: how many attempts at most.
        attempt_seconds: longest single attempt.
        deadline: seconds for everything, pauses included. It also bounds a server that keeps sending and never ends.

    Raises:
        BackendTimeout: the deadline passed, or every attempt timed out.
        BackendError: what the last attempt raised.
    """
    budget = Deadline(deadline)
    jitter = wait_random_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT)

    def pause(state: RetryCallState) -> float:
        error = _error(state)
        named = error.retry_after if error else None
        return jitter(state) if named is None else max(named, 0.0)

    def over(state: RetryCallState) -> bool:
        # A pause that ends after the deadline is time lost: say now what the server said.
        longest = min(budget.left(), LONGEST_RETRY_AFTER)
        return stop_after_attempt(max(1, attempts))(state) or state.upcoming_sleep >= longest

    def note(state: RetryCallState) -> None:
        log.info(
            "attempt %d failed (%s), next in %.1f s",
            state.attempt_number,
            type(_error(state)).__name__,
            state.upcoming_sleep,
        )

    policy = AsyncRetrying(
        retry=retry_if_exception(worth_retrying), wait=pause, stop=over, before_sleep=note, reraise=True
    )
    number = 0

    async def once() -> T:
        nonlocal number
        number += 1
        seconds = min(attempt_seconds, budget.left())
        if seconds <= 0:
            raise _late(deadline)
        try:
            async with asyncio.timeout(seconds):
                return await call(seconds, number)
        except TimeoutError as error:
            raise _late(seconds) from error

    return await policy(once)


def _late(seconds: float | None) -> BackendTimeout:
    return BackendTimeout(f"no answer within {seconds or 0.0:.1f} s", hint="raise --deadline, or ask a faster model")


def _error(state: RetryCallState) -> BackendError | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, BackendError) else None
