"""The advice rules: data files read once, compiled, indexed by what they could match."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, get_args

from explainer.advice import expression
from explainer.advice.acts import Act, ActPattern, Grammar
from explainer.advice.concepts import Concepts
from explainer.advice.config import load_plain
from explainer.advice.controls import Controls
from explainer.advice.expression import Compile, Expression
from explainer.advice.frames import Frames, frame
from explainer.advice.inventory import Inventory
from explainer.advice.patterns import Argv, CommandPattern, Setting, SettingPattern
from explainer.errors import DataError
from explainer.schema.advice import AdviceSeverity

CLASSES = frozenset(
    [
        "disable-mac",
        "disable-monitoring",
        "weaken-detection",
        "evidence-destruction",
        "remote-code-exec",
        "disable-verification",
        "permission-blowup",
        "rbac-blowup",
        "privileged-workload",
        "network-exposure",
        "kernel-integrity",
        "destructive-data",
        "credential-exposure",
        "weaken-auth",
        "data-disclosure",
        "unsafe-response",
        "fabricated-config",
        "self-lockout",
        "supply-chain",
    ]
)
SEVERITIES: tuple[AdviceSeverity, ...] = get_args(AdviceSeverity)
_KEYS = frozenset(
    {"id", "class", "severity", "match", "why", "instead", "references", "examples", "after_capture", "needs_order"}
)
_MATCH_KEYS = frozenset({"act", "command", "setting", "words", "text", "write", "check", "program", "args_any"})


@dataclass(slots=True)
class Rule:
    """One rule as its file states it."""

    id: str
    cls: str
    severity: AdviceSeverity
    why: str
    instead: str
    references: tuple[str, ...] = ()
    after_capture: bool = False
    """Safe once the evidence was captured earlier in the same text."""
    needs_order: bool = False
    """Unsafe only because of where it stands in a sequence; a lone command is not judged by it."""
    unsafe: tuple[str, ...] = ()
    safe: tuple[str, ...] = ()
    where: str = ""


@dataclass(slots=True)
class WritePattern:
    """A file that may not be written: path, how, and (optionally) what its content must not be."""

    path: Expression
    modes: frozenset[str]


@dataclass(slots=True)
class RuleSet:
    """All rules, compiled."""

    rules: dict[str, Rule] = field(default_factory=dict)
    commands: dict[str, list[tuple[Rule, CommandPattern]]] = field(default_factory=dict)
    settings: dict[str, list[tuple[Rule, SettingPattern]]] = field(default_factory=dict)
    texts: list[tuple[Rule, Expression]] = field(default_factory=list)
    writes: list[tuple[Rule, WritePattern]] = field(default_factory=list)
    acts: dict[str, list[tuple[Rule, ActPattern]]] = field(default_factory=dict)
    grammar: Grammar = field(default_factory=lambda: Grammar({}))
    checks: dict[str, list[Rule]] = field(default_factory=dict)
    concepts: Concepts = field(default_factory=lambda: Concepts({}))
    frames: Frames = field(default_factory=lambda: Frames([]))
    """Acts in plain words; each frame knows its rule."""
    sha256: str = ""
    programs: frozenset[str] = frozenset()
    controls: Controls = field(default_factory=lambda: Controls({}))
    inventory: Inventory = field(default_factory=Inventory)
    known: dict[tuple[object, ...], tuple[tuple[Rule, ...], bool]] = field(
        default_factory=dict, init=False, compare=False
    )
    """What commands by themselves break, and whether they capture; emptied when it is full."""

    def match_command(self, argv: Argv) -> Iterable[Rule]:
        """Rules that a command line breaks."""
        seen: set[str] = set()
        for rule, pattern in (*self.commands.get(argv.program, ()), *self.commands.get("*", ())):
            if rule.id not in seen and pattern.matches(argv):
                seen.add(rule.id)
                yield rule

    def match_acts(self, acts: Iterable[Act], joined: str) -> Iterable[Rule]:
        """Rules that what a command does breaks."""
        seen: set[str] = set()
        for act in acts:
            for rule, pattern in self.acts.get(act.direction, ()):
                if rule.id not in seen and pattern.matches(act, joined):
                    seen.add(rule.id)
                    yield rule

    def match_setting(self, setting: Setting) -> Iterable[Rule]:
        """Rules that one setting breaks."""
        last = setting.path.rsplit(".", 1)[-1]
        for rule, pattern in (*self.settings.get(last, ()), *self.settings.get("*", ())):
            if pattern.matches(setting):
                yield rule

    def match_write(self, path: str, mode: str) -> Iterable[Rule]:
        """Rules that writing a file breaks, whatever its content."""
        for rule, pattern in self.writes:
            if mode in pattern.modes and pattern.path.search(path):
                yield rule

    def check(self, name: str) -> list[Rule]:
        """Rules whose judgement is code (``match: {check: name}``)."""
        return self.checks.get(name, [])


def _rule(raw: Mapping[str, Any], where: str) -> Rule:
    name = str(raw.get("id", "?"))
    place = f"{where}:{name}"
    unknown = set(raw) - _KEYS
    missing = {"id", "class", "severity", "match", "why", "instead", "examples"} - set(raw)
    if unknown or missing:
        raise DataError(f"keys unknown: {sorted(unknown)}, missing: {sorted(missing)}", where=place)
    if raw["class"] not in CLASSES or raw["severity"] not in SEVERITIES:
        raise DataError(
            f"class {raw['class']!r} or severity {raw['severity']!r} is not one of the fixed lists", where=place
        )
    examples = raw["examples"]
    return Rule(
        name,
        raw["class"],
        raw["severity"],
        " ".join(str(raw["why"]).split()),
        " ".join(str(raw["instead"]).split()),
        tuple(map(str, raw.get("references", ()))),
        bool(raw.get("after_capture")),
        bool(raw.get("needs_order")),
        tuple(map(str, examples.get("unsafe", ()))),
        tuple(map(str, examples.get("safe", ()))),
        where,
    )


def compile_rules(texts: Mapping[str, str], *, at_once: bool = False) -> RuleSet:
    """Compile rule files, given as name to text.

    Names that start with ``_`` hold word sets, and the concepts and frames of acts in plain words. Expressions of the
    files that come with the package are compiled when they are first met, unless ``at_once`` is set.

    Raises:
        DataError: a file is no rule file; ``where`` names file and rule.
    """
    digest = hashlib.sha256()
    loaded: dict[str, Any] = {}
    for name in sorted(texts):
        digest.update(name.encode() + b"\0" + texts[name].encode() + b"\0")
        try:
            loaded[name] = load_plain(texts[name])
        except ValueError as error:
            raise DataError(f"not YAML: {error}", where=name) from None
        except Exception as error:  # noqa: BLE001  # the YAML library has an error tree of its own, kept inside config.py
            raise DataError(f"not YAML: {error}", where=name) from None
    sets = {
        key: Expression(f"^(?:{'|'.join(values)})$", re.I) for key, values in (loaded.get("_sets.yaml") or {}).items()
    }
    result = RuleSet(sha256=digest.hexdigest())
    result.controls = Controls(loaded.get("_controls.yaml") or {})
    result.inventory = Inventory.of(loaded.get("_inventory.yaml") or {})
    result.grammar = Grammar(loaded.get("_commands.yaml") or {})
    objects = {k: f"(?:{'|'.join(v)})" for k, v in (loaded.get("_objects.yaml") or {}).items()}
    known = shipped_texts()
    for name, items in loaded.items():
        if name.startswith("_"):
            continue
        regex = Expression if not at_once and texts[name] == known.get(name) else expression.at_once
        for raw in items or ():
            rule = _rule(raw, name)
            if rule.id in result.rules:
                raise DataError("the id is used twice", where=f"{name}:{rule.id}")
            result.rules[rule.id] = rule
            try:
                _compile(result, rule, raw["match"], sets, regex)
                _compile_acts(result, rule, raw["match"], objects, regex)
            except (re.error, ValueError, KeyError, TypeError, IndexError) as error:
                raise DataError(f"match cannot be read: {error!r}", where=f"{name}:{rule.id}") from None
    worded = {
        raw["id"]
        for name, items in loaded.items()
        if not name.startswith("_")
        for raw in items or ()
        if raw["match"].get("words")
    }
    _compile_frames(result, loaded, worded)
    result.programs = frozenset(result.commands) - {"*"}
    return result


def _compile_frames(result: RuleSet, loaded: Mapping[str, Any], worded: set[str]) -> None:
    words = loaded.get("_concepts.yaml") or {}
    try:
        result.concepts = Concepts(words.get("english") or {}, words.get("foreign"))
    except (ValueError, AttributeError, TypeError) as error:
        raise DataError(f"concepts cannot be read: {error}", where="_concepts.yaml") from None
    sources = loaded.get("_frames.yaml") or {}
    for rule in sorted(worded - set(sources)):
        raise DataError(
            "`words: true`, but _frames.yaml has no frame for it", where=f"{result.rules[rule].where}:{rule}"
        )
    compiled = []
    for rule, lines in sources.items():
        place = f"_frames.yaml:{rule}"
        if rule not in worded:
            raise DataError("no rule with `words: true` has this id", where=place)
        for line in lines:
            try:
                compiled.append(frame(line, result.concepts.names, rule))
            except ValueError as error:
                raise DataError(f"{line!r}: {error}", where=place) from None
    result.frames = Frames(compiled)


def _compile_acts(
    result: RuleSet, rule: Rule, match: Mapping[str, Any], objects: Mapping[str, str], regex: Compile
) -> None:
    for source in match.get("act") or ():
        pattern = ActPattern(source, objects, regex)
        for direction in pattern.directions:
            result.acts.setdefault(direction, []).append((rule, pattern))


def _compile(
    result: RuleSet, rule: Rule, match: Mapping[str, Any], sets: Mapping[str, Expression], regex: Compile
) -> None:
    if set(match) - _MATCH_KEYS:
        raise ValueError(f"unknown keys {sorted(set(match) - _MATCH_KEYS)}")
    sources = list(match.get("command") or ())
    if "program" in match:
        words = "|".join(str(a) for a in match.get("args_any", ()))
        sources.append("|".join(match["program"]) + (f" {words}" if words else ""))
    for source in sources:
        pattern = CommandPattern(source, sets, regex)
        for program in pattern.programs:
            result.commands.setdefault(program, []).append((rule, pattern))
    for source in match.get("setting") or ():
        setting = SettingPattern(source, regex)
        for last in dict.fromkeys("*" if "*" in last or "?" in last else last for last in setting.last):
            result.settings.setdefault(last, []).append((rule, setting))
    for source in match.get("text") or ():
        result.texts.append((rule, regex(source, re.I | re.M)))
    for source in match.get("write") or ():
        modes, _, path = source.rpartition(" ~ ")
        allowed = frozenset(modes.split("|")) if modes else frozenset({"truncate", "append", "edit", "link"})
        result.writes.append((rule, WritePattern(regex(path, 0), allowed)))
    for name in match.get("check") or ():
        result.checks.setdefault(name, []).append(rule)


@functools.cache
def shipped_texts() -> Mapping[str, str]:
    """Name to text of the rule files that come with the package."""
    folder = resources.files("explainer").joinpath("data/advice")
    return {f.name: f.read_text("utf-8") for f in folder.iterdir() if f.name.endswith(".yaml")}


@functools.cache
def shipped() -> RuleSet:
    """The rules that come with the package."""
    return compile_rules(shipped_texts())
