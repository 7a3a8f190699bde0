"""One clause read: does it tell the reader to do what stands in it, does somebody else do it, or is it open?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from explainer.advice.clauses import CONCESSIVE, CONDITIONAL, RELATIVE, Clause, cut, holding
from explainer.advice.cues import cue, form_of

_WORD = re.compile(r"[A-Za-zÀ-ÿ][\w’'-]*|¤+")
_CODE_LIST = re.compile(r"(?<!¤)(?:¤++\s*+(?:and then|followed by|as well as|and|or|then|plus|und|et|y|e|,|;|/|\+|&)?+\s*+)++$")
_CODE_LIST_AFTER = re.compile(r"^\s*+(?:(?:and then|followed by|as well as|and|or|then|plus|,|/|\+|&)\s*+¤++\s*+)++")
_LABEL = re.compile(r"^(?:[^\w¤]|[\d_])*+(?:step\s+\d+\W+|\w{1,3}[.)]\s+)?")
_ADVERBS = frozenset(
    "just simply then now also first always temporarily please again only instead next finally immediately quickly still "
    "never even already directly not back to-be briefly safely either both all once bitte jetzt dann einfach".split()
)
_BE = frozenset("is are 's ’s was were be been being am got gets get wird werden wurde wurden est sont es son è sono".split())
_PAST_AUX = frozenset("was were been had has have 've having wurde wurden war waren ont avait fue fueron foi foram".split())
_PREPOSITION = frozenset(
    "on in at for from with as during within into onto under over across via through per until by of after because inside "
    "outside without given due except apart auf in bei mit für sur dans pour avec en para con em su per".split()
)
_PRONOUN = frozenset("it they he she this that these those which who someone somebody anyone anybody there".split())
_READER = frozenset("you we i one us team let's lets ich wir sie du man vous nous on".split())
_MODAL = frozenset("should must shall can could may might ought will would 'll ’ll 'd ’d".split())
_QUANTIFIER = frozenset("both all these those two three four many several few most more other alle les tous toutes los las todos todas tutti tutte".split())
_DETERMINER = frozenset("the a an its their his her our your this that every each any no some another such".split())
_TOLD_ING = frozenset(
    "by via through consider considering try trying suggest suggesting recommend recommending advise worth about propose "
    "mean means keep start begin for prefer like with durch".split()
)
_NEGATIVE = frozenset("without with no not sans ohne sin sem senza".split())
_BEFORE_BASE = frozenset({"to", "please", *_MODAL, "don't", "let's"})
_NO_ORDER = frozenset(
    "since while if when because although though whereas unless once whether and or but so nor yet not even half here there why how what where "
    "besides despite like than both all only was were did does do has have had been about above below under behind between among against "
    "towards amid whatever whichever whenever wherever including regarding concerning besides plus minus per".split()
)
_FUNCTION = _PREPOSITION | _BE | _MODAL | _ADVERBS | _READER | _PRONOUN | _DETERMINER | _QUANTIFIER | _NO_ORDER
_NEEDS = re.compile(r"\b(?:needs?|requires?|takes?|wants?|calls?\s+for|means|helps?|works?|fixe[sd]|fixes|does|is)\s*$", re.I)
_INFINITIVE_PAST = re.compile(
    r"\b(?:tried|attempted|wanted|managed|able|ordered|used|went\s+on|came|proposed|asked|asks|suggested|proposes|offered|"
    r"began|started|continued|failed|tries|attempts|wants|seems|appears|refused|planned|intended|hoped|happened|designed|"
    r"known|likely|unlikely|seen|observed|said|believed|told|forgot|chose)(?:\s+(?:us|you|me|them|him|her|for))?\s*$",
    re.I,
)
_FOR_NOW = re.compile(r"\b(?:until|till|for now|for the (?:time|night|weekend|week|day)|tonight|meanwhile|in the meantime)\b", re.I)
_WOULD_HARM = re.compile(r"\b(?:would|might|could|may|was|were|had)\b", re.I)
_WOULD = re.compile(r"(?<![\w-])(?:would|might|could|can|may|will)(?![\w])", re.I)
_EVENT_TIME = re.compile(
    r"^\W*(?:(?:at|around|about|by|since|from|um|à|a las|às|alle)\s+)?(?:\d{4}-\d\d-\d\d[T ]?)?(?:~\s?)?\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\.\d+)?\s?(?:Z|UTC|[ap]\.?m\.?)?\b(?:\s?[–-]\s?\d\d?:\d\d)?"
    r"|^\W*\d{4}-\d\d-\d\d(?:T|\b)|^\W*T\s?[+-]\s?\d",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a clause says about the act in it."""

    told: int
    """1: the reader is told; -1: not; 0: the clause leaves it open."""
    why: str = ""


