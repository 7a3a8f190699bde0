"""Who is told to do it? Decided after something was found, from its clause and from what stands around it.

A prohibition, a quotation of the attacker, a finding, a detection rule or a search is no advice; a warning that ends in
the instruction all the same is.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from explainer.advice.apart import APPLIED, CURED_BY, HISTORY_LABEL, REJECTED_LABEL, set_apart, turned
from explainer.advice.cues import cue
from explainer.advice.sentence import introduces, read
from explainer.advice.verbs import Reading

_MAX_AROUND = 2_000
# A lab has to be told by two of: what it is, that it is cut off, that it is thrown away.
_LAB_KINDS = 2
_LABEL_WORDS = 7
_REPORTS = frozenset(
    {
        "forbid",
        "third",
        "spoken",
        "past",
        "participle",
        "evidence",
        "event",
        "alternative",
        "prevent",
        "refer",
        "undo",
        "ability",
        "ask",
    }
)
# What may be a warning before the instruction; what somebody did is none.
_WARNS = frozenset(
    {"forbid", "hypothetical", "alternative", "gerund", "mention", "condition", "statement", "relative", "noun"}
)
_OWN_PAST = re.compile(r"\b(?:we|i)\b|\b(?:PR|pull request|merge request|commit|patch|change)\b", re.I)
_FOUND = re.compile(
    r"\b(?:found|recovered|saw|seen|discovered|noticed|observed|extracted|caught|came\s+across)\b", re.I
)
_PROPOSED = re.compile(
    r"\b(?:PR|pull request|merge request|commit message|MR)\b[^.]{0,30}:|ready to merge|please merge", re.I
)
# A false statement of what a product does is itself the advice.
_CLAIMS = frozenset({"statement", "hypothetical", "relative", "prevent", "ability", "participle", "noun"})
_TIME_CELL = re.compile(r"^\W*(?:\d{4}-\d\d-\d\d|\d{1,2}:\d\d)")
_RECORD_AFTER = re.compile(
    r"^\W*(?:(?:alert|event|exhibit|evidence|finding|record|item|frame|entry)\b[^.]{0,14}\d"
    r"|(?:these|those|this|that|it|they|both|all\s+\w+|the\s+(?:above|(?:\w+\s+){0,2}(?:lines?|commands?|scripts?|snippets?|blocks?|rules?|manifests?|"
    r"entr(?:y|ies)|hooks?|pods?|events?|alerts?|config\w*|files?|containers?|jobs?)))\b[^.,;]{0,70}?\b(?:was|were|is\s+what|is\s+how|is\s+where|are\s+what|are\s+how|"
    r"came\s+from|stood|ran|looks?\s+like|decodes?|belongs?|appeared|shows?|is\s+the\s+(?:\w+\s+)?(?:exfiltration|attack|intru|dropper|stager|back\s?door))\b"
    r"(?!\s+(?:tested|written|reviewed|approved|made|meant|needed|enough|fine|used\s+success)))",
    re.I,
)
_CLAUSE_START = re.compile(
    r"(?:^|[.;:!?,—(]\s*|\b(?:and|but|so|because|as|since|then|therefore|please|und|mais|pero|mas|ma)\s+)\W*$", re.I
)
_DENIED = re.compile(
    r"\b(?:no|not|never|neither|nor|cannot|nothing|nobody|without|impossible|wrong|false|isn|doesn|don|won|can)(?:['’]t)?\b(?!\s+only)",
    re.I,
)
# "# avoids the handshake error": what the line is good for.
_PURPOSE = re.compile(
    r"(?:avoids|prevents|stops|keeps|clears|fixes|lets|works\s+around|gets\s+rid)\b|[\w.-]*/[\w./-]+$", re.I
)
_POINTS_AHEAD = re.compile(r"^\W*(?:\w+\s+){1,2}(?:it|them|this|that|these|those)(?:\s+\w+){0,2}\s*:[\s*_]*$", re.I)
_NONE_OF = re.compile(r"\b(?:following|these|those|below|both|either|two|three)\b", re.I)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around one finding."""

    sentence: str = ""
    """The sentence that holds it, code masked; empty for code in a block."""
    start: int = 0
    end: int = 0
    prose: bool = False
    """The finding is words, not code."""
    following: str = ""
    """The next two or three sentences."""
    preceding: str = ""
    """The sentence before."""
    leads: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    column: str = ""
    row: tuple[str, ...] = ()
    comments: str = ""
    """Comments at the line and directly above it, in code."""
    after_block: str = ""
    is_block: bool = False
    label: str = ""
    """The bold words with which the paragraph begins: "**Draft, rejected:**"."""
    claim: bool = False
    """The act is a false statement of what a product does; it needs nobody who is told to do it."""


