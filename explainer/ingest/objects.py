"""The object an event is about: a file, a connection, and what became of the attempt."""

from __future__ import annotations

import re
from typing import Any

from explainer.ingest.construct import construct
from explainer.schema.alert import FieldSource, FileObject, Network

EXECUTIONS = frozenset({"execve", "execveat"})
_LINKS = frozenset({"link", "linkat", "symlink", "symlinkat"})
_RENAMES = frozenset({"rename", "renameat", "renameat2"})
_MODULES = frozenset({"init_module", "finit_module", "delete_module"})
_OUTBOUND = frozenset({"connect", "sendto", "sendmsg", "sendmmsg"})
_INBOUND = frozenset({"accept", "accept4", "accept5", "recvfrom", "recvmsg", "recvmmsg", "listen"})
_SOCKETS = frozenset({"ipv4", "ipv6", "ipv4serv", "ipv6serv"})
_ADDRESS = r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[?[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\]?(?:%\w+)?)"
_TUPLE = re.compile(rf"({_ADDRESS}):(\d{{1,5}})->({_ADDRESS}):(\d{{1,5}})")
# Two addresses and ports are far shorter; a longer name is hostile, and matching it costs its square.
_LONGEST_NAME = 256
_ENDPOINT = re.compile(rf"({_ADDRESS}):(\d{{1,5}})")
_MODULE_FILE = re.compile(r"(?:^|\s)(\S+\.ko(?:\.(?:gz|xz|zst|bz2))?)(?=\s|$)")
_ARGUMENT = re.compile(r"(?:^|\s)(oldpath|newpath|target|linkpath|path|name)=(.*?)(?=\s\w+=|\s*$)", re.DOTALL)
# What file an exec, socket or process call names is the executable or nothing: no object of its own.
_NO_FILE = (
    EXECUTIONS
    | _OUTBOUND
    | {"socket", "ptrace", "setns", "unshare", "setuid", "clone", "clone3", "fork", "vfork", "bpf"}
)


def endpoint(text: str) -> tuple[str, int] | None:
    """``address:port`` of either family as its parts; None for anything else."""
    match = _ENDPOINT.fullmatch(text.strip()) if len(text) <= _LONGEST_NAME else None
    return (match[1].strip("[]"), int(match[2])) if match and int(match[2]) < 65536 else None


def _pair(name: str) -> re.Match[str] | None:
    return _TUPLE.fullmatch(name) if "->" in name and len(name) <= _LONGEST_NAME else None


def _inferred(source: FieldSource) -> FieldSource:
    return construct(FieldSource, {"path": source.path, "certainty": "inferred"})


def file_object(event: dict[str, Any], process: dict[str, Any], sources: dict[str, FieldSource]) -> FileObject | None:
    """The file, link or kernel module of an event, or None when it has none."""
    found: dict[str, Any] = {}
    kind = event.get("type")
    if (
        0 < len(event.get("args", "")) < 4096
        and (kind in _LINKS or kind in _RENAMES)
        and "oldpath" not in event
        and "target" not in event
    ):
        for name, value in _ARGUMENT.findall(event["args"]):
            event[name] = value
            sources[f"event.{name}"] = construct(
                FieldSource, {"path": sources["event.args"].path, "certainty": "parsed_from_text"}
            )

    def take(attribute: str, *keys: str) -> None:
        for key in keys:
            if key in event and attribute not in found:
                found[attribute] = event[key]
                sources[f"file.{attribute}"] = sources[f"event.{key}"]

    name = event.get("fd_name", "")
    if event.get("fd_type") not in _SOCKETS and name and not _pair(name) and endpoint(name) is None:
        if event.get("fd_type") == "unix" or (" /" in name and "->" in name):
            # Falco prints a unix socket as "peer->peer path".
            event["fd_name"] = name.rpartition(" ")[2] or name
        take("path", "fd_name")
    take("raw_path", "fd_nameraw")
    if kind in _LINKS or "linkpath" in event:
        take("target", "target", "oldpath")
        take("linkpath", "linkpath", "newpath")
    elif kind in _RENAMES or "newpath" in event or "oldpath" in event:
        take("target", "oldpath")
        take("path", "newpath", "oldpath")
    if kind not in _NO_FILE and kind not in _LINKS:
        take("path", "fs_name", "name", "filename", "path")
    if kind in _MODULES:
        _module(found, event, process, sources)
    flags = event.get("flags")
    if found and flags and kind not in EXECUTIONS and not flags[0].startswith("EXE_"):
        found["flags"] = flags
        sources["file.flags"] = sources["event.flags"]
    return construct(FileObject, found) if found else None


def _module(
    found: dict[str, Any], event: dict[str, Any], process: dict[str, Any], sources: dict[str, FieldSource]
) -> None:
    if "path" in found and event.get("type") != "delete_module":
        found["module"] = found["path"]
        sources["file.module"] = sources["file.path"]
        return
    for key in ("args", "cmdline"):
        match = _MODULE_FILE.search(process.get(key, ""))
        if match:
            found["module"] = match[1]
            sources["file.module"] = _inferred(sources[f"process.{key}"])
            return
    words = [word for word in process.get("args", "").split() if not word.startswith("-")]
    if words and process.get("name") in ("insmod", "modprobe", "rmmod", "kmod"):
        found["module"] = words[0]
        sources["file.module"] = _inferred(sources["process.args"])


