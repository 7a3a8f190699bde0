# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Whether a command only reads."""

from __future__ import annotations

import re

from explainer.advice import shell
from explainer.advice.patterns import Argv, prepare

_READERS = frozenset(
    ["ls", "cat", "head", "tail", "less", "more", "grep", "egrep", "fgrep", "zgrep", "zcat", "rg", "awk", "cut", "sort", "uniq", "wc", "stat", "file", "strings", "readelf", "objdump", "nm", "xxd", "hexdump", "od", "md5sum", "sha1sum", "sha256sum", "sha512sum", "b3sum", "diff", "cmp", "ps", "pstree", "top", "htop", "lsof", "ss", "netstat", "who", "w", "last", "lastb", "lastlog", "id", "whoami", "groups", "getent", "uname", "hostname", "uptime", "date", "df", "du", "free", "vmstat", "iostat", "lscpu", "lsblk", "lsmod", "lsns", "lspci", "modinfo", "ldd", "getcap", "getfacl", "getfattr", "lsattr", "getenforce", "sestatus", "aa-status", "ausearch", "aureport", "audit2why", "journalctl", "dmesg", "jq", "column", "tr", "echo", "printf", "true", "pwd", "which", "type", "command", "realpath", "readlink", "basename", "dirname", "env", "printenv", "pgrep", "pidof", "tree", "find", "fd", "dig", "host", "nslookup", "whois", "ping", "traceroute", "test", "[", "comm", "join", "nl", "tac", "rev", "expr", "seq", "sleep", "man", "help", "sealert", "seinfo", "sesearch", "nproc", "arch", "locale", "tty", "findmnt", "blkid", "smartctl", "ethtool", "capsh", "getsebool", "matchpathcon", "rpm", "dpkg", "dpkg-query", "debsums", "bpftool", "iptables-save", "ip6tables-save", "ausyscall", "faillog", "chage", "amtool", "kubectl", "oc", "docker", "podman", "nerdctl", "crictl", "ctr", "systemctl", "helm", "falco", "falcoctl", "aws", "gcloud", "az", "git", "ip", "nft", "iptables", "auditctl", "sysctl", "mokutil", "apt-cache", "mount", "curl", "base64", "xargs", "sed", "perl", "apt", "yum", "dnf", "semanage", "semodule", "ufw", "firewall-cmd", "timedatectl", "loginctl", "hostnamectl", "openssl", "aide", "osqueryi", "zeek-cut", "yara", "exiftool", "pecheck", "vol", "volatility3", "tshark", "tcpdump", "cd", "wevtutil", "get-process", "get-service", "get-childitem", "get-content", "test-path", "select-string"]
)  # fmt: skip
_VERBS: dict[str, re.Pattern[str]] = {
    name: re.compile(rf"^(?:{verbs})$")
    for names, verbs in {
        "kubectl oc": "get|describe|logs|top|explain|events|version|api-resources|api-versions|cluster-info|"
                      "auth|diff|config|wait|rollout|completion|whoami|status",
        "docker podman nerdctl": "ps|inspect|logs|images|diff|top|stats|version|info|history|port|events|search|image|"
                        "container|volume|network|system|ls|df",
        "crictl": "ps|pods|inspect|inspectp|inspecti|logs|images|stats|statsp|info|version|imagefsinfo",
        "ctr": "c|containers|container|task|tasks|t|images|i|ls|list|info|version|ps|n|namespaces|-n",
        "systemctl": "status|is-active|is-enabled|is-failed|show|cat|list-units|list-timers|list-unit-files|"
                     "list-dependencies|list-sockets|get-default",
        "helm": "list|ls|status|get|history|show|search|template|version|env|lint|diff|verify",
        "falcoctl": "version|list|search|info|artifact|index|printconf|registry|driver",
        "git": "log|show|diff|status|blame|grep|rev-parse|ls-files|ls-remote|describe|branch|remote|"
               "reflog|fsck|cat-file|for-each-ref|shortlog|verify-commit|verify-tag",
        "loginctl": "list-sessions|list-users|show-session|show-user|session-status|user-status|list-seats",
        "apt": "list|show|search|policy|depends|changelog", "yum": "list|info|history|search|repolist|check-update|provides",
        "dnf": "list|info|history|search|repolist|check-update|provides|repoquery", "amtool": "silence|query|alert|config|check-config|cluster",
        "ip": "a|addr|address|r|route|link|l|neigh|n|rule|netns|-s|-br|show|ss", "nft": "list",
        "timedatectl": "status|show|timesync-status", "hostnamectl": "status", "ufw": "status|show|version",
        "wevtutil": "qe|el|gl|gp|ep|gli", "bpftool": "prog|map|net|link|btf|cgroup|feature|version|perf",
    }.items()
    for name in names.split()
}  # fmt: skip
_WRITING: dict[str, re.Pattern[str]] = {
    "find": re.compile(r"\s-(?:delete|exec(?:dir)?|ok(?:dir)?|fprint\w*|fls)\b"),
    "journalctl": re.compile(r"--(?:vacuum|rotate|flush|sync|setup-keys|relinquish)"),
    "dmesg": re.compile(r"\s(?:-[a-zA-Z]*[cCDE]\b|--(?:clear|read-clear|console))"),
    "sysctl": re.compile(r"\s-w|=|\s(?:-p|--load|--system)"), "sed": re.compile(r"\s-[a-zA-Z]*i|--in-place|\bw\s"),
    "perl": re.compile(r"."), "awk": re.compile(r"system\s*\(|>\s*\"|\|\s*\"|\bprint\s*>"), "date": re.compile(r"\s(?:-s|--set)"),
    "hostname": re.compile(r"hostname\s+[^-]"), "mount": re.compile(r"mount\s+\S"), "curl": re.compile(r"\s(?:-[a-zA-Z]*[XdFTo]|--(?:data|request|form|upload|output|json)\S*)"),
    "auditctl": re.compile(r"\s-(?!l\b|s\b)\w"), "mokutil": re.compile(r"--(?!sb-state|list|test|pk|kek|db)"), "nft": re.compile(r"\b(?:add|delete|flush|insert|replace|destroy)\b|-f"),
    "iptables": re.compile(r"\s-(?:[AIDFPXNZRE]\b|-(?:append|insert|delete|flush|policy|replace|zero|new|rename))"),
    "semanage": re.compile(r"\s(?:-[admDi]\b|--(?:add|delete|modify|deleteall|import))|import"), "semodule": re.compile(r"\s-(?!l|-list|E|v)"),
    "rpm": re.compile(r"\s-(?!q|V|-query|-verify|-checksig|K)"), "dpkg": re.compile(r"\s-(?!l|L|s|S|V|-list|-status|-verify|-get)|--(?:install|remove|purge|configure)"),
    "smartctl": re.compile(r"\s-(?:t|s|X)"), "openssl": re.compile(r"-out\b"), "firewall-cmd": re.compile(r"--(?:add|remove|set|reload|panic|new|delete|change|complete)"),
    "tcpdump": re.compile(r"$^"), "falco": re.compile(r"^falco(?!.*\s(?:--list|-L|-l|--version|-V|--validate|--help|-h|--list-\w+|--dry-run|"
                        r"--print\w*|--support|-i))"),
    "env": re.compile(r"$^"), "chage": re.compile(r"\s-(?!l)"), "aide": re.compile(r"--(?:init|update)"), "yara": re.compile(r"$^"), "capsh": re.compile(r"--(?!print|decode)"),
    "base64": re.compile(r"$^"), "ip": re.compile(r"\b(?:add|del|delete|set|flush|change|replace|append|up|down)\b"), "ethtool": re.compile(r"\s-[A-Z]"),
}  # fmt: skip
_SUB_WRITING = re.compile(
    r"\b(?:delete|rm|remove|prune|undo|restart|pause|resume|set|set-context|use-context|"
    r"create|update|add|edit|apply|reconcile|unset|install|push|pull|expire|import|export-to|"
    r"kill|start|stop|scale|patch|load|pin|attach|detach|"
    r"-d|-D|-m|-M|--delete|prune-branches|expunge|follow|connect|disconnect|tag|unpause)\b"
)


