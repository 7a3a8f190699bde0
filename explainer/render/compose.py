"""From report to outline: what a reader is told, in which order and in which fixed words."""

from __future__ import annotations

import json
from collections.abc import Iterable

from explainer.render import wording
from explainer.render.facts import alert_rows, identity_rows, listed, missing_row, unread_fields
from explainer.render.outline import (
    Badge,
    Block,
    Bullets,
    Cite,
    Command,
    Entry,
    Group,
    Inline,
    Line,
    Outline,
    Para,
    Prose,
    Row,
    Rows,
    Section,
    Struck,
    Tone,
    Value,
    Words,
)
from explainer.render.provenance import provenance_rows
from explainer.render.steps import step_blocks
from explainer.schema.knowledge import Verdict
from explainer.schema.report import (
    AttackRef,
    Automation,
    Claim,
    Evidence,
    HypothesisView,
    OpenQuestion,
    Origin,
    Report,
)

VERDICT_TONES: dict[Verdict, Tone] = {
    "benign": "good",
    "suspicious": "warn",
    "malicious": "bad",
    "insufficient_evidence": "info",
}

_AUTOMATION_TONES: dict[Automation, Tone] = {"allowed": "good", "needs_human": "warn", "blocked": "bad"}


def compose(report: Report) -> Outline:
    """The whole report as sections; a section without content is left out."""
    # What a reader acts on comes first; what backs it up follows.
    sections = (
        Section("summary", wording.SUMMARY, summary(report)),
        Section("alert", wording.FACTS, _alert(report)),
        Section("warnings", wording.WARNINGS, bullets(report.alert.warnings)),
        Section("claims", wording.CLAIMS, _claims(report.claims)),
        Section("questions", wording.QUESTIONS, bullets(report.questions)),
        Section("unknowns", wording.UNKNOWNS, _unknowns(report.unknowns)),
        Section("steps", wording.STEPS, step_blocks(report)),
        Section("not-advised", wording.NOT_ADVISED, bullets(report.not_advised)),
        Section("withheld", wording.WITHHELD, withheld(report)),
        Section("removed", wording.REMOVED, _removed(report)),
        Section("attack", wording.ATTACK, tuple(_attack(one) for one in report.attack)),
        Section("hypotheses", wording.HYPOTHESES, tuple(_hypothesis(one, report) for one in report.hypotheses)),
        Section("evidence", wording.EVIDENCE, _all_evidence(report), quiet=True),
        Section("triage", wording.QUEUE, _triage(report), quiet=True),
        Section("data", wording.DATA, _data(report), quiet=True),
        Section("provenance", wording.PROVENANCE, _provenance(report), quiet=True),
    )
    return framed(report, sections)


def framed(report: Report, sections: Iterable[Section], *, compact: bool = False) -> Outline:
    """Sections under the verdict; those without content are left out."""
    verdict = report.verdict
    qualifiers = [wording.CONFIDENCES[verdict.confidence]]
    if verdict.cause is not None:
        qualifiers.append(wording.CAUSES[verdict.cause])
    # Where another wrote the text, the badge says what of it is meant.
    shared = verdict.origin == report.provenance.origin
    qualifiers.append(wording.ORIGINS[verdict.origin] if shared else f"verdict {wording.ORIGINS[verdict.origin]}")
    told = verdict.reason.strip() != "" and report.summary.rstrip().endswith(verdict.reason.strip())
    return Outline(
        verdict=wording.VERDICTS[verdict.value],
        tone=VERDICT_TONES[verdict.value],
        qualifiers=tuple(qualifiers),
        automation=Badge(wording.AUTOMATIONS[report.automation], _AUTOMATION_TONES[report.automation]),
        reasons=report.automation_reasons,
        reason="" if told else verdict.reason,
        headline=report.headline,
        degraded=report.provenance.degraded,
        sections=tuple(section for section in sections if section.blocks),
        evidence_ids=tuple(one.id for one in report.evidence),
        compact=compact,
    )


