"""The one field a playbook branches on."""

from __future__ import annotations

from explainer.schema.enriched import EnrichedAlert
from explainer.schema.report import Automation, ReportVerdict, Withheld


def automation(
    enriched: EnrichedAlert, verdict: ReportVerdict, withheld: tuple[Withheld, ...], *, degraded: str | None
) -> tuple[Automation, tuple[str, ...]]:
    """Whether a playbook may act on the verdict alone.

    ``allowed``: the verdict rests, with high confidence, on what the actor could not choose. ``blocked``: acting
    without a person would do harm. Everything else needs a person. Reasons are sentences, most important first.
    """
    reasons: list[str] = []
    alert = enriched.alert
    if alert.kind == "sensor_health":
        return "needs_human", ("This is a message about the sensor, not a detection: restore its view first.",)
    if verdict.value == "insufficient_evidence":
        reasons.append("Decisive facts are missing; the open questions name them.")
    if verdict.value == "benign" and enriched.assessment.forgeable_only:
        reasons.append(
            "The harmless reading rests on names and paths that an attacker can choose: verify before closing."
        )
    if verdict.value in {"suspicious", "malicious"}:
        reasons.append(
            f"The verdict is {verdict.value}: containment has side effects and needs somebody who answers for it."
        )
    if verdict.confidence != "high" and verdict.value == "benign":
        reasons.append(f"Confidence is {verdict.confidence}.")
    if withheld:
        reasons.append("The model gave unsafe advice, which was withheld: treat the rest of its words with care.")
    if degraded:
        reasons.append("The model gave no usable answer; rule knowledge wrote this report.")
    if enriched.rule_inferred or alert.rule.name is None:
        reasons.append("The rule was recovered from text, not stated by the alert.")
    return ("needs_human" if reasons else "allowed"), tuple(reasons)
