"""Texts, commands and YAML with the alert's values in them. The values are hostile; the words around them are not."""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from functools import lru_cache

from pydantic import JsonValue

from explainer.enrich.view import Fields

PLACEHOLDER = re.compile(r"%\{\s*([A-Za-z][^{}|\s]*)\s*(?:\|([^{}]*))?\}")
_OPENING = re.compile(r"%\{")
TEXT_LIMIT = 240
COMMAND_LIMIT = 1024

_NUMBER = re.compile(r"\d{1,20}")
_NUMERIC = re.compile(
    r"(?:^|[._])(?:pid|ppid|vpid|pvpid|apid|uid|gid|loginuid|tty|sid|vpgid|pgid|tid|num|[a-z]*port|flow_id)(?:\[\d+\])?$"
)
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
# What a value must look like to stand in a command, where its kind is known. Attackers choose some of them.
_SHAPES: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (_NUMERIC, _NUMBER),
    (re.compile(r"container\.(?:id|full_id)"), re.compile(r"[0-9a-f]{6,64}")),
    (re.compile(r"k8s(?:meta)?\.(?:ns|pod|node|deployment|rs|svc|rc)\.name"), _NAME),
    (re.compile(r"ka\.target\.(?:namespace|resource)|alert\.namespace"), _NAME),
    (re.compile(r"alert\.(?:node|hostname)"), re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")),
    (re.compile(r"evt\.type"), re.compile(r"[a-z][a-z0-9_]{0,40}")),
    (re.compile(r"container\.image(?:\.\w+)?"), re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,511}")),
)


def visible(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text on one line: control, bidi and other invisible characters written out, over-long text cut and marked."""
    if not text.isascii() or not text.isprintable():
        text = "".join(c if _plain(c) else _written(c) for c in text[: limit * 4]) + text[limit * 4 :]
    if len(text) <= limit:
        return text
    return f"{text[:limit]} [cut {len(text) - limit} chars]"


def _plain(character: str) -> bool:
    return character.isprintable() and unicodedata.category(character) not in {"Cf", "Cc", "Cs", "Co", "Cn", "Zl", "Zp"}


def _written(character: str) -> str:
    code = ord(character)
    short = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character)
    return short or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}")


def as_text(value: JsonValue) -> str:
    """A field's value as one would print it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def fits_command(field: str, text: str) -> bool:
    """Whether the value may stand in a command or a rule file, as one word, without surprise."""
    if not text or len(text) > COMMAND_LIMIT or not text.isprintable():
        return False
    if not text.isascii() and not all(_plain(c) for c in text):
        return False
    return all(shape.fullmatch(text) for name, shape in _SHAPES if name.search(field))


@lru_cache(maxsize=4096)
def _pieces(template: str) -> tuple[tuple[str, str, str | None], ...]:
    """(literal, field, default) in order; the last literal has an empty field."""
    found = []
    at = 0
    for match in PLACEHOLDER.finditer(template):
        default = match[2].strip() if match[2] is not None else None
        found.append((template[at : match.start()], match[1], default))
        at = match.end()
    found.append((template[at:], "", None))
    return tuple(found)


def placeholders(template: str) -> tuple[str, ...]:
    """Fields that the template asks for."""
    return tuple(field for _, field, _ in _pieces(template) if field)


def malformed(template: str) -> bool:
    """Whether a ``%{`` opens something that is no placeholder."""
    return len(_OPENING.findall(template)) != len(placeholders(template))


def fill_text(template: str, fields: Fields) -> str:
    """A text with values; a missing one becomes the words after its bar, or "(not given)"."""
    if "%{" not in template:
        return template
    out = []
    for literal, field, default in _pieces(template):
        out.append(literal)
        if field:
            value = fields.get(field)
            out.append(visible(as_text(value)) if value is not None else default or "(not given)")
    return "".join(out)


def name_fields(template: str) -> str:
    """A text without an alert: ``<container.id>`` where the alert's value would stand."""
    return "".join(f"{literal}<{field}>" if field else literal for literal, field, _ in _pieces(template))


def fill_command(template: str, fields: Fields, notes: list[str] | None = None) -> str:
    """A command with every value shell-quoted.

    A value that is missing, hidden characters in it, too long, of a shape that its field never has, or that would be
    read as an option, is not put in: a quoted placeholder such as ``'<k8s.pod.name>'`` stands there instead.

    Args:
        template: shell text in which no placeholder stands inside quotes (``command_problem`` checks).
        fields: the alert's fields.
        notes: receives a sentence for every value that was left out although the alert has it.
    """
    if "%{" not in template:
        return template
    out = []
    for literal, field, default in _pieces(template):
        out.append(literal)
        if not field:
            continue
        value = fields.get(field)
        text = "" if value is None or isinstance(value, list | dict) else as_text(value)
        starts_word = not literal or literal[-1] in " \t\n;&|("
        if fits_command(field, text) and not (starts_word and text.startswith("-")):
            out.append(shlex.quote(text))
            continue
        if text and notes is not None:
            note = f"The value of {field} is not put into commands: it does not look like one that belongs there."
            if note not in notes:
                notes.append(note)
        out.append(shlex.quote(default if value is None and default else f"<{field}>"))
    return "".join(out)


def fill_yaml(template: str, fields: Fields) -> str:
    """A YAML text with every value as a JSON string, which YAML reads as text; missing ones as placeholders."""
    if "%{" not in template:
        return template
    out = []
    for literal, field, default in _pieces(template):
        out.append(literal)
        if field:
            value = fields.get(field)
            text = "" if value is None else as_text(value)
            out.append(json.dumps(text if fits_command(field, text) else default or f"<{field}>", ensure_ascii=False))
    return "".join(out)


_REINTERPRETS = re.compile(
    r"(?:^|[\s;&|(])(?:eval|ssh|xargs|source|awk|gawk|trap|(?:ba|z|da|a|k)?sh\s[^;&|]*-c|su\s[^;&|]*-c"
    r"|(?:python3?|perl|ruby|node)\s[^;&|]*-[ce])\b[^;&|]*%\{"
)


def command_problem(command: str) -> str | None:
    """Why values cannot be put safely into this command template, or None."""
    if malformed(command):
        return "a %{ does not open a placeholder such as %{proc.pid}"
    if not placeholders(command):
        return None
    if "<<" in command:
        return "a here-document next to %{field}: the shell would read the value a second time"
    if "`" in command:
        return "backquotes next to %{field}: write $( ) without quotes, or two commands"
    if _REINTERPRETS.search(command):
        return "%{field} is handed to a program that would read it as code"
    quote = ""
    at = 0
    while at < len(command):
        character = command[at]
        if quote and command.startswith("%{", at):
            return "%{field} stands inside quotes: it brings its own"
        if character == "\\" and quote != "'":
            if command.startswith("%{", at + 1):
                return "a backslash stands before %{field}"
            at += 1
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "$" and command.startswith("%{", at + 1):
            return "a dollar sign stands before %{field}"
        elif character == "#" and (at == 0 or command[at - 1].isspace()):
            return "a comment stands in a command with %{field}"
        at += 1
    return "a quote is not closed" if quote else None
