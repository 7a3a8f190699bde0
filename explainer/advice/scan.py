"""The engine's door: text in, issues out, with their place in the original."""

from __future__ import annotations

import re

from explainer.advice import evidence, languages, order, pieces, stance, structures, toldsettings
from explainer.advice.hits import Hit
from explainer.advice.inline import within
from explainer.advice.judged import judged
from explainer.advice.markdown import Context, Segment, segments
from explainer.advice.rules import SEVERITIES, RuleSet, shipped
from explainer.advice.worded import acts
from explainer.schema.advice import AdviceIssue, AdviceKind, AdviceSeverity

_MAX_TEXT = 2_000_000
_MAX_ISSUES = 500
# So many findings in one sentence are no prose; the rest is judged like the last of them.
_MAX_JUDGED = 12
_MAX_LINE = 20_000
_LABEL = re.compile(r"\s*(?:[-*+]\s+)?[*_]{2,3}([^*_\n]{3,80})[*_]{2,3}")
# A policy that is attached above accounts: what it denies to all is denied to everybody.
_ABOVE_ACCOUNTS = re.compile(
    r"\bservice control polic|\bSCPs?\b|\b(?:organi[sz]ation(?:al|['’]s)?|management|org)\s+root\b"
    r"|\broot\s+of\s+(?:the|our)\s+organi[sz]ation",
    re.I,
)
_SESSIONS = frozenset({"console", "terminal", "shell-session", "shellsession", "sh-session"})
_COMMENT_LINE = ("#", "//", "::", "-- ")


