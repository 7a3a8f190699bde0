# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Perl, Ruby, Node, PHP and Lua one-liners: the commands that they start and the files that they write, found by the shape of the calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explainer.advice.judge import Judge

_STRING = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'")
_CALL = re.compile(r"\b(?:system|exec(?:Sync|File|FileSync)?|spawn(?:Sync)?|popen\d?|shell_exec|passthru|proc_open|os\.execute|Open3\.\w+)\b\s*\(?\s*(?=[\"'\[qQ%])", re.I)  # fmt: skip
_QUOTED = re.compile(
    r"\b(?:qx|system\s+q[qw]?|exec\s+q[qw]?)\s*([{(\[/|!])(.+?)[})\]/|!]|%x\s*[{(\[](.+?)[})\]]|`([^`]+)`", re.S
)
# open(F, ">", "/path"), File.write("/path", "x"), fs.writeFileSync('/path', 'x'), file_put_contents("/path", "x")
_OPEN = re.compile(
    r"\bopen\s*\(?\s*(?:my\s+)?[$\w]+\s*,\s*[\"'](>{1,2})\s*([^\"']*)[\"'](?:\s*,\s*[\"']([^\"']+)[\"'])?"
)
_WRITE = re.compile(r"\b(?:File\.(?:write|open)|IO\.write|(?:fs\.)?(?:writeFile|appendFile)(?:Sync)?|file_put_contents|io\.open|fopen)\s*\(?\s*[\"']([^\"']+)[\"']\s*,\s*[\"']([^\"']*)[\"']")  # fmt: skip
_PRINT = re.compile(r"\bprint(?:f)?\s*(?:\{?\s*\$?\w+\s*\}?)?\s*[\"']?([^\"';)]+)[\"']?|\.(?:write|puts|print)\s*\(?\s*[\"']([^\"']*)[\"']")  # fmt: skip
_UNLINK = re.compile(
    r"\b(?:unlink|File\.delete|FileUtils\.rm_rf?|fs\.(?:unlink|rm|rmdir)(?:Sync)?|rmtree|remove_tree)\s*\(?\s*[\"']([^\"']+)[\"']"
)


# chmod 0666, "/a", "/b"; File.chmod(0777, "/a"); fs.chmodSync("/a", 0o777); chmod("/a", 0777)
_CHMOD = re.compile(
    r"\bchmod(?:Sync)?\s*\(?\s*(?:(?P<mode>0?o?[0-7]{3,5})\s*,\s*(?P<paths>(?:[\"'][^\"'\n]+[\"']\s*,?\s*)+)|(?P<path>[\"'][^\"'\n]+[\"'])\s*,\s*(?P<last>0o?[0-7]{3,5}))"
)


def judge(judge_: Judge, text: str, span: tuple[int, int] | None) -> None:
    """Judge a one-liner of a scripting language."""
    for match in _CALL.finditer(text):
        end = _closing(text, match.end())
        words = [a or b for a, b in _STRING.findall(text[match.end() : end])]
        place = judge_.place(span, match.start(), end)
        if len(words) == 1:
            judge_.script(words[0], place)
        elif words:
            judge_.argv(words, place)
    for match in _QUOTED.finditer(text):
        judge_.script(
            match.group(2) or match.group(3) or match.group(4), judge_.place(span, match.start(), match.end())
        )
    for match in _OPEN.finditer(text):
        path = match.group(3) or match.group(2)
        printed = _PRINT.search(text, match.end())
        content = (printed.group(1) or printed.group(2)) if printed else ""
        judge_.argv_write(path.strip(), content.strip(), judge_.place(span, match.start(), match.end()))
    for match in _WRITE.finditer(text):
        path, content = match.group(1), match.group(2)
        if re.fullmatch(r"[wa]\+?b?", content):
            printed = _PRINT.search(text, match.end())
            content = (printed.group(1) or printed.group(2) or "") if printed else ""
        judge_.argv_write(path, content.strip(), judge_.place(span, match.start(), match.end()))
    for match in _CHMOD.finditer(text):
        mode = (match["mode"] or match["last"]).removeprefix("0o")
        for path in re.findall(r"[\"']([^\"'\n]+)[\"']", match["paths"] or match["path"]):
            judge_.argv(["chmod", mode, path], judge_.place(span, match.start(), match.end()))
    for match in _UNLINK.finditer(text):
        judge_.argv(["rm", "-rf", match.group(1)], judge_.place(span, match.start(), match.end()))


def _closing(text: str, start: int) -> int:
    """Where the argument list that begins at ``start`` ends; strings do not count."""
    depth, quote = 0, ""
    for index in range(start, min(len(text), start + 2000)):
        char = text[index]
        if quote:
            quote = "" if char == quote and text[index - 1] != "\\" else quote
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth < 0:
                return index
        elif char in ";\n" and depth <= 0:
            return index
    return min(len(text), start + 2000)
