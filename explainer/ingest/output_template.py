"""A text message taken apart by the output template that printed it.

A template is literals with fields between them, and a value may hold any literal again: whoever chooses a command line
chooses text that looks like the next key. So every way to lay the template over the message is weighed, and a field has
a value only when all of them agree where it begins and ends. Text inside a value can make other values doubtful; it
can never set one.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from explainer.ingest.conflicts import Conflicts, conflicts_of

_FIELD = r"[a-zA-Z]\w*(?:\.[a-zA-Z]\w*)+(?:\[[^\]\s]+\])?"
_PLACEHOLDER = re.compile(rf"%((?:[a-z0-9_]+\()+{_FIELD}\)+|{_FIELD})", re.ASCII)
MAX_MESSAGE = 1 << 18
LONGEST_WORD = 512
"""Characters of a value that cannot hold a blank; a longer one is no such value."""

_NUMBER = re.compile(r"(?:-?\d{1,20})?|<NA>")
_ID = re.compile(r"(?:[0-9a-f]{12}|[0-9a-f]{64}|host)?|<NA>")
_NAME = re.compile(r"[\w.\-/:@+|]*|<NA>", re.ASCII)
_INFO = re.compile(
    r"(?:container_id=\S* container_name=\S*|k8s\.ns=\S* k8s\.pod=\S* container=\S*|[\w.\-<>]+ \(id=[\w<>]*\)|<NA>)?"
)
_NUMBERS = (
    "user.uid user.loginuid group.gid proc.tty proc.pid proc.ppid proc.vpid proc.pvpid thread.tid thread.vtid fd.lport "
    "fd.rport fd.sport fd.cport fd.num evt.num evt.rawres proc.exe_ino.ctime proc.exe_ino.mtime "
    "proc.exe_ino.ctime_duration_proc_start proc.sid container.start_ts ka.response.code"
)
# Names that the kernel or a container runtime gives or checks. A user's name is none of them: any image brings its own
# /etc/passwd, and a blank or an equals sign is allowed in there.
_NAMES = (
    "evt.type evt.res evt.arg.flags evt.arg.cmd container.name container.image container.image.repository "
    "container.image.tag container.image.digest container.type container.privileged k8s.ns.name k8s.pod.name "
    "k8s.pod.uid k8s.pod.id fd.type fd.l4proto fd.lip fd.rip fd.sip fd.cip ka.verb ka.target.resource "
    "ka.target.subresource ka.auth.decision"
)
_SHAPES: dict[str, re.Pattern[str]] = {
    **dict.fromkeys(_NUMBERS.split(), _NUMBER),
    **dict.fromkeys(_NAMES.split(), _NAME),
    "container.id": _ID,
    "container.info": _INFO,
}

_TELLING = re.compile(r"\w=|\w{4}")
_KEY_AT_END = re.compile(r"([A-Za-z_][\w.\[\]]*)=$")
_KEY = re.compile(r"(?:(?<=[\s(|,'\"])|^)([A-Za-z_][\w.]*(?:\[[^\]\s]{1,64}\])?)=(\S*)")
_AROUND = " )|,;'\""
_WORD = r"([\w.\-/:@+]*|<NA>)"
_APPENDED = re.compile(
    rf" container_id={_WORD} container_name={_WORD} container_image_repository={_WORD} container_image_tag={_WORD}"
    rf"(?: k8s_pod_name={_WORD} k8s_ns_name={_WORD})?$",
    re.ASCII,
)
_APPENDED_FIELDS = (
    "container.id",
    "container.name",
    "container.image.repository",
    "container.image.tag",
    "k8s.pod.name",
    "k8s.ns.name",
)
_PER_POD = re.compile(rf" k8s\.ns={_WORD} k8s\.pod={_WORD} container={_WORD}$", re.ASCII)
_PER_POD_FIELDS = ("k8s.ns.name", "k8s.pod.name", "container.id")
_SUFFIX_LENGTH = 2048


def shape_of(name: str) -> re.Pattern[str] | None:
    """What a field's value looks like; None when anybody may write anything into it."""
    return _SHAPES.get(name)


