"""A command line taken apart: the single commands that it holds, and how they are joined.

Sensors print arguments with blanks between them and lose the quotes, so this is no shell parser: it is read in the
sense in which a shell would most likely have read it, and only to look for what nobody runs by accident.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_COMMANDS = 64
"""More commands than anybody joins by hand; what follows them is not read."""
MAX_LINE = 16_384
"""Longer lines are cut for reading; the kernel hands Falco 4096 characters of arguments at most."""

SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "csh", "tcsh", "rbash", "mksh"})
_INTERPRETER = re.compile(r"(python|perl|ruby|php|lua|node|nodejs|tclsh|pwsh|powershell)(?:-?[\d.]+)?")
# They start the command that follows them.
_WRAPPERS = frozenset(
    {"sudo", "doas", "env", "nohup", "exec", "command", "builtin", "timeout", "setsid", "stdbuf", "nice", "ionice"}
    | {"time", "busybox", "toybox", "xargs", "then", "do", "else", "elif", "if", "while", "until", "!", "su", "runuser"}
    | {"watch", "strace", "unshare", "chronic", "flock", "parallel", "script"}
)
_IFS = re.compile(r"\$\{?IFS\}?(?:\$\d)?")
_UNQUOTE = str.maketrans("", "", "'\"\\")
_JOIN = re.compile(r"(\|\||&&|\|&?|;|\n|(?<![<>&])&(?![>&\d-])|\$\(|<\(|>\(|`|[(){}])")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*")
_TIME = re.compile(r"\d+(?:\.\d+)?[smhd]?")


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command."""

    program: str
    """Base name of what runs; interpreters without their version. Empty for an assignment or a redirection alone."""
    path: str
    """The program as it was written."""
    words: tuple[str, ...]
    """Its arguments."""
    join: str
    """What stands before it: ``""`` for the first, else ``;``, ``&&``, ``|``, ``$(`` …"""
    text: str

    def option(self, *names: str) -> bool:
        """Whether one of these options is given; ``-x`` also within a cluster such as ``-vx``."""
        for word in self.words:
            for name in names:
                if word == name or (name.startswith("--") and word.startswith(f"{name}=")):
                    return True
                cluster = len(name) == 2 and word.startswith("-") and not word.startswith("--")
                if cluster and name[1] in word[1:] and word[1:].isalpha():
                    return True
        return False

    @property
    def reads_program(self) -> bool:
        """A shell or interpreter that would run what it is fed: it has no script and no code of its own."""
        if self.program not in SHELLS and not interpreter(self.program):
            return False
        for word in self.words:
            if word in {"-s", "-", "--"}:
                return True
            if not word.startswith("-") and not word.startswith((">", "<", "2>")):
                return False
            if word.startswith("-") and not word.startswith("--") and set(word) & set("cmer"):
                return False
        return True


def names(text: str) -> frozenset[str]:
    """Program names from one text, apart by blanks: long lists stay readable."""
    return frozenset(text.split())


def interpreter(program: str) -> bool:
    """Whether the program runs scripts."""
    return _INTERPRETER.fullmatch(program) is not None


def base(word: str) -> str:
    """Base name of a program, an interpreter without its version."""
    name = word.rsplit("/", 1)[-1].lower()
    known = _INTERPRETER.fullmatch(name)
    return known[1] if known else name


@dataclass(frozen=True, slots=True)
class Line:
    """A command line and the commands in it."""

    text: str
    """As the sensor printed it."""
    commands: tuple[Command, ...]

    @property
    def whole(self) -> str:
        """The line as it was read, on one line and without quotes."""
        return " ".join(f"{command.join} {command.text}".strip() for command in self.commands)

    def pipes(self) -> Iterator[tuple[Command, Command]]:
        """Every command with every later one of the same pipeline."""
        start = 0
        for number, command in enumerate(self.commands):
            if not command.join.startswith("|") or command.join == "||":
                start = number
            for earlier in self.commands[start:number]:
                yield earlier, command


def parse_line(line: str) -> Line:
    """A line with its commands in order, at most ``MAX_COMMANDS`` of them."""
    text = _IFS.sub(" ", line[:MAX_LINE]).translate(_UNQUOTE)
    found: list[Command] = []
    parts = _JOIN.split(text)
    joins = ["", *parts[1::2]]
    for join, part in zip(joins, parts[::2], strict=True):
        words = part.split()
        if len(found) == MAX_COMMANDS:
            break
        if words:
            found.append(_command(words, join, " ".join(words)))
    return Line(line, tuple(found))


def _command(words: list[str], join: str, text: str) -> Command:
    at = 0
    while at < len(words):
        word = words[at]
        name = base(word.lstrip("-") if at == 0 else word)
        if _ASSIGNMENT.fullmatch(word):
            at += 1
        elif name in SHELLS and (code := _code(words, at)):
            at = code
        elif name in _WRAPPERS and at + 1 < len(words):
            at += 1
            while at + 1 < len(words) and (words[at].startswith("-") or _TIME.fullmatch(words[at])):
                at += 1
        else:
            return Command(name, word, tuple(words[at + 1 :]), join, text)
    return Command("", "", tuple(words), join, text)


def _code(words: list[str], at: int) -> int:
    """Where the code of ``sh -c`` begins; 0 when the shell is given none."""
    for number in range(at + 1, len(words)):
        word = words[number]
        if not word.startswith(("-", "+")):
            return 0
        if not word.startswith("--") and "c" in word[1:]:
            return number + 1 if number + 1 < len(words) else 0
    return 0
