"""Code judged once: reports name the same commands again and again, and so do the steps of similar alerts."""

from __future__ import annotations

import re
from collections import OrderedDict

from explainer.advice.hits import Findings, Hit
from explainer.advice.judge import Judge
from explainer.advice.rules import RuleSet

_MAX_ENTRIES = 2048
_MAX_TEXT = 2_000
# A name of a host, a file, a unit: nothing that is run or set, unless a rule names it or it has a verb in it.
_PLAIN = re.compile(r"(?=[a-z]*[\d._@-])[a-z0-9][a-z0-9.+@_-]*")

_kept: OrderedDict[tuple[int, str, str, str], tuple[RuleSet, Findings]] = OrderedDict()


def judged(rules: RuleSet, text: str, language: str, name: str = "") -> Findings:
    """What a piece of code contains; the hits are the caller's own."""
    if len(text) > _MAX_TEXT:
        return _fresh(rules, text, language, name)
    key = (id(rules), language, name, text)
    entry = _kept.get(key)
    # The rule set is kept with the entry: its id is not given to another one as long as it lives.
    if entry is None or entry[0] is not rules:
        entry = (rules, _fresh(rules, text, language, name))
        _kept[key] = entry
        if len(_kept) > _MAX_ENTRIES:
            _kept.popitem(last=False)
    found = entry[1]
    return Findings(
        [Hit(h.rule, h.start, h.end, h.captured, h.severity) for h in found.hits], found.captures, found.comments
    )


def _fresh(rules: RuleSet, text: str, language: str, name: str) -> Findings:
    judge = Judge(rules)
    judge.code(text, language, name)
    return judge.found


def is_plain(rules: RuleSet, text: str) -> bool:
    """Whether a short text is a mere name, which no rule has anything to say about."""
    return _PLAIN.fullmatch(text) is not None and text not in rules.programs and not rules.grammar.verb(text)[0]
