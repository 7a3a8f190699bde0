"""Polarity of a setting: does this key with this value take a protected control away, or open something that was shut?

``explainer/data/advice/_controls.yaml`` names the controls and the words of polarity. A key is split into words (snake,
camel, kebab, dots, paths, words run together) and a phrase of a control is looked for in them. The other words decide:
those that turn the meaning round (``skip``, ``disable``, ``no``) count, harmless ones (``mode``, ``service``) are let
through, and any other word means that the key speaks of something else (``tls_session_tickets`` is no verification).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explainer.advice.patterns import Setting

_MAX_KEY = 300
_CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z0-9]+")
_PART = re.compile(r"[./\\:\[\]@,]+")
_VALUE_TRIM = "\"'`;, \t"
_FLAG = re.compile(
    r"^(?P<dash>--?|/)?(?P<key>[A-Za-z][\w.:-]{1,80})(?:(?P<eq>=|:(?=\$?\w))(?P<value>.{0,200}))?$", re.S
)
# What stands behind such an option is taken away or looked for, not set.
_TAKES_AWAY = re.compile(r"--?(?:remove|delete|unset|get|show|list|filter|grep|search|query|selector|field-selector)\b")


@dataclass(frozen=True, slots=True)
class Control:
    """One protected control (or one thing that should stay shut) with the words that name it."""

    check: str
    """The check that rules ask for."""
    protects: bool
    """True: switched off is bad. False: switched on is bad."""
    phrases: tuple[tuple[str, ...], ...]
    values: frozenset[str]
    """Further bad values."""
    only: re.Pattern[str] | None
    """When given, these are the only bad values."""
    context: frozenset[str]
    """At least one of these words must stand in the path or in the document's kind."""
    unless: frozenset[str]
    """None of these words may stand there."""
    extra: frozenset[str]
    """Further words that may stand beside the phrase."""
    where: re.Pattern[str] | None
    not_where: re.Pattern[str] | None


