# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Steps of a report, and what they do: the table from words and commands to labels such as ``contain.network``."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from explainer.evaluation.reading import Page, Sentence
from explainer.evaluation.words import COMMAND_OBJECTS, NOUNS, RELATED, VERBS, WRONG
from explainer.schema.case import ActionObject
from explainer.schema.knowledge import Stage

_LEAD = (
    r"(?:(?:first(?: of all)?|second(?:ly)?|third(?:ly)?|then|next|now|finally|lastly|also|immediately|please|afterwards?"
    r"|only then|after that|at once|and|otherwise|before (?:that|anything else)|in parallel|meanwhile|at the same time|step \d+|temporarily|quickly|carefully|simply|just|briefly)"
    r"\b[,:.]?\s+)*"
    r"(?:(?:if|when|once|after|before|unless|until|should|in case|on|from|with|for|as|where|while|to|as soon as|only if|only"
    r" after|using|by|in|at|without)\b[^,:]{2,160}[,:]\s+(?:then\s+|only then\s+|also\s+)?)?"
    r"(?:(?:you|we|responders?|analysts?|the team|somebody|someone)\s+(?:should|must|can|need to|have to|could)\s+(?:then\s+)?"
    r"|(?:we|i)\s+(?:recommend|suggest|advise)\s+(?:to\s+|that you\s+)?|it is (?:best|recommended|advisable) to\s+"
    r"|make sure (?:to|that you)\s+|be sure to\s+|try to\s+|remember to\s+)?"
)
_IMPERATIVE = re.compile(_LEAD + r"(?P<verb>[a-z]+(?:-[a-z]+)?)\b", re.IGNORECASE)
_NEGATIVE = re.compile(
    r"\b(?:do not|don't|never|avoid|must not|should not|no need to|rather than|instead of)\b", re.IGNORECASE
)
_WORDS = re.compile(r"[A-Za-z][a-z]+(?:-[a-z]+)?")
_CLAUSE = re.compile(
    r"(?:^|[,;:—–(]|\bthen|\band|\bor|\bto|\bby|\bbefore|\bfor|\balso|\bshould|\bmust|\bonly)\s*(?:also |it |them |only |again )?$",
    re.IGNORECASE,
)
_FINITE = re.compile(
    r"\s+(?:ran|read|opened|started|made|wrote|began|spawned|tried|created|loaded|executed|called|is|are|was|were|has|had|will|would|may|might|can|could|does|did|shows?|says?|tells?|means)\b"
)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that the reader is told to do."""

    title: str
    """Its first sentence."""
    text: str
    """All its sentences."""
    start: int
    end: int
    stage: Stage | None = None
    """What the report itself says that the step is for."""
    commands: tuple[str, ...] = ()
    origin: str = ""
    """``model`` or ``knowledge``, where the report says so."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a step does."""

    stages: frozenset[Stage]
    objects: frozenset[ActionObject]
    stage: Stage | None
    """The one that counts for the order."""


_PLACED = re.compile(r"(?i)(?:in|on|at|with|for|by|from|without|using|as|where|while)\b")
_OBJECT = re.compile(
    r"(?i)\s+(?:the|an?|its|his|her|their|this|that|these|those|all|any|both|each|every|it|them|which|who|whose|whether|what|where|when|for|at|off|down|out|up|only|first|with|into|to)\b|\s*[:/<]|\s+[/<]"
)
_LOOKS = re.compile(
    r"^\s*(?:sudo )?(?:ps|ss|last|lastb|who|w|journalctl|ausearch|aureport|lsof|getent|stat|kubectl|crictl|docker|cat|ls|lsmod|modinfo|dmesg|netstat|pstree|aws|gcloud|az)\b"
)


def is_imperative(sentence: str) -> bool:
    """Whether the sentence tells the reader to do something (a warning not to do it is no step)."""
    match = _IMPERATIVE.match(sentence)
    if (
        match is None
        or match["verb"].lower() not in VERBS
        or match["verb"].lower().endswith(("ion", "ment", "ing", "moval"))
    ):
        return False
    # "Block devices are …" and "Checks show …" state; a verb that follows at once gives them away.
    rest = sentence[match.end() :]
    if match.start("verb") and _PLACED.match(sentence) and not _OBJECT.match(rest):
        # "In pod web-0, image nginx, a shell …" places what happened; "On node-7, list the modules" tells.
        return False
    return not _FINITE.match(rest) and not re.match(r"\s+\w+\s+(?:is|are|was|were|has|had)\b", rest)


