"""The identities in the value of a field of a known kind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from explainer.redaction.images import image_parts
from explainer.redaction.places import address, keeps_address, owner_domain
from explainer.redaction.policy import Policy
from explainer.redaction.wordsets import word_set

Known = tuple[str, str]
"""``(text, kind)``."""

_EMPTY = word_set(" <na> n/a na none null - unknown true false <nil> host localhost incomplete")


def typed(value: str, kind: str, policy: Policy) -> Iterator[Known]:
    """The identities in the value of a field of this kind."""
    value = value.strip()
    if (
        value.lower() in _EMPTY
        or value.startswith(("[redacted", "$", "%", "<", "{"))
        or len(value) > 253
        or policy.kept(value)
    ):
        return
    if not any(c.isalnum() for c in value):
        return
    if (
        value.lstrip("-").isdigit()
        and not (kind == "accounts" or (kind in {"containers", "pods"} and len(value) >= 12))
    ) or (kind == "accounts" and value.isdigit() and len(value) < 6):
        return
    if address(value) is not None:
        if kind in {"hosts"} and "hosts" in policy.kinds and not keeps_address(value, policy):
            yield value, "addresses"
        return
    if kind == "images":
        yield from image_parts(value, policy)
    elif kind == "hosts":
        if policy.kept(value, "domains", "users") or policy.software(value):
            return
        yield value, "hosts"
        short, dot, _ = value.partition(".")
        if dot and len(short) > 2 and not short.isdigit():
            yield short, "hosts"
    elif kind == "users":
        yield from _user(value, policy)
    elif kind == "pods":
        if policy.software(value) or policy.kept(value, "software_images"):
            return
        yield value, "pods"
        base = re.sub(r"(?:-[a-z0-9]{6,10})?-[a-z0-9]{5}$|-\d{1,3}$|-\d{8,10}-[a-z0-9]{5}$", "", value)
        if base != value and len(base) >= 4 and not policy.kept(base, "software_images", "software", "users"):
            yield base, "workloads"
    elif kind == "namespaces":
        if not policy.kept(value, "namespaces"):
            yield value, "namespaces"
    elif kind == "labels":
        for match in re.finditer(r"(?:^|[,\s{\"])[\w./-]+\"?\s*[:=]\s*\"?([^,\"}\s]+)", value):
            if (
                not policy.software(match[1])
                and not policy.kept(match[1], "labels", "software_images", "namespaces")
                and not match[1].isdigit()
            ):
                yield match[1], "labels"
        if (
            not re.search(r"[:=,]", value)
            and not policy.software(value)
            and not policy.kept(value, "labels", "software_images", "namespaces")
        ):
            yield value, "labels"
    elif kind in {"workloads", "containers", "objects"}:
        if policy.software(value) or policy.kept(value, "software_images", "objects", "namespaces"):
            return
        yield value, "workloads" if kind == "objects" else kind
        if kind == "containers" and value.startswith("k8s_"):
            parts = value.split("_")
            for part, part_kind in zip(parts[1:4], ("containers", "pods", "namespaces"), strict=False):
                yield from typed(part, part_kind, policy)
    elif " " not in value:
        yield value, kind


def _user(value: str, policy: Policy) -> Iterator[Known]:
    if policy.kept(value, "users"):
        return
    if value.startswith(("system:", "arn:")):
        # What is in it is found by its form.
        return
    if "@" in value:
        yield value, "emails"
        local, _, domain = value.partition("@")
        if not policy.kept(local, "users") and len(local) > 2:
            yield local, "users"
        if domain and owner_domain(domain):
            yield owner_domain(domain), "domains"
        return
    yield value, "users"
    for divider in ("\\", "/"):
        if divider in value:
            for part in value.split(divider):
                if len(part) > 2 and not policy.kept(part, "users"):
                    yield part, "users"
