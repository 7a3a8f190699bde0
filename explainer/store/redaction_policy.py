"""The redaction policy file of a site."""

from __future__ import annotations

import tomllib
from pathlib import Path

from explainer.errors import ConfigError, DataError
from explainer.redaction.policy import Policy, read_policy, shipped_policy


def load_policy(path: Path | None) -> Policy:
    """The shipped policy, with the file's over it.

    Raises:
        ConfigError: the file cannot be read.
        DataError: it is no TOML, or says what no policy can.
    """
    if path is None:
        return shipped_policy()
    where = str(path)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=where) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"is no TOML: {error}", where=where) from error
    return read_policy({"name": path.stem, **raw}, where)
