# ruff: noqa: ARG001  (one signature for all functions of a kind)
# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""YAML and JSON documents with a meaning of their own: Kubernetes, Ansible, compose, cloud-init, IAM, Falco, SSM, package.json."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from explainer.advice import falco
from explainer.advice.config import Tree, flatten
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
    if _is_detection(tree):
        return
    for check, place in falco.config_problems(tree, where):
        judge.found.add(judge.rules.check(check), *judge.place(span, *place))
    budget = [3000]
    _walk(judge, tree, where, span, "", budget, depth)
    settings = list(flatten(tree, where))
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


def _is_detection(tree: Tree) -> bool:
    if isinstance(tree.value, dict):
        keys = set(tree.value)
        if {"detection", "logsource"} <= keys or ("title" in keys and "detection" in keys):
            return True
        if "groups" in keys and "expr" in str(list(tree.value["groups"].strings()))[:10]:
            return True
        if {"rules", "validate"} <= keys:
            return True
    return False


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
    _mapping(judge, node, where, span, path)
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
            and lower in ("policydocument", "policy", "assumerolepolicydocument", "values", "userdata")
        ):
            judge.code(child.value, "", "", place)
        _walk(judge, child, where, span, f"{path}.{key}" if path else key, budget, depth)


def _items(node: Tree) -> list[str]:
    for key in ("loop", "with_items", "with_list"):
        loop = node.get(key)
        if loop is not None:
            return loop.strings()
    return []


def _shell_value(judge: Judge, key: str, child: Tree, owner: Tree, place: tuple[int, int]) -> None:
    if isinstance(child.value, str):
        text = child.value
        for item in _items(owner)[:10] or [""]:
            judge.script(re.sub(r"\{\{\s*item\s*\}\}", item, text) if item else text, place)
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


_UNIT_STATES = {"stopped": "stop", "started": "start", "restarted": "restart", "absent": "remove", "reloaded": "reload"}


