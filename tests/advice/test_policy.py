from __future__ import annotations

import pytest

from explainer.advice import scan
from explainer.advice.policy import read_policy
from explainer.errors import DataError

OWN = """
- id: reboot-friday
  class: unsafe-response
  severity: high
  match: {command: ["friday-reboot"]}
  why: "It reboots all hosts at once."
  instead: "Reboot one host after the other."
  examples: {unsafe: ["friday-reboot"], safe: ["friday-reboot-check"]}
"""


def test_a_class_that_is_off_is_not_reported():
    policy = read_policy({"off": ["disable-mac"]}, "p", {})
    assert policy.apply(scan("setenforce 0", kind="shell")) == []


def test_severities_are_the_sites_own():
    policy = read_policy({"severity": {"disable-mac": "low"}}, "p", {})
    assert {issue.severity for issue in policy.apply(scan("setenforce 0", kind="shell"))} == {"low"}


def test_a_rule_is_added_without_code():
    policy = read_policy({}, "p", {"own.yaml": OWN})
    assert [issue.rule for issue in scan("friday-reboot", kind="shell", rules=policy.rules)] == ["reboot-friday"]
    assert scan("setenforce 0", kind="shell", rules=policy.rules)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"of": []}, "unknown key 'of'"),
        ({"off": ["disable-mad"]}, "near: disable-mac"),
        ({"off": "disable-mac"}, "list of rules"),
        ({"severity": {"disable-mac": "hi"}}, "near: high"),
        (["disable-mac"], "a policy is a mapping"),
    ],
)
def test_a_wrong_policy_says_what_is_wrong_and_what_is_near(raw, message):
    with pytest.raises(DataError, match=message):
        read_policy(raw, "p", {})
