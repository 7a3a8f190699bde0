from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from explainer.advice import scan
from explainer.advice.waivers import apply_waivers, find_waivers

FENCE = "Run this:\n\n```bash\nsetenforce 0\n```\n"
ALONE = "<!-- explainer: allow disable-mac disposable lab -->\n"


def outcome(text: str):
    return apply_waivers(text, scan(text, kind="markdown"))


def test_a_waiver_with_a_reason_accepts_the_finding_in_the_block_below_and_reports_it():
    found = outcome("Run this:\n\n" + ALONE + "```bash\nsetenforce 0\n```\n")
    assert found.open == ()
    assert [item.waiver.reason for item in found.waived] == ["disposable lab"]


def test_a_waiver_does_not_reach_past_its_block():
    found = outcome(ALONE + "```bash\nls\n```\n\n" + FENCE)
    assert len(found.open) == 1
    assert found.notes == ((1, "the waiver of disable-mac covers no finding: remove it"),)


def test_a_waiver_without_a_reason_does_not_count():
    found = outcome("Run this:\n\n<!-- explainer: allow disable-mac -->\n```bash\nsetenforce 0\n```\n")
    assert len(found.open) == 1
    assert "gives no reason" in found.notes[0][1]


def test_a_waiver_of_another_class_does_not_count():
    text = "Run this:\n\n<!-- explainer: allow supply-chain disposable lab -->\n```bash\nsetenforce 0\n```\n"
    assert len(outcome(text).open) == 1


def test_a_waiver_at_the_end_of_a_line_of_code_holds_for_that_line_only():
    text = "setenforce 0  # explainer: allow selinux-permissive lab image\nsetenforce 0\n"
    found = apply_waivers(text, scan(text, kind="shell"))
    assert [item.issue.line for item in found.waived] == [1]
    assert [issue.line for issue in found.open] == [2]


@given(st.text(alphabet="<!-#/ explainer:allow disable-mac\n`~>*1.", max_size=300))
def test_no_text_breaks_the_search_and_lines_stay_inside(text: str):
    for waiver in find_waivers(text):
        assert 1 <= waiver.line <= text.count("\n") + 1
        assert waiver.first <= waiver.last
