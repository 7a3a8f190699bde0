from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

from explainer.render import render, render_many

VOID = {"meta", "br", "hr"}


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.attributes: Counter[tuple[str, str]] = Counter()
        self.values: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.broken: list[str] = []
        self.comments: list[str] = []
        self.text: dict[str, list[str]] = {}

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        for name, found in attrs:
            self.attributes[(tag, name)] += 1
            self.values.append((tag, name, found or ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.broken.append(tag)

    def handle_data(self, data):
        for tag in set(self.open):
            self.text.setdefault(tag, []).append(data)

    def handle_comment(self, data):
        self.comments.append(data)


def read(source: str) -> Reader:
    reader = Reader()
    reader.feed(source)
    reader.close()
    return reader


def test_hostile_text_in_every_string_makes_no_element_that_a_harmless_twin_lacks(fill_report, hostile_texts):
    twin = read(render(fill_report("hostile", lambda _: "word"), "html"))
    for shift in range(len(hostile_texts)):
        text = render(
            fill_report("hostile", lambda index, shift=shift: hostile_texts[(index + shift) % len(hostile_texts)]),
            "html",
        )
        got = read(text)
        assert got.broken == []
        assert got.open == []
        assert got.comments == []
        assert set(got.tags) <= set(twin.tags)
        assert set(got.attributes) <= set(twin.attributes)
        assert {name for _, name, _ in got.values if name.startswith("on") or name in ("src", "style")} == set()
        assert all(re.fullmatch(r"#r1(-evidence-\d+)?", found) for _, name, found in got.values if name == "href")


def test_nothing_is_loaded_and_nothing_runs(report):
    text = render(report, "html")
    policies = [found for tag, name, found in read(text).values if (tag, name) == ("meta", "content")]
    assert any(policy.startswith("default-src 'none'; style-src 'sha256-") for policy in policies)
    assert not {"script", "img", "link", "iframe", "form", "object"} & set(read(text).tags)
    assert not re.search(r"url\(|@import", text)


def test_every_internal_link_has_its_target_even_with_several_reports(load_report):
    got = read(render_many([load_report("driver-loader"), load_report("impostor-module")], "html"))
    ids = [found for _, name, found in got.values if name == "id"]
    assert len(ids) == len(set(ids))
    assert {found[1:] for _, name, found in got.values if name == "href"} <= set(ids)
    assert {found for _, name, found in got.values if name == "aria-labelledby"} <= set(ids)
    assert got.tags["article"] == 2
    assert got.tags["html"] == 1


def test_the_page_has_a_language_one_main_landmark_and_a_title(report):
    got = read(render(report, "html"))
    assert ("html", "lang", "en") in got.values
    assert got.tags["main"] == got.tags["title"] == got.tags["h1"] == 1


def test_withheld_advice_is_struck_and_outside_code(load_report):
    got = read(render(load_report("impostor-module"), "html"))
    assert "setenforce 0" in got.text["del"]
    assert not any("setenforce" in text for tag in ("code", "pre") for text in got.text[tag])


def test_the_same_report_gives_the_same_page(load_report):
    assert render(load_report("driver-loader"), "html") == render(load_report("driver-loader"), "html")


def test_evidence_and_hypotheses_fold_and_nothing_that_must_be_seen_does(load_report):
    got = read(render(load_report("impostor-module"), "html"))
    folded = " ".join(got.text["details"])
    assert "proc.pexepath" in folded
    assert "Offline analysis" in folded
    assert "setenforce" not in " ".join(text for text in got.text["del"] if text in got.text["details"])
    assert "kubectl cordon" not in folded
