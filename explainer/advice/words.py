"""One shell word: quotes, escapes, variables and braces resolved as far as the text tells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

# What Markdown renderers do to a command that was pasted through them; one character for one, so offsets hold.
RENDERED = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'", "\u2013": "-", "\u00a0": " "})
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
_MAX_WORDS = 64
_MAX_LENGTH = 20_000

Variables = Mapping[str, Sequence[str]]

_PIECE = re.compile(
    r"""(?P<ansi>\$'(?:[^'\\]|\\.)*')
      | (?P<single>'[^']*')
      | (?P<double>\$?"(?:[^"\\]|\\.)*")
      | (?P<escape>\\.)
      | (?P<variable>\$(?:\w+|[@*#?!$-]|\{[^{}]*\}))
      | (?P<plain>[^$'"\\]+)
      | (?P<rest>.)""",
    re.X | re.S,
)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?:(:?[-=+?])([^{}]*)|[^{}]*)\})")
_ANSI = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|u[0-9A-Fa-f]{4}|.)", re.S)
_ANSI_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "e": "\x1b", "a": "\a", "b": "\b", "0": "\0"}
_BRACES = re.compile(r"\{([^{}\s]*,[^{}\s]*)\}")


def _ansi(match: re.Match[str]) -> str:
    body = match.group(1)
    if body[0] in "xu" and len(body) > 1:
        return chr(int(body[1:], 16))
    if body[0] in "01234567":
        return chr(int(body, 8) & 0xFF)
    return _ANSI_LETTERS.get(body, body)


def ansi_c(text: str) -> str:
    """Resolve the escapes of ``$'…'`` or ``printf``."""
    return _ANSI.sub(_ansi, text)


def substitute(text: str, variables: Variables) -> str:
    """Replace known variables; an unknown one stays as it is written."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1) or match.group(2)
        if name in variables:
            return " ".join(variables[name])
        if match.group(3) in (":-", "-", ":=", "="):
            return match.group(4) or ""
        return match.group(0)

    return _VARIABLE.sub(value, text) if "$" in text else text


def _expand_braces(text: str) -> list[str]:
    words = [text]
    for _ in range(6):
        grown: list[str] = []
        changed = False
        for word in words:
            match = _BRACES.search(word)
            if match is None:
                grown.append(word)
                continue
            changed = True
            grown += [word[: match.start()] + part + word[match.end() :] for part in match.group(1).split(",")]
        words = grown[:_MAX_WORDS]
        if not changed:
            break
    return words


def expand(raw: str, variables: Variables) -> list[str]:
    """The words that ``raw`` stands for: one, or several after braces and loops over words.

    Unknown variables and command substitutions stay literal, so that a rule can still see ``$DIR``.
    """
    raw = _INVISIBLE.sub("", raw[:_MAX_LENGTH])
    if raw.startswith("\u2014"):
        raw = "--" + raw[1:]
    if raw.isalnum() or not any(mark in raw for mark in "$'\"\\{"):
        return [raw]
    words = [""]
    braces = False
    for match in _PIECE.finditer(raw):
        kind, text = match.lastgroup, match.group(0)
        values: Sequence[str]
        if kind == "ansi":
            values = [ansi_c(text[2:-1])]
        elif kind == "single":
            values = [text[1:-1]]
        elif kind == "double":
            inner = text[text.index('"') + 1 : -1]
            values = [re.sub(r'\\(["$`\\\n])', r"\1", substitute(inner, variables))]
        elif kind == "escape":
            values = ["" if text[1] == "\n" else text[1]]
        elif kind == "variable":
            named = _VARIABLE.fullmatch(text)
            name = (named.group(1) or named.group(2)) if named else ""
            values = variables[name] if name in variables else [substitute(text, variables)]
        else:
            braces = braces or "{" in text
            values = [text]
        if len(values) == 1:
            words = [word + values[0] for word in words]
        else:
            words = [word + value for word in words for value in values][:_MAX_WORDS]
    if braces:
        words = [part for word in words for part in _expand_braces(word)][:_MAX_WORDS]
    if len(words) == 1 and "$" in raw and not any(mark in raw for mark in "'\"") and " " in words[0]:
        return words[0].split()  # an unquoted variable is split into words by the shell
    return words


def split(command: str, variables: Variables) -> list[str]:
    """Split one simple command into words without a parser, for forms that are no shell script of their own."""
    pieces = re.findall(r"(?:\\.|'[^']*'|\"(?:[^\"\\]|\\.)*\"|[^\s'\"\\])+", command[:_MAX_LENGTH])
    return [word for piece in pieces for word in expand(piece, variables)]
