"""Would this command run as written? Syntax by tree-sitter, programs, verbs and options by a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from explainer.evaluation.tables import table

_PLACEHOLDER = re.compile(r"<(?=[A-Za-z])([A-Za-z][\w .:/…-]{0,60})>|\{\{?\s*([\w.-]+)\s*\}?\}|\[([A-Z][A-Z_ -]+)\]")
_STAND_IN = re.compile(r"X_[A-Za-z_.-]*_X")
_NUMBER = re.compile(r"-\d+[A-Za-z]?")
_TYPES = frozenset(
    """
    pods pod po deployments deployment deploy daemonsets daemonset ds statefulsets statefulset sts replicasets
    replicaset rs jobs job cronjobs cronjob cj nodes node no services service svc namespaces namespace ns events
    event ev secrets secret configmaps configmap cm serviceaccounts serviceaccount sa networkpolicies
    networkpolicy netpol roles role rolebindings rolebinding clusterroles clusterrole clusterrolebindings
    clusterrolebinding all ingresses ingress ing endpoints endpoint ep endpointslices persistentvolumes
    persistentvolume pv persistentvolumeclaims persistentvolumeclaim pvc volumeattachments volumeattachment
    storageclasses sc customresourcedefinitions crd crds validatingwebhookconfigurations
    mutatingwebhookconfigurations certificatesigningrequests csr leases lease podsecuritypolicies psp
    resourcequotas quota limitranges limits horizontalpodautoscalers hpa poddisruptionbudgets pdb
    controllerrevisions ephemeralcontainers replicationcontrollers rc componentstatuses cs priorityclasses
    runtimeclasses apiservices flowschemas csidrivers csinodes
    """.split()  # noqa: SIM905 - prose reads better than quoted words
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a command would not run, or not do what it is for."""

    kind: str
    """``syntax``, ``unknown-program``, ``unknown-verb``, ``unknown-flag``, ``missing-argument``, ``namespace`` …"""
    reason: str
    piece: str
    """The word at fault."""


@dataclass(frozen=True, slots=True)
class Call:
    """A kubectl or crictl call, as far as it names what it is about."""

    program: str
    namespace: str | None
    names: tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """One tool's options."""

    name: str
    open_flags: bool
    flags: dict[str, bool]
    """Option to whether it takes a value."""
    optional: frozenset[str]
    """Options whose value may be left out."""
    verbs: dict[str, dict[str, bool] | None] | None
    row: dict[str, Any]


@cache
def _programs() -> dict[str, Any]:
    return table("commands")["programs"]  # type: ignore[no-any-return]


@cache
def _builtins() -> frozenset[str]:
    return frozenset(str(table("commands")["builtins"]).split())


@cache
def _others() -> frozenset[str]:
    return frozenset(str(table("commands")["others"]).split())


@cache
def program(name: str) -> Program | None:
    """The table's row of a program, or None."""
    row = _programs().get(name) or ({"flags": "OPEN"} if name in _others() else None)
    if row is None:
        return None
    flags = str(row.get("flags", ""))
    verbs = row.get("verbs")
    return Program(
        name,
        flags == "OPEN" or bool(row.get("open")),
        _flags("" if flags == "OPEN" else flags),
        frozenset(str(row.get("optional", "")).split()),
        None if verbs is None else {verb: None if own == "OPEN" else _flags(own or "") for verb, own in verbs.items()},
        row,
    )


def _flags(text: str) -> dict[str, bool]:
    return {word.removesuffix("="): word.endswith("=") for word in text.split()}


def is_program(word: str) -> bool:
    """Whether a word is a program or shell builtin that the table knows."""
    return word in _programs() or word in _builtins() or word in _others()


def looks_like_command(text: str) -> bool:
    """Whether inline code is a command to run rather than a name, a value or a field."""
    words = text.split()
    if not words:
        return False
    first = words[0].rsplit("/", 1)[-1]
    if first in {"sudo", "doas"} and len(words) > 1:
        first = words[1].rsplit("/", 1)[-1]
    if len(words) == 1:
        return False
    if is_program(first):
        return True
    # An unknown program with options is a command too, and a fault; "user root" and "proc.name = x" are none.
    return (
        re.fullmatch(r"[a-z][a-z0-9-]*[a-z0-9]", first) is not None
        and re.search(r"\s(?:-{1,2}[A-Za-z]|/|<)", text) is not None
    )


def _masked(text: str) -> str:
    return _PLACEHOLDER.sub(lambda m: "X_" + re.sub(r"[^\w.-]", "_", m[1] or m[2] or m[3]) + "_X", text)


@lru_cache(maxsize=4096)
def check(text: str) -> tuple[tuple[Fault, ...], tuple[Call, ...]]:
    """Faults of a shell text, and the cluster calls in it. Never raises."""
    from explainer.advice import shell, shelltree

    masked = shell.without_prompts(_masked(text)[:20_000])
    faults: list[Fault] = []
    calls: list[Call] = []
    if shelltree.parse(masked.encode("utf-8", "replace")).root_node.has_error:
        return (
            Fault("syntax", "the shell cannot read it: a quote or bracket is open, or an operator is misplaced", ""),
        ), ()
    for command in shell.read(masked).commands:
        argv = [word for word in command.argv]
        if not argv:
            continue
        faults += _check(argv)
        if argv[0] in {"kubectl", "crictl", "docker", "nerdctl", "podman"}:
            calls.append(_call(argv))
    return tuple(faults), tuple(calls)


