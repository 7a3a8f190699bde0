"""The policy file of ``explainer lint`` and the rule files that it points to."""

from __future__ import annotations

from pathlib import Path

from explainer.advice.policy import Policy, read_policy
from explainer.errors import DataError
from explainer.store.documents import load_yaml


def load_policy(path: Path) -> Policy:
    """Read and check a policy.

    Raises:
        DataError: it cannot be read, is no YAML, names what does not exist, or points to a rule file that is wrong.
    """
    where = str(path)
    raw = load_yaml(_text(path), where)
    own: dict[str, str] = {}
    rules = raw.get("rules") if isinstance(raw, dict) else None
    for item in rules if isinstance(rules, list) else []:
        target = path.parent / str(item)
        files = sorted(target.glob("*.yaml")) if target.is_dir() else [target]
        if not files:
            raise DataError("the folder holds no rule files (*.yaml)", where=str(target))
        own.update({str(file): _text(file) for file in files})
    return read_policy(raw, where, own)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise DataError("is no UTF-8 text", where=str(path)) from error
