"""Stand-ins: exact both ways, whatever the names are."""

from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.redaction.standins import Standins

KINDS = st.sampled_from(["users", "hosts", "pods", "namespaces", "images", "addresses", "emails"])
NAMES = st.one_of(
    st.text(alphabet="abcXYZ019-_.", min_size=1, max_size=12).filter(lambda s: any(c.isalnum() for c in s)),
    st.text(min_size=1, max_size=8).filter(lambda s: "\x00" not in s),
    st.sampled_from(["a", "an", "web-1", "web-10", "web-100", "10.0.0.5", "10.0.0.51", "USER_1", "jo", "joe", "joel"]),
)


@given(
    st.dictionaries(NAMES, KINDS, max_size=8),
    st.lists(st.text(max_size=60).filter(lambda s: "\x00" not in s), max_size=4),
    st.data(),
)
def test_what_is_concealed_is_restored_exactly(known: dict[str, str], texts: list[str], data: st.DataObject) -> None:
    names = list(known) or ["x"]
    mixed = [
        "".join(
            data.draw(st.sampled_from([text, " ", "/", "=", '"', name]))
            for name in data.draw(st.lists(st.sampled_from(names), max_size=6))
        )
        for text in [*texts, ""]
    ]
    standins = Standins(known, "\x00".join(mixed))
    assert [standins.restore(text) for text in standins.conceal(mixed)] == mixed


def test_longer_names_are_not_taken_for_shorter_ones() -> None:
    standins = Standins({"web-1": "hosts", "web-10": "hosts", "10.0.0.5": "addresses"}, "")
    concealed = standins.conceal(["web-10 and web-1 and 10.0.0.51 and 10.0.0.5"])[0]
    assert concealed == "HOST_1 and HOST_2 and 10.0.0.51 and INTERNAL_IP_1"


def test_a_name_of_one_letter_is_replaced_where_it_is_named_and_nowhere_else() -> None:
    standins = Standins({"a": "users"}, "")
    assert standins.conceal(["a", "it is a shell of user a", "/home/a/x", "user=a"]) == [
        "USER_1",
        "it is a shell of user USER_1",
        "/home/USER_1/x",
        "user=USER_1",
    ]


def test_names_inside_words_go_with_the_word() -> None:
    standins = Standins({"jsmith": "users", "web-3": "hosts"}, "")
    concealed = standins.conceal(["jsmith-admin", "backup_jsmith.tar", "jsmith01", "aweb-3b", "JSMITH"])
    assert all("smith" not in text.lower() and "web-3" not in text for text in concealed)
    assert [standins.restore(text) for text in concealed][2] == "jsmith01"


def test_what_somebody_wrote_as_a_stand_in_is_no_stand_in() -> None:
    standins = Standins({"eve": "users"}, "echo USER_1")
    concealed = standins.conceal(["eve", "echo USER_1"])
    assert concealed == ["USER_2", "echo USER_1"]
    assert standins.restore("USER_2 wrote USER_1") == "eve wrote USER_1"


@pytest.mark.parametrize("said", ["USER_1", "user_1", "USER-1", "`USER_1`", "(USER_1)", "USER_1's"])
def test_models_write_stand_ins_in_many_ways(said: str) -> None:
    standins = Standins({"eve": "users"}, "")
    standins.conceal(["eve"])
    assert "eve" in standins.restore(said)


def test_a_beginning_that_was_cut_off_is_concealed_too() -> None:
    standins = Standins({"customer-acme": "namespaces"}, "")
    assert standins.conceal(["in customer-ac [cut 20 chars]"]) == ["in NAMESPACE_1 [cut 20 chars]"]


HOSTILE = st.text(min_size=3, max_size=20).filter(lambda s: s.isprintable() and s.strip() == s and "\x00" not in s)


@settings(max_examples=40, deadline=None)
@given(HOSTILE)
def test_in_a_command_every_name_is_one_word(name: str) -> None:
    standins = Standins({name: "pods"}, "")
    if standins.conceal([name]) != ["POD_1"]:
        return
    for command in ("kubectl POD_1", "kubectl 'POD_1'", 'kubectl "POD_1"'):
        shown = f'kubectl() {{ printf \'%s\\0\' "$#" "$1"; }}; {standins.restore_command(command)}'
        told = subprocess.run(["bash", "-c", shown], capture_output=True, timeout=10).stdout.decode().split("\0")
        assert told[0] == "1"
        assert told[1] in {name, "POD_1"}


def test_nothing_is_put_into_a_command_that_is_read_twice() -> None:
    standins = Standins({"x; rm -rf /": "pods", "plain-1": "hosts"}, "")
    standins.conceal(["x; rm -rf /", "plain-1"])
    assert standins.restore_command("sh -c 'ls POD_1'") == "sh -c 'ls POD_1'"
    assert standins.restore_command('echo "$(cat POD_1)"') == 'echo "$(cat POD_1)"'
    assert standins.restore_command("ssh HOST_1 id") == "ssh plain-1 id"
    assert not re.search(r"rm -rf /(?!')", standins.restore_command("ls POD_1"))
