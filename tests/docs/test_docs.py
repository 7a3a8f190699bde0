from __future__ import annotations

import ast
import json
import re
import shlex
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr
from typer.main import get_command

from explainer import explain
from explainer.cli.app import build_app
from explainer.enrich.knowledge import load_entry
from explainer.prompting.template import parse_template
from explainer.redaction.policy import read_policy
from explainer.render import render
from explainer.schema.case import Suite
from explainer.schema.record import field_docs
from explainer.schema.report import Report
from explainer.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
_ENDS = {"|", "||", "&&", "&", ";", ">", ">>", "<", "(", ")", "2>"}
# Settings that a flag spells in another way.
_FLAG_NAMES = {"concurrency": "jobs", "group": "no_group"}


def blocks(page: Path, *languages: str) -> list[tuple[int, str]]:
    text = page.read_text(encoding="utf-8")
    return [(text[: m.start()].count("\n") + 2, m[2]) for m in _FENCE.finditer(text) if m[1] in languages]


def command_lines(script: str) -> Iterator[list[str]]:
    """The words after every `explainer` in a shell script, up to the next operator."""
    for line in script.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.wordchars += "@…%:+,{}[]!^$"
        words = list(lexer)
        for at, word in enumerate(words):
            starts = at == 0 or words[at - 1] in _ENDS or re.fullmatch(r"[A-Z_]+=.*", words[at - 1])
            if starts and (word == "explainer" or word.endswith("/explainer")):
                rest = words[at + 1 :]
                yield rest[: next((i for i, w in enumerate(rest) if w in _ENDS), len(rest))]


def parse(words: list[str]) -> None:
    """Parse as the real application would, without running anything."""
    command: Any = get_command(build_app())
    name = "explainer"
    while getattr(command, "commands", None) and words and not words[0].startswith("-"):
        assert words[0] in command.commands, f"there is no command {name} {words[0]}"
        name, command, words = f"{name} {words[0]}", command.commands[words[0]], words[1:]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    eager = {"-h", "--help", "-V", "--version", "--install-completion", "--show-completion"}
    if words and set(words) <= eager:
        assert set(words) <= known | {"-h", "--help"}
        return
    assert not getattr(command, "commands", None), f"{name} needs a command"
    command.make_context(name, list(words))


def documented_commands() -> list[Any]:
    return [
        pytest.param(words, id=f"{page.relative_to(ROOT)}:{line}: {' '.join(words)}"[:110])
        for page in PAGES
        for line, script in blocks(page, "bash", "sh", "console")
        for words in command_lines(script)
    ]


@pytest.mark.parametrize("words", documented_commands())
def test_every_documented_command_line_is_one_that_the_program_takes(words: list[str]) -> None:
    parse(words)


@pytest.mark.parametrize("words", [["explian"], ["explain", "--frobnicate"], ["explain", "--as", "latin"], ["prompts"]])
def test_a_command_line_that_does_not_exist_would_be_noticed(words: list[str]) -> None:
    with pytest.raises(Exception, match=r"(?i)no command|no such option|is not one of|needs a command"):
        parse(words)


def test_every_command_is_documented() -> None:
    application: Any = get_command(build_app())
    existing = {
        f"{name} {sub}".strip()
        for name, command in application.commands.items()
        for sub in getattr(command, "commands", {"": None})
    }
    written = {" ".join(words[:2]) for page in PAGES for _, s in blocks(page, "bash") for words in command_lines(s)}
    written |= {words.split(" ")[0] for words in written}
    assert existing - written == set()


