from __future__ import annotations

import pytest

from explainer.schema.enriched import EnrichedAlert
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
