"""What scorers need of a case, compiled once however many answers to it are scored."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from explainer.evaluation.matching import Matcher
from explainer.evaluation.names import Sources
from explainer.evaluation.reading import Sentence, plain
from explainer.evaluation.roles import Roles
from explainer.schema.case import Case
from explainer.schema.enriched import EnrichedAlert

_KEPT = 256
_SENTENCES = 4096
_MISSING = object()
T = TypeVar("T")


@dataclass(frozen=True)
class CaseIndex:
    """Compiled patterns and look-up tables of one case with its alert."""

    case: Case
    enriched: EnrichedAlert

    @cached_property
    def facts(self) -> tuple[tuple[Matcher, int], ...]:
        """Facts with their weights."""
        return tuple((Matcher.of(fact), fact.weight) for fact in self.case.facts)

    @cached_property
    def forbidden(self) -> tuple[tuple[Matcher, str], ...]:
        """Forbidden claims with the reason why each is wrong."""
        return tuple((Matcher.of(claim), claim.because) for claim in self.case.forbidden)

    @cached_property
    def _memory(self) -> dict[Hashable, Any]:
        return {}

    def once(self, key: Hashable, find: Callable[[], T]) -> T:
        """What ``find`` gives for a key. Answers to a case repeat each other's sentences, and so do their scores."""
        memory = self._memory
        found = memory.get(key, _MISSING)
        if found is _MISSING:
            if len(memory) >= _SENTENCES:
                memory.clear()
            found = memory[key] = find()
        value: T = found
        return value

    def stated(self, sentence: Sentence) -> frozenset[str]:
        """Ids of the facts and forbidden claims that one sentence states."""
        text, unknown = sentence.text, sentence.section == "unknown"
        return self.once(
            (text, unknown),
            lambda: frozenset(
                matcher.id
                for matcher, _ in (*self.facts, *self.forbidden)
                if matcher.find((sentence,), text.lower()) is not None
            ),
        )

    @cached_property
    def sources(self) -> Sources:
        """Where names may come from."""
        return Sources.of(self.enriched)

    @cached_property
    def roles(self) -> Roles:
        """What the alert says of each role."""
        return Roles.of(self.enriched.alert)

    @cached_property
    def reviewed(self) -> str:
        """What knowledge says of this alert, in plain words: sentences that people wrote and reviewed."""
        e = self.enriched
        texts = [e.headline, e.summary, e.meaning, e.assessment.reason, *e.questions, *e.not_advised]
        for view in e.hypotheses:
            texts += [
                view.title,
                view.explain,
                view.settle,
                *(c.text for c in (*view.supports, *view.against)),
                *view.open,
            ]
        texts += [text for q in e.unknowns for text in (q.question, q.why, q.query or "")]
        texts += [text for a in e.actions for text in (a.title, a.why, a.command or "", a.config or "", a.precondition)]
        return "\n".join(plain(text) for text in texts if text)

    def says(self, sentence: str) -> bool:
        """Whether a sentence (or command) stands in reviewed knowledge word for word."""
        bare = sentence.strip().rstrip(".")
        return len(bare) > 12 and bare in self.reviewed

    @cached_property
    def quoted(self) -> tuple[str, ...]:
        """Values of the alert that a report may quote: whatever stands in them was done, not advised."""
        alert = self.enriched.alert
        values = [p.cmdline for p in (alert.process, *alert.ancestors) if p is not None]
        values += [value for value in alert.fields.values() if isinstance(value, str)]
        values += [alert.rule.name, alert.file.path if alert.file else None]
        return tuple(sorted({v for v in values if v and len(v) > 7}, key=len, reverse=True))

    @cached_property
    def key_values(self) -> dict[str, tuple[str, ...]]:
        """The values that single out this alert, by what they are."""
        return key_values(self.enriched)

    @cached_property
    def tagged(self) -> frozenset[str]:
        """Techniques that the alert or its rule names."""
        found = {ref.technique for ref in self.enriched.attack if ref.technique and ref.source != "model"}
        found |= {attack.technique_id for attack in self.enriched.alert.attacks if attack.technique_id}
        return frozenset(found)


def key_values(enriched: EnrichedAlert) -> dict[str, tuple[str, ...]]:
    """Process, object, place, user, parent … of an alert, each in the forms in which a report may print it."""
    alert = enriched.alert
    found: dict[str, tuple[str, ...]] = {}

    def put(what: str, *values: str | None) -> None:
        forms = tuple(dict.fromkeys(value for value in values if value))
        if forms:
            found[what] = forms

    process, container, k8s, api = alert.process, alert.container, alert.k8s, alert.api
    if process is not None:
        put("process", process.name, process.exepath, process.exe)
    if alert.ancestors:
        put("parent", alert.ancestors[0].name, alert.ancestors[0].exepath)
    if container is not None and not container.is_host:
        put("container", container.id, container.name, container.image, container.repository)
    if k8s is not None:
        put("pod", k8s.pod, k8s.workload, k8s.namespace)
    if alert.user is not None:
        put("user", alert.user.name, alert.user.principal, None if alert.user.uid is None else f"uid {alert.user.uid}")
    put("host", alert.host.hostname, k8s.node if k8s else None)
    if alert.file is not None:
        path = alert.file.path or alert.file.module or alert.file.target
        put("file", path, path.rsplit("/", 1)[-1] if path else None)
    if alert.network is not None:
        put("peer", alert.network.dst_ip, alert.network.domain, alert.network.src_ip)
    if api is not None:
        put("api", api.name, api.resource, api.operation)
    put("system call", alert.syscall)
    if alert.product.event_source not in {None, "syscall"}:
        # Plugins have fields of their own, and what matters in them differs from service to service.
        for name, value in alert.fields.items():
            if isinstance(value, str) and len(value) > 3 and not name.startswith("evt."):
                put(name, value)
    return found


_indexes: OrderedDict[tuple[int, int], CaseIndex] = OrderedDict()


def index_of(case: Case, enriched: EnrichedAlert) -> CaseIndex:
    """The index of a case with its alert; made once while both objects live."""
    key = (id(case), id(enriched))
    found = _indexes.get(key)
    # The index holds both objects, so their identities cannot be reused while it is kept.
    if found is None:
        found = _indexes[key] = CaseIndex(case, enriched)
        while len(_indexes) > _KEPT:
            _indexes.popitem(last=False)
    return found
