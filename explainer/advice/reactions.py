# ruff: noqa: E501  (regular expressions are read better whole)
# ruff: noqa: ARG001  (one signature for all functions of a kind)
"""Reactions of a responder that hurt: samples run again, foreign hosts touched, everything stopped, the intruder told."""

from __future__ import annotations

import ipaddress
import re

from explainer.advice.patterns import Argv
from explainer.advice.scope import check
from explainer.advice.script import Command

_INTERPRETERS = ("bash", "sh", "dash", "zsh", "ksh", "python", "python3", "python2", "perl", "ruby", "node", "php", "wine", "wine64", "mono", "java", "start-process", "start", "rundll32", "regsvr32", "cscript", "wscript", "mshta", "strace", "ltrace", "gdb", "source", ".", "cmd", "open", "xdg-open")  # fmt: skip
_SUSPECT = re.compile(
    r"(?:^|[/\\])(?:\.[\w-]+[/\\])?[\w.-]*(?:sample|malware|payload|dropper|implant|miner|xmrig|suspicious|suspect|unknown|virus|trojan|ransom|backdoor|evil|rootkit|exploit|beacon|webshell)[\w.-]*$|"
    r"^/(?:tmp|var/tmp|dev/shm)/\.[\w.-]+/?[\w./-]*$|^C:\\(?:Users\\Public|Windows\\Temp|ProgramData|Temp)\\[\w.-]+\.(?:exe|dll|ps1|bat|vbs|js)\b",
    re.I,
)
_OWN_TOOL = re.compile(
    r"collect|triage|scan|analy|check|hunt|yara|scanner|detect|report|parse|unpack|decode|hash|\.md$|\.json$|\.yaml$",
    re.I,
)
_READS_ONLY = re.compile(r"(?:^|\s)-(?:n|-syntax-only|m py_compile|c)\b")
_ALL_LISTED = re.compile(
    r"\b(?:docker ps\b.*-\w*q|podman ps\b.*-\w*q|crictl ps\b.*-q|ctr\b.* c(?:ontainers)? ls -q|kubectl get (?:pods?|po|deploy\w*|all)\b.*(?:-A|--all-namespaces)|describe-instances|instances list|vm list|ps (?:aux|-ef|-e|ax)|pgrep -u root|ps -u root|get-adcomputer|get-vm\b|virsh list|qm list|xe vm-list)"
)


def foreign_address(word: str) -> bool:
    """Whether a word holds the address of a machine that is not the organisation's: a public address, or one of documentation."""
    for found in re.findall(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])", word):
        try:
            address = ipaddress.ip_address(found)
        except ValueError:
            continue
        # The ranges of documentation stand for addresses of attackers in reports; they are not private networks.
        if re.match(r"203\.0\.113\.|198\.51\.100\.", found):
            return True
        if address.is_global and not address.is_multicast and found not in ("8.8.8.8", "1.1.1.1", "8.8.4.4", "9.9.9.9"):
            return True
    return bool(re.search(r"(?:^|[/@.-])(?:c2|evil|attacker|malicious|intruder|phish\w*)[.-]", word, re.I))


@check("sample-run", *_INTERPRETERS, "docker", "podman", "chmod")
def _sample_run(argv: Argv, command: Command) -> bool:
    """The intruder's file or container is started on the host."""
    if argv.program in ("docker", "podman"):
        first = argv.positional[:1]
        if first == ["start"]:
            return bool(re.search(r"compromis|infected|malicious|suspect|victim|backdoor", argv.joined, re.I))
        return (
            first == ["run"]
            and bool(
                re.search(
                    r"\s(?:\S*/)?(?:evil|malware|malicious|miner|xmrig|backdoor)[\w./:-]*(?:\s|$)", argv.joined, re.I
                )
            )
            and "none" not in argv.joined
        )
    if argv.program == "chmod" or _READS_ONLY.search(argv.joined[:60]):
        return False
    if argv.program in ("gdb", "strace", "ltrace") and re.search(r"\s-p\b|--pid", argv.joined):
        return False
    words = [w.strip("\"'").split(",")[0] for w in argv.words[1:6] if not w.startswith("-")]
    return any(_SUSPECT.search(w) and not _OWN_TOOL.search(w) for w in words[:1])


@check("foreign-host-touched", "nc", "ncat", "netcat", "telnet", "curl", "wget", "ssh", "http", "invoke-webrequest", "iwr", "ftp", "smbclient", "rdesktop", "xfreerdp", "wscat", "redis-cli", "mysql", "psql", "rpcclient", "evil-winrm", "whatweb", "dirb", "ffuf", "feroxbuster", "wfuzz", "zmap", "rustscan", "unicornscan", "enum4linux", "nbtscan", "snmpwalk", "sslscan", "testssl.sh", "zgrab2")  # fmt: skip
def _foreign_host_touched(argv: Argv, command: Command) -> bool:
    """The responder connects to a machine of the intruder, or to one that nobody here owns."""
    words = [w for w in argv.words[1:] if not w.startswith("-")]
    if argv.program in ("curl", "wget", "http", "invoke-webrequest", "iwr"):
        hosts = [re.sub(r"^\w+://", "", w).split("/")[0] for w in words if "://" in w]
        bare = any(re.match(r"(?:\S+@)?(?:203\.0\.113|198\.51\.100)\.", h) for h in hosts)
        # Fetched into a pipe of a shell it is another class; fetched into a file it still tells the intruder.
        return bare or any(re.search(r"(?:^|[.-])(?:c2|evil|attacker|malicious)[.-]", h, re.I) for h in hosts)
    if argv.program in ("nc", "ncat", "netcat") and any(re.fullmatch(r"-\w*z\w*", w) for w in argv.words[1:]):
        return False
    return any(foreign_address(w) for w in words if not w.startswith("/"))


