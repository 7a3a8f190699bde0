"""What is replaced and what stays: the shipped policy, with a site's own laid over it."""

from __future__ import annotations

import difflib
import fnmatch
import hashlib
import ipaddress
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from explainer.errors import DataError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

KINDS = (
    *("users", "hosts", "containers", "pods", "namespaces", "workloads", "clusters", "labels", "images", "addresses"),
    *("external_addresses", "emails", "accounts", "resources", "repositories"),
)
_KEEPS = (
    *("values", "users", "namespaces", "software", "registries", "publishers", "software_images", "addresses"),
    *("domains", "objects", "labels"),
)


@dataclass(frozen=True)
class Policy:
    """One policy, checked. ``shipped_policy`` and ``read_policy`` make it."""

    name: str
    sha256: str
    """Of everything in it: part of the identity of a cached answer."""
    kinds: frozenset[str]
    terms: tuple[str, ...]
    internal_domains: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    """By kind, shell patterns of field names."""
    keep: Mapping[str, tuple[str, ...]]
    patterns: tuple[re.Pattern[str], ...] = field(default=(), compare=False)

    @property
    def ref(self) -> str:
        """``default@3f2a91bc``."""
        return f"{self.name}@{self.sha256[:8]}"

    @cached_property
    def _exact(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(v.lower() for v in values if "*" not in v) for name, values in self.keep.items()}

    @cached_property
    def _globs(self) -> dict[str, tuple[str, ...]]:
        return {name: tuple(v.lower() for v in values if "*" in v) for name, values in self.keep.items()}

    def kept(self, value: str, *lists: str) -> bool:
        """Whether a value stands in one of these keep lists, or in ``values``."""
        low = value.lower()
        for name in ("values", *lists):
            if low in self._exact[name] or any(fnmatch.fnmatchcase(low, glob) for glob in self._globs[name]):
                return True
        return False

    def software(self, value: str) -> bool:
        """Whether a name is that of well known software, or begins with it: ``coredns-5d78c9869d-x2x``."""
        low = value.lower()
        if low in self._exact["software"] or self.kept(value):
            return True
        head = low
        while "-" in head:
            head = head.rpartition("-")[0]
            if head in self._exact["software"] and head not in {"default", "pod"}:
                return _made_suffix(low[len(head) + 1 :])
        return False

    @cached_property
    def networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """Addresses that stay readable."""
        return tuple(ipaddress.ip_network(text, strict=False) for text in self.keep["addresses"])


# What controllers append to a name: hashes, ordinals, words of parts such as "node", "agent", "controller".
_SUFFIX = re.compile(
    r"(?:[a-z0-9]{4,10}|\d{1,3}|node|agent|controller|manager|server|operator|proxy|webhook|cainjector|typha|kube-controllers"
    r"|gateway|ingressgateway|autoscaler|daemonset|driver|exporter|plugin|ui|system|admission|repo|application|redis)"
)


def _made_suffix(suffix: str) -> bool:
    return all(
        _SUFFIX.fullmatch(part) and (any(c.isdigit() for c in part) or part in _SUFFIX.pattern or len(part) == 5)
        for part in suffix.split("-")
    )


def read_policy(own: Mapping[str, Any] | None, where: str = "policy") -> Policy:
    """The shipped policy with ``own`` over it: values replace, lists are added to.

    Raises:
        DataError: an unknown table or key, a value of the wrong form, a pattern or a network that cannot be read.
    """
    base = _shipped()
    merged: dict[str, Any] = {key: dict(value) if isinstance(value, dict) else value for key, value in base.items()}
    for key, value in (own or {}).items():
        _known(key, (*base, "name", "terms", "internal_domains"), where)
        if isinstance(merged.get(key), dict):
            if not isinstance(value, Mapping):
                raise DataError(f"{key} must be a table", where=where)
            if key != "fields":
                for inner in value:
                    _known(inner, tuple(merged[key]), f"{where}: {key}")
            for inner, content in value.items():
                before = merged[key].get(inner)
                merged[key][inner] = (
                    [*before, *_strings(content, f"{key}.{inner}", where)] if isinstance(before, list) else content
                )
        elif isinstance(merged.get(key), list):
            merged[key] = [*merged[key], *_strings(value, key, where)]
        else:
            merged[key] = value
    return _checked(merged, where)


def _checked(raw: dict[str, Any], where: str) -> Policy:
    if not isinstance(raw["name"], str) or not re.fullmatch(r"[\w.-]{1,40}", raw["name"]):
        raise DataError("name must be a word", where=where)
    for kind, switched in raw["identities"].items():
        if not isinstance(switched, bool) and not isinstance(switched, list):
            raise DataError(f"identities.{kind} must be true or false", where=where)
    fields = {}
    for kind, globs in raw["fields"].items():
        _known(kind, KINDS, f"{where}: fields")
        fields[kind] = tuple(_strings(globs, f"fields.{kind}", where))
    try:
        patterns = tuple(re.compile(p) for p in _strings(raw["secrets"]["patterns"], "secrets.patterns", where))
    except re.error as error:
        raise DataError(f"secrets.patterns: no regular expression: {error}", where=where) from error
    if any(pattern.match("") for pattern in patterns):
        raise DataError("secrets.patterns: a pattern matches the empty text", where=where)
    policy = Policy(
        name=raw["name"],
        sha256=hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest(),
        kinds=frozenset(kind for kind in KINDS if raw["identities"].get(kind) is True),
        terms=tuple(term for term in raw["identities"]["terms"] if term),
        internal_domains=tuple(domain.lower().strip(".") for domain in raw["identities"]["internal_domains"]),
        fields=fields,
        keep={name: tuple(raw["keep"][name]) for name in _KEEPS},
        patterns=patterns,
    )
    try:
        _ = policy.networks
    except ValueError as error:
        raise DataError(f"keep.addresses: {error}", where=where) from error
    return policy


def _strings(value: Any, name: str, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise DataError(f"{name} must be a list of texts", where=where)
    return value


def _known(name: str, known: tuple[str, ...], where: str) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
        raise DataError(f"unknown key {name!r}", where=where, hint=hint)


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Any]:
    raw = tomllib.loads(files("explainer").joinpath("data/redaction.toml").read_text(encoding="utf-8"))
    return raw


@lru_cache(maxsize=1)
def shipped_policy() -> Policy:
    """The policy that holds when a site gives none of its own."""
    return read_policy(None, "redaction.toml")