OPEN = Reading(0)


def _not(why: str) -> Reading:
    return Reading(-1, why)


def _told(why: str) -> Reading:
    return Reading(1, why)


def _words(text: str) -> list[str]:
    return [m.group(0).lower().replace("’", "'") for m in _WORD.finditer(text)]


def _core(words: list[str]) -> list[str]:
    """Words before a verb without adverbs."""
    return [w for w in words if w not in _ADVERBS and not (w.endswith("ly") and len(w) > 4)]


def _last_negation(text: str) -> re.Match[str] | None:
    last = None
    for match in cue("forbid").finditer(text):
        if not cue("unforbid").match(text[match.end() :].lstrip()):
            last = match
    return last


def _restarts(tail: str, found: str, *, strict: bool = False) -> bool:
    """Whether after "instead of …" or a negated half a new instruction begins before the finding."""
    words = _words(tail)
    for index, word in enumerate(words):
        if not strict and index and form_of(word) == "base" and words[index - 1] not in ("to", "and", "or", *_DETERMINER, *_MODAL):
            return True
        if index and word in ("you", "we") and set(words[index + 1 : index + 3]) & (_MODAL | {"need", "have"}):
            return True
    first = _words(found)[:1]
    return bool(not strict and first and words and form_of(first[0]) == "base" and words[-1] not in ("to", "and", "or", *_DETERMINER, *_MODAL))


def _by_subject(core: list[str], prose: bool) -> Reading:
    """A base form: imperative, infinitive, or the present of several persons."""
    last = core[-1] if core else ""
    if not core or last in ("please", "let's", "lets", "and", "or", "then", "so", "but", "bitte"):
        return _told("imperative") if not core or last in ("please", "let's", "lets", "bitte") else OPEN
    if last == "to":
        before = " ".join(core[:-1])
        if re.search(r"\b(?:is|are|be|remains)$", before) and cue("fix_noun").search(before):
            return _told("infinitive")
        if _INFINITIVE_PAST.search(before) or re.search(r"\b(?:was|were|had)\b(?: \w+){0,2}$", before):
            return _not("third")
        if _spoken_by_third(before):
            return _not("third")
        if cue("ability").search(" ".join(core)) and not set(core) & {"you", "we"}:
            return _not("ability")
        return _told("infinitive") if cue("fix_noun").search(before) or cue("reader").search(before) else OPEN
    if last in _MODAL or (len(core) > 1 and last in ("not", "be") and core[-2] in _MODAL):
        subject = " ".join(core[:-1])
        reader = bool(set(core[:-1]) & _READER) and not cue("third").search(subject.split(" that ")[-1])
        if last == "would":
            return _told("modal") if core[:-1] and core[-2] == "i" else _not("hypothetical")
        if not core[:-1]:
            return OPEN
        if reader or last in ("should", "must"):
            return _told("modal")
        return _not("hypothetical") if last in ("might", "could", "may", "can", "will") else OPEN
    if last in _BE or last in _PAST_AUX:
        return _by_past(core)
    if last not in _DETERMINER and set(core[:-1]) & {"let", "have", "make", "help"}:
        if set(core) & {"would", "could", "might"} or core[0] in _PRONOUN:
            return _not("hypothetical")
        return _told("reader") if set(core) & _READER else _told("imperative")
    if prose and (last in _DETERMINER or _adjective(core)):
        return _not("noun")
    if last in ("have", "has", "had"):
        return _not("noun")
    if last in _READER:
        return _told("reader")
    if last in _PRONOUN:
        return _not("third")
    if core[0] in _PREPOSITION or form_of(core[0]) == "base":
        return _told("imperative")
    if re.search(r"\b(?:lets|allows|enables|makes|helps)\b", " ".join(core)):
        return _not("statement")
    return _not("third") if cue("third").search(" ".join(core[-3:])) else OPEN


