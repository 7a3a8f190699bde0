# ruff: noqa: E501  (regular expressions are read better whole)
"""Whether a closed firewall leaves a way in: what a script or a document allows decides, and not the one line that closes.

``iptables -P INPUT DROP`` behind a rule that accepts the own network is how it is done; the same line alone cuts the responder off.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from explainer.advice.config import Tree
from explainer.advice.script import Script

if TYPE_CHECKING:
    from explainer.advice.judge import Judge

Place = tuple[int, int]
_FILTERS = frozenset({"iptables", "ip6tables", "nft", "ufw", "firewall-cmd", "pfctl", "ipfw", "iptables-legacy", "iptables-nft"})  # fmt: skip
_OPENS = re.compile(
    r"\b(?:ACCEPT|accept|allow|limit)\b|--add-(?:service|source|port|rich-rule)|\bpass in\b|RELATED|ESTABLISHED|related|established"
)
_CLOSES = re.compile(
    r"-P\s+(?:INPUT|OUTPUT)\s+DROP|--policy\s+(?:INPUT|OUTPUT)\s+DROP|default (?:deny|reject)(?: incoming)?|policy drop"
)
_LOCKED = frozenset({"locked-out", "act-everyone-out", "access-cut-for-all"})
_EMPTY = Tree([])
_CONTROL_PLANE = frozenset({"kube-system", "openshift-apiserver", "openshift-authentication", "openshift-etcd"})


def judge_script(judge: Judge, script: Script, before: int, span: Place | None) -> None:
    """Let findings go where the script allows somebody in first; find a firewall that is switched on with nothing allowed."""
    filters = [c for c in script.commands[:2000] if c.program in _FILTERS]
    if not filters:
        return
    opening = [c for c in filters if _OPENS.search(" ".join(c.argv)) and not _CLOSES.search(" ".join(c.argv))]
    closing = [c for c in filters if _CLOSES.search(" ".join(c.argv))]
    # Who works through the connection that is closed never gets to the line that opens it again.
    if opening and closing and not (_cuts_off(closing[0].argv) and closing[0].start < opening[0].start):
        places = {judge.place(span, c.start, c.end) for c in closing}
        judge.found.hits[before:] = [
            h for h in judge.found.hits[before:] if not (h.rule.id in _LOCKED and (h.start, h.end) in places)
        ]
        return
    switched_on = any(c.program == "ufw" and "enable" in c.argv for c in filters)
    denied = next((c for c in filters if c.program == "ufw" and "default" in c.argv and {"deny", "reject"} & set(c.argv) and "outgoing" not in c.argv), None)  # fmt: skip
    if switched_on and denied is not None and not opening:
        judge.found.add(judge.rules.check("firewall-without-way-in"), *judge.place(span, denied.start, denied.end))


def _cuts_off(argv: Sequence[str]) -> bool:
    """Whether the line takes effect at once on what comes in; ufw waits until it is switched on."""
    return argv[0].rsplit("/", 1)[-1] not in ("ufw", "firewall-cmd") and "FORWARD" not in argv


def judge_rules_file(judge: Judge, text: str, span: Place | None) -> None:
    """A rule set of nftables or iptables-save that drops by default and accepts nothing."""
    head = text[:100_000]
    match = re.search(r"hook\s+(?:input|output)[^}]*policy\s+drop|^:(?:INPUT|OUTPUT)\s+DROP\b", head, re.M)
    if match and not re.search(r"\b(?:accept|ACCEPT)\b", head[: match.start()] + head[match.end() :]):
        judge.found.add(judge.rules.check("firewall-without-way-in"), *judge.place(span, match.start(), match.end()))


def judge_policy(judge: Judge, node: Tree, place: Place) -> None:
    """Policies of clusters that shut out everything: the control plane's own folder, every node, every request."""
    kind, spec = node.text("kind"), node.get("spec")
    if spec is None or not isinstance(spec.value, dict):
        return
    if kind == "NetworkPolicy" and node.text("metadata", "namespace") in _CONTROL_PLANE:
        selector = spec.get("podSelector")
        types = (spec.get("policyTypes") or _EMPTY).strings()
        if selector is not None and not selector.value and types and not ({"ingress", "egress"} & set(spec.value)):
            judge.found.add(judge.rules.check("cluster-shut"), *place)
    elif kind in ("CiliumClusterwideNetworkPolicy", "GlobalNetworkPolicy"):
        denies = " ".join(s for key in ("ingressDeny", "egressDeny") for s in _texts(spec.get(key)))
        selector = spec.get("endpointSelector") or spec.get("nodeSelector")
        everything = selector is not None and not selector.value
        calico = (
            kind == "GlobalNetworkPolicy"
            and spec.text("selector") in ("all()", "")
            and any(r.text("action") == "Deny" for key in ("ingress", "egress") for r in (spec.get(key) or _EMPTY).items() if not {"source", "destination"} & set(r.value))
        )  # fmt: skip
        if (everything and re.search(r"\ball\b", denies)) or calico:
            judge.found.add(judge.rules.check("cluster-shut"), *place)
    elif kind in ("ClusterPolicy", "Policy"):
        for rule in (spec.get("rules") or _EMPTY).items():
            kinds = " ".join(_texts(rule.get("match")))
            deny = rule.get("validate", "deny")
            action = spec.text("validationFailureAction").lower() or rule.text("validate", "failureAction").lower()
            if (
                deny is not None
                and not deny.value
                and re.search(r"(?:^|\s)\*(?:/\*)?(?:\s|$)", kinds)
                and action == "enforce"
            ):
                judge.found.add(judge.rules.check("cluster-shut"), *place)


def _texts(node: Tree | None, depth: int = 0) -> list[str]:
    if node is None or depth > 12:
        return []
    if isinstance(node.value, str):
        return [node.value]
    children = node.value.values() if isinstance(node.value, dict) else node.items()
    return [s for child in children for s in _texts(child, depth + 1)]
