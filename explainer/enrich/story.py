"""What happened, as far as the alert tells: one sentence of who, where, what and which object, for any rule."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from pydantic import JsonValue

from explainer.enrich.events import Event, api_verb, system_call
from explainer.enrich.texts import as_text, visible
from explainer.enrich.view import Fields
from explainer.schema.alert import Alert

VALUE = 160
SAID = 240
"""Characters of a message that are quoted."""
_EXECUTED = "was executed"
_LEAVES = 6
_MOST_UNREAD = 4
_READ = 4096
"""Characters of a message that are searched."""

# A message up to its first key: "File opened for writing (user=root …", "… | user=root …", "project=x A topic …".
_HEAD = re.compile(r"^(?P<head>.*?)(?:\s*\(|\s*\||\s+)?\b[A-Za-z][\w.]*=")
_PAIR = re.compile(r"(?:^|[\s(,|{])(?P<key>[A-Za-z][\w.\[\]]*)=(?P<value>.*?)(?=,?\s+[A-Za-z][\w.\[\]]*=|\)|\s\||$)")
_LEADING = re.compile(r"^(?:[A-Za-z][\w.]*=\S*\s+)+")
_DANGLING = re.compile(r"\s(?:by|from|with|to|in|on|of|for|at)$")
_PARTS = re.compile(r"[\s:,()]+")
_NOTHING = frozenset({"", "<NA>", "N/A", "(none)", "null", "<nil>"})

# Parts of a request to the Kubernetes API that say what was asked for.
_ASKED: tuple[tuple[str, str], ...] = (
    ("ka.uri.param[command]", "command"),
    ("ka.req.pod.containers.image", "image"),
    ("ka.req.container.image", "image"),
    ("ka.req.pod.volumes.hostpath", "host path"),
    ("ka.req.binding.role", "role"),
    ("ka.req.binding.subjects", "subjects"),
    ("ka.req.role.rules", "rules"),
    ("ka.impuser.name", "impersonating"),
)
_WHO = (
    "ct.user",
    "ct.user.arn",
    "gcp.user",
    "okta.actor.alternateID",
    "okta.actor.name",
    "github.user",
    "azure.user",
)
_CALL = ("ct.name", "gcp.methodName", "okta.evt.type", "github.action", "github.type")
_OBJECT = (
    "ct.request",
    "gcp.resourceName",
    "gcp.storage.bucket",
    "s3.uri",
    "s3.bucket",
    "ec2.name",
    "okta.app",
    "okta.target.user.name",
    "github.repo",
    "gcp.request",
)


def value(fields: Fields, *names: str) -> str:
    """The first known of these fields, fit for a sentence; empty when none is known."""
    found = next((fields[name] for name in names if fields.get(name) not in (None, "")), None)
    return "" if found is None else visible(as_text(found), VALUE)


# --- place and actor --------------------------------------------------------------------------


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


def program(fields: Fields) -> str:
    """What ran, by the shortest name that the alert has; empty when it names none."""
    command = value(fields, "proc.cmdline")
    return (
        value(fields, "proc.name")
        or value(fields, "proc.exepath", "proc.exe")
        or (command.split(" ", 1)[0] if command else "")
    )


def _account(fields: Fields) -> str:
    user, uid = value(fields, "user.name"), value(fields, "user.uid")
    if not user and not uid:
        return ""
    return f"as {user} (uid {uid})" if user and uid and user != uid else f"as {user or f'uid {uid}'}"


def _actor(fields: Fields) -> str:
    subject, command = program(fields), value(fields, "proc.cmdline")
    account = _account(fields)
    if not subject:
        # A file or a call without a process still has a place and an account.
        if not any(fields.get(name) for name in ("fd.name", "fs.path.name", "evt.type", "proc.pname")):
            return ""
        parent = value(fields, "proc.pname")
        told = [f"started by {parent}" if parent else "", account]
        return ", ".join(["a process that the alert does not name", *(part for part in told if part), ""]).rstrip()
    parts = [subject]
    details = []
    if command and command != subject:
        details.append(f"command line {command}")
    if parent := value(fields, "proc.pname"):
        path = value(fields, "proc.pexepath")
        details.append(f"started by {parent}" + (f" at {path}" if path else ""))
    if details:
        parts.append(f"({', '.join(details)})")
    return " ".join([*parts, account] if account else parts)


# --- the message ------------------------------------------------------------------------------


def _message(fields: Fields) -> str:
    # Runs of spaces would make the search for keys slow, and mean nothing.
    return " ".join(as_text(fields.get("alert.message", ""))[:_READ].split())


def message_head(fields: Fields) -> str:
    """The words of the message before its values; empty when there are none beyond the rule's name."""
    text = _message(fields)
    text = _LEADING.sub("", text)
    match = _HEAD.match(text)
    head = _DANGLING.sub("", (match["head"] if match else text).strip(" :;,.|("))
    return "" if len(head.split()) < 3 or head == fields.get("alert.rule") else visible(head, VALUE)