def _reads(argv: Argv, command: shell.Command) -> bool | None:
    name = argv.program
    if any(not target.startswith("/dev/null") and not re.fullmatch(r"&?\d", target) for _, target in command.redirects):
        return False
    if name not in _READERS:
        return None
    if name == "xargs":
        return True
    if name in _WRITING and _WRITING[name].search(argv.joined):
        return False
    if name in ("aws", "gcloud", "az"):
        verbs = [
            w
            for w in argv.positional
            if re.match(
                r"^(?:get|list|describe|show|lookup|head|filter|simulate|batch-get|validate|search|query|"
                r"read|ls|sts|wait)(?:-|$)",
                w,
            )
        ]
        if name == "aws" and argv.positional[:1] == ["s3"]:
            return argv.positional[1:2] == ["ls"]
        return True if verbs else False if argv.positional else None
    if name in ("kubectl", "oc") and "exec" in argv.positional:
        return True if "--" in argv.words else None
    if name in ("docker", "podman", "nerdctl", "crictl") and argv.positional[:1] == ["exec"]:
        return True
    if name in _VERBS:
        verb = next((w for w in argv.positional if not w.startswith("-") and _VERBS[name].match(w)), None)
        if verb is None or (argv.positional and not any(_VERBS[name].match(w) for w in argv.positional[:4])):
            return False
        if verb in ("rollout",):
            return bool({"status", "history"} & set(argv.positional))
        rest = " ".join(
            argv.positional[argv.positional.index(verb) + 1 :][:3]
            + [w for w in argv.words if w in ("-d", "-D", "-m", "-M", "--delete")]
        )
        if verb in (
            "config",
            "silence",
            "branch",
            "remote",
            "image",
            "container",
            "volume",
            "network",
            "system",
            "task",
            "tasks",
            "t",
            "c",
            "containers",
            "images",
            "i",
            "auth",
            "artifact",
            "index",
            "driver",
            "registry",
            "netns",
            "reflog",
            "history",
            "prog",
            "map",
            "link",
            "l",
            "rule",
        ) and _SUB_WRITING.search(rest):
            return False
    return True


def is_read_only(command: str) -> bool | None:
    """True when every part of the command only reads, False when one writes, None when that cannot be told."""
    script = shell.read(command[:20_000])
    if not script.commands:
        return None
    unknown = False
    for item in script.commands:
        argv = prepare(item.argv)
        answer = _reads(argv, item)
        if answer is False:
            return False
        if answer is None:
            if argv.program in ("sh", "bash", "dash", "zsh", "ssh", "nsenter", "chroot", "watch") and any(
                c.inside and c.inside[-1] == item.program for c in script.commands
            ):
                continue
            unknown = True
    if script.foreign:
        unknown = True
    if any(not w.path.startswith("/dev/null") for w in script.writes):
        return False
    return None if unknown else True
