# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Shell text to commands as they would run: wrappers taken off, quotes and variables resolved, scripts in scripts read.

tree-sitter-bash gives the tree (docs/decisions names why); everything here walks it within fixed limits of depth and number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from explainer.advice import filewrites, wrappers
from explainer.advice.console import without_prompts
from explainer.advice.outputs import filled, output, produced
from explainer.advice.script import Assignment, Command, FileWrite, Script
from explainer.advice.shelltree import (
    RUNS,
    TAKES_SECRETS,
    WORDS,
    Offsets,
    file_reads,
    file_redirect,
    herestring,
    is_fork_bomb,
    parse,
)
from explainer.advice.words import RENDERED, expand

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["SHELLS", "Assignment", "Command", "FileWrite", "Script", "read", "without_prompts"]

_MAX_COMMANDS = 4000
_MAX_DEPTH = 6
_MAX_TREE = 60
_MAX_TURNS = 8
_MAX_VALUE = 4000
_MAX_TURNS_TOTAL = 64
_MAX_TEXT = 400_000


SHELLS = wrappers.SHELLS
_HAS_SUBSTITUTION = ("$(", "`", "<(", ">(")


class _Reader:
    def __init__(
        self, script: Script, text: str, span: tuple[int, int] | None, depth: int, inside: tuple[str, ...]
    ) -> None:
        self.script, self.text, self.span, self.depth, self.inside = script, text, span, depth, inside
        self.data = text.encode("utf-8", "replace")
        self.offset = Offsets(text, self.data)
        self.turns = 0

    def read(self) -> None:
        self._statement(parse(self.data).root_node, 0)

    def _raw(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _span(self, node: Node) -> tuple[int, int]:
        if self.span is not None:
            return self.span
        return self.offset(node.start_byte), self.offset(node.end_byte)

    def _statement(self, node: Node, level: int) -> list[Command]:
        """Walk one statement and return its commands in order."""
        if level > _MAX_TREE or len(self.script.commands) > _MAX_COMMANDS:
            return []
        kind = node.type
        if kind == "command":
            return self._command(node, (), None, level)
        if kind == "redirected_statement":
            return self._redirected(node, level)
        if kind == "pipeline":
            return self._pipeline(node.named_children, level)
        if kind in ("variable_assignment", "declaration_command", "variable_assignments"):
            return self._assign(node, kind == "declaration_command", level)
        if kind == "unset_command":
            return self._emit(Command(tuple(self._raw(node).split()[:20]), *self._span(node)), node)
        if kind == "for_statement":
            return self._loop(node, level)
        if kind == "comment":
            if self.span is None:
                self.script.comments.append((self._raw(node), *self._span(node)))
            return []
        if kind in ("test_command", "heredoc_body"):
            return []
        if kind == "function_definition":
            if is_fork_bomb(node, self._raw):
                self._emit(Command(("forkbomb",), *self._span(node)), node)
                return []
            self._define(node)
        if kind == "while_statement" and node.child_by_field_name("condition") is not None:
            self._while_read(node, None)
        found: list[Command] = []
        for child in node.named_children:
            found += self._statement(child, level + 1)
        return found

    def _define(self, node: Node) -> None:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        if name is not None and body is not None and len(self.script.functions) < 200:
            self.script.functions[self._raw(name)] = self._raw(body)[:20_000]

    def _call(self, argv: Sequence[str], node: Node) -> bool:
        """Read the body of a known function or alias again, with the arguments of this call."""
        body = self.script.functions.get(argv[0])
        if body is None or self.depth >= 3:
            return False
        if body.startswith("{") or body.startswith("("):
            old = dict(self.script.variables)
            self.script.variables.update({str(i): [a] for i, a in enumerate(argv[1:10], 1)})
            self.script.variables["@"] = self.script.variables["*"] = list(argv[1:32])
            _read_into(self.script, body, self._span(node), self.depth + 1, self.inside)
            self.script.variables.update({k: v for k, v in old.items() if k.isdigit() or k in "@*"})
        else:
            text = " ".join([body, *(f"'{a}'" if re.search(r"\s", a) else a for a in argv[1:])])
            _read_into(self.script, text, self._span(node), self.depth + 1, self.inside)
        return True

    def _while_read(self, node: Node, text: str | None) -> None:
        """``… | while read -r x``: the variable takes every line that is known."""
        condition = node.child_by_field_name("condition")
        words = self._raw(condition).split() if condition is not None and text else []
        if "read" not in words or text is None:
            return
        names = [w for w in words[words.index("read") + 1 :] if re.fullmatch(r"[A-Za-z_]\w*", w)]
        lines = [line.split() for line in text.strip().split("\n")[:32] if line.strip()]
        for index, name in enumerate(names[:4]):
            last = index == len(names) - 1
            self.script.variables[name] = [" ".join(f[index:]) if last else f[index] for f in lines if len(f) > index]

    def _loop(self, node: Node, level: int) -> list[Command]:
        variable = node.child_by_field_name("variable")
        values: list[str] = []
        found: list[Command] = []
        for child in node.named_children:
            if child.type in WORDS:
                words, inner = self._word(child, level)
                # What a substitution gives is unknown, but where it comes from is told.
                values += [self._raw(child)] if any(w.startswith(("$(", "`")) for w in words) else words
                found += inner
        name = self._raw(variable) if variable is not None else ""
        body = next((child for child in node.named_children if child.type == "do_group"), None)
        if body is None:
            return found
        # One turn for each value, as the shell does it; what goes beyond the limits is read in one turn with all values.
        turns = [[value] for value in values[:_MAX_TURNS]] if self.turns + len(values) <= _MAX_TURNS_TOTAL else []
        rest = values[len(turns) : 32]
        for turn in [*turns, *([rest] if rest or not turns else [])]:
            self.turns += 1
            if name and turn:
                self.script.variables[name] = turn
            found += self._statement(body, level + 1)
        if name and values:
            self.script.variables[name] = [value[:_MAX_VALUE] for value in values[:32]]
        return found

    def _assign(self, node: Node, exported: bool, level: int) -> list[Command]:
        nodes = [node] if node.type == "variable_assignment" else node.named_children
        found: list[Command] = []
        for child in nodes:
            if child.type != "variable_assignment" or not child.named_children:
                continue
            name = self._raw(child.named_children[0]).split("[")[0]
            value_node = child.child_by_field_name("value")
            values, inner = self._word(value_node, level) if value_node is not None else ([""], [])
            for command in inner:
                command.unseen = True
            found += inner
            if value_node is not None and value_node.type == "array":
                values = [word for item in value_node.named_children for word in expand(self._raw(item), {})]
            self.script.variables[name] = [value[:_MAX_VALUE] for value in values[:32]]
            self.script.assignments.append(Assignment(name, " ".join(values), *self._span(child), exported))
        return found

    def _substitutions(self, node: Node, level: int) -> list[Command]:
        raw = self._raw(node)
        if level > _MAX_TREE or not any(mark in raw for mark in _HAS_SUBSTITUTION):
            return []
        found: list[Command] = []
        stack = [node]
        while stack:
            item = stack.pop()
            if item.type in ("command_substitution", "process_substitution"):
                for child in item.named_children:
                    found += self._statement(child, level + 5)
            else:
                stack.extend(item.named_children)
        return found

    def _word(self, node: Node, level: int) -> tuple[list[str], list[Command]]:
        """The words that a node stands for; a substitution whose output the text tells is replaced by it."""
        raw = self._raw(node)
        if not any(mark in raw for mark in _HAS_SUBSTITUTION) or level > _MAX_TREE:
            return expand(raw, self.script.variables), []
        found: list[Command] = []
        replaced = bytearray(self.data[node.start_byte : node.end_byte])
        stack = [node]
        cuts: list[tuple[int, int, str]] = []
        while stack:
            item = stack.pop()
            if item.type in ("command_substitution", "process_substitution"):
                inner: list[Command] = []
                for child in item.named_children:
                    inner += self._statement(child, level + 5)
                found += inner
                text = output(inner[-1]) if inner and item.type == "command_substitution" else None
                if text is not None and 0 < len(text.strip()) < 500 and "'" not in text:
                    cuts.append((item.start_byte - node.start_byte, item.end_byte - node.start_byte, text.strip()))
            else:
                stack.extend(item.named_children)
        for start, end, text in sorted(cuts, reverse=True):
            replaced[start:end] = text.encode("utf-8", "replace")
        known = bytes(replaced).decode("utf-8", "replace")
        if cuts and not any(mark in known for mark in "\"'`"):
            return [w for part in known.split() for w in expand(part, self.script.variables)], found
        return expand(known, self.script.variables), found

    def _pipeline(self, nodes: Sequence[Node], level: int, first: Command | None = None) -> list[Command]:
        found: list[Command] = []
        previous = first
        for node in nodes:
            if node.type == "command":
                part = self._command(node, (), previous, level)
            elif node.type == "redirected_statement":
                part = self._redirected(node, level, previous)
            else:
                loop = node.named_children[0] if node.type == "redirected_statement" and node.named_children else node
                if loop.type == "while_statement" and previous is not None:
                    self._while_read(loop, output(previous))
                part = self._statement(node, level + 1)
            found += part
            if part:
                previous = part[-1]
        return found

    def _redirected(self, node: Node, level: int, piped_from: Command | None = None) -> list[Command]:
        body: Node | None = None
        redirects: list[tuple[str, str]] = []
        stdin: str | None = None
        pipes: list[Node] = []
        reads: list[str] = []
        for child in node.named_children:
            if child.type == "file_redirect":
                redirects += file_redirect(child, self._raw, self.script.variables)
                reads += file_reads(child, self._raw, self.script.variables)
            elif child.type == "heredoc_redirect":
                stdin, more, piped = self._heredoc(child)
                redirects += more
                pipes += piped
            elif child.type == "herestring_redirect":
                stdin = herestring(child, self._raw, self.script.variables)
            elif body is None:
                body = child
        if body is None:
            if redirects:
                return self._emit(Command((":",), *self._span(node), redirects=tuple(redirects)), node)
            return []
        if body.type == "command":
            found = self._command(body, tuple(redirects), piped_from, level, stdin, node)
            if reads and found:
                found[-1].reads = tuple(reads)
                for other in self.script.commands[-3:]:
                    if other.start == found[-1].start:
                        other.reads = tuple(reads)
        elif body.type == "pipeline":
            parts = body.named_children
            found = self._pipeline(parts[:-1], level, piped_from)
            last = parts[-1]
            if last.type == "command":
                found += self._command(last, tuple(redirects), found[-1] if found else None, level, stdin, node)
            else:
                found += self._statement(last, level + 1)
        else:
            if body.type == "while_statement" and stdin is not None:
                self._while_read(body, stdin)
            found = self._statement(body, level + 1)
            inner = "\n".join(text for c in found if (text := produced(c)) is not None)
            self._write_redirects(tuple(redirects), inner or None, self._span(node), found[0].program if found else "")
        for pipe in pipes:
            found += self._pipeline([c for c in pipe.named_children], level + 1, found[-1] if found else None)
        return found

    def _heredoc(self, node: Node) -> tuple[str, list[tuple[str, str]], list[Node]]:
        body, redirects, pipes, quoted = "", [], [], False
        for child in node.named_children:
            if child.type == "heredoc_start":
                quoted = self._raw(child)[:1] in "'\"\\"
            elif child.type == "heredoc_body":
                body = self._raw(child)
            elif child.type == "file_redirect":
                redirects += file_redirect(child, self._raw, self.script.variables)
            elif child.type == "pipeline":
                pipes.append(child)
        if not quoted and "$" in body:
            body = "\n".join(" ".join(self._known(line)) for line in body.split("\n"))
        return body, redirects, pipes

    def _known(self, line: str) -> list[str]:
        from explainer.advice.words import substitute

        return [substitute(line, self.script.variables)]

    def _command(
        self,
        node: Node,
        redirects: tuple[tuple[str, str], ...],
        piped_from: Command | None,
        level: int,
        stdin: str | None = None,
        outer: Node | None = None,
    ) -> list[Command]:
        argv: list[str] = []
        substitutions: list[Command] = []
        extra = list(redirects)
        for child in node.named_children:
            if child.type == "variable_assignment":
                self._assign(child, True, level)
            elif child.type == "command_name" or child.type in WORDS:
                words, inner = self._word(child, level)
                argv += words
                substitutions += inner
            elif child.type == "herestring_redirect":
                stdin = herestring(child, self._raw, self.script.variables)
            elif child.type == "file_redirect":
                extra += file_redirect(child, self._raw, self.script.variables)
            elif child.type == "ERROR":
                argv += expand(self._raw(child), self.script.variables)
        if not argv:
            return substitutions
        if stdin is None and piped_from is not None:
            stdin = produced(piped_from)
        if argv[0] == "alias":
            for word in argv[1:10]:
                name, equals, text = word.partition("=")
                if equals:
                    self.script.functions[name] = text[:2000]
        elif argv[0] == "set" and "--" in argv:
            self.script.variables["@"] = argv[argv.index("--") + 1 :][:32]
        elif argv[0] in self.script.functions and self._call(argv, node):
            return substitutions
        if piped_from is not None and TAKES_SECRETS.search(" ".join(argv)):
            piped_from.unseen = True
        command = Command(
            tuple(argv), *self._span(outer or node), stdin, piped_from, tuple(extra), self.inside, tuple(substitutions)
        )
        return substitutions + self._emit(command, node)

    def _emit(self, command: Command, node: Node) -> list[Command]:
        """Take the wrappers off, keep what remains, and read the scripts that it hands on."""
        if len(self.script.commands) > _MAX_COMMANDS:
            return []
        plain = wrappers.peel(command.argv)
        command.argv, command.path, command.as_root = plain.argv, plain.path, plain.root
        for name, value in plain.environment:
            self.script.assignments.append(Assignment(name, value, command.start, command.end, True))
        if not command.argv:
            return []
        self.script.commands.append(command)
        span = (command.start, command.end)
        self._write_redirects(command.redirects, output(command), span, command.program)
        for write in filewrites.file_writes(command.argv, command.stdin):
            self.script.writes.append(FileWrite(*write, command.start, command.end, command.program))
        if self.depth >= _MAX_DEPTH:
            return [command]
        for language, text in wrappers.scripts(command.argv, command.stdin):
            if language != "shell":
                self.script.foreign.append((language, text, *span))
                continue
            _read_into(self.script, text, span, self.depth + 1, (*self.inside, command.program))
        for argv in wrappers.handed_on(command.argv):
            if command.program in ("xargs", "parallel") and command.stdin:
                argv = filled(command.argv, argv, command.stdin)
            inner = Command(
                tuple(argv),
                *span,
                command.stdin,
                command.piped_from,
                command.redirects,
                (*self.inside, command.program),
                command.substitutions,
            )
            self.depth += 1
            kept, inner.redirects = inner.redirects, ()
            self._emit(inner, node)
            inner.redirects = kept
            self.depth -= 1
        return [command]

    def _write_redirects(
        self, redirects: tuple[tuple[str, str], ...], content: str | None, span: tuple[int, int], by: str
    ) -> None:
        for operator, target in redirects:
            mode = "append" if operator.endswith(">>") else "truncate"
            self.script.writes.append(FileWrite(target, content, mode, *span, by))


def _read_into(script: Script, text: str, span: tuple[int, int] | None, depth: int, inside: tuple[str, ...]) -> None:
    # The parser's error recovery is quadratic in runs of operators, which no command has.
    text = RUNS.sub(lambda match: " " * len(match.group(0)), text[:_MAX_TEXT].translate(RENDERED))
    _Reader(script, text, span, depth, inside).read()


def read(text: str) -> Script:
    """Read a shell text; never raises, and gives up quietly beyond its limits."""
    script = Script()
    _read_into(script, without_prompts(text), None, 0, ())
    return script
