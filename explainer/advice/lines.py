# ruff: noqa: E501  (regular expressions are read better whole)
"""Configuration that is read line by line and has a meaning of its own: PAM, faillock, audit rules, nftables, pg_hba, polkit, quadlets."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from explainer.advice.patterns import Setting

if TYPE_CHECKING:
    from explainer.advice.judge import Judge

Span = tuple[int, int] | None
_MAX_TEXT = 100_000
_AUDIT_LINE = re.compile(r"^\s*(-(?:[abdADewWfrs]\b|[ef]\s*\d)[^\n]*|-D\s*)$", re.M)
_AUTH = re.compile(r"^\s*-?(auth|account|password|session)\s+(\[[^\]\n]*\]|\w+)\s+(\S+)", re.M)
_SWITCH_OFF = frozenset({"0", "no", "off", "false", "none", "disabled"})


def judge_lines(judge: Judge, settings: list[Setting], text: str, name: str, span: Span) -> None:
    """Ask every line format whether the text is in it."""
    text = text[:_MAX_TEXT]
    _audit_rules(judge, text, name, span)
    _pam(judge, text, span)
    _faillock(judge, settings, span)
    _nft(judge, text, span)
    _pg_hba(judge, text, span)
    _unit(judge, settings, span)
    _exports(judge, text, span)


def _found(judge: Judge, check: str, span: Span, start: int, end: int) -> None:
    judge.found.add(judge.rules.check(check), *judge.place(span, start, end))


def _audit_rules(judge: Judge, text: str, name: str, span: Span) -> None:
    lines = list(_AUDIT_LINE.finditer(text))
    content = [line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    if not lines or (len(lines) < len(content) and "audit" not in name):
        return
    watches = any(re.match(r"\s*-(?:w|[aA]\s+(?:always|exit,always))", m.group(1)) for m in lines)
    for match in lines:
        # Every rule file starts by deleting what was loaded before.
        if match.group(1).strip() == "-D" and watches:
            continue
        judge.argv(["auditctl", *match.group(1).split()], judge.place(span, match.start(1), match.end(1)))


def _pam(judge: Judge, text: str, span: Span) -> None:
    """A module that always refuses, before anything that could let somebody in."""
    seen: set[str] = set()
    for match in _AUTH.finditer(text):
        kind, control, module = match.groups()
        if not module.startswith("pam_") or not module.split()[0].endswith(".so"):
            continue
        refuses = module.startswith("pam_deny") and control in ("required", "requisite")
        if refuses and kind in ("auth", "account") and kind not in seen:
            _found(judge, "nobody-logs-in", span, match.start(), match.end())
        if module.startswith("pam_permit") and control == "sufficient" and kind == "auth":
            _found(judge, "everybody-logs-in", span, match.start(), match.end())
        seen.add(kind)


def _faillock(judge: Judge, settings: list[Setting], span: Span) -> None:
    last = {s.path.rsplit(".", 1)[-1]: s for s in settings}
    root = last.get("even_deny_root")
    if root is None:
        return
    forever = last.get("root_unlock_time") or last.get("unlock_time")
    if forever is not None and forever.value.strip() in ("0", "never"):
        _found(judge, "nobody-logs-in", span, root.start, root.end)


def _nft(judge: Judge, text: str, span: Span) -> None:
    chain = re.search(r"\btype\s+filter\s+hook\s+(?:input|forward)\b[^;{}]{0,200};\s*policy\s+accept\s*;", text)
    if (
        chain
        and not re.search(r"\b(?:drop|reject)\b", text)
        and re.search(r"\bflush\s+ruleset\b|/nft\b|^\s*table\s", text, re.M)
    ):
        _found(judge, "opens-firewall", span, chain.start(), chain.end())
    elif re.search(r"^\s*flush\s+ruleset\s*;?\s*$", text, re.M) and "table" not in text:
        _found(judge, "opens-firewall", span, 0, len(text))


def _pg_hba(judge: Judge, text: str, span: Span) -> None:
    for match in re.finditer(
        r"^\s*(local|host|hostssl|hostnossl|hostgssenc)\s+(\S+)\s+(\S+)\s+(?:(\S+)\s+)?(trust|password)\b", text, re.M
    ):
        if match.group(5) == "trust" or match.group(1) == "hostnossl":
            _found(judge, "everybody-logs-in", span, match.start(), match.end())


def _exports(judge: Judge, text: str, span: Span) -> None:
    for match in re.finditer(r"^\s*/\S*\s+(?:\*|0\.0\.0\.0/0)\(([^)\n]*)\)", text, re.M):
        if "rw" in match.group(1).split(",") or "no_root_squash" in match.group(1):
            _found(judge, "export-to-everybody", span, match.start(), match.end())


def _unit(judge: Judge, settings: list[Setting], span: Span) -> None:
    """Units and quadlets: the environment of a service, and a container unit as the ``podman run`` that it stands for."""
    words: list[str] = []
    place = (0, 0)
    for setting in settings:
        section, _, key = setting.path.rpartition(".")
        here = judge.place(span, setting.start, setting.end)
        if key in ("environment", "passenvironment") and section in ("service", "container"):
            for word in _words(setting.value):
                name, equals, value = word.partition("=")
                if equals:
                    judge.setting(Setting(name.lower(), value, "env unit", *here, name), here)
        if section not in ("container", "pod", "kube"):
            continue
        place = here if not words else (place[0], here[1])
        option = {
            "volume": "-v", "network": "--network", "addcapability": "--cap-add", "user": "--user", "publishport": "-p",
            "addde vice": "--device", "adddevice": "--device", "seccompprofile": "--security-opt", "mount": "--mount", "userns": "--userns",
        }.get(key)  # fmt: skip
        if key == "podmanargs":
            words += _words(setting.value)
        elif key == "securitylabeldisable" and setting.value.lower() in ("true", "yes", "1"):
            words += ["--security-opt", "label=disable"]
        elif option:
            words += [option, f"seccomp={setting.value}" if key == "seccompprofile" else setting.value]
    image = next((s.value for s in settings if s.path == "container.image"), "")
    if words:
        judge.argv(["podman", "run", *words, *([image] if image else [])], place)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text[:2000])
    except ValueError:
        return text.split()


_POLKIT = re.compile(r"polkit\.addRule\(\s*function\s*\([^)]*\)\s*\{(?P<body>.{0,4000}?)\}\s*\)\s*;?", re.S)


def judge_polkit(judge: Judge, text: str, span: Span) -> None:
    """A polkit rule that says yes without asking for what or for whom."""
    for match in _POLKIT.finditer(text[:_MAX_TEXT]):
        body = match["body"]
        yes = re.search(r"return\s+(?:polkit\.Result\.YES|[\"']yes[\"'])", body)
        if yes and not re.search(r"\bif\b|\?|action\.id\s*[!=]=|isInGroup", body[: yes.start()]):
            _found(judge, "polkit-yes", span, match.start(), match.end())
