"""The alert as numbered evidence: decisive fields first, then the rule, then what knowledge adds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from explainer.enrich.hypotheses import Judged
from explainer.enrich.story import unread_pairs
from explainer.enrich.texts import as_text, visible
from explainer.enrich.view import Fields, known
from explainer.schema.alert import Alert
from explainer.schema.knowledge import KnowledgeEntry
from explainer.schema.report import Evidence
from explainer.schema.rule import RuleFacts

Kind = Literal["alert", "rule", "knowledge", "context"]

VALUE_LIMIT = 4096
MAX_FIELDS = 44

# Decisive fields in the order in which an analyst asks for them; the first ones must survive any shortening.
DECISIVE: tuple[tuple[str, str], ...] = (
    ("proc.cmdline", "the command line; chosen by whoever started the process"),
    ("proc.name", "name of the process; it may set this itself"),
    ("proc.exepath", "executable, as the kernel resolved it"),
    ("proc.exe", "first argument of the process, which need not be what ran"),
    ("proc.pname", "the parent process, by name"),
    ("proc.pexepath", "executable of the parent, as the kernel resolved it"),
    ("proc.pcmdline", "command line of the parent"),
    ("proc.aname[2]", "the grandparent process"),
    ("proc.aexepath[2]", "executable of the grandparent"),
    ("proc.aname[3]", "ancestor of the process"),
    ("proc.aname[4]", "ancestor of the process"),
    ("user.name", "the account that acted"),
    ("user.uid", "number of the account; 0 is root"),
    (
        "user.loginuid",
        "audit user id: who logged in, kept across su and sudo; -1 means that no log-in stands behind it",
    ),
    ("ka.user.name", "the Kubernetes identity that made the request"),
    ("ka.impuser.name", "the identity that was impersonated"),
    ("ct.user", "the cloud identity that made the call"),
    ("gcp.user", "the cloud identity that made the call"),
    ("okta.actor.alternateID", "the account that acted"),
    ("github.user", "the account that acted"),
    ("ka.sourceips", "where the request came from"),
    ("ct.srcip", "where the call came from"),
    ("gcp.callerIP", "where the call came from"),
    ("okta.client.ip", "where the request came from"),
    ("ka.useragent", "client program, as it names itself"),
    ("ct.useragent", "client program, as it names itself"),
    ("ka.verb", "what was asked of the API"),
    ("ct.name", "the API call"),
    ("gcp.methodName", "the API call"),
    ("okta.evt.type", "the kind of event"),
    ("ka.target.resource", "kind of the object"),
    ("ka.target.subresource", "part of the object"),
    ("ka.target.name", "the object"),
    ("ka.target.namespace", "namespace of the object"),
    ("ka.uri", "the request as sent"),
    ("ka.response.code", "what the API server answered"),
    ("ka.auth.decision", "whether the request was allowed"),
    ("ct.error", "why the call failed, if it did"),
    ("fd.name", "file or connection that the event is about"),
    ("fd.nameraw", "the path as the process gave it"),
    ("evt.arg.path", "path in the system call"),
    ("evt.arg.target", "target of the link"),
    ("evt.arg.linkpath", "where the link was put"),
    ("evt.arg.request", "what was asked of the kernel"),
    ("fd.sip", "server side of the connection"),
    ("fd.rip", "remote side of the connection"),
    ("fd.sport", "port on the server side"),
    ("fd.rport", "remote port"),
    ("container.id", 'the container; "host" stands for none'),
    ("container.name", "name of the container"),
    ("container.image.repository", "image of the container; a name, not a proof of its content"),
    ("container.image", "image of the container; a name, not a proof of its content"),
    ("container.image.tag", "tag of the image, which can be moved"),
    ("container.image.digest", "content of the image, which no name can fake"),
    ("container.privileged", "whether the container has the host's powers"),
    ("k8s.pod.name", "the pod"),
    ("k8s.ns.name", "the namespace"),
    ("k8s.node.name", "the node"),
    ("evt.type", "the system call"),
    ("evt.res", "outcome of the system call"),
    ("proc.tty", "terminal of the process; 0 means none"),
)
_WHY = dict(DECISIVE)
_RANK = {name: number for number, (name, _) in enumerate(DECISIVE)}
_PREFIX_WHY: tuple[tuple[str, str], ...] = (
    ("proc.is_exe", "how the executable came to be"),
    ("proc.hash", "content of the executable"),
    ("proc.aname", "ancestor of the process"),
    ("proc.aexepath", "executable of an ancestor"),
    ("proc.", "of the process"),
    ("thread.cap", "powers of the process"),
    ("fd.", "of the file or connection"),
    ("fs.path", "path in the event"),
    ("evt.arg", "argument of the system call"),
    ("container.", "of the container"),
    ("k8s", "of the Kubernetes object"),
    ("ka.", "of the API request"),
    ("ct.", "of the API call"),
    ("gcp.", "of the API call"),
    ("user.", "of the account"),
    ("group.", "of the account"),
)
_NO_NEWS = (
    "evt.time",
    "evt.num",
    "evt.count",
    "evt.rawtime",
    "evt.datetime",
    "evt.hostname",
    "evt.source",
    "evt.pluginname",
)


class Collected:
    """Evidence in order, with the ids under which fields can be cited."""

    def __init__(self) -> None:
        self.items: list[Evidence] = []
        self.by_field: dict[str, str] = {}
        self.by_path: dict[str, str] = {}

    def add(
        self,
        kind: Kind,
        path: str,
        value: str,
        why: str,
        *,
        field: str | None = None,
        certainty: str = "exact",
    ) -> str:
        """Add one piece and return its id."""
        identity = f"E{len(self.items) + 1}"
        self.items.append(
            Evidence.model_construct(
                id=identity, kind=kind, path=path, value=visible(value, VALUE_LIMIT), why=why, certainty=certainty
            )
        )
        self.by_path[path] = identity
        if field is not None:
            self.by_field[field] = identity
        return identity

    def cites(self, fields: Iterable[str], sources: dict[str, str]) -> tuple[str, ...]:
        """Ids of the evidence that the fields stand in."""
        found = (self.by_field.get(sources.get(name, name)) or self.by_field.get(name) for name in fields)
        return tuple(dict.fromkeys(identity for identity in found if identity is not None))


def collect(
    alert: Alert,
    fields: Fields,
    rule: RuleFacts | None,
    entry: KnowledgeEntry | None,
    judged: tuple[Judged, ...],
    texts: dict[str, str],
) -> Collected:
    """Number everything that a claim may cite.

    Args:
        alert: the alert.
        fields: its fields view.
        rule: facts of its rule.
        entry: what people know about the rule.
        judged: the evaluated hypotheses.
        texts: filled texts of the entry, by their name (``meaning``).
    """
    found = Collected()
    _head(alert, found)
    _fields(alert, fields, found)
    if alert.time_certainty in {"time_only", "none"} or alert.time is None:
        shown = alert.time_text or "unknown"
        found.add("alert", "time", shown, "the source gives no full date, so the day is unknown", certainty="inferred")
    if rule is not None:
        _rule(rule, found, described=entry is not None)
    for name, text in texts.items():
        found.add(
            "knowledge",
            f"knowledge.{name}",
            text,
            f"reviewed {entry.reviewed}" if entry else "what such an event is, in general",
        )
    for j in judged:
        for sign in (*j.supports, *j.against):
            # What speaks against every harmless explanation stands in the evidence once.
            if f"knowledge.hypotheses.{sign.path}" in found.by_path:
                continue
            found.add(
                "knowledge",
                f"knowledge.hypotheses.{sign.path}",
                sign.text,
                _strength(sign.signal.weight, sign.signal.forgeable),
            )
    return found


def _strength(weight: int, forgeable: bool) -> str:
    word = {1: "a hint", 2: "a good sign", 3: "a telling sign"}[weight]
    return f"{word}; {'an attacker can choose it' if forgeable else 'read by the sensor, not chosen by the process'}"


def _head(alert: Alert, found: Collected) -> None:
    certainty = alert.rule.name_certainty
    if alert.rule.name:
        found.add("alert", "rule", alert.rule.name, "the rule that fired", field="alert.rule", certainty=certainty)
    label = alert.priority or alert.severity_source
    if label:
        found.add("alert", "priority", label, "how the rule's author rates it; not a verdict", field="alert.priority")
    elif not alert.rule.name and alert.title:
        found.add("alert", "title", alert.title, "what the source calls it")


def _path(alert: Alert) -> tuple[str, str]:
    """Prefix of the field's path in the source record, and the certainty of the values."""
    for source in alert.field_sources.values():
        if source.path.startswith("output_fields."):
            return "output_fields.", "exact"
        if source.path == "output":
            return "output.", "parsed_from_text"
    if "text" in alert.format:
        return "output.", "parsed_from_text"
    return ("output_fields.", "exact") if alert.format.startswith("falco") else ("", "exact")


