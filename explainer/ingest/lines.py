"""Bytes in chunks of any size, cut into lines of bounded size.

The result does not depend on where the chunks were cut.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import NamedTuple

PIECE = 1 << 20
"""Longer lines come in pieces of this many bytes."""
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Line(NamedTuple):
    """A line, or a piece of one that is too long."""

    number: int
    text: str
    ends: bool
    """False: the line goes on in the next piece."""


def split(chunks: Iterable[bytes]) -> Iterator[Line]:
    """Lines of UTF-8 (or marked UTF-16), invalid bytes replaced by U+FFFD, without line ends and byte-order marks."""
    number, parts, held = 1, list[bytes](), 0
    for chunk in _as_utf8(chunks):
        start = 0
        while True:
            stop = chunk.find(b"\n", start)
            piece = chunk[start:] if stop < 0 else chunk[start:stop]
            parts.append(piece)
            held += len(piece)
            if held > PIECE:
                whole = b"".join(parts)
                while len(whole) > PIECE:
                    cut = _boundary(whole)
                    yield Line(number, whole[:cut].decode("utf-8", "replace"), ends=False)
                    whole = whole[cut:]
                parts, held = [whole], len(whole)
            if stop < 0:
                break
            whole = parts[0] if len(parts) == 1 else b"".join(parts)
            yield Line(number, _text(whole, number), ends=True)
            parts, held = [], 0
            number += 1
            start = stop + 1
    if held:
        yield Line(number, _text(b"".join(parts), number), ends=True)


def _text(line: bytes, number: int) -> str:
    if line.endswith(b"\r"):
        line = line[:-1]
    text = line.decode("utf-8", "replace")
    return text.removeprefix("\ufeff") if number == 1 or text.startswith("\ufeff") else text


def _boundary(data: bytes) -> int:
    cut = PIECE
    while cut > PIECE - 4 and data[cut] & 0xC0 == 0x80:
        cut -= 1
    return cut


def _as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    start = b""
    decoder: codecs.IncrementalDecoder | None = None
    decided = False
    for chunk in chunks:
        if decided:
            yield decoder.decode(chunk).encode("utf-8", "replace") if decoder else chunk
            continue
        start += chunk
        if len(start) < 2:
            continue
        decided = True
        name = _UTF16.get(start[:2])
        if name:
            decoder = codecs.getincrementaldecoder(name)("replace")
            yield decoder.decode(start[2:]).encode("utf-8", "replace")
        else:
            yield start
    if not decided and start:
        yield start
    if decoder:
        yield decoder.decode(b"", True).encode("utf-8", "replace")
