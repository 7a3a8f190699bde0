"""The base of every record that crosses a room's door, and its JSON Schema."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Frozen, closed (unknown keys are an error), documented by the docstring under each field."""

    # defer_build: a run builds the validators of the records that it meets, not of all sixty.
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        defer_build=True,
        ser_json_inf_nan="strings",
        protected_namespaces=(),
        populate_by_name=True,
        serialize_by_alias=True,
    )


def json_schema(record: type[BaseModel], mode: Literal["validation", "serialization"]) -> dict[str, Any]:
    """JSON Schema (2020-12) of a record, with every field's docstring as its description.

    Pydantic could collect the docstrings itself, but does so whenever a class is made: 60 ms of every start.
    """
    document = record.model_json_schema(mode=mode, by_alias=True)
    definitions = {record.__name__: document, **document.get("$defs", {})}
    for kind in _records(record):
        properties = definitions.get(kind.__name__, {}).get("properties", {})
        for name, text in field_docs(kind).items():
            field = kind.model_fields.get(name)
            key = field.alias if field is not None and field.alias else name
            if key in properties:
                properties[key].setdefault("description", text)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


def field_docs(record: type[BaseModel]) -> dict[str, str]:
    """The docstring under each field, by field name."""
    docs: dict[str, str] = {}
    for kind in reversed(record.__mro__):
        if kind is Record or not issubclass(kind, BaseModel) or kind is BaseModel:
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
        body = tree.body if isinstance(tree, ast.ClassDef) else []
        for field, text in itertools.pairwise(body):
            if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
                continue
            constant = text.value if isinstance(text, ast.Expr) else None
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                docs[field.target.id] = inspect.cleandoc(constant.value)
    return docs


def _records(record: type[BaseModel]) -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    waiting: list[Any] = [record]
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if kind not in found:
                found.add(kind)
                waiting += [field.annotation for field in kind.model_fields.values()]
        else:
            waiting += getattr(kind, "__args__", ())
    return found
