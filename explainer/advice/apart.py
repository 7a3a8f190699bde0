# ruff: noqa: E501  (regular expressions are read better whole)
"""What sets a finding apart whatever its own form is: a label, a record that holds it, what is said of it, an object that it protects."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from explainer.advice.cues import cue

if TYPE_CHECKING:
    from explainer.advice.stance import Surroundings

# The rejection ends the label or is about a proposal: "Rejected pods:" rejects no step.
_NO = (
    r"(?:rejected|withdrawn|refused|declined|vetoed|discarded|ruled\s+out|turned\s+down|decided\s+against|voted\s+down|superseded|"
    r"retracted|not\s+(?:approved|accepted|to\s+be\s+used))"
)
REJECTED_LABEL = re.compile(
    rf"\b{_NO}(?:\s+(?:in|at|by|after|on)\b[^:]*)?[\W_]*$"
    rf"|^\W*{_NO}\s+(?:drafts?|proposals?|options?|ideas?|advice|suggestions?|alternatives?|approach(?:es)?|steps?|versions?|answers?|plans?)\b",
    re.I,
)
HISTORY_LABEL = re.compile(
    r"^\W*(?:what\s+(?:went\s+wrong|happened|was\s+done|we\s+did)|mistakes?|history|post-?mortem|timeline|sequence|background)\b",
    re.I,
)
_RECORD_OF = re.compile(
    r"\b(?:lines?|entr(?:y|ies)|commands?|contents?|end|tail|rest|copy)\s+(?:of|from|in)\s+(?:(?:the|his|her|its|their|a|an)\s+)*"
    r"(?:recovered|carved|seized|captured|undeleted|deleted|actor['’]s|attacker['’]s|intruder['’]s)\b[^:]*:"
    r"|^\W*(?:from|in)\s+(?:the\s+)?(?:recovered|carved|seized|undeleted)\b[^:]*:",
    re.I,
)
_NO_REMEDY = re.compile(
    r"^[^,;:.\"”»]{0,20}[\"”»]?\s*,?\s*(?:is|are|was|were)(?:n['’]t\s+an?|\s+(?:no|not\s+an?|never\s+an?|hardly\s+an?))\s+(?:\w+\s+)?"
    r"(?:diagnosis|plan|fix|solution|answer|option|remedy|cure|workaround|response|step|analysis|investigation|strategy|mitigation|"
    r"repair|test|proof|way|method|procedure|finding|argument)\b",
    re.I,
)
_QUOTE_DENIED = re.compile(
    r"^[^\"“”»]{0,90}[\"”»]\s+(?:is|are|was|were)(?:n['’]t\b|\s+(?:no|not|never|hardly)\b)(?!\s+(?:only|just|enough))",
    re.I,
)
# "The error goes away with `…`": the cure is told before the code.
CURED_BY = re.compile(
    r"^(?:(?!\b(?:not|never|no|if|whether|why|attacker|intruder|actor)\b)[^,;:.])*\b(?:goes\s+away|disappears?|vanish(?:es)?|is\s+(?:solved|fixed|cured|resolved|gone)|"
    r"(?:is|are)\s+(?:quickly|easily|best)\s+(?:solved|fixed|cured|silenced))\s+(?:with|by|after|once\s+you\s+run)\s+$",
    re.I,
)
# Made to be applied: "Register this revision of the task definition:", "The fix that worked on the canary:".
APPLIED = re.compile(
    r"^\W*(?:(?:register|apply|deploy|roll\s+out|attach|merge|submit|add|use|install|import|load)\s+(?:this|the\s+following|these)\b"
    r"|(?:add|append|put|write|paste)\s+(?:\S+\s+){0,3}?(?:to|into)\b|turn\s+on\b"
    r"|(?:the|our)\s+(?:fix|workaround|cure|remedy|patch|solution)\s+that\s+(?:worked|works|helped|helps)\b"
    r"|(?!.*\b(?:rejected|refused|withdrawn|found|recovered|attacker|intruder|actor)\b)(?:\w+\s+){0,3}(?:patch|manifest|values|overlay|drop-in|unit)\s+for\s+(?:the|our|all|every)\b[^.]*:\W*$)",
    re.I,
)
_POINTS_PEOPLE = re.compile(
    r"\W*(?:point|direct|refer|guide)\s+(?:them|him|her|people|users?|colleagues?|the\s+\w+)\s+to\b", re.I
)
# Keeping a case open, cleaning up after the intruder: the words of an act with an object that it protects.
_TAKES_BACK = re.compile(
    r"\W*(?:keep\s+(?:it|this|the\s+(?:alert|case|ticket|finding))\s+open\b|eradicate\s+by\b|clean\s+(?:up\s+)?the\s+(?:repository|repo)\b"
    r"|(?:eradicate|remove|delete)\s+[^.,;]{0,60}\b(?:that|which)\s+(?:these|those|this|the|that)\s+(?:identit|account|intruder|attacker|actor|session|stranger)\w*\s+"
    r"(?:created|made|added|left|planted|wrote)\b|(?:\w+\s+){0,3}system\s+that\s+(?:vanishes|disappears|is\s+(?:lost|gone|emptied))\b"
    r"|take\s+(?:it|them)\s+(?:out|off)\s+again\b)",
    re.I,
)
_WITHDRAWS = re.compile(
    r"\b(?:withdraw|revoke|take\s+back)\s+(?:any|the|that|this|every)\s+(?:\w+\s+){1,2}(?:that|which)\s+(?:lets?|allows?|gives?|grants?)\b|\band\s+(?:lower|reduce|tighten|narrow)\s+(?:that|it|this|them)\b"
    r"|\bitself\s+(?:is|are)\s+outside\b",
    re.I,
)
_TELLS_CAUSE = re.compile(
    r"\b(?:names?|shows?|tells?|reveals?|is|was)\s+the\s+(?:\w+\s+)?(?:cause|reason|origin|source)\s*:\s*(?:the|a|an|its|¤)[^.;]*$",
    re.I,
)
# A webhook that takes the cluster down with it: leaving out its own folders is how it is meant.
_EXEMPTS = re.compile(
    r"\W*(?:exempt|exclude|leave\s+out)\b[^.]{0,40}(?:kube-system|system\s+(?:namespaces?|folders?)|control\s+plane)",
    re.I,
)
_ADMISSION = re.compile(r"\b(?:webhooks?|admission|failurePolicy)\b", re.I)
_DID_IT = re.compile(r"^\W*,\s*(?:called|started|opened|ran|read|wrote|made|sent|had|was|came|loaded|fetched)\b", re.I)
_NOT_SECURITY = re.compile(
    r"\b(?:no|without\s+any|not\s+of)\s+security[-\s](?:meaning|relevance|significance|value|interest)\b", re.I
)


def turned(text: str) -> bool:
    """Whether a text turns from a warning to the instruction all the same."""
    return _turned(text[:600])


@functools.lru_cache(1024)
def _turned(text: str) -> bool:
    turns = cue("turn").finditer(text)
    return any(cue("do_it").search(text[turn.end() : turn.end() + 120]) for turn in turns)


def set_apart(around: Surroundings) -> bool:
    """Whether a label, a record, or what is said of the act makes it no step, whatever its own form is."""
    sentence = around.sentence
    before, rest = sentence[: around.start], sentence[around.end :]
    own = re.match(r"^([^:.!?¤]{3,60}):", before)
    if REJECTED_LABEL.search(around.label) or (
        own and REJECTED_LABEL.search(own.group(1)) and not re.search(r"[\"“”»]|\bfix\b", own.group(1), re.I)
    ):
        return not turned(rest) and not turned(around.following)
    if _RECORD_OF.search(before):
        return True
    if _NO_REMEDY.match(rest) or _QUOTE_DENIED.match(rest):
        return not turned(rest) and not turned(around.following)
    if around.prose and (_POINTS_PEOPLE.match(sentence[around.start :]) or _TAKES_BACK.match(sentence[around.start :])):
        return True
    inside = sentence[around.start : around.end]
    if around.prose and (
        re.search(r"\beradicate\s+by\s+$", before, re.I)
        or (
            re.search(r"\band\s+(?:lower|reduce|tighten|narrow)$", inside, re.I)
            and re.match(r"\s+(?:that|it|this)\b", rest)
        )
    ):
        return True
    if around.prose and (_WITHDRAWS.search(inside) or _TELLS_CAUSE.search(before)):
        return True
    if around.prose and _EXEMPTS.match(inside) and _ADMISSION.search(f"{around.preceding} {before}"):
        return True
    if not around.prose and before.rstrip().endswith(",") and _DID_IT.match(rest):
        return True
    return _NOT_SECURITY.search(around.following) is not None
