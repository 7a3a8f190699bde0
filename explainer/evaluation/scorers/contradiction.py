"""S4: sentences that name only true things and still say what the alert's fields deny."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from explainer.evaluation.matching import is_denied
from explainer.evaluation.scorers.base import Finding, Kind, Score, ScoringContext, penalty
from explainer.schema.alert import Alert
from explainer.verify.contradiction import contradiction

EACH = 0.12
# The checks of ``verify.contradiction`` cost 40 µs a sentence; these words stand in whatever they may object to.
_WORTH = re.compile(
    r"(?i)succe|compromis|exfiltrat|stole|steal|breach|infected|hacked|took|taken|exploit|gain|escap|loaded|installed|was |were |been |got |injected"
    r"|attached|fail|unsuccess|block|root|uid 0|privileg|unprivileged|ordinary user|regular user|on the host|containeri|outside|interactive|terminal|tty|typed|by hand|manual"
    r"|severity|priority|external|internal|private|public|internet|remote|loopback|local|vulnerab|prevented|stopped|quarantined"
)
_PRIVILEGED = re.compile(r"(?i)(?<![\w-])(?P<un>un|non-)?privileged (?:\w+ )?(?:container|pod)|(?:container|pod)\b[^.;,]{0,20} (?:is|runs|was|ran)(?: as)? (?P<un2>un|non-)?privileged")


class Contradiction:
    """Points off for every sentence that gives a field of the alert another value."""

    name = "S4"
    title = "agrees with the alert's fields"
    version = 1
    weight = 0.48
    kind: Kind = "penalty"

    def score(self, context: ScoringContext) -> Score:
        """0.12 off the total for each sentence."""
        alert, roles, found = context.alert, context.index.roles, []
        on_host = alert.container is not None and alert.container.is_host
        for sentence in context.answer.sentences:
            if sentence.heading or sentence.section in {"unknown", "mitre"} or sentence.text.endswith("?"):
                continue
            text = sentence.text
            reason, rule = _misread(text), "misread"
            for role, said, known in roles.wrong(text) if reason is None else ():
                place = text.find(said)
                if not is_denied(sentence, place, place + len(said)):
                    reason, rule = f"it says {role} {said}, and the alert says {known}", f"field-{role}"
                    break
            told = sentence.start in context.answer.told
            if reason is None and not told and (on_host or _WORTH.search(text)):
                reason, rule = _denied(text, alert), "contradicts"
            if reason is None and not told:
                reason, rule = _privileged(text, alert), "field-privileged"
            if reason is not None:
                found.append(Finding(reason, (sentence.start, sentence.end), EACH, rule))
        return penalty(found, most=context.case.weights.get(self.name, self.weight))


def _denied(text: str, alert: Alert) -> str | None:
    """What ``verify`` objects to, less what an explanation may say: likenesses, rules in general, results as printed."""
    reason = contradiction(text, alert)
    if reason is None or _LIKENESS.search(text):
        return None
    result = (alert.result_raw or "").upper()
    if "success" in reason or "outcome" in reason:
        # Audit logs hold the answer of the API; a sensor of system calls may have seen only the question.
        audited = alert.api is not None or alert.product.event_source not in {None, "syscall"}
        if audited or result.startswith("SUCCESS") or "attached" in text or "SUCCESS" in text:
            return None
    if "failure" in reason and _GENERAL.search(text):
        return None
    if reason == "the user is root" and not _NOT_ROOT.search(text):
        return None
    return reason


_LIKENESS = re.compile(
    r"(?i)\b(?:fits?|looks? like|like an?|as if|as would|would|could|such as|either|typical(?:ly)?|usually|often|same as|resembles?|in general|known for|consistent with|suggests?|points? to"
    r"|or an? (?:intruder|attacker)|someone who|who(?:ever)?|likely|probably|possibly|presumably|perhaps|may|might)\b"
)
_GENERAL = re.compile(r"(?i)\b(?:raises?|triggers?|fires?|the rule|alerts? on|count(?:s)?|too\.?$|also)\b")
_NOT_ROOT = re.compile(r"(?i)\b(?:not|never|unlikely|isn['’]t|wasn['’]t|non-?|unprivileged|ordinary|regular)\b[^.;,]{0,20}\b(?:root|user|uid 0)|\bnon-root\b|\bunprivileged user\b")


def _privileged(text: str, alert: Alert) -> str | None:
    known = alert.container.privileged if alert.container else None
    match = _PRIVILEGED.search(text) if known is not None and "rivileged" in text else None
    if match is None or re.search(r"(?i)\b(?:not|never|no|whether|if|may|might)\b", text[: match.end()]):
        return None
    said = not (match["un"] or match["un2"])
    return None if said == known else f"the container is {'' if known else 'not '}privileged"


def _misread(text: str) -> str | None:
    lowered = text.lower()
    for word, pattern, truth in _misreadings():
        if word in lowered and pattern.search(text):
            return f"it misreads {word}: {truth}"
    return None


@lru_cache(maxsize=1)
def _misreadings() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    from explainer.evaluation.tables import table

    rows: list[dict[str, Any]] = table("misreadings")["misreadings"]
    return tuple((row["of"], re.compile(row["said"], re.IGNORECASE), row["truth"]) for row in rows)


SCORER = Contradiction()
