"""The order of things, once: look up, ask, repair, fall back, verify. A generator that does no I/O.

A driver runs it::

    flow = explain_flow(plan)
    step = next(flow)
    while True:
        step = flow.send(answer_to(step))      # or flow.throw(error) for a BackendError
    # StopIteration.value is the Report
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from pydantic import ValidationError

from explainer.errors import BackendError, BudgetError, ConfigError, ExplainerError, RedactionRefused
from explainer.prompting.build import CountTokens, build_prompt, build_repair
from explainer.redaction import Guard
from explainer.schema.enriched import EnrichedAlert, Group
from explainer.schema.exchange import ModelReply, ModelRequest, Usage
from explainer.schema.prompt import BuiltPrompt, PromptTemplate
from explainer.schema.report import Draft, Provenance, Report
from explainer.verify import knowledge_report, parse_draft, verify_draft


@dataclass(frozen=True)
class Lookup:
    """Is there an answer to this request already? Send the cached text, or None."""

    key: str


@dataclass(frozen=True)
class Ask:
    """Ask the model. Send the ModelReply, or throw the BackendError."""

    request: ModelRequest


@dataclass(frozen=True)
class Keep:
    """Keep this answer for the next equal request. Send None."""

    key: str
    text: str


Step = Lookup | Ask | Keep
Flow = Generator[Step, "ModelReply | str | None", Report]


@dataclass(frozen=True)
class Plan:
    """Everything that shapes one explanation."""

    enriched: EnrichedAlert
    group: Group
    provenance: Provenance
    """With product, backend, model asked and hashes filled in."""
    template: PromptTemplate | None = None
    """None: rule knowledge alone."""
    repair: PromptTemplate | None = None
    count_tokens: CountTokens = lambda text: (len(text), False)
    max_input_tokens: int | None = None
    max_output_tokens: int = 1200
    temperature: float = 0.0
    seed: int | None = 7
    max_cost_usd: float | None = None
    estimate_cost: Callable[[str | None, Usage], float | None] = lambda _model, _usage: None
    model: str | None = None
    endpoint: str = ""
    """What else tells two models of one name apart: part of the cache key."""
    cache: bool = True
    require_model: bool = False
    guard: Guard | None = None
    """Stand-ins for identities, and the last look at what is sent; None: the request leaves as it is."""
    wire: Callable[[ModelRequest], bytes] = lambda request: json.dumps(request.model_dump(mode="json")).encode()
    """The very bytes of a request's body, as the backend would send them."""
    notes: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class Prepared:
    """A request, its prompt and what it would cost at most."""

    prompt: BuiltPrompt
    request: ModelRequest
    cost_usd: float | None
    wire: bytes = b""
    """The body as it would be sent."""


def prepare(plan: Plan) -> Prepared:
    """Build the request that would be sent. Sends nothing.

    Raises:
        BudgetError: over ``max_input_tokens`` or ``max_cost_usd``, or the price is unknown and a cost limit is set.
        ConfigError: no model is configured. PromptError: the prompt does not fit.
        RedactionRefused: an identity or a secret is left in it.
    """
    if plan.template is None:
        raise ConfigError("rule knowledge alone sends no request", hint="choose a model: --base-url, --backend local")
    prompt = build_prompt(
        plan.guard.enriched if plan.guard else plan.enriched,
        plan.template,
        count_tokens=plan.count_tokens,
        max_input_tokens=plan.max_input_tokens,
        count=plan.group.count,
    )
    if plan.guard is not None:
        prompt = plan.guard.noted(prompt)
    cost = plan.estimate_cost(plan.model, Usage(input_tokens=prompt.input_tokens, output_tokens=plan.max_output_tokens))
    if plan.max_cost_usd is not None:
        if cost is None:
            raise BudgetError(
                f"no price is known for the model {plan.model or 'asked'}, and a cost limit is set",
                hint="add the price to the settings, or leave out --max-cost",
            )
        if cost > plan.max_cost_usd:
            raise BudgetError(
                f"the request may cost {cost:.4f} USD and {plan.max_cost_usd:.4f} are allowed", hint="raise --max-cost"
            )
    request = _request(plan, prompt)
    return Prepared(prompt, request, cost, _looked_at(plan, request))


def _looked_at(plan: Plan, request: ModelRequest) -> bytes:
    wire = plan.wire(request)
    if plan.guard is not None:
        bodies = [template.body for template in (plan.template, plan.repair) if template is not None]
        plan.guard.check(wire, "\n".join(bodies))
    return wire


def explain_flow(plan: Plan, ready: Prepared | None = None) -> Flow:
    """Explain one group of alike alerts.

    Args:
        plan: what shapes the explanation.
        ready: what ``prepare(plan)`` gave, where the same plan is followed again and again.

    Raises:
        BackendError, BudgetError: only with ``require_model``; otherwise knowledge answers and says why.
        ReplayMiss: always; a missing recording is a fault of the run, not of the model.
    """
    if plan.template is None:
        return knowledge_report(plan.enriched, plan.group, plan.provenance)
    prepared = ready
    try:
        prepared = prepared or prepare(plan)
        answer = yield from _answer(plan, prepared)
    except (BackendError, BudgetError) as error:
        if plan.require_model:
            raise
        return _degraded(plan, _reason(error), _asked(plan, prepared) if prepared else None)
    draft, reply, repaired = answer
    provenance = _provenance(plan, prepared, reply, repaired=repaired)
    if draft is None:
        if plan.require_model:
            raise BackendError(
                "the model's answer could not be read, not even after one repair", hint="try a larger model"
            )
        return _degraded(plan, "the model's answer could not be read, not even after one repair", provenance)
    return verify_draft(plan.enriched, plan.group, draft, provenance)


