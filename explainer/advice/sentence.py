"""A sentence read about one act in it: its clause, those on which it hangs, and what the sentence comes to."""

from __future__ import annotations

import re

from explainer.advice.clauses import CONCESSIVE, CONDITIONAL, RELATIVE, Clause, cut, holding
from explainer.advice.cues import cue, form_of
from explainer.advice.readings import CODE_LIST, LABEL, clause, predicate
from explainer.advice.verbs import BE, MODAL, OPEN, READER, Reading, refused, spoken_by_third, told, words_of

_EVENT_TIME = re.compile(
    r"^\W*(?:(?:at|around|about|by|since|from|um|à|a las|às|alle)\s+)?(?:\d{4}-\d\d-\d\d[T ]?)?(?:~\s?)?"
    r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\.\d+)?\s?(?:Z|UTC|[ap]\.?m\.?)?\b(?:\s?[–-]\s?\d\d?:\d\d)?"
    r"|^\W*\d{4}-\d\d-\d\d(?:T|\b)|^\W*T\s?[+-]\s?\d",
    re.I,
)
_FOR_NOW = re.compile(
    r"\b(?:until|till|for now|for the (?:time|night|weekend|week|day)|tonight|meanwhile|in the meantime)\b", re.I
)
_WOULD_HARM = re.compile(r"\b(?:would|might|could|may|was|were|had)\b", re.I)
_OUGHT = re.compile(
    r"\b(?:should|must|ought\s+to|needs?\s+to|has\s+to|have\s+to|is\s+to|are\s+to|can)\s+be\s+(?!removed|deleted|avoided|rejected|reverted|treated|reported|"
    r"investigated|refused|blocked|denied|flagged|revoked|withdrawn|escalated)\w+"
    r"|\bmay\s+be\s+\w+\s+by\s+(?:the\s+|all\s+|any\s+)?(?:analysts?|teams?|every\w+|any\w+|users?|engineers?|operators?|colleagues?|responders?|all)\b",
    re.I,
)
_BEFORE = frozenset({"before", "bevor", "avant", "antes", "prima"})
_ASIDE = re.compile(r"\([^()]*\)")
_CURES = (
    r"(?:\w+ly\s+)?(?:spare|save|help|fix|solve|resolve|unblock|speed|restore|clear|settle|do|calm|keep|bring|get|end|"
    r"quiet|silence|free)\b"
)
_FACT = re.compile(
    r"\b(?:is|are|was|were|does|did|has|have|had|ca|wo|could)(?:n['’]t|\s+not)|\bcannot\b|\bno longer\b", re.I
)


def read(sentence: str, start: int, end: int, prose: bool) -> Reading:
    """Read a sentence about the act at ``start:end``; an act in words may reach over several clauses."""
    reading = _read(sentence, start, end, prose)
    if reading.told > 0 or not prose or reading.why in ("event", "evidence"):
        return reading
    clauses = cut(sentence)
    first = clauses[holding(clauses, start)] if clauses else None
    if first is None or first.end >= end - 4:
        return reading
    fixed = reading.why in ("forbid", "alternative", "detect", "prevent") and (
        not first.subordinate or first.opener in _BEFORE
    )
    longest = first.end - start
    for later in clauses:
        if not start < later.start < end - 4:
            continue
        turns = later.opener in ("but", "yet", "so", "then") or re.match(
            r"\W*(?:therefore|hence|thus|however)\b", sentence[later.start :], re.I
        )
        begin = later.start + (len(later.opener) if sentence[later.start :].lower().startswith(later.opener) else 0)
        while begin < end and not sentence[begin].isalnum():
            begin += 1
        other = _read(sentence, begin, end, prose) if begin < end - 3 else OPEN
        if other.told > 0 and other.why in ("imperative", "modal", "passive", "causative") and (turns or not fixed):
            return other
        if reading.told == 0 and min(later.end, end) - begin > longest:
            # Most of the act stands here; what is before it is the tail of another clause.
            reading, longest = other, min(later.end, end) - begin
    return reading


