from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from servers import openai_server as s
from support.command import Command

KNOWLEDGE = ("--backend", "knowledge")


def test_json_is_one_pretty_document_for_one_report(run: Command, alert: str) -> None:
    done = run("explain", alert, *KNOWLEDGE, "--as", "json")
    assert done.returncode == 0
    report = json.loads(done.stdout)
    assert report["schema_version"] == "1"
    assert report["alert"]["rule"] == "Linux Kernel Module Injection Detected"


def test_several_reports_are_one_json_line_each(run: Command, alert: str, fixtures: Path) -> None:
    twin = str(fixtures / "alerts" / "falco" / "driver-loader-impostor.json")
    done = run("explain", alert, twin, *KNOWLEDGE, "--as", "json")
    verdicts = [json.loads(line)["verdict"]["value"] for line in done.stdout.splitlines()]
    assert verdicts[0] == "benign"
    assert verdicts[1] in {"suspicious", "malicious"}


def test_alerts_come_from_a_pipe(run: Command, alert: str) -> None:
    done = run("explain", "-", *KNOWLEDGE, "--as", "json", stdin=Path(alert).read_bytes())
    assert json.loads(done.stdout)["alert"]["host"] == "node-7"


def test_without_a_terminal_the_report_is_markdown_without_escapes(run: Command, alert: str) -> None:
    done = run("explain", alert, *KNOWLEDGE)
    assert done.stdout.startswith("#")
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize("form", ["terminal", "markdown", "html", "slack", "json"])
def test_the_same_input_gives_the_same_bytes(run: Command, alert: str, form: str) -> None:
    one, other = (run("explain", alert, *KNOWLEDGE, "--as", form).stdout for _ in range(2))
    assert one
    assert one == other


def test_stdout_holds_the_product_only_and_quiet_silences_the_rest(run: Command, alert: str) -> None:
    talking = run("explain", alert, *KNOWLEDGE, "--as", "json")
    quiet = run("explain", alert, *KNOWLEDGE, "--as", "json", "--quiet")
    assert "knowledge" in talking.stderr
    assert quiet.stderr == ""
    assert quiet.stdout == talking.stdout


def test_alike_alerts_are_explained_once_and_counted(run: Command, alert: str) -> None:
    line = json.dumps(json.loads(Path(alert).read_text())) + "\n"
    done = run("explain", "-", *KNOWLEDGE, "--as", "json", stdin=line * 7)
    assert json.loads(done.stdout)["alert"]["count"] == 7
    apart = run("explain", "-", *KNOWLEDGE, "--as", "json", "--no-group", stdin=line * 3)
    assert len(apart.stdout.splitlines()) == 3


def test_a_file_is_written_whole(run: Command, alert: str) -> None:
    done = run("explain", alert, *KNOWLEDGE, "--as", "html", "-o", "report.html")
    assert done.stdout == ""
    assert (run.home / "report.html").read_text().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        (b"", "empty"),
        (b"{}", "no alert"),
        (b"hello\n", "no alert"),
        (b"\x00\xff\xfe", "no alert"),
        (b'{"rule": "x"', "no alert"),
    ],
)
def test_input_without_an_alert_is_exit_4_and_says_what_was_seen(run: Command, stdin: bytes, said: str) -> None:
    done = run("explain", "-", *KNOWLEDGE, stdin=stdin)
    assert done.returncode == 4
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_is_exit_4_and_named(run: Command) -> None:
    done = run("explain", "nowhere.json", *KNOWLEDGE)
    assert done.returncode == 4
    assert "nowhere.json" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--as", "pdf"), ("--backend", "opnai"), ("--prompt", "explian"), ("--deadline", "-3"), ("--nonsense",)],
)
def test_wrong_usage_is_exit_2_with_a_sentence(run: Command, alert: str, arguments: tuple[str, ...]) -> None:
    backend = () if "--backend" in arguments else ("--base-url", "http://127.0.0.1:9/v1")
    done = run("explain", alert, *backend, *arguments)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_broken_rule_files_are_exit_4_with_their_place(run: Command, alert: str) -> None:
    (run.home / "mine.yaml").write_text(
        "- rule: x\n  condition: evt.type = (\n  desc: d\n  output: o\n  priority: INFO\n"
    )
    done = run("explain", alert, *KNOWLEDGE, "--rules", "mine.yaml")
    assert done.returncode == 4
    assert "mine.yaml:" in done.stderr


def test_the_sites_own_rule_goes_before_the_catalogue(run: Command, alert: str) -> None:
    rule = "Linux Kernel Module Injection Detected"
    body = "desc: The site's own words.\n  condition: evt.type = finit_module\n  output: o\n  priority: ERROR\n"
    (run.home / "mine.yaml").write_text(f"- rule: {rule}\n  {body}")
    done = run("explain", alert, *KNOWLEDGE, "--rules", "mine.yaml", "--as", "json")
    assert any("The site's own words." in item["value"] for item in json.loads(done.stdout)["evidence"])


@pytest.mark.parametrize(("level", "code"), [("malicious", 0), ("suspicious", 0), ("insufficient_evidence", 0)])
def test_fail_on_lets_a_benign_report_pass(run: Command, alert: str, level: str, code: int) -> None:
    assert run("explain", alert, *KNOWLEDGE, "--fail-on", level).returncode == code


