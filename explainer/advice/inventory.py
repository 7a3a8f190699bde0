# ruff: noqa: E501  (regular expressions are read better whole)
"""Inventories of what exists outside Falco: the Kubernetes API, compose, systemd, sshd, modprobe.d, IAM statements, Falco Talon.

A closed list decides alone (fields of a NetworkPolicy); where vendors extend a list, a name is invented only when it also speaks of
protection, because that is what the reader would rely on.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

from explainer.advice.config import Tree
from explainer.advice.patterns import Setting

if TYPE_CHECKING:
    from explainer.advice.judge import Judge

Span = tuple[int, int] | None
_MAX_FINDINGS = 4
# Types of which every field is known and none is added by a controller or a chart.
_CLOSED = re.compile(
    r"^V1(?:Pod)?SecurityContext$|^V1NetworkPolicy|^V1SeccompProfile$|^V1AppArmorProfile$|^V1Capabilities$|^V1IPBlock$|^V1PolicyRule$"
)


@dataclass(slots=True)
class Inventory:
    """The closed lists of ``_inventory.yaml``."""

    names: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Inventory:
        """Read a file's lists of words."""
        return cls({str(key): frozenset(str(value).split()) for key, value in raw.items()})

    def get(self, name: str) -> frozenset[str]:
        """One list; empty when the rule set has none, so that nothing is called invented."""
        return self.names.get(name, frozenset())


@functools.cache
def _kubernetes() -> tuple[dict[str, str], dict[str, dict[str, str]], frozenset[str]]:
    raw = json.loads(resources.files("explainer").joinpath("data/advice/_kubernetes.json").read_text("utf-8"))
    types = {name: dict((*f.split(">", 1), "")[:2] for f in fields.split()) for name, fields in raw["types"].items()}
    everything = {f for fields in types.values() for f in fields} | set(raw["elsewhere"].split())
    return raw["roots"], types, frozenset(everything)


def judge_tree(judge: Judge, tree: Tree, where: str, span: Span) -> None:
    """Check one parsed document against the inventories that it falls under."""
    if not isinstance(tree.value, dict):
        return
    _object(judge, tree, span)
    _statement(judge, tree, span)
    if "compose" in where:
        _compose(judge, tree, span)


def judge_list(judge: Judge, tree: Tree, span: Span) -> None:
    """Rules of Falco Talon: actionners that exist."""
    known = judge.rules.inventory.get("talon_actionners")
    for item in tree.items():
        for action in (item, *(item.get("actions") or Tree([])).items()):
            name = action.text("actionner")
            if known and re.fullmatch(r"[a-z]+:[a-z_-]+", name) and name not in known:
                _add(judge, "unknown-actionner", span, action)


def _add(judge: Judge, check: str, span: Span, tree: Tree) -> None:
    judge.found.add(judge.rules.check(check), *judge.place(span, tree.start, max(tree.end, tree.start + 1)))


def _object(judge: Judge, tree: Tree, span: Span) -> None:
    version, kind = tree.text("apiVersion"), tree.text("kind")
    roots, _, _ = _kubernetes()
    found: list[Tree] = []
    if version and kind:
        root = roots.get(f"{version} {kind}")
        if root is not None:
            _fields(tree, root, found, 0)
        elif any(name.startswith(f"{version} ") for name in roots) and re.fullmatch(r"[A-Z][A-Za-z]+", kind):
            elsewhere = judge.rules.inventory.get("kubernetes_kinds_elsewhere")
            if elsewhere and kind not in elsewhere and not kind.endswith("List"):
                _add(judge, "unknown-kind", span, tree)
    elif not version:
        _contexts(tree, found, 0)
    for child in found[:_MAX_FINDINGS]:
        _add(judge, "unknown-kubernetes-field", span, child)


