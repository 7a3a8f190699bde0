"""Regular expressions in linear time, for patterns and texts that nobody vouches for.

Falco matches with RE2, which never backtracks. Python's own engine does, and attackers choose command lines, so the
pattern is parsed by the standard library and run as a set of states: one step a character, whatever the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MAX_STATES = 2000
MAX_TEXT = 65_536
MAX_REMEMBERED = 20_000

_Test = Callable[[str], bool]
_PLACES = {
    codes.AT_BEGINNING: "start",
    codes.AT_BEGINNING_STRING: "start",
    codes.AT_END: "end",
    codes.AT_END_STRING: "end",
    codes.AT_BOUNDARY: "boundary",
    codes.AT_NON_BOUNDARY: "no boundary",
}
_SINGLE = {codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN}


class PatternError(ValueError):
    """The pattern cannot be run; the message says why."""


class Pattern:
    """A compiled pattern. ``fullmatch`` is the one question that can be asked."""

    def __init__(self, source: str) -> None:
        self.source = source
        # State i: a character test with its target, or free moves (target, condition).
        self._tests: list[tuple[_Test, int] | None] = []
        self._moves: list[list[tuple[int, str]]] = []
        text, flags = _re2_flags(source)
        try:
            tree = parser.parse(text, flags)
        except (re.error, OverflowError, RecursionError) as error:
            raise PatternError(str(error)) from error
        self._flags = tree.state.flags & (re.IGNORECASE | re.DOTALL | re.ASCII)
        self._start = self._state()
        self._final = self._sequence(list(tree), self._start)
        self._steps: dict[tuple[frozenset[int], str, str], frozenset[int]] = {}

    def fullmatch(self, text: str) -> bool:
        """Whether the pattern matches the whole text (RE2's FullMatch). Text beyond 64 Ki characters never matches."""
        if len(text) > MAX_TEXT:
            return False
        following = _kind(text, 0)
        now = self._close({self._start}, "start", following)
        for place, character in enumerate(text):
            if not now:
                return False
            following = _kind(text, place + 1)
            key = (now, character, following)
            step = self._steps.get(key)
            if step is None:
                targets = {t[1] for state in now if (t := self._tests[state]) is not None and t[0](character)}
                step = self._close(targets, _kind(character, 0), following)
                if len(self._steps) < MAX_REMEMBERED:
                    self._steps[key] = step
            now = step
        return self._final in now

    def _state(self) -> int:
        if len(self._tests) >= MAX_STATES:
            raise PatternError(f"it needs more than {MAX_STATES} states: use smaller repeat counts")
        self._tests.append(None)
        self._moves.append([])
        return len(self._tests) - 1

    def _close(self, states: set[int], before: str, after: str) -> frozenset[int]:
        """All states reachable without a character, between a character of kind ``before`` and one of ``after``."""
        boundary = (before == "word") != (after == "word")
        holds = {
            "": True,
            "start": before == "start",
            "end": after == "end",
            "boundary": boundary,
            "no boundary": not boundary,
        }
        seen = set(states)
        todo = list(states)
        while todo:
            for target, condition in self._moves[todo.pop()]:
                if holds[condition] and target not in seen:
                    seen.add(target)
                    todo.append(target)
        return frozenset(seen)

    def _sequence(self, items: list[Any], state: int) -> int:
        for operation, argument in items:
            state = self._item(operation, argument, state)
        return state

    def _item(self, operation: Any, argument: Any, state: int) -> int:
        if operation in _SINGLE:
            end = self._state()
            self._tests[state] = (_tester(operation, argument, self._flags), end)
            # A state holds either a test or moves: the next item must not add moves to a state that tests.
            return self._free(end)
        if operation is codes.SUBPATTERN:
            _, added, removed, inner = argument
            if (added | removed) & ~self._flags & (re.IGNORECASE | re.DOTALL):
                saved = self._flags
                self._flags = (self._flags | added) & ~removed
                end = self._sequence(list(inner), state)
                self._flags = saved
                return end
            return self._sequence(list(inner), state)
        if operation is codes.BRANCH:
            return self._branch([list(branch) for branch in argument[1]], state)
        if operation in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            low, high, inner = argument
            return self._repeat(low, high, inner, state)
        if operation is codes.AT:
            return self._free(state, _PLACES[argument])
        raise PatternError(f"{str(operation).lower()} is not supported (RE2 has no look-around and no back-references)")

    def _free(self, state: int, condition: str = "") -> int:
        target = self._state()
        self._moves[state].append((target, condition))
        return target

    def _branch(self, branches: list[list[Any]], state: int) -> int:
        end = self._state()
        for branch in branches:
            self._moves[self._sequence(branch, self._free(state))].append((end, ""))
        return self._free(end)

    def _repeat(self, low: int, high: Any, inner: Any, state: int) -> int:
        items = list(inner)
        for _ in range(low):
            state = self._sequence(items, self._free(state))
        end = self._state()
        if high is codes.MAXREPEAT:
            loop = self._free(state)
            self._moves[loop].append((end, ""))
            self._moves[self._sequence(items, self._free(loop))].append((loop, ""))
        else:
            for _ in range(high - low):
                self._moves[state].append((end, ""))
                state = self._sequence(items, self._free(state))
            self._moves[state].append((end, ""))
        return self._free(end)


def _re2_flags(source: str) -> tuple[str, int]:
    r"""RE2 writes ``(?i)`` as Python does, but its ``\z`` is Python's ``\Z``, and its classes are ASCII."""
    return source.replace("\\z", "\\Z"), re.ASCII


def _kind(text: str, place: int) -> str:
    if place >= len(text):
        return "end"
    character = text[place]
    return "word" if character == "_" or (character.isascii() and character.isalnum()) else "other"


def _tester(operation: Any, argument: Any, flags: int) -> _Test:
    if operation is codes.ANY:
        return (lambda _: True) if flags & re.DOTALL else (lambda character: character != "\n")
    if operation in (codes.LITERAL, codes.NOT_LITERAL):
        wanted = chr(argument)
        same = operation is codes.LITERAL
        if flags & re.IGNORECASE:
            folded = wanted.lower()
            return lambda character: (character.lower() == folded) is same
        return lambda character: (character == wanted) is same
    # One character against a class cannot backtrack, so the standard engine may decide it.
    state = parser.State()
    state.flags = flags
    state.str = ""
    one = parser.SubPattern(state, [(operation, argument)])
    from re import _compiler as compiler  # type: ignore[attr-defined]

    compiled: re.Pattern[str] = compiler.compile(one, flags)
    return lambda character: compiled.fullmatch(character) is not None


@lru_cache(maxsize=512)
def compile_pattern(source: str) -> Pattern:
    """A pattern ready to match.

    Raises:
        PatternError: not a pattern, or one that only a backtracking engine can run.
    """
    return Pattern(source)
