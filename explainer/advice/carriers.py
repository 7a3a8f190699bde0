# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Programs that carry a command to somewhere else: guests, other hosts, pagers, editors, schedulers, secret stores, and any tool with ``--``."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Sub-commands after which a fixed number of own words stands, then the command: ``ip netns exec NAME command``.
_AFTER: tuple[tuple[str, str, int], ...] = (
    ("ip", "netns exec", 1),
    ("oc", "rsh", 1),
    ("kubectl", "exec", 1),
    ("nomad", "alloc exec", 1),
    ("nomad", "exec", 1),
    ("heroku", "run", 0),
    ("limactl", "shell", 1),
    ("docker-machine", "ssh", 1),
    ("machinectl", "shell", 1),
    ("adb", "shell", 0),
    ("pct", "exec", 1),
    ("qm", "guest exec", 1),
    ("lxc-attach", "", 0),
    ("schroot", "", 0),
    ("arch-chroot", "", 1),
    ("artix-chroot", "", 1),
    ("bwrap", "", 0),
    ("systemd-nspawn", "", 0),
    ("direnv", "exec", 1),
    ("winrs", "", 0),
    ("psexec", "", 1),
    ("psexec64", "", 1),
    ("paexec", "", 1),
    ("tmux", "new-session", 0),
    ("tmux", "new", 0),
    ("tmux", "run-shell", 0),
    ("screen", "", 0),
    ("dtach", "", 1),
    ("perf", "stat", 0),
    ("perf", "record", 0),
    ("watchexec", "", 0),
    ("toolbox", "run", 0),
    ("distrobox", "enter", 1),
    ("tsh", "ssh", 1),
    ("ctr", "task exec", 1),
    ("ctr", "tasks exec", 1),
    ("docker", "compose exec", 1),
    ("docker", "compose run", 1),
    ("wsl", "", 0),
    ("start", "", 0),
    ("forfiles", "", 0),
    ("runas", "", 0),
    ("vzctl", "exec", 1),
    ("jexec", "", 1),
    ("zlogin", "", 1),
    ("bhyve-exec", "", 0),
    ("iocage", "exec", 1),
    ("bastille", "cmd", 1),
    ("jls-exec", "", 0),
    ("salt-call", "cmd.run", 0),
    ("knife", "ssh", 1),
    ("bolt", "command run", 0),
    ("fab", "", 0),
    ("mco", "shell run", 0),
    ("retry", "", 0),
    ("ts", "", 0),
    ("tsp", "", 0),
    ("nq", "", 0),
)
_VALUED = frozenset(
    [
        "-n", "-N", "-c", "-u", "-U", "-D", "-M", "-p", "-s", "-S", "-t", "-T", "-L", "-e", "-E", "-i", "-w", "-b", "-o", "-r", "-d",
        "--name", "--container", "--namespace", "--user", "--uid", "--exec-id", "--chdir", "--bind", "--ro-bind", "--dev-bind", "--tmpfs",
        "--proc", "--dev", "--setenv", "--machine", "--directory", "--distribution", "--context", "--task", "--job", "--app",
    ]
)  # fmt: skip
_FLAGGED = frozenset(["-d", "-t", "-i", "-it", "-ti", "-dm", "-dmS", "-m", "-x", "-w"])
# Options whose value is a command line, whatever the program is.
_SCRIPT_OPTION = re.compile(
    r"^(?:--?(?:command|cmd|commands|run-command|run|exec|execute|script|scripts|inline-script|shell-command|run-cmd|firstboot-command|on-success|"
    r"post-hook|pre-hook|deploy-hook|renew-hook|hook|on-failure|pager|checkpoint-action|to-command|use-compress-program|rsh|startup-script|"
    r"user-data|custom-data|ScriptBlock|ArgumentList|script-block|tr|Action-x)|/tr|/c|/k)$",
    re.I,
)
_NO_SCRIPT = frozenset(["git", "psql", "mysql", "gcc", "cc", "make", "sort", "cut", "tr", "wc", "tar", "grep", "head", "tail", "uniq", "stat", "certbot-x", "type", "gpg", "vim"])  # fmt: skip
_COMMANDISH = re.compile(r"^\s*(?:sudo |doas |/|\./|[a-z][\w.-]+(?:\s+\S|;|\||$))")
_SYSTEM = re.compile(r"(?:system|exec|popen|getline)\s*\(?\s*\"((?:[^\"\\]|\\.)*)\"|\"((?:[^\"\\]|\\.)*)\"\s*\|\s*getline|print[^|;}]*\|\s*\"((?:[^\"\\]|\\.)*)\"")  # fmt: skip
# Names that no English text and no file argument has: an unknown tool that is followed by one of them runs it.
_UNMISTAKABLE = frozenset(
    [
        "systemctl", "setenforce", "auditctl", "kubectl", "iptables", "ip6tables", "insmod", "rmmod", "modprobe", "apt-get", "helm", "nft",
        "ufw", "firewall-cmd", "semodule", "mkfs.ext4", "rc-service", "journalctl", "chroot", "nsenter", "falcoctl", "docker", "podman",
    ]
)  # fmt: skip
_QUOTES = frozenset(
    [
        "echo", "printf", "grep", "egrep", "fgrep", "rg", "man", "which", "whereis", "type", "info", "apropos", "whatis", "cat", "ls", "find",
        "rpm", "dpkg", "apt", "apt-get", "apt-cache", "yum", "dnf", "brew", "pacman", "apk", "zypper", "pip", "snap", "locate", "command",
        "test", "[", "cp", "mv", "ln", "rm", "chmod", "chown", "chattr", "stat", "file", "sha256sum", "md5sum", "strings", "tar", "vim", "vi",
        "nano", "less", "ldd", "pkill", "pgrep", "pidof", "killall", "ps", "ausearch", "aureport", "auditctl", "logger", "kubectl", "oc", "git",
        "help", "tldr", "whatprovides", "systemctl", "service", "install", "alias", "unalias", "export", "set", "case", "hash", "docker", "jq",
        "awk", "sed", "cut", "sort", "head", "tail", "tee", "wc", "diff", "getcap", "setcap", "update-alternatives", "dpkg-divert", "visudo",
        "select", "for", "local", "getfacl", "setfacl", "lsof", "fuser", "strace", "curl", "wget", "gcloud", "aws", "az", "helm", "podman",
        "journalctl", "readlink", "realpath", "debsums", "aa-status", "chcon", "restorecon", "falco", "falcoctl", "touch", "scp", "rsync",
        "bash", "sh", "zsh", "snap", "flatpak", "pkg", "choco", "winget", "sc", "mkdir", "dpkg-query", "needrestart", "ansible-doc",
    ]
)  # fmt: skip


