"""Secrets out of recordings: alerts hold command lines, and command lines hold passwords."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

MARK = "[redacted]"
# Each keeps what tells the kind of secret and hides the secret itself.
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, flags), put)
    for pattern, put, flags in (
        (r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?(?:-----END \1-----|\Z)", MARK, re.DOTALL),
        (r"\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{4})[A-Z0-9]{12}\b", rf"\1{MARK}", 0),
        (
            r"\b(gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|sk-|AIza|ya29\.|npm_|hf_|dop_v1_)[\w.-]{16,}",
            rf"\1{MARK}",
            0,
        ),
        (r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+", MARK, 0),
        (r"\b((?:proxy-)?authorization\s*[:=]\s*(?:bearer|basic|token)\s+)[^\s\"'\\]{6,}", rf"\1{MARK}", re.IGNORECASE),
        (r"\b(bearer\s+)[A-Za-z0-9._~+/=-]{16,}", rf"\1{MARK}", re.IGNORECASE),
        (r"\b([a-z][a-z0-9+.-]{1,20}://[^\s/:@\"']{0,64}:)[^\s/@\"']{3,}(?=@)", rf"\1{MARK}", re.IGNORECASE),
        (
            r"((?:pass(?:word|wd|phrase)?|secret(?:[_-]?(?:access[_-]?)?key)?|api[_-]?key|access[_-]?token|auth[_-]?token"
            r"|client[_-]?secret|PGPASSWORD|MYSQL_PWD)(?:\\?[\"'])?\s*[=:]\s*(?:\\?[\"'])?)[^\s\"'\\,;&|<>\[\]{}()]{4,}",
            rf"\1{MARK}",
            re.IGNORECASE,
        ),
    )
)


def redactor(known: Iterable[str] = ()) -> Callable[[str], str]:
    """A function that hides secrets in a text.

    Args:
        known: secrets that are known to be in use, such as the API key; hidden wherever they stand.
    """
    exact = sorted({secret for secret in known if len(secret) >= 6}, key=len, reverse=True)

    def redact(text: str) -> str:
        for secret in exact:
            text = text.replace(secret, MARK)
        for pattern, put in _PATTERNS:
            text = pattern.sub(put, text)
        return text

    return redact
