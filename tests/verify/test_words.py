from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.verify.carried import ACTS
from explainer.verify.neutral import NEUTRAL, SPECULATIVE, THREATS
from explainer.verify.words import is_past, stem, stems


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("executed", "execution"),
        ("writes", "written"),
        ("names", "name"),
        ("hashes", "checksum"),
        ("spawned", "starts"),
        ("emptied", "truncates"),
        ("log-in", "login"),
        ("redirected", "redirection"),
        ("stopped", "stop"),
    ],
)
def test_forms_of_one_word_and_words_of_one_meaning_are_the_same(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("loaded", "loader"),
        ("user", "used"),
        ("process", "proceed"),
        ("found", "find"),
        ("read", "write"),
        ("server", "serves"),
        ("inbound", "outbound"),
        ("public", "private"),
        ("created", "deleted"),
        ("opened", "closed"),
    ],
)
def test_words_of_different_meaning_stay_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)


@given(st.from_regex(r"[A-Za-z]{1,20}", fullmatch=True))
def test_case_makes_no_difference(word: str) -> None:
    assert stem(word) == stem(word.upper())


def test_no_act_is_neutral() -> None:
    assert not NEUTRAL & ACTS


@pytest.mark.parametrize(
    "word",
    [
        *("attacker", "malware", "harvested", "stolen", "approved", "downloaded", "exploited", "compromised", "hacked"),
        *(
            "yesterday",
            "night",
            "weekend",
            "Windows",
            "customer",
            "developer",
            "backup",
            "firewall",
            "password",
            "root",
        ),
        *("opened", "accepted", "terminal", "interactive", "session", "listening", "trusted", "legitimate", "harmless"),
    ],
)
def test_no_happening_actor_time_or_outcome_is_neutral(word: str) -> None:
    assert stem(word) not in NEUTRAL


def test_the_vocabularies_contain_one_another() -> None:
    assert NEUTRAL < SPECULATIVE < THREATS


def test_a_hyphenated_word_counts_as_a_whole_and_in_parts() -> None:
    assert stems("file-backed") >= {stem("file"), stem("backed")}


@pytest.mark.parametrize("word", ["uploaded", "wrote", "stolen", "ran"])
def test_a_past_form_is_known_as_one(word: str) -> None:
    assert is_past(word)


@pytest.mark.parametrize("word", ["upload", "process", "hidden", "data", "user"])
def test_a_name_is_no_past_form(word: str) -> None:
    assert not is_past(word)
