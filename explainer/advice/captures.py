# ruff: noqa: ARG001  (one signature for all functions of a kind)
"""Which commands preserve evidence: what comes after them may remove what they saved."""

from __future__ import annotations

import re

from explainer.advice.patterns import Argv
from explainer.advice.script import Command

EVIDENCE_PATH = re.compile(
    r"evidence|forensic|/cases?/|/ir[-/_]|incident|quarantine|acquisition|triage|/dfir|"
    r"s3://[\w.-]*(?:ir|evidence|forensic|dfir)",
    re.I,
)
_CAPTURE_PROGRAMS = frozenset(
    [
        "avml",
        "lime",
        "ewfacquire",
        "dcfldd",
        "dc3dd",
        "guymager",
        "fmem",
        "linpmem",
        "winpmem",
        "uac",
        "velociraptor",
        "cylr",
        "kape",
        "gcore",
        "criu",
        "sysdig-capture",
    ]
)


def captures(argv: Argv, command: Command) -> bool:
    """Whether the command preserves evidence."""
    words = set(argv.positional)
    name = argv.program
    if name in _CAPTURE_PROGRAMS:
        return True
    if name in ("docker", "podman", "nerdctl", "crictl"):
        return bool(words & {"export", "commit", "checkpoint", "cp"})
    if name in ("kubectl", "oc"):
        return "cp" in words or ("exec" in words and "tar" in words)
    if name == "aws":
        return bool(words & {"create-snapshot", "create-image", "create-snapshots"})
    if name in ("gcloud", "az"):
        return ("snapshot" in argv.joined and "create" in words) or "snapshots" in words
    if name in ("virsh", "qm", "vmrun", "lxc"):
        return bool(words & {"snapshot-create", "snapshot-create-as", "dump", "snapshot"})
    if name == "dd":
        return (
            bool(re.search(r"if=/dev/(?:sd|nvme|vd|xvd|mapper|mem)|if=/proc", argv.joined))
            and "of=/dev/" not in argv.joined
        )
    if name in (
        "cp",
        "mv",
        "tar",
        "rsync",
        "scp",
        "journalctl",
        "ausearch",
        "tee",
        "zip",
        "kubectl",
        "install",
        "lvcreate",
        "zfs",
        "btrfs",
    ):
        return bool(EVIDENCE_PATH.search(argv.joined)) or (
            name in ("lvcreate", "zfs", "btrfs") and "snap" in argv.joined
        )
    return False
