from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from explainer.backends.base import BACKENDS, BackendOptions, choose_auto
from explainer.errors import ConfigError, UnknownNameError


@pytest.fixture(autouse=True)
def models(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("EXPLAINER_MODELS_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def no_runtime(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "xllamacpp" else found(name))


@pytest.fixture
def runtime(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name == "xllamacpp" else found(name))


def test_nothing_configured_means_knowledge(runtime):
    choice = choose_auto(BackendOptions())
    assert (choice, "no endpoint" in choice.reason) == ("knowledge", True)


@pytest.mark.parametrize("options", [BackendOptions(base_url="http://x"), BackendOptions(api_key="k")], ids=str)
def test_an_endpoint_or_a_key_comes_before_a_local_model(options, models, runtime):
    (models / "m.gguf").write_text("")
    assert choose_auto(options) == "openai"


def test_an_installed_model_comes_before_knowledge(models, runtime):
    (models / "m.gguf").write_text("")
    choice = choose_auto(BackendOptions())
    assert (choice, "m" in choice.reason) == ("local", True)


def test_a_model_file_that_is_named_is_taken(runtime):
    assert choose_auto(BackendOptions(model_path=Path("a.gguf"))) == "local"


def test_a_model_without_its_runtime_is_left_and_the_reason_says_so(models, no_runtime):
    (models / "m.gguf").write_text("")
    choice = choose_auto(BackendOptions())
    assert (choice, "[local]" in choice.reason) == ("knowledge", True)


def test_an_unknown_backend_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="openai"):
        BACKENDS.get("opnai")


def test_the_embedded_backend_without_its_extra_names_the_line_to_type(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    monkeypatch.delitem(sys.modules, "explainer.backends.local", raising=False)
    with pytest.raises(ConfigError, match=r"pip install 'alert-explainer\[local\]'"):
        importlib.import_module("explainer.backends.local")
