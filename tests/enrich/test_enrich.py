from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.entries import explain as entry_explain
from support.entries import twin

from explainer.advice import is_read_only
from explainer.enrich import enrich
from explainer.enrich.attack import attack_table
from explainer.enrich.catalogue import shipped_catalogue
from explainer.schema.alert import Alert, K8s, Product, RuleRef
from explainer.schema.enriched import EnrichedAlert, Group
from explainer.schema.rule import RuleFacts, TuningPoint
from explainer.store.knowledge_files import KnowledgeFiles

FILES = KnowledgeFiles()
STEMS = FILES.stems()
RULES = [entry.rule for _, entry in FILES.entries() if entry.rule] + ["Nobody knows this", None]
STAGES = ["investigate", "preserve", "contain", "eradicate", "recover", "tune"]


def run(alert: Alert, rule: RuleFacts | None = None) -> EnrichedAlert:
    known = FILES.for_alert(alert)
    return enrich(alert, rule, known.entry, known.blocks, knowledge_hash=known.sha256)


def record(**changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "rule": "Site rule: odd listener",
        "priority": "Notice",
        "source": "syscall",
        "output": "odd listener",
        "time": "2026-03-04T05:06:07Z",
        "hostname": "node-3",
        "output_fields": {
            "evt.type": "openat",
            "evt.res": "EACCES",
            "proc.name": "curl",
            "proc.cmdline": "curl http://198.51.100.7/x",
            "proc.exepath": "/usr/bin/curl",
            "proc.pname": "sh",
            "proc.pid": 4711,
            "user.name": "app",
            "user.uid": 1000,
            "user.loginuid": -1,
            "fd.name": "/etc/ssl/openssl.cnf",
            "container.id": "0123456789ab",
            "container.name": "web",
            "container.image.repository": "registry.example.com/web",
            "container.image.tag": "1.4",
            "k8s.ns.name": "shop",
            "k8s.pod.name": "web-7c9d-x2x",
        },
    }
    return {**base, **changes}


# --- a rule that nobody described -------------------------------------------------------------


def test_an_unknown_rule_is_explained_from_the_alert(make) -> None:
    found = run(make(record()))
    assert found.entry is None
    assert found.assessment.verdict == "insufficient_evidence"
    for part in (
        "curl http://198.51.100.7/x",
        "started by sh",
        "app",
        "shop/web-7c9d-x2x",
        "node-3",
        "EACCES",
        "opened a file",
    ):
        assert part in found.summary
    assert "2026-03-04 at 05:06:07 UTC" in found.summary
    assert len(found.headline) <= 100
    commands = " ".join(action.command or "" for action in found.actions)
    assert "kubectl -n shop get pod web-7c9d-x2x -o yaml" in commands
    assert "crictl inspect 0123456789ab" in commands
    assert "/proc/4711/exe" in commands


def test_the_description_of_an_unknown_rule_is_used(make) -> None:
    rule = RuleFacts(
        name="Site rule: odd listener",
        description="Detects listeners on odd ports. Tune it.",
        event_types=("listen",),
        tuning=(TuningPoint(kind="list", name="allowed_listeners", empty=True),),
    )
    found = run(make(record()), rule)
    assert "Detects listeners on odd ports" in found.summary
    values = {evidence.path: evidence for evidence in found.evidence}
    assert values["rule.description"].kind == "rule"
    assert "nothing is excluded until the site fills it" in values["rule.tuning.allowed_listeners"].why


@pytest.mark.parametrize(
    ("name", "source", "fields"),
    [
        ("Attach/Exec Pod", "k8s_audit", {"ka.user.name": "jo", "ka.target.name": "web-0"}),
        ("CloudTrail Logging Disabled", "aws_cloudtrail", {"ct.name": "StopLogging", "ct.error": "AccessDenied"}),
        ("GCP Bucket configured to be public", "gcp_auditlog", {"gcp.user": "jo"}),
        ("Create Deploy Key", "github", {"github.user": "jo"}),
        ("Creating a new OKTA API token", "okta", {"okta.actor.name": "Jo"}),
        ("Write below etc", "syscall", {"proc.name": "vi"}),
    ],
)
def test_a_shipped_rule_without_an_entry_is_described(make, name, source, fields) -> None:
    facts = shipped_catalogue()[name]
    found = run(make(record(rule=name, source=source, output="x", output_fields=fields)), facts)
    assert found.entry is None
    (described,) = [one for one in found.evidence if one.path == "rule.description"]
    assert described.value == facts.description
    # Said as what the rule looks for: the alert may be of an attempt that failed.
    assert "The rule looks for this: " in found.summary
    assert "at hand" not in found.meaning


def test_a_rule_that_nobody_described_is_told_by_its_facts(make) -> None:
    rule = RuleFacts(name="R", source="syscall", event_types=("listen",), output_fields=("proc.name",))
    found = run(make(record(rule="R")), rule)
    assert "The rule looks at system calls of processes" in found.meaning
    assert "It reports proc.name." in found.meaning
    unknown = run(make(record(rule="Nobody's", source="k8s_audit", output_fields={"ka.user.name": "jo"})))
    assert "requests in the audit log of the Kubernetes API server" in unknown.meaning


