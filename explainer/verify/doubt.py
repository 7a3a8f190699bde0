"""Why a harmless reading, however sure, is not closed by a machine: what the actor could have shaped."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from explainer.schema.alert import Alert
from explainer.schema.enriched import EnrichedAlert

# A hostile hint alone is in nearly every alert; two together are a sign.
_HINTS = 2

# Programs that serve the network or run other people's code: what starts below them may be somebody else's doing.
_SERVICES = re.compile(
    r"(?:nginx|apache2?|httpd|lighttpd|caddy|haproxy|php(?:-fpm)?[\d.]*|java|node|tomcat\w*|gunicorn|uwsgi|unicorn|puma|ruby|"
    r"postgres|mysqld|mariadbd|mongod|redis-server|memcached|named|smbd|vsftpd|exim4?|postfix|sendmail|dotnet|beam\.smp)"
)
_SHELL = re.compile(r"(?:ba|da|z|k|fi|c|tc|a)?sh")
_OWN_PLACE = re.compile(
    r"(?:^|[\s=:'\"])(?:\./|\.\./|/tmp/|/dev/shm/|/var/tmp/|/run/user/|~/)|/\.{1,2}(?:/|$)|LD_(?:PRELOAD|AUDIT|LIBRARY_PATH)="
)
_STARTS_OTHERS = re.compile(
    r"(?i)(?:^|\s)(?:-exec(?:dir)?|--?(?:filter|checkpoint-action|use-compress\S*|compress-prog\S*|to-command|rsh|pager|eval"
    r"|init-file|command)(?:=|\s)|-c\s|(?:-o\s*)?\w*command[=\s])"
)
_LOADER = re.compile(r"\bLD_(?:PRELOAD|AUDIT|LIBRARY_PATH)\b")
# What is worth taking: whoever reads it for a purpose and whoever steals it look alike in an alert.
_CREDENTIALS = re.compile(
    r"/g?shadow-?$|/master\.passwd$|/\.ssh/|/ssh_host_\w+_key$|/\.(?:aws|azure|kube|docker|gnupg)/|/gcloud/|/\.(?:netrc|pgpass|git-credentials)$"
    r"|/secrets?/|\.(?:pem|key|p12|pfx|jks|keytab|kdbx)$|/krb5\.keytab|/(?:SAM|NTDS\.dit)$"
)
_CHANGED_PROGRAM = ("proc.is_exe_writable", "proc.is_exe_upper_layer", "proc.is_exe_from_memfd")


def doubt(enriched: EnrichedAlert) -> str | None:
    """The first reason, in a sentence; None when nothing that was read lay in the actor's hands."""
    return next(_doubts(enriched), None)


def _doubts(enriched: EnrichedAlert) -> Iterator[str]:
    alert = enriched.alert
    hostile = [h for h in enriched.hypotheses if h.verdict != "benign" and h.supports and h.score >= _HINTS]
    if hostile:
        yield f"A sign of the opposite holds too: {hostile[0].supports[0].text}"
    yield from _statements(enriched)
    yield from _chain(alert)
    yield from _object(alert)


def _statements(enriched: EnrichedAlert) -> Iterator[str]:
    """Where the alert does not agree with itself."""
    alert, container = enriched.alert, enriched.alert.container
    if any(item.path == "output" for item in enriched.evidence):
        yield "The alert's text says more than its fields, and nobody can tell who wrote which."
    if container is not None and container.is_host:
        named = container.image or container.repository or (container.name not in (None, "host") and container.name)
        pod = alert.k8s is not None and (alert.k8s.pod or alert.k8s.namespace)
        if named or pod:
            yield f"The alert places it on the host itself and names {named or pod} all the same."


def _chain(alert: Alert) -> Iterator[str]:
    """What the processes could have been told, or made of."""
    processes = [p for p in (alert.process, *alert.ancestors) if p is not None]
    lines = [text for p in processes for text in (p.exepath, p.cmdline) if text]
    if any(_OWN_PLACE.search(line) for line in lines):
        yield "A command line or path in the chain names a place that anybody can write to, or steps out of its folder."
    if any(str(alert.fields.get(name)).lower() == "true" for name in _CHANGED_PROGRAM):
        yield "The executable can be changed by who runs it, or is no file of the image."
    if any(isinstance(value, str) and _LOADER.search(f"{name}={value}") for name, value in alert.fields.items()):
        yield "A library is loaded into the program from outside."
    service = next((p.name for p in alert.ancestors if p.name and _SERVICES.fullmatch(p.name)), None)
    if service is not None:
        yield f"It runs below {service}, which serves others: what they made it do looks the same."
    if alert.ancestors and _SHELL.fullmatch(alert.ancestors[0].name or ""):
        yield "It was started from a shell, so somebody or some script chose its arguments."
    if any(_STARTS_OTHERS.search(line) for line in lines):
        yield "A command line in the chain can start other programs."


def _object(alert: Alert) -> Iterator[str]:
    """What was acted upon, when the actor chose it."""
    paths = [p for p in (alert.file.path, alert.file.raw_path, alert.file.target) if p] if alert.file else []
    if any(_OWN_PLACE.search(path) for path in paths):
        yield "The path lies where anybody can write, or steps out of its folder."
    if any(_CREDENTIALS.search(path) for path in paths):
        yield "The file holds credentials: a person says who needed them."
    network = alert.network
    if network is not None and network.direction != "inbound" and _public(network.dst_ip):
        yield f"Data may leave to {network.dst_ip}; whose account there it reaches is the actor's choice."


def _public(address: str | None) -> bool:
    try:
        return address is not None and ipaddress.ip_address(address).is_global
    except ValueError:
        return False
