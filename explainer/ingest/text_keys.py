"""The keys that Falco's output templates print, and the fields they stand for."""

from __future__ import annotations

import re
from functools import lru_cache

from explainer.ingest.field_table import TARGETS, is_falco_name, target_of

# Values of these fields never hold a blank, so what follows one is not theirs.
_ONE_WORD = (
    "evt.type evt.res evt.rawres evt.arg.flags evt.arg.mode evt.arg.fd evt.arg.uid evt.arg.cmd user.name user.uid "
    "user.loginuid user.loginname group.gid group.name proc.tty proc.pid proc.ppid proc.vpid thread.tid "
    "proc.exe_ino.ctime proc.exe_ino.mtime proc.exe_ino.ctime_duration_proc_start container.id container.name "
    "container.image container.image.repository container.image.tag container.image.digest container.start_ts "
    "container.privileged container.type k8s.ns.name k8s.pod.name k8s.pod.uid k8s.pod.id k8s.node.name fd.type "
    "fd.l4proto fd.lport fd.rport fd.sport fd.cport fd.lip fd.rip fd.sip fd.cip fd.sip.name fd.rip.name "
    "fd.cip.name fd.lip.name ka.verb ka.target.resource ka.target.subresource ka.target.namespace ka.target.name "
    "ka.response.code ka.auth.decision ct.srcip ct.region ct.user.accountid gcp.projectId gcp.callerIP"
)
ONE_WORD = frozenset(_ONE_WORD.split())

