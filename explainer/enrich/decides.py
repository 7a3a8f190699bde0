"""The one fact that tells ordinary use from misuse, for rules that nobody described."""

from __future__ import annotations

import re

from explainer.enrich.story import (
    about,
    asked_object,
    cloud_call,
    is_api_request,
    is_cloud_call,
    program,
    value,
    who_called,
)
from explainer.enrich.view import Fields
from explainer.schema.alert import Alert

_PEER = re.compile(r"->|:\d+$|^\d+(?:\.\d+){3}$")
_CHANGE = "the change, ticket or pipeline run that it belongs to, or its absence, tells."


def deciding_fact(alert: Alert, fields: Fields) -> str:
    """For a rule that nobody described: the one fact that tells ordinary use from misuse, in the alert's own names."""
    if is_api_request(fields):
        who = value(fields, "ka.user.name") or "the identity behind the request"
        what = asked_object(fields)
        return f"Whether {who} was meant to make this request{f' about {what}' if what else ''}: {_CHANGE}"
    if is_cloud_call(fields):
        who, call = who_called(fields) or "the identity behind the call", cloud_call(fields)
        return f"Whether {who} was meant to make {f'the call {call}' if call else 'this call'}: {_CHANGE}"
    ran, target = program(fields), about(fields)
    if ran:
        path, parent = value(fields, "proc.exepath"), value(fields, "proc.pname")
        started = f", started by {parent}," if parent else ""
        does = "reach" if _PEER.search(target) else "act on"
        starter = "" if parent else ", and what started it,"
        proof = (
            f"the owner of the workload and where {path} comes from tell"
            if path
            else f"which executable runs under that name{starter} is not in the alert"
        )
        return f"Whether {ran}{started} is expected to {f'{does} {target}' if target else 'run'} here; {proof}."
    if parent := value(fields, "proc.pname"):
        return f"Which program {parent} started, and whether it is expected to; the alert does not name it."
    if target:
        return f"Which process is behind {target}, and who started it; the alert names none."
    if alert.signature is not None or alert.network is not None:
        return ""
    return "Which process, account or object this message is about; the alert names none that could be checked."
