# ruff: noqa: E501  (regular expressions are read better whole)
"""What a name says about the value beside it: a secret, perhaps one, or nothing of the kind."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from typing import Literal

from explainer.redaction.wordsets import word_set

Weight = Literal["password", "token", "weak", ""]

MARK = "[redacted:"

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPLIT = re.compile(r"[^A-Za-z0-9]+")
# Written together, in front of or behind anything: PGPASSWORD, bindpw, authToken after its case is folded.
_PASSWORD = re.compile(
    r"(?:password|passwd|passphrase|passwort|passcode|kennwort|contrasena|pswd|psswd|psk|mnemonic"
    r"|(?<!by)(?<!com)(?<!tres)(?<!over)(?<!under)pass|pwd|(?<!https)pw|requirepass|masterauth|passin|passout)$"
)
_TOKEN = re.compile(
    r"(?:secret|token|jwt|bearer|apikey|accesskey|secretkey|privatekey|authkey|sharedkey|accountkey|masterkey"
    r"|encryptionkey|signingkey|signaturekey|sessionkey|clientkey|licensekey|subscriptionkey|appkey|hmackey|sharedaccesskey"
    r"|sharedaccesssignature|connectionstring|connstr|cookie|authorization|credential|creds|otp|totp|setupkey|joinkey"
    r"|dockerconfigjson|personalaccesstoken|hecauth|skey)$"
)
_KEY_OF = word_set(
    "api access secret private auth account encryption encrypt decryption master shared session client signing "
    "sign storage app application service deploy admin write subscription ssh rsa ec tls ssl cert gpg hmac aes "
    "license host root unseal recovery recovery ingest integration routing project server user storageaccount "
    "join certificate setup preshared pre validation webhook cookie csrf webui jwt data crypto consumer "
    "customer sas functions"
)
# What a name ends in when it tells where the secret is, or how it has to look, instead of the secret itself.
_ABOUT = word_set(
    "file files path dir directory folder url uri endpoint name names type ttl length len count policy expiry "
    "expires expiration expire age version size min max algorithm alg stdin env prompt ref refs command cmd "
    "format header field provider store manager rotation issuer audience scope scopes limit budget num enabled "
    "required mode attempts status lifetime arn usage class reviewer fd column location prefix suffix regex "
    "pattern manager helper agent lock timeout interval period method mount mounts volume volumes engine "
    "backend plugin request response review reason error date time timestamp owner hint label labels "
    "description desc auth0 ids index table store source encryption policies rules history manager reset "
    "change changed set"
)
_QUALIFIER = word_set(
    "value val data base64 b64 hash plain plaintext text raw string enc encoded old new current previous prev "
    "next primary secondary default prod production dev test staging main ro rw read readonly 1 2 3 0 live id "
    "hex"
)
_WEAK = word_set("key auth code sig signature session sessionid sid sas login nonce salt seed pin hash pat dsn")
_SAID = word_set("password passwd passphrase secret token apikey")
_NOT_KEY = word_set(
    "public pub primary foreign partition sort cache registry keyboard host_key hot row idempotency label map "
    "group routing object"
)


@lru_cache(maxsize=4096)
def weight(name: str) -> Weight:
    """How much a name promises a secret.

    ``password``: whatever stands there is one. ``token``: it is, unless it is a plain word. ``weak``: only when the
    value itself looks made by a machine.
    """
    words = [word.lower() for word in _SPLIT.split(_CAMEL.sub("_", name)) if word]
    if not words:
        return ""
    if len(words) > 1 and words[-1] == "id" and words[-2] == "secret":
        return "token"
    while len(words) > 1 and (words[-1] in _QUALIFIER or words[-1].isdigit()):
        if words[-1] == "id" and words[-2] not in {"session"}:
            return ""
        words.pop()
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _ABOUT:
        return ""
    joined = before + last
    if (
        _PASSWORD.search(last)
        or joined in {"passphrase", "passkey", "passwd"}
        or (before in {"pass"} and last == "word")
    ):
        return "password"
    if _TOKEN.search(last) or (_TOKEN.search(joined) and last != "key"):
        return (
            "" if before in {"csrf", "xsrf", "next", "page", "continuation", "max", "public", "pagination"} else "token"
        )
    if last in {"key", "keys"}:
        if before in _NOT_KEY:
            return ""
        return "token" if before in _KEY_OF or _TOKEN.search(joined) else "weak"
    if last in {"credentials", "secrets"} and before not in {"kubernetes"}:
        return "weak"
    if last in _WEAK:
        return "weak"
    # TF_TOKEN_app_terraform_io, SECRET_KEY_BASE: said in the middle.
    return "weak" if _SAID.intersection(words) else ""


_VARIABLE = re.compile(r"\$(?:[A-Za-z_]\w*|\{[^}]*\}|\([^)]*\))[,;)]*$|\{\{.*|%[({].*|%[sdv]$|%\w+%$|\$\$")
_NOTHING = word_set(
    "true false yes no on off none null nil undefined required optional <na> na n/a - -- string str text "
    "secret password token key auto generated default enabled disabled basic bearer digest negotiate ntlm "
    "incorrect invalid failed failure missing denied expired unset empty changeme? prompt stdin env file "
    "authentication is was not for of to from in and or the a an with set been has must should will can could "
    "cannot"
)
_PATH = re.compile(
    r"(?:~|\.{1,2})?/(?:[\w.@+-]+/)+[\w.@+-]*$|/(?:etc|var|run|home|root|tmp|usr|opt|proc|dev|mnt|srv|data|secrets?)(?:/|$)|[A-Za-z]:\\\w|\./|~/"
)
_REFERENCE = re.compile(
    r"(?i)<\(|(?:file|env|vault|ssm|op|secretsmanager|sops|awssm|gcpsm|azurekv|fd|ref\+\w+|keyring):|arn:aws|@/|<\w[\w -]*>$|x{4,}$|\*{3}|\[redacted|secretkeyref|valuefrom"
)


def no_secret(value: str) -> bool:
    """Whether a value only points to a secret, stands for one, or is none: a variable, a path, ``true``, ``****``."""
    bare = value.strip()
    return (
        not bare
        or bare.lower() in _NOTHING
        or bare.startswith(("$(", "<(", "`"))
        or _VARIABLE.match(bare) is not None
        or _PATH.match(bare) is not None
        or _REFERENCE.match(bare) is not None
        or not any(c.isalnum() for c in bare)
    )


_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MACHINE = re.compile(r"[A-Za-z0-9+/=_.~%-]+")


def entropy(text: str) -> float:
    """Shannon entropy, bits per character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def looks_random(value: str, least: int = 16) -> bool:
    """Whether a machine made this value: long, mixed, and no words, path, version or digest of a known kind in it."""
    if len(value) < least or not _MACHINE.fullmatch(value) or _PATH.match(value):
        return False
    digits = sum(c.isdigit() for c in value)
    letters = sum(c.isalpha() for c in value)
    if not digits or not letters:
        return False
    if _UUID.fullmatch(value):
        return True
    parts = [part for part in re.split(r"[-_./=]", value) if part]
    if len(parts) > 2 and max(map(len, parts)) < 10:
        return False
    return entropy(value) >= (2.9 if least < 16 else 3.1)


def mixed(value: str) -> bool:
    """Whether a value has the look of a password that somebody chose: several kinds of characters."""
    kinds = (
        any(c.islower() for c in value)
        + any(c.isupper() for c in value)
        + any(c.isdigit() for c in value)
        + any(not c.isalnum() for c in value)
    )
    return kinds >= 2 and len(value) >= 6


def holds(name_weight: Weight, value: str) -> bool:
    """Whether a value under a name of this weight is a secret."""
    if not name_weight or no_secret(value):
        return False
    if name_weight == "password":
        return True
    if name_weight == "token":
        return len(value) >= 4 and not (value.isdigit() and len(value) < 5)
    return looks_random(value, 14) or (len(value) >= 10 and mixed(value) and entropy(value) > 3.3 and " " not in value)
