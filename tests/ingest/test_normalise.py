"""Fields to parts: what is known, what is not, and where each value came from."""

import json
from pathlib import Path

import pytest

from explainer import ingest
from explainer.ingest import from_mapping, read
from explainer.schema.alert import Severity

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "alerts" / "falco"


def fixture(name):
    return read((FIXTURES / name).read_bytes())[0][0]


def alert(fields=None, **envelope):
    source = {"rule": "R", "priority": "Notice", "time": "2025-03-02T09:14:07.000000000Z", "output": "X"}
    return from_mapping(source | {"output_fields": fields or {"proc.name": "x"}} | envelope)[0]


def test_unset_login_is_a_fact_and_not_a_number():
    for value in (-1, 4294967295, "-1", "4294967295"):
        user = alert({"user.loginuid": value}).user
        assert (user.loginuid, user.loginuid_unset) == (None, True)
    user = alert({"user.loginuid": 0}).user
    assert (user.loginuid, user.loginuid_unset) == (0, False)
    unread = alert({"user.loginuid": None})
    assert unread.user is None
    assert unread.missing == ("user.loginuid",)


@pytest.mark.parametrize("value", [None, "<NA>", "", "N/A", "(none)", "null", "%proc.pcmdline", "<nil>"])
def test_every_spelling_of_unknown_is_missing(value):
    found = alert({"proc.name": value, "proc.exepath": "/bin/sh"})
    assert found.process.name is None
    assert found.missing == ("proc.name",)
    assert found.fields["proc.name"] == value


def test_huge_integers_and_nested_values_are_kept_exactly():
    found = fixture("drop-and-execute.json")
    assert found.fields["proc.exe_ino.ctime_duration_proc_start"] == 18446744073670260079
    assert found.fields["container.image.digest"] == ["sha256:0f"]
    assert found.process.exe_flags == ("EXE_UPPER_LAYER",)
    assert [parent.name for parent in found.ancestors] == ["sh", None, "containerd-shim"]
    assert found.host.is_pod_name is True


def test_nanoseconds_are_cut_and_kept_beside():
    found = fixture("drop-and-execute.json")
    assert (found.time.microsecond, found.time_ns % 1000) == (0, 999)


def test_a_container_called_host_is_the_host():
    found = alert({"container.id": "host", "container.name": "host"})
    assert found.container.is_host
    assert found.container.name is None
    assert not alert({"container.id": "0123456789ab"}).container.is_host


def test_image_reference_is_put_together_and_taken_apart():
    joined = alert({"container.image.repository": "example.com:5000/a", "container.image.tag": "1"}).container
    assert joined.image == "example.com:5000/a:1"
    split = alert({"container.image": "example.com:5000/a@sha256:ab"}).container
    assert (split.repository, split.tag, split.digest) == ("example.com:5000/a", None, "sha256:ab")


def test_kubernetes_audit_names_subject_and_object():
    found = fixture("audit-exec.json")
    assert (found.user.name, found.user.groups) == ("jane@example.com", ("dev", "system:authenticated"))
    assert found.user.source_ips == ("198.51.100.7", "10.0.0.3")
    assert (found.api.operation, found.api.subresource, found.api.response_code) == ("create", "exec", 101)
    assert (found.k8s.namespace, found.k8s.pod, found.action) == ("prod", "db-0", "allowed")
    assert found.process is None
    assert any("numbers given as text" in warning for warning in found.warnings)


def test_old_audit_fields_mean_the_same():
    found = alert({"jevt.value[/user/username]": "system:serviceaccount:a:b", "jevt.value[/verb]": "get"})
    assert (found.user.type, found.k8s.service_account, found.api.operation) == ("service_account", "a/b", "get")


def test_a_refused_cloud_call_is_blocked():
    found = fixture("cloudtrail-denied.json")
    assert (found.action, found.result_raw, found.cloud.provider) == ("blocked", "AccessDenied", "aws")
    assert found.user.principal.endswith("user/build")
    assert found.api.name == "example-logs"


