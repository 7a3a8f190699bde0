"""What once broke a reader is fed to it for good, and a small, repeatable stream of mutations with it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
# So many take a few seconds in all; `scripts/fuzz.py` runs as many as one likes.
INPUTS = {"ingest": 600, "rules": 1500, "draft": 3000, "markdown": 400, "shell": 150, "config": 150, "report": 25}


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz", ROOT / "scripts" / "fuzz.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz"] = module
    spec.loader.exec_module(module)
    return module


def test_every_target_has_a_share_here(fuzz: ModuleType) -> None:
    assert set(fuzz.TARGETS) == set(INPUTS)


@pytest.mark.parametrize("target", INPUTS)
def test_nothing_breaks_a_reader(fuzz: ModuleType, tmp_path: Path, target: str) -> None:
    done = fuzz.run(target, seed=20, count=INPUTS[target], seconds=60, slow=30, found=tmp_path)
    assert done["findings"] == [], (tmp_path / f"{done['findings'][0]}.txt").read_text()
    assert done["inputs"] > 10


@pytest.mark.parametrize("target", ["ingest", "report"])
def test_the_same_seed_gives_the_same_inputs(fuzz: ModuleType, target: str) -> None:
    one, other = fuzz.inputs(target, 3), fuzz.inputs(target, 3)
    assert [next(one) for _ in range(40)] == [next(other) for _ in range(40)]