def _read(sentence: str, start: int, end: int, prose: bool) -> Reading:
    """Read the clause at ``start``, then those on which it hangs."""
    note = re.match(r"\s*(?:[-*•]\s*)?(?:->|→|=>)", sentence) is not None
    if _EVENT_TIME.match(sentence) and not _planned(sentence):
        return refused("event")
    clauses = cut(sentence)
    index = holding(clauses, start)
    if index < 0:
        return OPEN
    own = clauses[index]
    left, inside = _ASIDE.sub(_blank, sentence[own.start : start]), sentence[start : max(start + 1, min(end, own.end))]
    left = left[len(own.opener) :] if own.opener and left.lower().startswith(own.opener) else left
    reading = clause(left, inside, prose, own.opener)
    if reading.why == "imperative":
        reading = _shared(sentence, clauses, index, reading, left)
    leading = words_of(LABEL.sub("", CODE_LIST.sub("", left)))
    forms = [form_of(w) for w in leading]
    opening = leading or (words_of(inside)[:1] if prose else [])
    gerund = bool(opening) and form_of(opening[0]) == "ing" and all(f in ("", "ing") for f in forms)
    if gerund and not prose:
        gerund = len(leading) == 1
    topic = gerund or (not any(forms) and (not prose or not any(form_of(w) for w in words_of(inside))))
    if cue("forbid_after").search(sentence[start if prose else end : own.end]):
        return refused("forbid")
    nominal = reading.why == "infinitive" and not any(w in BE or w in MODAL or form_of(w) for w in leading)
    if (reading.told == 0 and (topic or gerund)) or nominal:
        said = predicate(sentence[end : own.end], far=gerund)
        if gerund and prose and said.told <= 0 and said.why != "forbid":
            said = _gerund_cures(sentence, clauses, index, start) or said
        if said.told == 0:
            said = _later_predicate(sentence, clauses, index, end)
        rest = sentence[end:].split(";")[0]
        if (
            said.told >= 0
            and re.search(r"[,—]\s*(?:but|and|yet|which|though|however|so)\b", rest)
            and cue("rejected").search(rest)
        ):
            said = refused("forbid")
        if said.told:
            reading = said
        elif gerund:
            reading = refused("gerund") if not re.search(r"^\W*$", sentence[end:]) else OPEN
    if prose and reading.why == "hypothetical" and _later_predicate(sentence, clauses, index, end).told > 0:
        reading = told("remedy")
    if reading.why == "hypothetical" and re.search(r"\bmay\b", left) and _FOR_NOW.search(sentence[start:]):
        reading = told("permitted")
    if prose and reading.why == "past" and own.opener in RELATIVE and _ought_later(sentence[end:]):
        reading = told("passive")
    if (
        prose
        and reading.why in ("third", "noun", "progressive", "relative", "participle", "statement")
        and _ought_later(sentence[start:])
    ):
        reading = told("passive")
    if (
        reading.why == "imperative"
        and prose
        and not leading
        and re.match(r"\W*\w+\s+\w+[^,;:.]{0,90}?\bwould\b", sentence[start : own.end])
    ):
        reading = refused("hypothetical")
    if note and reading.why in ("statement", "noun", "participle", "gerund"):
        return OPEN
    if reading.told:
        return _bent(reading, own, clauses, sentence)
    if own.opener in _BEFORE and reading.told == 0:
        return refused("alternative")
    if own.opener in CONDITIONAL and topic:
        return refused("condition")
    inherited = _inherited(sentence, clauses, index, reading)
    if inherited.told > 0:
        return _bent(inherited, own, clauses, sentence)
    if inherited.told <= 0 and own.opener in RELATIVE and prose:
        if _ought_later(sentence[end:]):
            return told("passive")
        return refused("relative") if inherited.told == 0 else inherited
    return inherited


def _later_predicate(sentence: str, clauses: tuple[Clause, ...], index: int, end: int) -> Reading:
    """The predicate of a topic that an insertion cuts off: "removing it, drastic as it sounds, clears the error"."""
    for later in clauses[index + 1 : index + 4]:
        if later.opener not in (",", "—", "and", "or", *RELATIVE):
            break
        body = sentence[max(later.start, end) : later.end]
        body = body[len(later.opener) :] if body.lower().startswith(later.opener) else body
        if cue("remedy").match(body.lstrip()) or _OUGHT.match(body.lstrip()):
            return told("remedy")
    return OPEN


