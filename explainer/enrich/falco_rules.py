"""Falco rule files into facts, with the meaning that Falco itself gives them (docs: falco.org/docs/concepts/rules)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from explainer.enrich.attack import AttackTable, attack_table
from explainer.enrich.condition import Expr, format_condition
from explainer.enrich.falco_definitions import RuleDef
from explainer.enrich.falco_exceptions import compile_exceptions, values_json
from explainer.enrich.falco_expand import Expander, event_types, required_macros
from explainer.enrich.falco_items import Collector
from explainer.schema.node import RulesFile
from explainer.schema.rule import RuleException, RuleFacts, RuleSet

_OUTPUT_FIELD = re.compile(r"%(?:[a-z0-9]+\()*([a-zA-Z]\w*(?:\.[a-zA-Z]\w*)+(?:\[[^\]\s]+\])?)", re.ASCII)
_MATURITY = "maturity_"
_CONTAINER_INFO = "%container.info"


def load_rules(files: Iterable[RulesFile], *, attack: AttackTable | None = None) -> RuleSet:
    """All rules of the files, merged in order, with macros, lists and exceptions put in place.

    Args:
        files: read files in Falco's order (``explainer.store.files.read_rules``); the whole chain, because a local file
            refers to lists and macros of the files before it.
        attack: the table that tags are read with; the shipped one by default.

    Raises:
        RulesError: what Falco would refuse, at ``path:line:column``, with what to do.
    """
    table = attack or attack_table()
    read = list(files)
    collector = Collector()
    for file in read:
        collector.add(file)
    expander = Expander(collector.lists, collector.macros)
    # Falco compiles macros whether a rule uses them or not, and refuses the file for a broken one.
    expander.check_macros()
    own = {name: expander.parse(rule, f"the rule {name!r}") for name, rule in collector.rules.items()}
    predicates = required_macros(own.values())
    rules = {name: _facts(rule, own[name], predicates, expander, table) for name, rule in collector.rules.items()}
    digest = hashlib.sha256("\n".join(file.sha256 for file in read).encode()).hexdigest()
    return RuleSet(
        rules=rules,
        files=tuple(file.path for file in read),
        sha256=digest if read else "",
        warnings=tuple(collector.warnings),
    )


def output_fields(output: str) -> tuple[str, ...]:
    """Fields that an output template prints, in order, each once."""
    return tuple(dict.fromkeys(_OUTPUT_FIELD.findall(output.replace(_CONTAINER_INFO, ""))))


def maturity_of(tags: Iterable[str]) -> str | None:
    """``stable`` from ``maturity_stable``; None for rules that carry no such tag."""
    return next((tag[len(_MATURITY) :] for tag in tags if tag.startswith(_MATURITY)), None)


def _facts(rule: RuleDef, own: Expr, predicates: frozenset[str], expander: Expander, table: AttackTable) -> RuleFacts:
    expanded = expander.expand(compile_exceptions(own, rule.exceptions), rule, f"the rule {rule.name!r}")
    techniques, tactics, invalid = table.from_tags(rule.tags)
    output = " ".join(rule.output.replace(_CONTAINER_INFO, "").split())
    return RuleFacts(
        name=rule.name,
        source=rule.source,
        priority=rule.priority,
        description=" ".join(rule.desc.split()),
        condition=" ".join(rule.condition.split()),
        condition_expanded=format_condition(expanded),
        output=output,
        tags=tuple(rule.tags),
        maturity=maturity_of(rule.tags),
        techniques=techniques,
        tactics=tactics,
        invalid_tags=invalid,
        event_types=event_types(expanded),
        output_fields=output_fields(output),
        tuning=expander.tuning(own, predicates),
        exceptions=tuple(
            RuleException(
                name=exception.name,
                fields=exception.fields,
                comps=exception.comps,
                values=values_json(exception.values) if exception.values else None,
            )
            for exception in rule.exceptions
        ),
        enabled=rule.enabled,
        required_engine_version=rule.engine,
        required_plugins=rule.plugins,
        origin="rules_file",
        file=rule.place.path,
        line=rule.place.line,
        overridden_in=tuple(rule.changed),
        warnings=_warnings(rule),
    )


def _warnings(rule: RuleDef) -> tuple[str, ...]:
    found = list(rule.warnings)
    if not rule.enabled:
        found.append("the rule is disabled in the loaded files")
    if _CONTAINER_INFO in rule.output:
        found.append("%container.info in the output is deprecated and prints nothing")
    return tuple(found)
