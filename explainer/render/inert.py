r"""Makes text inert: whatever an attacker or a model wrote stays text, in every target, and stays readable.

Three steps, always in this order. *Visible*: characters that a reader cannot see, or that a terminal obeys, become
marks (``␛``, ``⟨U+202E⟩``). *Cut*: what is too long for display loses its middle, with a mark that says how much.
*Quote*: what the target would read as structure is quoted in the target's own way.

Markdown needs the most care. GitHub, GitLab and Jira look for mentions, references and addresses after the backslash
escapes are gone, so ``\@team`` still calls the team; only code is left alone by all of them. Every word that is more
than a word is therefore shown as code, which also keeps a path exactly as it is.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import groupby

VALUE_LIMIT = 400
"""Characters of a value that are shown."""
PROSE_LIMIT = 4000
"""Characters of running text that are shown."""

_COMBINING_AT_MOST = 4
_ROOM_FOR_THE_MARK = 40
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_EMOJI_SELECTORS = "\ufe0e\ufe0f"
_TYPED_SPACES = {0x00A0: " ", 0x202F: " ", 0x2009: " "}


# --- visible -----------------------------------------------------------------------------------


def _name(char: str, times: int) -> str:
    code = ord(char)
    if code < 0x20:
        one = chr(0x2400 + code)
    elif code == 0x7F:
        one = "␡"
    else:
        one = f"⟨U+{code:04X}⟩"
    return one * times if times <= 3 else f"{one}⟨{times} times⟩"


def visible(text: str, *, newlines: bool = False) -> str:
    """Replace what cannot be seen, or would be obeyed, by a mark.

    Args:
        text: hostile text.
        newlines: keep line feeds (for blocks); otherwise they become ``␊``.
    """
    if text.isascii() and text.isprintable():
        return text
    out: list[str] = []
    before = ""
    combining = 0
    for char, run in groupby(text):
        times = sum(1 for _ in run)
        if char == "\n" and newlines:
            out.append(char * times)
        elif _SELECTORS.match(char):
            # One selector behind a pictogram is how emoji are typed; anywhere else selectors carry hidden data.
            keep = times == 1 and char in _EMOJI_SELECTORS and before != "" and unicodedata.category(before) == "So"
            out.append(char if keep else _name(char, times))
        elif not char.isprintable() or char in _BLANK_LETTERS:
            out.append(_name(char, times))
        elif unicodedata.category(char) in ("Mn", "Me"):
            combining += times
            out.append(char * times if combining <= _COMBINING_AT_MOST else _name(char, times))
            before = char
            continue
        else:
            out.append(char * times)
        combining = 0
        before = char
    return "".join(out)


def one_line(text: str, limit: int = PROSE_LIMIT) -> str:
    """Lines of a text after each other, with ``⏎`` between: for text that must not stand on lines of its own."""
    return _shown(re.sub(r"[ \t\r]*\n\s*", " ⏎ ", text.strip()), limit)


def altered(text: str) -> bool:
    """True when a command cannot be shown as it is, so that a paste would not do what the text says."""
    return visible(text, newlines=True) != text


def cut(text: str, limit: int) -> str:
    """Take the middle out of a long text, and say so."""
    if len(text) <= limit:
        return text
    if limit < _ROOM_FOR_THE_MARK * 2:
        return text[: max(limit - 1, 1)] + "…"
    half = (limit - _ROOM_FOR_THE_MARK) // 2
    return f"{text[:half]} ⟨… {len(text) - 2 * half:,} characters left out …⟩ {text[-half:]}"


def _shown(text: str, limit: int) -> str:
    """Visible and cut. Of a text far beyond the limit only the ends are looked at, so that size costs nothing."""
    if len(text) <= 3 * limit or limit < _ROOM_FOR_THE_MARK * 2:
        return cut(visible(text), limit)
    half = (limit - _ROOM_FOR_THE_MARK) // 2
    head, tail = visible(text[:half])[:half], visible(text[-half:])[-half:]
    return f"{head} ⟨… {len(text) - 2 * half:,} characters left out …⟩ {tail}"


def value(text: str, limit: int = VALUE_LIMIT) -> str:
    """A value on one line, exactly as it is where that can be seen."""
    if text != "" and text.strip(" ") == "":
        return cut("␠" * len(text), limit)
    return _shown(text, limit)


def block(text: str) -> str:
    """A command or a file's content: lines stay lines, nothing is cut."""
    return visible(text, newlines=True).strip("\n")


