"""Lines that a container runtime cut into parts, put together again, and lines whose other parts never came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from explainer.ingest import json_text
from explainer.ingest.falco import HEAD
from explainer.ingest.formats import Piece
from explainer.ingest.framing import MAX_RECORD
from explainer.ingest.origin import Origin

CUT_AT = 16_000
"""Docker and containerd cut at 16 KiB; shorter text without a line end was trimmed by somebody, or is the end."""
_SHORTEST_PART = 4_000
"""No runtime cuts shorter: a shorter part is no part of a line, but what is left of one."""
_TRIES = 8
MAX_STREAMS = 4096
"""Streams of which a part is held at the same time."""


@dataclass(slots=True)
class _Held:
    origins: list[Origin] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    size: int = 0
    scanner: json_text.Scanner | None = None
    """Follows the nesting of a JSON object; None for text, and once the object has ended."""

    def add(self, text: str, origin: Origin) -> None:
        if not self.texts and text.lstrip().startswith("{"):
            self.scanner = json_text.Scanner()
        if self.scanner is not None and self.scanner.feed(text) >= 0:
            self.scanner = None
        self.texts.append(text)
        self.origins.append(origin)
        self.size += len(text)


class Parts:
    """Holds parts until their line is whole. A part that nothing follows never takes the next line along."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}

    def feed(self, piece: Piece, text: str) -> Iterator[tuple[str, Origin]]:
        """Take a part, or a whole line; give what is complete now."""
        key = f"{'>'.join(piece.origin.wrappers)}/{piece.join}"
        held = self._held.pop(key, None) or _Held()
        held.add(text, piece.origin)
        complete = held.scanner is None if piece.complete is None else piece.complete
        if not complete and held.size <= MAX_RECORD and len(self._held) < MAX_STREAMS:
            self._held[key] = held
            return
        yield from _lines(held)

    def close(self) -> Iterator[tuple[str, Origin]]:
        """What is left of lines whose end never came."""
        waiting, self._held = self._held, {}
        for held in waiting.values():
            yield from _lines(held)


def _is_whole(text: str) -> bool:
    start = text.strip()
    if not start.startswith("{"):
        return HEAD.match(start) is not None
    try:
        _, end = json_text.decode(start)
    except json_text.NotJsonError:
        return False
    return end == len(start)


def _lines(held: _Held) -> Iterator[tuple[str, Origin]]:
    """The line; or, when some first parts belong to a line whose end was lost, these and then the line."""
    texts = held.texts
    whole = "".join(texts)
    begin = 0
    tries = 0
    text_first = not texts[0].lstrip().startswith("{")
    if len(texts) > 1 and (text_first or not _is_whole(whole)):
        for number in range(1, len(texts)):
            start = texts[number].lstrip()
            if HEAD.match(start):
                # Behind a full part this may be somebody's words that fell on the cut; behind a short one it is not.
                found = len(texts[number - 1]) < _SHORTEST_PART
            elif start.startswith("{") and not (text_first and HEAD.match(whole)):
                tries += 1
                found = _is_whole("".join(texts[number:]))
            else:
                found = False
            if found:
                begin = number
                break
            if tries >= _TRIES:
                break
    if begin:
        yield "".join(texts[:begin]), held.origins[0]
    yield "".join(texts[begin:]), held.origins[begin]