class _Scan:
    def __init__(self, rules: RuleSet, *, order: bool = True) -> None:
        self.rules = rules
        self.order = order
        self.issues: list[AdviceIssue] = []
        self.captured = False
        self._seen: set[tuple[str, int, int, int, int]] = set()

    def emit(self, segment: Segment, hit: Hit) -> None:
        rule = hit.rule
        if self.order and rule.after_capture and (self.captured or hit.captured):
            return
        if rule.needs_order and not self.order:
            return
        if len(self.issues) >= _MAX_ISSUES:
            return
        end = max(hit.end, hit.start + 1)
        text = segment.text[hit.start : end].rstrip()
        line, column = segment.place(hit.start)
        end_line, end_column = segment.place(max(hit.start, hit.start + len(text) - 1))
        key = (rule.id, line, column, end_line, end_column)
        if key in self._seen:
            return
        self._seen.add(key)
        self.issues.append(
            AdviceIssue.model_validate(
                {
                    "rule": rule.id,
                    "class": rule.cls,
                    "severity": hit.severity or rule.severity,
                    "text": text[:2000],
                    "line": line,
                    "column": column,
                    "end_line": end_line,
                    "end_column": end_column + 1,
                    "why": rule.why,
                    "instead": rule.instead,
                }
            )
        )

    def code(self, segment: Segment, language: str, *, lone: bool = False) -> None:
        if not lone and segment.context.headings + segment.context.leads and evidence.is_record(segment.text):
            return
        lead = "".join(segment.context.leads[-1:])
        text = segment.text
        if segment.lang in _SESSIONS and not re.search(r"^\s*(?:\$|[\w.-]+@\S+[$#])\s", text, re.M):
            # In a session of root the sharp is the prompt; elsewhere it opens a comment.
            text = re.sub(r"^#(?= [a-z./][\w./-]*\s+\S)", "$", text, flags=re.M)
        name = languages.named_file(lead, text)
        if not name and language == "json" and _ABOVE_ACCOUNTS.search(f"{lead} {segment.context.after[:200]}"):
            name = "organizations"
        found = judged(self.rules, text, language, name)
        if self.order and segment.context.leads and order.capture_at(segment.context.leads[-1]) >= 0:
            self.captured = True
        # The build of an image removes its own scratch files; there is no evidence in it.
        build = language == "dockerfile"
        told: dict[str, bool] = {}
        for hit in found.hits:
            hit.captured = any(c < hit.start for c in found.captures)
            if build and hit.rule.needs_order:
                continue
            if lone:
                self.emit(segment, hit)
                continue
            comments = _comments_above(segment.text, hit.start)
            if comments not in told:
                told[comments] = self._block_told(segment, comments)
            if told[comments]:
                self.emit(segment, hit)
        self.captured = self.captured or bool(found.captures)

    @staticmethod
    def _block_told(segment: Segment, comments: str) -> bool:
        context = segment.context
        narrowed = context.after if re.match(r"\W*(?:this|only)\b", context.after, re.I) else ""
        if stance.in_lab(*context.leads[-1:], *context.headings[-1:], narrowed):
            return False
        marked = segment.text[:300] if "#" in segment.text or "//" in segment.text else ""
        if stance.is_pseudo(*[stance.last_sentence(x) for x in context.leads[-1:]], context.after[:200], marked):
            return False
        return stance.is_told(
            stance.Surroundings(
                leads=context.leads,
                headings=context.headings,
                column=context.column,
                row=context.row,
                comments=comments,
                after_block=context.after,
                is_block=True,
            )
        )

    def cell(self, segment: Segment) -> None:
        """A cell of a table together with its row: a setting and its new value, a thing and where it is to go."""
        context = segment.context
        setting = toldsettings.of_row(context.heads, context.row, context.column)
        hits = (
            [Hit(rule, 0, len(segment.text)) for rule in toldsettings.broken_by(self.rules, setting)] if setting else []
        )
        sentence = toldsettings.sentence_of(context.heads, context.row, context.column)
        if sentence:
            hits += [
                Hit(act.rule, 0, len(segment.text), severity=act.severity) for act in acts(self.rules, sentence)[0]
            ]
        around = stance.Surroundings(
            headings=context.headings, leads=context.leads, column=context.column, row=context.row, is_block=True
        )
        for hit in hits:
            if stance.is_told(around):
                self.emit(segment, hit)

    def prose(self, segment: Segment) -> None:
        if segment.lang == "cell" and segment.context.heads:
            self.cell(segment)
        read = pieces.read(self.rules, segment.text)
        bounds = [(piece.start, piece.end) for piece in read.pieces]
        for index, piece in enumerate(read.pieces):
            if len(self.issues) >= _MAX_ISSUES:
                return
            says_at = piece.says_at if self.order else -1
            self.captured = self.captured or piece.captured or (says_at >= 0 and piece.first)
            told = False
            for number, (hit, is_prose) in enumerate(piece.hits()):
                if within(read.crossed, hit.start):
                    continue
                if number < _MAX_JUDGED:
                    told = self._told(segment, hit, read.plain, bounds, index, is_prose=is_prose)
                if told:
                    hit.captured = 0 <= says_at < hit.start - piece.start
                    self.emit(segment, hit)
            if says_at >= 0:
                self.captured = True

    @staticmethod
    def _told(
        segment: Segment, hit: Hit, plain: str, bounds: list[tuple[int, int]], index: int, *, is_prose: bool
    ) -> bool:
        context = segment.context
        start, end = bounds[index]
        before = segment.text[slice(*bounds[index - 1])] if index else ""
        if stance.in_lab(before, segment.text[start:end], *context.headings[-1:], *context.leads[-1:]):
            return False
        following = " ".join(plain[a:b].strip() for a, b in bounds[index + 1 : index + 4])
        if not re.search(r"\w", following):
            following = re.sub(r"`[^`]*`", lambda m: "¤" * len(m.group(0)), context.after[:300])
        sentence = re.sub(r"(?<!\w)[*_]{1,3}|[*_]{1,3}(?!\w)", lambda m: " " * len(m.group(0)), plain[start:end])
        at, stop = hit.start - start, max(hit.start + 1, min(hit.end, end)) - start
        if not is_prose and sentence[at : at + 1] != "¤":
            sentence = sentence[:at] + "¤" * (stop - at) + sentence[stop:]
        if not is_prose:
            # The whole code span is the finding, with its back-ticks.
            while at and sentence[at - 1] == "¤":
                at -= 1
            while stop < len(sentence) and sentence[stop] == "¤":
                stop += 1
        return stance.is_told(
            stance.Surroundings(
                sentence=sentence,
                start=at,
                end=stop,
                prose=is_prose,
                label=label.group(1) if (label := _LABEL.match(segment.text)) else "",
                claim=hit.rule.cls == "fabricated-config",
                following=following,
                preceding=plain[slice(*bounds[index - 1])].strip() if index else "",
                leads=context.leads,
                headings=context.headings,
                column=context.column,
                row=context.row,
            )
        )


