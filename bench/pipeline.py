"""From bytes to reports by rule knowledge: one alert, and a long log with rules repeating as in life.

python bench/pipeline.py [LINES]
"""

from __future__ import annotations

import json
import random
import resource
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from explainer import Explainer
from explainer.render import render

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "alerts" / "falco"


def alerts() -> list[dict[str, object]]:
    """The fixture alerts that are one JSON object each."""
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8-sig"))
        except ValueError:
            continue
        if isinstance(record, dict) and isinstance(record.get("output_fields"), dict) and "rule" in record:
            found.append(record)
    return found


def log(lines: int) -> Iterator[bytes]:
    """A log in pieces: a few rules make nearly all of it, on fourteen nodes, with times that always differ."""
    chance = random.Random(7)  # noqa: S311 - a repeatable mixture, nothing secret
    kinds = alerts()
    weights = [1.0 / (rank + 1) ** 1.6 for rank in range(len(kinds))]
    batch: list[bytes] = []
    for number in range(lines):
        record = dict(chance.choices(kinds, weights)[0])
        record["hostname"] = f"node-{chance.randrange(14)}"
        record["time"] = f"2026-01-05T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.{number:09d}Z"
        record.pop("uuid", None)
        batch.append(json.dumps(record).encode() + b"\n")
        if len(batch) == 200:
            yield b"".join(batch)
            batch.clear()
    yield b"".join(batch)


def main() -> None:
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    raw = [json.dumps(record).encode() for record in alerts()]
    with Explainer("knowledge", default_rules=False) as explainer:
        for data in raw:
            explainer.explain(data)
        times = []
        for data in raw * 3:
            began = time.process_time()
            render(explainer.explain(data), "json")
            times.append(time.process_time() - began)
        print(
            f"one alert, bytes to JSON report, warm: median {statistics.median(times) * 1e3:.2f} ms, "
            f"p95 {sorted(times)[int(len(times) * 0.95)] * 1e3:.2f} ms CPU over {len(raw)} fixtures   (target 5 ms)"
        )
        data = list(log(lines))
        began = time.process_time()
        parsed = sum(1 for piece in data for line in piece.splitlines() if json.loads(line))
        floor = time.process_time() - began
        session = explainer.session([iter(data)])
        began, clock = time.process_time(), time.perf_counter()
        reports = sum(1 for _ in explainer.reports(session))
        spent, wall = time.process_time() - began, time.perf_counter() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = sum(map(len, data)) / 1e6
    print(
        f"{parsed} lines ({size:.0f} MB) into {reports} reports: {wall:.1f} s, {spent:.1f} s CPU, "
        f"{spent / floor:.1f} x bare json.loads   (target 30 s)"
    )
    print(f"peak memory {peak:.0f} MB, of which the log itself held for this bench {size:.0f} MB   (target 300 MB)")


if __name__ == "__main__":
    main()
