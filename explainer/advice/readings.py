"""One clause read: does it tell the reader to do what stands in it, does somebody else do it, or is it open?"""

from __future__ import annotations

import re

from explainer.advice.clauses import CONDITIONAL, RELATIVE
from explainer.advice.cues import cue, form_of, last_match
from explainer.advice.verbs import (
    DETERMINER,
    MODAL,
    OPEN,
    PAST_AUXILIARY,
    PREPOSITION,
    Reading,
    act,
    by_gerund,
    by_past,
    by_present,
    by_subject,
    core_of,
    refused,
    spoken_by_third,
    told,
    words_of,
)

CODE_LIST = re.compile(
    r"(?<!¤)(?:¤++\s*+(?:and then|followed by|as well as|and|or|then|plus|und|et|y|e|,|;|/|\+|&)?+\s*+)++$"
)
_CODE_LIST_AFTER = re.compile(r"^\s*+(?:(?:and then|followed by|as well as|and|or|then|plus|,|/|\+|&)\s*+¤++\s*+)++")
LABEL = re.compile(r"^(?:[^\w¤]|[\d_])*+(?:step\s+\d+\W+|\w{1,3}[.)]\s+)?")
_WOULD = re.compile(r"(?<![\w-])(?:would|might|could|can|may|will)(?![\w])", re.I)
_SAID = re.compile(
    r"\b(?:say|says|said|claims?|claimed|suggests?|suggested|recommended|advised|writes?|wrote|insists?|insisted|told|tells|asks|asked|proposes|proposed|"
    r"wants|wanted|demands|demanded)\b",
    re.I,
)
_FIRST_PREDICATE = re.compile(r"[^,;:—]{0,160}")


def _last_negation(text: str) -> re.Match[str] | None:
    last = None
    for match in cue("forbid").finditer(text):
        if not cue("unforbid").match(text[match.end() :].lstrip()):
            last = match
    return last


def _restarts(tail: str, found: str, *, strict: bool = False) -> bool:
    """Whether after "instead of …" or a negated half a new instruction begins before the finding."""
    words = words_of(tail)
    for index, word in enumerate(words):
        if (
            not strict
            and index
            and form_of(word) == "base"
            and words[index - 1] not in ("to", "and", "or", *DETERMINER, *MODAL)
        ):
            return True
        if index and word in ("you", "we") and set(words[index + 1 : index + 3]) & (MODAL | {"need", "have"}):
            return True
    first = words_of(found)[:1]
    return bool(
        not strict
        and first
        and words
        and form_of(first[0]) == "base"
        and words[-1] not in ("to", "and", "or", *DETERMINER, *MODAL)
    )


# "… asks for the password, do not send it": the verb of the act stands last, under its own prohibition.
_DENIED_LAST = re.compile(
    r"(?:^|[,;])\s*(?:please\s+)?(?:do\s+not|don['’]t|never|must\s+not|should\s+not)\s+\w+(?:\s+\w+){0,2}\s*[.!]?\s*$",
    re.I,
)


def _forbidden_within(left: str, inside: str) -> bool:
    """Whether the words of the act are under a prohibition: "SELinux must not be disabled"; "do" + "not close it"."""
    if _DENIED_LAST.search(inside):
        return True
    joined = f"{left} {inside}"
    match = cue("forbid").search(joined, max(0, len(left) - 12))
    if match is None:
        return False
    if match.start() < len(left):
        return match.end() > len(left) and not cue("unforbid").match(joined[match.end() :].lstrip())
    own = match.group(0)
    return re.match(r"(?:must|should|may|can|shall)\s*(?:n['’]t|not|never)", own, re.I) is not None or (
        match.start() > len(left) + 1
        and re.match(r"(?:never|cannot|can['’]t|niemals|nunca|jamais)\b", own, re.I) is not None
    )


