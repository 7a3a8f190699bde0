"""The words by which stance is read: groups of ``_stance.yaml``, compiled on first use, and the forms of verbs."""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import Any

from explainer.advice.config import load_plain

_VOWELS = "aeiou"


@functools.cache
def _loaded(file: str = "_stance.yaml") -> dict[str, Any]:
    text = resources.files("explainer").joinpath("data/advice", file).read_text("utf-8")
    loaded: dict[str, Any] = load_plain(text)
    return loaded


@functools.cache
def wordlike() -> frozenset[str]:
    """Programs whose names are English words too."""
    return frozenset(" ".join(_loaded("_inline.yaml")["wordlike"]).split())


@functools.cache
def cue(name: str) -> re.Pattern[str]:
    """The words of one meaning, as one pattern over whole words."""
    return re.compile(r"(?<![\w/-])(?:" + "|".join(f"(?:{entry})" for entry in _loaded()[name]) + r")(?!\w)", re.I)


def last_match(name: str, text: str) -> re.Match[str] | None:
    """The last place of a meaning in a text."""
    last = None
    for match in cue(name).finditer(text):
        last = match
    return last


@functools.cache
def verb_forms() -> dict[str, str]:
    """Form of every known verb: ``base``, ``s``, ``ed`` (past and participle) or ``ing``; ``base`` wins over others."""
    forms: dict[str, str] = {}
    bases = " ".join(_loaded()["verbs"]).split()
    for base in bases:
        stem = base[:-1] if base.endswith("e") else base
        past = [stem + "ed"]
        present = [base + "s"]
        going = [stem + "ing"]
        if base[-1] == "y" and base[-2] not in _VOWELS:
            past, present = [base[:-1] + "ied"], [base[:-1] + "ies"]
        elif base.endswith(("s", "sh", "ch", "x", "z", "o")):
            present = [base + "es"]
        elif base[-1] not in _VOWELS + "wxy" and base[-2] in _VOWELS:
            past.append(base + base[-1] + "ed")
            going.append(base + base[-1] + "ing")
        for words, form in ((past, "ed"), (present, "s"), (going, "ing")):
            for word in words:
                forms.setdefault(word, form)
    for pair in " ".join(_loaded()["irregular"]).split(","):
        for word in pair.split():
            forms[word] = "ed"
    for base in bases:
        forms[base] = "base"
    return forms


@functools.cache
def no_verbs() -> frozenset[str]:
    """Words that end like a verb form and are none, or none that says who acts."""
    return frozenset(" ".join(_loaded()["no_verbs"]).split())


@functools.cache
def word_class(name: str) -> frozenset[str]:
    """Function words of one class."""
    return frozenset(" ".join(_loaded()["words"][name]).split())


def form_of(word: str) -> str:
    """Form of a word as a verb, or an empty string."""
    lowered = word.lower().replace("’", "'")
    known = verb_forms().get(lowered)
    if known:
        return known
    if lowered in no_verbs() or len(lowered) < 5 or "'" in lowered or "-" in lowered:
        return ""
    if lowered.endswith("ed"):
        return "ed"
    return "ing" if lowered.endswith("ing") else ""
