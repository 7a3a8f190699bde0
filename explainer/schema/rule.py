"""What is known about a rule before any alert: facts from rule files, and techniques."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from explainer.schema.alert import FalcoPriority
from explainer.schema.record import Record


class Technique(Record):
    """An ATT&CK technique or, with a TA id, a tactic, as the shipped table has it."""

    id: str
    name: str
    tactics: tuple[str, ...] = ()
    """Tactic short names with underscores: ``privilege_escalation``."""
    platforms: tuple[str, ...] = ()
    version: str = ""
    """ATT&CK version of the table, such as ``17.1``."""
    superseded_by: str | None = None
    """Newer id, when a later ATT&CK version renumbered it."""


class TuningPoint(Record):
    """A list or macro that the rule's condition excludes by: where a site adds its known-good."""

    kind: Literal["list", "macro"]
    name: str
    items: tuple[str, ...] = ()
    """Current items of a list (the first 20)."""
    condition: str | None = None
    """Current condition of a macro."""
    field: str | None = None
    """The field that a list is compared with: ``container.image.repository``."""
    empty: bool = False
    """Ships empty (``items: []``, ``never_true``): nothing is excluded until the site fills it."""
    file: str | None = None
    line: int | None = None


class RuleException(Record):
    """One named exception of a rule, as in the rule file."""

    name: str
    fields: tuple[str, ...] = ()
    comps: tuple[str, ...] = ()
    values: JsonValue = None


class RuleFacts(Record):
    """Facts of one rule after all files were merged."""

    name: str
    source: str = "syscall"
    priority: FalcoPriority | None = None
    description: str | None = None
    """The rule file's ``desc``; of the catalogue's rules, ours."""
    condition: str | None = None
    """As written, whitespace folded."""
    condition_expanded: str | None = None
    """With macros and lists expanded."""
    output: str | None = None
    tags: tuple[str, ...] = ()
    maturity: str | None = None
    techniques: tuple[Technique, ...] = ()
    """From the tags, validated against the shipped table."""
    tactics: tuple[str, ...] = ()
    """Tactic short names from ``mitre_*`` tags and TA ids."""
    invalid_tags: tuple[str, ...] = ()
    """Tags that look like ATT&CK and are not in the table."""
    event_types: tuple[str, ...] = ()
    output_fields: tuple[str, ...] = ()
    tuning: tuple[TuningPoint, ...] = ()
    exceptions: tuple[RuleException, ...] = ()
    enabled: bool = True
    required_engine_version: str | None = None
    required_plugins: tuple[str, ...] = ()
    """Plugins that the rule's file asks for, with the lowest version: ``container 0.4.0``; ``a 1.0.0 or b 2.0.0``."""
    origin: Literal["rules_file", "catalogue"] = "catalogue"
    """``rules_file``: the site's own; ``catalogue``: facts of the upstream rules, shipped."""
    file: str | None = None
    line: int | None = None
    catalogue_version: str | None = None
    overridden_in: tuple[str, ...] = ()
    """``path:line`` of every later item that changed the rule, in order."""
    warnings: tuple[str, ...] = ()


class RuleSet(Record):
    """All rules of the loaded files, with the files' identity."""

    rules: dict[str, RuleFacts] = Field(default_factory=dict)
    files: tuple[str, ...] = ()
    sha256: str = ""
    warnings: tuple[str, ...] = ()
