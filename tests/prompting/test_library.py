from __future__ import annotations

import pytest

from explainer.errors import PromptError, UnknownNameError
from explainer.prompting.library import PromptLibrary, format_catalog
from explainer.prompting.template import check_template, parse_template, render_template


def prompt(version: str = "1.0.0", body: str = "=== user ===\nhello {{ name | data }}\n", **front: str) -> bytes:
    keys = {
        "id": '"greet"',
        "version": f'"{version}"',
        "output": '"draft"',
        "variables": '["name"]',
        "summary": '"s"',
        **front,
    }
    lines = "\n".join(f"{key} = {value}" for key, value in keys.items() if value)
    return f"+++\n{lines}\n+++\n{body}".encode()


def library(*versions: str) -> PromptLibrary:
    return PromptLibrary.from_files({f"greet/{version}.md": prompt(version) for version in versions})


@pytest.mark.parametrize(
    ("reference", "version"),
    [
        ("greet", "1.10.0"),
        ("greet@1", "1.10.0"),
        ("greet@1.2", "1.2.3"),
        ("greet@1.2.0", "1.2.0"),
        ("greet@0", "0.9.0"),
    ],
)
def test_a_reference_finds_the_newest_version_that_fits(reference: str, version: str) -> None:
    assert library("1.2.0", "1.10.0", "1.2.3", "0.9.0").get(reference).version == version


def test_the_catalogues_default_goes_before_the_newest() -> None:
    files = {"greet/1.0.0.md": prompt("1.0.0"), "greet/2.0.0.md": prompt("2.0.0")}
    catalog = b'[prompts.greet]\ndefault = "1.0.0"\n'
    assert PromptLibrary.from_files({**files, "catalog.toml": catalog}).get("greet").version == "1.0.0"


@pytest.mark.parametrize("reference", ["gret", "greet@3", "greet@1.2.3.4", "Greet", ""])
def test_an_unknown_reference_says_what_is_known(reference: str) -> None:
    with pytest.raises(UnknownNameError):
        library("1.0.0").get(reference)


def test_a_nearly_right_name_is_suggested() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'greet'"):
        library("1.0.0").get("gret")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"hello", "no front matter"),
        (b"+++\nid = \n+++\n", "no TOML"),
        (b"\xff\xfe", "not UTF-8"),
        (prompt(summary=""), "lacks summary"),
        (prompt(colour='"red"'), "unknown front matter keys: colour"),
        (prompt(version="1.0"), "semantic version"),
        (prompt(body="hello"), "before the first section"),
        (prompt(body="=== boss ===\nx\n"), "unknown section"),
        (prompt(body="=== system ===\nx\n"), "no user section"),
    ],
)
def test_a_wrong_prompt_file_says_what_was_expected(data: bytes, said: str) -> None:
    with pytest.raises(PromptError, match=said) as error:
        parse_template(data, "greet/1.0.0.md")
    assert "greet/1.0.0.md" in str(error.value)


def test_a_file_under_a_name_that_is_not_its_own_is_refused() -> None:
    with pytest.raises(PromptError, match=r"belongs in greet/1\.0\.0\.md"):
        PromptLibrary.from_files({"greet/2.0.0.md": prompt("1.0.0")})


def test_locked_versions_that_move_or_vanish_are_problems() -> None:
    released = library("1.0.0", "1.1.0")
    catalog = format_catalog(released, "2026-01-01").encode()
    assert (
        PromptLibrary.from_files(
            {"greet/1.0.0.md": prompt(), "greet/1.1.0.md": prompt("1.1.0"), "catalog.toml": catalog}
        ).problems()
        == []
    )
    moved = PromptLibrary.from_files(
        {"greet/1.0.0.md": prompt(body="=== user ===\nbye {{ name }}\n"), "catalog.toml": catalog}
    )
    assert [problem.split(" ")[0] for problem in moved.problems()] == ["greet@1.0.0", "greet@1.1.0", "the"]


def test_locking_again_keeps_dates_and_hashes() -> None:
    first = format_catalog(library("1.0.0"), "2026-01-01").encode()
    again = PromptLibrary.from_files(
        {"greet/1.0.0.md": prompt(), "greet/1.1.0.md": prompt("1.1.0"), "catalog.toml": first}
    )
    text = format_catalog(again, "2026-02-02")
    assert text.count("2026-01-01") == 1
    assert text.count("2026-02-02") == 1


def test_variables_have_to_match_the_front_matter() -> None:
    template = parse_template(prompt(), "x")
    with pytest.raises(PromptError, match="name"):
        render_template(template, {})
    with pytest.raises(PromptError, match="other"):
        render_template(template, {"name": "a", "other": "b"})


@pytest.mark.parametrize(
    "body", ["{{ name.__class__.__mro__ }}", "{{ nothing }}", "{{ name | nofilter }}", "{% for %}"]
)
def test_a_template_cannot_reach_outside_or_use_what_is_not_there(body: str) -> None:
    template = parse_template(prompt(body=f"=== user ===\n{body}\n"), "x")
    with pytest.raises(PromptError):
        render_template(template, {"name": "a"})


def test_check_names_undeclared_variables_and_syntax_errors() -> None:
    assert "shoe" in check_template(parse_template(prompt(body="=== user ===\n{{ shoe }}\n"), "x"))[0]
    assert "line" in check_template(parse_template(prompt(body="=== user ===\n{% if %}\n"), "x"))[0]
