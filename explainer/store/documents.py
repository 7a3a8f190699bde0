"""YAML, TOML and JSON text into values, with located errors and limits. The only importer of ``yaml``."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from typing import Any, NoReturn, TypeAlias

import yaml

from explainer.errors import DataError, KnowledgeError, RulesError
from explainer.schema.node import Mapping, Node, RulesFile, Scalar, Sequence

MAX_DEPTH = 60
MAX_NODES = 400_000
"""After aliases are followed; the largest upstream rule file has about 6,000."""
ErrorClass: TypeAlias = type[DataError]

# libyaml's parser where PyYAML was built with it; PyYAML's own gives the same events ten times slower. Events only: its
# composer recurses in C, and a file of a hundred thousand brackets would end the process.
_EventParser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


_SURROGATE = re.compile("[\ud800-\udfff]")

# --- rule files: a tree of text -----------------------------------------------------------------


def parse_rules_text(text: str, path: str) -> RulesFile:
    """The documents of a rule file as located trees of text.

    Raises:
        RulesError: the text is no YAML, or nests or multiplies beyond the limits.
    """
    builder = _Builder(path)
    if lone := _SURROGATE.search(text):
        # libyaml takes UTF-8, which has no way to write half a pair.
        line = text.count("\n", 0, lone.start()) + 1
        column = lone.start() - text.rfind("\n", 0, lone.start())
        raise RulesError("half a surrogate pair stands here", hint="save it as UTF-8", where=f"{path}:{line}:{column}")
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
            # The stubs know of no mark; a parsed event always has both.
            end: Any = event.end_mark
            node = Scalar(event.value, line, column, not event.style, end.line + 2 - line)
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
    if "nesting depth" in str(problem):
        # newer versions of libyaml have a limit of their own and meet it while looking ahead, before the builder's.
        raise raises(
            f"values are nested more than {MAX_DEPTH} levels deep", hint="flatten the structure", where=place
        ) from None
    raise raises(f"this is not valid YAML: {problem}", hint=hint, where=place) from None


# --- knowledge files: typed values ----------------------------------------------------------------

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def load_yaml(text: str, where: str, *, error: ErrorClass = KnowledgeError) -> Any:
    """One YAML document as JSON-like values; a plain ``2026-01-31`` becomes a date.

    Types are YAML 1.2's core schema without octal numbers: ``no`` and ``0644`` stay text, where YAML 1.1 reads
    False and 420. Tags are ignored.

    Args:
        text: the file's content.
        where: path for messages.
        error: class of the error, by what the file is.

    Raises:
        DataError: of class ``error``: no YAML, several documents, a duplicate key, or beyond the limits.
    """
    try:
        documents = parse_rules_text(text, where).documents
    except RulesError as problem:
        if error is RulesError:
            raise
        raise error(problem.message, hint=problem.hint, where=problem.where) from None
    if len(documents) > 1:
        raise error("the file holds several YAML documents", hint="keep one, without a second ---", where=where)
    if not documents or documents[0] is None:
        return None
    return _typed(documents[0], where, error)


def locate(where: str, text: str, place: tuple[str | int, ...], *, error: ErrorClass = KnowledgeError) -> str:
    """``file:line:column`` of a path of keys and indices in YAML text, as deep as it leads.

    Raises:
        DataError: of class ``error``: the text is no YAML.
    """
    try:
        documents = parse_rules_text(text, where).documents
    except RulesError as problem:
        raise error(problem.message, hint=problem.hint, where=problem.where) from None
    node: Node | None = documents[0] if documents else None
    line, column = 1, 1
    for part in place:
        following: Node | None = None
        if isinstance(node, Mapping):
            for key, value in node.entries:
                if key.text == part:
                    line, column, following = key.line, key.column, value
                    break
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            following = node.items[part]
            line, column = following.line, following.column
        if following is None:
            break
        node = following
    return f"{where}:{line}:{column}"


def _typed(node: Node, where: str, error: ErrorClass) -> Any:
    if isinstance(node, Sequence):
        return [_typed(item, where, error) for item in node.items]
    if isinstance(node, Mapping):
        for key in node.duplicates():
            raise error(
                f"the key {key.text!r} stands twice", hint="keep one of them", where=f"{where}:{key.line}:{key.column}"
            )
        return {key.text: _typed(value, where, error) for key, value in node.entries}
    if not node.plain:
        return node.text
    if node.is_null:
        return None
    if node.text in _BOOLEANS:
        return _BOOLEANS[node.text]
    try:
        if _INTEGER.fullmatch(node.text):
            return int(node.text, 16) if node.text.startswith("0x") else int(node.text)
        if _FLOAT.fullmatch(node.text):
            return float(node.text)
        if _DATE.fullmatch(node.text):
            return date.fromisoformat(node.text)
    except ValueError as problem:
        at = f"{where}:{node.line}:{node.column}"
        raise error(f"{node.text[:40]!r} cannot be read: {problem}", hint="quote it if it is text", where=at) from None
    return node.text


def load_toml(text: str, where: str, *, error: ErrorClass = KnowledgeError) -> dict[str, Any]:
    """A TOML file's values.

    Raises:
        DataError: of class ``error``, with the line that TOML's own reader names.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(problem))
        lines = text.split("\n")
        at = f"{where}:{place[1]}:{place[2]}" if place else f"{where}:{len(lines)}:{len(lines[-1]) + 1}"
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
