"""Files from disk: text with clear errors, and Falco's rule files in Falco's order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from explainer.errors import DataError, RulesError
from explainer.schema.node import Mapping as MappingNode
from explainer.schema.node import RulesFile, Scalar, Sequence
from explainer.store.documents import ErrorClass, load_json, load_toml, load_yaml, parse_rules_text

__all__ = [
    "falco_rule_files",
    "load_json",
    "load_toml",
    "load_yaml",
    "parse_rules_text",
    "read_rules",
    "read_rules_file",
    "read_text",
]

MAX_BYTES = 16 * 1024 * 1024
DEFAULT_FOLDER = "/etc/falco"
_YAML = {".yaml", ".yml"}
_NOT_RULES = {"falco.yaml", "falco.yml"}
"""Falco's configuration lies in the same folder as its rules."""


def read_text(path: str | Path, *, error: ErrorClass = DataError, max_bytes: int = MAX_BYTES) -> str:
    """A UTF-8 file's text, without a byte order mark.

    Raises:
        DataError: of class ``error``: missing, a folder, not readable, too large, or not UTF-8.
    """
    place = Path(path)
    where = str(path)
    try:
        with place.open("rb") as file:
            data = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise error("no such file", hint="check the path", where=where) from None
    except IsADirectoryError:
        raise error("this is a folder, not a file", hint="name a file in it", where=where) from None
    except PermissionError:
        raise error("the file may not be read", hint="check its permissions", where=where) from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise error(f"the file cannot be read: {reason}", hint="check the path", where=where) from None
    if len(data) > max_bytes:
        raise error(f"the file is larger than {max_bytes // 1024} KiB", hint="name a smaller file", where=where)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        column = problem.start - data.rfind(b"\n", 0, problem.start)
        at = f"{where}:{line}:{column}"
        raise error("the file is not UTF-8 text", hint="save it as UTF-8", where=at) from None


def read_rules_file(path: str | Path) -> RulesFile:
    """One rule file as located trees.

    Raises:
        RulesError: it cannot be read or is no YAML.
    """
    return parse_rules_text(read_text(path, error=RulesError), str(path))


def read_rules(
    paths: Iterable[str | Path], env: Mapping[str, str] | None = None, *, defaults: bool = False
) -> list[RulesFile]:
    """All rule files behind ``paths``, read, in Falco's order; see ``falco_rule_files``."""
    return [read_rules_file(path) for path in falco_rule_files(paths, env or {}, defaults=defaults)]


def falco_rule_files(paths: Iterable[str | Path], env: Mapping[str, str], *, defaults: bool = False) -> list[Path]:
    """Rule files behind files and folders, in the order in which Falco would load them.

    A folder that holds a ``falco.yaml`` with ``rules_files`` is read in that order. Otherwise: ``falco_rules.yaml``,
    the other YAML files by name, ``falco_rules.local.yaml``, then ``rules.d`` by name.

    Args:
        paths: files and folders, in order; ``~`` is the ``HOME`` of ``env``.
        env: environment; ``EXPLAINER_FALCO_DIR`` replaces ``/etc/falco`` as the default place.
        defaults: look in the default place when ``paths`` is empty; nothing there is no error.

    Raises:
        RulesError: a path does not exist, or a folder holds no rule file.
    """
    found: list[Path] = []
    named = [str(path) for path in paths]
    if not named and defaults:
        folder = Path(env.get("EXPLAINER_FALCO_DIR") or DEFAULT_FOLDER)
        return _folder(folder) if folder.is_dir() else []
    for name in named:
        home = env.get("HOME")
        path = Path(home) / name[2:] if home and name.startswith("~/") else Path(name)
        if path.is_dir():
            files = _folder(path)
            if not files:
                raise RulesError("the folder holds no rule file", hint="rule files end in .yaml or .yml", where=name)
            found.extend(files)
        elif path.exists():
            found.append(path)
        else:
            raise RulesError("no such file or folder", hint="check the path given to --rules", where=name)
    return list(dict.fromkeys(found))


def _yaml_files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in _YAML and path.is_file())
    except OSError as problem:
        raise RulesError(
            f"the folder cannot be read: {problem.strerror}", hint="check its permissions", where=str(folder)
        ) from None


def _folder(folder: Path) -> list[Path]:
    configured = _configured(folder)
    if configured is not None:
        return configured
    files = {path.name: path for path in _yaml_files(folder) if path.name not in _NOT_RULES}
    first = files.pop("falco_rules.yaml", None)
    local = files.pop("falco_rules.local.yaml", None)
    drop_in = folder / "rules.d"
    ordered = [first, *files.values(), local, *(_yaml_files(drop_in) if drop_in.is_dir() else [])]
    return [path for path in ordered if path is not None]


def _configured(folder: Path) -> list[Path] | None:
    """What the folder's own ``falco.yaml`` lists; None when it lists nothing that exists."""
    config = folder / "falco.yaml"
    if not config.is_file():
        return None
    documents = read_rules_file(config).documents
    root = documents[0] if documents else None
    listed = None
    if isinstance(root, MappingNode):
        listed = root.get("rules_files") or root.get("rules_file")
    if isinstance(listed, Scalar):
        listed = Sequence((listed,))
    if not isinstance(listed, Sequence):
        return None
    found: list[Path] = []
    for item in listed.items:
        if not isinstance(item, Scalar):
            continue
        # The configuration names places on the sensor; a copied folder holds the same files at its own place.
        inside = folder / item.text.removeprefix(DEFAULT_FOLDER).lstrip("/")
        path = inside if inside.exists() else Path(item.text)
        if path.is_dir():
            found.extend(_yaml_files(path))
        elif path.is_file():
            found.append(path)
    return list(dict.fromkeys(found)) or None