def anchors(page: Path) -> set[str]:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#{1,6} +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_internal_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(there), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_snippets_can_be_read_by_what_reads_them(page: Path) -> None:
    for line, code in blocks(page, "python"):
        compile(textwrap.dedent(code), f"{page.name}:{line}", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    for _, text in blocks(page, "json"):
        json.loads(text)
    for _, text in blocks(page, "toml"):
        read = tomllib.loads(text)
        if "id" in read:
            Suite.model_validate(read)
        elif "identities" in read:
            read_policy(read)
        else:
            assert read.keys() <= Settings.model_fields.keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_names_that_snippets_import_exist(page: Path) -> None:
    for _, code in blocks(page, "python"):
        for node in ast.walk(ast.parse(textwrap.dedent(code))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "explainer":
                module = __import__(str(node.module), fromlist=["x"])
                assert [name.name for name in node.names if not hasattr(module, name.name)] == []


def test_the_knowledge_entry_of_the_manual_is_valid() -> None:
    (text,) = [text for _, text in blocks(ROOT / "docs/knowledge.md", "yaml") if text.startswith("rule:")]
    assert load_entry(yaml.safe_load(text), "docs/knowledge.md").rule == "Backup agent reads secrets"


def test_the_prompt_file_of_the_manual_is_valid() -> None:
    (text,) = [text for _, text in blocks(ROOT / "docs/prompts.md", "text") if text.startswith("+++")]
    assert parse_template(text.encode(), "docs/prompts.md").ref == "explain@1.1.0"


def test_every_field_of_a_report_is_explained() -> None:
    manual = (ROOT / "docs/reports.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(\w+)(?:\[\])?`", manual))
    assert set(Report.model_fields) - documented == set()


def settings_table() -> str:
    application: Any = get_command(build_app())
    flags = {p.name: p for p in application.commands["explain"].params if p.name != "sources"}
    meanings = field_docs(Settings)
    rows = ["| Setting | Flag of `explain` | Default | Meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        option = flags.get(_FLAG_NAMES.get(name, name))
        flag = f"`{' / '.join([option.opts[0], *option.secondary_opts])}`" if option else ""
        default = field.get_default(call_default_factory=True)
        shown = "" if default is None or default in ((), {}) else f"`{_plain(default)}`"
        rows.append(f"| `{name}` | {flag} | {shown} | {meanings[name]} |")
    return "\n".join(rows)


def _plain(value: Any) -> str:
    assert not isinstance(value, SecretStr)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_the_table_of_settings_is_the_one_that_the_program_has() -> None:
    manual = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    match = re.search(r"<!-- settings -->\n(.*?)\n<!-- /settings -->", manual, re.DOTALL)
    assert match is not None
    assert match[1] == settings_table(), "run python tests/docs/test_docs.py to write the table anew"


def sample_of_the_front_page() -> list[list[str]]:
    """The lines of the README's sample, cut where it says that it is shortened."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    match = re.search(r"<!-- sample -->.*?```text\n(.*?)```\n<!-- /sample -->", text, re.DOTALL)
    assert match is not None
    parts: list[list[str]] = [[]]
    for line in match[1].splitlines():
        if line == "…":
            parts.append([])
        else:
            parts[-1].append(line.rstrip())
    return parts


def test_the_sample_of_the_front_page_is_what_the_program_prints() -> None:
    report = explain((ROOT / "fixtures/alerts/falco/driver-loader-insmod.json").read_bytes(), backend="knowledge")
    # The version moves with every release; all else has to be as it stands there.
    shown = re.sub(r"version \S+", "version", render(report, "terminal"))
    printed = [line.rstrip() for line in shown.splitlines()]
    at = 0
    for part in sample_of_the_front_page():
        lines = [re.sub(r"version \S+", "version", line) for line in part]
        places = range(at, len(printed) - len(lines) + 1)
        found = next((place for place in places if printed[place : place + len(lines)] == lines), None)
        missing = [line for line in lines if line not in printed]
        assert found is not None, f"the program prints this otherwise: {missing or lines}"
        at = found + len(lines)


def test_decisions_are_short_and_numbered_once() -> None:
    decisions = sorted((ROOT / "docs/decisions").glob("*.md"))
    numbers = [path.name[:4] for path in decisions]
    assert all(number.isdigit() for number in numbers)
    assert len(numbers) == len(set(numbers))
    assert [path.name for path in decisions if len(path.read_text(encoding="utf-8").splitlines()) > 60] == []


def test_the_notice_carries_what_the_licence_of_att_ck_asks_for() -> None:
    notice = " ".join((ROOT / "NOTICE").read_text(encoding="utf-8").split())
    assert "The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE" in notice


if __name__ == "__main__":
    settings_page = ROOT / "docs/settings.md"
    before, opening, rest = settings_page.read_text(encoding="utf-8").partition("<!-- settings -->\n")
    _, closing, after = rest.partition("<!-- /settings -->")
    settings_page.write_text(f"{before}{opening}{settings_table()}\n{closing}{after}", "utf-8")
    sys.stderr.write(f"wrote {settings_page}\n")