def handed_on(argv: Sequence[str]) -> list[list[str]]:
    """Command lines (already split into words) that the program runs somewhere."""
    name = argv[0].lower()
    for program, sub, own in _AFTER:
        if name != program:
            continue
        words = sub.split()
        rest = list(argv[1:])
        if words:
            start = next((i for i in range(min(8, len(rest))) if rest[i : i + len(words)] == words), -1)
            if start < 0:
                continue
            rest = rest[start + len(words) :]
        inner = _after(rest, own)
        return [inner] if inner else []
    if "--" in argv[1:] and name not in _QUOTES:
        inner = list(argv[list(argv).index("--", 1) + 1 :])
        if inner and re.fullmatch(r"[\w./-]{2,60}", inner[0]):
            return [inner]
    if name not in _QUOTES and name not in _UNMISTAKABLE:
        for index, word in enumerate(argv[1:6], 1):
            if (
                word.rsplit("/", 1)[-1] in _UNMISTAKABLE
                and index + 1 < len(argv)
                and not argv[index - 1].startswith("-")
            ):
                return [list(argv[index:])]
    return []


def _after(words: Sequence[str], own: int) -> list[str]:
    index = 0
    while index < len(words):
        word = words[index]
        if word == "--":
            return list(words[index + 1 :]) if own == 0 or index > 0 else list(words[index + 1 + own :])
        if word.startswith(("-", "/r:", "/user:", "\\\\")) and len(word) > 1:
            index += 2 if word in _VALUED and word not in _FLAGGED else 1
            continue
        if own > 0:
            own -= 1
            index += 1
            continue
        return list(words[index:])
    return []


