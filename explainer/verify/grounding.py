"""Does the evidence carry this sentence? Exact identities, the right role, nothing added."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from explainer.schema.alert import Alert
from explainer.schema.enriched import EnrichedAlert
from explainer.schema.report import Evidence
from explainer.verify.frames import clauses
from explainer.verify.identities import Identity, identities
from explainer.verify.neutral import FUNCTION, NEUTRAL
from explainer.verify.statements import Statements
from explainer.verify.vocabulary import ORDINARY, VOCABULARY
from explainer.verify.words import stem

_PLAIN = ORDINARY | VOCABULARY

_SPLIT = re.compile(r"[\s,;!?\"“”‘’«»<>()\[\]{}|'`=]+")
_PATH = re.compile(r"(?:~|\.{1,2})?/[^\s,;\"'`<>()|&]+")
_JOINTS = re.compile(r"[/:@=|+]")
_TELLING = re.compile(r"[\d/]")
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_STOP = frozenset({"the", "and", "that", "this", "rule", "alert", "event", "falco", "evidence", "value"}) | (
    FUNCTION - {stem("user"), stem("not")}
)
# What a field is about, in words that a sentence would use of it.
_ABOUT = {
    "fd.name": "connection connected address port peer network private public file opened went came",
    "fd.sip": "server address connection peer private public network",
    "proc.tty": "terminal tty interactive session person typed attached",
    "user.loginuid": "log-in session logged audit user id person account",
    "evt.res": "result success succeeded failed refused execution call",
    "proc.pname": "parent process started spawned launched by program",
    "proc.pcmdline": "parent command line argument started script",
    "proc.cmdline": "command line argument option process ran executed",
    "proc.exepath": "executable binary program file path directory ran lies",
    "user.name": "account user ran as",
    "user.uid": "account user ran as root",
    "container.id": "container host inside image",
    "evt.arg.flags": "executable image layer file",
    "evt.type": "system call kernel asked requested process",
}


_SINGLE = frozenset({"pod", "namespace"})
"""Roles that one value fills: another name in the same role is another thing."""


@dataclass(frozen=True)
class Ground:
    """Everything that a sentence may name, indexed."""

    text: str
    tokens: frozenset[str]
    folded: frozenset[str]
    pieces: frozenset[str]
    """The same, and the words inside of them: "PHP" is the ``php`` of ``php-fpm8.2``."""
    paths: frozenset[str]
    numbers: frozenset[str]
    roles: dict[str, frozenset[str]]
    by_id: dict[str, Evidence]
    statements: Statements
    """The evidence cut by what it can carry: facts, denials, possibilities."""
    words: dict[str, frozenset[str]] = field(default_factory=dict)
    """Evidence id to the words and tokens that a sentence citing it may share with it."""
    values: dict[str, frozenset[str]] = field(default_factory=dict)
    """The same for the value alone."""

    @classmethod
    def of(cls, enriched: EnrichedAlert) -> Ground:
        """Index the evidence and the reviewed knowledge texts of one alert."""
        texts = [e.value for e in enriched.evidence] + [e.why for e in enriched.evidence]
        # Knowledge was written and reviewed by people: what it names may be named.
        texts += [enriched.headline, enriched.summary, enriched.assessment.reason, enriched.entry or ""]
        for view in enriched.hypotheses:
            texts += [view.title, view.explain, *(claim.text for claim in (*view.supports, *view.against))]
        for ref in enriched.attack:
            texts += [ref.technique or "", ref.name, ref.tactic or ""]
        texts = list(dict.fromkeys(texts))
        joined = "\n".join(texts)
        tokens = frozenset[str]().union(*map(_tokens, texts))
        folded = frozenset(token.lower() for token in tokens)
        return cls(
            text=joined,
            tokens=tokens,
            folded=folded,
            pieces=folded | {piece for token in folded for piece in re.findall(r"[a-z]{2,}", token)},
            paths=frozenset(match.rstrip(".:,'") for match in _PATH.findall(joined)),
            numbers=frozenset(_DIGITS.findall(joined)),
            roles=_roles(enriched.alert),
            by_id={e.id: e for e in enriched.evidence},
            statements=Statements.of(enriched),
            words={
                e.id: _shared_words(e.value) | _shared_words(e.why) | _shared_words(f"{e.path} {_about(e.path)}")
                for e in enriched.evidence
            },
            values={e.id: _shared_words(e.value) for e in enriched.evidence},
        )

    def repeats(self, sentence: str) -> bool:
        """Whether the sentence is only a piece of what stands in the evidence: a title, a value, a reason."""
        said = re.escape(sentence.strip(" .").casefold())
        return re.search(rf"(?<!\w){said}(?!\w)", self._casefolded) is not None

    @cached_property
    def _casefolded(self) -> str:
        return self.text.casefold()


_KEPT = 128
_grounds: OrderedDict[int, tuple[EnrichedAlert, Ground]] = OrderedDict()


def ground_of(enriched: EnrichedAlert) -> Ground:
    """The index of an alert's evidence; made once however many drafts are checked against it."""
    found = _grounds.get(id(enriched))
    # The alert is kept with its index, so its identity is not given to another one meanwhile.
    if found is None or found[0] is not enriched:
        found = _grounds[id(enriched)] = (enriched, Ground.of(enriched))
        if len(_grounds) > _KEPT:
            _grounds.popitem(last=False)
    return found[1]


