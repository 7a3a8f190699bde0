"""Secrets that a command line carries by convention: ``-pSECRET``, ``-u a:b``, ``--token X``, ``vault login X``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from explainer.redaction.conventions import TOOLS, UNGUESSED, Convention
from explainer.redaction.keyed import Span
from explainer.redaction.names import MARK, holds, mixed, no_secret, weight
from explainer.redaction.wordsets import word_set

_WORD = re.compile(r"(?:\\+\"(?:[^\"\\]|\\(?!\"))*\\+\"|\"(?:\\.|[^\"\\])*\"|'[^']*'|\\.|[^\s\"'|])+|[|]+|[\"']")
_STOPS = re.compile(r"(?:\|\|?|&&|;|&)$")
_NUMBERS = re.compile(r"[\d.,:/*-]+(?:/(?:tcp|udp))?$")
_ADDRESS = re.compile(r"[\w.*-]*:\d+(?::\d+)?$|\d+:\d+$")
_USER_FLAG = re.compile(
    r"(?:-[uUl]|--?(?:user|username|login|usr|user-?name|account|uid|principal|bind-?dn|email)|-D)(?:=.+)?$"
)
_PAIR_FLAG = re.compile(r"(?:-[uU]|--?(?:user|userpwd|auth|creds|credentials|basic-auth|proxy-user|proxy-auth|login))$")
_PIPED = re.compile(
    r"(?:^|[\s;|&(\"'=])(?:echo|printf|print)\s+(?:-[neE]+\s+)*(?P<s>\\*\"(?:[^\"\\]|\\(?!\"))*\\*\"|'[^']*'|[^\s|\"']+)(?:\s+[^|\s]+)?\s*\|[^;]{0,160}?"
    r"(?:--password-stdin|--stdin\b|\bsudo\s+(?:-\w+\s+)*-\w*S|\bchpasswd\b|\bpasswd\b|\bkinit\b|--with-token|--passphrase-fd|--pass-stdin|--token-stdin"
    r"|\bcryptsetup\b|\bsmbpasswd\b|\bsu\s|\bvault\s+login\s+-|\bgpg\b[^|]*--batch|\bsecret\s+create\b|--data-file=-|\bncrypt\b|--api-key-stdin)"
)
_EATS = re.compile(r"stdin|sudo|passwd|kinit|with-token|passphrase|cryptsetup|\bsu\b|vault|gpg|secret|data-file|ncrypt")
_HERE = re.compile(
    r"(?:--password-stdin|--stdin\b|sudo\s+(?:-\w+\s+)*-\w*S|chpasswd|passwd|kinit|--with-token|--passphrase-fd|cryptsetup)[^|;]{0,120}?<<<\s*(?P<s>\\*\"[^\"]*\"|'[^']*'|\S+)"
)
# What they run has options of its own.
_RUNNERS = frozenset({"sshpass", "proxychains", "java", "expect"})


_NAMED = re.compile(r"[\w.\[\]-]+[=:]|\"")


_NAMES = re.compile(r"[\w.-]+")
_SETS = word_set("set config configure add setenv setx export put")


def _names_secret(word: str) -> bool:
    tail = re.split(r"[:/]", word)[-1]
    return (
        "=" not in tail
        and len(tail) > 3
        and weight(tail) in {"password", "token"}
        and tail not in {"secret", "token", "secrets"}
    )


class _Word(NamedTuple):
    text: str
    start: int
    end: int


def arguments(text: str, program: str = "") -> Iterator[Span]:
    """Secrets in the words of a command line, or of several in one text.

    Args:
        text: the line; quotes may have been lost, as in Falco's ``proc.cmdline``.
        program: whose arguments these are, when the text itself begins behind the program's name.
    """
    if ("|" in text or "<<<" in text) and _EATS.search(text):
        yield from _fed(text)
    if " " not in text and not program:
        if "=" in text and text.startswith("-"):
            yield from _read(_words(text), program)
        return
    if "-" not in text and not (program in TOOLS or any(word in TOOLS for word in _NAMES.findall(text))):
        return
    command: list[_Word] = []
    for word in _words(text):
        if _STOPS.fullmatch(word.text):
            yield from _read(command, program)
            command, program = [], ""
        else:
            command.append(word)
            if word.text.endswith(";") and len(word.text) > 1 and not any(q in word.text for q in "\"'"):
                command[-1] = word._replace(text=word.text[:-1], end=word.end - 1)
                yield from _read(command, program)
                command, program = [], ""
    yield from _read(command, program)


def _fed(text: str) -> Iterator[Span]:
    for match in (*_PIPED.finditer(text), *_HERE.finditer(text)):
        start, end = match.span("s")
        value = text[start:end]
        stripped = value.strip("\\\"'")
        start += value.find(stripped)
        pair = stripped.split(":", 1)
        if "chpasswd" in match[0] and len(pair) == 2:
            start, stripped = start + len(pair[0]) + 1, pair[1]
        if stripped and not no_secret(stripped):
            yield start, start + len(stripped), "password"


def _words(text: str, depth: int = 0) -> list[_Word]:
    found: list[_Word] = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        if depth < _DEPTH and (script := _script(text[start:end])):
            # A script, or a list of words, in quotes: its words are words, and a command of their own.
            for left, right in script:
                if found and found[-1].text != ";" and left > 0 and text[start + left - 1] != ",":
                    found.append(_Word(";", start + left, start + left))
                inner = _words(text[start + left : start + right], depth + 1)
                found += [_Word(w.text, w.start + start + left, w.end + start + left) for w in inner]
            if len(script) == 1:
                found.append(_Word(";", end, end))
            continue
        if end - start >= 2 and text[start] in "\"'" and text[end - 1] == text[start]:
            start, end = start + 1, end - 1
        found.append(_Word(text[start:end], start, end))
    return found


_DEPTH = 4
_LIST = re.compile(r"\\*[\"'],\s?\\*[\"']")
_QUOTED = re.compile(r"(?P<q>\\*[\"'])(?P<s>.*?)(?P=q)", re.DOTALL)


def _script(word: str) -> list[tuple[int, int]]:
    """Where in a word that is, or holds, a quoted text the commands in it stand; empty when it is one value."""
    if '"' not in word and "'" not in word:
        return []
    if _LIST.search(word):
        # ["sh", "-c", "mysql -px"]: each part is a word, or a script.
        return [match.span("s") for match in _QUOTED.finditer(word) if match["s"]]
    found = []
    for match in _QUOTED.finditer(word):
        inner = match["s"]
        if " " in inner and (" -" in inner or any(_base(w) in TOOLS for w in inner.split()[:4]) or "://" in inner):
            found.append(match.span("s"))
    return found


def _base(word: str) -> str:
    if not word.startswith("-"):
        # "command=mysql", "cmd:mysql"
        word = re.split(r"[=:]", word)[-1] or word
    return word.rsplit("/", 1)[-1].strip("\"'()[]{},:")


def _read(words: list[_Word], program: str) -> Iterator[Span]:
    if not words:
        return
    rows: tuple[Convention, ...] = TOOLS.get(program, ())
    current, since = program, 0
    guessed = program not in UNGUESSED
    said_user = False
    at = 0
    while at < len(words):
        word = words[at]
        name = _base(word.text)
        # The first word, or a word that a wrapper runs; an argument that is called like a program changes nothing else.
        if name in TOOLS and not word.text.startswith("-") and (at == 0 or name != current):
            before = words[at - 1].text if at else ""
            if not (before.startswith("-") and rows and before in _valued(rows)) and not (
                rows
                and at
                and name
                in {
                    "set",
                    "net",
                    "export",
                    "http",
                    "https",
                    "mqtt",
                    "sql",
                    "security",
                    "pass",
                    "java",
                    "step",
                    "op",
                    "exp",
                    "imp",
                    "now",
                    "image",
                    "config.sh",
                    "git",
                }
            ):
                rows, current, since, said_user = TOOLS[name], name, at + 1, False
                guessed = name not in UNGUESSED
                at += 1
                continue
        elif not word.text.startswith("-") and (at == 0 or (current in _RUNNERS and name in UNGUESSED)):
            guessed = name not in UNGUESSED
            if at:
                rows, current = (), name
        following = words[at + 1] if at + 1 < len(words) else None
        listed = list(_by_rows(rows, words, since, at))
        if listed:
            yield from listed
            at += 1
            continue
        if word.text.startswith("-"):
            yield from _option(word, following)
            if guessed or (current in {"docker", "podman"} and "login" in {w.text for w in words}):
                yield from _guess(word, following, said_user=said_user)
            if _USER_FLAG.fullmatch(word.text) and (
                "=" in word.text or (following and not following.text.startswith("-"))
            ):
                said_user = True
        elif (
            following
            and at
            and _SETS.intersection(w.text for w in words[max(0, at - 3) : at])
            and _names_secret(word.text)
        ):
            if not following.text.startswith("-") and not no_secret(following.text) and len(following.text) >= 4:
                yield _span(following)
        elif following and at and word.text.lower() in {"password", "passwd", "passphrase"}:
            value = following.text
            if mixed(value) and not value.startswith("-") and not no_secret(value) and not _NAMED.match(value):
                yield _span(following)
        at += 1


def _valued(rows: tuple[Convention, ...]) -> set[str]:
    return {form.rstrip("+:%,/=") for _, forms in rows for form in forms if form.startswith("-")}


def _span(word: _Word, skip: int = 0, kind: str = "password") -> Span:
    return word.start + skip, word.end, kind


def _option(word: _Word, following: _Word | None) -> Iterator[Span]:
    """``--db-password X``, ``-token=X``: options whose own name promises a secret."""
    name, equals, value = word.text.partition("=")
    bare = name.lstrip("-")
    if len(bare) < 2 or name.startswith("---"):
        return
    kind = weight(bare)
    if not kind or (not name.startswith("--") and len(bare) < 4 and bare not in {"pw", "pwd", "psk"}):
        return
    if equals:
        stripped = value.strip("\\\"'")
        if stripped and not stripped.startswith("$") and holds(kind, stripped):
            start = word.start + len(name) + 1 + value.find(stripped)
            yield start, start + len(stripped), "password" if kind == "password" else "token"
    elif following is not None and not (
        following.text.startswith("-") and len(following.text) < 12 and not mixed(following.text.lstrip("-"))
    ):
        value = following.text
        for prefix in ("pass:", "key:", "hexkey:"):
            if value.startswith(prefix):
                yield _span(following, len(prefix))
                return
        if (
            ":" in value
            and kind == "token"
            and not holds("weak", value.rpartition(":")[2])
            and value.partition(":")[0] in {"env", "file", "fd"}
        ):
            return
        if holds(kind, value) and not value.startswith(MARK):
            yield _span(following, 0, "password" if kind == "password" else "token")


def _guess(word: _Word, following: _Word | None, *, said_user: bool) -> Iterator[Span]:
    """What programs that nobody listed most likely mean."""
    text = word.text
    if text in {"-p", "-P", "-w", "-pw", "-pwd", "-a"} and following is not None and said_user:
        if _plausible(following.text) and (text != "-a" or mixed(following.text)):
            yield _span(following)
    elif (
        re.fullmatch(r"-[pPw][^\s=/-].{5,}", text)
        and mixed(text[2:])
        and any(c.isdigit() for c in text)
        and any(c.isalpha() for c in text[2:])
        and _plausible(text[2:])
    ):
        if not text[2:].isupper() and "=" not in text and any(c.isupper() or not c.isalnum() for c in text[2:]):
            yield _span(word, 2)
    elif _PAIR_FLAG.fullmatch(text) and following is not None:
        name, colon, value = following.text.partition(":")
        if (
            colon
            and name
            and value
            and _plausible(value)
            and value not in {name, "root", "users", "wheel", "staff", "nogroup"}
            and not value.startswith("//")
        ):
            yield _span(following, len(name) + 1)
    elif "=" in text and _PAIR_FLAG.fullmatch(text.partition("=")[0]):
        head, _, value = text.partition("=")
        name, colon, secret = value.partition(":")
        if colon and secret and _plausible(secret) and secret != name and not secret.startswith("//"):
            yield _span(word, len(head) + len(name) + 2)


def _plausible(value: str) -> bool:
    return not (
        value.startswith(("-", "{", "[", "/", "./", "~", MARK))
        or _NUMBERS.fullmatch(value)
        or _ADDRESS.fullmatch(value)
        or no_secret(value)
        or value in {"tcp", "udp", "icmp", "all", "http", "https"}
    )


def _by_rows(rows: tuple[Convention, ...], words: list[_Word], since: int, at: int) -> Iterator[Span]:
    word = words[at]
    for said, forms in rows:
        place = since
        for needed in said:
            place = next((i + 1 for i in range(place, at) if words[i].text == needed), -1)
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


def _flag(form: str, word: _Word, following: _Word | None) -> Iterator[Span]:
    how = form[-1] if form[-1] in "*+:%,/=" and len(form) > 1 else ""
    flag = form[:-1] if how else form
    text = word.text
    if form.startswith("/") and form.endswith((":", "=")):
        if text.lower().startswith(form) and len(text) > len(form):
            yield _span(word, len(form))
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
    if how in {":", "%", ","} and how:
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
    if flag == "-o" or (flag in {"-b", "--cookie"} and "=" not in stripped):
        return
    if flag in {"-b", "--cookie"}:
        for match in re.finditer(r"[\w.-]+=([^;\s]+)", stripped):
            yield start + match.start(1), start + match.end(1), "cookie"
        return
    if stripped and not no_secret(stripped):
        yield start, end, "password"


def _assignment(word: _Word, *, all_names: bool) -> Iterator[Span]:
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


def _positional(form: str, words: list[_Word], place: int, at: int) -> Iterator[Span]:
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
            yield _span(word, len(name) + 1)
        return
    if "=" in text and form == "#1" and not mixed(text.rstrip("=")):
        return
    if text.startswith(("http://", "https://")) or no_secret(text) or (len(text) < 4 and not mixed(text) and rest):
        return
    if form == "#1" and "=" in text.rstrip("="):
        return
    yield _span(word)


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
