"""MITRE ATT&CK: the shipped table, and what the tags of a rule say in its terms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Any

from explainer.schema.rule import Technique

_TECHNIQUE = re.compile(r"(?:mitre_|attack\.)?(t\d{4}(?:\.\d{3})?)", re.IGNORECASE)
_TACTIC_ID = re.compile(r"(?:mitre_|attack\.)?(ta\d{4})", re.IGNORECASE)
_ATTACK_LIKE = re.compile(r"(?:mitre_|attack\.)?ta?\d{3,}\S*", re.IGNORECASE)
# "T1562-impair-defenses": the id with its name behind it.
_NAMED = re.compile(r"(?:mitre_|attack\.)?(ta?\d{4}(?:\.\d{3})?)[-_:]\S+", re.IGNORECASE)
_TACTIC_PREFIX = "mitre_"


class AttackTable:
    """Techniques and tactics by id.

    Args:
        data: the content of ``explainer/data/attack.json`` (see scripts/make_attack_table.py).
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self.version = str(data["version"])
        self._techniques: dict[str, list[Any]] = data["techniques"]
        self._tactics: dict[str, list[str]] = data["tactics"]
        self._superseded: dict[str, str] = data.get("superseded", {})
        self._shorts = {short for short, _ in self._tactics.values()}
        self._shorts.update(tactic for row in self._techniques.values() for tactic in row[1])

    def get(self, identity: str) -> Technique | None:
        """The technique ``T1059``/``T1059.004`` or, with a TA id, the tactic; None when the table has neither."""
        wanted = identity.strip().upper()
        row = self._techniques.get(wanted)
        if row is not None:
            version = str(row[3]) if len(row) > 3 else self.version
            return Technique(
                id=wanted,
                name=row[0],
                tactics=tuple(row[1]),
                platforms=tuple(row[2]),
                version=version,
                superseded_by=self._superseded.get(wanted),
            )
        tactic = self._tactics.get(wanted)
        if tactic is not None:
            return Technique(id=wanted, name=tactic[1], tactics=(tactic[0],), version=self.version)
        return None

    def full_name(self, identity: str) -> str | None:
        """``Command and Scripting Interpreter: Unix Shell`` for a sub-technique; the plain name otherwise."""
        technique = self.get(identity)
        if technique is None:
            return None
        parent = self.get(technique.id.split(".")[0]) if "." in technique.id else None
        return f"{parent.name}: {technique.name}" if parent else technique.name

    def is_tactic(self, short_name: str) -> bool:
        """Whether ``privilege_escalation`` (also with hyphens) is the short name of a tactic."""
        return short_name.lower().replace("-", "_") in self._shorts

    def from_tags(self, tags: Iterable[str]) -> tuple[tuple[Technique, ...], tuple[str, ...], tuple[str, ...]]:
        """What rule tags say: techniques, tactic short names, and tags that look like ATT&CK and are not in the table.

        A TA id counts as its tactic, wherever it stands. Order of first use; each once.
        """
        techniques: dict[str, Technique] = {}
        tactics: dict[str, None] = {}
        invalid: dict[str, None] = {}
        for tag in tags:
            identity = _TECHNIQUE.fullmatch(tag) or _TACTIC_ID.fullmatch(tag) or _NAMED.fullmatch(tag)
            if identity:
                found = self.get(identity[1])
                if found is None:
                    invalid[tag] = None
                elif found.id.startswith("TA"):
                    tactics[found.tactics[0]] = None
                else:
                    techniques[found.id] = found
            elif tag.lower().startswith(_TACTIC_PREFIX):
                short = tag[len(_TACTIC_PREFIX) :].lower().replace("-", "_")
                (tactics if short in self._shorts else invalid)[short if short in self._shorts else tag] = None
            elif _ATTACK_LIKE.fullmatch(tag):
                invalid[tag] = None
        return tuple(techniques.values()), tuple(tactics), tuple(invalid)


@lru_cache(maxsize=1)
def attack_table() -> AttackTable:
    """The shipped table, read on first use."""
    text = files("explainer").joinpath("data/attack.json").read_text(encoding="utf-8")
    return AttackTable(json.loads(text))
