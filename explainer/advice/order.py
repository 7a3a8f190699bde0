"""Order: whether evidence was captured, or its capture told, before something is removed."""

from __future__ import annotations

import re

from explainer.advice.cues import cue

_MAX = 4000
# Separates steps of a script; a pipe does not.
_STEP = re.compile(r"\n|;|&&|\|\|")
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|\\\n|^\s*#[^\n]*", re.M)


def capture_at(text: str) -> int:
    """Offset at which a text says that evidence is, was or is to be captured; -1 when it does not."""
    for match in cue("captured").finditer(text[:_MAX]):
        around = text[max(0, match.start() - 40) : match.end() + 40]
        if not cue("not_captured").search(around):
            return match.start()
    return -1


def before_all(sentence: str) -> bool:
    """Whether the capture in a sentence precedes all else in it, wherever it stands: "remove it once it is imaged"."""
    return re.match(r"\W*(?:\d+[.)]\s*)?(?:after|once|when|having|with|now|since)\b", sentence, re.I) is not None or (
        re.search(r"\b(?:only\s+)?(?:after|once|as soon as)\b", sentence, re.I) is not None
    )


def several_steps(code: str) -> bool:
    """Whether a script has more than one step, so that order can be judged at all (rule R10)."""
    bare = _QUOTED.sub(" ", code[:20_000])
    return sum(1 for part in _STEP.split(bare) if part.strip(" \t{}()")) > 1