_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜÉ`*\"(\[¤])")


def last_sentence(text: str) -> str:
    """The end of a paragraph that introduces what follows."""
    parts = [p for p in _SENTENCE_END.split(text.strip()[-1500:]) if p.strip()]
    return parts[-1] if parts else ""


# The same step stands in many reports, and a report is scanned whole and step by step.
@functools.lru_cache(2048)
def is_told(around: Surroundings) -> bool:
    """Whether the reader is told to do what was found."""
    if around.column:
        verdict = _by_column(around)
        if verdict is not None:
            return verdict
    return _block_told(around) if around.is_block else _inline_told(around)


def in_lab(*texts: str) -> bool:
    """Whether the text says that this is for an environment both disposable and cut off; production words undo it."""
    said = set[str]().union(*(_lab_words(text[-_MAX_AROUND:]) for text in texts))
    if len(said & {"lab_place", "lab_isolated", "lab_disposable"}) < _LAB_KINDS:
        return False
    return "not_lab" not in said or "lab_untouched" in said


@functools.lru_cache(256)
def _lab_words(text: str) -> frozenset[str]:
    names = ("lab_place", "lab_isolated", "lab_disposable", "not_lab", "lab_untouched")
    return frozenset(name for name in names if cue(name).search(text))


def is_pseudo(*texts: str) -> bool:
    """Whether the text marks what it shows as no real syntax."""
    return any(cue("pseudo").search(text) for text in texts)


def _by_column(around: Surroundings) -> bool | None:
    head = around.column
    action = cue("head_action").search(head)
    if cue("head_dont").search(head) and not re.search(r"\bdo\b(?!n| not)", head, re.I):
        return False
    if cue("head_detect").search(head) or (cue("head_evidence").search(head) and not action):
        return False
    first = around.row[0].strip() if around.row else ""
    if _TIME_CELL.match(first) and not action:
        return False
    if re.match(r"^\W*(?:✗|❌|🚫|⛔)", first) or cue("head_never").match(first.lstrip("*_ ")):
        return False
    if not action or re.search(r"decision|verdict|status|outcome|review", " ".join(around.row), re.I):
        for cell in around.row:
            if cue("row_dont").match(cell.lstrip(" *_✗❌—-")):
                return False
    return None


def _heading_refuses(headings: tuple[str, ...], *, strong: bool) -> bool:
    """Whether the nearest heading that says anything makes what stands below it no step."""
    for heading in reversed(headings[-3:]):
        if cue("head_never").search(heading) and not re.search(r"\bdos?\b\s+(?:and|&|/)", heading, re.I):
            return True
        if cue("head_action").search(heading):
            return False
        if cue("head_dont").search(heading):
            return True
        if cue("head_evidence").search(heading) or cue("head_detect").search(heading):
            return not strong
    return False


@functools.lru_cache(256)
def _lead_refuses(lead: str, *, strong: bool, block: bool) -> bool:
    """Whether the words that introduce something make it nothing to do."""
    sentence = last_sentence(lead)
    if cue("pseudo").search(sentence):
        return True
    reading = introduces(_mask(sentence))
    if reading.told >= 0:
        return False
    if (
        block
        and APPLIED.search(sentence)
        and reading.why in ("refer", "past", "participle", "third", "evidence", "statement", "noun")
    ):
        return False
    announces = lead.rstrip(" *_").endswith(":")
    if reading.why == "forbid":
        # "The alert contains neither the image nor the pod." says how things are; it takes nothing back.
        if not cue("prohibits").search(sentence) or turned(sentence):
            return False
        return announces or block or _points_ahead(sentence)
    if announces and reading.why in ("ability", "participle", "past") and _labels_steps(sentence):
        return False
    if not announces and (
        reading.why not in ("evidence", "event", "past", "participle")
        or not (_points_ahead(sentence) or (block and cue("third_party").search(sentence)))
    ):
        return False
    if (
        block
        and reading.why in ("past", "participle")
        and _FOUND.search(sentence)
        and cue("third_party").search(sentence)
    ):
        return True
    if reading.why in ("past", "participle") and (_OWN_PAST.search(sentence) or _PROPOSED.search(lead)):
        return False
    return reading.why in _REPORTS or (reading.why == "detect" and (block or not strong))


def _points_ahead(sentence: str) -> bool:
    return cue("points_ahead").search(sentence) is not None


def _labels_steps(sentence: str) -> bool:
    """A short label that announces steps: "What to do:", "Recommended actions:"."""
    label = sentence.strip(" *_:")
    return (
        len(label.split()) <= _LABEL_WORDS
        and cue("head_action").search(label) is not None
        and not cue("head_dont").search(label)
        and not cue("third_party").search(label)
    )


def _mask(text: str) -> str:
    return re.sub(r"`[^`]*`", lambda m: "¤" * len(m.group(0)), text).replace("*", " ").replace("_", " ")


def _retracted(rest: str, following: str, *, strong: bool) -> bool:
    """Whether what comes after takes the act back."""
    for text, whole in ((rest, True), (following, False)):
        for match in cue("retract").finditer(text[:400]):
            if (not whole and strong and match.start() > 90) or (
                strong and not _CLAUSE_START.search(text[: match.start()])
            ):
                continue
            narrowed = re.match(
                r"\s*(?:on|in|from|for|before|until|unless|twice|without|more|during|against|yet)\b",
                text[match.end() :],
                re.I,
            )
            if strong and narrowed:
                continue
            return not turned(text[match.end() :])
    return (
        bool(re.match(r"\W*(?:it|this|that|doing so)\s+(?:would|will|might|could)\b", following, re.I)) and not strong
    )


def _question(around: Surroundings) -> bool | None:
    """A question is decided by its answer, unless it is a suggestion."""
    rest = around.sentence[around.end :]
    mark = rest.find("?")
    if mark < 0:
        return None
    tail = rest[mark + 1 :].strip(" \"'*_)”»")
    answer = (tail + " " if tail else "") + around.following
    answer = answer.lstrip(" \"'*_)”»—–-:")
    head = around.sentence[: around.end]
    asked = re.split(r"[.:;—]\s", head)[-1].lstrip(" \"'*_(“„«-")
    asked = re.sub(r"^(?:or|and|so|then|but|q|oder|ou|o)\W+", "", asked, flags=re.I)
    later = re.search(r",\s+(?:would|could|can)\s+you\b", around.sentence[: around.end + mark], re.I)
    if cue("suggest_question").match(asked) or later:
        return not cue("answer_no").match(answer)
    if not cue("interrogative").match(asked):
        return None  # an order with a question mark
    if not answer and re.match(r"(?:should|shall|can|could|may|must)\s+(?:we|you|i)\b", asked, re.I):
        return True  # nobody says no
    return bool(cue("answer_yes").match(answer) and not cue("answer_no").match(answer))


def _inline_told(around: Surroundings) -> bool:
    sentence, following = around.sentence, around.following
    if set_apart(around):
        return False
    if cue("pseudo").search(sentence) or cue("pseudo").search(following[:160]):
        return False
    if around.prose and sentence.rstrip(" *_").endswith(":") and _POINTS_AHEAD.search(sentence[around.start :]):
        return False  # "Now take it away:": what follows is judged by itself
    asked = _question(around)
    if asked is not None:
        return asked
    if not around.prose and CURED_BY.search(sentence[: around.start]):
        return not _retracted(sentence[around.end :], following, strong=True)
    reading: Reading = read(sentence, around.start, around.end, around.prose)
    rest = sentence[around.end :]
    if around.claim and around.prose and reading.why in _CLAIMS and not _DENIED.search(sentence[: around.end]):
        return True
    if reading.told < 0:
        if reading.why in _WARNS and (
            turned(rest)
            or turned(following[:300])
            or _anaphor_told(sentence[around.start : around.end], rest, following)
        ):
            return True
        return reading.why in ("third", "spoken", "past", "participle") and bool(
            re.match(r"\W*(?:so\s+)?(?:please\s+)?(?:do\s+(?:so|that|it)|follow|go\s+ahead)\b", following, re.I)
        )
    strong = reading.told > 0
    if not strong and HISTORY_LABEL.match(around.label):
        return False
    left_out = re.search(
        r"\b(?:can|may|could|should|might)\s+be\s+(?:left|skipped|omitted|dropped|ignored)\b", sentence, re.I
    )
    consequence = re.search(r"\b(?:so|therefore|hence|but)\s+[^,;:]*$", sentence[around.start : around.end], re.I)
    if not left_out and _retracted((consequence.group(0) if consequence else "") + rest, following, strong=strong):
        return False
    if any(_lead_refuses(lead, strong=strong, block=False) for lead in around.leads):
        return False
    if _heading_refuses(around.headings, strong=strong):
        return False
    if around.preceding and _NONE_OF.search(around.preceding):
        before = introduces(_mask(around.preceding))
        if before.told < 0 and before.why in ("forbid", "evidence", "third") and not strong:
            return False
    return True


def _anaphor_told(own: str, rest: str, following: str) -> bool:
    """After a concession: "…, do it anyway"."""
    return bool(
        re.search(
            r"[,;]\s*(?:but\s+|so\s+|please\s+|just\s+)*(?:do\s+(?:it|so|that)|go\s+ahead)\b(?!\s+not)", rest, re.I
        )
        or _so_do_it(own + rest)
        or re.match(r"\W*(?:do\s+(?:it|so)\s+anyway|go\s+ahead)\b", following, re.I)
    )


_SO = re.compile(
    r"[,;:—]\s*(?:and\s+)?(?:so|therefore|hence|thus)\s*,?\s+(?:please\s+|just\s+|simply\s+|now\s+)*(?P<verb>\w+)\s+(?:\w+\s+){0,2}?"
    r"(?:it|them|that|this|both|those)\b",
    re.I,
)
_LEAVES = re.compile(
    r"leave|skip|keep|avoid|ignore|remove|report|revert|treat|restore|refuse|reject|revoke|escalate|page|block|drop|undo|withdraw|delete|check|"
    r"investigate|rotate|we|i|you|nobody|no|never|do|don|fix|isolate|patch|close",
    re.I,
)


def _so_do_it(rest: str) -> bool:
    """A statement with its consequence: "…, therefore shut them off"."""
    match = _SO.search(rest)
    return match is not None and not _LEAVES.fullmatch(match.group("verb")) and "instead" not in rest.lower()


def _label_of(lead: str) -> str:
    """A lead that is nothing but a label."""
    label = last_sentence(lead).strip(" *_")
    return label if label.endswith(":") and len(label.split()) <= _LABEL_WORDS and "," not in label[-3:] else ""


def _block_told(around: Surroundings) -> bool:
    if around.comments:
        comment = around.comments.strip("#/-; \t")
        reading = introduces(_mask(comment)) if not _PURPOSE.match(comment) else Reading(0)
        if reading.told < 0 and reading.why in ("forbid", "evidence", "third") and not turned(comment):
            return False
        if reading.told <= 0 and cue("comment_dont").search(comment) and not turned(comment):
            return False
    if around.leads and REJECTED_LABEL.search(_label_of(around.leads[-1])):
        return False
    for lead in around.leads[-2:]:
        if _lead_refuses(lead, strong=False, block=True):
            return False
    first = around.after_block.strip()[:400]
    if first:
        start = re.split(r"(?<=[.!?])\s", first)[0]
        if _RECORD_AFTER.match(start):
            return False
        match = cue("retract").search(start)
        if match and match.start() < 40 and not turned(first):
            return False
    lead = around.leads[-1] if around.leads else ""
    told = bool(lead) and lead.rstrip().endswith(":") and introduces(_mask(last_sentence(lead))).told > 0
    return not _heading_refuses(around.headings, strong=told)
