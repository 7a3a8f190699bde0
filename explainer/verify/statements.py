"""The evidence of one alert, cut into statements by what they can carry.

``core`` is what the alert itself says: its values, what its fields mean in words, and the reviewed meaning of the rule
filled with them. Signs for and against a hypothesis count where a sentence cites them.
``general`` texts (impact, explanations, conditions) speak of what may be: they carry a possibility and never a fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from explainer.schema.enriched import EnrichedAlert
from explainer.schema.report import Evidence
from explainer.verify.frames import clauses
from explainer.verify.glosses import descriptions, glosses
from explainer.verify.neutral import FUNCTION
from explainer.verify.words import is_past, stem, stems

_SENTENCE = re.compile(r"(?<=[.!?:])\s+")
_SIGN = re.compile(r"knowledge\.hypotheses\.(?P<id>.+)\.(?P<role>supports|refutes)\[\d+\]")
_VALUE_WORD = re.compile(r"[A-Za-z]{2,}")
_PROSE = re.compile(r"(?i)\b(?:the|is|was|are|by|this|that|of|and|for|has|been|it|to be|please|you)\b")
_COMMAND_LINE = re.compile(r"\(command line [^)]*\)?")
_VERDICTS = stems("tty terminal res loginuid login session is_exe")
# The words inside of a path are names: "/uploads/" tells of no upload.
_NAMED = re.compile(r"\S*[/\\=@]\S*")
_ASIDE = re.compile(r"(?i)\b(?:without|outside)\b")
# What is denied of this and of that stands behind the verb.
_NEITHER = re.compile(r"(?i)^.*\bnor\b.*?\b(?:is|are|was|were|belongs?|has|have)\b")
_TOKEN = re.compile(r"[^\s\"'`,;()<>{}\[\]|]+")


@dataclass
class Said:
    """What a set of statements says, as stems."""

    facts: set[str] = field(default_factory=set)
    denials: list[frozenset[str]] = field(default_factory=list)
    """One set for each thing that is denied."""
    denying: list[tuple[frozenset[str], frozenset[str]]] = field(default_factory=list)
    """The same with the whole clauses that deny them: "the project does not publish it" denies what is "published"."""
    affirmed: list[frozenset[str]] = field(default_factory=list)
    """One set for each thing that is stated."""
    past: set[str] = field(default_factory=set)
    """Past forms in its facts, as they stand: "limited" is carried by "limited"."""
    possible: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    """What the evidence itself leaves open."""

    def add(self, text: str, *, general: bool = False) -> None:
        """Take up a text, clause by clause."""
        self.possible |= stems(text)
        if general:
            return
        for sentence in _SENTENCE.split(text):
            for clause in clauses(sentence):
                if clause.mode == "open":
                    self.unknown |= stems(clause.text)
                elif clause.mode == "possible":
                    self._state(clause.stated)
                elif clause.mode == "denial":
                    denied = things(_NEITHER.sub("", clause.complement))
                    self.denials.append(denied)
                    if clause.text.endswith(clause.complement) and not _ASIDE.search(clause.text):
                        self.denying.append((denied - FUNCTION, things(clause.text)))
                    self._state(clause.stated)
                else:
                    self._state(clause.text)
                    self.affirmed.append(things(clause.text))

    def _state(self, text: str) -> None:
        words = _NAMED.sub(" ", text)
        self.facts |= stems(words)
        self.past |= {word for word in words.lower().split() if is_past(word)}

    def join(self, other: Said) -> None:
        """Take up what other statements say."""
        self.facts |= other.facts
        self.denials += other.denials
        self.denying += other.denying
        self.affirmed += other.affirmed
        self.possible |= other.possible
        self.past |= other.past
        self.unknown |= other.unknown


@dataclass
class Statements:
    """All statements of one alert."""

    values: frozenset[str]
    """Words of the alert's values, lower case and unstemmed: the attacker chose many of them."""
    core: Said
    cited: dict[str, Said]
    reading: dict[str, str]
    """Evidence id to the hypothesis that it supports."""
    described: frozenset[str]
    """What the things that the alert names are in general: carries what something is, not what happened to it."""
    acts: set[str]
    """Stems that may say what was done: from the core and from signs of hypotheses that still stand."""
    general: Said

    @classmethod
    def of(cls, enriched: EnrichedAlert) -> Statements:
        """Cut the evidence of an alert."""
        core, general, acts = Said(), Said(), set[str]()
        quoted = sorted(
            (e.value for e in enriched.evidence if e.kind == "alert" and " " in e.value), key=len, reverse=True
        )

        def own(text: str) -> str:
            # Reviewed texts quote command lines; what an attacker wrote there is no word of the reviewers.
            for value in quoted:
                text = text.replace(value, "…")
            return _COMMAND_LINE.sub("", text)

        for text in glosses(enriched.alert):
            core.add(text)
        nouns = frozenset[str]().union(*map(stems, descriptions(enriched.alert)))
        core.possible |= nouns
        core.add(own(_first_sentence(enriched.summary)))
        core.add(own(enriched.meaning))
        acts |= core.facts
        hypotheses = {view.id: view for view in enriched.hypotheses}
        for view in enriched.hypotheses:
            general.add(view.title, general=True)
            general.add(view.explain, general=True)
        for text in (enriched.summary, enriched.headline, enriched.assessment.reason, enriched.entry or ""):
            general.add(text, general=True)
        site = enriched.rule is not None and enriched.rule.origin == "rules_file"
        if enriched.rule is not None and enriched.rule.description:
            general.add(enriched.rule.description, general=True)
        for text in (*enriched.questions, *(item.question for item in enriched.unknowns)):
            core.unknown |= stems(text)
        for ref in enriched.attack:
            general.add(f"{ref.name} {ref.tactic or ''} {ref.note}", general=True)
        cited: dict[str, Said] = {}
        reading: dict[str, str] = {}
        for item in enriched.evidence:
            said = cited[item.id] = Said()
            sign = _SIGN.fullmatch(item.path)
            if item.kind in {"rule", "knowledge"}:
                # What the rule looks for, in our words, weighs what may be behind such events in general.
                broad = item.path == "knowledge.impact" or (item.path == "rule.description" and not site)
                said.add(own(item.value), general=broad)
            else:
                # The name of a field tells what its value is about ("cap_effective"), and not what it says of it.
                said.facts |= stems(re.sub(r"[._\[\]]", " ", item.path)) - _VERDICTS
            said.add(item.why, general=True)
            if sign and sign["role"] == "supports":
                reading[item.id] = sign["id"]
            if sign and sign["role"] == "supports" and not hypotheses[sign["id"]].refuted:
                acts |= said.facts
        return cls(
            values=frozenset(_value_words(enriched.evidence)),
            core=core,
            cited=cited,
            reading=reading,
            described=nouns,
            acts=acts,
            general=general,
        )

    def of_citations(self, cites: Sequence[str] | None) -> Said:
        """What a sentence may rest on: the core, and of the rest what it cites (None: all of it)."""
        found = Said()
        found.join(self.core)
        wanted = self.cited if cites is None else dict.fromkeys(cites)
        # The signs for one reading are one argument: who cites one of them may speak of the others.
        readings = {self.reading[cite] for cite in wanted if cite in self.reading}
        for cite, said in self.cited.items():
            if cite in wanted or self.reading.get(cite) in readings:
                found.join(said)
        # A supposition may come from anything that is known about the rule.
        found.possible |= self.general.possible
        for said in self.cited.values():
            found.possible |= said.possible
        return found