def test_attack_ids_are_read_from_tags_of_any_make():
    found = fixture("gcp-policy.json")
    assert {(attack.technique_id, attack.tactic) for attack in found.attacks} == {
        ("T1562", None),
        (None, "defense_evasion"),
    }
    tags = ["mitre_data_destruction", "attack.t1059.004", "TA9999", "mitre_lateral_movement", "Team1234", "T1059x"]
    assert [(item.technique_id, item.tactic) for item in alert(tags=tags).attacks] == [
        ("T1059.004", None),
        (None, "lateral_movement"),
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"fd.name": "10.0.0.5:40000->203.0.113.9:443", "evt.type": "connect"},
            ("10.0.0.5", "203.0.113.9", 443, "outbound"),
        ),
        ({"fd.name": "::1:40000->2001:db8::2:443"}, ("::1", "2001:db8::2", 443, "unknown")),
        (
            {"fd.name": "198.51.100.1:5000->10.0.0.5:22", "fd.lport": 22, "fd.rport": 5000},
            ("198.51.100.1", "10.0.0.5", 22, "inbound"),
        ),
        (
            {"fd.name": "10.0.0.5:40000->203.0.113.9:443", "fd.lport": 40000, "fd.rport": 443},
            ("10.0.0.5", "203.0.113.9", 443, "outbound"),
        ),
        ({"fd.rip": "8.8.8.8", "fd.rport": "8888"}, (None, "8.8.8.8", 8888, "unknown")),
        ({"fd.name": "203.0.113.9:80"}, (None, "203.0.113.9", 80, "unknown")),
    ],
)
def test_connections_are_read_from_both_ends(fields, expected):
    network = alert(fields).network
    assert (network.src_ip, network.dst_ip, network.dst_port, network.direction) == expected
    assert alert(fields).file is None


def test_paths_that_look_a_little_like_addresses_stay_files():
    for path in ("/tmp/1.2.3.4:80->5.6.7.8:90", "/etc/shadow", "relative"):
        found = alert({"fd.name": path})
        assert found.file.path == path
        assert found.network is None


def test_links_and_renames_keep_both_ends():
    link = alert({"evt.type": "symlinkat", "evt.arg.target": "/etc", "evt.arg.linkpath": "/tmp/l"}).file
    assert (link.target, link.linkpath) == ("/etc", "/tmp/l")
    move = alert({"evt.type": "rename", "fd.name": "<NA>", "evt.args": "res=0 oldpath=/bin/true newpath=/bin/t 2 "})
    assert (move.file.target, move.file.path) == ("/bin/true", "/bin/t 2")
    assert move.field_sources["file.target"].certainty == "parsed_from_text"


def test_a_module_is_found_in_the_arguments_and_marked_inferred():
    found = fixture("driver-loader-impostor.json")
    assert found.file.module == "/tmp/.falco/falco_probe.ko"
    assert found.field_sources["file.module"].certainty == "inferred"


@pytest.mark.parametrize(
    ("fields", "action"),
    [
        ({"evt.res": "SUCCESS"}, "observed"),
        ({"evt.res": "EACCES"}, "failed"),
        ({"evt.res": "-13"}, "failed"),
        ({"evt.rawres": -2}, "failed"),
        ({"evt.failed": True}, "failed"),
        ({"proc.name": "x"}, "unknown"),
        ({"ka.response.code": 403}, "blocked"),
        ({"ka.auth.decision": "forbid"}, "blocked"),
        ({"ka.response.code": "404"}, "failed"),
    ],
)
def test_outcome_is_what_the_source_states(fields, action):
    assert alert(fields).action == action


@pytest.mark.parametrize(
    ("given", "priority", "severity"),
    [
        ("WARNING", "Warning", 3),
        ("info", "Informational", 1),
        (0, "Emergency", 6),
        (7, "Debug", 1),
        ("critical", "Critical", 5),
    ],
)
def test_priority_in_any_spelling_maps_to_ocsf(given, priority, severity):
    found = alert(priority=given)
    assert (found.priority, found.severity_id) == (priority, Severity(severity))


def test_falcos_own_messages_are_sensor_health():
    assert fixture("internal-drop.json").kind == "sensor_health"
    old, _ = read("18:43:37.970973376: Critical Falco internal: syscall event drop. 9 dropped. (n_drops=9 n_evts=15)")
    assert (old[0].kind, old[0].rule.name, old[0].fields["n_drops"]) == (
        "sensor_health",
        "Falco internal: syscall event drop",
        "9",
    )