def _mapping(judge: Judge, node: Tree, where: str, span: Span, path: str) -> None:
    """Mappings that stand for a command: Ansible modules, IAM statements, container mounts, role rules."""
    place = judge.place(span, node.start, node.end)
    for key, child in node.value.items():
        module = key.rsplit(".", 1)[-1]
        if isinstance(child.value, dict):
            where_child = judge.place(span, child.start, child.end)
            for item in (_items(node) or [""])[:10]:
                words = _module(module, child, item)
                if words:
                    judge.argv(words, where_child)
                text = child.text("line") or child.text("replace") or child.text("content") or child.text("block")
                target = child.text("path") or child.text("dest") or child.text("name")
                if text and module in ("lineinfile", "replace", "copy", "blockinfile", "template"):
                    judge.argv_write(target, text, where_child)
    statement = node.value
    lowered = {k.lower(): v for k, v in statement.items()}
    if "effect" in lowered and ("action" in lowered or "principal" in lowered or "notaction" in lowered):
        _iam(judge, {k: v for k, v in lowered.items()}, place)
    if {"apigroups", "resources", "verbs"} <= set(lowered):
        if "*" in lowered["resources"].strings() and "*" in lowered["verbs"].strings():
            judge.found.add(judge.rules.check("rbac-wildcard"), *place)
        elif set(lowered["verbs"].strings()) & {"escalate", "bind", "impersonate"} or (
            "secrets" in lowered["resources"].strings() and "*" in lowered["verbs"].strings()
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
    if "match" in lowered and "actions" in lowered:
        falco_actions = [a for a in lowered["actions"].items()]
        names = [a.text("actionner") or a.text("action") for a in falco_actions]
        match = lowered["match"]
        wide_match = re.search(r">=?\s*(?:debug|info\w*|notice)\b", match.text("priority"), re.I) or (
            not match.get("rules") and not match.get("tags")
        )
        if wide_match and any(re.search(r"terminate|delete|drain|kill", n, re.I) for n in names):
            judge.found.add(judge.rules.check("kill-all-automation"), *place)
    _network(judge, node, lowered, where, place)


def _network(judge: Judge, node: Tree, lowered: dict[str, Tree], where: str, place: tuple[int, int]) -> None:
    if node.text("kind") == "NetworkPolicy":
        spec = node.get("spec")
        if spec is not None and isinstance(spec.value, dict):
            for direction in ("ingress", "egress"):
                rules = spec.get(direction)
                if rules is None:
                    continue
                for item in rules.items():
                    if isinstance(item.value, dict) and (
                        not item.value or all(not v.value for v in item.value.values())
                    ):
                        judge.found.add(judge.rules.check(f"netpol-allow-all-{direction}"), *place)
                    blocks = [p.text("ipBlock", "cidr") for p in (item.get("from") or Tree([])).items()]
                    if direction == "ingress" and "0.0.0.0/0" in blocks and not (item.get("ports") or Tree("")).value:
                        judge.found.add(judge.rules.check("netpol-allow-all-ingress"), *place)


def _iam(judge: Judge, statement: dict[str, Tree], place: tuple[int, int]) -> None:
    effect = statement["effect"].value
    if effect == "Allow":
        actions = statement["action"].strings() if "action" in statement else []
        resources = statement["resource"].strings() if "resource" in statement else []
        principal = statement.get("principal")
        conditioned = "condition" in statement
        everyone = principal is not None and (
            "*" in principal.strings()
            or (isinstance(principal.value, dict) and any("*" in v.strings() for v in principal.value.values()))
        )
        if everyone and not conditioned:
            public = any(a.lower().startswith("s3:") for a in actions)
            judge.found.add(judge.rules.check("public-bucket-policy" if public else "iam-trust-everyone"), *place)
        elif any(a in ("*", "*:*") for a in actions) and ("*" in resources or not resources):
            judge.found.add(judge.rules.check("iam-wildcard"), *place)
        elif (
            any(re.fullmatch(r"(?:iam|sts|kms|organizations|s3|ec2|secretsmanager):\*", a) for a in actions)
            and "*" in resources
            and not conditioned
        ):
            judge.found.add(judge.rules.check("iam-service-wildcard"), *place)
    elif effect == "Deny":
        actions = statement["action"].strings() if "action" in statement else []
        principal = statement.get("principal")
        if "*" in actions and principal is not None and "*" in json_strings(principal) and "condition" not in statement:
            judge.found.add(judge.rules.check("deny-everyone"), *place)


def json_strings(tree: Tree) -> list[str]:
    """All scalars below a tree."""
    return [s.value for s in flatten(tree, "", "x")]


def _module(module: str, body: Tree, item: str) -> list[str]:
    """An Ansible module call as the command that it stands for."""

    def text(*keys: str) -> str:
        for key in keys:
            value = body.text(key)
            if value:
                return re.sub(r"\{\{\s*item\s*\}\}", item, value) if item else value
        return ""

    name, state = text("name", "pkg", "package"), text("state")
    if module in ("systemd", "service", "systemd_service", "win_service", "sysvinit"):
        verb = _UNIT_STATES.get(state, "")
        if text("masked") in ("true", "yes"):
            verb = "mask"
        if not verb and text("enabled") in ("false", "no"):
            verb = "disable"
        return ["systemctl", verb, name] if verb and name else []
    if module in ("apt", "yum", "dnf", "package", "zypper", "pacman", "apk"):
        names = [name] if name else [s for key in ("name", "pkg") for s in (body.get(key) or Tree([])).strings()]
        if text("deb"):
            names.append(text("deb"))
        verb = "remove" if state in ("absent", "removed") else "install"
        words = ["apt-get" if module in ("apt", "package") else module, verb, *names]
        if text("disable_gpg_check") in ("true", "yes"):
            words.append("--nogpgcheck")
        if text("allow_unauthenticated") in ("true", "yes"):
            words.append("--allow-unauthenticated")
        return words if names else []
    if module in ("file", "copy", "template"):
        path = text("path", "dest", "name")
        if state == "absent":
            return ["rm", "-rf", path]
        mode = text("mode")
        return ["chmod", mode, path] if mode and path else []
    if module in ("get_url", "uri") and text("validate_certs") in ("false", "no"):
        return ["curl", "-k", text("url")]
    if module == "user" and text("groups"):
        return ["usermod", "-aG", text("groups"), name]
    if module == "iptables" and text("flush") in ("true", "yes"):
        return ["iptables", "-F"]
    if module == "ufw" and state:
        return ["ufw", {"disabled": "disable", "enabled": "enable", "reset": "reset"}.get(state, state)]
    if module == "firewalld" and state == "disabled" and not body.get("service") and not body.get("port"):
        return ["systemctl", "stop", "firewalld"]
    if module == "k8s" and state == "absent":
        return ["kubectl", "delete", text("kind").lower(), name]
    if module == "helm" and state == "absent":
        return ["helm", "uninstall", name]
    if module == "reboot":
        return ["reboot"]
    if module == "modprobe" and state == "present":
        return ["modprobe", name]
    if module == "selinux" and state:
        return ["setenforce", "0"] if state in ("disabled", "permissive") else []
    if module == "seboolean":
        return ["setsebool", name, state]
    if module == "authorized_key" and text("exclusive") in ("true", "yes"):
        return []
    return []


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
    from explainer.advice.config import ini

    for setting in ini(text, f"{name} yaml"):
        judge.setting(setting, span)
