"""The parser of shell text, its kinds of words, and where its bytes stand in the text."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from explainer.advice.words import expand

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree

    Raw = Callable[[Node], str]
    Variables = dict[str, list[str]]


_ASCII = bytes(byte if byte < 128 else ord("u") for byte in range(256))


def parse(data: bytes) -> Tree:
    """The syntax tree of a shell text in UTF-8.

    The grammar's scanner asks C's isalpha() about any character and crashes on high ones: it sees letters instead, byte
    for byte, so that every place stays what it is.
    """
    return _parser().parse(data.translate(_ASCII))


@functools.cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


class Offsets:
    """Byte offsets of the parser to character offsets of the text."""

    def __init__(self, text: str, data: bytes) -> None:
        self._table: list[int] | None = None
        if len(text) != len(data):
            table = [0] * (len(data) + 1)
            position = 0
            for index, char in enumerate(text):
                width = len(char.encode("utf-8", "replace"))
                for step in range(width):
                    table[position + step] = index
                position += width
            table[position:] = [len(text)] * (len(table) - position)
            self._table = table

    def __call__(self, byte: int) -> int:
        """The character that a byte belongs to."""
        return byte if self._table is None else self._table[min(byte, len(self._table) - 1)]


WORDS = frozenset(
    [
        "word",
        "string",
        "raw_string",
        "ansi_c_string",
        "translated_string",
        "concatenation",
        "simple_expansion",
        "expansion",
        "number",
        "process_substitution",
        "command_substitution",
        "brace_expression",
        "arithmetic_expansion",
        "regex",
        "extglob_pattern",
    ]
)

TAKES_SECRETS = re.compile(
    r"--password-stdin|--stdin\b|\blogin\b.*\s-(?:\s|$)|--from-(?:env-)?file=\S*(?:/dev/stdin|-)$|\bchpasswd\b|--with-token|secret\s+create\s.*-(?:\s|$)|"
    r"ssh-add\s+-|gpg\b.*--import|kubeseal|--passphrase-fd|-pass\s+stdin|sha256sum|wc\s|keys\b"
)
RUNS = re.compile(r"[<>|&;(){}`$]{40,}")


def file_redirect(node: Node, raw: Raw, variables: Variables) -> list[tuple[str, str]]:
    """Operator and target of an output redirection; empty for others."""
    operator = next((c.type for c in node.children if c.type.startswith((">", "<", "&"))), ">")
    words = [w for c in node.named_children if c.type in WORDS for w in expand(raw(c), variables)]
    # The grammar swallows the words after the target; the first one is where the output goes.
    writes = operator in (">", ">>", "&>", ">|", "&>>") or (operator == ">&" and bool(words) and not words[0].isdigit())
    return [(operator, words[0])] if words and writes else []


def file_reads(node: Node, raw: Raw, variables: Variables) -> list[str]:
    """Files that are redirected into a command."""
    if not any(c.type == "<" for c in node.children):
        return []
    return [w for c in node.named_children if c.type in WORDS for w in expand(raw(c), variables)]


def herestring(node: Node, raw: Raw, variables: Variables) -> str:
    """The text of ``<<< words``."""
    return " ".join(w for c in node.named_children if c.type in WORDS for w in expand(raw(c), variables))


def is_fork_bomb(node: Node, raw: Raw) -> bool:
    """A function that calls itself twice, in the background."""
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None or body is None:
        return False
    word = re.escape(raw(name))
    return re.search(rf"{word}\s*\|\s*{word}\s*&", raw(body)) is not None
