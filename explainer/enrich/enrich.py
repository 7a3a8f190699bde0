"""Alert, rule facts and knowledge together: everything that a report needs before, or without, a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from explainer.enrich.acts import acts_of
from explainer.enrich.address import addressed, told
from explainer.enrich.attack import AttackTable, attack_table
from explainer.enrich.blanks import blanks, lacks_values
from explainer.enrich.compose import fallback_entry, headline, provider, summary
from explainer.enrich.condition import Expr, evaluate, fields_of
from explainer.enrich.decides import deciding_fact
from explainer.enrich.evidence import Collected, collect
from explainer.enrich.gaps import gaps
from explainer.enrich.hypotheses import Judged, Sign, assess, condition, in_sentence, judge
from explainer.enrich.texts import fill_command, fill_text, fill_yaml
from explainer.enrich.triage import triage, wanted_fields
from explainer.enrich.tuning import build_tuning
from explainer.enrich.view import Fields, fields_view
from explainer.schema.alert import Alert, FalcoPriority, Severity
from explainer.schema.enriched import Address, Assessment, EnrichedAlert, Group
from explainer.schema.knowledge import STAGES, KnowledgeAction, KnowledgeBlock, KnowledgeEntry
from explainer.schema.report import Action, AttackRef, Claim, HypothesisView
from explainer.schema.rule import RuleFacts, Technique

EVERY_RULE = "every-rule"
"""Id of the block whose hypotheses are considered for every alert."""

SEVERITY: dict[FalcoPriority, Severity] = {
    "Emergency": Severity.FATAL,
    "Alert": Severity.CRITICAL,
    "Critical": Severity.CRITICAL,
    "Error": Severity.HIGH,
    "Warning": Severity.MEDIUM,
    "Notice": Severity.LOW,
    "Informational": Severity.INFORMATIONAL,
    "Debug": Severity.INFORMATIONAL,
}
_HOSTILE = frozenset({"suspicious", "malicious"})
_OWN_FILE = "a rules file of your own, loaded after Falco's"


def enrich(
    target: Alert | Group,
    rule: RuleFacts | None = None,
    entry: KnowledgeEntry | None = None,
    blocks: Mapping[str, KnowledgeBlock] | None = None,
    attack: AttackTable | None = None,
    *,
    rule_inferred: bool = False,
    knowledge_hash: str = "",
    rules_hash: str = "",
) -> EnrichedAlert:
    """Everything that is known about an alert, evaluated. Total: any alert gives a result; the same input the same one.

    Args:
        target: one alert, or a group of alike ones (its first alert is explained).
        rule: facts of the rule, when a rule file or the catalogue has it.
        entry: the knowledge entry of the rule, or of the source.
        blocks: shared blocks by id: at least those that ``knowledge.needed_blocks`` names.
        attack: the ATT&CK table; the shipped one when None.
        rule_inferred: the rule was recovered from text rather than stated.
        knowledge_hash: hash of the knowledge files.
        rules_hash: hash of the rule files.
    """
    alert = target.alert if isinstance(target, Group) else target
    blocks = blocks or {}
    table = attack or attack_table()
    inferred = rule_inferred or alert.rule.name_certainty == "inferred"
    known = entry
    fields = fields_view(alert, entry.derive if entry else ())
    if entry is not None and entry.only_successful:
        fields = {**fields, "rule.outcome": "SUCCESS"}
    if whose := provider(alert, rule, fields):
        fields["alert.provider"] = whose
    if entry is None:
        entry = fallback_entry(alert, rule, fields)
    notes: list[str] = list(rule.warnings) if rule else []
    every = blocks.get(EVERY_RULE)
    health = alert.kind == "sensor_health"
    sources = {name: item.field for item in entry.derive for name in _groups(item.pattern, fields)}
    for name, (shown, source) in ({} if health else acts_of(fields)).items():
        fields[name], sources[name] = shown, source
    spoken = () if health else addressed(alert, fields)
    if spoken:
        name = _addressed(spoken, fields)
        sources[name] = spoken[0].field
    shared = every if every and not health else None
    judged = judge(entry, fields, shared.hypotheses if shared else (), shared.against_benign if shared else ())
    assessment = assess(entry, judged, sources, rule_inferred=inferred, sensor_health=health)
    lead = next((j for j in judged if j.hypothesis.id == assessment.leading), None)
    if alert.contradicted and assessment.verdict == "benign":
        assessment = _uncertain(assessment, alert.contradicted)
    if known is None and lead is None:
        assessment = assessment.model_copy(update={"reason": _unknown_reason(alert, rule)})
    meaning = fill_text(entry.meaning, fields)
    texts = {"meaning": meaning, "impact": fill_text(entry.impact, fields)}
    collected = collect(alert, fields, rule, known, judged, {name: text for name, text in texts.items() if text})
    if isinstance(target, Group) and target.count > 1:
        _repeats(target, collected)
    certain = _certain(fields, alert.contradicted, notes)
    unknowns = gaps(alert, entry, certain, notes, wanted_fields(judged))
    severity = _severity_floor(alert, known)
    settles = {j.hypothesis.id: fill_text(j.hypothesis.settle, fields) for j in judged}
    deciding = "" if known else deciding_fact(alert, fields)
    actions = _actions(entry, blocks, certain, rule, assessment, lead, notes)
    return EnrichedAlert(
        alert=alert,
        rule=rule,
        rule_inferred=inferred,
        entry=fill_text(known.title, fields) if known else None,
        headline=headline(fill_text(entry.title, fields), alert, fields, assessment, lead),
        meaning=meaning,
        summary=summary(alert, fields, meaning, assessment, fill_text(lead.hypothesis.explain, fields) if lead else ""),
        evidence=tuple(collected.items),
        hypotheses=tuple(_view(j, collected, sources, fields) for j in judged),
        assessment=assessment,
        attack=_attack(alert, rule, known, table, assessment),
        questions=tuple(fill_text(question, fields) for question in entry.questions),
        unknowns=unknowns,
        actions=actions,
        not_advised=tuple(fill_text(text, fields) for text in entry.not_advised),
        addressed=spoken,
        triage=triage(severity, entry, judged, assessment, unknowns, settles, deciding),
        severity_floor=severity,
        verdict_floor=entry.verdict_floor,
        knowledge_hash=knowledge_hash,
        rules_hash=rules_hash,
        notes=tuple(dict.fromkeys(notes)),
    )


def _uncertain(assessment: Assessment, names: tuple[str, ...]) -> Assessment:
    """The same, as far as it stands where one value of several may be the attacker's."""
    shown = ", ".join(names[:4])
    reason = f"{assessment.reason} But the alert states {shown} with different values, so that is not shown."
    changes = {"verdict": "insufficient_evidence", "confidence": "low", "cause": None, "reason": reason}
    return assessment.model_copy(update=changes)


