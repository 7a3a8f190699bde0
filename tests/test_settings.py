from __future__ import annotations

from pathlib import Path

import pytest

from explainer.errors import ConfigError
from explainer.settings import load_settings, resolve


def test_flags_beat_the_environment_which_beats_the_file() -> None:
    file = ("explainer.toml", {"model": "from-file", "deadline": 5.0, "prompt": "explain@1"})
    resolved = resolve({"model": "from-flag", "deadline": None}, {"EXPLAINER_DEADLINE": "7"}, [file])
    s = resolved.settings
    assert (s.model, s.deadline, s.prompt, s.max_output_tokens) == ("from-flag", 7.0, "explain@1", 1200)
    assert resolved.origins == {"model": "flag", "deadline": "EXPLAINER_DEADLINE", "prompt": "explainer.toml"}


def test_the_folders_file_beats_the_users_file() -> None:
    resolved = resolve({}, {}, [("here", {"model": "a"}), ("home", {"model": "b", "backend": "local"})])
    assert (resolved.settings.model, resolved.settings.backend) == ("a", "local")


def test_openai_variables_are_honoured_below_our_own() -> None:
    env = {
        "OPENAI_API_KEY": "k1",
        "OPENAI_BASE_URL": "http://127.0.0.1:1/v1",
        "EXPLAINER_BASE_URL": "http://127.0.0.1:2/v1",
    }
    s = resolve({}, env).settings
    assert s.base_url == "http://127.0.0.1:2/v1"
    assert s.api_key is not None
    assert s.api_key.get_secret_value() == "k1"


def test_secrets_are_never_described() -> None:
    rows = resolve({}, {"OPENAI_API_KEY": "not-a-real-key"}).describe()
    assert ("api_key", "set", "OPENAI_API_KEY") in rows
    assert "not-a-real-key" not in repr(resolve({}, {"OPENAI_API_KEY": "not-a-real-key"}))


def test_lists_in_the_environment_are_split_like_a_path() -> None:
    assert resolve({}, {"EXPLAINER_RULES": "/a:/b"}).settings.rules == (Path("/a"), Path("/b"))


@pytest.mark.parametrize(
    ("flags", "env", "files", "said"),
    [
        ({}, {"EXPLAINER_DEADLINE": "soon"}, [], "EXPLAINER_DEADLINE"),
        ({}, {"EXPLAINER_CACHE": "perhaps"}, [], "EXPLAINER_CACHE"),
        ({}, {}, [("x.toml", {"modle": "m"})], "modle"),
        ({}, {}, [("x.toml", {"max_cost": -1})], "max_cost"),
        ({"concurrency": 0}, {}, [], "--jobs"),
        ({"nonsense": 1}, {}, [], "nonsense"),
    ],
)
def test_a_wrong_value_names_the_setting_and_its_place(
    flags: dict[str, object], env: dict[str, str], files: list[tuple[str, dict[str, object]]], said: str
) -> None:
    with pytest.raises(ConfigError) as error:
        resolve(flags, env, files)
    assert said in str(error.value)


def test_a_settings_file_that_is_no_toml_names_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "explainer.toml").write_text("= broken")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"explainer\.toml"):
        load_settings()


def test_a_configured_file_that_is_missing_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPLAINER_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(ConfigError, match=r"none\.toml"):
        load_settings()


@pytest.mark.parametrize("name", ["deadline", "max_cost", "max_tokens", "concurrency", "cache_ttl"])
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "many"])
def test_a_number_that_makes_no_sense_is_named_as_it_was_given(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match="--" + {"concurrency": "jobs"}.get(name, name.replace("_", "-"))):
        resolve({name: value}, {})
    with pytest.raises(ConfigError, match=name) as error:
        resolve({name: value}, {}, given="argument")
    assert error.value.where == "argument"
