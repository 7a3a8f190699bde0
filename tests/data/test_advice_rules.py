# ruff: noqa: E501  (word tables and regular expressions are read better whole)
# ruff: noqa: RUF043  (clearer as it stands)
"""Every advice rule is judged by its own examples."""

from __future__ import annotations

import dataclasses

import pytest

from explainer.advice import scan
from explainer.advice.rules import CLASSES, compile_rules, shipped
from explainer.errors import DataError

RULES = shipped().rules


def alone(rule_id):
    """The shipped rules without the others: of several rules of one class for one command only the most severe is told."""

    def own(pairs):
        return [pair for pair in pairs if pair[0].id == rule_id]

    every = shipped()
    return dataclasses.replace(
        every,
        commands={k: own(v) for k, v in every.commands.items()},
        settings={k: own(v) for k, v in every.settings.items()},
        acts={k: own(v) for k, v in every.acts.items()},
        frames=every.frames.only(rule_id),
        texts=own(every.texts),
        writes=own(every.writes),
        checks={k: [r for r in v if r.id == rule_id] for k, v in every.checks.items()},
    )


@pytest.mark.parametrize("rule_id", sorted(RULES))
def test_a_rule_finds_its_unsafe_examples_and_no_rule_minds_its_safe_ones(rule_id):
    rule = RULES[rule_id]
    # A rule that builds on findings of others is found among all of them, the others also by themselves.
    missed = [
        text
        for text in rule.unsafe
        if rule_id not in {issue.rule for issue in (*scan(text, rules=alone(rule_id)), *scan(text))}
    ]
    missed += [text for text in rule.unsafe if rule.cls not in {issue.cls for issue in scan(text)}]
    flagged = [(text, [issue.rule for issue in found]) for text in rule.safe if (found := scan(text))]
    assert (missed, flagged) == ([], [])


@pytest.mark.parametrize("rule_id", sorted(RULES))
def test_a_rule_carries_examples_of_both_kinds_a_reason_and_an_alternative(rule_id):
    rule = RULES[rule_id]
    assert rule.unsafe
    assert rule.safe
    assert len(rule.why) > 20
    assert len(rule.instead) > 20
    assert rule.references


def test_every_class_has_a_rule():
    assert {rule.cls for rule in RULES.values()} == CLASSES


def test_a_rule_file_with_an_unknown_key_is_refused_with_its_place():
    text = "- id: x\n  class: disable-mac\n  severity: high\n  colour: red\n  match: {}\n  why: w\n  instead: i\n  examples: {}\n"
    with pytest.raises(DataError, match="own.yaml:x"):
        compile_rules({"own.yaml": text})


def test_a_rule_with_a_broken_pattern_is_refused():
    text = "- id: x\n  class: disable-mac\n  severity: high\n  match: {text: ['(']}\n  why: w\n  instead: i\n  examples: {}\n"
    with pytest.raises(DataError, match="match cannot be read"):
        compile_rules({"own.yaml": text})