def _gerund_cures(sentence: str, clauses: tuple[Clause, ...], index: int, start: int) -> Reading | None:
    """A long gerund phrase may hold commas before what it does is said."""
    stop = clauses[index].end
    for later in clauses[index + 1 : index + 4]:
        if later.opener not in (",", "and", "or"):
            break
        stop = max(stop, later.end)
    text = sentence[start:stop]
    if cue("rejected").search(text) or _WOULD_HARM.search(text):
        return None
    return told("remedy") if cue("remedy").search(text) or _OUGHT.search(text) else None


def _ought_later(rest: str) -> bool:
    """Whether what a long subject leads to is something to be done, or a cure."""
    rest = rest.split(";")[0]
    match = _OUGHT.search(rest) or re.search(
        rf"\b(?:would|will)\s+(?:{_CURES}|be\s+(?:the|a|our|your)\s+(?:quick|simpl|fast|best|eas|clean|cheap|right|obvious))",
        rest,
        re.I,
    )
    return match is not None and not re.search(r"\b(?:was|were|had|but|not|never)\b", rest[: match.end()], re.I)


def _shared(sentence: str, clauses: tuple[Clause, ...], index: int, reading: Reading, left: str) -> Reading:
    """A bare verb behind "and", or in a list with "or", shares subject, modal and negation with the clause before."""
    own = clauses[index]
    if own.host < 0 or re.search(r"\w", left):
        return reading
    if own.opener in ("and", "or", "nor") and not own.comma:
        return OPEN
    later = any(c.opener in ("or", "nor") for c in clauses[index : index + 4])
    if own.opener in (",", "or", "nor") and later:
        before = index
        while before >= 0 and clauses[before].opener in (",", "or", "nor"):
            before = clauses[before].host
        first = clauses[before] if before >= 0 else own
        if clause(sentence[first.start : first.end].rstrip(" ,"), "", False, first.opener).why == "forbid":
            return refused("forbid")
    return reading


def _planned(sentence: str) -> bool:
    """A time followed by an imperative is a plan."""
    match = _EVENT_TIME.match(sentence)
    words = words_of(sentence[match.end() :])[:1] if match else []
    return bool(words and form_of(words[0]) == "base")


def _bent(reading: Reading, own: Clause, clauses: tuple[Clause, ...], sentence: str) -> Reading:
    """What the kind of the clause makes of its own reading."""
    if reading.told < 0 and own.host >= 0:
        outer = clauses[own.host]
        governor = sentence[outer.start : outer.end]
        if reading.why == "condition" and cue("harmless").search(governor):
            return told("harmless")
        if (
            own.opener in RELATIVE
            and reading.why in ("third", "statement")
            and cue("creates").match(governor.strip(" ,:—-*_"))
        ):
            return told("effect")
        if own.opener == "so that" and reading.why in (
            "third",
            "statement",
            "alternative",
            "past",
            "participle",
            "hypothetical",
        ):
            effect = clause(governor.rstrip(" ,"), "", False, outer.opener)
            return effect if effect.told > 0 else reading
        if (
            reading.why in ("past", "participle", "third", "statement")
            and own.opener == "that"
            and re.search(r"\b(?:ensure|make sure|see to it|recommend|suggest|require)\s*$", governor, re.I)
        ):
            return told("passive")
    if reading.told > 0 and own.opener == ":" and own.host >= 0:
        label = clauses[own.host]
        if clause(sentence[label.start : label.end].rstrip(" :"), "", False, label.opener).why == "evidence":
            return refused("evidence")
    quoted = _quoted(clauses, own)
    if reading.told > 0 and (quoted or own.opener == "that") and own.host >= 0:
        outer = clauses[(quoted or own).host]
        governor = sentence[outer.start : outer.end]
        if spoken_by_third(governor):
            return refused("third")
        if cue("forbid").search(governor) and not cue("unforbid").search(governor):
            return refused("forbid")
    if reading.told > 0 and own.opener in CONCESSIVE and reading.why in ("reader", "passive"):
        return OPEN
    return reading


