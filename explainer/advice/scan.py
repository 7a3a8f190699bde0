"""The engine's door: text in, issues out, with their place in the original."""

from __future__ import annotations

import re

<<<<<<< HEAD
from explainer.advice import evidence, languages, order, stance
from explainer.advice.hits import Hit
from explainer.advice.inline import Finder, between, bounds, masked, within
from explainer.advice.judged import judged
=======
from explainer.advice import languages, stance
from explainer.advice.frames import Sentence
from explainer.advice.hits import Findings, Hit
from explainer.advice.judge import Judge
>>>>>>> w-command
from explainer.advice.markdown import Context, Segment, code_spans, segments, struck
from explainer.advice.rules import SEVERITIES, RuleSet, shipped
from explainer.schema.advice import AdviceIssue, AdviceKind, AdviceSeverity

_MAX_TEXT = 2_000_000
_MAX_ISSUES = 500
# So many findings in one sentence are no prose; the rest is judged like the last of them.
_MAX_JUDGED = 40
_MAX_LINE = 20_000
<<<<<<< HEAD
_COMMENT_LINE = ("#", "//", "::", "-- ")
=======

# Programs whose names are English words too: in prose they count as commands only with something shell-like behind them.
_WORDLIKE = frozenset(
    [
        "find",
        "time",
        "kill",
        "service",
        "docker",
        "helm",
        "falco",
        "install",
        "cat",
        "echo",
        "mount",
        "set",
        "env",
        "export",
        "rm",
        "at",
        "dd",
        "cp",
        "ln",
        "mv",
        "nice",
        "watch",
        "more",
        "less",
        "test",
        "ip",
        "sh",
        "git",
        "make",
        "go",
        "gem",
        "pip",
        "yarn",
        "node",
        "python",
        "perl",
        "curl",
        "wget",
        "systemctl",
        "git",
        "su",
        "id",
        "w",
        "last",
        "who",
        "top",
        "date",
        "man",
        "tail",
        "head",
        "sort",
        "cut",
        "join",
        "split",
        "host",
        "ping",
        "route",
        "halt",
        "reboot",
        "poweroff",
        "shutdown",
        "history",
        "truncate",
        "unset",
        "source",
        "exec",
        "eval",
        "trap",
        "nc",
        "ncat",
        "patch",
        "sleep",
        "wait",
        "read",
        "vault",
        "terraform",
        "ansible",
        "consul",
        "nomad",
        "velero",
        "restic",
        "snap",
        "format",
        "at",
        "batch",
        "firewall-cmd",
        "screen",
        "script",
        "column",
        "expand",
        "fold",
        "apply",
        "delete",
        "remove",
        "stop",
        "start",
        "disable",
        "enable",
        "cloud",
        "lock",
        "wipe",
        "shred",
        "init",
        "use",
        "bash",
        "zsh",
        "tee",
        "sed",
        "openssl",
        "copy",
        "drop",
        "del",
        "type",
        "redis",
        "mongo",
        "psql",
        "mysql",
        "http",
        "salt",
        "puppet",
        "chef",
        "rails",
        "npm",
        "npx",
        ".",
        ":",
        "[",
        "*",
        "user",
        "copy",
        "add",
        "workdir",
        "from",
        "run",
        "volume",
        "no",
        "show",
        "display",
        "write",
        "ping",
        "init",
        "erase",
        "undo",
        "stack",
        "open",
        "talk",
        "serve",
        "declare",
        "login",
        "cortex",
        "jira",
        "misp",
        "realm",
        "render",
        "railway",
        "hatch",
        "bat",
        "hulk",
        "pear",
        "rails",
        "pagerduty",
        "opsgenie",
        "expose",
        "label",
        "arg",
        "cmd",
    ]
)
_CAPTURED = re.compile(
    r"\b(?:after|once|when|since|now that|as soon as|following|only (?:then|after)|having|"
    r"with|then,? after)\b[^.;]{0,60}\b(?:captur\w*|imag(?:e|ed|ing|es)|snapshots?|"
    r"snapshotted|acquir\w+|acquisition|preserv\w*|collect\w*|copied|export\w*|dumped|hashed|"
    r"evidence|forensic\w*|secured|memory|saved)\b"
    r"|\b(?:memory|disk|evidence|image|snapshot|volume|artefacts?|artifacts?|filesystem|"
    r"container|dump|sample|copy|logs?|state)\b[^.;]{0,50}\b(?:is|are|was|were|has been|have "
    r"been|already|been)\s+(?:safely |now |already )?(?:captured|imaged|taken|saved|preserved|"
    r"collected|copied|acquired|exported|stored|secured|uploaded|hashed|done|archived|in the "
    r"(?:evidence|case))"
    r"|\b(?:capture|snapshot|acquire|preserve|dump|image|export|copy|collect|save|take|"
    r"sichere|capturez|captura)\b[^.;]{0,60}\b(?:memory|snapshots?|image of|evidence|disk|"
    r"volume|filesystem|container|artefacts?|artifacts?|logs|binary|proc/|sample|state|exe)\b",
    re.I,
)
_NOT_CAPTURED = re.compile(
    r"\b(?:no (?:need|time) (?:to|for)|without|skip\w*|not (?:need|worth|necessary)|don['’]?t "
    r"(?:bother|need|waste)|before (?:anyone|anybody|you|we|taking|capturing|collecting|a|the|"
    r"any)|instead of|rather than|later|can (?:wait|follow)|afterwards?|not yet|unnecessary|"
    r"too slow|never mind|forget)\b",
    re.I,
)
>>>>>>> w-command


