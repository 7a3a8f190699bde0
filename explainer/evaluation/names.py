# ruff: noqa: E501, S104  (tables are read better whole; addresses are told, not bound)
"""The names in a text that single out one thing in the world, and where a report may take them from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from explainer.schema.alert import Alert
from explainer.schema.enriched import EnrichedAlert

NameKind = Literal["url", "cve", "ip", "id", "path", "domain", "host", "code", "capability", "image"]
Tier = Literal["alert", "rule", "knowledge", "known", "placeholder", "none"]
HARD: frozenset[NameKind] = frozenset({"url", "cve", "ip", "id", "domain"})
"""An invented one of these sends a responder after something that does not exist."""

_NAME = re.compile(
    r"(?P<url>\b(?:https?|ftp|wss?|tcp|udp)://[^\s)>\]\"'`,]+)"
    r"|(?P<cve>\bCVE-\d{4}-\d{3,}\b)"
    r"|(?P<image>\b(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?(?:/[a-z0-9._-]+)+(?::[\w.-]+)?(?:@sha256:[0-9a-f]+)?)"
    r"|(?P<ip>(?<![\w.+-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)(?:/\d{1,2})?)"
    r"|(?P<id>\b(?:sha256:)?(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,64}\b(?!-[0-9a-f]{4}-))"
    r"|(?P<uuid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)"
    r"|(?P<path>(?<![\w:/.~<>)}\]*%-])~?(?:/[\w.+@%<>{}$*:=-]+)+/?)"
    r"|(?P<capability>\bCAP_[A-Z_]+\b)"
    r"|(?P<domain>\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|example|local|internal|cloud|ru|cn|xyz|top|info|biz|onion|pw|tk|cc|su)\b)"
    r"|(?P<host>(?<![\w./@:=-])[a-z][a-z0-9]*(?:-[a-z0-9]+)*-[a-z]*\d[a-z0-9]*(?:-[a-z0-9]+)*(?![\w/]|\.\w))"
)
# Names have a digit, a slash, an underscore or an inner dot; the words of a sentence have none.
_WORTH = re.compile(r"(?<!\S)(?=\S*(?:[\d/_]|\.\w))\S+")
_SPLIT = re.compile(r"[\s,;!?\"“”‘’«»()\[\]{}|'`=<>]+")
_PATH = re.compile(r"(?<![\w.])~?/[^\s,;\"'`<>()|&=]+")
_PIECES = re.compile(r"[/:@=|+]")
_PLACEHOLDER = re.compile(r"<[^>]*>?|\$\{?\w+|\{\{?\w|\*|…|\.\.\.|\bx{3,}\b|\bEXAMPLE\b|\byour-|/path/to/|\bmy-")
_PLAIN_HOSTLIKE = re.compile(
    r"(?:sha|utf|base|x|ipv|tls|layer|step|phase|tier|top|level|severity|priority|pid|uid|cis|http|rfc|iso|type|stage|option|day|round|case|cgroup|ext|python|java|mod|t)-?v?\d+"
    r"(?:-\w+)?|\w+-(?:\d+)(?:st|nd|rd|th|bit|day|hour|minute|second|byte|way)|rc-\d+|cve-\d+\S*|x86-64|amd-?64|arm-?64"
)
_KNOWN_DIRS = frozenset(
    """
    / /bin/sh /bin/bash /bin /boot /dev /dev/shm /dev/null /dev/tcp /etc /home /lib /lib64 /lib/modules /media
    /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr /usr/bin /usr/sbin /usr/lib /usr/local /usr/local/bin
    /usr/local/sbin /var /var/lib /var/log /var/run /var/tmp /sys/fs/cgroup /sys/module /proc/modules
    /run/secrets /var/run/secrets /var/lib/kubelet /var/lib/containerd /var/lib/docker /usr/share
    /etc/kubernetes
    """.split()  # noqa: SIM905 - prose reads better than quoted words
)
_KNOWN_ROOTS = frozenset(
    """
    bin boot dev etc home lib lib64 opt proc root run sbin sys tmp usr var host mnt srv evidence cases case
    forensics
    """.split()  # noqa: SIM905 - prose reads better than quoted words
)
_KNOWN_DOMAINS = (
    "attack.mitre.org", "falco.org", "download.falco.org", "kubernetes.io", "github.com", "registry.k8s.io", "docker.io", "quay.io", "ghcr.io", "docs.docker.com", "man7.org", "nvd.nist.gov",
    "svc.cluster.local", "cluster.local", "kubernetes.default", "metadata.google.internal", "amazonaws.com", "googleapis.com", "falcosecurity.github.io", "public.ecr.aws", "gcr.io",
)  # fmt: skip
_KNOWN_IPS = frozenset(
    [
        "127.0.0.1",
        "0.0.0.0",
        "169.254.169.254",
        "255.255.255.255",
        "0.0.0.0/0",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
    ]
)
_CAPABILITIES = frozenset(
    f"CAP_{name}"
    for name in [
        "AUDIT_CONTROL",
        "AUDIT_READ",
        "AUDIT_WRITE",
        "BLOCK_SUSPEND",
        "BPF",
        "CHECKPOINT_RESTORE",
        "CHOWN",
        "DAC_OVERRIDE",
        "DAC_READ_SEARCH",
        "FOWNER",
        "FSETID",
        "IPC_LOCK",
        "IPC_OWNER",
        "KILL",
        "LEASE",
        "LINUX_IMMUTABLE",
        "MAC_ADMIN",
        "MAC_OVERRIDE",
        "MKNOD",
        "NET_ADMIN",
        "NET_BIND_SERVICE",
        "NET_BROADCAST",
        "NET_RAW",
        "PERFMON",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYSLOG",
        "SYS_ADMIN",
        "SYS_BOOT",
        "SYS_CHROOT",
        "SYS_MODULE",
        "SYS_NICE",
        "SYS_PACCT",
        "SYS_PTRACE",
        "SYS_RAWIO",
        "SYS_RESOURCE",
        "SYS_TIME",
        "SYS_TTY_CONFIG",
        "WAKE_ALARM",
        "EFFECTIVE",
        "PERMITTED",
        "INHERITABLE",
    ]
)
_FIELD = re.compile(
    r"(?:proc|fd|evt|user|container|k8s|ka|ct|group|thread|gcp|github|okta|alert|output_fields|aws)(?:[._][\w\[\]*.]+)+|[a-z]+_[a-z_]+"
)
_CODE_TOKEN = re.compile(r"[\w.@%+:/-]{2,}")


@dataclass(frozen=True, slots=True)
class Name:
    """A name with its place in the text."""

    kind: NameKind
    text: str
    start: int
    end: int


def names_in(text: str) -> Iterator[Name]:
    """All names of a text, by their looks alone."""
    for word in _WORTH.finditer(text):
        for match in _NAME.finditer(text, word.start(), word.end()):
            kind = match.lastgroup or "path"
            found = match[0].rstrip(".,:;'`*_-")
            if kind == "uuid":
                kind = "id"
            if kind == "path" and (not re.search(r"[A-Za-z]", found) or len(found) < 3):
                continue
            if kind == "host" and _PLAIN_HOSTLIKE.fullmatch(found):
                continue
            yield Name(kind, found, match.start(), match.start() + len(found))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Vocabulary:
    """Every name of some texts, for exact look-up."""

    tokens: frozenset[str]
    paths: tuple[str, ...]
    joined: str

    @classmethod
    def of(cls, texts: Iterable[str]) -> Vocabulary:
        """Index some texts."""
        joined = "\n".join(text for text in texts if text)
        tokens: set[str] = set()
        for part in _SPLIT.split(joined):
            token = part.strip(".:'`*~…,")
            if token:
                tokens.add(token)
                tokens.add(token.lower())
                for piece in _PIECES.split(token):
                    tokens.add(piece.strip("."))
                    tokens.add(piece.strip(".").lower())
        paths = {path.rstrip(".:,'\"/") for path in _PATH.findall(joined)}
        return cls(frozenset(tokens), tuple(sorted(path for path in paths if path)), joined)

    def holds(self, kind: NameKind, text: str) -> bool:
        """Whether the name stands in the texts: exactly, a path also by its folder or its end, an id by its start."""
        bare = text.removeprefix("sha256:")
        if bare in self.tokens or text in self.tokens:
            return True
        if kind == "path":
            stem = text.rstrip("/") or "/"
            if (
                stem.startswith(("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/"))
                and stem.rsplit("/", 1)[-1] in self.tokens
            ):
                # /bin is /usr/bin on most machines.
                return True
            end = "/" + stem.lstrip("./~")
            # A folder above it, its end, a folder within it, or a series (``daily.0``) that the alert has one of.
            return any(
                path == stem or path.startswith((stem + "/", stem + ".")) or path.endswith(end) or stem + "/" in path
                for path in self.paths
            )
        if kind == "id":
            return len(bare) >= 12 and any(
                token.startswith(bare) or (len(token) >= 12 and bare.startswith(token))
                for token in self.tokens
                if token[:6] == bare[:6]
            )
        if kind == "ip":
            return text.split("/")[0] in self.tokens
        if kind in {"image", "url", "domain", "host"}:
            # ``registry/app:1.2`` where the alert has the parts apart.
            if text in self.joined and kind != "host":
                return True
            parts = [part for part in re.split(r"[:@]", text) if part]
            return len(parts) > 1 and all(part in self.tokens or part in self.joined for part in parts)
        if kind == "code":
            if text.startswith(".") and text in self.joined:
                return True
            if re.search(rf"(?<!\w){re.escape(text.removeprefix('./'))}(?!\w)", self.joined):
                return True
            parts = [part for part in re.split(r"[:=@]|(?<=\w)-(?=\w)|/|\s", text) if part]
            return len(parts) > 1 and all(part in self.tokens or part.lower() in self.tokens for part in parts)
        return False


@dataclass(frozen=True)
class Sources:
    """Where names of one case may come from, nearest first."""

    alert: Vocabulary
    rule: Vocabulary
    knowledge: Vocabulary

    @classmethod
    def of(cls, enriched: EnrichedAlert) -> Sources:
        """Index an alert with what is known about it."""
        alert, rule = enriched.alert, enriched.rule
        evidence = enriched.evidence
        knowledge = [
            enriched.headline,
            enriched.summary,
            enriched.meaning,
            enriched.entry or "",
            *enriched.not_advised,
            *enriched.questions,
        ]
        for view in enriched.hypotheses:
            knowledge += [
                view.title,
                view.explain,
                view.settle,
                *(c.text for c in (*view.supports, *view.against)),
                *view.open,
            ]
        knowledge += [f"{q.question} {q.why} {q.query or ''}" for q in enriched.unknowns]
        knowledge += [
            f"{a.title} {a.why} {a.command or ''} {a.config or ''} {a.precondition}" for a in enriched.actions
        ]
        knowledge += [e.value for e in evidence if e.kind == "knowledge"] + [e.why for e in evidence]
        knowledge += [f"{ref.technique} {ref.name}" for ref in enriched.attack]
        rules = [e.value for e in evidence if e.kind == "rule"]
        if rule is not None:
            rules += [
                rule.name,
                rule.description or "",
                rule.condition or "",
                rule.condition_expanded or "",
                rule.output or "",
                *rule.tags,
                *rule.output_fields,
            ]
        return cls(
            alert=Vocabulary.of([*alert_texts(alert), *(e.value for e in evidence if e.kind in {"alert", "context"})]),
            rule=Vocabulary.of(rules),
            knowledge=Vocabulary.of(knowledge),
        )

    def tier(self, name: Name) -> Tier:
        """The nearest source that has the name."""
        return self._tier(name.kind, name.text)

    def _tier(self, kind: NameKind, text: str) -> Tier:
        if _PLACEHOLDER.search(text):
            return "placeholder"
        if self.alert.holds(kind, text):
            return "alert"
        if self.rule.holds(kind, text):
            return "rule"
        if self.knowledge.holds(kind, text):
            return "knowledge"
        return "known" if _well_known(kind, text) else "none"


def alert_texts(alert: Alert) -> list[str]:
    """Everything that the alert says, as texts."""
    texts = [alert.raw, alert.output or "", alert.message or "", alert.title]
    waiting: list[object] = [alert.model_dump(mode="json", exclude={"raw", "field_sources", "output", "message"})]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif value is not None and not isinstance(value, bool):
            texts.append(str(value))
    return texts


@lru_cache(maxsize=4096)
def _well_known(kind: NameKind, text: str) -> bool:
    if kind == "path":
        return (
            text.rstrip("/") in _KNOWN_DIRS
            or text == "/"
            or text.startswith(("/usr/lib/systemd", "/proc/self", "/proc/<"))
        )
    if kind == "capability":
        return text in _CAPABILITIES
    if kind in {"url", "domain", "image"}:
        host = re.sub(r"^[a-z]+://", "", text).split("/")[0].split(":")[0]
        return any(host == known or host.endswith("." + known) for known in _KNOWN_DOMAINS)
    if kind == "ip":
        return text in _KNOWN_IPS
    if kind == "code":
        return _FIELD.fullmatch(text) is not None
    return False


@lru_cache(maxsize=4096)
def standard_path(text: str) -> bool:
    """Whether a path lies where such paths lie on any Linux machine: fine to look at, no proof of what happened."""
    return text.lstrip("~/").split("/", 1)[0] in _KNOWN_ROOTS or text.startswith("~/")


def code_name(text: str) -> str | None:
    """An inline code span that is a single name, or None."""
    return text if _CODE_TOKEN.fullmatch(text) and re.search(r"[A-Za-z]", text) else None
