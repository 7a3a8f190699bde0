"""Run the real command in a process of its own, with a home that holds nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Command:
    """A user's shell: a folder, a home, an environment."""

    home: Path

    def __call__(
        self, *arguments: str, stdin: bytes | str | None = None, env: dict[str, str] | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [sys.executable, "-m", "explainer", *arguments],
            input=data if data is not None else b"",
            capture_output=True,
            cwd=self.home,
            env=self.environment(env),
            timeout=timeout,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        )

    def environment(self, env: dict[str, str] | None = None) -> dict[str, str]:
        kept = {
            name: os.environ[name]
            for name in ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "SYSTEMROOT")
            if name in os.environ
        }
        return {**kept, "HOME": str(self.home), "EXPLAINER_DEFAULT_RULES": "false", "PYTHONUTF8": "1", **(env or {})}
