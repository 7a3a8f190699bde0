"""What a shell text does, as records: commands, files written, variables set."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Command:
    """One simple command; ``start`` and ``end`` are character offsets in the outermost text."""

    argv: tuple[str, ...]
    start: int
    end: int
    stdin: str | None = None
    """Text of a here-doc or here-string, or what an ``echo`` pipes in."""
    piped_from: Command | None = None
    redirects: tuple[tuple[str, str], ...] = ()
    inside: tuple[str, ...] = ()
    """Programs that this command was found inside of, outermost first: ``("ssh",)``, ``("kubectl",)``."""
    substitutions: tuple[Command, ...] = ()
    """Commands in ``$(…)`` and ``<(…)`` of the words."""
    path: str = ""
    """The program with its folder, where the text gives one."""
    as_root: bool = False
    """Started through ``sudo`` or one of its kin."""
    unseen: bool = False
    """Its output goes into a variable or a program that reads secrets from its input, not to anybody's eyes."""
    reads: tuple[str, ...] = ()
    """Files that are redirected into it."""

    @property
    def program(self) -> str:
        """Name without folder, lower case only when it is a Windows program."""
        return self.argv[0] if self.argv else ""


@dataclass(slots=True)
class FileWrite:
    """A file that the text creates or edits."""

    path: str
    content: str | None
    """None when the new content is not in the text."""
    mode: str
    """``truncate``, ``append`` or ``edit``."""
    start: int
    end: int
    by: str = ""


@dataclass(slots=True)
class Assignment:
    """An environment variable that the text sets."""

    name: str
    value: str
    start: int
    end: int
    exported: bool = False


@dataclass(slots=True)
class Script:
    """Everything a shell text does."""

    commands: list[Command] = field(default_factory=list)
    writes: list[FileWrite] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    foreign: list[tuple[str, str, int, int]] = field(default_factory=list)
    """Code of another language: (language, text, start, end)."""
    comments: list[tuple[str, int, int]] = field(default_factory=list)
    variables: dict[str, list[str]] = field(default_factory=lambda: {"IFS": [" "], "SHELL": ["bash"], "BASH": ["bash"]})
    functions: dict[str, str] = field(default_factory=dict)
    """Bodies of functions and texts of aliases, by name; read again with the arguments of each call."""