def unread_pairs(fields: Fields) -> tuple[tuple[str, str], ...]:
    """Keys and values of the message that no field carries: its writer may have meant more than was read.

    Returns:
        Pairs in the order of the text, one for each value.
    """
    text = _message(fields)
    held = {as_text(v) for name, v in fields.items() if name != "alert.message"}
    everything = "\n".join(held)

    def carried(said: str) -> bool:
        return said in _NOTHING or said in held or (len(said) > 3 and said in everything)

    found: dict[str, str] = {}
    opens = _LEADING.match(text)
    for match in _PAIR.finditer(text):
        said = match["value"].strip(" ,")
        if opens and match.start("value") < opens.end():
            # A text that opens with a key goes on in prose, which is no part of the value.
            said = said.split(" ", 1)[0]
        parts = _PARTS.split(said)
        # Behind a value that was read may stand more words of the message; an image is read in two parts.
        if carried(said) or carried(said.split(" ", 1)[0]) or all(carried(part) for part in parts):
            continue
        found.setdefault(visible(said, VALUE), match["key"])
    return tuple((key, said) for said, key in found.items())


def _also(fields: Fields) -> str:
    pairs = unread_pairs(fields)
    if not pairs:
        return ""
    more = f" and {len(pairs) - _MOST_UNREAD} more" if len(pairs) > _MOST_UNREAD else ""
    return f"; the text also says {', '.join(f'{key}={said}' for key, said in pairs[:_MOST_UNREAD])}{more}"


# --- the event --------------------------------------------------------------------------------


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


def about(fields: Fields, event: Event | None = None) -> str:
    """The object of the event: the file, the link and its target, the connection; empty when the alert names none."""
    if link := value(fields, "evt.arg.linkpath", "fs.path.linkpath"):
        target = value(fields, "evt.arg.target", "evt.arg.oldpath", "fs.path.target")
        return f"{link} to {target}" if target and target != link else link
    if new := value(fields, "evt.arg.newpath"):
        old = value(fields, "evt.arg.oldpath")
        return f"{old} to {new}" if old and old != new else new
    if event is not None:
        return value(fields, *event.objects)
    return value(fields, "fd.name", "fs.path.name", "evt.arg.path", "evt.arg.name", "fd.nameraw", "fd.sip", "fd.rip")


def _process(alert: Alert, fields: Fields, actor: str) -> str:
    kind, where = value(fields, "evt.type"), place(fields)
    event = system_call(kind)
    sentence = f"{actor}{f' {where}' if where else ''} "
    target, command = about(fields, event), value(fields, "proc.cmdline")
    if event is None:
        said = message_head(fields)
        subject = f" about {target}" if target and target != command else ""
        return f"{sentence}raised this alert{subject}{f': {said}' if said else ''}{_also(fields)}"
    shown = ""
    if event.did == _EXECUTED:
        shown = f" from {target}" if target else ""
    elif target and target != command and not (event.objects[:1] == ("derived.module_path",) and target in command):
        shown = f": {target}"
    named = f" ({kind})" if kind not in event.did.split() else ""
    told = any(key in {"res", "result"} for key, _ in unread_pairs(fields))
    return f"{sentence}{event.did}{shown}{named}{'' if told else _result(alert, fields)}{_also(fields)}"


def what_happened(alert: Alert, fields: Fields) -> str:
    """One sentence: when, who, where, what, as far as the alert tells."""
    if is_api_request(fields):
        sentence = _kubernetes(fields)
    elif is_cloud_call(fields):
        sentence = _cloud(fields)
    elif alert.kind != "sensor_health" and (actor := _actor(fields)):
        sentence = _process(alert, fields, actor)
    else:
        said = visible(as_text(fields.get("alert.message", "")), SAID) or visible(alert.title, SAID)
        where, target = place(fields), about(fields)
        what = f" about {target}" if target and target not in said else ""
        sentence = f"the sensor{f' {where}' if where else ''} reported{what or ('' if said else ' this alert')}"
        sentence += f": {said}" if said else ""
    return _period(_capital(_when(fields) + sentence))


def asked_object(fields: Fields) -> str:
    """``pods/exec web in namespace shop``: what a request to the Kubernetes API was about; empty when not told."""
    resource, sub = value(fields, "ka.target.resource"), value(fields, "ka.target.subresource")
    kind = f"{resource}/{sub}" if resource and sub else resource or value(fields, "ka.uri")
    namespace = value(fields, "ka.target.namespace")
    parts = [kind, value(fields, "ka.target.name"), f"in namespace {namespace}" if namespace else ""]
    return " ".join(part for part in parts if part)


