"""What `explainer rules show` prints: the page that an engineer wants about a rule."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from explainer.enrich.condition import ConditionError, parse_condition
from explainer.enrich.condition_layout import layout_condition
from explainer.enrich.describe import composed
from explainer.schema.knowledge import KnowledgeEntry
from explainer.schema.rule import RuleFacts, TuningPoint

_NO_CONDITION = (
    "Not shipped: the catalogue holds facts of the upstream rules and not their text. "
    "Give your rule files (--rules /etc/falco) to see it here, with macros and lists put in place."
)
_SHOWN_ITEMS = 8


def rule_page(facts: RuleFacts, entry: KnowledgeEntry | None, width: int = 100) -> str:
    """The whole page as text, sections without content left out.

    Args:
        facts: the rule.
        entry: what people know about it.
        width: columns of a line.
    """
    sections = (
        ("What it looks for", list(_about(facts, entry, width))),
        ("Fires when", list(_condition(facts, width))),
        ("Fires when, with macros, lists and exceptions put in place", list(_expanded(facts, width))),
        ("Prints", list(_output(facts, width))),
        ("Quietened by", [line for point in facts.tuning for line in _point(point, width)]),
        ("Exceptions", list(_exceptions(facts, width))),
        ("ATT&CK and tags", list(_tags(facts, width))),
        ("What may be behind it", list(_causes(entry, width))),
        ("To note", [line for text in facts.warnings for line in _bullet(text, width)]),
    )
    lines = [facts.name, "=" * len(facts.name), *_head(facts, width)]
    for title, content in sections:
        if content:
            lines += ["", title, *(f"  {line}" if line else "" for line in content)]
    return "\n".join(lines) + "\n"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), width - 2, break_long_words=False, break_on_hyphens=False)


def _bullet(text: str, width: int) -> list[str]:
    first, *rest = _wrapped(text, width - 2)
    return [f"- {first}", *(f"  {line}" for line in rest)]


def _head(facts: RuleFacts, width: int) -> Iterator[str]:
    state = "enabled" if facts.enabled else "switched off in its file"
    yield " · ".join(part for part in (facts.priority, f"source {facts.source}", facts.maturity, state) if part)
    if facts.origin == "rules_file":
        place = f"{facts.file}:{facts.line}"
    else:
        place = f"the shipped catalogue ({', '.join(filter(None, (facts.file, facts.catalogue_version)))})"
    rows = [("From", place), ("Changed in", ", ".join(facts.overridden_in))]
    rows.append(("Needs", ", ".join(_needs(facts))))
    for label, text in rows:
        if text:
            yield from textwrap.wrap(
                f"{label}: {text}", width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
            )


def _needs(facts: RuleFacts) -> Iterator[str]:
    if facts.required_engine_version:
        yield f"engine {facts.required_engine_version}"
    yield from facts.required_plugins


def _about(facts: RuleFacts, entry: KnowledgeEntry | None, width: int) -> Iterator[str]:
    yield from _wrapped(facts.description or composed(facts), width)
    if entry is not None and entry.title != facts.name:
        yield from _wrapped(f"In reports: {entry.title}.", width)


def _condition(facts: RuleFacts, width: int) -> Iterator[str]:
    if facts.condition:
        yield from _laid_out(facts.condition, width)
        return
    if facts.event_types:
        yield from _wrapped(f"On {', '.join(facts.event_types)}.", width)
    yield from _wrapped(_NO_CONDITION, width)


def _expanded(facts: RuleFacts, width: int) -> Iterator[str]:
    expanded = facts.condition_expanded
    if expanded and expanded != facts.condition:
        yield from _laid_out(expanded, width)
        if facts.event_types:
            yield ""
            yield from _wrapped(f"So it can fire on {', '.join(facts.event_types)} only.", width)


def _laid_out(text: str, width: int) -> list[str]:
    try:
        return layout_condition(parse_condition(text), width - 2).split("\n")
    except ConditionError:
        # Falco reads a little more than we do; what cannot be taken apart is shown as it stands.
        return _wrapped(text, width)


def _output(facts: RuleFacts, width: int) -> Iterator[str]:
    if facts.output:
        yield from _wrapped(facts.output, width)
    elif facts.output_fields:
        yield from _wrapped(f"The fields {', '.join(facts.output_fields)}.", width)


def _point(point: TuningPoint, width: int) -> list[str]:
    parts = [f"{point.kind} {point.name}"]
    if point.field:
        parts.append(f"compared with {point.field}")
    if point.empty:
        parts.append("ships empty, so it excludes nothing until you fill it")
    elif point.condition:
        parts.append(point.condition)
    elif point.items:
        more = ", …" if len(point.items) > _SHOWN_ITEMS else ""
        parts.append(f"holds {', '.join(point.items[:_SHOWN_ITEMS])}{more}")
    if point.file and point.line:
        parts.append(f"{point.file}:{point.line}")
    return _bullet("; ".join(parts), width)


def _exceptions(facts: RuleFacts, width: int) -> Iterator[str]:
    for one in facts.exceptions:
        pairs = zip(one.fields, one.comps or ("in",) * len(one.fields), strict=False)
        compared = ", ".join(f"{field} {comp}" for field, comp in pairs)
        yield from _bullet(f"{one.name}: {compared}" if compared else one.name, width)


def _tags(facts: RuleFacts, width: int) -> Iterator[str]:
    named = ", ".join(f"{one.id} {one.name}" for one in facts.techniques)
    tactics = ", ".join(tactic.replace("_", " ") for tactic in facts.tactics)
    for text in (
        named,
        f"Tactics: {tactics}" if tactics else "",
        f"Tags: {', '.join(facts.tags)}" if facts.tags else "",
    ):
        yield from _wrapped(text, width)


def _causes(entry: KnowledgeEntry | None, width: int) -> Iterator[str]:
    if entry is None:
        yield from _wrapped("No knowledge entry covers it: reports rest on the alert and on the rule itself.", width)
        return
    for one in entry.hypotheses:
        yield from _bullet(f"{one.verdict}: {one.title}", width)
    yield from _wrapped(
        f"Reviewed {entry.reviewed.isoformat()}; `explainer knowledge show` prints the signs that tell them apart.",
        width,
    )