@dataclass(frozen=True, slots=True)
class Cut:
    """What a template found in a message."""

    fields: Mapping[str, str]
    """Falco's field names to values on which every reading agrees."""
    doubtful: tuple[str, ...] = ()
    """Fields that the template prints and whose value cannot be told for sure."""
    appended: bool = False
    """The fields that Falco appends were read behind a value that somebody writes freely."""
    imitated: Conflicts = field(default_factory=dict)
    """Fields whose own key stands inside another field's value too, with another value behind it."""
    suspect: tuple[str, ...] = ()
    """Those of the doubtful ones that words or keys of the template inside a value made so."""


@dataclass(frozen=True, slots=True)
class OutputTemplate:
    """A rule's output: ``literals[0] slot[0] literals[1] … slot[n-1] literals[n]``."""

    literals: tuple[str, ...]
    slots: tuple[str, ...]
    """Field names; empty for what is printed through a function or without a literal in between."""
    shapes: tuple[re.Pattern[str] | None, ...] = field(repr=False)

    @property
    def fields(self) -> frozenset[str]:
        """The fields that it prints."""
        return frozenset(filter(None, self.slots))

    @property
    def bounded(self) -> bool:
        """True when nobody can write past its end: it ends in a literal or in a value of a known shape."""
        return bool(self.literals[-1].strip()) or not self.shapes or self.shapes[-1] is not None


@lru_cache(maxsize=4096)
def output_template(output: str) -> OutputTemplate:
    """Take a template apart; line ends and runs of blanks count as one blank, as YAML folds them."""
    text = " ".join(output.split())
    literals: list[str] = []
    slots: list[str] = []
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        literal = text[end : found.start()]
        name = "" if "(" in found[1].split("[", 1)[0] else found[1]
        if slots and not literal:
            # Nothing parts the two values.
            slots[-1] = ""
        else:
            literals.append(literal)
            slots.append(name)
        end = found.end()
    literals.append(text[end:])
    return OutputTemplate(tuple(literals), tuple(slots), tuple(_SHAPES.get(name) for name in slots))


# A message is asked for twice: whether the template fits, and what it holds.
@lru_cache(maxsize=8)
def cut(template: OutputTemplate, message: str) -> Cut | None:
    """Lay a template over a message.

    Returns:
        None when the template did not print the message.
    """
    text = message.strip()
    if len(text) > MAX_MESSAGE or not template.slots or not text.startswith(template.literals[0].lstrip()):
        return None
    suffix, names = appended(text)
    end = suffix.start() if suffix else len(text)
    # Where a free value ends the template, a suffix in Falco's order is taken for Falco's: it appends it by default.
    ends = [end] if not template.bounded else sorted({end, len(text)})
    for shapes, closes in ((template.shapes, ends), (template.shapes, None), ((None,) * len(template.slots), ends)):
        if closes is None and not template.bounded:
            continue
        marks = _readings(text, template, shapes, closes)
        if marks is None:
            continue
        fields, doubtful, suspect = _values(text, template, marks)
        behind = suffix is not None and marks[-1][-1] <= suffix.start()
        if suffix is not None and behind:
            fields = {n: value for n, value in zip(names, suffix.groups(), strict=True) if value is not None} | fields
        imitated = _imitated(fields, template, text, marks[-1][-1])
        return Cut(fields, doubtful, behind and not template.bounded, imitated, suspect)
    return None


def appended(text: str) -> tuple[re.Match[str] | None, Sequence[str]]:
    """What Falco appends behind a message, at its very end, and the fields that it holds."""
    start = max(0, len(text) - _SUFFIX_LENGTH)
    for pattern, names in ((_APPENDED, _APPENDED_FIELDS), (_PER_POD, _PER_POD_FIELDS)):
        found = pattern.search(text, start)
        if found:
            return found, names
    return None, ()


