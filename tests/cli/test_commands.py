from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from support.command import Command

from explainer import __version__


def test_version_is_said(run: Command) -> None:
    assert run("--version").stdout.strip() == f"explainer {__version__}"


def test_without_arguments_the_help_is_shown(run: Command) -> None:
    done = run()
    assert "explain" in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["explain", "prompts", "rules", "knowledge", "models", "cache", "schema", "doctor"])
def test_every_command_explains_itself(run: Command, command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_the_help_of_explain_has_examples(run: Command) -> None:
    assert "kubectl logs" in run("explain", "--help").stdout


def test_a_report_validates_against_the_schema_that_is_printed(run: Command, alert: str) -> None:
    schema = json.loads(run("schema", "report").stdout)
    report = json.loads(run("explain", alert, "--backend", "knowledge", "--as", "json").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(report, schema)


@pytest.mark.parametrize("name", ["alert", "draft", "advice", "knowledge"])
def test_schemas_are_valid_schemas(run: Command, name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(run("schema", name).stdout))


@pytest.mark.parametrize(
    "rule", ["Terminal shell in container", "Read sensitive file untrusted", "Attach/Exec Pod", "Write below etc"]
)
def test_rules_show_is_a_whole_page_without_gaps_to_fill(run: Command, rule: str) -> None:
    page = run("rules", "show", rule).stdout
    for part in ("What it looks for", "Fires when", "--rules /etc/falco", "Prints", "What may be behind it"):
        assert part in page
    assert not re.search(r"<\w+\.\w+|%\{|not given|at hand|: *$", page, re.MULTILINE)


def test_rules_show_prints_the_condition_as_written_and_in_full(run: Command) -> None:
    rules = Path(__file__).resolve().parents[2] / "fixtures" / "rules" / "base_rules.yaml"
    page = run("rules", "show", "door opened in container", "--rules", str(rules)).stdout
    written, _, rest = page.partition("with macros, lists and exceptions put in place")
    assert "opened_door" in written or "and not user_known_door_activities" in written
    assert "proc.name in (opener, closer, lever)" in rest
    assert "Out" in rest or "Prints" in rest
    assert f"{rules}:35" in page


def test_rules_show_names_what_tunes_a_rule(run: Command) -> None:
    done = run("rules", "show", "linux kernel module injection detected")
    assert done.returncode == 0
    assert "allowed_container_images_loading_kernel_module" in done.stdout


def test_an_unknown_rule_suggests_near_ones(run: Command) -> None:
    done = run("rules", "show", "Terminal shell in containers")
    assert done.returncode == 2
    assert "Terminal shell in container" in done.stderr


def test_prompts_are_listed_shown_compared_and_checked(run: Command) -> None:
    assert "explain@1.0.0" in run("prompts", "list").stdout
    assert "{% for item in evidence %}" in run("prompts", "show", "explain").stdout
    assert run("prompts", "diff", "explain", "explain-compact").stdout.startswith("---")
    assert run("prompts", "check").returncode == 0


def test_a_released_prompt_that_was_changed_is_found(run: Command) -> None:
    folder = run.home / "prompts" / "mine"
    folder.mkdir(parents=True)
    front = '+++\nid = "mine"\nversion = "1.0.0"\noutput = "draft"\nvariables = []\nsummary = "s"\n+++\n'
    (folder / "1.0.0.md").write_text(f"{front}=== user ===\nhello\n")
    assert run("prompts", "check", "--prompts", "prompts").returncode == 1
    assert run("prompts", "lock", "--prompts", "prompts").returncode == 0
    assert run("prompts", "check", "--prompts", "prompts").returncode == 0
    (folder / "1.0.0.md").write_text(f"{front}=== user ===\ngoodbye\n")
    changed = run("prompts", "check", "--prompts", "prompts")
    assert changed.returncode == 1
    assert "mine@1.0.0 was changed after its release" in changed.stderr
    assert run("prompts", "lock", "--prompts", "prompts").returncode == 1


def test_shipped_knowledge_is_valid(run: Command) -> None:
    assert run("knowledge", "check").returncode == 0
    assert "Linux Kernel Module Injection Detected" in run("knowledge", "list").stdout


def test_a_wrong_knowledge_entry_is_exit_4_with_its_place(run: Command) -> None:
    folder = run.home / "k" / "falco"
    folder.mkdir(parents=True)
    (folder / "my-rule.yaml").write_text("rule: My rule\ntitle: 3\nnonsense: 1\n")
    done = run("knowledge", "check", "--knowledge", "k")
    assert done.returncode == 4
    assert "my-rule.yaml" in done.stderr


def test_the_cache_is_counted_and_cleared(run: Command) -> None:
    assert json.loads(run("cache", "stats", "--json").stdout)["entries"] == 0
    assert run("cache", "clear").returncode == 0


def test_doctor_says_what_is_there_and_where_settings_come_from(run: Command) -> None:
    done = run("doctor", "--json", env={"EXPLAINER_MODEL": "some-model"})
    rows = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert any("EXPLAINER_MODEL" in row["detail"] for row in rows)
    assert all(row["state"] == "ok" for row in rows)


def test_doctor_fails_on_a_server_that_does_not_answer_and_never_shows_the_key(run: Command) -> None:
    env = {"OPENAI_API_KEY": "not-a-real-key", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "EXPLAINER_MODEL": "m"}
    done = run("doctor", env=env)
    assert done.returncode == 1
    assert "not-a-real-key" not in done.stdout + done.stderr


def test_a_wrong_setting_names_its_place(run: Command, alert: str) -> None:
    (run.home / "explainer.toml").write_text("deadlin = 3\n")
    done = run("explain", alert, "--backend", "knowledge")
    assert done.returncode == 2
    assert "explainer.toml" in done.stderr
    assert "deadlin" in done.stderr
