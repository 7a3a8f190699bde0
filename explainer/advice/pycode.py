# ruff: noqa: ARG001  (one signature for all functions of a kind)
# ruff: noqa: ARG005  (clearer as it stands)
"""Python code to what it does: shell commands that it starts, cloud calls, and a few calls that stand for a command."""

from __future__ import annotations

import ast
import json
import re
import warnings
from typing import TYPE_CHECKING, Any

from explainer.advice import pyflow
from explainer.advice.patterns import Setting

if TYPE_CHECKING:
    from explainer.advice.judge import Judge

_STARTERS = re.compile(
    r"^(?:subprocess\.(?:run|call|check_call|check_output|Popen|getoutput|getstatusoutput)|"
    r"os\.(?:system|popen|exec\w*|spawn\w*)|run|check_call|check_output|call|Popen|system|"
    r"shell|sh|c\.run|conn\.run|ssh\.exec_command|client\.exec_command|\w+\.exec_command|"
    r"\w+\.run|\w+\.sudo|pexpect\.run|pexpect\.spawn|commands\.getoutput)$"
)
_MAX_TEXT = 60_000


def _name(node: ast.AST) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Call):
        inner = _name(node.func)
        return ".".join([f"{inner}()", *reversed(parts)])
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))


class _Values:
    def __init__(self) -> None:
        self.known: dict[str, Any] = {}

    def of(self, node: ast.AST | None, depth: int = 0) -> Any:
        """The value of an expression as far as it is written down; unknown parts become ``$name``."""
        if node is None or depth > 20:
            return ""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self.known.get(node.id, f"${node.id}")
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return [self.of(item, depth + 1) for item in node.elts[:200]]
        if isinstance(node, ast.Dict):
            return {
                str(self.of(k, depth + 1)): self.of(v, depth + 1) for k, v in zip(node.keys, node.values, strict=False)
            }
        if isinstance(node, ast.JoinedStr):
            return "".join(
                str(self.of(v.value if isinstance(v, ast.FormattedValue) else v, depth + 1)) for v in node.values
            )
        if isinstance(node, ast.BinOp):
            left, right = self.of(node.left, depth + 1), self.of(node.right, depth + 1)
            if isinstance(node.op, ast.Add) and isinstance(left, list) and isinstance(right, list):
                return left + right
            if isinstance(node.op, ast.BitOr):
                return left | right if isinstance(left, int) and isinstance(right, int) else f"{left}|{right}"
            return f"{left}{right}" if isinstance(node.op, ast.Add) else str(left)
        if isinstance(node, ast.Call):
            name = _name(node.func)
            if name.endswith((".split", ".format")) and isinstance(node.func, ast.Attribute):
                text = self.of(node.func.value, depth + 1)
                return text.split() if name.endswith(".split") and isinstance(text, str) else text
            if name in ("json.dumps", "str", "shlex.split", "Path", "pathlib.Path") and node.args:
                value = self.of(node.args[0], depth + 1)
                return value.split() if name == "shlex.split" and isinstance(value, str) else value
            return f"${name}"
        if isinstance(node, ast.Attribute):
            return f"${_name(node)}"
        return f"${type(node).__name__.lower()}"


# The generated client has one method per verb and resource and no other.
_KUBERNETES_METHOD = re.compile(r"(?:create|delete|list|patch|read|replace|connect|get|api_client)(?:_|$)")


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).replace("_", "-").lower()


def _flat(value: Any) -> list[str]:
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, (list, tuple)):
        return [text for item in value[:50] for text in _flat(item)]
    if isinstance(value, dict):
        return [
            text for key, item in list(value.items())[:50] for text in (f"{key}={'|'.join(_flat(item))}", *_flat(item))
        ]
    return [str(value)]


_MENTIONS = re.compile(
    r"(?:^|\.)(?:report|log|warn(?:ing)?|print|error|info|debug|exception|compile|search|match|fullmatch|findall|finditer|startswith|endswith|count|index|assert\w*|raises)$"
)


