# ruff: noqa: E501  (regular expressions are read better whole)
"""Secrets that show by themselves: prefixes and forms that an issuer gives to its keys, wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

# (kind, pattern, what any match holds). The literals in the third place are looked for first: a text without them is
# passed over at the speed of a substring search. A group called ``s`` is the secret, else the whole match is.
_ROWS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "private-key",
        r"-----BEGIN (?:[A-Z0-9 ]*PRIVATE KEY|PGP PRIVATE KEY BLOCK)-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
        ("PRIVATE KEY",),
    ),
    (
        "private-key",
        r"\b(?:b3BlbnNzaC1rZXktdjE|LS0tLS1CRUdJTiB[A-Za-z0-9+/]{4,40}(?:UFJJVkFURS|QUklWQVRF|BSSVZBVE))[A-Za-z0-9+/=_-]*",
        ("b3BlbnNzaC1rZXktdjE", "LS0tLS1CRUdJTiB"),
    ),
    ("private-key", r"\bAGE-SECRET-KEY-1[0-9A-Z]{20,}", ("AGE-SECRET-KEY",)),
    (
        "access-key",
        r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA|AIDA|AROA)[A-Z0-9]{12,20}(?![A-Za-z0-9])",
        ("AKIA", "ASIA", "ABIA", "ACCA", "AIDA", "AROA"),
    ),
    (
        "token",
        r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,})",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    ),
    (
        "token",
        r"(?<![A-Za-z0-9])gl(?:pat|dt|rt|ptt|agent|oas|soat|imt|ft|cbt|ffct)-[\w.-]{16,}",
        ("glpat-", "gldt-", "glrt-", "glptt-", "glagent-", "gloas-", "glsoat-", "glimt-", "glft-", "glcbt-", "glffct-"),
    ),
    ("token", r"(?<![A-Za-z0-9])(?:xox[abeoprs]-|xapp-|xwfp-|xoxe\.)[\w.-]{10,}", ("xox", "xapp-", "xwfp-")),
    ("api-key", r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}", ("sk-",)),
    (
        "api-key",
        r"(?<![A-Za-z0-9])[srpw](?:k|hsec)_(?:live|test|prod)?_?[A-Za-z0-9]{16,}",
        ("sk_", "rk_", "pk_", "whsec_"),
    ),
    ("api-key", r"(?<![A-Za-z0-9])AIza[\w-]{30,}", ("AIza",)),
    ("token", r"(?<![A-Za-z0-9])(?:ya29\.|1//0)[\w.-]{16,}", ("ya29.", "1//0")),
    ("client-secret", r"(?<![A-Za-z0-9])GOCSPX-[\w-]{16,}", ("GOCSPX-",)),
    (
        "token",
        r"(?<![A-Za-z0-9])(?:npm_|hf_|api_org_|dop_v1_|doo_v1_|dor_v1_|dckr_pat_|dckr_oat_|glsa_|glc_|lin_api_|lin_oauth_|sntrys_|sntryu_|pul-|figd_|secret_|ntn_|tskey-|nfp_|vercel_|fo1_|FlyV1\s+fm\w*_|pscale_\w+_|sbp_|sb_secret_|rnd_|rubygems_|shp(?:at|ca|pa|ss)_|PMAK-|NRAK-|NRJS-|NRII-|ATATT3x|ATCTT3x|ATBB|dp\.(?:pt|st|ct|sa|scim|audit)\.|dapi|CFPAT-|phc_|phx_|rpa_|gsk_|pplx-|xai-|r8_|tfp_|cio|EAAC|EAAG|oy2|ops_eyJ|tvly-|nvapi-|co_live_|duffel_\w+_|easypost|EZ[AT]K|frwl-|ion_|lt_|patch_|bkua_|cra_|circleci_|CCIPAT_|CCIPRJ_)[A-Za-z0-9][\w.=+/-]{18,}",
        (
            "npm_",
            "hf_",
            "api_org_",
            "_v1_",
            "dckr_",
            "glsa_",
            "glc_",
            "lin_",
            "sntry",
            "pul-",
            "figd_",
            "secret_",
            "ntn_",
            "tskey-",
            "nfp_",
            "vercel_",
            "fo1_",
            "FlyV1",
            "pscale_",
            "sbp_",
            "sb_secret_",
            "rnd_",
            "rubygems_",
            "shpat_",
            "shpca_",
            "shppa_",
            "shpss_",
            "PMAK-",
            "NRAK-",
            "NRJS-",
            "NRII-",
            "ATATT3x",
            "ATCTT3x",
            "ATBB",
            "dp.",
            "dapi",
            "CFPAT-",
            "phc_",
            "phx_",
            "rpa_",
            "gsk_",
            "pplx-",
            "xai-",
            "r8_",
            "tfp_",
            "EAAC",
            "EAAG",
            "ops_eyJ",
            "tvly-",
            "nvapi-",
            "bkua_",
            "CCIPAT_",
            "CCIPRJ_",
        ),
    ),
    ("token", r"(?<![A-Za-z0-9])pypi-[\w-]{16,}", ("pypi-",)),
    (
        "token",
        r"(?<![A-Za-z0-9])(?:hv[sbr]\.[\w-]{16,}|[sbr]\.[A-Za-z0-9]{24}(?![A-Za-z0-9]))",
        ("hvs.", "hvb.", "hvr.", "s.", "b.", "r."),
    ),
    ("token", r"(?<![A-Za-z0-9])[A-Za-z0-9]{10,20}\.atlasv1\.[\w-]{20,}", (".atlasv1.",)),
    ("token", r"\bSWMTKN-1-[a-z0-9-]{20,}", ("SWMTKN-",)),
    ("token", r"(?<![A-Za-z0-9])K10[0-9a-f]{40,}::\S+", ("K10",)),
    ("api-key", r"(?<![A-Za-z0-9])SG\.[\w-]{14,}\.[\w-]{14,}", ("SG.",)),
    ("api-key", r"(?<![A-Za-z0-9])(?:key-[0-9a-f]{32}|[0-9a-f]{32}-us\d{1,2})(?![A-Za-z0-9])", ("key-", "-us")),
    ("api-key", r"(?<![A-Za-z0-9])(?:xkeysib|xsmtpsib)-[0-9a-f]{32,}[\w-]*", ("xkeysib-", "xsmtpsib-")),
    ("api-key", r"(?<![A-Za-z0-9])SK[0-9a-f]{32}(?![A-Za-z0-9])", ("SK",)),
    ("token", r"(?<![A-Za-z0-9])(?:bot)?(?P<s>\d{8,10}:[A-Za-z0-9_-]{33,37})(?![A-Za-z0-9_-])", (":",)),
    ("token", r"(?<![A-Za-z0-9])[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}", (".",)),
    ("token", r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4}", ("eyJ",)),
    ("client-secret", r"(?<![A-Za-z0-9])[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}", ("Q~",)),
    ("webhook", r"\bhooks\.slack\.com/(?:services|workflows|triggers)/(?P<s>[\w/-]{16,})", ("hooks.slack.com",)),
    ("webhook", r"\bdiscord(?:app)?\.com/api/(?:v\d+/)?webhooks/(?P<s>\d+/[\w-]{16,})", ("/webhooks/",)),
    ("webhook", r"\b\w+\.webhook\.office\.com/webhookb2/(?P<s>[\w@/-]{16,})", ("webhook.office.com",)),
    ("webhook", r"\bevents\.pagerduty\.com/integration/(?P<s>[0-9a-f]{20,})", ("events.pagerduty.com",)),
    (
        "password-hash",
        r"(?<![A-Za-z0-9$])\$(?:1|2[abxy]?|5|6|7|y|gy|md5|sha1|apr1|scrypt|argon2\w*|pbkdf2[\w-]*|P|H|S)\$[^\s:'\"\\,;]{10,}",
        ("$",),
    ),
    (
        "password-hash",
        r"\{(?:S?SHA\d*|S?MD5|CRYPT|PBKDF2[\w-]*|ARGON2)\}[A-Za-z0-9+/=$.]{12,}",
        ("{S", "{M", "{C", "{P", "{A"),
    ),
    ("password-hash", r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{32}:[0-9A-Fa-f]{32}(?![0-9A-Fa-f])", (":",)),
)
_COMMON = frozenset({":", ".", "$", "SK", "-us", "key-", "s.", "b.", "r."})
# Most texts hold no beginning of a key: one search tells.
_RARE = tuple((k, re.compile(p, re.DOTALL), n) for k, p, n in _ROWS if not _COMMON.intersection(n))
_OFTEN = tuple((k, re.compile(p, re.DOTALL), n) for k, p, n in _ROWS if _COMMON.intersection(n))
_ANY_RARE = re.compile("|".join(re.escape(needle) for _, _, needles in _RARE for needle in needles))
_SHORTEST = 16


def shaped(text: str) -> Iterator[tuple[int, int, str]]:
    """Places of secrets that show by their form: ``(start, end, kind)``, possibly overlapping."""
    if len(text) < _SHORTEST:
        return
    rows = (*_RARE, *_OFTEN) if _ANY_RARE.search(text) else _OFTEN
    for kind, pattern, needles in rows:
        for needle in needles:
            if needle in text:
                break
        else:
            continue
        for match in pattern.finditer(text):
            group = "s" if "s" in pattern.groupindex else 0
            yield match.start(group), match.end(group), kind
