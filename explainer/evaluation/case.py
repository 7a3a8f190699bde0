"""Golden cases from files: loading with located errors, checking, and a hash of the whole set."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from explainer.errors import CaseError
from explainer.schema.case import Case
from explainer.store.documents import load_yaml, locate

if TYPE_CHECKING:
    from explainer.evaluation.case_lint import CaseProblem

CASES = Path("evals/cases")
FIXTURES = "fixtures"
MAX_BYTES = 1024 * 1024
R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True)
class LoadedCase:
    """A case with its input."""

    case: Case
    alert: bytes
    """Content of the alert's file; empty when the file is missing and the loader was told to go on."""
    path: Path
    """The case's file."""
    alert_path: Path
    text: str
    """The case's file, as read."""

    @cached_property
    def sha256(self) -> str:
        """Identity of what is asked: expectations and alert, not comments or layout."""
        canonical = json.dumps(self.case.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode() + b"\0" + self.alert).hexdigest()

    def where(self, *place: str | int) -> str:
        """``file:line:column`` of a path of keys and indices: ``where("facts", 0, "entities")``."""
        return locate(str(self.path), self.text, place, error=CaseError)


def load_cases(
    folders: Sequence[str | Path] = (CASES,), *, fixtures: str | Path | None = None, missing_ok: bool = False
) -> list[LoadedCase]:
    """The cases in folders (or files), in the order of their ids.

    Args:
        folders: folders of ``<family>/<id>.yaml`` files, at any depth, or single files.
        fixtures: the folder that ``alert`` paths start from; default: ``fixtures`` beside or above the case's folder.
        missing_ok: go on when an alert's file is missing (``lint_cases`` reports it).

    Raises:
        CaseError: a file is wrong; ``where`` says the place.
    """
    found = [load_case(path, fixtures=fixtures, missing_ok=missing_ok) for path in case_files(folders)]
    return sorted(found, key=lambda loaded: (loaded.case.id, str(loaded.path)))


def load_case(path: str | Path, *, fixtures: str | Path | None = None, missing_ok: bool = False) -> LoadedCase:
    """One case with its alert.

    Raises:
        CaseError: the file, or the alert that it names, cannot be used.
    """
    path = Path(path)
    text = _read(path).decode("utf-8", "surrogateescape")
    case = read_case(text, str(path))
    root = Path(fixtures) if fixtures is not None else _fixtures(path)
    alert_path = root / case.alert
    place = locate(str(path), text, ("alert",), error=CaseError)
    if Path(case.alert).is_absolute() or ".." in Path(case.alert).parts:
        raise CaseError(f"{case.alert} is no path below the fixtures folder", hint="write alerts/…", where=place)
    if not alert_path.is_file():
        if not missing_ok:
            raise CaseError(f"there is no file {alert_path}", hint="the path starts below fixtures/", where=place)
        return LoadedCase(case, b"", path, alert_path, text)
    return LoadedCase(case, _read(alert_path), path, alert_path, text)


def read_case(text: str, where: str) -> Case:
    """A case from YAML text.

    Raises:
        CaseError: with the place of the first problem.
    """
    data = load_yaml(text, where, error=CaseError)
    return validated(Case, data, where, text)


def validated(model: type[R], data: object, where: str, text: str) -> R:
    """A record from parsed YAML, with located errors."""
    if not isinstance(data, dict):
        raise CaseError("the file holds no mapping", hint="write keys such as id: and alert:", where=where)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        # A misspelt key is missing and surplus at once; the surplus one is what the author looks for.
        found = error.errors(include_url=False, include_context=False, include_input=False)
        first = min(found, key=lambda problem: problem["type"] != "extra_forbidden")
        place = tuple(first["loc"])
        name = ".".join(str(part) for part in place)
        what = {"missing": "is missing", "extra_forbidden": "is no field of this record"}.get(first["type"])
        message = what or first["msg"].removeprefix("Value error, ")
        more = error.error_count() - 1
        hint = f"and {more} more" if more else "see explainer schema case"
        located = locate(where, text, place, error=CaseError)
        raise CaseError(f"{name}: {message}" if name else message, hint=hint, where=located) from None


def case_set_hash(cases: Iterable[LoadedCase]) -> str:
    """One hash over expectations and alerts of a set: runs on different sets are never compared."""
    lines = sorted(f"{loaded.case.id} {loaded.sha256}" for loaded in cases)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def lint_cases(cases: Iterable[LoadedCase]) -> list[CaseProblem]:
    """Everything that is wrong with the cases that a schema cannot see; see ``case_lint``."""
    from explainer.evaluation.case_lint import lint_cases

    return lint_cases(cases)


def lint_folders(
    folders: Sequence[str | Path] = (CASES,), *, fixtures: str | Path | None = None
) -> tuple[int, list[CaseProblem]]:
    """How many files were looked at, and everything that is wrong with them, unreadable ones included."""
    from explainer.evaluation.case_lint import CaseProblem, lint_cases

    loaded, problems = [], []
    paths = list(case_files(folders))
    for path in paths:
        try:
            loaded.append(load_case(path, fixtures=fixtures, missing_ok=True))
        except CaseError as error:
            problems.append(
                CaseProblem(error.where or str(path), error.message, error.hint or "see explainer schema case")
            )
    return len(paths), [*problems, *lint_cases(loaded)]


def case_files(folders: Iterable[str | Path]) -> Iterator[Path]:
    """The case files in folders, and files as they are named.

    Raises:
        CaseError: there is no such file or folder.
    """
    for folder in map(Path, folders):
        if folder.is_file():
            yield folder
        elif folder.is_dir():
            yield from sorted(path for path in folder.rglob("*.yaml") if not path.name.startswith("."))
        else:
            raise CaseError("no such file or folder", hint="cases lie in evals/cases", where=str(folder))


def _fixtures(path: Path) -> Path:
    for folder in path.resolve().parents:
        if (folder / FIXTURES).is_dir():
            return folder / FIXTURES
    raise CaseError("no fixtures folder beside or above the case", hint="name it: fixtures=", where=str(path))


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CaseError(f"cannot be read: {error.strerror}", hint="check the path", where=str(path)) from None
    if len(data) > MAX_BYTES:
        raise CaseError("the file is larger than 1 MiB", hint="keep one alert a file", where=str(path))
    return data
