"""Who sets a value: signs are independent only when nobody chooses them together.

Counting fields counts the inventions of one actor. Whoever runs a program picks its name, its arguments, its folder and
the files it opens in one go; whoever deploys a container picks image, pod and namespace in one go. Each of those is one
origin. What the kernel or the runtime reads by itself (the executable that it resolved, the account and the session,
the far end of a connection, a digest) is another, and one of these at least is asked for: words that agree are a story.
"""

from __future__ import annotations

from typing import Literal

Origin = Literal[
    "words", "ancestry", "labels", "executable", "session", "peer", "content", "principal", "event", "sensor"
]

OBSERVED: frozenset[Origin] = frozenset({"executable", "session", "peer", "content", "event", "sensor"})
"""Read by the kernel, the runtime or the sensor rather than stated by the actor."""

# The first prefix that fits decides, so exceptions stand before what they are excepted from.
_ORIGINS: tuple[tuple[Origin, tuple[str, ...]], ...] = (
    ("content", ("container.image.digest", "container.image.id", "proc.hash")),
    ("executable", ("proc.exepath", "proc.pexepath", "proc.aexepath", "proc.is_exe", "proc.exe_", "evt.arg.flags")),
    ("session", ("proc.tty", "proc.sid", "user.", "group.", "proc.vpid", "proc.is_container")),
    (
        "ancestry",
        ("proc.pname", "proc.pcmdline", "proc.pexe", "proc.aname", "proc.acmdline", "proc.aexe", "proc.sname"),
    ),
    ("labels", ("container.image", "container.name", "k8s")),
    ("session", ("container.",)),
    (
        "peer",
        ("fd.sip", "fd.rip", "fd.cip", "fd.lip", "fd.sport", "fd.rport", "fd.lport", "fd.snet", "fd.rnet", "fd.l4"),
    ),
    ("words", ("proc.", "fd.", "fs.", "evt.arg", "act.", "derived.")),
    ("principal", ("ka.", "ct.", "gcp.", "okta.", "github.")),
    ("event", ("evt.",)),
    ("sensor", ("alert.kind", "alert.rule", "alert.priority", "alert.tags", "sensor.")),
)


def origin(field: str) -> Origin:
    """Who sets this field; what is not known counts as the actor's own words."""
    return next((name for name, prefixes in _ORIGINS if field.startswith(prefixes)), "words")


# Finer than origins, for rule exceptions: fields that say the same thing twice pin down one thing only.
_FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("command line", ("proc.cmdline", "proc.args", "proc.arg")),
    ("executable", ("proc.exepath", "proc.exe", "proc.hash", "proc.is_exe", "proc.exe_")),
    ("process name", ("proc.name",)),
    ("parent executable", ("proc.pexepath", "proc.pexe", "proc.aexepath")),
    ("parent name", ("proc.pname", "proc.pcmdline", "proc.aname", "proc.acmdline")),
    ("image", ("container.image", "container.name")),
    ("pod", ("k8s.pod", "k8s.ns", "k8smeta", "k8s.deployment")),
    ("file", ("fd.name", "fd.filename", "fd.directory", "fs.path", "fd.nameraw")),
    ("peer", ("fd.sip", "fd.rip", "fd.cip", "fd.sport", "fd.rport", "fd.sip.name")),
    ("principal", ("ka.user", "ct.user", "gcp.user", "okta.actor")),
    ("message", ("alert.message", "alert.tags", "alert.rule")),
)


def family(field: str) -> str:
    """The independent thing that a field tells of."""
    for name, prefixes in _FAMILIES:
        if field.startswith(prefixes):
            return name
    return field
