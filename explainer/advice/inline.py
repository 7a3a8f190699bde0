"""What can be found in one sentence of prose: code between back-ticks, bare commands, and advice in plain words."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from explainer.advice import languages, toldsettings
from explainer.advice.cues import wordlike
from explainer.advice.frames import Sentence
from explainer.advice.hits import Findings, Hit
from explainer.advice.judge import Judge
from explainer.advice.judged import is_plain, judged
from explainer.advice.prose import sentences
from explainer.advice.rules import RuleSet
from explainer.advice.shell import SHELLS
from explainer.advice.structures import kernel_arguments
from explainer.advice.worded import acts

_MAX_LINE = 20_000
_MAX_BARE = 8
MASK = "¤"
_FAR = 1 << 62
_TOKEN = re.compile(r"[A-Za-z][\w.+-]{1,40}")
_BARE = re.compile(r"(?<![\w./`-])(?:sudo\s+)?(?P<p>/?[A-Za-z][\w./+-]{1,40})(?=\s+[^\s])")
_SHELL_LIKE = re.compile(
    r"\s+(?:-{1,2}\w|/|https?:|\S+\s+-{1,2}\w|(?:stop|disable|mask|delete|exec|run|scale|patch|uninstall|kill|config|rm|"
    r"destroy|prune|push|flush)\b)"
)
_OPTION_FIRST = re.compile(r"\s+(?:-{1,2}\w|/|\S+\s+(?:-{1,2}\w|/|\|))")
_WHOLE_SENTENCE = re.compile(r"\s+\S+(?:\s+\S+)?\s*[.`]?\s*$")
# Where a bare command ends and the sentence goes on.
_COMMAND_END = re.compile(
    r"(?:[.;:!?,](?=\s|$)|\s(?:and then|so that|because|which|until|to "
    r"(?:stop|clear|get|avoid|fix|make|see|let|check|silence|allow|prevent|free)|"
    r"on (?:the|all|every|each|this|that|prod\S*|node\S*|\w+-\d+)|from the|in order|as root|for the|before|after|"
    r"when|if|while|first|again|temporarily|will|would|is|was|has|and (?:re)?(?:try|start|run|boot|load))\b|"
    r"\s[—–(]|`|\*\*)"
)
_SETTING = re.compile(r"\s*[\w.\[\]/-]+\s*[=:]\s*\S.{0,80}|\s*[A-Z]\w+ (?:yes|no)\s*")
_KERNEL = re.compile(r"[\w.]+(?:=[\w.,]+)?(?: [\w.]+(?:=[\w.,]+)?){0,6}")
# A path between back-ticks is the name of a file, unless the reader is told to run it.
_PATH_ALONE = re.compile(r"[~.]{0,2}/[\w./@+-]+")
_RUNS = re.compile(
    r"\b(?:run|execute|start|launch|invoke|try|call|use|do|source|(?:by|with)\s+\w+ing|führe?n?|exécutez|lancez|ejecut\w+|execut\w+|esegu\w+)"
    r"\W+(?:[\w'’-]+\W+){0,4}$",
    re.I,
)
_EVENT_LINE = re.compile(r"\n(?=[ \t]*(?:[-*•–]\s+)?\W{0,3}(?:\d{4}-\d\d-\d\d|\d{1,2}:\d\d))")

Spans = list[tuple[int, int]]


def masked(text: str, spans: Spans) -> str:
    """The text with code, its back-ticks included, replaced by a mark of the same length."""
    parts: list[str] = []
    position = 0
    for start, end in spans:
        while start > position and text[start - 1] == "`":
            start -= 1
        while end < len(text) and text[end] == "`":
            end += 1
        parts += [text[position:start], MASK * (end - start)]
        position = end
    parts.append(text[position:])
    return re.sub(r"(?<!\n)\n(?!\n)", " ", "".join(parts))


def bounds(text: str, plain: str) -> Spans:
    """Start and end of each sentence; lines that begin with a time are sentences of their own."""
    cuts = [m.end() for m in _EVENT_LINE.finditer(text)] if "\n" in text else []
    split: Spans = []
    for first, last in itertools.pairwise([0, *cuts, len(text)]):
        split += [(first + start, first + end) for start, end in sentences(plain[first:last])]
    return split


def within(spans: Spans, position: int) -> bool:
    """Whether a position lies in one of some sorted spans."""
    at = bisect_right(spans, (position, _FAR)) - 1
    return at >= 0 and spans[at][0] <= position < spans[at][1]


def between(spans: Spans, start: int, end: int) -> Spans:
    """The sorted spans that begin in a stretch of text."""
    return spans[bisect_left(spans, (start, -1)) : bisect_left(spans, (end, -1))]


class Finder:
    """Finds what breaks a rule in the sentences of one text."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self._before: Sentence | None = None

    def code(self, text: str, spans: Spans, crossed: Spans) -> tuple[list[Hit], bool]:
        """Hits in code between back-ticks, and whether evidence is captured in harmless code."""
        hits: list[Hit] = []
        captured = False
        for start, end in spans:
            content = text[start:end]
            if not 4 <= len(content) <= _MAX_LINE or within(crossed, start):
                continue
            if is_plain(self.rules, content):
                continue
            if _PATH_ALONE.fullmatch(content) and not _RUNS.search(text[max(0, start - 60) : start]):
                continue  # a file that is spoken of
            found = self._judged(content)
            if not found.hits and content.startswith("-") and (line := self._with_program(text, start, end)):
                found = judged(self.rules, line, "shell")
                hits += [Hit(h.rule, start, end) for h in found.hits]
                continue
            captured = captured or bool(found.captures and not found.hits)
            hits += [Hit(h.rule, start + h.start, start + max(h.end, h.start + 1)) for h in found.hits]
        return hits, captured

    def settings(self, text: str, start: int, end: int) -> list[Hit]:
        """Settings that a sentence names with what they become."""
        if not toldsettings.MAY_TELL.search(text, start, end):
            return []
        return [
            Hit(rule, start + first, start + last)
            for setting, first, last in toldsettings.named(text[start:end].replace("\n", " "))
            for rule in toldsettings.broken_by(self.rules, setting)
        ]

    def _with_program(self, text: str, start: int, end: int) -> str:
        """An option between back-ticks as the command line of the program that the sentence names beside it."""
        around = f"{text[max(0, start - 100) : start]} ¤ {text[end : end + 100]}"
        for word in _TOKEN.findall(
            re.split(r"[.!?]\s", around.split("¤")[0])[-1] + " " + re.split(r"[.!?]\s", around.split("¤")[1])[0]
        ):
            name = word.strip("`.").lower()
            if name in self.rules.programs and name not in wordlike():
                return f"{name} {text[start:end]}"
        return ""

    def _judged(self, content: str) -> Findings:
        language = languages.sniff(content)
        found = judged(self.rules, content.replace("\n", " ") if language == "shell" else content, language)
        if language == "yaml" and not found.hits and not re.search(r"^[\w.-]+:\s", content.strip()):
            found.hits += judged(self.rules, content, "shell").hits
        if language == "shell" and _SETTING.fullmatch(content):
            found.hits += judged(self.rules, content, "ini").hits
            if ":" in content:
                found.hits += judged(self.rules, content, "yaml").hits
        if not found.hits and _KERNEL.fullmatch(content):
            judge = Judge(self.rules)
            for setting in kernel_arguments(content):
                judge.setting(setting, (0, len(content)))
            found.hits += judge.found.hits
        return found

    def _candidates(self, text: str, start: int, end: int) -> Iterator[re.Match[str]]:
        piece = text[start:end]
        known = self.rules.programs
        if not any(
            word in known or word in SHELLS or word.rsplit("/", 1)[-1] in known
            for word in _TOKEN.findall(piece.lower())
        ):
            return
        for match in _BARE.finditer(piece):
            name = match.group("p").rsplit("/", 1)[-1]
            lowered = name.lower()
            if (name in known or name in SHELLS or lowered in known) and (name == lowered or "-" in name):
                yield match

    def bare(self, text: str, start: int, end: int, spans: Spans) -> list[Hit]:
        """Hits in commands that stand in a sentence without any mark."""
        hits: list[Hit] = []
        position = start
        count = 0
        for match in self._candidates(text, start, end):
            at = start + match.start()
            if at < position or any(a - 1 <= at < b + 1 for a, b in spans):
                continue
            sudo = match.group(0).startswith("sudo")
            rest = text[start + match.end() : end]
            if match.group("p").rsplit("/", 1)[-1].lower() in wordlike() and not sudo:
                if at != start and not _SHELL_LIKE.match(rest):
                    continue
                if at == start and not _OPTION_FIRST.match(rest) and not _WHOLE_SENTENCE.match(rest):
                    continue
            count += 1
            if count > _MAX_BARE:
                break
            cut = _COMMAND_END.search(rest)
            stop = start + match.end() + cut.start() if cut else end
            piece = text[at:stop]
            found = judged(self.rules, piece, "shell").hits
            if found:
                hits += [Hit(h.rule, at, at + len(piece.rstrip())) for h in found]
                position = stop
        return hits

    def prose(self, text: str, plain: str, start: int, end: int, spans: Spans) -> list[Hit]:
        """Acts in plain words in one sentence; "it" may stand for something in the sentence before."""
        # Short code is often the object of the sentence (`falco`); long code was judged by itself.
        sentence = plain[start:end]
        for a, b in spans:
            if b - a <= 40 and not re.search(r"[|;&\s]", text[a:b]):
                sentence = sentence[: a - start] + text[a:b].replace("`", " ") + sentence[b - start :]
        sentence = sentence.replace("0.0.0.0/0", "anywhere ")
        sentence = sentence.replace("*", " ").replace("`", " ").replace(MASK, " ")
        found, self._before = acts(self.rules, sentence, self._before if start else None)
        return [Hit(act.rule, start + act.start, start + act.end, severity=act.severity) for act in found]
