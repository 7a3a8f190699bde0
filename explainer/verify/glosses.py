"""What the alert's own fields say in words: "0" under ``proc.tty`` is "no terminal", "EACCES" is "refused".

Only what a field settles by itself. Each gloss is a short statement in English and is cut into clauses like any other
text, so that "no terminal" carries a denial and nothing else.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from explainer.schema.alert import Alert
from explainer.verify.glossary import described

_SYSCALLS = (
    (r"open\w*|creat", "opened, accessed."),
    (r"execve(?:at)?", "executed, called, command invoked, program execution."),
    (
        r"connect",
        "connected, contacted, connection to, opened the connection, reached out, network, communicates with.",
    ),
    (
        r"f?init_module",
        "asked the kernel to load a kernel module, requested, loading, passed, handed, given, attempted.",
    ),
    (r"symlink(?:at)?", "created a symbolic link pointing to a target, symlink, link target."),
    (r"link(?:at)?", "created a hard link, linked under a second name."),
    (r"unlink(?:at)?|rmdir", "deleted, removed."),
    (r"rename(?:at2?)?", "renamed, moved."),
    (r"ptrace", "ptrace requested, access, attach, tracer tracing another process, attached, target."),
    (r"dup[23]?", "duplicated, redirected descriptor, standard input and output stdin stdout stderr socket stream."),
    (r"socket", "requested, asked for, created, opened a socket."),
    (r"accept4?", "accepted an inbound incoming connection."),
    (r"listen|bind", "listens, listening, bound to a port."),
    (r"send\w+", "sent data over the network."),
    (r"recv\w+", "received data from the network."),
    (r"f?chmod\w*", "changed the mode, permissions."),
    (r"mount|fsmount|move_mount", "mounted a file system."),
    (r"memfd_create", "created an anonymous memory file."),
)
# What a program does when it is called, by its manual; options that change it are left to rule knowledge.
_PROGRAMS = {
    "find": "searches the file system for files.",
    "grep": "searches text.",
    "cat": "reads and prints a file, output.",
    "curl": "requests a URL, request sent, fetched, contacted.",
    "wget": "requests a URL, request sent, fetched, downloads.",
    "ln": "creates a link.",
    "insmod": "asks the kernel to load a kernel module, driver.",
    "modprobe": "asks the kernel to load a kernel module, driver.",
    "shred": "overwrites a device, disk or file, wiping.",
    "mkfs": "formats a device.",
    "rsync": "transfers, copies files, transfer.",
    "chroot": "changes the root directory.",
    "sudo": "runs a command as another user with sudo rights.",
    "logrotate": "rotates logs, log rotation.",
    "gdb": "debugger.",
    "strace": "traces system calls.",
    "debugfs": "reads a file system on the block device.",
    "chmod": "changes permissions.",
    "rm": "removes, deletes files.",
    "kubectl": "talks to the Kubernetes API.",
}
_FLAGS = {
    "EXE_UPPER_LAYER": "The executable is in the writable upper layer of the container; it is not part of "
    "the original image, "
    "not in the image.",
    "EXE_LOWER_LAYER": "The executable is part of the image, in the lower layer, unchanged.",
    "EXE_FROM_MEMFD": "The executable runs from an anonymous memory file, fileless. No file on disk, no "
    "binary exists on disk.",
    "EXE_WRITABLE": "The executable is writable.",
}
_HIDDEN = re.compile(r"/\.[\w-]")
_SHARED = re.compile(r"(?:^|[\s=(])/(?:tmp|var/tmp|dev/shm)(?:/|\b)")


def glosses(alert: Alert) -> Iterator[str]:
    """Statements that the fields of the alert make by themselves."""
    yield from _process(alert)
    yield from _people(alert)
    yield from _place(alert)
    yield from _outcome(alert)
    yield from _network(alert)
    for pattern, gloss in _SYSCALLS:
        if alert.syscall and re.fullmatch(pattern, alert.syscall):
            yield f"asked the kernel for, requested, {gloss}"


def _process(alert: Alert) -> Iterator[str]:
    process = alert.process
    if process is None:
        return
    flags = f"{' '.join(process.exe_flags)} {alert.fields.get('evt.arg.flags') or ''}"
    for flag, gloss in _FLAGS.items():
        if flag in flags:
            yield gloss
    words = set(re.findall(r"[\w.-]+", f"{process.name or ''} {process.cmdline or ''}"))
    for word in sorted(words & _PROGRAMS.keys()):
        yield _PROGRAMS[word]
    elders = (parent.exepath for parent in alert.ancestors)
    paths = " ".join(v for v in (process.exepath, process.cmdline, process.cwd, *_files(alert), *elders) if v)
    if _HIDDEN.search(paths):
        yield "hidden directory, hidden path, hidden file."
    if _SHARED.search(paths):
        yield "world-writable, writable by everybody, temporary, shared location."
    if "/dev/shm" in paths:  # noqa: S108 - a place that is looked for, not one that is written to
        yield "shared memory."
    if process.exepath and re.match(r"\[?k(?:worker|swapd|softirqd|thread|devtmpfs|auditd)|\[", process.name or ""):
        yield "imitates the name of a kernel worker thread."
    if re.search(r"(?i)bearer|token", process.cmdline or ""):
        yield "bearer token."
    if re.search(r"(?:\d{1,3}\.){3}\d{1,3}|://", process.cmdline or ""):
        for address in re.findall(r"(?:\d{1,3}\.){3}\d{1,3}", process.cmdline or ""):
            yield _address(address)
        yield "A network address, port, peer, endpoint, remote side, remote end, other end, server."
    if re.search(r"(?i)\bhttps?://", process.cmdline or ""):
        yield "remote URL, remote script, remote server, web address, endpoint."
    if re.search(r"\.\./", paths):
        yield "relative path, traversal, parent directories."
    if re.search(r"\s[|>]|>\s", process.cmdline or ""):
        yield "redirects, redirecting, redirected into; pipes, piped into."


def descriptions(alert: Alert) -> Iterator[str]:
    """What the programs, files and ports that the alert names are in general."""
    process = alert.process
    if process is None:
        return iter(())
    words = set(re.findall(r"[\w.-]+", f"{process.name or ''} {process.cmdline or ''}"))
    everything = " ".join(
        v
        for v in (
            process.exepath,
            process.cmdline,
            process.cwd,
            *_files(alert),
            str(alert.fields.get("evt.args") or ""),
        )
        if v
    )
    parents = {parent.name for parent in alert.ancestors if parent.name}
    commands = " ".join(parent.cmdline for parent in alert.ancestors if parent.cmdline)
    network = alert.network
    ports = {str(p) for p in ((network.src_port, network.dst_port) if network else ()) if p is not None}
    return described(
        words | parents,
        f"{everything} {commands}",
        ports | set(re.findall(r"(?<=[:/ ])\d{2,5}\b", process.cmdline or "")),
        alert.user.name if alert.user else None,
    )


def _files(alert: Alert) -> tuple[str | None, ...]:
    file = alert.file
    return (file.path, file.raw_path, file.linkpath, file.module) if file else ()


def _people(alert: Alert) -> Iterator[str]:
    process, user = alert.process, alert.user
    if process is not None and process.tty is not None:
        if process.tty == 0:
            yield "No terminal, tty, interactive session or person attached, involved, associated, typed, by hand."
            yield "Not interactively, not interactive."
            yield "Non-interactive, automated, by a script."
        else:
            yield "A terminal, tty, attached; an interactive session, a person typed it by hand, interactively."
    if user is None:
        return
    if user.loginuid_unset or user.loginuid in {-1, 4294967295}:
        yield "No log-in session or person logged in, stands behind, involved, associated; the audit user id is unset."
        yield "The audit user id is unset."
    elif user.loginuid is not None:
        yield "A log-in session with an audit user id; a person logged in to the session, the original account."
    if user.uid == 0 or (user.uid is None and user.name == "root"):
        yield "Runs as root, superuser, full privileges, root privileges."
    elif user.uid is not None or user.name:
        yield "Not root, not as root, not with root privileges. Non-root, unprivileged account, ordinary user."
    if user.name and re.search(r"www|apache|nginx|httpd|tomcat|php|web", user.name):
        yield "Web service account, web server."


def _place(alert: Alert) -> Iterator[str]:
    container = alert.container
    if container is not None and container.is_host:
        yield "On the host itself, directly on the host. Not in a container. Outside of any container."
    elif container is not None and container.id:
        yield "In a container, inside the container. Not on the host itself. Not directly on the host."
    if container is None or not container.image:
        yield "No image name."
    if alert.k8s is None or not alert.k8s.pod:
        yield "No pod name, no workload."


def _outcome(alert: Alert) -> Iterator[str]:
    if alert.action in {"allowed", "observed"} and (alert.result_raw or "").upper() == "SUCCESS":
        yield "It succeeded, success, successful, was accepted by the kernel, accepted the module, returned success."
    elif alert.action in {"failed", "blocked"}:
        yield "It failed, was refused, denied, refusal, with an error, permission denied."
        yield "It did not succeed. It did not run. Not executed, not loaded."


def _network(alert: Alert) -> Iterator[str]:
    network = alert.network
    if network is None:
        return
    yield "A network connection, session, an address, a port, a socket, connected, went, goes."
    yield "The remote end, server, client, endpoint, peer, far end, other end."
    if network.direction == "outbound":
        yield "Outbound, outgoing connection that it opened, initiated, began, established itself as the client."
    elif network.direction == "inbound":
        yield "Inbound, incoming connection that came in, accepted, received, as the server, to the listening port."
    for address in (network.src_ip, network.dst_ip):
        if address is not None:
            yield _address(address)


def _address(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if address.is_loopback:
        return "The loopback address, local, localhost. Not a public address."
    documentation = any(text.startswith(prefix) for prefix in ("192.0.2.", "198.51.100.", "203.0.113."))
    if address.is_private and not documentation:
        return "A private address, inside the private, internal network. Not a public address."
    return "A public, external, remote address, outside the private networks, on the internet. Not a private address."
