# ruff: noqa: E501  (word tables and regular expressions are read better whole)
# ruff: noqa: ARG001  (one signature for all functions of a kind)
"""Names that a tool can't know, told by closed lists: capabilities, file attributes, modules of iptables, options of Falco, verbs of responders.

Reports invent along the same line: a responder's wish (quarantine, isolate, preserve evidence) as a sub-command or an option of an
ordinary tool. ``_options.yaml`` lists, under ``wishes``, tools that have none of them, with what would be an exception.
"""

from __future__ import annotations

import functools
import re

from explainer.advice.patterns import Argv
from explainer.advice.scope import check
from explainer.advice.script import Command
from explainer.advice.tool_options import lists, words_of


@functools.cache
def _wishes() -> dict[str, re.Pattern[str] | None]:
    """Program to the wishes that it does have after all."""
    found: dict[str, re.Pattern[str] | None] = {}
    for line in lists().get("wishes", {}).get("tools", ()):
        programs, _, has = str(line).partition(" has ")
        for program in programs.split():
            found[program] = re.compile(has) if has else None
    return found


@functools.cache
def _wish() -> re.Pattern[str]:
    return re.compile(str(lists().get("wishes", {}).get("pattern", "$^")))


@check("wish-invented", "*")
def _wish_invented(argv: Argv, command: Command) -> bool:
    """A responder's wish as an option or the sub-command of a tool that has no such thing."""
    tools = _wishes()
    if argv.program not in tools:
        return False
    has = tools[argv.program]
    words = argv.words[1 : argv.words.index("--") if "--" in argv.words else None]
    many_services = argv.program in ("aws", "gcloud", "az", "oci")
    # Sub-commands stand in front; what follows them are names that people choose.
    place = 3 if many_services else 1
    seen = 0
    for word in words[:12]:
        option = word.startswith("--")
        if not option:
            if word.startswith("-"):
                continue
            seen += 1
            if seen > place or "/" in word or "." in word:
                continue
            if many_services and seen == 1:
                continue
        name = word.lstrip("-").partition("=")[0].lower()
        if _wish().fullmatch(name) and not (has and has.fullmatch(name)):
            return True
    return False


@check("capability-invented", "setcap", "capsh", "docker", "podman")
def _capability_invented(argv: Argv, command: Command) -> bool:
    """A capability that no kernel has."""
    known = words_of(lists().get("capabilities"))
    if argv.program == "setcap":
        text = " ".join(w for w in argv.words[1:3] if not w.startswith("-"))
        names = re.findall(r"\bcap_[a-z0-9_-]+", text.lower())
    else:
        names = [
            v.lower().removeprefix("cap_") for f in ("--cap-add", "--cap-drop", "--drop") for v in argv.flags.get(f, ())
        ]
        names = [f"cap_{n}" for v in names for n in v.split(",") if re.fullmatch(r"[a-z_]{3,40}", n) and n != "all"]
    return any(n not in known for n in names)


@check("attribute-invented", "chattr")
def _attribute_invented(argv: Argv, command: Command) -> bool:
    """A file attribute that chattr does not know."""
    return any(
        re.fullmatch(r"[+-=][A-Za-z]{1,6}", w) is not None
        and w[0] in "+="
        and re.search(r"[^aAcCdDeEFhiIjmNPsStTuxVXZ]", w[1:]) is not None
        for w in argv.words[1:3]
    )


@check("match-invented", "iptables", "ip6tables", "nft")
def _match_invented(argv: Argv, command: Command) -> bool:
    """A packet filter is asked for the name of a process or a program, which no packet carries."""
    if argv.program == "nft":
        return bool(
            re.search(r"\b(?:process|procname|comm|cmdline|exe|pid|binary)\s+(?:==\s*)?[\w/\"'.-]+\s+(?:counter\s+)?(?:drop|reject|accept)", argv.joined)
        )  # fmt: skip
    known = words_of(lists().get("iptables_modules"))
    modules = [v for f in ("-m", "--match") for v in argv.flags.get(f, ())]
    return any(
        re.fullmatch(r"[a-z]+", m) and m not in known and re.search(r"process|proc|app|exe|program|malware|country|c2|container", m)
        for m in modules
    ) or any(w in ("--cmd-owner", "--pid-owner", "--process-name", "--exe-path", "--container-id") for w in argv.words)  # fmt: skip


@check("falco-option-invented", "falco")
def _falco_option_invented(argv: Argv, command: Command) -> bool:
    """A long option that Falco never had."""
    known = words_of(lists().get("falco_options"))
    return any(
        re.fullmatch(r"--[a-z][a-z-]{2,40}", w.partition("=")[0]) and w.partition("=")[0][2:] not in known
        for w in argv.words[1:]
    )


@check("word-invented", "ufw", "aws", "sysctl", "set-mppreference", "add-mppreference")
def _word_invented(argv: Argv, command: Command) -> bool:
    """A first word, a kernel parameter or a preference that is in no list of its tool."""
    first = next((w for w in argv.positional if not w.startswith("-")), "")
    if argv.program == "ufw":
        return bool(re.fullmatch(r"[a-z-]{3,30}", first)) and first not in words_of(lists().get("ufw_words"))
    if argv.program == "sysctl":
        pattern = re.compile(str(lists().get("sysctl_wishes")))
        real = words_of(lists().get("sysctl_real"))
        keys = [w.partition("=")[0].replace("/", ".") for w in argv.words[1:] if "=" in w]
        return any(pattern.search(k) and k.rsplit(".", 1)[-1] not in real for k in keys)
    if argv.program.endswith("mppreference"):
        real = words_of(str(lists().get("mppreference")).lower())
        return any(
            re.fullmatch(r"-[A-Za-z]{8,60}", w) is not None
            and re.search(r"ransom|shield|prevent|rootkit|lockdown|exploit|kernel|quarantinenow|isolat", w, re.I) is not None
            and w[1:].lower() not in real
            for w in (word.partition(":")[0] for word in argv.words[1:])
        )  # fmt: skip
    return False
