"""Does the evidence carry every word that a sentence adds to the names in it?

True names prove nothing about the verb between them: "the keys of node-7 were harvested" names only true things. Each
word that could state something has to be neutral (``verify.neutral``), or stand in the evidence in the same sense: as a
fact for a fact, as a denial for a denial, at least as a possibility for a possibility. What is left over is the reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from explainer.verify.frames import Clause, clauses
from explainer.verify.neutral import FUNCTION, NEUTRAL, SPECULATIVE, THREATS
from explainer.verify.statements import Said, Statements, content, parts, things
from explainer.verify.words import is_past, stem, stems

# What a program did to a thing. Signs that speak against a hypothesis often name what others do ("a collector only
# reads"), so these words have to stand in what the alert itself says, or in a sign that still counts.
ACTS = stems(
    """
    read write append create delete rename move copy overwrite empty encrypt decrypt compress upload download transfer
    send receive load unload install uninstall mount inject attach kill stop modify change replace edit dump scan search
    listen
    """
)
_ENOUGH = 0.6
"""Share of the words of a denial that one denial of the evidence has to hold."""


def uncarried(sentence: str, cites: Sequence[str] | None, statements: Statements) -> str | None:
    """The reason why the cited evidence does not carry a sentence, or None.

    Args:
        sentence: one sentence of the model.
        cites: ids of the evidence that it cites; None for a summary, which rests on all of it.
        statements: the evidence, cut up.
    """
    said = statements.of_citations(cites)
    return uncarried_in(sentence, said, statements)


def uncarried_in(text: str, said: Said, statements: Statements) -> str | None:
    """The same for a piece of a sentence and statements that were gathered already."""
    return next((reason for clause in clauses(text) if (reason := _clause(clause, said, statements))), None)


def _clause(clause: Clause, said: Said, statements: Statements) -> str | None:
    if clause.mode == "fact":
        return _fact(clause.text, said, statements)
    if clause.mode == "possible":
        grounds = _possible if clause.supposed else uncarried_in
        return grounds(clause.stated, said, statements) or _possible(clause.complement, said, statements, threats=True)
    if clause.mode == "denial":
        return _fact(clause.stated, said, statements) or _denial(clause.complement, said)
    return _presumed(clause.complement, said, statements) if clause.presumed else None


def _carried(word: str, stock: set[str] | frozenset[str]) -> bool:
    return stem(word) in stock or ("-" in word and all(stem(part) in stock for part in parts(word)))


def _fact(text: str, said: Said, statements: Statements) -> str | None:
    for word in content(text, statements.values):
        if _carried(word, NEUTRAL):
            continue
        if not is_past(word) and _carried(word, said.facts | statements.described | NEUTRAL):
            continue
        if not _carried(word, said.facts | NEUTRAL):
            return f"“{word}” is carried by none of the cited evidence"
        # A past form tells of an event whatever the verb: "rotated" is not carried by "bash rotates no logs".
        event = stem(word) in ACTS or (is_past(word) and word.lower() not in said.past)
        if event and not _carried(word, statements.acts | NEUTRAL):
            return f"“{word}” is not what the evidence says was done here"
    told = {stem(word) for word in content(text, frozenset())} - FUNCTION
    if len(told) > 1 and _cover(told, said.denials) > max(_ENOUGH, _cover(told, said.affirmed)):
        return f"the evidence denies “{text.strip()}”"
    return None


def _cover(told: set[str] | frozenset[str], statements: Sequence[frozenset[str]]) -> float:
    return max((len(told & statement) / len(told) for statement in statements), default=0.0)


def _possible(text: str, said: Said, statements: Statements, *, threats: bool = False) -> str | None:
    free = THREATS if threats else SPECULATIVE
    for word in content(text, statements.values):
        if not _carried(word, free) and not _carried(word, said.possible | free):
            return f"“{word}” is not even a possibility that the evidence names"
    return None


def _presumed(text: str, said: Said, statements: Statements) -> str | None:
    for word in content(text, statements.values):
        if not _carried(word, SPECULATIVE) and not _carried(word, said.facts | said.unknown | SPECULATIVE):
            return f"“{word}” is taken for granted, and none of the cited evidence says so"
    return None


def _denial(text: str, said: Said) -> str | None:
    told = things(text) - FUNCTION
    if not told:
        return None
    clauses_denying = [whole for denied, whole in said.denying if len(told) > 1 and told & denied]
    best = max(_cover(told, said.denials), _cover(told, clauses_denying))
    if best >= _ENOUGH and best >= _cover(told, said.affirmed):
        return None
    return f"no evidence denies “{text.strip()}”"
