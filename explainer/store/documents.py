"""YAML, TOML and JSON text into values, with located errors and limits. The only importer of ``yaml``."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any, NoReturn, TypeAlias

import yaml

from explainer.errors import DataError, KnowledgeError, RulesError
from explainer.schema.node import Mapping, Node, RulesFile, Scalar, Sequence

MAX_DEPTH = 60
MAX_NODES = 400_000
"""After aliases are followed; the largest upstream rule file has about 6,000."""
ErrorClass: TypeAlias = type[DataError]

# libyaml's parser where PyYAML was built with it; PyYAML's own gives the same answers ten times slower.
_EventParser: Any = getattr(yaml, "CParser", yaml.SafeLoader)
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


# --- rule files: a tree of text -----------------------------------------------------------------


def parse_rules_text(text: str, path: str) -> RulesFile:
    """The documents of a rule file as located trees of text.

    Raises:
        RulesError: the text is no YAML, or nests or multiplies beyond the limits.
    """
    builder = _Builder(path)
    try:
        documents = tuple(builder.documents(_events(text)))
    except yaml.YAMLError as error:
        _raise_yaml(error, text, path, RulesError)
    return RulesFile(path, documents, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())


def _events(text: str) -> Iterator[Any]:
    parser = _EventParser(text)
    try:
        while parser.check_event():
            yield parser.get_event()
    finally:
        parser.dispose()


class _Builder:
    """Events into nodes. Aliases are followed and counted, so a small file cannot grow into a large tree."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.count = 0
        self.anchors: dict[str, tuple[Node | None, int]] = {}

    def fail(self, event: Any, message: str, hint: str) -> NoReturn:
        mark = event.start_mark
        raise RulesError(message, hint=hint, where=f"{self.path}:{mark.line + 1}:{mark.column + 1}")

    def documents(self, events: Iterator[Any]) -> Iterator[Node | None]:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors = {}
                node = self.node(next(events), events, 0)
                yield None if isinstance(node, Scalar) and node.is_null else node

    def grow(self, event: Any, by: int) -> None:
        self.count += by
        if self.count > MAX_NODES:
            self.fail(event, f"the file grows to more than {MAX_NODES} values", "remove the aliases that multiply")

    def node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        if depth > MAX_DEPTH:
            self.fail(event, f"values are nested more than {MAX_DEPTH} levels deep", "flatten the structure")
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        before = self.count
        self.grow(event, 1)
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if event.anchor:
            self.anchors[event.anchor] = (None, 0)
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = Scalar(event.value, line, column, not event.style)
        elif isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(child := next(events), yaml.SequenceEndEvent):
                items.append(self.node(child, events, depth + 1))
            node = Sequence(tuple(items), line, column)
        else:
            node = Mapping(tuple(self.entries(events, depth)), line, column)
        if event.anchor:
            self.anchors[event.anchor] = (node, self.count - before)
        return node

    def alias(self, event: Any) -> Node:
        if event.anchor not in self.anchors:
            self.fail(event, f"the alias *{event.anchor} has no anchor", f"write &{event.anchor} before it is used")
        target, size = self.anchors[event.anchor]
        if target is None:
            self.fail(event, f"the alias *{event.anchor} contains itself", "write the value out")
        self.grow(event, size)
        return target

    def entries(self, events: Iterator[Any], depth: int) -> Iterator[tuple[Scalar, Node]]:
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self.node(event, events, depth + 1)
            if not isinstance(key, Scalar):
                self.fail(event, "a key is a list or a mapping", "use a word as the key")
            yield key, self.node(next(events), events, depth + 1)


def _raise_yaml(error: yaml.YAMLError, text: str, where: str, raises: ErrorClass) -> NoReturn:
    """Say where and what in our words; PyYAML's message quotes the file over several lines."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    place = where
    hint = "check the indentation, colons and quotes at this place"
    if mark is not None:
        place = f"{where}:{mark.line + 1}:{mark.column + 1}"
        lines = text.splitlines()
        line = lines[mark.line] if mark.line < len(lines) else ""
        if "\t" in line[: mark.column + 1]:
            problem, hint = "a tab stands where YAML wants spaces", "indent with spaces"
    elif isinstance(position := getattr(error, "position", None), int):
        before = text[:position]
        place = f"{where}:{before.count(chr(10)) + 1}:{position - before.rfind(chr(10))}"
        hint = "remove the control character"
    raise raises(f"this is not valid YAML: {problem}", hint=hint, where=place) from None


# --- knowledge files: typed values ----------------------------------------------------------------


class _Loader(_SafeLoader):  # type: ignore[misc]
    """YAML 1.2's core types and plain dates: ``no`` and ``0644`` stay text, where YAML 1.1 reads False and 420."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own class attribute


