"""Conditions laid out for people stay conditions."""

from __future__ import annotations

from pathlib import Path

import pytest

from explainer.enrich.condition import parse_condition
from explainer.enrich.condition_layout import layout_condition
from explainer.enrich.falco_rules import load_rules
from explainer.store.files import read_rules

RULES = Path(__file__).resolve().parents[2] / "fixtures" / "rules" / "base_rules.yaml"
NESTED = (
    "(evt.type = open and (proc.name in (a, b, c, d) or not (fd.name startswith /etc and fd.name != /etc/x))) "
    "or not (not (m or n) and proc.cmdline contains 'two words') and not proc.pname in (aaaa, bbbb, cccc, dddd)"
)


@pytest.mark.parametrize("width", [20, 40, 60, 96, 400])
def test_every_width_gives_the_same_condition(width):
    texts = [NESTED, *(rule.condition_expanded for rule in load_rules(read_rules([RULES])).rules.values())]
    for text in texts:
        expr = parse_condition(text)
        assert parse_condition(layout_condition(expr, width)) == expr


def test_lines_keep_to_the_width_and_parts_stand_one_below_the_other():
    lines = layout_condition(parse_condition(NESTED), 60).split("\n")
    assert max(map(len, lines)) <= 60
    assert lines[0] == "("
    assert any(line.startswith("or (") for line in lines)


def test_a_short_condition_stays_on_its_line():
    assert layout_condition(parse_condition("evt.type=open  and  m")) == "evt.type = open and m"
