# ruff: noqa: E501  (snippets are read better whole)
"""Configuration with semantics of its own: Terraform, resources of configuration management, inventories, line formats."""

from __future__ import annotations

import time

import pytest

from explainer.advice import scan
from explainer.advice.patterns import Setting
from explainer.advice.readers import registry, xml
from explainer.advice.secrets import in_clear
from explainer.advice.terraform import parse, resolve


def rules(text: str, kind: str = "auto") -> set[str]:
    """Ids of the rules that a text breaks."""
    return {issue.rule for issue in scan(text, kind)}


def test_each_value_is_what_the_loop_runs_over():
    tree = parse(
        'locals {\n  open = ["::/0"]\n}\nresource "a" "b" {\n  for_each = toset(local.open)\n  cidr = each.value\n}\n'
    )
    resolve(tree)
    assert tree.get("resource", "a", "b", "cidr").plain() == ["::/0"]


def test_jsonencode_is_an_object_and_equal_blocks_stand_in_a_list():
    tree = parse('a {\n  p = jsonencode({ X = ["*"], Y = "z" })\n}\na {\n  p = 1\n}\n')
    assert tree.plain() == {"a": [{"p": {"X": ["*"], "Y": "z"}}, {"p": "1"}]}


def test_a_broken_fragment_gives_what_could_be_read():
    assert parse('resource "a" "b" {\n  x = {\n    y = [1,\n').get("resource", "a", "b") is not None


@pytest.mark.parametrize("text", ["a = [" * 20_000, "a {\n" * 20_000, "x = f(" * 20_000, '"' * 50_000])
def test_hostile_hcl_is_read_in_bounded_time(text):
    begin = time.perf_counter()
    scan(text, "hcl")
    assert time.perf_counter() - begin < 5


def test_an_effect_is_denied_to_the_organisation_but_not_to_one_role():
    statement = 'jsonencode({ Statement = [{ Effect = "Deny", Action = ["*"], Resource = ["*"] }] })'
    everywhere = f'resource "aws_organizations_policy" "f" {{\n  content = {statement}\n}}\n'
    one = f'resource "aws_iam_role_policy" "f" {{\n  policy = {statement}\n}}\n'
    assert [bool(rules(text, "hcl")) for text in (everywhere, one)] == [True, False]


def test_xml_names_and_values_are_a_setting():
    found = {(s.path, s.value) for s in xml('<a><property name="x.y" value="no"/><b c="1">t</b></a>')}
    assert {("x.y", "no"), ("a.b", "t"), ("a.b.c", "1")} <= found


def test_a_dword_is_a_number():
    assert [(s.path, s.value) for s in registry('[HKLM\\A\\B]\n"EnableLUA"=dword:00000000\n')] == [("b.enablelua", "0")]


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        (
            "service 'auditd' do\n  action [:stop, :disable]\nend",
            "service 'auditd' do\n  action [:enable, :start]\nend",
        ),
        (
            "selinux_state 'permissive' do\n  action :permissive\nend",
            "selinux_state 'enforcing' do\n  action :enforcing\nend",
        ),
    ],
)
def test_chef_resources_are_read(bad, good):
    assert [bool(rules(f"```ruby\n{text}\n```")) for text in (bad, good)] == [True, False]


def test_puppet_resources_are_read():
    text = "```puppet\nservice {{ 'auditd': ensure => {0}, enable => {1} }}\n```"
    assert [bool(rules(text.format(*v))) for v in (("stopped", "false"), ("running", "true"))] == [True, False]


def test_salt_states_are_read():
    text = "```yaml\nquiet:\n  service.{0}:\n    - name: falco\n```"
    assert [bool(rules(text.format(v))) for v in ("dead", "running")] == [True, False]


def test_a_download_that_a_later_task_runs_needs_a_checksum():
    play = "- hosts: a\n  tasks:\n    - ansible.builtin.get_url:\n        url: https://files.example.net/t\n        dest: /opt/t\n{0}    - ansible.builtin.command: /opt/t --now\n"
    assert [
        rules(play.format(extra), "yaml") & {"download-and-run"} != set()
        for extra in ("", "        checksum: sha256:aa\n")
    ] == [True, False]


def test_alerts_and_audit_events_are_evidence_and_no_configuration():
    alert = '{"rule": "X", "priority": "Critical", "output_fields": {"proc.cmdline": "setenforce 0"}}'
    event = '{"eventName": "CreateFilter", "requestParameters": {"action": "ARCHIVE", "findingCriteria": {"criterion": {"severity": {"gte": 0}}}}}'
    assert (scan(alert, "json"), scan(event, "json")) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: q}\nspec:\n  priority: 5\n  ingress: [{name: d, action: Deny, from: [{namespaces: {}}]}]\n",
        "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: q}\nspec:\n  order: 10\n  ingress: [{action: Deny}]\n",
        "apiVersion: cilium.io/v2\nkind: TracingPolicy\nmetadata: {name: q}\nspec: {kprobes: [{call: sys_ptrace}]}\n",
        "groups:\n- name: a\n  rules:\n  - alert: Down\n    expr: up == 0\n    for: 5m\n",
        "title: x\nlogsource: {product: linux}\ndetection: {selection: {Image: /x}, condition: selection}\nlevel: high\n",
    ],
)
def test_valid_files_of_other_tools_are_not_called_invented(text):
    assert "fabricated-config" not in {issue.cls for issue in scan(text, "yaml")}


def test_the_last_user_of_the_last_stage_counts():
    image = "FROM registry.example.com/a@sha256:aa\nUSER root\nRUN useradd app\nUSER {0}\n"
    assert [bool(scan(image.format(user), "dockerfile")) for user in ("root", "10001")] == [True, False]


@pytest.mark.parametrize(
    ("key", "bad", "good"),
    [
        ("DB_PASSWORD", "Winter-2031-Example", "${DB_PASSWORD}"),
        ("stripe_api_key", "sk_live_EXAMPLE0000000000", "REDACTED"),
        ("database_url", "postgres://shop:s3cr3t-Pa55@db/shop", "postgres://db/shop"),
        ("client_secret", "aB3dE5fG7hJ9kL1m", "web-client-oauth"),
    ],
)
def test_a_secret_is_told_from_a_reference_or_a_name(key, bad, good):
    assert [in_clear(Setting(key.lower(), value, "yaml", key=key)) for value in (bad, good)] == [True, False]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("override: {condition: append}", "append: true\n  override: {condition: append}"),
        (
            "fields: [proc.name, container.image.digest]",
            "fields: [proc.name, container.image.digest]\n      expires: 2031-01-01",
        ),
        ("and proc.name = x", "&& proc.name = x"),
    ],
)
def test_what_the_falco_loader_refuses_is_found(old, new):
    valid = "- rule: X\n  condition: and not (container.image.digest = sha256:aa and proc.pname = x and proc.name = x)\n  override: {condition: append}\n- rule: Y\n  exceptions:\n    - name: a\n      fields: [proc.name, container.image.digest]\n      values: [[a, b]]\n  override: {exceptions: append}\n"
    assert old in valid
    assert [
        bool({i.cls for i in scan(text, "yaml")} & {"fabricated-config"}) for text in (valid, valid.replace(old, new))
    ] == [False, True]
