"""Addresses, domains and who they belong to."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from explainer.redaction.policy import Policy
from explainer.redaction.wordsets import word_set

# Names under these belong to whoever rents them.
TENANT_DOMAINS = (
    ".compute.internal",
    ".ec2.internal",
    ".compute.amazonaws.com",
    ".rds.amazonaws.com",
    ".elb.amazonaws.com",
    ".eks.amazonaws.com",
    ".cache.amazonaws.com",
    ".es.amazonaws.com",
    ".azmk8s.io",
    ".database.windows.net",
    ".vault.azure.net",
    ".azurecr.io",
    ".core.windows.net",
    ".cloudapp.azure.com",
    ".servicebus.windows.net",
    ".iam.gserviceaccount.com",
    ".redis.cache.windows.net",
    ".documents.azure.com",
    ".mysql.database.azure.com",
    ".postgres.database.azure.com",
    ".snowflakecomputing.com",
    ".cloud.databricks.com",
    ".okta.com",
    ".atlassian.net",
    ".onmicrosoft.com",
    ".auth0.com",
    ".c.internal",
)
# So common that they say nothing about who owns the host.
_SHARED_DOMAINS = word_set(
    "amazonaws.com compute.internal ec2.internal azure.com windows.net googleapis.com googleusercontent.com "
    "gserviceaccount.com gmail.com outlook.com hotmail.com yahoo.com proton.me protonmail.com icloud.com "
    "live.com github.com gitlab.com users.noreply.github.com cluster.local svc.cluster.local internal local "
    "localdomain lan corp intranet private home example.com example.org example.net"
)
_PUBLIC_RANGES = tuple(
    ipaddress.ip_network(n)
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
_BASES = frozenset(str(n.network_address) for n in _PUBLIC_RANGES)


@lru_cache(maxsize=4096)
def address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a text is, or None."""
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def internal(text: str) -> bool:
    """Whether it is an address of a private, shared or link-local range."""
    found = address(text)
    if found is None:
        return False
    if found.version == 6 and found.ipv4_mapped is not None:
        return internal(str(found.ipv4_mapped))
    return any(found in network for network in _PUBLIC_RANGES if network.version == found.version)


def keeps_address(text: str, policy: Policy) -> bool:
    """Whether an address stays readable: loopback, metadata services, whole ranges, and public ones unless asked."""
    found = address(text)
    if found is None or text in _BASES:
        return True
    if any(found in network for network in policy.networks if network.version == found.version):
        return True
    return not ("addresses" in policy.kinds if internal(text) else "external_addresses" in policy.kinds)


def owner_domain(host: str) -> str:
    """The domain of a host's owner: ``acme.com`` of ``db.prod.acme.com``; empty when it tells no owner."""
    labels = host.lower().strip(".").split(".")
    if len(labels) < 2 or address(host) is not None or labels[-1].isdigit():
        return ""
    size = 3 if len(labels[-1]) == 2 and labels[-2] in {"co", "com", "org", "net", "gov", "ac", "edu"} else 2
    if len(labels) < size:
        return ""
    domain = ".".join(labels[-size:])
    if domain in _SHARED_DOMAINS or any(f".{domain}".endswith(t) or t.endswith(f".{domain}") for t in TENANT_DOMAINS):
        return ""
    return domain
