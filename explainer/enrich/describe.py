"""What a rule looks for, where nobody wrote a description of it: from its source, its events and its output."""

from __future__ import annotations

from explainer.enrich.events import system_call
from explainer.enrich.texts import visible
from explainer.schema.rule import RuleFacts

_SOURCES = {
    "syscall": "system calls of processes",
    "syscalls": "system calls of processes",
    "k8s_audit": "requests in the audit log of the Kubernetes API server",
    "aws_cloudtrail": "calls that AWS CloudTrail recorded",
    "gcp_auditlog": "calls in Google Cloud's audit log",
    "okta": "events of Okta's system log",
    "github": "events that GitHub sent to a webhook",
}
_SHOWN = 6


def read_by(source: str | None) -> str:
    """What rules of an event source read; the source's own name where it is not known here."""
    return _SOURCES.get(source or "", f"events of the source {visible(source, 40)}" if source else "events")


def composed(rule: RuleFacts) -> str:
    """One or two sentences about a rule without a description; facts only."""
    kinds = list(dict.fromkeys(event.did for name in rule.event_types if (event := system_call(name)) is not None))
    fires = f", of those where a process {' or '.join(kinds[:3])}" if kinds else ""
    text = f"The rule looks at {read_by(rule.source)}{fires}."
    if rule.output_fields:
        more = ", …" if len(rule.output_fields) > _SHOWN else ""
        text += f" It reports {', '.join(rule.output_fields[:_SHOWN])}{more}."
    return text
