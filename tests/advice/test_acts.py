"""Verb, direction and object of command lines, whatever tool they belong to."""

from __future__ import annotations

import pytest

from explainer.advice import scan, shell
from explainer.advice.patterns import prepare
from explainer.advice.rules import shipped


def acts(text):
    grammar = shipped().grammar
    return [(a.direction, a.thing) for c in shell.read(text).commands for a in grammar.read(prepare(c.argv), c)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("systemctl disable --now nginx", ("off", "unit nginx")),
        ("service nginx stop", ("off", "unit nginx")),
        ("sysrc nginx_enable=NO", ("off", "unit nginx")),
        ("sc.exe config Spooler start= disabled", ("off", "unit spooler disabled")),
        ("/etc/init.d/nginx stop", ("off", "unit etc init d nginx")),
        ("dpkg -P nginx", ("remove", "package nginx")),
        ("pkill -9 nginx", ("off", "process nginx")),
        ("aws guardduty delete-detector --detector-id 12", ("remove", "aws guardduty detector of 12")),
        ("az monitor log-profiles delete --name p", ("remove", "az monitor log profiles of p")),
        ("gcloud beta logging sinks delete siem", ("remove", "gcloud logging sinks siem")),
        ("fsutil usn deletejournal /d C:", ("remove", "fsutil usn journal d c")),
        ("kubectl -n mon delete ds/agent", ("remove", "kubectl ds agent of mon")),
        ("Remove-AzDiagnosticSetting -Name siem", ("remove", "cmdlet az diagnostic setting siem")),
        ("oci cloud-guard configuration update --status DISABLED", ("off", "oci cloud guard configuration")),
    ],
)
def test_the_act_is_read_out_of_the_grammar(text, expected):
    assert expected in acts(text)


@pytest.mark.parametrize(
    "text",
    [
        "gcloud scc muteconfigs list --organization=1",
        "aws logs describe-log-groups",
        "kubectl logs delete-worker-1",
        "kubectl auth can-i delete pods",
        "helm uninstall falco --dry-run",
        "Remove-Item x -WhatIf",
        "amtool silence query",
        "vault audit list",
    ],
)
def test_a_verb_that_reads_takes_nothing_away(text):
    assert {direction for direction, _ in acts(text)} <= {"read"}


def test_words_of_text_tools_are_no_verbs():
    assert acts("grep -r 'delete audit log' /srv") == []


def test_a_piped_name_is_what_the_verb_works_on():
    assert ("off", "cmdlet service get service spooler") in acts("Get-Service -Name Spooler | Stop-Service")


@pytest.mark.parametrize(
    ("text", "cls"),
    [
        ("acme-edr-ctl sensor unenroll --all; elastic-agent uninstall --force", "disable-monitoring"),
        ("curl -X DELETE https://grafana.example.com/api/v1/provisioning/alert-rules/a1", "weaken-detection"),
        ("psql -c 'ALTER ROLE app SUPERUSER'", "rbac-blowup"),
        ("docker container seal web", "fabricated-config"),
        ("Get-Process | Where-Object Id -ne $PID | Stop-Process -Force", "unsafe-response"),
    ],
)
def test_tools_that_no_pattern_names_are_judged(text, cls):
    assert cls in {issue.cls for issue in scan(text, kind="shell")}


@pytest.mark.parametrize(
    "text",
    [
        "gcloud dns managed-zones delete my-zone",
        "git reset --hard HEAD~1",
        "X=$(vault kv get -field=token kv/ci)",
        "vault kv get -field=token kv/ci | docker login -u ci --password-stdin registry.example.com",
        "docker network create quarantine",
        "chmod 4755 /mnt/usr/bin/sudo",
        "iptables -A OUTPUT -m owner --uid-owner 1001 -j DROP",
        "ansible web -m service -a 'name=httpd state=started'",
    ],
)
def test_ordinary_commands_with_strong_words_are_silent(text):
    assert scan(text, kind="shell") == []


def test_of_two_rules_of_one_class_the_most_severe_is_told():
    [issue] = scan("iptables -F", kind="shell")
    assert (issue.cls, issue.severity) == ("network-exposure", "critical")
