"""Sentences from evidence: headline, summary, and an explanation for a rule that nobody described."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from explainer.enrich.describe import composed, read_by
from explainer.enrich.events import api_call, api_verb, system_call
from explainer.enrich.hypotheses import Judged, in_sentence
from explainer.enrich.story import asked_object, cloud_call, message_head, value, what_happened, who_called
from explainer.enrich.texts import visible
from explainer.enrich.view import Fields
from explainer.schema.alert import Alert
from explainer.schema.enriched import Assessment
from explainer.schema.knowledge import KnowledgeEntry
from explainer.schema.rule import RuleFacts

HEADLINE = 100
_REVIEWED = date(2026, 11, 23)


def _first_sentence(text: str) -> str:
    text = " ".join(text.split())
    for at, character in enumerate(text):
        if character in ".!?" and text[at + 1 : at + 2] in {" ", ""} and text[at - 1 : at].isalnum() and at > 24:
            return text[: at + 1]
    return text


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
    # A title alone would read like a finding.
    shortest = {
        "benign": ": likely harmless",
        "suspicious": ": suspicious",
        "malicious": ": treat as an attack",
        "insufficient_evidence": ": cause not shown",
    }[assessment.verdict]
    where = next(
        (
            f" {word} {found}"
            for word, name in (("in pod", "k8s.pod.name"), ("on", "alert.hostname"), ("for", "ka.target.name"))
            if (found := value(fields, name))
        ),
        "",
    )
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
        f"{short}{where}{shortest}",
        f"{name}{where}{shortest}",
        f"{name}{shortest}",
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
    context = _first_sentence(explain or meaning)
    # That nobody described the rule is what the last sentence says; once is enough.
    if context and not context.startswith(_NOBODY):
        sentences.append(context)
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


_SESSIONS = frozenset({"exec", "attach"})
_NOBODY = ("No description of the rule", "The alert names no rule")
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
            f"{_NOBODY[0]} {visible(name)} is at hand: it is a site's own or an older one. It looks at "
            f"{read_by(alert.product.event_source)}."
        )
    elif not name:
        parts.append(f"{_NOBODY[1]}, so this rests on what it shows.")
    if rule is not None:
        empty = [point.name for point in rule.tuning if point.empty]
        if empty:
            parts.append(f"The rule excludes nothing until the site fills {' and '.join(empty[:3])}.")
    title = (
        visible(name) if name else _words(message_head(fields) or _request(fields) or alert.title or "Unnamed alert")
    )
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


def _request(fields: Fields) -> str:
    if what := asked_object(fields):
        return f"Kubernetes API request about {what}"
    call = cloud_call(fields)
    return f"Call {call}" if call else ""


def _words(text: str, limit: int = 64) -> str:
    """As many whole words as fit; a title need not say how much was left out."""
    text = visible(text)
    return text if len(text) <= limit else f"{text[:limit].rsplit(' ', 1)[0].rstrip(' ,;:(')}…"


def _period(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _means(fields: Fields, rule: RuleFacts | None) -> Iterable[str]:
    if asked := api_verb(value(fields, "ka.verb")):
        yield asked.means
    elif value(fields, "ka.target.subresource") in _SESSIONS:
        yield (
            "Somebody asked for a session inside a running container: staff do so to look at a problem, and an "
            "intruder does so with rights that were stolen."
        )
    elif call := cloud_call(fields):
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
    if who_called(fields) or cloud_call(fields) or value(fields, "ka.verb", "ka.user.name"):
        found.append("Does the identity make such calls regularly, from this address and with this client?")
        found.append("Is there a change or a pipeline run that this call belongs to?")
    elif alert.process is not None or "proc.name" in fields:
        found.append("Does this program belong to the workload, and does it run in this way regularly?")
        found.append("Who or what started it, and was a person logged in?")
    found.append("What changed shortly before: a roll-out, an update, a restart, a scheduled job?")
    found.append("Are there other alerts of the same place within fifteen minutes?")
    return tuple(found)
