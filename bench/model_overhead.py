"""Our own time around a model call: what a reply costs beyond the server's and the bare HTTP client's time.

Run: python bench/model_overhead.py [calls]. A loopback server answers at once; the difference between a call through
the backend and a bare POST of the same bytes is ours and the openai package's. Budget: 20 ms at the 95th percentile.
"""

from __future__ import annotations

import http.client
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from servers.openai_server import serving

BUDGET_MS = 20.0


def timed(call: Callable[[], object], calls: int) -> list[float]:
    call()  # connections, learned dialects
    spent = []
    for _ in range(calls):
        started = time.perf_counter()
        call()
        spent.append((time.perf_counter() - started) * 1000)
    return sorted(spent)


def line(name: str, spent: list[float]) -> float:
    p95 = spent[int(len(spent) * 0.95) - 1]
    print(f"{name:28} median {statistics.median(spent):7.2f} ms   p95 {p95:7.2f} ms   max {spent[-1]:7.2f} ms")
    return p95


def main(calls: int = 200) -> int:
    started = time.perf_counter()
    from explainer.backends.base import BACKENDS, BackendOptions
    from explainer.schema.exchange import Message, ModelRequest
    from explainer.schema.report import Draft

    factory = BACKENDS.get("openai")
    print(f"{'import of the backend':28} {(time.perf_counter() - started) * 1000:14.2f} ms, once per process")
    request = ModelRequest(
        messages=(Message(role="system", content="s" * 4000), Message(role="user", content="u" * 6000)),
        output_schema=Draft.model_json_schema(),
    )
    with serving() as server:
        backend = factory(BackendOptions(base_url=server.url, model="m"))
        started = time.perf_counter()
        backend.complete(request, deadline=30)
        print(f"{'first call':28} {(time.perf_counter() - started) * 1000:14.2f} ms (TLS settings, connection)")
        body = json.dumps(server.asked[0].body).encode()
        connection = http.client.HTTPConnection(server.url.split("/")[2])

        def bare() -> bytes:
            connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
            return connection.getresponse().read()

        ours = line("call through the backend", timed(lambda: backend.complete(request, deadline=30), calls))
        line("bare POST of the same bytes", timed(bare, calls))
        line("request key", timed(lambda: request.key, calls))
        connection.close()
        backend.close()
    print(f"budget {BUDGET_MS} ms at p95: {'kept' if ours <= BUDGET_MS else 'MISSED'}")
    return 0 if ours <= BUDGET_MS else 1


if __name__ == "__main__":
    raise SystemExit(main(*(int(argument) for argument in sys.argv[1:2])))
