"""Which steps a reader sees first, and how a step is drawn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from explainer.render import wording
from explainer.render.outline import (
    Badge,
    Block,
    Command,
    Config,
    Entry,
    Group,
    Inline,
    Line,
    Para,
    Prose,
    Value,
    Words,
)
from explainer.schema.knowledge import Stage
from explainer.schema.report import Action, Report

FIRST = 7
"""Steps that stand whole before the rest is folded away."""
CHECKS = 6
_BEFORE = re.compile(r"^before (?=\w)", re.IGNORECASE)
_GRAVE: dict[Stage, int] = {"investigate": 4, "preserve": 2, "contain": 3}
"""Of a grave verdict: what is kept, so that looking, saving and containing are all there."""


def is_grave(report: Report) -> bool:
    """Whether preserving and containing belong to the first steps."""
    return report.verdict.value in ("suspicious", "malicious")


def first_steps(report: Report, checks: int = CHECKS) -> frozenset[int]:
    """Places, in ``report.actions``, of the steps to show first.

    Of each stage those that the model chose go first, then those that can be run as they stand, then the earlier ones.

    Args:
        report: the report.
        checks: how many checks to show where the verdict is not grave.
    """

    def value(place: int) -> tuple[bool, bool, int]:
        action = report.actions[place]
        lacks = any("." in line.split(">", 1)[0] for line in action.fill_in)
        return not action.chosen, lacks, place

    quotas = _GRAVE if is_grave(report) else {"investigate": checks}
    kept: set[int] = set()
    for stage, most in quotas.items():
        places = [place for place, action in enumerate(report.actions) if action.stage == stage]
        kept.update(sorted(places, key=value)[:most])
    return frozenset(kept)


def step_blocks(report: Report) -> tuple[Block, ...]:
    """The first steps whole, then all others under one heading; numbered as they stand."""
    actions = report.actions
    kept = first_steps(report, FIRST) if len(actions) > FIRST + 1 else frozenset(range(len(actions)))
    numbers = (place for part in (True, False) for place in range(len(actions)) if (place in kept) is part)
    number_of = {place: number for number, place in enumerate(numbers, start=1)}
    first = _staged([(number_of[place], actions[place]) for place in sorted(kept)])
    later = _staged([(number_of[place], action) for place, action in enumerate(actions) if place not in kept])
    if not later:
        return first
    count = len(actions) - len(kept)
    return (*first, Group(f"{wording.FURTHER} ({count})", later, folds=True))


def _staged(numbered: Sequence[tuple[int, Action]]) -> tuple[Block, ...]:
    # Runs, not buckets: the order of the report is the order in which to act, whatever the stages say.
    return tuple(
        Group(wording.STAGES[stage], tuple(_step(action, number) for number, action in run))
        for stage, run in groupby(numbered, key=lambda pair: pair[1].stage)
    )


def marks(action: Action) -> tuple[Badge, ...]:
    """What doing a step means: what it changes, destroys, needs."""
    found = [Badge("read-only", "good") if action.read_only else Badge("changes something", "warn")]
    if action.destroys_evidence:
        found.append(Badge("destroys evidence", "bad"))
    if not action.reversible:
        found.append(Badge("cannot be undone", "bad"))
    elif not action.read_only:
        found.append(Badge("can be undone", "dim"))
    if action.needs_approval:
        found.append(Badge("needs approval", "warn"))
    if action.chosen:
        found.append(Badge("picked by the model", "dim"))
    if action.origin == "model":
        found.append(Badge("proposed by the model", "warn"))
    return tuple(found)


def fill_in(action: Action) -> tuple[Block, ...]:
    """What a reader has to put into the command before it runs."""
    if not action.fill_in:
        return ()
    line: list[Inline] = [Words("Fill in: ", "strong")]
    for index, said in enumerate(action.fill_in):
        name, _, means = said.partition(">: ")
        line += [Words("; ")] if index else []
        line += [Value(f"{name}>"), Words(", "), Prose(means)] if means else [Prose(said)]
    return (Para(tuple(line)),)


def before(action: Action) -> tuple[Block, ...]:
    """What must hold before the step."""
    if not action.precondition:
        return ()
    return (Para((Words("Before: ", "strong"), Prose(_BEFORE.sub("", action.precondition)))),)


def _step(action: Action, number: int) -> Block:
    blocks: list[Block] = []
    if action.why:
        blocks.append(Para((Prose(action.why),)))
    blocks += before(action)
    if action.where is not None:
        known = wording.PLACES.get(action.where)
        place: Line = (Words(f"Run {known}", "dim"),) if known else (Words("Run at ", "dim"), Value(action.where))
        blocks.append(Para(place))
    blocks += fill_in(action)
    if action.command:
        blocks.append(Command(action.command))
    if action.config:
        blocks += [Para((Words("Add this:"),)), Config(action.config)]
    title: Inline = Prose(action.title, "strong")
    return Entry((title,), marks(action), tuple(blocks), number, handle=action.id)
