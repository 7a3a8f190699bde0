# ruff: noqa: E501  (word tables and regular expressions are read better whole)
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
_WORTH = tuple(
    (  # noqa: SIM905 - prose reads better than quoted words
        "succe|compromis|exfiltrat|stole|steal|breach|infected|hacked|took over|taken over|exploit|gain|escap|loaded|installed"
        "|injected|attached|fail|unsuccess|block|ordinary user|regular user|on the host|containeri|outside of|outside a|outside the"
        "|outside any|interactive|with a t|no t|without a t|typed|by hand|manual|severity|priority|vulnerab|denied|prevented"
        "|rejected|refused|stopped|quarantined|not in"
    ).split("|")
)
_PASSIVE = ("was ", "were ", "been ", "got ", "is now ")
_DONE = ("read", "written", "created", "deleted", "opened", "executed", "changed", "modified", "established")
_NEGATIONS = ("not ", "n't", "unlikely", "non-", "never", "unprivileged")
_NETWORK = ("external", "internal", "private", "public", "internet", "remote", "loopback", "local")
_PRIVILEGED = re.compile(
    r"(?i)(?<![\w-])(?P<un>un|non-)?privileged (?:\w+ )?(?:container|pod)|(?:container|pod)\b[^.;,]{0,20} (?:is|runs|was|ran)(?: as)? (?P<un2>un|non-)?privileged"
)


class Contradiction:
    """Points off for every sentence that gives a field of the alert another value."""

    name = "S4"
    title = "agrees with the alert's fields"
    version = 1
    weight = 0.48
    kind: Kind = "penalty"

    def score(self, context: ScoringContext) -> Score:
        """0.12 off the total for each sentence."""
        alert, roles, sources, found = context.alert, context.index.roles, context.index.sources, []
        marked = frozenset(code.text for code in context.answer.page.codes if code.inline)
        lowered = context.answer.lowered
        misreadings = [row for row in _misreadings() if row[0] in lowered]
        checks = roles.checks(lowered)
        on_host = alert.container is not None and alert.container.is_host
        for sentence in context.answer.sentences:
            if sentence.heading or sentence.section in {"unknown", "mitre"} or sentence.text.endswith("?"):
                continue
            text = sentence.text
            reason, rule = _misread(text, misreadings), "misread"
            for role, said, known in roles.wrong(text, checks, marked) if reason is None else ():
                if sources.knowledge.holds("code", said) or sources.rule.holds("code", said):
                    # People who know the rule named it: another process, another account of the same story.
                    continue
                place = text.find(said)
                if not is_denied(sentence, place, place + len(said)):
                    reason, rule = f"it says {role} {said}, and the alert says {known}", f"field-{role}"
                    break
            told = sentence.start in context.answer.told
            if reason is None and not told and _worth(text, alert, on_host=on_host):
                reason, rule = _denied(text, alert), "contradicts"
            if reason is None and not told:
                reason, rule = _privileged(text, alert), "field-privileged"
            if reason is not None:
                found.append(Finding(reason, (sentence.start, sentence.end), EACH, rule))
        return penalty(found, most=context.case.weights.get(self.name, self.weight))


def _worth(text: str, alert: Alert, *, on_host: bool) -> bool:
    """Whether the checks may find anything: they cost 40 µs a sentence, and these words stand in whatever they object to."""
    lowered = text.lower()
    for word in _WORTH:
        if word in lowered:
            return True
    if on_host and "contain" in lowered:
        return True
    for word in _PASSIVE:
        if word in lowered and any(done in lowered for done in _DONE):
            return True
    if "root" in lowered or "uid 0" in lowered or "unprivileged" in lowered:
        user = alert.user
        if user is None or user.uid != 0:
            return True
        for word in _NEGATIONS:
            if word in lowered:
                return True
    if alert.network is not None:
        for word in _NETWORK:
            if word in lowered:
                return True
    return False


def _denied(text: str, alert: Alert) -> str | None:
    """What ``verify`` objects to, less what an explanation may say: likenesses, rules in general, results as printed."""
    reason = contradiction(text, alert)
    if reason is None or "nothing of others" in reason or _LIKENESS.search(text):
        # What an explanation says of other places and times it may have from the rule.
        return None
    result = (alert.result_raw or "").upper()
    if "success" in reason or "outcome" in reason:
        # Audit logs hold the answer of the API; a sensor of system calls may have seen only the question.
        audited = alert.api is not None or alert.product.event_source not in {None, "syscall"}
        if audited or result.startswith("SUCCESS") or "attached" in text or "SUCCESS" in text:
            return None
    if (
        _RULE_ITSELF.search(text)
        or (result and result in text.upper())
        or ("failure" in reason and _GENERAL.search(text))
    ):
        return None
    if reason == "the user is root" and not _NOT_ROOT.search(text):
        return None
    return reason


_LIKENESS = re.compile(
    r"(?i)\b(?:fits?|looks? like|like an?|as if|as would|would|could|such as|either|typical(?:ly)?|usually|often|same (?:way )?as|somebody with|resembles?|in general|known for|consistent with|suggests?|points? to"
    r"|or an? (?:intruder|attacker)|someone who|who(?:ever)?|(?:report|text|note|summary|this) was|written from|likely|probably|possibly|presumably|perhaps|may|might)\b"
)
_GENERAL = re.compile(r"(?i)\b(?:raises?|triggers?|fires?|the rule|alerts? on|count(?:s)?|too\.?$|also)\b")
_RULE_ITSELF = re.compile(r"(?i)\b(?:the|this) rule (?:fires|triggers|reports|matches|alerts|counts)\b")
_NOT_ROOT = re.compile(
    r"(?i)\b(?:not|never|unlikely|isn['’]t|wasn['’]t|non-?|unprivileged|ordinary|regular)\b[^.;,]{0,20}\b(?:root|user|uid 0)|\bnon-root\b|\bunprivileged user\b"
)


def _privileged(text: str, alert: Alert) -> str | None:
    known = alert.container.privileged if alert.container else None
    match = _PRIVILEGED.search(text) if known is not None and "rivileged" in text else None
    if match is None or re.search(r"(?i)\b(?:not|never|no|whether|if|may|might)\b", text[: match.end()]):
        return None
    said = not (match["un"] or match["un2"])
    return None if said == known else f"the container is {'' if known else 'not '}privileged"


def _misread(text: str, misreadings: list[tuple[str, re.Pattern[str], str]]) -> str | None:
    lowered = text.lower() if misreadings else ""
    for word, pattern, truth in misreadings:
        if word in lowered and pattern.search(text):
            return f"it misreads {word}: {truth}"
    return None


@lru_cache(maxsize=1)
def _misreadings() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    from explainer.evaluation.tables import table

    rows: list[dict[str, Any]] = table("misreadings")["misreadings"]
    return tuple((row["of"], re.compile(row["said"], re.IGNORECASE), row["truth"]) for row in rows)


SCORER = Contradiction()
