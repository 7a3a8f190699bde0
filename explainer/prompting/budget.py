"""What may go when a prompt is too long, in which order, and what may never go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from explainer.schema.report import Action, Evidence, HypothesisView, OpenQuestion

# Rule, command line and parent chain decide most alerts: cutting them to save tokens buys a wrong answer.
PROTECTED = re.compile(
    r"rule\.name|rule\.priority|alert\.(rule|priority)|(^|\.)rule$|priority$|proc\.(cmdline|exepath|name|p?cmdline|pname|pexepath|a(name|exepath|cmdline)\b.*)$"
)
VALUE_LIMIT = 600
COMMAND_LIMIT = 4096


@dataclass(frozen=True)
class Material:
    """Everything that wants to be in the prompt."""

    evidence: tuple[Evidence, ...]
    hypotheses: tuple[HypothesisView, ...]
    actions: tuple[Action, ...]
    unknowns: tuple[OpenQuestion, ...]


def protected(evidence: Evidence) -> bool:
    """Whether this line stays whatever the budget."""
    return evidence.kind == "alert" and PROTECTED.search(evidence.path) is not None


def cut_value(evidence: Evidence) -> Evidence:
    """The evidence with an over-long value cut in the middle, with a mark that says how much is gone."""
    limit = COMMAND_LIMIT if protected(evidence) else VALUE_LIMIT
    if len(evidence.value) <= limit:
        return evidence
    half = limit // 2
    gone = len(evidence.value) - 2 * half
    return evidence.model_copy(update={"value": f"{evidence.value[:half]} [cut {gone} chars] {evidence.value[-half:]}"})


def trim_steps(material: Material) -> Iterator[tuple[str, Material]]:
    """Ever shorter versions of the material, each with the name of what went, least valuable first."""
    current = replace(
        material,
        evidence=tuple(e if protected(e) else e.model_copy(update={"why": ""}) for e in material.evidence),
    )
    yield "reasons of secondary evidence", current
    current = replace(current, hypotheses=current.hypotheses[:3])
    yield "hypotheses beyond the first three", current
    current = replace(current, unknowns=current.unknowns[:3])
    yield "open questions beyond the first three", current
    kept = tuple(a for a in current.actions if a.stage in {"investigate", "preserve", "tune"}) or current.actions
    current = replace(current, actions=kept[:12])
    yield "actions of later stages", current
    while True:
        loose = [index for index, e in enumerate(current.evidence) if not protected(e)]
        if len(loose) <= 4:
            break
        gone = set(loose[-max(1, len(loose) // 4) :])
        current = replace(current, evidence=tuple(e for i, e in enumerate(current.evidence) if i not in gone))
        yield f"{len(gone)} evidence lines", current
    current = replace(current, hypotheses=(), unknowns=(), actions=current.actions[:6])
    yield "hypotheses, open questions, actions beyond six", current