def things(text: str) -> frozenset[str]:
    """The stems of a text with the names, paths and numbers in it."""
    return stems(text) | {
        token.strip(".:!?*_~…").lower() for token in _TOKEN.findall(text) if re.search(r"[\d/=_.@]\w", token)
    }


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s+(?=[A-Z])", text, maxsplit=1)[0]


def _value_words(evidence: Iterable[Evidence]) -> Iterable[str]:
    for item in evidence:
        if item.kind not in {"alert", "context"}:
            continue
        # A value that talks ("approved by the platform team") was written to be repeated: its words carry nothing.
        if len(_PROSE.findall(item.value)) >= 2:
            continue
        for token in _TOKEN.findall(item.value):
            yield token.lower()
            for word in _VALUE_WORD.findall(token):
                # Nobody's program or file is called "approved"; as a word of a sentence it would state an act.
                if not word.endswith(("ed", "ing")):
                    yield word.lower()


def content(text: str, known: frozenset[str]) -> list[str]:
    """The words of a text that are compared, without those that are values of the alert."""
    found = []
    for raw in _TOKEN.findall(text):
        token = raw.strip(".:!?,*_~…").removesuffix("'s").removesuffix("’s")
        if not token or _is_value(token, known):
            continue
        if any(char.isdigit() or char in "/=_@\\:.$%+*" for char in token):
            # An identity: judged by grounding, exactly.
            continue
        for word in re.findall(r"[A-Za-z][A-Za-z'’-]*", token):
            if _is_value(word, known):
                continue
            found.append(word.strip("-'’"))
    return [word for word in found if len(word) > 1]


def _is_value(word: str, known: frozenset[str]) -> bool:
    return word.lower() in known or word.lower().removesuffix("s") in known


def parts(word: str) -> list[str]:
    """The parts of a hyphenated word, or the word."""
    return [part for part in word.split("-") if part]


__all__ = ["Said", "Statements", "content", "parts", "stem"]
