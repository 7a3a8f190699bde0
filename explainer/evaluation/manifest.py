"""What a run was: everything that must be equal, or known to differ, before two runs are compared."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from explainer.errors import ConfigError, DataError
from explainer.evaluation.case import LoadedCase
from explainer.schema.case import Thresholds
from explainer.schema.record import Record
from explainer.version import __version__

NAME = "manifest.json"
_PACKAGES = ("alert-explainer", "pydantic", "openai", "xllamacpp", "tree-sitter", "tree-sitter-bash", "markdown-it-py")


class CaseInfo(Record):
    """A case of the run."""

    id: str
    family: str
    sha256: str
    """Of expectations and alert."""
    title: str = ""
    difficulty: str = ""
    tags: tuple[str, ...] = ()
    expected: str = "pass"
    path: str = ""
    """Of the case's file, relative to the run's working folder."""


class RecordingInfo(Record):
    """A file of recordings."""

    file: str
    sha256: str


class TargetInfo(Record):
    """A prompt with a model."""

    id: str
    backend: str
    prompt: str | None = None
    """``explain@1.0.0``."""
    prompt_sha256: str | None = None
    model: str | None = None
    """The model asked."""
    models_answered: tuple[str, ...] = ()
    """By their own word."""
    address: str | None = None
    """Host of the server, without credentials."""
    parameters: dict[str, float | int | None] = Field(default_factory=dict)
    """Temperature, seed, output tokens, deadline …"""
    recordings: tuple[RecordingInfo, ...] = ()
    repeats: int = 1
    tokens_in_measured: int = 0
    tokens_out_measured: int = 0
    tokens_in_estimated: int = 0
    tokens_out_estimated: int = 0
    cost_usd: float | None = None
    """None: no price is known for the model."""
    model_seconds: float = 0.0
    """Waiting for the model, summed over answers (of a replay: when it was recorded)."""
    attempts: int = 0


class Manifest(Record):
    """``manifest.json`` of a run's folder."""

    schema_version: Literal["1"] = "1"
    state: Literal["running", "interrupted", "finished"] = "running"
    suite: str
    title: str = ""
    suite_file: str = ""
    suite_sha256: str = ""
    case_set: str
    """Hash over all cases of the run."""
    cases: tuple[CaseInfo, ...]
    cases_folder: str = ""
    filters: tuple[str, ...] = ()
    repeats: int
    targets: tuple[TargetInfo, ...]
    """The control, rule knowledge alone, is the last."""
    thresholds: Thresholds = Thresholds()
    slices: tuple[str, ...] = ()
    scorer_set: str = ""
    """Of the scores that lie in the folder."""
    scorers: dict[str, int] = Field(default_factory=dict)
    """Version of each scorer."""
    knowledge_hash: str = ""
    advice_hash: str = ""
    versions: dict[str, str] = Field(default_factory=dict)
    revision: str | None = None
    """Of the git checkout that holds the suite."""
    concurrency: int = 1
    on_miss: str = "fail"
    started: str = ""
    finished: str | None = None
    seconds: float = 0.0
    """Wall time, resumed parts summed."""
    resumed: int = 0

    @property
    def control(self) -> TargetInfo | None:
        """Rule knowledge alone."""
        return next((target for target in self.targets if target.backend == "knowledge"), None)

    @property
    def models(self) -> tuple[TargetInfo, ...]:
        """Everything but the control."""
        return tuple(target for target in self.targets if target.backend != "knowledge")


def read_manifest(folder: Path) -> Manifest:
    """A run's manifest.

    Raises:
        DataError: the folder holds no run.
    """
    path = folder / NAME
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DataError(
            f"is no run's folder: {NAME} cannot be read: {error.strerror}",
            where=str(folder),
            hint="name a folder that `explainer eval run` made",
        ) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{place}: {first['msg']}", where=str(path), hint="run it again with this version") from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace a run's manifest in one step."""
    from explainer.sinks.file import write_file

    write_file(folder / NAME, json.dumps(manifest.model_dump(mode="json"), indent=1, ensure_ascii=False))


def versions() -> dict[str, str]:
    """Of what may change a figure."""
    found = {"python": platform.python_version(), "explainer": __version__, "machine": platform.machine()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def host_of(url: str | None) -> str | None:
    """Host and port of an address; what else it holds may be secret."""
    if not url:
        return None
    parts = urlsplit(url if "//" in url else f"//{url}")
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"{parts.hostname or '?'}{port}"


def revision_of(folder: Path) -> str | None:
    """Commit of the checkout around a folder, read from its files; None without one."""
    for place in (folder.resolve(), *folder.resolve().parents):
        git = place / ".git"
        try:
            if git.is_file():
                git = (place / git.read_text().removeprefix("gitdir:").strip()).resolve()
            if not git.is_dir():
                continue
            head = (git / "HEAD").read_text().strip()
            if not head.startswith("ref:"):
                return head
            name = head.removeprefix("ref:").strip()
            common = git / "commondir"
            shared = (git / common.read_text().strip()).resolve() if common.is_file() else git
            for root in (git, shared):
                if (root / name).is_file():
                    return (root / name).read_text().strip()
                if (root / "packed-refs").is_file():
                    for line in (root / "packed-refs").read_text().splitlines():
                        if line.endswith(f" {name}"):
                            return line.split()[0]
        except OSError:
            return None
        return None
    return None


def check_resumable(old: Manifest, new: Manifest) -> None:
    """Whether answers of the old run may stand beside those of the new one.

    Raises:
        ConfigError: says what differs.
    """

    def targets(manifest: Manifest) -> Mapping[str, tuple[object, ...]]:
        return {
            target.id: (
                target.prompt_sha256,
                target.model,
                target.backend,
                target.repeats,
                tuple(sorted(target.parameters.items())),
            )
            for target in manifest.targets
        }

    differing = [
        name
        for name, before, after in (
            ("the cases", old.case_set, new.case_set),
            ("the number of repeats", old.repeats, new.repeats),
            ("prompts, models or parameters", targets(old), targets(new)),
            ("the knowledge", old.knowledge_hash, new.knowledge_hash),
        )
        if before != after
    ]
    if differing:
        raise ConfigError(
            f"cannot be resumed: {', '.join(differing)} changed since it began",
            hint="run it anew, or resume with the options and files that it began with",
        )


def info_of(cases: Iterable[LoadedCase]) -> tuple[CaseInfo, ...]:
    """What the manifest says of each case."""
    found = []
    for loaded in cases:
        case = loaded.case
        found.append(
            CaseInfo(
                id=case.id,
                family=case.family,
                sha256=loaded.sha256,
                title=case.title,
                difficulty=case.difficulty,
                tags=case.tags,
                expected=case.expected,
                path=str(loaded.path),
            )
        )
    return tuple(found)
