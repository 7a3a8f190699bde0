"""How fast alerts are read: Falco JSON Lines into ``Alert`` objects on one core, beside bare ``json.loads``.

Usage: python bench/ingest.py [ALERTS]
"""

from __future__ import annotations

import json
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from explainer.ingest import iter_records

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "alerts" / "falco"


def templates() -> list[dict[str, object]]:
    found = []
    for path in sorted(FIXTURES.glob("*.json")):
        try:
            record = json.loads(path.read_text())
        except ValueError:
            continue
        if isinstance(record, dict) and record.get("output_fields"):
            found.append(record)
    return found


def stream(count: int) -> Iterator[bytes]:
    records = templates()
    for number in range(count):
        record = dict(records[number % len(records)])
        fields = dict(record["output_fields"])  # type: ignore[call-overload]
        fields["proc.pid"] = number
        fields["evt.time"] = 1_732_005_672_417_309_226 + number
        record["output_fields"] = fields
        yield json.dumps(record).encode() + b"\n"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    lines = list(stream(count))
    size = sum(map(len, lines))
    started = time.perf_counter()
    for line in lines:
        json.loads(line)
    bare = time.perf_counter() - started
    started = time.perf_counter()
    seen = sum(1 for _ in iter_records(lines))
    ours = time.perf_counter() - started
    assert seen == count
    print(f"{count} alerts, {size / 2**20:.1f} MiB, {size // count} bytes each")
    print(f"json.loads   {count / bare:10,.0f} alerts/s")
    print(f"iter_records {count / ours:10,.0f} alerts/s  ({ours / bare:.1f} times json.loads)")
    tracemalloc.start()
    for _ in iter_records(stream(min(count, 5_000))):
        pass
    print(
        f"peak memory while streaming {min(count, 5_000)} alerts: {tracemalloc.get_traced_memory()[1] / 2**20:.1f} MiB"
    )


if __name__ == "__main__":
    main()
