"""Falco YAML that silences one verified cause, built from the alert's own values; nothing too broad or unsafe."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import JsonValue

from explainer.enrich.condition import ConditionError, evaluate, fields_of, parse_condition
from explainer.enrich.condition_ast import format_value
from explainer.enrich.hypotheses import condition
from explainer.enrich.origins import family
from explainer.enrich.texts import PLACEHOLDER, as_text, fill_text, fits_command
from explainer.enrich.view import Fields
from explainer.schema.knowledge import KnowledgeEntry, Tuning
from explainer.schema.rule import RuleFacts

# Chosen by whoever starts the process, or true of half a site: no exception may rest on these alone.
_WEAK = frozenset({"process name", "parent name", "user.name", "user.uid", "user.loginuid", "proc.tty", "evt.type"})
_LIST_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_MACRO_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_RUNS_OUT = re.compile(r"[\"'\\`]|%\{|\$\(")
_BREAKS_BARE = re.compile(r"[=,]")
_WIDE = re.compile(r"[/*.?\s]*")
_COMMENT = "# Own rules file, loaded after Falco's: a file under rules.d or customRules, never falco_rules.yaml."


@dataclass(frozen=True, slots=True)
class Built:
    """A tuning step that can be offered."""

    tuning: Tuning
    title: str
    why: str
    caution: str
    config: str


def build_tuning(entry: KnowledgeEntry, rule: RuleFacts | None, fields: Fields, leading: str | None) -> Iterable[Built]:
    """The steps that fit the leading hypothesis and can be built from this alert."""
    name = (rule.name if rule else None) or entry.rule
    for tuning in entry.tuning:
        if tuning.hypothesis is not None and tuning.hypothesis != leading:
            continue
        if tuning.requires is not None:
            expr = condition(tuning.requires)
            if expr is None or evaluate(expr, fields) is not True:
                continue
        config = build_yaml(tuning, name, rule, fields)
        if config is not None:
            yield Built(
                tuning,
                fill_text(tuning.title, fields),
                fill_text(tuning.why, fields),
                fill_text(tuning.caution, fields),
                config,
            )


def build_yaml(tuning: Tuning, rule_name: str | None, rule: RuleFacts | None, fields: Fields) -> str | None:
    """The YAML of one tuning step, or None when it cannot be built safely.

    None when a value is missing or looks hostile, when the result would rest on fewer than two independent fields, or
    on names that an attacker chooses. A list is compared by the rule together with the rest of its condition, so one
    field is enough there, but never a process name alone.
    """
    if tuning.kind == "exception":
        body = _exception(tuning, rule_name, fields)
    elif tuning.kind == "list":
        body = _list(tuning, rule, fields)
    else:
        body = _macro(tuning, fields)
    return None if body is None else "\n".join((_COMMENT, *body)) + "\n"


def _exception(tuning: Tuning, rule_name: str | None, fields: Fields) -> list[str] | None:
    comps = tuning.comps or ("=",) * len(tuning.fields)
    if not (rule_name and tuning.exception and len(tuning.fields) == len(comps) == len(tuning.values)):
        return None
    if not _narrow(tuning.fields):
        return None
    row: list[str] = []
    for operator, value in zip(comps, tuning.values, strict=True):
        items = [_value(item, fields) for item in (value if isinstance(value, list) else [value])]
        if not items or any(item is None or _too_wide(operator, item) for item in items):
            return None
        scalars = [_scalar(item) for item in items if item is not None]
        row.append(f"[{', '.join(scalars)}]" if isinstance(value, list) else scalars[0])
    return [
        f"- rule: {_scalar(rule_name)}",
        "  exceptions:",
        f"    - name: {_scalar(tuning.exception)}",
        f"      fields: [{', '.join(_scalar(name) for name in tuning.fields)}]",
        f"      comps: [{', '.join(_scalar(name) for name in comps)}]",
        "      values:",
        f"        - [{', '.join(row)}]",
        "  override:",
        "    exceptions: append",
    ]


def _list(tuning: Tuning, rule: RuleFacts | None, fields: Fields) -> list[str] | None:
    if not tuning.list or not _LIST_NAME.fullmatch(tuning.list) or not tuning.items:
        return None
    compared = (
        next((p.field for p in rule.tuning if p.kind == "list" and p.name == tuning.list), None) if rule else None
    )
    if compared is not None and family(compared) in _WEAK:
        return None
    items = [_value(item, fields) for item in tuning.items]
    if any(item is None or _too_wide("=", item) for item in items):
        return None
    if compared is None and not all("/" in (item or "") or " " in (item or "") for item in items):
        # Bare words in a list that nobody knows are process names as a rule.
        return None
    return [
        f"- list: {tuning.list}",
        f"  items: [{', '.join(_scalar(item) for item in items if item is not None)}]",
        "  override:",
        "    items: append",
    ]


def _macro(tuning: Tuning, fields: Fields) -> list[str] | None:
    if not tuning.macro or not _MACRO_NAME.fullmatch(tuning.macro) or not tuning.condition:
        return None
    out, at = [], 0
    for match in PLACEHOLDER.finditer(tuning.condition):
        value = _value(match[0], fields)
        if value is None or _too_wide("=", value):
            return None
        out += [tuning.condition[at : match.start()], format_value(value)]
        at = match.end()
    text = " ".join("".join((*out, tuning.condition[at:])).split())
    bare = re.sub(r"^or\b", "", text).strip()
    try:
        expr = parse_condition(bare)
    except ConditionError:
        return None
    if not _narrow(fields_of(expr)):
        return None
    return [
        f"- macro: {tuning.macro}",
        f"  condition: {_scalar(f'or ({bare})')}",
        "  override:",
        "    condition: append",
    ]


def _narrow(names: Iterable[str]) -> bool:
    families = {family(name) for name in names}
    return len(families) >= 2 and bool(families - _WEAK)


def _value(item: JsonValue, fields: Fields) -> str | None:
    """One literal, with the alert's value in it; None when that is missing or must not stand in a rule file."""
    text = as_text(item)
    out, at = [], 0
    for match in PLACEHOLDER.finditer(text):
        value = fields.get(match[1])
        if value is None or isinstance(value, list | dict):
            return None
        filled = as_text(value)
        # Falco quotes values that hold blanks, and escapes nothing: a quote in the value would end it.
        if not fits_command(match[1], filled) or _RUNS_OUT.search(filled):
            return None
        out += [text[at : match.start()], filled]
        at = match.end()
    text = "".join((*out, text[at:]))
    if not text or (_BREAKS_BARE.search(text) and " " not in text):
        return None
    return text


def _too_wide(operator: str, value: str | None) -> bool:
    if value is None or _WIDE.fullmatch(value):
        return True
    if operator.split()[0] in {"startswith", "endswith", "contains", "icontains", "glob", "pmatch", "bcontains"}:
        return len(value.strip("*/. ")) < 3
    return False


def _scalar(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
