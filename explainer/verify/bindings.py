"""What belongs to what: direction of a connection, the two ends of a link, numbers and names with their labels."""

from __future__ import annotations

import re

from explainer.schema.alert import Alert, Network

_IP = r"(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]*:[0-9a-fA-F:]{3,}"
_FROM_TO = re.compile(
    rf"(?i)\bfrom (?:\w+ ){{0,4}}?(?P<src>{_IP})(?::\d+)?.{{0,60}}?\bto (?:\w+ ){{0,5}}?(?P<dst>{_IP})"
)
_TO_FROM = re.compile(
    rf"(?i)\bto (?:\w+ ){{0,5}}?(?P<dst>{_IP})(?::\d+)?.{{0,40}}?\bfrom (?:\w+ ){{0,4}}?(?P<src>{_IP})"
)
_FROM = re.compile(rf"(?i)\bconnect\w*\b.{{0,40}}?\bfrom (?:(?!to\b)\w+ ){{0,4}}?(?P<src>{_IP})")
_BEGINS = (
    r"(?:connect(?:s|ed)?|contact(?:s|ed)?|open(?:s|ed)?|initiate[sd]?|establishe[sd]|beg[ai]n|reach(?:es|ed)|made)"
)
_PEER_BEGINS = re.compile(rf"(?i)(?P<who>{_IP})(?::\d+)?(?: \w+){{0,2}}? {_BEGINS}\b")
_BEGUN_BY = re.compile(
    r"(?i)\b(?:opened|initiated|established|begun|started|made) (?:\w+ )?by (?:(?!to\b|and\b)\w+ ){0,4}?"
    rf"(?P<who>{_IP})"
)
_INBOUND = re.compile(
    r"(?i)\b(?:inbound|incoming|accept(?:s|ed|ing)|listen(?:s|ed|ing)|came in|comes in|received (?:a |the )?connection"
    r"|connections? from (?:outside|the (?:internet|outside))|bind shell|(?:acts?|acted|is"
    r"|was) (?:as )?the server|connected from outside)\b"
)
_OUTBOUND = re.compile(
    r"(?i)\b(?:outbound|outgoing|(?:acts?|acted|is|was) (?:as )?the client|opened (?:the|this|a) connection"
    r"|initiated (?:the|this|a) connection)\b"
)
_INTO = re.compile(
    r"(?i)\b(?:connect\w*|connection)\b.{0,30}\b(?:to|on) (?:the )?(?:container|pod)?.{0,30}\bport (?P<port>\d+)\b"
)
_LINK = re.compile(
    r"(?i)\blink (?:at |called |named )?(?P<link>/\S+).{0,20}?\bpoint(?:s|ing)? (?:to|at) (?P<target>/\S+)"
)
_LABELLED = re.compile(
    r"(?i)\b(?P<label>audit user id|audit uid|login ?uid|auid|user id|uid|port|pid|process id)(?: number| is"
    r"| was| of| =|:)*\s+[\"'`(]?(?P<number>\d+)\b"
)
_DENIED = re.compile(r"(?i)\b(?:not|no|never|neither|nor|cannot)\b|n't\b")


def wrong_binding(clause: str, alert: Alert) -> str | None:
    """The reason why a clause joins true values in a way that the alert does not, or None."""
    if reason := _wrong_image(clause, alert):
        return reason
    denied = _DENIED.search(clause) is not None
    checks = (_direction(clause, alert, denied=denied), _link(clause, alert), _labels(clause, alert, denied=denied))
    return next((reason for reason in checks if reason), None)


def _direction(clause: str, alert: Alert, *, denied: bool) -> str | None:
    network = alert.network
    if denied:
        return None
    begins = _PEER_BEGINS.search(clause) or _BEGUN_BY.search(clause)
    if begins is not None and not (network is not None and _client(network) == begins["who"]):
        return f"{begins['who']} is not shown to have begun a connection"
    if network is None:
        listens = re.search(r"(?i)\b(?:listen(?:s|ed|ing)?|accept(?:s|ed|ing)) .{0,40}(?:port|connection)", clause)
        words = f" {alert.process.cmdline or ''} " if alert.process else ""
        if (
            listens
            and not re.search(r" -\w*l\w* |--listen", words)
            and alert.syscall not in {"accept", "accept4", "listen", "bind"}
        ):
            return "nothing in the alert listens or accepts"
        return None
    if (source := _FROM.search(clause)) and source["src"] == _server(network) != _client(network):
        return f"the connection went from {network.src_ip} to {network.dst_ip}"
    for pattern in (_FROM_TO, _TO_FROM):
        if (
            (match := pattern.search(clause))
            and not (_client(network) == match["src"] and _server(network) == match["dst"])
            and {match["src"], match["dst"]} <= {network.src_ip, network.dst_ip}
        ):
            return f"the connection went from {network.src_ip} to {network.dst_ip}"
    if network.direction == "outbound" and _INBOUND.search(clause):
        return "the connection was opened from here, it did not come in"
    if network.direction == "inbound" and _OUTBOUND.search(clause):
        return "the connection came in, it was not opened from here"
    return None


def _client(network: Network) -> str | None:
    return network.src_ip


def _server(network: Network) -> str | None:
    return network.dst_ip


def _link(clause: str, alert: Alert) -> str | None:
    match = _LINK.search(clause)
    if match is None or alert.file is None or not (alert.file.linkpath and alert.file.target):
        return None
    link, target = match["link"].rstrip(".,;"), match["target"].rstrip(".,;")
    if (link, target) == (alert.file.target, alert.file.linkpath):
        return f"the link is {alert.file.linkpath} and its target {alert.file.target}"
    return None


def _labels(clause: str, alert: Alert, *, denied: bool) -> str | None:
    if denied:
        return None
    user, process = alert.user, alert.process
    for match in _LABELLED.finditer(clause):
        label, number = match["label"].lower().replace(" ", ""), int(match["number"])
        if label in {"audituserid", "audituid", "loginuid", "auid"}:
            if user is not None and (user.loginuid is not None or user.loginuid_unset) and user.loginuid != number:
                return (
                    f"the audit user id is {'unset' if user.loginuid_unset or user.loginuid == -1 else user.loginuid}"
                )
        elif label in {"uid", "userid"}:
            known = {user.uid, user.loginuid} if user else set()
            if user is not None and user.uid is not None and number not in known:
                return f"the uid is {user.uid}"
        elif process is not None and process.pid not in {None, number} and label in {"pid", "processid"}:
            # The command line may name another process by its number.
            named = re.search(rf"\b{number}\b", process.cmdline or "") is not None
            if not named:
                return f"the process id is {process.pid}"
    return None


_IMAGE = re.compile(
    r"(?<![\w/.-])(?P<a>[\w.-]+(?:/[\w.-]+)+\S*?)\s+(?:container\s+)?image\b|\bimage\s+(?:is\s+|called\s+|named\s+)?(?P<b>[\w.-]+(?:/[\w.-]+)+)"
)


def _wrong_image(text: str, alert: Alert) -> str | None:
    """A repository said to be the image has to be the alert's: knowledge names many that this container may not run."""
    match = _IMAGE.search(text)
    if match is None:
        return None
    named = (match["a"] or match["b"]).rstrip(".,;:")
    box = alert.container
    known = [value for value in (box.image, box.repository) if value] if box else []
    if any(
        named == value or value.endswith(f"/{named}") or value.startswith((f"{named}:", f"{named}@")) for value in known
    ):
        return None
    return f"{named} is not the image that the alert names" if known else "the alert names no image"
