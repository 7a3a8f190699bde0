"""Does the alert really not tell this? "The user is unknown" is false where the alert has the user."""

from __future__ import annotations

from collections.abc import Iterator

from explainer.schema.alert import Alert
from explainer.verify.frames import Clause
from explainer.verify.neutral import FUNCTION
from explainer.verify.statements import content
from explainer.verify.words import stems

_ANY = stems("name value information detail field id identity exact actual whether alert process event container")


def told_after_all(clause: Clause, alert: Alert) -> str | None:
    """The reason why something that a clause calls unknown stands in the alert, or None."""
    told = {word for text in content(clause.complement, _own_names(alert)) for word in stems(text)} - FUNCTION
    if not told:
        return None
    for topic, words, value in _topics(alert):
        if told & words and told <= words | _ANY:
            return f"the alert does tell the {topic}: {value}"
    return None


def _own_names(alert: Alert) -> frozenset[str]:
    """Names that may stand beside what is asked for: "which user ran insmod" asks for the user."""
    own = (alert.process.name, alert.container.name if alert.container else None) if alert.process else ()
    return frozenset(name.lower() for name in own if name)


def _topics(alert: Alert) -> Iterator[tuple[str, frozenset[str], str]]:
    process, user, container, k8s, network = alert.process, alert.user, alert.container, alert.k8s, alert.network
    known: list[tuple[str, str, object]] = [
        (
            "parent",
            "parent started launched spawned by what program which",
            alert.ancestors and alert.ancestors[0].name,
        ),
        ("user", "user account ran as under", user and (user.name or user.uid)),
        ("host", "host machine node hostname", alert.host.hostname),
        ("rule", "rule fired triggered", alert.rule.name),
    ]
    if process is not None:
        known += [
            ("process", "process program ran executed", process.name),
            ("command line", "command line argument executed run", process.cmdline),
            ("executable", "executable binary path", process.exepath),
        ]
        if process.tty is not None:
            known.append(("terminal", "terminal tty attached interactive session had has", process.tty))
    if user is not None and (user.loginuid is not None or user.loginuid_unset):
        known.append(("audit user id", "audit user", "unset" if user.loginuid_unset else user.loginuid))
    if container is not None:
        known += [
            ("container", "container inside ran host", container.id),
            ("image", "image", container.image),
        ]
    if k8s is not None:
        known += [("pod", "pod", k8s.pod), ("namespace", "namespace", k8s.namespace)]
    if network is not None:
        known.append(("address", "address peer destination remote ip", network.dst_ip))
    if alert.result_raw:
        known.append(
            (
                "result",
                "result outcome succeeded failed success call execution load attempt loaded ran",
                alert.result_raw,
            )
        )
    for topic, words, value in known:
        if value not in (None, "", ()):
            yield topic, stems(words), str(value)