def test_a_forged_internal_message_in_a_value_is_an_alert():
    assert alert({"proc.cmdline": "Falco internal: syscall event drop"}).kind == "alert"


def test_the_delivery_test_says_that_it_is_one():
    found = alert(rule="Test rule")
    assert found.kind == "alert"
    assert any("test" in warning.lower() for warning in found.warnings)


def test_a_rule_under_another_spelling_is_found():
    (found,) = from_mapping({"Rule": "Odd", "Priority": "Notice", "Output": "x", "OutputFields": {"proc.name": "sh"}})
    assert (found.rule.name, found.process.name, found.custom_fields) == ("Odd", "sh", {})


def test_doubled_keys_keep_every_value_and_warn():
    data = (
        '{"rule":"A","rule":"B","priority":"Notice","output":"x","output_fields":{"proc.name":"one","proc.name":"two"}}'
    )
    (found,), _ = read(data)
    assert (found.rule.name, found.process.name) == ("B", "two")
    assert found.custom_fields == {"rule (earlier value 1)": "A", "output_fields.proc.name (earlier value 1)": "one"}
    assert sum("times" in warning for warning in found.warnings) == 2


def test_numbers_that_json_cannot_hold_keep_their_text():
    data = '{"rule":"A","priority":"Notice","output_fields":{"x":NaN,"y":-Infinity,"z":1e999,"proc.pid":%s}}' % (
        "9" * 5000
    )
    (found,), _ = read(data)
    assert (found.fields["x"], found.fields["y"], found.fields["z"]) == ("NaN", "-Infinity", "1e999")
    assert found.model_dump_json()


def test_deep_nesting_and_lone_surrogates_can_still_be_written():
    deep = '{"a":' * 100 + "1" + "}" * 100
    data = (
        '{"rule":"A","priority":"Notice","output":"\\ud800x","output_fields":{"proc.name":"\\udfff","x":' + deep + "}}"
    )
    (found,), _ = read(data)
    assert found.process.name == "\ufffd"
    assert found.model_dump_json().encode()
    for depth in (2000, 200_000):
        data = '{"rule":"A","priority":"Notice","output_fields":{"x":' + "[" * depth + "]" * depth + "}}"
        results = read(data + "\n" + json.dumps({"rule": "B", "priority": "Notice", "output": "x"}))
        assert results[0][-1].rule.name == "B"
        assert results[0][-1].model_dump_json()


def test_nested_and_flattened_fields_get_falcos_names():
    nested = alert({"container": {"id": "0123456789ab", "image": {"tag": "1"}}, "k8s.pod.labels": {"app": "web"}})
    assert nested.fields["container.image.tag"] == "1"
    assert nested.k8s.labels == {"app": "web"}
    flat = alert({"proc_name": "sh", "proc_aname_2": "init", "home_directory": "/root"})
    assert (flat.process.name, flat.ancestors[1].name) == ("sh", "init")
    assert flat.fields["home_directory"] == "/root"


def test_every_normalised_value_names_its_source():
    found = fixture("shell-in-container.json")
    assert found.field_sources["process.cmdline"].path == "output_fields.proc.cmdline"
    dumped = found.model_dump(exclude_none=True, include={"process", "container", "k8s", "user"})
    derived = {"user.loginuid", "container.is_host"}
    for part, values in dumped.items():
        for name, value in values.items():
            if value not in ((), {}, False) and f"{part}.{name}" not in derived:
                assert f"{part}.{name}" in found.field_sources


def test_output_without_fields_is_parsed():
    source = json.loads((FIXTURES / "shell-in-container.json").read_text())
    del source["output_fields"]
    (found,) = ingest(source)
    assert (found.process.cmdline, found.k8s.pod) == ("sh -c id; uname -a", "web-6c9f7b5d4-x2k8p")
    assert found.field_sources["process.cmdline"].certainty == "parsed_from_text"
    assert found.rule.name == "Terminal shell in container"


def test_text_that_reverses_its_direction_is_warned_of():
    assert any("direction" in warning for warning in alert(output="10:00:00.000000000: Notice a\u202eb").warnings)
