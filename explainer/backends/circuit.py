"""One gate before each endpoint: so many requests at a time, and none for a while to a server that keeps failing.

All requests of a process run on one event loop (``portal``), whoever asks for them, so a gate needs no lock of its own:
its state changes between awaits only. A forked child has a loop, and therefore gates, of its own.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from explainer.errors import BackendError, BackendRateLimited, BackendTimeout, BackendUnavailable

log = logging.getLogger("explainer.backends")

LONGEST_PAUSE = 300.0
"""Seconds; each failed trial doubles the pause up to here."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a gate lets through."""

    concurrency: int = 32
    """Requests at a time."""
    failures: int = 5
    """Failed requests in a row after which the endpoint is left alone; 0: never."""
    pause: float = 30.0
    """Seconds for which it is left alone the first time."""


class Gate:
    """The state of one endpoint."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._slots = asyncio.Semaphore(limits.concurrency)
        self._failed = 0
        self._pause = limits.pause
        self._closed_until = 0.0
        self._trial = False
        self._last: BackendError | None = None

    @asynccontextmanager
    async def passing(self, deadline: float | None) -> AsyncIterator[float | None]:
        """Wait for a free place, and note how the request inside ends.

        Args:
            deadline: seconds for everything; waiting counts.

        Yields:
            The seconds that are left.

        Raises:
            BackendTimeout: no place became free in time.
            BackendError: of the class of the last failure, at once, while the endpoint is left alone.
        """
        self._refuse_while_closed()
        began = time.monotonic()
        try:
            await asyncio.wait_for(self._slots.acquire(), deadline)
        except TimeoutError:
            hint = "ask for fewer explanations at a time, or raise endpoint_concurrency"
            raise BackendTimeout(
                "no place among the requests to this endpoint became free in time", hint=hint
            ) from None
        trial = False
        try:
            self._refuse_while_closed()
            trial = self._trial = self._failing
            yield None if deadline is None else max(0.0, deadline - (time.monotonic() - began))
        except (BackendUnavailable, BackendTimeout, BackendRateLimited) as error:
            if not error.answered:
                self._note_failure(error)
            raise
        except BackendError:
            # It answered, if only with a no: the endpoint is there.
            self._note_success()
            raise
        else:
            self._note_success()
        finally:
            if trial:
                self._trial = False
            self._slots.release()

    @property
    def _failing(self) -> bool:
        return 0 < self._limits.failures <= self._failed

    def _refuse_while_closed(self) -> None:
        if not self._failing or self._last is None:
            return
        left = self._closed_until - time.monotonic()
        if left <= 0 and not self._trial:
            return
        last = self._last
        message = (
            f"not asked: the last {self._failed} requests to this endpoint failed ({last.message}); next try in "
            f"{max(left, 0.0):.0f} s"
        )
        if isinstance(last, BackendRateLimited):
            raise BackendRateLimited(message, retry_after=max(left, 0.0), hint=last.hint)
        error = type(last)(message, hint=last.hint)
        error.retry_after = max(left, 0.0)
        raise error

    def _note_failure(self, error: BackendError) -> None:
        self._failed += 1
        self._last = error
        if not self._failing:
            return
        if self._trial:
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        if self._trial or self._failed == self._limits.failures:
            self._closed_until = time.monotonic() + self._pause
            log.warning("an endpoint failed %d times in a row: left alone for %.0f s", self._failed, self._pause)

    def _note_success(self) -> None:
        if self._failing:
            log.info("an endpoint answers again")
        self._failed, self._last, self._pause = 0, None, self._limits.pause


_gates: dict[tuple[int, str, Limits], Gate] = {}


def gate(endpoint: str, limits: Limits) -> Gate:
    """The gate of an endpoint in this process; every backend of the same address and limits shares it."""
    return _gates.setdefault((os.getpid(), endpoint, limits), Gate(limits))
