# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""S4: sentences that name only true things and still say what the alert's fields deny."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from explainer.evaluation.matching import is_denied
from explainer.evaluation.reading import Sentence
from explainer.evaluation.roles import Check
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

Misreading = tuple[str, re.Pattern[str], str]
"""What is misread, how, and what it is in truth."""


class Contradiction:
    """Points off for every sentence that gives a field of the alert another value."""

    name = "S4"
    title = "agrees with the alert's fields"
    version = 1
    weight = 0.48
    kind: Kind = "penalty"

    def score(self, context: ScoringContext) -> Score:
        """0.12 off the total for each sentence."""
        found = []
        marked = [code.text for code in context.answer.page.codes if code.inline]
        lowered = context.answer.lowered
        misreadings = [row for row in _misreadings() if row[0] in lowered]
        checks = context.index.roles.checks(lowered)
        for sentence in context.answer.sentences:
            if sentence.heading or sentence.section in {"unknown", "mitre"} or sentence.text.endswith("?"):
                continue
            text, told = sentence.text, sentence.start in context.answer.told
            names = frozenset(name for name in marked if name in text)
            reason, rule = context.index.once(
                (self.name, text, told, names),
                lambda s=sentence, n=names, t=told: _judged(context, s, misreadings, checks, n, told=t),  # type: ignore[misc]
            )
            if reason:
                found.append(Finding(reason, (sentence.start, sentence.end), EACH, rule))
        return penalty(found, most=context.case.weights.get(self.name, self.weight))


def _judged(
    context: ScoringContext,
    sentence: Sentence,
    misreadings: list[Misreading],
    checks: tuple[Check, ...],
    marked: frozenset[str],
    *,
    told: bool,
) -> tuple[str, str]:
    """What a sentence says against the alert, and the kind of it; empty when nothing."""
    alert, roles, sources, text = context.alert, context.index.roles, context.index.sources, sentence.text
    reason = _misread(text, misreadings)
    if reason is not None:
        return reason, "misread"
    for role, said, known in roles.wrong(text, checks, marked):
        if sources.knowledge.holds("code", said) or sources.rule.holds("code", said):
            # People who know the rule named it: another process, another account of the same story.
            continue
        place = text.find(said)
        if not is_denied(sentence, place, place + len(said)):
            return f"it says {role} {said}, and the alert says {known}", f"field-{role}"
    if told:
        return "", ""
    on_host = alert.container is not None and alert.container.is_host
    if _worth(text, alert, on_host=on_host) and (reason := _denied(text, alert)) is not None:
        return reason, "contradicts"
    return (reason, "field-privileged") if (reason := _privileged(text, alert)) is not None else ("", "")


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


def _misread(text: str, misreadings: list[Misreading]) -> str | None:
    lowered = text.lower() if misreadings else ""
    for word, pattern, truth in misreadings:
        if word in lowered and pattern.search(text):
            return f"it misreads {word}: {truth}"
    return None


@lru_cache(maxsize=1)
def _misreadings() -> tuple[Misreading, ...]:
    from explainer.evaluation.tables import table

    rows: list[dict[str, Any]] = table("misreadings")["misreadings"]
    return tuple((row["of"], re.compile(row["said"], re.IGNORECASE), row["truth"]) for row in rows)


SCORER = Contradiction()
