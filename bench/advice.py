# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""How fast the advice engine is: a 4 kB report, length doubled, hostile texts. Results are printed, never committed."""

from __future__ import annotations

import time

from explainer.advice import scan

REPORT = (
    "## Summary\n\nThe alert shows `insmod` by **falcoctl** on `node-3`.\n\n## Next steps\n\n1. Read the denial: `ausearch -m avc -ts recent`.\n"
    "2. Keep the sensor running; do not stop it.\n\n```bash\nkubectl -n falco get pods -o wide\nsha256sum /root/.falco/x.ko\n```\n\n"
    "| Time | Event |\n|---|---|\n| 00:19 | module loaded |\n\n"
)
HOSTILE = {
    "one long line": "a" * 1_000_000,
    "10,000 fences": "```\nx\n" * 10_000,
    "nested quotes": ">" * 50_000,
    "nested brackets": "```yaml\n" + "[" * 50_000 + "\n```",
    "open substitutions": "$(" * 50_000,
    "negations": "do not " * 25_000,
    "findings": "Run `setenforce 0` and " * 10_000,
    "warnings": "do not run `setenforce 0`, " * 5_000,
    "struck": "~~x~~ `setenforce 0` " * 5_000,
    "a long lead": "word " * 50_000 + ":\n\n" + "- `setenforce 0`\n" * 3_000,
    "open quotations": 'He said "run `setenforce 0` ' * 5_000,
}


def varied(number: int) -> str:
    """A report of 4 kB in which no command and no name occurs twice, nor in the report of another number."""
    parts = (
        REPORT.replace("node-3", f"node-{number}-{i}")
        .replace("x.ko", f"x{number}{i}.ko")
        .replace("-n falco", f"-n ns{number}-{i}")
        .replace("ts recent", f"ts 0{i}:{number % 60:02}:00")
        .replace("falcoctl", f"tool{number}{i}")
        for i in range(10)
    )
    return "".join(parts)[:4096]


def seconds(text: str, times: int = 1) -> float:
    """Mean time of one scan."""
    start = time.perf_counter()
    for _ in range(times):
        scan(text)
    return (time.perf_counter() - start) / times


def main() -> None:
    """Print the figures."""
    scan(varied(99))  # patterns are compiled on first use
    report = (REPORT * 10)[:4096]
    for factor in (1, 2, 4, 8):
        print(f"report of {4 * factor:3} kB  {seconds(report * factor, 20) * 1000:8.2f} ms")
    texts = [varied(number) for number in range(20)]
    start = time.perf_counter()
    for text in texts:
        scan(text)
    print(f"4 kB, nothing twice {(time.perf_counter() - start) / len(texts) * 1000:8.2f} ms")
    for name, text in HOSTILE.items():
        print(f"{name:20} {len(text):8} chars  {seconds(text):6.2f} s")


if __name__ == "__main__":
    main()
