# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Console sessions: prompts are taken off and the output between the commands is left out."""

from __future__ import annotations

import re

_PROMPT = re.compile(
    r"^(?P<prompt>[ \t]*(?:(?:\([\w.-]+\)[ "
    r"]?)?(?:\[?[\w.-]+@[\w.-]+[^\n$#]{0,40}?\]?)?[$#%\u276f][ ]+|PS [^>\n]{0,80}>[ ]?))(?=\S)",
    re.M,
)
# The second prompt of an unfinished command.
_CONTINUED = re.compile(r"[ \t]*>[ ]+(?=\S)")
_ROOT_PROMPT = re.compile(r"^[ \t]*#[ ]+(?P<word>[\w./-]+)", re.M)


def without_prompts(text: str) -> str:
    """Blank out console prompts and the output between them; the length stays.

    Only a text that has at least one ``$`` or ``user@host`` prompt counts as a console session: ``# `` alone is a comment.
    """
    lines = text.split("\n")
    marks = [_PROMPT.match(line) for line in lines]
    sure = [m is not None and m.group("prompt").strip()[:1] != "#" for m in marks]
    if not any(sure):
        return text
    if sum(sure) == 1 and len([line for line in lines if line.strip()]) > 1 and not sure[0]:
        return text
    result: list[str] = []
    continued = False
    for line, mark, certain in zip(lines, marks, sure, strict=True):
        if mark is not None and certain:
            end = mark.end("prompt")
            result.append(" " * end + line[end:])
            continued = line.rstrip().endswith("\\") or "<<" in line
        elif result and (more := _CONTINUED.match(line)) is not None:
            result.append(" " * more.end() + line[more.end() :])
        elif continued:
            result.append(line)
            continued = line.rstrip().endswith("\\") or not re.fullmatch(r"\s*[A-Z_]{2,12}\s*", line)
        else:
            result.append(" " * len(line))
    return "\n".join(result)
