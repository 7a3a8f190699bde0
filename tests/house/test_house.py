from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import explainer

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "openai",
    "tiktoken",
    "diskcache",
    "tenacity",
    "xllamacpp",
    "jinja2",
    "rich",
    "yaml",
    "tree_sitter",
    "scipy",
    "numpy",
    "junitparser",
)


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_library_loads_nothing_heavy() -> None:
    assert not modules_after("import explainer") & set(HEAVY)


def test_importing_the_command_line_loads_no_backend() -> None:
    loaded = modules_after("import explainer.cli\nfrom explainer.cli.app import build_app\nbuild_app()")
    assert not loaded & (set(HEAVY) - {"rich"})


def test_a_knowledge_report_needs_no_model_library(fixtures: Path) -> None:
    path = fixtures / "alerts" / "falco" / "driver-loader-insmod.json"
    code = f"import explainer, pathlib\nexplainer.explain(pathlib.Path({str(path)!r}).read_bytes(), 'knowledge')"
    assert not modules_after(code) & (set(HEAVY) - {"yaml"})


def test_importing_reads_no_environment() -> None:
    code = (
        "import os\n"
        "class Watch(dict):\n"
        "    def __getitem__(self, k):\n"
        "        assert not k.startswith(('EXPLAINER', 'OPENAI')), k\n"
        "        return dict.__getitem__(self, k)\n"
        "    def get(self, k, d=None):\n"
        "        assert not k.startswith(('EXPLAINER', 'OPENAI')), k\n"
        "        return dict.get(self, k, d)\n"
        "os.environ = Watch(os.environ)\n"
        "import explainer"
    )
    modules_after(code)


def test_every_public_name_exists_and_is_listed_once() -> None:
    assert len(explainer.__all__) == len(set(explainer.__all__))
    assert [name for name in explainer.__all__ if not hasattr(explainer, name)] == []


def test_ingest_is_the_function_however_the_package_was_imported_before() -> None:
    for first in ("import explainer.ingest", "from explainer.ingest import FORMATS", "import explainer.client"):
        modules_after(
            f"{first}\nimport explainer\nfrom explainer import ingest\nassert ingest is explainer.ingest\n"
            "assert type(ingest).__name__ == 'function'"
        )


def test_the_layers_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_no_dependency_is_under_a_gpl() -> None:
    from importlib.metadata import PackageNotFoundError, metadata

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"], *project["optional-dependencies"]["local"]]
    for requirement in named:
        name = requirement.split(">")[0].split("[")[0].strip()
        try:
            meta = metadata(name)
        except PackageNotFoundError:
            continue
        licence = f"{meta.get('License-Expression', '')} {meta.get('License', '')[:200]} {meta.get_all('Classifier')}"
        assert "GPL" not in licence.replace("LGPL", "GPL"), name
