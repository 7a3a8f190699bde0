"""The one field a playbook branches on."""

from __future__ import annotations

from explainer.schema.enriched import EnrichedAlert
from explainer.schema.report import Automation, ReportVerdict, Withheld
from explainer.verify.doubt import doubt


def automation(
    enriched: EnrichedAlert, verdict: ReportVerdict, withheld: tuple[Withheld, ...], *, degraded: str | None
) -> tuple[Automation, tuple[str, ...]]:
    """Whether a playbook may act on the verdict alone.

    ``allowed``: the verdict rests, with high confidence, on what the actor could not choose. ``blocked``: acting
    without a person would do harm, because somebody tries to steer whoever acts: text in the alert speaks to its
    reader as no program does by chance, or it may, and the model gave advice that would weaken or destroy something.
    Everything else needs a person. Reasons are sentences, most important first.
    """
    reasons: list[str] = []
    alert = enriched.alert
    state: Automation = "needs_human"
    if spoken := enriched.addressed:
        what = ", ".join(spoken[0].what)
        if spoken[0].strong:
            state = "blocked"
            reasons.append(
                f"The field {spoken[0].field} speaks to whoever reads the alert ({what}): treat it as hostile, and let "
                "no playbook act."
            )
        else:
            if any(item.severity in {"high", "critical"} for item in withheld):
                state = "blocked"
            reasons.append(
                f"The field {spoken[0].field} may speak to whoever reads the alert ({what}): trust none of it."
            )
    if alert.kind == "sensor_health":
        return state, (
            *reasons,
            "This is a message about the sensor, not a detection: restore its view first.",
        )
    if alert.contradicted:
        shown = ", ".join(alert.contradicted[:4])
        reasons.append(f"The alert states {shown} with different values: somebody may have written one to mislead.")
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
    if verdict.value == "benign" and (reason := doubt(enriched)):
        reasons.append(reason)
    if withheld:
        reasons.append("The model gave unsafe advice, which was withheld: treat the rest of its words with care.")
    if degraded:
        reasons.append("The model gave no usable answer; rule knowledge wrote this report.")
    if alert.rule.name is None:
        reasons.append("The alert names no rule, and its text does not give one away.")
    elif enriched.rule_inferred:
        reasons.append("The rule was recovered from text, not stated by the alert.")
    return (state if reasons else "allowed"), tuple(reasons)
