# ruff: noqa: E501  (regular expressions are read better whole)
"""Identities that show by their form in any text: addresses, e-mails, home folders, ARNs, host names, API paths."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from explainer.redaction.fieldkinds import field_kind
from explainer.redaction.images import IMAGE_COMMAND, image_parts
from explainer.redaction.places import TENANT_DOMAINS, address, internal, keeps_address
from explainer.redaction.policy import Policy
from explainer.redaction.typedvalues import Known, typed
from explainer.redaction.wordsets import word_set

_IP4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)")
_IP6 = re.compile(r"(?<![\w:.])[0-9a-fA-F]{0,4}:[0-9a-fA-F:]{1,40}(?:\d{1,3}(?:\.\d{1,3}){3})?")
_MAC = re.compile(r"(?<![\w:-])[0-9a-fA-F]{2}(?:([:-])[0-9a-fA-F]{2})(?:\1[0-9a-fA-F]{2}){4}(?![\w:-])")
_IP_NAME = re.compile(r"(?<![A-Za-z0-9])ip-\d{1,3}(?:-\d{1,3}){3}(?![0-9])(?:\.[a-z0-9.-]*[a-z0-9])?")
_EMAIL = re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+-]*@[A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9][\w-]*)+")
_AT_HOST = re.compile(
    r"(?<![\w.+@/:-])(?P<u>[A-Za-z_][\w.-]{0,31})@(?P<h>[A-Za-z][\w-]*(?:\.[\w-]+)*)(?=[:\s\x00/'\",;]|$)"
)
_HOME = re.compile(r"(?:/(?:home|Users|export/home|usr/home)/|[A-Za-z]:\\+Users\\+)(?P<s>[^/\s\\'\":;,()<>|\x00]+)")
_TILDE = re.compile(r"(?<![\w/])~(?P<s>[a-z_][\w-]*)(?=/)")
_SERVICE_ACCOUNT = re.compile(r"system:serviceaccounts?:(?P<ns>[a-z0-9][a-z0-9.-]*)(?::(?P<sa>[a-z0-9][a-z0-9.-]*))?")
_NODE = re.compile(r"system:node:(?P<s>[A-Za-z0-9][\w.-]*)")
_API = re.compile(
    r"/(?P<k>namespaces|pods|nodes|secrets|configmaps|serviceaccounts|services|deployments|daemonsets|statefulsets|replicasets|jobs|cronjobs|persistentvolumeclaims|clusterrolebindings|rolebindings|ingresses)/(?P<s>[A-Za-z0-9][\w.-]*)"
)
_ARN = re.compile(r"arn:(?:aws|aws-cn|aws-us-gov):(?P<svc>[\w-]*):[\w-]*:(?P<acc>\d{12})?:(?P<res>[^\s\"',;\x00\])}]+)")
_ECR = re.compile(r"(?<!\d)(?P<s>\d{12})(?=\.dkr\.ecr\.)")
_PROJECT = re.compile(r"(?<![\w-])projects/(?P<s>[a-z][a-z0-9-]{4,28}[a-z0-9])(?=[/\s\"',;\x00]|$)")
_AZURE = re.compile(
    r"/(?P<k>subscriptions|tenants|resourceGroups|resourcegroups|storageAccounts|virtualMachines|managedClusters|vaults|servers)/(?P<s>[^/\s\"',;\x00?]+)"
)
_BUCKET = re.compile(r"\b(?:s3[an]?|gs|wasbs?|abfss?|oss|cos)://(?P<s>[A-Za-z0-9][\w.-]+)")
_CLOUD_ID = re.compile(
    r"(?<![\w-])(?:i|vpc|subnet|sg|eni|vol|ami|snap|rtb|igw|nat|eks|acl|tgw|lt|asg|vpce|eipalloc)-(?:[0-9a-f]{8}|[0-9a-f]{17})(?![\w-])"
)
_HEX_TAIL = re.compile(r"-(?:[0-9a-f]{17}|[0-9a-f]{8})(?![\w-])")
_FQDN = re.compile(r"(?<![\w.-])[A-Za-z0-9][\w-]*(?:\.[\w-]+)+")
_PAIR = re.compile(
    r"(?<![\w.\-])(?P<n>[A-Za-z][\w.\[\]-]{1,48})(?:=|:(?!\s)|\\*[\"']\s?[=:]\s?|\s?=\s?)\\*[\"']?(?P<s>[A-Za-z0-9_][^\s,;()\"'\\\x00<>|]*)"
)
_FLAG = re.compile(
    r"(?<![\w-])--?(?P<n>namespace|user|username|host|hostname|login|node|cluster|project|account|context|kube-context|server|profile|pod|container|database|dbname|owner|principal|bucket|resource-group|subscription|org|tenant)[= ](?P<s>[A-Za-z0-9_][^\s,;()\"'\\\x00<>|]*)"
)
_KUBE = re.compile(r"\b(?:kubectl|oc|helm|k9s|stern|kubens)\b(?P<rest>[^|;\x00]{0,400})")
_KUBE_NS = re.compile(r"(?<![\w-])-n[= ]?(?P<s>[a-z0-9][a-z0-9.-]*)")
_KUBE_OBJECT = re.compile(
    r"(?<![\w/-])(?:pods?|po|deploy(?:ments?)?|svc|services?|sts|statefulsets?|ds|daemonsets?|secrets?|cm|configmaps?|nodes?|ns|namespaces?|jobs?|cronjobs?|sa|serviceaccounts?|pvc|ingress)[/ ](?P<s>[a-z0-9][a-z0-9.-]{2,})"
)
_KUBE_EXEC = re.compile(
    r"\b(?:exec|logs|attach|cp|port-forward|debug|drain|cordon|describe|delete)\s+(?:-[\w-]+(?:[= ](?![a-z0-9-]+-[a-z0-9]{5,10}\b)\S+)?\s+)*(?P<s>[a-z0-9](?:[a-z0-9]*-)+[a-z0-9]+)\b"
)
_ACCOUNTS = re.compile(
    r"\b(?:useradd|adduser|usermod|userdel|passwd|chage|gpasswd|su(?:\s+-l?)?|(?:sudo|runuser|doas)\s+-u)\s+(?:-\S+\s+)*(?P<s>[A-Za-z_][\w.-]*)(?=[\s\x00;|]|$)"
)

_FILE_ENDINGS = word_set(
    "sh py js rb pl php conf cfg ini log txt json yaml yml xml so ko service socket timer target mount slice "
    "scope d c h go rs java jar war zip gz tar bz2 xz pem key crt pub local bak old tmp swp pid lock db md "
    "html css sock exe dll bin img iso deb rpm apk"
)
_UNOWNED = word_set("git npm pip http https file sha256 sha512")


def from_text(text: str, policy: Policy, domains: Iterable[str], *, written: bool = False) -> Iterator[Known]:
    """Identities in a text, several times perhaps; the policy's keep lists are honoured.

    Args:
        text: anything; pieces that do not belong together are divided by NUL.
        policy: what stays.
        domains: whose host names are internal.
        written: people wrote it, so that "user" and what follows are words of a sentence and no pair.
    """
    for match in _IP4.finditer(text):
        if not keeps_address(match[0], policy):
            yield match[0], "addresses" if internal(match[0]) else "external_addresses"
    if "::" in text or text.count(":") > 5:
        for match in _IP6.finditer(text):
            found = match[0] if address(match[0]) is not None else match[0].rpartition(":")[0]
            if ":" in found and address(found) is not None and not keeps_address(found, policy):
                yield found, "addresses" if internal(found) else "external_addresses"
        for match in _MAC.finditer(text):
            if match[0] not in {"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"}:
                yield match[0], "macs"
    if "ip-" in text:
        for match in _IP_NAME.finditer(text):
            yield match[0], "hosts"
    if "@" in text:
        yield from _mail(text, policy)
    for pattern, mark in ((_HOME, "ome/"), (_HOME, "sers"), (_TILDE, "~")):
        if mark in text:
            for match in pattern.finditer(text):
                if not policy.kept(match["s"], "users"):
                    yield match["s"].rstrip("."), "users"
    yield from _cloud(text, policy)
    yield from _hosts(text, policy, tuple(domains))
    if not written:
        yield from _cluster(text, policy)
        yield from _said(text, policy)


_TELLS = re.compile(
    r"[@~\\]|\d\.\d|ome/|sers/|://|arn:|::|-[0-9a-f]{8}|\w\.\w|(?:[0-9a-fA-F]{2}:){5}|projects/|/sub|/res|/ten|ip-"
)


@lru_cache(maxsize=8192)
def may_tell(text: str) -> bool:
    """Whether a sentence that people wrote may hold an identity by form; most never do, and are asked again and again."""
    return _TELLS.search(text) is not None


def _mail(text: str, policy: Policy) -> Iterator[Known]:
    for match in _EMAIL.finditer(text):
        local = match[0].partition("@")[0]
        if local.lower() in _UNOWNED or policy.kept(match[0]):
            continue
        yield match[0], "emails"
        if not policy.kept(local, "users") and len(local) >= 4:
            yield local, "users"
    for match in _AT_HOST.finditer(text):
        user, host = match["u"], match["h"]
        if user.lower() in _UNOWNED or ("." in host and host.rpartition(".")[2].isdigit()):
            continue
        if not policy.kept(user, "users"):
            yield user, "users"
        if "." not in host and not policy.kept(host, "users", "software"):
            yield host, "hosts"


def _cluster(text: str, policy: Policy) -> Iterator[Known]:
    if "system:" in text:
        for match in _SERVICE_ACCOUNT.finditer(text):
            if not policy.kept(match["ns"], "namespaces"):
                yield match["ns"], "namespaces"
                if match["sa"] and not policy.software(match["sa"]):
                    yield match["sa"], "workloads"
            elif match["sa"] and not policy.software(match["sa"]) and not policy.kept(match["ns"], "namespaces"):
                yield match["sa"], "workloads"
        for match in _NODE.finditer(text):
            yield match["s"], "hosts"
    if "/namespaces/" in text or "/api" in text:
        for match in _API.finditer(text):
            value, kind = match["s"], match["k"]
            if kind == "namespaces":
                if not policy.kept(value, "namespaces"):
                    yield value, "namespaces"
            elif not policy.software(value) and not policy.kept(value, "objects", "namespaces"):
                yield value, {"pods": "pods", "nodes": "hosts"}.get(kind, "workloads")
    if "kube" in text or "oc " in text or "helm" in text:
        for match in _KUBE.finditer(text):
            rest = match["rest"]
            for found in _KUBE_NS.finditer(rest):
                if not policy.kept(found["s"], "namespaces"):
                    yield found["s"], "namespaces"
            for pattern in (_KUBE_OBJECT, _KUBE_EXEC):
                for found in pattern.finditer(rest):
                    value = found["s"]
                    if (
                        not policy.software(value)
                        and not policy.kept(value, "objects", "namespaces")
                        and value not in _VERBS
                    ):
                        yield value, "workloads"


_VERBS = word_set(
    "exec logs get describe delete create apply patch edit generic docker-registry tls list all label annotate "
    "rollout scale restart status history"
)


def _cloud(text: str, policy: Policy) -> Iterator[Known]:
    if "arn:" in text:
        for match in _ARN.finditer(text):
            if match["acc"]:
                yield match["acc"], "accounts"
            if match["acc"] or match["svc"] == "s3":
                parts = [p for p in re.split(r"[/:*]", match["res"]) if p]
                named = parts if match["svc"] == "s3" or len(parts) == 1 else parts[1:]
                for part in named:
                    if (
                        len(part) > 2
                        and not policy.kept(part, "users", "objects", "namespaces")
                        and not part.startswith("AWSReserved")
                    ):
                        yield (
                            part,
                            "users" if parts[0] in {"user", "assumed-role"} and part is parts[-1] else "resources",
                        )
    if ".dkr.ecr." in text:
        for match in _ECR.finditer(text):
            yield match["s"], "accounts"
    if "projects/" in text:
        for match in _PROJECT.finditer(text):
            yield match["s"], "accounts"
    if "/subscriptions/" in text or "/resource" in text or "/tenants/" in text:
        for match in _AZURE.finditer(text):
            yield match["s"], "accounts" if match["k"] in {"subscriptions", "tenants"} else "resources"
    if "://" in text:
        for match in _BUCKET.finditer(text):
            yield match["s"], "resources"
    if _HEX_TAIL.search(text):
        for match in _CLOUD_ID.finditer(text):
            yield match[0], "resources"


@lru_cache(maxsize=256)
def _tails(domains: tuple[str, ...], internal_domains: tuple[str, ...]) -> frozenset[str]:
    """Last labels that a host of one's own can have."""
    return frozenset(name.rpartition(".")[2] for name in (*domains, *internal_domains, *TENANT_DOMAINS, "svc"))


