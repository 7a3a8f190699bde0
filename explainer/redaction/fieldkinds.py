"""Which kind of identity a field holds, told by its name: Falco's fields, those of other tools, and custom ones."""

from __future__ import annotations

import fnmatch
import re
from functools import lru_cache

from explainer.redaction.policy import Policy
from explainer.redaction.wordsets import word_set

_SEGMENT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])")
# The word that says what kind of thing is meant, by kind.
_WORDS: dict[str, frozenset[str]] = {
    "users": word_set(
        "user username usr login loginname loginuser actor principal owner author assignee requester impuser suser "
        "duser euser ruser auser member caller initiator sudoer email mail createdby subject identity alternateid"
    ),
    "hosts": word_set("host hostname node nodename machine server fqdn computer instance workstation vm sip_name dns"),
    "pods": frozenset(["pod", "podname", "pods"]),
    "namespaces": frozenset(["namespace", "ns", "nsname", "namespaces"]),
    "containers": frozenset(["container", "containername"]),
    "workloads": word_set(
        "deployment rs replicaset rc svc service statefulset daemonset sa serviceaccount job cronjob workload "
        "release app application"
    ),
    "clusters": frozenset(["cluster", "clustername"]),
    "labels": frozenset(["label", "labels", "annotation", "annotations"]),
    "images": frozenset(["image", "imagename", "repository"]),
    "accounts": word_set(
        "account accountid project projectid subscription subscriptionid tenant tenantid org organization"
    ),
    "resources": word_set(
        "bucket instanceid vpc subnet securitygroup function functionname table queue topic database dbname stack"
    ),
    "repositories": frozenset(["repo", "reponame"]),
}
_KIND = {word: kind for kind, words in _WORDS.items() for word in words}
# Said of such a thing, and not its name.
_ABOUT = word_set(
    "uid gid tag digest type privileged time ts start port ports version arch os kernel shell count size state "
    "status reason runtime healthcheck liveness readiness mounts mount created path cwd exe exepath cmdline "
    "args agent useragent region zone class identitytype code response verb decision duration agentname "
    "loginuid ip ips address sourceips source cni json hash"
)
_NAMES = word_set(
    "name id fullname full identifier arn username alternateid displayname login value url email short param params"
)
_FIXED = {
    "ka.target.name": "objects",
    "ka.target.namespace": "namespaces",
    "ka.req.binding.subjects": "users",
    "ct.request.name": "resources",
    "k8s.pod.uid": "pods",
    "k8s.pod.id": "pods",
    "k8smeta.pod.uid": "pods",
    "container.full_id": "containers",
    "group.name": "users",
    "fd.containername": "containers",
    "s3.bucket": "resources",
    "s3.uri": "resources",
    "github.org": "accounts",
}
_NOT = re.compile(
    r"^(?:evt\.type|evt\.source|proc\.|thread\.|fd\.(?:type|l4proto|typechar)|rule|priority|source|al\.|syslog)"
)


def field_kind(name: str, policy: Policy) -> str:
    """``users``, ``hosts`` …; ``objects`` for any Kubernetes object; empty for a field that holds no identity."""
    for kind, globs in policy.fields.items():
        if any(fnmatch.fnmatchcase(name, glob) for glob in globs):
            return kind
    return _by_name(name)


@lru_cache(maxsize=2048)
def _by_name(name: str) -> str:
    if name in _FIXED:
        return _FIXED[name]
    if _NOT.match(name):
        return ""
    words = [word.lower() for word in _SEGMENT.split(name) if word]
    if not words:
        return ""
    last = words[-1]
    if "label" in words or "labels" in words or "annotations" in words:
        return "labels"
    if last in _ABOUT:
        return ""
    joined = "".join(words[-2:])
    if joined in _KIND:
        return _KIND[joined]
    if last in _KIND:
        # "container.image" is an image; "service.version" above said what it is about.
        return _KIND[last]
    if last in _NAMES or last.isdigit():
        for word in reversed(words[:-1]):
            if word in _KIND:
                return _KIND[word]
    return ""
