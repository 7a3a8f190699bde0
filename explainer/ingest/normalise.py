"""The one function from source fields to an alert's normalised parts; JSON, text and recovered fields go through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import JsonValue

from explainer.ingest import clean, objects
from explainer.ingest.construct import construct
from explainer.ingest.field_table import TARGETS, target_of
from explainer.schema.alert import Api, Certainty, Cloud, Container, FieldSource, K8s, Process, User

_SYSTEM_ACCOUNT = "system:serviceaccount:"


@lru_cache(maxsize=8192)
def source_of(path: str, certainty: Certainty) -> FieldSource:
    """A shared FieldSource: alerts of one sensor name the same few dozen fields over and over."""
    return construct(FieldSource, {"path": path, "certainty": certainty})


@dataclass(slots=True)
class Parts:
    """Normalised parts, by the attribute names of ``Alert``; ``hostname`` is a fallback for the envelope's."""

    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, FieldSource] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    hostname: str | None = None


def normalise(
    fields: Mapping[str, JsonValue],
    *,
    prefix: str | None = "output_fields.",
    certainty: Certainty = "exact",
    spelled: Mapping[str, str] | None = None,
) -> Parts:
    """Normalise source fields.

    Args:
        fields: fields under Falco's dotted names, values as the source gave them.
        prefix: put before a field's name in ``field_sources``; None for text, where every value comes from ``output``.
        certainty: how sure the values are as such.
        spelled: how the source spells those fields that it does not name as Falco does.
    """
    parts = Parts()
    sections: dict[str, dict[str, Any]] = {}
    ranks: dict[str, int] = {}
    sources, missing = parts.sources, parts.missing
    quoted: list[str] = []
    unreadable: list[str] = []
    loginuid = False
    for name, value in fields.items():
        if value is None or (type(value) is str and clean.is_missing(value)):
            missing.append(name)
            if type(value) is str and value.startswith("%"):
                unreadable.append(name)
            continue
        if name == "user.loginuid":
            loginuid = True
            continue
        target = TARGETS.get(name) or target_of(name)
        if target is None:
            continue
        section_name, attribute, convert, path, rank = target
        converted = convert(value)
        if converted is None:
            missing.append(name)
            continue
        if type(value) is str and type(converted) is int:
            quoted.append(name)
        section = sections.setdefault(section_name, {})
        if attribute in section and ranks.get(path, -1) < rank:
            continue
        section[attribute] = converted
        ranks[path] = rank
        if spelled:
            name = spelled.get(name, name)
        sources[path] = source_of("output" if prefix is None else prefix + name, certainty)
    if quoted and certainty == "exact":
        parts.warnings.append(f"numbers given as text: {', '.join(sorted(quoted)[:8])}")
    if unreadable:
        parts.warnings.append(f"placeholders that Falco did not resolve: {', '.join(sorted(unreadable)[:8])}")
    if loginuid:
        _login(fields["user.loginuid"], sections, parts, prefix, certainty)
    _assemble(sections, fields, parts)
    return parts


def _login(
    value: JsonValue, sections: dict[str, dict[str, Any]], parts: Parts, prefix: str | None, certainty: Certainty
) -> None:
    number = clean.integer(value)
    if number is None:
        parts.missing.append("user.loginuid")
        return
    user = sections.setdefault("user", {})
    attribute = "loginuid"
    if number in (-1, clean.UNSET_ID):
        user["loginuid_unset"] = True
        attribute = "loginuid_unset"
    else:
        user["loginuid"] = number
    parts.sources[f"user.{attribute}"] = source_of("output" if prefix is None else f"{prefix}user.loginuid", certainty)


def _assemble(sections: dict[str, dict[str, Any]], fields: Mapping[str, JsonValue], parts: Parts) -> None:
    event = sections.get("event", {})
    values, sources = parts.values, parts.sources
    host = sections.get("host")
    if host:
        parts.hostname = host["hostname"]
    if "type" in event:
        values["syscall"] = event["type"]
    process = sections.get("process", {})
    _executable_flags(process, event, sources)
    if process:
        values["process"] = construct(Process, process)
    values["ancestors"] = _ancestors(sections)
    container = sections.get("container")
    if container:
        values["container"] = _container(container, sources)
    _kubernetes(sections, values, parts)
    cloud = _cloud(sections.get("cloud", {}), fields, sources)
    if cloud:
        values["cloud"] = construct(Cloud, cloud)
    user = sections.get("user")
    if user:
        values["user"] = _user(user, sources)
    api = sections.get("api")
    if api:
        values["api"] = construct(Api, api)
    file = objects.file_object(event, process, sources)
    if file is not None:
        values["file"] = file
    network = objects.network(event, sources)
    if network is not None:
        values["network"] = network
    objects.outcome(event, api or {}, values, sources)


