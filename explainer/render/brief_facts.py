"""The alert's facts in one compact block: who, what, where, how often; nothing twice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from explainer.render.facts import NO_SESSION, listed
from explainer.render.outline import Inline, Line, Row, Value, Words
from explainer.render.wording import MISSING
from explainer.schema.report import ReportAlert, ReportProcess

_VALUES = 4
_PARENTS = 5


def brief_rows(alert: ReportAlert) -> tuple[Row, ...]:
    """Rows with content; labels of at most nine characters."""
    event = alert.kind in ("alert", "event")
    found = [
        ("Rule", _rule(alert)),
        ("Time", _between(part for part in (_time(alert), _result(alert, event=event)) if part)),
        ("Count", _count(alert)),
        ("Where", _where(alert, event=event)),
        ("User", _user(alert)),
        *_ran(alert.process),
        ("Object", _object(alert)),
    ]
    rows = [Row(Words(label), line) for label, line in found if line]
    for name, values in alert.distinct.items():
        more = len(values) - _VALUES
        rest: Line = (_dim(f" and {more} more"),) if more > 0 else ()
        if values:
            rows.append(Row(Words("Differs"), (Value(name), Words(": "), *listed(values[:_VALUES]), *rest)))
    return tuple(rows)


def _dim(text: str) -> Words:
    return Words(text, "dim")


def _between(parts: Iterable[Line]) -> Line:
    line: list[Inline] = []
    for part in parts:
        line += [Words(" · "), *part] if line else part
    return tuple(line)


def _second(when: datetime) -> str:
    return f"{when.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat(' ')} UTC"


def _rule(alert: ReportAlert) -> Line:
    native: Line = (
        (Words(" ("), Value(alert.native_severity or ""), Words(")"))
        if alert.native_severity not in (None, alert.severity)
        else ()
    )
    parts: list[Line] = [(Value(alert.rule),) if alert.rule else (_dim(f"rule {MISSING}"),)]
    if alert.rule_inferred:
        parts.append((_dim("name recovered from the text"),))
    parts.append((Value(alert.severity), *native))
    if alert.kind != "alert":
        parts.append((Value(alert.kind),))
    return _between(parts)


def _time(alert: ReportAlert) -> Line:
    if alert.count != 1 and (alert.first_seen or alert.last_seen):
        return ()
    if alert.observed_at is not None:
        return (Value(_second(alert.observed_at)),)
    return (Value(alert.time_text), _dim(" as printed")) if alert.time_text else ()


def _count(alert: ReportAlert) -> Line:
    if alert.count == 1:
        return ()
    line: list[Inline] = [Words(f"{alert.count:,} alike alerts", "strong")]
    for word, when in (("first", alert.first_seen), ("last", alert.last_seen)):
        if when is not None:
            line += [Words(f", {word} "), Value(_second(when))]
    return tuple(line)


def _where(alert: ReportAlert, *, event: bool) -> Line:
    parts: list[Line] = []
    lacks: list[str] = []

    def tell(word: str, value: str | None, *, wanted: bool = False) -> None:
        if value:
            parts.append((Words(f"{word} "), Value(value)))
        elif wanted and event:
            lacks.append(word)

    tell("host", alert.host, wanted=True)
    box, place = alert.container, alert.kubernetes
    inside = box is not None and not box.is_host
    if box is not None and box.is_host:
        parts.append((Words("no container: on the host itself"),))
    elif box is not None:
        tell("container", " ".join(dict.fromkeys(one for one in (box.name, box.id) if one)), wanted=True)
        tell("image", box.image, wanted=True)
    pod = "/".join(one for one in (place.namespace, place.pod) if one) if place and place.pod else None
    tell("pod", pod, wanted=inside)
    if place is not None:
        tell("namespace", None if place.pod else place.namespace)
        tell("node", place.node if place.node != alert.host else None)
        tell("cluster", place.cluster)
        tell("service account", place.service_account)
    if lacks:
        parts.append((_dim(f"{', '.join(lacks)} {MISSING}"),))
    return _between(parts)


def _user(alert: ReportAlert) -> Line:
    user = alert.user
    if user is None:
        return ()
    parts: list[Line] = [(Value(one),) for one in dict.fromkeys((user.name, user.principal)) if one]
    if user.uid is not None:
        parts.append((Words(f"uid {user.uid}"),))
    if user.loginuid in NO_SESSION:
        parts.append((Words("no log-in session"),))
    elif user.loginuid is not None and user.loginuid != user.uid:
        parts.append((Words(f"logged in as uid {user.loginuid}"),))
    return _between(parts)


def _ran(ran: ReportProcess | None) -> list[tuple[str, Line]]:
    if ran is None:
        return []
    command = ran.cmdline or ran.name
    # A path that opens the command line would stand there twice.
    path = ran.exepath if ran.exepath and not (command or "").startswith(ran.exepath) else None
    chain = ran.ancestors or ((ran.parent,) if ran.parent else ())
    more: Line = (_dim(f" ← {len(chain) - _PARENTS} more"),) if len(chain) > _PARENTS else ()
    return [
        ("Command", (Value(command),) if command else ()),
        ("Program", (Value(path),) if path else ()),
        ("Parents", (*listed(chain[:_PARENTS], " ← "), *more)),
    ]


def _object(alert: ReportAlert) -> Line:
    command = (alert.process.cmdline if alert.process else None) or ""
    return (Value(alert.object),) if alert.object and alert.object not in command else ()


def _result(alert: ReportAlert, *, event: bool) -> Line:
    of: Line = (Words(" of "), Value(alert.syscall)) if alert.syscall else ()
    if alert.result:
        return (Words("result"), *of, Words(": "), Value(alert.result))
    return (Words("result"), *of, _dim(f" {MISSING}")) if event and alert.process is not None else ()