def _fields(alert: Alert, fields: Fields, found: Collected) -> None:
    prefix, certainty = _path(alert)
    names = [name for name in fields if name in _RANK]
    names.sort(key=_RANK.__getitem__)
    rest = [n for n in alert.fields if n in fields and n not in _RANK and not n.startswith(_NO_NEWS)]
    command = as_text(fields.get("proc.cmdline", ""))
    for name in (*names, *rest):
        if len(found.by_field) >= MAX_FIELDS:
            break
        if name == "proc.args" and as_text(fields[name]) in command and "proc.cmdline" in found.by_field:
            # The arguments stand in the command line already; one line of evidence is enough for both.
            found.by_field[name] = found.by_field["proc.cmdline"]
            continue
        own = name in alert.fields and known(alert.fields[name])
        path = f"{prefix}{name}" if own or name in alert.fields else name
        sure, why = certainty if own else "inferred", _why(name)
        if name in alert.contradicted:
            sure, why = "contradicted", f"{why}; uncertain, for the alert states another value too"
        found.add("alert", path, as_text(fields[name]), why, field=name, certainty=sure)
    _around(alert, fields, found)


def _around(alert: Alert, fields: Fields, found: Collected) -> None:
    if alert.host.hostname:
        why = (
            "the sensor's host name, which is that of its own pod or container here"
            if alert.host.is_pod_name
            else "the machine"
        )
        found.add("alert", "hostname", alert.host.hostname, why, field="alert.hostname")
        found.by_field["alert.node"] = found.by_field["alert.hostname"]
    if alert.product.event_source:
        found.add(
            "alert", "source", alert.product.event_source, "what kind of events the rule reads", field="alert.source"
        )
    if alert.tags:
        found.add("alert", "tags", ", ".join(alert.tags), "tags of the rule", field="alert.tags")
    if "alert.time" in fields:
        why = "when it happened" if alert.time_certainty == "exact" else "when it happened; the time zone is assumed"
        found.add(
            "alert", "time", as_text(fields["alert.time"]), why, field="alert.time", certainty=alert.time_certainty
        )
    if alert.count > 1:
        found.add("alert", "count", str(alert.count), "how often the source saw it")
    text = alert.message or alert.output
    told = any(name in fields for name in ("proc.cmdline", "proc.name", "ka.verb", "ct.name"))
    # What no field carries stands in the message alone: it must not be lost, nor be taken for a field.
    if text and (not told or unread_pairs(fields)):
        found.add(
            "alert", "output" if alert.output else "message", text, "the message as received", field="alert.message"
        )


