"""Asks for the answers of a run: the product's own flow, a few at a time, each written down as soon as it is there."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from explainer.errors import (
    BackendError,
    BackendRateLimited,
    BackendTimeout,
    BackendUnavailable,
    BudgetError,
    ReplayMiss,
)
from explainer.evaluation.answering import view
from explainer.evaluation.case import LoadedCase
from explainer.evaluation.events import EventLog
from explainer.evaluation.materials import Kit, Materials
from explainer.evaluation.samples import Asked, Generated, Kept, Outcome, sample_key
from explainer.evaluation.suite import Target
from explainer.flow import Ask, Plan, Prepared, explain_flow, prepare
from explainer.schema.exchange import ModelReply, ModelRequest
from explainer.schema.report import Draft, Report
from explainer.verify import parse_draft

UNREACHABLE_LIMIT = 4
"""So many answers in a row fail because nobody is there, and none ever came: the rest is not tried."""


@dataclass(frozen=True)
class Miss:
    """A request without a recording."""

    key: str
    target: str
    case: str
    epoch: int
    hint: str


@dataclass
class Exchange:
    """What went over the line for one answer."""

    requests: list[ModelRequest] = field(default_factory=list)
    replies: list[ModelReply] = field(default_factory=list)
    error: BackendError | None = None
    first: ModelReply | BackendError | None = None
    """What the first request led to, when it was made ahead of the flow."""


SEED = 7
"""Of the first repetition."""


@dataclass
class Lane:
    """One target at work."""

    target: Target
    kit: Kit
    prompt_sha256: str | None = None
    plans: dict[str, Plan] = field(default_factory=dict)
    temperature: float = 0.0
    prepared: dict[str, Prepared] = field(default_factory=dict)
    """Prompt and first request of each case: but for the seed the same in every repetition."""
    known: dict[tuple[str, str, str, str], tuple[Draft | None, str]] = field(default_factory=dict)
    """What an answer to a case led to: equal answers lead to equal reports."""
    keys: set[str] = field(default_factory=set)
    failed: int = 0
    answered: bool = False

    @property
    def unreachable(self) -> bool:
        """Nobody is there, and never was."""
        return not self.answered and self.failed >= UNREACHABLE_LIMIT


@dataclass(frozen=True)
class Job:
    """One answer to ask for."""

    lane: Lane
    case: LoadedCase
    epoch: int

    @property
    def key(self) -> str:
        """See ``sample_key``."""
        return sample_key(self.lane.target.id, self.case.case.id, self.epoch)


async def drive(plan: Plan, backend: object, deadline: float, seen: Exchange, ready: Prepared | None = None) -> Report:
    """Run the flow of one explanation and watch what goes over the line.

    Raises:
        ReplayMiss: there is no recording.
    """
    flow = explain_flow(plan, ready)
    ends = time.monotonic() + deadline
    try:
        step = next(flow)
        while True:
            if not isinstance(step, Ask):
                step = flow.send(None)  # no cache: a repetition that is looked up is none
                continue
            seen.requests.append(step.request)
            try:
                reply = _given(seen) or await _ask(backend, step.request, ends)
            except BackendError as error:
                seen.error = error
                step = flow.throw(error)
            else:
                seen.replies.append(reply)
                step = flow.send(reply)
    except StopIteration as stop:
        report: Report = stop.value
        return report
    finally:
        flow.close()


def _given(seen: Exchange) -> ModelReply | None:
    first, seen.first = seen.first, None
    if isinstance(first, BackendError):
        raise first
    return first


async def _ask(backend: object, request: ModelRequest, ends: float) -> ModelReply:
    left = ends - time.monotonic()
    if left <= 0:
        raise BackendTimeout("the deadline has passed", hint="raise --deadline")
    reply: ModelReply = await backend.acomplete(request, deadline=left)  # type: ignore[attr-defined]
    return reply


class Generator:
    """Works through the jobs of a run."""

    def __init__(
        self,
        materials: Materials,
        log: EventLog,
        *,
        jobs: int,
        kept: Iterable[str] = (),
        asked: Iterable[tuple[str, str]] = (),
        on_sample: Callable[[Generated], None] = lambda _sample: None,
    ) -> None:
        """Make a generator.

        Args:
            materials: of the cases.
            log: where events go.
            jobs: answers at the same time.
            kept: ids of reports that the log holds already.
            asked: targets and cases whose prompts the log holds already.
            on_sample: told of each answer.
        """
        self._materials = materials
        self._log = log
        self._jobs = max(1, jobs)
        self._kept = set(kept)
        self._asked = set(asked)
        self._on_sample = on_sample
        self.misses: list[Miss] = []
        self.skipped = 0
        """Jobs that were not tried, because nobody was there."""

    def run(self, jobs: Iterable[Job]) -> None:
        """Do all jobs; on Ctrl-C what runs is cancelled and what is done stays."""
        asyncio.run(self._run(iter(jobs)))

    async def _run(self, jobs: Iterator[Job]) -> None:
        workers = [asyncio.create_task(self._work(jobs)) for _ in range(self._jobs)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, jobs: Iterator[Job]) -> None:
        for job in jobs:
            if job.lane.unreachable:
                self.skipped += 1
                continue
            try:
                sample = await self._sample(job)
            except ReplayMiss as miss:
                case = job.case.case.id
                self.misses.append(Miss(miss.key, job.lane.target.id, case, job.epoch, miss.hint or ""))
                continue
            self._log.add(sample)
            self._on_sample(sample)
            # Answers that come at once never let the loop look at Ctrl-C.
            await asyncio.sleep(0)

    async def _sample(self, job: Job) -> Generated:
        lane, case = job.lane, job.case.case.id
        began = time.monotonic()
        plan = self._plan(lane, job.case)
        if plan.template is None:
            report = await drive(plan, None, lane.kit.settings.deadline, Exchange())
            return self._made(job, "answered", Exchange(), None, self._keep(report), began)
        labels = {"case": case, "prompt": lane.target.prompt, "prompt_sha256": lane.prompt_sha256}
        backend = view(lane.kit.backend, job.epoch, labels)  # type: ignore[arg-type]
        seen, deadline = Exchange(), lane.kit.settings.deadline
        # A seed of its own for each repetition: at the same seed a model says the same again, whatever the temperature.
        plan = replace(plan, seed=SEED + job.epoch)
        ready = lane.prepared.get(case)
        if ready is not None and job.epoch:
            ready = replace(ready, request=ready.request.model_copy(update={"seed": plan.seed}))
        if ready is not None:
            # Ahead of the flow: what an equal answer led to need not be verified once more.
            first = ready.request
            lane.keys.add(first.key)
            try:
                seen.first = reply = await _ask(backend, first, time.monotonic() + deadline)
            except BackendError as error:
                seen.first = error
            else:
                if (known := lane.known.get(_identity(case, reply))) is not None:
                    seen.requests.append(first)
                    seen.replies.append(reply)
                    lane.answered = True
                    return self._made(job, "answered", seen, *known, began)
        report = await drive(plan, backend, deadline, seen, ready)
        return self._judged(job, seen, report, began)

    def _judged(self, job: Job, seen: Exchange, report: Report, began: float) -> Generated:
        lane, case = job.lane, job.case.case.id
        lane.keys.update(request.key for request in seen.requests)
        draft = parse_draft(seen.replies[-1].text)[0] if seen.replies else None
        outcome: Outcome = "answered"
        if seen.error is not None and not seen.error.answered:
            outcome = "throttled" if isinstance(seen.error, BackendRateLimited) else "error"
            lane.failed += isinstance(seen.error, BackendUnavailable)
            draft, kept = None, None
        elif not seen.requests:
            # A budget refused the prompt; the flow says why.
            outcome, draft, kept = "error", None, None
        else:
            lane.answered = True
            outcome = "answered" if draft is not None and seen.error is None else "unparsable"
            draft = draft if outcome == "answered" else None
            kept = self._keep(report)
            if outcome == "answered" and len(seen.replies) == 1:
                lane.known[_identity(case, seen.replies[0])] = (draft, kept)
        reason = "" if outcome == "answered" else (report.provenance.degraded or "")
        return self._made(job, outcome, seen, draft, kept, began, reason)

    def _made(
        self,
        job: Job,
        outcome: Outcome,
        seen: Exchange,
        draft: Draft | None,
        report: str | None,
        began: float,
        reason: str = "",
    ) -> Generated:
        replies, last = seen.replies, seen.replies[-1] if seen.replies else None
        costs = [_cost(job.lane, reply) for reply in replies]
        return Generated(
            key=job.key,
            target=job.lane.target.id,
            case=job.case.case.id,
            epoch=job.epoch,
            outcome=outcome,
            error=type(seen.error).__name__ if seen.error else "",
            reason=reason,
            requests=tuple(request.key for request in seen.requests),
            replies=tuple(reply.text for reply in replies),
            draft=draft,
            report=report,
            model_answered=last.model if last else None,
            tokens_in=sum(reply.usage.input_tokens for reply in replies),
            tokens_out=sum(reply.usage.output_tokens for reply in replies),
            tokens_measured=bool(replies) and all(reply.usage.measured for reply in replies),
            cost_usd=None if None in costs or not costs else sum(cost for cost in costs if cost is not None),
            latency_ms=round(sum(reply.latency_ms for reply in replies), 1),
            attempts=sum(reply.attempts for reply in replies),
            finish=last.finish if last else "",
            seconds=round(time.monotonic() - began, 4),
        )

    def _plan(self, lane: Lane, loaded: LoadedCase) -> Plan:
        case = loaded.case.id
        plan = lane.plans.get(case)
        if plan is None:
            plan = lane.kit.plan(self._materials.of(loaded).group)
            plan = replace(plan, cache=False, require_model=False, temperature=lane.temperature, seed=SEED)
            lane.plans[case] = plan
            if plan.template is not None:
                self._prepare(lane, case, plan)
        return plan

    def _prepare(self, lane: Lane, case: str, plan: Plan) -> None:
        try:
            lane.prepared[case] = prepare(plan)
        except BudgetError:
            return  # the sample says so
        if (lane.target.id, case) not in self._asked:
            request = lane.prepared[case].request
            self._asked.add((lane.target.id, case))
            self._log.add(Asked(target=lane.target.id, case=case, request=request.key, messages=request.messages))

    def _keep(self, report: Report) -> str:
        """The report's id; it is written once. What only this answer has (times, tokens) is no part of its identity."""
        plain = report.provenance.model_copy(
            update={"latency_ms": None, "tokens_in": None, "tokens_out": None, "cost_usd": None, "attempts": 0}
        )
        report = report.model_copy(update={"provenance": plain})
        name = hashlib.sha256(report.model_dump_json().encode("utf-8", "backslashreplace")).hexdigest()[:32]
        if name not in self._kept:
            self._kept.add(name)
            self._log.add(Kept(id=name, report=report))
        return name


def _cost(lane: Lane, reply: ModelReply) -> float | None:
    """What an answer cost; of a recorded one: when it was recorded."""
    if reply.cost_usd is not None or lane.target.recordings:
        return reply.cost_usd
    return lane.kit.cost(reply.model or lane.target.model, reply.usage)


def _identity(case: str, reply: ModelReply) -> tuple[str, str, str, str]:
    return (
        case,
        hashlib.sha256(reply.text.encode("utf-8", "backslashreplace")).hexdigest(),
        reply.finish,
        reply.model or "",
    )
