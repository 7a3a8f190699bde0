# ruff: noqa: E501  (regular expressions are read better whole)
"""The last look: what is left of identities and secrets in the bytes that are about to leave.

It shares neither detectors nor field tables with what replaced them, so that one mistake does not blind both. It knows
what was replaced, reads the alert's normalised places by itself, and has a coarser eye for forms: it would rather
refuse than let something through.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from explainer.redaction.policy import Policy
from explainer.redaction.wordsets import word_set
from explainer.schema.alert import Alert


class Residue(NamedTuple):
    """Something that is left."""

    kind: str
    value: str
    """For tests; never shown or logged."""


_STANDIN = re.compile(r"[A-Za-z]{2,12}(?:_IP)?_\d{1,5}")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([\"\\/bfnrt]))")
_SHORT = {"b": " ", "f": " ", "n": "\n", "r": "\n", "t": "\t"}
_NUMBERS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_COLONS = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:]+")
_BLOCKS = tuple(
    (ipaddress.ip_network(n), n)
    for n in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)
_AROUND_AT = re.compile(r"([\w.+%-]+)@([\w-]+(?:\.[\w-]+)+)")
_FOLDER = re.compile(r"/(?:home|Users)/([^/\s\"'\\:;,]+)")
_TWELVE = re.compile(r"\d{12}")
_ACCOUNT = re.compile(r":(\d{12}):|(?<!\d)(\d{12})\.dkr\.")
_LOCAL_HOST = re.compile(r"(?<![\w./-])[A-Za-z0-9][\w-]*(?:\.[\w-]+)*\.(?:internal|corp|intranet|lan)(?![\w.-])")
_KEY_STARTS = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{12}|gh[pousr]_\w{16}|github_pat_\w{16}|glpat-[\w-]{14}|xox[a-z]-[\w-]{10}|sk-[\w-]{18}|AIza[\w-]{28}|ya29\.[\w-]{14}"
    r"|eyJ[\w-]{12,400}\.[\w-]{8}|-----BEGIN [A-Z ]*PRIVATE|hvs\.\w{16}|SG\.[\w-]{12,}\.|npm_\w{24}|\$(?:6|5|1|y|2[aby])\$[\w./$=,]{12}"
    r"|AccountKey=[^;\s\[]{8}|[?&](?:sig|signature|X-Amz-Signature)=[^&\s\[]{8}"
)
_URL_LOGIN = re.compile(r"[a-z][a-z0-9+.-]+://[^\s/@:\"'\\]*:([^\s@\"'\\]{1,120})@")
# A word that announces a secret, what divides them, and what then stands there.
_CUE = re.compile(
    r"(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|auth|cred|bearer|basic)"
    r"(?P<mid>[\w.-]{0,16}(?:\\*[\"']?\s{0,2}[=:]\s{0,2}\\*[\"']?|\\*[\"']?\s+))(?:(?:bearer|basic|token|digest)\s+)?(?P<s>[^\s\"'\\,;&|<>(){}\[\]]+)"
)
_ATTACHED = re.compile(r"(?<=\s)-[pPwWa](?:\s+|=)?(?P<s>[^\s\"'\\\[\]-][^\s\"'\\\[\]]{5,})")
_LOGIN = re.compile(
    r"(?<=\s)(?:-u|--user|--userpwd|--creds|-U|--auth)[ =]+(?P<u>[\w.\\@-]+)[:%](?P<s>[^\s\"'\\\[\]/]{3,})"
)


def sweep(
    wire: bytes,
    alert: Alert,
    policy: Policy,
    known: Mapping[str, str],
    secrets: frozenset[str],
    own_words: frozenset[str] = frozenset(),
    own_lines: frozenset[str] = frozenset(),
) -> list[Residue]:
    """What is left in a request.

    Args:
        wire: the request's body, JSON.
        alert: whose places must not be in it.
        policy: what may be.
        known: identities that were replaced, with their kinds.
        secrets: those that were masked.
        own_words: words of the request that no alert wrote: its instructions, its schema, ids of actions.
        own_lines: lines of its instructions.
    """
    text, plain = _read(wire)
    low = plain.lower()
    found = list(_secrets(text, plain, secrets))
    found += _places(low, alert, policy, known, own_words)
    if own_lines:
        plain = "\n".join(line for line in plain.split("\n") if line not in own_lines)
        low = plain.lower()
    found += _forms(plain, low, policy)
    found += _announced(plain, low)
    return list(dict.fromkeys(found))


def _read(wire: bytes) -> tuple[str, str]:
    """The body as it is written, and the texts in it as one reads them: the body is JSON, and its messages hold JSON."""
    text = wire.decode("utf-8", "replace")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return text, _unescaped(_unescaped(text))
    return text, _unescaped("\n".join(_strings(body)))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _SHORT.get(m[2], m[2]), text)


def _secrets(text: str, plain: str, secrets: frozenset[str]) -> Iterator[Residue]:
    for secret in secrets:
        # Shorter ones would be found in any word; they were masked where they stood.
        if (len(secret) >= 6 and any(c.isdigit() or not c.isalnum() for c in secret)) or len(secret) >= 12:
            if secret in plain or secret in text or quote(secret, safe="") in plain:
                yield Residue("secret", secret)
            elif (
                len(secret) >= 8
                and base64.b64encode(secret.encode("utf-8", "replace")).decode().rstrip("=")[:-1] in plain
            ):
                yield Residue("secret in base64", secret)


def _places(
    low: str, alert: Alert, policy: Policy, known: Mapping[str, str], own_words: frozenset[str]
) -> Iterator[Residue]:
    seen = set()
    ambiguous = _WORDS | own_words | _programs(alert)
    for value, kind in (*_own_places(alert, policy), *known.items()):
        needle = value.lower()
        if needle in seen or len(needle) < 3:
            continue
        seen.add(needle)
        at = low.find(needle)
        while at >= 0:
            before, after = low[at - 1] if at else " ", low[at + len(needle)] if at + len(needle) < len(low) else " "
            if not (before.isalnum() and needle[0].isalnum()) and not (after.isalnum() and needle[-1].isalnum()):
                if needle in ambiguous or (needle.isalpha() and len(needle) < 5):
                    # A name that is a word as well is one where its kind stands in front.
                    named = low[max(0, at - 22) : at]
                    if not re.search(
                        r"(?:/home/|/users/|\"value\": \"|user |[\s.](?:user|ns|namespace|host|pod)=|@)$", named
                    ) or (named.endswith('"value": "') and after != '"'):
                        at = low.find(needle, at + 1)
                        continue
                    if named.endswith('"value": "') and _program_line(low, at):
                        at = low.find(needle, at + 1)
                        continue
                if not _part_of_number(before, after, needle):
                    yield Residue(kind, value)
                    break
            at = low.find(needle, at + 1)


def _programs(alert: Alert) -> frozenset[str]:
    """Names of programs of the alert: a container, a user or a host may be called the same."""
    found: set[str] = set()
    for name, value in alert.fields.items():
        if name.startswith("proc.") and isinstance(value, str):
            found.update(word.rpartition("/")[2].lower() for word in value.split(" ")[:1])
    for process in (alert.process, *alert.ancestors):
        found.update(
            (text or "").rpartition("/")[2].lower() for text in (process.name, process.exepath) if process
        ) if process else None
    return frozenset(found)


def _program_line(low: str, at: int) -> bool:
    """Whether the evidence line is about a program, whose name a person or a host may share."""
    what = low.rfind('"what": "', 0, at)
    return what >= 0 and bool(
        re.match(r'"what": "[\w.]*(?:proc\.|evt\.|rule|priority|source|container\.image|fd\.)', low[what : what + 60])
    )


def _part_of_number(before: str, after: str, needle: str) -> bool:
    return needle.replace(".", "").isdigit() and (before in ".0123456789" or after in "0123456789")


_WORDS = word_set(
    "alert rule event process parent file path shell container image host user pod node namespace network "
    "connection command program system service server client root kernel module driver read write open exec "
    "run load start stop data key log bash curl wget python perl ruby java php ssh sudo find grep docker "
    "kubectl runc falco linux evidence"
)


def _own_places(alert: Alert, policy: Policy) -> Iterator[tuple[str, str]]:
    kinds = policy.kinds
    if "users" in kinds and alert.user is not None:
        for name in (alert.user.name, alert.user.loginname, alert.user.principal):
            if (
                name
                and not name.startswith(("system:", "arn:"))
                and not policy.kept(name, "users")
                and not name.isdigit()
            ):
                yield name, "user"
    if "hosts" in kinds:
        for host in (alert.host.hostname, alert.k8s.node if alert.k8s else None):
            plain = not host or _is_address(host) or policy.software(host)
            if host and not plain and not policy.kept(host, "users", "domains", "software_images"):
                yield host, "host"
    if alert.k8s is not None:
        for value, kind, keep in (
            (alert.k8s.pod, "pods", ("software_images",)),
            (alert.k8s.namespace, "namespaces", ("namespaces",)),
            (alert.k8s.workload, "workloads", ("software_images", "objects", "namespaces")),
            (alert.k8s.cluster, "clusters", ()),
        ):
            if (
                value
                and kind in kinds
                and any(c.isalnum() for c in value)
                and not policy.software(value)
                and not policy.kept(value, *keep)
            ):
                yield value, kind
    account = (alert.cloud.account if alert.cloud is not None else None) or ""
    if "accounts" in kinds and not policy.kept(account) and sum(c.isalnum() for c in account) >= 6:
        yield account, "account"


def _is_address(text: str) -> bool:
    return _block(text) != "no"


@lru_cache(maxsize=4096)
def _block(text: str) -> str:
    """The private block that an address is of; empty for another address, ``no`` for none."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return "no"
    return next((name for network, name in _BLOCKS if network.version == found.version and found in network), "")