def without_mentions(text: str) -> str:
    """The text with those strings blanked that are only compared, searched for or reported."""
    if len(text) > _MAX_TEXT:
        return text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text
    lines = [list(line) for line in text.split("\n")]
    for node in ast.walk(tree):
        inside: list[ast.AST] = []
        if isinstance(node, ast.Compare):
            inside = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and _MENTIONS.search(_name(node.func)):
            inside = [*node.args]
        for part in inside:
            for leaf in ast.walk(part):
                if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and leaf.lineno == leaf.end_lineno:
                    # Columns are of UTF-8 bytes; a line with other letters is left alone.
                    line = lines[leaf.lineno - 1]
                    if all(char < "\x80" for char in line):
                        line[leaf.col_offset : leaf.end_col_offset] = " " * (
                            (leaf.end_col_offset or 0) - leaf.col_offset
                        )
    return "\n".join("".join(line) for line in lines)


def python(judge: Judge, text: str, span: tuple[int, int] | None) -> None:
    """Judge Python text; what is no Python is left to the text rules."""
    source = text[:_MAX_TEXT]
    if any(len(line) > 5000 for line in source.split("\n")) or re.search(
        r"[(\[{]{60}|(?:not |-|~){200}|(?:\w+\.){300}", source
    ):
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(re.sub(r"^(?:>>>|\.\.\.) ?", lambda m: " " * 0, source, flags=re.M))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    starts = [0]
    for line in source.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    pyflow.judge_flow(judge, tree, source, starts, span)
    values = _Values()
    services: dict[str, str] = {}
    try:
        nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.Assign, ast.Call, ast.For, ast.keyword))][
            :5000
        ]
    except RecursionError:
        return
    nodes.sort(key=lambda n: (getattr(n, "lineno", 0), isinstance(n, ast.Call)))
    for node in nodes:
        place = judge.place(
            span,
            starts[max(0, getattr(node, "lineno", 1) - 1)] + getattr(node, "col_offset", 0),
            starts[max(0, (getattr(node, "end_lineno", 1) or 1) - 1)] + (getattr(node, "end_col_offset", 0) or 0),
        )
        if isinstance(node, ast.Assign):
            _assign(judge, node, values, services, place)
        elif isinstance(node, ast.For):
            if isinstance(node.target, ast.Name):
                listed = values.of(node.iter)
                if isinstance(listed, list) and listed:
                    values.known[node.target.id] = listed[0] if len(listed) == 1 else " ".join(map(str, listed))
        elif isinstance(node, ast.Call):
            _call(judge, node, values, services, place, source)


def _assign(judge: Judge, node: ast.Assign, values: _Values, services: dict[str, str], place: tuple[int, int]) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            service = _service(node.value, services)
            if service:
                services[target.id] = service
            values.known[target.id] = values.of(node.value)
            if target.id.isupper() and isinstance(node.value, ast.Constant):
                known = node.value.value
                text = str(known).lower() if isinstance(known, bool) else str(known)
                judge.setting(Setting(target.id.lower(), text, "python settings", *place, target.id), place)
        elif isinstance(target, ast.Subscript) and _name(target.value) == "os.environ":
            judge.setting(
                Setting(str(values.of(target.slice)).lower(), str(values.of(node.value)), "env", *place), place
            )
        elif isinstance(target, ast.Attribute):
            value = values.of(node.value)
            text = str(value).lower() if isinstance(value, bool) else str(value)
            judge.setting(Setting(_name(target).lower(), text, "python", *place, _name(target)), place)


def _service(node: ast.AST, services: dict[str, str]) -> str:
    if isinstance(node, ast.Call):
        name = _name(node.func)
        if re.search(r"(?:^|\.)(?:Core|Apps|Batch|Networking|RbacAuthorization|Policy)V\d\w*Api$", name):
            return "kubernetes"
        if name.endswith((".client", ".resource")) and node.args and isinstance(node.args[0], ast.Constant):
            return str(node.args[0].value)
    return ""


