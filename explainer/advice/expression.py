"""Regular expressions that are compiled when they are first asked: of the rules' thousands a text meets a few."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator


class Expression:
    """A regular expression that is known to compile."""

    __slots__ = ("_compiled", "_flags", "_source")

    def __init__(self, source: str, flags: int = 0) -> None:
        self._source = source
        self._flags = flags
        self._compiled: re.Pattern[str] | None = None

    @property
    def compiled(self) -> re.Pattern[str]:
        """The compiled form.

        Raises:
            re.error: it was no regular expression after all.
        """
        if self._compiled is None:
            self._compiled = re.compile(self._source, self._flags)
        return self._compiled

    def search(self, text: str) -> re.Match[str] | None:
        """See ``re.Pattern.search``."""
        return self.compiled.search(text)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """See ``re.Pattern.fullmatch``."""
        return self.compiled.fullmatch(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """See ``re.Pattern.finditer``."""
        return self.compiled.finditer(text)


Compile = Callable[[str, int], Expression]


def at_once(source: str, flags: int = 0) -> Expression:
    """The same, compiled now: what a user wrote is told to be wrong when it is loaded.

    Raises:
        re.error: it is no regular expression.
    """
    made = Expression(source, flags)
    _ = made.compiled
    return made