def test_fail_on_stops_a_pipeline_at_a_grave_verdict(run: Command, fixtures: Path) -> None:
    twin = str(fixtures / "alerts" / "falco" / "driver-loader-impostor.json")
    done = run("explain", twin, *KNOWLEDGE, "--fail-on", "suspicious", "--as", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["verdict"]["value"] in {"suspicious", "malicious"}


def test_dry_run_prints_the_request_and_contacts_nobody(run: Command, alert: str) -> None:
    done = run("explain", alert, "--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--dry-run")
    assert done.returncode == 0
    request = json.loads(done.stdout)
    assert request["prompt"] == "explain@1.0.0"
    assert request["input_tokens"] > 100
    assert "insmod" in request["request"]["messages"][-1]["content"]


def test_a_server_that_is_down_still_gives_the_report(run: Command, alert: str) -> None:
    done = run(
        "explain", alert, "--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--deadline", "4", "--as", "json"
    )
    assert done.returncode == 0
    report = json.loads(done.stdout)
    assert report["provenance"]["degraded"]
    assert report["verdict"]["value"] == "benign"
    assert "rule knowledge" in done.stderr


def test_require_model_makes_that_exit_5(run: Command, alert: str) -> None:
    done = run(
        "explain", alert, "--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--deadline", "3", "--require-model"
    )
    assert done.returncode == 5
    assert done.stdout == ""


def test_a_recording_is_replayed_without_a_server_and_a_miss_is_exit_6(
    run: Command, alert: str, fixtures: Path
) -> None:
    answer = {
        "claims": [{"text": "insmod was started by falcoctl on node-7.", "cites": ["E4", "E5"]}],
        "verdict": "benign",
        "confidence": "medium",
        "summary": "s",
        "action_ids": [],
        "cause": None,
        "extra_actions": [],
        "unknowns": [],
    }
    with s.serving(s.answer(json.dumps(answer))) as server:
        recorded = run(
            "explain", alert, "--base-url", server.url, "--model", "m", "--record", "r.jsonl", "--as", "json"
        )
    assert recorded.returncode == 0, recorded.stderr
    assert json.loads(recorded.stdout)["claims"][0]["origin"] == "model"
    replayed = run("explain", alert, "--recordings", "r.jsonl", "--model", "m", "--as", "json")
    assert replayed.returncode == 0, replayed.stderr
    assert json.loads(replayed.stdout)["claims"] == json.loads(recorded.stdout)["claims"]
    other = str(fixtures / "alerts" / "falco" / "driver-loader-impostor.json")
    assert run("explain", other, "--recordings", "r.jsonl", "--model", "m").returncode == 6


def test_a_closed_pipe_is_no_error(run: Command, alert: str) -> None:
    command = f"'{sys.executable}' -m explainer explain '{alert}' --backend knowledge | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, env=run.environment(), cwd=run.home, check=False
    )
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_ctrl_c_is_exit_130_and_leaves_the_old_file(run: Command) -> None:
    (run.home / "report.md").write_text("old")
    process = subprocess.Popen(
        [sys.executable, "-m", "explainer", "explain", "-", *KNOWLEDGE, "-o", "report.md"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=run.environment(),
        cwd=run.home,
    )
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert (run.home / "report.md").read_text() == "old"


def test_the_log_tells_what_happened_and_never_what_an_alert_holds(run: Command, alert: str) -> None:
    done = run("explain", alert, *KNOWLEDGE, "--as", "json", env={"EXPLAINER_LOG_LEVEL": "debug"})
    assert "explained" in done.stderr
    assert "insmod" not in done.stderr
    assert "node-7" not in done.stderr


def test_a_report_never_replaces_the_alert_that_it_explains(run: Command, fixtures: Path) -> None:
    alert = run.home / "in.json"
    alert.write_bytes((fixtures / "alerts/falco/driver-loader-insmod.json").read_bytes())
    before = alert.read_bytes()
    done = run("explain", "in.json", "--backend", "knowledge", "-o", "in.json")
    assert done.returncode == 2
    assert alert.read_bytes() == before


def test_the_name_of_the_output_file_decides_the_form_and_a_dash_is_standard_output(
    run: Command, fixtures: Path
) -> None:
    alert = str(fixtures / "alerts/falco/driver-loader-insmod.json")
    run("explain", alert, "--backend", "knowledge", "-o", "r.html")
    assert (run.home / "r.html").read_text().startswith("<!DOCTYPE html>")
    assert run("explain", alert, "--backend", "knowledge", "-o", "-").stdout
    assert not (run.home / "-").exists()


@pytest.mark.parametrize("backend", ["openai", "local"])
@pytest.mark.parametrize("more", [(), ("--dry-run",), ("--base-url", "http://127.0.0.1:9/v1")])
def test_recordings_and_a_live_backend_are_a_usage_error(run: Command, alert: str, backend: str, more: tuple) -> None:
    (run.home / "r.jsonl").write_text("")
    done = run("explain", alert, "--recordings", "r.jsonl", "--backend", backend, *more)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "recordings answer instead of a model" in done.stderr
    assert "leave out the backend" in done.stderr
    assert "--record FILE" in done.stderr


def test_recordings_given_for_a_call_come_before_a_backend_of_the_settings(run: Command, alert: str) -> None:
    (run.home / "r.jsonl").write_text("")
    (run.home / "explainer.toml").write_text('backend = "openai"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\n')
    done = run("explain", alert, "--recordings", "r.jsonl")
    assert (done.returncode, "answering with replay" in done.stderr) == (6, True)


def test_a_replay_is_not_recorded(run: Command, alert: str) -> None:
    (run.home / "r.jsonl").write_text("")
    done = run("explain", alert, "--recordings", "r.jsonl", "--record", "new.jsonl")
    assert done.returncode == 2
    assert "nothing to record" in done.stderr
