# ruff: noqa: ARG001  (one signature for all functions of a kind)
# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""YAML and JSON documents with a meaning of their own: Kubernetes, Ansible, compose, cloud-init, IAM, Falco, SSM, package.json."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from explainer.advice import falco, inventory, policies, resources, siem
from explainer.advice.config import Tree, flatten
from explainer.advice.fragments import fragments
from explainer.advice.patterns import Setting

if TYPE_CHECKING:
    from explainer.advice.judge import Judge

Span = tuple[int, int] | None
_SHELL_KEYS = frozenset(
    [
        "run",
        "runcmd",
        "command",
        "args",
        "cmd",
        "script",
        "shell",
        "raw",
        "execstart",
        "bootcmd",
        "commands",
        "runcommand",
        "before_script",
        "after_script",
        "pre_tasks_cmd",
        "entrypoint",
        "prestart",
        "poststart",
        "postinstall",
        "preinstall",
        "install",
        "user_data",
        "userdata",
        "exec",
        "win_shell",
        "before-script",
        "inlinescript",
    ]
)
_FILE_NAME = re.compile(
    r"^[\w./-]*\.(?:ya?ml|json|conf|cfg|ini|sh|py|service|rules|toml|tf|repo)$|^/etc/|"
    r"^(?:config|sshd_config|sudoers|\.npmrc)$",
    re.I,
)
_DETECTION = frozenset(
    {
        "condition",
        "output",
        "desc",
        "detection",
        "description",
        "expr",
        "query",
        "filter",
        "pattern",
        "patterns",
        "message",
    }
)


def kinds_of(tree: Tree, name: str) -> str:
    """Words that rules can ask for: file name, ``k8s:<kind>``, ``ansible``, ``compose``, ``falco.yaml`` and others."""
    words = [name.lower()]
    if isinstance(tree.value, dict):
        kind = tree.text("kind")
        if kind and ("apiVersion" in tree.value or "metadata" in tree.value or "spec" in tree.value):
            words.append(f"k8s k8s:{kind.lower()}")
        elif kind:
            words.append(f"k8s:{kind.lower()}")
        if "services" in tree.value and isinstance(tree.value["services"].value, dict):
            words.append("compose")
        if "Statement" in tree.value or "PolicyDocument" in tree.value:
            words.append("iam")
        if {"engine", "rules_files", "rules_file", "json_output", "syscall_event_drops", "base_syscalls"} & set(
            tree.value
        ):
            words.append("falco.yaml")
        if {"falco", "falcoctl", "driver", "falcosidekick", "collectors"} & set(tree.value):
            words.append("falco helm values")
        if "write_files" in tree.value or "runcmd" in tree.value:
            words.append("cloud-init")
        if {"insecure-registries", "live-restore", "storage-driver"} & set(tree.value):
            words.append("daemon.json")
    elif isinstance(tree.value, list):
        if any(
            isinstance(i.value, dict)
            and ("hosts" in i.value or "tasks" in i.value or any("." in k and k.count(".") == 2 for k in i.value))
            for i in tree.items()
        ):
            words.append("ansible")
        if any(isinstance(i.value, dict) and {"op", "path"} <= set(i.value) for i in tree.items()):
            words.append("json-patch")
    return " ".join(w for w in words if w)


