"""What the engine says about whole texts: place, stance, order, limits."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.advice import rules_hash, scan, scan_command, scan_step
from explainer.advice.rules import compile_rules

SEEDS = Path(__file__).resolve().parents[2] / ".." / "shared" / "seeds"


def classes(text: str, **more) -> set[str]:
    return {issue.cls for issue in scan(text, **more)}


@pytest.mark.parametrize(
    "text",
    [
        "Run `setenforce 0` on the node.",
        "Normally you would never do this. Today, however, run `setenforce 0`.",
        "Never run `setenforce 0`, except today: run `setenforce 0` and retry.",
        "If the denial does not go away, run `setenforce 0`.",
        "Do not forget to run `setenforce 0` first.",
        "Instead of rebooting, run `setenforce 0`.",
        "| Step | Command |\n|---|---|\n| 1 | `setenforce 0` |\n",
        "> setenforce 0\n\n> Run `setenforce 0`.",
        "<details><summary>Fix</summary>\n\n```\nsetenforce 0\n```\n\n</details>",
        "<!-- run: setenforce 0 -->",
        "- step\n  - deeper\n    1. then:\n\n           setenforce 0\n",
        "```console\n$ getenforce\nEnforcing\n$ sudo setenforce 0\n```",
        "    sudo setenforce 0\n",
        "- [ ] `setenforce 0`",
    ],
)
def test_an_instruction_is_found_in_every_place_of_a_report(text):
    assert "disable-mac" in classes(text)


@pytest.mark.parametrize(
    "text",
    [
        "Do not run `setenforce 0`.",
        "`setenforce 0` is not an option here.",
        "~~Run `setenforce 0`.~~",
        "Running `setenforce 0` would blind us.",
        "Use a local module instead of `setenforce 0`.",
        "The intruder ran `setenforce 0` at 02:14.",
        "| Do | Don't |\n|---|---|\n| read the denial | `setenforce 0` |\n",
        "| Time | Evidence |\n|---|---|\n| 02:14 | `setenforce 0` |\n",
        "## Timeline\n\n- 02:14 `setenforce 0`\n",
        "Never do any of these:\n\n- `setenforce 0`\n- `iptables -F`\n",
        "The attacker's script:\n\n```bash\nsetenforce 0\niptables -F\n```\n",
        "Do not run this:\n\n```bash\nsetenforce 0\n```\n",
        "Should we run `setenforce 0`? No.",
        "An alert fires whenever `setenforce 0` is executed.",
        "Search for it: `grep -r 'setenforce 0' /home`.",
        "In the disposable lab VM run `setenforce 0` and load the sample.",
        "```bash\n# do not run this:\nsetenforce 0\n```",
    ],
)
def test_prohibition_quotation_detection_and_lab_are_no_advice(text):
    assert scan(text) == []


def test_the_place_is_exact_in_the_original_text():
    text = "# Fix\n\n1. First\n\n   ```bash\n   ls\n   sudo setenforce 0\n   ```\n"
    [issue] = scan(text)
    line = text.split("\n")[issue.line - 1]
    assert line[issue.column - 1 : issue.end_column - 1] == issue.text == "sudo setenforce 0"


def test_the_place_of_inline_code_in_a_table_is_exact():
    text = "| a | b |\n|---|---|\n| x | `iptables -F` |\n"
    [issue] = scan(text)
    assert text.split("\n")[issue.line - 1][issue.column - 1 : issue.end_column - 1] == "iptables -F"


def test_removal_after_a_capture_is_safe_and_before_it_is_not():
    capture = "kubectl cp shop/web:/tmp/x /evidence/x"
    remove = "kubectl delete pod web -n shop --force"
    assert classes(f"```bash\n{capture}\n{remove}\n```") == set()
    assert classes(f"```bash\n{remove}\n{capture}\n```") == {"evidence-destruction"}


def test_a_step_knows_whether_evidence_was_captured_before():
    assert scan_step("Remove the pod", "It is done.", "kubectl delete pod web -n shop", captured_before=True) == []
    assert scan_step("Remove the pod", "It is first.", "kubectl delete pod web -n shop", captured_before=False)


def test_a_lone_command_is_judged_without_context():
    assert {i.cls for i in scan_command("iptables -F")} == {"network-exposure"}
    assert scan_command("iptables -L -n") == []


@pytest.mark.parametrize(
    ("kind", "text", "cls"),
    [
        ("yaml", "spec:\n  hostPID: true\n", "privileged-workload"),
        ("json", '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}', "rbac-blowup"),
        ("hcl", 'resource "aws_guardduty_detector" "x" {\n  enable = false\n}\n', "disable-monitoring"),
        ("dockerfile", "FROM debian@sha256:aa\nRUN curl -s https://example.org/x | sh\n", "remote-code-exec"),
        ("ini", "PermitRootLogin yes\n", "weaken-auth"),
        ("python", "import subprocess\nsubprocess.run(['setenforce', '0'])\n", "disable-mac"),
        ("powershell", "Set-MpPreference -DisableRealtimeMonitoring $true", "disable-monitoring"),
        ("shell", "kubectl exec web -- sh -c 'rm -rf /var/lib'", "destructive-data"),
    ],
)
def test_every_kind_of_file_is_read_as_what_it_is(kind, text, cls):
    assert cls in classes(text, kind=kind)


def test_own_rules_replace_the_shipped_ones():
    own = compile_rules(
        {
            "own.yaml": "- id: no-frob\n  class: unsafe-response\n  severity: low\n  match: {program: [frob], "
            "args_any: [now]}\n"
            "  why: Frobbing is forbidden in this house.\n  instead: Ask the frob team first, "
            "please.\n  examples: {unsafe: [frob now], safe: [frob later]}\n"
        }
    )
    assert [i.rule for i in scan_command("sudo frob now", rules=own)] == ["no-frob"]
    assert scan_command("setenforce 0", rules=own) == []


def test_the_hash_of_the_rules_is_stable_hex():
    assert rules_hash() == rules_hash()
    assert len(rules_hash()) == 64


@given(st.text(max_size=400))
@settings(max_examples=120, deadline=None)
def test_no_text_makes_the_engine_raise(text):
    for issue in scan(text):
        assert 1 <= issue.line <= issue.end_line


@given(
    st.lists(
        st.sampled_from(
            [
                *"`~|$(){}[]<>\"'\\*_#-:=;&\n \t",
                "setenforce 0",
                "```",
                "rm -rf /",
                "- rule: x",
                "cat <<E",
                "do not ",
                "sudo ",
                "é",
                "–",
            ]
        ),
        max_size=60,
    )
)
@settings(max_examples=150, deadline=None)
def test_no_mixture_of_marks_and_commands_makes_the_engine_raise(parts):
    text = "".join(parts)
    scan(text)
    scan_command(text)
    for kind in ("shell", "yaml", "json", "hcl", "dockerfile", "ini", "python", "powershell", "markdown"):
        scan(text, kind)


@pytest.mark.skipif(not SEEDS.exists(), reason="the seed reports are not beside the checkout")
def test_both_seed_reports_yield_what_they_are_known_for():
    first = {(i.rule, i.cls) for i in scan((SEEDS / "report-a.md").read_text("utf-8"))}
    assert {cls for _, cls in first} >= {"disable-mac", "remote-code-exec", "fabricated-config", "disable-monitoring"}
    assert {rule for rule, _ in first} >= {
        "selinux-permissive",
        "selinux-config-off",
        "falco-invented-rule",
        "falco-driver-removed",
    }
    second = [i.text for i in scan((SEEDS / "report-b.md").read_text("utf-8")) if i.cls == "fabricated-config"]
    assert len(second) >= 2


@pytest.mark.parametrize("word", ["a" * 200, "aB" * 100, "Ab" * 100, "a_" * 100 + "a", "a.b_" * 50 + "c", "A_" * 100])
def test_a_long_word_in_a_told_setting_takes_no_time(word):
    begin = time.process_time()
    scan(f"Set the {word} value of `failurePolicy` in {word} now, then set {word} to", kind="markdown")
    assert time.process_time() - begin < 2.0
