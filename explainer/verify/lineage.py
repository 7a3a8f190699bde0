"""Who started whom: every relation between processes that a sentence states, held against the chain of the alert.

The chain is the process, its parent, the parent's parent …, as far as the alert names them. A relation is read in
either direction ("X started Y", "Y was started by X", "X is the parent of Y"), with its polarity, and has to be the
chain's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from explainer.schema.alert import Alert, Process
from explainer.verify.neutral import SPECULATIVE
from explainer.verify.words import stem

_STARTED = r"(?:started|spawned|launched|invoked|forked|executed|run|called|created|triggered|initiated)"
_STARTS = (
    r"(?:starts?|started|spawns?|spawned|launch(?:es|ed)?|invokes?|invoked|forks?|forked|executes?"
    r"|executed|runs?|ran|calls?|called)"
)
_LEAD = (
    r"(?:(?:the|a|an|its|their|this|that|own|same|direct|immediate|web|service|system|container|host|parent"
    r"|child|process"
    r"|program|binary|executable|command|shell|utility|tool|user|account|service|runtime|called|named|via|through"
    r"|genuine|real|root|interpreter|daemon|server|java|script) )*"
)
_NAME = r"[\"'“‘`(]?(?P<{0}>/?[\w\[][\w./:+\[\]-]*)"
_ADVERB = (
    r"(?:\s+(?:did|does|has|have|directly|itself|also|then|immediately|not|never|actually|probably"
    r"|likely|ultimately|indirectly))*"
)
_PASSIVE = re.compile(
    rf"(?i)\b(?P<verb>{_STARTED}){_ADVERB}(?: as root| as the user \S+)? (?:directly )?by {_LEAD}" + _NAME.format("by")
)
_ACTIVE = re.compile(
    rf"(?i){_NAME.format('who')}{_ADVERB}\s+(?P<verb>{_STARTS}){_ADVERB}\s+{_LEAD}" + _NAME.format("whom")
)
_KIN = r"(?:great-?grand-?parent|grand-?parent|parent|child|descendant|ancestor|grand-?child|sub-?process)"
_KIN_IS = re.compile(
    rf"(?i)\b(?P<kin>{_KIN})(?: process)?(?: of {_LEAD}{_NAME.format('of')})?"
    rf"{_ADVERB}\s+(?:is|was|being|called|named|calls itself|titles itself|=|:)(?P<not>\s+not)?{_ADVERB}\s+{_LEAD}"
    + _NAME.format("name")
)
_IS_KIN = re.compile(
    rf"(?i){_NAME.format('name')}\s+(?:(?:is|was|acts|acted|runs|ran|as)\b(?P<not>\s+not)?)(?: as)?{_ADVERB}"
    rf"\s+(?:the |a |an |its |their )?(?:direct |immediate "
    rf"|own )?(?P<kin>{_KIN})\b(?: process)?(?: of {_LEAD}{_NAME.format('of')})?"
)
_KIN_NAME = re.compile(
    r"(?i)\b(?:the|its|direct|immediate) (?P<kin>grand-?parent|parent)(?: process)? [\"'“`(]?(?P<name>[\w./:+-]+)"
)
_AMONG = re.compile(
    r"(?i)(?P<not>\b(?:not|nowhere) )?(?:to be found )?\b(?:among|one of) (?:the |its )?(?:ancestors|parents)\b"
)
_BELOW = re.compile(
    rf"(?i){_NAME.format('name')}\s+(?:(?:runs?|ran|is|was|sits|stands)(?P<not> not)? )?(?P<side>below|under"
    rf"|beneath|above) {_LEAD}" + _NAME.format("of")
)
_CHILD = re.compile(
    rf"(?i){_NAME.format('who')}{_ADVERB}\s+(?P<verb>{_STARTS})\s+(?:an?|another|other|further|several|new|more"
    rf"|its own)\s+(?:\w+\s+)?"
    r"(?:process|program|shell|command|script|child|binary|executable|children|processes|programs|commands)(?:es)?\b"
)
_ACTED = re.compile(
    rf"(?i)(?:{_LEAD}){_NAME.format('who')}\s+(?:itself |also |then )?(?P<verb>\w+ed|wrote|read|sent|ran"
    rf"|made)\s+(?:the|a|an|to|its|from|into|/)"
)
_LED_TO = re.compile(
    r"(?i)started|spawned|launched|invoked|forked|executed|called|triggered|named|titled|served|used|ran"
)
_SHELL = re.compile(r"(?:ba|da|z|a|k|c|fi)?sh|busybox")
# Words at the place of a name that name nobody in particular; what they add is judged word by word elsewhere.
_ANYBODY = frozenset(
    """
    a an the it its itself he she they them somebody someone anybody nobody person people who which that this what
    process program binary executable command shell script user account service runtime parent child container pod
    host are were be been has had hand kernel system machine image rule falco sensor alert root interpreter server
    session terminal software code another other one and or to in on as with from by for at is was not probably likely
    also then directly application app tool utility attacker intruder administrator operator means way mistake
    something anything timer manager job entry entrypoint engine cluster daemon
    """.split()  # noqa: SIM905 - prose reads better than a hundred quoted words
)
_LEVEL = {"parent": 1, "grandparent": 2, "greatgrandparent": 3}
_DENIES = re.compile(r"(?i)\b(?:not|never|neither|nor|no|rather than|instead of|without|nobody|none)\b|n't\b")


@dataclass(frozen=True)
class Relation:
    """One stated relation: ``elder`` started ``younger``, directly or somewhere up the chain."""

    elder: str | None
    younger: str | None
    denied: bool
    direct: bool
    distance: int | None = None
    """1 for a parent, 2 for a grandparent, when the sentence says so."""


def wrong_relation(clause: str, alert: Alert) -> str | None:
    """The reason why a relation between processes that a clause states is not that of the alert, or None."""
    if alert.process is None:
        return None
    chain = _Chain(alert)
    reasons = (reason for relation in _relations(clause, chain) if (reason := chain.objection(relation)))
    return next(reasons, None) or _unseen_child(clause, chain) or _wrong_actor(clause, chain)


def _unseen_child(clause: str, chain: _Chain) -> str | None:
    """What the process itself started is not in an alert about its own start, unless it is a shell with a command."""
    match = _CHILD.search(clause)
    if match is None or _DENIES.search(match[0]) or any(_SHELL.fullmatch(name) for name in chain.names[0]):
        return None
    who = match["who"].lower()
    if (
        who == "it"
        or clause.lower().startswith(("the process ", "this process "))
        or (who in chain.names[0] and not chain.levels(who)[1:])
    ):
        return f"the alert names nothing that {who} started"
    return None


def _wrong_actor(clause: str, chain: _Chain) -> str | None:
    """The act of the alert is the process's own, not its parent's."""
    match = _ACTED.match(clause)
    if match is None:
        return None
    levels = chain.levels(match["who"].lower())
    if not levels or 0 in levels or _LED_TO.fullmatch(match["verb"]):
        return None
    actor = next(iter(sorted(chain.names[0], key=len)), "the process")
    return f"the alert is of what {actor} did, not {match['who']}"


class _Chain:
    def __init__(self, alert: Alert) -> None:
        every = (alert.process, *alert.ancestors)
        self.names = [_names(process) for process in every]
        self.known = [i for i, names in enumerate(self.names) if names]
        self.everyone = frozenset(name for names in self.names for name in names)
        self.leader = (alert.process.sname or "").lower() if alert.process else ""
        user = alert.user
        self.users = frozenset(
            str(v).lower()
            for v in ((user.name, user.uid, user.loginname, user.principal) if user else ())
            if v is not None
        )
        # "curl" in "sh -c curl …" is named by the process and is nobody's parent; a parent may call itself "archiver".
        self.mentioned = [
            frozenset(re.findall(r"[a-z][\w.+-]{2,}", (p.cmdline or "").lower())) if p else frozenset() for p in every
        ]
        self.things = frozenset(
            str(v).lower() for v in ((alert.container.id, alert.container.name) if alert.container else ()) if v
        )

    def levels(self, name: str) -> list[int]:
        found = [i for i, names in enumerate(self.names) if name in names]
        return found or [i for i, words in enumerate(self.mentioned) if name in words]

    def names_one(self, name: str) -> bool:
        """Whether the name is one that the alert has for a process."""
        return bool(self.levels(name))

    def objection(self, stated: Relation) -> str | None:
        elder, younger = stated.elder, stated.younger
        olds = self.levels(elder) if elder else None
        youngs = self.levels(younger) if younger else [0]
        if olds is None:
            return None
        gap = {old - young for old in olds for young in youngs}
        if stated.distance is not None:
            holds = stated.distance in gap
        elif stated.direct:
            holds = 1 in gap
        else:
            holds = any(g > 0 for g in gap) or (elder == self.leader and 0 in youngs)
        if not holds and len(self.known) == 1:
            return f"the alert does not name what started {younger or 'the process'}"
        if holds == stated.denied:
            shown = next(
                (
                    min(names, key=len)
                    for i, names in enumerate(self.names)
                    if i == min(youngs, default=0) + 1 and names
                ),
                "",
            )
            truth = f"; the parent is {shown}" if shown else ""
            did = "did start" if stated.denied else "is not shown to have started"
            return f"{elder} {did} {younger or 'the process'}{truth}"
        return None


def _names(process: Process | None) -> frozenset[str]:
    if process is None:
        return frozenset()
    found: set[str] = set()
    for text in (process.name, process.exepath, process.exe, (process.cmdline or "").split(" ")[0]):
        if text:
            lower = text.lower().rstrip(":")
            found |= {lower, lower.rsplit("/", 1)[-1] or lower}
    # People write "PHP" and "Java" for php-fpm8.2 and java, and "Postgres" for postgres.
    found |= {match[0] for name in list(found) if (match := re.match(r"[a-z]{3,}(?=[\d.-])", name))}
    return frozenset(found - {""})


def _clean(name: str | None) -> str | None:
    if name is None:
        return None
    text = name.lower().rstrip(".,:;'\"").removesuffix("'s")
    return None if text in _ANYBODY or not text else text


def _relations(clause: str, chain: _Chain) -> Iterator[Relation]:
    yield from _passive(clause, chain)
    yield from _active(clause, chain)
    for match in (*_KIN_IS.finditer(clause), *_IS_KIN.finditer(clause), *_KIN_NAME.finditer(clause)):
        yield from _kinship(match, clause, chain)
    for match in _AMONG.finditer(clause):
        denied = bool(match["not"])
        for word in re.findall(r"[\w./:+-]+", clause[: match.start()]):
            if chain.names_one(word.lower()):
                yield Relation(word.lower(), None, denied, direct=False)
    for match in _BELOW.finditer(clause):
        name, of = _clean(match["name"]), _clean(match["of"])
        if of in chain.everyone and (name is None or name in chain.everyone):
            elder, younger = (name, of) if match["side"].lower() == "above" else (of, name)
            yield Relation(elder, younger, bool(match["not"]), direct=False)


def _passive(clause: str, chain: _Chain) -> Iterator[Relation]:
    for match in _PASSIVE.finditer(clause):
        elder = _clean(match["by"])
        if elder is None or elder in chain.users - chain.everyone or elder in chain.things:
            continue
        before = clause[: match.start()]
        if match["verb"].lower() in {"called", "created", "triggered", "initiated"} and elder not in chain.everyone:
            continue
        if not chain.names_one(elder) and not _names_somebody(elder):
            continue
        if elder not in chain.everyone and elder in chain.mentioned[0] and _subject(before, chain) is None:
            continue
        yield Relation(
            elder, _subject(before, chain), _DENIES.search(before[-40:]) is not None, direct=not _loose(clause)
        )
        # "started by sh and java" and "by falcoctl, not by systemd" go on after the first name.


def _active(clause: str, chain: _Chain) -> Iterator[Relation]:
    for match in _ACTIVE.finditer(clause):
        who, whom = _clean(match["who"]), _clean(match["whom"])
        if whom not in chain.everyone and whom is not None:
            continue
        if whom is None or who is None or who in chain.users - chain.everyone or who in chain.things:
            # "sshd started it", "postgres started a shell": the process itself is meant.
            if (
                whom is None
                and who in chain.everyone
                and _object(match, clause)
                and match["verb"].lower()[:3] in {"sta", "spa", "lau", "for"}
            ):
                yield Relation(who, None, _DENIES.search(match[0]) is not None, direct=not _loose(clause))
            continue
        if who in chain.everyone or (
            match["verb"].lower().startswith(("start", "spawn", "launch", "fork")) and _names_somebody(who)
        ):
            # "bash runs bash": a program may be called by its own name.
            yield Relation(who, whom, _DENIES.search(match[0]) is not None, direct=not _loose(clause))


def _object(match: re.Match[str], clause: str) -> bool:
    after = clause[match.end("verb") :].lower().split()
    return bool(after) and (
        after[0] in {"it", "this"}
        or after[:2] in (["the", "process"], ["the", "shell"], ["a", "shell"], ["this", "process"])
    )


def _names_somebody(word: str) -> bool:
    """Whether a word at the place of a name can be one; what ordinary words say is judged word by word."""
    return not (word.isalpha() and (word.endswith(("ly", "ed", "ing")) or stem(word) in SPECULATIVE))


def _kinship(match: re.Match[str], clause: str, chain: _Chain) -> Iterator[Relation]:
    groups = match.groupdict()
    kin = re.sub("-", "", match["kin"].lower())
    name, of = _clean(groups.get("name")), _clean(groups.get("of"))
    if name is None or not chain.names_one(name) or (of is not None and not chain.names_one(of)):
        # A name from nowhere is not carried by the evidence, whatever it is said to be.
        return
    before = clause[: match.start()]
    if "not" in groups:
        denied = bool(groups["not"]) or _DENIES.search(before[-24:]) is not None
    else:
        # "Neither the process nor its parent bash is the test tool" says that bash is the parent.
        denied = before.endswith("not ")
    if kin in {"child", "descendant", "grandchild", "subprocess"}:
        if of is None:
            return
        distance = 2 if kin == "grandchild" else None
        yield Relation(of, name, denied, direct=kin in {"child", "subprocess"}, distance=distance)
    elif kin == "ancestor":
        yield Relation(name, of, denied, direct=False)
    else:
        yield Relation(name, of, denied, direct=True, distance=_LEVEL[kin])


def _subject(before: str, chain: _Chain) -> str | None:
    """The last process name before the verb; None for the process itself ("it", "the shell")."""
    words = [word.strip("\"'“”‘’`(),.:").lower() for word in before.split()]
    named = [word for word in words if word in chain.everyone]
    return named[0] if named and not re.search(r"(?i)\bparent\b", before) else None


def _loose(clause: str) -> bool:
    return (
        re.search(r"(?i)\b(?:ultimately|indirectly|in turn|further up|via|through|eventually|descend\w*)\b", clause)
        is not None
    )
