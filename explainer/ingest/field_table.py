"""Which source field feeds which part of the normalised alert: one table for JSON, text and every other carrier."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from explainer.ingest import clean


class Target(NamedTuple):
    """Where a field goes."""

    section: str
    attribute: str
    convert: Callable[[Any], Any]
    path: str
    """Normalised path, the key in ``Alert.field_sources``."""
    rank: int
    """When several fields feed one attribute, the lowest rank wins."""


Row = tuple[str, str, Callable[[Any], Any]]

_text, _integer, _uid, _names, _words = clean.text, clean.integer, clean.user_id, clean.names, clean.words

# field -> "section.attribute", converter. Rows further down lose to rows further up that feed the same attribute.
_ROWS: tuple[Row, ...] = (
    ("proc.name", "process.name", _text),
    ("proc.pid", "process.pid", _integer),
    ("proc.exe", "process.exe", _text),
    ("proc.exepath", "process.exepath", _text),
    ("proc.args", "process.args", _text),
    ("proc.cmdline", "process.cmdline", _text),
    ("proc.cwd", "process.cwd", _text),
    ("proc.tty", "process.tty", _integer),
    ("proc.sname", "process.sname", _text),
    ("proc.pid.ts", "process.start_time", clean.instant),
    ("proc.hash.sha256", "process.hash", _text),
    ("proc.hash.md5", "process.hash", _text),
    ("thread.cap_effective", "process.caps", _words),
    ("thread.cap_permitted", "process.caps", _words),
    ("container.id", "container.id", _text),
    ("container.full_id", "container.full_id", _text),
    ("container.name", "container.name", _text),
    ("container.image", "container.image", _text),
    ("container.image.repository", "container.repository", _text),
    ("container.image.tag", "container.tag", _text),
    ("container.image.digest", "container.digest", _text),
    ("container.privileged", "container.privileged", clean.boolean),
    ("container.start_ts", "container.start_time", clean.instant),
    ("container.type", "container.runtime", _text),
    ("k8s.cluster.name", "k8s.cluster", _text),
    ("ka.cluster.name", "k8s.cluster", _text),
    ("k8s.ns.name", "k8s.namespace", _text),
    ("k8smeta.ns.name", "k8s.namespace", _text),
    ("k8s.pod.name", "k8s.pod", _text),
    ("k8smeta.pod.name", "k8s.pod", _text),
    ("k8s.pod.uid", "k8s.pod_uid", _text),
    ("k8s.pod.id", "k8s.pod_uid", _text),
    ("k8smeta.pod.uid", "k8s.pod_uid", _text),
    ("k8s.pod.labels", "k8s.labels", clean.labels),
    ("k8smeta.pod.labels", "k8s.labels", clean.labels),
    ("k8s.deployment.name", "k8s.workload", _text),
    ("k8smeta.deployment.name", "k8s.workload", _text),
    ("k8s.rs.name", "k8s.workload", _text),
    ("k8smeta.rs.name", "k8s.workload", _text),
    ("k8s.rc.name", "k8s.workload", _text),
    ("k8smeta.rc.name", "k8s.workload", _text),
    ("k8s.node.name", "k8s.node", _text),
    ("k8smeta.node.name", "k8s.node", _text),
    ("k8s.sa.name", "k8s.service_account", _text),
    ("user.name", "user.name", _text),
    ("user.uid", "user.uid", _uid),
    ("user.loginname", "user.loginname", _text),
    ("group.name", "user.groups", _names),
    ("ka.user.name", "user.principal", _text),
    ("ka.user.groups", "user.groups", _names),
    ("ka.impuser.name", "user.impersonated", _text),
    ("ka.sourceips", "user.source_ips", _words),
    ("ka.useragent", "user.user_agent", _text),
    ("ka.verb", "api.operation", _text),
    ("ka.target.resource", "api.resource", _text),
    ("ka.target.subresource", "api.subresource", _text),
    ("ka.target.name", "api.name", _text),
    ("ka.target.namespace", "api.namespace", _text),
    ("ka.uri", "api.request_uri", _text),
    ("ka.response.code", "api.response_code", _integer),
    ("ka.auth.decision", "api.decision", _text),
    ("ka.auth.reason", "api.reason", _text),
    ("ka.response.reason", "api.reason", _text),
    ("jevt.value[/user/username]", "user.principal", _text),
    ("jevt.value[/user/groups]", "user.groups", _names),
    ("jevt.value[/impersonatedUser/username]", "user.impersonated", _text),
    ("jevt.value[/sourceIPs]", "user.source_ips", _words),
    ("jevt.value[/sourceIPs/0]", "user.source_ips", _words),
    ("jevt.value[/userAgent]", "user.user_agent", _text),
    ("jevt.value[/verb]", "api.operation", _text),
    ("jevt.value[/objectRef/resource]", "api.resource", _text),
    ("jevt.value[/objectRef/subresource]", "api.subresource", _text),
    ("jevt.value[/objectRef/name]", "api.name", _text),
    ("jevt.value[/objectRef/namespace]", "api.namespace", _text),
    ("jevt.value[/requestURI]", "api.request_uri", _text),
    ("jevt.value[/responseStatus/code]", "api.response_code", _integer),
    ("ct.user.arn", "user.principal", _text),
    ("ct.user", "user.name", _text),
    ("ct.user.identitytype", "user.type", _text),
    ("ct.srcip", "user.source_ips", _words),
    ("ct.useragent", "user.user_agent", _text),
    ("ct.region", "cloud.region", _text),
    ("ct.user.accountid", "cloud.account", _text),
    ("ct.recipientaccountid", "cloud.account", _text),
    ("ct.name", "api.operation", _text),
    ("ct.src", "api.service", _text),
    ("ct.error", "api.reason", _text),
    ("ct.request.name", "api.name", _text),
    ("ct.request.functionname", "api.name", _text),
    ("ct.request.username", "api.name", _text),
    ("ct.request.rolename", "api.name", _text),
    ("ct.request.groupname", "api.name", _text),
    ("ct.request.instanceid", "api.name", _text),
    ("s3.uri", "api.name", _text),
    ("s3.key", "api.name", _text),
    ("s3.bucket", "api.name", _text),
    ("ec2.name", "api.name", _text),
    ("gcp.user", "user.principal", _text),
    ("gcp.callerIP", "user.source_ips", _words),
    ("gcp.userAgent", "user.user_agent", _text),
    ("gcp.projectId", "cloud.account", _text),
    ("gcp.location", "cloud.region", _text),
    ("gcp.methodName", "api.operation", _text),
    ("gcp.serviceName", "api.service", _text),
    ("gcp.resourceName", "api.name", _text),
    ("gcp.resourceType", "api.resource", _text),
    ("okta.actor.alternateID", "user.principal", _text),
    ("okta.actor.name", "user.name", _text),
    ("okta.actor.type", "user.type", _text),
    ("okta.client.ip", "user.source_ips", _words),
    ("okta.useragent.raw", "user.user_agent", _text),
    ("okta.evt.type", "api.operation", _text),
    ("okta.result", "api.decision", _text),
    ("okta.reason", "api.reason", _text),
    ("okta.app", "api.name", _text),
    ("okta.target.user.name", "api.name", _text),
    ("github.user", "user.principal", _text),
    ("github.action", "api.operation", _text),
    ("github.type", "api.operation", _text),
    ("github.repo", "api.name", _text),
    ("github.org", "cloud.account", _text),
    ("evt.hostname", "host.hostname", _text),
    ("evt.type", "event.type", _text),
    ("evt.res", "event.res", _text),
    ("evt.failed", "event.failed", clean.boolean),
    ("evt.rawres", "event.rawres", _integer),
    ("evt.args", "event.args", _text),
    ("evt.info", "event.args", _text),
    ("evt.arg.flags", "event.flags", clean.flags),
    ("evt.arg.name", "event.name", _text),
    ("evt.arg.filename", "event.filename", _text),
    ("evt.arg.path", "event.path", _text),
    ("evt.arg.pathname", "event.path", _text),
    ("evt.arg.oldpath", "event.oldpath", _text),
    ("evt.arg.newpath", "event.newpath", _text),
    ("evt.arg.target", "event.target", _text),
    ("evt.arg.linkpath", "event.linkpath", _text),
    ("fs.path.name", "event.fs_name", _text),
    ("fs.path.source", "event.oldpath", _text),
    ("fs.path.target", "event.newpath", _text),
    ("proc.is_exe_writable", "event.exe_writable", clean.boolean),
    ("proc.is_exe_upper_layer", "event.exe_upper_layer", clean.boolean),
    ("proc.is_exe_from_memfd", "event.exe_from_memfd", clean.boolean),
    ("fd.name", "event.fd_name", _text),
    ("fd.nameraw", "event.fd_nameraw", _text),
    ("fd.type", "event.fd_type", _text),
    ("fd.filename", "event.fd_filename", _text),
    ("fd.directory", "event.fd_directory", _text),
    ("fd.l4proto", "event.fd_l4proto", _text),
    ("fd.cip", "event.cip", _text),
    ("fd.cport", "event.cport", _integer),
    ("fd.sip", "event.sip", _text),
    ("fd.sport", "event.sport", _integer),
    ("fd.lip", "event.lip", _text),
    ("fd.lport", "event.lport", _integer),
    ("fd.rip", "event.rip", _text),
    ("fd.rport", "event.rport", _integer),
    ("fd.sip.name", "event.sip_name", _text),
    ("fd.rip.name", "event.rip_name", _text),
    ("fd.cip.name", "event.cip_name", _text),
    ("proc.pname", "ancestor0.name", _text),
    ("proc.ppid", "ancestor0.pid", _integer),
    ("proc.pexe", "ancestor0.exe", _text),
    ("proc.pexepath", "ancestor0.exepath", _text),
    ("proc.pcmdline", "ancestor0.cmdline", _text),
    ("proc.ppid.ts", "ancestor0.start_time", clean.instant),
)

_ANCESTOR_ATTRIBUTES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "aname": ("name", _text),
    "aexe": ("exe", _text),
    "aexepath": ("exepath", _text),
    "acmdline": ("cmdline", _text),
    "aargs": ("args", _text),
    "apid": ("pid", _integer),
}


def _target(place: str, convert: Callable[[Any], Any], rank: int) -> Target:
    section, _, attribute = place.partition(".")
    if section.startswith("ancestor"):
        path = f"ancestors[{section[8:]}].{attribute}"
    elif place == "event.type":
        path = "syscall"
    elif place == "event.res":
        path = "result_raw"
    else:
        path = place
    return Target(section, attribute, convert, path, rank)


TARGETS: dict[str, Target] = {
    field: _target(place, convert, rank) for rank, (field, place, convert) in enumerate(_ROWS)
}

# falcosidekick's bracketreplacer writes proc.aname_2 for proc.aname[2].
_ANCESTOR = re.compile(r"proc\.(aname|aexe|aexepath|acmdline|aargs|apid)(?:\[(\d{1,2})\]|_(\d{1,2})_?)")
_POD_LABEL = re.compile(r"k8s(?:meta)?\.pod\.label(?:\[(.+)\]|\.(.+))")
NAMESPACES = [
    "evt",
    "container",
    "proc",
    "thread",
    "fd",
    "fs",
    "user",
    "group",
    "syslog",
    "k8s",
    "k8smeta",
    "ka",
    "jevt",
    "json",
    "ct",
    "s3",
    "ec2",
    "gcp",
    "gcpaudit",
    "okta",
    "github",
    "static",
    "docker",
    "kafka",
    "azure",
    "keycloak",
    "anomaly",
    "krsi",
    "dummy",
    "vault",
    "gitlab",
    "salesforce",
    "box",
    "nomad",
    "systemd",
]
_FALCO_NAME = re.compile(rf"(?:{'|'.join(NAMESPACES)})\.[\w.]+(?:\[.*\])?", re.DOTALL)


@lru_cache(maxsize=4096)
def target_of(field: str) -> Target | None:
    """The target of a field that is not in the table by its full name: ancestors by number, pod labels by key."""
    match = _ANCESTOR.fullmatch(field)
    if match:
        level = int(match[2] or match[3])
        attribute, convert = _ANCESTOR_ATTRIBUTES[match[1]]
        # Falco counts from the process itself: aname[0] is proc.name, aname[1] is proc.pname.
        section = "process" if level == 0 else f"ancestor{level - 1}"
        return _target(f"{section}.{attribute}", convert, 10_000)
    match = _POD_LABEL.fullmatch(field)
    if match:
        return Target("labels", match[1] or match[2], _text, "k8s.labels", 10_000)
    if field.startswith("json.value["):
        return TARGETS.get("jevt.value[" + field[11:])
    return None


@lru_cache(maxsize=8192)
def is_falco_name(field: str) -> bool:
    """True for names in Falco's own field namespaces; any other was added by an operator or a shipper."""
    return _FALCO_NAME.fullmatch(field) is not None
