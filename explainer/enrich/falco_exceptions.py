"""Exceptions of a rule: reading, merging, and what they compile to."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass, replace
from typing import NoReturn, TypeAlias

from pydantic import JsonValue

from explainer.enrich.condition import And, Compare, ConditionError, Expr, Not, Or, Value, parse_condition
from explainer.enrich.condition_ast import LIST_OPERATORS, NUMBER_OPERATORS, TEXT_OPERATORS, FieldRef, Transform
from explainer.errors import RulesError
from explainer.schema.node import Mapping, Node, Scalar, Sequence

_MODIFIERS = ("oneof", "anyof", "allof")
Row: TypeAlias = str | tuple["Row", ...]


@dataclass(frozen=True, slots=True)
class ExceptionDef:
    """One named exception. ``single``: ``fields`` was one word, so ``values`` is a flat list."""

    name: str
    fields: tuple[str, ...]
    comps: tuple[str, ...]
    values: tuple[Row, ...]
    single: bool
    where: str
    appended: bool = False
    """Given without fields, to extend an exception of the same name."""


def _fail(path: str, node: Node, message: str, hint: str) -> NoReturn:
    raise RulesError(message, hint=hint, where=f"{path}:{node.line}:{node.column}")


def read_exceptions(node: Node, path: str, known: frozenset[str]) -> list[ExceptionDef]:
    """The ``exceptions`` of one item.

    Args:
        node: the value of ``exceptions``.
        path: file, for messages.
        known: names that the rule has already: those may come with values only.

    Raises:
        RulesError: what Falco would refuse.
    """
    if not isinstance(node, Sequence):
        _fail(path, node, "'exceptions' is no list", "write '- name: …' for each exception")
    return [_read(entry, path, known) for entry in node.items]


def _read(entry: Node, path: str, known: frozenset[str]) -> ExceptionDef:
    if not isinstance(entry, Mapping):
        _fail(path, entry, "an exception is no mapping", "write name:, fields:, comps: and values:")
    name_node, fields_node = entry.get("name"), entry.get("fields")
    if not isinstance(name_node, Scalar) or not name_node.text:
        _fail(path, entry, "an exception has no name", "write '- name: …'")
    name = name_node.text
    where = f"{path}:{entry.line}:{entry.column}"
    values = entry.get("values")
    if values is not None and not isinstance(values, Sequence):
        if not (isinstance(values, Scalar) and values.is_null):
            _fail(path, values, f"'values' of the exception {name!r} is no list", "write 'values: [...]'")
        values = None
    rows = tuple(_row(child) for child in values.items) if isinstance(values, Sequence) else ()
    if name in known:
        for key in ("fields", "comps"):
            if (given := entry.get(key)) is not None:
                hint = "give values only, or another name"
                _fail(path, given, f"{key} cannot be appended to the exception {name!r}, only values", hint)
        return ExceptionDef(name, (), (), rows, single=False, where=where, appended=True)
    if fields_node is None:
        _fail(path, entry, f"the exception {name!r} has no fields", "write 'fields: [proc.name, …]'")
    fields = _words(fields_node, path, "fields")
    single = isinstance(fields_node, Scalar)
    comps_node = entry.get("comps")
    comps = ("in",) if single else ("=",) * len(fields)
    if comps_node is not None:
        if isinstance(comps_node, Scalar) is not single:
            shape = "one word, as fields is" if single else "a list, as fields is"
            _fail(
                path,
                comps_node,
                f"'comps' of the exception {name!r} does not have the shape of fields",
                f"write {shape}",
            )
        comps = _words(comps_node, path, "comps")
    if len(comps) != len(fields):
        hint = f"give {len(fields)} comparison operators"
        _fail(
            path, comps_node or entry, f"the exception {name!r} has {len(fields)} fields and {len(comps)} comps", hint
        )
    for comp in comps:
        _check_operator(comp, path, comps_node or entry, single=single)
    for field in fields:
        try:
            _left(field)
        except ConditionError:
            _fail(path, fields_node, f"{field!r} is no field", "write a field such as proc.name")
    exception = ExceptionDef(name, fields, comps, rows, single, where)
    if isinstance(values, Sequence):
        _check_rows(exception, values, path)
    return exception


def _words(node: Node, path: str, key: str) -> tuple[str, ...]:
    nodes = node.items if isinstance(node, Sequence) else (node,)
    out = []
    for child in nodes:
        if not isinstance(child, Scalar) or not child.text.strip():
            _fail(path, child, f"{key!r} holds something that is no word", f"write {key}: and words")
        out.append(child.text.strip())
    return tuple(out)


def _row(node: Node) -> Row:
    if isinstance(node, Sequence):
        return tuple(_row(child) for child in node.items)
    return node.text if isinstance(node, Scalar) else ""


def _check_operator(comp: str, path: str, node: Node, *, single: bool) -> None:
    operator, _, modifier = comp.partition(" ")
    known = operator in TEXT_OPERATORS and modifier.strip() in _MODIFIERS if modifier else comp in _ALL
    if not known:
        _fail(path, node, f"unknown comparison operator {comp!r}", f"one of {', '.join(_ALL)}")
    if single and not modifier and comp not in LIST_OPERATORS:
        hint = "use in, pmatch, intersects or an operator with oneof, anyof or allof; or write fields as a list"
        _fail(path, node, f"{comp!r} does not take a list of values", hint)


_ALL = (*TEXT_OPERATORS, *NUMBER_OPERATORS, *LIST_OPERATORS)


def _check_rows(exception: ExceptionDef, values: Sequence, path: str) -> None:
    for row, node in zip(exception.values, values.items, strict=True):
        if isinstance(node, Mapping):
            _fail(path, node, f"a value of the exception {exception.name!r} is a mapping", "write a word or a list")
        if exception.single:
            if isinstance(row, tuple):
                hint = "write a flat list, or fields as a list"
                _fail(path, node, f"a value of the exception {exception.name!r} is a list", hint)
        elif not isinstance(row, tuple) or len(row) != len(exception.fields):
            given = len(row) if isinstance(row, tuple) else 1
            hint = f"each row of values has one value for each of: {', '.join(exception.fields)}"
            _fail(path, node, f"a row of the exception {exception.name!r} has {given} values", hint)
        elif isinstance(node, Sequence):
            _check_cells(exception, row, node, path)


def _check_cells(exception: ExceptionDef, row: tuple[Row, ...], node: Sequence, path: str) -> None:
    for comp, cell, child in zip(exception.comps, row, node.items, strict=True):
        takes_list = comp in LIST_OPERATORS or " " in comp
        if isinstance(cell, tuple) and not takes_list:
            hint = "use in, pmatch or intersects for a list of values"
            _fail(path, child, f"{comp!r} of the exception {exception.name!r} compares with one value", hint)


def merge_exceptions(old: Items[ExceptionDef], new: Items[ExceptionDef]) -> list[ExceptionDef]:
    """Exceptions of a rule after an append: same name, more values; a new name comes last.

    Raises:
        RulesError: appended rows do not have the shape of the exception.
    """
    merged = {exception.name: exception for exception in old}
    for exception in new:
        base = merged.get(exception.name)
        if base is None or not exception.appended:
            merged[exception.name] = exception
            continue
        for row in exception.values:
            if base.single is isinstance(row, tuple) or (isinstance(row, tuple) and len(row) != len(base.fields)):
                raise RulesError(
                    f"a value appended to the exception {base.name!r} does not have its shape",
                    hint=f"its fields are {', '.join(base.fields)}",
                    where=exception.where,
                )
        merged[exception.name] = replace(base, values=(*base.values, *exception.values))
    return list(merged.values())


def values_json(values: Items[Row]) -> JsonValue:
    """Rows as plain JSON."""
    return [values_json(row) if isinstance(row, tuple) else row for row in values]


def _left(text: str) -> FieldRef | Transform:
    expr = parse_condition(f"{text} exists")
    left = getattr(expr, "left", None)
    if not isinstance(left, FieldRef | Transform):
        raise ConditionError(f"{text!r} is no field", expected="a field")
    return left


def _value(text: str) -> Value:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return Value(text[1:-1], quoted=True)
    return Value(text)


def _compare(field: str, comp: str, cell: Row) -> Expr:
    left = _left(field)
    if comp in LIST_OPERATORS or " " in comp:
        cells = cell if isinstance(cell, tuple) else (cell.strip().removeprefix("(").removesuffix(")"),)
        return Compare(left, comp, tuple(_value(str(part)) for part in cells))
    return Compare(left, "=" if comp == "==" else comp, _value(cell if isinstance(cell, str) else ""))


def compile_exceptions(condition: Expr, exceptions: Items[ExceptionDef]) -> Expr:
    """``condition and not (row or row …)``; exceptions without values leave the condition as it is."""
    rows: list[Expr] = []
    for exception in exceptions:
        if exception.single and exception.values:
            rows.append(_compare(exception.fields[0], exception.comps[0], exception.values))
            continue
        for row in exception.values:
            cells = row if isinstance(row, tuple) else (row,)
            parts = [
                _compare(field, comp, cell)
                for field, comp, cell in zip(exception.fields, exception.comps, cells, strict=True)
            ]
            rows.append(parts[0] if len(parts) == 1 else And(tuple(parts)))
    if not rows:
        return condition
    return And((condition, Not(rows[0] if len(rows) == 1 else Or(tuple(rows)))))
