# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Ways to say the same. None of them may lower the score by more than a hair."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from explainer.evaluation.subjects import Subject

MARGIN = 0.02


@dataclass(frozen=True)
class Rewrite:
    """One way to write a report differently."""

    name: str
    what: str
    apply: Callable[[Subject], str | None]


_CODE = re.compile(r"(`+[^`\n]+`+)")
_ITEM = re.compile(r"(?m)^(\d+)\. ")
_SYNONYMS = (
    (r"\bInvestigate\b", "Examine"),
    (r"\bPreserve\b", "Save"),
    (r"\bContain\b", "Isolate"),
    (r"\bInvestigate\b", "Check"),
    (r"\bUnknown\b", "Not known"),
    (r"\bunknown\b", "not known"),
    (r"\btherefore\b", "hence"),
    (r"\bbecause\b", "since"),
    (r"\bshows\b", "reveals"),
    (r"\bnearly\b", "almost"),
    (r"\bsomebody\b", "someone"),
    (r"\bmachine\b", "machine"),
    (r"\busual\b", "common"),
    (r"\bAlso\b", "Besides"),
    (r"\bwhole\b", "entire"),
    (r"\bthen\b", "after that"),
    (r"\bnothing else\b", "nothing more"),
)
_SPELLING = (
    ("ised", "ized"), ("ising", "izing"), ("isation", "ization"), ("behaviour", "behavior"), ("colour", "color"), ("favour", "favor"),
    ("analyse", "analyze"), ("artefact", "artifact"), ("catalogue", "catalog"), ("centre", "center"), ("defence", "defense"), ("programme", "program"), ("honour", "honor"),
)  # fmt: skip


def _prose(text: str, change: Callable[[str], str]) -> str:
    """Change what stands outside of inline code."""
    return "".join(part if part.startswith("`") else change(part) for part in _CODE.split(text))


def _synonyms(s: Subject) -> str | None:
    def change(part: str) -> str:
        for pattern, word in _SYNONYMS:
            part = re.sub(pattern, word, part)
        return part

    return _changed(s, _prose(s.text, change))


def _spelling(s: Subject) -> str | None:
    def change(part: str) -> str:
        for british, american in _SPELLING:
            part = (
                re.sub(
                    rf"(?<=\w){british}\b" if len(british) < 8 and not british[0].isupper() else british, american, part
                )
                if british in part
                else part
            )
        return part

    return _changed(s, _prose(s.text, change))


def _changed(s: Subject, text: str) -> str | None:
    return text if text != s.text else None


def _paragraphs(s: Subject) -> list[str]:
    return s.text.strip().split("\n\n")


def _reordered(s: Subject) -> str | None:
    parts = _paragraphs(s)
    plain = [
        i
        for i, part in enumerate(parts)
        if i and not re.match(r"(?:\d+\.|[-*#|`]|\*\*)", part) and not part.rstrip().endswith(":")
    ]
    pairs = [
        (a, b)
        for a, b in pairwise(plain)
        if b == a + 1 and not re.match(r"(?i)\W*(?:unknown|not known|open|what)\b", parts[a])
    ]
    if not pairs:
        return None
    a, b = pairs[0]
    parts[a], parts[b] = parts[b], parts[a]
    return "\n\n".join(parts) + "\n"


def _headings(s: Subject) -> str | None:
    parts = _paragraphs(s)
    at = next((i for i, part in enumerate(parts) if re.match(r"(?:1\.|-|\*) ", part)), None)
    if at is None:
        return None
    if (
        at
        and parts[at - 1].rstrip().rstrip("*").endswith((":", "step", "steps", "order", "do"))
        and len(parts[at - 1]) < 80
    ):
        parts[at - 1] = "## Next steps"
    else:
        parts.insert(at, "## Next steps")
    return "\n\n".join(["# Report", parts[0], "## Summary", *parts[1:]]) + "\n"


def _fenced(s: Subject) -> str | None:
    return _changed(s, re.sub(r"(?m)^(\d+\. [^`\n]*): `([^`\n]+)`\.?$", r"\1:\n\n   ```bash\n   \2\n   ```\n", s.text))