_PLAIN_TWINS = {
    "␠": "_", "⟨": "<", "⟩": ">", "…": "...", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"',
    "←": "<-", "→": "->", "·": "-", "•": "*", "✗": "x", "│": "|", "─": "-", "═": "=", "⏎": "/",
}  # fmt: skip
_PICTURES = {0x2400 + code: f"<U+{code:04X}>" for code in range(0x20)} | {0x2421: "<U+007F>"}
_ASCII = _PICTURES | str.maketrans(_PLAIN_TWINS)


def ascii_only(text: str) -> str:
    """For terminals without Unicode: our own signs get plain twins, other characters are named."""
    if text.isascii():
        return text
    plain = text.translate(_ASCII)
    return "".join(char if char.isascii() else f"<U+{ord(char):04X}>" for char in plain)


# --- running text ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Span:
    """A stretch of running text. ``code``: more than plain words. ``ticked``: the writer put it between backticks."""

    text: str
    code: bool = False
    ticked: bool = False


_TICKED = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_OPENING = "(\"'“‘«"
_CLOSING = ".,;:!?)\"'”’»…"
_LETTERS_AND_NUMBER = re.compile(r"[^\W\d_][^\W_]*-\d")
_COMMIT = re.compile(r"[0-9a-fA-F]{7,}")
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,6}(?:\.\d+)?%?")
# A time of day and a version of three parts: no ticket system makes more of them.
_TIME = re.compile(r"[0-2]\d:[0-5]\d(?::[0-5]\d)?")
_VERSION = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,3}")
_ABBREVIATION = re.compile(r"[^\W\d_](?:\.[^\W\d_])+")
_EITHER_OR = re.compile(r"[^\W\d_]+/[^\W\d_]+")


def _is_word(core: str) -> bool:
    """A word of ordinary language: nothing in it that Markdown, Slack or a ticket system gives a meaning."""
    if not core.isascii():
        core = "".join(char for char in core if char.isascii()) or "a"
    if _TIME.fullmatch(core) or _VERSION.fullmatch(core):
        return True
    if _NUMBER.fullmatch(core) or _ABBREVIATION.fullmatch(core) or _EITHER_OR.fullmatch(core):
        return True
    if _COMMIT.fullmatch(core) or _LETTERS_AND_NUMBER.search(core):
        return False
    parts = re.split("[-']", core)
    return all(part.isalnum() or part == "" for part in parts) and not core.startswith(("-", "'")) and "--" not in core


def _peel(token: str) -> tuple[str, str, str]:
    core = token.lstrip(_OPENING)
    opening = token[: len(token) - len(core)]
    kept = core.rstrip(_CLOSING)
    return opening, kept, core[len(kept) :]


def _words(piece: str, *, first: bool) -> list[Span]:
    out: list[Span] = []
    for token in re.split("( )", piece):
        if token in ("", " "):
            out.append(Span(token))
            continue
        opening, core, closing = _peel(token)
        # At the start of a line "1." and "-" would begin a list.
        begins_list = first and ((core.isdigit() and closing[:1] in (".", ")")) or core in ("-", "+"))
        first = False
        if begins_list:
            out.append(Span(token, code=True))
        elif core in ("", "-") or _is_word(core):
            out.append(Span(token))
        else:
            # ":name:" and "call(x)" are one thing.
            while closing and (closing[0] == core[0] or (closing[0] == ")" and core.count("(") > core.count(")"))):
                core, closing = core + closing[0], closing[1:]
            out += [Span(opening), Span(core, code=True), Span(closing)]
    return out


