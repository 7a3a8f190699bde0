"""How many tokens a text has: by the model's own tokenizer when one can be asked, else by a declared over-estimate."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Protocol

_RUN = re.compile(r"[a-z]+|[^\S\n]+|\n\s*|[^\x00-\x7f]|.", re.DOTALL)
_WORDLIKE = re.compile(r"(?=.{1,12}\Z)[^aeiouy]{0,3}(?:[aeiouy]+[^aeiouy]{0,4})*\Z")
SLACK = 1.15
"""For tokenizers that were not measured. Measured, without it: never below SmolLM2 and Qwen2.5 on prompts, alerts, rule
files, hashes, base64, digits, punctuation and five scripts; 1.4 to 1.9 times the true count of our prompts."""


class Tokenizer(Protocol):
    """Whatever can count, or says that it cannot (a backend)."""

    def count_tokens(self, text: str) -> int | None:
        """Tokens, or None."""


class TokenCounter:
    """Counts the tokens of prompts for one model.

    Args:
        model: the model's name, for OpenAI's own tables.
        backend: asked first; None: nobody to ask.
        download: let tiktoken fetch a table that is not cached. Off: a machine without internet must not wait for it.
    """

    def __init__(self, model: str | None, backend: Tokenizer | None = None, *, download: bool = False) -> None:
        self._model = model
        self._backend = backend
        self._download = download

    def __call__(self, text: str) -> tuple[int, bool]:
        """Tokens of ``text``, and whether they were counted (True) or over-estimated (False)."""
        if self._backend is not None and (counted := self._backend.count_tokens(text)) is not None:
            return counted, True
        if self._model and (counted := _tiktoken(self._model, text, download=self._download)) is not None:
            return counted, True
        return over_estimate(text), False


def over_estimate(text: str) -> int:
    """At least as many tokens as byte-level BPE tokenizers make of ``text``; up to twice as many for prose.

    A word takes few tokens; a digit, a capital, a sign and each byte of another script may take one each, and what
    fills an alert (hashes, addresses, base64, paths) consists of those. A plain characters-by-four rule is half the
    truth there.
    """
    runs = Counter(_RUN.findall(text))
    return int(SLACK * sum(_weight(run) * times for run, times in runs.items())) + 1


def _weight(run: str) -> int:
    length = len(run)
    if "a" <= run[0] <= "z":
        return 1 + (length - 1) // 5 if _WORDLIKE.match(run) else 1 + 2 * length // 3
    if run == " ":
        return 0  # goes with the word after it
    if run.isspace():
        return 1 + length // 2
    return len(run.encode("utf-8", "replace"))


def _tiktoken(model: str, text: str, *, download: bool) -> int | None:
    name = _encoding_name(model)
    if name is None or not (download or _cached(name)):
        return None
    import tiktoken  # a tenth of a second, and most runs never need it

    # disallowed_special=(): an alert may hold "<|endoftext|>", which is text like any other.
    return len(tiktoken.get_encoding(name).encode(text, disallowed_special=()))


@functools.cache
def _encoding_name(model: str) -> str | None:
    import tiktoken.model

    try:
        return tiktoken.model.encoding_name_for_model(model.rsplit("/", 1)[-1])
    except KeyError:
        return None


def _cached(name: str) -> bool:
    """Whether tiktoken has the table of an encoding on disk, found the way tiktoken itself looks for it."""
    folder = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    place = Path(tempfile.gettempdir()) / "data-gym-cache" if folder is None else Path(folder)
    if folder == "":
        return False
    addresses = _addresses(name)
    return bool(addresses) and all((place / hashlib.sha1(a.encode()).hexdigest()).is_file() for a in addresses)  # noqa: S324


@functools.cache
def _addresses(name: str) -> tuple[str, ...]:
    from tiktoken_ext import openai_public  # type: ignore[import-untyped]

    constructor = openai_public.ENCODING_CONSTRUCTORS.get(name)
    constants = constructor.__code__.co_consts if constructor else ()
    return tuple(value for value in constants if isinstance(value, str) and value.startswith("https://"))
