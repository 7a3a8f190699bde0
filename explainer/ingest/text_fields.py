"""Fields out of Falco's text, ``(user=root command=sh -c x=1 container_id=…)``, where no template tells what is what.

A key is believed only where no value that somebody writes freely can have held it: in front of the first such value,
or in what Falco appends at the very end. ``printed`` names the fields that the rule is known to print; keys of these
are believed further on as well, as long as they do not contradict each other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field

from pydantic import JsonValue

from explainer.ingest.clean import is_missing
from explainer.ingest.conflicts import IN_TEXT, Conflicts, conflict_warning, conflicts_of
from explainer.ingest.identity import is_volatile
from explainer.ingest.output_template import appended
from explainer.ingest.text_keys import ONE_WORD, field_of, source_of_text
from explainer.ingest.text_tail import harmless_tail

_KEY = re.compile(r"(?:(?<=[\s(|,])|^)([A-Za-z_][A-Za-z0-9_.]*(?:\[[^\]\s]{1,64}\])?)=")
_CONTAINER_INFO = re.compile(r"(?:^|[\s(])(\S{1,256}) \(id=([0-9a-f]{12}|host)\)")
_CONTAINER_ID = re.compile(r"[0-9a-f]{12}|[0-9a-f]{64}|host")
# The kernel cuts these at 15 bytes; a key further on cannot be part of one.
_NAMES_OF_PROCESSES = re.compile(r"proc\.(?:p?name|aname\[\d+\])")
_LONGEST_PROCESS_NAME = 15
# Not one word, and yet not free: an identity provider or the API server checks them.
_CHECKED = frozenset(
    [
        "ka.user.name",
        "ka.user.groups",
        "ka.target.name",
        "ka.sourceips",
        "ct.user",
        "ct.user.arn",
        "gcp.user",
        "github.user",
        "github.repo",
        "okta.client.ip",
        "okta.evt.type",
    ]
)
MAX_KEYS = 512
_AROUND = " )|,;'\""
INTERNAL = "Falco internal:"
UNREAD = "these keys stand behind text that anybody may write"
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
    keys: int = 0
    """How many keys of Falco's stand in it, believed or not."""
    conflicts: Conflicts = field(default_factory=dict)
    """Fields that the text gives different values."""


@dataclass(slots=True)
class _Found:
    key: str
    name: str
    start: int
    value_start: int
    value: str = ""
    sure: bool = True
    """No value that is written freely can hold this key."""


def parse_message(message: str, source: str | None = None, *, printed: Container[str] = frozenset()) -> TextFields:
    """Split a message into its fixed head and its fields.

    A value runs up to the next key that is believed, so blanks, ``=`` and quotes stay in it.

    Args:
        message: the text without time and priority.
        source: the event source, when it is known.
        printed: fields that the rule prints, as far as that is known.
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
    result = TextFields(head=message[:first].rstrip(" (|,"), source=source, keys=len(found))
    if len(found) >= MAX_KEYS:
        result.warnings.append(f"more than {MAX_KEYS} keys in the text: the rest was left unparsed")
    if not found or message.startswith(INTERNAL):
        result.fields, result.custom = _unknown_keys(message)
        return result
    opened = message.count("(", 0, first) > message.count(")", 0, first)
    _fill(message, found)
    for item in found:
        item.name = _resolve(item, item.value)
    _judge(found, _appended_at(message, opened=opened))
    sure = {item.name for item in found if item.sure}
    labels = Counter(item.key for item in found)
    result.conflicts = conflicts_of(
        (
            (item.name, _stated(item))
            for item in found
            if (item.name in sure or item.key not in _COMMON_WORDS)
            # Two labels may stand for one field, and one of them be empty; the same label is printed once.
            and not (labels[item.key] == 1 and is_missing(_stated(item)))
        ),
        unknown=True,
    )
    believed, refused = _believed(found, result, printed)
    _fill(message, believed)
    for item in believed:
        value, behind = _without_tail(item.value, item, refused)
        for key, word in behind.items():
            # Not believed, and yet not lost; what differs in every event would part alike alerts.
            named = field_of(key, source)
            if named is None or named == "fd.name" or not is_volatile(named):
                result.custom.setdefault(key, word)
        if opened and value.count(")") > value.count("("):
            if value.endswith(")"):
                value = value[:-1].rstrip()
            elif item is believed[-1]:
                # The group ended and something follows it, which is nobody's value.
                value = value[: value.rindex(")")].rstrip()
        if item.name in ONE_WORD:
            value, _, rest = value.partition(" ")
            if rest:
                _rest(rest, result)
            if value.endswith(")") and value.count(")") > value.count("("):
                value = value[:-1]
            value = value.rstrip(",")
        if item.name not in result.fields or is_missing(result.fields[item.name]):
            result.fields[item.name] = value
        elif result.fields[item.name] != value and not is_missing(value):
            result.custom.setdefault(f"{item.key} (repeated)", value)
    info = _CONTAINER_INFO.search(message, 0, _free_from(found))
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


def _appended_at(message: str, *, opened: bool) -> int:
    """Where the text begins that Falco itself put behind the message."""
    text = message.rstrip()
    suffix, names = appended(text)
    if suffix is None or (len(names) == 3 and not (opened and text[: suffix.start()].endswith(")"))):
        # The short form is no proof by itself; behind the parenthesis that closes the list nobody else writes.
        return len(message)
    return suffix.start()


def _stated(item: _Found) -> str:
    """A key's value as far as it can be told before anything is decided about it."""
    value = item.value.split(" ", 1)[0] if item.name in ONE_WORD else item.value
    return value.strip(_AROUND)


