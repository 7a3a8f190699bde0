"""What a reader has to fill in before a command can be run: the placeholders that no value of the alert replaced."""

from __future__ import annotations

import re

from explainer.enrich.view import Fields

# A placeholder stands quoted in a command, "<name>" in YAML.
_BLANK = re.compile(r"['\"]<([A-Za-z][^<>'\"]{0,60})>['\"]")
_NOT_GIVEN = "not in the alert"
_REFUSED = "the alert's value does not look like one that belongs in a command: read it, then decide"

_MEANS: dict[str, str] = {
    "proc.pid": f"the process id, from ps ({_NOT_GIVEN})",
    "proc.ppid": f"the id of the parent process, from ps ({_NOT_GIVEN})",
    "proc.exepath": f"the path of the executable, from /proc ({_NOT_GIVEN})",
    "container.id": f"the container's id, from crictl ps ({_NOT_GIVEN})",
    "k8s.ns.name": f"the pod's namespace ({_NOT_GIVEN})",
    "k8s.pod.name": f"the pod, from crictl ps ({_NOT_GIVEN})",
    "alert.node": "the node of the event (not in the alert)",
    "alert.namespace": "the namespace of the object (not in the alert)",
    "alert.since": "ten minutes before the event (the alert gives no full date)",
    "alert.until": "ten minutes after the event (the alert gives no full date)",
    "alert.since_rfc3339": "ten minutes before the event, as 2026-01-31T08:30:00Z (the alert gives no full date)",
    "alert.until_rfc3339": "ten minutes after the event, as 2026-01-31T08:50:00Z (the alert gives no full date)",
    "alert.day_before": "the day before the event (the alert gives no full date)",
    "alert.day_after": "the day after the event (the alert gives no full date)",
    "evidence-folder": "a folder on another machine or on storage of its own",
    "falco-namespace": "the namespace that Falco runs in",
    "falco-pod": "Falco's pod on that node",
    "service-account": "namespace:name of the pod's service account",
    "kind/name of the owner": "such as deployment/web",
}


def unfilled(text: str | None) -> tuple[str, ...]:
    """Names of the placeholders that stand in a command or a file, each once, in order."""
    return tuple(dict.fromkeys(_BLANK.findall(text or "")))


def blanks(fields: Fields, *texts: str | None) -> tuple[str, ...]:
    """A line for each placeholder: its name, and what to put there.

    Args:
        fields: the alert's fields view.
        texts: commands and files of one step.
    """
    names = dict.fromkeys(name for text in texts for name in unfilled(text))
    return tuple(f"<{name}>: {_REFUSED if name in fields else _MEANS.get(name) or _plain(name)}" for name in names)


def lacks_values(text: str | None) -> bool:
    """Whether a value of the alert itself is missing, so that the command cannot be run as it stands."""
    return any("." in name for name in unfilled(text))


def _plain(name: str) -> str:
    return f"the value of {name} ({_NOT_GIVEN})" if "." in name else f"the {name.replace('-', ' ')}"
