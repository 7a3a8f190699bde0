from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.enrich.catalogue import shipped_catalogue
from explainer.enrich.templates import OutputTemplate, TemplateIndex, split_template, template_index
from explainer.schema.rule import RuleFacts

INDEX = template_index()
TEMPLATE = "A lamp was lit | user=%user.name process=%proc.name command=%proc.cmdline file=%fd.name terminal=%proc.tty"


def site(output: str, name: str = "Lamp lit") -> RuleFacts:
    return RuleFacts(name=name, output=output, origin="rules_file")


def index(*rules: RuleFacts) -> TemplateIndex:
    return template_index(rules)


def test_a_template_splits_into_head_and_pairs():
    template = split_template(TEMPLATE)
    assert template.head == "A lamp was lit"
    assert template.pairs[2] == ("command", "proc.cmdline")
    assert split_template("Shell %proc.name in %container.id (user=%user.name)").pairs == (
        ("", "proc.name"),
        ("", "container.id"),
        ("user", "user.name"),
    )
    assert split_template("").head == ""


@pytest.mark.parametrize(
    "value", ["a=b c=d", "sh -c 'x | y'", "(a) b)", 'say "hi"', "", "user=root terminal=0 | x", "é\t|"]
)
def test_values_may_hold_anything(value):
    message = f"A lamp was lit | user=ann process=sh command={value} file=/x terminal=34816"
    found = index(site(TEMPLATE)).match(message)
    assert found is not None
    assert found.rule == "Lamp lit"
    assert found.complete is True
    assert found.fields == {
        "user.name": "ann",
        "proc.name": "sh",
        "proc.cmdline": value.rstrip().rstrip("|,").rstrip(),
        "fd.name": "/x",
        "proc.tty": "34816",
    }


def test_a_value_that_poses_as_another_field_is_reported():
    message = "A lamp was lit | user=ann process=sh command=x user=root file=/x terminal=0"
    found = index(site(TEMPLATE)).match(message)
    assert found is not None
    assert found.fields["user.name"] == "ann"
    assert found.ambiguous == ("user.name",)


def test_fields_that_falco_appends_are_read():
    found = index(site(TEMPLATE)).match(
        "A lamp was lit | user=ann process=sh command=sh file=/x terminal=1 container_id=abc container_name=web "
        "container_image_repository=registry.example.com/lamp container_image_tag=2 k8s_pod_name=<NA> k8s_ns_name=<NA>"
    )
    assert found is not None
    assert found.fields["proc.tty"] == "1"
    assert found.fields["container.image.repository"] == "registry.example.com/lamp"
    assert found.fields["k8s.ns.name"] == "<NA>"


def test_older_messages_in_parentheses_are_read():
    found = INDEX.match(
        "A shell was spawned in a container with an attached terminal (user=ann user_loginuid=-1 "
        "k8s.ns=shop k8s.pod=web-1 "
        "container=0123456789ab shell=bash parent=runc cmdline=bash -c (date) terminal=34816 container_id=0123456789ab "
        "image=registry.example.com:5000/shop/web:1.2)"
    )
    assert found is not None
    assert found.rule == "Terminal shell in container"
    assert found.fields["proc.cmdline"] == "bash -c (date)"
    assert found.fields["k8s.ns.name"] == "shop"
    assert found.fields["container.image.repository"] == "registry.example.com:5000/shop/web"
    assert found.fields["container.image.tag"] == "1.2"


def test_heads_of_earlier_releases_lead_to_the_rule():
    found = INDEX.match("Symlinks created over senstivie files (user=ann command=ln target=/etc linkpath=/x)")
    assert found is not None
    assert (found.rule, found.origin) == ("Create Symlink Over Sensitive Files", "older")
    assert found.fields["evt.arg.target"] == "/etc"


def test_keys_mean_what_they_mean_in_their_event_source():
    found = INDEX.match("Attach/Exec to pod (user=ann pod=web resource=pods ns=shop action=exec command=sh)")
    assert found is not None
    assert found.rule == "Attach/Exec Pod"
    assert found.fields["ka.user.name"] == "ann"


