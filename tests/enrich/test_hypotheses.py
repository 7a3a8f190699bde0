from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from explainer.enrich import enrich
from explainer.enrich.hypotheses import assess, judge
from explainer.schema.alert import Alert
from explainer.schema.enriched import EnrichedAlert
from explainer.schema.knowledge import KnowledgeEntry
from explainer.store.knowledge_files import KnowledgeFiles

Make = Callable[..., Alert]
SEED = "driver-loader-insmod.json"
CACHE = "/root/.falco/7.3.0+driver/x86_64"
KO = f"{CACHE}/falco_ubuntu-generic_5.4.0-204-generic_224.ko"


@pytest.fixture
def explain(files: KnowledgeFiles, make: Make) -> Callable[[dict[str, Any]], EnrichedAlert]:
    def run(record: dict[str, Any]) -> EnrichedAlert:
        alert = make(record)
        found = files.for_alert(alert)
        return enrich(alert, None, found.entry, found.blocks)

    return run


def changed(record: dict[str, Any], **fields: Any) -> dict[str, Any]:
    values = {**record["output_fields"], **{name.replace("__", "."): value for name, value in fields.items()}}
    return {**record, "output_fields": values}


def load(path: str) -> dict[str, str]:
    return {"proc__args": path, "proc__cmdline": f"insmod {path}"}


def test_the_driver_loader_is_likely_harmless_and_not_to_be_closed_unverified(explain, fixture_record) -> None:
    found = explain(fixture_record(SEED))
    assert found.assessment.verdict == "benign"
    assert found.assessment.confidence == "medium"
    assert found.assessment.cause == "expected_activity"
    assert found.assessment.forgeable_only
    assert found.assessment.leading == "driver-loader"
    assert "verified before the alert is closed" in found.summary
    lead = found.hypotheses[0]
    told = " ".join(claim.text for claim in lead.supports)
    for part in ("7.3.0+driver", "ubuntu-generic", "5.4.0-204-generic", "224"):
        assert part in told
    assert all(claim.cites for claim in lead.supports)


def test_the_driver_loader_alert_says_what_is_unknown_and_how_to_check(explain, fixture_record) -> None:
    found = explain(fixture_record(SEED))
    assert any("succeeded" in unknown.question for unknown in found.unknowns)
    assert "whether that succeeded is not in the alert" in found.summary
    commands = " ".join(action.command or "" for action in found.actions)
    assert f"modinfo {KO}" in commands
    assert (
        "https://download.falco.org/driver/7.3.0%2Bdriver/x86_64/falco_ubuntu-generic_5.4.0-204-generic_224.ko"
        in commands
    )
    assert "crictl inspect 3f9c1d27ab60" in commands
    assert "setenforce" not in commands
    assert any("setenforce 0" in text for text in found.not_advised)
    assert any(action.config and "falco_own_driver_loader" in action.config for action in found.actions)


def test_a_process_that_is_merely_named_like_falco_is_not_harmless(explain, fixture_record) -> None:
    found = explain(fixture_record("driver-loader-impostor.json"))
    assert found.assessment.verdict == "malicious"
    assert not any(action.id.startswith("tune.") for action in found.actions)
    assert "it succeeded" in found.summary


FULL = {
    "proc__pexepath": "/usr/bin/falcoctl",
    "container__image__repository": "docker.io/falcosecurity/falco-driver-loader",
    "container__image__tag": "0.39.2",
    "evt__res": "SUCCESS",
}


@pytest.mark.parametrize(
    "fields",
    [
        load("/opt/drivers/falco_probe.ko"),
        load(f"{CACHE}/../../../tmp/falco_ubuntu-generic_5.4.0-204-generic_224.ko"),
        load(f"{CACHE}/rootkit.ko"),
        load(f"{CACHE}/falco.ko"),
        load(f"{CACHE}/falco_ubuntu-generic_5.4.0-204-aws_224.ko"),
        load(f"{KO} hide=1"),
        load(f"{KO}\n"),
        load(f"{CACHE}/falco_rhel_4.18.0-553.el8_10.aarch64_1.ko"),
        load("/root/.falco/8.0.0+driver/aarch64/falco_rhel_4.18.0-553.el8_10.x86_64_1.ko"),
        load(f"{KO} {'x' * 4000}"),
        load(f"{CACHE}/falco_ubuntu-generic_5.4.0-{'9' * 3000}-generic_224.ko"),
        load("/root/.falco/falco_ubuntu-generic_5.4.0-204-generic_224.ko"),
        {"proc__pexepath": "/opt/falcoctl"},
        {"proc__pexepath": "/tmp/usr/bin/falcoctl"},
        {"container__image__repository": "docker.io/attacker/falco-driver-loader"},
        {"container__image__repository": "registry.example.com/falcosecurity/falco-driver-loader"},
        {"proc__tty": 34816},
        {"user__loginuid": 1000},
        {"user__loginuid": "1000"},
        {"proc__name": "insmod2"},
        {"proc__pname": "bash"},
        {"proc__is_exe_upper_layer": True},
    ],
)
def test_one_thing_out_of_place_ends_the_harmless_reading(explain, fixture_record, fields) -> None:
    for base in ({}, FULL):
        found = explain(changed(fixture_record(SEED), **{**base, **fields}))
        assert found.assessment.verdict in {"suspicious", "malicious"}, found.assessment
        assert not any(action.id.startswith("tune.") for action in found.actions)


