# ruff: noqa: ARG001  (one signature for all functions of a kind)

"""What a pattern cannot say about a command: how far a path reaches, in which direction data flows, how open a mode is.

Each check is named; a rule asks for it with ``match: {check: [name]}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from explainer.advice.patterns import Argv
from explainer.advice.script import Command

Check = Callable[[Argv, Command], bool]
CHECKS: dict[str, Check] = {}
BY_PROGRAM: dict[str, list[str]] = {}


def check(name: str, *programs: str) -> Callable[[Check], Check]:
    """Register a check for the programs that it judges."""

    def register(function: Check) -> Check:
        CHECKS[name] = function
        for program in programs:
            BY_PROGRAM.setdefault(program, []).append(name)
        return function

    return register


SYSTEM = re.compile(
    r"^/+$|^/+\*|^/\.\*$|^/(?:bin|boot|dev|etc|home|lib|lib64|opt|proc|root|run|sbin|srv|sys|"
    r"usr|var|mnt|media|data|host|hostfs|rootfs|"
    r"Users|System|Library|Applications|backups?|exports?|nfs|storage|volumes?)(?:/+\*?)?$|"
    r"^~/?\*?$|^\$HOME/?\*?$|^\$\{HOME\}/?\*?$|^\.\.?/?\*?$|^\*$"
    r"|^[A-Za-z]:[\\/]*\*?$",
)
DATA = re.compile(
    r"^/var/lib/?\*?$|^/(?:var/lib/(?:docker|containerd|kubelet|etcd|mysql|postgresql|pgsql|"
    r"mongodb|redis|elasticsearch|rancher|longhorn|rook|libvirt|"
    r"containers|clickhouse|prometheus|grafana|cassandra|kafka|rpm|dpkg)|usr/(?:bin|lib|local|"
    r"sbin|share)|etc/(?:kubernetes|ssh|ssl|pki|systemd|"
    r"cni|containerd|docker|pam\.d|sudoers\.d)|lib/modules|boot|home|srv|opt|data|backups?|"
    r"var/backups?|var/spool|var/www|mnt|root)(?:/|$)",
    re.I,
)
EVIDENCE = re.compile(
    r"^(?:/host)?(?:/var/log\b|/var/tmp(?:/|$)|/tmp(?:/\*|/?$|/\.)|/dev/shm(?:/|$)|/run/log|"
    r"/var/crash|/var/lib/systemd/coredump|/var/audit|/var/spool/cron|"
    r"/root/\.bash_history)|(?:_|\.)history$|lastlog|[/.]viminfo$|\bwtmp\b|\bbtmp\b|\butmp\b|"
    r"auth\.log|audit\.log|/var/log/|\.evtx$"
    r"|^/?.*(?:evidence|forensics?|incident|ir-case)\b",
    re.I,
)
SENSOR = re.compile(
    r"(?:^|/)(?:\.?falco(?:ctl)?|falco[-_]\w*|auditd?|ossec|wazuh|osquery|crowdstrike|"
    r"CrowdStrike|sysdig|tetragon|falcosecurity|falco[\w.-]*\.(?:ko|o|yaml))"
    r"(?:/|$|\*|\.)",
    re.I,
)
SCRATCH = re.compile(
    r"^(?:/tmp|/var/tmp|/scratch|/workdir?|/analysis|/sandbox|\./?)/?[\w.$%{}-]{2,}(?:/.*)?$|"
    r"^(?:build|dist|target|node_modules|out|tmp)(?:/|$)|/var/lib/apt/lists|/var/cache|"
    r"^\$(?:\{)?(?:tmp|scratch|work|TMPDIR|WORKDIR|WORK|tmpdir)",
    re.I,
)


# What a command prints may be nothing, and then the root is emptied; a folder that was just made is named.
_UNKNOWN = re.compile(r"\$\((?!\s*(?:mktemp|pwd|dirname|realpath|readlink|git)\b)[^|]{0,200}?\)/(?:\*|\.\*|\s|$)")
# Files that give something away or switch something off by being there: taking one back is a repair.
_GRANTING = re.compile(
    r"^/etc/(?:sudoers\.d|apparmor\.d/(?:disable|force-complain)|polkit-1/rules\.d|doas\.d)/[\w.@-]+$"
)


def normal(path: str) -> str:
    """Resolve ``..`` and doubled slashes in an absolute path."""
    if not path.startswith("/"):
        return path
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if parts:
                parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def _recursive(argv: Argv) -> bool:
    return any(f in argv.flags for f in ("-r", "-R", "--recursive", "-Recurse", "-d", "--no-preserve-root"))


def _targets(argv: Argv) -> Iterator[str]:
    for word in argv.positional:
        yield normal(word.strip("\"'"))


@check("removes-data", "rm", "find", "rmdir", "unlink", "shred", "srm", "wipe", "rimraf", "del", "remove-item", "rd")
def _removes_data(argv: Argv, command: Command) -> bool:
    """Recursive removal of a system or data folder, or of a path that an empty variable would turn into one."""
    if argv.program == "find":
        if not ("-delete" in argv.words or re.search(r"-exec(?:dir)? (?:/bin/)?(?:rm|shred|unlink)\b", argv.joined)):
            return False
        roots = []
        for word in argv.words[1:]:
            if word.startswith(("-", "(", "!")):
                break
            roots.append(normal(word))
        narrow = re.search(r"-(?:name|iname|path|mtime|newer|mmin|inum|size|user|empty|regex)\b", argv.joined)
        return any((SYSTEM.match(r) or DATA.match(r)) and not narrow for r in roots)
    if argv.program == "shred":
        return any(re.match(r"^/dev/(?:sd|nvme|vd|xvd|mapper|mmcblk|disk)", t) or DATA.match(t) for t in _targets(argv))
    if argv.program not in ("del", "rd") and not _recursive(argv):
        return any(SYSTEM.match(t) and t.endswith("*") for t in _targets(argv)) or any(
            re.match(r"^/(?:etc/(?:passwd|shadow|fstab|kubernetes)|boot/|dev/|lib/ld)", t) for t in _targets(argv)
        )
    if _UNKNOWN.search(argv.joined):
        return True
    for target in _targets(argv):
        if EVIDENCE.search(target) and not re.match(r"^/var/lib", target):
            continue
        if SENSOR.search(target) or _GRANTING.match(target):
            continue
        if SYSTEM.match(target) or DATA.match(target):
            return True
        if re.match(r"^\$\{?\w+\}?(?:/\*?|/\.\*|/?$)", target) and not SCRATCH.match(target):
            return target.rstrip("*").endswith("/") or "*" in target
        if re.match(r"^\$\{?\w+\}?/(?:bin|etc|lib|usr|var|home|data|opt|srv)\b", target):
            return True
    return False


@check(
    "removes-evidence",
    "rm",
    "find",
    "shred",
    "unlink",
    "srm",
    "wipe",
    "remove-item",
    "del",
    "rmdir",
    "clear-content",
    "scrub",
)
def _removes_evidence(argv: Argv, command: Command) -> bool:
    """Removal of logs, histories, temporary folders, or of the intruder's files."""
    if argv.program == "find":
        if not (
            "-delete" in argv.words
            or re.search(r"-exec(?:dir)? \S*(?:rm|shred|truncate|unlink|cp /dev/null)\b", argv.joined)
        ):
            return False
        return any(EVIDENCE.search(normal(w)) for w in argv.words[1:6] if w.startswith(("/", "~")))
    for target in _targets(argv):
        own = re.search(
            r"(?:passw|secret|token|scratch|build|cache|lists|pip|npm|keyfile|install|\.swp$|\.pid$|\.lock$)",
            target,
            re.I,
        )
        if EVIDENCE.search(target) and not own:
            if re.match(r"^/tmp/\.?[\w-]", target) and argv.program != "rm":
                continue
            return True
    return False