def _adjective(core: list[str]) -> bool:
    """An article with an adjective: what follows is a noun."""
    if len(core) < 2 or core[-2] not in _DETERMINER:
        return False
    return core[-2] in ("a", "an", "every", "any", "no") or core[-1].endswith(("al", "ous", "ive", "ic", "able", "ful", "ed", "ing"))


def _by_past(core: list[str]) -> Reading:
    """A past form or participle."""
    last = core[-1] if core else ""
    joined = " ".join(core)
    if re.search(r"\b(?:should|must|shall|can|may|needs?|has|have|ought|is|are|best|to|could|let)\b(?: \w+){0,3} be$", joined):
        return _told("passive") if "would" not in core and "might" not in core else _not("hypothetical")
    if re.search(r"\b(?:would|might)\b(?: \w+){0,4} (?:be|have been)$", joined):
        return _not("hypothetical")
    if re.search(r"\b(?:needs?|wants?)(?: \w+)?$", joined) or last in ("be", "with"):
        return _told("passive")
    if last in _BE and re.search(r"\b(?:ensure|make sure|see to it)\b", joined):
        return _told("passive")
    if last in _PAST_AUX or last in _BE:
        return _not("past")
    if core and form_of(core[0]) == "base" and last not in _PRONOUN:
        return _told("causative")
    if re.search(r"\b(?:should|must|ought to|needs? to|ha(?:s|ve) to|are to|is to) be \w+", joined):
        return _told("passive")
    if "have" in core and not set(core) & _PRONOUN and last != "have":
        return _told("causative")
    return _not("past") if last in _PRONOUN or last in _READER or cue("third").search(joined) else _not("participle")


def _by_gerund(core: list[str]) -> Reading:
    last = core[-1] if core else ""
    joined = " ".join(core)
    if not core:
        return OPEN
    if last in _BE:
        best = cue("fix_noun").search(joined) or any(w in ("what", "all", "least", "most") or w.endswith("est") for w in core)
        return _told("fix") if best else OPEN if len(core) == 1 else _not("progressive")
    if last in _TOLD_ING:
        past = any(form_of(w) == "ed" for w in core) and cue("third").search(joined)
        return _not("third") if past else _told("gerund")
    if re.search(r"\b(?:suggest|recommend|advis|propos)\w*$", joined):
        reader = set(core) & {"we", "i"} or len(core) == 1
        if reader and not last.endswith("ed"):
            return _told("gerund")
        return _not("third") if not last.endswith("s") or _spoken_by_third(joined) else OPEN
    if last in ("before", "from", "against", "of", "without", "avoid", "while", "than", "risk"):
        return OPEN if last == "while" else _not("alternative")
    if last in _PREPOSITION or last in ("and", "or", "then", "after", "when"):
        return OPEN
    return _not("third") if cue("third").search(" ".join(core[-3:])) or last in _PRONOUN else OPEN