def _kubernetes(fields: Fields) -> str:
    verb = value(fields, "ka.verb")
    known = api_verb(verb)
    did = known.did if known else f"asked the API server to {verb}" if verb else "made a request about"
    parts = [value(fields, "ka.user.name") or "an unnamed identity", did, asked_object(fields)]
    if source := value(fields, "ka.sourceips"):
        parts.append(f"from {source}")
    asked = [f"{word} {said}" for name, word in _ASKED if (said := value(fields, name))]
    if asked:
        parts.append(f"({', '.join(dict.fromkeys(asked))})")
    code = value(fields, "ka.response.code")
    sentence = " ".join(part for part in parts if part) + (f"; the answer was {code}" if code else "")
    head = "" if verb else message_head(fields)
    return sentence + (f"; the sensor reported: {head}" if head else "") + _also(fields)


def cloud_call(fields: Fields) -> str:
    """The call of a cloud or identity service, by its name or by the type of its request; empty when not told."""
    if call := value(fields, *_CALL):
        return call
    request = _json(fields.get("gcp.request"))
    kind = request.get("@type") if isinstance(request, dict) else None
    return visible(kind.rsplit("/", 1)[-1], VALUE) if isinstance(kind, str) else ""


def cloud_object(fields: Fields) -> str:
    """What a call was about: the resource, or the parts of its request; empty when not told."""
    found = []
    for name in _OBJECT:
        if not fields.get(name):
            continue
        leaves = list(_leaves(_json(fields[name])))
        if leaves:
            more = f", {len(leaves) - _LEAVES} more" if len(leaves) > _LEAVES else ""
            found.append(", ".join(f"{key} {said}" for key, said in leaves[:_LEAVES]) + more)
        elif not as_text(fields[name]).startswith(("{", "[")):
            found.append(f"{name.rsplit('.', 1)[-1]} {value(fields, name)}")
    return ", ".join(dict.fromkeys(found))


def who_called(fields: Fields) -> str:
    """The identity behind a call; empty when not told."""
    return value(fields, *_WHO)


def is_api_request(fields: Fields) -> bool:
    """Whether the event is a request to the Kubernetes API."""
    return bool(value(fields, "ka.verb", "ka.user.name", "ka.target.name", "ka.uri"))


def is_cloud_call(fields: Fields) -> bool:
    """Whether the event is a call of a cloud or identity service."""
    return bool(value(fields, *_CALL, *_WHO))


def _cloud(fields: Fields) -> str:
    call = cloud_call(fields)
    parts = [who_called(fields) or "an unnamed identity", f"made the call {call}" if call else "made a call"]
    if source := value(fields, "ct.srcip", "gcp.callerIP", "okta.client.ip"):
        parts.append(f"from {source}")
    if region := value(fields, "ct.region", "gcp.location"):
        parts.append(f"in {region}")
    if what := cloud_object(fields):
        parts.append(f"({what})")
    error = value(fields, "ct.error")
    sentence = " ".join(parts) + (f"; it failed with {error}" if error else "")
    head = "" if value(fields, *_CALL) else message_head(fields)
    return sentence + (f"; the sensor reported: {head}" if head else "") + _also(fields)


def _json(said: JsonValue) -> JsonValue:
    if not isinstance(said, str) or not said.startswith(("{", "[")):
        return said if isinstance(said, dict | list) else None
    try:
        found: JsonValue = json.loads(said)
    except (ValueError, RecursionError):
        return None
    return found


def _leaves(found: JsonValue, name: str = "", depth: int = 0) -> Iterable[tuple[str, str]]:
    """Names and plain values within a request; what is empty or false tells nothing."""
    if depth > 4:
        return
    if isinstance(found, dict):
        for key, inner in found.items():
            # "value" and "items" are shells around what is meant.
            own = name if key in {"value", "items"} and name else key
            if not key.startswith("@"):
                yield from _leaves(inner, own, depth + 1)
    elif isinstance(found, list):
        for inner in found[:_LEAVES]:
            yield from _leaves(inner, name, depth + 1)
    elif found not in (None, "", False) and name:
        yield visible(name, 40), visible(as_text(found), VALUE)


def _period(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _capital(text: str) -> str:
    # Names keep their spelling: a command called "nc" is not "Nc".
    own = ("the sensor", "an unnamed", "a process that the alert")
    return f"{text[:1].upper()}{text[1:]}" if text.startswith(own) else text
