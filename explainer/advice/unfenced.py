# ruff: noqa: E501  (regular expressions are read better whole)
# ruff: noqa: ARG001  (one signature for all forms)
"""Configuration and code that stand in a text without a fence: pasted manifests, rule files, Terraform, key and value lines, scripts.

A stretch of lines is taken for code when it looks like code line by line and a parser of that form accepts it; prose with a
colon, lists with labels and headings stay what they are. The stretch gets a fence, so everything behind this module sees the
block that the writer left unmarked.
"""

from __future__ import annotations

import ast
import re
import warnings

from explainer.advice import languages
from explainer.advice.config import ConfigError, Tree, parse_yaml
from explainer.advice.lineforms import form_of, may_hold

_MAX_LINES = 4_000
_MAX_TRIES = 40
_MAX_BLOCK = 60_000
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_KEY = r"(?:[A-Za-z_$@*<.][\w.$@/*<>-]{0,80}|\"[^\"\n]{1,80}\"|'[^'\n]{1,80}')"
_YAML_PAIR = re.compile(rf"^(?P<indent>[ ]*(?:- +)*)(?P<key>{_KEY}):(?:[ ]+(?P<value>\S[^\n]*)|\s*)$")
_YAML_OTHER = re.compile(r"^\s*-\s+\S|^\s*#|^---\s*$|^\s*[\]})\"'|>]")
_INI_SECTION = re.compile(r"^\s*\[{1,2}[\w .:@/\"*-]{1,80}\]{1,2}\s*$")
_INI_PAIR = re.compile(r"^\s*(?:export\s+|set\s+)?[A-Za-z_][\w./:*-]{0,80}(?:\[\w*\])?\s*\??[=]\s*\S*")
_DIRECTIVE = re.compile(
    r"^\s*(?:[A-Z][a-z]+(?:[A-Z][A-Za-z0-9]+)+|[a-z][a-z0-9]*(?:[_.-][a-z0-9]+)+)\s+\S+(?:\s+\S+){0,3}\s*$"
)
_LONE_PAIR = re.compile(r"^\s*[A-Za-z][\w-]*(?:[._-]\w+)+\s*=\s*(?:\"[^\"\n]*\"|'[^'\n]*'|[\w./:*-]+)\s*$")
_SQL_LINE = re.compile(
    r"^\s*(?:(?:DROP|TRUNCATE|ALTER|GRANT|REVOKE|CREATE|DELETE\s+FROM|UPDATE|INSERT\s+INTO|SELECT|SET|FLUSH|PURGE|USE|SHUTDOWN|BACKUP)\b[^\n]*;\s*(?:--[^\n]*)?$|--\s)"
)
_DASHED_PAIR = re.compile(r"^[a-z]+(?:[-_][a-z]+)+\s*=\s*(?:true|false|yes|no|on|off|\d+)\s*$")
_LONE_YAML = re.compile(r"^[a-z][\w-]*(?:\.[\w-]+){1,6}:\s+(?:true|false|\d+|[\w./-]+|\"[^\"\n]*\")\s*$")
_INDENTED = re.compile(r"^\s+[A-Z][\w.]*\s+\S+(?:\s+\S+){0,4}\s*$")
_HCL_OPEN = re.compile(
    r"^\s*(?:resource|variable|module|provider|terraform|data|locals|output|job|path|param|import|moved|check)\b\s*(?:\"[^\"]*\"\s*|[\w.]+\s+(?='))*(?:'[^']*'\s*=\s*)?\{"
)
_CODE_START = re.compile(
    r"^\s*(?:import [\w.{*\"'(]|from [\w.]+ import |def \w+\(|async def |class \w+[(:]|with [\w.]+\(|@\w[\w.]*\(?|func(?:tion)? [\w(]|const \w|let \w|var \w+ |"
    r"package \w+$|use [\w:\\]+;|require[( ]['\"]|#include|public |private |static |try[:{ ]|if [\w.(!].*[:{]$|for [\w(].*[:{]$|while .*[:{]$|"
    r"[A-Za-z_$][\w.$\[\]\"']* ?:?= ?\S|[A-Za-z_$][\w$]*(?:\.[\w$]+)*\(|\}|\]|\)|await |return\b|raise |throw |using |namespace |process\.env)"
)
_CODE_MARK = re.compile(r"[=({;\[]")
_DIFF = re.compile(r"^(?:[+-][^+-]|\+\+\+|---|@@| |\\ No newline|$|diff |index )")
_SENTENCE = re.compile(r"^[^=|{}\[\]<>$]*\b[A-Za-z][a-z']*\s+[a-z'-]+\s+[\w'`-]+.{0,400}[.!?:]\s*$")
_WORDY = re.compile(r"\b[a-z']{2,}\s+[a-z']{2,}\s+[a-z'-]{2,}\s+[a-z']{2,}")
_COMMENT = re.compile(r"^\s*(?:#(?!#)|//|--\s|;|/\*|\*/|\*\s|<!--)")
_LABEL_KEYS = re.compile(
    r"(?:note|summary|step|action|fix|cause|root|impact|owner|status|severity|why|what|who|when|where|how|result|verdict|finding|advice|recommendation|"
    r"answer|question|reply|re|subject|from|to|cc|date|time|title|tl;?dr|ps|warning|caution|important|update|todo|next|question|q|a|risk|decision|evidence|timeline)s?$",
    re.I,
)
_SHELL_PROMPT = re.compile(r"^\s*(?:\$|#|PS [^>\n]{0,60}>|[\w.-]+@[\w.-]+[:~][^$#\n]{0,40}[$#])\s+[a-z./A-Z]")
_COMMAND = re.compile(
    r"^(?:#[^\n]*\n){0,5}(?:\$ |sudo |[A-Z]{3,8} [^\n]*;\s*$|[a-z./~][\w./+-]*(?=\s)[^\n]*(?:\s-{1,2}[A-Za-z]|[|<>=;&$\"']|\s[~.]?/\w))",
    re.M,
)
_SUSPECT = re.compile(
    rf"^(?:[ ]*(?:- +)*{_KEY}:(?:\s|$)|\s*\[{{1,2}}[\w .:@/\"*-]{{1,80}}\]{{1,2}}\s*$|[^\n]{{0,200}}[{{(\[;]\s*$|\s*[A-Za-z_][\w.$\[\]\"']{{0,80}}\s*:?=\s*\S|"
    r"\s*(?:[A-Z][a-z]+(?:[A-Z][A-Za-z0-9]+)+|[a-z][a-z0-9]*(?:_[a-z0-9]+)+)\s+\S+\s*$|\s*[A-Za-z_$][\w$]*(?:\.[\w$]+)+\(|[{\[]\s*[\"'{]|FROM \S|\s*import |[+-]\s*\S+:)",
    re.M,
)