def _readings(
    text: str, template: OutputTemplate, shapes: Sequence[re.Pattern[str] | None], ends: list[int] | None
) -> list[list[int]] | None:
    """For each literal, the places where it stands in some reading of the whole message; None when there is none."""
    literals = [template.literals[0].lstrip(), *template.literals[1:]]
    sizes = [len(literal) for literal in literals]
    last = len(literals) - 1
    forward: list[list[int]] = [[0]]
    for number in range(1, last + 1):
        begins = [place + sizes[number - 1] for place in forward[-1]]
        shape = shapes[number - 1]
        if number == last and ends is not None:
            literal = literals[last].rstrip()
            places = [end - len(literal) for end in ends if text.endswith(literal, 0, end)]
        elif number == last and not literals[last].strip():
            places = sorted({_word_end(text, begin) for begin in begins})
        else:
            places = _places(text, literals[number], begins[0])
        found = [place for place in places if _reached(text, begins, place, shape)]
        if not found:
            return None
        forward.append(found)
    marks = [forward[-1]]
    for number in range(last - 1, -1, -1):
        shape, after = shapes[number], marks[0]
        marks.insert(0, [place for place in forward[number] if _reaches(text, place + sizes[number], after, shape)])
    return marks


def _values(
    text: str, template: OutputTemplate, marks: list[list[int]]
) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
    """Values that are sure, and the fields whose value is not; of these, those that words of the template made so."""
    fields: dict[str, str] = {}
    doubtful: list[str] = []
    suspect: list[str] = []
    for number, name in enumerate(template.slots):
        if not name:
            continue
        size = len(template.literals[number].lstrip() if number == 0 else template.literals[number])
        if len(marks[number]) == len(marks[number + 1]) == 1:
            value = text[marks[number][0] + size : marks[number + 1][0]]
            if fields.setdefault(name, value) != value:
                doubtful.append(name)
        else:
            doubtful.append(name)
            around = [at for at in (number, number + 1) if len(marks[at]) > 1]
            # A blank or a dash that stands in a value is nothing; a key or a word does not come in by chance.
            suspect += [name] if any(_TELLING.search(template.literals[at]) for at in around) else []
    for name in doubtful:
        fields.pop(name, None)
    return fields, tuple(dict.fromkeys(doubtful)), tuple(dict.fromkeys(suspect))


def _imitated(fields: Mapping[str, str], template: OutputTemplate, text: str, end: int) -> Conflicts:
    """Keys of the template, or of what Falco appends, that stand inside a value or behind the end once more.

    Args:
        fields: what was read.
        template: what printed it.
        text: the message.
        end: where the template's last value ends in it.
    """
    keys = {**{name.replace(".", "_"): name for name in _APPENDED_FIELDS}, "k8s.ns": "k8s.ns.name"}
    keys["k8s.pod"] = "k8s.pod.name"
    for literal, name in zip(template.literals, template.slots, strict=False):
        key = _KEY_AT_END.search(literal)
        if key and name:
            keys[key[1]] = name
    known = frozenset(keys.values())
    stated = [(name, value) for name, value in fields.items() if name in known]
    for value in (*fields.values(), text[end:]):
        for found in _KEY.finditer(value) if "=" in value else ():
            if found[1] in keys:
                stated.append((keys[found[1]], found[2].strip(_AROUND)))
    # What was not read for doubt stands somewhere, once; more often, and one of them is a guise.
    for found in _KEY.finditer(text):
        if keys.get(found[1], "") not in fields and found[1] in keys:
            stated.append((keys[found[1]], found[2].strip(_AROUND)))
    return conflicts_of(stated, unknown=True)


def _places(text: str, literal: str, start: int) -> list[int]:
    places = []
    place = text.find(literal, start)
    while place >= 0:
        places.append(place)
        place = text.find(literal, place + 1)
    return places


def _word_end(text: str, start: int) -> int:
    end = start
    while end < len(text) and end - start <= LONGEST_WORD and not text[end].isspace():
        end += 1
    return end


def _reached(text: str, begins: list[int], place: int, shape: re.Pattern[str] | None) -> bool:
    """Whether a value of the shape ends at ``place`` and begins where the literal before it may end."""
    if shape is None:
        return begins[0] <= place
    first, beyond = bisect_left(begins, place - LONGEST_WORD), bisect_right(begins, place)
    return any(shape.fullmatch(text, begins[index], place) for index in range(beyond - 1, first - 1, -1))


def _reaches(text: str, begin: int, places: list[int], shape: re.Pattern[str] | None) -> bool:
    if shape is None:
        return places[-1] >= begin
    first, beyond = bisect_left(places, begin), bisect_right(places, begin + LONGEST_WORD)
    return any(shape.fullmatch(text, begin, places[index]) for index in range(first, beyond))