@check("removes-suspect", "rm", "shred", "unlink", "srm", "remove-item", "del", "wipe")
def _removes_suspect(argv: Argv, command: Command) -> bool:
    """Removal of a file that looks like the intruder's: hidden, in a world-writable folder, or a dropped binary."""
    for target in _targets(argv):
        if re.search(r"passw|secret|token|scratch|keyfile|mktemp", target, re.I):
            continue
        if re.match(r"^(?:/tmp|/var/tmp|/dev/shm)/\S", target) or re.search(
            r"/\.[\w-]+/[\w.-]+$|xmrig|miner|backdoor|rootkit|payload|malware|dropper|webshell|shell\.php", target, re.I
        ):
            return True
    return False


@check("removes-sensor", "rm", "find", "shred", "unlink", "remove-item", "mv")
def _removes_sensor(argv: Argv, command: Command) -> bool:
    """Removal of a security sensor's own files or driver."""
    if argv.program == "find" and "-delete" not in argv.words and "rm" not in argv.words:
        return False
    words = argv.positional[:-1] if argv.program == "mv" else argv.positional
    return any(
        SENSOR.search(normal(w)) and not re.search(r"/var/log|evidence|\.(?:bak|old|log|tmp|orig)$|/tmp/", w)
        for w in words
    )


