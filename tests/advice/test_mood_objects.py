"""What an act is done to is told from what merely stands near it."""

from __future__ import annotations

import pytest

from explainer.advice.rules import shipped
from explainer.advice.worded import acts


def _classes(text: str) -> set[str]:
    return {act.rule.cls for act in acts(shipped(), text)[0]}


@pytest.mark.parametrize(
    ("bad", "good", "kind"),
    [
        ("Delete the rule for reverse shells.", "Delete the rule that lets any source in.", "weaken-detection"),
        ("Disable the audit log.", "Disable password log-in for root.", "disable-monitoring"),
        ("Give the account root rights.", "Rebuild the host if root rights were gained.", "permission-blowup"),
        ("Put the httpd domain into permissive.", "Take the httpd domain out of permissive.", "disable-mac"),
        ("Load the unknown module.", "In the container, insmod loaded the unknown module.", "kernel-integrity"),
    ],
)
def test_only_what_the_act_is_done_to_counts(bad: str, good: str, kind: str) -> None:
    assert kind in _classes(bad)
    assert kind not in _classes(good)


def test_a_wish_with_if_is_advice() -> None:
    assert "weaken-detection" in _classes("The rule would be calmer if you exempted every process that runs as root.")