def _quoted(clauses: tuple[Clause, ...], own: Clause) -> Clause | None:
    """The first clause of the quotation in which a clause stands."""
    for _ in range(20):
        if own.opener == "“":
            return own if own.host >= 0 else None
        if own.host < 0:
            return None
        own = clauses[own.host]
    return None


def _inherited(sentence: str, clauses: tuple[Clause, ...], index: int, reading: Reading) -> Reading:
    """An open clause is read like the one on which it hangs."""
    own = clauses[index]
    steps = 0
    quoted = own.opener == "“"
    while own.host >= 0 and steps < 12:
        steps += 1
        if own.opener == ";" or (own.opener in ("but", "yet", "otherwise") and not quoted):
            break
        outer = clauses[own.host]
        text = sentence[outer.start : outer.end]
        if quoted and spoken_by_third(text):
            return refused("third")
        text = text[len(outer.opener) :] if outer.opener and text.lower().startswith(outer.opener) else text
        governed = clause(text.rstrip(" :,"), "", False, outer.opener)
        if governed.told:
            apart = own.opener in (",", ":", "(", "—")
            if outer.subordinate and (governed.told > 0 or apart) and outer.opener != "that":
                own = outer
                continue
            if (
                governed.why == "alternative"
                and apart
                and not cue("alternative").match(text.strip())
                and "¤" not in text
            ):
                own = outer
                continue
            if governed.why == "forbid" and apart and own.opener != "," and _fact(text):
                own = outer
                continue
            return governed if not (reading.told > 0 and governed.told > 0) else reading
        own = outer
        quoted = quoted or own.opener == "“"
    return reading


def _fact(text: str) -> bool:
    """A negation that states how things are ("it isn't in any repository"), not what may be done."""
    match = _FACT.search(text)
    return (
        match is not None
        and bool(words_of(text[: match.start()]))
        and not set(words_of(text[: match.start()])) & READER
    )


def introduces(sentence: str) -> Reading:
    """Read a sentence that stands before a block: does it tell the reader to do what follows?"""
    for aside in _ASIDE.finditer(sentence):
        said = clause(aside.group(0).strip("()"), "", False)
        if said.why in ("forbid", "evidence"):
            return said
    text = _ASIDE.sub(_blank, sentence).rstrip().rstrip(":*_ ").rstrip(".")
    if not text:
        return OPEN
    clauses = cut(text)
    outer = [i for i, c in enumerate(clauses) if c.opener not in ("(", "“") and not _nested(clauses, i)]
    hanging = {
        i
        for i, c in enumerate(clauses)
        if c.subordinate or (c.opener in ("and", "or") and c.host >= 0 and clauses[c.host].subordinate)
    }
    for index in reversed(outer):
        own = clauses[index]
        body = text[own.start : own.end]
        body = body[len(own.opener) :] if own.opener and body.lower().startswith(own.opener) else body
        reading = clause(body, "", False, own.opener)
        if reading.told < 0 and index in hanging and index != outer[0]:
            if (
                reading.why in ("detect", "forbid")
                and own.opener in RELATIVE
                and index == outer[-1]
                and len(outer) == 2
            ):
                return reading
            continue
        if reading.told > 0 and index in hanging and index != outer[0]:
            continue
        if reading.told < 0 and own.opener == "—" and reading.why in ("past", "participle", "statement", "third"):
            continue
        if reading.why == "alternative" and not cue("alternative").match(body.strip()):
            continue
        if reading.why == "forbid" and index != outer[0] and _fact(body):
            continue
        if reading.told:
            return reading
    return OPEN


def _nested(clauses: tuple[Clause, ...], index: int) -> bool:
    seen = 0
    while clauses[index].host >= 0 and seen < 50:
        seen += 1
        if clauses[index].opener in ("(", "“"):
            return True
        index = clauses[index].host
    return clauses[index].opener in ("(", "“")


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group(0))