def clause(left: str, inside: str, prose: bool, opener: str = "") -> Reading:
    """Read the part of a clause before an act, with the act's own words when they are words."""
    left = LABEL.sub("", left)
    stripped = LABEL.sub("", CODE_LIST.sub("", left)) if not prose else left
    if prose and (
        _forbidden_within(stripped, inside) or re.search(r"(?<!\w)(?:no|non|não|ne|n['’])\s*$", stripped, re.I)
    ):
        return refused("forbid")
    if not prose and inside and cue("removes").search(stripped + "¤") and cue("removes").search(stripped[-60:] + "¤"):
        return refused("undo")
    if cue("third_past").search(f"{stripped} {inside}" if prose else stripped):
        return refused("past")
    if re.match(
        r"\s*(?:were|had|should)\s+(?:we|you|they|somebody|someone|anyone|anybody|he|she|it|the)\b", stripped, re.I
    ):
        return refused("condition")
    negation = _last_negation(stripped if prose else stripped + "¤")
    strict = opener not in CONDITIONAL
    if negation is not None and not _restarts(stripped[negation.end() :], inside if prose else "", strict=strict):
        return refused("forbid")
    weak = last_match("alternative", stripped)
    if weak is not None and not _restarts(stripped[weak.end() :], inside if prose else ""):
        return refused("alternative")
    for group in ("detect", "prevent", "refer", "undo"):
        last = last_match(group, stripped)
        if last is not None and not _restarts(stripped[last.end() :], inside if prose else ""):
            return refused(group)
    asked = stripped.strip() + (" " + inside if prose else "")
    asking = opener in ("", ":", ";", "“", "—", "and", "but", "(")
    if asking and cue("ask").match(stripped.strip()) and not cue("suggest_question").match(asked):
        return refused("ask")
    if _SAID.search(stripped) and spoken_by_third(stripped):
        return refused("spoken")
    words, at, form = act(stripped, inside if prose else "")
    verb = words[at] if at >= 0 else ""
    if form == "noun":
        return refused("noun")
    reading = OPEN
    if at >= 0:
        core = core_of(words[:at])
        if opener in RELATIVE and (not core or core[0] in RELATIVE):
            core = [opener, *core[1:]] if core else [opener]
        while core and core[0] in (
            *CONDITIONAL,
            "because",
            "since",
            "so",
            "then",
            "but",
            "and",
            "or",
            "once",
            "after",
            "until",
            "that",
        ):
            if core[0] == "that" and opener == "that" and len(core) == 1:
                break
            core = core[1:]
        first = core[0] if core else ""
        governed = words_of(stripped)
        if (
            form_of(first) == "base"
            and first in governed
            and first not in MODAL
            and not set(core) & {"would", "could", "might"}
        ):
            # "Kill everything that the intruder started: …" is told; "review what the intruder ran: …" is not.
            looked = cue("inspect").fullmatch(first) and form == "ed" and cue("third").search(" ".join(core[1:]))
            reading = refused("third") if looked else told("imperative")
        elif form == "base" and opener in CONDITIONAL and len(core) > 1 and core[-1][-1:] == "s":
            reading = told("imperative")
        elif form == "base":
            reading = by_subject(core, prose)
        elif form == "ed":
            reading = by_past(core)
        elif form == "ing":
            reading = by_gerund(core)
        else:
            reading = by_present(core, verb)
        if opener in CONDITIONAL and core and (reading.told == 0 or reading.why in ("reader", "passive", "infinitive")):
            return refused("condition")
    elif re.search(r"(?:^|\s)(?:is|are|was|were|reads?|contains?)\s*:?\s*$", stripped, re.I):
        if cue("fix_noun").search(stripped) and not re.search(r"\b(?:was|were)\s*$", stripped):
            return told("fix")
        return refused("evidence") if cue("evidence").search(stripped) or cue("third").search(stripped) else OPEN
    if reading.told == 0 and stripped.strip(" :,.*_"):
        if (at < 0 or form == "ed") and cue("evidence").search(stripped) and not cue("fix_noun").search(stripped):
            return refused("evidence")
        if re.search(r"(?:^|\W)(?:man|see|cf\.?)\s*$", stripped, re.I):
            return refused("refer")
    return reading


def predicate(right: str, *, far: bool = False) -> Reading:
    """Read what is said of an act that is itself the subject: "… is out of the question", "… clears the error"."""
    right = _CODE_LIST_AFTER.sub(" ", re.sub(r"\([^()]*+\)?", " ", right))
    near = _FIRST_PREDICATE.match(right)
    first = near.group(0) if near else right
    rejected = cue("rejected").search(first) or cue("reject").search(first)
    if rejected and not re.search(
        r"\b(?:if|when|until|so that|because|so|to|while|who|which|where|on|for)\b", first[: rejected.start()], re.I
    ):
        return refused("forbid")
    would = _WOULD.search(first)
    cured = cue("remedy").search(first)
    if would and re.match(
        r"would\s+(?:\w+ly\s+)?(?:spare|save|help|fix|solve|resolve|unblock|speed|restore|clear|settle|do|calm|keep|bring|get|end|quiet|silence|free)\b",
        first[would.start() :],
        re.I,
    ):
        return told("remedy")
    if would and would.start() < 40 and not (cured and would.group(0).lower() in ("will", "can", "should")):
        return refused("hypothetical")
    if cured and cured.start() < (120 if far else 30):
        return told("remedy")
    mentioned = cue("mention").search(first)
    if mentioned and mentioned.start() < 24:
        return refused("mention")
    words = words_of(first)
    for index, word in enumerate(words[:7]):
        if word in PAST_AUXILIARY:
            return refused("past")
        if form_of(word) == "ed" and index <= 3 and not (set(words[:index]) & {"be", "to"}):
            return refused("past") if index == 0 or words[index - 1] not in DETERMINER else OPEN
        if word in PREPOSITION or word in DETERMINER:
            break
        if form_of(word) == "s" and index == 0:
            return refused("statement")
    return OPEN
