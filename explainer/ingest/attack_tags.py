"""ATT&CK references in rule tags: ``mitre_execution``, ``T1059.004``, ``TA0005-defense-evasion``, ``attack.t1562``."""

from __future__ import annotations

import re
from functools import lru_cache

from explainer.ingest.construct import construct
from explainer.schema.alert import Attack

TACTICS = {
    "TA0043": "reconnaissance",
    "TA0042": "resource_development",
    "TA0001": "initial_access",
    "TA0002": "execution",
    "TA0003": "persistence",
    "TA0004": "privilege_escalation",
    "TA0005": "defense_evasion",
    "TA0006": "credential_access",
    "TA0007": "discovery",
    "TA0008": "lateral_movement",
    "TA0009": "collection",
    "TA0011": "command_and_control",
    "TA0010": "exfiltration",
    "TA0040": "impact",
}
_NAMES = frozenset(TACTICS.values())
_ID = re.compile(
    r"(?:mitre|att[&a]?ck)?[._:\-/ ]*(TA\d{4}|T\d{4}(?:[./]\d{3})?)(?![\w.])(?:[-_ :].*)?", re.IGNORECASE | re.DOTALL
)
_NAME = re.compile(r"(?:mitre|att[&a]?ck)[._:\-/ ]+([a-z_\- ]+)", re.IGNORECASE)


@lru_cache(maxsize=4096)
def attack(tag: str) -> Attack | None:
    """The reference that one tag states, or None.

    A ``mitre_`` word that is no tactic (``mitre_data_destruction``) states none.
    """
    match = _ID.fullmatch(tag.strip()) if len(tag) < 200 else None
    if match:
        found = match[1].upper().replace("/", ".")
        if found.startswith("TA"):
            return construct(Attack, {"tactic": TACTICS[found]}) if found in TACTICS else None
        return construct(Attack, {"technique_id": found})
    match = _NAME.fullmatch(tag.strip()) if len(tag) < 200 else None
    if match:
        name = match[1].lower().replace("-", "_").replace(" ", "_")
        if name in _NAMES:
            return construct(Attack, {"tactic": name})
    return None


@lru_cache(maxsize=1024)
def attacks(tags: tuple[str, ...]) -> tuple[Attack, ...]:
    """All references of an alert's tags, in order, each once."""
    return tuple(dict.fromkeys(found for found in map(attack, tags) if found is not None))
