from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.enrich.pattern import PatternError, compile_pattern

PATTERNS = [
    r"a*b+c?",
    r"^/usr/(s?bin|lib)/[a-z0-9._-]+$",
    r"(?i)FOO.*bar",
    r"\d{1,3}(\.\d{1,3}){3}",
    r"(a|b|)*c",
    r"[^x]+",
    r"(?:ab){2,4}",
    r"(a*)*b",
    r"\w+\s\S*",
    r"(?s).*",
    r"a.c",
    r"^a$|b",
    r".*\bfoo\b.*",
    r"a\Bb",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(text=st.text(alphabet="abcfoxFO1. \n/_", max_size=8))
@settings(max_examples=60, deadline=timedelta(seconds=5))
def test_answers_are_those_of_the_standard_engine(pattern, text):
    assert compile_pattern(pattern).fullmatch(text) is (re.compile(pattern, re.ASCII).fullmatch(text) is not None)


@pytest.mark.parametrize("pattern", [r"(a)\1", r"(?=a)b", r"(?<!a)b", "(", "a{999999}", "[z-a]", "(a{500}){500}"])
def test_what_only_backtracking_can_run_is_refused(pattern):
    with pytest.raises(PatternError):
        compile_pattern(pattern)


def test_a_pattern_made_to_explode_answers_at_once():
    assert compile_pattern(r"(a*)*(a|aa)+.*.*.*b").fullmatch("a" * 20000) is False


def test_an_endless_text_never_matches():
    assert compile_pattern(".*").fullmatch("a" * 100_000) is False