def network(event: dict[str, Any], sources: dict[str, FieldSource]) -> Network | None:
    """The connection of an event; Falco's ``fd.name`` reads client->server whoever prints it."""
    found: dict[str, Any] = {}

    def put(attribute: str, value: Any, key: str) -> None:
        if attribute not in found and value is not None:
            found[attribute] = value
            sources[f"network.{attribute}"] = sources[f"event.{key}"]

    name = event.get("fd_name", "")
    pair = _pair(name)
    if pair:
        put("src_ip", pair[1].strip("[]"), "fd_name")
        put("src_port", int(pair[2]), "fd_name")
        put("dst_ip", pair[3].strip("[]"), "fd_name")
        put("dst_port", int(pair[4]), "fd_name")
    elif ":" in name:
        single = endpoint(name)
        if single:
            put("dst_ip", single[0], "fd_name")
            put("dst_port", single[1], "fd_name")
    for attribute, key in (("src_ip", "cip"), ("src_port", "cport"), ("dst_ip", "sip"), ("dst_port", "sport")):
        if key in event:
            put(attribute, event[key], key)
    direction = _direction(event, found)
    local, remote = ("dst", "src") if direction == "inbound" else ("src", "dst")
    for side, key in ((local, "l"), (remote, "r")):
        for attribute, suffix in ((f"{side}_ip", "ip"), (f"{side}_port", "port")):
            if key + suffix in event and (found.get("dst_ip") is None or found.get("src_ip") is None):
                put(attribute, event[key + suffix], key + suffix)
    for key in ("sip_name", "rip_name"):
        if key in event:
            put("domain", event[key], key)
    if not found:
        return None
    if "fd_l4proto" in event:
        put("proto", event["fd_l4proto"], "fd_l4proto")
    found["direction"] = direction
    return construct(Network, found)


def _direction(event: dict[str, Any], found: dict[str, Any]) -> str:
    kind = event.get("type")
    if kind in _OUTBOUND:
        return "outbound"
    if kind in _INBOUND:
        return "inbound"
    ends = (found.get("src_ip"), found.get("src_port"), found.get("dst_ip"), found.get("dst_port"))
    for local, remote in ((("lip", "lport"), ("rip", "rport")),):
        mine = [event.get(key) for key in local]
        theirs = [event.get(key) for key in remote]
        if _matches(mine, ends[:2]) or _matches(theirs, ends[2:]):
            if not (_matches(mine, ends[2:]) or _matches(theirs, ends[:2])):
                return "outbound"
        elif _matches(mine, ends[2:]) or _matches(theirs, ends[:2]):
            return "inbound"
    return "unknown"


def _matches(given: list[Any], end: tuple[Any, ...]) -> bool:
    known = [(left, right) for left, right in zip(given, end, strict=True) if left is not None and right is not None]
    return bool(known) and all(left == right for left, right in known)


_DENIED = re.compile(r"denied|unauthori[sz]ed|forbidden|not ?authori[sz]ed", re.IGNORECASE)


def outcome(
    event: dict[str, Any], api: dict[str, Any], values: dict[str, Any], sources: dict[str, FieldSource]
) -> None:
    """What became of the attempt, from the result that the source states; nothing is concluded from silence."""
    if "res" in event:
        values["result_raw"] = event["res"]
        result = event["res"].strip()
        failed = result.startswith("-") or (result != "SUCCESS" and not result.isdigit())
        values["action"] = "failed" if failed else "observed"
        sources["action"] = sources["result_raw"]
    elif "failed" in event:
        values["action"] = "failed" if event["failed"] else "observed"
        values["result_raw"] = "failed" if event["failed"] else "SUCCESS"
        sources["action"] = sources["result_raw"] = sources["event.failed"]
    elif "rawres" in event:
        values["action"] = "failed" if event["rawres"] < 0 else "observed"
        values["result_raw"] = str(event["rawres"])
        sources["action"] = sources["result_raw"] = sources["event.rawres"]
    else:
        _api_outcome(api, values, sources)
    for path in [path for path in sources if path.startswith("event.")]:
        del sources[path]


def _api_outcome(api: dict[str, Any], values: dict[str, Any], sources: dict[str, FieldSource]) -> None:
    code, decision = api.get("response_code"), str(api.get("decision", "")).lower()
    reason = api.get("reason")
    if code is not None:
        values["result_raw"] = str(code)
        values["action"] = "blocked" if code in (401, 403) else "failed" if code >= 400 else "allowed"
        sources["action"] = sources["result_raw"] = sources["api.response_code"]
    elif decision:
        values["result_raw"] = api["decision"]
        sources["action"] = sources["result_raw"] = sources["api.decision"]
        if decision in ("allow", "allowed", "success"):
            values["action"] = "allowed"
        elif decision in ("forbid", "deny", "denied", "forbidden"):
            values["action"] = "blocked"
        elif decision in ("failure", "failed", "error"):
            values["action"] = "failed"
    elif reason and sources["api.reason"].path.endswith("ct.error"):
        values["result_raw"] = reason
        values["action"] = "blocked" if _DENIED.search(reason) else "failed"
        sources["action"] = sources["result_raw"] = sources["api.reason"]
