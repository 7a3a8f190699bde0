"""The only door from what a model said to what a reader gets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from explainer.schema.advice import AdviceIssue
from explainer.schema.enriched import EnrichedAlert, Group
from explainer.schema.knowledge import Verdict
from explainer.schema.report import (
    Action,
    Claim,
    Confidence,
    Draft,
    DraftAction,
    OpenQuestion,
    Origin,
    Provenance,
    RemovedClaim,
    Report,
    ReportVerdict,
    Withheld,
)
from explainer.verify.assemble import assemble, fitting_actions, knowledge_claims, knowledge_verdict
from explainer.verify.echo import Echo
from explainer.verify.grounding import ground_of, ungrounded, unrelated
from explainer.verify.prose import LENGTH, alike, is_advice, objection, plain, split_sentences, strange_letters

RANK: dict[Verdict, int] = {"benign": 0, "insufficient_evidence": 1, "suspicious": 2, "malicious": 3}
# Programs that only read and start no others, with the verbs that do so.
_CHECKS: dict[str, frozenset[str]] = {
    "crictl": frozenset({"ps", "inspect", "logs", "images"}),
    "kubectl": frozenset({"get", "describe", "logs"}),
    **dict.fromkeys(("modinfo", "lsmod", "sha256sum", "stat", "ls", "ps", "uname"), frozenset[str]()),
}
_WORD = re.compile(r"[\w./:=,@{}*+-]+")
# Secrets and config maps hold credentials; they are read for a reason, not on a model's word.
_TELLS_TOO_MUCH = re.compile(r"(?i)secret|\b(?:cm|configmaps?)\b|environ")
# `ps e`: the environment of every process, with the passwords in it.
_PS_ENVIRONMENT = re.compile(r"[a-z]*e[a-z]*")
CLAIMS_SHOWN = 10
"""Claims in a report: more of them are no longer read."""
_ECHO = "it hands on text that stands in the alert, where whoever acted may write what they like"
CLAIMS_TO_MOVE = 2
"""A single sentence that happens to be true is no reason for a verdict."""
_LOWER: dict[Confidence, Confidence] = {"high": "medium", "medium": "low", "low": "low"}


def verify_draft(enriched: EnrichedAlert, group: Group, draft: Draft, provenance: Provenance) -> Report:
    """Check a draft against the evidence and complete it from knowledge.

    What the evidence does not carry goes to ``removed_claims`` with its reason, unsafe advice to ``withheld``; verdicts
    move only within what vetted evidence allows; what is missing is filled from knowledge and marked so.
    """
    check = _Check(enriched, draft)
    verdict = check.verdict()
    claims = check.claims(verdict.value)
    summary, summary_origin = check.summary(verdict.value)
    actions = check.actions(verdict.value)
    unknowns = check.unknowns()
    check.surplus()
    stands = summary_origin == "model" or any(claim.origin == "model" for claim in claims)
    if not stands:
        note = "nothing that the model said about the alert is carried by the evidence; rule knowledge wrote the text"
        provenance = provenance.model_copy(update={"origin": "knowledge", "notes": (*provenance.notes, note)})
    return assemble(
        enriched,
        group,
        provenance,
        verdict=check.settled(verdict, claims),
        summary=summary,
        claims=claims,
        actions=actions,
        unknowns=unknowns,
        withheld=tuple(check.withheld),
        removed=tuple(check.removed),
    )


class _Check:
    """One draft under examination; collects what is withheld and removed."""

    def __init__(self, enriched: EnrichedAlert, draft: Draft) -> None:
        self.enriched = enriched
        self.draft = draft
        self.ground = ground_of(enriched)
        self.echo = Echo(enriched)
        self.withheld: list[Withheld] = []
        self.removed: list[RemovedClaim] = []

    # -- verdict

    def verdict(self) -> ReportVerdict:
        """The knowledge verdict, moved by the model only where vetted evidence lets it move."""
        known = knowledge_verdict(self.enriched)
        said = self.draft.verdict
        if said == known.value:
            return known
        if RANK[said] < RANK[known.value]:
            reason = f"evidence holds it at {known.value}; a model's word does not lower it"
            self._remove(f"verdict {said}", reason, "verdict")
            return known
        if known.value == "benign" or said == "insufficient_evidence":
            self._remove(f"verdict {said}", "no vetted evidence speaks for it", "verdict")
            reason = f"{known.reason} The model read it as {said}, so confidence is lowered."
            return known.model_copy(update={"confidence": _LOWER[known.confidence], "reason": reason})
        hostile = [h for h in self.enriched.hypotheses if h.verdict != "benign" and h.supports and not h.refuted]
        raised: Verdict = known.value
        if known.value == "suspicious" and any(h.verdict == "malicious" for h in hostile):
            raised = said
        elif known.value == "insufficient_evidence" and (hostile or self.enriched.entry is None):
            raised = "suspicious"
        if raised != said:
            self._remove(f"verdict {said}", f"no vetted evidence lifts it above {raised}", "verdict")
        if raised == known.value:
            return known
        reason = f"The model reads the evidence as {said}; rule knowledge alone: {known.value}. {known.reason}"
        return ReportVerdict(value=raised, confidence="low", reason=reason, origin="model")

    def settled(self, verdict: ReportVerdict, claims: Sequence[Claim]) -> ReportVerdict:
        """A verdict that the model moved stands only while claims of the model stand that give it a reason."""
        known = knowledge_verdict(self.enriched)
        if verdict != known and sum(claim.origin == "model" for claim in claims) < CLAIMS_TO_MOVE:
            reason = "too few of the model's claims are carried by the evidence"
            self._remove(f"verdict {self.draft.verdict}", reason, "verdict")
            return known
        return verdict

    # -- prose

    def claims(self, verdict: Verdict) -> tuple[Claim, ...]:
        """Claims that hold, the model's first, then what knowledge adds."""
        kept: list[Claim] = []
        for claim in self.draft.claims:
            cites = tuple(dict.fromkeys(cite for cite in claim.cites if cite in self.ground.by_id))
            text = plain(claim.text)
            reason = self._why_not(text, verdict, cites)
            if reason is None and not cites:
                reason = "it cites no evidence that exists"
            if reason is None and unrelated(text, cites, self.ground):
                reason = "the evidence that it cites does not speak of this"
            if reason is None and any(alike(text, other.text) for other in kept):
                reason = "it says what another claim says"
            if reason is None and len(kept) == CLAIMS_SHOWN:
                reason = f"a report shows {CLAIMS_SHOWN} claims, and this many stand before it"
            if reason is not None:
                self._remove(text, reason, "claims")
            elif not self._unsafe(text):
                kept.append(Claim(text=text, cites=cites, origin="model"))
        for known in knowledge_claims(self.enriched):
            if not any(alike(known.text, other.text) for other in kept):
                kept.append(known)
        return tuple(kept[:CLAIMS_SHOWN])

    def summary(self, verdict: Verdict) -> tuple[str, Origin]:
        """The model's summary when all of it holds and it says what, where and by whom; otherwise knowledge's own."""
        sentences = split_sentences(self.draft.summary)
        whole = bool(sentences)
        for sentence in sentences:
            reason = self._why_not(sentence, verdict)
            if reason is not None:
                self._remove(sentence, reason, "summary")
                whole = False
            elif self._unsafe(sentence):
                whole = False
        text = " ".join(sentences)
        if whole and 2 <= len(sentences) <= 5 and self._tells_the_story(text):
            return text, "model"
        return self.enriched.summary, "knowledge"

    def _tells_the_story(self, text: str) -> bool:
        alert = self.enriched.alert
        process, container, k8s = alert.process, alert.container, alert.k8s
        what = [process.name, process.exepath, process.cmdline] if process else []
        what += [alert.file.path if alert.file else None, alert.api.operation if alert.api else None, alert.rule.name]
        where = [
            alert.host.hostname,
            container.id if container else None,
            container.name if container else None,
            k8s.pod if k8s else None,
            k8s.namespace if k8s else None,
        ]
        who = [alert.user.name, alert.user.principal] if alert.user else []
        return all(
            not [v for v in values if v] or any(v and v in text for v in values) for values in (what, where, who)
        )

    def _why_not(self, text: str, verdict: Verdict, cites: Sequence[str] | None = None) -> str | None:
        if is_advice(text):
            # Advice hides in findings: what is unsafe of it is withheld, with its reason, not just removed.
            self._unsafe(text)
        if self.echo.repeats(text):
            return _ECHO
        return objection(text, self.ground, self.enriched.alert, verdict, cites)

    # -- steps

    def actions(self, verdict: Verdict) -> tuple[Action, ...]:
        """The vetted actions, those that the model chose marked, and its own read-only checks that hold."""
        known = {action.id for action in self.enriched.actions}
        chosen = [action_id for action_id in dict.fromkeys(self.draft.action_ids) if action_id in known]
        for action_id in self.draft.action_ids:
            if action_id not in known:
                self._remove(action_id, "no such action is in the catalogue", "actions")
        actions = list(fitting_actions(self.enriched, verdict, frozenset(chosen)))
        for number, extra in enumerate(self.draft.extra_actions, 1):
            if number > 2:
                self._remove(extra.title, "more than two actions of its own", "extra_actions")
            elif self._holds(extra):
                last = max((i for i, a in enumerate(actions) if a.stage == "investigate"), default=-1)
                actions.insert(last + 1, _extra_action(number, extra))
        return tuple(actions)

    def _holds(self, extra: DraftAction) -> bool:
        from explainer.advice import is_read_only, scan_step  # see _unsafe

        title, why = plain(extra.title), plain(extra.why)
        issues = scan_step(title, why, extra.command, captured_before=False)
        if issues:
            self._withhold(issues, extra.command or title)
            return False
        for text in (title, why, extra.command or ""):
            reason = ungrounded(text, self.ground) or (_ECHO if self.echo.copies(text) else None)
            if text and reason:
                self._remove(_one_line(extra.command or title), reason, "extra_actions")
                return False
        if extra.command is not None and ("\n" in extra.command or is_read_only(extra.command) is not True):
            self._remove(
                _one_line(extra.command), "it is not known to be read-only, and nobody vetted it", "extra_actions"
            )
            return False
        if extra.command is not None and not _plain_check(extra.command):
            self._remove(
                _one_line(extra.command), "it is none of the plain checks that a model may propose", "extra_actions"
            )
            return False
        if extra.command is None:
            self._remove(title, "steps in words alone come from the vetted catalogue only", "extra_actions")
            return False
        return True

    def unknowns(self) -> tuple[OpenQuestion, ...]:
        """Knowledge's open questions, then the model's that name nothing new and advise nothing."""
        questions = list(self.enriched.unknowns)
        for text in (plain(item) for item in self.draft.unknowns):
            reason = ungrounded(text, self.ground)
            if reason is None and (strange := strange_letters(text, self.ground)):
                reason = f"{strange!r} is written in letters that neither English nor the evidence uses here"
            if reason is None and not _asks(text):
                # Advice hides behind a question mark: what is unsafe of it is withheld with its reason.
                self._unsafe(text)
                reason = "it is no question about the alert"
            if reason is None and self.echo.hands_on(text):
                self._unsafe(text)
                reason = _ECHO
            if reason is not None:
                self._remove(text, reason, "unknowns")
            elif not self._unsafe(text) and not any(alike(text, q.question) for q in questions):
                questions.append(OpenQuestion(question=text, origin="model"))
        return tuple(questions)

    def surplus(self) -> None:
        """What stood behind the items that are read: named, and searched for unsafe advice like the rest."""
        for text in (plain(item) for item in self.draft.surplus):
            if not self._unsafe(text):
                self._remove(text, "the answer held more items than are read, and this stood behind them", "surplus")

    # -- bookkeeping

    def _unsafe(self, text: str) -> bool:
        # Imported here: the engine's parsers are not needed when rule knowledge writes alone.
        from explainer.advice import scan, scan_step

        issues = scan_step(text, "", None, captured_before=False) or scan(text, kind="markdown")
        if issues:
            self._withhold(issues, text)
        return bool(issues)

    def _withhold(self, issues: Sequence[AdviceIssue], text: str) -> None:
        worst = max(issues, key=lambda issue: ("low", "medium", "high", "critical").index(issue.severity))
        # The dangerous words may stand in the title or the reason of a step whose command is harmless.
        shown = text if worst.text in text or not worst.text else worst.text
        entry = Withheld(
            rule=worst.rule, cls=worst.cls, severity=worst.severity, text=shown, why=worst.why, instead=worst.instead
        )
        if entry not in self.withheld:
            self.withheld.append(entry)

    def _remove(self, text: str, reason: str, where: str) -> None:
        entry = RemovedClaim(text=text[:500], reason=reason, where=where)
        if entry not in self.removed:
            self.removed.append(entry)