def test_a_list_whose_content_is_not_known_is_named_alone(make) -> None:
    rule = RuleFacts(name="R", tuning=(TuningPoint(kind="list", name="own_programs"),))
    values = {one.path: one.value for one in run(make(record(rule="R")), rule).evidence}
    assert values["rule.tuning.own_programs"] == "list own_programs"


def test_a_host_alert_gets_host_checks(make) -> None:
    values = {**record()["output_fields"], "container.id": "host", "container.name": "host"}
    found = run(make(record(output_fields=values)))
    identities = {action.id for action in found.actions}
    assert any(identity.startswith("host-evidence") for identity in identities)
    assert not any(identity.startswith("container-evidence") for identity in identities)
    assert "containment.isolate-pod" not in identities


def test_a_kubernetes_audit_alert_is_told_as_a_request(make) -> None:
    alert = make(
        {
            "rule": "Unknown audit rule",
            "priority": "Warning",
            "source": "k8s_audit",
            "output": "x",
            "hostname": "node-1",
            "output_fields": {
                "ka.verb": "create",
                "ka.user.name": "jo@example.com",
                "ka.target.resource": "pods",
                "ka.target.subresource": "exec",
                "ka.target.name": "web-0",
                "ka.target.namespace": "shop",
                "ka.response.code": "101",
                "ka.sourceips": "(192.0.2.4)",
            },
        }
    )
    found = run(alert)
    assert "jo@example.com asked the API server to create pods/exec web-0 in namespace shop" in found.summary
    assert "the answer was 101" in found.summary
    commands = " ".join(action.command or "" for action in found.actions)
    assert "kubectl auth can-i --list --as=jo@example.com" in commands


def test_a_cloud_alert_is_told_as_a_call(make) -> None:
    alert = make(
        {
            "rule": "Unknown cloud rule",
            "priority": "Warning",
            "source": "aws_cloudtrail",
            "output": "x",
            "output_fields": {
                "ct.name": "DeleteTrail",
                "ct.user": "deployer",
                "ct.srcip": "203.0.113.4",
                "ct.region": "eu-west-1",
            },
        }
    )
    found = run(alert)
    assert "deployer made the call DeleteTrail from 203.0.113.4 in eu-west-1" in found.summary
    assert any("AttributeValue=deployer" in (action.command or "") for action in found.actions)


def test_an_alert_without_anything_is_still_explained() -> None:
    alert = Alert(id="x", format="json", product=Product(vendor="v", name="n"), raw="{}", raw_sha256="0")
    found = run(alert)
    assert found.summary
    assert found.headline
    assert found.assessment.verdict == "insufficient_evidence"
    assert "no full date" in found.summary


# --- what always holds ------------------------------------------------------------------------


def test_a_missing_date_is_said(make) -> None:
    raw = record()
    del raw["time"]
    found = run(make(raw, time_text="05:06:07.123"))
    assert "no full date (05:06:07.123)" in found.summary
    assert any(evidence.path == "time" and "unknown" in evidence.why for evidence in found.evidence)


def test_evidence_is_numbered_in_order_with_the_command_line_early(make) -> None:
    found = run(make(record()))
    assert [evidence.id for evidence in found.evidence] == [f"E{n}" for n in range(1, len(found.evidence) + 1)]
    paths = [evidence.path for evidence in found.evidence]
    assert paths[:2] == ["rule", "priority"]
    assert paths.index("output_fields.proc.cmdline") < 4
    assert all(evidence.why for evidence in found.evidence)


def test_text_alerts_cite_the_output(make) -> None:
    found = run(make(record(), format="falco_text"))
    assert any(
        evidence.path == "output.proc.cmdline" and evidence.certainty == "parsed_from_text"
        for evidence in found.evidence
    )


def test_a_wrong_tag_is_kept_and_the_better_technique_stands_beside_it(make, fixture_record) -> None:
    found = run(make(fixture_record("driver-loader-insmod.json")))
    assert {(ref.technique, ref.source) for ref in found.attack} >= {(None, "rule_tag"), ("T1547.006", "knowledge")}
    note = next(ref for ref in found.attack if ref.technique == "T1547.006")
    assert note.note.startswith("Fits only if")
    assert all(ref.version == attack_table().version for ref in found.attack)


def test_severity_never_falls_below_the_entry(make, fixture_record) -> None:
    low = make({**fixture_record("driver-loader-insmod.json"), "priority": "Debug"})
    assert run(low).severity_floor == 3


def test_containment_is_conditional_while_nothing_is_shown(make) -> None:
    found = run(make(record()))
    for action in found.actions:
        if action.stage == "contain":
            assert action.precondition.startswith("Only if the checks above")


