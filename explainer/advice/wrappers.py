"""Programs that run other programs: what they hand on, which scripts they carry, which files they write."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from explainer.advice import carriers
from explainer.advice.containers import after_options, container_command, option
from explainer.advice.words import split

SHELLS = frozenset(
    {"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "rbash", "csh", "tcsh", "yash", "elvish", "xonsh"}
)
_INTERPRETERS = {"python": "python", "perl": "perl", "ruby": "ruby", "node": "node", "php": "php", "pwsh": "powershell"}

# Wrappers with the options that take a value of their own; what follows is the command.
_PREFIXES: dict[str, str] = {
    "sudo": "-u -g -h -p -C -T -r -t -U -D -R --user --group --host --prompt --chdir",
    "doas": "-u -C",
    "nice": "-n --adjustment",
    "ionice": "-c -n -p --class --classdata",
    "nohup": "",
    "setsid": "",
    "command": "",
    "builtin": "",
    "exec": "-a",
    "time": "-f -o",
    "stdbuf": "-i -o -e",
    "chrt": "-p",
    "taskset": "-p",
    "busybox": "",
    "toybox": "",
    "unbuffer": "",
    "proxychains": "",
    "proxychains4": "",
    "strace": "-o -e -p",
    "ltrace": "-o -e",
    "caffeinate": "",
    "firejail": "",
    "dbus-run-session": "",
    "catchsegv": "",
    "pkexec": "--user",
    "gosu": "",
    "then": "",
    "do": "",
    "else": "",
    "!": "",
    "{": "",
    "setarch": "",
    "faketime": "",
    "logger-wrap": "",
    "chronic": "",
    "nocache": "",
    "run0": "--user",
    "please": "",
    "sudo-rs": "-u -g",
    "dzdo": "-u",
    "ksu": "-e -n",
    "trickle": "-d -u",
    "cpulimit": "-l -p",
    "numactl": "-N -m -C",
    "setsebool-run": "",
    "eatmydata": "",
    "fakeroot": "",
    "torsocks": "",
    "torify": "",
    "rlwrap": "",
    "systemd-cat": "-t -p",
    "coproc": "",
    "noglob": "",
    "hash": "",
    "env-run": "",
    "daemonize": "-c -e -o -p -l -u -E",
    "direnv-exec": "",
    "valgrind": "",
    "annotate-output": "",
    "elif": "",
    "if": "",
    "while": "",
    "until": "",
}
_SKIP_POSITIONAL = {"gosu": 1, "chrt": 1, "taskset": 1, "setarch": 1, "faketime": 1}


@dataclass(frozen=True, slots=True)
class Peeled:
    """A command without its prefixes, and the variables that ``env`` gave it."""

    argv: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    path: str = ""
    """The program as it was written, with its folder."""
    root: bool = False
    """``sudo`` or one of its kin stood before it."""


def basename(word: str) -> str:
    """Program name without folder, leading backslash or ``.exe``."""
    name = word.lstrip("\\").replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return name[:-4] if name.lower().endswith(".exe") else name


_STATES = {"stopped": "stop", "started": "start", "restarted": "restart", "reloaded": "reload"}
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def peel(argv: Sequence[str]) -> Peeled:
    """Drop ``sudo``, ``env``, ``nice`` … and folders: what remains starts with the program that acts."""
    words = list(argv)
    environment: list[tuple[str, str]] = []
    path, root = "", False
    for _ in range(12):
        while words and _ASSIGNMENT.match(words[0]):
            name, _sep, value = words.pop(0).partition("=")
            environment.append((name, value))
        if not words:
            break
        name = basename(words[0])
        path = words[0] if words[0] != name else path if path.endswith(name) else ""
        words[0] = name or words[0]
        if name == "env":
            index = after_options(words, "-u --unset -C --chdir -S --split-string")
            if "-S" in words[:index]:
                words = [*split(words[words.index("-S") + 1], {}), *words[index:]]
            elif index >= len(words) or all(_ASSIGNMENT.match(w) for w in words[index:]):
                break
            else:
                words = words[index:]
            continue
        if name == "timeout":
            index = after_options(words, "-s --signal -k --kill-after")
            words = words[index + 1 :]
            continue
        if name == "sudo" and words[1:] and words[1] in ("-l", "-v", "-k", "-K", "-e", "--list", "--edit", "-ll"):
            break
        root = root or name in ("sudo", "doas", "pkexec", "run0", "dzdo", "sudo-rs", "please")
        if name in _PREFIXES and len(words) > 1:
            if name in ("command",) and words[1] in ("-v", "-V"):
                break
            if name in ("busybox", "toybox", "exec") and words[1].startswith("-") and name != "exec":
                break
            index = after_options(words, _PREFIXES[name]) + _SKIP_POSITIONAL.get(name, 0)
            if index >= len(words):
                break
            words = words[index:]
            continue
        break
    return Peeled(tuple(words), tuple(environment), path if words and path.endswith(words[0]) else "", root)


_SSH_VALUED = "-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w"


def handed_on(argv: Sequence[str]) -> list[list[str]]:
    """Command lines (already split into words) that this program would run."""
    if len(argv) < 2:
        return []
    name = argv[0]
    if name in ("xargs", "parallel"):
        index = after_options(argv, "-I -n -P -d -L -a -E -s -j --max-args --max-procs --delimiter --arg-file")
        return [list(argv[index:])] if index < len(argv) else []
    if name in ("find", "fd"):
        found = []
        for index, word in enumerate(argv):
            if word in ("-exec", "-execdir", "-ok", "-okdir", "-x", "--exec"):
                inner = []
                for part in argv[index + 1 :]:
                    if part in (";", "\\;", "+"):
                        break
                    inner.append(part)
                # The start points of find are what the inner command works on.
                roots = []
                for part in argv[1:]:
                    if part.startswith("-"):
                        break
                    roots.append(part)
                narrowed = len(argv[1 + len(roots) : index]) > 2
                target = "{}" if narrowed or not roots else roots[0]
                found.append([target if part == "{}" else part for part in inner])
        return [item for item in found if item]
    if name == "chroot":
        index = after_options(argv, "")
        return [list(argv[index + 1 :])] if index + 1 < len(argv) else []
    if name in ("nsenter", "unshare"):
        index = after_options(argv, "-t --target -S -G -w --setuid --setgid")
        while index < len(argv) and re.fullmatch(r"\d+", argv[index]):
            index += 1
        return [list(argv[index:])] if index < len(argv) else []
    if name == "sshpass":
        index = after_options(argv, "-p -f -e")
        return [list(argv[index:])] if index < len(argv) else []
    if name == "flock":
        index = after_options(argv, "-w -E --timeout")
        return [list(argv[index + 1 :])] if index + 1 < len(argv) and argv[index + 1] != "-c" else []
    if name in ("systemd-run", "systemd-inhibit", "runuser", "setpriv", "capsh", "cgexec", "aa-exec"):
        index = after_options(
            argv,
            "-p --property -u --unit --slice --on-active --on-calendar --uid --gid --reuid -g -t --what --who --why",
        )
        return [list(argv[index:])] if index < len(argv) else []
    if name in ("kubectl", "oc", "k3s", "microk8s", "k", "minikube"):
        if "--" in argv:
            inner = list(argv[argv.index("--") + 1 :])
            return [inner] if inner else []
        if name in ("k3s", "microk8s", "minikube") and len(argv) > 2 and argv[1] in ("kubectl", "crictl", "ctr"):
            return [list(argv[1:])]
        return carriers.handed_on(argv)
    if name in ("docker", "podman", "nerdctl", "crictl", "ctr", "lxc", "machinectl", "docker-compose", "incus"):
        return container_command(argv)
    return carriers.handed_on(argv)


def scripts(argv: Sequence[str], stdin: str | None) -> list[tuple[str, str]]:
    """Program text that the command carries, as (language, text); ``shell`` is read on with the rest."""
    name = argv[0]
    lower = name.lower()
    found: list[tuple[str, str]] = []
    if name in SHELLS:
        for index, word in enumerate(argv[1:], 1):
            if re.fullmatch(r"-[a-zA-Z]*c", word) and index + 1 < len(argv):
                return [("shell", argv[index + 1])]
        if stdin is not None and (len(argv) == 1 or all(w.startswith("-") for w in argv[1:])):
            found.append(("shell", stdin))
        return found
    if name in ("su", "runuser", "script", "flock", "sg", "newgrp"):
        text = option(argv, "-c", "--command")
        return [("shell", text)] if text else ([("shell", stdin)] if stdin and name == "su" else [])
    if name in ("eval", "trap"):
        words = argv[1:] if name == "eval" else argv[1:2]
        return [("shell", " ".join(words))] if words else []
    if name in ("watch", "at", "batch", "entr"):
        if name == "watch":
            index = after_options(argv, "-n --interval")
            return [("shell", " ".join(argv[index:]))]
        return [("shell", stdin)] if stdin else []
    if name in ("ssh", "mosh", "autossh"):
        index = after_options(argv, _SSH_VALUED)
        words = argv[index + 1 :]
        if words and words[0].startswith("-"):
            words = words[after_options(["ssh", *words], _SSH_VALUED) - 1 :]
        if words:
            read = stdin and basename(words[0]) in (*SHELLS, "sudo") and "-c" not in words
            return [("shell", " ".join(words)), *([("shell", stdin)] if read and stdin else [])]
        return [("shell", stdin)] if stdin else []
    if name in ("parallel-ssh", "pssh", "pdsh", "clush", "mussh", "dsh", "rsh"):
        index = after_options(
            argv, "-h -H -l -t -o -e -O -x -A -p -w -g -f -u -a" if name != "pdsh" else "-w -l -x -g -f -u -t -R"
        )
        words = argv[index:]
        if words:
            return [("shell", " ".join(words))]
        return [("shell", stdin)] if stdin else []
    if name in ("ansible", "salt", "bolt"):
        text = option(argv, "-a", "--args") if name == "ansible" else (argv[-1] if len(argv) > 2 else None)
        module = option(argv, "-m", "--module-name")
        if (
            text
            and name == "ansible"
            and module in ("service", "systemd", "ansible.builtin.systemd", "ansible.builtin.service")
        ):
            unit = re.search(r"name=(\S+)", text)
            state = re.search(r"state=(\w+)", text)
            if unit and state:
                return [("shell", f"systemctl {_STATES.get(state.group(1), state.group(1))} {unit.group(1)}")]
        short = (module or "").rsplit(".", 1)[-1]
        if text and name == "ansible" and short not in ("", "command", "shell", "raw", "script"):
            # The module of an ad-hoc call is judged like the task that it would be in a playbook.
            body = ", ".join(f"{k}: '{v}'" for k, v in re.findall(r"(\w+)=['\"]?([^\s'\"]+)", text))
            return [("shell", text), ("yaml", f"- {module}: {{{body}}}")] if body else [("shell", text)]
        return [("shell", text)] if text else []
    if name in ("aws", "gcloud", "az", "vagrant", "multipass", "tsh", "gh", "doctl", "fly", "nomad", "juju"):
        text = option(argv, "--command", "-c", "--scripts", "--commands")
        if text:
            found.append(("shell", text.lstrip("@")))
        for word in argv:
            match = re.search(r"commands?[\"']?\s*[=:]\s*(.+)", word)
            if match and name == "aws":
                parts = re.findall(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'", match.group(1))
                texts = ["".join(p) for p in parts] or [match.group(1).strip("[]")]
                found += [("shell", t) for t in texts]
        return found
    if name == "crontab" and stdin and ("-" in argv[1:] or len(argv) == 1):
        return [("cron", stdin)]
    if name in (
        "mysql",
        "psql",
        "mariadb",
        "sqlite3",
        "mongosh",
        "mongo",
        "clickhouse-client",
        "sqlcmd",
        "redis-cli",
        "cypher-shell",
    ):
        text = option(argv, "-e", "-c", "--execute", "--command", "--eval", "-Q")
        if text:
            found.append(("sql", text))
        if stdin:
            found.append(("sql", stdin))
        if name == "sqlite3" and len(argv) > 2:
            found.append(("sql", argv[-1]))
        return found
    for prefix, language in _INTERPRETERS.items():
        if re.fullmatch(rf"{prefix}[\d.]*", lower):
            text = option(argv, "-c", "-e", "-E", "-r", "-Command", "-command", "--eval", "-pi", "-ne", "-pe")
            if language == "perl" and any(re.match(r"-\w*i", w) for w in argv[1:]):
                return []
            if language == "powershell":
                break
            if text:
                return [(language, text)]
            if stdin and (len(argv) == 1 or argv[1] == "-"):
                return [(language, stdin)]
            return []
    if lower in ("powershell", "pwsh"):
        for index, word in enumerate(argv[1:], 1):
            key = word.lower()
            if re.fullmatch(r"-e(nc?|ncodedcommand)?", key) and index + 1 < len(argv):
                try:
                    return [("powershell", base64.b64decode(argv[index + 1]).decode("utf-16-le", "replace"))]
                except (binascii.Error, ValueError):
                    return []
            if re.fullmatch(r"-c(ommand)?", key):
                return [("powershell", " ".join(argv[index + 1 :]))]
        return [("powershell", stdin)] if stdin else []
    if lower == "cmd" and len(argv) > 2 and argv[1].lower() in ("/c", "/k"):
        return [("shell", " ".join(argv[2:]))]
    if name in ("kubectl", "oc") and stdin and any(w in ("apply", "create", "replace", "patch") for w in argv):
        return [("config", stdin)]
    if name in ("kubectl", "oc"):
        text = option(argv, "-p", "--patch", "--overrides")
        return (
            [("config", text)]
            if text and text.lstrip()[:1] in "{["
            else ([("config", text)] if text and ":" in text else [])
        )
    if name in ("docker", "podman") and stdin and "build" in argv:
        return [("dockerfile", stdin)]
    return found or carriers.scripts(argv, stdin)