def _executable_flags(process: dict[str, Any], event: dict[str, Any], sources: dict[str, FieldSource]) -> None:
    flags = event.get("flags", ())
    found: list[str] = []
    if flags and (event.get("type") in objects.EXECUTIONS or ("type" not in event and flags[0].startswith("EXE_"))):
        found.extend(flags)
        sources["process.exe_flags"] = sources["event.flags"]
    for key, name in (
        ("exe_writable", "EXE_WRITABLE"),
        ("exe_upper_layer", "EXE_UPPER_LAYER"),
        ("exe_from_memfd", "EXE_FROM_MEMFD"),
    ):
        if event.get(key) and name not in found:
            found.append(name)
            sources.setdefault("process.exe_flags", sources[f"event.{key}"])
    if found:
        process["exe_flags"] = tuple(found)


def _ancestors(sections: dict[str, dict[str, Any]]) -> tuple[Process, ...]:
    levels = [int(name[8:]) for name in sections if name.startswith("ancestor")]
    if not levels:
        return ()
    return tuple(construct(Process, sections.get(f"ancestor{level}", {})) for level in range(max(levels) + 1))


def _container(container: dict[str, Any], sources: dict[str, FieldSource]) -> Container:
    if container.get("id") == "host":
        container["is_host"] = True
        sources["container.is_host"] = sources["container.id"]
        if container.get("name") == "host":
            del container["name"]
            sources.pop("container.name", None)
    repository, tag = container.get("repository"), container.get("tag")
    if "image" in container:
        _split_image(container, sources)
        if container.get("tag") and container["image"] == container["repository"]:
            # Text templates print the repository under the name of the image.
            container["image"] = f"{container['repository']}:{container['tag']}"
    elif repository:
        container["image"] = f"{repository}:{tag}" if tag else repository
        sources["container.image"] = sources["container.repository"]
    return construct(Container, container)


def _split_image(container: dict[str, Any], sources: dict[str, FieldSource]) -> None:
    image, _, digest = container["image"].partition("@")
    if digest and "digest" not in container:
        container["digest"] = digest
        sources["container.digest"] = sources["container.image"]
    head, colon, tag = image.rpartition(":")
    if not colon or "/" in tag:
        head, tag = image, ""
    if head and "repository" not in container:
        container["repository"] = head
        sources["container.repository"] = sources["container.image"]
    if tag and tag not in clean.MISSING and "tag" not in container:
        container["tag"] = tag
        sources["container.tag"] = sources["container.image"]


def _kubernetes(sections: dict[str, dict[str, Any]], values: dict[str, Any], parts: Parts) -> None:
    k8s, api, sources = sections.get("k8s", {}), sections.get("api", {}), parts.sources
    if "labels" in sections:
        k8s["labels"] = {**k8s.get("labels", {}), **sections["labels"]}
    if "namespace" in api and "namespace" not in k8s:
        k8s["namespace"] = api["namespace"]
        sources["k8s.namespace"] = sources["api.namespace"]
    if api.get("resource") == "pods" and "name" in api and "pod" not in k8s:
        k8s["pod"] = api["name"]
        sources["k8s.pod"] = sources["api.name"]
    principal = sections.get("user", {}).get("principal", "")
    if principal.startswith(_SYSTEM_ACCOUNT) and "service_account" not in k8s:
        k8s["service_account"] = principal[len(_SYSTEM_ACCOUNT) :].replace(":", "/", 1)
        sources["k8s.service_account"] = sources["user.principal"]
    if k8s:
        values["k8s"] = construct(K8s, k8s)


def _user(user: dict[str, Any], sources: dict[str, FieldSource]) -> User:
    principal = user.get("principal")
    if principal is not None:
        if "name" not in user:
            user["name"] = principal
            sources["user.name"] = sources["user.principal"]
        if "type" not in user and principal.startswith("system:"):
            account = principal.startswith(_SYSTEM_ACCOUNT)
            user["type"] = (
                "service_account" if account else "node" if principal.startswith("system:node:") else "system"
            )
            sources["user.type"] = sources["user.principal"]
    return construct(User, user)


def _cloud(
    cloud: dict[str, Any], fields: Mapping[str, JsonValue], sources: dict[str, FieldSource]
) -> dict[str, Any] | None:
    for name in fields:
        provider = {"ct": "aws", "s3": "aws", "ec2": "aws", "gcp": "gcp", "okta": "okta", "github": "github"}.get(
            name.partition(".")[0]
        )
        if provider:
            cloud["provider"] = provider
            sources["cloud.provider"] = source_of(name, "inferred")
            return cloud
    return cloud or None