def _by_present(core: list[str], left: str) -> Reading:
    """A third person singular."""
    if not core or core[0] in _PREPOSITION:
        return OPEN
    joined = " ".join(core)
    if core[-1] in (_DETERMINER | _QUANTIFIER | _READER | _PREPOSITION) or form_of(core[-1]) == "ed" or _adjective(core):
        return OPEN  # a plural noun, no verb
    if _NEEDS.search(left) or (cue("fix_noun").search(joined) and not cue("third").search(joined)):
        return _told("fix")
    if core[-1] in ("this", "that", "it", "which", "following", "command", "step"):
        return OPEN
    return _not("statement")


def _forbidden_within(left: str, inside: str) -> bool:
    """Whether the words of the act are themselves under a prohibition: "SELinux must not be disabled"; "do" + "not close it"."""
    joined = f"{left} {inside}"
    match = cue("forbid").search(joined, max(0, len(left) - 12))
    if match is None:
        return False
    if match.start() < len(left):
        return match.end() > len(left) and not cue("unforbid").match(joined[match.end() :].lstrip())
    own = match.group(0)
    return re.match(r"(?:must|should|may|can|shall)\s*(?:n['’]t|not|never)", own, re.I) is not None or (
        match.start() > len(left) + 1 and re.match(r"(?:never|cannot|can['’]t|niemals|nunca|jamais)\b", own, re.I) is not None
    )


def _act(left: str, inside: str) -> tuple[list[str], int, str]:
    """Words up to the verb of the act, its index among them, and its form: in the act's own words first, then before them."""
    words = _words(left)
    own = _words(inside)
    if own and own[0] in _NEGATIVE:
        own = []
    joined = words + own
    nominal = False
    for index in range(len(words), len(joined)):
        previous = joined[index - 1] if index else ""
        form = form_of(joined[index])
        if not form and (previous in _BEFORE_BASE or (previous in _ADVERBS and index > 1 and joined[index - 2] in _BEFORE_BASE)):
            form = "" if joined[index] in _FUNCTION else "base"
        if not form and (index == 0 or (index == len(words) and set(words) <= _ADVERBS)) and _orders(joined[index:]):
            form = "base"
        pronoun = form == "s" and previous in ("this", "that", "it")
        noun = form in ("base", "s") and not pronoun and (previous in (_DETERMINER | _QUANTIFIER) or _adjective(_core(joined[:index])))
        if form and not noun:
            return joined, index, form
        nominal = nominal or (noun and index == len(words))
    for index in range(len(words) - 1, -1, -1):
        form = form_of(words[index])
        if form and index and words[index - 1] in (_DETERMINER | _QUANTIFIER) - {"this", "that"}:
            continue
        if not form and index == 0 and _orders(joined):
            form = "base"
        if form:
            return words, index, form
    return words, -1, "noun" if nominal else ""


def _orders(words: list[str]) -> bool:
    """An unknown word at the start with an article behind it is an imperative: "Bake the keys into the image"."""
    if len(words) < 2 or words[1] not in (_DETERMINER | _QUANTIFIER | {"it", "them", "him", "her", "me"}):
        return False
    first = words[0]
    return first not in _FUNCTION and not first.endswith(("ing", "ed", "ly", "s'"))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group(0))


