from __future__ import annotations

from datetime import UTC, datetime

import pytest

from explainer.enrich.view import fields_view
from explainer.schema.alert import Alert, Container, Host, Process, Product, User
from explainer.schema.knowledge import Derived


def alert(**changes: object) -> Alert:
    base: dict[str, object] = {
        "id": "x",
        "format": "f",
        "product": Product(vendor="v", name="n"),
        "raw": "",
        "raw_sha256": "",
    }
    return Alert.model_validate({**base, **changes})


@pytest.mark.parametrize("value", [None, "", "<NA>", "N/A", "(none)", "null", [], {}])
def test_a_value_that_the_source_could_not_read_is_absent(value: object) -> None:
    assert "container.name" not in fields_view(alert(fields={"container.name": value}))


@pytest.mark.parametrize("value", [0, False, "0", "-"])
def test_zero_is_a_value(value: object) -> None:
    assert fields_view(alert(fields={"proc.tty": value}))["proc.tty"] == value


def test_no_log_in_session_is_known_however_the_source_says_it() -> None:
    for given in (
        alert(fields={"user.loginuid": 4294967295}),
        alert(fields={"user.loginuid": "-1"}),
        alert(user=User(loginuid_unset=True)),
    ):
        assert fields_view(given)["user.loginuid"] == -1
    assert "user.loginuid" not in fields_view(alert(user=User(name="root")))


def test_other_formats_are_read_under_falcos_names() -> None:
    view = fields_view(
        alert(
            process=Process(name="sh", exepath="/bin/sh", pid=3),
            ancestors=(Process(name="nginx"), Process(name="init")),
            container=Container(id="abc", image="registry.example.com:5000/team/app:1.2@sha256:00"),
        )
    )
    assert view["proc.exepath"] == "/bin/sh"
    assert view["proc.pname"] == "nginx"
    assert view["proc.aname[2]"] == "init"
    assert view["container.image.repository"] == "registry.example.com:5000/team/app"


def test_a_pods_own_name_is_no_node() -> None:
    assert "alert.node" not in fields_view(alert(host=Host(hostname="falco-x2", is_pod_name=True)))
    assert fields_view(alert(host=Host(hostname="node-1")))["alert.node"] == "node-1"


def test_the_time_window_stands_in_both_spellings() -> None:
    view = fields_view(alert(time=datetime(2026, 1, 1, 0, 5, tzinfo=UTC), time_certainty="exact"))
    assert view["alert.since"] == "2025-12-31 23:55:00 UTC"
    assert view["alert.until_rfc3339"] == "2026-01-01T00:15:00Z"
    assert "alert.since" not in fields_view(alert())


@pytest.mark.parametrize(
    ("drops", "expected"), [(9, 9), ("9", 9), (">10000", 10000), ("many", None), (-1, None), (True, None)]
)
def test_dropped_events_are_counted_in_every_spelling(drops: object, expected: int | None) -> None:
    view = fields_view(alert(kind="sensor_health", fields={"n_drops": drops, "n_evts": 991}))
    assert view.get("sensor.drops") == expected


def test_the_share_of_drops_is_of_seen_and_dropped_together() -> None:
    view = fields_view(alert(kind="sensor_health", fields={"n_drops": 100, "n_evts": 300}))
    assert view["sensor.drop_percent"] == 25


def test_parts_of_a_value_become_fields_and_the_first_pattern_wins() -> None:
    derive = (
        Derived(field="proc.args", pattern=r"^(?P<name>\w+)-(?P<version>\d+)$"),
        Derived(field="proc.cmdline", pattern=r"(?P<name>\w+)"),
    )
    view = fields_view(alert(fields={"proc.args": "tool-7", "proc.cmdline": "other"}), derive)
    assert (view["derived.name"], view["derived.version"]) == ("tool", "7")
    assert "derived.version" not in fields_view(alert(fields={"proc.args": "x" * 5000}), derive)


def test_a_field_without_a_dot_can_be_named() -> None:
    assert fields_view(alert(fields={"src_ip": "192.0.2.1"}))["field.src_ip"] == "192.0.2.1"
