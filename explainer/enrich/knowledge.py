"""Knowledge entries from parsed data: read, checked, found again by name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from explainer.enrich.compose import GENERIC_BLOCKS
from explainer.enrich.condition import ConditionError, parse_condition
from explainer.enrich.hypotheses import macro_free
from explainer.enrich.texts import command_problem, malformed, placeholders
from explainer.errors import KnowledgeError
from explainer.schema.alert import Alert
from explainer.schema.knowledge import Hypothesis, KnowledgeAction, KnowledgeBlock, KnowledgeEntry, Signal, Tuning
from explainer.schema.record import Record

Place = tuple[str | int, ...]
Locate = Callable[[Place], str]
"""Path of keys and indices to ``file:line:column``."""
Problem = tuple[Place, str, str]
"""Where, what, what to do."""

R = TypeVar("R", bound=Record)
_TECHNIQUE = re.compile(r"TA?\d{4}(?:\.\d{3})?")
_ID = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True)
class Knowledge:
    """What is known for one alert, read from files."""

    entry: KnowledgeEntry | None = None
    blocks: Mapping[str, KnowledgeBlock] = field(default_factory=dict)
    sha256: str = ""
    """Over the bytes of every file that contributed."""


def slug(name: str) -> str:
    """A rule's name as a file name: small letters and digits, everything else one hyphen."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-")


def load_entry(data: Any, where: str, locate: Locate | None = None) -> KnowledgeEntry:
    """One entry from parsed YAML.

    Raises:
        KnowledgeError: with the place of the first problem.
    """
    entry = _validate(KnowledgeEntry, data, where, locate)
    _raise_first(entry_problems(entry), where, locate)
    return entry


def load_block(data: Any, where: str, locate: Locate | None = None) -> KnowledgeBlock:
    """One shared block from parsed YAML.

    Raises:
        KnowledgeError: with the place of the first problem.
    """
    block = _validate(KnowledgeBlock, data, where, locate)
    against = _signals(("against_benign",), block.against_benign)
    _raise_first((*_actions(block.actions), *_hypotheses(block.hypotheses), *against), where, locate)
    return block


def _validate(model: type[R], data: Any, where: str, locate: Locate | None) -> R:
    if not isinstance(data, Mapping):
        raise KnowledgeError("the file holds no mapping", hint="write keys such as title: and meaning:", where=where)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = tuple(first["loc"])
        name = ".".join(str(part) for part in place)
        what = {"missing": "is missing", "extra_forbidden": "is no field of this record"}.get(first["type"])
        message = f"{name}: {what or first['msg']}"
        more = error.error_count() - 1
        hint = f"and {more} more" if more else "see explainer schema knowledge"
        raise KnowledgeError(message, hint=hint, where=locate(place) if locate else where) from None


def _raise_first(problems: Iterable[Problem], where: str, locate: Locate | None) -> None:
    for place, message, hint in problems:
        name = ".".join(str(part) for part in place)
        raise KnowledgeError(f"{name}: {message}", hint=hint, where=locate(place) if locate else where)


def entry_problems(entry: KnowledgeEntry) -> Iterable[Problem]:
    """Everything that the schema cannot say, in the order of the file."""
    for number, item in enumerate(entry.derive):
        try:
            re.compile(item.pattern)
        except (re.error, OverflowError, RecursionError) as error:
            yield ("derive", number, "pattern"), f"not a regular expression: {error}", "correct the pattern"
    yield from _texts((), {"title": entry.title, "meaning": entry.meaning, "impact": entry.impact})
    yield from _hypotheses(entry.hypotheses)
    for name, texts in (("questions", entry.questions), ("not_advised", entry.not_advised)):
        for number, text in enumerate(texts):
            yield from _texts((name, number), {"": text})
    for number, unknown in enumerate(entry.unknowns):
        yield from _texts(("unknowns", number), {"question": unknown.question, "why": unknown.why})
        yield from _command(("unknowns", number, "command"), unknown.command)
    yield from _actions(entry.actions)
    for number, use in enumerate(entry.use):
        if not all(_ID.fullmatch(part) for part in use.split(".", 1)):
            yield ("use", number), f"{use!r} names no block", "write a block's id, or block.action"
    yield from _tunings(entry)
    for number, note in enumerate(entry.attack):
        if not _TECHNIQUE.fullmatch(note.technique):
            yield ("attack", number, "technique"), f"{note.technique!r} is no ATT&CK id", "write T1059 or T1059.004"


def _texts(place: Place, texts: Mapping[str, str]) -> Iterable[Problem]:
    for name, text in texts.items():
        if malformed(text):
            yield (*place, name) if name else place, "a %{ opens no placeholder", "write %{field} or %{field|default}"