def spans(text: str, limit: int = PROSE_LIMIT) -> tuple[Span, ...]:
    """Split running text into plain words and everything else.

    Plain spans hold no character with a meaning in Markdown or Slack; code spans may hold anything but a line feed.
    """
    flat = re.sub(r"[ \t\r\n]+", " ", text.translate(_TYPED_SPACES))
    flat = _shown(flat.strip(" "), limit).strip()
    found: list[Span] = []
    end = 0
    for match in _TICKED.finditer(flat):
        found += _words(flat[end : match.start()], first=end == 0)
        found.append(Span(match.group(2).strip(" ") or match.group(2), code=True, ticked=True))
        end = match.end()
    found += _words(flat[end:], first=end == 0)
    return tuple(_joined([span for span in found if span.text]))


def _joined(found: list[Span]) -> list[Span]:
    """Neighbours of a kind become one span; two code spans that touch would otherwise close each other."""
    out: list[Span] = []
    for span in found:
        last = out[-1] if out else None
        if last is not None and last.code == span.code:
            out[-1] = Span(last.text + span.text, span.code, last.ticked or span.ticked)
        elif span.code and not span.ticked and len(out) > 1 and last is not None and last.text == " ":
            before = out[-2]
            if before.ticked:
                out.append(span)
            else:
                out[-2:] = [Span(f"{before.text} {span.text}", code=True)]
        else:
            out.append(span)
    return out


def is_evidence_id(name: str) -> bool:
    """``E1`` …: the only citation that may stand as a mark of ours."""
    return re.fullmatch("E[0-9]{1,4}", name) is not None


# --- Markdown ----------------------------------------------------------------------------------


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def markdown_code(text: str) -> str:
    """A code span around text that is already visible and on one line."""
    runs = {len(run) for run in re.findall("`+", text)}
    ticks = next(count for count in range(1, len(runs) + 2) if count not in runs)
    if text.startswith("`") or text.endswith("`") or (text[:1] == text[-1:] == " " and text.strip(" ")):
        text = f" {text} "
    return f"{'`' * ticks}{text}{'`' * ticks}"


def markdown_prose(text: str) -> str:
    """Running text on one line: plain words as they are, all else as code."""
    return "".join(markdown_code(span.text) if span.code else span.text for span in spans(text))


def markdown_fence(text: str, language: str) -> str:
    """A fence that no line of the text can close. ``language`` is ours."""
    body = block(text)
    fence = "`" * max(3, _longest_run(body) + 1)
    return f"{fence}{language}\n{body}\n{fence}"


# In the order of _MEANING: fullwidth forms and mathematical signs that look alike and mean nothing to anybody's parser.
_MEANING = "@#$`*_~<>|/\\:[]{}!&^%"
_LOOK_ALIKES = (
    "\uff20\uff03\uff04\u02cb\u2217\uff3f\u223c\u2039\u203a\u00a6\u2215\u29f5\u2236"
    "\uff3b\uff3d\uff5b\uff5d\uff01\uff06\u02c6\uff05"
)
_TWINS = str.maketrans(_MEANING, _LOOK_ALIKES)
_WORD_DOT = re.compile(r"(?<=[^\W_])\.(?=[^\W_])")


def twins(text: str) -> str:
    """Text that must neither work nor be copied: characters with a meaning become look-alikes.

    For advice that was withheld: code would invite a copy, and escapes do not stop mentions.
    """
    flat = one_line(text)
    flat = _LETTERS_AND_NUMBER.sub(lambda found: found.group().replace("-", "\u2011"), flat)
    flat = re.sub("--+", lambda found: "\u2011" * len(found.group()), flat)
    return _WORD_DOT.sub("\u2024", flat).translate(_TWINS)


# --- Slack -------------------------------------------------------------------------------------


def slack_fallback(text: str) -> str:
    """For the one field that Slack parses whatever we do: look-alikes, so that nothing calls or links."""
    return twins(text)