def document(judge: Judge, tree: Tree, name: str, language: str, span: Span, depth: int = 0) -> None:
    """Judge one parsed document."""
    if depth > 4:
        return
    where = f"{kinds_of(tree, name)} {language}"
    if falco.is_rules(tree):
        for start, end, check in falco.problems(tree):
            judge.found.add(judge.rules.check(check), *judge.place(span, start, end))
        return
    if _is_detection(tree) or is_evidence(tree):
        return
    for check, place in falco.config_problems(tree, where, judge.rules.inventory):
        judge.found.add(judge.rules.check(check), *judge.place(span, *place))
    inventory.judge_tree(judge, tree, where, span)
    inventory.judge_list(judge, tree, span)
    if isinstance(tree.value, dict) and "apiVersion" not in tree.value:
        resources.judge_salt(judge, tree, where, span)
    resources.judge_plays(judge, tree, span)
    siem.judge_playbook(judge, tree, judge.place(span, tree.start, tree.end))
    budget = [3000]
    _walk(judge, tree, where, span, "", budget, depth)
    settings = [s for s in flatten(tree, where) if not _PATTERN.search(s.path)]
    for setting in settings:
        judge.setting(setting, span)
        last = setting.path.rsplit(".", 1)[-1]
        if last in ("kernelarguments", "kernel_args", "kernel_arguments", "extrakernelargs", "grub_cmdline_linux"):
            from explainer.advice.structures import kernel_arguments

            for boot in kernel_arguments(setting.value):
                judge.setting(Setting(boot.path, boot.value, boot.where, setting.start, setting.end), span)
    if isinstance(tree.value, list):
        for item in tree.items():
            if isinstance(item.value, dict) and "path" in item.value and "op" in item.value:
                _patch(judge, item, where, span)


# What a policy engine compares with is not applied to anything.
_PATTERN = re.compile(
    r"\.validate\.(?:pattern|anypattern|deny|foreach|cel|message)\b|\.anypattern\b|^spec\.rules\.(?:match|exclude|preconditions)\b|\.validations\.|\.matchconditions\.|^detection\.|\.rego$"
)


def _is_detection(tree: Tree) -> bool:
    if isinstance(tree.value, dict):
        keys = set(tree.value)
        if {"detection", "logsource"} <= keys or ("title" in keys and "detection" in keys):
            return True
        if "groups" in keys and "expr" in str(list(tree.value["groups"].strings()))[:10]:
            return True
        if {"rules", "validate"} <= keys:
            return True
        if is_linter_rule(tree) or any(is_linter_rule(item) for item in (tree.get("rules") or Tree([])).items()):
            return True
    return False


def is_linter_rule(tree: Tree) -> bool:
    """Whether a mapping is a rule of a scanner of code (semgrep, checkov, kics): what it looks for stands in it."""
    if not isinstance(tree.value, dict):
        return False
    keys = set(tree.value)
    looks = any(key.startswith("pattern") for key in keys) or "match" in keys or "rule" in keys
    return (
        ("id" in keys and bool({"languages", "message"} & keys) and looks)
        or ({"metadata", "definition"} <= keys and "cond_type" in str(list(tree.value["definition"].value)))
        or ({"queryName", "severity"} <= keys)
    )


def is_linter_text(trees: list[Tree]) -> bool:
    """Whether all documents of a text are rules of a scanner."""
    return bool(trees) and all(_is_detection(tree) and "groups" not in tree.value for tree in trees)


def is_evidence(tree: Tree) -> bool:
    """Whether a document is a record of what happened (an alert, an audit event): nobody applies it."""
    if isinstance(tree.value, list):
        return bool(tree.items()) and all(is_evidence(item) for item in tree.items()[:5])
    if not isinstance(tree.value, dict):
        return False
    keys = set(tree.value)
    return (
        ("output_fields" in keys and {"rule", "priority", "output", "time", "hostname"} & keys != set())
        or ({"rule", "priority", "time"} <= keys and "condition" not in keys)
        or ("eventName" in keys and bool({"eventSource", "requestParameters", "sourceIPAddress"} & keys))
        or {"userIdentity", "eventTime"} <= keys
        or {"auditID", "verb"} <= keys
        or {"requestURI", "verb"} <= keys
        or ("event_type" in keys and bool({"src_ip", "timestamp"} & keys))
        or {"@timestamp", "event"} <= keys
        or ({"protoPayload", "logName"} <= keys)
        or ({"process_kprobe"} <= keys or {"process_exec"} <= keys)
        or ({"operationName", "callerIpAddress"} <= keys)
        or ({"class_uid", "time"} <= keys)
    )