def steps_of(page: Page) -> tuple[Step, ...]:
    """The steps of a page in reading order. Commands belong to the step that they stand in or follow."""
    groups: list[list[Sentence]] = []
    owner: dict[int, int] = {}
    lists = _lists_of_steps(page)
    for sentence in page.sentences:
        if sentence.heading or sentence.section in {"mitre", "verdict"}:
            continue
        told = is_imperative(sentence.text) and not sentence.text.endswith(" following steps:")
        listed = sentence.item and sentence.first and (sentence.section == "action" or sentence.block in lists)
        if listed and not told and _NEGATIVE.search(sentence.text[:40]):
            continue
        if told or listed:
            groups.append([sentence])
        elif groups and groups[-1][-1].block == sentence.block:
            groups[-1].append(sentence)
        else:
            continue
        owner[sentence.block] = len(groups) - 1
    commands: dict[int, list[str]] = {}
    for code in page.codes:
        index = owner.get(code.block)
        if index is None and not code.inline and code.section == "action":
            index = max((i for block, i in owner.items() if block < code.block), default=None)
        if index is not None:
            if code.inline:
                # Several steps may share a paragraph: the code belongs to the sentence around it.
                index = next((i for i in range(index, -1, -1) if groups[i][0].start <= code.start), index)
            commands.setdefault(index, []).append(code.text)
    return tuple(
        Step(
            title=group[0].text,
            text=" ".join(sentence.text for sentence in group),
            start=group[0].start,
            end=group[-1].end,
            stage=group[0].stage,
            commands=tuple(commands.get(number, ())),
        )
        for number, group in enumerate(groups)
    )


def _lists_of_steps(page: Page) -> frozenset[int]:
    """Blocks of lists whose items are mostly orders: then the others are orders too, whatever their verb."""
    found: set[int] = set()
    run: list[Sentence] = []

    def close() -> None:
        if len(run) > 1 and sum(is_imperative(s.text) for s in run) * 2 >= len(run):
            found.update(s.block for s in run)
        run.clear()

    for sentence in page.sentences:
        if sentence.item and sentence.first and sentence.section == "observation" and not sentence.heading:
            run.append(sentence)
        elif not sentence.item:
            close()
    close()
    return frozenset(found)


def meaning(step: Step) -> Meaning:
    """What a step does, by its heading, its words and its commands."""
    return _meaning(step.text, step.stage, step.commands)


@lru_cache(maxsize=8192)
def _meaning(text: str, stated: Stage | None, commands: tuple[str, ...]) -> Meaning:
    stages: dict[Stage, None] = {stated: None} if stated else {}
    first: Stage | None = None
    match = _IMPERATIVE.match(text)
    begin = match.start("verb") if match and match["verb"].lower() in VERBS else 0
    for word in _WORDS.finditer(text, begin):
        found = VERBS.get(word[0].lower())
        if found is None:
            continue
        noun = word[0].lower().endswith(("ion", "ment", "ing", "al"))
        if not (word.start() == begin or noun or _CLAUSE.search(text[: word.start()])):
            continue
        if _NEGATIVE.search(text[max(0, word.start() - 25) : word.start()]):
            continue
        for stage in found:
            stages.setdefault(stage)
        if first is None and found:
            first = stated if stated in found else found[0]
    objects: dict[ActionObject, None] = {}
    for thing, pattern in NOUNS:
        if pattern.search(text):
            objects.setdefault(thing)
    for command in commands:
        for pattern, things in COMMAND_OBJECTS:
            if pattern.search(command):
                for thing in things:
                    objects.setdefault(thing)
    if first == "tune" or stated == "tune":
        objects.setdefault("rule")
    if "preserve" in stages and any(_LOOKS.search(command) for command in commands):
        # What is printed to be kept has been looked at.
        stages.setdefault("investigate")
    return Meaning(frozenset(stages), frozenset(objects), first or stated)


def fulfils(label: str, meant: Meaning) -> float:
    """How far a step does what a label asks: 1.0, 0.5 for a neighbouring object, 0.0."""
    stage, _, thing = label.partition(".")
    if stage not in meant.stages:
        # Whoever saves the log of that hour has what a look at it would give.
        saved = stage == "investigate" and "preserve" in meant.stages and thing in {"logs", "audit_log"}
        return 1.0 if saved and thing in meant.objects else 0.0
    if thing in meant.objects:
        return 1.0
    return max((RELATED.get((thing, other), 0.0) for other in meant.objects), default=0.0)


def wrong_kinds(step: Step, kinds: Collection[str], *, preserved: bool) -> tuple[str, ...]:
    """Kinds of wrong steps (``FORBIDDEN_ACTIONS`` of the case schema) that this step is.

    Args:
        step: the step.
        kinds: the kinds to look for.
        preserved: evidence was secured by an earlier step.
    """
    text = "\n".join((step.text, *step.commands))
    found = []
    for kind in kinds:
        pattern = WRONG[kind]
        if kind in {"delete_evidence", "stop_before_preserve"} and preserved:
            continue
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 60) : match.start()]
            if not _NEGATIVE.search(before) and not re.search(r"\b(?:after|once|whether|if|who|what)\b[^.,]*$", before):
                found.append(kind)
                break
    return tuple(found)
