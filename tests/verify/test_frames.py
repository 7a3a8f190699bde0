from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.verify.frames import clauses


@pytest.mark.parametrize(
    ("sentence", "modes"),
    [
        ("insmod was started by falcoctl.", ["fact"]),
        ("insmod was not started by falcoctl.", ["denial"]),
        ("No terminal was attached.", ["denial"]),
        ("cat could not open the file.", ["denial"]),
        ("The module may hide processes.", ["possible"]),
        ("If the module is hostile, it hides processes.", ["possible"]),
        ("The alert does not say whether the module was loaded.", ["open"]),
        ("Whether the module was loaded is unknown.", ["open"]),
        ("There is no image in the alert.", ["open"]),
        ("It is unknown who did it, and the keys were copied.", ["open", "fact"]),
        ("It may be harmless, but the keys were copied.", ["possible", "fact"]),
        ("It ran on the host and not in a container.", ["fact", "denial"]),
        ("A shell session is open.", ["fact"]),
    ],
)
def test_each_clause_says_what_it_says_in_its_own_way(sentence: str, modes: list[str]) -> None:
    assert [clause.mode for clause in clauses(sentence)] == modes


@pytest.mark.parametrize(
    ("sentence", "presumed"),
    [
        ("The alert does not say whether the keys were copied.", False),
        ("There is no evidence that the keys were copied.", False),
        ("The alert does not say who copied the keys.", True),
        ("It is unknown how the keys were copied.", True),
    ],
)
def test_asking_who_did_it_takes_for_granted_that_it_was_done(sentence: str, presumed: bool) -> None:
    assert [clause.presumed for clause in clauses(sentence)] == [presumed]


def test_the_grounds_of_an_inference_are_stated_as_facts() -> None:
    (clause,) = clauses("The copied keys suggest an intruder.")
    assert (clause.mode, clause.stated.strip()) == ("possible", "The copied keys")


def test_without_denies_only_what_follows_it() -> None:
    (clause,) = clauses("sh started it without a terminal on node-7.")
    assert clause.complement.strip() == "a terminal"
    assert "node-7" in clause.stated


@given(st.text(max_size=200))
def test_any_text_has_clauses_or_none_and_never_raises(text: str) -> None:
    assert all(clause.text for clause in clauses(text))
