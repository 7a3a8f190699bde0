"""One shell word: quotes, escapes, variables and braces resolved as far as the text tells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

# What Markdown renderers do to a command that was pasted through them; one character for one, so offsets hold.
RENDERED = str.maketrans(
    {
        **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033\uff02"), '"'),
        **dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u2032\uff07"), "'"),
        **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"), "-"),
        **dict.fromkeys([0x00A0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " "),
        # Full-width letters and marks look like their ASCII kin and are pasted as such.
        **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if code not in (0xFF02, 0xFF07, 0xFF0D)},
    }
)
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u00ad\u180e\u202a-\u202e]")
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
_VARIABLE = re.compile(
    r"\$(?:(\w+|[@*])|\{(!?[\w@*]+)(?:\[[@*\d]+\])?(?:(:?[-=+?])([^{}]*)|(\^\^?|,,?|@[UuL])|([#%/:][^{}]*))?\})"
)
_MAX_PRODUCT = 32
_MAX_VALUE = 4000
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


def _altered(value: str, change: str) -> str:
    """``${x,,}``, ``${x#a}``, ``${x/a/b}``, ``${x:1:2}`` applied to a known value."""
    if change in (",,", "@L"):
        return value.lower()
    if change in ("^^", "@U"):
        return value.upper()
    if change in (",", "^", "@u"):
        return (value[:1].lower() if change == "," else value[:1].upper()) + value[1:]
    if change.startswith("/"):
        old, _, new = change.lstrip("/").partition("/")
        return value.replace(old, new) if change.startswith("//") else value.replace(old, new, 1)
    if change.startswith("#"):
        return value.removeprefix(change.lstrip("#"))
    if change.startswith("%"):
        return value.removesuffix(change.lstrip("%"))
    part = re.fullmatch(r":\s*(-?\d{1,4})(?::(-?\d{1,4}))?", change)
    if part:
        start = int(part.group(1))
        length = int(part.group(2)) if part.group(2) else None
        return value[start:] if length is None else value[start:][:length]
    return value


def _values(match: re.Match[str], variables: Variables) -> list[str] | None:
    """What one ``$x`` or ``${x…}`` stands for; None when the text does not tell."""
    name = match.group(1) or match.group(2)
    if name.startswith("!"):  # ${!x}: the variable that x names
        inner = variables.get(name[1:], ())
        name = inner[0] if len(inner) == 1 else name
    change = match.group(5) or match.group(6)
    if name in variables:
        if match.group(3) in ("+", ":+"):
            return [match.group(4) or ""]
        found = list(variables[name])
        return [_altered(v, change) for v in found] if change else found
    if match.group(3) in (":-", "-", ":=", "="):
        return [substitute((match.group(4) or "").strip("\"'"), variables)]
    return None


def substitute(text: str, variables: Variables) -> str:
    """Replace known variables; an unknown one stays as it is written."""

    def value(match: re.Match[str]) -> str:
        found = _values(match, variables)
        return match.group(0) if found is None else " ".join(found)

    return _VARIABLE.sub(value, text) if "$" in text else text


def product(text: str, variables: Variables) -> list[str]:
    """Like ``substitute``, one text for every turn of a loop: ``"$a$b"`` with two values of ``$a`` is two words."""
    found = [""]
    position = 0
    for match in _VARIABLE.finditer(text):
        values = _values(match, variables)
        between = text[position : match.start()]
        position = match.end()
        found = [(f + between + v)[:_MAX_VALUE] for f in found for v in (values or [match.group(0)])][:_MAX_PRODUCT]
    return [f + text[position:] for f in found]


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
    if raw.startswith(("\u2014", "\u2015")):
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
            values = [re.sub(r'\\(["$`\\\n])', r"\1", part) for part in product(inner, variables)]
        elif kind == "escape":
            values = ["" if text[1] == "\n" else text[1]]
        elif kind == "variable":
            named = _VARIABLE.fullmatch(text)
            values = (_values(named, variables) if named else None) or [text]
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
