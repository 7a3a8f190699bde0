"""An alert without its secrets: whatever is made of it, a prompt, a report, a recording, holds none either."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from explainer.redaction.names import holds, weight
from explainer.redaction.secrets import distinctive, find_secrets, mark
from explainer.schema.alert import Alert
from explainer.schema.enriched import Group
from explainer.schema.record import Record

R = TypeVar("R", bound=Record)

_PROGRAM_OF = {"proc.args": "proc.name", "evt.args": "proc.name", "evt.arg.args": "proc.name", "proc.env": ""}
# Values that no secret can be in; most of an alert.
_PLAIN = re.compile(r"[a-z0-9_./-]{0,19}")
_CUT = re.compile(r" \[cut \d+ chars\]")
_LEAST_CUT = 4


class Masking:
    """Finds the secrets of one group of alerts and masks them wherever they stand in it.

    Args:
        group: as it was read.
        patterns: a site's own, from its policy.
    """

    def __init__(self, group: Group, patterns: tuple[re.Pattern[str], ...] = ()) -> None:
        self._patterns = patterns
        self._seen: dict[tuple[str, str, str], str] = {}
        self._done: dict[tuple[str, str, str], str] = {}
        self._literals: dict[str, str] = {}
        self._whole: dict[str, str] = {}
        self.values: set[str] = set()
        """Every secret that was found, as it stood there."""
        self.count = 0
        for text, program, name in _texts(group):
            self._look(text, program, name)
        self._order = sorted(self._literals, key=len, reverse=True)

    def _look(self, text: str, program: str = "", name: str = "") -> None:
        if (_PLAIN.fullmatch(text) and not name) or (text, program, name) in self._seen:
            return
        found = find_secrets(text, program=program, name=name, extra=self._patterns)
        out, at = [], 0
        for secret in found:
            value = text[secret.start : secret.end]
            self.values.add(value)
            if distinctive(value):
                self._literals.setdefault(value, secret.kind)
                escaped = json.dumps(value)[1:-1]
                if escaped != value:
                    self._literals.setdefault(escaped, secret.kind)
            out += [text[at : secret.start], mark(secret.kind)]
            at = secret.end
        masked = "".join([*out, text[at:]]) if found else text
        self._seen[text, program, name] = masked
        if found and len(text) > 8 and not name:
            self._whole[text] = masked

    def text(self, text: str, program: str = "", name: str = "") -> str:
        """A text of the alert, masked."""
        if not self.values or (not name and _PLAIN.fullmatch(text) and text not in self.values):
            return text
        done = self._done.get((text, program, name))
        if done is None:
            done = self._done[text, program, name] = self._masked(text, program, name)
        return done

    def _masked(self, text: str, program: str, name: str) -> str:
        known = self._seen.get((text, program, name))
        masked = text if known is None else known
        if known is None:
            for whole, put in self._whole.items():
                if whole in masked:
                    masked = masked.replace(whole, put)
        for literal in self._order:
            if literal in masked:
                masked = masked.replace(literal, mark(self._literals[literal]))
        if known is None:
            for secret in reversed(find_secrets(masked, program=program, name=name, extra=self._patterns)):
                masked = masked[: secret.start] + mark(secret.kind) + masked[secret.end :]
        return self._cut(masked) if " [cut " in masked else masked

    def _cut(self, text: str) -> str:
        """Without the beginning of a secret that an over-long value was cut off in."""
        for match in reversed(list(_CUT.finditer(text))):
            for value in self.values:
                for size in range(min(len(value) - 1, 200), _LEAST_CUT - 1, -1):
                    if text.endswith(value[:size], 0, match.start()):
                        text = text[: match.start() - size] + mark("cut") + text[match.start() :]
                        break
        return text

    def group(self, group: Group) -> Group:
        """The group, masked; the very same when it holds no secret."""
        if not self.values:
            return group
        distinct = {
            name: tuple(self.text(value, _program(group.alert.fields, name), _telling(name)) for value in values)
            for name, values in group.distinct.items()
        }
        return group.model_copy(update={"alert": self._alert(group.alert), "distinct": distinct})

    def _alert(self, alert: Alert) -> Alert:
        update: dict[str, Any] = {
            "fields": self._fields(alert.fields),
            "custom_fields": self._fields(alert.custom_fields),
        }
        for name in Alert.model_fields:
            if name in update or name in _OURS:
                continue
            value = getattr(alert, name)
            changed = self._value(value)
            if changed is not value:
                update[name] = changed
        update["raw"] = self._raw(alert.raw)
        update["process"] = self._process(update.get("process", alert.process), alert.process)
        return alert.model_copy(update=update)

    def _raw(self, raw: str) -> str:
        # A whole record is dear to search. What was found in its texts stands in it as found, or as JSON writes it.
        weak = {value for value in self.values if value not in self._literals}
        for whole, masked in self._whole.items() if weak else ():
            for ascii_only in (True, False):
                written = json.dumps(whole, ensure_ascii=ascii_only)[1:-1]
                if written in raw:
                    raw = raw.replace(written, json.dumps(masked, ensure_ascii=ascii_only)[1:-1])
        if any(value in raw for value in weak):
            return self.text(raw)
        for literal in self._order:
            raw = raw.replace(literal, mark(self._literals[literal]))
        return raw

    def _process(self, masked: Any, process: Any) -> Any:
        if process is None or not process.args:
            return masked
        return masked.model_copy(update={"args": self.text(process.args, _base(process.name))})

    def _argv(self, words: Sequence[str]) -> list[str]:
        """The words of a command that stands as a list, each masked by what stands in front of it."""
        out, at = list(words), 0
        found = find_secrets(" ".join(words), extra=self._patterns)
        for index, word in enumerate(words):
            for secret in reversed(found):
                if at <= secret.start and secret.end <= at + len(word):
                    out[index] = out[index][: secret.start - at] + mark(secret.kind) + out[index][secret.end - at :]
            at += len(word) + 1
        return out

    def _fields(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._value(value, _program(fields, name), _telling(name)) for name, value in fields.items()}

    def _record(self, record: R) -> R:
        update = {}
        for name in type(record).model_fields:
            value = getattr(record, name)
            changed = self._value(value) if not isinstance(value, Record) else self._record(value)
            if changed is not value:
                update[name] = changed
        return record.model_copy(update=update) if update else record

    def _value(self, value: Any, program: str = "", name: str = "") -> Any:
        if isinstance(value, str):
            masked = self.text(value, program, name)
            return value if masked == value else masked
        if isinstance(value, Record):
            return self._record(value)
        if isinstance(value, dict):
            telling = _pair_name(value)
            changed = {
                self.text(key): self._value(
                    item, "", (telling if key in _VALUES and telling else "") or _telling(str(key)) or name
                )
                for key, item in value.items()
            }
            return value if changed == value else changed
        if isinstance(value, list | tuple):
            if len(value) > 1 and all(isinstance(item, str) for item in value):
                value = type(value)(self._argv(value))
            items = type(value)(self._value(item, program, name) for item in value)
            return value if items == value else items
        return value


# Written by the reader of the alert, or a hash.
_OURS = frozenset(
    {"raw", "field_sources", "product", "raw_sha256", "id", "format", "wrappers", "warnings", "missing", "attacks"}
)
_VALUES = frozenset({"value", "Value", "parameterValue", "ParameterValue", "val"})
_DATA_OF_SECRET = frozenset({"stringData"})


def _telling(name: str) -> str:
    """The name itself when it promises a secret; empty otherwise, so that equal texts are looked at once."""
    return name if weight(name) or name in _DATA_OF_SECRET else ""


def _pair_name(value: Mapping[str, Any]) -> str:
    """The name in ``{"name": "DB_PASSWORD", "value": …}``."""
    for key in ("name", "Name", "key", "Key", "parameterKey", "ParameterKey"):
        name = value.get(key)
        if isinstance(name, str) and weight(name):
            return name
    return ""


def _program(fields: Mapping[str, Any], name: str) -> str:
    """Whose arguments a field holds."""
    owner = _PROGRAM_OF.get(name)
    value = fields.get(owner) if owner else None
    return _base(value) if isinstance(value, str) else ""


def _base(name: str | None) -> str:
    return (name or "").rsplit("/", 1)[-1]


def _texts(group: Group) -> Iterator[tuple[str, str, str]]:
    """Every text of the group in which a secret may stand: ``(text, program, telling name)``."""
    alert = group.alert
    for fields in (alert.fields, alert.custom_fields):
        for name, value in fields.items():
            yield from _leaves(value, _program(fields, name), _telling(name))
    process = alert.process
    if process is not None and process.args:
        yield process.args, _base(process.name), ""
    for ancestor in (process, *alert.ancestors):
        if ancestor is not None:
            for text in (ancestor.cmdline, ancestor.exe, ancestor.cwd):
                if text:
                    yield text, "", ""
    if alert.api is not None:
        for text in (alert.api.request_uri, alert.api.name, alert.api.reason):
            if text:
                yield text, "", ""
    if alert.user is not None and alert.user.user_agent:
        yield alert.user.user_agent, "", ""
    if alert.file is not None:
        for text in (alert.file.path, alert.file.raw_path, alert.file.target, alert.file.linkpath):
            if text:
                yield text, "", ""
    for tag in (*alert.tags, alert.title, alert.host.hostname or ""):
        yield tag, "", ""
    for labels in (alert.k8s.labels,) if alert.k8s is not None else ():
        for name, value in labels.items():
            yield value, "", _telling(name)
    for name, values in group.distinct.items():
        for value in values:
            yield value, _program(alert.fields, name), _telling(name)
    if alert.message:
        yield alert.message, "", ""
    if alert.output and not (alert.message and alert.message in alert.output):
        yield alert.output, "", ""


def _leaves(value: Any, program: str, name: str, depth: int = 0) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, str):
        if name and not holds(weight(name) or "token", value) and name not in _DATA_OF_SECRET:
            name = ""
        yield value, program, name
    elif depth > 8:
        return
    elif isinstance(value, dict):
        telling = _pair_name(value)
        for key, item in value.items():
            yield key, "", ""
            yield from _leaves(
                item, "", (telling if key in _VALUES and telling else "") or _telling(str(key)) or name, depth + 1
            )
    elif isinstance(value, list | tuple):
        if len(value) > 1 and all(isinstance(item, str) for item in value):
            yield " ".join(value), program, ""
        for item in value:
            yield from _leaves(item, program, name, depth + 1)
    elif name and isinstance(value, int) and not isinstance(value, bool):
        # A number under ``pin``: what is printed of it is its digits.
        return