_DERIVED = {"alert.namespace": ("k8s.ns.name", "ka.target.namespace"), "alert.node": ("k8s.node.name", "hostname")}


def _certain(fields: Fields, contradicted: tuple[str, ...], notes: list[str]) -> Fields:
    """The fields that may stand in commands: nobody is sent to a pod that an attacker named."""
    if not contradicted:
        return fields
    out = {name for name, of in _DERIVED.items() if not set(of).isdisjoint(contradicted)}.union(contradicted)
    if any(name in fields for name in contradicted):
        shown = ", ".join(contradicted[:8])
        notes.append(f"Not put into commands, because the alert states them differently: {shown}.")
    return {name: value for name, value in fields.items() if name not in out}


def reading(alert: Alert, entry: KnowledgeEntry, blocks: Mapping[str, KnowledgeBlock]) -> str:
    """Which signs of an entry hold for an alert: alerts that read differently are never explained as one.

    Returns:
        A letter for each sign, in the order of the entry and of the block for every rule: ``y`` it holds, ``n`` it does
        not, ``?`` the alert does not tell.
    """
    fields = fields_view(alert, entry.derive)
    for name, (shown, _) in acts_of(fields).items():
        fields[name] = shown
    if spoken := addressed(alert, fields):
        _addressed(spoken, fields)
    outcomes = (evaluate(expr, fields) for expr in _conditions(entry, blocks))
    return "".join("?" if outcome is None else "y" if outcome else "n" for outcome in outcomes)


def _addressed(spoken: tuple[Address, ...], fields: Fields) -> str:
    """Put what speaks to the reader among the acts; the name under which it stands there."""
    name = "act.addressed" if spoken[0].strong else "act.addressed_perhaps"
    fields[name] = told(spoken)
    return name


def fields_read(entry: KnowledgeEntry, blocks: Mapping[str, KnowledgeBlock]) -> frozenset[str]:
    """The fields that the signs of an entry are read from."""
    named = {name for expr in _conditions(entry, blocks) for name in fields_of(expr)}
    return frozenset(named | {item.field for item in entry.derive})