def fenced(text: str) -> tuple[str, list[int] | None]:
    """Put fences around code that has none.

    Args:
        text: Markdown.

    Returns:
        The text with fence lines added, and for each of its lines the line of ``text`` that it came from (None: nothing was added).
    """
    if not _SUSPECT.search(text) and not may_hold(text) and not _COMMAND.search(text):
        return text, None
    lines = text.split("\n")
    if len(lines) > _MAX_LINES:
        return text, None
    out: list[str] = []
    origin: list[int] = []
    changed = False
    for start, stop, language in _blocks(lines):
        begin = len(origin) and origin[-1] + 1
        out += lines[begin:start]
        origin += range(begin, start)
        out += [f"~~~~~{language}", *lines[start:stop], "~~~~~"]
        origin += [start, *range(start, stop), stop - 1]
        changed = True
    if not changed:
        return text, None
    begin = origin[-1] + 1
    out += lines[begin:]
    origin += range(begin, len(lines))
    return "\n".join(out), origin


def _blocks(lines: list[str]) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    tries = 0
    for start, stop in _chunks(lines):
        if tries > _MAX_TRIES:
            break
        piece = "\n".join(lines[start:stop])
        if not (_SUSPECT.search(piece) or may_hold(piece) or _COMMAND.match(piece)):
            continue
        tries += 1
        block = _code_in(lines, start, stop)
        if block is None:
            continue
        if found and found[-1][2] == block[2] and not any(line.strip() for line in lines[found[-1][1] : block[0]]):
            # A blank line inside a file does not end it.
            joined = (found[-1][0], block[1], block[2])
            if _language("\n".join(lines[joined[0] : joined[1]]), lines[joined[0] : joined[1]]):
                found[-1] = joined
                continue
        found.append(block)
    return found


