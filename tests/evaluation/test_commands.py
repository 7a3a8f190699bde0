from __future__ import annotations

import pytest

from explainer.evaluation.commands import check, looks_like_command


@pytest.mark.parametrize(
    "command",
    [
        "kubectl -n shop get pods -o wide --field-selector spec.nodeName=node-7",
        "kubectl get pod <pod> -o jsonpath='{.status.containerStatuses[*].imageID}'",
        "kubectl -n shop exec <pod> -c app -- ls -l /proc/1/exe",
        "crictl ps -a --id 3f9c1d27ab60 -o json | head -20",
        "ps -eo pid,ppid,lstart,user,args --forest",
        "ps auxf",
        "ss -tunap",
        "journalctl -k --since '2026-01-01 10:00' --no-pager",
        "ausearch -i -sc finit_module -ts recent",
        "find / -xdev -newermt '2026-01-01' -type f -perm -4000 -ls",
        "sudo nsenter -t 1 -m -- lsmod",
        "for p in $(pgrep insmod); do ls -l /proc/$p/exe; done",
        "sha256sum /tmp/x && stat /tmp/x",
        "tar -czf /evidence/<case>.tgz /tmp/.x",
        "aws cloudtrail lookup-events --lookup-attributes AttributeKey=Username,AttributeValue=x",
        "kubectl auth can-i --list --as=system:serviceaccount:a:b",
        "grep -rn 'error' /var/log/app",
        "docker inspect <container>",
        "$ lsmod | grep falco",
        "systemctl status falco --no-pager",
        "last -F -n 20",
    ],
)
def test_what_responders_run_has_no_fault(command: str) -> None:
    assert check(command)[0] == ()


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("grep 'error /var/log/syslog", "syntax"),
        ("for p in $(pgrep x; do ls; done", "syntax"),
        ("kubeprobe scan --deep", "unknown-program"),
        ("kubectl inspect pod x", "unknown-verb"),
        ("kubectl get podz", "unknown-kind"),
        ("kubectl get pods --show-forensics", "unknown-flag"),
        ("journalctl --unit-name sshd", "unknown-flag"),
        ("ss --all-the-things", "unknown-flag"),
        ("kubectl", "missing-argument"),
        ("kubectl exec", "missing-argument"),
        ("kubectl -n shop exec pod -- kubeprobe", "unknown-program"),
        ("sudo lsmodd", "unknown-program"),
    ],
)
def test_what_would_not_run_is_named(command: str, kind: str) -> None:
    assert [fault.kind for fault in check(command)[0]] == [kind]


def test_a_near_word_is_suggested() -> None:
    assert "did you mean pod" in check("kubectl get podz")[0][0].reason


@pytest.mark.parametrize(
    "text", ["user root", "proc.name = x", "node-7", "/etc/shadow", "T1059", "SUCCESS", "3f9c1d27ab60"]
)
def test_names_and_values_in_code_are_no_commands(text: str) -> None:
    assert not looks_like_command(text)