@pytest.mark.parametrize(
    "prefix", ["15:04:05.000000001: Notice ", "2026-01-02T03:04:05.000000000+0000: Warning ", "Warning "]
)
def test_time_and_priority_before_the_message_do_not_hide_it(prefix):
    found = INDEX.match(prefix + "Executing binary not part of base image | proc_exe=x evt_type=execve user=ann")
    assert found is not None
    assert found.rule == "Drop and execute new binary in container"


@pytest.mark.parametrize(
    "message", ["", "   ", "Something else happened | user=x", "A shell was spawned in a containerd", "A"]
)
def test_an_unknown_message_matches_nothing(message):
    assert INDEX.match(message) is None


def test_a_head_is_no_prefix_of_a_longer_word():
    assert index(site("Lamp lit | user=%user.name")).match("Lamp litter | user=x") is None


def test_site_rules_come_before_shipped_ones():
    output = "A shell was spawned in a container with an attached terminal | who=%user.name"
    found = index(site(output, "Our shell rule")).match(output.replace("%user.name", "ann"))
    assert found is not None
    assert (found.rule, found.origin, found.fields) == ("Our shell rule", "rules_file", {"user.name": "ann"})


def test_rules_that_share_a_head_are_told_apart_by_their_keys():
    both = index(site("Door | user=%user.name a=%proc.name", "A"), site("Door | user=%user.name b=%proc.name", "B"))
    found = both.match("Door | user=ann b=sh")
    assert found is not None
    assert (found.rule, found.rules) == ("B", ("B",))


def test_rules_that_cannot_be_told_apart_are_all_named():
    both = index(site("Doors | user=%user.name", "A"), site("Doors | user=%user.name", "B"))
    found = both.match("Doors | user=ann")
    assert found is not None
    assert (found.rule, found.rules) == (None, ("A", "B"))
    assert found.fields == {"user.name": "ann"}


def test_the_longest_head_wins():
    both = index(site("Door open | u=%user.name", "A"), site("Door open wide | u=%user.name", "B"))
    found = both.match("Door open wide | u=x")
    assert found is not None
    assert found.rule == "B"


def test_a_template_that_starts_with_a_field_is_found_by_its_longest_literal():
    found = index(site("project=%gcp.projectId A firewall was rewritten by user=%gcp.user ip=%gcp.callerIP")).match(
        "project=p-1 A firewall was rewritten by user=ann@example.com ip=192.0.2.1"
    )
    assert found is not None
    assert found.fields == {
        "gcp.projectId": "p-1 A firewall was rewritten by",
        "gcp.user": "ann@example.com",
        "gcp.callerIP": "192.0.2.1",
    }


def test_every_shipped_template_recognises_its_own_message():
    for name, _, output in shipped_catalogue().templates():
        template = split_template(output)
        message = f"{template.head} | " + " ".join(f"{key}=v{n}" for n, (key, _) in enumerate(template.pairs))
        found = INDEX.match(message)
        assert found is not None
        assert name in found.rules
        assert len(found.fields) == len({field for _, field in template.pairs})


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=timedelta(seconds=5))
def test_any_text_is_answered(text):
    INDEX.match(text)
    INDEX.match(f"Log files were tampered | {text}")
    split_template(text)


@given(st.lists(st.text("ab =|()%.", max_size=6), min_size=3, max_size=3))
@settings(max_examples=150, deadline=timedelta(seconds=5))
def test_values_without_keys_come_back_as_they_were(values):
    tidy = [" ".join(value.split()).strip("|, ") for value in values]
    if any("a=" in v or "b=" in v for v in tidy):
        return
    template = OutputTemplate("R", "A door was opened", (("x", "f.x"), ("y", "f.y"), ("z", "f.z")), "rules_file")
    found = TemplateIndex([template]).match(f"A door was opened | x={tidy[0]} y={tidy[1]} z={tidy[2]}")
    assert found is not None
    assert [found.fields[f"f.{name}"] for name in "xyz"] == tidy
