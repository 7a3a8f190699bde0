# ruff: noqa: E501  (word tables and regular expressions are read better whole)

"""One piece of code, judged: which rules does it break, wherever it would be run or written?"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from explainer.advice import (
    carriers,
    checks,
    devices,
    documents,
    forms,
    iac,
    languages,
    lineforms,
    lines,
    lockdown,
    pycode,
    readers,
    resources,
    scripting,
    secrecy,
    secrets,
    sequences,
    shell,
    siem,
    sql,
    structures,
    web,
)
from explainer.advice.captures import EVIDENCE_PATH, captures
from explainer.advice.config import ConfigError, ini, parse_yaml
from explainer.advice.controls import words_as_settings
from explainer.advice.hits import Findings
from explainer.advice.patterns import Setting, prepare
from explainer.advice.rules import SEVERITIES, Rule, RuleSet
from explainer.advice.script import Command, FileWrite

_MAX_DEPTH = 5
_MAX_REMEMBERED = 500
_MAX_KNOWN = 2000
# A store whose name says that a case is in it.
_CASE_STORE = re.compile(
    r"evidence|forensic|\bcase\b|case[-_]\d|memory[-_ ]?(?:image|dump)|disk[-_ ]?image|\bpcaps?\b|incident|"
    r"\bir[-_]|irstore|malware[-_ ]?sample",
    re.I,
)
# Programs whose arguments are text to look for or to show, not to carry out.
_QUOTING = frozenset(
    [
        "grep",
        "egrep",
        "fgrep",
        "zgrep",
        "rg",
        "ag",
        "ack",
        "awk",
        "sed",
        "perl",
        "find",
        "echo",
        "printf",
        "cat",
        "tee",
        "jq",
        "yq",
        "man",
        "journalctl",
        "ausearch",
        "select-string",
        "findstr",
        "git",
        "logger",
        "vim",
        "less",
    ]
)


_NAME = re.compile(r"[\w.@-]{1,80}")
_AUDIT_RULES = re.compile(r"^[ \t]*(-[abdDewWfkrci](?:[ \t]+\S[^\n]*)?)[ \t]*$", re.M)
# Files that a program reads as its own command lines.
_RULE_SCRIPTS = (
    (re.compile(r"nftables(?:\.conf|/)|\.nft$"), "nft"),
    (re.compile(r"iptables/rules\.v4|sysconfig/iptables|iptables\.rules"), "iptables"),
    (re.compile(r"iptables/rules\.v6|sysconfig/ip6tables"), "ip6tables"),
)
_CRON_LINE = re.compile(
    r"^[ \t]*(?:@(?:reboot|hourly|daily|midnight|weekly|monthly|yearly)|(?:[\d*][\d*/,-]{0,20}[ \t]+){4}[\d*A-Za-z][\w*/,-]{0,20})[ \t]+"
    r"(?:(?:root|www-data|nobody|ubuntu|ec2-user|admin)[ \t]+)?(?P<c>\S[^\n]{0,2000})$",
    re.M,
)
_DRY = re.compile(
    r"(?<=\s)(?:--(?:dry-?run|dryrun|just-print|no-?act|simulate|what-?if)(?:=(?:client|server|true|all))?|-WhatIf)(?=\s|$)",
    re.I,
)
_BY_READING = frozenset(["credential-exposure", "data-disclosure", "disable-verification", "fabricated-config"])


class Judge:
    """Applies a rule set to code; collects findings at offsets of the text it was given."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.found = Findings()
        self._depth = 0

    def code(self, text: str, language: str, name: str = "", span: tuple[int, int] | None = None) -> None:
        """Judge ``text``; with ``span`` all findings are placed there, because the text is nested in another."""
        if self._depth > _MAX_DEPTH or not text.strip():
            return
        self._depth += 1
        try:
            language = language or languages.sniff(text)
            if language == "shell" and self._names_only(text):
                self._texts(text, span)
                return
            if language == "ini" and not name:
                name = lineforms.form_of(text)
            before = len(self.found.hits)
            self._dispatch(text, language, name, span)
            self._case_data(text, language, before)
        finally:
            self._depth -= 1

    def _names_only(self, text: str) -> bool:
        """One word that no rule knows as a program: the name of something, as most short code in prose is."""
        word = text.strip()
        return (
            _NAME.fullmatch(word) is not None
            and word.lower() not in self.rules.programs
            and word.lower() not in checks.BY_PROGRAM
        )

    def _case_data(self, text: str, language: str, before: int) -> None:
        """Opening a store to the public is disclosure as well when the store holds a case."""
        if language in ("json", "yaml", "hcl") and _CASE_STORE.search(text):
            for hit in self.found.hits[before:]:
                if hit.rule.id in ("public-bucket", "control-network-open"):
                    self.found.add(self.rules.check("case-data-public"), hit.start, hit.end)
                    break

    def _dispatch(self, text: str, language: str, name: str, span: tuple[int, int] | None) -> None:
        if language == "diff":
            kept = [
                line[1:].rjust(len(line)) if line.startswith("+") and not line.startswith("+++") else " " * len(line)
                for line in text.split("\n")
            ]
            text = "\n".join(kept)
            language = languages.sniff(text)
        if language in ("yaml", "json"):
            if self._document(text, language, name, span):
                return
        elif language == "hcl":
            iac.judge_hcl(self, text, name, span)
            if re.search(r"^\s*resource\s+\w+\s+'", text, re.M):
                iac.judge_literals(self, text, span)
        elif language == "xml":
            self._settings(readers.xml(text, f"{name} xml".strip().lower()), span)
            siem.judge_rules_of_others(self, text, span)
        elif language == "registry":
            self._settings(readers.registry(text), span)
        elif language in ("resources", "code"):
            self._source(text, language, span)
        elif language == "dockerfile":
            forms.judge_dockerfile(self, text, span)
        elif language == "ini":
            self._ini(text, name, span)
        elif language == "cron":
            forms.judge_cron(self, text, span)
        elif language == "python":
            structures.python(self, text, span)
            text = pycode.without_mentions(text)
        elif language == "powershell":
            forms.judge_powershell(self, text, span)
        elif language == "none":
            return  # notes and prose files: what stands in them is not carried out
        elif language == "sql":
            self._texts(text, span)
            self.found.add(list(self.rules.match_acts(sql.acts(text), text[:20_000])), *self.place(span, 0, len(text)))
            for setting in sql.settings(text):
                self.setting(setting, self.place(span, 0, len(text)))
            return
        elif language in ("perl", "ruby", "node", "php"):
            scripting.judge(self, text[:20_000], span)
            return
        elif language == "shell" and languages.sniff(text) == "powershell":
            forms.judge_powershell(self, text, span)
            self._texts(text, span)
            return
        else:
            # In a shell text the text rules are asked per command: the argument of grep is no advice.
            self._shell(text, span)
            return
        self._texts(text, span)

    def _started(self, text: str, span: tuple[int, int] | None) -> None:
        """Shell commands that a program starts."""
        for match in re.finditer(r"(?:system|exec\w*|spawn\w*|qx)\W{0,3}[\"'{(](.+?)[\"'})]|`([^`]+)`", text[:20_000]):
            self.script(match.group(1) or match.group(2), self.place(span, match.start(), match.end()))

    def _source(self, text: str, language: str, span: tuple[int, int] | None) -> None:
        """Source code without a parser here: resources, literals that are set, commands that are started."""
        if language == "resources":
            resources.judge_resources(self, text, "resource", span)
        self._settings(list(readers.pairs_of_code(text)), span)
        iac.judge_literals(self, text, span)
        self._started(text, span)
        lines.judge_polkit(self, text, span)

    def place(self, span: tuple[int, int] | None, start: int, end: int) -> tuple[int, int]:
        """The span of something nested is the span of what it is nested in."""
        return span if span is not None else (start, end)

    def _texts(self, text: str, span: tuple[int, int] | None) -> None:
        for rule, pattern in self.rules.texts:
            for count, match in enumerate(pattern.finditer(text)):
                if count > 20:
                    break
                self.found.add([rule], *self.place(span, match.start(), match.end()))

    def _shell(self, text: str, span: tuple[int, int] | None) -> None:
        script = shell.read(text)
        before = len(self.found.hits)
        for command in script.commands:
            self.command(command, self.place(span, command.start, command.end))
        for write in script.writes:
            self.write(write, self.place(span, write.start, write.end))
        for item in script.assignments:
            if secrecy.given_in_environment(item.name, item.value):
                self.found.add(self.rules.check("secret-in-environment"), *self.place(span, item.start, item.end))
            self.setting(Setting(item.name.lower(), item.value, "env", item.start, item.end), span)
        for language, body, start, end in script.foreign:
            self.code(body, "" if language == "config" else language, "", self.place(span, start, end))
        if span is None:
            self.found.comments += [(text_, start) for text_, start, _ in script.comments]
        sequences.judge(self, script, span)
        lockdown.judge_script(self, script, before, span)
        # Lines of a crontab are pasted into shell blocks too; five fields of numbers and stars are no command.
        for match in _CRON_LINE.finditer(text[:100_000]):
            self.script(match.group("c"), self.place(span, match.start("c"), match.end("c")))

    def argv(self, words: list[str], place: tuple[int, int]) -> None:
        """Judge a command line that was put together from a structure, with what it hands on (``["sh", "-c", …]``)."""
        if words:
            self.script(shlex.join(words), place)

    def script(self, text: str, place: tuple[int, int]) -> None:
        """Judge a script that a structure carries."""
        self.code(text, "shell", "", place)

    def command(self, command: Command, place: tuple[int, int]) -> None:
        """Judge one command; what one alone breaks is remembered, because reports repeat their commands."""
        alone = not (command.piped_from or command.stdin or command.redirects or command.substitutions or command.reads)
        if not alone or sum(map(len, command.argv)) > _MAX_REMEMBERED:
            self._command(command, place)
            return
        key = (command.argv, command.path, command.as_root, command.unseen, command.inside, self._depth)
        known = self.rules.known.get(key)
        if known is None:
            before, captured = len(self.found.hits), len(self.found.captures)
            self._command(command, place)
            known = tuple(h.rule for h in self.found.hits[before:]), len(self.found.captures) > captured
            if len(self.rules.known) > _MAX_KNOWN:
                self.rules.known.clear()
            self.rules.known[key] = known
            return
        self.found.add(list(known[0]), *place)
        if known[1]:
            self.found.captures.append(place[0])

    def _command(self, command: Command, place: tuple[int, int]) -> None:
        argv = prepare(command.argv)
        before = len(self.found.hits)
        acts = (*self.rules.grammar.read(argv, command), *web.acts(argv, self.rules.grammar), *devices.acts(argv))
        reads = any(act.direction == "read" for act in acts)
        if _DRY.search(argv.joined):
            return  # it says what would be done, and does nothing
        broken = list(self.rules.match_command(argv))
        # A rule that names this very command says more than the general one of the same class.
        named = {rule.cls for rule in broken}
        broken += [r for r in self.rules.match_acts(acts, argv.joined) if r.cls not in named]
        # A verb that only reads can show a secret or skip a check of the other side; it takes nothing away.
        hidden = {"credential-exposure"} if command.unseen else frozenset()
        self.found.add(
            _worst([r for r in broken if (not reads or r.cls in _BY_READING) and r.cls not in hidden]), *place
        )
        for name in (*checks.BY_PROGRAM.get(argv.program, ()), *checks.BY_PROGRAM.get("*", ())):
            wanted = self.rules.check(name)
            if wanted and checks.CHECKS[name](argv, command):
                self.found.add(wanted, *place)
        texts, fields = web.bodies(argv)
        for setting in (*structures.settings_of(argv), *fields):
            self.setting(setting, place)
        for text in texts:
            self.code(text, "json", "http body", place)
        if argv.program not in _QUOTING:
            self.options(argv.words[1:], place, {hit.rule.cls for hit in self.found.hits[before:]})
        if argv.program not in _QUOTING:
            self._texts(" ".join([argv.joined, *(target for _, target in command.redirects)])[:20_000], place)
        if captures(argv, command):
            self.found.captures.append(place[0])

    def options(self, words: Sequence[str], place: tuple[int, int], known: set[str]) -> None:
        """Judge ``--flag[=value]`` and ``KEY=VALUE`` words, unless a rule found the same class already."""
        for setting in words_as_settings(words):
            control = self.rules.controls.find(setting)
            if control:
                self.found.add([rule for rule in self.rules.check(control) if rule.cls not in known], *place)

    def argv_write(self, path: str, content: str, place: tuple[int, int]) -> None:
        """Judge a file that a program writes."""
        self.write(FileWrite(path, content, "truncate", *place), place)

    def edit(self, path: str, content: str, place: tuple[int, int]) -> None:
        """Judge what an edit puts into a file."""
        self.write(FileWrite(path, content, "edit", *place), place)

    def write(self, write: FileWrite, place: tuple[int, int]) -> None:
        """Judge a file that is written: by its name, and by what stands in it."""
        path = write.path
        self.found.add(list(self.rules.match_write(path, write.mode)), *place)
        if EVIDENCE_PATH.search(path) and write.by not in ("echo", "printf", ""):
            self.found.captures.append(place[0])
        for setting in structures.kernel_file(path, write.content):
            self.setting(setting, place)
        program = next((p for pattern, p in _RULE_SCRIPTS if pattern.search(path)), "")
        if program and write.content:
            lockdown.judge_rules_file(self, write.content, place)
            for language, text in carriers.rules(program, write.content):
                self.code(text, language, "", place)
        elif write.content:
            self.code(write.content, structures.language_of(path, write.content, write.mode), path, place)
        if write.mode == "truncate" and write.content is not None:
            self.found.add(structures.overwrites(self.rules, path, write.content), *place)

    def setting(self, setting: Setting, span: tuple[int, int] | None = None) -> None:
        """Judge one key and value."""
        rules = list(self.rules.match_setting(setting))
        if not rules:
            # What no rule names is judged by its words.
            control = self.rules.controls.find(setting)
            rules = self.rules.check(control or ("secret-in-clear" if secrets.in_clear(setting) else ""))
        if rules:
            self.found.add(rules, *self.place(span, setting.start, setting.end))

    def _settings(self, settings: list[Setting], span: tuple[int, int] | None) -> None:
        for setting in settings:
            self.setting(setting, span)

    def _document(self, text: str, language: str, name: str, span: tuple[int, int] | None) -> bool:
        """Judge YAML or JSON; tell whether it only says what a scanner looks for."""
        try:
            trees = parse_yaml(text)
        except ConfigError as error:
            structures.broken(self, text, name, error.line, span)
            return False
        for tree in trees:
            structures.document(self, tree, name, language, span)
        return documents.is_linter_text(trees)

    def _ini(self, text: str, name: str, span: tuple[int, int] | None) -> None:
        rules = _AUDIT_RULES.findall(text[:100_000])
        if len(rules) >= 2 and len(rules) >= len(
            [line for line in text.split("\n") if line.strip() and line.lstrip()[0] != "#"]
        ):
            # A file of audit rules holds the options of auditctl, line by line.
            for match in _AUDIT_RULES.finditer(text[:100_000]):
                self.argv(["auditctl", *match.group(1).split()], self.place(span, match.start(1), match.end(1)))
        settings = ini(text, f"{name} ini".strip().lower())
        self._settings(settings, span)
        for setting in settings:
            last = setting.path.rsplit(".", 1)[-1]
            if last.startswith(("execstart", "execstop", "execreload")) or last in ("command", "run"):
                self.script(setting.value.lstrip("-+!@"), self.place(span, setting.start, setting.end))
        if "cron" in name or re.search(r"^\s*(?:@\w+|[\d*/,-]+(?:\s+[\d*/,-]+){4})\s+\S", text, re.M):
            forms.judge_cron(self, text, span)
        structures.ini_kinds(self, settings, text, name, span)
        lockdown.judge_rules_file(self, text, span)


def _worst(rules: list[Rule]) -> list[Rule]:
    """One rule of each class for one command: the most severe, and of equals the first."""
    best: dict[str, Rule] = {}
    for rule in rules:
        known = best.get(rule.cls)
        if known is None or SEVERITIES.index(rule.severity) > SEVERITIES.index(known.severity):
            best[rule.cls] = rule
    return list(best.values())
