# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""S9: configuration that its tool would take, and that does not silence more than the case calls for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from explainer.errors import DataError
from explainer.evaluation.scorers.base import Finding, Kind, Score, ScoringContext

EACH = 0.5
_KINDS = {
    "Pod": "v1", "Service": "v1", "ConfigMap": "v1", "Secret": "v1", "Namespace": "v1", "ServiceAccount": "v1", "Node": "v1", "PersistentVolumeClaim": "v1",
    "Deployment": "apps/v1", "DaemonSet": "apps/v1", "StatefulSet": "apps/v1", "ReplicaSet": "apps/v1", "Job": "batch/v1", "CronJob": "batch/v1",
    "NetworkPolicy": "networking.k8s.io/v1", "Ingress": "networking.k8s.io/v1", "Role": "rbac.authorization.k8s.io/v1",
    "ClusterRole": "rbac.authorization.k8s.io/v1", "RoleBinding": "rbac.authorization.k8s.io/v1", "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
    "ValidatingAdmissionPolicy": "admissionregistration.k8s.io/v1", "Policy": "audit.k8s.io/v1",
}  # fmt: skip
_NETWORK_POLICY = frozenset({"podSelector", "policyTypes", "ingress", "egress"})
_TOP = frozenset(
    {
        "apiVersion",
        "kind",
        "metadata",
        "spec",
        "data",
        "stringData",
        "rules",
        "roleRef",
        "subjects",
        "type",
        "status",
        "immutable",
        "automountServiceAccountToken",
        "omitStages",
        "secrets",
        "imagePullSecrets",
        "aggregationRule",
        "binaryData",
    }
)
_FALCO = re.compile(r"(?m)^\s*-?\s*(?:rule|macro|list)\s*:|^\s*(?:customRules|falco)\s*:|^\s*\[?(?:rule|alert)\s+\"")


class Config:
    """YAML syntax, Falco rules by our own loader, Kubernetes manifests by their shape."""

    name = "S9"
    title = "gives configuration that loads"
    version = 1
    weight = 0.06
    kind: Kind = "weighted"

    def score(self, context: ScoringContext) -> Score:
        """None without configuration; otherwise 1 less 0.5 for each fault."""
        configs = context.answer.configs
        if not configs:
            return Score(None)
        findings = [
            Finding(reason, (code.start, code.end), EACH, kind)
            for code in configs
            for kind, reason in faults(code.text)
        ]
        return Score(max(0.0, 1.0 - EACH * len(findings)), tuple(findings))


@lru_cache(maxsize=512)
def faults(text: str) -> tuple[tuple[str, str], ...]:
    """Kind and reason of each fault of a configuration."""
    return tuple(_faults(text))


def _faults(text: str) -> Iterator[tuple[str, str]]:
    from explainer.store.documents import load_yaml

    falco = _FALCO.search(text) is not None
    for number, part in enumerate(re.split(r"(?m)^---\s*$", text)):
        if not part.strip():
            continue
        try:
            data = load_yaml(part, f"document {number + 1}", error=DataError)
        except DataError as error:
            yield "yaml", f"no YAML: {error.message}"
            if falco:
                yield (
                    "falco-syntax",
                    "Falco has no such syntax: rules are a YAML list of mappings with rule, desc, condition, output, priority",
                )
            return
        if isinstance(data, list):
            yield from _rules(part, data)
        elif isinstance(data, dict) and "apiVersion" in data | {"kind": 1} and ("apiVersion" in data or "kind" in data):
            yield from _manifest(data)
        elif isinstance(data, dict) and isinstance(data.get("customRules"), dict):
            for inner in data["customRules"].values():
                yield from _faults(str(inner))
        elif falco and isinstance(data, dict):
            yield "falco-syntax", "Falco takes a list of rules; this is a single mapping"
        elif not isinstance(data, dict):
            yield "yaml", "this is neither a mapping nor a list"


def _rules(text: str, data: list[object]) -> Iterator[tuple[str, str]]:
    if not any(
        isinstance(item, dict) and {"rule", "macro", "list", "required_engine_version"} & set(item) for item in data
    ):
        if any(isinstance(item, dict) and ({"condition", "match", "alert", "action"} & set(item)) for item in data):
            yield "falco-syntax", "Falco knows items with rule, macro or list, and no others"
        return
    from explainer.advice import scan

    seen = set()
    for issue in scan(text, "yaml"):
        if issue.rule not in seen and ("falco" in issue.rule or issue.cls == "invented-syntax"):
            seen.add(issue.rule)
            yield issue.rule, issue.why
    if seen:
        return
    problem = _loads(text, data)
    if problem:
        yield "falco-rule", problem


def _loads(text: str, data: list[object]) -> str | None:
    from explainer.enrich.falco_rules import load_rules
    from explainer.store.documents import parse_rules_text

    changed = [
        item
        for item in data
        if isinstance(item, dict)
        and ("append" in item or "override" in item or ("rule" in item and "condition" not in item))
    ]
    if changed:
        # A change of a rule that stands elsewhere: only its form can be judged here.
        unknown = {key for item in changed for key in item} - _RULE_KEYS
        return f"a Falco rule has no key {', '.join(sorted(unknown))}" if unknown else None
    try:
        load_rules([parse_rules_text(text, "the answer")])
    except DataError as error:
        return (
            None
            if re.search(r"(?i)undefined|unknown (?:macro|list)|no (?:macro|list)|not defined", error.message)
            else f"Falco would refuse it: {error.message}"
        )
    return None


_RULE_KEYS = frozenset(
    {
        "rule",
        "desc",
        "condition",
        "output",
        "priority",
        "tags",
        "enabled",
        "exceptions",
        "override",
        "append",
        "source",
        "warn_evttypes",
        "skip-if-unknown-filter",
        "macro",
        "list",
        "items",
        "capture",
        "capture_duration",
    }
)


def _manifest(data: dict[str, object]) -> Iterator[tuple[str, str]]:
    kind, version = str(data.get("kind", "")), str(data.get("apiVersion", ""))
    lacking = [key for key in ("apiVersion", "kind", "metadata") if key not in data]
    if lacking and kind != "Policy":
        yield "manifest", f"a Kubernetes object needs {', '.join(lacking)}"
    known = _KINDS.get(kind)
    if known is None and kind and "." not in version.split("/")[0]:
        yield "manifest", f"Kubernetes {version or 'core'} has no kind {kind}"
    elif known is not None and version and version != known:
        yield "manifest", f"{kind} is of {known}, not of {version}"
    extra = set(data) - _TOP
    if known is not None and extra:
        yield "manifest", f"{kind} has no field {', '.join(sorted(map(str, extra)))}"
    spec = data.get("spec")
    if kind == "NetworkPolicy":
        if not isinstance(spec, dict) or "podSelector" not in spec:
            yield "manifest", "a NetworkPolicy needs spec.podSelector"
        elif set(spec) - _NETWORK_POLICY:
            yield "manifest", f"a NetworkPolicy has no field {', '.join(sorted(map(str, set(spec) - _NETWORK_POLICY)))}"


SCORER = Config()
