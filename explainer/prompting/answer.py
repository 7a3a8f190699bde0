"""The JSON Schema of an answer: ids are closed lists, so that a constrained model cannot cite what does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from pydantic import JsonValue

from explainer.schema.knowledge import STAGES, Cause, Verdict
from explainer.schema.report import Confidence

MAX_CLAIMS = 6
MAX_ACTIONS = 6
MAX_EXTRA_ACTIONS = 2
MAX_UNKNOWNS = 4
CLAIM_CHARS = 160
SUMMARY_CHARS = 320


def answer_schema(
    evidence_ids: Sequence[str], action_ids: Sequence[str], *, compact: bool = False
) -> dict[str, JsonValue]:
    """JSON Schema (the subset that OpenAI's strict mode and llama.cpp's grammars both take) of a ``Draft``.

    The order of the properties is the order in which a model writes: what it saw before what it concludes.
    """
    cite: JsonValue = {"type": "string", "enum": list(evidence_ids)}
    claims = _array(
        {
            "type": "object",
            "properties": {"text": _text(CLAIM_CHARS if compact else None), "cites": _array(cite, 4)},
            "required": ["text", "cites"],
            "additionalProperties": False,
        },
        3 if compact else MAX_CLAIMS,
    )
    properties: dict[str, JsonValue] = {
        "claims": claims,
        "verdict": {"type": "string", "enum": list(get_args(Verdict))},
        "confidence": {"type": "string", "enum": list(get_args(Confidence))},
        "summary": _text(SUMMARY_CHARS if compact else None),
        "action_ids": _array(
            {"type": "string", "enum": list(action_ids)} if action_ids else {"type": "string"}, MAX_ACTIONS
        ),
    }
    if not compact:
        properties["cause"] = {"anyOf": [{"type": "string", "enum": list(get_args(Cause))}, {"type": "null"}]}
        properties["extra_actions"] = _array(
            {
                "type": "object",
                "properties": {
                    "title": {"type": "string"},
                    "why": {"type": "string"},
                    "command": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "stage": {"type": "string", "enum": list(STAGES)},
                },
                "required": ["title", "why", "command", "stage"],
                "additionalProperties": False,
            },
            MAX_EXTRA_ACTIONS,
        )
        properties["unknowns"] = _array({"type": "string"}, MAX_UNKNOWNS)
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _text(most: int | None) -> JsonValue:
    # Small models fall into loops: a length that the grammar enforces ends them. Larger ones stop by themselves, and
    # not every server knows the keyword.
    return {"type": "string"} if most is None else {"type": "string", "maxLength": most}


def _array(items: JsonValue, most: int) -> JsonValue:
    return {"type": "array", "items": items, "maxItems": most}