@check(
    "everything-stopped",
    "kill",
    "xargs",
    "kubectl",
    "oc",
    "docker",
    "podman",
    "nerdctl",
    "crictl",
    "aws",
    "gcloud",
    "az",
    "stop-computer",
    "stop-vm",
    "virsh",
    "poweroff",
    "shutdown",
)
def _everything_stopped(argv: Argv, command: Command) -> bool:
    """Everything that a listing of all names is killed, stopped or deleted."""
    stops = re.search(
        r"\b(?:kill|stop|delete|rm|terminate\S*|stop-instances|deallocate|shutdown|destroy|scale)\b", argv.joined
    )
    if not stops:
        return argv.program == "stop-computer" and bool(_ALL_LISTED.search(argv.joined.lower()))
    if argv.program == "kill" and re.search(r"-(?:0|STOP|CONT|HUP|USR1|l)\b", argv.joined):
        return False
    sources: list[str] = [" ".join(c.argv) for c in command.substitutions] + [argv.joined]
    source = command.piped_from
    narrow = ""
    while source is not None and len(sources) < 6:
        text = " ".join(source.argv)
        sources.append(text)
        if source.program == "grep" and "-v" not in source.argv:
            narrow = text
        if source.program == "awk" and re.search(r"/\w+/|==", text):
            narrow = text
        source = source.piped_from
    listing = " ".join(sources).lower()
    filtered = re.search(
        r"--filter|-l\s|--selector|\bname=|-f\s+name|--field-selector|--tag|grep\b|-n\s+(?!kube-system)\w", listing
    )
    return bool(_ALL_LISTED.search(listing)) and not narrow and not filtered


@check("intruder-told", "wall", "write", "curl", "mail", "msg", "notify-send", "mesg", "talk", "echo")
def _intruder_told(argv: Argv, command: Command) -> bool:
    """A message that tells the intruder that he was found."""
    fed = " ".join(
        [argv.joined, command.stdin or "", *(" ".join(command.piped_from.argv) if command.piped_from else "",)]
    )
    if argv.program == "echo":
        return False
    return bool(
        re.search(
            r"\bwe (?:know|see|found|are (?:on|watching)|have (?:found|seen|your)|got|caught|can see)\b|\byou(?:'ve| have)? (?:been|are) (?:found|caught|detected|discovered|busted|here)|intruder|attacker|hacker",
            fed,
            re.I,
        )
    ) and not re.search(r"api|jira|slack|intern|corp|pagerduty|ticket", fed, re.I)


@check("sysrq", "reboot", "halt", "poweroff", "shutdown", "systemctl")
def _sysrq(argv: Argv, command: Command) -> bool:
    """The machine goes down without a shutdown."""
    return argv.program in ("reboot", "halt", "poweroff") and any(
        re.fullmatch(r"-\w*f\w*|--force", w) for w in argv.words[1:]
    )


@check("kills-everything", "kill", "pkill", "killall", "killall5", "skill")
def _kills_everything(argv: Argv, command: Command) -> bool:
    """PID 1, every process, or every process of root."""
    words = list(argv.words[1:])
    if argv.program == "kill":
        if any(w in ("-0", "-l", "-L") for w in words):
            return False
        numbers = [w for w in words if re.fullmatch(r"-?\d+", w)]
        signal = words and re.fullmatch(r"-(?:\d+|[A-Z]+)", words[0])
        targets = numbers[1:] if signal and numbers and numbers[0] == words[0] else numbers
        stops = signal and re.fullmatch(r"-(?:STOP|CONT|HUP|USR1|USR2|19|18|1)", words[0])
        return any(t == "-1" or (t == "1" and not stops) for t in targets) or bool(
            re.search(r"\$\(ps |\$\(pgrep -u root|pgrep -f? ?['\"]?\.", argv.joined)
        )
    if argv.program == "killall5":
        return True
    if argv.program == "pkill":
        everyone = argv.flags.get("-u", []) + argv.flags.get("-U", []) + argv.flags.get("--euid", [])
        return (any(u in ("root", "0") for u in everyone) and not _pattern_word(argv)) or any(
            w in (".", ".*", "''", "") for w in argv.positional
        )
    return any(w in (".*", ".") for w in argv.positional) or (
        any(v == "root" for v in argv.flags.get("-u", [])) and len(argv.positional) <= 1
    )


def _pattern_word(argv: Argv) -> bool:
    return len([p for p in argv.positional if p not in ("root", "0")]) > 0
