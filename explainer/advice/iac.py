# ruff: noqa: E501  (regular expressions are read better whole)
"""Terraform and its like: settings with their variables followed, policies as data documents or ``jsonencode``, scripts in provisioners."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from explainer.advice import policies, siem, terraform
from explainer.advice.config import Tree, flatten

if TYPE_CHECKING:
    from explainer.advice.judge import Judge

Span = tuple[int, int] | None
_EMPTY = Tree([])


def judge_hcl(judge: Judge, text: str, name: str, span: Span) -> None:
    """Judge one HCL text."""
    tree = terraform.parse(text)
    where = f"{name} hcl".strip().lower()
    before = list(flatten(tree, where))
    terraform.resolve(tree)
    seen = set()
    outward = tuple(
        f"resource.{kind}.{name}.".lower()
        for kind, names in _members(tree.get("resource"))
        for name, rule in _members(names)
        if kind.startswith("aws_") and rule.text("type") == "egress"
    )
    for setting in [*before, *flatten(tree, where)]:
        if outward and setting.path.startswith(outward):
            continue  # what may go out opens nothing to the world
        if (setting.path, setting.value) not in seen:
            seen.add((setting.path, setting.value))
            judge.setting(setting, span)
    _statements(judge, tree, where, span)
    _scripts(judge, text, span)


def judge_literals(judge: Judge, text: str, span: Span) -> None:
    """Object literals of source code (Pulumi, CDK, SDK calls, Bicep): as the documents that they become."""
    for owner, tree in terraform.literals(text[:100_000]):
        kind = re.split(r"@", owner)[0].replace("/", ".").rsplit(".", 2)
        prefix = ".".join(kind[-2:])
        for setting in flatten(tree, "code json literal", prefix):
            judge.setting(setting, span)
        if prefix.endswith("PolicyStatement"):
            statement = {k.lower().removesuffix("s"): v for k, v in tree.value.items()}
            policies.iam(judge, statement, judge.place(span, tree.start, tree.end))
        _walk(judge, tree, "code json literal", span, 0)


def _pieces(node: Tree | None) -> list[Tree]:
    if node is None:
        return []
    return node.items() if isinstance(node.value, list) else [node]


def _statements(judge: Judge, tree: Tree, where: str, span: Span) -> None:
    shared = _attached(tree)
    for kind, names in _members(tree.get("data")):
        if not kind.endswith("iam_policy_document"):
            continue
        for name, document in _members(names):
            for statement in _pieces(document.get("statement")):
                if not isinstance(statement.value, dict):
                    continue
                lowered = {k.lower(): v for k, v in statement.value.items()}
                plain = {
                    "effect": lowered.get("effect", Tree("Allow")),
                    **{
                        new: lowered[old]
                        for old, new in (("actions", "action"), ("resources", "resource"), ("not_actions", "notaction"))
                        if old in lowered
                    },
                }
                principals = [
                    s
                    for block in _pieces(lowered.get("principals"))
                    for s in (block.get("identifiers") or _EMPTY).strings()
                ]
                if principals:
                    plain["principal"] = Tree([Tree(p) for p in principals])
                if "condition" in lowered:
                    plain["condition"] = lowered["condition"]
                policies.iam(judge, plain, judge.place(span, statement.start, statement.end), everywhere=name in shared)
    for kind, names in _members(tree.get("resource")):
        for _, resource in _members(names):
            about = f"{where} organizations" if kind == "aws_organizations_policy" else where
            _walk(judge, resource, about, span, 0)


def _attached(tree: Tree) -> set[str]:
    """Names of policy documents that an organisation's policy uses."""
    return {
        found
        for _, resource in _members(tree.get("resource", "aws_organizations_policy"))
        for found in re.findall(r"data\.aws_iam_policy_document\.([\w-]+)", resource.text("content"))
    }


def _members(node: Tree | None) -> list[tuple[str, Tree]]:
    return list(node.value.items()) if node is not None and isinstance(node.value, dict) else []


def _walk(judge: Judge, node: Tree, where: str, span: Span, depth: int) -> None:
    if depth > 30:
        return
    for child in node.items():
        _walk(judge, child, where, span, depth + 1)
    if isinstance(node.value, dict):
        place = judge.place(span, node.start, node.end)
        lowered = {k.lower(): v for k, v in node.value.items()}
        policies.judge_mapping(judge, node, lowered, where, place)
        siem.judge_mapping(judge, node, lowered, where, place)
        for child in node.value.values():
            _walk(judge, child, where, span, depth + 1)


def _scripts(judge: Judge, text: str, span: Span) -> None:
    """Scripts in provisioners and user data; policies and configuration in here-docs."""
    for match in re.finditer(r"<<-?\s*\"?(\w+)\"?\n(.*?)\n\s*\1\b", text[:200_000], re.S):
        judge.code(match.group(2), "", "", judge.place(span, match.start(), match.end()))
    for match in re.finditer(
        r"\b(?:command|inline|user_data|args|entrypoint|startup-script|metadata_startup_script|custom_data)\s*=\s*(\[[^\]]{0,2000}\]|\"(?:[^\"\\\n]|\\.)*\")",
        text[:200_000],
    ):
        words = [w.replace('\\"', '"') for w in re.findall(r'"((?:[^"\\]|\\.)*)"', match.group(1))]
        place = judge.place(span, match.start(), match.end())
        if (
            match.group(0).startswith(("inline", "user_data", "metadata_startup", "startup", "custom"))
            or len(words) == 1
        ):
            for word in words:
                judge.script(word, place)
        else:
            judge.argv(words, place)