class _Scan:
    def __init__(self, rules: RuleSet, *, order: bool = True) -> None:
        self.rules = rules
        self.order = order
        self.issues: list[AdviceIssue] = []
        self.captured = False
        self.finder = Finder(rules)
        self._seen: set[tuple[str, int, int, int, int]] = set()
        self._known: dict[str, Findings] = {}

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
        found = judged(
            self.rules, segment.text, language, languages.named_file("".join(segment.context.leads[-1:]), segment.text)
        )
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

    def prose(self, segment: Segment) -> None:
        text = segment.text
        spans = code_spans(text)
        crossed = struck(text)
        plain = masked(text, spans)
        pieces = bounds(text, plain)
        for index, (start, end) in enumerate(pieces):
            if len(self.issues) >= _MAX_ISSUES:
                return
            inside = between(spans, start, end)
            says_at = order.capture_at(text[start:end]) if self.order else -1
            if says_at >= 0 and order.before_all(plain[start:end]):
                self.captured = True
            code_hits, captured = self.finder.code(text, inside, crossed)
            self.captured = self.captured or captured
            code_hits += self.finder.bare(text, start, end, inside)
            prose_hits = self.finder.prose(text, plain, start, end, inside)
            hits = [(h, False) for h in code_hits] + [(h, True) for h in prose_hits]
            told = False
            for number, (hit, is_prose) in enumerate(sorted(hits, key=lambda h: h[0].start)):
                if within(crossed, hit.start):
                    continue
                if number < _MAX_JUDGED:
                    told = self._told(segment, hit, plain, pieces, index, is_prose=is_prose)
                if told:
                    hit.captured = 0 <= says_at < hit.start - start
                    self.emit(segment, hit)
            if says_at >= 0:
                self.captured = True

    @staticmethod
    def _told(
        segment: Segment, hit: Hit, plain: str, pieces: list[tuple[int, int]], index: int, *, is_prose: bool
    ) -> bool:
        context = segment.context
        start, end = pieces[index]
        before = segment.text[slice(*pieces[index - 1])] if index else ""
        if stance.in_lab(before, segment.text[start:end], *context.headings[-1:], *context.leads[-1:]):
            return False
        following = " ".join(plain[a:b].strip() for a, b in pieces[index + 1 : index + 4])
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
                claim=hit.rule.cls == "fabricated-config",
                following=following,
                preceding=plain[slice(*pieces[index - 1])].strip() if index else "",
                leads=context.leads,
                headings=context.headings,
                column=context.column,
                row=context.row,
            )
        )

