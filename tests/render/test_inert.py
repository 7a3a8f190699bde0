from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.render.inert import altered, ascii_only, block, cut, value, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31m", "a␛[31m"),
        ("x\u202ey", "x⟨U+202E⟩y"),
        ("a\nb\tc", "a␊b␉c"),
        ("\u2028", "⟨U+2028⟩"),
        ("\x9b", "⟨U+009B⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("\u200b" * 50, "⟨U+200B⟩⟨50 times⟩"),
        ("ok ⚠\ufe0f", "ok ⚠\ufe0f"),
        ("a\ufe0f", "a⟨U+FE0F⟩"),
        ("naïve Ünïcode 日本語", "naïve Ünïcode 日本語"),
    ],
)
def test_what_cannot_be_seen_becomes_a_mark(text, shown):
    assert visible(text) == shown


def test_a_value_of_spaces_is_visible():
    assert value("  ") == "␠␠"


def test_a_long_value_loses_its_middle_and_says_so():
    shown = value("a" * 300 + "b" * 300, 100)
    assert shown.startswith("aaa")
    assert shown.endswith("bbb")
    assert "characters left out" in shown


def test_a_command_is_never_cut():
    assert block("x" * 9000) == "x" * 9000


def test_a_command_with_unseen_characters_is_known_as_altered():
    assert altered("ls\u200b -l")
    assert not altered("ls -l\nid")


@given(st.text())
def test_ascii_is_ascii(text):
    assert ascii_only(visible(text)).isascii()


@given(st.text(min_size=200), st.integers(60, 150))
def test_a_cut_text_is_not_longer_than_its_limit_by_more_than_its_mark(text, limit):
    assert len(cut(text, limit)) <= limit + 20