def _fields(node: Tree, kind: str, found: list[Tree], depth: int) -> None:
    _, types, everything = _kubernetes()
    if depth > 25 or len(found) > _MAX_FINDINGS:
        return
    if isinstance(node.value, list):
        for item in node.items()[:200]:
            _fields(item, kind, found, depth + 1)
        return
    known = types.get(kind)
    if known is None or not isinstance(node.value, dict):
        return
    for key, child in node.value.items():
        if key in known:
            if known[key]:
                _fields(child, known[key], found, depth + 1)
        elif re.fullmatch(r"[a-z][A-Za-z]{2,60}", key) and (key not in everything or _CLOSED.match(kind)):
            found.append(child)


def _contexts(node: Tree, found: list[Tree], depth: int) -> None:
    """Security contexts of fragments and chart values."""
    _, types, _ = _kubernetes()
    if depth > 25 or len(found) > _MAX_FINDINGS:
        return
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            if key in ("securityContext", "podSecurityContext", "containerSecurityContext") and isinstance(
                child.value, dict
            ):
                known = types["V1PodSecurityContext"].keys() | types["V1SecurityContext"].keys() | {"enabled"}
                found += [
                    c for k, c in child.value.items() if k not in known and re.fullmatch(r"[a-z][A-Za-z]{2,60}", k)
                ]
            else:
                _contexts(child, found, depth + 1)
    for item in node.items()[:200]:
        _contexts(item, found, depth + 1)


def _statement(judge: Judge, tree: Tree, span: Span) -> None:
    """Statements of an IAM policy: two effects, nine keys."""
    known = judge.rules.inventory.get("iam_statement")
    if not known or not re.match(r"20(?:08|12)-10-17$", tree.text("Version")):
        return
    statement = tree.get("Statement")
    for item in [] if statement is None else statement.items() or [statement]:
        if not isinstance(item.value, dict):
            continue
        wrong = [k for k in item.value if k.lower() not in known]
        if wrong or item.text("Effect") not in ("Allow", "Deny", ""):
            _add(judge, "unknown-iam-element", span, item)


def _compose(judge: Judge, tree: Tree, span: Span) -> None:
    known = judge.rules.inventory.get("compose_service")
    services = tree.get("services")
    if not known or services is None or not isinstance(services.value, dict):
        return
    for service in services.value.values():
        if isinstance(service.value, dict) and {"image", "build"} & set(service.value):
            for key, child in service.value.items():
                if key not in known and re.fullmatch(r"[a-z][a-z_]{2,40}", key):
                    _add(judge, "unknown-compose-key", span, child)


_UNIT_SECTIONS = ("unit", "service", "socket", "timer", "install", "mount", "path", "slice", "scope")


def judge_settings(judge: Judge, settings: list[Setting], text: str, name: str, span: Span) -> None:
    """Check files of lines: units of systemd, sshd_config, modprobe.d."""
    lists = judge.rules.inventory
    protecting = "|".join(sorted(lists.get("security_words"))) or r"\A(?!)"
    if re.search(r"modprobe\.d|modprobe\.conf", name):
        for match in re.finditer(r"^[ \t]*([A-Za-z_]+)[ \t]+\S", text[:50_000], re.M):
            if lists.get("modprobe") and match.group(1).lower() not in lists.get("modprobe"):
                judge.found.add(judge.rules.check("unknown-directive"), *judge.place(span, match.start(1), match.end()))
    if re.search(r"sshd_config", name) and lists.get("sshd"):
        for setting in settings:
            key = setting.path.rsplit(".", 1)[-1]
            if re.fullmatch(r"[a-z0-9]+", key) and key not in lists.get("sshd"):
                judge.found.add(judge.rules.check("unknown-directive"), *judge.place(span, setting.start, setting.end))
    known = lists.get("systemd")
    if known and re.search(r"^\s*\[(?:Service|Unit|Install)\]\s*$", text, re.M):
        lowered = {k.lower() for k in known}
        for setting in settings:
            section, _, key = setting.path.rpartition(".")
            if (
                section in _UNIT_SECTIONS
                and key not in lowered
                and re.fullmatch(r"[a-z]{4,60}", key)
                and not key.startswith("x")
                and re.search(protecting, key)
            ):
                judge.found.add(judge.rules.check("unknown-directive"), *judge.place(span, setting.start, setting.end))
