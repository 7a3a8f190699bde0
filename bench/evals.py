"""What the eval harness costs: a long replay, live cases against an instant server, scoring, and the help text.

Run: python bench/evals.py [replayed answers]. Everything runs in processes of its own, on loopback. The floor of the
live cases is asyncio with the bare openai client and the same prompts, each in a process of its own as well.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

LIVE = 200
SUITE = """id = "bench"
prompts = ["explain@1.0.0"]
[thresholds]
errors = 0.0
"""
SERVER = """
import asyncio, json, sys
TEXT = json.dumps({"verdict": "suspicious", "confidence": "low", "summary": "A process ran. Nobody knows who began it.",
    "claims": [{"text": "It was seen.", "cites": ["E1"]}, {"text": "The rule says so.", "cites": ["E2"]}],
    "action_ids": [], "unknowns": ["Who began it?"]})
BODY = json.dumps({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0,
    "finish_reason": "stop", "message": {"role": "assistant", "content": TEXT}}],
    "usage": {"prompt_tokens": 900, "completion_tokens": 90, "total_tokens": 990}}).encode()
LENGTH = str(len(BODY)).encode()
HEAD = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: " + LENGTH + b"\\r\\n\\r\\n"
async def serve(reader, writer):
    try:
        while head := await reader.readuntil(b"\\r\\n\\r\\n"):
            size = next(int(l.split(b":")[1]) for l in head.split(b"\\r\\n") if l.lower().startswith(b"content-length"))
            await reader.readexactly(size)
            writer.write(HEAD + BODY)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
FLOOR = """
import asyncio, json, sys
from openai import AsyncOpenAI
prompts = json.load(open(sys.argv[2]))
async def main():
    client = AsyncOpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)
    gate = asyncio.Semaphore(10)
    async def one(messages):
        async with gate:
            await client.chat.completions.create(model="m", messages=messages, temperature=0, max_tokens=1200)
    await asyncio.gather(*(one(prompts[n % len(prompts)]) for n in range(int(sys.argv[3]))))
asyncio.run(main())
"""


def timed(command: list[str], folder: Path) -> tuple[float, float, str]:
    """Seconds, peak MiB and output of a command."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    with tempfile.TemporaryFile() as out:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        out.seek(0)
        text = out.read().decode()
    code = os.waitstatus_to_exitcode(status)
    if code not in {0, 1, 3}:
        raise SystemExit(f"{' '.join(command)} ended with {code}:\n{text[-2000:]}")
    return seconds, usage.ru_maxrss / 1024, text


def line(what: str, seconds: float, memory: float | None, budget: str) -> None:
    print(f"{what:58} {seconds:7.2f} s {f'{memory:6.0f} MiB' if memory else '':>10}   {budget}")


def repeated(recorded: Path, target: Path, repeats: int, *, differing: bool) -> None:
    """A recording of one repetition as one of many; ``differing`` makes every answer another one."""
    with target.open("w") as out:
        for text in recorded.read_text().splitlines():
            entry = json.loads(text)
            draft = json.loads(entry["reply"]["text"])
            for epoch in range(repeats):
                if differing:
                    draft["summary"] = f"A process ran, look {epoch + 1}. Nobody knows who began it."
                    entry["reply"]["text"] = json.dumps(draft)
                out.write(json.dumps({**entry, "epoch": epoch}) + "\n")


def main(answers: int = 2000) -> int:
    python = sys.executable
    command = [python, "-m", "explainer", "eval"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "suites").mkdir()
        (folder / "cases").symlink_to(ROOT / "evals" / "cases")
        suite = folder / "suites" / "bench.toml"
        suite.write_text(SUITE)
        server = subprocess.Popen([python, "-c", SERVER], stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
            live = [*command, "run", str(suite), "--base-url", url, "-m", "m", "-q"]
            timed([*live, "--out", "first", "--record", "one.jsonl", "-j", "10"], folder)
            recorded = folder / "one.jsonl"
            cases = len(recorded.read_text().splitlines())

            texts = (json.loads(text) for text in (folder / "first" / "events.jsonl").read_text().splitlines())
            prompts = [event["messages"] for event in texts if event.get("event") == "asked"]
            (folder / "prompts.json").write_text(json.dumps(prompts))
            floors, ours = [], []
            for turn in range(3):
                floor = [python, "-c", FLOOR, url, "prompts.json", str(LIVE)]
                floors.append(timed(floor, folder)[0])
                repeats = max(1, round(LIVE / cases))
                ours.append(timed([*live, "--out", f"l{turn}", "-j", "10", "--repeat", str(repeats)], folder))
            asked = repeats * cases
            floor_seconds = statistics.median(floors)
            seconds, memory, _ = sorted(ours)[1]
            line(f"floor: {LIVE} calls, asyncio and openai alone", floor_seconds, None, "")
            line(
                f"{asked} live answers, scored, with control",
                seconds,
                memory,
                f"floor + 1 s = {floor_seconds + 1:.2f} s",
            )
        finally:
            server.kill()
            server.wait()

        repeats = round(answers / cases)
        for kind in (False, True):
            many = folder / f"many-{kind}.jsonl"
            repeated(recorded, many, repeats, differing=kind)
            replay = [*command, "run", str(suite), "--recordings", str(many), "--model", "m", "-q"]
            results = [
                timed([*replay, "--out", f"r-{kind}-{turn}", "--repeat", str(repeats)], folder) for turn in range(2)
            ]
            seconds, memory, text = min(results)
            assert re.search(rf"{repeats * cases} in quality", text), text
            what = "every answer another one" if kind else "repeats alike"
            line(f"{repeats * cases} replayed and scored, {what}", seconds, memory, "5 s, 150 MiB")
        help_seconds = sorted(timed([*command, "--help"], folder)[0] for _ in range(7))[3]
        line("eval --help", help_seconds, None, "0.3 s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*(int(argument) for argument in sys.argv[1:2])))
