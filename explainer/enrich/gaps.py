"""What the alert does not tell, with the read-only query that would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from explainer.enrich.story import cloud_call, who_called
from explainer.enrich.texts import fill_command, fill_text
from explainer.enrich.view import Fields
from explainer.schema.alert import Alert
from explainer.schema.knowledge import KnowledgeEntry
from explainer.schema.report import OpenQuestion

LIMIT = 9
DECIDES = 2
"""A missing field decides when a sign that reads it is at least a good one."""


class Gap(NamedTuple):
    """A decisive field, and how to find out what it would have said."""

    fields: tuple[str, ...]
    """Any of them answers the question."""
    question: str
    why: str
    command: str | None


_INSPECT = "crictl inspect %{container.id}"
_RESULT = Gap(
    ("evt.res", "evt.rawres", "evt.failed", "alert.outcome", "rule.outcome"),
    "Whether the call succeeded",
    "Rules fire on failed attempts too, unless they exclude them.",
    "ausearch --input-logs -i -p %{proc.pid}",
)
_LOGIN = Gap(
    ("user.loginuid",),
    "Whether a log-in session stands behind the process",
    "The audit user id tells a person from a service, and survives su and sudo.",
    "cat /proc/%{proc.pid}/loginuid",
)
_EXECUTABLE = Gap(
    ("proc.exepath",),
    "Which executable the process runs",
    "A process chooses its name; the path of its executable is read by the kernel.",
    "ls -l /proc/%{proc.pid}/exe",
)
_PARENT = Gap(
    ("proc.pexepath", "proc.aexepath[1]"),
    "Which executable the parent process runs",
    "A process chooses its name; the path of its executable is read by the kernel.",
    "ps -o pid,ppid,lstart,user,args -p %{proc.pid}",
)
_IMAGE = Gap(
    ("container.image.repository", "container.image"),
    "Which image the container runs",
    "Without image metadata even a listed image keeps alerting, and nobody knows what runs here.",
    _INSPECT,
)
_DIGEST = Gap(
    ("container.image.digest",),
    "The digest of the image",
    "An image name is a label that can be moved; the digest is the content.",
    _INSPECT,
)
_POD = Gap(
    ("k8s.pod.name",),
    "Which pod the container belongs to",
    "The pod's owner answers for the workload.",
    "crictl ps -a --id %{container.id} -o json",
)
_CALLER = Gap(("ka.sourceips",), "Where the request came from", "The address tells a controller from a person.", None)
_ANSWER = Gap(
    ("ka.response.code", "alert.outcome"),
    "Whether the API server allowed the request",
    "Refused requests are logged as well.",
    None,
)
_CLOUD_FROM = Gap(
    ("ct.srcip", "gcp.callerIP", "okta.client.ip"),
    "Where the call came from",
    "The address tells a pipeline from a person.",
    None,
)
DAY = Gap(("alert.time",), "The date of the event", "Without a date, logs cannot be matched.", None)


def gaps(
    alert: Alert, entry: KnowledgeEntry, fields: Fields, notes: list[str], wanted: Mapping[str, int] | None = None
) -> tuple[OpenQuestion, ...]:
    """Open questions: the one that decides most first, then the entry's own, then what is missing from such alerts.

    Args:
        alert: the alert.
        entry: the rule's knowledge.
        fields: the alert's fields view.
        notes: receives what was left out of commands.
        wanted: fields that the signs of an explanation lack, with their weight.
    """
    found: dict[str, OpenQuestion] = {}
    weights: dict[str, int] = {}
    wanted = wanted or {}
    asked: set[str] = set()
    for unknown in entry.unknowns:
        if unknown.field is not None:
            asked.add(unknown.field)
            if unknown.field in fields:
                continue
            if fields.get("container.id") == "host" and unknown.field.startswith(("container.", "k8s.")):
                continue
        query = None if unknown.command is None else fill_command(unknown.command, fields, notes)
        text = fill_text(unknown.question, fields)
        if unknown.field is not None:
            weights.setdefault(text, wanted.get(unknown.field, 0))
        found.setdefault(text, OpenQuestion(question=text, why=fill_text(unknown.why, fields), query=query))
    for gap in _of_source(alert, fields):
        if asked.isdisjoint(gap.fields) and not any(name in fields for name in gap.fields):
            query = None if gap.command is None else fill_command(gap.command, fields, notes)
            found.setdefault(gap.question, OpenQuestion(question=gap.question, why=gap.why, query=query))
            weights.setdefault(gap.question, max(wanted.get(name, 0) for name in gap.fields))
    # Only the one that decides moves: the rest stands in the order in which the entry's author would ask.
    first = max(weights, key=lambda text: weights[text], default=None)
    if first is not None and weights[first] >= DECIDES:
        found = {first: found[first], **found}
    return tuple(found.values())[:LIMIT]


def _of_source(alert: Alert, fields: Fields) -> Iterable[Gap]:
    if alert.kind == "sensor_health":
        return
    if "ka.verb" in fields or "ka.user.name" in fields:
        yield from (_CALLER, _ANSWER)
    elif who_called(fields) or cloud_call(fields):
        yield _CLOUD_FROM
    elif alert.process is not None or "proc.name" in fields:
        if "evt.type" in fields:
            yield _RESULT
        box = alert.container
        if box is not None and not box.is_host and (box.id or box.name):
            yield from (_IMAGE, _DIGEST, _POD)
        yield from (_EXECUTABLE, _PARENT, _LOGIN)
    yield DAY
