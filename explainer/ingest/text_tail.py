"""Where a value ends whose end no template tells: at labels behind it that hide nothing of it.

A command line may hold ``user=root`` or ``connection=…`` itself, so what stands there sets no field. But a run of
labels up to the end, each with the one word that its field can hold, is no payload either: cutting it off loses no
command.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from explainer.ingest.output_template import shape_of

_PAIR = re.compile(r"([A-Za-z_][\w.]*(?:\[[^\]\s]{1,64}\])?)=", re.ASCII)
_GAP = re.compile(r"[\s),|]*(?:\[\.\.\.\])?[\s),|]*")
# Nothing in it that a shell would run or a reader would miss.
_WORD = re.compile(r"[\w.:/@+,%~\-]*|<NA>|<nil>", re.ASCII)
_NAMED: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (re.compile(r".*\.flags"), re.compile(r"0|[A-Z][A-Z0-9_]*(?:[|,][A-Z][A-Z0-9_]*)*")),
    (re.compile(r"thread\.cap_\w+"), re.compile(r"CAP_[A-Z_]+(?: CAP_[A-Z_]+)*")),
    (re.compile(r"fd\.name"), re.compile(r"[0-9A-Fa-f.:\[\]]{1,64}->[0-9A-Fa-f.:\[\]]{1,64}")),
    (re.compile(r"ka\.user\.groups"), re.compile(r"\([\w.:,@\-]*\)?")),
)


def harmless_tail(text: str, begins: Container[int], fields: Mapping[str, str]) -> tuple[int, dict[str, str]] | None:
    """Where the labels begin behind which a value holds nothing else, and their words; None when there are none.

    Args:
        text: the value, with what stands behind it.
        begins: places in it at which a label may end the value.
        fields: the fields that labels stand for; a label that is missing there may hold any plain word.
    """
    marks = [one for one in _PAIR.finditer(text) if one.start() == 0 or text[one.start() - 1] in " \t\n,(|"]
    found: list[tuple[str, str]] = []
    best: tuple[int, int] | None = None
    end = len(text)
    # From the end backwards: the first label with something else behind it ends the run.
    for mark in reversed(marks):
        value, rest = _split(text[mark.end() : end], fields.get(mark[1]))
        if value is None or not _GAP.fullmatch(rest):
            break
        found.append((mark[1], value))
        end = mark.start()
        if end in begins:
            best = end, len(found)
    if best is None:
        return None
    return best[0], dict(found[: best[1]])


def _split(text: str, field: str | None) -> tuple[str | None, str]:
    """The longest beginning that the field can hold and a gap may follow, and the rest."""
    shapes = [shape for name, shape in _NAMED if field is not None and name.fullmatch(field)]
    general = (shape_of(field) if field is not None else None) or _WORD
    bare = text.rstrip(" \t\n),|")
    bare = bare.removesuffix("[...]").rstrip(" \t\n),|")
    for value in (text.rstrip(), bare):
        # A bar joins flags where flags are printed, and programs anywhere else.
        if any(shape.fullmatch(value) for shape in shapes) or ("|" not in value and general.fullmatch(value)):
            return value, text[len(value) :]
    return None, text