def scripts(argv: Sequence[str], stdin: str | None) -> list[tuple[str, str]]:
    """Program text in an option, a pager, an editor command, or on standard input of a program that reads rules."""
    name = argv[0].lower()
    found: list[tuple[str, str]] = []
    if name == "man":
        return [("shell", v) for flag, v in _pairs(argv) if flag in ("-P", "--pager")]
    if name in ("tcpdump", "tshark", "dumpcap"):
        return [("shell", v) for flag, v in _pairs(argv) if flag == "-z"]
    if name == "git":
        for word in argv[1:]:
            match = re.match(r"(?:core\.(?:pager|sshCommand|editor|fsmonitor|hooksPath-x)|alias\.[\w-]+|credential\.helper|diff\.external)=!?(.+)", word, re.S | re.I)  # fmt: skip
            if match:
                found.append(("shell", match.group(1)))
        return found
    if name in ("vim", "vi", "nvim", "ex", "view", "emacs", "less", "more"):
        for word in argv[1:]:
            match = re.match(r"[+:]*!\s*(.+)", word.removeprefix("+").removeprefix(":"), re.S)
            if match and word[:1] in "+:!":
                found.append(("shell", match.group(1)))
        return found
    if name in ("awk", "gawk", "mawk", "nawk", "original-awk"):
        for word in argv[1:4]:
            for match in _SYSTEM.finditer(word[:4000]):
                found.append(("shell", next(g for g in match.groups() if g is not None).replace('\\"', '"')))
        return found
    if name in ("sed", "gsed"):
        return [("shell", m.group(1)) for w in argv[1:4] for m in re.finditer(r"(?:^|;)\s*\d*e\s+([^;\n]+)", w)]
    if name in ("mysql", "psql", "sqlite3", "mariadb"):
        return [
            ("shell", m.group(1))
            for w in argv[1:]
            for m in re.finditer(r"(?:\\!|^\.(?:shell|system)|\bsystem)\s+([^;\n]+)", w)
        ]
    if name in ("tmux", "screen"):
        if any(w in ("send-keys", "send", "stuff") for w in argv):
            return [("shell", w) for w in argv[1:] if " " in w]
        return [("shell", w) for w in argv[2:] if " " in w]
    if name == "expect":
        return [
            ("shell", m)
            for w in argv[1:]
            for m in re.findall(r"(?:spawn|send)\s+-?-?\s*\"?([^\"\n;]+?)(?:\\r)?[\"\n;]", w + ";")
        ]
    if (
        name
        in (
            "nft",
            "iptables-restore",
            "ip6tables-restore",
            "pfctl",
            "ipset",
            "ip",
            "tc",
            "auditctl",
            "sysctl",
            "augtool",
        )
        and stdin
    ):
        read = any(
            w in ("-", "-f", "-b", "-batch", "-R", "-p", "-r", "/dev/stdin", "restore")
            or w.endswith(("restore", "augtool"))
            for w in argv
        )
        return rules(name.removesuffix("-restore"), stdin) if read else []
    if stdin and name in ("vault", "nomad", "terraform", "consul", "boundary", "waypoint", "packer"):
        return [("config" if stdin.lstrip()[:1] in "{[" else "hcl", stdin)]
    if stdin and name in ("helm", "helmfile", "docker", "docker-compose", "podman", "argocd", "flux", "oc", "istioctl", "calicoctl", "cilium", "eksctl", "kops", "kustomize", "kapp", "ytt", "talosctl", "aws", "gcloud", "az", "ansible-playbook", "velero", "cosign", "fleetctl", "amtool", "mimirtool", "promtool", "tctl", "kcadm.sh", "curl", "gh", "glab", "mc", "netplan", "nmstatectl", "cloud-init", "butane", "osqueryi-x") and any(w in ("-", "-f-", "--file=-", "@-", "/dev/stdin", "--values=-", "--filename=-") for w in argv):  # fmt: skip
        return [("config", stdin)]
    if name in _NO_SCRIPT:
        return found
    for flag, value in _pairs(argv):
        if _SCRIPT_OPTION.match(flag) and " " in value.strip() and _COMMANDISH.match(value):
            found.append(("shell", value.removeprefix("exec=")))
        elif flag.lower() in ("--checkpoint-action", "-i") and value.startswith("exec="):
            found.append(("shell", value[5:]))
    if (
        name == "salt"
        and len(argv) > 2
        and any(w in ("cmd.run", "cmd.shell", "cmd.run_all", "cmd.script") for w in argv)
    ):
        found.append(("shell", argv[-1]))
    return found


def rules(program: str, text: str) -> list[tuple[str, str]]:
    """Rule texts, from standard input or in a file, as the command lines that they stand for."""
    lines = []
    body = text[:20_000]
    if program == "nft" and "{" in body:
        # Nested blocks say the same as one line each: what holds for a chain stands in it.
        hook = re.search(r"hook\s+input[^}]*policy\s+accept", body)
        lines += (
            ["nft add chain inet filter input '{ policy accept ; }'"]
            if hook and not re.search(r"\b(?:drop|reject)\b", body)
            else []
        )
        body = "\n".join(line for line in body.split("\n") if re.match(r"\s*(?:flush|add|insert|delete)\b", line))
    for line in body.split("\n"):
        rule = line.strip()
        if not rule or rule[0] in "#*" or rule == "COMMIT":
            continue
        if rule.startswith(":"):  # :INPUT ACCEPT [0:0]
            chain, _, rest = rule[1:].partition(" ")
            rule = f"-P {chain} {rest.split(' ')[0]}"
        if program == "nft" and rule == "flush ruleset" and ("{" in text or "add rule" in text):
            continue  # the usual first line of a whole rule set
        lines.append(f"sysctl -w '{rule}'" if program == "sysctl" else f"{program} {rule}")
    return [("shell", "\n".join(lines))]


def _pairs(argv: Sequence[str]) -> list[tuple[str, str]]:
    found = []
    for index, word in enumerate(argv[1:], 1):
        if not word.startswith(("-", "/")):
            continue
        flag, equals, value = word.partition("=")
        if equals:
            found.append((flag, value))
        elif index + 1 < len(argv):
            found.append((word, argv[index + 1]))
    return found