def _call(
    judge: Judge, node: ast.Call, values: _Values, services: dict[str, str], place: tuple[int, int], source: str
) -> None:
    name = _name(node.func)
    arguments = [values.of(a) for a in node.args[:20]]
    keywords = {k.arg: values.of(k.value) for k in node.keywords if k.arg}
    for key, value in keywords.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        judge.setting(Setting(f"{name}.{key}".lower(), text, "python call", *place), place)
    if any(
        isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict))
        for value in keywords.values()
    ):
        # Resources of Pulumi and the CDK: the keywords are the document that is applied.
        judge.code(json.dumps({name.rsplit(".", 1)[-1]: keywords}, default=str), "json", "", place)
    if _STARTERS.match(name) and arguments:
        first = arguments[0]
        if isinstance(first, list):
            words = [str(w) for w in first]
            judge.argv(words, place)
        elif isinstance(first, str):
            rest = (
                [str(a) for a in arguments[1:] if isinstance(a, str)]
                if name.startswith(("os.exec", "os.spawn"))
                else []
            )
            judge.script(" ".join(rest) if rest else first, place)
        return
    if name in ("os.chmod", "Path.chmod") and len(arguments) > 1:
        mode = arguments[1]
        if isinstance(mode, str) and "S_ISUID" in mode:
            mode = "u+s"
        judge.argv(["chmod", oct(mode)[2:] if isinstance(mode, int) else str(mode), str(arguments[0])], place)
    elif name.endswith(".chmod") and arguments and isinstance(arguments[0], int):
        judge.argv(["chmod", oct(arguments[0])[2:], "file"], place)
    elif name in ("shutil.rmtree", "os.remove", "os.unlink", "os.removedirs", "os.rmdir") and arguments:
        judge.argv(["rm", "-rf" if "tree" in name or "dirs" in name else "-f", str(arguments[0])], place)
    elif name in ("os.kill", "os.killpg") and len(arguments) > 1:
        signal = str(arguments[1]).rsplit(".", 1)[-1].replace("SIG", "")
        judge.argv(["kill", f"-{signal}", str(arguments[0])], place)
    elif (name == "open" and len(arguments) > 1 and str(arguments[1]).startswith("w")) or (
        name.endswith(".truncate") and arguments
    ):
        judge.found.add(list(judge.rules.match_write(str(arguments[0]), "truncate")), *place)
    elif (
        name in ("exec", "eval")
        and node.args
        and re.search(r"urlopen|requests\.get|urllib|http", ast.get_source_segment(source, node) or "")
    ):
        judge.found.add(judge.rules.check("runs-download"), *place)
    elif name in ("os.putenv", "os.environ.setdefault") and len(arguments) > 1:
        judge.setting(Setting(str(arguments[0]).lower(), str(arguments[1]), "env", *place), place)
    elif name.endswith((".write_text",)) and arguments and isinstance(node.func, ast.Attribute):
        path = values.of(node.func.value)
        judge.argv_write(str(path), str(arguments[0]), place)
    owner, _, method = name.rpartition(".")
    if services.get(owner) == "kubernetes" and not _KUBERNETES_METHOD.match(method):
        judge.found.add(judge.rules.check("unknown-client-method"), *place)
        return
    if owner.startswith("boto3.client()") or owner.startswith("boto3.resource()") or ".client()" in owner:
        inner = node.func.value if isinstance(node.func, ast.Attribute) else None
        service = _service(inner, services) if inner is not None else ""
    else:
        service = services.get(owner.split(".")[0], "") or (owner if owner in _AWS else "")
    if service and service != "kubernetes" and method:
        words = ["aws", service, _kebab(method), *(a for a in arguments if isinstance(a, str))]
        for key, value in keywords.items():
            if isinstance(value, bool):
                words.append(f"--{'' if value else 'no-'}{_kebab(key)}")
            else:
                words += [f"--{_kebab(key)}", *_flat(value)]
        judge.argv(words, place)
        for value in keywords.values():
            if isinstance(value, str) and value.lstrip().startswith("{"):
                judge.code(value, "json", "", place)
            elif isinstance(value, (dict, list)):
                judge.code(json.dumps(value, default=str), "json", "", place)


_AWS = frozenset(
    [
        "ec2",
        "iam",
        "s3",
        "s3api",
        "guardduty",
        "cloudtrail",
        "logs",
        "securityhub",
        "configservice",
        "config",
        "sts",
        "rds",
        "kms",
        "ssm",
        "organizations",
        "eks",
        "lambda",
    ]
)
