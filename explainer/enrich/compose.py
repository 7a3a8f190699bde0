"""Sentences from evidence: headline, summary, and an explanation for a rule that nobody described."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from explainer.enrich.describe import composed, read_by
from explainer.enrich.events import api_call, api_verb, system_call
from explainer.enrich.hypotheses import Judged, in_sentence
from explainer.enrich.texts import as_text, visible
from explainer.enrich.view import Fields
from explainer.schema.alert import Alert
from explainer.schema.enriched import Assessment
from explainer.schema.knowledge import KnowledgeEntry
from explainer.schema.rule import RuleFacts

HEADLINE = 100
VALUE = 160
_REVIEWED = date(2026, 11, 23)
_EXECUTED = "was executed"


def value(fields: Fields, *names: str) -> str:
    """The first known of these fields, fit for a sentence; empty when none is known."""
    found = next((fields[name] for name in names if fields.get(name) not in (None, "")), None)
    return "" if found is None else visible(as_text(found), VALUE)


def _first_sentence(text: str) -> str:
    text = " ".join(text.split())
    for at, character in enumerate(text):
        if character in ".!?" and text[at + 1 : at + 2] in {" ", ""} and text[at - 1 : at].isalnum() and at > 24:
            return text[: at + 1]
    return text


# --- place, actor, event ----------------------------------------------------------------------


def place(fields: Fields) -> str:
    """``in container a (image b), pod n/p, on host h``; empty when the alert names no place."""
    parts = []
    container = value(fields, "container.id")
    name, image = value(fields, "container.name"), value(fields, "container.image.repository", "container.image")
    tag = value(fields, "container.image.tag")
    if container == "host":
        parts.append("outside any container")
    elif container or name:
        inner = f"in container {name or container}"
        details = [f"id {container}"] if name and container else []
        if image:
            details.append(f"image {image}:{tag}" if tag and ":" not in image.rsplit("/", 1)[-1] else f"image {image}")
        parts.append(inner + (f" ({', '.join(details)})" if details else ""))
    pod, namespace = value(fields, "k8s.pod.name"), value(fields, "k8s.ns.name")
    if pod:
        parts.append(f"of pod {namespace}/{pod}" if namespace else f"of pod {pod}")
    if host := value(fields, "alert.hostname"):
        parts.append(f"on {host}")
    return " ".join(parts)


def _actor(fields: Fields) -> str:
    name, command = value(fields, "proc.name"), value(fields, "proc.cmdline")
    subject = name or value(fields, "proc.exepath", "proc.exe") or (command.split(" ", 1)[0] if command else "")
    if not subject:
        return ""
    parts = [subject]
    details = []
    if command and command != subject:
        details.append(f"command line {command}")
    if parent := value(fields, "proc.pname"):
        path = value(fields, "proc.pexepath")
        details.append(f"started by {parent}" + (f" at {path}" if path else ""))
    if details:
        parts.append(f"({', '.join(details)})")
    user, uid = value(fields, "user.name"), value(fields, "user.uid")
    if user or uid:
        parts.append(f"as {user} (uid {uid})" if user and uid and user != uid else f"as {user or f'uid {uid}'}")
    return " ".join(parts)


def _when(fields: Fields) -> str:
    stamp = value(fields, "alert.time")
    return f"On {stamp.replace(' ', ' at ', 1)}, " if stamp else ""


def _result(alert: Alert, fields: Fields) -> str:
    result = value(fields, "evt.res")
    if result:
        return "; it succeeded" if result == "SUCCESS" else f"; the result was {result}"
    if alert.action in {"blocked", "failed"}:
        return f"; it {'was blocked' if alert.action == 'blocked' else 'failed'}"
    if value(fields, "rule.outcome"):
        return "; the rule fires on calls that succeeded only"
    return "; whether that succeeded is not in the alert"


def what_happened(alert: Alert, fields: Fields) -> str:
    """One sentence: when, who, where, what, as far as the alert tells."""
    if value(fields, "ka.verb", "ka.user.name", "ka.target.name", "ka.uri"):
        sentence = _kubernetes(fields)
    elif value(fields, "ct.name", "gcp.methodName", "okta.evt.type", "github.action"):
        sentence = _cloud(fields)
    elif actor := _actor(fields):
        event = system_call(value(fields, "evt.type"))
        where = place(fields)
        sentence = f"{actor}{f' {where}' if where else ''} "
        if event is None:
            target = value(fields, "fd.name", "fs.path.name")
            about = f" about {target}" if target and target not in value(fields, "proc.cmdline") else ""
            sentence += f"raised this alert{about}"
        else:
            target = value(fields, *event.objects)
            command = value(fields, "proc.cmdline")
            shown = ""
            if target and target != command and (target not in command or event.did == _EXECUTED):
                shown = f" from {target}" if event.did == _EXECUTED else f": {target}"
            sentence += f"{event.did}{shown} ({value(fields, 'evt.type')}){_result(alert, fields)}"
    else:
        said = value(fields, "alert.message") or visible(alert.title, VALUE)
        where = place(fields)
        sentence = f"the sensor{f' {where}' if where else ''} reported" + (f": {said}" if said else " this alert")
    return f"{_capital(_when(fields) + sentence)}."


def _kubernetes(fields: Fields) -> str:
    verb = value(fields, "ka.verb")
    known = api_verb(verb)
    did = known.did if known else f"asked the API server to {verb}" if verb else "made a request about"
    resource, sub = value(fields, "ka.target.resource"), value(fields, "ka.target.subresource")
    kind = f"{resource}/{sub}" if resource and sub else resource or value(fields, "ka.uri")
    parts = [value(fields, "ka.user.name") or "an unnamed identity", did, kind, value(fields, "ka.target.name")]
    if namespace := value(fields, "ka.target.namespace"):
        parts.append(f"in namespace {namespace}")
    if source := value(fields, "ka.sourceips"):
        parts.append(f"from {source}")
    code = value(fields, "ka.response.code")
    said = value(fields, "alert.message")
    sentence = " ".join(part for part in parts if part) + (f"; the answer was {code}" if code else "")
    return sentence if verb or not said else f"{sentence}; the sensor reported: {said}"


def _cloud(fields: Fields) -> str:
    who = value(fields, "ct.user", "gcp.user", "okta.actor.alternateID", "github.user") or "an unnamed identity"
    call = value(fields, "ct.name", "gcp.methodName", "okta.evt.type", "github.action")
    parts = [who, "made the call", call]
    if source := value(fields, "ct.srcip", "gcp.callerIP", "okta.client.ip"):
        parts.append(f"from {source}")
    if region := value(fields, "ct.region", "gcp.location"):
        parts.append(f"in {region}")
    error = value(fields, "ct.error")
    return " ".join(parts) + (f"; it failed with {error}" if error else "")


def _capital(text: str) -> str:
    # Names keep their spelling: a command called "nc" is not "Nc".
    return (
        f"T{text[1:]}" if text.startswith("the sensor") else f"A{text[1:]}" if text.startswith("an unnamed") else text
    )


# --- headline and summary ---------------------------------------------------------------------


def headline(title: str, alert: Alert, fields: Fields, assessment: Assessment, lead: Judged | None) -> str:
    """At most 100 characters: what, where, and what it looks like."""
    cause = in_sentence(lead.hypothesis.title) if lead else ""
    ending = {
        "benign": f": likely {cause}" if cause else "",
        "suspicious": f": points to {cause}" if cause else ": suspicious",
        "malicious": f": {cause}" if cause else ": treat as an attack",
        "insufficient_evidence": f": perhaps {cause}, not shown" if cause else ": cause not shown",
    }[assessment.verdict]
    host = value(fields, "k8s.pod.name", "alert.hostname", "ka.target.name")
    where = f" on {host}" if host and not fields.get("k8s.pod.name") else f" in {host}" if host else ""
    if value(fields, "ka.verb") and not fields.get("k8s.pod.name"):
        where = ""
    short = title or alert.rule.name or alert.title or "Alert"
    # Some titles are long: the name of the rule then leaves room for what it looks like.
    name = visible(alert.rule.name or short)
    for text in (
        f"{short}{where}{ending}",
        f"{name}{where}{ending}",
        f"{short}{ending}",
        f"{name}{ending}",
        f"{short}{where}",
        short,
    ):
        if len(text) <= HEADLINE:
            return visible(text)
    return f"{visible(short)[: HEADLINE - 1].rstrip()}…"


def summary(alert: Alert, fields: Fields, meaning: str, assessment: Assessment, explain: str = "") -> str:
    """Two or three sentences: what happened, what it means, what we make of it."""
    sentences = [what_happened(alert, fields)]
    if not fields.get("alert.time"):
        stamp = f" ({visible(alert.time_text, 40)})" if alert.time_text else ""
        sentences[0] = f"{sentences[0][:-1]}; the alert gives no full date{stamp}."
    # The leading explanation says how it came about; without one, the rule's own meaning has to do.
    if context := explain or meaning:
        sentences.append(_first_sentence(context))
    sentences.append(assessment.reason)
    return " ".join(sentence for sentence in sentences if sentence)


# --- a rule that nobody described -------------------------------------------------------------


GENERIC_BLOCKS = (
    "any-evidence",
    "cloud-evidence",
    "container-evidence",
    "containment",
    "host-evidence",
    "identity-containment",
    "kubernetes-evidence",
    "network-evidence",
)
"""Every block that ``blocks_for`` may choose."""

_RECORD = "containment.preserve-record"
_ON_A_HOST = tuple(
    f"containment.{name}"
    for name in ("preserve-record", "preserve-process", "isolate-host", "revoke", "rebuild", "hunt", "watch")
)


# A source, the prefix of a plugin's fields, and the words by which rules without either still name it.
_PROVIDERS: tuple[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    ("kubernetes", ("k8s_audit", "k8saudit", "k8smeta"), ("ka.",), ("k8s audit", "kubernetes audit")),
    ("aws", ("aws", "cloudtrail"), ("ct.", "s3.", "ec2."), ("aws", "cloudtrail")),
    ("gcp", ("gcp", "google", "auditlogs"), ("gcp.",), ("gcp", "google cloud")),
    ("okta", ("okta",), ("okta.",), ("okta",)),
    ("github", ("github",), ("github.",), ("github",)),
    ("azure", ("azure", "entra"), ("azure.",), ("azure", "entra")),
)


def provider(alert: Alert, rule: RuleFacts | None, fields: Fields) -> str | None:
    """Whose log the event comes from, when it is that of an API and not of a machine."""
    source = (alert.product.event_source or (rule.source if rule else "") or "").lower()
    if source in {"syscall", "syscalls", "internal"} or alert.process is not None:
        return None
    for name, sources, prefixes, _ in _PROVIDERS:
        if source.startswith(sources) or any(field.startswith(prefixes) for field in fields):
            return name
    # Text lines carry no source: the words only choose among steps that read, so a wrong one costs little.
    said = " ".join([alert.rule.name or "", alert.title, *alert.tags, alert.message or ""]).lower()
    spoken = set(re.findall(r"[a-z0-9]+", said))
    for name, _, _, words in _PROVIDERS:
        if any(word in spoken or (" " in word and word in said) for word in words):
            return name
    return None


def blocks_for(alert: Alert, rule: RuleFacts | None, fields: Fields) -> tuple[str, ...]:
    """Blocks, or single actions of them, that fit where the event comes from."""
    source = (alert.product.event_source or (rule.source if rule else "") or "").lower()
    if alert.kind == "sensor_health" or source == "internal":
        return ()
    provider = fields.get("alert.provider")
    if provider == "kubernetes":
        return ("kubernetes-evidence", "identity-containment")
    if provider is not None or (alert.cloud is not None and alert.container is None and alert.process is None):
        return ("cloud-evidence", "identity-containment")
    ran = alert.process is not None or any(name.startswith("proc.") for name in fields)
    if (alert.signature is not None or alert.network is not None) and not ran:
        return ("network-evidence", _RECORD, "containment.isolate-host")
    box = alert.container
    if box is not None and not box.is_host and (box.id or box.name):
        return ("container-evidence", "containment")
    if ran or alert.mac is not None or source in {"syscall", "syscalls"}:
        return ("host-evidence", *_ON_A_HOST)
    return ("any-evidence", _RECORD)


_GRAVE = frozenset({"Critical", "Alert", "Emergency"})


def fallback_entry(alert: Alert, rule: RuleFacts | None, fields: Fields) -> KnowledgeEntry:
    """What can be said of a rule without an entry: its own description, and what the event does."""
    parts: list[str] = []
    name = alert.rule.name
    if rule is not None and rule.description:
        said = " ".join(rule.description.split())
        if rule.origin == "rules_file":
            parts.append(f"The rule describes itself so: {_period(visible(said, 600))}")
        else:
            # The rest weighs what else may be behind such an event, which this alert does not tell.
            parts.append(f"The rule looks for this: {_first_sentence(said)}")
    parts.extend(_means(fields, rule))
    if rule is not None and not rule.description:
        parts.append(composed(rule))
    elif rule is None and name:
        parts.append(
            f"The rule {visible(name)} is a site's own or an older one: no description of it is at hand. It looks at "
            f"{read_by(alert.product.event_source)}."
        )
    elif not name:
        parts.append("The alert names no rule, so this rests on what it shows.")
    if rule is not None:
        empty = [point.name for point in rule.tuning if point.empty]
        if empty:
            parts.append(f"The rule excludes nothing until the site fills {' and '.join(empty[:3])}.")
    title = visible(name or alert.title or "Unnamed alert", 80)
    return KnowledgeEntry(
        rule=name,
        source=alert.product.event_source or "syscall",
        reviewed=_REVIEWED,
        sources=("the alert",) if rule is None else ("the alert", "the rule file"),
        title=title.replace("%{", "%"),
        meaning=" ".join(parts).replace("%{", "%"),
        hypotheses=(),
        questions=_questions(alert, fields),
        # Nobody knows the rule, but its author called it critical: that alone keeps it from being "cannot tell".
        default_verdict="suspicious" if alert.priority in _GRAVE else "insufficient_evidence",
        use=blocks_for(alert, rule, fields),
    )


def _period(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _means(fields: Fields, rule: RuleFacts | None) -> Iterable[str]:
    if asked := api_verb(value(fields, "ka.verb")):
        yield asked.means
    elif call := value(fields, "ct.name", "gcp.methodName"):
        if does := api_call(call):
            yield does
    elif event := system_call(value(fields, "evt.type")):
        yield event.means
    elif rule is not None and not fields.get("evt.type"):
        known = next((event for kind in rule.event_types if (event := system_call(kind))), None)
        if known:
            yield known.means


def _questions(alert: Alert, fields: Fields) -> tuple[str, ...]:
    found = []
    if "ka.verb" in fields or "ct.name" in fields or "gcp.methodName" in fields:
        found.append("Does the identity make such calls regularly, from this address and with this client?")
        found.append("Is there a change or a pipeline run that this call belongs to?")
    elif alert.process is not None or "proc.name" in fields:
        found.append("Does this program belong to the workload, and does it run in this way regularly?")
        found.append("Who or what started it, and was a person logged in?")
    found.append("What changed shortly before: a roll-out, an update, a restart, a scheduled job?")
    found.append("Are there other alerts of the same place within fifteen minutes?")
    return tuple(found)
