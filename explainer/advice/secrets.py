# ruff: noqa: E501  (regular expressions are read better whole)
"""Whether a setting holds a secret in clear: a key that names one, and a value that is one and not a reference, a placeholder or a name."""

from __future__ import annotations

import re

from explainer.advice.patterns import Setting

_KEY = re.compile(
    r"(?:^|[._-])(?:\w*[_-])?(?:password|passwd|passphrase|secret|secret[_-]?key|api[_-]?key|apikey|access[_-]?key|secret[_-]?access[_-]?key|private[_-]?key|"
    r"client[_-]?secret|auth[_-]?token|access[_-]?token|api[_-]?token|bearer[_-]?token|token|pwd|db[_-]?pass|webhook[_-]?secret|signing[_-]?key|encryption[_-]?key|account[_-]?key)$",
    re.I,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# A key of this kind names where the secret is, or how it has to look.
_ABOUT = re.compile(
    r"(?:existing|ref|name|file|path|mount|policy|rotation|ttl|type|length|min|max|expir|public|header|prefix|field|column|hash|placeholder|template|pull|tls|url|id|store|arn|regex|pattern|issuer|audience|count|next|reset)[_-]?(?:secret|password|token|key)$",
    re.I,
)
_PLACEHOLDER = re.compile(
    r"[$<>{}%]|^(?:vault|env|file|secret|arn|ssm|op|sops|enc|awssm|gcpsm|ref|config|cyberark|kv|azurekv)[:/(!]|^(?:!|\*|x+$|\.{3})|\*{3}|x{4,}|redacted|place-?holder|change-?me|changeit|replace|your[-_ ]|todo|dummy|masked|removed|hidden|insert|^example|example[_-]?key|"
    r"^(?:true|false|yes|no|on|off|none|null|nil|undefined|required|optional|password|secret|token|string|default|auto|generated|lookup.*|data\..*|var\..*|local\..*|module\..*|each\..*|random_.*|\w+\.\w+\.\w+.*|/\S*|file\(.*|ref\(.*|valuefrom)$|==redact",
    re.I,
)
_IN_URL = re.compile(r"[a-z][a-z0-9+]{2,20}://[^/\s:@$<{]{1,60}:(?P<p>[^/\s@$<{*]{4,100})@", re.I)
_PUBLIC_PREFIX = re.compile(
    r"^(?:sk_live_|sk_test_|ghp_|gho_|github_pat_|glpat-|xox[bpas]-|AKIA[0-9A-Z]{12}|ASIA[0-9A-Z]{12}|hvs\.|s\.[A-Za-z0-9]{20}|AIza|-----BEGIN [A-Z ]*PRIVATE KEY|eyJ[\w-]{10,}\.|SG\.[\w-]{10}|dop_v1_|npm_[A-Za-z0-9]{20}|pypi-)"
)


def in_clear(setting: Setting) -> bool:
    """Whether the value is a secret that was written down."""
    value = setting.value.strip("\"' ")
    if not 6 <= len(value) <= 4000 or "python call" in setting.where:
        return False
    if "://" in value:
        match = _IN_URL.search(value)
        return (
            match is not None
            and not _PLACEHOLDER.search(match["p"])
            and not re.fullmatch(r"pass(?:word)?|secret|pw", match["p"], re.I)
        )
    if _PLACEHOLDER.search(value):
        return False
    if _PUBLIC_PREFIX.match(value):
        return True
    key = _CAMEL.sub("_", (setting.key or setting.path).rsplit(".", 1)[-1]).replace(" ", "_")
    if not _KEY.search(key) or _ABOUT.search(key) or len(value) < 8 or " " in value:
        return False
    # A name of an object is lower case with hyphens; a secret that somebody made up has at least two kinds of other characters.
    kinds = sum(bool(re.search(kind, value)) for kind in (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z0-9]"))
    if key.lower().endswith(("secret", "token", "key")) and re.fullmatch(r"[a-z0-9]+(?:[-._][a-z0-9]+)+", value):
        return False
    return kinds >= 3 or (kinds == 2 and bool(re.search(r"\d", value)) and not re.fullmatch(r"[\d.:smhd-]+", value))
