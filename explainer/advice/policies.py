"""Mappings that grant something or open something: RBAC, IAM of the clouds, network policies, services, admission."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from explainer.advice import lockdown
from explainer.advice.config import Tree, flatten

if TYPE_CHECKING:
    from explainer.advice.judge import Judge

Lowered = dict[str, Tree]
Place = tuple[int, int]
_EMPTY = Tree([])
_ADMIN_SERVICE = re.compile(
    r"dashboard|admin|console|etcd|kubelet|prometheus|alertmanager|grafana|argo-?cd|jenkins|redis|mysql|maria|postgres|mongo|elastic|kibana|opensearch|"
    r"vault|consul|rabbit|kafka|zookeeper|memcached|minio|registry|falco|jupyter|phpmyadmin|adminer|portainer|rancher|headlamp|\bdb\b|database|metrics|debug",
    re.I,
)
# Built-in Azure roles that can hand out every other role.
_AZURE_ROLES = re.compile(
    r"8e3af657-a8ff-443c-a75c-2fe8c4bcb635|b24988ac-6180-42a0-ab88-20f7382dd24c|18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    re.I,
)
_GOOGLE_ROLES = re.compile(
    r"roles/(?:owner|editor|iam\.securityAdmin|iam\.organizationRoleAdmin|resourcemanager\.organizationAdmin)"
)


def judge_mapping(judge: Judge, node: Tree, lowered: Lowered, where: str, place: Place) -> None:
    """Ask every kind of grant whether this mapping is one."""
    _rbac(judge, lowered, place)
    if "effect" in lowered and {"action", "principal", "notaction", "notresource"} & set(lowered):
        iam(judge, lowered, place, everywhere="organizations" in where)
    _cloud_grants(judge, lowered, place)
    _network(judge, node, place)
    _service(judge, node, place)
    _admission(judge, node, lowered, place)
    lockdown.judge_policy(judge, node, place)
    _source(judge, node, place)
    _packet_rule(judge, lowered, place)
    _pipeline(judge, node, lowered, place)


_WORLD = re.compile(r"^(?:\*|any|internet|0\.0\.0\.0/0|::/0|all)$", re.I)
_SOURCES = (
    "sourceaddressprefix",
    "sourceaddressprefixes",
    "sourceranges",
    "source_ranges",
    "remote_ip_prefix",
    "source",
    "src",
    "cidr",
    "remoteipprefix",
)


def _packet_rule(judge: Judge, lowered: Lowered, place: Place) -> None:
    """One rule of a packet filter in a document: inbound, allowed, from everywhere."""
    sources = [s for key in _SOURCES if key in lowered for s in lowered[key].strings()]
    if not any(_WORLD.match(s) for s in sources):
        return
    direction = " ".join(lowered[k].text() for k in ("direction", "type") if k in lowered).lower()
    action = " ".join(lowered[k].text() for k in ("access", "action") if k in lowered).lower()
    inbound = re.search(r"\bin(?:bound|gress)?\b", direction) or (
        "sourceranges" in lowered and "egress" not in direction
    )
    if (
        inbound
        and "deny" not in lowered
        and "denied" not in lowered
        and (not action or re.search(r"allow|accept|permit", action))
    ):
        judge.found.add(judge.rules.check("opens-firewall"), *place)


def _pipeline(judge: Judge, node: Tree, lowered: Lowered, place: Place) -> None:
    """A workflow that runs a stranger's pull request with the repository's own secrets."""
    trigger = lowered.get("on") or lowered.get("true")
    if trigger is None or "jobs" not in lowered:
        return
    named = [*trigger.strings(), *(trigger.value if isinstance(trigger.value, dict) else ())]
    fetched = any(re.search(r"pull_request\.head|head_ref|refs/pull/", s) for s in scalars(lowered["jobs"]))
    if "pull_request_target" in named and fetched:
        judge.found.add(judge.rules.check("runs-pull-request"), *place)
    del node


def _rbac(judge: Judge, lowered: Lowered, place: Place) -> None:
    if {"apigroups", "resources", "verbs"} <= set(lowered):
        verbs, resources = set(lowered["verbs"].strings()), set(lowered["resources"].strings())
        operations = "operations" in lowered
        if "*" in resources and "*" in verbs:
            judge.found.add(judge.rules.check("rbac-wildcard"), *place)
        elif not operations and (
            verbs & {"escalate", "bind", "impersonate"}
            or (
                "*" in verbs
                and resources
                & {
                    "secrets",
                    "pods/exec",
                    "clusterroles",
                    "clusterrolebindings",
                    "roles",
                    "rolebindings",
                    "nodes/proxy",
                }
            )
            or ("create" in verbs and resources & {"serviceaccounts/token", "clusterrolebindings", "nodes/proxy"})
            or ({"get", "list"} & verbs and "secrets" in resources and "*" in lowered["apigroups"].strings())
        ):
            judge.found.add(judge.rules.check("rbac-escalation"), *place)
    if (
        {"nonresourceurls", "verbs"} <= set(lowered)
        and "*" in lowered["nonresourceurls"].strings()
        and "*" in lowered["verbs"].strings()
    ):
        judge.found.add(judge.rules.check("rbac-escalation"), *place)
    if "roleref" in lowered and "subjects" in lowered:
        role = lowered["roleref"].text("name")
        subjects = [s.text("name") for s in lowered["subjects"].items()]
        wide = any(re.match(r"system:(?:anonymous|unauthenticated|authenticated|serviceaccounts)", s) for s in subjects)
        if (
            role in ("cluster-admin", "admin", "system:masters")
            and not all("admin" in s or "break-glass" in s for s in subjects)
        ) or (wide and role not in ("system:discovery", "system:basic-user", "system:public-info-viewer")):
            judge.found.add(judge.rules.check("rbac-admin-binding"), *place)


def iam(judge: Judge, statement: Lowered, place: Place, *, everywhere: bool = False) -> None:
    """One statement of an AWS-like policy; ``everywhere`` when it is attached above accounts."""
    effect = statement["effect"].value if "effect" in statement else "Allow"
    actions = statement["action"].strings() if "action" in statement else []
    resources = statement["resource"].strings() if "resource" in statement else []
    principal = statement.get("principal")
    conditioned = "condition" in statement
    everyone = principal is not None and "*" in scalars(principal)
    if effect == "Allow":
        if everyone and not conditioned:
            public = any(a.lower().startswith("s3:") for a in actions)
            judge.found.add(judge.rules.check("public-bucket-policy" if public else "iam-trust-everyone"), *place)
        elif (any(a in ("*", "*:*") for a in actions) and ("*" in resources or not resources)) or (
            "notaction" in statement and "*" in resources and not conditioned
        ):
            judge.found.add(judge.rules.check("iam-wildcard"), *place)
        elif (
            any(re.fullmatch(r"(?:iam|sts|kms|organizations|s3|ec2|secretsmanager|lambda|ssm):\*", a) for a in actions)
            and "*" in resources
            and not conditioned
        ) or ({"iam:PassRole", "sts:AssumeRole"} & set(actions) and "*" in resources and not conditioned):
            judge.found.add(judge.rules.check("iam-service-wildcard"), *place)
    elif (
        effect == "Deny"
        and (any(re.fullmatch(r"\*|\w+:\*", a) for a in actions) if everyone else "*" in actions)
        and not (everyone and "*" not in actions and resources and all(r.endswith("/*") for r in resources))
        and not conditioned
        and (everyone or (everywhere and ("*" in resources or not resources)))
    ):
        judge.found.add(judge.rules.check("deny-everyone"), *place)


def _cloud_grants(judge: Judge, lowered: Lowered, place: Place) -> None:
    if "role" in lowered and ("members" in lowered or "member" in lowered):
        members = [m for key in ("members", "member") if key in lowered for m in lowered[key].strings()]
        role = lowered["role"].text()
        if any(m in ("allUsers", "allAuthenticatedUsers") for m in members):
            judge.found.add(judge.rules.check("iam-trust-everyone"), *place)
        elif _GOOGLE_ROLES.search(role):
            judge.found.add(judge.rules.check("iam-wildcard"), *place)
    if "roledefinitionid" in lowered and _AZURE_ROLES.search(lowered["roledefinitionid"].text()):
        judge.found.add(judge.rules.check("iam-wildcard"), *place)
    if "assignablescopes" in lowered and "*" in lowered.get("actions", _EMPTY).strings():
        judge.found.add(judge.rules.check("iam-wildcard"), *place)


def scalars(tree: Tree) -> list[str]:
    """All scalars below a tree."""
    return [s.value for s in flatten(tree, "", "x")]


def _network(judge: Judge, node: Tree, place: Place) -> None:
    if node.text("kind") != "NetworkPolicy":
        return
    spec = node.get("spec")
    if spec is None or not isinstance(spec.value, dict):
        return
    for direction in ("ingress", "egress"):
        for item in (spec.get(direction) or _EMPTY).items():
            if isinstance(item.value, dict) and (not item.value or all(not v.value for v in item.value.values())):
                judge.found.add(judge.rules.check(f"netpol-allow-all-{direction}"), *place)
            blocks = [p.text("ipBlock", "cidr") for p in (item.get("from") or _EMPTY).items()]
            if (
                direction == "ingress"
                and {"0.0.0.0/0", "::/0"} & set(blocks)
                and not (item.get("ports") or Tree("")).value
            ):
                judge.found.add(judge.rules.check("netpol-allow-all-ingress"), *place)


def _service(judge: Judge, node: Tree, place: Place) -> None:
    if node.text("kind") != "Service" or node.text("spec", "type") not in ("LoadBalancer", "NodePort"):
        return
    if (node.get("spec", "loadBalancerSourceRanges") or _EMPTY).value:
        return
    notes = scalars(node.get("metadata", "annotations") or _EMPTY)
    keys = (
        " ".join((node.get("metadata", "annotations") or Tree({})).value or {})
        if node.get("metadata", "annotations")
        else ""
    )
    if re.search(r"internal", keys, re.I) and any(
        re.fullmatch(r"true|internal|private|.*internal.*", n, re.I) for n in notes
    ):
        return
    named = " ".join([node.text("metadata", "name"), *scalars(node.get("spec", "selector") or _EMPTY)])
    if _ADMIN_SERVICE.search(named):
        judge.found.add(judge.rules.check("service-exposed"), *place)


def _admission(judge: Judge, node: Tree, lowered: Lowered, place: Place) -> None:
    hooks = node.get("webhooks")
    if node.text("kind").endswith("WebhookConfiguration") and hooks is not None:
        for hook in hooks.items():
            rules = [r for r in (hook.get("rules") or _EMPTY).items() if isinstance(r.value, dict)]
            everything = any(
                {"*", "*/*"} & set((r.get("resources") or _EMPTY).strings())
                and "*" in (r.get("apiGroups") or _EMPTY).strings()
                for r in rules
            )
            if everything and hook.text("failurePolicy") in ("Fail", "") and hook.get("namespaceSelector") is None:
                judge.found.add(judge.rules.check("webhook-locks-all"), *place)
    if node.text("kind") == "SecurityContextConstraints":
        capabilities = [
            c for key in ("allowedCapabilities", "defaultAddCapabilities") for c in (node.get(key) or _EMPTY).strings()
        ]
        users = (node.get("groups") or _EMPTY).strings()
        if (
            "*" in capabilities
            or {"SYS_ADMIN", "SYS_MODULE", "ALL"} & set(capabilities)
            or (
                node.text("runAsUser", "type") == "RunAsAny"
                and any(re.match(r"system:(?:authenticated|serviceaccounts|unauthenticated)$", u) for u in users)
            )
        ):
            judge.found.add(judge.rules.check("scc-opened"), *place)
    if node.text("kind") == "ValidatingAdmissionPolicyBinding":
        actions = (node.get("spec", "validationActions") or _EMPTY).strings()
        if actions and "Deny" not in actions:
            judge.found.add(judge.rules.check("admission-warns-only"), *place)
    if node.text("kind") == "PolicyException":
        names = [e.text("policyName") for e in (node.get("spec", "exceptions") or _EMPTY).items()]
        if "*" in names:
            judge.found.add(judge.rules.check("admission-warns-only"), *place)
    if node.text("kind") == "Policy" and node.text("apiVersion").startswith("audit.k8s.io/"):
        first = next(iter((node.get("rules") or _EMPTY).items()), None)
        if (
            first is not None
            and isinstance(first.value, dict)
            and first.text("level") == "None"
            and set(first.value) <= {"level", "omitStages"}
        ):
            judge.found.add(judge.rules.check("audit-policy-empty"), *place)
    del lowered


_INTERNAL_HOST = re.compile(
    r"^(?:\w+://)?(?:[\w.-]+@)?(?:[\w-]+(?::(?!//)|/)|localhost|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|[\w.-]*(?:internal|intern|corp|local|lan|svc|example\.com|example\.org)\b)",
    re.I,
)
_KNOWN_SOURCE = re.compile(
    r"fluxcd|falcosecurity|argoproj|kubernetes|prometheus-community|grafana|jetstack|bitnami|cilium|kyverno|open-policy-agent|hashicorp|aquasecurity|elastic\.co|rancher|istio",
    re.I,
)


def _source(judge: Judge, node: Tree, place: Place) -> None:
    """A cluster that follows a moving branch of somebody else's repository, without a signature that is checked."""
    kind = node.text("kind")
    if kind in ("GitRepository", "OCIRepository", "HelmRepository"):
        url, moving = (
            node.text("spec", "url"),
            kind != "HelmRepository"
            and (
                bool(node.text("spec", "ref", "branch"))
                or node.text("spec", "ref", "tag") in ("latest", "main", "master", "edge")
            ),
        )
        checked = node.get("spec", "verify") is not None
    elif kind == "Application" and "argoproj" in node.text("apiVersion"):
        url = node.text("spec", "source", "repoURL")
        moving = node.text("spec", "source", "targetRevision") in ("HEAD", "main", "master", "*", "latest", "")
        checked = False
    else:
        return
    if url and moving and not checked and not _INTERNAL_HOST.match(url) and not _KNOWN_SOURCE.search(url):
        judge.found.add(judge.rules.check("follows-foreign-branch"), *place)
