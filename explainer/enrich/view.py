"""What conditions and texts read: the alert's known fields under Falco's names, with a few derived ones.

Derived names, so that an entry need not care for the format an alert came in:

* Falco names that the source did not use are filled from the normalised alert (``proc.exepath`` of a Tetragon event).
* ``alert.kind``, ``alert.source``, ``alert.rule``, ``alert.priority``, ``alert.hostname``, ``alert.node`` (unless the
  host name is a pod's own), ``alert.namespace``, ``alert.message``, ``alert.tags``, ``alert.outcome``, ``alert.time``;
  ``alert.contradicted``: fields that the source states with different values.
* ``alert.since`` / ``alert.until`` (journalctl), ``alert.since_rfc3339`` / ``alert.until_rfc3339``: ten minutes around;
  ``alert.day_before`` / ``alert.day_after``: dates around it, for tools that read local time.
* ``ka.target.resource`` where only pods have what was asked for (exec, attach, a pod's specification).
* ``field.<name>`` for source fields without a dot, which Falco's condition language cannot name.
* ``sensor.drops``, ``sensor.events``, ``sensor.drop_percent`` for Falco's messages about itself.
* ``derived.<group>`` from the ``derive`` patterns of an entry; ``derived.unread`` when a value was too long for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache

from pydantic import JsonValue

from explainer.schema.alert import Alert, Process
from explainer.schema.knowledge import Derived

Fields = dict[str, JsonValue]

_MISSING = frozenset({"", "<NA>", "N/A", "(none)", "null", "<nil>"})
_UNSET_UID = 4294967295
_WINDOW = timedelta(minutes=10)
_DAY = timedelta(days=1)
_MAX_DERIVED = 2048
_DROPPED = re.compile(r"(\d{1,18}) (?:system calls|events?) dropped")
_LEADING_NUMBER = re.compile(r">?\s*(\d{1,18})(?:\.\d+)?")


def known(value: JsonValue) -> bool:
    """Whether the source could read the value."""
    if value is None:
        return False
    if isinstance(value, str):
        return value not in _MISSING
    return not (isinstance(value, list | dict) and not value)


def fields_view(alert: Alert, derive: Iterable[Derived] = ()) -> Fields:
    """The known fields of an alert, with the derived ones. Absent means unknown."""
    view: Fields = {name: value for name, value in alert.fields.items() if known(value)}
    _loginuid(alert, view)
    for name, value in _normalised(alert):
        if value is not None and value != "" and name not in view:
            view[name] = value
    for name in [name for name in view if "." not in name]:
        view[f"field.{name}"] = view[name]
    _asked(view)
    _about(alert, view)
    if alert.kind == "sensor_health" or alert.product.event_source == "internal":
        _sensor(alert, view)
    for item in derive:
        _derive(item, view)
    return view


def _loginuid(alert: Alert, view: Fields) -> None:
    # "No log-in session" is a fact, not a gap: one spelling for it, whatever the sensor prints.
    value = view.get("user.loginuid")
    if str(value) in {"-1", str(_UNSET_UID)} or (
        value is None and alert.user is not None and alert.user.loginuid_unset
    ):
        view["user.loginuid"] = -1


def _process(prefix: str, process: Process) -> Iterable[tuple[str, JsonValue]]:
    yield f"{prefix}name", process.name
    yield f"{prefix}exepath", process.exepath
    yield f"{prefix}cmdline", process.cmdline
    yield f"{prefix}pid", process.pid


def _normalised(alert: Alert) -> Iterable[tuple[str, JsonValue]]:
    if alert.process is not None:
        yield from _process("proc.", alert.process)
        yield "proc.exe", alert.process.exe
        yield "proc.args", alert.process.args
        yield "proc.cwd", alert.process.cwd
        yield "proc.tty", alert.process.tty
    if alert.ancestors:
        parent = alert.ancestors[0]
        yield "proc.pname", parent.name
        yield "proc.pexepath", parent.exepath
        yield "proc.pcmdline", parent.cmdline
        yield "proc.ppid", parent.pid
    for depth, ancestor in enumerate(alert.ancestors[1:8], start=2):
        yield f"proc.aname[{depth}]", ancestor.name
    if alert.container is not None:
        box = alert.container
        repository = box.repository
        if repository is None and box.image:
            repository = _repository(box.image)
        yield "container.id", "host" if box.is_host else box.id
        yield "container.name", box.name
        yield "container.image.repository", repository
        yield "container.image.tag", box.tag
        yield "container.image.digest", box.digest
        yield "container.privileged", box.privileged
    if alert.k8s is not None:
        yield "k8s.ns.name", alert.k8s.namespace
        yield "k8s.pod.name", alert.k8s.pod
        yield "k8s.node.name", alert.k8s.node
    if alert.user is not None and alert.user.principal is None:
        yield "user.name", alert.user.name
        yield "user.uid", alert.user.uid
        yield "user.loginuid", alert.user.loginuid
    if alert.file is not None:
        yield "fd.name", alert.file.path
    yield "evt.type", alert.syscall
    yield "evt.res", alert.result_raw if alert.syscall else None


def _repository(image: str) -> str:
    """``registry:5000/team/app:1.2@sha256:…`` without tag and digest."""
    bare = image.split("@", 1)[0]
    head, colon, tail = bare.rpartition(":")
    return head if colon and "/" not in tail else bare


_OF_PODS = frozenset({"exec", "attach", "portforward", "ephemeralcontainers", "eviction"})


def _asked(view: Fields) -> None:
    # Only pods have these parts, and only a request for a pod carries a pod's specification.
    if "ka.target.resource" in view:
        return
    if view.get("ka.target.subresource") in _OF_PODS or any(name.startswith("ka.req.pod.") for name in view):
        view["ka.target.resource"] = "pods"


def _about(alert: Alert, view: Fields) -> None:
    node = alert.k8s.node if alert.k8s else None
    host = alert.host.hostname
    namespace = view.get("k8s.ns.name") or view.get("ka.target.namespace")
    about: tuple[tuple[str, JsonValue], ...] = (
        ("alert.kind", alert.kind),
        ("alert.source", alert.product.event_source),
        ("alert.rule", alert.rule.name),
        ("alert.priority", alert.priority),
        ("alert.hostname", host),
        ("alert.node", node or (None if alert.host.is_pod_name else host)),
        ("alert.namespace", namespace),
        ("alert.message", alert.message or alert.title or None),
        ("alert.tags", list(alert.tags) or None),
        ("alert.contradicted", ", ".join(alert.contradicted) or None),
        ("alert.outcome", None if alert.action == "unknown" else alert.action),
    )
    for name, value in about:
        if value:
            view[name] = value
    if alert.time is None or alert.time_certainty in {"time_only", "none"}:
        return
    try:
        before, after = alert.time - _WINDOW, alert.time + _WINDOW
        first, last = alert.time - _DAY, alert.time + _DAY
    except OverflowError:
        return
    view["alert.day_before"], view["alert.day_after"] = f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"
    view["alert.time"] = f"{alert.time:%Y-%m-%d %H:%M:%S} UTC"
    view["alert.since"], view["alert.until"] = f"{before:%Y-%m-%d %H:%M:%S} UTC", f"{after:%Y-%m-%d %H:%M:%S} UTC"
    view["alert.since_rfc3339"], view["alert.until_rfc3339"] = (
        f"{before:%Y-%m-%dT%H:%M:%SZ}",
        f"{after:%Y-%m-%dT%H:%M:%SZ}",
    )


def _sensor(alert: Alert, view: Fields) -> None:
    message = _DROPPED.search(alert.message or alert.output or "")
    drops = int(message[1]) if message else _count(view.get("n_drops"))
    events = _count(view.get("n_evts"))
    percent = _count(view.get("scap.n_drops_perc"))
    if drops is None:
        drops = _count(view.get("scap.n_drops"))
    if percent is None and drops is not None and events:
        # Falco counts drops beside the events that it saw, so the share is taken of both together.
        percent = round(100 * drops / (drops + events))
    for name, value in (("sensor.drops", drops), ("sensor.events", events), ("sensor.drop_percent", percent)):
        if value is not None:
            view[name] = value


def _count(value: JsonValue) -> int | None:
    """A count as a number, or as the text ``">10000"`` that falcosidekick's Alertmanager output writes."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if 0 <= value < 10**18 else None
    match = _LEADING_NUMBER.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) if match else None


@lru_cache(maxsize=512)
def _pattern(source: str) -> re.Pattern[str]:
    return re.compile(source)


def _derive(item: Derived, view: Fields) -> None:
    value = view.get(item.field)
    if value is None or isinstance(value, list | dict):
        return
    text = str(value)
    if len(text) > _MAX_DERIVED:
        # A part that was not looked for must not count as a part that is not there.
        view.setdefault("derived.unread", f"{item.field}, {len(text)} characters")
        return
    match = _pattern(item.pattern).search(text)
    if match is None:
        return
    for name, part in match.groupdict().items():
        if part:
            view.setdefault(f"derived.{name}", part)
