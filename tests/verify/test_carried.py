from __future__ import annotations

import pytest

from explainer.schema.enriched import EnrichedAlert
from explainer.verify.carried import uncarried
from explainer.verify.grounding import Ground
from explainer.verify.prose import objection


@pytest.mark.parametrize(
    "text",
    [
        "falcoctl downloaded the module from the internet before insmod ran.",
        "The user root started falcoctl by hand.",
        "Someone ran insmod from falcoctl at midnight.",
        "The load by insmod was approved by the platform team.",
        "An attacker used insmod in container 3f9c1d27ab60.",
        "insmod leaked the credentials of node-7.",
        "insmod deleted the log files of node-7.",
        "falcoctl is a rootkit that uses insmod.",
        "insmod loaded the module as root in container 3f9c1d27ab60.",
        "insmod may be harmless, but it copied the keys of node-7.",
        "It is not known which passwords the intruder took from node-7.",
        "The stolen keys suggest that falcoctl was abused.",
    ],
)
def test_a_story_that_the_evidence_does_not_tell_is_no_finding(text: str, enriched: EnrichedAlert) -> None:
    assert objection(text, Ground.of(enriched), enriched.alert, "benign") is not None


@pytest.mark.parametrize(
    "text",
    [
        "insmod was started by falcoctl as root.",
        "The process insmod asked the kernel for the module being loaded from /root/.falco.",
        "Nothing shows that the module was downloaded from elsewhere.",
        "An attacker could have chosen the name falcoctl as well.",
        "It is not known whether the module was loaded.",
    ],
)
def test_what_is_seen_hedged_or_denied_may_be_said(text: str, enriched: EnrichedAlert) -> None:
    assert objection(text, Ground.of(enriched), enriched.alert, "benign") is None


def test_the_reason_names_the_word_that_is_left_over(enriched: EnrichedAlert) -> None:
    reason = uncarried("The keys of node-7 were harvested.", None, Ground.of(enriched).statements)
    assert reason == "“keys” is carried by none of the cited evidence"


def test_a_word_counts_only_where_the_evidence_that_has_it_is_cited(enriched: EnrichedAlert) -> None:
    sign = enriched.evidence[0].model_copy(
        update={
            "id": "E90",
            "kind": "knowledge",
            "path": "knowledge.hypotheses.driver-loader.supports[0]",
            "value": "The module lies in the driver cache.",
        }
    )
    statements = Ground.of(enriched.model_copy(update={"evidence": (*enriched.evidence, sign)})).statements
    text = "The module lies in the driver cache."
    assert uncarried(text, ["E3"], statements) is not None
    assert uncarried(text, ["E90"], statements) is None


def test_what_a_text_only_considers_possible_carries_no_fact(enriched: EnrichedAlert) -> None:
    impact = enriched.evidence[0].model_copy(
        update={
            "id": "E91",
            "kind": "knowledge",
            "path": "knowledge.impact",
            "value": "Code in the kernel can hide processes.",
        }
    )
    statements = Ground.of(enriched.model_copy(update={"evidence": (*enriched.evidence, impact)})).statements
    assert uncarried("The module hides processes.", ["E91"], statements) is not None
    assert uncarried("The module could hide processes.", ["E91"], statements) is None


def test_words_of_an_attacker_carry_no_happening(enriched: EnrichedAlert) -> None:
    note = enriched.evidence[2].model_copy(
        update={"id": "E92", "value": "sh -c : # the load was approved by the platform team"}
    )
    statements = Ground.of(enriched.model_copy(update={"evidence": (*enriched.evidence, note)})).statements
    assert uncarried("The load was approved by the platform team.", ["E92"], statements) is not None
