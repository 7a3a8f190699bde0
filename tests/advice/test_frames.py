"""Acts in plain words: which concepts stand together, and in what mood."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.advice import scan
from explainer.advice.frames import frame
from explainer.advice.prose import sentences
from explainer.advice.rules import compile_rules, shipped
from explainer.advice.worded import acts
from explainer.errors import DataError

WORDS = "turn switch off AppArmor it them and . , : the all auditd disable was".split()  # noqa: SIM905  # a sentence reads better
RULE = (
    "- id: x\n  class: disable-mac\n  severity: high\n  match: {words: true}\n  why: w\n  instead: i\n  examples: {}\n"
)


def classes(text):
    found, before = set(), None
    for start, end in sentences(text):
        hits, before = acts(shipped(), text[start:end], before)
        found |= {hit.rule.cls for hit in hits}
    return found


@pytest.mark.parametrize(
    ("text", "cls"),
    [
        ("Turn off AppArmor on the node.", "disable-mac"),
        ("AppArmor should be turned off on the node.", "disable-mac"),
        ("Turning AppArmor off fixes the start.", "disable-mac"),
        ("AppArmor is in the way. Switch it off.", "disable-mac"),
        ("Let the vendor run the script from that forum thread.", "remote-code-exec"),
        ("Schalten Sie das SELinux auf dem Server ab.", "disable-mac"),
        ("Désactivez SELinux sur le serveur et dans les conteneurs.", "disable-mac"),
        ("Desactive el cortafuegos en todos los servidores.", "network-exposure"),
        ("Next: replace the pinned exporter by the latest tag.", "supply-chain"),
        ("Share one admin password with the whole shift.", "weaken-auth"),
    ],
)
def test_an_act_is_found_in_every_mood_that_addresses_the_reader(text, cls):
    assert cls in classes(text)


@pytest.mark.parametrize(
    "text",
    [
        "AppArmor was turned off by the intruder.",
        "Turn AppArmor back on.",
        "Deny the deletion of the trail to every account.",
        "Fix the rule and restart the agent.",
        "Copy the module and hash it before you remove it.",
        "Remove the passwordless sudo entry.",
        "Give the collector a namespaced role.",
        "Falco cannot block a process.",
        "Start with the hosts in the first rack.",
    ],
)
def test_reports_protective_acts_and_other_objects_are_left_alone(text):
    assert classes(text) == set()


def test_wider_reach_raises_the_severity_and_a_short_while_lowers_it():
    def severity(text):
        return next(hit.severity for hit in acts(shipped(), text)[0] if hit.rule.cls == "disable-mac")

    assert severity("Disable AppArmor on web-04.") == "high"
    assert severity("Disable AppArmor across the fleet.") == "critical"
    assert severity("Disable AppArmor on web-04 for now.") == "medium"


def test_a_name_in_code_belongs_to_the_sentence_and_a_command_in_code_does_not():
    assert [i.cls for i in scan("Stop `auditd` on the database hosts.", kind="markdown")] == ["disable-monitoring"]
    assert not scan("The runbook explains `echo stop auditd` on one page.", kind="markdown")


@pytest.mark.parametrize(
    ("line", "reason"), [("off NOTHING", "NOTHING"), ("off MAC =terrible", "terrible"), ("/4", "needs a concept")]
)
def test_a_frame_that_cannot_be_compiled_says_why(line, reason):
    with pytest.raises(ValueError, match=reason):
        frame(line, frozenset({"off", "MAC"}))


def test_errors_in_frames_and_concepts_are_located():
    words = "english:\n  stop: disable\n  MAC: selinux\n"
    with pytest.raises(DataError, match=r"_frames\.yaml:x"):
        compile_rules({"own.yaml": RULE, "_concepts.yaml": words, "_frames.yaml": "x: ['stop NOTHING']"})
    with pytest.raises(DataError, match=r"_frames\.yaml:y"):
        compile_rules({"own.yaml": RULE, "_concepts.yaml": words, "_frames.yaml": "x: ['stop MAC']\ny: ['stop MAC']"})
    with pytest.raises(DataError, match=r"own\.yaml:x"):
        compile_rules({"own.yaml": RULE, "_concepts.yaml": words})
    with pytest.raises(DataError, match=r"_concepts\.yaml"):
        compile_rules({"own.yaml": RULE, "_concepts.yaml": "english: {A: '@B'}"})


@given(
    st.lists(
        st.sampled_from(WORDS),
        max_size=40,
    )
)
def test_any_order_of_words_is_read_and_every_act_lies_inside(parts):
    text = " ".join(parts)
    for hit in acts(shipped(), text)[0]:
        assert 0 <= hit.start < hit.end <= len(text)


@pytest.mark.parametrize("word", ["switch it off ", "all ", "put ", "disable auditd ", "and "])
def test_time_grows_with_the_text_and_not_with_its_square(word):
    def spent(times):
        text = word * times
        begin = time.process_time()
        for start, end in sentences(text):
            acts(shipped(), text[start:end])
        return time.process_time() - begin

    spent(50)
    assert spent(8000) < 20 * max(spent(1000), 0.02)