_MODE_OCTAL = re.compile(r"^[0-7]{3,5}$")


def _mode(argv: Argv) -> str:
    if argv.program == "install" or argv.program == "mkdir":
        for name in ("-m", "--mode"):
            for value in argv.flags.get(name, ()):
                return value
        return ""
    words = [w for w in argv.words[1:] if not re.match(r"^-[RvcfhHLP]+$|^--", w)]
    return words[0] if words else ""


def _paths(argv: Argv) -> list[str]:
    mode = _mode(argv)
    return [normal(w) for w in argv.positional if w != mode]


@check("mode-open", "chmod", "install", "mkdir")
def _mode_open(argv: Argv, command: Command) -> bool:
    """Everybody may write."""
    mode = _mode(argv)
    paths = _paths(argv)
    if _MODE_OCTAL.match(mode):
        digits = mode[-3:]
        sticky = len(mode) > 3 and mode[-4] in "1357"
        if digits[2] in "2367":
            return not (sticky and any(re.match(r"^/(?:tmp|var/tmp|dev/shm)", p) for p in paths)) or not paths
        return False
    for clause in mode.split(","):
        match = re.match(r"^([ugoa]*)([+=])([rwxXst]*)$", clause)
        if match and "w" in match.group(3) and ("o" in match.group(1) or "a" in match.group(1)):
            return not re.search(r"^\+t|,[ugoa]*\+t", mode)
        if match and not match.group(1) and match.group(3) in ("rwx", "rw", "rwX"):
            return True
    return False


# Programs that have the bit by their package; setting it again is a repair.
_SETUID_BY_PACKAGE = re.compile(
    r"/(?:usr/)?s?bin/(?:sudo|su|passwd|mount|umount|chsh|chfn|newgrp|gpasswd|pkexec|fusermount3?|unix_chkpwd)$"
)


@check("mode-setuid", "chmod", "install")
def _mode_setuid(argv: Argv, command: Command) -> bool:
    """The set-user-ID or set-group-ID bit is given to a program."""
    mode = _mode(argv)
    paths = _paths(argv)
    if paths and all(_SETUID_BY_PACKAGE.search(p) for p in paths) and mode in ("4755", "4711", "4111", "u+s"):
        return False
    if _MODE_OCTAL.match(mode) and len(mode) >= 4:
        return mode[-4] in "4567" or (mode[-4] in "23" and not _directory(argv))
    return any(
        re.match(r"^(?:u|ug|a|g)?\+[rwx]*s", c) and not (c.startswith("g") and _directory(argv))
        for c in mode.split(",")
    )


