"""The one mechanism behind every seam: a name that leads to code, loaded on first use."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Generic, TypeVar, cast

from explainer.errors import ConfigError, UnknownNameError

T = TypeVar("T")


class Registry(Generic[T]):
    """Names mapped to ``"module:attribute"`` targets.

    Args:
        kind: what is registered, for messages ("alert format").
        targets: shipped names, in the order in which they are listed and tried.
        group: entry-point group through which other distributions add names.
    """

    def __init__(self, kind: str, targets: dict[str, str], *, group: str | None = None) -> None:
        self.kind = kind
        self._targets = dict(targets)
        self._loaded: dict[str, T] = {}
        self._group = group
        self._discovered = group is None

    def _discover(self) -> None:
        if self._discovered:
            return
        self._discovered = True
        for point in entry_points(group=cast(str, self._group)):
            self.register(point.name, point.value)

    def register(self, name: str, target: str) -> None:
        """Add a name. A duplicate raises ConfigError: which of two would win must never depend on import order."""
        if name in self._targets and self._targets[name] != target:
            raise ConfigError(f"the {self.kind} {name!r} is registered twice: {self._targets[name]} and {target}")
        self._targets[name] = target

    def names(self) -> list[str]:
        """All names, shipped ones first."""
        self._discover()
        return list(self._targets)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def get(self, name: str) -> T:
        """Load what ``name`` stands for.

        Raises:
            UnknownNameError: nobody registered the name; the nearest one is suggested.
        """
        if name in self._loaded:
            return self._loaded[name]
        if name not in self.names():
            near = difflib.get_close_matches(name, self._targets, n=1)
            suggestion = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(self._targets)}"
            raise UnknownNameError(f"unknown {self.kind} {name!r}", hint=suggestion)
        module, _, attribute = self._targets[name].partition(":")
        loaded = cast(T, getattr(importlib.import_module(module), attribute))
        self._loaded[name] = loaded
        return loaded
