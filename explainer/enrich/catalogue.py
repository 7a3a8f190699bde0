"""Facts of the upstream rules, shipped: for alerts whose rule file nobody handed in.

Facts only (names, tags, fields, tuning points), no upstream prose or conditions. ``scripts/make_catalogue.py`` makes
the files; the descriptions are our own words (``descriptions.json``), written by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from explainer.enrich.attack import AttackTable, attack_table
from explainer.schema.alert import FalcoPriority
from explainer.schema.rule import RuleException, RuleFacts, TuningPoint

_FILES = ("falco.json", "plugins.json")


class Catalogue(Mapping[str, RuleFacts]):
    """Rules by name; facts are built when a rule is asked for.

    Args:
        parts: catalogue files' contents, earlier ones first when a name stands in several.
        attack: the table that tags are read with; the shipped one, on first use, by default.
        descriptions: what a rule looks for, by its name.
    """

    def __init__(
        self,
        parts: Iterable[dict[str, Any]],
        *,
        attack: AttackTable | None = None,
        descriptions: Mapping[str, str] | None = None,
    ) -> None:
        self._attack = attack
        self._descriptions = descriptions or {}
        self._rows: dict[str, tuple[dict[str, Any], str]] = {}
        self._facts: dict[str, RuleFacts] = {}
        versions = []
        for part in parts:
            version = str(part["version"])
            versions.append(version)
            for name, row in part["rules"].items():
                self._rows.setdefault(name, (row, version))
        self.version = "; ".join(versions)
        """Commits and dates of the rule repositories that the facts come from."""

    def __getitem__(self, name: str) -> RuleFacts:
        """Facts of one rule; KeyError when the catalogue does not know it."""
        if name not in self._facts:
            row, version = self._rows[name]
            self._facts[name] = self._build(name, row, version)
        return self._facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def templates(self) -> Iterator[tuple[str, str, str]]:
        """Rule name, source and output template of every rule whose template is known, without building facts."""
        for name, (row, _) in self._rows.items():
            output = _output(row)
            if output:
                yield name, row.get("source", "syscall"), output

    def _build(self, name: str, row: dict[str, Any], version: str) -> RuleFacts:
        tags = tuple(row.get("tags", ()))
        techniques, tactics, invalid = (self._attack or attack_table()).from_tags(tags)
        fields = row.get("fields") or list(dict.fromkeys(field for _, field in row.get("pairs", ())))
        return RuleFacts(
            name=name,
            source=row.get("source", "syscall"),
            priority=cast(FalcoPriority | None, row.get("priority")),
            description=self._descriptions.get(name),
            output=_output(row),
            tags=tags,
            maturity=row.get("maturity"),
            techniques=techniques,
            tactics=tactics,
            invalid_tags=invalid,
            event_types=tuple(row.get("events", ())),
            output_fields=tuple(fields),
            tuning=tuple(
                TuningPoint(kind=kind, name=point, field=field, empty=empty, file=row.get("file"))
                for kind, point, field, empty in row.get("tuning", ())
            ),
            exceptions=tuple(
                RuleException(name=exception, fields=tuple(fields), comps=tuple(comps))
                for exception, fields, comps in row.get("exceptions", ())
            ),
            enabled=row.get("enabled", True),
            required_engine_version=row.get("engine"),
            required_plugins=tuple(row.get("plugins", ())),
            origin="catalogue",
            file=row.get("file"),
            catalogue_version=version,
            warnings=() if row.get("enabled", True) else ("the rule is disabled in the upstream files",),
        )


def _output(row: dict[str, Any]) -> str | None:
    """The template, put together from its literal head and its keys."""
    head, pairs = row.get("head"), row.get("pairs", ())
    if head is None:
        return None
    return f"{head} | " + " ".join(f"{key}=%{field}" for key, field in pairs) if pairs else str(head)


def load_catalogue(*parts: dict[str, Any], attack: AttackTable | None = None) -> Catalogue:
    """A catalogue from the contents of its files."""
    return Catalogue(parts, attack=attack)


@lru_cache(maxsize=1)
def shipped_catalogue() -> Catalogue:
    """The shipped catalogue, read on first use."""
    folder = files("explainer").joinpath("data/catalogue")

    def load(name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(folder.joinpath(name).read_text(encoding="utf-8"))
        return content

    return Catalogue(map(load, _FILES), descriptions=load("descriptions.json"))
