# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Statements of databases as acts: what is granted, dropped, disabled or emptied, in SQL, CQL and the shells of document stores."""

from __future__ import annotations

import re
from collections.abc import Iterator

from explainer.advice.acts import Act, plain
from explainer.advice.patterns import Setting

_STATEMENT = re.compile(
    r"\b(?P<verb>DROP|TRUNCATE|DELETE|ALTER|GRANT|REVOKE|CREATE|SET|RESET|PURGE|UNINSTALL|INSTALL|NOAUDIT|AUDIT|EXEC(?:UTE)?|UPDATE|FLUSH|DISABLE|ENABLE|COPY|"
    r"SHUTDOWN|KILL|BACKUP|RESTORE|CALL|LOAD|ATTACH|DETACH|PRAGMA|COMMENT|SELECT)\b(?P<rest>[^;]{0,600})",
    re.I,
)  # fmt: skip
_SETTING = re.compile(
    r"^\s*(?:SYSTEM|GLOBAL|PERSIST|SESSION|@@global\.|@@)?\s*(?:SET\s+)?(?:GLOBAL\s+|PERSIST\s+)?([\w.@]+)\s*(?:=|\bTO\b)\s*['\"]?([^'\";,]+)",
    re.I,
)
_OFF = re.compile(
    r"\bDISABLE\b|\bSTATE\s*=\s*OFF\b|\bWITH\s*\(\s*STATE\s*=\s*OFF|\bNOT?\s+ENFORCED\b|\bNO\s+FORCE\b|\bOFF\s*$", re.I
)


def acts(text: str) -> Iterator[Act]:
    """The acts of a text of statements."""
    for match in _STATEMENT.finditer(text[:20_000]):
        verb, rest = match.group("verb").upper(), match.group("rest")
        thing = f"sql {plain(rest[:300])}"
        if verb in ("DROP", "TRUNCATE", "DELETE", "PURGE", "UNINSTALL", "RESET"):
            yield Act("remove", thing)
        elif verb in ("NOAUDIT", "DISABLE"):
            yield Act("off", f"sql {verb.lower()} {plain(rest[:300])}")
        elif verb == "GRANT":
            yield Act("grant", thing)
        elif verb in ("ALTER", "SET", "EXEC", "EXECUTE", "CALL"):
            yield Act("off" if _OFF.search(rest) else "set", thing)
        elif verb == "CREATE":
            yield Act("add", thing)


def settings(text: str) -> Iterator[Setting]:
    """``ALTER SYSTEM SET key = value`` and ``SET GLOBAL key = value`` as settings of the server."""
    for match in _STATEMENT.finditer(text[:20_000]):
        verb, rest = match.group("verb").upper(), match.group("rest")
        if verb == "SET" or (
            verb == "ALTER" and re.match(r"\s*(?:SYSTEM|DATABASE\s+\w+|ROLE\s+\w+)\s+SET\b", rest, re.I)
        ):
            body = re.sub(r"^\s*(?:SYSTEM|DATABASE\s+\w+|ROLE\s+\w+)\s+SET\s+", "", rest, flags=re.I)
            found = _SETTING.match(body)
            if found:
                yield Setting(
                    found.group(1).lstrip("@").removeprefix("global.").lower(), found.group(2).strip(), "sql server"
                )