def summary(report: Report) -> tuple[Block, ...]:
    """The story, one paragraph; where the verdict is open, what would decide it and how soon to look."""
    told: tuple[Block, ...] = (Para((Prose(report.summary),)),) if report.summary.strip() else ()
    hint = report.triage
    if report.verdict.value != "insufficient_evidence" or hint is None:
        return told
    soon: Line = (
        Words(f"{wording.TRIAGE[hint.level]} ", "strong"),
        Words(f"(rank {hint.rank} of 100: "),
        Prose(hint.why),
        Words(")."),
    )
    decides = (Para((Words("What decides it: ", "strong"), Prose(hint.decides))),) if hint.decides else ()
    return (*told, *decides, Para(soon))


def _triage(report: Report) -> tuple[Block, ...]:
    hint = report.triage
    if hint is None:
        return ()
    rows = [Row(Words(wording.TRIAGE[hint.level]), (Words(f"rank {hint.rank} of 100: "), Prose(hint.why)))]
    if hint.decides:
        rows.append(Row(Words("What decides it"), (Prose(hint.decides),)))
    return (Rows(tuple(rows)),)


def bullets(texts: Iterable[str]) -> tuple[Block, ...]:
    """Hostile texts as a list; none without texts."""
    items = tuple((Prose(text),) for text in texts)
    return (Bullets(items),) if items else ()


def _origin(origin: Origin) -> tuple[Badge, ...]:
    return (Badge(wording.ORIGINS[origin], "dim"),) if origin == "model" else ()


def _alert(report: Report) -> tuple[Block, ...]:
    missing = missing_row(report.alert)
    groups = [Group(title, (Rows(rows),)) for title, rows in alert_rows(report.alert)]
    return (*groups, *((Rows((missing,)),) if missing is not None else ()))


def _claim_line(claim: Claim) -> Line:
    cites: tuple[Inline, ...] = (Words(" "), Cite(claim.cites)) if claim.cites else ()
    origin: tuple[Inline, ...] = (Words(" "), Badge(wording.ORIGINS["model"], "dim")) if claim.origin == "model" else ()
    return (Prose(claim.text), *cites, *origin)


def _claims(claims: tuple[Claim, ...]) -> tuple[Block, ...]:
    return (Bullets(tuple(_claim_line(claim) for claim in claims)),) if claims else ()


def _all_evidence(report: Report) -> tuple[Block, ...]:
    """Each piece; of knowledge that a claim or an explanation has said already, no more than that."""
    told = {claim.text for claim in report.claims}
    told |= {claim.text for one in report.hypotheses for claim in (*one.supports, *one.against)}
    return tuple(_evidence(one, said=one.kind == "knowledge" and one.value in told) for one in report.evidence)


def _evidence(one: Evidence, *, said: bool = False) -> Block:
    badges: tuple[Badge, ...] = (Badge(wording.EVIDENCE_KINDS[one.kind], "dim"),)
    blocks: list[Block] = []
    if one.why:
        blocks.append(Para((Prose(one.why),)))
    if one.certainty in wording.CERTAINTIES:
        badges += (Badge(wording.CERTAINTIES[one.certainty], "warn"),)
    elif one.certainty != "exact":
        blocks.append(Para((Words("Certainty: "), Value(one.certainty))))
    shown: tuple[Inline, ...] = (Value(one.value),) if one.value else (Words("empty"),)
    text: Line = (Words(", said above"),) if said else (Words(" = "), *shown)
    return Entry((Value(one.path), *text), badges, tuple(blocks), anchor=one.id)


def _hypothesis(one: HypothesisView, report: Report) -> Block:
    tone = VERDICT_TONES[one.verdict]
    badges = [Badge(wording.VERDICTS[one.verdict].lower(), tone)]
    if one.cause is not None:
        badges.append(Badge(wording.CAUSES[one.cause], "dim"))
    if one.refuted:
        badges.append(Badge("ruled out", "dim"))
    if one.forgeable_only:
        badges.append(Badge("rests only on what an attacker can choose", "warn"))
    badges.append(Badge(f"score {one.score}", "dim"))
    blocks: list[Block] = []
    if one.explain:
        blocks.append(Para((Prose(one.explain),)))
    for title, claims in (("For", one.supports), ("Against", one.against)):
        if claims:
            blocks.append(Group(title, _claims(claims)))
    if one.open:
        blocks.append(Group("Could not be read", _unread(one.open, report.evidence)))
    if one.settle:
        blocks.append(Para((Words("Would settle it: ", "strong"), Prose(one.settle))))
    named: Inline = Prose(one.title or one.id, "strong")
    return Entry((named,), tuple(badges), tuple(blocks), handle=one.id, faded=one.refuted, folds=True)


