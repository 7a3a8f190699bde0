# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Falco's inventory: what exists is never called invented."""

from __future__ import annotations

import pytest

from explainer.advice import scan
from explainer.advice.falco import unknown_fields

VALID = """
- required_engine_version: 0.57.0
- list: shell_binaries
  items: [ash, bash]
- macro: never_true
  condition: (evt.num=0)
- rule: Shell
  desc: a shell
  condition: spawned_process and proc.name in (shell_binaries) and container.id != host and proc.aname[2] exists
  output: shell (user=%user.name parent=%proc.pname cmd=%proc.cmdline image=%container.image.repository pod=%k8s.pod.name ts=%evt.time)
  priority: NOTICE
  source: syscall
  tags: [container, T1059]
  exceptions:
    - name: by_image
      fields: [proc.name, container.image.digest]
      comps: [=, =]
"""


def test_a_valid_rule_file_with_bare_equal_signs_is_not_invented():
    assert scan(VALID, "yaml") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("priority: NOTICE", "priority: High"),
        ("  priority: NOTICE\n", "  severity: high\n"),
        ("proc.name in", "process.name in"),
        ("%user.name", "%process.user"),
        ("  desc: a shell\n", "  desc: a shell\n  action: kill\n"),
        ("  condition: spawned", "  conditions: spawned"),
    ],
)
def test_an_invented_key_field_or_priority_is_found(old, new):
    assert {i.cls for i in scan(VALID.replace(old, new), "yaml")} == {"fabricated-config"}


def test_fields_of_plugins_are_known():
    assert (
        unknown_fields(
            "ka.verb = create and ct.name = ConsoleLogin and jevt.value[/a] = x and evt.arg.flags contains O_RDWR"
        )
        == []
    )
