"""The mood in which an act is named: can it be an order, advice or a plan, or is it a report of what somebody did?

Also how an act and a thing hang together: whether the thing is what the act is done to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from explainer.advice.concepts import Tag, Words

_BE = frozenset("be being get gets getting have having wants needs has".split())
_WAS = frozenset("was were been is are has had got 's 've".split())
_MODAL = frozenset("should must can could may might shall to will would let ought needs need wants best better".split())
_STATE = frozenset("with keep leave run start boot have get want leaving running set booted put and see go stay remain stays remains".split())
_NOT_ADVISED = frozenset("before after instead than when while since from against of".split())
_PROGRESSIVE = frozenset("was were is are been am 's kept started began stopped tried caught seen".split())
_REMEDY = re.compile(
    r"\b(?:fix\w*|resolv\w*|solv\w*|clear\w*|help\w*|cur(?:e|es|ed)\b|quick\w*|fast\w*|simpl\w*|easi\w*|best|enough|suffic\w*|fine|recommend\w*|"
    r"suggest\w*|propos\w*|workaround|works?\b|worked|remed\w*|solution|advis\w*|option|try|consider|worth|harm(?:less)?|spare\w*|sav(?:e|es|ing)\b|vanish\w*|disappear\w*|"
    r"gone|calm\w*|stops\b|restor(?:e|es)\b|unblock\w*|mak(?:es?|ing)|gets\b|plan|next|step|go for|idea|sense|will|would|allows?\b|lets?|way|answer|"
    r"all (?:that|it)|do (?:so|it|that)|until|till|for now|in favou?r|blessing|easier|least|please|should|could|ought|must|may|can|"
    r"brings|gives|keeps|ends|settles|does|saner|cheap\w*|handy|handiest|obvious|tonight|today|tomorrow|right away|straight away|temporar\w*|"
    r"smooth\w*|avoids?|eliminat\w*|improv\w*|short\w*|safe\w*|trick|move|why not|how about|what about|just|better|buys?|frees?|"
    r"once|as soon as|afterwards?|again|needed|necessary|wanted|required|mends?|cuts|reliev\w*|beats?)\b",
    re.I,
)
_NOTE = re.compile(
    r"^\W*(?:->|=>|→|todo\b|next\b|action\b|fix\b|workaround\b|step\b|plan\b|proposal\b|solution\b|remedy\b|interim\b|temporary\b|temporarily\b|quick\b|immediate\b|"
    r"permanent\b|full\b|complete\b|blanket\b|general\b|short[- ]term\b|mitigation\b|recommendation\b|recommended\b|suggestion\b|ad hoc\b|emergency\b)",
    re.I,
)
_IRREGULAR_PAST = frozenset(
    "took ran gave made left lost sent wrote tore threw brought blew got went did kept broke fed told taken given written thrown blown torn "
    "hidden shown drawn withdrawn overridden bound held built lent paid gone done chosen chose".split()
)
_REPORTED = frozenset("was were had has is are found went stayed came goes".split())
_JOINS = frozenset([",", ";", ".", ":", "—", "–", "and", "then", "so", "but", "or"])
_OBJECT_PRONOUNS = frozenset("it them this these those that both everything all".split())
_NOUN = re.compile(r"(?:tion|sion|al|ment|ure|ance|down|off|ption|iver|ence|oot|ast)$")
_HEADLESS = frozenset(
    "no not never without out off all be is as too needn't despite in even unchecked unvalidated unverified needed need superfluous dispensable "
    "regardless excluded silenced muted fresh clean new one gone on onto straight directly same verbatim unredacted unmasked can may must should has "
    "could have had ought red in full less lenient bulk auto automatically whatever belongs belong stopped minus until till to under into who whom".split()
)
_BEFORE_ORDER = frozenset(
    "to and or then but so just simply please also first now not let's you we i they should must can could may might shall will would don't do "
    "next safely temporarily only merely rather instead better best quickly immediately always never step finally therefore hence thus, ahead why or "
    "even still once again either both help kindly maybe perhaps already least today tonight tomorrow here there all".split()
) | {",", ";", ":", "(", ")", "—", "–", ".", "!", "?", "\n"}
_INTENDED = frozenset(
    "tries tried try attempt attempts attempted used wanted wants began begins started starts managed failed fails seems seemed appears appeared able "
    "unable referred refused refuses able likely unlikely expected known seen belonged according due access connection connections reported claimed".split()
)
_CAUSE = frozenset("let have make help get watch ask tell see lets having letting making is was be what all does".split())
_BREAK = frozenset(
    "from in on for to into onto by with after before that which who whose when since because at against through via under over as if until "
    "during while where without once so then but below above across than whether inside behind between outside within upon unless although though".split()
)
_FUNCTION = _BREAK | frozenset(
    "and or of is are was were be been can may must should could shall will would has have had not now first again too also right away "
    "altogether completely entirely permanently temporarily immediately afterwards anyway there here today tonight tomorrow at it them "
    "until till everywhere instead yourself outright wholesale itself themselves ought needs need please just both all for safely each "
    "up out off down away gets get go goes fixes solves makes clears regardless , ; . : ! ? ( ) — – \n".split()
)
_DETERMINERS = frozenset("the a an all every each any some this that these those our your their its his her my no whole entire both old".split())


def may_address(words: Words, act: Tag) -> bool:
    """Whether the form of the act can be an order, advice or a plan; a plain report of what happened cannot."""
    word = words.texts[act.first]
    before = words.texts[max(0, act.first - 8) : act.first]
    near = before[-3:]
    if words.foreign:
        return not any(w in _REPORTED for w in near)
    if word in _HEADLESS:
        return word not in {"off", "out", "gone", "stopped", "excluded", "muted", "silenced"} or not any(w in _REPORTED for w in before[-4:])
    if word.endswith("ing") and len(word) > 4:
        if any(w in _PROGRESSIVE for w in near[-2:]) or (near and near[-1] in _NOT_ADVISED):
            return False
        return proposes(words)
    if (word.endswith("ed") and len(word) > 4) or word in _IRREGULAR_PAST:
        if any(w in _BE for w in near) and not any(w in {"was", "were", "been"} for w in near):
            return "has" not in near or "to" in near
        if any(w in _WAS for w in near):
            return any(w in _MODAL for w in near)
        return any(w in _STATE or w in _MODAL for w in before)
    if word.endswith("s") and not word.endswith(("ss", "us", "ous")) and len(word) > 3:
        # Third person, what somebody or something does, unless the sentence praises it.
        return bool(near) and near[-1] in {"what", "and", "that", "which", "who"} and proposes(words)
    if _NOUN.search(word) and len(word) > 5:
        return proposes(words)
    return _ordered(words, act.first)


def _ordered(words: Words, at: int) -> bool:
    """Whether a bare verb stands where an order, an infinitive or a causative stands; else it is a noun or a finite verb."""
    if at == 0:
        return True
    texts = words.texts
    last = texts[at - 1]
    if last == "to" and at > 1 and texts[at - 2] in _INTENDED:
        return False
    if "before" in texts[max(0, at - 4) : at] and not any(w in {",", ";", ":", "."} for w in texts[max(0, at - 3) : at]):
        return False
    if last in _BEFORE_ORDER or (last.endswith("ly") and len(last) > 4) or last.isdigit():
        return True
    return any(w in _CAUSE for w in texts[max(0, at - 7) : at - 1])


def proposes(words: Words) -> bool:
    """Whether the sentence looks like a proposal: it praises an effect, says what can or should be, or is a bare note."""
    text = " ".join(words.texts)
    return _REMEDY.search(text) is not None or _NOTE.search(text) is not None


def governed(words: Words, act: Tag, guards: Iterable[Tag]) -> bool:
    """Whether a protective act governs this one: "deny the deletion of", "alert on any upload to"."""
    for guard in guards:
        if guard.first >= act.first or not guard.at.isdisjoint(act.at):
            continue
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
    """Whether a thing stands before the order and so is not its object: "fix the rule, and delete the file" deletes no rule."""
    if words.foreign or thing.last >= act.first or thing.concept[0].islower():
        return False
    between = words.texts[thing.last + 1 : act.first]
    if _passive(words, act):
        # "the rule and delete" against "the rule should be deleted"
        return "and" in between and not any(w in _MODAL or w in _BE or w in {"is", "are"} for w in between)
    if between and between[-1] in {":", "—", "–", "("} and len(between) == 1:
        return False
    return not any(w in _OBJECT_PRONOUNS for w in words.texts[act.first + 1 : act.last + 4])


def is_object(words: Words, act: Tag, thing: Tag, others: Iterable[Tag], *, head: bool) -> bool:
    """Whether a thing is what the act is done to, and not a place, a means or part of another clause."""
    if words.foreign:
        return thing.first - act.last <= 5 and act.first - thing.last <= 6
    texts = words.texts
    if head and thing.last + 1 < len(texts) and texts[thing.last + 1] not in _FUNCTION and thing.last + 1 not in act.at and thing.last not in act.at:
        following = texts[thing.last + 1]
        if not following.endswith(("ly", "s'")) and following.isalpha():
            return False
    if thing.first > act.first:
        between = [w for i, w in enumerate(texts[act.first + 1 : thing.first], act.first + 1) if i not in act.at]
        glued = {words.texts[i + 1] for i in words.glued if act.first < i < thing.first - 1}
        if any(w in _BREAK and w not in glued for w in between):
            return False
        return not any(
            act.first < other.first < thing.first and not other.at & act.at and texts[other.first - 1] in _JOINS and _ordered(words, other.first)
            for other in others
            if other.concept[0].islower() and not other.at & thing.at
        )
    back = thing.first - 1
    while back >= 0 and thing.first - back <= 4 and texts[back] not in _FUNCTION:
        back -= 1
    return back < 0 or texts[back] not in _BREAK
