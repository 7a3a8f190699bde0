# ruff: noqa: E501  (regular expressions are read better whole)
"""HCL to a tree: blocks, attributes, lists and objects with their places, and values that arrive through a variable.

A tolerant, linear reader: a broken fragment gives what could be read of it. What an expression computes is not computed;
``var.x``, ``local.x``, ``each.value`` and ``toset([...])`` are followed, everything else stays text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from explainer.advice.config import Tree

_MAX_TEXT = 400_000
_MAX_DEPTH = 60
_MAX_LITERALS = 200
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*|//[^\n]*|/\*.*?\*/)|(?P<heredoc><<-?"?(?P<tag>\w+)"?\n(?P<body>.*?)\n[ \t]*(?P=tag)\b)
      |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<open>[{\[(])|(?P<close>[}\])])|(?P<equals>=(?!=))|(?P<colon>:)|(?P<comma>,)|(?P<newline>\n)
      |(?P<blank>[ \t\r]+)|(?P<word>[\w.*$%/@-]+)|(?P<other>.)""",
    re.X | re.S,
)


# Functions that give back what they are given, in another wrapping.
_TRANSPARENT = frozenset({"jsonencode", "yamlencode", "toset", "tolist", "concat", "flatten", "distinct", "merge"})


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def _tokens(text: str) -> list[_Token]:
    result = []
    for match in _TOKEN.finditer(text[:_MAX_TEXT]):
        kind = match.lastgroup or "other"
        if kind in ("tag", "body"):
            kind = "heredoc"
        if kind in ("comment", "blank"):
            continue
        value = match["body"] if kind == "heredoc" else match.group(0)
        result.append(_Token(kind, value, match.start(), match.end()))
    return result


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def body(self, depth: int, closing: str = "") -> dict[str, Tree]:
        """Attributes and blocks up to the closing brace."""
        result: dict[str, Tree] = {}
        words: list[_Token] = []
        while (token := self.peek()) is not None:
            self.at += 1
            if token.kind in ("word", "string", "heredoc"):
                words.append(token)
            elif token.kind in ("equals", "colon") and words:
                name = words[-1].text.strip("\"'")
                child = self.value(depth + 1)
                child.start = words[0].start
                _put(result, [name], child)
                words = []
            elif token.kind == "open" and token.text == "{" and words and depth < _MAX_DEPTH:
                start = words[0].start
                path = [w.text.strip("\"'") for w in words]
                inner = Tree(self.body(depth + 1, "}"), start, 0)
                inner.end = self.tokens[min(self.at, len(self.tokens)) - 1].end
                _put(result, path, inner)
                words = []
            elif token.kind == "close":
                if token.text == closing:
                    return result
                words = []
            else:
                words = []
        return result

    def value(self, depth: int) -> Tree:
        """One expression; what is no literal, list or object becomes its text."""
        while (token := self.peek()) is not None and token.kind == "newline" and depth > _MAX_DEPTH:
            self.at += 1
        if token is None:
            return Tree("")
        if token.kind == "open" and depth < _MAX_DEPTH:
            self.at += 1
            if token.text == "[":
                return self._list(token, depth)
            if token.text == "{":
                tree = Tree(self.body(depth + 1, "}"), token.start, 0)
                tree.end = self.tokens[min(self.at, len(self.tokens)) - 1].end
                return tree
        called = self.at + 1 < len(self.tokens) and self.tokens[self.at + 1].text == "("
        if called and token.text in _TRANSPARENT and depth < _MAX_DEPTH:
            self.at += 2
            tree = self.value(depth + 1)
            self._rest(token, close=True)
            return tree
        if token.kind in ("string", "heredoc"):
            self.at += 1
            following = self.peek()
            if following is None or following.kind in ("newline", "comma", "close"):
                text = token.text[1:-1].replace('\\"', '"') if token.kind == "string" else token.text
                return Tree(text, token.start, token.end, quoted=True)
            self.at -= 1
        return self._rest(token)

    def _list(self, opening: _Token, depth: int) -> Tree:
        items: list[Tree] = []
        while (token := self.peek()) is not None:
            if token.kind in ("newline", "comma"):
                self.at += 1
                continue
            if token.kind == "close":
                self.at += 1
                return Tree(items, opening.start, token.end)
            before = self.at
            items.append(self.value(depth + 1))
            if self.at == before:
                self.at += 1
        return Tree(items, opening.start, self.tokens[-1].end if self.tokens else 0)

    def _rest(self, first: _Token, *, close: bool = False) -> Tree:
        """Everything up to the end of the expression, as text."""
        pieces: list[str] = []
        brackets = 0
        end = first.end
        while (token := self.peek()) is not None:
            if token.kind == "open":
                brackets += 1
            elif token.kind == "close":
                if brackets == 0:
                    if close and token.text == ")":
                        self.at += 1
                    break
                brackets -= 1
            elif brackets == 0 and token.kind in ("newline", "comma") and not close:
                break
            elif close and brackets == 0 and token.kind == "newline":
                following = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None
                if following is None or following.text != ")":
                    break
            pieces.append(token.text)
            end = token.end
            self.at += 1
        return Tree(" ".join(p for p in pieces if p != "\n"), first.start, end)


