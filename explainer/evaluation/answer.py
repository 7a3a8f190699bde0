# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""One thing to be scored: what a model said, what a reader gets, or what any other tool wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Literal

from explainer.evaluation.actions import Step, steps_of
from explainer.evaluation.reading import Code, Page, Sentence, read_page
from explainer.evaluation.verdicts import find_confidence, find_verdict
from explainer.schema.enriched import EnrichedAlert
from explainer.schema.knowledge import Stage, Verdict
from explainer.schema.report import Action, Confidence, Draft, Report

Source = Literal["draft", "report", "markdown"]
MAX_TEXT = 200_000

_TECHNIQUE = re.compile(r"\bT\d{4}(?:\.\d{3})?\b")
_YAML_LIKE = re.compile(
    r"^\s*(?:-\s+)?(?:rule|macro|list|apiVersion|kind|customRules|exceptions|append|override)\s*:", re.MULTILINE
)
_CITES = re.compile(r"[\[(]\s*(E\d{1,3}(?:\s*,\s*E\d{1,3})*)\s*[\])]")
_COMMA = re.compile(r"\s*,\s*")
_CONFIG_LABELS = frozenset({"yaml", "yml"})
_CODE_LABELS = frozenset({"", "sh", "bash", "shell", "console", "zsh", "shell-session", "terminal"})


@dataclass(frozen=True, slots=True)
class Claimed:
    """A sentence with the evidence that it cites."""

    text: str
    cites: tuple[str, ...]
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Answer:
    """A report in a form that does not depend on who wrote it. Spans are offsets in ``text``."""

    source: Source
    text: str
    """Markdown. Of a draft or a report: composed here, always in the same way."""
    page: Page
    parsed: bool = True
    """False: the model's answer could not be read; everything else is empty."""
    verdict: Verdict | None = None
    verdict_span: tuple[int, int] | None = None
    confidence: Confidence | None = None
    actions: tuple[Step, ...] = ()

    @classmethod
    def of_markdown(cls, text: str) -> Answer:
        """From a report in free Markdown, of any tool. Never raises."""
        text = text[:MAX_TEXT].replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")
        page = read_page(text)
        found = find_verdict(page)
        return cls(
            source="markdown",
            text=text,
            page=page,
            parsed=bool(text.strip()),
            verdict=found[0] if found else None,
            verdict_span=found[1] if found else None,
            confidence=find_confidence(page),
            actions=steps_of(page),
        )

    @classmethod
    def of_draft(cls, draft: Draft | None, enriched: EnrichedAlert, *, raw: str = "") -> Answer:
        """From what a model said.

        Args:
            draft: the parsed answer, or None when it could not be read.
            enriched: what the draft's action ids refer to.
            raw: the model's own text, kept when there is no draft.
        """
        if draft is None:
            return cls(source="draft", text=raw[:MAX_TEXT], page=Page(raw[:MAX_TEXT], (), ()), parsed=False)
        catalogue = {action.id: action for action in enriched.actions}
        chosen = [catalogue[name] for name in draft.action_ids if name in catalogue]
        steps: list[_Step] = [_of_action(action) for action in chosen]
        steps += [_Step(a.stage, a.title, a.why, a.command, None, "model") for a in draft.extra_actions]
        text = _compose(
            draft.verdict,
            draft.confidence,
            "",
            draft.summary,
            [(claim.text, claim.cites) for claim in draft.claims],
            draft.techniques,
            [(unknown, None) for unknown in draft.unknowns],
            steps,
        )
        return replace(cls.of_markdown(text), source="draft", verdict=draft.verdict, confidence=draft.confidence)

    @classmethod
    def of_report(cls, report: Report) -> Answer:
        """From what a reader gets. Steps of the catalogue that the verdict does not call for are still shown to readers."""
        text = _compose(
            report.verdict.value,
            report.verdict.confidence,
            report.verdict.reason,
            report.summary,
            [(claim.text, claim.cites) for claim in report.claims],
            [f"{ref.technique} ({ref.name})" for ref in report.attack if ref.technique],
            [(f"{item.question}. {item.why}".replace("?.", "?"), item.query) for item in report.unknowns],
            [_of_action(action) for action in report.actions],
        )
        return replace(
            cls.of_markdown(text), source="report", verdict=report.verdict.value, confidence=report.verdict.confidence
        )

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """All sentences, in reading order."""
        return self.page.sentences

    @cached_property
    def lowered(self) -> str:
        """All sentences in lower case, one a line."""
        return "\n".join(s.text for s in self.sentences).lower()

    @cached_property
    def techniques(self) -> Mapping[str, tuple[int, int]]:
        """ATT&CK ids to the place where each first stands."""
        found: dict[str, tuple[int, int]] = {}
        for match in _TECHNIQUE.finditer(self.text):
            found.setdefault(match[0], match.span())
        return found

    @cached_property
    def claims(self) -> tuple[Claimed, ...]:
        """What is stated about the alert, with citations (which may stand behind the full stop)."""
        found = []
        for number, s in enumerate(self.sentences):
            if s.section == "observation" and not s.heading:
                following = self.sentences[number + 1 : number + 2]
                end = following[0].start if following else len(self.text)
                cites = [name for match in _CITES.finditer(self.text, s.start, end) for name in _COMMA.split(match[1])]
                found.append(Claimed(s.text, tuple(cites), s.start, s.end))
        return tuple(found)

    @cached_property
    def unknowns(self) -> tuple[Sentence, ...]:
        """What is said to be unknown: by its section, or by its words."""
        return tuple(s for s in self.sentences if not s.heading and (s.section == "unknown" or says_unknown(s.text)))

    @cached_property
    def told(self) -> frozenset[int]:
        """Starts of the sentences that belong to steps: they tell what to do, not what happened."""
        spans = [(step.start, step.end) for step in self.actions]
        return frozenset(
            s.start
            for s in self.sentences
            if (s.section == "action" and (s.item or s.heading)) or any(a <= s.start < b for a, b in spans)
        )

    @cached_property
    def commands(self) -> tuple[Code, ...]:
        """Code that the reader is to run: fenced shell, and inline code of steps."""
        blocks = {number for step in self.actions for number in self._blocks(step)}
        return tuple(
            code
            for code in self.page.codes
            if not self._is_config(code)
            and ((not code.inline and code.language in _CODE_LABELS) or (code.inline and code.block in blocks))
        )

    def _blocks(self, step: Step) -> Iterator[int]:
        for sentence in self.sentences:
            if step.start <= sentence.start < step.end:
                yield sentence.block

    @cached_property
    def configs(self) -> tuple[Code, ...]:
        """Configuration that the reader is to use."""
        return tuple(code for code in self.page.codes if not code.inline and self._is_config(code))

    @staticmethod
    def _is_config(code: Code) -> bool:
        if code.inline:
            return False
        return code.language in _CONFIG_LABELS or (
            code.language in {"", "falco"} and bool(_YAML_LIKE.search(code.text))
        )


