"""The mood in which an act is named: can it be an order, advice or a plan, or is it a report of what somebody did?

Also how an act and a thing hang together: whether the thing is what the act is done to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from explainer.advice.concepts import Tag, Words
from explainer.advice.wording import patterns_of, words_of

_MARKS = frozenset(",;:()—–.!?\n")
_BE = words_of("be")
_WAS = words_of("was")
_MODAL = words_of("modal")
_STATE = words_of("state")
_NOT_ADVISED = words_of("not_advised")
_PROGRESSIVE = words_of("progressive")
_REMEDY = re.compile(r"\b(?:" + "|".join(patterns_of("remedy")) + r")\b", re.I)
_NOTE = re.compile(r"^\W*(?:(?:" + "|".join(p for p in patterns_of("note") if p[0].isalpha()) + r")\b|->|=>|→)", re.I)
_NOTE_WORDS = 4
_AVOIDING_SPAN = 4
_AVOIDING = words_of("avoiding")
_WHY = frozenset(["why", "if"])
_REMEDY_NOUN = words_of("remedy_noun")
_IRREGULAR_PAST = words_of("irregular_past")
_REPORTED = words_of("reported")
_JOINS = frozenset([",", ";", ".", ":", "—", "–", "and", "then", "so", "but", "or"])
_OBJECT_PRONOUNS = words_of("object_pronouns")
_NOUN = re.compile(r"(?:tion|sion|al|ment|ure|ance|down|off|ption|iver|ence|oot|ast)$")
_HEADLESS = words_of("no_verb")
_BEFORE_ORDER = words_of("before_order") | _MARKS
_INTENDED = words_of("intended")
_CONDITIONAL = words_of("conditional")
_SUBJECTS = words_of("subjects")
_ATTRIBUTES = words_of("attributes")
_OPENS = words_of("opens")
_PARTICLES = words_of("particles")
_PROGRAMS = words_of("programs")
_DETERMINERS = words_of("determiners")
_CLOSING = frozenset(["switch_off", "destroy", "remove", "silence", "weaken"])
_CAUSE = words_of("cause")
_BREAK = words_of("breaks")
_FUNCTION = _BREAK | words_of("after_object") | _MARKS


_ATTRIBUTIVE = frozenset(
    ["with", "of", "by", "under", "the", "an", "a", "its", "their", "this", "that", "these", "those"]
)
_PRESENT = frozenset(["is", "are", "gets", "get"])
_DECREE = re.compile(
    r"\b(?:as (?:of|from) (?:today|now|tomorrow|tonight|monday)"
    r"|from (?:today|now|tomorrow|monday) on"
    r"|effective (?:immediately|today)|with immediate effect|starting (?:today|now|tonight)"
    r"|henceforth|until further notice)\b"
)
_NOMINAL = frozenset(["at", "on", "upon", "since", "until", "per", "every", "each", "during", "of", "no"])


def may_address(words: Words, act: Tag) -> bool:
    """Whether the form of the act can be an order, advice or a plan; a plain report of what happened cannot."""
    word = words.texts[act.first]
    if word == "pull" and words.texts[act.first + 1 : act.first + 2] == ["request"]:
        return False
    behind = words.texts[act.first + 1 : act.first + 3]
    if behind and behind[0].endswith("ed") and (word in _PROGRAMS or (behind[1:] and behind[1] in _DETERMINERS)):
        return False  # "cat printed it", "open returned the handle": a program or call is the subject
    before = words.texts[max(0, act.first - 8) : act.first]
    near = before[-3:]
    if near and near[-1] in _NOMINAL and not word.endswith("ing"):
        return False  # "vanishes at reboot", "the kill of": a noun
    if act.concept == "close" and near[-1:] in (["we"], ["i"]):
        return False  # "We judge this as benign": a verdict, given with its reasons
    if words.foreign:
        return not any(w in _REPORTED for w in near)
    if word in _HEADLESS:
        return word not in {"off", "out", "gone", "stopped", "excluded", "muted", "silenced"} or not any(
            w in _REPORTED for w in before[-4:]
        )
    if word.endswith("ing") and len(word) > 4:
        # "The fix is removing it" is no progressive.
        if any(w in _PROGRESSIVE for w in near[-2:]) and _REMEDY_NOUN.isdisjoint(before):
            return False
        if near and near[-1] in _NOT_ADVISED:
            return False
        return proposes(words)
    if (word.endswith("ed") and len(word) > 4) or word in _IRREGULAR_PAST:
        if near and near[-1] in _SUBJECTS and "if" in near and ("would" in words.texts or "could" in words.texts):
            return True
        if near and near[-1] in _PRESENT and _DECREE.search(" ".join(words.texts[:12])):
            return True  # "as of today the account is given Owner": decided, not observed
        if near and near[-1] in _ATTRIBUTIVE:
            return False  # "with elevated privileges", "the disabled account": an attribute
        if any(w in _BE for w in near) and not any(w in {"was", "were", "been"} for w in near):
            return "has" not in near or "to" in near
        if any(w in _WAS for w in near):
            return any(w in _MODAL for w in near)
        return any(w in _STATE for w in before[-6:])
    if word.endswith("s") and not word.endswith(("ss", "us", "ous")) and len(word) > 3:
        # Third person, what somebody or something does, unless the sentence praises it.
        return bool(near) and near[-1] in {"what", "and", "that", "which", "who"} and proposes(words)
    if _NOUN.search(word) and len(word) > 5:
        return proposes(words)
    if act.first <= _NOTE_WORDS and notes(words):
        return True
    return _ordered(words, act.first)


def _ordered(words: Words, at: int) -> bool:
    """Whether a bare verb stands where an order, an infinitive or a causative stands, and is no noun or finite verb."""
    if at == 0:
        return True
    texts = words.texts
    last = texts[at - 1]
    if last == "to" and at > 1 and texts[at - 2] in _INTENDED:
        return False
    if "before" in texts[max(0, at - 4) : at] and not any(
        w in {",", ";", ":", "."} for w in texts[max(0, at - 3) : at]
    ):
        return False
    if last in _BEFORE_ORDER or (last.endswith("ly") and len(last) > 4) or last.isdigit():
        return True
    return any(w in _CAUSE for w in texts[max(0, at - 7) : at - 1])


def proposes(words: Words) -> bool:
    """Whether a sentence looks like a proposal: it praises an effect, says what can or should be, or is a bare note."""
    if words.proposes is None:
        words.proposes = notes(words) or _REMEDY.search(" ".join(words.texts)) is not None
    return words.proposes


def notes(words: Words) -> bool:
    """Whether a sentence is a bare note without a verb: "Temporary removal of ...", "-> ..."."""
    if words.notes is None:
        words.notes = _NOTE.match(words.before + " ".join(words.texts[:_NOTE_WORDS])) is not None
    return words.notes


def governed(words: Words, act: Tag, guards: Iterable[Tag]) -> bool:
    """Whether a protective act governs this one: "deny the deletion of", "alert on any upload to"."""
    for guard in guards:
        if guard.last >= act.first or not guard.at.isdisjoint(act.at):
            continue
        following = words.texts[guard.last + 1 : guard.last + 2]
        if following and words.texts[guard.first].endswith("s") and (following[0] in _BE or following[0] in _MODAL):
            continue  # "the log flags be taken out": a noun
        if not any(w in _JOINS for w in words.texts[guard.last + 1 : act.first]):
            return True
    return False


def _passive(words: Words, act: Tag) -> bool:
    word = words.texts[act.first]
    return (
        (word.endswith(("ed", "ing")) and len(word) > 4)
        or word in _IRREGULAR_PAST
        or word in _HEADLESS
        or (_NOUN.search(word) is not None and len(word) > 5)
        or any(w in {"be", "being", "get", "gets"} for w in words.texts[max(0, act.first - 3) : act.first])
    )


def out_of_reach(words: Words, act: Tag, thing: Tag) -> bool:
    """Whether a thing stands before the order and so is not its object: "fix the rule, and delete the file"."""
    if words.foreign or thing.last >= act.first or thing.concept[0].islower():
        return False
    between = words.texts[thing.last + 1 : act.first]
    if _passive(words, act):
        # "the rule and delete" against "the rule should be deleted"
        return "and" in between and not any(w in _MODAL or w in _BE or w in {"is", "are"} for w in between)
    if between and between[-1] in {":", "—", "–", "("} and len(between) == 1:
        return False
    return not any(w in _OBJECT_PRONOUNS for w in words.texts[act.first + 1 : act.last + 4])


def conditional(words: Words, act: Tag, thing: Tag) -> bool:
    """Whether a thing behind the act is part of a condition: "rebuild the host if root rights were gained"."""
    return not words.foreign and any(w in _CONDITIONAL for w in words.texts[act.last + 1 : thing.first])


def opens(words: Words, act: Tag, thing: Tag) -> bool:
    """Whether the thing that is taken away is itself an opening: "delete the rule that lets any source in"."""
    behind = words.texts[thing.last : thing.last + 4]
    return (
        act.concept in _CLOSING
        and act.first < thing.first
        and any(w in {"that", "which"} and follows in _OPENS for w, follows in pairwise(behind))
    )


def avoided(words: Words, tags: Iterable[Tag]) -> bool:
    """Whether one of the things is what the sentence tells to avoid: "a named account instead of the shared one"."""
    tags = list(tags)
    own = frozenset[int]().union(*(t.at for t in tags))
    for tag in tags:
        for back in range(tag.first - 1, max(-1, tag.first - 1 - _AVOIDING_SPAN), -1):
            word = words.texts[back]
            if word in _MARKS:
                break
            if word in _AVOIDING and back not in own and not (word == "not" and back and words.texts[back - 1] in _WHY):
                return True
    return False


def same_clause(words: Words, act: Tag, things: Iterable[Tag], others: Iterable[Tag]) -> bool:
    """Whether no other order begins between an act and its things: "fix the rule and delete the file"."""
    things = list(things)
    last = max((t.first for t in things), default=act.first)
    own = frozenset[int]().union(*(t.at for t in things)) | act.at
    for other in others:
        if other.concept[0].islower() and act.first < other.first < last and other.first not in own:
            before = words.texts[other.first - 1]
            if before in _JOINS or (before.endswith("ly") and words.texts[other.first - 2] in _JOINS):
                return False
    return True


def is_object(words: Words, act: Tag, thing: Tag, others: Iterable[Tag], *, head: bool) -> bool:
    """Whether a thing is what the act is done to, and not a place, a means or part of another clause."""
    if words.foreign:
        return thing.first - act.last <= 5 and act.first - thing.last <= 6
    texts = words.texts
    behind = texts[thing.last + 1] if thing.last + 1 < len(texts) else ""
    compound = thing.last in words.glued and behind in _PARTICLES
    if thing.last not in act.at and (compound or texts[thing.last].endswith(("'s", "’s"))):
        return False
    if (
        head
        and thing.last + 1 < len(texts)
        and texts[thing.last + 1] not in _FUNCTION
        and thing.last + 1 not in act.at
        and thing.last not in act.at
    ):
        following = texts[thing.last + 1]
        if not following.endswith(("ly", "s'")) and following.isalpha():
            return False
    if thing.first > act.first:
        between = [w for i, w in enumerate(texts[act.first + 1 : thing.first], act.first + 1) if i not in act.at]
        glued = {words.texts[i + 1] for i in words.glued if act.first < i < thing.first - 1}
        if any(w in _BREAK and w not in glued for w in between):
            return False
        if any(w in _ATTRIBUTES and follows == "of" for w, follows in pairwise(between)):
            return False
        return not any(
            act.first < other.first < thing.first
            and not other.at & act.at
            and texts[other.first - 1] in _JOINS
            and _ordered(words, other.first)
            for other in others
            if other.concept[0].islower() and not other.at & thing.at
        )
    back = thing.first - 1
    while back >= 0 and thing.first - back <= 4 and texts[back] not in _FUNCTION:
        back -= 1
    return back < 0 or texts[back] not in _BREAK