def _forms(plain: str, low: str, policy: Policy) -> Iterator[Residue]:
    if "addresses" in policy.kinds:
        for pattern in (_NUMBERS, _COLONS):
            if pattern is _COLONS and "::" not in plain and low.find("fe80") < 0:
                continue
            for match in pattern.finditer(plain):
                text = match[0] if pattern is _NUMBERS or _is_address(match[0]) else match[0].rpartition(":")[0]
                if (
                    _block(text) not in {"", "no"}
                    and not text.endswith((".0.0", ".0.0.0"))
                    and not any(
                        ipaddress.ip_address(text) in n
                        for n in policy.networks
                        if n.version == ipaddress.ip_address(text).version
                    )
                ):
                    yield Residue("internal address", text)
    if "emails" in policy.kinds and "@" in plain:
        for match in _around(plain):
            if (
                match[2].rpartition(".")[2].isalpha()
                and match[1] not in {"git", "explain", "npm"}
                and not policy.kept(match[0])
                and not _STANDIN.fullmatch(match[1])
            ) and not _STANDIN.search(match[2]):
                yield Residue("e-mail", match[0])
    if "users" in policy.kinds:
        for match in _FOLDER.finditer(plain):
            name = match[1].rstrip(".")
            if not _STANDIN.match(name) and not policy.kept(name, "users") and name[:1].isalnum():
                yield Residue("home folder", match[0])
    if "accounts" in policy.kinds and _TWELVE.search(plain):
        for match in _ACCOUNT.finditer(plain):
            yield Residue("cloud account", match[1] or match[2])
    if "hosts" in policy.kinds and any(f".{tail}" in low for tail in ("internal", "corp", "intranet", "lan")):
        for match in _LOCAL_HOST.finditer(plain):
            if not policy.kept(match[0], "domains") and not _STANDIN.search(match[0]):
                yield Residue("internal host", match[0])
    if any(start in plain for start in _STARTS):
        for match in _KEY_STARTS.finditer(plain):
            yield Residue("key", match[0])
    for match in _URL_LOGIN.finditer(plain) if "://" in plain and "@" in plain else ():
        if not match[1].startswith(("[redacted", "$", "<", "{", "*")) and not re.match(r"\d+/", match[1]):
            yield Residue("password in an address", match[1])