def test_a_group_is_explained_by_its_first_alert(make) -> None:
    alert = make(record())
    found = enrich(Group(fingerprint="f", alert=alert, count=7, distinct={"proc.pid": ("1", "2")}))
    assert found.alert == alert
    context = {evidence.path: evidence.value for evidence in found.evidence if evidence.kind == "context"}
    assert context == {"group.count": "7", "group.distinct.proc.pid": "1, 2"}


SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.text(max_size=40),
    st.floats(allow_nan=False),
    st.sampled_from(
        [
            "<NA>",
            "host",
            "0123456789ab",
            "$(reboot)",
            "'; reboot; '",
            "-rf",
            "a\nb",
            "\u202e",
            "%{proc.name}",
            "/root/.falco/7.3.0+driver/x86_64/falco_x_1.2.3_1.ko",
            "finit_module",
            "execve",
            "[x](http://203.0.113.1)",
        ]
    ),
)
NAMES = st.sampled_from(
    [
        "proc.name",
        "proc.cmdline",
        "proc.args",
        "proc.exepath",
        "proc.pname",
        "proc.pexepath",
        "proc.pid",
        "proc.tty",
        "user.name",
        "user.uid",
        "user.loginuid",
        "container.id",
        "container.name",
        "container.image.repository",
        "container.image.tag",
        "k8s.ns.name",
        "k8s.pod.name",
        "fd.name",
        "fd.sip",
        "fd.rport",
        "evt.type",
        "evt.res",
        "evt.arg.flags",
        "ka.verb",
        "ka.user.name",
        "ka.target.name",
        "ka.target.namespace",
        "ka.target.resource",
        "ct.name",
        "ct.user",
        "gcp.methodName",
        "n_drops",
        "odd",
        "a.b[c]",
    ]
)
VALUES = st.dictionaries(NAMES, st.one_of(SCALAR, st.lists(SCALAR, max_size=3)), max_size=14)


@settings(max_examples=150)
@given(
    fields=VALUES,
    rule=st.sampled_from(RULES),
    source=st.sampled_from(["syscall", "k8s_audit", "aws_cloudtrail", "internal", None, "odd"]),
    kind=st.sampled_from(["alert", "event", "sensor_health", "posture_finding"]),
    text=st.text(max_size=60),
    time=st.sampled_from(
        [None, datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)]
    ),
)
def test_no_alert_makes_enrichment_fail_or_bend(
    fields: Any, rule: str | None, source: str | None, kind: Any, text: str, time: datetime | None
) -> None:
    alert = Alert(
        id="x",
        format="falco_json",
        kind=kind,
        product=Product(vendor="v", name="n", event_source=source),
        rule=RuleRef(name=rule),
        fields=fields,
        title=text,
        message=text,
        output=text,
        time=time,
        time_certainty="exact" if time else "none",
        k8s=K8s(pod=text),
        raw=text,
        raw_sha256="0",
    )
    found = run(alert)
    assert found == run(alert)
    assert found.model_dump_json(exclude={"alert"}) == run(alert).model_dump_json(exclude={"alert"})
    assert 0 < len(found.headline) <= 100
    assert found.headline.isprintable()
    assert found.summary.isprintable()
    known = {evidence.id for evidence in found.evidence}
    for view in found.hypotheses:
        for claim in (*view.supports, *view.against):
            assert set(claim.cites) <= known
            assert claim.cites
    assert [STAGES.index(a.stage) for a in found.actions] == sorted(STAGES.index(a.stage) for a in found.actions)
    assert len({a.id for a in found.actions}) == len(found.actions)
    for unknown in found.unknowns:
        assert unknown.query is None or "\n" not in unknown.query
    for action in found.actions:
        assert action.title.isprintable()
        if action.read_only and action.command and "$(" not in text:
            assert "\n" not in action.command


@pytest.mark.parametrize("value", ["; reboot", "$(reboot)", "a' ; reboot ; 'b"])
def test_read_only_steps_stay_read_only_whatever_the_alert_holds(make: Callable[..., Alert], value: str) -> None:
    names = (
        "proc.name",
        "proc.exepath",
        "fd.name",
        "k8s.ns.name",
        "k8s.pod.name",
        "ka.user.name",
        "container.id",
        "proc.pid",
    )
    for rule in RULES:
        found = run(make(record(rule=rule, output_fields=dict.fromkeys(names, value), hostname=value)))
        for action in found.actions:
            if action.read_only and action.command:
                assert is_read_only(action.command) is not False, action.command


def test_a_tag_of_the_rule_that_does_not_fit_stands_last_with_the_reason() -> None:
    record = twin("Contact K8S API Server From Container", "malicious")
    tagged = {**record, "tags": ["T1565", "container"]}
    refs = entry_explain(tagged).attack
    assert refs[0].technique != "T1565"
    assert refs[-1].technique == "T1565"
    assert "does not fit" in refs[-1].note
    assert not any("T1565" in text for text in entry_explain(tagged).not_advised)