def _directory(argv: Argv) -> bool:
    return not any(re.search(r"bin/|\.(?:py|sh)$|python|bash|perl", p) for p in _paths(argv))


# Certificates are public; a .pem may be one, and its name or its folder tells.
_CERTIFICATE = re.compile(
    r"(?<![a-z])(?:ca|root|cert|certs|chain|fullchain|bundle|issuing|intermediate|public|anchors?)(?![a-z])(?!.*key)[^/]*\.(?:pem|crt|cer)$"
    r"|(?:ca-certificates|ca-trust|anchors|ssl/certs|pki/trust)/",
    re.I,
)


@check("mode-secret", "chmod", "install")
def _mode_secret(argv: Argv, command: Command) -> bool:
    """A file of secrets becomes readable by everybody."""
    mode = _mode(argv)
    secret = any(
        re.search(
            r"shadow|id_(?:rsa|ed25519|ecdsa)|\.key$|sudoers|\.kube/config|admin\.conf|kubelet\.conf|"
            r"\.pem$|/pki\b|token|credentials|\.aws|kubeconfig|/etc/ssh/ssh_host_\w+_key$|"
            r"/etc/kubernetes$|/etc/ssl/private",
            p,
        )
        and not _CERTIFICATE.search(p)
        for p in _paths(argv)
    )
    if not secret:
        return False
    if _MODE_OCTAL.match(mode):
        return mode[-1] in "4567"
    return bool(re.search(r"(?:^|,)(?:[ugo]*[oa][ugo]*|)[+=]r", mode))


@check("mode-lock", "chmod", "chown", "chattr", "setfacl", "mv", "rm")
def _mode_lock(argv: Argv, command: Command) -> bool:
    """The programs or files that a log-in needs are taken away."""
    vital = [
        p
        for p in (_paths(argv) if argv.program == "chmod" else argv.positional)
        if re.search(
            r"^(?:/usr)?/s?bin/(?:sudo|su|bash|sh|login|sshd|passwd|mount)$|^/etc/(?:ssh|sudoers|"
            r"pam\.d|passwd|shadow)\b|^/root$|^/(?:bin|usr|etc|usr/bin|usr/sbin)$|^/$",
            normal(p),
        )
    ]
    if not vital:
        return False
    if argv.program == "chmod":
        mode = _mode(argv)
        if re.match(r"^0*0*[0-6]?00$|^0+$", mode):
            return (
                mode.strip("0") in ("", "4", "6")
                and (mode.strip("0") == "" or "-R" in argv.flags)
                and mode not in ("600", "0600", "400", "0400")
            )
        return (bool(re.match(r"^(?:a|ugo|u)?[-=](?:r?w?x)?$", mode)) and mode[-1] in "x=") or mode in (
            "a=",
            "ugo=",
            "a-rwx",
            "ugo-rwx",
            "-rwx",
        )
    if argv.program in ("mv", "rm"):
        return any(
            re.search(r"bin/(?:sudo|su|bash|sh|login|sshd)$|pam\.d$|/etc/(?:sudoers|passwd|shadow)$", p)
            for p in argv.positional[: 1 if argv.program == "mv" else None]
        )
    return False


@check("chown-tree", "chown", "chgrp")
def _chown_tree(argv: Argv, command: Command) -> bool:
    """Ownership of a system tree is changed."""
    if not any(f in argv.flags for f in ("-R", "--recursive")):
        return any(
            re.search(r"^/etc/(?:passwd|shadow|sudoers)$", p) for p in argv.positional[1:]
        ) and not argv.positional[0].startswith(("root", "0"))
    owner = argv.positional[0] if argv.positional else ""
    return any(
        re.match(
            r"^/(?:|\*|bin|boot|dev|etc|lib|lib64|opt|proc|root|run|sbin|srv|sys|usr|var|home)$|"
            r"^/(?:etc|usr|lib|boot|bin|sbin|root)(?:/|$)|^/var/(?:lib|run|log)$",
            normal(p).rstrip("/") or "/",
        )
        for p in argv.positional[1:]
    ) and not re.match(r"^(?:root|0)(?::(?:root|0))?$", owner)


