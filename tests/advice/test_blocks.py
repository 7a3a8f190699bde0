from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.advice import markdown
from explainer.advice.blocks import _parse, pieces

# ruff: noqa: E501
LINES = st.sampled_from(
    [
        "", "", "", "word", "# Head", "## 2. Head", "- item", "* star", "  - inner", "    code", "1. first", "2) second",
        "   more", "\ttab", "```sh", "```", "~~~",
        "   ```", "   ```yaml", "    ```", "````", "- ```", "> quote", "> ```", ">", "===", "---",
        "| a | b |", "|---|---|", "| 1 | 2 |", "<pre>", "</pre>", "<!-- note", "-->", "<div>", "text <b>x</b>", "[a]: http://x", "\u00a0",
        "Steps:", "**Bold**", "- [ ] task", "+ plus", "10. ten", "  lazy", "`x`", "\\", "&nbsp;",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(LINES, max_size=24))
def test_a_text_read_in_pieces_is_read_as_a_whole(lines: list[str]) -> None:
    text = "\n".join(lines)
    in_pieces = markdown._segments.__wrapped__(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markdown, "blocks", lambda whole: [(0, block) for block in _parse(whole)])
        whole = markdown._segments.__wrapped__(text)
    assert in_pieces == whole


@pytest.mark.parametrize(
    "text",
    ["```sh\na\n\nb\n```\n\nend\n", "1. a\n\n   ```sh\n   x\n\n   y\n   ```\n\n2. b\n", "<pre>\na\n\nb\n</pre>\n"],
)
def test_nothing_that_is_open_is_cut(text: str) -> None:
    for _, piece in pieces(text):
        assert piece.count("```") % 2 == 0
        assert ("<pre>" in piece) == ("</pre>" in piece)
