# ruff: noqa: E501  (word tables and regular expressions are read better whole)

"""Configuration text to settings: every key with its dotted path, its value and its place.

Real readers per form (YAML and JSON by PyYAML's composer, which keeps the place of every node and never builds objects; the others
below by line), so that a rule can ask for ``securityContext.privileged = true`` wherever that stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from explainer.advice.patterns import Setting

_MAX_NODES = 20_000
_MAX_DEPTH = 80
_MAX_TEXT = 400_000


@dataclass(slots=True)
class Tree:
    """A parsed value with its place: ``value`` is a str, a list of Tree, or a dict of str to Tree."""

    value: Any
    start: int = 0
    end: int = 0
    quoted: bool = False

    def get(self, *path: str) -> Tree | None:
        """The value at a path of keys, or None."""
        node: Tree | None = self
        for key in path:
            if node is None or not isinstance(node.value, dict):
                return None
            node = node.value.get(key)
        return node

    def text(self, *path: str) -> str:
        """The scalar at a path, or an empty string."""
        node = self.get(*path)
        return node.value if node is not None and isinstance(node.value, str) else ""

    def items(self) -> list[Tree]:
        """The members of a list (or nothing)."""
        return self.value if isinstance(self.value, list) else []

    def strings(self) -> list[str]:
        """Scalars of a list, or the scalar itself as a list of one."""
        if isinstance(self.value, str):
            return [self.value]
        return [item.value for item in self.items() if isinstance(item.value, str)]

    def plain(self, depth: int = 0) -> Any:
        """Ordinary dict, list and str."""
        if depth > _MAX_DEPTH:
            return None
        if isinstance(self.value, dict):
            return {k: v.plain(depth + 1) for k, v in self.value.items()}
        if isinstance(self.value, list):
            return [v.plain(depth + 1) for v in self.value]
        return self.value


class ConfigError(ValueError):
    """The text is no document of the expected form; ``line`` counts from 0."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def load_plain(text: str) -> Any:
    """Load trusted YAML (the rule files) into plain objects."""
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


def _too_deep(text: str) -> bool:
    depth = deepest = 0
    for char in text:
        if char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth = max(0, depth - 1)
    if deepest > _MAX_DEPTH:
        return True
    return bool(re.search(r"(?m)^[ ]{400,}\S|(?:- ){80,}|(?:\? ){80,}", text))


