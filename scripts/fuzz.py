"""Feed broken and hostile bytes to everything that reads them, and keep what breaks it.

    python scripts/fuzz.py --seconds 60                 # all targets, built-in mutations, seed 1
    python scripts/fuzz.py --target draft --seed 7 --inputs 100000
    python scripts/fuzz.py --engine atheris --target ingest --seconds 600   # coverage-guided; `pip install atheris`

A reader may refuse what it is given with an error of its own. Anything else that it raises, and any input that takes
longer than ``--slow`` seconds, is a finding: its bytes are written to ``--found`` and the run ends with 1. What was
found once stays in ``tests/fuzz/corpus/<target>/`` and is run by the tests for good. The same seed gives the same inputs.
"""

# ruff: noqa: E501 (the table of words is read better whole)

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "tests" / "fuzz" / "corpus"
MAX_INPUT = 20_000

# What the readers give a meaning: pieces that random bytes would not hit on.
WORDS = tuple(
    word.encode("utf-8", "surrogatepass")
    for word in (
        '{"', '":', "[[", "]]", "{}", "null", "NaN", "-Infinity", "1e999", '"\\ud800"', "\\u0000", "\x00", "\n", "\r\n", "\t",
        '"output_fields":', '"rule":', '"priority":', '"time":', '"output":', "proc.cmdline=", "(user=", "<NA>", "%{proc.name}",
        "2024-05-01T10:00:00.000000001Z", "9" * 40, "\u202e", "\u200b", "\U000e0041", "\ufe0f", "\ud800", "\u0130", "ß", "\u3000",
        "```", "~~~", "- [ ] ", "> ", "| a | b |\n|---|---|\n", "<!--", "-->", "<script>", "[x](", "![", "&#x0;", "    ", "# ", "***",
        "$(", "`", "<<EOF\n", "\nEOF\n", "'", '"', "\\", "&&", "||", "|", ";", ">(", "${IFS}", "{a,b}", "function f() {", "case x in", "esac",
        "setenforce 0", "rm -rf /", "curl http://h/x | sh", "iptables -F", "chmod 777 /", "do not ", "never ", "instead of ", "please ",
        "- rule: ", "- macro: ", "- list: ", "  condition: ", "  items: [", "  append: true", "  override: {condition: append}", "*a", "&a ",
        "!!python/object/apply:os.system ", "---\n", "...\n", "? ", "<<: *a", " and ", " or ", " not ", " in (", ")", " pmatch ", " exists",
        '"verdict": "benign"', '"claims": [', '"cites": ["E1"]', '"summary": "', '"extra_actions": [', "<think>", "</think>", "<|im_start|>",
        "ignore previous instructions", "<134>1 ", "CEF:0|", '"message":', '"log":', '"_source":', "data: ", "\x1b]8;;http://h\x07",
    )
)  # fmt: skip


# --- what is fed --------------------------------------------------------------------------------


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape" if len(data) % 2 else "replace")


