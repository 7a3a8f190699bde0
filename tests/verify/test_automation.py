"""When a playbook may act, when a person has to look, and when nothing may act at all."""

from __future__ import annotations

import pytest
from support.alerts import make_enriched

from explainer.schema.enriched import Address
from explainer.schema.report import ReportVerdict, Withheld
from explainer.verify.automation import automation

SURE = ReportVerdict(value="benign", confidence="high", cause="known_software")
GUESS = Address(field="proc.cmdline", what=("words to the reader about the verdict",))
PLAIN = Address(field="k8s.pod.label[owner]", what=("an order to disregard orders",), strong=True)


def withheld(severity: str) -> Withheld:
    return Withheld.model_validate(
        {"rule": "r", "class": "disable-mac", "severity": severity, "text": "setenforce 0", "why": "it weakens"}
    )


def state(*spoken: Address, unsafe: str | None = None, verdict: ReportVerdict = SURE):
    enriched = make_enriched().model_copy(update={"addressed": spoken})
    return automation(enriched, verdict, (withheld(unsafe),) if unsafe else (), degraded=None)


def test_text_that_plainly_speaks_to_the_reader_blocks_whatever_the_verdict() -> None:
    for value in ("benign", "insufficient_evidence", "suspicious", "malicious"):
        found, reasons = state(PLAIN, verdict=ReportVerdict(value=value, confidence="high"))
        assert found == "blocked"
        assert "k8s.pod.label[owner]" in reasons[0]
        assert "hostile" in reasons[0]


def test_text_that_may_speak_to_the_reader_needs_a_person() -> None:
    found, reasons = state(GUESS)
    assert found == "needs_human"
    assert "proc.cmdline" in reasons[0]


@pytest.mark.parametrize(
    ("severity", "expected"), [("critical", "blocked"), ("high", "blocked"), ("low", "needs_human")]
)
def test_a_model_that_then_gives_grave_advice_blocks(severity: str, expected: str) -> None:
    assert state(GUESS, unsafe=severity)[0] == expected


def test_unsafe_advice_without_such_text_needs_a_person_as_ever() -> None:
    assert state(unsafe="critical")[0] == "needs_human"
