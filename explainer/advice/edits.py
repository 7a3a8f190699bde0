# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""In-place edits judged by what they leave behind: values put back beside their keys, rules taken out of files of rules."""

from __future__ import annotations

import re

# Files in which a line's value stands alone in the pattern of the edit: what goes before it.
_BARE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"pg_hba\.conf$"), "host all all all "),
    (re.compile(r"/selinux(?:/config)?$"), "SELINUX="),
    (re.compile(r"/etc/exports$"), "/srv *"),
)
_RULE_FILES = re.compile(
    r"(?:suricata|snort|falco|zeek|wazuh|ossec|sigma|yara|osquery|audit|aide|crowdsec|modsec\w*|crs|tetragon|tracee|elastalert|prometheus|alertmanager|"
    r"sysmon|auditbeat|detections?|clamav|fail2ban)[^\s]*(?:rules?|\.yaml|\.yml|\.conf|\.xml|\.local|\.d|jail\S*|threshold\S*|\.sigs?|\.yar)\b|\.rules$|local_rules",
    re.I,
)  # fmt: skip
_DELETES = re.compile(r"(?:^|[;{\s])(?:[/\\].*?[^\\][/#|,!]|\d+|\$|\d+,\s*[\d$]+)?\s*[dD]\s*(?:$|[;}\s])")
_COMMENTS = re.compile(r"\bs(.)\^?(?:\\\(|\()?[^\n]*?\1(?:#|//|;|--)\s?(?:&|\\1|\$1|[a-z-])", re.I)
_MUTES = re.compile(r"\bs(.)\^?\W{0,3}(?:alert|drop|reject|block)\b[^\n]*?\1\W{0,3}(?:#|pass|log|ignore)", re.I)
_WATCH = re.compile(
    r"-w\b|-a\b|always|alert|rule|condition|watch|identity|priority|key=|-k\b|enabled|audit|exec|sudo|passwd|shadow",
    re.I,
)
_RELOAD_ONLY = re.compile(r"evidence|/case|\.bak\b|/tmp/", re.I)


def with_key(path: str, content: str) -> str:
    """The lines of an edit with their keys, where the edit names the value alone (``s/md5$/trust/`` in ``pg_hba.conf``)."""
    for pattern, prefix in _BARE:
        if pattern.search(path):
            return "\n".join(
                prefix + line if line and not re.search(r"[=\s]", line.strip()) else line
                for line in content.split("\n")
            )
    return content


def takes_rules_out(path: str, program: str) -> bool:
    """Whether an edit program deletes, comments out or mutes lines of a file of detection rules."""
    if not _RULE_FILES.search(path) or _RELOAD_ONLY.search(path):
        return False
    if _MUTES.search(program):
        return True
    return bool(_DELETES.search(program) or _COMMENTS.search(program)) and bool(
        _WATCH.search(program) or not re.search(r"/", program.strip("/d"))
    )
