from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.packaging


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def test_the_wheel_holds_prompts_knowledge_and_types(built: Path) -> None:
    wheel = zipfile.ZipFile(next(built.glob("*.whl")))
    names = set(wheel.namelist())
    prompt = "explainer/_prompts/explain/1.0.0.md"
    here = hashlib.sha256((ROOT / "prompts" / "explain" / "1.0.0.md").read_bytes()).hexdigest()
    assert hashlib.sha256(wheel.read(prompt)).hexdigest() == here
    assert "explainer/_prompts/catalog.toml" in names
    assert "explainer/py.typed" in names
    shipped = {path.relative_to(ROOT).as_posix() for path in (ROOT / "explainer" / "data").rglob("*") if path.is_file()}
    assert shipped <= names
    assert not any(name.startswith(("tests/", "fixtures/", "evals/")) for name in names)


def test_the_sdist_can_be_tested(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        names = sdist.getnames()
    tops = {name.split("/")[1] for name in names if "/" in name}
    assert {"explainer", "prompts", "tests", "fixtures", "README.md", "LICENSE", "pyproject.toml"} <= tops
