"""Alike alerts share a key; anything that a verdict can turn on parts them."""

import pytest

from explainer.ingest import from_mapping

BASE = {
    "container.id": "0123456789ab",
    "container.image.repository": "example.com/a",
    "evt.type": "execve",
    "evt.time": 1,
    "proc.name": "sh",
    "proc.exepath": "/bin/sh",
    "proc.cmdline": "sh -c id",
    "proc.pname": "runc",
    "proc.pid": 10,
    "proc.tty": 0,
    "user.name": "root",
    "user.loginuid": -1,
}


def key(fields=None, drop=(), **envelope):
    merged = {name: value for name, value in (BASE | (fields or {})).items() if name not in drop}
    source = {
        "rule": "R",
        "priority": "Notice",
        "time": "2025-03-02T09:14:07.000000000Z",
        "output": "X",
        "hostname": "h",
    }
    return from_mapping(source | {"output_fields": merged} | envelope)[0].dedup_key


@pytest.mark.parametrize(
    "fields",
    [
        {"evt.time": 2, "proc.pid": 11},
        {"evt.time.iso8601": 5, "proc.ppid": 3, "proc.duration": 4, "evt.num": 9},
        {"container.start_ts": 1740000000000000000},
        {"user.loginuid": 4294967295},
        {"proc.pcmdline": None},
        {"fd.name": ""},
        {"proc.tty": "0"},
    ],
)
def test_time_and_numbers_of_the_occurrence_do_not_part(fields):
    assert key(fields) == key()


def test_delivery_does_not_part():
    assert key(uuid="a", time="2026-01-01T00:00:00Z", priority="Warning", tags=["x"]) == key()


@pytest.mark.parametrize(
    "fields",
    [
        {"proc.cmdline": "sh -c curl"},
        {"proc.exepath": "/tmp/sh"},
        {"proc.exepath": "memfd:x (deleted)"},
        {"proc.pname": "nginx"},
        {"proc.pexepath": "/tmp/x"},
        {"proc.aname[3]": "sshd"},
        {"proc.tty": 34816},
        {"user.name": "app"},
        {"user.loginuid": 1000},
        {"container.id": "ffffffffffff"},
        {"container.image.repository": "example.com/b"},
        {"container.image.digest": "sha256:1"},
        {"evt.res": "EACCES"},
        {"evt.arg.flags": "EXE_UPPER_LAYER"},
        {"fd.name": "/etc/shadow"},
        {"ka.user.name": "eve"},
        {"ct.user.arn": "arn:x"},
        {"keycloak.user": "eve"},
        {"wallet": "bc1"},
        {"ka.uri.param[command]": "sh"},
    ],
)
def test_what_a_verdict_turns_on_parts(fields):
    assert key(fields) != key()


def test_rule_and_host_part():
    assert len({key(), key(rule="S"), key(hostname="i")}) == 3


def test_peers_part_and_client_ports_do_not():
    def to(name):
        return key({"fd.name": name, "evt.type": "connect"})

    assert to("10.0.0.1:1000->203.0.113.9:443") == to("10.0.0.1:2000->203.0.113.9:443")
    assert len({to(f"10.0.0.1:1->{end}") for end in ("203.0.113.9:443", "203.0.113.9:444", "203.0.113.8:443")}) == 3


def test_an_inbound_peer_parts():
    def of(client):
        return key({"fd.name": f"{client}:4000->10.0.0.1:22", "evt.type": "accept4"})

    assert of("198.51.100.1") != of("198.51.100.2")


def test_files_part():
    assert key({"fd.name": "/tmp/a"}) != key({"fd.name": "/tmp/b"})


def test_users_of_an_api_part():
    def of(**fields):
        base = {"ka.user.name": "a", "ka.verb": "create", "ka.target.resource": "pods", "ka.target.name": "p"}
        return key({**base, **fields}, drop=BASE)

    assert len({of(), of(**{"ka.user.name": "b"}), of(**{"ka.target.name": "q"}), of(**{"ka.verb": "get"})}) == 4
    assert of(**{"ka.auditid": "1"}) == of(**{"ka.auditid": "2"})


def test_socket_arguments_count_only_for_what_they_say():
    def of(args):
        return key({"evt.args": args, "evt.type": "socket"})

    assert of("fd=6(<o>) domain=17(AF_PACKET) type=3 proto=3") == of("fd=9(<o>) domain=17(AF_PACKET) type=3 proto=3")
    assert of("fd=6(<o>) domain=17(AF_PACKET) type=3") != of("fd=6(<o>) domain=2(AF_INET) type=3")


def test_replicas_of_a_workload_are_alike():
    def of(container, pod):
        return key({"container.id": container, "k8s.pod.name": pod, "k8s.ns.name": "n", "k8s.deployment.name": "web"})

    assert of("0123456789ab", "web-1") == of("ba9876543210", "web-2")


def test_the_same_delivery_has_the_same_id_and_another_event_another():
    def identity(**changes):
        source = {"rule": "R", "priority": "Notice", "time": "2025-03-02T09:14:07.000000000Z", "output_fields": BASE}
        return from_mapping(source | changes)[0].id

    assert identity(uuid="a") == identity(uuid="b") == identity(tags=["x"])
    assert identity() != identity(time="2025-03-02T09:14:07.000000001Z")