@pytest.mark.parametrize(
    "name",
    [
        f"{CACHE}/falco_ubuntu-aws_5.4.0-1104-aws_112~18.04.1.ko",
        f"{CACHE}/falco_debian_5.10.0-28-amd64_1.ko",
        "/root/.falco/7.3.0+driver/x86_64/falco_rhel_4.18.0-553.el8_10.x86_64_1.ko",
        "/root/.falco/8.0.0+driver/aarch64/falco_amazonlinux2023_6.1.90-99.173.amzn2023.aarch64_1.ko",
    ],
)
def test_every_kernel_that_the_loader_serves_is_recognised(explain, fixture_record, name) -> None:
    found = explain(changed(fixture_record(SEED), **load(name)))
    assert found.assessment.leading == "driver-loader"
    assert found.assessment.verdict == "benign"


def test_the_verdict_is_the_same_when_the_load_is_known_to_have_worked(explain, fixture_record) -> None:
    found = explain(changed(fixture_record(SEED), **FULL))
    assert found.assessment.verdict == "benign"
    assert "it succeeded" in found.summary
    assert not any("succeeded" in unknown.question for unknown in found.unknowns)


@pytest.mark.parametrize("unset", [-1, 4294967295, "-1", "4294967295"])
def test_an_unset_audit_user_id_is_a_fact_however_it_is_spelled(explain, fixture_record, unset) -> None:
    found = explain(changed(fixture_record(SEED), user__loginuid=unset))
    assert found.assessment.verdict == "benign"


def test_few_forgeable_signs_give_a_lead_and_no_verdict(explain, fixture_record) -> None:
    record = fixture_record(SEED)
    kept = {name: record["output_fields"][name] for name in ("proc.cmdline", "proc.name", "proc.pname", "evt.type")}
    found = explain({**record, "output_fields": kept})
    assert found.assessment.verdict == "insufficient_evidence"
    assert found.assessment.leading == "driver-loader"
    assert "not shown" in found.assessment.reason


# --- the rules of judgement, on an entry made for it ------------------------------------------


def entry(**changes: Any) -> KnowledgeEntry:
    base: dict[str, Any] = {"reviewed": "2026-01-01", "sources": ["x"], "title": "t", "meaning": "m", "hypotheses": []}
    return KnowledgeEntry.model_validate({**base, **changes})