_UNKNOWN = re.compile(
    r"(?i)\b(?:unknown|unclear|not (?:yet )?(?:known|told|stated|shown|given|recorded|in the alert|visible|clear|say|tell|show|proven?|part of)"
    r"|(?:does|do|did) not (?:say|tell|show|name|carry|record|reveal|contain|include|state|prove)|doesn['’]t (?:say|tell|show)"
    r"|cannot (?:tell|say|see|know|be (?:told|known|seen|determined))|can['’]t (?:tell|say)|no (?:evidence|record|information|data) (?:of|about|on|as to|whether)"
    r"|whether|leaves? (?:out|unsaid|open)|(?:must|has to|have to|can only) be looked up|look(?:ed|s)? (?:it |that )?up (?:on|in|at)|neither\b.*\bnor\b.*\bin the alert|for [\w' ]{3,40} to (?:say|tell|answer)|only thing left|remains? (?:open|to be)|left open|open question|missing|absent|empty|lacks?|silent|unsettled|nothing (?:in the alert )?(?:says|tells|shows))\b"
)


_OPEN = tuple(
    (  # noqa: SIM905 - prose reads better than quoted words
        "not|n't|n’t|unknown|unclear|no |whether|leave|look|neither|for |only thing|remain|open|missing|absent|empty|lack"
        "|silent|unsettled|nothing"
    ).split("|")
)


@lru_cache(maxsize=8192)
def says_unknown(text: str) -> bool:
    """Whether the sentence says that something is not known."""
    lowered = text.lower()
    for word in _OPEN:
        if word in lowered:
            return _UNKNOWN.search(text) is not None
    return False


@dataclass(frozen=True, slots=True)
class _Step:
    stage: Stage
    title: str
    why: str
    command: str | None
    config: str | None
    origin: str


def _of_action(action: Action) -> _Step:
    return _Step(action.stage, action.title, action.why, action.command, action.config, action.origin)


def _compose(
    verdict: Verdict,
    confidence: Confidence,
    reason: str,
    summary: str,
    claims: list[tuple[str, tuple[str, ...]]],
    techniques: list[str] | tuple[str, ...],
    unknowns: list[tuple[str, str | None]],
    steps: list[_Step],
) -> str:
    parts = [f"**Verdict: {verdict.replace('_', ' ')}** ({confidence} confidence)"]
    parts += [text for text in (_line(reason), _line(summary)) if text]
    if claims:
        parts.append("## What the evidence says")
        parts.append("\n".join(f"- {_line(text)}{_marks(cites)}" for text, cites in claims))
    if techniques:
        parts += ["## ATT&CK", "\n".join(f"- {_line(name)}" for name in techniques)]
    if unknowns:
        parts.append("## Not known")
        for question, query in unknowns:
            parts.append(f"- {_line(question)}" + (f"\n\n{_fence(query, 'sh', '  ')}" if query else ""))
    if steps:
        parts.append("## Steps")
    current = None
    # The order is the model's own and is scored: headings are repeated where it goes back.
    for number, step in enumerate(steps, 1):
        if step.stage != current:
            current = step.stage
            parts.append(f"### {current.capitalize()}")
        lines = [f"{number}. {_line(step.title).rstrip('.')}." + (f" {_line(step.why)}" if step.why else "")]
        lines += [_fence(step.command, "sh", "   ")] if step.command else []
        lines += [_fence(step.config, "yaml", "   ")] if step.config else []
        parts.append("\n\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split())


def _marks(cites: tuple[str, ...]) -> str:
    return f" [{', '.join(cites)}]" if cites else ""


def _fence(code: str, language: str, indent: str) -> str:
    ticks = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", code) or [""]))
    lines = [f"{ticks}{language}", *code.rstrip("\n").split("\n"), ticks]
    return "\n".join(indent + line if line else line for line in lines)