def _hosts(text: str, policy: Policy, domains: tuple[str, ...]) -> Iterator[Known]:
    tails = _tails(domains, policy.internal_domains)
    for match in _FQDN.finditer(text):
        host = match[0].rstrip("-_")
        if host[host.rfind(".") + 1 :].lower() not in tails:
            continue
        before = text[match.start() - 2 : match.start()] if match.start() > 1 else text[: match.start()]
        if (before.endswith("/") and before != "//") or before.endswith("\\"):
            continue
        low = host.lower()
        if policy.kept(low, "domains", "registries"):
            continue
        owned = any(low == d or low.endswith(f".{d}") for d in domains)
        if (
            not owned
            and not any(low.endswith(t) for t in TENANT_DOMAINS)
            and not (low.endswith(".svc") and low.count(".") > 1)
        ):
            if not any(low.endswith(f".{d}") for d in policy.internal_domains):
                continue
            if low.count(".") == 1 and low.partition(".")[0] in {
                "rc",
                "settings",
                "config",
                "env",
                "hosts",
                "conf",
                "app",
                "docker-compose",
                "override",
                "values",
                "net",
                "package",
            }:
                continue
        if low.rpartition(".")[2] in _FILE_ENDINGS - {"local", "d"} and not owned:
            continue
        yield host, "hosts"


