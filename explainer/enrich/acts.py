"""What a command line does that no harmless explanation survives, whatever rule fired.

Every predicate names a kind of act, not a tool of the month: a shell joined to a connection, a secret that is sent,
a download that is run. Each gives the field ``act.<kind>``, whose value is the part of the line that shows it; the
block ``every-rule`` says what follows. A rule's own signs read single fields and can be satisfied by one actor who
chooses names, image and paths together; the act itself has to stand in what was executed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from explainer.enrich.acts_host import blinding, breaking_out, staying
from explainer.enrich.acts_network import (
    FETCH,
    QUIET,
    RELAYS,
    SEND,
    WRITABLE,
    download_run,
    file_sent,
    hidden_run,
    secret_sent,
    shell_to_network,
)
from explainer.enrich.command import MAX_COMMANDS, MAX_LINE, SHELLS, Line, interpreter, names, parse_line
from explainer.enrich.view import Fields

SHOWN = 200
LINES = ("proc.cmdline", "proc.pcmdline", "proc.args", "proc.exeline", "proc.acmdline")

_MINING = re.compile(
    r"stratum\+|--donate-level|--cpu-max-threads|\b(?:xmrig|minerd|cpuminer|nbminer|t-rex)\b", re.IGNORECASE
)
_ACTIVE = names(
    "chmod chown chattr cp mv ln dd tee rm shred install tar zip kill pkill killall useradd usermod passwd chpasswd "
    "crontab at mount umount insmod modprobe rmmod iptables nft systemctl service docker crictl ctr nerdctl kubectl "
    "gcc cc make apt apt-get apk yum dnf pip npm openssl base64 xxd nsenter chroot cat find grep sed awk env id whoami "
    "touch mkfifo mknod setenforce auditctl nmap masscan gdb strace history unset ps ls uname head tail strings dig"
)
_GLANCES = frozenset({"id", "whoami", "env", "ps", "ls", "uname"})
_WORKS = _ACTIVE | FETCH | SEND | RELAYS


def acts_of(fields: Fields) -> dict[str, tuple[str, str]]:
    """Kinds of acts in the alert's command lines: under ``act.…`` the part that shows it, and its source field."""
    found: dict[str, tuple[str, str]] = {}
    seen: set[str] = set()
    for field, value in fields.items():
        if not field.startswith(LINES) or not isinstance(value, str) or value in seen:
            continue
        seen.add(value)
        line = parse_line(value)
        for name, look in _LOOKS:
            if f"act.{name}" not in found and (shown := look(line)):
                found[f"act.{name}"] = (shown[:SHOWN], field)
    return found


def _mining(line: Line) -> str:
    return line.text[:SHOWN] if _MINING.search(line.text) else ""


def _appended(line: Line) -> str:
    """Further commands behind the one that a harmless reading would rest on."""
    if len(line.commands) == MAX_COMMANDS or len(line.text) > MAX_LINE:
        return "more than can be read"
    working = [c for c in line.commands if c.program not in QUIET]
    if len(working) < 2:
        return ""
    # Behind a shell's own first command a look around is another matter than behind a program that takes no commands.
    works = _WORKS if line.commands[0].path == line.commands[0].text.split(" ", 1)[0] else _WORKS - _GLANCES
    for command in working[1:]:
        if command.join in {"(", ")", "{", "}"}:
            continue
        plain_shell = command.program in SHELLS and not command.words
        runs = command.program in works or interpreter(command.program) or command.path.startswith(WRITABLE)
        if runs or (command.program in SHELLS and not plain_shell):
            return f"{command.join} {command.text}"
    return ""


_LOOKS: tuple[tuple[str, Callable[[Line], str]], ...] = (
    ("shell_to_network", shell_to_network),
    ("secret_sent", secret_sent),
    ("file_sent", file_sent),
    ("download_run", download_run),
    ("hidden_run", hidden_run),
    ("blinding", blinding),
    ("staying", staying),
    ("breaking_out", breaking_out),
    ("mining", _mining),
    ("appended", _appended),
)