def _conditions(entry: KnowledgeEntry, blocks: Mapping[str, KnowledgeBlock]) -> list[Expr]:
    every = blocks.get(EVERY_RULE)
    hypotheses = (*entry.hypotheses, *(every.hypotheses if every else ()))
    signs = [s for h in hypotheses for s in (*h.supports, *h.refutes)] + list(every.against_benign if every else ())
    return [expr for s in signs if (expr := condition(s.when)) is not None]


def _repeats(group: Group, collected: Collected) -> None:
    """How often alike alerts came, and what differed among them."""
    span = f", from {group.first_seen} to {group.last_seen}" if group.first_seen and group.last_seen else ""
    collected.add("context", "group.count", f"{group.count}{span}", "how many alike alerts this explanation stands for")
    for name, values in list(group.distinct.items())[:8]:
        collected.add("context", f"group.distinct.{name}", ", ".join(values), "differs among the alike alerts")


def _groups(pattern: str, fields: Fields) -> Iterable[str]:
    """Derived names that this pattern can give and the alert has."""
    return (name for name in fields if name.startswith("derived.") and f"(?P<{name[8:]}>" in pattern)


def _unknown_reason(alert: Alert, rule: RuleFacts | None) -> str:
    # That there is no rule was said before, where the summary says what it rests on.
    why = "no knowledge entry covers this rule, and " if alert.rule.name or rule else ""
    return f"What it means is open: {why}the alert alone does not tell ordinary use from misuse."


def _severity_floor(alert: Alert, entry: KnowledgeEntry | None) -> Severity:
    own = alert.severity_id if alert.severity_id != Severity.OTHER else Severity.UNKNOWN
    floor = SEVERITY[entry.severity_floor] if entry and entry.severity_floor else Severity.UNKNOWN
    return max(own, floor)


# --- hypotheses as the reader sees them -------------------------------------------------------


def _view(judged: Judged, collected: Collected, sources: dict[str, str], fields: Fields) -> HypothesisView:
    hypothesis = judged.hypothesis

    def claim(sign: Sign) -> Claim:
        own = collected.by_path.get(f"knowledge.hypotheses.{sign.path}")
        cites = (*collected.cites(sign.fields, sources), *((own,) if own else ()))
        return Claim(text=sign.text, cites=cites, origin="knowledge")

    return HypothesisView(
        id=hypothesis.id,
        verdict=hypothesis.verdict,
        cause=hypothesis.cause,
        title=hypothesis.title,
        explain=fill_text(hypothesis.explain, fields),
        supports=tuple(claim(sign) for sign in judged.supports),
        against=tuple(claim(sign) for sign in judged.against),
        open=tuple(dict.fromkeys(signal.when for signal in judged.open)),
        score=judged.score,
        forgeable_only=judged.forgeable_only,
        refuted=judged.refuted,
        settle=fill_text(hypothesis.settle, fields),
    )


# --- techniques -------------------------------------------------------------------------------


def _attack(
    alert: Alert, rule: RuleFacts | None, entry: KnowledgeEntry | None, table: AttackTable, assessment: Assessment
) -> tuple[AttackRef, ...]:
    techniques: dict[str, Technique] = {}
    tactics: dict[str, None] = {}
    tagged, tagged_tactics, _ = table.from_tags(
        (*alert.tags, *(a.technique_id for a in alert.attacks if a.technique_id))
    )
    for technique in (*(rule.techniques if rule else ()), *tagged):
        techniques.setdefault(technique.id, technique)
    tactics.update(dict.fromkeys((*(rule.tactics if rule else ()), *tagged_tactics)))
    tactics.update(dict.fromkeys(a.tactic for a in alert.attacks if a.tactic and table.is_tactic(a.tactic)))
    found = [
        AttackRef(
            technique=technique.id,
            name=table.full_name(technique.id) or technique.name,
            tactic=next(
                (t for t in technique.tactics if t in tactics), technique.tactics[0] if technique.tactics else None
            ),
            source="rule_tag",
            version=technique.version,
        )
        for technique in techniques.values()
    ]
    covered = {tactic for technique in techniques.values() for tactic in technique.tactics}
    for tactic in tactics:
        if tactic not in covered:
            name = tactic.replace("_", " ").capitalize()
            found.append(AttackRef(technique=None, name=name, tactic=tactic, source="rule_tag", version=table.version))
    notes = entry.attack if entry else ()
    misfits = {note.technique: note.because for note in notes if note.when == "misfit"}
    for note in notes:
        known = table.get(note.technique)
        if known is None or known.id in techniques or note.when == "misfit":
            continue
        text = note.because
        if note.when == "if_malicious" and assessment.verdict not in _HOSTILE:
            text = f"Fits only if the activity turns out to be hostile. {text}".strip()
        found.append(
            AttackRef(
                technique=known.id,
                name=table.full_name(known.id) or known.name,
                tactic=_tactic(known, tactics),
                source="knowledge",
                version=known.version,
                note=text,
            )
        )
    doubted = [
        ref.model_copy(update={"note": f"The rule's tag, which does not fit. {misfits[ref.technique]}".strip()})
        for ref in found
        if ref.technique in misfits
    ]
    return (*(ref for ref in found if ref.technique not in misfits), *doubted)


