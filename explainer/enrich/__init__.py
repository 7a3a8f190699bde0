"""Alert to EnrichedAlert: what is known before, or without, a language model."""

from __future__ import annotations

from explainer.enrich.attack import AttackTable, attack_table
from explainer.enrich.enrich import enrich
from explainer.enrich.group import Grouper, group_alerts
from explainer.enrich.knowledge import Knowledge, load_block, load_entry, needed_blocks, slug

__all__ = [
    "AttackTable",
    "Grouper",
    "Knowledge",
    "attack_table",
    "enrich",
    "group_alerts",
    "load_block",
    "load_entry",
    "needed_blocks",
    "slug",
]