<<<<<<< HEAD

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
=======
    def _inline_hits(
        self, segment: Segment, spans: list[tuple[int, int]], crossed: list[tuple[int, int]]
    ) -> list[tuple[Hit, bool]]:
        hits: list[tuple[Hit, bool]] = []
        for start, end in spans:
            content = segment.text[start:end]
            if len(content) < 4 or end - start > _MAX_LINE or any(a <= start < b for a, b in crossed):
                continue
            found = self._inline(content)
            if found.captures:
                self.captured = self.captured or not found.hits
            for hit in found.hits:
                hits.append((Hit(hit.rule, start + hit.start, start + max(hit.end, hit.start + 1)), False))
        return hits

    def _inline(self, content: str) -> Findings:
        """What a span of code breaks; a report names the same things many times."""
        known = self._known.get(content)
        if known is not None:
            return known
        judge = Judge(self.rules)
        language = languages.sniff(content)
        judge.code(content.replace("\n", " ") if language == "shell" else content, language)
        if language == "yaml" and not judge.found.hits and not re.search(r"^[\w.-]+:\s", content.strip()):
            judge.code(content, "shell")
        if language == "shell" and re.fullmatch(
            r"\s*[\w.\[\]/-]+\s*[=:]\s*\S.{0,80}|\s*[A-Z]\w+ (?:yes|no)\s*", content
        ):
            judge.code(content, "ini")
            if ":" in content:
                judge.code(content, "yaml")
        if re.fullmatch(r"[\w.]+(?:=[\w.,]+)?(?: [\w.]+(?:=[\w.,]+)?){0,6}", content) and not judge.found.hits:
            for setting in kernel_arguments(content):
                judge.setting(setting, (0, len(content)))
        self._known[content] = judge.found
        return judge.found

    def _bare_hits(
        self, segment: Segment, start: int, end: int, spans: list[tuple[int, int]]
    ) -> list[tuple[Hit, bool]]:
        """Commands that stand in the prose without any mark."""
        hits: list[tuple[Hit, bool]] = []
        text = segment.text
        position = start
        count = 0
        for match in re.finditer(
            r"(?<![\w./`-])(?:sudo\s+)?(?P<p>/?[A-Za-z][\w./+-]{1,40})(?=\s+[^\s])", text[start:end]
        ):
            at = start + match.start()
            if at < position or any(a - 1 <= at < b + 1 for a, b in spans):
                continue
            name = match.group("p").rsplit("/", 1)[-1]
            lowered = name.lower()
            sudo = match.group(0).startswith("sudo")
            if (name not in self.rules.programs and name not in SHELLS and lowered not in self.rules.programs) or (
                name != lowered and "-" not in name
            ):
                continue
            rest = text[start + match.end() : end]
            wordlike = lowered in _WORDLIKE and not sudo and at != start
            if wordlike and not re.match(
                r"\s+(?:-{1,2}\w|/|https?:|\S+\s+-{1,2}\w|(?:stop|disable|mask|delete|exec|run|scale|"
                r"patch|uninstall|kill|config|rm|destroy|prune|push|flush)\b)",
                rest,
            ):
                continue
            if (
                lowered in _WORDLIKE
                and at == start
                and not sudo
                and not re.match(r"\s+(?:-{1,2}\w|/|\S+\s+(?:-{1,2}\w|/|\|))", rest)
                and not re.match(r"\s+\S+(?:\s+\S+)?\s*[.`]?\s*$", rest)
            ):
                continue
            count += 1
            if count > 8:
                break
            stop = end
            cut = re.search(
                r"(?:[.;:!?,](?=\s|$)|\s(?:and then|so that|because|which|until|to (?:stop|clear|get|"
                r"avoid|fix|make|see|let|check|silence|allow|prevent|free)|on (?:the|all|every|each|this|"
                r"that|prod\S*|node\S*|\w+-\d+)|from the|in order|as root|for the|before|after|when|if|"
                r"while|first|again|temporarily|will|would|is|was|has|and (?:re)?(?:try|start|run|boot|"
                r"load))\b|\s[—–(]|`|\*\*)",
                rest,
            )
            if cut:
                stop = start + match.end() + cut.start()
            piece = text[at:stop]
            judge = Judge(self.rules)
            judge.code(piece, "shell")
            for hit in judge.found.hits:
                hits.append((Hit(hit.rule, at, at + len(piece.rstrip())), False))
            if judge.found.hits:
                position = stop
        return hits
>>>>>>> w-command


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