_COMMON = {
    "user": "user.name", "username": "user.name", "uid": "user.uid", "loginuid": "user.loginuid",
    "user_uid": "user.uid", "user_loginuid": "user.loginuid", "user_loginname": "user.loginname",
    "group": "group.name", "gid": "group.gid", "command": "proc.cmdline", "cmdline": "proc.cmdline",
    "cmd": "proc.cmdline", "args": "proc.args", "proc_args": "proc.args", "process": "proc.name",
    "process_name": "proc.name", "proc": "proc.name", "proc_name": "proc.name", "program": "proc.name",
    "shell": "proc.name", "child": "proc.name", "comm": "proc.name", "exe": "proc.exe", "proc_exe": "proc.exe",
    "exepath": "proc.exepath", "proc_exepath": "proc.exepath", "sname": "proc.sname",
    "proc_sname": "proc.sname", "cwd": "proc.cwd", "proc_cwd": "proc.cwd", "pid": "proc.pid",
    "proc_pid": "proc.pid", "ppid": "proc.ppid", "tid": "thread.tid", "terminal": "proc.tty", "tty": "proc.tty",
    "exe_flags": "evt.arg.flags", "flags": "evt.arg.flags", "parent": "proc.pname",
    "parent_process": "proc.pname", "parent_process_name": "proc.pname", "pname": "proc.pname",
    "proc_pname": "proc.pname", "web_server": "proc.pname", "parent_exe": "proc.pexe", "pexe": "proc.pexe",
    "parent_exepath": "proc.pexepath", "pexepath": "proc.pexepath", "proc_pexepath": "proc.pexepath",
    "pcmdline": "proc.pcmdline", "parent_cmdline": "proc.pcmdline", "proc_pcmdline": "proc.pcmdline",
    "parent_command": "proc.pcmdline", "gparent": "proc.aname[2]", "ggparent": "proc.aname[3]",
    "gggparent": "proc.aname[4]", "ggggparent": "proc.aname[5]", "gexepath": "proc.aexepath[2]",
    "ggexepath": "proc.aexepath[3]", "evt_type": "evt.type", "syscall": "evt.type", "evt_res": "evt.res",
    "res": "evt.res", "evt_args": "evt.args", "socket_info": "evt.args", "file": "fd.name",
    "fd_name": "fd.name", "filename": "evt.arg.filename", "fileraw": "fd.nameraw", "directory": "evt.arg.path",
    "path": "evt.arg.path", "device": "fd.name", "oldpath": "evt.arg.oldpath", "newpath": "evt.arg.newpath",
    "target": "evt.arg.target", "linkpath": "evt.arg.linkpath", "mode": "evt.arg.mode",
    "bpf_cmd": "evt.arg.cmd", "arg_uid": "evt.arg.uid", "fd": "evt.arg.fd", "connection": "fd.name",
    "lport": "fd.lport", "rport": "fd.rport", "fd_type": "fd.type", "fd_proto": "fd.l4proto",
    "fd_l4proto": "fd.l4proto", "server_ip": "fd.sip", "server_port": "fd.sport", "ip": "fd.rip",
    "c2_domain": "fd.sip.name", "c2_addr": "fd.sip", "fd_sip_name": "fd.sip.name", "fd_rip_name": "fd.rip.name",
    "fd_cip_name": "fd.cip.name", "fd_lip_name": "fd.lip.name", "cap_effective": "thread.cap_effective",
    "cap_permitted": "thread.cap_permitted", "env": "proc.env", "module": "evt.arg.module",
    "mounts": "container.mounts", "operation": "evt.type", "container": "container.name",
    "container_id": "container.id", "containerid": "container.id", "container_name": "container.name",
    "image": "container.image", "container_image": "container.image",
    "container_image_repository": "container.image.repository", "container_image_tag": "container.image.tag",
    "container_image_digest": "container.image.digest", "container_start_ts": "container.start_ts",
    "container_type": "container.type", "container_privileged": "container.privileged", "k8s_ns": "k8s.ns.name",
    "k8s_ns_name": "k8s.ns.name", "k8s.ns": "k8s.ns.name", "k8s_pod": "k8s.pod.name",
    "k8s_pod_name": "k8s.pod.name", "k8s.pod": "k8s.pod.name", "pod_name": "k8s.pod.name",
    "namespace_name": "k8s.ns.name", "pod_uid": "k8s.pod.uid", "k8s_pod_uid": "k8s.pod.uid",
    "k8s_node_name": "k8s.node.name", "proc_exe_ino_ctime": "proc.exe_ino.ctime",
    "proc_exe_ino_mtime": "proc.exe_ino.mtime",
    "proc_exe_ino_ctime_duration_proc_start": "proc.exe_ino.ctime_duration_proc_start",
    "group_gid": "group.gid", "group_name": "group.name", "name": "evt.arg.name",
}  # fmt: skip

_K8S_AUDIT = {
    "user": "ka.user.name", "groups": "ka.user.groups", "verb": "ka.verb", "action": "ka.target.subresource",
    "resource": "ka.target.resource", "subresource": "ka.target.subresource", "pod": "ka.target.name",
    "name": "ka.target.name", "target": "ka.target.name", "ns": "ka.target.namespace",
    "namespace": "ka.target.namespace", "target.namespace": "ka.target.namespace",
    "command": "ka.uri.param[command]", "resp": "ka.response.code", "decision": "ka.auth.decision",
    "reason": "ka.auth.reason", "image": "ka.req.pod.containers.image", "images": "ka.req.pod.containers.image",
    "uri": "ka.uri", "sourceips": "ka.sourceips", "useragent": "ka.useragent", "deployment": "ka.target.name",
    "service": "ka.target.name", "configmap": "ka.target.name", "secret": "ka.target.name",
    "serviceaccount": "ka.target.name", "role": "ka.target.name", "subjects": "ka.req.binding.subjects",
    "rules": "ka.req.role.rules",
}  # fmt: skip

_CLOUDTRAIL = {
    "user": "ct.user", "ip": "ct.srcip", "region": "ct.region", "bucket": "s3.bucket",
    "instance": "ct.request.instanceid", "error": "ct.error", "request": "ct.request", "arn": "ct.user.arn",
    "account": "ct.user.accountid",
}  # fmt: skip

