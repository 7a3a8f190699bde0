"""Acts that a sentence names in plain words, each with its rule, its place and how far it reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from explainer.advice.frames import Sentence, find
from explainer.advice.rules import SEVERITIES, Rule, RuleSet
from explainer.schema.advice import AdviceSeverity

_WIDE = "SCOPEWIDE"
_BRIEF = "BRIEF"


@dataclass(frozen=True, slots=True)
class Act:
    """``start`` and ``end`` are offsets in the sentence."""

    rule: Rule
    start: int
    end: int
    severity: AdviceSeverity


def acts(rules: RuleSet, text: str, before: Sentence | None = None) -> tuple[list[Act], Sentence]:
    """Acts in one sentence.

    Args:
        rules: the rules with their frames.
        text: the sentence; code should be masked before.
        before: the sentence before it, whose things the pronouns of this one may mean.

    Returns:
        The acts in no particular order, and the tagged sentence, to be handed in with the next one.
    """
    sentence = Sentence.of(text, rules.concepts, before, rules.frames.things)
    return [
        Act(rule := rules.rules[name], place.start, place.end, _severity(rule, place.frame.severity, sentence.by_name))
        for name, place in find(rules.frames, sentence).items()
    ], sentence


def _severity(rule: Rule, stated: AdviceSeverity | None, names: Mapping[str, object]) -> AdviceSeverity:
    step = SEVERITIES.index(stated or rule.severity)
    if _WIDE in names:
        step = min(step + 1, len(SEVERITIES) - 1)
    elif _BRIEF in names:
        step = max(step - 1, 0)
    return SEVERITIES[step]