def parse_yaml(text: str) -> list[Tree]:
    """All documents of a YAML or JSON text.

    Raises:
        ConfigError: the text is not YAML, or beyond the limits.
    """
    if len(text) > _MAX_TEXT or _too_deep(text):
        raise ConfigError("too large or too deep")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        nodes = list(yaml.compose_all(text.replace("\t", " "), Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(str(error.problem or "not YAML"), mark.line if mark else 0) from None
    except (yaml.YAMLError, RecursionError, ValueError, UnicodeError) as error:
        raise ConfigError(str(error)[:80]) from None
    budget = [_MAX_NODES]
    starts = _line_starts(text)
    return [_tree(node, starts, budget, 0) for node in nodes if node is not None]


def _line_starts(text: str) -> list[int]:
    return [0, *(m.end() for m in re.finditer(r"\n", text))]


def _tree(node: Any, starts: list[int], budget: list[int], depth: int) -> Tree:
    budget[0] -= 1
    start = _at(node.start_mark, starts)
    end = _at(node.end_mark, starts)
    if budget[0] < 0 or depth > _MAX_DEPTH:
        return Tree("", start, end)
    if isinstance(node, yaml.ScalarNode):
        return Tree(str(node.value), start, end, node.style in ("'", '"', "|", ">"))
    if isinstance(node, yaml.SequenceNode):
        return Tree([_tree(child, starts, budget, depth + 1) for child in node.value], start, end)
    result: dict[str, Tree] = {}
    for key, value in node.value:
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
        child = _tree(value, starts, budget, depth + 1)
        child.start = min(_at(key.start_mark, starts), child.start)
        if name == "<<" and isinstance(child.value, dict):
            for inner, item in child.value.items():
                result.setdefault(inner, item)
        result[name] = child
    return Tree(result, start, end)


def _at(mark: Any, starts: list[int]) -> int:
    return int(starts[min(mark.line, len(starts) - 1)] + mark.column)


def flatten(tree: Tree, where: str = "", prefix: str = "", depth: int = 0) -> Iterator[Setting]:
    """Every scalar below a tree as a setting; an empty list or map has the value ``[]`` or ``{}``."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(tree.value, dict):
        if not tree.value and prefix:
            yield Setting(prefix.lower(), "{}", where, tree.start, tree.end, prefix)
        for key, child in tree.value.items():
            path = f"{prefix}.{key}" if prefix else key
            if isinstance(child.value, (dict, list)):
                yield from flatten(child, where, path, depth + 1)
            else:
                yield Setting(path.lower(), child.value.strip(), where, child.start, child.end, path)
    elif isinstance(tree.value, list):
        if not tree.value and prefix:
            yield Setting(prefix.lower(), "[]", where, tree.start, tree.end, prefix)
        for child in tree.value:
            yield from flatten(child, where, prefix, depth + 1)
    elif prefix:
        yield Setting(prefix.lower(), tree.value.strip(), where, tree.start, tree.end, prefix)


_SECTION = re.compile(r"^\s*\[{1,2}([^\]\n]{1,120})\]{1,2}\s*(?:[#;].*)?$")
_BARE = re.compile(r"^\s*(?:--)?([a-z][a-z0-9]*(?:[_-][a-z0-9]+)+)\s*(?:[#;].*)?$")
_PAIR = re.compile(
    r"^\s*(?:export\s+|set\s+)?(?P<key>[\w./:*-]+(?:\[\w*\])?)\s*(?P<sep>=|:(?=\s)|\s)\s*(?P<value>[^\n]*?)\s*$"
)
# Samba and its like: ``guest ok = yes`` below a section.
_SPACED = re.compile(r"^\s*(?P<key>[A-Za-z][\w-]*(?: [\w-]+){1,3})(?P<sep> = )(?P<value>[^\n]*?)\s*$")


def ini(text: str, where: str = "") -> list[Setting]:
    """Settings of an INI-like text: ``key = value``, ``Key value`` (sshd), sections as prefix."""
    section = ""
    found = []
    position = 0
    for line in text[:_MAX_TEXT].split("\n"):
        start, position = position, position + len(line) + 1
        stripped = line.strip()
        if not stripped or stripped[0] in "#;/" or len(line) > 4000:
            continue
        header = _SECTION.match(line)
        if header:
            section = header.group(1).strip().lower()
            continue
        pair = (_SPACED.match(line) if section else None) or _PAIR.match(line)
        if pair is None:
            bare = _BARE.match(line)
            if bare:
                path = f"{section}.{bare.group(1)}" if section else bare.group(1)
                found.append(Setting(path, "", f"{where} bare", start, start + len(line.rstrip())))
            continue
        value = pair.group("value").strip()
        if pair.group("sep").strip() == "=" or '"' not in value:
            value = re.sub(r"\s+[#;]\s.*$", "", value)
        value = value.strip("\"'") if value[:1] in "\"'" and value[-1:] == value[:1] else value
        key = pair.group("key")
        path = f"{section}.{key}" if section else key
        place = (start + len(line) - len(line.lstrip()), start + len(line.rstrip()))
        items = re.findall(r"\"([^\"]*)\"|'([^']*)'", value) if value[:1] == "[" and value[-1:] == "]" else []
        for one in [a or b for a, b in items[:50]] or [value]:
            found.append(Setting(path.lower(), one, where, *place, path))
    return found


def dockerfile(text: str) -> list[tuple[str, str, int, int]]:
    """Instructions of a Dockerfile: (NAME, arguments with continuations joined, start, end)."""
    found = []
    position = 0
    lines = text[:_MAX_TEXT].split("\n")
    index = 0
    while index < len(lines):
        line = lines[index]
        start = position
        position += len(line) + 1
        index += 1
        match = re.match(r"\s*([A-Za-z]+)\s+(.*)$", line)
        if match is None or line.lstrip().startswith("#"):
            continue
        body = [match.group(2)]
        heredoc = re.search(r"<<-?['\"]?(\w+)", line)
        while index < len(lines) and (body[-1].rstrip().endswith("\\") or heredoc):
            following = lines[index]
            position += len(following) + 1
            index += 1
            body.append(following)
            if heredoc and following.strip() == heredoc.group(1):
                break
        found.append((match.group(1).upper(), "\n".join(body), start + len(line) - len(line.lstrip()), position - 1))
    return found
