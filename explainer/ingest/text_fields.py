"""Fields out of Falco's text: ``(user=root command=sh -c x=1 container_id=…)``. Lossy by nature, and marked as such."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pydantic import JsonValue

from explainer.ingest.clean import is_missing
from explainer.ingest.text_keys import ONE_WORD, field_of, source_of_text

_KEY = re.compile(r"(?:(?<=[\s(|,])|^)([A-Za-z_][A-Za-z0-9_.]*(?:\[[^\]\s]{1,64}\])?)=")
_CONTAINER_INFO = re.compile(r"(?:^|[\s(])(\S{1,256}) \(id=([0-9a-f]{12}|host)\)")
_CONTAINER_ID = re.compile(r"[0-9a-f]{12}|[0-9a-f]{64}|host")
# What an attacker writes freely: a key found inside one of these may be forged.
_FREE = frozenset(
    {
        "proc.cmdline",
        "proc.pcmdline",
        "proc.args",
        "fd.name",
        "fd.nameraw",
        "evt.args",
        "proc.env",
        "proc.name",
        "proc.cwd",
    }
)
MAX_KEYS = 512
INTERNAL = "Falco internal:"
# Words that any program prints; they are Falco's only where Falco's own keys stand beside them.
_COMMON_WORDS = frozenset(
    {"name", "path", "mode", "target", "env", "fd", "ip", "args", "group", "device", "filename", "operation"}
)


@dataclass(slots=True)
class TextFields:
    """What a message holds."""

    head: str
    """The text before the first key: the fixed part of the rule's template."""
    fields: dict[str, JsonValue] = field(default_factory=dict)
    custom: dict[str, JsonValue] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    source: str = "syscall"


@dataclass(slots=True)
class _Found:
    key: str
    name: str
    start: int
    value_start: int
    value: str = ""


def parse_message(message: str, source: str | None = None) -> TextFields:
    """Split a message into its fixed head and its fields.

    A value runs up to the next key that Falco's templates print, so blanks, ``=`` and quotes stay in it. A key that
    stands twice with two
    values is a forgery or an appended copy: before the first freely written value the earlier one counts, after it
    the later one.
    """
    source = source or source_of_text(message)
    found: list[_Found] = []
    for match in _KEY.finditer(message):
        name = field_of(match[1], source)
        if name is not None:
            found.append(_Found(match[1], name, match.start(1), match.end()))
        if len(found) >= MAX_KEYS:
            break
    if source == "syscall" and all(item.key in _COMMON_WORDS for item in found):
        found = []
    first = found[0].start if found else len(message)
    result = TextFields(head=message[:first].rstrip(" (|,"), source=source)
    if len(found) >= MAX_KEYS:
        result.warnings.append(f"more than {MAX_KEYS} keys in the text: the rest was left unparsed")
    _fill(message, found)
    found = _without_forged(message, found, result)
    _fill(message, found)
    if not found or message.startswith(INTERNAL):
        result.fields, result.custom = _unknown_keys(message)
        return result
    opened = message.count("(", 0, first) > message.count(")", 0, first)
    for item in found:
        value = item.value
        if opened and value.count(")") > value.count("("):
            if value.endswith(")"):
                value = value[:-1].rstrip()
            elif item is found[-1]:
                # The group ended and something follows it, which is nobody's value.
                value = value[: value.rindex(")")].rstrip()
        name = _resolve(item, value)
        if name in ONE_WORD:
            value, _, rest = value.partition(" ")
            if rest:
                _rest(rest, result)
            if value.endswith(")") and value.count(")") > value.count("("):
                value = value[:-1]
            value = value.rstrip(",")
        if name not in result.fields or is_missing(result.fields[name]):
            result.fields[name] = value
        elif result.fields[name] != value and not is_missing(value):
            result.custom.setdefault(f"{item.key} (repeated)", value)
    info = _CONTAINER_INFO.search(message)
    if info:
        result.custom.pop("id", None)
    if info and is_missing(result.fields.get("container.name")):
        result.fields.setdefault("container.id", info[2])
        result.fields["container.name"] = info[1]
    return result


def _fill(message: str, found: list[_Found]) -> None:
    for index, item in enumerate(found):
        end = found[index + 1].start if index + 1 < len(found) else len(message)
        value = message[item.value_start : end]
        if index + 1 < len(found):
            value = value.rstrip()
            if value.endswith((" (", " |")):
                value = value[:-2].rstrip()
            if value.endswith(","):
                value = value[:-1]
        item.value = value.strip()


def _without_forged(message: str, found: list[_Found], result: TextFields) -> list[_Found]:
    groups: dict[str, list[_Found]] = {}
    for item in found:
        groups.setdefault(item.key, []).append(item)
    free = min((item.value_start for item in found if item.name in _FREE), default=len(message))
    dropped: set[int] = set()
    for key, items in groups.items():
        if len(items) == 1 or len({item.value.rstrip(")") for item in items}) == 1:
            continue
        if key in ("container", "k8s.ns", "k8s.pod", "k8s_ns_name", "container_id"):
            # Falco appends these again after the message; the last copy is its own.
            keep = items[-1]
        else:
            keep = items[0] if items[0].start < free or items[0].name in _FREE else items[-1]
        dropped.update(id(item) for item in items if item is not keep)
        result.warnings.append(
            f"the key {key[:40]!r} stands {len(items)} times with different values: "
            "one of them may have been written by the attacker"
        )
    return [item for item in found if id(item) not in dropped]


def _resolve(item: _Found, value: str) -> str:
    if (
        item.name == "container.name"
        and item.key == "container"
        and _CONTAINER_ID.fullmatch(value.split(" ", 1)[0].rstrip(")"))
    ):
        return "container.id"
    if item.key == "target" and item.name == "evt.arg.target" and re.fullmatch(r"[\w.\-]+:\d+", value):
        return "fd.name"
    if item.key == "operation":
        return "evt.type"
    return item.name


def _unknown_keys(message: str) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    """Words after ``key=`` in messages of other make: Falco's own counters are its fields, anything else is custom."""
    pairs: dict[str, JsonValue] = {}
    for match in list(_KEY.finditer(message))[:MAX_KEYS]:
        value = message[match.end() :].split(" ", 1)[0].rstrip(",")
        if value.endswith(")") and value.count(")") > value.count("("):
            value = value[:-1]
        pairs.setdefault(match[1], value)
    return (pairs, {}) if message.startswith(INTERNAL) else ({}, pairs)


def _rest(rest: str, result: TextFields) -> None:
    matches = list(_KEY.finditer(rest))
    for index, match in enumerate(matches):
        end = matches[index + 1].start() if index + 1 < len(matches) else len(rest)
        result.custom.setdefault(match[1], rest[match.end() : end].strip().rstrip(")").strip())
