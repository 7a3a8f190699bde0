"""Settings: flags over ``EXPLAINER_*`` over ``explainer.toml`` over defaults, each value with its origin."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from explainer.errors import ConfigError

ENV_PREFIX = "EXPLAINER_"
FILE_NAME = "explainer.toml"
# Names that other tools of the field already use.
_ENV_ALIASES = {"api_key": "OPENAI_API_KEY", "base_url": "OPENAI_BASE_URL", "api_version": "OPENAI_API_VERSION"}
# Flags that are not spelled like their setting.
_FLAGS = {"concurrency": "--jobs", "group": "--no-group"}
_LISTS = {"rules", "knowledge", "recordings", "prompts"}


class Price(BaseModel):
    """Price of one model, USD per million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)


class Settings(BaseModel):
    """Every setting with its default; a field's name is its TOML key and, as ``EXPLAINER_NAME``, its variable."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    backend: str = "auto"
    """auto, openai, local, knowledge or replay."""
    model: str | None = None
    """Model name; for ``local`` a pulled model's name or the path of a GGUF file."""
    base_url: str | None = None
    """URL of an OpenAI-compatible server, such as http://127.0.0.1:11434/v1."""
    api_key: SecretStr | None = None
    """Key for that server."""
    api_version: str | None = None
    """Azure OpenAI: api-version; switches to Azure's URL scheme."""
    prompt: str | None = None
    """Prompt reference such as explain@1; the default fits the model's size."""
    prompts: tuple[Path, ...] = ()
    """Folders with prompts of your own, over the shipped ones."""
    rules: tuple[Path, ...] = ()
    """Falco rule files or folders, in Falco's order."""
    default_rules: bool = True
    """Read /etc/falco when no rules are given and it is there."""
    knowledge: tuple[Path, ...] = ()
    """Folders with knowledge entries of your own, over the shipped ones."""
    deadline: float = Field(default=120.0, gt=0, allow_inf_nan=False)
    """Seconds for one explanation in all, retries included."""
    max_tokens: int | None = Field(default=None, gt=0)
    """Most tokens of a prompt; default: what the model's context holds."""
    max_output_tokens: int = Field(default=1200, gt=0)
    """Most tokens of an answer."""
    max_cost: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Most US dollars for one explanation."""
    prices: dict[str, Price] = Field(default_factory=dict)
    """Prices of your own, by model name."""
    cache: bool = True
    """Keep and reuse model answers on disk."""
    cache_dir: Path | None = None
    """Default: the user's cache folder."""
    cache_ttl: float = Field(default=7 * 86400.0, gt=0, allow_inf_nan=False)
    """Seconds that a cached answer lives."""
    cache_size_mb: int = Field(default=256, gt=0)
    """Most megabytes of the cache."""
    recordings: tuple[Path, ...] = ()
    """Recordings that the replay backend answers from."""
    record: Path | None = None
    """Append every exchange with the model to this file."""
    require_model: bool = False
    """Fail (exit 5) instead of answering from knowledge."""
    redact: Literal["auto", "on", "off"] = "auto"
    """Identities leave as stand-ins: auto where the model is on another machine, on or off; secrets never leave."""
    redact_policy: Path | None = None
    """A redaction policy of your own (TOML), over the shipped one."""
    group: bool = True
    """Explain alike alerts once."""
    concurrency: int = Field(default=4, gt=0, le=256)
    """Explanations at the same time."""
    endpoint_concurrency: int = Field(default=32, gt=0, le=1024)
    """Requests to one model server at the same time, over all explanations of a process."""
    circuit_failures: int = Field(default=5, ge=0)
    """Failed requests in a row after which a model server is left alone; 0: never."""
    circuit_seconds: float = Field(default=30.0, gt=0, allow_inf_nan=False)
    """Seconds for which it is left alone; doubled, up to five minutes, while it keeps failing."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """Of the log on stderr; alerts, prompts and keys never appear in it."""

    @field_validator("redact", mode="before")
    @classmethod
    def _switch(cls, value: object) -> object:
        # A switch in TOML and in Python is true or false; in the environment it is written in many ways.
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, str):
            return {"true": "on", "yes": "on", "1": "on", "false": "off", "no": "off", "0": "off"}.get(
                value.lower(), value.lower()
            )
        return value


@dataclass(frozen=True)
class Resolved:
    """Settings and where each value came from."""

    settings: Settings
    origins: Mapping[str, str] = field(default_factory=dict)
    """Name to ``flag``, ``argument``, ``EXPLAINER_MODEL``, a file's path or ``default``."""

    def describe(self) -> list[tuple[str, str, str]]:
        """``(name, value, origin)`` rows; secrets are only said to be set."""
        rows = []
        for name in type(self.settings).model_fields:
            value = getattr(self.settings, name)
            text = "set" if isinstance(value, SecretStr) else _show(value)
            rows.append((name, text, self.origins.get(name, "default")))
        return rows


