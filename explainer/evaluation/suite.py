"""Suites: which cases go through which prompts and models. A TOML file, and what the command line says over it."""

from __future__ import annotations

import fnmatch
import hashlib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from explainer.errors import CaseError, ConfigError
from explainer.evaluation.case import LoadedCase, load_case
from explainer.evaluation.samples import CONTROL
from explainer.schema.case import Suite, SuiteModel

_SLUG = re.compile(r"[^A-Za-z0-9._@-]+")


@dataclass(frozen=True)
class Target:
    """One prompt with one model."""

    id: str
    """``explain@1.0.0+qwen2.5-1.5b``, unique within a run; file names and comparisons use it."""
    prompt: str | None
    """As asked for; None: the default of the backend."""
    backend: str
    model: str | None = None
    base_url: str | None = None
    recordings: tuple[Path, ...] = ()
    repeats: int | None = None
    """None: the suite's."""
    temperature: float | None = None
    """None: the suite's."""

    @property
    def control(self) -> bool:
        """Rule knowledge alone."""
        return self.backend == "knowledge"


@dataclass(frozen=True)
class LoadedSuite:
    """A suite with its cases."""

    suite: Suite
    path: Path
    sha256: str
    """Of the file."""
    cases: tuple[LoadedCase, ...]
    selected: bool = False
    """The command line took only some of the cases."""


def load_suite(path: str | Path, *, filters: Sequence[str] = (), cases: str | Path | None = None) -> LoadedSuite:
    """Read a suite and its cases.

    Args:
        path: the TOML file. Its cases lie in ``../cases`` from there, or in ``cases``.
        filters: only cases that one of these names: part of an id, a glob over ids, ``tag:T`` or ``family:F``.
        cases: the folder of cases.

    Raises:
        CaseError: the file or one of its cases is wrong, or nothing is left to run.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
        suite = Suite.model_validate(tomllib.loads(data.decode("utf-8")))
    except OSError as error:
        raise CaseError(
            f"cannot be read: {error.strerror}", where=str(path), hint="name a suite: evals/suites/core.toml"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CaseError(f"is no TOML: {error}", where=str(path), hint="see docs/evals.md") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        known = ", ".join(Suite.model_fields)
        what = {"extra_forbidden": f"is no key of a suite; known: {known}", "missing": "is missing"}
        message = what.get(first["type"], first["msg"].removeprefix("Value error, "))
        raise CaseError(f"{name}: {message}", where=str(path), hint="see docs/evals.md") from None
    root = Path(cases) if cases is not None else path.parent.parent / "cases"
    chosen = _cases(suite, root, path)
    kept = [loaded for loaded in chosen if not filters or any(_fits(loaded, item) for item in filters)]
    if not kept:
        told = f"--filter {' --filter '.join(filters)} fits none of its {len(chosen)} cases" if chosen else "no case"
        raise CaseError(f"nothing to run: {told}", where=str(path), hint="`explainer eval lint` lists all cases")
    return LoadedSuite(suite, path, hashlib.sha256(data).hexdigest(), tuple(kept), selected=len(kept) < len(chosen))


def _cases(suite: Suite, root: Path, path: Path) -> list[LoadedCase]:
    if not root.is_dir():
        raise CaseError("no such folder of cases", where=str(root), hint=f"{path.name} lies in evals/suites")
    files = sorted({file for pattern in suite.cases for file in root.glob(pattern) if file.is_file()})
    seen: dict[str, LoadedCase] = {}
    for file in files:
        loaded = load_case(file)
        case = loaded.case
        if suite.tags and not set(suite.tags) & set(case.tags):
            continue
        if (suite.families and case.family not in suite.families) or case.id in suite.exclude:
            continue
        if case.id in seen:
            raise CaseError(f"the id {case.id} is taken by {seen[case.id].path}", where=str(file), hint="rename one")
        seen[case.id] = loaded
    return [seen[name] for name in sorted(seen)]


def _fits(loaded: LoadedCase, wanted: str) -> bool:
    kind, colon, rest = wanted.partition(":")
    if colon and kind == "tag":
        return rest in loaded.case.tags
    if colon and kind == "family":
        return fnmatch.fnmatchcase(loaded.case.family, rest)
    if any(char in wanted for char in "*?["):
        return fnmatch.fnmatchcase(loaded.case.id, wanted)
    return wanted in loaded.case.id


def targets_of(
    loaded: LoadedSuite,
    *,
    prompts: Sequence[str] = (),
    models: Sequence[str] = (),
    backend: str | None = None,
    base_url: str | None = None,
    recordings: Sequence[Path] = (),
) -> list[Target]:
    """What to run: the suite's prompts and models unless the command line names others.

    Raises:
        ConfigError: options that contradict each other.
    """
    suite, folder = loaded.suite, loaded.path.parent
    if backend or models or base_url or recordings:
        chosen = _asked_for(suite, models, backend, base_url, recordings)
    else:
        chosen = list(suite.models)
    found: list[Target] = []
    for model in chosen:
        if model.backend == "knowledge":
            continue
        files = tuple(Path(name) if Path(name).is_absolute() else folder / name for name in model.recordings)
        wanted: Sequence[str | None] = list(prompts) or list(model.prompts) or list(suite.prompts) or [None]
        for prompt in wanted:
            found.append(
                Target(
                    "",
                    prompt,
                    model.backend,
                    model.model,
                    model.base_url,
                    tuple(recordings) or files,
                    model.repeats,
                    model.temperature,
                )
            )
    return found


def _asked_for(
    suite: Suite, models: Sequence[str], backend: str | None, base_url: str | None, recordings: Sequence[Path]
) -> list[SuiteModel]:
    if backend == "knowledge":
        if models or base_url or recordings:
            raise ConfigError("rule knowledge asks no model", hint="leave out --model, --base-url and --recordings")
        return []
    kind = backend or ("openai" if base_url else "replay" if recordings else None)
    by_name = {model.model: model for model in suite.models if model.model}
    if kind is None:
        unknown = [name for name in models if name not in by_name]
        if unknown:
            raise ConfigError(
                f"the suite has no model {unknown[0]!r}",
                hint=f"it has {', '.join(by_name) or 'none'}; for another one give --backend or --base-url",
            )
        return [by_name[name] for name in models]
    if kind == "replay" and not recordings:
        if not (
            files := [model for model in suite.models if model.recordings and (model.model in models or not models)]
        ):
            raise ConfigError("replay needs recordings", hint="--recordings FILE, or name them in the suite")
        return files
    # A model that the suite knows is asked as the suite asks it, so that it can be recorded anew.
    asked = {"backend": kind, "base_url": base_url, "recordings": ()}
    return [
        by_name[name].model_copy(update=asked)
        if name in by_name
        else SuiteModel(backend=kind, model=name, base_url=base_url)
        for name in (*models,) or (None,)
    ]


def named(target: Target, prompt: str | None, model: str | None, taken: set[str]) -> Target:
    """The target with its id, now that the prompt's version and the model's name are known."""
    if target.control:
        return Target(CONTROL, None, "knowledge")
    parts = [prompt or "no-prompt", Path(model).stem if model and "/" in model else model or target.backend]
    name = "+".join(_SLUG.sub("-", part).strip("-") or "unnamed" for part in parts)
    number, unique = 2, name
    while unique in taken or unique == CONTROL:
        unique, number = f"{name}-{number}", number + 1
    taken.add(unique)
    return replace(target, id=unique)