def _condition(place: Place, text: str | None) -> Iterable[Problem]:
    if text is None:
        return
    try:
        expr = parse_condition(text)
    except ConditionError as error:
        yield (
            place,
            f"{error.message} (line {error.line}, column {error.column})",
            error.hint or "correct the condition",
        )
        return
    if not macro_free(expr):
        yield place, "the condition uses a macro", "write out what it stands for: entries are read without rule files"


def _hypotheses(hypotheses: Sequence[Hypothesis]) -> Iterable[Problem]:
    seen: set[str] = set()
    for number, hypothesis in enumerate(hypotheses):
        place: Place = ("hypotheses", number)
        if hypothesis.id in seen:
            yield (*place, "id"), f"{hypothesis.id!r} stands twice", "give every hypothesis an id of its own"
        seen.add(hypothesis.id)
        if hypothesis.verdict == "benign" and hypothesis.cause is None:
            yield place, "a benign hypothesis needs a cause", "add cause:"
        yield from _texts(place, {"explain": hypothesis.explain, "settle": hypothesis.settle})
        if placeholders(hypothesis.title):
            yield (*place, "title"), "a title holds a placeholder", "put the alert's values into explain or because"
        for side, signals in (("supports", hypothesis.supports), ("refutes", hypothesis.refutes)):
            yield from _signals((*place, side), signals)
            for at, signal in enumerate(signals):
                if signal.decisive and side == "supports":
                    yield (*place, side, at), "decisive counts in refutes only", "remove it, or raise the weight"


def _signals(place: Place, signals: Sequence[Signal]) -> Iterable[Problem]:
    for at, signal in enumerate(signals):
        yield from _condition((*place, at, "when"), signal.when)
        yield from _texts((*place, at), {"because": signal.because})


def _command(place: Place, command: str | None) -> Iterable[Problem]:
    if command is not None and (problem := command_problem(command)):
        yield place, problem, "put %{field} unquoted, as a word or part of one"


def _actions(actions: Sequence[KnowledgeAction]) -> Iterable[Problem]:
    seen: set[str] = set()
    for number, action in enumerate(actions):
        place: Place = ("actions", number)
        if action.id in seen:
            yield (*place, "id"), f"{action.id!r} stands twice", "give every action an id of its own"
        seen.add(action.id)
        texts = {"title": action.title, "why": action.why, "precondition": action.precondition}
        yield from _texts(place, texts)
        yield from _command((*place, "command"), action.command)
        yield from _condition((*place, "requires"), action.requires)
        if action.read_only and action.destroys_evidence:
            yield place, "a read-only step cannot destroy evidence", "set read_only: false"


_TUNING_NEEDS = {
    "exception": ("exception", "fields", "values"),
    "list": ("list", "items"),
    "macro": ("macro", "condition"),
}


def _tunings(entry: KnowledgeEntry) -> Iterable[Problem]:
    known = {hypothesis.id for hypothesis in entry.hypotheses}
    for number, tuning in enumerate(entry.tuning):
        place: Place = ("tuning", number)
        for name in _TUNING_NEEDS[tuning.kind]:
            if not getattr(tuning, name):
                yield place, f"a tuning of kind {tuning.kind} needs {name}", f"add {name}:"
        if tuning.hypothesis is not None and tuning.hypothesis not in known:
            yield (*place, "hypothesis"), f"there is no hypothesis {tuning.hypothesis!r}", f"known: {', '.join(known)}"
        yield from _condition((*place, "requires"), tuning.requires)
        yield from _texts(place, {"title": tuning.title, "why": tuning.why, "caution": tuning.caution})
        yield from _exception(place, tuning)


def _exception(place: Place, tuning: Tuning) -> Iterable[Problem]:
    if tuning.kind != "exception":
        return
    if len(tuning.fields) != len(tuning.values) or (tuning.comps and len(tuning.comps) != len(tuning.fields)):
        yield place, "fields, comps and values differ in length", "write one value, and one comparison, for every field"


def needed_blocks(entry: KnowledgeEntry | None) -> tuple[str, ...]:
    """Ids of the blocks that an explanation draws on: the entry's own, or all generic ones when there is no entry."""
    used = GENERIC_BLOCKS if entry is None else entry.use
    return tuple(dict.fromkeys((*(use.split(".", 1)[0] for use in used), "every-rule")))


def source_entry_names(alert: Alert) -> tuple[str, ...]:
    """File names, without ending, of entries for a whole source rather than one rule."""
    if alert.kind == "sensor_health" or alert.product.event_source == "internal":
        return ("_internal",)
    return ()
