from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from servers.openai_server import OpenAIServer, answer

from explainer.evaluation.report import pieces, write_report
from explainer.evaluation.samples import Found

Runner = Callable[..., Any]
HOSTILE = '</pre><script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)> & "q"'


class Page(HTMLParser):
    """Every element with its attributes, and the text of marked places."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.marked: list[str] = []
        self._in_mark = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_mark = tag == "mark"

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._in_mark = False

    def handle_data(self, data: str) -> None:
        if self._in_mark:
            self.marked.append(data)


@pytest.fixture
def hostile(server: OpenAIServer) -> OpenAIServer:
    steps = [{"title": "Disable SELinux", "command": "setenforce 0"}]
    said = {"verdict": "malicious", "summary": f"It connected to 203.0.113.99. {HOSTILE}", "extra_actions": steps}
    server.otherwise = answer(json.dumps(said))
    return server


def test_the_page_loads_nothing_and_runs_nothing(run: Runner, hostile: OpenAIServer, tmp_path: Path) -> None:
    folder, _ = run(url=hostile.url)
    write_report([folder], tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    page = Page(text)
    assert {tag for tag, _ in page.tags} & {"script", "img", "link", "iframe", "object", "form", "base"} == set()
    names = {name for _, attributes in page.tags for name in attributes}
    assert {name for name in names if name.startswith("on")} | names & {"src", "href", "style"} == set()
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert (policy or "").startswith("default-src 'none'; style-src 'sha256-")
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_findings_are_marked_where_they_are(run: Runner, hostile: OpenAIServer, tmp_path: Path) -> None:
    folder, _ = run(url=hostile.url, filters=("plain-shell",))
    write_report([folder], tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    marked = " ".join(Page(text).marked)
    assert "203.0.113.99" in marked
    assert "setenforce 0" in marked
    for heading in (
        "The alert",
        "The reference",
        "The prompt",
        "Draft: what the model said",
        "Report: what the reader",
    ):
        assert heading in text
    assert "does not beat rule knowledge alone" in text


def test_two_runs_stand_side_by_side_with_their_comparison(run: Runner, hostile: OpenAIServer, tmp_path: Path) -> None:
    first, _ = run("a", url=hostile.url)
    hostile.otherwise = answer(json.dumps({"verdict": "suspicious", "summary": "A shell ran."}))
    second, _ = run("b", url=hostile.url)
    write_report([first, second], tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    assert 'id="comparison"' in text
    assert text.count('<div class="side">') == text.count('<details id="case-')


def test_overlapping_findings_share_their_common_part() -> None:
    found = [Found(scorer="S1", reason="a", span=(0, 6)), Found(scorer="S2", reason="b", span=(4, 99))]
    cut = pieces(
        "abcdefgh", [*found, Found(scorer="S3", reason="no place"), Found(scorer="S4", reason="e", span=(9, 9))]
    )
    assert [(piece.text, piece.marks) for piece in cut] == [("abcd", "1"), ("ef", "1, 2"), ("gh", "2")]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="the package chromium is not installed")
def test_a_real_browser_shows_the_page_and_refuses_none_of_it(
    run: Runner, hostile: OpenAIServer, tmp_path: Path
) -> None:
    folder, _ = run(url=hostile.url)
    page = tmp_path / "r.html"
    write_report([folder], page)

    def browse(file: Path) -> tuple[str, str]:
        done = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--window-size=1280,1600",
             f"--screenshot={file.with_suffix('.png')}", "--dump-dom", f"file://{file}"],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return done.stdout, done.stderr

    _, told = browse(page)
    console = [line for line in told.splitlines() if "CONSOLE" in line]
    assert console == []
    picture = page.with_suffix(".png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    # The same page with another style sheet: the policy refuses it, so the silence above means something.
    broken = tmp_path / "broken.html"
    broken.write_text(page.read_text().replace("<style>", "<style>body{color:red}"))
    _, told = browse(broken)
    assert re.search(r"CONSOLE.*(Refused|violates)", told)
    assert broken.with_suffix(".png").read_bytes() != picture