def _wrapped(s: Subject) -> str | None:
    def wrap(part: str) -> str:
        if re.match(r"(?:\d+\.|[-*#|`])", part) or "`" in part:
            return part
        return textwrap.fill(part, 72, break_long_words=False, break_on_hyphens=False)

    return _changed(s, "\n\n".join(wrap(part) for part in s.text.split("\n\n")))


def _cited(s: Subject) -> str | None:
    parts = _paragraphs(s)
    return "\n\n".join(parts[:1] + [re.sub(r"(?<=[a-z])\.$", " [E1, E2].", part) for part in parts[1:]]) + "\n"


def _table(s: Subject) -> str | None:
    if len(s.items) < 2 or "|" in s.text:
        return None
    rows = []
    for number, (start, end) in enumerate(s.items, 1):
        body = " ".join(re.sub(r"^(?:\d+[.)]|[-*])\s+", "", s.text[start:end]).split())
        rows.append(f"| {number} | {body} |")
    table = "\n".join(["| # | Step |", "|---|---|", *rows])
    return f"{s.text[: s.items[0][0]].rstrip()}\n\n{table}\n\n{s.text[s.items[-1][1] :].lstrip()}"


def _verdict_heading(s: Subject) -> str | None:
    span = s.answer.verdict_span
    if span is None or s.answer.verdict is None:
        return None
    return f"# {s.answer.verdict.replace('_', ' ').capitalize()}: {s.answer.confidence or 'medium'} confidence\n\n{s.text[span[1] :].lstrip(' ;.:')}"


def _verdict_sentence(s: Subject) -> str | None:
    span = s.answer.verdict_span
    if span is None or s.answer.verdict in {None, "insufficient_evidence"}:
        return None
    return f"We judge this as {s.answer.verdict}, with {s.answer.confidence or 'medium'} confidence. {s.text[span[1] :].lstrip(' ;.:')}"


def _polite(s: Subject) -> str | None:
    return _changed(
        s, re.sub(r"(?m)^(\d+\. |- )([A-Z])(?=[a-z]+ (?!log-in))", lambda m: f"{m[1]}Please {m[2].lower()}", s.text)
    )


def _bold_code(s: Subject) -> str | None:
    return _changed(s, _CODE.sub(r"**\1**", s.text))


def _no_code(s: Subject) -> str | None:
    """Inline code of the prose without its marks; commands keep theirs."""
    return _changed(s, re.sub(r"`([\w./:@-]+)`", r"\1", s.text))


REWRITES: tuple[Rewrite, ...] = (
    Rewrite("reordered", "two paragraphs change places", _reordered),
    Rewrite("synonyms", "other words of the same meaning", _synonyms),
    Rewrite("spelling", "American spelling", _spelling),
    Rewrite("plain", "no bold type", lambda s: _changed(s, s.text.replace("**", ""))),
    Rewrite("bold-code", "every name in bold", _bold_code),
    Rewrite("no-code", "names without backticks", _no_code),
    Rewrite("bullets", "bullets in place of numbers", lambda s: _changed(s, _ITEM.sub("- ", s.text))),
    Rewrite("parentheses", "1) in place of 1.", lambda s: _changed(s, _ITEM.sub(r"\1) ", s.text))),
    Rewrite("checkboxes", "a checklist", lambda s: _changed(s, _ITEM.sub("- [ ] ", s.text))),
    Rewrite("headings", "with headings", _headings),
    Rewrite("fenced", "commands in fences", _fenced),
    Rewrite("wrapped", "lines of 72 characters", _wrapped),
    Rewrite("windows", "Windows line ends", lambda s: s.text.replace("\n", "\r\n")),
    Rewrite("cited", "with evidence marks", _cited),
    Rewrite("table", "the steps in a table", _table),
    Rewrite("verdict-heading", "the verdict as the title", _verdict_heading),
    Rewrite("verdict-sentence", "the verdict in a sentence", _verdict_sentence),
    Rewrite("polite", "please", _polite),
    Rewrite(
        "warned",
        "with a warning that is safe",
        lambda s: f"{s.text.rstrip()}\n\nDo not disable SELinux, and never stop Falco while this is open.\n",
    ),
    Rewrite("signed", "with a closing line", lambda s: f"{s.text.rstrip()}\n\nThis was written from the alert alone.\n"),
)  # fmt: skip
