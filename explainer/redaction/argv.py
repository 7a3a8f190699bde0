"""Secrets that a command line carries by convention: ``-pSECRET``, ``-u a:b``, ``--token X``, ``vault login X``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from explainer.redaction.cmdwords import Word, base_name, fed, split_words
from explainer.redaction.conventional import conventional, span
from explainer.redaction.conventions import TOOLS, UNGUESSED, Convention
from explainer.redaction.keyed import Span
from explainer.redaction.names import MARK, holds, looks_random, mixed, no_secret, weight
from explainer.redaction.wordsets import word_set

_LISTED = re.compile(r"[\"'],\\*[\"']")
_STOPS = re.compile(r"(?:\|\|?|&&|;|&)$")
_NUMBERS = re.compile(r"[\d.,:/*-]+(?:/(?:tcp|udp))?$")
_ADDRESS = re.compile(r"[\w.*-]*:\d+(?::\d+)?$|\d+:\d+$")
_USER_FLAG = re.compile(
    r"(?:-[uUl]|--?(?:user|username|login|usr|user-?name|account|uid|principal|bind-?dn|email)|-D)(?:=.+)?$"
)
_PAIR_FLAG = re.compile(r"(?:-[uU]|--?(?:user|userpwd|auth|creds|credentials|basic-auth|proxy-user|proxy-auth|login))$")
_RUNNERS = frozenset({"sshpass", "proxychains", "java", "expect"})
_NAMED = re.compile(r"[\w.\[\]-]+[=:]|\"")
_NAMES = re.compile(r"[\w.-]+")
_SETS = word_set("set --set config configure add setenv setx export put")


def _names_program(word: str, *, first: bool) -> bool:
    """Whether a word with slashes in it can name a program: ``/usr/bin/mysql`` can, and ``/registry/pw`` cannot."""
    folder = re.split(r"[=:]", word)[-1].rpartition("/")[0]
    return first or not folder or folder == "." or folder.rpartition("/")[2] in {"bin", "sbin"}


def _names_secret(word: str) -> bool:
    tail = re.split(r"[:/]", word)[-1]
    return (
        "=" not in tail
        and len(tail) > 3
        and weight(tail) in {"password", "token"}
        and tail not in {"secret", "token", "secrets"}
    )


def arguments(text: str, program: str = "") -> Iterator[Span]:
    """Secrets in the words of a command line, or of several in one text.

    Args:
        text: the line; quotes may have been lost, as in Falco's ``proc.cmdline``.
        program: whose arguments these are, when the text itself begins behind the program's name.
    """
    if "|" in text or "<<<" in text:
        yield from fed(text)
    if " " not in text and not program and not _LISTED.search(text):
        if "=" in text and text.startswith("-"):
            yield from _read(split_words(text), program)
        return
    if "-" not in text and not (
        program in TOOLS or any(word in TOOLS or _ASKS.fullmatch(word) for word in _NAMES.findall(text))
    ):
        return
    command: list[Word] = []
    for word in split_words(text):
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


def _read(words: list[Word], program: str) -> Iterator[Span]:
    if not words:
        return
    rows: tuple[Convention, ...] = TOOLS.get(program, ())
    current, since = program, 0
    guessed = program not in UNGUESSED
    said_user = False
    at = 0
    while at < len(words):
        word = words[at]
        name = base_name(word.text)
        # The first word, or a word that a wrapper runs; an argument that is called like a program changes nothing else.
        if (
            name in TOOLS
            and _names_program(word.text, first=at == 0)
            and not word.text.startswith("-")
            and (at == 0 or name != current)
        ):
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
        listed = list(conventional(rows, words, since, at))
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
            and (_names_secret(word.text) or (words[at - 1].text in _SETS and word.text in {"token", "secret"}))
        ):
            if not following.text.startswith("-") and not no_secret(following.text) and len(following.text) >= 4:
                yield span(following)
        elif following and _ASKS.fullmatch(word.text):
            yield from _given(words[at + 1 :])
        elif following and at and word.text.lower() in {"password", "passwd", "passphrase"}:
            value = following.text
            if mixed(value) and not value.startswith("-") and not no_secret(value) and not _NAMED.match(value):
                yield span(following)
        at += 1


def _valued(rows: tuple[Convention, ...]) -> set[str]:
    return {form.rstrip("+:%,/=") for _, forms in rows for form in forms if form.startswith("-")}


_ASKS = re.compile(
    r"(?:re)?set-?(?:\w+-){0,2}passw(?:or)?d|change-?password|(?:log|sign)-?in|auth(?:enticate|token)?|activate|register"
    r"|enrol{1,2}|unseal|unlock|token|connect"
)


def _given(words: list[Word]) -> Iterator[Span]:
    """What stands behind a word that asks for a secret: a value that a machine made, or a name and a made-up one."""
    plain = []
    for word in words[:3]:
        if word.text.startswith("-"):
            break
        plain.append(word)
    for place, word in enumerate(plain):
        text = word.text
        if "/" in text or "=" in text or "." in text.strip(".") or _ADDRESS.fullmatch(text) or no_secret(text):
            continue
        made = mixed(text) and any(c.isdigit() for c in text) and (any(c.isupper() for c in text) or "!" in text)
        if looks_random(text, 20) or (made and (place == 1 or (place == 0 and len(plain) == 1 and len(text) >= 6))):
            yield span(word)


def _option(word: Word, following: Word | None) -> Iterator[Span]:
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
                yield span(following, len(prefix))
                return
        if (
            ":" in value
            and kind == "token"
            and not holds("weak", value.rpartition(":")[2])
            and value.partition(":")[0] in {"env", "file", "fd"}
        ):
            return
        if holds(kind, value) and not value.startswith(MARK):
            yield span(following, 0, "password" if kind == "password" else "token")


def _guess(word: Word, following: Word | None, *, said_user: bool) -> Iterator[Span]:
    """What programs that nobody listed most likely mean."""
    text = word.text
    if text in {"-p", "-P", "-w", "-pw", "-pwd", "-a"} and following is not None and said_user:
        if _plausible(following.text) and (text != "-a" or mixed(following.text)):
            yield span(following)
    elif (
        re.fullmatch(r"-[pPw][^\s=/-].{5,}", text)
        and mixed(text[2:])
        and any(c.isdigit() for c in text)
        and any(c.isalpha() for c in text[2:])
        and _plausible(text[2:])
    ):
        if not text[2:].isupper() and "=" not in text and any(c.isupper() or not c.isalnum() for c in text[2:]):
            yield span(word, 2)
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
            yield span(following, len(name) + 1)
    elif "=" in text and _PAIR_FLAG.fullmatch(text.partition("=")[0]):
        head, _, value = text.partition("=")
        name, colon, secret = value.partition(":")
        if colon and secret and _plausible(secret) and secret != name and not secret.startswith("//"):
            yield span(word, len(head) + len(name) + 2)


def _plausible(value: str) -> bool:
    return not (
        value.startswith(("-", "{", "[", "/", "./", "~", MARK))
        or _NUMBERS.fullmatch(value)
        or _ADDRESS.fullmatch(value)
        or no_secret(value)
        or value in {"tcp", "udp", "icmp", "all", "http", "https"}
    )