def clause(left: str, inside: str, prose: bool, opener: str = "") -> Reading:
    """Read the part of a clause before an act, with the act's own words when they are words."""
    left = _LABEL.sub("", left)
    stripped = _LABEL.sub("", _CODE_LIST.sub("", left)) if not prose else left
    if prose and (_forbidden_within(stripped, inside) or re.search(r"(?<!\w)(?:no|non|não|ne|n['’])\s*$", stripped, re.I)):
        return _not("forbid")
    if not prose and inside and cue("removes").search(stripped + "¤") and cue("removes").search(stripped[-60:] + "¤"):
        return _not("undo")
    if cue("third_past").search(f"{stripped} {inside}" if prose else stripped):
        return _not("past")
    if re.match(r"\s*(?:were|had|should)\s+(?:we|you|they|somebody|someone|anyone|anybody|he|she|it|the)\b", stripped, re.I):
        return _not("condition")
    negation = _last_negation(stripped if prose else stripped + "¤")
    strict = opener not in CONDITIONAL
    if negation is not None and not _restarts(stripped[negation.end() :], inside if prose else "", strict=strict):
        return _not("forbid")
    weak = None
    for weak in cue("alternative").finditer(stripped):
        pass
    if weak is not None and not _restarts(stripped[weak.end() :], inside if prose else ""):
        return _not("alternative")
    for group in ("detect", "prevent", "refer", "undo"):
        last = None
        for last in cue(group).finditer(stripped):
            pass
        if last is not None and not _restarts(stripped[last.end() :], inside if prose else ""):
            return _not(group)
    asked = stripped.strip() + (" " + inside if prose else "")
    asking = opener in ("", ":", ";", "“", "—", "and", "but", "(")
    if asking and cue("ask").match(stripped.strip()) and not cue("suggest_question").match(asked):
        return _not("ask")
    if _SAID.search(stripped) and _spoken_by_third(stripped):
        return _not("spoken")
    words, at, form = _act(stripped, inside if prose else "")
    verb = words[at] if at >= 0 else ""
    if form == "noun":
        return _not("noun")
    reading = OPEN
    if at >= 0:
        core = _core(words[:at])
        if opener in RELATIVE and (not core or core[0] in RELATIVE):
            core = [opener, *core[1:]] if core else [opener]
        while core and core[0] in (*CONDITIONAL, "because", "since", "so", "then", "but", "and", "or", "once", "after", "until", "that"):
            if core[0] == "that" and opener == "that" and len(core) == 1:
                break
            core = core[1:]
        first = core[0] if core else ""
        governed = _words(stripped)
        if form_of(first) == "base" and first in governed and first not in _MODAL and not set(core) & {"would", "could", "might"}:
            # "Kill everything that the intruder started: …" is told; "review what the intruder ran: …" is not.
            looked = cue("inspect").fullmatch(first) and form == "ed" and cue("third").search(" ".join(core[1:]))
            reading = _not("third") if looked else _told("imperative")
        elif form == "base" and opener in CONDITIONAL and len(core) > 1 and core[-1][-1:] == "s":
            reading = _told("imperative")
        elif form == "base":
            reading = _by_subject(core, prose)
        elif form == "ed":
            reading = _by_past(core)
        elif form == "ing":
            reading = _by_gerund(core)
        else:
            reading = _by_present(core, verb)
        if opener in CONDITIONAL and core and (reading.told == 0 or reading.why in ("reader", "passive", "infinitive")):
            return _not("condition")
    elif re.search(r"(?:^|\s)(?:is|are|was|were|reads?|contains?)\s*:?\s*$", stripped, re.I):
        if cue("fix_noun").search(stripped) and not re.search(r"\b(?:was|were)\s*$", stripped):
            return _told("fix")
        return _not("evidence") if cue("evidence").search(stripped) or cue("third").search(stripped) else OPEN
    if reading.told == 0 and stripped.strip(" :,.*_"):
        if (at < 0 or form == "ed") and cue("evidence").search(stripped) and not cue("fix_noun").search(stripped):
            return _not("evidence")
        if re.search(r"(?:^|\W)(?:man|see|cf\.?)\s*$", stripped, re.I):
            return _not("refer")
    return reading


_OUGHT = re.compile(
    r"\b(?:should|must|ought\s+to|needs?\s+to|has\s+to|have\s+to|is\s+to|are\s+to|can)\s+be\s+(?!removed|deleted|avoided|rejected|reverted|treated|reported|"
    r"investigated|refused|blocked|denied|flagged|revoked|withdrawn|escalated)\w+"
    r"|\bmay\s+be\s+\w+\s+by\s+(?:the\s+|all\s+|any\s+)?(?:analysts?|teams?|every\w+|any\w+|users?|engineers?|operators?|colleagues?|responders?|all)\b",
    re.I,
)
_BEFORE = frozenset({"before", "bevor", "avant", "antes", "prima"})
_ASIDE = re.compile(r"\([^()]*\)")
_FIRST_PREDICATE = re.compile(r"[^,;:—]{0,160}")