def _is_free(name: str) -> bool:
    return name not in ONE_WORD and name not in _CHECKED


def _free_from(found: list[_Found]) -> int:
    return min((item.value_start for item in found if _is_free(item.name)), default=1 << 62)


def _judge(found: list[_Found], ours: int) -> None:
    """Mark the keys that may stand inside a value which somebody writes freely."""
    reach = -1
    for item in found:
        item.sure = item.start >= reach or item.start > ours
        if _NAMES_OF_PROCESSES.fullmatch(item.name):
            reach = max(reach, item.value_start + _LONGEST_PROCESS_NAME)
        elif _is_free(item.name):
            reach = 1 << 62


def _believed(
    found: list[_Found], result: TextFields, printed: Container[str]
) -> tuple[list[_Found], dict[int, _Found]]:
    """The keys that begin a value, and by their place those that do not."""
    groups: dict[str, list[_Found]] = {}
    for item in found:
        groups.setdefault(item.name, []).append(item)
    refused: dict[int, _Found] = {}
    unread: list[str] = []
    for name, items in groups.items():
        sure = [item for item in items if item.sure]
        unsure = [item for item in items if not item.sure]
        same = len({item.value.rstrip(" )|,") for item in items}) == 1
        if same and (sure or name in printed):
            continue
        if sure:
            repeated = [item for item in sure[1:] if item.key == sure[0].key and item.value != sure[0].value]
            drop = [*repeated, *unsure]
        else:
            drop = items if not same or name not in printed else []
        refused.update((item.start, item) for item in drop)
        if name in result.conflicts:
            what = f"{_stated(sure[0])[:60]!r} counts, as uncertain" if sure else "none of them was read"
            result.warnings.append(conflict_warning(IN_TEXT + name, result.conflicts[name], what))
        elif not sure and drop:
            unread.append(items[0].key[:40])
    if unread:
        result.warnings.append(
            f"{UNREAD}, and no known output template prints them there: they were not read "
            f"({', '.join(unread[:8])}); the site's own rule files (rules) tell its templates"
        )
    return [item for item in found if item.start not in refused], refused


def _without_tail(value: str, item: _Found, refused: dict[int, _Found]) -> tuple[str, dict[str, str]]:
    """The value without keys that were not believed, where that hides nothing of it; and the keys with their words."""
    begins = {start - item.value_start for start in refused if 0 <= start - item.value_start <= len(value)}
    if not begins:
        return value, {}
    found = harmless_tail(value, begins, {one.key: one.name for one in refused.values()})
    if _NAMES_OF_PROCESSES.fullmatch(item.name):
        # A process name is short: what a cut could hide of it is no payload.
        end = min(begins)
        return value[:end].rstrip(" ,|("), found[1] if found is not None and found[0] == end else {}
    if found is None:
        return value, {}
    return value[: found[0]].rstrip(" ,|("), found[1]


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