_QUESTION = re.compile(
    r"(?i)(?:(?:in|on|from|by|with|at|for|to|under|through) )?"
    r"(?:what|which|who|whom|whose|when|where|how (?!about\b)|whether"
    r"|did|does|do|was|were|is|are|has|have|had)\b"
)


def _asks(text: str) -> bool:
    """Whether it is a question of fact; "Why not ...?" and "Please ...?" propose."""
    return text.endswith("?") and len(text) in LENGTH and _QUESTION.match(text) is not None and not is_advice(text)


def _plain_check(command: str) -> bool:
    """Whether a command is one program of a short list with plain words: no operators, substitutions or secrets."""
    words = command.split(" ")
    verbs = _CHECKS.get(words[0])
    if verbs is None or _TELLS_TOO_MUCH.search(command) or not all(_WORD.fullmatch(word) for word in words):
        return False
    if words[0] == "ps" and any(_PS_ENVIRONMENT.fullmatch(word) for word in words[1:2]):
        return False
    return not verbs or (len(words) > 1 and words[1] in verbs)


def _extra_action(number: int, extra: DraftAction) -> Action:
    return Action(
        id=f"model-{number}",
        stage="investigate",
        # Its own words are not shown: nobody vetted them, and wording has more disguises than commands have.
        title="Run a read-only check that the model proposes",
        command=extra.command,
        read_only=True,
        destroys_evidence=False,
        reversible=True,
        needs_approval=False,
        origin="model",
        chosen=True,
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