def _later_predicate(sentence: str, clauses: tuple[Clause, ...], index: int, end: int) -> Reading:
    """The predicate of a topic that an insertion cuts off: "removing it, drastic as it sounds, clears the error"."""
    for later in clauses[index + 1 : index + 4]:
        if later.opener not in (",", "—", "and", "or", *RELATIVE):
            break
        body = sentence[max(later.start, end) : later.end]
        body = body[len(later.opener) :] if body.lower().startswith(later.opener) else body
        if cue("remedy").match(body.lstrip()) or _OUGHT.match(body.lstrip()):
            return _told("remedy")
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
    return _told("remedy") if cue("remedy").search(text) or _OUGHT.search(text) else None


def predicate(right: str, *, far: bool = False) -> Reading:
    """Read what is said of an act that is itself the subject: "… is out of the question", "… clears the error"."""
    right = _CODE_LIST_AFTER.sub(" ", re.sub(r"\([^()]*+\)?", " ", right))
    near = _FIRST_PREDICATE.match(right)
    first = near.group(0) if near else right
    rejected = cue("rejected").search(first) or cue("reject").search(first)
    if rejected and not re.search(r"\b(?:if|when|until|so that|because|so|to|while|who|which|where|on|for)\b", first[: rejected.start()], re.I):
        return _not("forbid")
    would = _WOULD.search(first)
    cured = cue("remedy").search(first)
    if would and re.match(r"would\s+(?:\w+ly\s+)?(?:spare|save|help|fix|solve|resolve|unblock|speed|restore|clear|settle|do|calm|keep|bring|get|end|quiet|silence|free)\b", first[would.start() :], re.I):
        return _told("remedy")
    if would and would.start() < 40 and not (cured and would.group(0).lower() in ("will", "can", "should")):
        return _not("hypothetical")
    if cured and cured.start() < (120 if far else 30):
        return _told("remedy")
    mentioned = cue("mention").search(first)
    if mentioned and mentioned.start() < 24:
        return _not("mention")
    words = _words(first)
    for index, word in enumerate(words[:7]):
        if word in _PAST_AUX:
            return _not("past")
        if form_of(word) == "ed" and index <= 3 and not (set(words[:index]) & {"be", "to"}):
            return _not("past") if index == 0 or words[index - 1] not in _DETERMINER else OPEN
        if word in _PREPOSITION or word in _DETERMINER:
            break
        if form_of(word) == "s" and index == 0:
            return _not("statement")
    return OPEN


