"""What a system call or an API verb does, in words that an analyst on call needs no manual for."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple


class Event(NamedTuple):
    """One kind of event."""

    did: str
    """Continues a sentence after who did it: "asked the kernel to load a module"."""
    objects: tuple[str, ...]
    """Fields that name the object, the best first."""
    means: str
    """What the event is for, and what else it is used for."""


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = files("explainer").joinpath("data/events.json").read_text(encoding="utf-8")
    raw = json.loads(text)
    found: dict[str, Any] = {"api_calls": [(tuple(row["first_words"]), row["does"]) for row in raw["api_calls"]]}
    for name in ("system_calls", "api_verbs"):
        found[name] = {
            one: Event(row["did"], tuple(row["objects"]), row["means"]) for row in raw[name] for one in row["names"]
        }
    return found


def system_call(name: str) -> Event | None:
    """What the system call does; None for one that the table does not hold."""
    event: Event | None = _table()["system_calls"].get(name)
    return event


def api_verb(name: str) -> Event | None:
    """What the Kubernetes API verb does; None for one that the table does not hold."""
    event: Event | None = _table()["api_verbs"].get(name)
    return event


def api_call(name: str) -> str:
    """What a cloud API call does, read from the first word of its name; empty when that tells nothing."""
    last = name.replace(":", ".").rsplit(".", 1)[-1]
    return next((f"The call {name} {does}." for heads, does in _table()["api_calls"] if last.startswith(heads)), "")
