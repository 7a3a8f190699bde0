"""All secrets of one text, and the text without them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from explainer.redaction.argv import arguments
from explainer.redaction.keyed import addresses, headers, named, statements
from explainer.redaction.names import MARK, holds, no_secret, weight
from explainer.redaction.shapes import shaped


class Secret(NamedTuple):
    """One secret's place in a text."""

    start: int
    end: int
    kind: str
    """``password``, ``token``, ``api-key``, ``private-key`` …: what the mark says."""


def mark(kind: str) -> str:
    """What stands where a secret stood. It is never turned back."""
    return f"{MARK}{kind}]"


_MARKS = re.compile(r"\[redacted(?::[a-z-]+)?\]")
# Without any of these, a text can hold no secret that anybody could tell.
_MAYBE = re.compile(
    r"[=:@|]|[\"'],|\s|^-|\$[0-9a-zA-Z]|[A-Z0-9]{12}|[A-Za-z0-9_-]{20}|(?i:pass|token|secret|auth|login|key|identified|put|unseal|obscure)"
)


def find_secrets(
    text: str, *, program: str = "", name: str = "", extra: Iterable[re.Pattern[str]] = ()
) -> list[Secret]:
    """Secrets in a text, in order, none overlapping another.

    Args:
        text: a value, a command line, a log line, JSON: anything.
        program: whose arguments the text is, when it begins behind the program's name.
        name: what the text is the value of; under ``db_password`` all of it is secret.
        extra: a site's own patterns; the group ``secret``, or else the whole match, is one.
    """
    if name and text and holds(weight(name), text.strip()) and not _MARKS.search(text):
        kind = "password" if weight(name) == "password" else "token"
        return [Secret(0, len(text), kind)]
    found: list[tuple[int, int, str]] = []
    if _MAYBE.search(text):
        found += shaped(text)
        if "=" in text or ":" in text or "," in text:
            found += named(text)
            found += headers(text)
            found += addresses(text)
        elif " " in text:
            found += headers(text)
        found += statements(text)
        found += arguments(text, program)
    for pattern in extra:
        group = "secret" if "secret" in pattern.groupindex else 0
        found += (
            (m.start(group), m.end(group), "custom") for m in pattern.finditer(text) if m.end(group) > m.start(group)
        )
    return _merged(text, found) if found else []


def _merged(text: str, found: list[tuple[int, int, str]]) -> list[Secret]:
    marks = [m.span() for m in _MARKS.finditer(text)]
    kept: list[Secret] = []
    for start, end, kind in sorted(found, key=lambda f: (f[0], -f[1])):
        while start < end and text[end - 1] in "\r\n\t ":
            end -= 1
        if start >= end or any(start < right and left < end for left, right in marks):
            continue
        if kept and start < kept[-1].end:
            last = kept[-1]
            if end > last.end:
                kept[-1] = Secret(last.start, end, last.kind)
            continue
        kept.append(Secret(start, end, kind))
    return kept


def mask_text(text: str, *, program: str = "", name: str = "", extra: Iterable[re.Pattern[str]] = ()) -> str:
    """The text with a mark in the place of each secret; the text itself when it holds none."""
    found = find_secrets(text, program=program, name=name, extra=extra)
    if not found:
        return text
    out, at = [], 0
    for secret in found:
        out += [text[at : secret.start], mark(secret.kind)]
        at = secret.end
    return "".join([*out, text[at:]])


def masks(known: Iterable[str] = ()) -> _Masker:
    """A function that masks the secrets of a text.

    Args:
        known: secrets that are known to be in use, such as the API key; masked wherever they stand.
    """
    return _Masker({secret: "key" for secret in known if len(secret) >= 6})


class _Masker:
    """See ``masks``."""

    def __init__(self, literals: Mapping[str, str]) -> None:
        self._literals = sorted(literals.items(), key=lambda item: -len(item[0]))

    def __call__(self, text: str) -> str:
        for secret, kind in self._literals:
            if secret in text:
                text = text.replace(secret, mark(kind))
        return mask_text(text)


def distinctive(secret: str) -> bool:
    """Whether a secret is masked wherever else it stands: it is nothing that could as well be a word."""
    if len(secret) < 6 or no_secret(secret):
        return False
    kinds = (
        (any(c.isdigit() for c in secret)) + (any(c.isalpha() for c in secret)) + (any(not c.isalnum() for c in secret))
    )
    return (
        kinds >= 2 or (any(c.isupper() for c in secret) and any(c.islower() for c in secret[1:])) or len(secret) >= 16
    )
