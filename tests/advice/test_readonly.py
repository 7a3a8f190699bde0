# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Which commands only read."""

from __future__ import annotations

import pytest

from explainer.advice import is_read_only


@pytest.mark.parametrize(
    "command",
    [
        "ls -l /root/.falco", "kubectl get pods -A -o wide", "kubectl -n falco logs ds/falco", "journalctl -u falco --since -1h", "systemctl status falco",
        "sudo ausearch -m avc -ts recent", "cat /proc/cmdline | grep selinux", "aws iam list-users", "docker inspect web 2>/dev/null", "sysctl kernel.kptr_restrict",
        "iptables -L -n -v", "find /tmp -type f -newer /etc/passwd", "rpm -V openssh-server",
    ],
)  # fmt: skip
def test_a_reading_command_is_known_as_one(command):
    assert is_read_only(command) is True


@pytest.mark.parametrize(
    "command",
    [
        "kubectl delete pod web", "systemctl stop falco", "cat a > b", "find /tmp -delete", "sysctl -w a.b=1", "iptables -F", "journalctl --vacuum-time=1s",
        "docker stop web", "aws ec2 terminate-instances --instance-ids i-1", "sed -i s/a/b/ f", "ls; systemctl restart x",
    ],
)  # fmt: skip
def test_a_writing_command_is_known_as_one(command):
    assert is_read_only(command) is False


@pytest.mark.parametrize("command", ["frobnicate --all", "", "./collect.sh"])
def test_what_is_unknown_stays_unknown(command):
    assert is_read_only(command) is None