def ungrounded(sentence: str, ground: Ground) -> str | None:
    """The reason why a sentence names something that the evidence does not hold, or None."""
    for identity in identities(sentence):
        if reason := _missing(identity, ground):
            return reason
    return None


def unrelated(sentence: str, cites: Sequence[str], ground: Ground) -> bool:
    """Whether the sentence takes nothing from what it cites: then it was not read there.

    One telling word of a cited value is enough; of ordinary words (container, process, root) it takes two.
    """
    if all(clause.mode == "open" for clause in clauses(sentence)):
        # What an alert does not tell is read in none of its lines.
        return False
    words = _shared_words(sentence)
    shared: set[str] = set()
    for cite in cites:
        shared |= words & ground.words.get(cite, frozenset())
        if any(word not in NEUTRAL and word not in _PLAIN for word in words & ground.values.get(cite, frozenset())):
            return False
    return not shared


def _missing(identity: Identity, ground: Ground) -> str | None:
    text = identity.text
    if identity.kind == "path":
        return None if _path_holds(text, ground) else f"the path {text} is not in the evidence"
    if identity.kind == "number":
        bare = text.replace(",", "").lstrip("+").rstrip("%")
        return None if bare in ground.numbers or bare in ground.tokens else f"the number {text} is not in the evidence"
    if identity.kind in {"ip", "url", "email", "cve", "technique"}:
        return None if _exact(text, ground) else f"{text} is not in the evidence"
    if identity.role is not None:
        return _wrong_role(identity, ground)
    if identity.kind in {"proper", "acronym"} or (identity.kind == "token" and text.isalpha()):
        return None if text.lower() in ground.pieces else f"{text} is not named in the evidence"
    return (
        None
        if _exact(text, ground) or _joined(text, ground) or _option(text, ground)
        else f"{text} is not in the evidence"
    )


def _exact(text: str, ground: Ground) -> bool:
    # Names are compared exactly; only a word at the head of a sentence may differ in the case of its first letter.
    return text in ground.tokens or (text[:1].lower() + text[1:]) in ground.tokens or _id_prefix(text, ground)


def _id_prefix(text: str, ground: Ground) -> bool:
    # Tools print container ids and digests at different lengths.
    return (
        len(text) >= 12
        and re.fullmatch(r"[0-9a-f]+", text) is not None
        and any(
            token.removeprefix("sha256:").startswith(text)
            or (len(token) >= 12 and text.startswith(token) and re.fullmatch(r"[0-9a-f]+", token))
            for token in ground.tokens
        )
    )


def _joined(text: str, ground: Ground) -> bool:
    """``repository:tag``, ``user=root``, ``address:port`` and hyphenated words, all parts of which are evidence."""
    parts = [part for part in re.split(r"[:=@]|(?<=\w)-(?=\w)|/", text) if part]
    return len(parts) > 1 and all(part in ground.tokens or part.lower() in ground.folded for part in parts)


