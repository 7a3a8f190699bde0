from __future__ import annotations

import pytest
from support.alerts import make_alert

from explainer.verify.frames import clauses
from explainer.verify.ignorance import told_after_all

FAILED = {"action": "failed", "result_raw": "EPERM"}


@pytest.mark.parametrize(
    ("sentence", "changes"),
    [
        ("The user is unknown.", {}),
        ("It is unknown which user ran insmod.", {}),
        ("The alert does not name the parent process.", {}),
        ("The alert does not tell whether a terminal was attached.", {}),
        ("The host is not known.", {}),
        ("The result of the call is unknown.", FAILED),
    ],
)
def test_calling_unknown_what_the_alert_tells_is_false(sentence: str, changes: dict[str, object]) -> None:
    (clause,) = clauses(sentence)
    assert told_after_all(clause, make_alert(**changes)) is not None


@pytest.mark.parametrize(
    "sentence",
    [
        "The result of the call is unknown.",
        "The alert does not tell whether the load succeeded.",
        "The image is not known.",
        "The alert does not show who wrote the module.",
        "It is not known whether the user knew of it.",
    ],
)
def test_honest_ignorance_stands(sentence: str) -> None:
    (clause,) = clauses(sentence)
    assert told_after_all(clause, make_alert()) is None