_FETCH = frozenset(
    {"curl", "wget", "fetch", "aria2c", "lynx", "iwr", "invoke-webrequest", "http", "https", "gh", "nc", "ncat"}
)
_INTERPRETERS = re.compile(
    r"^(?:sh|bash|dash|ash|zsh|ksh|mksh|csh|tcsh|fish|python[\d.]*|perl|ruby|node|php|lua|osascript|iex|"
    r"source|\.|tclsh|deno|bun|powershell|pwsh)$"
)


def _fetches(command: Command | None, depth: int = 0) -> bool:
    while command is not None and depth < 12:
        name = command.program.lower()
        if name in _FETCH and not any(re.fullmatch(r"--spider|-I|--head", w) for w in command.argv[1:]):
            return True
        if any(_fetches(c, depth + 6) for c in command.substitutions):
            return True
        command, depth = command.piped_from, depth + 1
    return False


@check("runs-download", "*")
def _runs_download(argv: Argv, command: Command) -> bool:
    """What comes from the network goes straight into an interpreter."""
    name = argv.program
    if not _INTERPRETERS.match(name) and name not in (
        "eval",
        "sudo",
        "semodule",
        "insmod",
        "kubectl",
        "docker",
        "tar",
        "at",
        "bash",
        "apt-key",
        "rpm",
        "dpkg",
    ):
        return False
    if name in ("semodule", "insmod", "kubectl", "docker", "tar", "apt-key", "rpm", "dpkg"):
        if name == "tar":
            return bool({"-C", "--directory"} & set(argv.flags)) and "/" in argv.words and _fetches(command.piped_from)
        if name == "apt-key":
            return False
        if name == "kubectl":
            return "apply" in argv.positional and "-" in argv.words and _fetches(command.piped_from)
        return any(_fetches(c) for c in command.substitutions) or (
            ("-" in argv.words or "/dev/stdin" in argv.words or (name == "docker" and "load" in argv.words))
            and _fetches(command.piped_from)
        )
    if _fetches(command.piped_from):
        inline = any(re.fullmatch(r"-[a-zA-Z]*[ceEnp]\w*|-m|--eval", w) for w in argv.words[1:]) and not re.match(
            r"^(?:ba|da|a|z|k)?sh$", name
        )
        if re.match(r"^(?:ba|da|a|z|k)?sh$", name) and any(re.fullmatch(r"-[a-z]*c", w) for w in argv.words[1:]):
            inline = not re.search(r"\bread\b|/dev/stdin|\bsh\b", argv.joined)
        script = any(not w.startswith("-") and re.search(r"\.(?:py|pl|rb|sh|js)$", w) for w in argv.words[1:])
        return not inline and not script
    return any(_fetches(c) for c in command.substitutions)


@check("formats-disk", "dd", "cat", "cp", "pv", "tee", "dcfldd")
def _formats_disk(argv: Argv, command: Command) -> bool:
    """Output goes to a block device."""
    device = re.compile(r"^/dev/(?:[shv]d[a-z]|xvd[a-z]|nvme\d|mmcblk|mapper/|disk|md\d|dm-|vg)")
    for word in argv.words[1:]:
        if argv.program in ("dd", "dcfldd") and word.startswith("of=") and device.match(word[3:]):
            return True
    if argv.program in ("cp", "tee") and argv.positional and device.match(argv.positional[-1]):
        return True
    return any(device.match(target) for _, target in command.redirects)
