from __future__ import annotations

import pytest

from explainer.schema.enriched import EnrichedAlert
from explainer.verify.grounding import Ground, ungrounded, unrelated


@pytest.fixture
def ground(enriched: EnrichedAlert) -> Ground:
    return Ground.of(enriched)


@pytest.mark.parametrize(
    "sentence",
    [
        "The process insmod ran as root on node-7.",
        "insmod was started by falcoctl in container 3f9c1d27ab60.",
        "The module lies below /root/.falco, where Falco keeps its drivers.",
        "The file falco_ubuntu-generic_5.4.0-204-generic_224.ko has the form of a Falco driver.",
        "The parent process falcoctl belongs to Falco.",
        "The pod falco-x2b4k in namespace falco asked the kernel for a module with finit_module.",
        "The address 10.0.0.5 was seen.",
        "A driver loader does this when it starts, e.g. after a reboot.",
        "Nothing in the alert tells whether the module was accepted.",
        "The container's image is not known.",
        "The user root ran it without a terminal.",
    ],
)
def test_a_sentence_that_names_only_what_the_alert_holds_stands(sentence: str, ground: Ground) -> None:
    assert ungrounded(sentence, ground) is None


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("The connection went to 10.0.0.51.", "10.0.0.51"),
        ("It read /etc/shadow.", "/etc/shadow"),
        ("It ran /usr/bin/insmod.", "/usr/bin/insmod"),
        ("This is CVE-2022-0847.", "CVE-2022-0847"),
        ("This is T1547.006.", "T1547.006"),
        ("It fetched http://example.com/x.", "http://example.com/x"),
        ("The pod web-frontend was used.", "web-frontend"),
        ("The user alice ran it.", "alice"),
        ("It was executed by jenkins.", "jenkins"),
        ("The image docker.io/library/nginx:1.25 was used.", "docker.io"),
        ("It is the work of Kinsing and others.", "Kinsing"),
        ("The container abcdef012345 was used.", "abcdef012345"),
        ("The module has 4 dependencies and 512 users.", "512"),
        ("It used CAP_SETNS to do so.", "CAP_SETNS"),
        ("The node is worker-3.", "worker-3"),
        ("It happened on 2024-05-01.", "2024-05-01"),
        ("It wrote to `kube-proxy`.", "kube-proxy"),
        ("The hash is d41d8cd98f00b204e9800998ecf8427e.", "d41d8cd98f00b204e9800998ecf8427e"),
        ("Mail it to soc@example.com.", "soc@example.com"),
    ],
)
def test_an_identity_that_the_evidence_does_not_hold_is_named_in_the_reason(
    sentence: str, wrong: str, ground: Ground
) -> None:
    reason = ungrounded(sentence, ground)
    assert reason is not None
    assert wrong in reason


@pytest.mark.parametrize(
    "sentence",
    [
        "The user falcoctl ran it.",
        "The pod node-7 was used.",
        "The parent process insmod started it.",
        "The host is falco-x2b4k.",
    ],
)
def test_a_true_name_in_the_wrong_role_does_not_stand(sentence: str, ground: Ground) -> None:
    assert ungrounded(sentence, ground) is not None


def test_a_sentence_has_to_speak_of_what_it_cites(ground: Ground) -> None:
    assert unrelated("The weather was fine.", ["E3"], ground)
    assert not unrelated("insmod was run.", ["E3"], ground)


def test_ordinary_words_alone_do_not_relate_a_sentence_to_its_evidence(ground: Ground) -> None:
    assert unrelated("The server is a thing that runs a container.", ["E1", "E2"], ground)
    assert not unrelated("The user was root.", ["E5"], ground)
