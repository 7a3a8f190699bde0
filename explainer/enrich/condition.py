"""Falco's condition language, read, evaluated over an alert's fields, explained and written back."""

from __future__ import annotations

from explainer.enrich.condition_ast import (
    And,
    Compare,
    Exists,
    Expr,
    FieldRef,
    Macro,
    Not,
    Or,
    Transform,
    Value,
    fields_of,
    format_condition,
    leaves,
    macros_of,
)
from explainer.enrich.condition_eval import Outcome, evaluate, trace, unreadable_patterns
from explainer.enrich.condition_parse import ConditionError, parse_condition

__all__ = [
    "And",
    "Compare",
    "ConditionError",
    "Exists",
    "Expr",
    "FieldRef",
    "Macro",
    "Not",
    "Or",
    "Outcome",
    "Transform",
    "Value",
    "evaluate",
    "fields_of",
    "format_condition",
    "leaves",
    "macros_of",
    "parse_condition",
    "trace",
    "unreadable_patterns",
]