def _comments_above(text: str, offset: int) -> str:
    """The comment at the end of the line and those directly above it."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = text[start : end if end >= 0 else len(text)][:_MAX_LINE]
    collected = []
    trailing = re.search(r"\s#\s*([^'\"]+)$", line)
    if trailing:
        collected.append(trailing.group(1))
    if line.lstrip().startswith(("#", "//", "--")):
        collected.append(line)
    for _ in range(4):
        if start == 0:
            break
        previous_start = text.rfind("\n", 0, start - 1) + 1
        previous = text[previous_start : start - 1][:500].strip()
        if not previous.startswith(_COMMENT_LINE) or previous.startswith("#!"):
            break
        collected.append(previous)
        start = previous_start
    return " ".join(collected)


def _lines(text: str, first: int = 0) -> list[tuple[int, int]]:
    return [(first + i, 0) for i in range(text.count("\n") + 1)]


def _clean(text: str) -> str:
    return text[:_MAX_TEXT].replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")


def scan(text: str, kind: AdviceKind = "auto", *, rules: RuleSet | None = None) -> list[AdviceIssue]:
    """Find unsafe advice in a text.

    Args:
        text: Markdown, or code or configuration of one kind; never raises, whatever it holds.
        kind: what the text is; ``auto`` decides by its looks.
        rules: another rule set than the shipped one.

    Returns:
        Issues in reading order; lines and columns count from 1 in ``text``.
    """
    text = _clean(text)
    run = _Scan(rules or shipped())
    if kind == "auto":
        kind = "markdown" if languages.is_markdown(text) else "auto"
    if kind == "markdown":
        for segment in segments(text):
            if segment.kind == "code" and languages.of_label(segment.lang) != "markdown":
                run.code(segment, _language(segment))
            else:
                run.prose(segment)
    else:
        # A single command has no order (rule R10); only who names the kind says that there is no more than this.
        run.order = kind == "auto" or order.several_steps(text)
        run.code(Segment("code", kind, text, _lines(text), Context()), "" if kind == "auto" else kind)
    return sorted(run.issues, key=lambda i: (i.line, i.column, i.rule))


def _language(segment: Segment) -> str:
    label = languages.of_label(segment.lang)
    if not label:
        # The first comment of a block often names the file that it is.
        file = languages.first_comment_names(segment.text)
        named = structures.language_of(file, "", "") if file else ""
        if named not in ("", "none", "shell"):
            return named
    if label in ("shell", "ini", "") and segment.lang not in ("bash", "sh"):
        guessed = languages.sniff(segment.text)
        if label == "shell" and guessed in ("powershell",):
            return guessed
        if label == "ini":
            return guessed if guessed in ("cron",) else "ini"
        return label or guessed
    return label


def scan_command(command: str, *, rules: RuleSet | None = None) -> list[AdviceIssue]:
    """Whether it would be wrong to print this command as a step of a report, with no context around it."""
    text = command[:_MAX_TEXT].replace("\r\n", "\n").replace("\0", " ")
    run = _Scan(rules or shipped(), order=False)
    segment = Segment("code", "", text, _lines(text), Context())
    guessed = languages.sniff(text)
    run.code(
        segment, guessed if guessed in ("powershell", "json", "python", "dockerfile", "hcl") else "shell", lone=True
    )
    return sorted(run.issues, key=lambda i: (i.line, i.column, i.rule))


def scan_step(
    title: str, why: str, command: str | None, *, captured_before: bool, rules: RuleSet | None = None
) -> list[AdviceIssue]:
    """Judge one step of a report: the reader is told to do it.

    Lines of the result count through title (line 1), why (line 2) and command (from line 3).
    """
    rules = rules or shipped()
    issues: list[AdviceIssue] = []
    for number, part in ((0, title), (1, why)):
        text = part[:_MAX_TEXT].replace("\r", " ").replace("\0", " ")
        run = _Scan(rules)
        run.captured = captured_before
        run.prose(Segment("prose", "", text.replace("\n", " "), [(number, 0)], Context()))
        issues += run.issues
    if command:
        text = command[:_MAX_TEXT].replace("\r\n", "\n").replace("\0", " ")
        run = _Scan(rules)
        run.captured = captured_before
        segment = Segment("code", "", text, _lines(text, 2), Context())
        guessed = languages.sniff(text)
        run.code(segment, guessed if guessed in ("powershell", "json", "yaml", "python") else "shell", lone=True)
        issues += run.issues
    return issues


def worst(issues: list[AdviceIssue]) -> AdviceSeverity | None:
    """The highest severity among issues."""
    return max((i.severity for i in issues), key=SEVERITIES.index, default=None)


def rules_hash() -> str:
    """sha256 over the shipped rule files, for ``provenance.advice_hash``."""
    return shipped().sha256


__all__ = ["rules_hash", "scan", "scan_command", "scan_step", "worst"]
