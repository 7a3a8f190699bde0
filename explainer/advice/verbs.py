"""The verb of an act by its form and by what stands before it: order, permission, report, or open."""

from __future__ import annotations

import re
from dataclasses import dataclass

from explainer.advice.cues import cue, form_of, word_class

_ADVERBS = word_class("adverbs")
BE = word_class("be")
PAST_AUXILIARY = word_class("past_auxiliaries")
PREPOSITION = word_class("prepositions")
_PRONOUN = word_class("pronouns")
READER = word_class("readers")
MODAL = word_class("modals")
_QUANTIFIER = word_class("quantifiers")
DETERMINER = word_class("determiners")
_TOLD_ING = word_class("before_gerund")
_NO_ORDER = word_class("no_imperatives")
_NEGATIVE = word_class("negative_starts")
_WORD = re.compile(r"[A-Za-zÀ-ÿ][\w’'-]*|¤+")
_BEFORE_BASE = frozenset({"to", "please", *MODAL, "don't", "let's"})
_FUNCTION = PREPOSITION | BE | MODAL | _ADVERBS | READER | _PRONOUN | DETERMINER | _QUANTIFIER | _NO_ORDER
_NEEDS = re.compile(
    r"\b(?:needs?|requires?|takes?|wants?|calls?\s+for|means|helps?|works?|fixe[sd]|fixes|does|is)\s*$", re.I
)
_INFINITIVE_PAST = re.compile(
    r"\b(?:tried|attempted|wanted|managed|able|ordered|used|went\s+on|came|proposed|asked|asks|suggested|proposes|offered|"
    r"began|started|continued|failed|tries|attempts|wants|seems|appears|refused|planned|intended|hoped|happened|designed|"
    r"known|likely|unlikely|seen|observed|said|believed|told|forgot|chose)(?:\s+(?:us|you|me|them|him|her|for))?\s*$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a clause says about the act in it."""

    told: int
    """1: the reader is told; -1: not; 0: the clause leaves it open."""
    why: str = ""


OPEN = Reading(0)


def refused(why: str) -> Reading:
    """The reader is not told, for a reason."""
    return Reading(-1, why)


def told(why: str) -> Reading:
    """The reader is told, by a certain form."""
    return Reading(1, why)


def words_of(text: str) -> list[str]:
    """Words in lower case; masked code counts as one."""
    return [m.group(0).lower().replace("’", "'") for m in _WORD.finditer(text)]


def core_of(words: list[str]) -> list[str]:
    """Words before a verb without adverbs."""
    return [w for w in words if w not in _ADVERBS and not (w.endswith("ly") and len(w) > 4)]


def spoken_by_third(text: str) -> bool:
    """Whether a clause gives somebody else's words: "the assistant suggested", "an article says"."""
    said = cue("speech").search(text)
    if said is None:
        return False
    subject = text[: said.start()]
    own = re.search(r"\b(?:we|i|our|my)\b", subject, re.I)
    if said.group(0).lower() in ("recommends", "advises") and re.search(
        r"\b(?:vendor|support|runbook|playbook|procedure|manual)\s*$", subject, re.I
    ):
        return False
    return own is None and cue("third").search(text[: said.end()]) is not None


def by_subject(core: list[str], prose: bool) -> Reading:
    """A base form: imperative, infinitive, or the present of several persons."""
    last = core[-1] if core else ""
    if not core or last in ("please", "let's", "lets", "and", "or", "then", "so", "but", "bitte"):
        return told("imperative") if not core or last in ("please", "let's", "lets", "bitte") else OPEN
    if last == "to":
        before = " ".join(core[:-1])
        if re.search(r"\b(?:is|are|be|remains)$", before) and cue("fix_noun").search(before):
            return told("infinitive")
        if _INFINITIVE_PAST.search(before) or re.search(r"\b(?:was|were|had)\b(?: \w+){0,2}$", before):
            return refused("third")
        if spoken_by_third(before):
            return refused("third")
        if cue("ability").search(" ".join(core)) and core[0] not in ("here", "below") and not set(core) & {"you", "we"}:
            return refused("ability")
        return told("infinitive") if cue("fix_noun").search(before) or cue("reader").search(before) else OPEN
    if last in MODAL or (len(core) > 1 and last in ("not", "be") and core[-2] in MODAL):
        subject = " ".join(core[:-1])
        reader = bool(set(core[:-1]) & READER) and not cue("third").search(subject.split(" that ")[-1])
        if last == "would":
            return told("modal") if core[:-1] and core[-2] == "i" else refused("hypothetical")
        if not core[:-1]:
            return OPEN
        if reader or last in ("should", "must"):
            return told("modal")
        return refused("hypothetical") if last in ("might", "could", "may", "can", "will") else OPEN
    if last in BE or last in PAST_AUXILIARY:
        return by_past(core)
    if last not in DETERMINER and set(core[:-1]) & {"let", "have", "make", "help"}:
        if set(core) & {"would", "could", "might"} or core[0] in _PRONOUN:
            return refused("hypothetical")
        return told("reader") if set(core) & READER else told("imperative")
    if prose and (last in DETERMINER or adjective(core)):
        return refused("noun")
    if last in ("have", "has", "had"):
        return refused("noun")
    if last in READER:
        return told("reader")
    if last in _PRONOUN:
        return refused("third")
    if core[0] in PREPOSITION or form_of(core[0]) == "base":
        return told("imperative")
    if re.search(r"\b(?:lets|allows|enables|makes|helps)\b", " ".join(core)):
        return refused("statement")
    return refused("third") if cue("third").search(" ".join(core[-3:])) else OPEN


def adjective(core: list[str]) -> bool:
    """An article with an adjective: what follows is a noun."""
    if len(core) < 2 or core[-2] not in DETERMINER:
        return False
    return core[-2] in ("a", "an", "every", "any", "no") or core[-1].endswith(
        ("al", "ous", "ive", "ic", "able", "ful", "ed", "ing")
    )


def by_past(core: list[str]) -> Reading:
    """A past form or participle."""
    last = core[-1] if core else ""
    joined = " ".join(core)
    if re.search(
        r"\b(?:should|must|shall|can|may|needs?|has|have|ought|is|are|best|to|could|let)\b(?: \w+){0,3} be$", joined
    ):
        return told("passive") if "would" not in core and "might" not in core else refused("hypothetical")
    if re.search(r"\b(?:would|might)\b(?: \w+){0,4} (?:be|have been)$", joined):
        return refused("hypothetical")
    if re.search(r"\b(?:needs?|wants?)(?: \w+)?$", joined) or last in ("be", "with"):
        return told("passive")
    if last in BE and re.search(r"\b(?:ensure|make sure|see to it)\b", joined):
        return told("passive")
    if last in PAST_AUXILIARY or last in BE:
        return refused("past")
    if core and form_of(core[0]) == "base" and last not in _PRONOUN:
        return told("causative")
    if re.search(r"\b(?:should|must|ought to|needs? to|ha(?:s|ve) to|are to|is to) be \w+", joined):
        return told("passive")
    if "have" in core and not set(core) & _PRONOUN and last != "have":
        return told("causative")
    return (
        refused("past") if last in _PRONOUN or last in READER or cue("third").search(joined) else refused("participle")
    )


def by_gerund(core: list[str]) -> Reading:
    """A form in -ing: after a preposition, as a progressive, or as the object of advice."""
    last = core[-1] if core else ""
    joined = " ".join(core)
    if not core:
        return OPEN
    if last in BE:
        best = cue("fix_noun").search(joined) or any(
            w in ("what", "all", "least", "most") or w.endswith("est") for w in core
        )
        return told("fix") if best else OPEN if len(core) == 1 else refused("progressive")
    if last in _TOLD_ING:
        past = any(form_of(w) == "ed" for w in core) and cue("third").search(joined)
        return refused("third") if past else told("gerund")
    if re.search(r"\b(?:suggest|recommend|advis|propos)\w*$", joined):
        reader = set(core) & {"we", "i"} or len(core) == 1
        if reader and not last.endswith("ed"):
            return told("gerund")
        return refused("third") if not last.endswith("s") or spoken_by_third(joined) else OPEN
    if last in ("before", "from", "against", "of", "without", "avoid", "while", "than", "risk"):
        return OPEN if last == "while" else refused("alternative")
    if last in PREPOSITION or last in ("and", "or", "then", "after", "when"):
        return OPEN
    return refused("third") if cue("third").search(" ".join(core[-3:])) or last in _PRONOUN else OPEN


def by_present(core: list[str], left: str) -> Reading:
    """A third person singular."""
    if not core or core[0] in PREPOSITION:
        return OPEN
    joined = " ".join(core)
    if core[-1] in (DETERMINER | _QUANTIFIER | READER | PREPOSITION) or form_of(core[-1]) == "ed" or adjective(core):
        return OPEN  # a plural noun, no verb
    if _NEEDS.search(left) or (cue("fix_noun").search(joined) and not cue("third").search(joined)):
        return told("fix")
    if core[-1] in ("this", "that", "it", "which", "following", "command", "step"):
        return OPEN
    return refused("statement")


def act(left: str, inside: str) -> tuple[list[str], int, str]:
    """Words up to the verb of an act, its index, and its form: among its own words first, then before them."""
    words = words_of(left)
    own = words_of(inside)
    if own and own[0] in _NEGATIVE:
        own = []
    joined = words + own
    nominal = False
    for index in range(len(words), len(joined)):
        previous = joined[index - 1] if index else ""
        form = form_of(joined[index])
        if not form and (
            previous in _BEFORE_BASE or (previous in _ADVERBS and index > 1 and joined[index - 2] in _BEFORE_BASE)
        ):
            form = "" if joined[index] in _FUNCTION else "base"
        if not form and (index == 0 or (index == len(words) and set(words) <= _ADVERBS)) and _orders(joined[index:]):
            form = "base"
        pronoun = form == "s" and previous in ("this", "that", "it")
        noun = (
            form in ("base", "s")
            and not pronoun
            and (previous in (DETERMINER | _QUANTIFIER) or adjective(core_of(joined[:index])))
        )
        if form and not noun:
            return joined, index, form
        nominal = nominal or (noun and index == len(words))
    for index in range(len(words) - 1, -1, -1):
        form = form_of(words[index])
        if form and index and words[index - 1] in (DETERMINER | _QUANTIFIER) - {"this", "that"}:
            continue
        if not form and index == 0 and _orders(joined):
            form = "base"
        if form:
            return words, index, form
    return words, -1, "noun" if nominal else ""


def _orders(words: list[str]) -> bool:
    """An unknown word at the start with an article behind it is an imperative: "Bake the keys into the image"."""
    if len(words) < 2 or words[1] not in (DETERMINER | _QUANTIFIER | {"it", "them", "him", "her", "me"}):
        return False
    first = words[0]
    return first not in _FUNCTION and not first.endswith(("ing", "ed", "ly", "s'"))