def _put(result: dict[str, Tree], path: list[str], child: Tree) -> None:
    """Blocks of the same name stand side by side in a list."""
    for name in path[:-1]:
        node = result.get(name)
        if node is None or not isinstance(node.value, dict):
            node = Tree({}, child.start, child.end)
            result[name] = node
        result = node.value
    name = path[-1]
    known = result.get(name)
    if known is None:
        result[name] = child
    elif isinstance(known.value, list) and known.value and isinstance(known.value[0].value, dict):
        known.value.append(child)
    else:
        result[name] = Tree([known, child], known.start, child.end)


def parse(text: str) -> Tree:
    """The tree of an HCL text: ``resource.<type>.<name>.<attribute>``."""
    reader = _Reader(_tokens(text))
    return Tree(reader.body(0), 0, len(text))


def literals(text: str) -> list[tuple[str, Tree]]:
    """Object literals in source code of other languages, each with the name of the call that takes it or of what it is given to."""
    reader = _Reader(_tokens(text))
    found: list[tuple[str, Tree]] = []
    owners: list[str] = []
    words: list[str] = []
    while (token := reader.peek()) is not None and len(found) < _MAX_LITERALS:
        before = reader.tokens[reader.at - 1] if reader.at else None
        if (
            token.text == "{"
            and before is not None
            and (before.text in ("(", ",", "[", "=", ":", ">", "&") or before.kind in ("equals", "colon"))
        ):
            tree = reader.value(0)
            if isinstance(tree.value, dict) and tree.value:
                found.append((words[-1] if words and before.kind == "equals" else owners[-1] if owners else "", tree))
            continue
        reader.at += 1
        if token.kind in ("word", "string"):
            words.append(token.text.strip("\"'"))
            del words[:-4]
        elif token.text == "(":
            owners.append(words[-1] if words else "")
        elif token.text == ")" and owners:
            owners.pop()
        elif token.kind == "newline" and not owners:
            words = []
    return found


_REFERENCE = re.compile(
    r"(?P<name>(?:var|local)\.[\w-]+)(?:\s*\[\s*[\"']?(?P<index>[\w*-]+)[\"']?\s*\]|\.(?P<key>[\w-]+))?"
)


def resolve(tree: Tree) -> None:
    """Put the default of a variable, the value of a local and the items of ``for_each`` where they are used."""
    known: dict[str, Tree] = {}
    for name, node in _members(tree.get("variable")):
        default = node.get("default")
        if default is not None:
            known[f"var.{name}"] = default
    for block in _blocks(tree.get("locals")):
        for name, node in _members(block):
            known[f"local.{name}"] = node
    _resolve(tree, known, None, 0, [20_000])


def _members(node: Tree | None) -> list[tuple[str, Tree]]:
    return list(node.value.items()) if node is not None and isinstance(node.value, dict) else []


def _blocks(node: Tree | None) -> list[Tree]:
    """A block, or all blocks of the same name."""
    if node is None:
        return []
    return node.items() if isinstance(node.value, list) else [node]


def _followed(text: str, known: dict[str, Tree], hops: int = 4) -> Tree | None:
    match = _REFERENCE.fullmatch(text.strip().removeprefix("${").removesuffix("}").strip())
    if match is None:
        return None
    found = known.get(match["name"])
    part = match["index"] or match["key"]
    if found is not None and part:
        members = found.value
        if isinstance(members, list):
            found = members[int(part)] if part.isdigit() and int(part) < len(members) else found
        elif isinstance(members, dict):
            found = members.get(part)
    if found is not None and isinstance(found.value, str) and not found.quoted and hops:
        return _followed(found.value, known, hops - 1) or found
    return found


def _resolve(node: Tree, known: dict[str, Tree], each: Tree | None, depth: int, budget: list[int]) -> None:
    budget[0] -= 1
    if depth > _MAX_DEPTH or budget[0] < 0:
        return
    if isinstance(node.value, dict):
        loop = node.value.get("for_each")
        if loop is not None:
            _resolve(loop, known, each, depth + 1, budget)
            each = loop
        for name, child in node.value.items():
            if name != "for_each":
                _resolve(child, known, each, depth + 1, budget)
    elif isinstance(node.value, list):
        for child in node.value:
            _resolve(child, known, each, depth + 1, budget)
    elif "." in node.value:
        found = _followed(node.value, known)
        if (
            found is None
            and each is not None
            and re.fullmatch(r"(?:\$\{)?\s*(?:each|\w+)\.(?:value|key)\s*\}?", node.value)
        ):
            found = Tree(list(each.value.values())) if isinstance(each.value, dict) else each
        if found is not None:
            node.value, node.quoted = found.value, found.quoted