def _chunks(lines: list[str]) -> list[tuple[int, int]]:
    """Groups of lines without a blank one between them, outside of fences, tables and what is indented as code already."""
    chunks: list[tuple[int, int]] = []
    start = -1
    fence = ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence):
                fence = ""
            continue
        plain = line.strip() and not line.startswith("|") and mark is None
        if mark:
            fence = mark[1]
        if plain and start < 0:
            # The rest of a list item is a part of the list.
            start = number
        elif not plain and start >= 0:
            chunks.append((start, number))
            start = -1
    if start >= 0:
        chunks.append((start, len(lines)))
    return chunks


def _code_in(lines: list[str], start: int, stop: int) -> tuple[int, int, str] | None:
    if lines[start].startswith("    ") or lines[start].startswith(">"):
        return None
    first, last = start, stop
    while first < last and _is_prose(lines[first]):
        first += 1
    while last > first and _is_prose(lines[last - 1]):
        last -= 1
    if first >= last or (first > start and lines[first].startswith("    ")):
        return None
    chosen = lines[first:last]
    language = _language("\n".join(chosen), chosen)
    return (first, last, language) if language else None


def _is_prose(line: str) -> bool:
    if _COMMENT.match(line) or re.match(r"^\s*- +\w+: ", line):
        return False
    if re.match(r"^#{2,6} |^ {0,3}\d{1,3}[.)] |^[*_]{2}", line):
        return True
    pair = _YAML_PAIR.match(line)
    if pair and not pair["indent"] and not pair["value"]:
        return False
    if pair and not (pair["value"] and _WORDY.search(pair["value"]) and not pair["indent"]):
        return False
    return bool(_SENTENCE.match(line)) or bool(
        _WORDY.search(line) and not _CODE_MARK.search(line) and not line.startswith((" ", "\t"))
    )


def _language(text: str, lines: list[str]) -> str:
    """The form of a stretch of lines, or an empty string when it is no code."""
    if len(text) > _MAX_BLOCK:
        return ""
    said = [line for line in lines if line.strip()]
    bare = [line for line in said if not _COMMENT.match(line)]
    if not bare:
        return ""
    for name, test in (
        ("diff", _diff),
        ("hcl", _hcl),
        ("json", _json),
        ("yaml", _yaml),
        ("dockerfile", _docker),
        ("ini", _ini),
    ):
        if test(text, bare, said):
            return name
    if all(_SQL_LINE.match(line) for line in bare):
        return "sql"
    return _source(text, bare) or ("shell" if languages.is_script(text) else "")


def _diff(text: str, bare: list[str], said: list[str]) -> bool:
    added = [line for line in said if re.match(r"\+(?!\+\+)\s*\S", line)]
    taken = [line for line in said if re.match(r"-(?!--)\s*\S", line)]
    if not added or not (taken or "@@" in text) or not all(_DIFF.match(line) for line in said):
        return False
    return "@@" in text or any(re.search(r"[:=(]\s*\S|[{};]$", line) for line in added)


def _hcl(text: str, bare: list[str], said: list[str]) -> bool:
    return bool(_HCL_OPEN.match(bare[0])) and text.count("{") == text.count("}")


def _json(text: str, bare: list[str], said: list[str]) -> bool:
    head = bare[0].lstrip()
    if head[:1] not in "{[" or (len(said) < 2 and '":' not in head):
        return False
    return '"' in text and _documents(text) is not None


def _documents(text: str) -> list[Tree] | None:
    try:
        return parse_yaml(text)
    except ConfigError:
        return None