def _tactic(technique: Technique, stated: Mapping[str, None]) -> str | None:
    """The tactic that the rule states, among those of the technique; else the technique's first."""
    first = technique.tactics[0] if technique.tactics else None
    return next((tactic for tactic in technique.tactics if tactic in stated), first)


# --- actions ----------------------------------------------------------------------------------


def _wanted(entry: KnowledgeEntry, blocks: Mapping[str, KnowledgeBlock]) -> Iterable[tuple[str, KnowledgeAction]]:
    for action in entry.actions:
        yield action.id, action
    for use in entry.use:
        name, _, single = use.partition(".")
        block = blocks.get(name)
        for action in block.actions if block else ():
            if not single or action.id == single:
                yield f"{name}.{action.id}", action


def _actions(
    entry: KnowledgeEntry,
    blocks: Mapping[str, KnowledgeBlock],
    fields: Fields,
    rule: RuleFacts | None,
    assessment: Assessment,
    lead: Judged | None,
    notes: list[str],
) -> tuple[Action, ...]:
    found: dict[str, Action] = {}
    commands: set[str] = set()
    for identity, action in _wanted(entry, blocks):
        if identity in found or not _fits(action, fields):
            continue
        command = None if action.command is None else fill_command(action.command, fields, notes)
        if command is not None and command in commands:
            continue
        if command is not None:
            commands.add(command)
        config = None if action.config is None else fill_yaml(action.config, fields)
        found[identity] = Action(
            id=identity,
            stage=action.stage,
            title=fill_text(action.title, fields),
            why=fill_text(action.why, fields),
            command=command,
            config=config,
            fill_in=blanks(fields, command, config),
            where=action.where,
            precondition=_precondition(action, fields, assessment, lead),
            read_only=action.read_only,
            destroys_evidence=action.destroys_evidence,
            reversible=action.reversible,
            needs_approval=action.needs_approval,
            origin="knowledge",
        )
    if lead is not None and lead.hypothesis.verdict == "benign":
        for built in build_tuning(entry, rule, fields, lead.hypothesis.id):
            settle = fill_text(lead.hypothesis.settle, fields) or "The cause is confirmed."
            found[f"tune.{built.tuning.id}"] = Action(
                id=f"tune.{built.tuning.id}",
                stage="tune",
                title=built.title,
                why=" ".join(part for part in (built.why, built.caution) if part),
                config=built.config,
                where=_OWN_FILE,
                precondition=f"Only after this is verified: {settle}",
                read_only=False,
                destroys_evidence=False,
                reversible=True,
                needs_approval=True,
                origin="knowledge",
            )
    order = {stage: number for number, stage in enumerate(STAGES)}

    def place(action: Action) -> tuple[int, bool]:
        # Of the checks, those that can be run as they stand come first; later stages keep the order of their author.
        return order[action.stage], action.stage == "investigate" and lacks_values(action.command)

    return tuple(sorted(found.values(), key=place))


def _fits(action: KnowledgeAction, fields: Fields) -> bool:
    if action.requires is None:
        return True
    expr = condition(action.requires)
    return expr is None or evaluate(expr, fields) is not False


def _precondition(action: KnowledgeAction, fields: Fields, assessment: Assessment, lead: Judged | None) -> str:
    text = fill_text(action.precondition, fields)
    text = f"{text[:1].upper()}{text[1:]}"
    if action.stage in {"contain", "eradicate"} and assessment.verdict not in _HOSTILE:
        cause = (
            f"{in_sentence(lead.hypothesis.title)}"
            if lead and lead.hypothesis.verdict == "benign"
            else "an ordinary cause"
        )
        return f"Only if the checks above do not confirm {cause}. {text}".strip()
    return text
