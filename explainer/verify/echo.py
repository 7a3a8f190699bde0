"""Whether a model's sentence only hands on what somebody wrote into the alert.

Names, paths and addresses of the alert belong into sentences. A stretch of its text does not: an order or a piece of
advice that stands in a command line would reach the reader as ours.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass

from explainer.schema.enriched import EnrichedAlert

STRETCH = 4
"""So many words in a row are no name any more."""
PAIR = 2
"""Pieces between blanks in a row that make a question a carrier: "setenforce 0" is as short as advice gets."""
LONG = 20
"""Characters of a single word that hides more than a name."""
MAX_WORDS = 2000
REPEATS = 64
# Scripts that are written without blanks count by the sign.
_SIGNS = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_SIGNS}]|[^\W_{_SIGNS}]+")
_WRITTEN_OUT = re.compile(r"\\(?:u[0-9a-f]{4}|U[0-9a-f]{8}|x[0-9a-f]{2}|[nrt])")
_PLAIN_NAME = re.compile(r"[\w.:/@+=~%-]+(?:->[\w.:/@+=~%-]+)?")
_COMMAND = re.compile(r"(?:^|\.)(?:cmdline|acmdline|pcmdline|exeline|args)\b")
# Nothing that asks about an alert needs these, and screens and shells give them a meaning.
_MARKUP = re.compile(r"[<>{}|\\$`]|\]\(|://|^\s*[=+@-]|(?:^|\s)@\w|&#|\w=\w")
_TRIM = " \"'.,;:!?()[]"


@dataclass(frozen=True)
class _Text:
    value: str
    words: tuple[str, ...]
    pieces: tuple[str, ...]
    command: bool
    hostile: bool


class Echo:
    """The texts of one alert that are more than a name.

    Args:
        enriched: the alert; those of its texts that speak to the reader may not be repeated at all.
    """

    def __init__(self, enriched: EnrichedAlert) -> None:
        spoken = {found.field for found in enriched.addressed}
        found: dict[str, _Text] = {}
        given = [
            (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
            for name, value in enriched.alert.fields.items()
        ]
        given += [(item.path, item.value) for item in enriched.evidence if item.kind in {"alert", "context"}]
        for name, value in given:
            # Evidence stands under the field's name behind the name of the record.
            hostile = any(name.endswith(field) for field in spoken)
            if value not in found and (hostile or not _PLAIN_NAME.fullmatch(value)):
                command = _COMMAND.search(name) is not None
                found[value] = _Text(value, _words(value), _pieces(value), command, hostile)
        self._texts = tuple(found.values())

    def repeats(self, text: str) -> bool:
        """Whether it repeats text that speaks to the reader, or a part of a text that is neither command nor name."""
        said = _words(text)
        for own in self._texts:
            if own.hostile:
                if _run(said, own.words) >= STRETCH or any(len(word) >= LONG and word in said for word in own.words):
                    return True
            elif not own.command and own.value not in text and _run(said, own.words) >= STRETCH:
                return True
        return False

    def copies(self, command: str) -> bool:
        """Whether a command's arguments are a stretch of some text of the alert, instead of names."""
        said = _words(command)
        return self.repeats(command) or any(_run(said, own.words) >= STRETCH for own in self._texts)

    def hands_on(self, text: str) -> bool:
        """Whether a question hands on a stretch of any text, or characters with a meaning.

        A command may be named by its beginning.
        """
        if self.repeats(text) or _MARKUP.search(text) or any(unicodedata.category(c) in _UNSEEN for c in text):
            return True
        said, pieces = _words(text), _pieces(text)
        return any(
            _run(said, own.words, skip_start=own.command) >= STRETCH
            or _run(pieces, own.pieces, skip_start=own.command and not own.hostile) >= PAIR
            for own in self._texts
        )


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me", "Zl", "Zp"})


def _both_ends(found: list[str]) -> tuple[str, ...]:
    half = MAX_WORDS // 2
    return tuple(found if len(found) <= MAX_WORDS else [*found[:half], *found[-half:]])


def _words(text: str) -> tuple[str, ...]:
    # Evidence has unseen characters written out; a model may have read them.
    return _both_ends(_WORD.findall(_WRITTEN_OUT.sub(" ", text).casefold()))


def _pieces(text: str) -> tuple[str, ...]:
    plain = _WRITTEN_OUT.sub(" ", text).casefold()
    return _both_ends([piece for part in plain.split() if (piece := part.strip(_TRIM))])


def _run(said: tuple[str, ...], words: tuple[str, ...], *, skip_start: bool = False) -> int:
    """Length of the longest stretch that both have; with ``skip_start`` not those that begin where ``words`` does."""
    places: dict[str, list[int]] = {}
    for at, word in enumerate(words):
        known = places.setdefault(word, [])
        # One word over and over is no reason to compare for minutes.
        if len(known) < REPEATS:
            known.append(at)
    best = 0
    before: dict[int, int] = {}
    for word in said:
        now = {at: before.get(at - 1, 0) + 1 for at in places.get(word, ())}
        for at, length in now.items():
            if not (skip_start and at - length + 1 == 0):
                best = max(best, length)
        before = now
    return best
