"""The floors that verification holds over sentences that were written before its rules.

``python -m tests.support.claims`` prints the numbers, ``--show`` the sentences behind them.
"""

from __future__ import annotations

import pytest
from support.claims import PARTS, rates, sentences

PASSING_FALSE = 0.03
STANDING_TRUE = 0.85
SHORT = {"second": 0.8, "third": 0.8}
"""Lower floors for later sentences, which cite less and say more in words of their own."""


@pytest.mark.parametrize("part", [part for part in PARTS if part != "heldout"])
def test_at_most_three_of_a_hundred_false_sentences_pass_whatever_they_cite(part: str) -> None:
    assert all(rate <= PASSING_FALSE for rate in rates("false", part).values())


@pytest.mark.parametrize("part", [part for part in PARTS if part != "heldout"])
def test_most_true_sentences_stand(part: str) -> None:
    assert rates("true", part)["claim"] >= SHORT.get(part, STANDING_TRUE)


def test_the_sentences_are_many_and_of_many_alerts() -> None:
    false = [sentence for part in PARTS for sentence in sentences("false", part)]
    true = [sentence for part in PARTS for sentence in sentences("true", part)]
    assert len(false) >= 150
    assert len(true) >= 100
    assert len({sentence.alert for sentence in false}) >= 12
    assert len({sentence.alert for sentence in true}) >= 12