def _check(argv: list[str]) -> Iterator[Fault]:
    name = argv[0].rsplit("/", 1)[-1]
    if name in _builtins() or _STAND_IN.search(argv[0]) or name.startswith(("$", "./")) or "$" in argv[0]:
        return
    known = program(name)
    if known is None:
        yield Fault("unknown-program", f"{argv[0]} is no program that responders have", argv[0])
        return
    flags, row = dict(known.flags), known.row
    optional = known.optional
    bundle_first = bool(row.get("bare"))
    verb: str | None = None
    words = 0
    free = known.open_flags
    index = 1
    while index < len(argv):
        word = argv[index]
        index += 1
        if word == "--":
            break
        if _STAND_IN.search(word) and not word.startswith("-"):
            if verb is None and known.verbs is not None:
                verb = word
            else:
                words += 1
            continue
        if (word.startswith("-") and word != "-") or (word.startswith("+") and word in flags):
            if free:
                continue
            fault, skip = _flag(name, word, flags, row, optional)
            if fault:
                yield fault
            index += skip
            continue
        if bundle_first and index == 2 and re.fullmatch(r"[A-Za-z]+", word):
            continue
        if known.verbs is not None and verb is None:
            verb = word
            if word not in known.verbs:
                near = _nearest(word, known.verbs)
                yield Fault("unknown-verb", f"{name} has no {word!r}{near}", word)
                return
            own = known.verbs[word]
            if own is None or row.get("open_after"):
                free = True
            else:
                flags.update(own)
            continue
        words += 1
        if row.get("stops"):
            # What follows is another command, read for itself.
            return
        if row.get("exec") and word in {";", "+", "{}"}:
            continue
    needed = row.get("words", 0)
    if isinstance(needed, dict):
        needed = needed.get(verb or "", 0)
    if (
        known.verbs is not None
        and verb is None
        and not row.get("default_verb")
        and not any(w in {"--help", "-h", "--version", "-v", "version"} for w in argv[1:])
    ):
        yield Fault("missing-argument", f"{name} is given no sub-command", name)
    elif words < needed and not any(
        flag in argv
        for flag in ("-f", "--filename", "--raw", "-l", "--selector", "--all", "-a", "--help", "-h", "--list")
    ):
        yield Fault("missing-argument", f"{name}{' ' + verb if verb else ''} is not told what to work on", verb or name)
    if name == "kubectl" and verb == "get":
        yield from _kinds(argv)


def _flag(
    name: str, word: str, flags: dict[str, bool], row: dict[str, Any], optional: frozenset[str]
) -> tuple[Fault | None, int]:
    """What is wrong with one option, and how many following words are its value."""
    if (row.get("numbers") or row.get("signals")) and _NUMBER.fullmatch(word):
        return None, 0
    bare, equals, _ = word.partition("=")
    if bare in flags:
        return None, 1 if flags[bare] and not equals and bare not in optional else 0
    if word.startswith("--") or row.get("single"):
        attached = next((f for f in flags if flags[f] and len(f) == 2 and word.startswith(f) and len(word) > 2), None)
        if attached and not word.startswith("--"):
            return None, 0
        if (
            row.get("single")
            and not word.startswith("--")
            and re.fullmatch(r"-[A-Za-z0-9]{2,}", word)
            and all(f"-{c}" in flags for c in word[1:])
        ):
            return None, 0
        near = _nearest(bare, flags)
        return Fault("unknown-flag", f"{name} has no option {bare}{near}", bare), 0
    if row.get("attached") and word.startswith(str(row["attached"])):
        return None, 0
    for place, letter in enumerate(word[1:], start=1):
        flag = f"-{letter}"
        if flag not in flags:
            if letter.isdigit():
                return None, 0
            return Fault("unknown-flag", f"{name} has no option {flag if len(word) > 2 else word}", word), 0
        if flags[flag]:
            return None, 1 if place == len(word) - 1 and flag not in optional else 0
    return None, 0


def _nearest(word: str, known: Any) -> str:
    import difflib

    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.75)
    return f"; did you mean {near[0]}?" if near else ""


def _kinds(argv: list[str]) -> Iterator[Fault]:
    """``kubectl get podz``: the kind is a word of the table, or a custom one with a dot in it."""
    after = argv[argv.index("get") + 1 :]
    skip = False
    for word in after:
        if skip:
            skip = False
            continue
        if word.startswith("-"):
            skip = word in {
                "-n",
                "-o",
                "-l",
                "-f",
                "-L",
                "--namespace",
                "--output",
                "--selector",
                "--field-selector",
                "--sort-by",
                "--context",
                "--raw",
            }
            if word.startswith("--raw"):
                return
            continue
        for kind in word.split("/")[0].split(","):
            if (
                kind
                and kind.lower() not in _TYPES
                and "." not in kind
                and not _STAND_IN.search(kind)
                and "$" not in kind
            ):
                yield Fault("unknown-kind", f"Kubernetes has no {kind!r}{_nearest(kind, _TYPES)}", kind)
        return


def _call(argv: list[str]) -> Call:
    namespace, names, skip = None, [], False
    for index, word in enumerate(argv[1:], start=1):
        if word == "--":
            break
        if skip:
            skip = False
            continue
        if word in {"-n", "--namespace"}:
            namespace, skip = (argv[index + 1] if index + 1 < len(argv) else None), True
        elif word.startswith("--namespace=") or (
            word.startswith("-n") and len(word) > 2 and word[2] != "=" and argv[0] == "kubectl"
        ):
            namespace = word.removeprefix("--namespace=").removeprefix("-n")
        elif word.startswith("-"):
            known = program(argv[0])
            skip = bool(known and known.flags.get(word))
        else:
            names.append(word.split("/")[-1])
    return Call(argv[0], None if namespace and _STAND_IN.search(namespace) else namespace, tuple(names))
