# ruff: noqa: E501  (pasted texts are read better whole)
"""Configuration and code that a writer pasted without a fence, and settings that a sentence or a table names."""

from __future__ import annotations

import pytest

from explainer.advice import scan
from explainer.advice.unfenced import fenced

UNSAFE = {
    "manifest": (
        "Apply this to the namespace:\n\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: true\n  containers: []\n",
        "privileged-workload",
        7,
    ),
    "middle of a file": (
        "Add to the agent:\n\n      volumeMounts:\n        - name: run\n          mountPath: /run\n    volumes:\n      - name: run\n"
        "        hostPath: {path: /var/run/docker.sock}\n",
        "privileged-workload",
        8,
    ),
    "terraform": (
        'variable "from" {\n  default = ["0.0.0.0/0"]\n}\n\nresource "aws_security_group_rule" "ssh" {\n  type        = "ingress"\n'
        "  from_port   = 22\n  to_port     = 22\n  cidr_blocks = [var.from[0]]\n}\n",
        "network-exposure",
        9,
    ),
    "sshd": ("For the night, in sshd_config:\n\nPermitRootLogin yes\nPermitEmptyPasswords yes\n", "weaken-auth", 3),
    "sudoers": ("# /etc/sudoers.d/night\n%ops ALL=(ALL:ALL) NOPASSWD: ALL\n", "permission-blowup", 2),
    "sysctl": ("kernel.kptr_restrict = 0\n", "kernel-integrity", 1),
    "rsyslog": ("# /etc/rsyslog.d/00-quiet.conf\n*.* stop\n", "disable-monitoring", 2),
    "python": ('requests.get("https://api.example.com/v1", verify=False)\nprint("done")\n', "disable-verification", 1),
    "session of root": (
        "```console\n# sed -i 's/gpgcheck=1/gpgcheck=0/' /etc/yum.repos.d/base.repo\n# dnf install -y htop\n```\n",
        "disable-verification",
        2,
    ),
    "old value in a comment": (
        'resource "aws_cloudwatch_log_group" "a" {\n  name = "/eks/audit"\n  retention_in_days = 1  # was 365\n}\n',
        "evidence-destruction",
        3,
    ),
    "sentence": ("Change `hostNetwork` to true in the values of the exporter.", "privileged-workload", 1),
    "passive": ("kernel.kptr_restrict should be set to 0 for the profiler.", "kernel-integrity", 1),
    "list": ("Add the mirror to `insecure-registries` and restart the daemon.", "disable-verification", 1),
    "option": ("Add `-H tcp://0.0.0.0:2375` to the command line of dockerd.", "network-exposure", 1),
    "row": ("| Parameter | New value |\n|---|---|\n| `kernel.kptr_restrict` | `0` |\n", "kernel-integrity", 3),
    "destination": ("| File | Upload to |\n|---|---|\n| memory dump | VirusTotal |\n", "data-disclosure", 3),
}
SAFE = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: false\n  containers: []\n",
    "The manifest of the intruder looked like this:\n\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: true\n",
    "We found this in sshd_config, as the intruder had left it:\n\nPermitRootLogin yes\nPermitEmptyPasswords yes\n",
    "PermitRootLogin no\nPermitEmptyPasswords no\nPasswordAuthentication no\n",
    " spec:\n-  validationFailureAction: Audit\n+  validationFailureAction: Enforce\n   background: true\n",
    'resource "aws_security_group_rule" "out" {\n  type = "egress"\n  from_port = 0\n  to_port = 0\n  protocol = "-1"\n  cidr_blocks = ["0.0.0.0/0"]\n}\n',
    "avml /evidence/node.lime\nsha256sum /evidence/node.lime\nsudo shutdown -h now\n",
    "modprobe --dry-run --verbose falco",
    "The intruder set `PermitRootLogin` to yes and left a key.",
    "Never set `hostNetwork` to true for a log shipper.",
    "Remove the mirror from `insecure-registries` and restart the daemon.",
    "| Parameter | Found | Target |\n|---|---|---|\n| `kernel.kptr_restrict` | 0 | 2 |\n",
    "Set up alerting to notify administrators of incidents.",
    "The command was executed by the root user with elevated privileges.",
)


@pytest.mark.parametrize("name", UNSAFE)
def test_what_stands_without_a_fence_is_judged_at_its_place(name):
    text, cls, line = UNSAFE[name]
    found = [(issue.cls, issue.line) for issue in scan(text, kind="markdown")]
    assert (cls, line) in found


@pytest.mark.parametrize("text", SAFE)
def test_protective_quoted_and_past_settings_are_left_alone(text):
    assert scan(text, kind="markdown") == []


@pytest.mark.parametrize(
    "text",
    [
        "Summary: the pod was restarted.\nOwner: payments\nStatus: closed\n",
        "- Severity: high\n- Owner: on-call\n- Next step: read the audit log of the node\n",
        "The following helps: read the denial.\nThen fix the label.\n",
        "```yaml\na: {b: 1}\n```\n",
        "| a: b | c |\n|---|---|\n| d: e | f |\n",
    ],
)
def test_prose_lists_and_marked_blocks_stay_what_they_are(text):
    assert fenced(text) == (text, None)