class Controls:
    """The ontology, compiled: phrases by their first word."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        words: Mapping[str, Any] = raw.get("words") or {}
        self._same = {str(o): str(c) for c, others in (words.get("same") or {}).items() for o in str(others).split()}
        self.reversing = self._words(words.get("reversing"))
        self.refusing = self._words(words.get("refusing"))
        self.toggles = self._words(words.get("toggles"))
        self.generic = self._words(words.get("generic"))
        self.modifiers = self._words(words.get("modifiers"))
        self.containers = self._words(words.get("containers"))
        self.on = frozenset(str(words.get("on") or "").split())
        self.off = frozenset(str(words.get("off") or "").split()) | {'""', "''"}
        self._vocabulary: set[str] = set()
        self._by_first: dict[str, list[tuple[tuple[str, ...], Control]]] = {}
        for item in raw.get("controls") or ():
            self._add(item)
        self._vocabulary |= {w for w in self._same if len(w) > 1} | set(self._same.values())
        self._vocabulary |= self.reversing | self.refusing | self.toggles | self.generic | self.modifiers
        self._vocabulary = {w for w in self._vocabulary if len(w) > 1}
        self._longest = max(map(len, self._vocabulary), default=0)
        self.split = functools.lru_cache(8192)(self._split)
        self._decide_key = functools.lru_cache(8192)(self._match_key)

    def _words(self, text: object) -> frozenset[str]:
        return frozenset(self._same.get(w, w) for w in str(text or "").split())

    def _add(self, item: Mapping[str, Any]) -> None:
        protects = "protect" in item
        phrases = [
            tuple(self._same.get(w, w) for w in phrase.split())
            for phrase in " ".join(str(item.get("protect") or item.get("expose")).split()).split(";")
            if phrase.strip()
        ]
        control = Control(
            str(item["check"]),
            protects,
            tuple(phrases),
            frozenset(str(item.get("values") or "").lower().split()),
            re.compile(str(item["only"]), re.I | re.S) if "only" in item else None,
            self._words(item.get("with")),
            self._words(item.get("unless")),
            self._words(item.get("extra")),
            re.compile(str(item["where"]), re.I) if "where" in item else None,
            re.compile(str(item["not_where"]), re.I) if "not_where" in item else None,
        )
        for phrase in phrases:
            self._vocabulary.update(phrase)
            self._by_first.setdefault(phrase[0], []).append((phrase, control))
        self._vocabulary |= control.context | control.extra

    def _canonical(self, word: str) -> str:
        word = word.lower()
        if word in self._same:
            return self._same[word]
        if word in self._vocabulary:
            return word
        if word.endswith("s") and len(word) > 3:
            single = word[:-1]
            if single in self._same or single in self._vocabulary:
                return self._same.get(single, single)
        return word

    def _run_together(self, word: str) -> list[str]:
        """``bruteforceprotected`` as known words, or the word itself when a part of it is unknown."""
        if word in self._vocabulary or not 6 <= len(word) <= 48 or self._canonical(word) != word:
            return [word]
        best: list[list[str] | None] = [[]] + [None] * len(word)
        for end in range(2, len(word) + 1):
            for start in range(max(0, end - self._longest - 1), end - 1):
                before = best[start]
                piece = word[start:end]
                if before is None or not (piece in self._vocabulary or self._canonical(piece) != piece):
                    continue
                known = best[end]
                if known is None or len(before) + 1 < len(known):
                    best[end] = [*before, piece]
        return best[-1] or [word]

    def _split(self, part: str) -> tuple[str, ...]:
        """The canonical words of one part of a key."""
        return tuple(
            self._canonical(piece)
            for chunk in re.split(r"[^A-Za-z0-9]+", part)[:20]
            for camel in (_CAMEL.findall(chunk) if chunk.lower() != chunk else [chunk])[:20]
            for piece in self._run_together(camel.lower())
        )

    def _parts(self, setting: Setting) -> list[tuple[str, ...]]:
        raw = (setting.key or setting.path)[:_MAX_KEY]
        pieces = [p for p in _PART.split(raw) if p and not p.isdigit()]
        # resource.<type>.<name>: the name is free text.
        if "hcl" in setting.where and len(pieces) > 3 and pieces[0] in ("resource", "data"):
            pieces = [pieces[1], *pieces[3:]]
        parts = [self.split(p) for p in pieces[-5:]]
        return [p for p in parts if p]

    def find(self, setting: Setting) -> str | None:
        """The check that the setting fails, or None."""
        raw = setting.value.strip(_VALUE_TRIM)
        raw = raw[1:] if raw.lower() in ("$true", "$false") else raw
        if len(raw) > 200:
            return None
        value = raw.lower()
        state = True if value in self.on else False if value in self.off else None
        if value == "" and setting.value == "" and re.search(r"\b(?:bare|option|kernel arguments)\b", setting.where):
            state = True
        parts = self._parts(setting)
        if not parts:
            return None
        if parts[-1] == ("state",) and "hcl" not in setting.where and value in ("absent", "disabled", "stopped"):
            return None  # a resource of configuration management: its module knows what the state is of
        listed = self._listed(parts, value) if state is None and value else None
        if listed:
            return listed
        for control, negative, refused in self._decide_key(tuple(parts)):
            if not self._in_context(control, parts, setting.where):
                continue
            if control.only is not None:
                if not negative and control.only.fullmatch(value):
                    return control.check
                continue
            effective = state
            if state is not None and negative % 2:
                effective = not state
            if state is not None and not control.protects and refused % 2:
                effective = not effective
            if effective is (not control.protects) or (not negative and value in control.values):
                return control.check
        return None

    @staticmethod
    def _in_context(control: Control, parts: Sequence[Sequence[str]], where: str) -> bool:
        if control.where is not None and not control.where.search(where):
            return False
        if control.not_where is not None and control.not_where.search(where):
            return False
        if not (control.context or control.unless):
            return True
        words = {w for part in parts for w in part}
        if control.unless & words:
            return False
        return not control.context or bool(control.context & (words | set(re.findall(r"[a-z0-9]+", where))))

    def _listed(self, parts: Sequence[Sequence[str]], value: str) -> str | None:
        """``services_disabled: auditd``: the key takes away, the value names the control."""
        leaf = set(parts[-1])
        if not (leaf & self.reversing and leaf <= self.reversing | self.toggles | self.containers | self.generic):
            return None
        words = self.split(re.sub(r"\.(?:service|socket|timer)$", "", value))
        for start in range(len(words)):
            for phrase, control in self._by_first.get(words[start], ()):
                rest = [*words[:start], *words[start + len(phrase) :]]
                if (
                    control.protects
                    and control.only is None
                    and not control.context
                    and words[start : start + len(phrase)] == phrase
                    and not set(rest) - self.modifiers - self.generic
                ):
                    return control.check
        return None

    def _match_key(self, parts: tuple[tuple[str, ...], ...]) -> list[tuple[Control, int, int]]:
        """Controls that a key names, with the number of words that turn it round; the longest phrases only."""
        leaf = parts[-1]
        parent = parts[-2] if len(parts) > 1 else ()
        found = self._phrases(parent, leaf, 0)
        turned = sum(1 for w in leaf if w in self.reversing)
        if not found and turned:
            # git_ssl_no_verify: the word that turns the meaning round stands inside the phrase.
            found = self._phrases(parent, tuple(w for w in leaf if w not in self.reversing), turned)
        if not found:
            return []
        longest = max(f[0] for f in found)
        return [(control, negative, refused) for size, control, negative, refused in found if size == longest]

    def _phrases(
        self, parent: tuple[str, ...], leaf: tuple[str, ...], turned: int
    ) -> list[tuple[int, Control, int, int]]:
        words = (*parent, *leaf)
        bare_leaf = not set(leaf) - self.toggles - self.generic - self.reversing
        harmless = self.toggles | self.generic | self.modifiers
        found: list[tuple[int, Control, int, int]] = []
        for start, word in enumerate(words):
            for phrase, control in self._by_first.get(word, ()):
                stop = start + len(phrase)
                if words[start:stop] != phrase or (stop <= len(parent) and not bare_leaf):
                    continue
                # A phrase that ends in the parent is about the parent: what else stands there must be harmless too.
                beside = list(leaf if start >= len(parent) else words[stop:] if stop > len(parent) else words)
                for used in phrase:
                    if used in beside:
                        beside.remove(used)
                negative = turned + sum(1 for w in beside if w in self.reversing)
                refused = sum(1 for w in beside if w in self.refusing)
                known = harmless | self.reversing | self.refusing | control.extra
                if all(w in known or w.isdigit() for w in beside):
                    found.append((len(phrase), control, negative, refused))
        return found


def words_as_settings(words: Sequence[str]) -> Iterator[Setting]:
    """``--flag``, ``--flag=value``, ``--flag value`` and ``KEY=VALUE`` words of a command line as settings.

    An option without a value is a switch that is on; ``/Flag:value`` is read only with a value, for it may be a path.
    """
    for index, word in enumerate(words[:200]):
        if index and _TAKES_AWAY.match(words[index - 1]):
            continue
        match = _FLAG.match(word)
        if match is None or (match["dash"] in (None, "/") and match["value"] is None):
            continue
        value = match["value"]
        if value is None:
            following = words[index + 1] if index + 1 < len(words) else ""
            value = following if following and not following.startswith(("-", "/")) and "=" not in following else ""
        elif value == "":
            value = '""'
        where = "option" if match["dash"] else "env"
        yield Setting(match["key"].lower(), value, where, key=match["key"])
        if match["value"] is None and value and value.lower() not in ("$true", "$false", "true", "false", "0", "1"):
            yield Setting(match["key"].lower(), "", where, key=match["key"])
