from __future__ import annotations

import pytest
from support.alerts import make_alert

from explainer.schema.alert import FileObject, Network, Process, User
from explainer.verify.bindings import wrong_binding

OUT = {
    "network": Network(src_ip="10.0.0.5", src_port=4000, dst_ip="203.0.113.7", dst_port=443, direction="outbound"),
}
IN = {"network": Network(src_ip="10.0.0.5", src_port=4000, dst_ip="10.0.0.9", dst_port=873, direction="inbound")}
LINK = {"file": FileObject(linkpath="/srv/a.txt", target="/etc/shadow")}
SUDO = {"user": User(name="root", uid=0, loginuid=1004)}
DIALS = {"process": Process(name="nc", cmdline="nc 203.0.113.9 4444")}


@pytest.mark.parametrize(
    ("clause", "changes"),
    [
        ("The connection went from 203.0.113.7 to 10.0.0.5", OUT),
        ("203.0.113.7 connected to the container", OUT),
        ("The connection was opened by 203.0.113.7", OUT),
        ("A connection from 203.0.113.7 was made", OUT),
        ("It accepted an inbound connection", OUT),
        ("It opened an outbound connection", IN),
        ("The container is the client", IN),
        ("nc listens for connections", DIALS),
        ("203.0.113.9 connected to nc", DIALS),
        ("The link at /etc/shadow points to /srv/a.txt", LINK),
        ("The audit user id is 0", SUDO),
        ("It ran with uid 1000", SUDO),
    ],
)
def test_true_values_that_are_joined_wrongly_are_found(clause: str, changes: dict[str, object]) -> None:
    assert wrong_binding(clause, make_alert(**changes)) is not None


@pytest.mark.parametrize(
    ("clause", "changes"),
    [
        ("The connection went from 10.0.0.5 to 203.0.113.7", OUT),
        ("It connected to 203.0.113.7 on port 443", OUT),
        ("It was started by git and connected to 203.0.113.7", OUT),
        ("The connection was not inbound", OUT),
        ("The connection came in from 10.0.0.5", IN),
        ("nc connects to 203.0.113.9", DIALS),
        ("The link at /srv/a.txt points to /etc/shadow", LINK),
        ("The audit user id is 1004", SUDO),
        ("It ran with uid 0", SUDO),
    ],
)
def test_values_that_are_joined_as_in_the_alert_stand(clause: str, changes: dict[str, object]) -> None:
    assert wrong_binding(clause, make_alert(**changes)) is None
