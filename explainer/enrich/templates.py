"""The rule behind a text message: Falco's text output does not name it, its output template gives it away.

A message is the rule's template with values put in. The literal head tells the rule; the template's own keys, looked
for from the end backwards, cut out the values. Values are the attacker's: a command line may hold ``user=root``.
Backwards from the fields that Falco appends, such text stays inside the value where it was written, and keys that
stand more than once are reported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

from explainer.enrich.catalogue import Catalogue, shipped_catalogue
from explainer.schema.rule import RuleFacts

Origin: TypeAlias = Literal["rules_file", "catalogue", "older"]

_FIELD = r"[a-zA-Z]\w*(?:\.[a-zA-Z]\w*)+(?:\[[^\]\s]+\])?"
_PLACEHOLDER = re.compile(rf"%((?:[a-z0-9]+\()+{_FIELD}\)+|{_FIELD})", re.ASCII)
_KEY_AT_END = re.compile(r"([A-Za-z_][\w.\[\]-]*)=[\"']?$")
_HEAD_END = " \t|(:,;-"
_PREFIX = re.compile(
    r"(?:\S+: )?(?:Emergency|Alert|Critical|Error|Warning|Notice|Informational|Info|Debug):? ", re.ASCII
)
_KEY = re.compile(r"(?:^|(?<=[\s(,|]))([A-Za-z_][\w.\[\]]*)=")
_BUCKET = 8
# Names and numbers hold no blank; command lines, paths and image labels may.
_ONE_WORD = re.compile(
    r"k8s\.(?:ns|pod|node)\.|container\.(?:id|name|image)|user\.(?:uid|loginuid)|evt\.type|proc\.tty"
)
_WORD_END = re.compile(r"[\s,)]")
_LITERAL = 16
MAX_MESSAGE = 65_536

# What ``append_output`` adds behind any message, in Falco's own spelling.
_APPENDED = {
    "container_id": "container.id",
    "container_name": "container.name",
    "container_image_repository": "container.image.repository",
    "container_image_tag": "container.image.tag",
    "container_image": "container.image",
    "k8s_pod_name": "k8s.pod.name",
    "k8s_ns_name": "k8s.ns.name",
    "k8s.ns": "k8s.ns.name",
    "k8s.pod": "k8s.pod.name",
    "k8s_ns": "k8s.ns.name",
    "k8s_pod": "k8s.pod.name",
    "image": "container.image.repository",
    "container": "container.id",
}


@dataclass(frozen=True, slots=True)
class OutputTemplate:
    """One template: its literal head, and ``key=%field`` pairs in order."""

    rule: str
    head: str
    pairs: tuple[tuple[str, str], ...]
    origin: Origin = "catalogue"
    source: str = "syscall"
    literal: str = ""
    """The longest literal between two fields."""


@dataclass(frozen=True, slots=True)
class TemplateMatch:
    """What a message's text says about its rule."""

    rule: str | None
    """The rule; None when several fit equally well."""
    rules: tuple[str, ...]
    """All rules that fit."""
    fields: dict[str, str]
    """Falco field names to values, parsed from the text. As hostile as the text."""
    ambiguous: tuple[str, ...] = ()
    """Fields whose key stands more than once in the text: a value may have been made to look like another field."""
    origin: Origin = "catalogue"
    complete: bool = True
    """All keys of the template were found: the message was printed by this version of it."""


def split_template(
    output: str, rule: str = "", origin: Origin = "catalogue", source: str = "syscall"
) -> OutputTemplate:
    """Head and keys of an output template. A field without ``key=`` before it has the key ``""``."""
    text = " ".join(output.split())
    pairs: list[tuple[str, str]] = []
    head = None
    longest = ""
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        literal = text[end : found.start()]
        key = _KEY_AT_END.search(literal)
        prose = literal[: key.start()] if key else literal
        head = prose if head is None else head
        longest = max(longest, prose.strip(), key=len)
        pairs.append((key[1] if key else "", found[1]))
        end = found.end()
    head = (text if head is None else head).rstrip(_HEAD_END)
    return OutputTemplate(rule, head, tuple(pairs), origin, source, longest)


