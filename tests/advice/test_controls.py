# ruff: noqa: E501  (a row of a table is read better whole)
"""Settings are judged by the words of their key and the sense of their value."""

from __future__ import annotations

import pytest

from explainer.advice.controls import words_as_settings
from explainer.advice.patterns import Setting
from explainer.advice.rules import shipped

CONTROLS = shipped().controls


def check(key: str, value: str, where: str = "yaml") -> str | None:
    """The check that ``key = value`` fails."""
    return CONTROLS.find(Setting(key.lower(), value, where, key=key))


@pytest.mark.parametrize(
    ("bad", "good", "expected"),
    [
        (("auditd_enable", "NO"), ("auditd_enable", "YES"), "control-monitoring-off"),
        (("bruteForceProtected", "false"), ("bruteForceProtected", "true"), "control-auth-off"),
        (("bruteforceprotected", "false"), ("bruteforceprotected", "true"), "control-auth-off"),
        (("enable_secure_boot", "false"), ("enable_secure_boot", "true"), "control-boot-off"),
        (("security_driver", "none"), ("security_driver", "selinux"), "control-mac-off"),
        (("skip_tls_verify", "true"), ("skip_tls_verify", "false"), "control-verification-off"),
        (("GIT_SSL_NO_VERIFY", "1"), ("GIT_SSL_NO_VERIFY", "0"), "control-verification-off"),
        (("disable_mfa", "true"), ("disable_mfa", "false"), "control-auth-off"),
        (("authentication.anonymous.enabled", "true"), ("authentication.anonymous.enabled", "false"), "control-auth-off"),
        (("publicAccess", "Container"), ("publicAccess", "None"), "control-network-open"),
        (("block_public_acls", "false"), ("block_public_acls", "true"), "control-network-open"),
        (("versioning_configuration.status", "Suspended"), ("versioning_configuration.status", "Enabled"), "control-data-protection-off"),
        (("storage_encrypted", "false"), ("storage_encrypted", "true"), "control-encryption-off"),
        (("allowHostPID", "true"), ("allowHostPID", "false"), "control-privilege-open"),
        (("services_disabled", "auditd"), ("services_enabled", "auditd"), "control-monitoring-off"),
        (("kern_securelevel", "-1"), ("kern_securelevel", "2"), "control-boot-off"),
    ],
)  # fmt: skip
def test_a_setting_and_its_opposite_are_told_apart(bad, good, expected):
    assert (check(*bad), check(*good)) == (expected, None)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("grpc.enabled", "false"),
        ("falco.grpc.enabled", "false"),
        ("sslmode", "verify-full"),
        ("disable_root", "true"),
        ("tls.enabled", "false"),
        ("tls_session_tickets", "false"),
        ("audit_log_format", "none"),
        ("serviceMonitor.enabled", "false"),
        ("healthcheck.disable", "true"),
        ("guest.enabled", "false"),
        ("debug", "false"),
        ("skip_final_snapshot", "false"),
        ("rbac.create", "false"),
        ("telemetry.enabled", "false"),
        ("disable_api_termination", "true"),
    ],
)
def test_protective_and_neutral_settings_with_the_same_words_stay_silent(key, value):
    assert check(key, value) is None


def test_the_name_of_a_terraform_resource_says_nothing():
    assert check("resource.example_topic.audit.enabled", "false", "hcl") is None


def test_words_of_a_command_line_become_settings():
    found = [(s.key, s.value) for s in words_as_settings(["--skip-tls-verify", "--auth=none", "A_B=1", "file.txt"])]
    assert found == [("skip-tls-verify", ""), ("auth", "none"), ("A_B", "1")]


def test_what_an_option_takes_away_is_no_setting():
    assert list(words_as_settings(["--remove-args", "selinux=0"])) == [
        Setting("remove-args", "", "option", key="remove-args")
    ]


def test_very_long_keys_are_cut_and_not_split_for_ever():
    assert check("a" * 100_000, "false") is None
