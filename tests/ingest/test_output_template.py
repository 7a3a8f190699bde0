"""Values by the template that printed them: prose, hostile values, and nothing decided where two readings fit."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from explainer.ingest.output_template import cut, output_template

PROSE = "File %fd.name was opened by %user.name (command %proc.cmdline) in %container.name"
SHELL = (
    "Shell | evt_type=%evt.type user=%user.name user_uid=%user.uid process=%proc.name parent=%proc.pname "
    "command=%proc.cmdline terminal=%proc.tty exe_flags=%evt.arg.flags"
)
APPENDED = (
    " container_id=0123456789ab container_name=web container_image_repository=example.com/web container_image_tag=1 "
    "k8s_pod_name=<NA> k8s_ns_name=<NA>"
)
TRUE = {
    "evt.type": "execve",
    "user.name": "ann",
    "user.uid": "1000",
    "proc.name": "sh",
    "proc.pname": "bash",
    "proc.cmdline": "id",
    "proc.tty": "0",
    "evt.arg.flags": "EXE_WRITABLE",
}


def printed(output, values):
    for name, value in values.items():
        output = output.replace(f"%{name}", value)
    return output


def found(output, message):
    result = cut(output_template(output), message)
    assert result is not None
    return result


def test_values_in_prose_are_found():
    assert found(PROSE, "File /etc/shadow was opened by ann (command cat /etc/shadow) in web").fields == {
        "fd.name": "/etc/shadow",
        "user.name": "ann",
        "proc.cmdline": "cat /etc/shadow",
        "container.name": "web",
    }


def test_a_value_with_the_templates_own_words_makes_its_neighbours_doubtful_and_sets_none():
    result = found(PROSE, "File /x was opened by ann (command a was opened by root (command b) in web")
    assert result.fields == {"container.name": "web"}
    assert set(result.doubtful) == {"fd.name", "user.name", "proc.cmdline"}


def test_keys_behind_a_command_line_are_told_apart_by_what_they_can_hold():
    hostile = "sh -c user=root user_uid=0 terminal=1 exe_flags=EXE_LOWER_LAYER container_id=host"
    result = found(SHELL, printed(SHELL, TRUE | {"proc.cmdline": hostile}) + APPENDED)
    assert result.doubtful == ()
    assert (result.fields["user.name"], result.fields["proc.cmdline"], result.fields["proc.tty"]) == (
        "ann",
        hostile,
        "0",
    )
    assert result.fields["container.id"] == "0123456789ab"


def test_what_a_site_appends_behind_the_template_is_left_alone():
    assert found(SHELL, printed(SHELL, TRUE) + " site=berlin rack=7").fields == TRUE


@pytest.mark.parametrize(
    ("output", "message", "expected"),
    [
        ("In %container.info: %proc.name", "In container_id=host container_name=host: sh", "sh"),
        ("A%fd.name%proc.name.", "Axy.", None),
        ("Upper %toupper(proc.name) of %user.name", "Upper SH of ann", None),
        ("Many\n  words %proc.name\n", "Many words sh", "sh"),
    ],
)
def test_unusual_templates_are_read(output, message, expected):
    assert found(output, message).fields.get("proc.name") == expected


@pytest.mark.parametrize("message", ["", "File", "File x was closed by y", "Other words", "File  was opened by"])
def test_a_message_of_another_template_does_not_fit(message):
    assert cut(output_template(PROSE), message) is None


def test_a_template_without_fields_fits_nothing():
    assert cut(output_template("Something happened"), "Something happened") is None


def test_fields_behind_a_free_last_value_are_marked_as_such():
    result = found("Read %fd.name", "Read /tmp/a b" + APPENDED)
    assert (result.fields["fd.name"], result.fields["container.name"], result.appended) == ("/tmp/a b", "web", True)


words = st.sampled_from(
    [" ", "user=root", "user_uid=0", "command=", "terminal=1", "exe_flags=X", "parent=init", "evt_type=open", "(", ")",
     " was opened by ", " (command ", ") in ", "container_id=host", "container_name=host", "a", "=", "|", "\n", "%",
     "<NA>"]
)  # fmt: skip
hostile = st.lists(words | st.text(max_size=5), max_size=12).map("".join)


@given(
    st.sampled_from(["user.name", "proc.name", "proc.pname", "proc.cmdline"]), hostile, st.sampled_from(["", APPENDED])
)
@example("user.name", "x user_uid=0 process=a parent=b command=c", APPENDED)
@example("proc.cmdline", "x command=y", "")
@settings(max_examples=400, deadline=None)
def test_no_text_inside_a_value_sets_another_field(name, value, tail):
    result = cut(output_template(SHELL), printed(SHELL, TRUE | {name: value}) + tail)
    for other, true in TRUE.items():
        if result is not None and other != name:
            assert result.fields.get(other, true) == true
    if result is not None:
        assert result.fields.get("container.id", "0123456789ab") == "0123456789ab"


@given(st.sampled_from(["fd.name", "user.name", "proc.cmdline"]), hostile)
@settings(max_examples=400, deadline=None)
def test_no_text_inside_a_value_of_prose_sets_another_field(name, value):
    true = {"fd.name": "/x", "user.name": "ann", "proc.cmdline": "id", "container.name": "web"}
    result = cut(output_template(PROSE), printed(PROSE, true | {name: value}))
    for other, expected in true.items():
        if result is not None and other != name:
            assert result.fields.get(other, expected) == expected


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_template_and_any_text_are_answered(output, message):
    cut(output_template(output), message)


def test_a_long_hostile_message_is_read_in_good_time():
    message = printed(SHELL, TRUE | {"proc.cmdline": " terminal=1 exe_flags=X command=" * 4_000})
    assert found(SHELL, message).fields["evt.type"] == "execve"
