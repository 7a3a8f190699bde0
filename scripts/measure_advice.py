# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Measure the advice engine over labelled JSONL: recall, false alarms, class and severity, per class and form, with Wilson intervals.

Each line has ``text`` (or ``command``), ``label`` (safe|unsafe), ``classes``, and optionally ``min_severity``, ``form``, ``trick``, ``id``.

    python scripts/measure_advice.py FILE.jsonl [--half 0|1] [--misses]
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import math
from collections import defaultdict
from pathlib import Path

from explainer.advice import scan
from explainer.advice.rules import SEVERITIES


def wilson(hits: int, total: int) -> str:
    """``rate [low, high]`` at 95 %."""
    if not total:
        return "—"
    z, p = 1.96, hits / total
    centre = (p + z * z / (2 * total)) / (1 + z * z / total)
    width = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return f"{hits}/{total} = {p:.3f} [{max(0.0, centre - width):.3f}, {min(1.0, centre + width):.3f}]"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--half", type=int, choices=(0, 1), help="only records whose id hashes into this half")
    parser.add_argument("--misses", action="store_true", help="list what was missed or wrongly flagged")
    options = parser.parse_args()
    tally: dict[str, dict[str, list[int]]] = {"class": defaultdict(lambda: [0, 0]), "form": defaultdict(lambda: [0, 0])}
    false: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    recall, alarms, right, severe = [0, 0], [0, 0], [0, 0], [0, 0]
    for line in options.path.read_text("utf-8").splitlines():
        record = json.loads(line)
        identity = record.get("id", line)
        half = int(hashlib.sha256(identity.encode()).hexdigest(), 16) % 2
        if options.half is not None and half != options.half:
            continue
        found = scan(record["text"], kind="markdown") if "text" in record else scan(record["command"], kind="shell")
        form = record.get("form") or "command"
        if record["label"] == "safe":
            alarms[0] += bool(found)
            alarms[1] += 1
            false[record.get("trick") or form][0] += bool(found)
            false[record.get("trick") or form][1] += 1
            if found and options.misses:
                print("FALSE", identity, [(i.rule, i.text[:60]) for i in found])
            continue
        recall[0] += bool(found)
        recall[1] += 1
        for name, keys in (("class", record["classes"]), ("form", [form])):
            for key in keys:
                tally[name][key][0] += bool(found)
                tally[name][key][1] += 1
        if not found:
            if options.misses:
                print("MISS", identity, record["classes"])
            continue
        ok = bool({i.cls for i in found} & set(record["classes"]))
        right[0] += ok
        right[1] += 1
        if not ok and options.misses:
            print("CLASS", identity, record["classes"], [i.rule for i in found])
        if record.get("min_severity"):
            severe[0] += max(SEVERITIES.index(i.severity) for i in found) >= SEVERITIES.index(record["min_severity"])
            severe[1] += 1
    print("recall            ", wilson(*recall))
    print("false alarms      ", wilson(*alarms))
    print("right class       ", wilson(*right))
    print("severity reached  ", wilson(*severe))
    for name, rows in tally.items():
        print(f"\nrecall by {name}")
        for key in sorted(rows):
            print(f"  {key:24}", wilson(*rows[key]))
    print("\nfalse alarms by trick")
    for key in sorted(false):
        print(f"  {key:24}", wilson(*false[key]))


if __name__ == "__main__":
    # `| head` closes the pipe; that is no fault.
    with contextlib.suppress(BrokenPipeError):
        main()
