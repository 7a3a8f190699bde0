"""One event loop in one background thread: synchronous and asynchronous callers share clients, retries and deadlines.

A blocking HTTP client bounds each read, not the sum of them, so a server that sends a byte a second holds it for ever.
A task on a loop can be cancelled at any moment. With all requests there, both kinds of caller share one code path.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_owner: int | None = None


def loop() -> asyncio.AbstractEventLoop:
    """The process's loop, started on first use; a forked child starts its own."""
    global _loop, _owner
    with _lock:
        if _loop is None or _owner != os.getpid():
            fresh = asyncio.new_event_loop()
            threading.Thread(target=_run, args=(fresh,), name="explainer-backends", daemon=True).start()
            _loop, _owner = fresh, os.getpid()
        return _loop


def _run(fresh: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(fresh)
    fresh.run_forever()


def wait(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` on the loop and wait for it; an interrupt (Ctrl-C) cancels it."""
    future = asyncio.run_coroutine_threadsafe(work, loop())
    try:
        return future.result()
    except BaseException:
        # KeyboardInterrupt arrives here, in the waiting thread; the request must not go on behind its back.
        future.cancel()
        raise


async def awaited(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` on the loop and await it from another one; cancelling the waiter cancels the work."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop()))
