"""Who and where an alert is about: every identity of its typed fields, and those that show by their form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import JsonValue

from explainer.redaction.fieldkinds import field_kind
from explainer.redaction.patterns import from_text, may_tell
from explainer.redaction.places import owner_domain
from explainer.redaction.policy import Policy
from explainer.redaction.typedvalues import Known, typed
from explainer.schema.alert import Alert

_DEPTH = 8


def harvest(alert: Alert, texts: Iterable[str], written: Iterable[str], policy: Policy) -> dict[str, str]:
    """Identities by the text that they are, with their kind; the first kind that claims a text keeps it.

    Args:
        alert: its typed fields are read.
        texts: values of the alert that may be sent; names by form and by the word in front are found in them.
        written: what else is sent, by people who explain rules; names by form alone are found in it.
        policy: what stays.
    """
    found: dict[str, str] = {}
    switched = policy.kinds | {"registries", "domains", "macs", "terms"}

    def put(known: Iterable[Known]) -> None:
        for text, kind in known:
            if text and kind in switched and text not in found:
                found[text] = kind

    put(_sections(alert, policy))
    put(_fields(alert, policy))
    domains = {d for text, kind in list(found.items()) if kind in {"hosts", "domains"} and (d := owner_domain(text))}
    domains |= {
        d for text, kind in list(found.items()) if kind == "registries" and (d := owner_domain(text.partition(":")[0]))
    }
    put((domain, "domains") for domain in sorted(domains))
    # Who owns the domain is named elsewhere too: in buckets, teams, paths.
    put((owner, "domains") for domain in sorted(domains) if _owner(owner := domain.partition(".")[0], policy))
    owned = (*sorted(domains), *policy.internal_domains)
    put(from_text("\x00".join(texts), policy, owned))
    put(from_text("\x00".join(text for text in written if may_tell(text)), policy, owned, written=True))
    put((term, "terms") for term in policy.terms)
    return found


def _owner(label: str, policy: Policy) -> bool:
    return len(label) >= 4 and not policy.kept(label, "users", "namespaces", "software_images", "publishers", "labels")


def _sections(alert: Alert, policy: Policy) -> Iterator[Known]:
    """The normalised places, whatever the source called them."""
    user, pod, container = alert.user, alert.k8s, alert.container
    if user is not None:
        for name in (user.name, user.loginname, user.principal, user.impersonated, *user.groups):
            yield from typed(name or "", "users", policy)
    yield from typed(alert.host.hostname or "", "pods" if alert.host.is_pod_name else "hosts", policy)
    for ip in alert.host.ip:
        yield from typed(ip, "hosts", policy)
    if pod is not None:
        for value, kind in (
            (pod.node, "hosts"),
            (pod.pod, "pods"),
            (pod.pod_uid, "pods"),
            (pod.namespace, "namespaces"),
            (pod.workload, "workloads"),
            (pod.service_account, "workloads"),
            (pod.cluster, "clusters"),
        ):
            yield from typed(value or "", kind, policy)
        for value in pod.labels.values():
            yield from typed(value, "labels", policy)
    if container is not None and not container.is_host:
        for value, kind in (
            (container.name, "containers"),
            (container.full_id, "containers"),
            (container.id, "containers"),
            (container.repository, "images"),
            (container.image, "images"),
        ):
            yield from typed(value or "", kind, policy)
    if alert.cloud is not None:
        for value in (alert.cloud.account, *alert.cloud.resource_ids):
            yield from typed(value or "", "accounts", policy)
    if alert.api is not None:
        yield from typed(alert.api.namespace or "", "namespaces", policy)
        yield from typed(alert.api.name or "", "objects", policy)


def _fields(alert: Alert, policy: Policy) -> Iterator[Known]:
    for fields in (alert.fields, alert.custom_fields):
        for name, value in fields.items():
            kind = field_kind(name, policy)
            if isinstance(value, str):
                if kind:
                    yield from _split(value, kind, policy)
            elif isinstance(value, dict | list):
                yield from _nested(value, kind, policy, 0)


def _split(value: str, kind: str, policy: Policy) -> Iterator[Known]:
    if value[:1] in {"[", "{"}:
        try:
            nested = json.loads(value)
        except (ValueError, RecursionError):
            nested = None
        if isinstance(nested, dict | list):
            yield from _nested(nested, kind, policy, 1)
            return
    yield from typed(value, kind, policy)
    if kind != "labels" and ("," in value or (value.startswith("(") and value.endswith(")"))):
        for part in value.strip("()[]").split(","):
            yield from typed(part.strip("\"' "), kind, policy)


def _nested(value: JsonValue, kind: str, policy: Policy, depth: int) -> Iterator[Known]:
    if depth > _DEPTH:
        return
    if isinstance(value, str):
        if kind:
            yield from _split(value, kind, policy)
    elif isinstance(value, list):
        for item in value:
            yield from _nested(item, kind, policy, depth + 1)
    elif isinstance(value, dict):
        inner: Any
        for name, inner in value.items():
            yield from _nested(
                inner,
                field_kind(name, policy) or kind if name in {"name", "id"} else field_kind(name, policy),
                policy,
                depth + 1,
            )
