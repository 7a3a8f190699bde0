# ruff: noqa: E501  (regular expressions are read better whole)
"""Lines of network devices as acts: ``no X`` takes X away, ``set``/``delete`` of Junos, VyOS and PAN-OS, ``clear``, ``erase``.

A line of a router has no program; its first word is the verb and the rest the object, which is called ``device …``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from explainer.advice.acts import Act, plain
from explainer.advice.patterns import Argv

_VERBS = {"no": "off", "undo": "off", "delete": "remove", "clear": "remove", "erase": "remove", "unset": "off", "default": "off"}  # fmt: skip
_LINES = frozenset({"username", "snmp-server", "access-list", "line", "enable", "transport", "permit", "ip", "ipv6", "login", "exec-timeout", "crypto", "service", "logging", "aaa", "set", "show", "format", "write", "community", "switchport"})  # fmt: skip
_DEVICE = re.compile(
    r"\b(?:logging|syslog|aaa|snmp|access-(?:group|list|class)|acl|login|ssh|telnet|transport|password|enable secret|firewall|security|archive|netflow|flow|ip (?:http|dhcp|arp|verify)|"
    r"port-security|dot1x|spanning-tree|storm-control|monitor session|ntp|service|crypto|threat|ips|inspect|urpf|zone|policies|policy|system|login-block|username|startup-config|"
    r"nvram|flash|running-config|log|counters|audit|user|authentication|tacacs|radius|lockout|banner|bpdu\w*|dai|deviceconfig|shared)\b",
    re.I,
)


def acts(argv: Argv) -> Iterator[Act]:
    """What one line does to a device; nothing for lines that are no device's."""
    program = argv.program
    rest = " ".join(argv.words[1:14])
    if program in _VERBS and len(argv.words) > 1 and _DEVICE.search(rest):
        yield Act(_VERBS[program], f"device {plain(rest)}")
    elif program == "write" and argv.words[1:2] == ("erase",):
        yield Act("remove", "device startup config")
    elif program == "format" and argv.words[1:2] and argv.words[1].rstrip(":").lower() in ("flash", "nvram", "bootflash", "disk0"):  # fmt: skip
        yield Act("remove", "device flash")
    elif program in _LINES and _DEVICE.search(f"{program} {rest}") and "=" not in rest and not rest.startswith("-"):
        yield Act("set", f"device {plain(program)} {plain(rest)}")