def _answer(
    plan: Plan, prepared: Prepared
) -> Generator[Step, ModelReply | str | None, tuple[Draft | None, ModelReply, bool]]:
    # Two servers may give one name to different models: the endpoint belongs to the identity of an answer.
    key = f"{prepared.request.key}:{plan.endpoint}"
    if plan.guard is not None:
        key = f"{key}:{plan.guard.policy.sha256[:16]}"
    if plan.cache and (cached := _cached((yield Lookup(key)))) is not None:
        draft, _ = _read(plan, cached.text)
        if draft is not None:
            return draft, cached.model_copy(update={"from_cache": True}), False
    reply = yield from _ask(prepared.request)
    draft, problems = _read(plan, reply.text)
    repaired = False
    if draft is None and plan.repair is not None:
        prompt = build_repair(plan.repair, prepared.prompt, reply.text, problems, count_tokens=plan.count_tokens)
        again = _request(plan, prompt)
        _looked_at(plan, again)
        second = yield from _ask(again)
        draft, _ = _read(plan, second.text)
        reply, repaired = _sum(reply, second), True
    if draft is not None and plan.cache and reply.finish != "refused":
        yield Keep(key, reply.model_dump_json())
    return draft, reply, repaired


def _read(plan: Plan, text: str) -> tuple[Draft | None, list[str]]:
    """The draft with real names in it: what is verified, and shown, knows no stand-ins."""
    draft, problems = parse_draft(text)
    if draft is not None and plan.guard is not None:
        draft = plan.guard.restored(draft)
    return draft, problems


def _ask(request: ModelRequest) -> Generator[Step, ModelReply | str | None, ModelReply]:
    reply = yield Ask(request)
    if not isinstance(reply, ModelReply):
        raise ExplainerError("the driver sent no reply to Ask")
    return reply


def _cached(value: ModelReply | str | None) -> ModelReply | None:
    if not isinstance(value, str):
        return None
    try:
        return ModelReply.model_validate_json(value)
    except ValidationError:
        # A cache is a convenience: what cannot be read was not there.
        return None


def _sum(first: ModelReply, second: ModelReply) -> ModelReply:
    usage = Usage(
        input_tokens=first.usage.input_tokens + second.usage.input_tokens,
        output_tokens=first.usage.output_tokens + second.usage.output_tokens,
        cached_input_tokens=first.usage.cached_input_tokens + second.usage.cached_input_tokens,
        measured=first.usage.measured and second.usage.measured,
    )
    return second.model_copy(
        update={
            "usage": usage,
            "attempts": first.attempts + second.attempts,
            "latency_ms": first.latency_ms + second.latency_ms,
        }
    )


def _request(plan: Plan, prompt: BuiltPrompt) -> ModelRequest:
    return ModelRequest(
        messages=prompt.messages,
        output_schema=prompt.output_schema,
        model=plan.model,
        temperature=plan.temperature,
        seed=plan.seed,
        max_output_tokens=plan.max_output_tokens,
    )


def _reason(error: ExplainerError) -> str:
    if isinstance(error, RedactionRefused):
        return f"the request was not sent: {error.message}"
    # The message says what happened; a second word for its class would say it again, and sometimes wrongly.
    if isinstance(error, BudgetError):
        return f"no model was asked: {error.message}"
    return f"no usable answer from the model: {error.message}"


def _degraded(plan: Plan, reason: str, provenance: Provenance | None = None) -> Report:
    known = provenance or plan.provenance
    return knowledge_report(
        plan.enriched, plan.group, known.model_copy(update={"origin": "knowledge", "degraded": reason})
    )


def _asked(plan: Plan, prepared: Prepared) -> Provenance:
    return plan.provenance.model_copy(
        update={
            "prompt": prepared.prompt.ref,
            "prompt_sha256": prepared.prompt.sha256,
            "request_hash": prepared.request.key,
        }
    )


def _provenance(plan: Plan, prepared: Prepared, reply: ModelReply, *, repaired: bool) -> Provenance:
    notes = list(plan.provenance.notes)
    if prepared.prompt.trimmed:
        notes.append(f"left out to fit the token budget: {', '.join(prepared.prompt.trimmed)}")
    if reply.finish == "length":
        notes.append("the answer was cut off at the token limit")
    if plan.model and reply.model and not _same_model(plan.model, reply.model):
        notes.append(f"{plan.model} was asked and {reply.model} answered")
    return _asked(plan, prepared).model_copy(
        update={
            "model_answered": reply.model,
            "cache_hit": reply.from_cache,
            "tokens_in": reply.usage.input_tokens or prepared.prompt.input_tokens,
            "tokens_out": reply.usage.output_tokens,
            "tokens_measured": reply.usage.measured,
            "cost_usd": 0.0 if reply.from_cache else plan.estimate_cost(reply.model or plan.model, reply.usage),
            "latency_ms": round(reply.latency_ms, 1),
            "attempts": reply.attempts,
            "structured": reply.structured,
            "repaired": repaired,
            "notes": tuple(notes),
        }
    )


def _same_model(asked: str, answered: str) -> bool:
    """Whether two names may mean one model: servers add dates and tags, and leave out owners and folders."""
    one, other = (name.casefold().rstrip("/").rsplit("/", 1)[-1].removesuffix(":latest") for name in (asked, answered))
    return one.startswith(other) or other.startswith(one)