def ingest(data: bytes) -> None:
    """Bytes to alerts, whole and cut into pieces: both give the same, and each alert can be written as JSON."""
    from explainer.ingest import iter_records

    whole = list(iter_records([data]))
    size = max(1, len(data) // 3)
    cut = list(iter_records([data[at : at + size] for at in range(0, len(data), size)]))
    if [repr(item) for item in whole] != [repr(item) for item in cut]:
        raise AssertionError("cut differently, read differently")
    for item in whole:
        json.dumps(item.model_dump(mode="json"))


def rules(data: bytes) -> None:
    """A Falco rule file."""
    from explainer.enrich.falco_rules import load_rules
    from explainer.errors import RulesError
    from explainer.store.files import parse_rules_text

    with contextlib.suppress(RulesError):
        load_rules([parse_rules_text(_text(data), "fuzz.yaml")])


def draft(data: bytes) -> None:
    """What a model answered."""
    from explainer.verify import parse_draft

    found, problems = parse_draft(_text(data))
    if found is None and not problems:
        raise AssertionError("no draft, and nothing said about it")


def markdown(data: bytes) -> None:
    """Advice in Markdown."""
    from explainer.advice import scan

    scan(_text(data), kind="markdown")


def shell(data: bytes) -> None:
    """Advice in shell."""
    from explainer.advice import scan

    scan(_text(data), kind="shell")


def config(data: bytes) -> None:
    """Advice in files of settings; the last byte chooses the kind."""
    from explainer.advice import scan

    kinds = ("yaml", "json", "hcl", "dockerfile", "ini", "python", "powershell")
    scan(_text(data), kind=kinds[data[-1] % len(kinds)] if data else "yaml")  # type: ignore[arg-type]


def report(data: bytes) -> None:
    """From bytes to every form of the report, by rule knowledge alone."""
    from explainer.client import Explainer
    from explainer.render import render

    global _explainer
    if _explainer is None:
        _explainer = Explainer("knowledge", cache=False, default_rules=False)
    for number, made in enumerate(_explainer.explain_many([data], concurrency=1)):
        if number > 3:
            break
        for form in ("terminal", "markdown", "html", "slack", "json"):
            render(made, form)


_explainer: Any = None

TARGETS: dict[str, Callable[[bytes], None]] = {
    "ingest": ingest,
    "rules": rules,
    "draft": draft,
    "markdown": markdown,
    "shell": shell,
    "config": config,
    "report": report,
}


def seeds(target: str) -> list[bytes]:
    """Inputs that mean something to the target: its kept corpus, and fitting fixtures."""
    found = [path.read_bytes() for path in sorted((CORPUS / target).glob("*")) if path.is_file()]
    fixtures = ROOT / "fixtures"
    places = {
        "ingest": ("alerts/*/*",),
        "report": ("alerts/falco/*", "alerts/falco_text/*"),
        "rules": ("rules/*",),
        "markdown": ("reports/markdown/*",),
        "config": ("rules/*", "alerts/falco/*"),
    }
    for pattern in places.get(target, ()):
        found += [path.read_bytes() for path in sorted(fixtures.glob(pattern)) if path.is_file()]
    return [data[:MAX_INPUT] for data in found] or [b""]


# --- how it is changed ---------------------------------------------------------------------------


def mutated(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """One to eight changes: bits, words that mean something, cuts, repetitions, pieces of another input."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randint(0, len(out))
        kind = chance.randrange(8)
        if kind == 0 and out:
            out[at % len(out)] ^= 1 << chance.randrange(8)
        elif kind == 1:
            out[at:at] = chance.choice(WORDS)
        elif kind == 2:
            del out[at : at + chance.randint(1, 40)]
        elif kind == 3:
            piece = out[at : at + chance.randint(1, 30)]
            out[at:at] = piece * chance.choice((1, 2, 9, 200))
        elif kind == 4:
            other = chance.choice(others)
            start = chance.randint(0, len(other))
            out[at:at] = other[start : start + chance.randint(1, 300)]
        elif kind == 5:
            out[at : at + chance.randint(0, 4)] = chance.choice(WORDS)
        elif kind == 6:
            out[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 6)))
        else:
            out = bytearray(chance.choice(WORDS) * chance.randint(1, 60)) + out
    return bytes(out[:MAX_INPUT])


def inputs(target: str, seed: int) -> Iterator[bytes]:
    """The seeds as they are, then changes of them without end."""
    chance = random.Random(f"{target}:{seed}")  # noqa: S311 - repeatable on purpose
    known = seeds(target)
    yield from known
    while True:
        yield mutated(chance.choice(known), known, chance)


class Slow(Exception):
    """An input that took too long."""


def judged(target: str, data: bytes, slow: float) -> str | None:
    """Feed one input; the traceback when it is a finding."""

    def late(*_: object) -> None:
        raise Slow(f"longer than {slow:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, slow)
    try:
        TARGETS[target](data)
    except Exception:  # noqa: BLE001 - that is what is looked for
        return traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return None


def run(target: str, *, seed: int, count: int, seconds: float, slow: float, found: Path) -> dict[str, Any]:
    """Feed until the count or the time is used up.

    Returns:
        What was done: target, seed, inputs, seconds, findings (file names), the slowest input in seconds.
    """
    began = time.monotonic()
    done, findings, slowest = 0, [], 0.0
    for data in inputs(target, seed):
        if done >= count or time.monotonic() - began >= seconds:
            break
        started = time.monotonic()
        problem = judged(target, data, slow)
        slowest = max(slowest, time.monotonic() - started)
        done += 1
        if problem is not None:
            findings.append(kept(target, data, problem, found))
            if len(findings) >= 20:
                break
    spent = round(time.monotonic() - began, 1)
    return {
        "target": target, "seed": seed, "inputs": done, "seconds": spent, "slowest": round(slowest, 2), "findings": findings,
    }  # fmt: skip


def kept(target: str, data: bytes, problem: str, found: Path) -> str:
    """Write a finding down; its file's name."""
    folder = found / target
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(data).hexdigest()[:16]
    (folder / name).write_bytes(data)
    (folder / f"{name}.txt").write_text(problem, encoding="utf-8", errors="backslashreplace")
    return f"{target}/{name}"


def guided(target: str, seed: int, seconds: float, slow: float, found: Path) -> None:
    """Coverage-guided by atheris; ends the process."""
    import atheris

    with atheris.instrument_imports(include=["explainer"]):
        TARGETS[target](b"")
    begun = found / f"{target}-seeds"
    begun.mkdir(parents=True, exist_ok=True)
    for data in seeds(target):
        (begun / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    flags = [f"-seed={seed}", f"-max_total_time={int(seconds)}", f"-timeout={int(slow)}", f"-max_len={MAX_INPUT}"]
    atheris.Setup(
        [sys.argv[0], *flags, f"-artifact_prefix={found}/{target}-", "-print_final_stats=1", str(begun)],
        TARGETS[target],
    )
    atheris.Fuzz()


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", action="append", choices=sorted(TARGETS), help="default: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inputs", type=int, default=10**9, help="most inputs for each target")
    parser.add_argument("--seconds", type=float, default=60.0, help="most seconds for all targets together")
    parser.add_argument("--slow", type=float, default=10.0, help="an input that takes longer is a finding")
    parser.add_argument("--found", type=Path, default=Path("fuzz-found"), help="where findings are written")
    parser.add_argument("--engine", choices=("mutate", "atheris"), default="mutate")
    options = parser.parse_args()
    targets = options.target or list(TARGETS)
    if options.engine == "atheris":
        guided(targets[0], options.seed, options.seconds, options.slow, options.found)
        return 0
    bad = False
    for target in targets:
        done = run(
            target,
            seed=options.seed,
            count=options.inputs,
            seconds=options.seconds / len(targets),
            slow=options.slow,
            found=options.found,
        )
        bad = bad or bool(done["findings"])
        sys.stdout.write(json.dumps(done) + "\n")
        sys.stdout.flush()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