_STARTS = (
    "AKIA",
    "ASIA",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xox",
    "sk-",
    "AIza",
    "ya29.",
    "eyJ",
    "PRIVATE",
    "hvs.",
    "SG.",
    "npm_",
    "$6$",
    "$5$",
    "$1$",
    "$y$",
    "$2",
    "AccountKey=",
    "sig=",
    "ignature=",
)


def _around(plain: str) -> Iterator[re.Match[str]]:
    at = plain.find("@")
    while at >= 0:
        start = at
        while start > 0 and (plain[start - 1].isalnum() or plain[start - 1] in "._+%-"):
            start -= 1
        match = _AROUND_AT.match(plain, start)
        if match:
            yield match
        at = plain.find("@", at + 1)


_ABOUT = re.compile(r"(?:file|path|dir|name|url|id|type|ttl|len|count|expir|policy|fd|ref|hash|version|stdin|s)\W*$")


def _announced(plain: str, low: str) -> Iterator[Residue]:
    # In lower case, because a search that minds no case takes five times as long; the value is read as it was written.
    written = plain if len(low) == len(plain) else low
    for match in _CUE.finditer(low):
        value, divider = written[match.start("s") : match.end("s")], match["mid"].strip()
        strict = divider.endswith(("=", ":", '"', "'")) or divider[-1:] in ":="
        flag = low[max(0, match.start() - 24) : match.start()].rpartition(" ")[2].startswith("-")
        loud = (strict or flag) and match[0].startswith(("pass", "pwd", "secret", "token"))
        if _ABOUT.search(match["mid"]):
            continue
        if _made(value, 8 if strict else 10) or (loud and _made(value, 8, plain=True)):
            yield Residue("announced secret", value)
    for pattern in (_ATTACHED, _LOGIN):
        for match in pattern.finditer(plain):
            if _made(match["s"], 8) and not re.fullmatch(r"[\w.-]*:\d+(?::\d+)?(?:/\w+)?", match["s"]):
                yield Residue("announced secret", match["s"])


def _made(value: str, least: int, *, plain: bool = False) -> bool:
    """Whether somebody made this up as a secret: letters and digits, and signs or both cases unless ``plain``."""
    if (
        len(value) < least
        or value.startswith(("/", "./", "~", "$", "-", "http", "[", "%", "@"))
        or _STANDIN.fullmatch(value)
        or _STANDIN.search(value)
    ):
        return False
    if not (any(c.isdigit() for c in value) and any(c.isalpha() for c in value)):
        return False
    if plain:
        return not re.search(r"[/\\.]|::|=.*\w", value)
    if re.fullmatch(r"[a-z0-9]+(?:[-_.:/=][a-z0-9]+)*", value) or re.search(r"[\\/]\w+[\\/]|::|\.\w{1,4}$", value):
        return False
    return any(c.isupper() for c in value) or any(c in "!#%^*+~?@$" for c in value)


def body_of(request_json: object) -> bytes:
    """A request as JSON bytes: what is looked at when a backend does not say how it writes it."""
    return json.dumps(request_json, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