def _said(text: str, policy: Policy) -> Iterator[Known]:
    """``user=jsmith``, ``--namespace acme``, ``useradd eve``: told by the word in front."""
    for match in _PAIR.finditer(text):
        kind = field_kind(match["n"], policy)
        if (
            kind
            and text[match.end("n") : match.start("s")].strip("\\\"' ")
            and not (
                ": " in text[match.end("n") : match.start("s")]
                and kind in {"workloads", "resources", "accounts", "labels"}
            )
        ):
            yield from typed(match["s"].rstrip(".:/"), kind, policy)
    if "-" in text:
        for match in _FLAG.finditer(text):
            name = match["n"].replace("-", "_")
            kind = {
                "server": "hosts",
                "context": "clusters",
                "kube_context": "clusters",
                "profile": "accounts",
                "database": "resources",
                "dbname": "resources",
                "resource_group": "resources",
            }.get(name) or field_kind(name, policy)
            value = match["s"]
            if (
                kind
                and "://" not in value
                and not (name == "user" and ":" in value and value.replace(":", "").isdigit())
            ):
                yield from typed(
                    value.partition(":")[0].partition("%")[0] if name in {"user", "login", "host", "server"} else value,
                    kind,
                    policy,
                )
    for match in _ACCOUNTS.finditer(text):
        yield from typed(match["s"], "users", policy)
    for match in IMAGE_COMMAND.finditer(text):
        yield from image_parts(match["s"], policy)
