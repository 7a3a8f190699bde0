# ruff: noqa: ARG001  (one signature for all functions of a kind)
# ruff: noqa: S104  (an address to look for, not to bind)
"""Packet filters by their command lines: whether a rule lets everybody in, or keeps the responder out."""

from __future__ import annotations

import re

from explainer.advice.patterns import Argv
from explainer.advice.scope import check
from explainer.advice.script import Command


@check("opens-firewall", "iptables", "ip6tables", "nft", "ufw", "firewall-cmd", "iptables-legacy", "iptables-nft")
def _opens_firewall(argv: Argv, command: Command) -> bool:
    """A rule that lets everybody in, or no rule at all any more."""
    words = argv.words
    if argv.program.startswith("ip"):
        accept = any("ACCEPT" in v for v in [*argv.flags.get("-j", ()), *argv.flags.get("--jump", ())])
        adds = any(f in argv.flags for f in ("-A", "-I", "--append", "--insert"))
        chain = next((v for f in ("-A", "-I", "--append", "--insert") for v in argv.flags.get(f, ())), "")
        source = [v for f in ("-s", "--source", "--src") for v in argv.flags.get(f, ())]
        wide = not source or any(v in ("0.0.0.0/0", "0/0", "::/0", "any", "0.0.0.0") for v in source)
        ports = [v for f in ("--dport", "--dports", "--destination-port") for v in argv.flags.get(f, ())]
        limited = (
            any(f in argv.flags for f in ("-i", "--in-interface", "-d", "--state", "--ctstate", "-m")) and not ports
        )
        if accept and adds and wide and chain in ("INPUT", "FORWARD", ""):
            if not ports:
                return not limited or any(
                    v not in ("lo", "docker0")
                    for f in ("-i", "--in-interface")
                    for v in argv.flags.get(f, ())
                    if v.startswith(("eth", "ens", "wan", "+"))
                )
            return not any(p in ("80", "443", "80,443") for p in ports)
        return False
    if argv.program == "nft":
        return bool(re.search(r"\bpolicy accept\b", argv.joined)) or bool(
            re.search(
                r"add rule .*\binput\b (?:counter )?accept\s*$|insert rule .*\binput\b (?:counter )?accept\s*$",
                argv.joined,
            )
        )
    if argv.program == "ufw":
        if "allow" not in words or "delete" in words:
            return False
        rest = " ".join(words[words.index("allow") + 1 :])
        return (
            bool(re.search(r"from any|0\.0\.0\.0/0|^in$", rest)) and not re.search(r"port (?:80|443)\b", rest)
        ) or bool(
            re.search(
                r"^(?:in )?(?:proto tcp )?(?:to any port )?(?:22|2375|2376|3306|5432|6379|6443|9200|10250|"
                r"10255|3389|27017|8443|5900|1:65535)(?:/tcp)?$",
                rest,
            )
        )
    return (
        any(
            re.search(r"--set-default-zone=trusted|--set-target=ACCEPT|--zone=trusted|--change-zone|--panic-off", w)
            for w in words
        )
        and "trusted" in argv.joined
    ) or "--set-target=ACCEPT" in argv.joined


@check("locks-network-out", "iptables", "ip6tables", "ip", "ifconfig", "nmcli", "nft")
def _locks_out(argv: Argv, command: Command) -> bool:
    """The machine becomes unreachable for the responder too."""
    if argv.program.startswith("ip") and len(argv.program) > 2:
        policy = [v for f in ("-P", "--policy") for v in argv.flags.get(f, ())]
        if (
            policy
            and ("DROP" in argv.positional or "REJECT" in argv.positional)
            and any(v in ("INPUT", "OUTPUT") for v in policy)
        ):
            return True
        drops = any(v in ("DROP", "REJECT") for v in [*argv.flags.get("-j", ()), *argv.flags.get("--jump", ())])
        adds = any(f in argv.flags for f in ("-A", "-I"))
        narrow = any(
            f in argv.flags
            for f in (
                "-s",
                "-d",
                "--dport",
                "--sport",
                "--dports",
                "-i",
                "-o",
                "-m",
                "-p",
                "--source",
                "--destination",
                "!",
            )
        )
        return drops and adds and not narrow
    return False