def _option(text: str, ground: Ground) -> bool:
    """``--include=*.env`` as a command line has it."""
    return "=" in text and re.search(rf"(?<!\w){re.escape(text)}(?!\w)", ground.text) is not None


def _path_holds(text: str, ground: Ground) -> bool:
    if set(text) <= set("./"):
        return text in ground.text
    bare = text.rstrip("/") or "/"
    return any(
        bare == path.rstrip("/") or path.startswith(f"{bare}/") or path.endswith(f"/{bare.lstrip('./')}")
        for path in ground.paths
    ) or (bare in ground.tokens)


def _wrong_role(identity: Identity, ground: Ground) -> str | None:
    role, text = identity.role or "", identity.text
    known = ground.roles.get(role, frozenset())
    if text in known or text.lower() in {value.lower() for value in known}:
        return None
    if not (text.lower() in ground.folded or _joined(text, ground)):
        return f"no {role} named {text} is in the evidence"
    # Ordinary words of reviewed texts may follow "process" or "file"; an identity of another kind may not.
    if role in _SINGLE and known and re.search(r"[\d-]", text):
        return f"{text} is not the {role}"
    elsewhere = any(text in values for other, values in ground.roles.items() if other != role)
    return (
        f"{text} is not the {role}"
        if elsewhere and role in {"user", "pod", "namespace", "container", "host", "image", "parent"}
        else None
    )


def _roles(alert: Alert) -> dict[str, frozenset[str]]:
    process, parents = alert.process, alert.ancestors
    every = [p for p in (process, *parents) if p is not None]

    def values(*items: object) -> frozenset[str]:
        found: set[str] = set()
        for item in items:
            if item is None:
                continue
            text = str(item)
            found.add(text)
            found.update(part for part in re.split(r"[\s/:@]+", text) if part)
        return frozenset(found)

    user, container, k8s = alert.user, alert.container, alert.k8s
    return {
        "user": values(*((user.name, user.uid, user.loginname, user.principal, user.impersonated) if user else ())),
        "pod": values(*((k8s.pod, k8s.workload) if k8s else ())),
        "namespace": values(k8s.namespace if k8s else None, alert.api.namespace if alert.api else None),
        "container": values(
            *(
                (container.id, container.name, container.full_id, container.image, container.repository)
                if container
                else ()
            )
        ),
        "image": values(
            *((container.image, container.repository, container.tag, container.digest) if container else ())
        ),
        "host": values(alert.host.hostname, k8s.node if k8s else None),
        "parent": values(*(item for p in parents for item in (p.name, p.exepath, p.cmdline))),
        "process": values(*(item for p in every for item in (p.name, p.exepath, p.exe, p.cmdline, p.sname))),
        "file": values(
            *((alert.file.path, alert.file.target, alert.file.module, alert.file.linkpath) if alert.file else ()),
            process.args if process else None,
        ),
    }


# Reviewed texts come again with every alert of a rule.
@lru_cache(maxsize=4096)
def _tokens(text: str) -> frozenset[str]:
    return frozenset(_cut(text))


def _cut(text: str) -> Iterator[str]:
    for part in _SPLIT.split(text):
        token = part.strip(".:'`*~…")
        if not token:
            continue
        yield token
        if not token.startswith("/"):
            token = token.strip("-_")
            yield token
        if _JOINTS.search(token):
            yield from (piece.strip(".") for piece in _JOINTS.split(token) if piece)


def _about(path: str) -> str:
    name = path.removeprefix("output_fields.")
    return "parent ancestor grandparent tree started" if name.startswith("proc.aname") else _ABOUT.get(name, "")


@lru_cache(maxsize=4096)
def _shared_words(text: str) -> frozenset[str]:
    words = {stem(word) for word in re.findall(r"[A-Za-z][A-Za-z]{2,}", text)} - _STOP
    return frozenset(words | {token for token in _tokens(text) if _TELLING.search(token)})
