from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from explainer.errors import ConfigError
from explainer.sinks import SINKS
from explainer.sinks.file import write_file


def test_the_file_is_replaced_and_nothing_stays_beside_it(tmp_path):
    target = tmp_path / "report.md"
    sink = SINKS.get("file")(str(target))
    sink("old")
    sink("new \u00e9")
    assert target.read_text(encoding="utf-8") == "new \u00e9\n"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failed_write_leaves_the_old_file_and_no_part_of_a_new_one(tmp_path, monkeypatch):
    target = tmp_path / "report.md"
    target.write_text("old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        write_file(target, "new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_mode_of_an_existing_file_is_kept(tmp_path):
    target = tmp_path / "report.md"
    target.write_text("old")
    target.chmod(0o640)
    write_file(target, "new")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real.md").write_text("old")
    (tmp_path / "link.md").symlink_to("real.md")
    write_file(tmp_path / "link.md", "new")
    assert (tmp_path / "link.md").is_symlink()
    assert (tmp_path / "real.md").read_text() == "new\n"


def test_a_device_is_written_to_directly():
    write_file("/dev/null", "text")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize("place", ["missing/report.md", ".", "\0"])
def test_a_place_that_cannot_be_written_is_a_located_error(tmp_path, place):
    with pytest.raises(ConfigError) as caught:
        write_file(f"{tmp_path}/{place}", "text")
    assert caught.value.hint
