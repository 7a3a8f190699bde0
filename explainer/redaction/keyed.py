# ruff: noqa: E501  (regular expressions are read better whole)
"""Secrets beside their names and inside addresses: assignments, headers, JSON, connection strings, URLs, SQL."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from explainer.redaction.names import MARK, holds, looks_random, mixed, no_secret, weight

Span = tuple[int, int, str]
"""``(start, end, kind)``."""

# Every name that promises a secret has one of these in it; what follows is the rest of the name, a separator, a value.
_CUE = (
    r"(?:pass|pwd|pw|psk|psw|pin|secret|token|key|auth|cred|cookie|sig|sess|sid|sas|otp|dsn|conn|jwt|pat|bearer|nonce|salt"
    r"|seed|login|hash|mnemonic|kennwort|code|dockerconfig)"
)
_NAMED = re.compile(
    _CUE
    + r"(?P<rest>[\w.\-\[\]]{0,48})(?P<sep>\\*[\"']?\]?\s{0,2}(?:=>|:=|==?|:)\s{0,2}|\\*[\"'],\s{0,2}\\*[\"']value\\*[\"']\s{0,2}:\s{0,2})(?=\S)",
    re.IGNORECASE,
)
_NAME_CHARACTERS = re.compile(r"[\w.\-\[\]/]*$")
_OPEN = re.compile(r"(?P<esc>\\*)(?P<q>[\"'])")
_BARE = re.compile(r"[^\s\"'`<>]{1,4096}")
_NEXT_PAIR = re.compile(r"[;,&]\s*[\w .\-\"']{1,40}=|[;,&]+$|&&|\|\||;\s|[,;|]\\*[\"']")
_SCHEME = re.compile(
    r"(?:bearer|basic|token|digest|apikey|api-key|negotiate|ntlm|key|jwt|bot|snowflake|genie-?key|splunk|client-id|sso-key|oauth|hoba|mac)\s+",
    re.IGNORECASE,
)
_HEADER_AUTH = re.compile(r"\b(?:proxy-)?authorization(?P<sep>\\*[\"']?\s*[:=]\s*\\*[\"']?)(?=\S)", re.IGNORECASE)
_BEARER = re.compile(r"\b(?:bearer|basic|apikey|splunk)\s+(?P<s>[A-Za-z0-9._~+/=-]{8,})", re.IGNORECASE)
_COOKIE = re.compile(r"\b(?:set-)?cookie\\*[\"']?\s*:\s*(?P<s>[^\"'\r\n]+)", re.IGNORECASE)
_COOKIE_PAIR = re.compile(r"([\w.-]+)=([^;\s\"']+)")
_COOKIE_ATTRIBUTES = frozenset({"path", "domain", "expires", "max-age", "samesite", "version"})
_USERINFO = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,24})://(?P<user>[^\s/:@\"'<>]*)(?P<c>:)?(?P<s>(?(c)[^\s\"'<>]{0,512}?|))@(?=[\w.\-\[%*$]+(?:[:/?#,\s\"'\\)]|$))"
)
_AT = re.compile(
    r"(?<![\w/:@.])(?P<user>[A-Za-z][\w.\\/-]{0,62}):(?P<s>[^\s:@/\"'][^\s@\"']*)[\"']?@(?=(?:tcp|unix|udp)\(|[A-Za-z][\w.-]*|\d{1,3}(?:\.\d{1,3}){3})(?!sha\d)"
)
_SQL = re.compile(
    r"\b(?:identified\s+(?:with\s+\S+\s+)?by|(?:with\s+)?(?:encrypted\s+)?password|set\s+password[^'\"]{0,60}?(?:=|to)|pwdcompare\()\s*(?:old_)?(?:password\()?\s*\\*(?P<q>['\"])(?P<s>(?:(?!(?P=q)).){1,200})(?P=q)",
    re.IGNORECASE,
)
_SQL_BARE = re.compile(r"\bidentified\s+(?:with\s+\S+\s+)?by\s+(?P<s>[^\s'\"\\;]+)", re.IGNORECASE)
_TOLD = re.compile(
    r"\b(?:password|passwd|passphrase|token|secret|api key|pin)\s+(?:is|was)\s+\\*[\"']?(?P<s>[^\s\"'\\,;]+)",
    re.IGNORECASE,
)
_CALL = re.compile(r"\bpassword\(\s*\\*['\"](?P<s>[^'\"\\]{1,200})", re.IGNORECASE)
_VARIABLE_NAME = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9]+(?:_|$)")
_NETRC = re.compile(r"\b(?:login|user)\s+\S+\s+(?:password|passwd)\s+(?P<s>\S+)", re.IGNORECASE)
_ENV_PAIR = re.compile(
    r"\\*[\"'](?:name|key|Name|Key|parameterKey|ParameterKey)\\*[\"']\s*:\s*\\*[\"'](?P<n>[\w.\-]+)\\*[\"']\s*,\s*\\*[\"']\w*[vV]alue\\*[\"']\s*:\s*\\*[\"'](?P<s>(?:[^\"'\\]|\\[^\"'])+)"
)
_SENTENCE = re.compile(r"[a-z]+\s+[a-z]+\b")
_PORT = re.compile(r"\d{1,5}(?:/|$)")


def named(text: str) -> Iterator[Span]:
    """Values of names that promise a secret."""
    done = 0
    for match in _NAMED.finditer(text):
        if match.start() < done:
            continue
        head = _NAME_CHARACTERS.search(text, 0 if match.start() < 80 else match.start() - 80, match.start())
        before = head[0] if head else ""
        name = before + text[match.start() : match.end("rest")]
        name = name.rsplit("/", 1)[-1] if "://" not in name else name
        kind = weight(name)
        if not kind:
            continue
        start, end = _value(text, match.end())
        value = text[start:end]
        separator = match["sep"]
        if "authorization" in name.lower():
            continue
        loose = separator.endswith(" ") and not any(q in separator for q in "\"'") and text[match.end()] not in "\"'\\"
        # "password: authentication failed" is a sentence; a lone word behind the colon is a value.
        if loose and separator.strip() == ":" and _SENTENCE.match(text, start):
            continue
        variable = kind == "weak" and _VARIABLE_NAME.match(name) is not None and mixed(value) and not no_secret(value)
        if value.startswith(MARK) or not (variable or holds(kind, value)):
            continue
        basic = kind == "weak" and not variable and name.lower().endswith("auth")
        if basic and not _pair(value) and not looks_random(value, 20):
            continue
        done = end
        yield start, end, "password" if kind == "password" else "token"


def _value(text: str, at: int) -> tuple[int, int]:
    """Where the value that begins here ends: at its quote, or where a word, a pair or a command does."""
    opened = _OPEN.match(text, at)
    if opened:
        close = text.find(opened[0], opened.end())
        if opened[0] in {'"', "'"}:
            while close > 0 and text[close - 1] == "\\" and text[close - 2] != "\\":
                close = text.find(opened[0], close + 1)
        return opened.end(), close if close >= 0 else len(text)
    bare = _BARE.match(text, at)
    if bare is None:
        return at, at
    value = bare[0]
    cut = _NEXT_PAIR.search(value)
    if cut:
        value = value[: cut.start()]
    value = _unclosed(value)
    escaped = value.find("\\n")
    if escaped > 0:
        value = value[:escaped]
    return at, at + len(value.rstrip("\\"))


def _unclosed(value: str) -> str:
    for opening, closing in (("(", ")"), ("[", "]"), ("{", "}")):
        while value.endswith((closing, f"{closing},", f"{closing};")) and opening not in value:
            value = value.rstrip(",;")[:-1]
    return value


def _pair(value: str) -> bool:
    """Whether it is base64 of ``user:password``."""
    try:
        return b":" in base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False


def headers(text: str) -> Iterator[Span]:
    """Values of HTTP headers that authorise."""
    for match in _HEADER_AUTH.finditer(text):
        at = match.end()
        scheme = _SCHEME.match(text, at)
        at = scheme.end() if scheme else at
        rest = re.compile(r"[^\s\"'\\,;]+").match(text, at)
        if rest is None or len(rest[0]) < 4 or no_secret(rest[0]):
            continue
        yield rest.start(), rest.end(), "credentials"
        if not scheme or scheme[0].lower().startswith("digest"):
            # Schemes of name=value pairs: AWS4-HMAC-SHA256 Credential=…, Signature=…
            line = re.compile(r"[^\"'\r\n]{0,600}").match(text, rest.end())
            for pair in re.finditer(
                r"(?:signature|response|credential|sig|mac|nonce|oauth_\w+)=\"?([^\s,\"']+)",
                line[0] if line else "",
                re.IGNORECASE,
            ):
                yield rest.end() + pair.start(1), rest.end() + pair.end(1), "credentials"
    for match in _BEARER.finditer(text):
        value = match["s"]
        if (
            not no_secret(value)
            and (any(c.isdigit() for c in value) or len(value) >= 20)
            and not value.startswith(("-", "/"))
        ):
            yield match.start("s"), match.end("s"), "credentials"
    for match in _COOKIE.finditer(text):
        for pair in _COOKIE_PAIR.finditer(match["s"]):
            if pair[1].lower() not in _COOKIE_ATTRIBUTES and not pair[1].startswith("-") and len(pair[2]) >= 3:
                yield match.start("s") + pair.start(2), match.start("s") + pair.end(2), "cookie"


def addresses(text: str) -> Iterator[Span]:
    """Passwords in URLs and in ``user:password@host``."""
    if "@" not in text:
        return
    for match in _USERINFO.finditer(text):
        value = match["s"]
        if match["c"]:
            if value and not _PORT.match(value) and not no_secret_in_url(value):
                # A password with an @ in it: the last one before the host divides.
                yield match.start("s"), match.end("s"), "password"
        elif looks_random(match["user"], 16):
            yield match.start("user"), match.end("user"), "token"
    for match in re.finditer(r"://[^\s/:@\"'<>]{0,128}:(?P<s>[^\s\"'<>]{0,256}@[^\s\"'<>/@]{0,256})@[\w.-]+", text):
        yield match.start("s"), match.end("s"), "password"
    for match in _AT.finditer(text):
        value, user = match["s"], match["user"]
        if user.lower() in {
            "arn",
            "urn",
            "sha256",
            "npm",
            "file",
            "mailto",
            "http",
            "https",
            "git",
            "from",
            "to",
            "cc",
        } or text.startswith("sha", match.end()):
            continue
        if not _PORT.fullmatch(value) and not no_secret(value) and not value.startswith(MARK):
            yield match.start("s"), match.end("s"), "password"


def no_secret_in_url(value: str) -> bool:
    """Like ``no_secret``, for the password of an address: ``***``, ``$PASS`` and ``<password>`` are none."""
    return value.startswith(("$", "<", "{", "*", MARK, "%s", "%(")) or not any(c.isalnum() for c in value)


def statements(text: str) -> Iterator[Span]:
    """Passwords in SQL, in netrc lines and in ``{"name": "X_PASSWORD", "value": …}``."""
    lower = text.lower()
    if "password" in lower or "identified" in lower or "pwd" in lower:
        for match in _SQL.finditer(text):
            if not no_secret(match["s"]):
                yield match.start("s"), match.end("s"), "password"
        for pattern in (_SQL_BARE, _CALL):
            for match in pattern.finditer(text):
                if not no_secret(match["s"]) and not match["s"].lower().startswith("password"):
                    yield match.start("s"), match.end("s"), "password"
        for match in _NETRC.finditer(text):
            yield match.start("s"), match.end("s"), "password"
    if " is " in lower or " was " in lower:
        for match in _TOLD.finditer(text):
            value = match["s"].rstrip(".!?)")
            if mixed(value) and any(not c.isalpha() and c not in "-'" for c in value) and not no_secret(value):
                yield match.start("s"), match.start("s") + len(value), "password"
    if "value" in lower:
        for match in _ENV_PAIR.finditer(text):
            if holds(weight(match["n"]), match["s"]):
                yield match.start("s"), match.end("s"), "password" if weight(match["n"]) == "password" else "token"