class TemplateIndex:
    """Finds the template of a message.

    Args:
        templates: all known ones. Those of the site's own rule files win over shipped ones with the same head.
        keys: by event source, keys of older releases with their fields.
    """

    def __init__(
        self, templates: Iterable[OutputTemplate], keys: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        self._keys = {source: dict(_APPENDED) | dict(table) for source, table in (keys or {}).items()}
        self._buckets: dict[str, list[OutputTemplate]] = {}
        self._short: list[OutputTemplate] = []
        self._loose: list[OutputTemplate] = []
        for template in templates:
            if len(template.head) < 3:
                # It starts with a field; a long literal further on may still tell.
                self._loose += [template] if len(template.literal) >= _LITERAL else []
            elif len(template.head) < _BUCKET:
                self._short.append(template)
            else:
                self._buckets.setdefault(template.head[:_BUCKET], []).append(template)

    def match(self, message: str) -> TemplateMatch | None:
        """The rule of a message, None when no template fits. A time and a priority before it are cut off."""
        text = message.strip()[:MAX_MESSAGE]
        found = self._candidates(text)
        if not found and (prefix := _PREFIX.match(text)):
            text = text[prefix.end() :]
            found = self._candidates(text)
        if not found:
            found = [template for template in self._loose if template.literal in text]
        if not found:
            return None
        longest = max(len(template.head) for template in found)
        found = [template for template in found if len(template.head) == longest]
        if any(template.origin == "rules_file" for template in found):
            found = [template for template in found if template.origin == "rules_file"]
        return self._decide(text, longest, found)

    def _candidates(self, text: str) -> list[OutputTemplate]:
        return [
            template
            for template in (*self._buckets.get(text[:_BUCKET], ()), *self._short)
            if text.startswith(template.head) and not text[len(template.head) : len(template.head) + 1].isalnum()
        ]

    def _decide(self, text: str, head: int, found: list[OutputTemplate]) -> TemplateMatch:
        present = {key[1] for key in _KEY.finditer(text, head)}
        scored: dict[str, tuple[tuple[bool, int, int], OutputTemplate]] = {}
        for template in found:
            keys = {key for key, _ in template.pairs if key}
            score = (keys <= present and bool(keys), len(keys & present) - len(keys - present), -len(template.pairs))
            if template.rule not in scored or score > scored[template.rule][0]:
                scored[template.rule] = (score, template)
        ranked = sorted(scored.values(), key=lambda pair: pair[0], reverse=True)
        best, template = ranked[0]
        fields, ambiguous = self._fields(text, head, template)
        rules = tuple(sorted(rule for rule, (score, _) in scored.items() if score[:2] == best[:2]))
        # Several rules with one head: only keys that stand in the text and in one template alone may decide.
        rule = template.rule if len(rules) == 1 else None
        return TemplateMatch(rule, rules, fields, ambiguous, template.origin, best[0])

    def _fields(self, text: str, head: int, template: OutputTemplate) -> tuple[dict[str, str], tuple[str, ...]]:
        own = [(key, field) for key, field in template.pairs if key]
        table = self._keys.get(template.source, _APPENDED)
        places = [(found[1], found.start(1), found.end()) for found in _KEY.finditer(text, head)]
        known = {key for key, _ in own}
        cuts = _backwards(places, [key for key, _ in own])
        names = dict(own)
        if template.origin == "older" or len(cuts) * 2 < len(own):
            # Another release printed it: its keys are not this template's, so every key that any release used counts.
            seen: set[str] = set()
            cuts = []
            for place in places:
                # A repeated key is text inside a value, unless Falco appends it behind every message.
                if (place[0] in table or place[0] in known) and (place[0] not in seen or place[0] in _APPENDED):
                    cuts.append(place)
                seen.add(place[0])
            names = table | names
        elif cuts:
            last = cuts[-1][1]
            cuts += [place for place in places if place[1] > last and place[0] in _APPENDED]
            names = _APPENDED | names
        fields: dict[str, str] = {}
        listed = text[head:].lstrip(_HEAD_END.replace("(", "")).startswith("(")
        for number, (key, _, start) in enumerate(cuts):
            end = cuts[number + 1][1] if number + 1 < len(cuts) else len(text)
            value = text[start:end].rstrip()
            if number + 1 < len(cuts):
                value = value.rstrip("|,").rstrip()
            _put(fields, key, names[key], _unclosed(value) if listed else value)
        counted = [key for key, _, _ in places]
        ambiguous = tuple(dict.fromkeys(names[key] for key, _, _ in cuts if counted.count(key) > 1))
        return fields, ambiguous


def _backwards(places: list[tuple[str, int, int]], keys: list[str]) -> list[tuple[str, int, int]]:
    """The last place of each key before the place of the next one; keys that are not there are left out."""
    cuts: list[tuple[str, int, int]] = []
    before = len(places)
    for key in reversed(keys):
        at = next((i for i in range(before - 1, -1, -1) if places[i][0] == key), None)
        if at is not None:
            cuts.append(places[at])
            before = at
    return cuts[::-1]


def _put(fields: dict[str, str], key: str, field: str, value: str) -> None:
    """One value under its field; the first one wins. Older ``image=`` held repository and tag together."""
    if _ONE_WORD.match(field):
        # What a site appends behind the template's end must not become part of the last name.
        value = _WORD_END.split(value, maxsplit=1)[0]
    if key == "image" and ":" in value.rsplit("/", 1)[-1]:
        value, _, tag = value.rpartition(":")
        fields.setdefault("container.image.tag", tag)
    fields.setdefault(field, value)


def _unclosed(value: str) -> str:
    """A value without the parenthesis that closes the list of older messages."""
    if value.endswith(")") and value.count(")") > value.count("("):
        return value[:-1].rstrip()
    return value


def templates_of(rules: Iterable[RuleFacts]) -> list[OutputTemplate]:
    """Templates of loaded rules."""
    return [
        split_template(
            rule.output, rule.name, "rules_file" if rule.origin == "rules_file" else "catalogue", rule.source
        )
        for rule in rules
        if rule.output
    ]


@lru_cache(maxsize=1)
def older_heads() -> dict[str, Any]:
    """The shipped table of heads and keys of earlier releases (explainer/data/catalogue/heads.json)."""
    text = files("explainer").joinpath("data/catalogue/heads.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def template_index(site: Iterable[RuleFacts] = (), catalogue: Catalogue | None = None) -> TemplateIndex:
    """Site rules first, then the shipped catalogue, then heads of earlier releases."""
    known = shipped_catalogue() if catalogue is None else catalogue
    older = older_heads()
    templates = templates_of(site)
    templates += [split_template(output, name, "catalogue", source) for name, source, output in known.templates()]
    templates += [
        OutputTemplate(name, head, (), "older", source)
        for source, rules in older["heads"].items()
        for name, heads in rules.items()
        for head in heads
    ]
    return TemplateIndex(templates, older["keys"])
