"""What a sentence speaks of: stems, phrases, gaps, languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.advice.concepts import Concepts, Words, stem
from explainer.advice.rules import shipped

PLAIN = Concepts(
    {
        "off": "disable, switch .. off, take ~ out",
        "MAC": "selinux, se linux, app/sys armor",
        "ALL": "@MAC, firewall",
        "FORM": "=rules",
    },
    {"off": "abschalt*", "MAC": "alle profile"},
)


def named(text, concepts=PLAIN):
    words = Words(text)
    return {(tag.concept, " ".join(words.texts[i] for i in sorted(tag.at))) for tag in concepts.tag(words)}


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("disabling", "disabl"),
        ("disabled", "disabl"),
        ("policies", "policy"),
        ("stopped", "stop"),
        ("access", "access"),
        ("torn", "tear"),
    ],
)
def test_forms_of_a_word_share_their_stem(word, base):
    assert stem(word) == base


def test_a_phrase_with_a_gap_leaves_its_object_to_others():
    assert {("off", "switching off"), ("MAC", "selinux")} <= named("Switching SELinux off helps.")


def test_a_gap_ends_with_the_sentence():
    assert not any(name == "off" for name, _ in named("Switch it. Then walk off."))


def test_a_narrow_gap_holds_two_words_and_not_three():
    assert ("off", "take out") in named("take that thing out")
    assert ("off", "take out") not in named("take that very thing out")


def test_alternatives_and_inclusions_are_found_and_other_forms_are_not():
    assert ("ALL", "sys armor") in named("sys armor")
    assert ("FORM", "rules") in named("the rules")
    assert not any(name == "FORM" for name, _ in named("the rule"))


def test_entries_of_other_languages_wait_for_a_sentence_in_one():
    assert ("off", "abschalten") in named("Bitte das Modul und die Regel abschalten.")
    assert ("MAC", "alle profile") not in named("alle profile of the team and the host")


def test_an_inclusion_of_nothing_is_refused():
    with pytest.raises(ValueError, match="NOWHERE"):
        Concepts({"A": "@NOWHERE"})
    with pytest.raises(ValueError, match="contains itself"):
        Concepts({"A": "@B", "B": "@A"})


def test_a_foreign_list_without_its_english_one_is_refused():
    with pytest.raises(ValueError, match="OTHER"):
        Concepts({"A": "a"}, {"OTHER": "b"})


@given(st.text(max_size=300))
def test_any_text_is_tagged_and_every_tag_lies_inside(text):
    words = Words(text)
    for tag in shipped().concepts.tag(words):
        assert 0 <= tag.first <= tag.last < len(words)
        assert tag.first in tag.at
    assert all(0 <= start < end <= len(text) for start, end in words.spans)