_OKTA = {
    "user": "okta.actor.name", "app": "okta.app", "evt": "okta.evt.type", "ip": "okta.client.ip",
    "target": "okta.target.user.name",
}  # fmt: skip

_GCP = {
    "project": "gcp.projectId", "user": "gcp.user", "userip": "gcp.callerIP", "useragent": "gcp.userAgent",
    "authorizationinfo": "gcp.authorizationInfo", "rawrequest": "gcp.request",
    "bucketname": "gcp.storage.bucket",
}  # fmt: skip

_GITHUB = {
    "user": "github.user", "repository": "github.repo", "repo": "github.repo", "org": "github.org",
    "action": "github.action",
}  # fmt: skip

_TABLES = {
    "syscall": _COMMON,
    "k8s_audit": _K8S_AUDIT,
    "aws_cloudtrail": _CLOUDTRAIL,
    "okta": _OKTA,
    "gcp_auditlog": _GCP,
    "github": _GITHUB,
}

_UNDERSCORED = {name.replace(".", "_"): name for name in TARGETS if "[" not in name}
_ANCESTOR = re.compile(r"(?:proc[._])?(a(?:name|exe|exepath|cmdline|pid))(?:\[(\d{1,2})\]|_(\d{1,2}))")


@lru_cache(maxsize=4096)
def field_of(key: str, source: str = "syscall") -> str | None:
    """The field that a printed key stands for, or None when Falco's templates do not print such a key.

    Args:
        key: what stands before the ``=``: ``command``, ``container_id``, ``k8s.ns``, ``proc.aname[2]``.
        source: event source whose templates are meant; their ``user`` and ``target`` differ.
    """
    table = _TABLES.get(source, _COMMON)
    lowered = key.lower()
    if lowered in table:
        return table[lowered]
    match = _ANCESTOR.fullmatch(key)
    if match:
        return f"proc.{match[1]}[{match[2] or match[3]}]"
    if "." in key and (key in TARGETS or target_of(key) is not None or is_falco_name(key)):
        return key
    if lowered in _COMMON and (source == "syscall" or "_" in key or lowered in ("container", "process", "parent")):
        return _COMMON[lowered]
    return _UNDERSCORED.get(key) if "_" in key else None


_SYSCALL_KEYS = re.compile(
    r"(?<![\w.])(?:evt_type|proc_exepath|user_loginuid|process|terminal|parent|container_id|container|program|cmdline|shell|file"
    r"|connection|k8s\.ns|k8s\.pod)="
)
_AUDIT_KEYS = re.compile(r"(?<![\w.])(?:verb|resource|subresource|resp|ns|namespace|target\.namespace|groups)=")


def source_of_text(message: str) -> str:
    """Which source's templates a message follows, told by the keys that only these print; ``syscall`` in doubt."""
    if re.search(r"\b(?:userIP|authorizationInfo|rawRequest)=|\bGCP\b", message):
        return "gcp_auditlog"
    if re.search(r"\bAWS [Rr]egion=|\brequesting (?:user|IP)=", message):
        return "aws_cloudtrail"
    if re.search(r"\bokta\b", message, re.IGNORECASE) or re.search(r"\bevt=[a-z_]+\.[a-z_.]+ ", message):
        return "okta"
    if re.search(r"\bgithub\b", message, re.IGNORECASE) and re.search(r"\b(?:repo|repository|org)=", message):
        return "github"
    if _AUDIT_KEYS.search(message) and not _SYSCALL_KEYS.search(message):
        return "k8s_audit"
    return "syscall"


@lru_cache(maxsize=8192)
def underscored(name: str) -> str | None:
    """Falco's name of a field whose dots and brackets a shipper turned into underscores, or None."""
    if name in _UNDERSCORED:
        return _UNDERSCORED[name]
    match = _ANCESTOR.fullmatch(name)
    return f"proc.{match[1]}[{match[2] or match[3]}]" if match and name.startswith("proc_") else None
