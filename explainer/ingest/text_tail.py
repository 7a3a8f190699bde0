"""Where a value ends whose end no template tells: at labels behind it that hide nothing of it.

A command line may hold ``user=root`` or ``connection=…`` itself, so what stands there sets no field. But a run of
labels up to the end, each with the one word that its field can hold, is no payload either: cutting it off loses no
command.
"""

from __future__ import annotations

import re

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


def harmless_tail(text: str, fields: dict[str, str]) -> dict[str, str] | None:
    """The labels of a text that holds nothing else, with their words; None when something else is in it.

    Args:
        text: from the first label to the end of the value.
        fields: the fields that labels stand for; a label that is missing there may hold any plain word.
    """
    marks = list(_PAIR.finditer(text))
    starts = [mark for mark in marks if mark.start() == 0 or text[mark.start() - 1] in " \t\n,(|"]
    if not starts or starts[0].start():
        return None
    found: dict[str, str] = {}
    for number, mark in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        value, rest = _split(text[mark.end() : end], fields.get(mark[1]))
        if value is None or not _GAP.fullmatch(rest):
            return None
        found.setdefault(mark[1], value)
    return found


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