def hypothesis(
    identity: str, verdict: str, supports: list[dict[str, Any]], refutes: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    made: dict[str, Any] = {"id": identity, "verdict": verdict, "title": identity, "explain": "e", "supports": supports}
    if verdict == "benign":
        made["cause"] = "known_software"
    return {**made, "refutes": refutes or []}


def sign(when: str, weight: int = 1, **more: Any) -> dict[str, Any]:
    return {"when": when, "because": f"because {when}", "weight": weight, **more}


def verdict(e: KnowledgeEntry, **fields: Any):
    return assess(e, judge(e, {name.replace("__", "."): value for name, value in fields.items()}), {})


GOOD = hypothesis("good", "benign", [sign("proc.name = a", 2), sign("proc.pname = b", 2), sign("user.name = c", 2)])


def test_forgeable_signs_of_three_origins_make_a_harmless_reading_of_medium_confidence() -> None:
    found = verdict(entry(hypotheses=[GOOD]), proc__name="a", proc__pname="b", user__name="c")
    assert (found.verdict, found.confidence, found.forgeable_only) == ("benign", "medium", True)


def test_what_one_actor_chooses_together_counts_once() -> None:
    own = hypothesis(
        "good",
        "benign",
        [sign("proc.name = a", 3), sign("fd.name = b", 3), sign("proc.cwd = c", 3), sign("evt.arg.path = d", 3)],
    )
    found = verdict(entry(hypotheses=[own]), proc__name="a", fd__name="b", proc__cwd="c", evt__arg__path="d")
    assert found.verdict == "insufficient_evidence"


def test_words_names_and_labels_that_agree_are_a_story_until_the_sensor_saw_something_too() -> None:
    told = hypothesis(
        "good", "benign", [sign("proc.name = a", 3), sign("proc.pname = b", 3), sign("k8s.ns.name = c", 3)]
    )
    story = {"proc__name": "a", "proc__pname": "b", "k8s__ns__name": "c"}
    assert verdict(entry(hypotheses=[told]), **story).verdict == "insufficient_evidence"
    seen = {**told, "supports": [*told["supports"], sign("proc.exepath = /bin/a")]}
    assert verdict(entry(hypotheses=[seen]), **story, proc__exepath="/bin/a").verdict == "benign"


def test_the_order_of_signs_does_not_decide_how_many_origins_they_have() -> None:
    mixed = sign("proc.name = a and proc.pname = b", 2)
    single = [sign("proc.cmdline = d", 2), sign("user.name = c", 2)]
    values = {"proc__name": "a", "proc__pname": "b", "user__name": "c", "proc__cmdline": "d"}
    for signs in ([mixed, *single], [*single, mixed]):
        assert verdict(entry(hypotheses=[hypothesis("good", "benign", signs)]), **values).verdict == "benign"


def test_two_fields_of_one_thing_are_not_independent() -> None:
    same = hypothesis(
        "good", "benign", [sign("proc.cmdline = a", 3), sign("proc.args = a", 3), sign("user.name = c", 3)]
    )
    found = verdict(entry(hypotheses=[same]), proc__cmdline="a", proc__args="a", user__name="c")
    assert found.verdict == "insufficient_evidence"


def test_any_sign_against_spoils_a_harmless_reading_on_forgeable_signs() -> None:
    spoiled = {**GOOD, "refutes": [sign("evt.type = x")]}
    found = verdict(entry(hypotheses=[spoiled]), proc__name="a", proc__pname="b", user__name="c", evt__type="x")
    assert found.verdict == "insufficient_evidence"


def test_a_sign_that_nobody_can_fake_makes_high_confidence() -> None:
    sure = hypothesis(
        "good", "benign", [sign("container.image.digest = d", 3, forgeable=False), sign("proc.name = a", 2)]
    )
    found = verdict(entry(hypotheses=[sure]), container__image__digest="d", proc__name="a")
    assert (found.verdict, found.confidence, found.forgeable_only) == ("benign", "high", False)


def test_a_decisive_sign_against_ends_a_hypothesis_whatever_its_score() -> None:
    dead = {**GOOD, "refutes": [sign("proc.tty > 0", 1, decisive=True)]}
    found = verdict(entry(hypotheses=[dead]), proc__name="a", proc__pname="b", user__name="c", proc__tty=1)
    assert found.verdict == "insufficient_evidence"
    assert found.leading is None


def test_a_hostile_reading_of_equal_score_goes_first() -> None:
    bad = hypothesis("bad", "malicious", [sign("evt.type = x", 2), sign("proc.tty = 1", 2), sign("proc.pid = 3", 2)])
    found = verdict(
        entry(hypotheses=[GOOD, bad]),
        proc__name="a",
        proc__pname="b",
        user__name="c",
        evt__type="x",
        proc__tty=1,
        proc__pid=3,
    )
    assert (found.verdict, found.leading) == ("suspicious", "bad")


def test_one_telling_hostile_sign_is_not_outvoted_by_names() -> None:
    bad = hypothesis("bad", "malicious", [sign("evt.type = x", 3, forgeable=False)])
    found = verdict(entry(hypotheses=[GOOD, bad]), proc__name="a", proc__pname="b", user__name="c", evt__type="x")
    assert found.verdict == "suspicious"
    assert "may also be good" in found.reason


def test_a_telling_sign_alone_makes_malicious_and_hints_make_suspicious() -> None:
    bad = hypothesis("bad", "malicious", [sign("evt.type = x", 3), sign("proc.tty = 1", 2)])
    assert verdict(entry(hypotheses=[bad]), evt__type="x").verdict == "malicious"
    assert verdict(entry(hypotheses=[bad]), proc__tty=1).verdict == "suspicious"


def test_a_rule_that_was_only_inferred_never_makes_malicious() -> None:
    e = entry(hypotheses=[hypothesis("bad", "malicious", [sign("evt.type = x", 3)])])
    assert assess(e, judge(e, {"evt.type": "x"}), {}, rule_inferred=True).verdict == "suspicious"


def test_a_single_hint_leads_nowhere() -> None:
    e = entry(hypotheses=[hypothesis("bad", "malicious", [sign("evt.type = x")])], default_verdict="suspicious")
    found = verdict(e, evt__type="x")
    assert (found.verdict, found.leading) == ("suspicious", None)


def test_missing_fields_are_open_and_count_for_nobody() -> None:
    e = entry(hypotheses=[GOOD])
    judged = judge(e, {})
    assert judged[0].score == 0
    assert len(judged[0].open) == 3
    assert assess(e, judged, {}).verdict == "insufficient_evidence"


def test_the_verdict_floor_holds_unless_a_harmless_reading_is_shown() -> None:
    floored = entry(hypotheses=[GOOD], verdict_floor="suspicious")
    assert verdict(floored, proc__name="a", proc__pname="b", user__name="c").verdict == "suspicious"
    sure = hypothesis("good", "benign", [sign("container.image.digest = d", 3, forgeable=False)])
    assert (
        verdict(entry(hypotheses=[sure], verdict_floor="suspicious"), container__image__digest="d").verdict == "benign"
    )


# --- sensor health and tests of the pipeline --------------------------------------------------


def internal(drops: int, events: int) -> dict[str, Any]:
    return {
        "rule": "Falco internal: syscall event drop",
        "priority": "Debug",
        "source": "internal",
        "output": f"Falco internal: syscall event drop. {drops} system calls dropped in last second.",
        "output_fields": {"n_drops": drops, "n_evts": events},
        "hostname": "node-2",
    }


def test_a_few_dropped_events_are_a_matter_of_the_sensor(files, make) -> None:
    alert = make(internal(9, 15232), kind="sensor_health")
    found = enrich(alert, None, files.for_alert(alert).entry, {})
    assert (found.assessment.verdict, found.assessment.cause) == ("benign", "sensor_health")
    assert "9 system calls dropped" in found.summary


def test_massive_drops_leave_open_what_happened(files, make) -> None:
    alert = make(internal(815508, 20000), kind="sensor_health")
    found = enrich(alert, None, files.for_alert(alert).entry, {})
    assert found.assessment.verdict == "insufficient_evidence"
    assert "nobody can say what happened" in found.assessment.reason


def test_the_test_message_is_a_test_and_a_real_event_under_its_name_is_not(explain) -> None:
    record = {
        "rule": "Test rule",
        "priority": "Debug",
        "source": "syscalls",
        "output": "This is a test from falcosidekick",
        "output_fields": {"proc.name": "falcosidekick", "proc.tty": 1234},
        "tags": ["test", "example"],
        "time": "2001-01-01T01:10:00Z",
        "hostname": "test-host",
    }
    found = explain(record)
    assert (found.assessment.verdict, found.assessment.cause) == ("benign", "test")
    real = changed(record, container__id="0123456789ab", evt__type="execve")
    assert explain(real).assessment.verdict != "benign"


def test_the_event_generators_image_alone_closes_nothing(explain) -> None:
    record = {
        "rule": "Some site rule",
        "priority": "Notice",
        "source": "syscall",
        "output": "x",
        "output_fields": {
            "container.id": "0123456789ab",
            "container.image.repository": "docker.io/falcosecurity/event-generator",
            "proc.name": "sh",
            "evt.type": "execve",
        },
    }
    found = explain(record)
    assert found.assessment.verdict == "insufficient_evidence"
    full = changed(record, proc__pname="event-generator", proc__pexepath="/bin/event-generator")
    assert explain(full).assessment.cause == "test"


FEW = ("proc.tty", "user.loginuid", "container.id", "container.name", "proc.args", "hostname")


def only(record: dict[str, Any], *gone: str) -> dict[str, Any]:
    return {**record, "output_fields": {k: v for k, v in record["output_fields"].items() if k not in gone}}


@pytest.mark.parametrize(
    "gone",
    [("proc.tty",), ("user.loginuid",), ("proc.tty", "user.loginuid"), FEW, (*FEW, "user.uid"), (*FEW, "proc.name")],
    ids=lambda names: "without " + " ".join(names),
)
def test_the_driver_loader_with_few_fields_stays_likely_harmless_with_low_confidence(
    explain, fixture_record, gone: tuple[str, ...]
) -> None:
    found = explain(only(fixture_record(SEED), *gone)).assessment
    assert (found.verdict, found.confidence, found.leading) == ("benign", "low", "driver-loader")
    assert found.forgeable_only
    assert "verified before the alert is closed" in found.reason


@pytest.mark.parametrize(
    "fields",
    [
        {"proc__pname": "falco-loader"},
        {"proc__pname": "bash"},
        {"proc__name": "falcoctl", "proc__cmdline": f"falcoctl {KO}"},
        load("/root/.falco/x.ko"),
        load("/tmp/falco.ko"),
        load(f"{KO} debug=1"),
        {"proc__pexepath": "/dev/shm/falcoctl"},
        {"proc__exepath": "/tmp/insmod"},
        {"proc__tty": 34816},
        {"user__loginuid": 1000},
        {"container__image__repository": "evil/falco-driver-loader"},
        {"user__name": None, "user__uid": None},
    ],
    ids=str,
)
def test_what_is_merely_named_like_falco_is_not_cleared_by_few_fields(
    explain, fixture_record, fields: dict[str, Any]
) -> None:
    assert explain(changed(only(fixture_record(SEED), *FEW), **fields)).assessment.verdict != "benign"