def _patch(judge: Judge, item: Tree, where: str, span: Span) -> None:
    path = re.sub(r"/\d+|/-", "", item.text("path")).strip("/").replace("~1", "/").replace("/", ".")
    value = item.get("value")
    place = judge.place(span, item.start, item.end)
    if item.text("op") == "remove":
        judge.setting(Setting(path.lower(), "", f"{where} json-patch remove", *place), place)
    elif value is not None:
        for setting in flatten(value, f"{where} json-patch", path):
            judge.setting(Setting(setting.path, setting.value, setting.where, *place), place)


def _walk(judge: Judge, node: Tree, where: str, span: Span, path: str, budget: list[int], depth: int) -> None:
    budget[0] -= 1
    if budget[0] < 0 or path.count(".") > 40:
        return
    if isinstance(node.value, list):
        for item in node.items():
            _walk(judge, item, where, span, path, budget, depth)
        return
    if not isinstance(node.value, dict):
        return
    _mapping(judge, node, where, span)
    for key, child in node.value.items():
        lower = key.lower()
        place = judge.place(span, child.start, child.end)
        if lower in _DETECTION and not isinstance(child.value, dict):
            continue
        if (
            lower.replace("_", "") in _SHELL_KEYS
            or lower in _SHELL_KEYS
            or lower.rsplit(".", 1)[-1] in ("shell", "command", "raw", "script", "win_shell")
        ):
            _shell_value(judge, lower, child, node, place)
        elif isinstance(child.value, str) and "\n" in child.value and _FILE_NAME.search(key):
            judge.code(child.value, "", key, place)
            if "rules" in key or "falco" in key:
                continue
        elif (
            isinstance(child.value, str)
            and "\n" in child.value
            and lower in ("contents", "content", "inline", "data", "config", "customrules", "user-data")
        ):
            target = node.text("path") or node.text("dest") or node.text("name")
            judge.argv_write(target or lower, child.value, place)
        elif (
            isinstance(child.value, str)
            and len(child.value) > 20
            and lower in ("policydocument", "policy", "assumerolepolicydocument", "values", "userdata", "patch")
        ):
            judge.code(child.value, "", "", place)
        _walk(judge, child, where, span, f"{path}.{key}" if path else key, budget, depth)


def _shell_value(judge: Judge, key: str, child: Tree, owner: Tree, place: tuple[int, int]) -> None:
    if isinstance(child.value, str):
        text = child.value
        for item in resources.loop_items(owner):
            judge.script(resources.filled(text, item), place)
        return
    if isinstance(child.value, dict):
        text = child.text("cmd") or child.text("_raw_params")
        if text:
            judge.script(text, place)
        argv = child.get("argv")
        if argv is not None:
            judge.argv(argv.strings(), place)
        return
    words = child.strings()
    nested = [inner for inner in child.items() if isinstance(inner.value, list)]
    for inner in nested:
        judge.argv(inner.strings(), place)
    if not words:
        return
    lists_of_lines = key in (
        "runcmd",
        "bootcmd",
        "commands",
        "runcommand",
        "script",
        "before_script",
        "after_script",
        "cmds",
    )
    if key == "args":
        command = owner.get("command")
        if command is not None and command.strings():
            words = [*command.strings(), *words]
        elif "image" in owner.value:
            for word in words:
                if re.match(r"--[\w-]+=", word):
                    flag, _, value = word[2:].partition("=")
                    judge.setting(Setting(f"args.{flag}", value, "container args", *place), place)
            if not re.match(r"^(?:sh|bash|/bin/\w*sh|-c)$", words[0]):
                return
            if words[0] == "-c":
                words = ["sh", *words]
    if lists_of_lines or (len(words) == 1 and " " in words[0]):
        judge.script("\n".join(words), place)
        return
    if key == "command" and any(re.match(r"--[\w-]+=", w) for w in words):
        for word in words[1:]:
            flag, _, value = word.lstrip("-").partition("=")
            judge.setting(Setting(f"args.{flag}", value, f"container args {words[0]}", *place), place)
    judge.argv(words, place)