def _show(value: Any) -> str:
    if value is None or value in ((), {}):
        return "-"
    if isinstance(value, dict):
        return ", ".join(f"{name} {price.input:g}/{price.output:g}" for name, price in value.items())
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def resolve(
    flags: Mapping[str, Any],
    env: Mapping[str, str],
    files: Sequence[tuple[str, Mapping[str, Any]]] = (),
    *,
    given: str = "flag",
) -> Resolved:
    """Merge all sources. Pure: touches neither disk nor environment.

    Args:
        flags: what the caller gave; None means not given.
        env: the environment.
        files: ``(path, content)`` of settings files, the strongest first.
        given: what ``flags`` are to whoever gave them: ``flag`` or ``argument``.

    Raises:
        ConfigError: an unknown name or a value of the wrong form; names the place and what was expected.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}

    def put(name: str, value: Any, origin: str) -> None:
        if name not in Settings.model_fields:
            near = difflib.get_close_matches(name, Settings.model_fields, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(Settings.model_fields)}"
            raise ConfigError(f"unknown setting {name!r}", where=origin, hint=hint)
        if name not in values:
            values[name] = value
            origins[name] = origin

    for name, value in flags.items():
        if value is not None:
            put(name, value, given)
    for variable, text in env.items():
        if (
            variable.startswith(ENV_PREFIX)
            and text != ""
            and (name := variable[len(ENV_PREFIX) :].lower()) in Settings.model_fields
        ):
            put(name, _from_text(name, text), variable)
    for name, variable in _ENV_ALIASES.items():
        if env.get(variable):
            put(name, env[variable], variable)
    for path, content in files:
        for name, value in content.items():
            put(name, value, path)
    return Resolved(validated(values, origins), origins)


def validated(values: Mapping[str, Any], origins: Mapping[str, str]) -> Settings:
    """Settings of these values.

    Raises:
        ConfigError: a value of the wrong form; names it the way it was given: by flag, argument, variable or file.
    """
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        said = str(first["msg"]).lower()
        origin = origins.get(name)
        if origin == "flag":
            raise ConfigError(said, where=flag_of(name)) from None
        raise ConfigError(f"{name}: {said}", where=origin) from None


def flag_of(name: str) -> str:
    """The command line's flag for a setting."""
    return _FLAGS.get(name, "--" + name.replace("_", "-"))


def positive(name: str, value: float | None, default: float) -> float:
    """A value that a call gives instead of the setting.

    Raises:
        ConfigError: it is no number above zero.
    """
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ConfigError(f"{name}: must be a number above zero, not {value!r}", where="argument")
    return value


def _from_text(name: str, text: str) -> Any:
    if name in _LISTS:
        return tuple(part for part in text.split(os.pathsep) if part)
    if name == "prices":
        raise ConfigError(
            "prices cannot be given in the environment", where=ENV_PREFIX + "PRICES", hint=f"put them into {FILE_NAME}"
        )
    return text


def settings_files(env: Mapping[str, str], folder: Path) -> list[Path]:
    """Settings files that exist, the strongest first: the current folder's, then the user's."""
    home = Path(env.get("XDG_CONFIG_HOME") or Path(env.get("HOME", "~")).expanduser() / ".config")
    candidates = (
        [Path(env["EXPLAINER_CONFIG"])]
        if env.get("EXPLAINER_CONFIG")
        else [folder / FILE_NAME, home / "explainer" / FILE_NAME]
    )
    return [path for path in candidates if path.is_file() or env.get("EXPLAINER_CONFIG")]


def load_settings(flags: Mapping[str, Any] | None = None, *, given: str = "flag") -> Resolved:
    """Settings of this process: its environment, the current folder, the user's folder.

    Raises:
        ConfigError: a file cannot be read or holds what is no setting.
    """
    files = []
    for path in settings_files(os.environ, Path.cwd()):
        try:
            files.append((str(path), tomllib.loads(path.read_text(encoding="utf-8"))))
        except OSError as error:
            raise ConfigError(f"cannot be read: {error.strerror}", where=str(path)) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"is no TOML: {error}", where=str(path)) from error
    return resolve(flags or {}, os.environ, files, given=given)
