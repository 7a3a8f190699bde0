"""What makes two alerts the same alert (``id``) and what makes them alike (``dedup_key``).

Alike means: an analyst who judged one has judged the other. So the key holds everything that a verdict can turn on,
and leaves out only what is known to differ between repetitions of one act:

- in: rule, host, workload or container, image (a new image under an old name is another program), executable and its
  flags (a binary from memory or from the upper layer is another case), command line, terminal or none, parent and its
  ancestors (the same shell under sshd and under a web server are two cases), user and log-in user, every API principal
  with its addresses and its agent, file, link target and module, peer address and port, API object and answer, outcome
  (a refused and a granted attempt differ), and each field this product has no name for, because a plugin's main object
  may stand in it;
- out: time, uuid, event and process numbers, inode times and durations, the ephemeral port of a client, the
  container's start.

Missing values are equal whatever way the source spells them. Erring apart costs a second explanation; erring together
hides an attack.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import JsonValue

from explainer.ingest.clean import is_missing
from explainer.ingest.field_table import TARGETS, target_of

_VOLATILE_FIELDS = frozenset(
    [
        "evt.num",
        "evt.deltatime",
        "evt.latency",
        "evt.wait_latency",
        "evt.cpu",
        "evt.rawres",
        "evt.arg.fd",
        "evt.arg.res",
        "evt.arg.pid",
        "evt.arg.tid",
        "evt.arg.ptid",
        "evt.arg.vpid",
        "evt.arg.vtid",
        "evt.arg.addr",
        "evt.count",
        "proc.pid",
        "proc.ppid",
        "proc.vpid",
        "proc.pvpid",
        "proc.sid",
        "proc.vpgid",
        "proc.pgid",
        "proc.pid.ts",
        "proc.ppid.ts",
        "proc.duration",
        "proc.ppid.duration",
        "proc.exe_ino",
        "proc.nchilds",
        "proc.nthreads",
        "proc.fdopencount",
        "proc.vmsize",
        "proc.vmrss",
        "proc.vmswap",
        "thread.tid",
        "thread.vtid",
        "thread.cpu",
        "fd.num",
        "fd.cport",
        "fd.ino",
        "fd.dev",
        "fd.connected",
        "container.start_ts",
        "container.duration",
        "container.id",
        "container.full_id",
        "container.name",
        "k8s.pod.name",
        "k8s.pod.uid",
        "k8s.pod.id",
        "k8s.pod.ip",
        "k8s.pod.sandbox_id",
        "container.ip",
        "k8smeta.pod.name",
        "k8smeta.pod.uid",
        "user.loginuid",
        "proc.tty",
        "evt.args",
        "evt.info",
        "fd.name",
        "fd.lport",
        "fd.rport",
        "fd.lip",
        "fd.rip",
        "fd.cip",
        "fd.types",
        "fd.uid",
        "ka.auditid",
        "ka.stage",
        "ct.id",
        "ct.time",
        "ct.shortsrc",
        "okta.evt.uuid",
        "gcp.time",
    ]
)
# A field whose own name says that it is a moment, a number of an occurrence or a measurement.
_VOLATILE_NAME = re.compile(
    r"evt\.(?:time|datetime|rawtime|latency|wait_latency|deltatime)\b.*|proc\.(?:exe_ino|apid)\b.*"
    r"|(?:.*[._/\[-])?(?:time|timestamp|datetime|ts|uuid|requestid|request_id|eventid|event_id|insertid|insertId|auditID|auditid)\]?",
    re.DOTALL,
)
_VOLATILE_VALUE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*|\d\d:\d\d:\d\d\.\d+")
# Numbers of an occurrence inside Falco's argument dump: results, descriptors, addresses, threads.
_VOLATILE_ARGUMENT = re.compile(r"\b(?:res|fd|tid|pid|ptid|vtid|vpid|size|data)=\S*|\baddr=(?:0x)?[0-9A-Fa-f]+(?=\s|$)")
# The client's port of a connection differs each time; whom it reaches does not.
_CLIENT_PORT = re.compile(r"\btuple=(\S*?):\d+->")
_CLIENT_OF_PAIR = re.compile(r"(\S+):\d+->(\S+:\d+)")
_CLOCK = re.compile(r"^\S*\d\d:\d\d:\d\d\S*\s*(?::\s*)?")


@lru_cache(maxsize=8192)
def is_volatile(name: str) -> bool:
    """Whether a field differs between repetitions of one act and is no part of the key by itself."""
    return name in _VOLATILE_FIELDS or _VOLATILE_NAME.fullmatch(name) is not None


@lru_cache(maxsize=8192)
def _is_known(name: str) -> bool:
    return name in TARGETS or target_of(name) is not None


def alert_id(parts: list[Any]) -> str:
    """sha256 (hex) over the source's own statement of the alert.

    Equal however often and through whatever it was delivered.
    """
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def dedup_key(
    *,
    rule: str | None,
    head: str,
    host: str | None,
    values: Mapping[str, Any],
    fields: Mapping[str, JsonValue],
    custom: Mapping[str, JsonValue],
    message: str | None = None,
) -> str:
    """The key of alike alerts, 32 hex digits.

    Args:
        rule: rule name; without one, ``head`` stands for it.
        head: the fixed beginning of the message.
        host: host name.
        values: normalised parts, by the attribute names of ``Alert``.
        fields: source fields.
        custom: fields that are not the tool's own.
        message: what the alert says; it counts where there are no fields to tell two alerts apart.
    """
    container, k8s, user, network = (values.get(name) for name in ("container", "k8s", "user", "network"))
    key: list[Any] = [rule or f"text:{head}", host, values.get("action")]
    namespace = k8s.namespace if k8s else None
    if k8s and k8s.workload:
        key += ["workload", namespace, k8s.workload]
    elif container and (container.id or container.full_id):
        key += ["container", namespace, container.id or container.full_id]
    else:
        key += ["pod", namespace, k8s.pod if k8s else None, container.name if container else None]
    if user:
        key += [user.loginuid, user.loginuid_unset]
    process = values.get("process")
    if process:
        key.append(None if process.tty is None else process.tty != 0)
    file = values.get("file")
    if file:
        key += ["file", file.path, file.raw_path, file.target, file.linkpath, file.module]
    if network:
        key += ["net", network.src_ip, network.dst_ip, network.dst_port, network.domain]
    rest: dict[str, Any] = {}
    for name, value in fields.items():
        if is_volatile(name) or is_missing(value):
            continue
        # Old senders quote numbers; the digits are the value.
        rest[name] = str(value) if type(value) is int else value
        if not _is_known(name) and type(value) is str and _VOLATILE_VALUE.fullmatch(value):
            del rest[name]
    for name, value in custom.items():
        if is_volatile(name) or is_missing(value) or (type(value) is str and _VOLATILE_VALUE.fullmatch(value)):
            continue
        rest.setdefault(name, _CLIENT_OF_PAIR.sub(r"\1->\2", value) if type(value) is str else value)
    for name in (
        ("evt.args", "evt.info", "evt.arg.addr")
        if file or network
        else ("fd.name", "evt.args", "evt.info", "evt.arg.addr")
    ):
        if type(fields.get(name)) is str and not is_missing(fields[name]):
            rest[name] = _CLIENT_PORT.sub(r"tuple=\1->", _VOLATILE_ARGUMENT.sub("", str(fields[name])))
    if fields.get("fd.lport") != fields.get("fd.cport"):
        rest["fd.lport"] = fields.get("fd.lport")
    if not fields and not custom and message:
        rest["message"] = _VOLATILE_VALUE.sub("", _CLOCK.sub("", message))
    key.append(rest)
    return hashlib.sha256(json.dumps(key, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()[:32]