def _mapping(judge: Judge, node: Tree, where: str, span: Span) -> None:
    """Mappings that stand for a command, a grant, a filter, or one setting."""
    place = judge.place(span, node.start, node.end)
    resources.judge_task(judge, node, where, span)
    lowered = {key.lower(): child for key, child in node.value.items()}
    policies.judge_mapping(judge, node, lowered, where, place)
    siem.judge_mapping(judge, node, lowered, where, place)
    _file(judge, node, lowered, place)
    _resource(judge, node, lowered, where, span)
    named = next((lowered[k].text() for k in _NAMES if k in lowered and lowered[k].text()), "")
    if named and not re.search(r"\s", named) and len(named) < 120:
        for key in _VALUES:
            if key in lowered and isinstance(lowered[key].value, str):
                judge.setting(Setting(named.lower(), lowered[key].value, f"{where} pair", *place, named), place)


_NAMES = ("name", "key", "option", "parameter", "setting", "property", "parameterkey", "k", "path", "parametername")
_VALUES = ("value", "parametervalue", "v", "val", "optionvalue")


def _resource(judge: Judge, node: Tree, lowered: dict[str, Tree], where: str, span: Span) -> None:
    """CloudFormation, ARM and their like: what a property is of stands in ``Type`` and not in its path."""
    kind, properties = node.text("Type") or node.text("type"), lowered.get("properties")
    if properties is None or not re.fullmatch(r"\w+::\w+(?:::\w+)?|[A-Z]\w+\.\w+/[\w/]+|[a-z-]+:[\w/]+:\w+", kind):
        return
    prefix = ".".join(re.split(r"::|[/.:]", kind)[-2:])
    for setting in flatten(properties, f"{where} cloud resource", prefix):
        judge.setting(setting, span)


def _file(judge: Judge, node: Tree, lowered: dict[str, Tree], place: tuple[int, int]) -> None:
    """Files of Ignition, MachineConfig and cloud-init: the mode (decimal in Ignition) and the encoded content."""
    path = node.text("path")
    if not path.startswith("/"):
        return
    source = node.text("contents", "source") or node.text("contents", "inline")
    if source:
        judge.argv_write(path, _data_url(source), place)
    mode = lowered.get("mode")
    permissions = node.text("permissions")
    if mode is not None and "contents" in lowered and mode.text().isdigit():
        text = mode.text()
        permissions = text if text.startswith("0") else oct(int(text[:6]))[2:]
    if permissions:
        judge.argv(["chmod", permissions, path], place)
    content = node.text("content")
    if content and re.search(r"b64|base64", node.text("encoding")):
        judge.argv_write(path, _data_url(f"data:;base64,{content}"), place)


def _data_url(text: str) -> str:
    match = re.match(r"data:[^,]{0,100}?(;base64)?,(.*)$", text[:200_000], re.S)
    if match is None:
        return text
    if match.group(1):
        try:
            return base64.b64decode(re.sub(r"\s", "", match.group(2)), validate=False).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return ""
    return unquote(match.group(2))


def broken(judge: Judge, text: str, name: str, line: int, span: Span) -> None:
    """YAML that does not parse: INI headers in it are an invention, the rest is left to the text rules and to simple lines."""
    header = re.search(
        r"^\s*\[\s*(?:rule|alert|policy|macro|prevention|action|detection|response)[^\]\n]*\]\s*:?\s*$",
        text[:100_000],
        re.M | re.I,
    )
    if header:
        judge.found.add(judge.rules.check("falco-ini-header"), *judge.place(span, header.start(), header.end()))
        return
    pieces = fragments(text)
    if pieces:
        for tree in pieces:
            document(judge, tree, name, "yaml fragment", span)
        return
    from explainer.advice.config import ini

    for setting in ini(text, f"{name} yaml"):
        judge.setting(setting, span)