def _why(name: str) -> str:
    if name in _WHY:
        return _WHY[name]
    return next((why for prefix, why in _PREFIX_WHY if name.startswith(prefix)), "as the source gives it")


def _rule(rule: RuleFacts, found: Collected, *, described: bool) -> None:
    """Facts of the rule. What an entry of ours says of it is not said again in other words of ours."""
    own = rule.origin == "rules_file"
    whose = "the site's own rule file" if own else "the published rules"
    if rule.description and (own or not described):
        why = f"what the rule looks for, from {whose}" if own else "what the rule looks for, in our words"
        found.add("rule", "rule.description", " ".join(rule.description.split()), why)
    if rule.condition:
        found.add("rule", "rule.condition", rule.condition, f"when the rule fires, from {whose}")
    for point in rule.tuning[:6]:
        if point.empty:
            value = f"{point.kind} {point.name}: empty"
            why = "ships empty: nothing is excluded until the site fills it"
        else:
            content = ", ".join(point.items) if point.kind == "list" else point.condition or ""
            value = f"{point.kind} {point.name}: {content}" if content else f"{point.kind} {point.name}"
            why = "what the rule excludes"
        found.add("rule", f"rule.tuning.{point.name}", value, why)
    if not rule.enabled:
        found.add(
            "rule", "rule.enabled", "false", "disabled in these files: the site that raised it has switched it on"
        )
    for place in rule.overridden_in[:3]:
        found.add("rule", "rule.overridden_in", place, "a later file changed the rule")
    if rule.invalid_tags:
        found.add(
            "rule", "rule.tags", ", ".join(rule.invalid_tags), "tags that look like ATT&CK and are not in its table"
        )
