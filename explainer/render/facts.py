"""The alert's facts as rows: when, where, who, what, and what the alert does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from explainer.render.outline import Inline, Line, Row, Value, Words
from explainer.render.wording import MISSING
from explainer.schema.report import Evidence, ReportAlert

_IDS_SHOWN = 5
# 4294967295 is -1 in the kernel's unsigned type.
NO_SESSION = (-1, 4294967295)
_COMPARED = re.compile(
    r"(?<![\w./-])([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)(?:\[[^\]]*\])? "
    r"(?:!?=|[<>]=?|exists\b|(?:b|i)?(?:contains|startswith|endswith|glob)\b|(?:in|intersects|pmatch|regex)\b)"
)


def stamp(when: datetime) -> str:
    """A time in UTC, to the microsecond when the alert has one."""
    text = when.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return f"{text} UTC"


def _row(label: str, value: str | int | None, note: str = "") -> Row | None:
    if value is None or value == "":
        return None
    said: Line = (Value(str(value)), *((Words(f" ({note})", "dim"),) if note else ()))
    return Row(Words(label), said)


def listed(values: Iterable[str], between: str = ", ") -> Line:
    """Values after each other."""
    line: list[Inline] = []
    for text in values:
        line += [Words(between), Value(text)] if line else [Value(text)]
    return tuple(line)


def _kept(*rows: Row | None) -> tuple[Row, ...]:
    return tuple(row for row in rows if row is not None)


def alert_rows(alert: ReportAlert) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    """Titled groups of rows; a group without rows is left out."""
    groups = (("Alert", _what_fired(alert)), ("Where", _where(alert)), ("Who", _who(alert)), ("What", _what_ran(alert)))
    differs = tuple(Row(Value(name), listed(values)) for name, values in alert.distinct.items() if values)
    return tuple((title, rows) for title, rows in (*groups, ("Differs within the group", differs)) if rows)


def _what_fired(alert: ReportAlert) -> tuple[Row, ...]:
    alike = None
    if alert.count != 1:
        alike = Row(Words("Count"), (Words(f"{alert.count:,} alike alerts, explained once", "strong"),))
    kind = None if alert.kind == "alert" else _row("Kind", alert.kind)
    return _kept(
        _row("Rule", alert.rule, "name recovered from the text" if alert.rule_inferred else ""),
        _severity(alert),
        kind,
        alike,
        _row("Time", stamp(alert.observed_at) if alert.observed_at else None),
        _row("Time as printed", alert.time_text),
        *(_span(alert) if alert.count != 1 or alert.first_seen != alert.last_seen else ()),
        _row("Source", alert.source),
        _row("Format", alert.format),
    )


def _severity(alert: ReportAlert) -> Row:
    native, ours = alert.native_severity, alert.severity
    line: list[Inline] = [Value(ours), Words(f" (OCSF {int(alert.severity_id)}", "dim")]
    if native and native != ours:
        line += [Words(", the source says ", "dim"), Value(native)]
    return Row(Words("Severity"), (*line, Words(")", "dim")))


def _span(alert: ReportAlert) -> tuple[Row | None, ...]:
    return (
        _row("First seen", stamp(alert.first_seen) if alert.first_seen else None),
        _row("Last seen", stamp(alert.last_seen) if alert.last_seen else None),
    )


def _where(alert: ReportAlert) -> tuple[Row, ...]:
    rows = [_row("Host", alert.host)]
    box = alert.container
    if box is not None:
        if box.is_host:
            rows.append(Row(Words("Container"), (Words("none: on the host itself"),)))
        rows += [
            _row("Container id", box.id) if not (box.is_host and box.id == "host") else None,
            _row("Container name", box.name),
            _row("Image", box.image),
        ]
    place = alert.kubernetes
    if place is not None:
        rows += [
            _row("Cluster", place.cluster),
            _row("Namespace", place.namespace),
            _row("Pod", place.pod),
            _row("Workload", place.workload),
            _row("Node", place.node),
            _row("Service account", place.service_account),
        ]
    return _kept(*rows)


def _who(alert: ReportAlert) -> tuple[Row, ...]:
    user = alert.user
    if user is None:
        return ()
    session = "unset: no log-in session" if user.loginuid in NO_SESSION else ""
    return _kept(
        _row("User", user.name),
        _row("User id", user.uid),
        _row("Login user id", user.loginuid, session),
        _row("Principal", user.principal),
    )


def _what_ran(alert: ReportAlert) -> tuple[Row, ...]:
    rows: list[Row | None] = []
    ran = alert.process
    if ran is not None:
        rows += [
            _row("Command line", ran.cmdline),
            _row("Process", ran.name),
            _row("Process id", ran.pid),
            _row("Executable", ran.exepath),
            _row("Parent", ran.parent),
            Row(Words("Ancestors"), listed(ran.ancestors, " ← ")) if ran.ancestors not in ((), (ran.parent,)) else None,
        ]
    rows += [
        _row("Object", alert.object),
        _row("System call", alert.syscall),
        _row("Result", alert.result),
        _row("Message", alert.message),
    ]
    return _kept(*rows)


def missing_row(alert: ReportAlert) -> Row | None:
    """What a reader would look for and the alert does not hold, in one row."""
    if alert.kind not in ("alert", "event"):
        return None
    lacks: list[str] = []

    def need(word: str, value: object) -> None:
        if value in (None, ""):
            lacks.append(word)

    need("rule", alert.rule)
    need("date", alert.observed_at)
    need("host", alert.host)
    box, place, user, ran = alert.container, alert.kubernetes, alert.user, alert.process
    if box is None:
        lacks.append("container")
    elif not box.is_host:
        need("container id", box.id)
        need("container name", box.name)
        need("image", box.image)
    if box is None or not box.is_host:
        need("Kubernetes namespace", place.namespace if place else None)
        need("pod", place.pod if place else None)
    need("user", (user.name or user.principal or user.uid) if user else None)
    if ran is None:
        lacks.append("process")
    else:
        need("command line", ran.cmdline)
        need("executable path", ran.exepath)
        need("parent process", ran.parent)
    need("result", alert.result)
    if not lacks:
        return None
    return Row(Words(MISSING.capitalize()), (Words(", ".join(lacks)),))


def identity_rows(alert: ReportAlert) -> tuple[Row, ...]:
    """Fingerprint and ids: for machines and for looking the alert up."""
    more = len(alert.ids) - _IDS_SHOWN
    ids = listed(alert.ids[:_IDS_SHOWN])
    if more > 0:
        ids = (*ids, Words(f" and {more} more in the JSON form", "dim"))
    return _kept(_row("Fingerprint", alert.fingerprint), Row(Words("Alert ids"), ids) if alert.ids else None)


def unread_fields(condition: str, evidence: Iterable[Evidence]) -> tuple[str, ...]:
    """Fields that a Falco condition compares and the evidence does not hold; none for other texts."""
    read = {one.path.removeprefix("output_fields.").removeprefix("output.") for one in evidence}
    bare = re.sub(r'"[^"]*"', '""', condition)
    return tuple(dict.fromkeys(name for name in _COMPARED.findall(bare) if name not in read))