_CORE = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("timestamp", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "0123456789"),
    ("merge", r"<<", "<"),
)
for _name, _pattern, _first in _CORE:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_name}", re.compile(f"(?:{_pattern})$"), ["" if c == "\0" else c for c in _first]
    )


def load_yaml(text: str, where: str, *, error: ErrorClass = KnowledgeError) -> Any:
    """One YAML document as JSON-like values; a plain ``2026-01-31`` becomes a date.

    Args:
        text: the file's content.
        where: path for messages.
        error: class of the error, by what the file is.

    Raises:
        DataError: of class ``error``: no YAML, several documents, a duplicate key, or beyond the limits.
    """
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _check_size(node, where, error)
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.YAMLError as problem:
        _raise_yaml(problem, text, where, error)
    except (ValueError, OverflowError, TypeError) as problem:
        raise error(f"a value cannot be read: {problem}", hint="quote it if it is text", where=where) from None
    except RecursionError:
        raise error("values are nested too deeply", hint="flatten the structure", where=where) from None


def _check_size(root: Any, where: str, error: ErrorClass) -> None:
    """Refuse alias bombs, cycles and duplicate keys before anything is built."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: Any, depth: int) -> int:
        at = f"{where}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"
        if id(node) in open_nodes:
            raise error("an alias contains itself", hint="write the value out", where=at)
        if depth > MAX_DEPTH:
            raise error(f"values are nested more than {MAX_DEPTH} levels deep", hint="flatten them", where=at)
        if id(node) in sizes:
            return sizes[id(node)]
        open_nodes.add(id(node))
        total = 1
        if isinstance(node, yaml.SequenceNode):
            total += sum(size(child, depth + 1) for child in node.value)
        elif isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                name = key.value if isinstance(key, yaml.ScalarNode) else ""
                if not isinstance(key, yaml.ScalarNode) or name in seen:
                    mark = key.start_mark
                    raise error(
                        f"the key {name!r} stands twice" if name else "a key is a list or a mapping",
                        hint="keep one of them" if name else "use a word as the key",
                        where=f"{where}:{mark.line + 1}:{mark.column + 1}",
                    )
                seen.add(name)
                total += 1 + size(value, depth + 1)
        open_nodes.discard(id(node))
        if total > MAX_NODES:
            raise error(f"the file grows to more than {MAX_NODES} values", hint="remove the aliases", where=at)
        sizes[id(node)] = total
        return total

    size(root, 0)


def load_toml(text: str, where: str, *, error: ErrorClass = KnowledgeError) -> dict[str, Any]:
    """A TOML file's values.

    Raises:
        DataError: of class ``error``, with the line that TOML's own reader names.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(problem))
        at = f"{where}:{place[1]}:{place[2]}" if place else where
        message = re.sub(r" \(at .*\)$", "", str(problem))
        raise error(f"this is not valid TOML: {message}", hint="correct it at this place", where=at) from None
    except RecursionError:
        raise error("values are nested too deeply", hint="flatten the structure", where=where) from None


def load_json(text: str, where: str, *, error: ErrorClass = KnowledgeError) -> Any:
    """A JSON file's values; NaN and Infinity are refused.

    Raises:
        DataError: of class ``error``, with line and column.
    """

    def refuse(constant: str) -> NoReturn:
        raise error(f"{constant} is not JSON", hint="use a number or null", where=where)

    try:
        return json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as problem:
        at = f"{where}:{problem.lineno}:{problem.colno}"
        raise error(f"this is not valid JSON: {problem.msg}", hint="correct it at this place", where=at) from None
    except (RecursionError, ValueError) as problem:
        raise error(f"this JSON cannot be read: {problem}", hint="simplify it", where=where) from None
