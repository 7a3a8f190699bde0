"""Records built without validation, for the one place where the types are certain and speed counts.

Validation of an alert costs more than everything else that ingestion does to it. Every value handed to ``construct``
was made by a
converter of this room, and a test validates the results again with pydantic.
"""

from __future__ import annotations

from typing import Any, TypeVar

from explainer.schema.record import Record

M = TypeVar("M", bound=Record)

_templates: dict[type[Record], tuple[dict[str, Any], tuple[str, ...]]] = {}


def _template(cls: type[Record]) -> tuple[dict[str, Any], tuple[str, ...]]:
    known = _templates.get(cls)
    if known is None:
        values: dict[str, Any] = {}
        factories = []
        for name, field in cls.model_fields.items():
            if field.default_factory is not None:
                factories.append(name)
                values[name] = None
            else:
                values[name] = None if field.is_required() else field.default
        known = _templates[cls] = (values, tuple(factories))
    return known


def construct(cls: type[M], values: dict[str, Any]) -> M:
    """Make a frozen record from values that are known to have the right types."""
    template, factories = _template(cls)
    content = template.copy()
    content.update(values)
    for name in factories:
        if content[name] is None:
            content[name] = {}
    record = cls.__new__(cls)
    put = object.__setattr__
    put(record, "__dict__", content)
    put(record, "__pydantic_fields_set__", set(values))
    put(record, "__pydantic_extra__", None)
    put(record, "__pydantic_private__", None)
    return record
