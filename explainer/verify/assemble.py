"""A report from parts that were checked, and the one that knowledge writes alone."""

from __future__ import annotations

from explainer.schema.enriched import EnrichedAlert, Group
from explainer.schema.knowledge import Verdict
from explainer.schema.report import (
    Action,
    Claim,
    OpenQuestion,
    Provenance,
    RemovedClaim,
    Report,
    ReportVerdict,
    Withheld,
)
from explainer.verify.automation import automation
from explainer.verify.subject import report_alert


def knowledge_report(enriched: EnrichedAlert, group: Group, provenance: Provenance) -> Report:
    """The report that rule knowledge writes alone: no model, or none that could be used."""
    return assemble(
        enriched,
        group,
        provenance,
        verdict=knowledge_verdict(enriched),
        summary=enriched.summary,
        claims=knowledge_claims(enriched),
        actions=fitting_actions(enriched, enriched.assessment.verdict, frozenset()),
        unknowns=enriched.unknowns,
        withheld=(),
        removed=(),
    )


def assemble(
    enriched: EnrichedAlert,
    group: Group,
    provenance: Provenance,
    *,
    verdict: ReportVerdict,
    summary: str,
    claims: tuple[Claim, ...],
    actions: tuple[Action, ...],
    unknowns: tuple[OpenQuestion, ...],
    withheld: tuple[Withheld, ...],
    removed: tuple[RemovedClaim, ...],
) -> Report:
    """Put a report together; severity never below the floor, automation from what stands in it."""
    allowed, reasons = automation(enriched, verdict, withheld, degraded=provenance.degraded)
    return Report(
        alert=report_alert(enriched, group),
        verdict=verdict,
        headline=enriched.headline,
        summary=summary,
        evidence=enriched.evidence,
        claims=claims,
        hypotheses=enriched.hypotheses,
        attack=enriched.attack,
        questions=enriched.questions,
        unknowns=unknowns,
        actions=actions,
        not_advised=enriched.not_advised,
        withheld=withheld,
        removed_claims=removed,
        automation=allowed,
        automation_reasons=reasons,
        triage=enriched.triage,
        provenance=provenance,
    )


def knowledge_verdict(enriched: EnrichedAlert) -> ReportVerdict:
    """The verdict of rule knowledge alone."""
    a = enriched.assessment
    return ReportVerdict(value=a.verdict, confidence=a.confidence, cause=a.cause, reason=a.reason, origin="knowledge")


def knowledge_claims(enriched: EnrichedAlert) -> tuple[Claim, ...]:
    """What speaks for and against the leading hypothesis, and for the others, as claims.

    A sign against an explanation makes sense beside that explanation only; where none leads, all are told.
    """
    leading = enriched.assessment.leading
    found: dict[str, Claim] = {}
    for view in enriched.hypotheses:
        if view.id == leading or view.supports:
            for claim in (*view.supports, *(view.against if leading in (None, view.id) else ())):
                found.setdefault(claim.text, claim)
    return tuple(found.values())[:8]


def fitting_actions(enriched: EnrichedAlert, verdict: Verdict, chosen: frozenset[str]) -> tuple[Action, ...]:
    """The vetted actions that fit the verdict; those that the model chose are marked."""
    # Silencing a rule is offered only where the harmless reading leads: elsewhere it would hide an attack.
    keep_tuning = verdict == "benign" or (
        verdict == "insufficient_evidence"
        and any(h.id == enriched.assessment.leading and h.verdict == "benign" for h in enriched.hypotheses)
    )
    return tuple(
        action.model_copy(update={"chosen": True}) if action.id in chosen else action
        for action in enriched.actions
        if action.stage != "tune" or keep_tuning
    )
