"""From an enriched alert to the messages that are sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from explainer.errors import BudgetError
from explainer.prompting.answer import answer_schema
from explainer.prompting.budget import Material, cut_value, trim_steps
from explainer.prompting.inert import capped, line, plain
from explainer.prompting.template import render_template
from explainer.schema.enriched import EnrichedAlert
from explainer.schema.exchange import Message
from explainer.schema.prompt import BuiltPrompt, PromptTemplate
from explainer.schema.report import Claim, HypothesisView

CountTokens = Callable[[str], tuple[int, bool]]
"""Text to (tokens, measured?)."""

# Chat templates wrap each message in a handful of control tokens.
MESSAGE_OVERHEAD = 8
COMPACT_EVIDENCE = 16
COMPACT_ACTIONS = 8
ANSWER_LIMIT = 6000


def build_prompt(
    enriched: EnrichedAlert,
    template: PromptTemplate,
    *,
    count_tokens: CountTokens,
    max_input_tokens: int | None = None,
    count: int = 1,
) -> BuiltPrompt:
    """Fill the template and trim it to the budget.

    Args:
        enriched: the alert with its evidence.
        template: the prompt version.
        count_tokens: counts, or over-estimates, the tokens of a text.
        max_input_tokens: None for no limit.
        count: how many alike alerts the group holds.

    Raises:
        BudgetError: what may not be trimmed is already too long.
        PromptError: the template does not fit these variables.
    """
    material = _material(enriched, compact=template.compact)
    built = _fill(enriched, template, material, count, count_tokens, ())
    if max_input_tokens is None or built.input_tokens <= max_input_tokens:
        return built
    gone: list[str] = []
    for name, smaller in trim_steps(material):
        gone.append(name)
        built = _fill(enriched, template, smaller, count, count_tokens, tuple(gone))
        if built.input_tokens <= max_input_tokens:
            return built
    raise BudgetError(
        f"the prompt needs {built.input_tokens} tokens and {max_input_tokens} are allowed",
        hint="raise --max-tokens, choose a model with a larger context, or use --prompt explain-compact",
    )


def build_repair(
    template: PromptTemplate,
    original: BuiltPrompt,
    answer: str,
    problems: Sequence[str],
    *,
    count_tokens: CountTokens,
) -> BuiltPrompt:
    """The second and last request: the first conversation, and what was wrong with its answer."""
    asked = render_template(
        template, {"problems": [line(problem) for problem in problems], "answer": answer[:ANSWER_LIMIT]}
    )
    messages = (*original.messages, *asked)
    tokens, measured = _tokens(messages, count_tokens)
    return original.model_copy(
        update={"messages": messages, "input_tokens": tokens, "tokens_measured": measured, "ref": template.ref}
    )


def _material(enriched: EnrichedAlert, *, compact: bool) -> Material:
    # Knowledge evidence reaches the model through the hypotheses, where it stands beside what it speaks for.
    evidence = tuple(cut_value(e) for e in enriched.evidence if e.kind != "knowledge")
    shown = frozenset(e.id for e in evidence)
    telling = tuple(h for h in enriched.hypotheses if h.supports or h.against) or enriched.hypotheses[:3]
    hypotheses = tuple(_citing_only(h, shown) for h in telling)
    actions = enriched.actions
    if compact:
        evidence = evidence[:COMPACT_EVIDENCE]
        hypotheses = hypotheses[:2]
        actions = tuple(a for a in actions if a.stage == "investigate")[:COMPACT_ACTIONS] or actions[:COMPACT_ACTIONS]
    return Material(evidence, hypotheses, actions, enriched.unknowns)


def _citing_only(view: HypothesisView, shown: frozenset[str]) -> HypothesisView:
    # A model copies the ids that it sees: only those that it may cite are put before it.
    def cut(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
        return tuple(c.model_copy(update={"cites": tuple(cite for cite in c.cites if cite in shown)}) for c in claims)

    return view.model_copy(update={"supports": cut(view.supports), "against": cut(view.against)})


def _fill(
    enriched: EnrichedAlert,
    template: PromptTemplate,
    material: Material,
    count: int,
    count_tokens: CountTokens,
    trimmed: tuple[str, ...],
) -> BuiltPrompt:
    alert = enriched.alert
    variables: dict[str, Any] = {
        "rule": {
            "name": capped(alert.rule.name or "unknown rule"),
            "priority": capped(alert.priority or alert.severity_source or "unknown"),
            "source": capped(alert.product.event_source or "unknown"),
            "description": _description(enriched),
            "note": plain(enriched.meaning or enriched.entry or ""),
        },
        # The shorter prompt has paths, titles and explanations outside of strings.
        "evidence": [{**e.model_dump(), "path": line(e.path)} for e in material.evidence],
        "hypotheses": [
            {**h.model_dump(), "title": plain(h.title), "explain": plain(h.explain)} for h in material.hypotheses
        ],
        "actions": [a.model_dump() for a in material.actions],
        "unknowns": [u.model_dump() for u in material.unknowns],
        "assessment": enriched.assessment.model_dump(),
        "count": count,
        "fence": _fence(enriched),
    }
    messages = render_template(template, variables)
    tokens, measured = _tokens(messages, count_tokens)
    schema = answer_schema(
        [e.id for e in material.evidence], [a.id for a in material.actions], compact=template.compact
    )
    return BuiltPrompt(
        messages=messages,
        output_schema=schema,
        ref=template.ref,
        sha256=template.sha256,
        input_tokens=tokens,
        tokens_measured=measured,
        trimmed=trimmed,
    )


def _description(enriched: EnrichedAlert) -> str | None:
    """The rule's own words; of ours only where no entry of ours says it better."""
    facts = enriched.rule
    if facts is None or (facts.origin == "catalogue" and enriched.entry is not None):
        return None
    return facts.description


def _fence(enriched: EnrichedAlert) -> str:
    # Derived from the alert, so that equal inputs give equal prompts, yet no alert can hold the hash of itself.
    digest = hashlib.sha256(enriched.alert.raw_sha256.encode() + enriched.alert.id.encode()).hexdigest()
    return f"-----{digest[:12]}-----"


def _tokens(messages: Sequence[Message], count_tokens: CountTokens) -> tuple[int, bool]:
    counts = [count_tokens(message.content) for message in messages]
    return sum(n + MESSAGE_OVERHEAD for n, _ in counts), all(measured for _, measured in counts)
