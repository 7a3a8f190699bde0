"""Start-up and whole-process figures, as ratios against a floor in the same run.

python bench/startup.py
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

ALERT = Path(__file__).resolve().parents[1] / "fixtures" / "alerts" / "falco" / "driver-loader-insmod.json"
RUNS = 7


def cpu(*command: str) -> float:
    """Median CPU seconds (user + system) of a command's process."""
    figures = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        figures.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(figures)


def main() -> None:
    python = sys.executable
    floor = cpu(python, "-c", "import typer, pydantic")
    bare = cpu(python, "-c", "pass")
    shown = cpu(python, "-m", "explainer", "--help")
    one = cpu(python, "-m", "explainer", "explain", str(ALERT), "--backend", "knowledge", "--as", "json", "-q")
    text = cpu(python, "-m", "explainer", "explain", str(ALERT), "--backend", "knowledge", "--as", "terminal", "-q")
    print(f"python -c pass                        {bare:.3f} s CPU")
    print(f"python -c 'import typer, pydantic'    {floor:.3f} s CPU   (floor)")
    print(f"explainer --help                      {shown:.3f} s CPU   {shown / floor:.2f} x floor   (target 3)")
    print(f"one knowledge report, JSON            {one:.3f} s CPU   {one / floor:.2f} x floor   (target 0.5 s)")
    print(f"one knowledge report, terminal        {text:.3f} s CPU   {text / floor:.2f} x floor")


if __name__ == "__main__":
    main()
