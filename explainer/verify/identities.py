"""Finds the things in a sentence that have to stand in the evidence: names, paths, addresses, numbers, identifiers.

A sentence is allowed to use ordinary words freely. Everything that singles out one thing in the world is an *identity*:
it has to be found in the evidence exactly, because a fluent wrong one is what a reader cannot see through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from explainer.verify.neutral import NEUTRAL
from explainer.verify.vocabulary import ORDINARY, VOCABULARY
from explainer.verify.words import stem

IdentityKind = Literal[
    "url", "email", "path", "ip", "technique", "cve", "number", "token", "name", "proper", "acronym", "image"
]

_TOKEN = re.compile(r"[^\s,;!?\"“”‘’«»<>()\[\]{}|]+")
_EDGE = ".:'`*_~-–—…"
_URL = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]*://|www\.)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_IP4 = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?::\d{1,5})?")
_IP6 = re.compile(r"(?i)(?=[0-9a-f:]*:[0-9a-f:]*:)[0-9a-f:]{3,}(?:%\w+)?(?:/\d{1,3})?")
_TECHNIQUE = re.compile(r"(?:T\d{4}(?:\.\d{3})?|TA\d{4})")
_CVE = re.compile(r"(?i)CVE-\d{4}-\d{4,}")
_NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?%?")
_ORDINAL = re.compile(r"\d{1,2}(?:st|nd|rd|th)")
_EVIDENCE_ID = re.compile(r"E\d{1,3}")
_ABBREVIATION = {
    "e.g",
    "i.e",
    "etc",
    "vs",
    "a.k.a",
    "u.s",
    "and/or",
    "read/write",
    "input/output",
    "i/o",
    "tcp/ip",
    "n/a",
    "yes/no",
    "24/7",
}

_KINDS = {
    "user": "user",
    "username": "user",
    "account": "user",
    "principal": "user",
    "pod": "pod",
    "namespace": "namespace",
    "container": "container",
    "host": "host",
    "hostname": "host",
    "node": "host",
    "machine": "host",
    "server": "host",
    "image": "image",
    "process": "process",
    "binary": "process",
    "program": "process",
    "executable": "process",
    "command": "process",
    "shell": "process",
    "tool": "process",
    "utility": "process",
    "parent": "parent",
    "module": "file",
    "file": "file",
}
_NAME = r"[\"'`“‘]?(?P<name>[A-Za-z][\w.+-]*)(?P<end>[\"'`”’]?\W|$)"
_AFTER_KIND = re.compile(
    r"(?i)\b(?P<kind>"
    + "|".join(_KINDS)
    + r")\b(?:\s+(?:process|name|id|named|called|account|is|was|image)\b)*\s*[:=]?\s*"
    + _NAME
)
_LAST_KIND = re.compile(r"(?i)\b(?P<kind>account|image)\s+[\"'`“‘]?$")
# A plain word after "process" is a name when a verb or the end of the phrase follows: "the process nginx opened".
_FOLLOWED = re.compile(
    r"(?i)\s*(?:$|[.,;:)]|(?:is|was|has|had|did|does|ran|runs?|starts?|opens?|executes?|made|makes|uses?"
    r"|reads?|wrote|writes?"
    r"|tries|tried|spawns?|loads?|connects?|with|in|inside|on|at|from|and|or|which|that|to|as|by|belongs|\w+ed)\b)"
)
_ACTOR = re.compile(r"\b(?:by|as)\s+(?:the\s+)?(?:user\s+|process\s+)?[\"'`“‘]?(?P<name>[A-Za-z][\w.+-]*)")
_QUOTED = re.compile(r"`([^`\n]{2,200})`|[\"“]([^\"”\n]{2,200})[\"”]|(?<!\w)'([^'\n]{2,200})'(?!\w)")
_PROPER = re.compile(r"(?<![.!?:])\s[\"“'‘`(]?([A-Z][a-z]{2,}\w*)")


@dataclass(frozen=True)
class Identity:
    """Something that has to stand in the evidence."""

    kind: IdentityKind
    text: str
    role: str | None = None
    """For names: the kind of thing that it is said to be (``user``, ``pod``, ``parent`` …)."""


def identities(sentence: str) -> Iterator[Identity]:
    """All identities of a sentence, in no particular order, possibly more than once."""
    plain = _EVIDENCE_ID.sub(" ", sentence)
    for match in _QUOTED.finditer(plain):
        quoted = next(group for group in match.groups() if group is not None).strip()
        if " " not in quoted and quoted.lower() not in VOCABULARY and quoted.lower() not in ORDINARY:
            yield Identity("token", quoted)
    for match in _AFTER_KIND.finditer(plain):
        name = match["name"].rstrip(".-")
        bare = name.isalpha() and name.islower() and match["end"][:1] not in set("\"'`”’")
        if not _ordinary(name, VOCABULARY & ORDINARY) and (not bare or _FOLLOWED.match(plain, match.end("name"))):
            # "The web server account www-data" names an account.
            nearer = _LAST_KIND.search(plain, match.start("kind"), match.start("name"))
            yield Identity("name", name, _KINDS[(nearer or match)["kind"].lower()])
    for match in _ACTOR.finditer(plain):
        if not _ordinary(match["name"]) and match["name"].islower():
            yield Identity("name", match["name"].rstrip(".-"))
    for match in _PROPER.finditer(plain):
        if match[1].lower() not in ORDINARY | VOCABULARY:
            yield Identity("proper", match[1])
    for match in _TOKEN.finditer(plain):
        yield from _of_token(match[0])


def _ordinary(word: str, vocabulary: frozenset[str] = VOCABULARY) -> bool:
    lower = word.lower().rstrip(".-")
    if lower in ORDINARY or lower in vocabulary or (lower.isalpha() and lower.endswith(("ed", "ing", "ly"))):
        return True
    # A plain word that states something is no name; whether the evidence carries it is asked of every word.
    return all(part in ORDINARY or stem(part) in NEUTRAL for part in lower.split("-"))


def _of_token(raw: str) -> Iterator[Identity]:
    token = raw.strip(_EDGE)
    if token.endswith(("'s", "’s")):
        token = token[:-2]
    lower = token.lower()
    if not token or lower in _ABBREVIATION:
        return
    if _URL.match(token):
        yield Identity("url", token)
    elif _EMAIL.fullmatch(token):
        yield Identity("email", token)
    elif _IP4.fullmatch(token) or _IP6.fullmatch(token):
        yield Identity("ip", token)
    elif _TECHNIQUE.fullmatch(token):
        yield Identity("technique", token)
    elif _CVE.fullmatch(token):
        yield Identity("cve", token)
    elif raw.lstrip("'`*_~(").startswith(("/", "~/", "./", "../")):
        # A leading dot belongs to the path: strip only what follows it.
        yield Identity("path", raw.lstrip("'`*_(").rstrip(_EDGE))
    elif _NUMBER.fullmatch(token):
        yield Identity("number", token)
    elif _ORDINAL.fullmatch(lower):
        return
    elif _identifier_like(token) and lower not in VOCABULARY:
        yield Identity("token", token)
    elif len(token) > 2 and token.isupper() and token.isalpha() and lower not in VOCABULARY:
        yield Identity("acronym", token)


def _identifier_like(token: str) -> bool:
    if any(char.isdigit() for char in token) or any(char in token for char in "_@=\\:$%+"):
        return True
    if "/" in token:
        return not all(_ordinary(part) or (part.isalpha() and part.islower()) for part in token.split("/"))
    if "." in token:
        return re.search(r"\w\.\w", token) is not None
    inner = re.sub(r"[^A-Za-z]", "", token)
    # CamelCase is a name; "Falco" and "SELinux-like" are words.
    return re.search(r"[a-z][A-Z]", inner) is not None and token.lower() not in VOCABULARY
