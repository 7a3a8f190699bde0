"""Finds the things in a sentence that have to stand in the evidence: names, paths, addresses, numbers, identifiers.

A sentence is allowed to use ordinary words freely. Everything that singles out one thing in the world is an *identity*: it has
to be found in the evidence exactly, because a fluent wrong one is what a reader cannot see through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

IdentityKind = Literal[
    "url", "email", "path", "ip", "technique", "cve", "number", "token", "name", "proper", "acronym", "image"
]

_TOKEN = re.compile(r"[^\s,;!?\"“”‘’«»<>()\[\]{}|]+")
_EDGE = ".:'`*_~-–—…"
_URL = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]*://|www\.)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_IP4 = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?::\d{1,5})?")
_IP6 = re.compile(r"(?i)(?=[0-9a-f:]*:[0-9a-f:]*:)[0-9a-f:]{3,}(?:%\w+)?(?:/\d{1,3})?")
_TECHNIQUE = re.compile(r"(?:T\d{4}(?:\.\d{3})?|TA\d{4})")
_CVE = re.compile(r"(?i)CVE-\d{4}-\d{4,}")
_NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?%?")
_ORDINAL = re.compile(r"\d{1,2}(?:st|nd|rd|th)")
_EVIDENCE_ID = re.compile(r"E\d{1,3}")
_ABBREVIATION = {
    "e.g",
    "i.e",
    "etc",
    "vs",
    "a.k.a",
    "u.s",
    "and/or",
    "read/write",
    "input/output",
    "i/o",
    "tcp/ip",
    "n/a",
    "yes/no",
    "24/7",
}

# Words that may follow "user", "pod", "by" … without being a name. Forms in -ed, -ing and -ly are recognised by their ending.
_ORDINARY = frozenset(
    ["a", "about", "above", "access", "account", "accounts", "action", "actions", "activity", "address", "addresses", "after", "again", "against", "agent", "alert", "alerts", "alone", "along", "also", "although", "always", "an", "and", "another", "any", "anyone", "anything", "application", "are", "area", "argument", "arguments", "as", "at", "attack", "attacker", "attackers", "attempt", "attempts", "away", "be", "became", "because", "been", "before", "began", "begin", "behavior", "behaviour", "being", "belongs", "below", "between", "binary", "both", "but", "by", "call", "called", "calls", "came", "can", "cannot", "capabilities", "capability", "category", "cause", "caused", "causes", "chain", "change", "changes", "child", "class", "cluster", "code", "comes", "command", "commands", "common", "comparison", "configuration", "connection", "connections", "container", "containers", "content", "contents", "context", "control", "could", "created", "creates", "creation", "credential", "credentials", "data", "default", "design", "detail", "details", "did", "directory", "do", "does", "done", "down", "during", "each", "either", "environment", "error", "escape", "escapes", "evasion", "event", "events", "evidence", "exact", "exe", "executable", "execution", "executes", "exists", "exited", "false", "field", "fields", "file", "files", "first", "flag", "flags", "for", "from", "full", "further", "gets", "given", "gives", "group", "groups", "had", "has", "have", "having", "he", "her", "here", "high", "his", "host", "hostname", "hosts", "how", "however", "human", "id", "ident", "identifier", "identity", "if", "image", "images", "in", "indicates", "information", "injection", "inside", "instead", "into", "is", "it", "itself", "its", "key", "kind", "known", "label", "lead", "leads", "left", "less", "lets", "level", "library", "like", "line", "list", "load", "loader", "loads", "local", "login", "long", "made", "makes", "malware", "management", "manager", "matches", "may", "means", "memory", "metadata", "might", "mode", "model", "module", "modules", "more", "most", "must", "name", "names", "namespace", "namespaces", "near", "need", "needs", "network", "never", "new", "next", "no", "node", "nodes", "none", "nor", "normal", "not", "nothing", "now", "number", "object", "of", "off", "on", "once", "one", "only", "open", "opens", "operation", "operator", "or", "order", "origin", "other", "others", "out", "output", "outside", "over", "own", "owner", "page", "parameters", "parent", "part", "passes", "password", "path", "paths", "permission", "permissions", "person", "pid", "place", "platform", "plugin", "pod", "pods", "point", "points", "policy", "port", "possible", "previous", "privilege", "privileges", "probably", "problem", "process", "processes", "profile", "program", "programs", "provenance", "reads", "ran", "rather", "reader", "reason", "record", "records", "request", "requests", "resource", "result", "results", "right", "role", "root", "rule", "rules", "run", "running", "runs", "runtime", "same", "say", "says", "script", "scripts", "second", "security", "see", "seems", "sees", "sensor", "server", "servers", "service", "services", "session", "set", "several", "she", "shell", "shells", "should", "shows", "side", "since", "so", "software", "some", "someone", "something", "source", "space", "spawns", "starts", "state", "status", "step", "still", "string", "such", "suspicious", "syscall", "system", "table", "takes", "task", "team", "terminal", "test", "text", "than", "that", "the", "their", "them", "then", "there", "these", "they", "thing", "this", "those", "through", "time", "times", "to", "together", "token", "tool", "tools", "traffic", "tree", "tries", "trigger", "triggers", "true", "tty", "two", "type", "typical", "uid", "under", "unit", "unknown", "unless", "until", "up", "upon", "use", "user", "username", "users", "uses", "using", "value", "values", "version", "via", "volume", "was", "we", "went", "were", "what", "when", "where", "whether", "which", "while", "who", "whose", "why", "will", "with", "within", "without", "work", "workload", "works", "would", "writes", "yet", "you", "administrator", "admin", "administrators", "staff", "anybody", "default", "normal", "itself", "accident", "chance", "means", "way", "reason", "virtue", "definition", "hand", "itself", "themselves", "malicious", "benign", "legitimate", "unprivileged", "privileged", "elevated", "unauthorized", "authorised", "authorized", "untrusted", "trusted", "sensitive", "external", "internal", "remote", "public", "private", "single", "multiple", "many", "few", "interactive", "engineers", "analysts", "operators", "developers", "human", "daemon", "kernel", "tag", "digest", "registry", "repository", "runtime", "orchestrator"]
)
_KINDS = {
    "user": "user",
    "username": "user",
    "account": "user",
    "principal": "user",
    "pod": "pod",
    "namespace": "namespace",
    "container": "container",
    "host": "host",
    "hostname": "host",
    "node": "host",
    "machine": "host",
    "server": "host",
    "image": "image",
    "process": "process",
    "binary": "process",
    "program": "process",
    "executable": "process",
    "command": "process",
    "shell": "process",
    "tool": "process",
    "utility": "process",
    "parent": "parent",
    "module": "file",
    "file": "file",
}
_AFTER_KIND = re.compile(
    r"(?i)\b(?P<kind>"
    + "|".join(_KINDS)
    + r")\b(?:\s+(?:process|name|id|named|called|account|is|was|image))*\s*[:=]?\s*[\"'`“‘]?(?P<name>[A-Za-z][\w.+-]*)"
)
_ACTOR = re.compile(r"\b(?:by|as)\s+(?:the\s+)?(?:user\s+|process\s+)?[\"'`“‘]?(?P<name>[A-Za-z][\w.+-]*)")
_QUOTED = re.compile(r"`([^`\n]{2,200})`|[\"“]([^\"”\n]{2,200})[\"”]|(?<!\w)'([^'\n]{2,200})'(?!\w)")
_PROPER = re.compile(r"(?<![.!?:\"“'`(\[/\w-])\s([A-Z][a-z]{2,}\w*)")

# Names that everybody in this field uses as ordinary words: no evidence is needed to say "a Kubernetes node".
_VOCABULARY = frozenset(
    ["falco", "falcosidekick", "falcoctl", "kubernetes", "linux", "docker", "containerd", "cri", "cri-o", "podman", "runc", "selinux", "apparmor", "seccomp", "ebpf", "bpf", "cgroup", "cgroups", "helm", "git", "github", "gitlab", "unix", "windows", "posix", "bash", "api", "apis", "cpu", "cli", "dns", "http", "https", "html", "id", "ids", "ip", "ips", "ipv4", "ipv6", "json", "kvm", "os", "pid", "ppid", "uid", "gid", "tty", "ssh", "ssl", "tls", "tcp", "udp", "icmp", "url", "urls", "vm", "rbac", "cve", "cves", "ioc", "iocs", "siem", "soar", "soc", "edr", "ids", "ci", "cd", "ci/cd", "iam", "aws", "gcp", "azure", "eks", "gke", "aks", "mitre", "att&ck", "attack", "att", "ssrf", "rce", "xss", "lfi", "sql", "yaml", "toml", "stdin", "stdout", "stderr", "fd", "fds", "lsm", "pam", "nss", "k8s", "crictl", "kubectl", "systemd", "cron", "daemonset", "deployment", "statefulset", "configmap", "rootkit", "botnet", "backdoor", "ubuntu", "debian", "alpine", "centos", "rhel", "fedora", "python", "java", "node", "nodejs", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december", "utc", "gmt", "english", "i", "internet", "kernel", "cloud", "security", "alert", "rule", "warning", "notice", "critical", "error", "informational", "debug", "emergency", "priority", "severity", "level", "low", "medium", "high", "fatal", "ok", "na", "n/a", "vs", "am", "pm", "us", "eu", "it"]
)


@dataclass(frozen=True)
class Identity:
    """Something that has to stand in the evidence."""

    kind: IdentityKind
    text: str
    role: str | None = None
    """For names: the kind of thing that it is said to be (``user``, ``pod``, ``parent`` …)."""


def identities(sentence: str) -> Iterator[Identity]:
    """All identities of a sentence, in no particular order, possibly more than once."""
    plain = _EVIDENCE_ID.sub(" ", sentence)
    for match in _QUOTED.finditer(plain):
        quoted = next(group for group in match.groups() if group is not None).strip()
        if " " not in quoted and quoted.lower() not in _VOCABULARY and quoted.lower() not in _ORDINARY:
            yield Identity("token", quoted)
    for match in _AFTER_KIND.finditer(plain):
        if not _ordinary(match["name"]):
            yield Identity("name", match["name"].rstrip(".-"), _KINDS[match["kind"].lower()])
    for match in _ACTOR.finditer(plain):
        if not _ordinary(match["name"]) and match["name"].islower():
            yield Identity("name", match["name"].rstrip(".-"))
    for match in _PROPER.finditer(plain):
        if not _ordinary(match[1]):
            yield Identity("proper", match[1])
    for match in _TOKEN.finditer(plain):
        yield from _of_token(match[0])


def _ordinary(word: str) -> bool:
    lower = word.lower().rstrip(".-")
    return lower in _ORDINARY or lower in _VOCABULARY or (lower.isalpha() and lower.endswith(("ed", "ing", "ly")))


def _of_token(raw: str) -> Iterator[Identity]:
    token = raw.strip(_EDGE)
    if token.endswith(("'s", "’s")):
        token = token[:-2]
    lower = token.lower()
    if not token or lower in _ABBREVIATION:
        return
    if _URL.match(token):
        yield Identity("url", token)
    elif _EMAIL.fullmatch(token):
        yield Identity("email", token)
    elif _IP4.fullmatch(token) or _IP6.fullmatch(token):
        yield Identity("ip", token)
    elif _TECHNIQUE.fullmatch(token):
        yield Identity("technique", token)
    elif _CVE.fullmatch(token):
        yield Identity("cve", token)
    elif raw.lstrip("'`*_~(").startswith(("/", "~/", "./", "../")):
        # A leading dot belongs to the path: strip only what follows it.
        yield Identity("path", raw.lstrip("'`*_(").rstrip(_EDGE))
    elif _NUMBER.fullmatch(token):
        yield Identity("number", token)
    elif _ORDINAL.fullmatch(lower):
        return
    elif _identifier_like(token) and lower not in _VOCABULARY:
        yield Identity("token", token)
    elif len(token) > 2 and token.isupper() and token.isalpha() and lower not in _VOCABULARY:
        yield Identity("acronym", token)


def _identifier_like(token: str) -> bool:
    if any(char.isdigit() for char in token) or any(char in token for char in "_@=\\:$%+"):
        return True
    if "/" in token:
        return not all(_ordinary(part) or (part.isalpha() and part.islower()) for part in token.split("/"))
    if "." in token:
        return re.search(r"\w\.\w", token) is not None
    inner = re.sub(r"[^A-Za-z]", "", token)
    # CamelCase is a name; "Falco" and "SELinux-like" are words.
    return re.search(r"[a-z][A-Z]", inner) is not None and token.lower() not in _VOCABULARY