def _unread(texts: tuple[str, ...], evidence: tuple[Evidence, ...]) -> tuple[Block, ...]:
    """The fields that are missing; of a condition, a reader needs no more."""
    names: dict[str, None] = {}
    others: list[str] = []
    for text in texts:
        found = unread_fields(text, evidence)
        names.update(dict.fromkeys(found))
        if not found:
            others.append(text)
    # Derived values are ours, not the alert's: they are named only where nothing else is missing.
    own = [name for name in names if not name.startswith("derived.")] or list(names)
    return (*((Para(listed(own)),) if own else ()), *bullets(others))


def _unknowns(questions: tuple[OpenQuestion, ...]) -> tuple[Block, ...]:
    """Questions that one query answers stand together above it."""
    blocks: list[Block] = []
    for query, asked in by_query(questions):
        lead: list[Inline] = []
        for one in asked:
            lead += [Words(" · "), Prose(one.question, "strong")] if lead else [Prose(one.question, "strong")]
        whys = [Para((Prose(one.why),)) for one in asked if one.why]
        badges = tuple(dict.fromkeys(badge for one in asked for badge in _origin(one.origin)))
        blocks.append(Entry(tuple(lead), badges, (*whys, *((Command(query),) if query else ()))))
    return tuple(blocks)


def by_query(questions: Iterable[OpenQuestion]) -> tuple[tuple[str | None, tuple[OpenQuestion, ...]], ...]:
    """Questions with the query that answers them all, in the order of the first of each."""
    found: dict[tuple[str | None, int], list[OpenQuestion]] = {}
    for number, one in enumerate(questions):
        found.setdefault((one.query, 0) if one.query else (None, number), []).append(one)
    return tuple((query, tuple(asked)) for (query, _), asked in found.items())


def withheld(report: Report) -> tuple[Block, ...]:
    """Every piece of unsafe advice, struck out, with why and what instead."""
    blocks: list[Block] = [Para((Words(wording.WITHHELD_NOTE),))] if report.withheld else []
    for one in report.withheld:
        rows = [Row(Words("Why not"), (Prose(one.why),))]
        if one.instead:
            rows.append(Row(Words("Instead"), (Prose(one.instead),)))
        rows.append(Row(Words("Rule"), (Value(one.rule), Words(", class "), Value(one.cls))))
        label = f"WITHHELD, {wording.SEVERITIES[one.severity]} severity"
        blocks.append(Entry((), (), (Struck(label, one.text), Rows(tuple(rows)))))
    return tuple(blocks)


def _removed(report: Report) -> tuple[Block, ...]:
    blocks: list[Block] = [Para((Words(wording.REMOVED_NOTE),))] if report.removed_claims else []
    for one in report.removed_claims:
        rows = (Row(Words("Why"), (Prose(one.reason),)), Row(Words("Stood in"), (Value(one.where),)))
        blocks.append(Entry((), (), (Struck("REMOVED", one.text), Rows(rows))))
    return tuple(blocks)


def _attack(one: AttackRef) -> Block:
    lead: list[Inline] = [Value(one.technique), Words(" ")] if one.technique else []
    lead.append(Prose(one.name, "strong"))
    if one.tactic:
        lead += [Words(" · tactic "), Value(one.tactic)]
    blocks: list[Block] = []
    if one.note:
        blocks.append(Para((Prose(one.note),)))
    if one.version:
        blocks.append(Para((Words("ATT&CK version ", "dim"), Value(one.version))))
    return Entry(tuple(lead), (Badge(wording.ATTACK_SOURCES[one.source], "dim"),), tuple(blocks))


def _data(report: Report) -> tuple[Block, ...]:
    rows = [*identity_rows(report.alert)]
    for key, found in report.extensions.items():
        text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
        rows.append(Row(Value(key), (Value(text),)))
    return (Rows(tuple(rows)),) if rows else ()


def _provenance(report: Report) -> tuple[Block, ...]:
    notes = bullets(report.provenance.notes)
    return (Rows(provenance_rows(report.provenance, report.verdict.origin)), *notes)
