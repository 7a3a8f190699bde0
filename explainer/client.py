"""The library's two faces, sync and async: small drivers of ``flow``, and the only twin code."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from explainer.equipment import Equipment
from explainer.errors import BackendError, BackendTimeout, ConfigError, InputError
from explainer.flow import Ask, Keep, Lookup, Plan, Prepared, Step, explain_flow, prepare
from explainer.schema.alert import Alert
from explainer.schema.enriched import Group
from explainer.schema.exchange import ModelReply
from explainer.schema.report import Report
from explainer.session import Session, read_alerts
from explainer.settings import Resolved, Settings, load_settings, positive, validated

if TYPE_CHECKING:
    from explainer.backends.base import Backend

log = logging.getLogger("explainer")
log.addHandler(logging.NullHandler())

AlertInput = Alert | Mapping[str, Any] | bytes | bytearray | memoryview | str
Input = AlertInput | Iterable[bytes]
"""An alert input, or the pieces of a stream."""


_ONE = (Alert, Mapping, bytes, bytearray, memoryview, str)


def _workers(concurrency: int | None, settings: Settings) -> int:
    found = positive("concurrency", concurrency, settings.concurrency)
    if not isinstance(found, int):
        raise ConfigError(f"concurrency: must be a whole number, not {found!r}", where="argument")
    return found


class _Client:
    """What both faces share: settings and equipment."""

    def __init__(
        self,
        backend: str | Backend | None = None,
        *,
        settings: Settings | None = None,
        _given: str = "argument",
        **options: Any,
    ) -> None:
        """Make a client.

        Args:
            backend: ``auto``, ``openai``, ``local``, ``knowledge``, ``replay``, or a backend of your own.
            settings: complete settings; then neither the environment nor a settings file is read.
            options: any field of ``Settings``, over the environment and the settings files.

        Raises:
            ConfigError: an unknown option or a value of the wrong form.
        """
        own = None if backend is None or isinstance(backend, str) else backend
        if isinstance(backend, str):
            options["backend"] = backend
        if settings is not None:
            changed = {**settings.model_dump(), **options}
            origins = dict.fromkeys(options, _given)
            resolved = Resolved(validated(changed, origins), origins)
        else:
            resolved = load_settings(options, given=_given)
        self.equipment = Equipment(resolved, own)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.equipment.settings

    def prepare(self, alert: AlertInput, *, format: str = "auto") -> Prepared:  # noqa: A002 - the contract's word
        """The exact request that would be sent, with its size and price. Sends nothing.

        Raises:
            PromptError, BudgetError, InputError.
        """
        return self.prepare_group(self._only_group(alert, format))

    def prepare_group(self, group: Group) -> Prepared:
        """The same for a group of a session."""
        return prepare(self.equipment.plan(group))

    def introduction(self) -> str:
        """One line: who answers, and why."""
        kit = self.equipment
        model = f" ({kit.backend.model})" if kit.backend is not None and kit.backend.model else ""
        rules = f"{len(kit.rules.rules)} rules of your own" if kit.rules else "the shipped rule catalogue"
        return f"answering with {kit.backend_name}{model}, because {kit.backend_reason}; {rules}"

    def _only_group(self, alert: AlertInput, format: str) -> Group:  # noqa: A002 - the contract's word
        if not isinstance(alert, _ONE):
            raise InputError(
                f"one alert cannot be a {type(alert).__name__}",
                hint="give bytes, str, a mapping or an Alert; explain_many takes several",
            )
        session = Session(self.equipment, [alert], format=format)
        groups = session.groups()
        if len(groups) == 1:
            return groups[0]
        if not groups:
            raise session.nothing_found()
        raise InputError(
            f"the input holds {session.alert_count} alerts of {len(groups)} kinds", hint="use explain_many for several"
        )


class Explainer(_Client):
    """Explains alerts. Thread-safe; opens what it needs on first use; a context manager.

    Example:
        >>> with Explainer(backend="knowledge") as explainer:
        ...     report = explainer.explain(alert)
        ...     report.automation
        'needs_human'
    """

    @classmethod
    def from_environment(cls, flags: Mapping[str, Any]) -> Explainer:
        """A client from the environment and settings files, under ``flags`` (None: not given)."""
        return cls(_given="flag", **{name: value for name, value in flags.items() if value is not None})

    def explain(self, alert: AlertInput, *, deadline: float | None = None, format: str = "auto") -> Report:  # noqa: A002
        """Explain one alert, or one group of alike alerts.

        Args:
            alert: raw bytes or text in any known format, a mapping, or an ``Alert``.
            deadline: seconds for everything; default: the setting.
            format: name of the input format.

        Raises:
            AlertFormatError: no alert is in it. InputError: alerts of several kinds are.
            BackendError, BudgetError: only with ``require_model``. ReplayMiss: no recording fits.
        """
        return self._drive(self.equipment.plan(self._only_group(alert, format)), deadline)

    def explain_many(
        self,
        alerts: AlertInput | Iterable[AlertInput],
        *,
        concurrency: int | None = None,
        deadline: float | None = None,
        format: str = "auto",  # noqa: A002
    ) -> Iterator[Report]:
        """Explain many alerts: one report for each group of alike ones, in the order in which they first came.

        Args:
            alerts: one input that holds several, or an iterable of inputs.
            concurrency: explanations at the same time; default: the setting.
            deadline: seconds for each explanation.
            format: name of the input format.
        """
        parts: Iterable[AlertInput] = [alerts] if isinstance(alerts, _ONE) else alerts
        # Here and not in the generator: a wrong argument is told where it was given.
        _workers(concurrency, self.settings)
        positive("deadline", deadline, self.settings.deadline)
        return self.reports(Session(self.equipment, parts, format=format), concurrency=concurrency, deadline=deadline)

    def session(
        self,
        parts: Iterable[Input],
        *,
        format: str = "auto",  # noqa: A002
        skip: Callable[[Group], bool] | None = None,
    ) -> Session:
        """Reading that can be watched: counts, and what was skipped. Hand it to ``reports``.

        Args:
            parts: the inputs.
            format: name of the input format.
            skip: groups for which it is true are read and counted, and not explained.
        """
        return Session(self.equipment, parts, format=format, skip=skip)

    def reports(
        self, session: Session, *, concurrency: int | None = None, deadline: float | None = None
    ) -> Iterator[Report]:
        """Explain the groups of a session, in order."""
        workers = _workers(concurrency, self.settings)
        deadline = positive("deadline", deadline, self.settings.deadline)
        groups = session.iter_groups()
        if self.equipment.backend is None or workers == 1:
            for group in groups:
                yield self._drive(self.equipment.plan(group), deadline)
            return
        from concurrent.futures import Future, ThreadPoolExecutor

        pool = ThreadPoolExecutor(workers, thread_name_prefix="explainer")
        waiting: deque[Future[Report]] = deque()
        try:
            for group in groups:
                waiting.append(pool.submit(self._explain_group, group, deadline))
                if len(waiting) >= 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            # Ctrl-C, a closed generator or a failure: what was not begun is dropped, what runs loses its connection.
            pool.shutdown(wait=False, cancel_futures=True)
            self.close()
            raise
        pool.shutdown()

    def _explain_group(self, group: Group, deadline: float | None) -> Report:
        return self._drive(self.equipment.plan(group), deadline)

    def _drive(self, plan: Plan, deadline: float | None) -> Report:
        flow = explain_flow(plan)
        began = time.monotonic()
        ends = began + positive("deadline", deadline, self.settings.deadline)
        try:
            step = next(flow)
            while True:
                try:
                    answer = self._answer(step, ends)
                except BackendError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as stop:
            return _logged(stop.value, began)

    def _answer(self, step: Step, ends: float) -> ModelReply | str | None:
        if isinstance(step, Ask):
            backend = self.equipment.backend
            assert backend is not None  # noqa: S101 - a plan without a backend never asks
            return backend.complete(step.request, deadline=_left(ends))
        return _from_cache(self.equipment, step)

    def close(self) -> None:
        """Let connections and files go."""
        self.equipment.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncExplainer(_Client):
    """The same on an event loop; cancelling a task stops its request."""

    async def explain(self, alert: AlertInput, *, deadline: float | None = None, format: str = "auto") -> Report:  # noqa: A002
        """See ``Explainer.explain``."""
        return await self._drive(self.equipment.plan(self._only_group(alert, format)), deadline)

    async def explain_many(
        self,
        alerts: AlertInput | Iterable[AlertInput],
        *,
        concurrency: int | None = None,
        deadline: float | None = None,
        format: str = "auto",  # noqa: A002
    ) -> AsyncIterator[Report]:
        """See ``Explainer.explain_many``."""
        parts: Iterable[AlertInput] = [alerts] if isinstance(alerts, _ONE) else alerts
        import asyncio

        workers = asyncio.Semaphore(_workers(concurrency, self.settings))

        async def one(group: Group) -> Report:
            async with workers:
                return await self._drive(self.equipment.plan(group), deadline)

        tasks = [asyncio.ensure_future(one(group)) for group in Session(self.equipment, parts, format=format).groups()]
        try:
            for task in tasks:
                yield await task
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _drive(self, plan: Plan, deadline: float | None) -> Report:
        flow = explain_flow(plan)
        began = time.monotonic()
        ends = began + positive("deadline", deadline, self.settings.deadline)
        try:
            step = next(flow)
            while True:
                try:
                    answer = await self._answer(step, ends)
                except BackendError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as stop:
            return _logged(stop.value, began)

    async def _answer(self, step: Step, ends: float) -> ModelReply | str | None:
        if isinstance(step, Ask):
            backend = self.equipment.backend
            assert backend is not None  # noqa: S101 - a plan without a backend never asks
            return await backend.acomplete(step.request, deadline=_left(ends))
        import asyncio

        return await asyncio.to_thread(_from_cache, self.equipment, step)

    async def aclose(self) -> None:
        """Let connections and files go."""
        self.equipment.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _logged(report: Report, began: float) -> Report:
    p = report.provenance
    log.info(
        "explained %s: %s, %d alerts, by %s, degraded=%s, cache_hit=%s, withheld=%d, removed=%d, %.0f ms",
        report.alert.fingerprint[:12],
        report.verdict.value,
        report.alert.count,
        p.origin,
        p.degraded is not None,
        p.cache_hit,
        len(report.withheld),
        len(report.removed_claims),
        (time.monotonic() - began) * 1000,
    )
    return report


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise BackendTimeout("the deadline has passed", hint="raise --deadline")
    return left


def _from_cache(equipment: Equipment, step: Lookup | Keep) -> str | None:
    cache = equipment.cache
    if cache is None:
        return None
    if isinstance(step, Lookup):
        return cache.get(step.key)
    cache.put(step.key, step.text)
    return None


def explain(
    alert: AlertInput, backend: str | Backend = "auto", *, deadline: float | None = None, **options: Any
) -> Report:
    """Explain one alert; see ``Explainer``.

    Example:
        >>> explain(raw, backend="knowledge").verdict.value
        'benign'
    """
    with Explainer(backend, **options) as explainer:
        return explainer.explain(alert, deadline=deadline)


def ingest(data: AlertInput, format: str = "auto") -> list[Alert]:  # noqa: A002 - the contract's word
    """All alerts of an input, normalised; the rule of text lines is recovered and marked as inferred.

    Raises:
        AlertFormatError: no alert is in it; says what was seen.
    """
    return read_alerts(data, format)
