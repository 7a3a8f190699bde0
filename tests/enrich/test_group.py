from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from explainer.enrich.group import Grouper, group_alerts
from explainer.schema.alert import Alert, Product, Severity

START = datetime(2026, 1, 1, tzinfo=UTC)


def alert(number: int, key: str = "k", **fields: Any) -> Alert:
    return Alert(
        id=f"a{number}",
        dedup_key=key,
        format="falco_json",
        product=Product(vendor="v", name="n"),
        raw="x",
        raw_sha256="0",
        time=START + timedelta(seconds=number),
        fields={"evt.time": number, **{k.replace("__", "."): v for k, v in fields.items()}},
    )


def test_alike_alerts_are_one_group_with_a_count_and_the_first_alert() -> None:
    (group,) = group_alerts(alert(n, proc__pid=1) for n in range(500))
    assert group.count == 500
    assert group.alert.id == "a0"
    assert len(group.ids) == 100
    assert group.distinct == {}
    assert (group.first_seen, group.last_seen) == ("2026-01-01T00:00:00+00:00", "2026-01-01T00:08:19+00:00")


def test_groups_come_in_the_order_of_their_first_alerts() -> None:
    groups = group_alerts([alert(1, "b"), alert(2, "a"), alert(3, "b")])
    assert [(group.fingerprint, group.count) for group in groups] == [("b", 2), ("a", 1)]


def test_fields_that_vary_keep_at_most_ten_values() -> None:
    (group,) = group_alerts(
        alert(n, proc__pid=n, proc__name="x", fd__name="even" if n % 2 else "odd") for n in range(30)
    )
    assert group.distinct == {"fd.name": ("odd", "even"), "proc.pid": tuple(str(n) for n in range(10))}


def test_an_alert_without_a_key_stands_alone() -> None:
    assert len(group_alerts([alert(1, ""), alert(2, "")])) == 2


def test_late_alerts_move_the_first_time_back() -> None:
    (group,) = group_alerts([alert(9), alert(2), alert(5)])
    assert (group.first_seen, group.last_seen) == ("2026-01-01T00:00:02+00:00", "2026-01-01T00:00:09+00:00")
    assert group.alert.id == "a9"


def test_counts_of_the_source_add_up() -> None:
    (group,) = group_alerts([alert(1).model_copy(update={"count": 40}), alert(2)])
    assert group.count == 41


def test_memory_does_not_grow_with_repeats() -> None:
    grouper = Grouper()
    for number in range(2000):
        grouper.add(alert(number, proc__pid=number, proc__name="x" * 50))
    assert len(grouper) == 1
    (group,) = grouper
    assert len(group.ids) == 100
    assert sum(len(values) for values in group.distinct.values()) == 10


def test_the_graver_of_two_ratings_of_one_act_is_the_one_that_is_explained() -> None:
    low = alert(1).model_copy(update={"priority": "Notice", "severity_id": Severity.LOW})
    grave = alert(2).model_copy(update={"priority": "Critical", "severity_id": Severity.CRITICAL})
    for order in ([low, grave], [grave, low], [low, grave, low]):
        (group,) = group_alerts(order)
        assert group.alert.priority == "Critical"
        assert set(group.distinct["priority"]) == {"Notice", "Critical"}
        assert group.count == len(order)


def test_the_finer_of_two_scales_decides_between_ratings_of_one_severity() -> None:
    critical = alert(1).model_copy(update={"priority": "Critical", "severity_id": Severity.CRITICAL})
    higher = alert(2).model_copy(update={"priority": "Alert", "severity_id": Severity.CRITICAL})
    (group,) = group_alerts([critical, higher])
    assert group.alert.priority == "Alert"


def test_alerts_of_one_rating_keep_their_first() -> None:
    same = {"priority": "Warning", "severity_id": Severity.MEDIUM}
    (group,) = group_alerts([alert(n).model_copy(update=same) for n in range(3)])
    assert (group.alert.id, group.distinct) == ("a0", {})