def read(sentence: str, start: int, end: int, prose: bool) -> Reading:
    """Read a sentence about the act at ``start:end``; an act in words may reach over several clauses."""
    reading = _read(sentence, start, end, prose)
    if reading.told > 0 or not prose or reading.why in ("event", "evidence"):
        return reading
    clauses = cut(sentence)
    first = clauses[holding(clauses, start)] if clauses else None
    if first is None or first.end >= end - 4:
        return reading
    fixed = reading.why in ("forbid", "alternative", "detect", "prevent") and (not first.subordinate or first.opener in _BEFORE)
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
        return _not("event")
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
    leading = _words(_LABEL.sub("", _CODE_LIST.sub("", left)))
    forms = [form_of(w) for w in leading]
    opening = leading or (_words(inside)[:1] if prose else [])
    gerund = bool(opening) and form_of(opening[0]) == "ing" and all(f in ("", "ing") for f in forms)
    if gerund and not prose:
        gerund = len(leading) == 1
    topic = gerund or not any(forms) and (not prose or not any(form_of(w) for w in _words(inside)))
    if cue("forbid_after").search(sentence[start if prose else end : own.end]):
        return _not("forbid")
    nominal = reading.why == "infinitive" and not any(w in _BE or w in _MODAL or form_of(w) for w in leading)
    if reading.told == 0 and (topic or gerund) or nominal:
        said = predicate(sentence[end : own.end], far=gerund)
        if gerund and prose and said.told <= 0 and said.why != "forbid":
            said = _gerund_cures(sentence, clauses, index, start) or said
        if said.told == 0:
            said = _later_predicate(sentence, clauses, index, end)
        rest = sentence[end:].split(";")[0]
        if said.told >= 0 and re.search(r"[,—]\s*(?:but|and|yet|which|though|however|so)\b", rest) and cue("rejected").search(rest):
            said = _not("forbid")
        if said.told:
            reading = said
        elif gerund:
            reading = _not("gerund") if not re.search(r"^\W*$", sentence[end:]) else OPEN
    if prose and reading.why == "hypothetical" and _later_predicate(sentence, clauses, index, end).told > 0:
        reading = _told("remedy")
    if reading.why == "hypothetical" and re.search(r"\bmay\b", left) and _FOR_NOW.search(sentence[start:]):
        reading = _told("permitted")
    if prose and reading.why == "past" and own.opener in RELATIVE and _ought_later(sentence[end:]):
        reading = _told("passive")
    after = sentence[end : own.end]
    if prose and reading.why in ("third", "noun", "progressive", "relative", "participle", "statement") and _ought_later(sentence[start:]):
        reading = _told("passive")
    if reading.why == "imperative" and prose and not leading and re.match(r"\W*\w+\s+\w+[^,;:.]{0,90}?\bwould\b", sentence[start : own.end]):
        reading = _not("hypothetical")
    if note and reading.why in ("statement", "noun", "participle", "gerund"):
        return OPEN
    if reading.told:
        return _bent(reading, own, clauses, sentence)
    if own.opener in _BEFORE and reading.told == 0:
        return _not("alternative")
    if own.opener in CONDITIONAL and topic:
        return _not("condition")
    inherited = _inherited(sentence, clauses, index, reading)
    if inherited.told > 0:
        return _bent(inherited, own, clauses, sentence)
    if inherited.told <= 0 and own.opener in RELATIVE and prose:
        if _ought_later(sentence[end:]):
            return _told("passive")
        return _not("relative") if inherited.told == 0 else inherited
    return inherited


_SAID = re.compile(
    r"\b(?:say|says|said|claims?|claimed|suggests?|suggested|recommended|advised|writes?|wrote|insists?|insisted|told|tells|asks|asked|proposes|proposed|"
    r"wants|wanted|demands|demanded)\b",
    re.I,
)
_CURES = (
    r"(?:\w+ly\s+)?(?:spare|save|help|fix|solve|resolve|unblock|speed|restore|clear|settle|do|calm|keep|bring|get|end|quiet|silence|free)\b"
)


def _ought_later(rest: str) -> bool:
    """Whether what a long subject leads to is something to be done, or a cure."""
    rest = rest.split(";")[0]
    match = _OUGHT.search(rest) or re.search(rf"\b(?:would|will)\s+(?:{_CURES}|be\s+(?:the|a|our|your)\s+(?:quick|simpl|fast|best|eas|clean|cheap|right|obvious))", rest, re.I)
    return match is not None and not re.search(r"\b(?:was|were|had|but|not|never)\b", rest[: match.end()], re.I)


def _shared(sentence: str, clauses: tuple[Clause, ...], index: int, reading: Reading, left: str) -> Reading:
    """A bare verb behind "and" or in a list ending in "or" shares subject, modal and negation with the clause before."""
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
            return _not("forbid")
    return reading


def _planned(sentence: str) -> bool:
    """A time followed by an imperative is a plan."""
    match = _EVENT_TIME.match(sentence)
    words = _words(sentence[match.end() :])[:1] if match else []
    return bool(words and form_of(words[0]) == "base")


