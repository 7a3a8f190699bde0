"""Things that a sentence says happened. Naming true things is not enough: what they did must stand in the evidence too.

A fluent model fills the story: the module "was downloaded from the internet", the shell "was typed by hand", the
change "was approved". Each such happening is looked for, in any of its words, in what the sensor saw and in the signs
that held.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Happening(NamedTuple):
    """One kind of event or circumstance that a sentence may assert."""

    noun: str
    said: re.Pattern[str]
    seen: re.Pattern[str]


def _kind(noun: str, said: str, seen: str = "") -> Happening:
    return Happening(
        noun,
        re.compile(rf"(?i)\b(?:{said})"),
        re.compile(rf"(?i)\b(?:{said}|{seen})" if seen else rf"(?i)\b(?:{said})"),
    )


HAPPENINGS = (
    _kind("a download", r"download|fetch|retriev|pull(?:ed|s) (?:in |down )?from", r"curl|wget|https?://"),
    _kind("an upload or a leak", r"upload|exfiltrat|leak|transmi|sen[dt]s? (?:data|files?|secrets?|credentials)"),
    _kind(
        "a connection",
        r"connect(?!or)|communicat|beacon|call(?:s|ed) (?:home|back)|reach(?:es|ed) out",
        r"socket|fd\.|peer|sip|rip",
    ),
    _kind("a listening port", r"listen|bound to (?:a )?port|binds? to (?:a )?port"),
    _kind("a deletion", r"delet|eras|wip(?:e|ing)|truncat|shred|unlink|cleared", r"rm|O_TRUNC|remov"),
    _kind(
        "a change",
        r"modif|alter(?!nat)|overw|overwr|edit(?!ion)|tamper|wrote|writes? to|written",
        r"writ|O_WRONLY|O_RDWR|chang|sed|tee",
    ),
    _kind("a new file", r"dropped|drops", r"drop|upper layer|EXE_UPPER_LAYER|creat"),
    _kind("encryption", r"encrypt|ransom"),
    _kind("a copy", r"copied|copies|duplicated", r"cp|copy|rsync|scp|link"),
    _kind(
        "a gain of privileges",
        r"escalat|elevated (?:its|their|his)|gain(?:ed|s) (?:root|access|control)",
        r"setuid|sudo",
    ),
    _kind("an escape", r"escap(?!e sequence)|broke out|breaks? out", r"release_agent|nsenter|host namespace"),
    _kind("a log-in", r"logged (?:in|on)|logs in|signed in|authenticated", r"sshd?|login|loginuid"),
    _kind("somebody at the keyboard", r"typed|by hand|manual(?:ly)?|interactive(?:ly)?", r"tty|terminal|interactive"),
    _kind("a killed process", r"kill(?:ed|s)|terminated", r"kill"),
    _kind("a switched-off control", r"disabled|turned off|switched off|unloaded", r"disabl|setenforce|systemctl stop"),
    _kind("mining", r"min(?:ed|es|ing) (?:crypto|coins|monero|bitcoin)|cryptomin|cryptojack", r"xmrig|miner|stratum"),
    _kind("a scan", r"scann|enumerat|reconn|port scan", r"nmap|scan|find|grep|search"),
    _kind("persistence", r"persist|scheduled a|added a cron|survives? reboots?", r"cron|systemd|persist|boot"),
    _kind(
        "theft", r"stole|steal|harvest|dump(?:ed|s) (?:credentials|memory|secrets)", r"credential|shadow|secret|token"
    ),
    _kind("hiding", r"conceal|obfuscat|hid(?:es|den|ing)", r"base64|memfd|hid"),
    _kind("exploitation", r"exploit|vulnerab|zero-day", r"traversal|\.\./"),
    _kind("a compilation", r"compil|built from source", r"gcc|make|compil"),
    _kind(
        "a roll-out or restart",
        r"roll(?:ed)?[- ]?out|redeploy|deployed|upgraded|rebooted|restarted",
        r"deploy|upgrad|reboot|restart|helm",
    ),
    _kind(
        "an approval",
        r"approv|authori[sz]ed|sanctioned|change (?:ticket|request)|maintenance window|planned",
        r"ticket|approv",
    ),
    _kind("an owner", r"owned by|belongs to (?:the )?team|on behalf of|responsible team"),
    _kind(
        "a time of day",
        r"midnight|noon|weekend|yesterday|last night|(?:outside|during|after) (?:business|office) hours|holiday",
    ),
    _kind("an attacker", r"attackers?|adversar|hackers?|intruders?|threat actors?|malicious actors?|cybercrim"),
    _kind("malware", r"malware|rootkit|backdoor|trojan|botnet|spyware|webshell|web shell|implant"),
    _kind(
        "an earlier event",
        r"previously|earlier|repeatedly|again and again|several times|multiple times|for the first time",
    ),
)


def unseen(sentence: str, seen: str) -> str | None:
    """The kind of happening that a sentence asserts and nothing in the evidence shows, or None."""
    for happening in HAPPENINGS:
        if happening.said.search(sentence) and not happening.seen.search(seen):
            return happening.noun
    return None
