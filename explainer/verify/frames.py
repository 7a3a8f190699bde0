"""How a clause says what it says: as a fact, as a denial, as a possibility, or as something that is not known.

A sentence is judged clause by clause, because "it is unknown who did it, and the keys were stolen" is honest in its
first half only. Evidence is cut in the same way: what a text only considers possible must not carry a fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

Mode = Literal["fact", "denial", "possible", "open"]


class Clause(NamedTuple):
    """A piece of a sentence with one way of saying."""

    text: str
    mode: Mode
    complement: str = ""
    """``open``: what is said to be unknown. ``denial``: what is denied. ``possible``: what may be."""
    stated: str = ""
    """What stands before the complement and is said as a fact: "inj was started by sh" in "… without a terminal"."""
    supposed: bool = False
    """``possible``: what stands before is no fact either: "an attacker who controls it could …"."""
    antecedent: str = ""
    """The word that "which" or "who" at the head of the clause stands for."""
    presumed: bool = False
    """``open``: the complement is taken for granted ("who stole it"), not left open ("whether it was stolen")."""


_CUT = re.compile(
    r"\s*[;:]\s+"
    r"|\s+[–—]\s+"
    r"|,?\s+(?:but|although|though|whereas|while|because|yet)\s+"
    r"|,\s+(?:and|so|since|as|which|who|whose|where|then|before|after|until|until|nor|not|or)\s+(?!if\b)"
    r"|,\s+(?=no\s)"
    r"|\s+and\s+(?=(?:may|might|could|can|would|possibly|probably|likely|no|not|never|nobody|nothing|was|were"
    r"|is|are|has|had|did|does|then|later|the|it|he|she|they|this|its"
    r"|an?|all|some|other)\s)"
)
# The conjunction itself may deny: ", not a container", ", nor read".
_DENYING_CUT = re.compile(r",\s+(?:not|nor)\s+$")
_RELATIVE = re.compile(r",\s+(?:which|who|whose)\s+$")
_NOT_KNOWN = (
    r"(?:un(?:known|clear|certain|proven|confirmed|determined)|an open question|undetermined"
    r"|(?<=question is )open|(?<=outcome is )open|(?<=result is )open|(?<=remains )open|(?<=stays )open"
    r"|(?<=left )open|(?<=still )open)"
    r"|(?:not|never|n't) (?:yet |itself |actually |alone |by itself )?(?:be )?(?:known|clear|shown|stated|told"
    r"|proven|confirmed|determined|visible|recorded|established|verified|identified|evident|reported|revealed|certain"
    r"|(?:given|named|told)(?! (?:an?|the|any|its)\b))"
)
_SOURCES = r"(?:alert|evidence|rule|event|sensor|falco|record|command line|fields?|data|report|knowledge|output|it)"
_TELLS = (
    r"(?:say|tell|show|prove|mean|reveal|identify|state|name|indicate|specify|record|include|contain|confirm|establish"
    r"|give|know|report|explain|describe|disclose|see|settle|demonstrate|distinguish|determine)"
)
_OPEN = re.compile(
    rf"(?i)\b(?:{_NOT_KNOWN})\b"
    rf"|\b(?:do|does|did|can|could)(?: not|n't|not) (?:\w+ly |alone |itself |by itself )?(?:be )?{_TELLS}\b"
    rf"|\bcannot (?:\w+ly )?(?:be )?{_TELLS}(?:d|ed|n|ied|led)?\b|\bcannot be (?:identified|determined|known|seen)\b"
    rf"|\bsays? nothing\b|\bnothing (?:in (?:the|this) {_SOURCES} )?(?:shows?|says?|tells?|suggests?|indicates?"
    rf"|proves?)\b"
    rf"|\bno (?:\w+ )?(?:evidence|proof|sign|signs|indication|hint|trace|information)\b(?! id)"
    rf"|\b(?!it\b){_SOURCES} (?:shows?|has|gives?|names?|contains?|states?|includes?|tells?|holds?) (?:no"
    rf"|neither|nothing)\b"
    rf"|\bneither (?:the |this )?{_SOURCES} nor\b"
    rf"|\b(?:is|are|was|were)(?: not|n't) (?:a )?(?:part of|in|visible in|shown in|included in|contained in|present in"
    rf"|available in|found in|recorded in) (?:the|this) {_SOURCES}\b"
    r"|\b(?:missing|absent) (?:from|in) (?:the|this) (?:alert|evidence)\b"
    r"|\bneither (?=.{3,60}? (?:is|are|was|were) (?:named|given|part of|in|known|stated|shown|included|available)\b)"
    r"|\bremains? (?:open|unknown|unclear|to be (?:seen|shown|verified|confirmed))\b"
    r"|\bnot (?:enough|sufficient|conclusive)\b|\binsufficient\b"
    r"|\b(?:the )?(?:question|point) is (?:whether|who|what|which|how)\b|\b(?:is|are) to be (?:verified"
    r"|checked|confirmed)\b"
)
_NONE_IN = re.compile(
    r"(?i)\bthere (?:is|are|was|were) no (?P<what>.{3,80}?) in (?:the|this) (?:alert|evidence|event)\b"
)
_FACTIVE = re.compile(r"(?i)\b(?:who|whom|whose|how|when|where|why|which|what)\b")
_LEFT_OPEN = re.compile(
    r"(?i)\b(?:whether|if)\b|\b(?:evidence|proof|signs?|indication|hint|trace|information)\b"
    r"|\b(?:suggests?|shows?|says?|indicates?|proves?|tells?|confirm(?:ed|s)?|proven|known|shown|clear|mean) that\b"
)
# "Could not open it" denies; "could open it" leaves it open.
_UNABLE = re.compile(r"(?i)\b(?:can|could) ?(?:not|n't)\b")
_AUXILIARY = re.compile(r"(?i)\b(?:may|might|could|would|can|if|unless|should)\b")
_POSSIBLE = re.compile(
    r"(?i)\b(?:possibl[ey]|potential(?:ly)?|perhaps|probabl[ey]|presumably|(?:un)?likely"
    r"|apparently|seems?|appears?|suggest(?:s|ed|ing)?|indicat(?:es?|ed|ing|ive)|points? (?:to|at|towards?)"
    r"|pointing (?:to|at)"
    r"|consistent with|compatible with|typical(?:ly)?|usual(?:ly)?|common(?:ly)?|normal(?:ly)?|generally|often"
    r"|sometimes"
    r"|frequently|rarely|hints?|looks? like|resembl(?:es|ing)|as (?:after|if|though|by|on|in)|(?:classic|known"
    r"|usual|typical) (?:pattern|sign|way|form|place)"
    r"|depend(?:s|ing)|whether|fits|explains?|pattern of|sign of|hallmark)\b"
)
_DENIED = re.compile(
    r"(?i)(?<![\w=/.-])(?:not|never|no|none|nobody|nothing|neither|nor|without|cannot|unable to|lacks?|outside"
    r"(?: of)?(?= (?:a|any|the|its|every|\w+['’]s) )|absence of|lack of|absent|unset|free of)\b|n't\b"
)
# "Does not appear to be": the denial is as tentative as the rest.
_NOT_AT_END = re.compile(r"(?i)\s(?:do|does|did)?(?: ?not|n't)\s*$")
# "Probably" may stand anywhere in what it doubts.
_ADVERB = re.compile(
    r"(?i)\b(?:possibly|probably|perhaps|maybe|presumably|(?:most |very |more )?likely|plausibl[ey]|potential(?:ly)?)\b"
)
_PHRASE_ENDS = re.compile(r"(?i)(?<=\w)\s(?:on|in|at|as|by|from|to|for|and|with|through|was|is|were)\s")


@lru_cache(maxsize=4096)
def clauses(sentence: str) -> tuple[Clause, ...]:
    """The clauses of a sentence, each with its mode."""
    return tuple(_clauses(sentence))


def _clauses(sentence: str) -> Iterator[Clause]:
    begin, denying, antecedent = 0, False, ""
    hypothetical = re.match(r"(?i)(?:if|unless|in case|should)\b", sentence.strip()) is not None
    for cut in (*_CUT.finditer(sentence), None):
        text = sentence[begin : cut.start() if cut else len(sentence)].strip(" .")
        if text:
            yield _clause(text, denying=denying, hypothetical=hypothetical)._replace(antecedent=antecedent)
        if cut:
            begin, denying = cut.end(), _DENYING_CUT.match(cut[0]) is not None
            antecedent = text.split()[-1] if text and _RELATIVE.match(cut[0]) else ""


def _clause(text: str, *, denying: bool, hypothetical: bool) -> Clause:
    if none := _NONE_IN.search(text):
        return Clause(text, "open", none["what"], presumed=True)
    if found := _OPEN.search(text):
        return _open(text, found)
    denied = _DENIED.search(text)
    modal = _AUXILIARY.search(_UNABLE.sub(lambda match: "_" * len(match[0]), text))
    # "Not a place that anybody may write to" denies; "it may not be a place" is a possibility.
    if hypothetical or (modal and not (denied and denied.start() < modal.start())):
        begin = modal.start() if modal and not hypothetical else 0
        return Clause(text, "possible", text[begin:], stated=text[:begin], supposed=True)
    if denied and modal:
        return _denial(text, denied)
    if not denied and _ADVERB.search(text):
        return Clause(text, "possible", text, supposed=True)
    if (found := _POSSIBLE.search(text)) and not (denied and found[0].lower().startswith("point")):
        # The grounds of an inference are stated as facts: "the stolen keys suggest …" says that keys were stolen.
        return Clause(text, "possible", text[found.start() :], stated=_NOT_AT_END.sub("", text[: found.start()]))
    if denying:
        return Clause(text, "denial", text)
    return _denial(text, denied) if denied else Clause(text, "fact")


def _denial(text: str, found: re.Match[str]) -> Clause:
    rest = text[found.end() :]
    if found[0].lower().startswith(("without", "outside")):
        # "Without a terminal on node-7" denies the terminal and states the node.
        end = _PHRASE_ENDS.search(rest)
        behind = rest[end.start() :] if end else ""
        return Clause(text, "denial", rest[: end.start()] if end else rest, stated=f"{text[: found.start()]} {behind}")
    if re.search(r"[A-Za-z]{2}", rest):
        return Clause(text, "denial", rest, stated=text[: found.start()])
    return Clause(text, "denial", text[: found.start()])


def _open(text: str, found: re.Match[str]) -> Clause:
    rest = text[found.end() :]
    whole = text[found.start() :]
    if not re.search(r"[A-Za-z]", rest):
        # "The result is not known", "whether it was loaded is unknown": the complement comes first.
        rest, whole = text[: found.start()], text
    free = _LEFT_OPEN.search(whole)
    factive = _FACTIVE.match(rest.lstrip())
    return Clause(text, "open", rest, presumed=free is None or factive is not None)