def _bent(reading: Reading, own: Clause, clauses: tuple[Clause, ...], sentence: str) -> Reading:
    """What the kind of the clause makes of its own reading."""
    if reading.told < 0 and own.host >= 0:
        outer = clauses[own.host]
        governor = sentence[outer.start : outer.end]
        if reading.why == "condition" and cue("harmless").search(governor):
            return _told("harmless")
        if own.opener in RELATIVE and reading.why in ("third", "statement") and cue("creates").match(governor.strip(" ,:—-*_")):
            return _told("effect")
        if own.opener == "so that" and reading.why in ("third", "statement", "alternative", "past", "participle", "hypothetical"):
            effect = clause(governor.rstrip(" ,"), "", False, outer.opener)
            return effect if effect.told > 0 else reading
        if reading.why in ("past", "participle", "third", "statement") and own.opener == "that" and re.search(r"\b(?:ensure|make sure|see to it|recommend|suggest|require)\s*$", governor, re.I):
            return _told("passive")
    if reading.told > 0 and own.opener == ":" and own.host >= 0:
        label = clauses[own.host]
        if clause(sentence[label.start : label.end].rstrip(" :"), "", False, label.opener).why == "evidence":
            return _not("evidence")
    quoted = _quoted(clauses, own)
    if reading.told > 0 and (quoted or own.opener == "that") and own.host >= 0:
        outer = clauses[(quoted or own).host]
        governor = sentence[outer.start : outer.end]
        if _spoken_by_third(governor):
            return _not("third")
        if cue("forbid").search(governor) and not cue("unforbid").search(governor):
            return _not("forbid")
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


def _spoken_by_third(text: str) -> bool:
    said = cue("speech").search(text)
    if said is None:
        return False
    subject = text[: said.start()]
    own = re.search(r"\b(?:we|i|our|my)\b", subject, re.I)
    if said.group(0).lower() in ("recommends", "advises") and re.search(r"\b(?:vendor|support|runbook|playbook|procedure|manual)\s*$", subject, re.I):
        return False
    return own is None and cue("third").search(text[: said.end()]) is not None


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
        if quoted and _spoken_by_third(text):
            return _not("third")
        text = text[len(outer.opener) :] if outer.opener and text.lower().startswith(outer.opener) else text
        governed = clause(text.rstrip(" :,"), "", False, outer.opener)
        if governed.told:
            apart = own.opener in (",", ":", "(", "—")
            if outer.subordinate and (governed.told > 0 or apart) and outer.opener != "that":
                own = outer
                continue
            if governed.why == "alternative" and apart and not cue("alternative").match(text.strip()) and "¤" not in text:
                own = outer
                continue
            if governed.why == "forbid" and apart and own.opener != "," and _fact(text):
                own = outer
                continue
            return governed if not (reading.told > 0 and governed.told > 0) else reading
        own = outer
        quoted = quoted or own.opener == "“"
    return reading


_FACT = re.compile(r"\b(?:is|are|was|were|does|did|has|have|had|ca|wo|could)(?:n['’]t|\s+not)|\bcannot\b|\bno longer\b", re.I)


def _fact(text: str) -> bool:
    """A negation that states how things are ("it isn't in any repository"), not what may be done."""
    match = _FACT.search(text)
    return match is not None and bool(_words(text[: match.start()])) and not set(_words(text[: match.start()])) & _READER


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
    hanging = {i for i, c in enumerate(clauses) if c.subordinate or (c.opener in ("and", "or") and c.host >= 0 and clauses[c.host].subordinate)}
    for index in reversed(outer):
        own = clauses[index]
        body = text[own.start : own.end]
        body = body[len(own.opener) :] if own.opener and body.lower().startswith(own.opener) else body
        reading = clause(body, "", False, own.opener)
        if reading.told < 0 and index in hanging and index != outer[0]:
            if reading.why in ("detect", "forbid") and own.opener in RELATIVE and index == outer[-1] and len(outer) == 2:
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
