"""The words of a command line, of the scripts in its quotes, and what is fed to a program through a pipe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from explainer.redaction.conventions import TOOLS
from explainer.redaction.keyed import Span
from explainer.redaction.names import no_secret

_WORD = re.compile(r"(?:\\+\"(?:[^\"\\]|\\(?!\"))*\\+\"|\"(?:\\.|[^\"\\])*\"|'[^']*'|\\.|[^\s\"'|])+|[|]+|[\"']")
_PIPED = re.compile(
    r"(?:^|[\s;|&(\"'=])(?:echo|printf|print|yes)\s+(?:-[neE]+\s+)*(?:\\*[\"']?%s(?:\\+n)?\\*[\"']?\s+)?(?P<s>\\*\"(?:[^\"\\]|\\(?!\"))*\\*\"|'[^']*'|[^\s|\"']+)(?:\s+[^|\s]+)?\s*\|[^;]{0,160}?"
    r"(?:--password-stdin|--stdin\b|\bsudo\s+(?:-\w+\s+)*-\w*S|\bchpasswd\b|\bpasswd\b|\bkinit\b|--with-token|--passphrase-fd|--pass-stdin|--token-stdin"
    r"|\bcryptsetup\b|\bsmbpasswd\b|\bsu\s|\bvault\s+login\s+-|\bgpg\b[^|]*--batch|\bsecret\s+create\b|--data-file=-|\bncrypt\b|--api-key-stdin)"
)
_HERE = re.compile(
    r"(?:--password-stdin|--stdin\b|sudo\s+(?:-\w+\s+)*-\w*S|chpasswd|passwd|kinit|--with-token|--passphrase-fd|cryptsetup)[^|;]{0,120}?<<<\s*(?P<s>\\*\"[^\"]*\"|'[^']*'|\S+)"
)
_EATS = re.compile(r"stdin|sudo|passwd|kinit|with-token|passphrase|cryptsetup|\bsu\b|vault|gpg|secret|data-file|ncrypt")


class Word(NamedTuple):
    """A word and where it stands."""

    text: str
    start: int
    end: int


def split_words(text: str, depth: int = 0) -> list[Word]:
    """The words of a text; ``;`` stands where a command in quotes begins and ends."""
    found: list[Word] = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        if depth < _DEPTH and (script := _script(text[start:end])):
            # A script, or a list of words, in quotes: its words are words, and a command of their own.
            listed = _LIST.search(match[0]) is not None
            for left, right in script:
                apart = not listed or " " in match[0][left:right]
                if apart:
                    found.append(Word(";", start + left, start + left))
                inner = split_words(text[start + left : start + right], depth + 1)
                found += [Word(w.text, w.start + start + left, w.end + start + left) for w in inner]
                if apart:
                    found.append(Word(";", start + right, start + right))
            continue
        if end - start >= 2 and text[start] in "\"'" and text[end - 1] == text[start]:
            start, end = start + 1, end - 1
        found.append(Word(text[start:end], start, end))
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
        if " " in inner and (" -" in inner or any(base_name(w) in TOOLS for w in inner.split()[:4]) or "://" in inner):
            found.append(match.span("s"))
    return found


def base_name(word: str) -> str:
    """The program that a word would be: ``mysql`` of ``command=/usr/bin/mysql``."""
    if not word.startswith("-"):
        # "command=mysql", "cmd:mysql"
        word = re.split(r"[=:]", word)[-1] or word
    return word.rsplit("/", 1)[-1].strip("\"'()[]{},:")


def fed(text: str) -> Iterator[Span]:
    """What ``echo`` or a here-string hands to a program that reads a password."""
    if not _EATS.search(text):
        return
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
