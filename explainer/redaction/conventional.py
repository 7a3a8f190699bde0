"""What the listed conventions of a program make of its words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from explainer.redaction.cmdwords import Word
from explainer.redaction.conventions import Convention
from explainer.redaction.keyed import Span
from explainer.redaction.names import MARK, holds, mixed, no_secret, weight


def span(word: Word, skip: int = 0, kind: str = "password") -> Span:
    """A word's place, without its first ``skip`` characters."""
    return word.start + skip, word.end, kind


# Words between a subcommand and its secret; a line of thousands must not take a square of time.
_REACH = 64


def conventional(rows: tuple[Convention, ...], words: list[Word], since: int, at: int) -> Iterator[Span]:
    """Secrets that the word at ``at``, or the one behind it, is by a convention."""
    word = words[at]
    since = max(since, at - _REACH)
    for said, forms in rows:
        place = since
        for needed in said:
            place = next((i + 1 for i in range(place, at) if _is(words[i].text, needed)), -1)
            if place < 0:
                break
        if place < 0:
            continue
        for form in forms:
            if form.startswith(("-", "/")) or form[0].isalpha():
                yield from _flag(form, word, words[at + 1] if at + 1 < len(words) else None)
            elif form == "=":
                yield from _assignment(word, all_names=bool(said))
            elif form.startswith("#") and not word.text.startswith(("-", "/user")):
                yield from _positional(form, words, place, at)


def _is(word: str, needed: str) -> bool:
    return re.fullmatch(needed[1:], word) is not None if needed.startswith("~") else word == needed


def _flag(form: str, word: Word, following: Word | None) -> Iterator[Span]:
    how = form[-1] if form[-1] in "*+:%,/=;" and len(form) > 1 else ""
    flag = form[:-1] if how else form
    text = word.text
    if form.startswith("/") and form.endswith((":", "=")):
        if text.lower().startswith(form) and len(text) > len(form):
            yield span(word, len(form))
        return
    value, start, end = "", 0, 0
    if text == flag and how != "*":
        if following is None or (
            following.text.startswith("-")
            and (len(following.text) < 3 or following.text.startswith("--") or following.text[1:].isalpha())
        ):
            return
        value, start, end = following.text, following.start, following.end
    elif text.startswith(flag + "="):
        value, start, end = text[len(flag) + 1 :], word.start + len(flag) + 1, word.end
    elif (
        how
        and how not in "/="
        and len(flag) == 2
        and text.startswith(flag)
        and len(text) > 2
        and not text.startswith("--")
    ):
        value, start, end = text[2:], word.start + 2, word.end
    elif how == "*" and text.startswith(flag) and len(text) > len(flag) and not text.startswith("--"):
        value, start, end = text[len(flag) :], word.start + len(flag), word.end
    else:
        return
    stripped = value.strip("\\\"'")
    start, end = start + value.find(stripped), start + value.find(stripped) + len(stripped)
    if how == "=":
        name, equals, secret = stripped.partition("=")
        if not equals and form != "--from-literal=":
            secret, name = stripped, ""
        if secret and not no_secret(secret):
            yield start + len(name) + bool(equals), end, "password"
        return
    if how == ";":
        for match in re.finditer(r"[\w.-]+=([^;\s]+)", stripped):
            yield start + match.start(1), start + match.end(1), "cookie"
        return
    if how in {":", "%", ","}:
        name, divider, secret = stripped.partition(how)
        if divider and secret and not no_secret(secret) and not secret.startswith("/"):
            yield start + len(name) + 1, end, "password"
        return
    for prefix in ("pass:", "key:", "hexkey:"):
        if stripped.startswith(prefix):
            yield start + len(prefix), end, "password"
            return
    if stripped.startswith(("env:", "file:", "fd:", "stdin")) or stripped.startswith(MARK):
        return
    if stripped and not no_secret(stripped):
        yield start, end, "password"


def _assignment(word: Word, *, all_names: bool) -> Iterator[Span]:
    name, equals, value = word.text.partition("=")
    stripped = value.strip("\\\"'")
    if (
        not equals
        or not name
        or not stripped
        or name.startswith("-")
        or no_secret(stripped)
        or stripped.startswith("@")
    ):
        return
    if (all_names and not _TELLING_NAMES.fullmatch(name)) or holds(weight(name), stripped):
        start = word.start + len(name) + 1 + value.find(stripped)
        yield start, start + len(stripped), "password"


_TELLING_NAMES = re.compile(
    r"(?:user(?:name)?|role(?:_id|name)?|path|policies|policy|ttl|max_ttl|type|method|description|url|host(?:name)?|port|name|mount|version|cas|plugin_name|allowed_roles|connection_url|ca_cert|certificate|common_name|region|email|org|env|environment)",
    re.IGNORECASE,
)


def _positional(form: str, words: list[Word], place: int, at: int) -> Iterator[Span]:
    rest = form.endswith("..")
    how = form[-1] if form[-1] in ":/" else ""
    wanted = int(form[1:].rstrip("./:"))
    position = sum(
        1
        for i in range(place, at + 1)
        if not words[i].text.startswith("-") and not (i > place and _takes_value(words[i - 1].text))
    )
    if position != wanted and not (rest and position > wanted):
        return
    word = words[at]
    if at and _takes_value(words[at - 1].text):
        return
    text = word.text
    if how == "/":
        match = re.match(r"[\w$#.\"\[\]]+/(?P<s>[^@/\s\"]+|\"[^\"]+\")(?:@|$)", text)
        if match and not text.startswith("/"):
            yield word.start + match.start("s"), word.start + match.end("s"), "password"
        return
    if how == ":":
        name, colon, secret = text.partition(":")
        if colon and secret:
            yield span(word, len(name) + 1)
        return
    if "=" in text and form == "#1" and not mixed(text.rstrip("=")):
        return
    if text.startswith(("http://", "https://")) or no_secret(text) or (len(text) < 4 and not mixed(text) and rest):
        return
    if form == "#1" and "=" in text.rstrip("="):
        return
    yield span(word)


def _takes_value(text: str) -> bool:
    """Options of one letter mostly take none in front of these words; long ones without an equals sign mostly do."""
    return (
        text.startswith("--")
        and "=" not in text
        and text
        not in {
            "--user",
            "--path",
            "--plaintext",
            "--no-print",
            "--non-interactive",
            "--force",
            "--global",
            "--secret",
            "--batch",
        }
    )
