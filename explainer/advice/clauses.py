"""A sentence cut into clauses: what belongs together, what hangs on what, and how each was opened."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from explainer.advice.cues import cue, form_of

_MAX_CLAUSES = 200
_OPEN = {"(": ")", "[": "]", "“": "”", "„": "“", "«": "»", '"': '"'}
_PAIRS = re.compile(r"[()\[\]“”„«»]|(?<![\w=])\"(?=\S)|(?<=\S)\"(?!\w)")
_CONDITION = (
    "pour éviter|pour ne pas|pour empêcher|para evitar|para no|para impedir|per evitare|per non|para não|"
    "if|when|whenever|unless|in case|should you|wenn|falls|si|quand|lorsque|cuando|se|quando"
)
_BOUNDARY = re.compile(
    r"(?P<hard>(?<![^\w][A-Z])[;:](?=\s|$)|\s[–—-]{1,2}\s|—|\s(?:->|→|=>)\s|^\s*(?:->|→|=>))"
    r"|(?P<comma>,(?=\s|$))"
    r"|(?<![\w-])(?P<word>and|or|nor|but|yet|so that|so|then|because|since|as soon as|"
    + _CONDITION
    + r"|para que|pour que|afin que|affinché|until|while|whereas|although|though|even though|even if|after|before|once|"
    r"that|which|who|whose|otherwise|"
    r"und|oder|aber|weil|damit|bevor|nachdem|sondern|et|ou|mais|parce que|avant|après|y|o|pero|porque|antes|después|"
    r"mas|depois|ma|perché|prima|dopo)(?![\w-])",
    re.I,
)
_COORDINATE = frozenset({"and", "or", "nor", "und", "oder", "et", "ou", "y", "o"})
_CLOSED = re.compile(
    r"\s*(?:\w+ly\s+|now\s+|then\s+|also\s+|just\s+|not\s+|never\s+|please\s+|instead\s+)*([\w’'-]+)", re.I
)
_SUBJECT = re.compile(
    r"\s*(?:you|we|i|it|they|he|she|this|that|there|nobody|no one|someone|somebody|"
    r"wir|sie|du|man|vous|nous|on|il|ils)(?![\w-])",
    re.I,
)
_CONTENT_VERBS = re.compile(
    r"(?:sure|ensure|recommend\w*|suggest\w*|propos\w+|ask\w*|request\w*|demand\w*|insist\w*|say|says|said|told|tell|tells|"
    r"note|confirm\w*|so|check|verify|see|mean\w*|require\w*|advis\w+|better|best|important|know|known|reports?|reported|"
    r"shows?|showed|found|think|thought|believe\w*|agree\w*|decided|turned out|call|way|now|given|provided|except)\s*$",
    re.I,
)
_VERBISH = re.compile(
    r"\s*(?:is|are|was|were|has|have|had|can|could|will|would|do|does|did|should|must|may|might)\b", re.I
)


@dataclass(slots=True)
class Clause:
    """A stretch of a sentence with its own verb, or a fragment of one."""

    start: int
    end: int
    opener: str
    """The lower-case word or mark that opened it; empty for the first."""
    host: int
    """Index of the clause before it or around it, on which it hangs; -1 for the first."""
    comma: bool = False
    """A comma stands before the opening word."""

    @property
    def subordinate(self) -> bool:
        """Opened by a word that makes it hang on another clause."""
        return self.opener in _SUBORDINATE


_SUBORDINATE = frozenset(
    (
        _CONDITION + "|because|since|as soon as|until|while|whereas|although|though|even though|even if|after|before|"
        "once|that|which|who|whose|so that|weil|damit|bevor|nachdem|parce que|avant|après|porque|antes|después|depois|"
        "para que|pour que|afin que|affinché|"
        "perché|prima|dopo"
    ).split("|")
)
CONDITIONAL = frozenset(_CONDITION.split("|"))
CONCESSIVE = frozenset({"although", "though", "even though", "even if", "while", "whereas"})
RELATIVE = frozenset({"which", "who", "whose", "that"})


def _splits(word: str, text: str, at: int, after: int, start: int) -> bool:
    """Whether a connecting word opens a clause here, rather than joining nouns."""
    rest = text[after : after + 60]
    if word in _COORDINATE:
        if _SUBJECT.match(rest):
            return True
        follower = _CLOSED.match(rest)
        return follower is not None and (
            form_of(follower.group(1)) in ("base", "s", "ed") or bool(_VERBISH.match(rest))
        )
    if word == "that":
        before = text[start:at].rstrip()
        if not before:
            return False
        if _CONTENT_VERBS.search(before[-14:]):
            return True
        follower = _CLOSED.match(rest)
        return (
            bool(_VERBISH.match(rest))
            or bool(_SUBJECT.match(rest))
            or (follower is not None and form_of(follower.group(1)) in ("s", "ed"))
        )
    if word == "so":
        return not re.match(r"\s*(?:far|much|many|long|called|on\b|as\b)", rest) and not text[
            :at
        ].rstrip().lower().endswith(("do", "not", "is"))
    if word in ("since", "once", "then", "while", "after", "before"):
        return bool(rest.strip()) and not (word == "since" and re.match(r"\s*then\b", rest))
    if word in ("se", "si", "o", "y", "ma", "mas", "e", "on"):
        return bool(re.search(r"[,;]\s*$", text[max(0, at - 2) : at])) or at == start
    return bool(rest.strip())


def _flat(text: str, base: int, host: int, first_opener: str, out: list[Clause]) -> None:
    """Cut a text without brackets and quotes."""
    start = 0
    opener = first_opener
    parent = host
    comma = False

    def close(end: int) -> None:
        nonlocal parent
        if text[start:end].strip():
            out.append(Clause(base + start, base + end, opener, parent, comma))
            parent = len(out) - 1

    for match in _BOUNDARY.finditer(text):
        if len(out) > _MAX_CLAUSES:
            break
        kind = match.lastgroup
        word = " ".join(match.group(0).lower().split())
        if kind == "word":
            if not _splits(word, text, match.start(), match.end(), start):
                continue
            if not text[start : match.start()].strip():
                # A comma or a colon stands directly before: the word says more than the mark.
                comma = opener == ","
                opener, start = word, match.start()
                continue
            close(match.start())
            opener, start, comma = word, match.start(), False
            continue
        close(match.start())
        comma = False
        opener, start = (
            ("," if kind == "comma" else ":" if word[0] == ":" else ";" if word[0] == ";" else "—"),
            match.end(),
        )
    close(len(text))


def _inner(text: str) -> list[tuple[int, int, str]]:
    """Outermost bracketed and quoted parts: start and end of what is inside, and the mark."""
    parts: list[tuple[int, int, str]] = []
    waiting = ""
    begin = 0
    depth = 0
    for match in _PAIRS.finditer(text):
        mark = match.group(0)
        if not waiting:
            if mark in _OPEN and not (mark == '"' and match.end() >= len(text)):
                waiting, begin, depth = _OPEN[mark], match.end(), 1
                opened = mark
        elif mark == waiting:
            depth -= 1
            if not depth:
                parts.append((begin, match.start(), opened))
                waiting = ""
        elif mark == opened and mark != '"':
            depth += 1
    return parts


def _adopt(out: list[Clause], nested: list[Clause], around: int) -> None:
    offset = len(out)
    for index, clause in enumerate(nested):
        clause.host = around if index == 0 else clause.host + offset
    out += nested


@functools.lru_cache(256)
def cut(text: str) -> tuple[Clause, ...]:
    """Clauses of a sentence by their start; what is in brackets or quotes hangs on the clause around it."""
    out: list[Clause] = []
    parts = _inner(text)
    outer = text
    for begin, end, mark in parts:
        # A quotation stands for a noun, a bracket for nothing.
        filler = "¤" if mark not in "([" else " "
        outer = outer[:begin] + filler * (end - begin) + outer[end:]
    outer = re.sub(r"[()\[\]“”„«»\"]", " ", outer)
    _flat(outer, 0, -1, "", out)
    for begin, end, mark in parts[:40]:
        around = max((i for i, c in enumerate(out) if c.start <= begin), default=-1, key=lambda i: out[i].start)
        opener = "(" if mark in "([" else "“"
        inside = text[begin:end]
        # Quotation within brackets, whole or in part: one level more, that is enough for prose.
        quoted = [] if opener == "“" else _inner(inside)
        plain = inside
        for first, last, _ in quoted[:10]:
            plain = plain[: first - 1] + "¤" * (last - first + 2) + plain[last + 1 :]
        nested: list[Clause] = []
        if not quoted or re.search(r"\w", plain):
            _flat(plain, begin, -1, opener, nested)
        _adopt(out, nested, around)
        for first, last, _ in quoted[:10]:
            deeper: list[Clause] = []
            _flat(inside[first:last], begin + first, -1, "“", deeper)
            _adopt(out, deeper, around)
    return tuple(out)


def holding(clauses: tuple[Clause, ...], offset: int) -> int:
    """Index of the innermost clause that holds an offset; the last one that began before it otherwise."""
    best = -1
    for index, clause in enumerate(clauses):
        inside = clause.start <= offset < clause.end
        if inside and (best < 0 or clause.end - clause.start <= clauses[best].end - clauses[best].start):
            best = index
    if best >= 0:
        return best
    before = [i for i, c in enumerate(clauses) if c.start <= offset]
    return max(before, key=lambda i: clauses[i].start, default=-1)


__all__ = ["CONCESSIVE", "CONDITIONAL", "RELATIVE", "Clause", "cue", "cut", "holding"]