def _yaml(text: str, bare: list[str], said: list[str]) -> bool:
    pairs = [match for line in bare if (match := _YAML_PAIR.match(line))]
    named = bool(languages.first_comment_names(text))
    dotted = len(bare) == 1 and bool(_LONE_YAML.match(bare[0]))
    if len(pairs) < 2 and not (len(pairs) == 1 and (len(bare) > 1 or named or dotted)):
        return False
    width = len(bare[0]) - len(bare[0].lstrip())
    nested = any(not match["value"] or len(match["indent"]) > width for match in pairs) and any(
        len(line) - len(line.lstrip()) > width for line in bare
    )
    wordy = sum(
        1 for match in pairs if match["value"] and (_WORDY.search(match["value"]) or match["value"][-1] in ".!?")
    )
    labels = sum(1 for match in pairs if _LABEL_KEYS.match(match["key"]) and match["key"][0].isupper())
    if dotted or (named and not wordy):
        return _documents(text) is not None
    if labels * 2 > len(pairs) or (not nested and (wordy * 3 > len(pairs) or len(pairs) < len(bare))):
        return False
    if re.match(r"- +(?:\*\*|[A-Z])", bare[0]) and wordy:
        return False
    found = _documents(text)
    if found is None:
        # A stretch out of the middle of a file is no document, but its lines are those of one.
        other = sum(1 for line in bare if _YAML_OTHER.match(line))
        return nested and len(pairs) >= 3 and len(pairs) + other == len(bare) and not wordy
    return any(
        isinstance(tree.value, dict) or any(isinstance(item.value, dict) for item in tree.items()) for tree in found
    )


def _docker(text: str, bare: list[str], said: list[str]) -> bool:
    if languages.sniff(text) != "dockerfile":
        return False
    continued = False
    for line in bare:
        if not continued and not re.match(r"\s|[A-Z]+ \S|&&|EOF", line):
            return False
        continued = line.rstrip().endswith("\\")
    return True


def _ini(text: str, bare: list[str], said: list[str]) -> bool:
    sections = sum(1 for line in bare if _INI_SECTION.match(line))
    pairs = sum(
        1
        for line in bare
        if _INI_PAIR.match(line) and "(" not in line.split("=")[0] and not line.rstrip().endswith(("(", "{", ";"))
    )
    directives = sum(1 for line in bare if _DIRECTIVE.match(line) and not _WORDY.search(line))
    if form_of(text):
        return True
    if any(re.match(r"\s*(?:import|from|def|const|let|var|func|return)\b|.*\)\s*$", line) for line in bare):
        return False
    if sections and _INI_SECTION.match(bare[0]):
        indented = sum(1 for line in bare if _INDENTED.match(line) and not _INI_PAIR.match(line))
        return sections + pairs + directives + indented >= len(bare) * 0.7 and len(bare) > sections
    named = bool(languages.first_comment_names(text))
    if pairs + directives < len(bare) * (0.6 if named else 1):
        return False
    if len(bare) == 1:
        return named or bool(_DASHED_PAIR.match(bare[0])) or bool(_LONE_PAIR.match(bare[0]))
    return pairs > 0 or named or directives >= 2


def _source(text: str, bare: list[str]) -> str:
    """Python that parses, and other languages by their look."""
    starts = sum(1 for line in bare if _CODE_START.match(line) or (line[:1] in " \t" and _CODE_MARK.search(line)))
    marks = sum(1 for line in bare if _CODE_MARK.search(line))
    if (
        starts * 2 < len(bare)
        or marks * 2 < len(bare)
        or any(_SENTENCE.match(line) and not _CODE_MARK.search(line) for line in bare)
    ):
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        guessed = languages.sniff(text)
        if guessed == "powershell":
            return guessed
        ends = sum(1 for line in bare if line.rstrip()[-1:] in "{};,()[]")
        return "javascript" if len(bare) > 1 and ends * 2 >= len(bare) else ""
    calls = any(isinstance(node, (ast.Call, ast.Import, ast.ImportFrom, ast.FunctionDef)) for node in ast.walk(tree))
    return "python" if calls else ""
