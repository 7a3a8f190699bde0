"""What a piece of input is when it is no alert.

Falco's own talk, another tool's record, or nothing that anybody here knows.
"""

from __future__ import annotations

import difflib
import re
from typing import Any, Literal

SkipKind = Literal["log_line", "statistics", "blank", "unrecognised", "broken"]

_PRIORITY = r"(?:Emergency|Alert|Critical|Error|Warning|Notice|Informational|Info|Debug) "
_LOG_LINE = re.compile(
    r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d{4})|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d "
    rf"\d\d:\d\d:\d\d \d{{4}}): (?!{_PRIORITY})\S.*",
    re.DOTALL,
)
_STATISTICS = re.compile(
    r"(?:Events detected: \d+|Rule counts by severity:|Triggered rules by rule name:|"
    r"Syscall event drop monitoring:.*|Driver Events:\d+|Driver Drops:\d+)"
    r"\s*"
)
_COUNT = re.compile(r"\s+(?:- )?\S.*: \d+(?: occurrences)?\s*")
_SOURCES = re.compile(
    r"(?:Error: |Usage:|Falco version: |Falco initialized|Loading rules|rules_file|Enabled event sources:).*"
)


class Talk:
    """Tells Falco's own lines from alerts; knows when it stands in the closing statistics."""

    def __init__(self) -> None:
        self._in_statistics = False

    def classify(self, line: str) -> tuple[SkipKind, str] | None:
        """Kind and reason of a line that is Falco's talk or blank; None for anything else."""
        if not line.strip():
            return "blank", "an empty line"
        if _STATISTICS.fullmatch(line):
            self._in_statistics = True
            return "statistics", "Falco's closing statistics: counts, not an alert"
        if self._in_statistics and _COUNT.fullmatch(line):
            return "statistics", "Falco's closing statistics: counts, not an alert"
        self._in_statistics = False
        if _LOG_LINE.fullmatch(line) or _SOURCES.fullmatch(line):
            return "log_line", "a message of Falco about itself, not an alert"
        return None


# Records of other tools, told by keys that they always carry: named for the reader, never read as Falco.
_OTHERS: tuple[tuple[str, frozenset[str]], ...] = (
    (
        "an Alertmanager notification that does not come from Falco (labels.source is not falco)",
        frozenset({"alerts", "receiver"}),
    ),
    (
        "an Alertmanager alert that does not come from Falco (labels.source is not falco)",
        frozenset({"labels", "annotations"}),
    ),
    ("an OCSF event", frozenset({"class_uid", "category_uid"})),
    ("a GuardDuty finding", frozenset({"schemaVersion", "accountId", "service"})),
    ("a GuardDuty finding", frozenset({"SchemaVersion", "AccountId", "Service"})),
    ("a Security Hub finding (ASFF)", frozenset({"ProductArn", "AwsAccountId"})),
    ("Security Hub findings (ASFF)", frozenset({"Findings"})),
    ("an EventBridge event", frozenset({"detail-type", "detail"})),
    ("a Kubernetes audit event: raw, no rule matched it", frozenset({"auditID", "verb"})),
    ("a Kubernetes audit event: raw, no rule matched it", frozenset({"auditID", "stage"})),
    ("a Wazuh alert", frozenset({"rule", "agent", "manager"})),
    ("a Wazuh alert", frozenset({"rule", "decoder", "location"})),
    ("a Suricata EVE record", frozenset({"event_type", "timestamp"})),
    ("a Tracee event", frozenset({"eventName", "processName"})),
    ("a Tracee event", frozenset({"workload", "policies"})),
    ("a Snort 3 alert", frozenset({"seconds", "rule"})),
    ("a Snort 3 alert", frozenset({"timestamp", "rule", "pkt_num"})),
    ("a Kubernetes object", frozenset({"apiVersion", "kind"})),
    ("an ECS event", frozenset({"@timestamp", "event"})),
    ("an ECS event", frozenset({"@timestamp", "ecs"})),
)
_TETRAGON = re.compile(r"process_(?:exec|exit|kprobe|tracepoint|uprobe|usdt|loader|lsm|throttle)|rate_limit_info")
# Beginnings of packed files, after what is no UTF-8 in them was replaced.
_PACKED = (
    ("\x1f\ufffd\x08", "gzip-compressed"),
    ("(\ufffd/\ufffd", "zstd-compressed"),
    ("BZh", "bzip2-compressed"),
    ("\ufffd7zXZ\x00", "xz-compressed"),
    ("PK\x03\x04", "a zip archive"),
)
_LOOKED_AT = 4096
_FALCO_KEYS = ("rule", "priority", "output", "output_fields", "time", "source", "hostname", "tags")


def nearest(record: dict[str, Any]) -> str | None:
    """What a record looks most like, in words; None when it looks like nothing known."""
    keys = set(record)
    for name, marks in _OTHERS:
        if marks <= keys:
            return name
    if any(_TETRAGON.fullmatch(key) for key in keys):
        return "a Tetragon event"
    if any(key.startswith("kibana.alert") or key.startswith("signal.") for key in keys):
        return "an Elastic Security alert"
    return None


def describe(record: dict[str, Any]) -> str:
    """Why an object is no alert: its keys, what it resembles, and what is missing."""
    keys = ", ".join(str(key)[:40] for key in list(record)[:12]) + (", …" if len(record) > 12 else "")
    known = nearest(record)
    if known:
        return f"it looks like {known}, which is not read as a Falco alert; keys: {keys}"
    near = [key for key in _FALCO_KEYS if key in record]
    if near:
        lacking = [key for key in ("rule", "priority", "output or output_fields") if key.split(" ", 1)[0] not in record]
        missing = f" and lacks {', '.join(lacking)}" if lacking else ", with values that Falco does not write"
        return f"it resembles a Falco alert (it has {', '.join(near)}){missing}; keys: {keys}"
    guesses = {
        match
        for key in list(record)[:50]
        for match in difflib.get_close_matches(str(key)[:40].lower(), _FALCO_KEYS, n=1, cutoff=0.8)
    }
    hint = f" (did you mean {', '.join(sorted(guesses))}?)" if guesses else ""
    return f"unrecognised JSON object{hint}; keys: {keys or 'none'}"


def _is_strange(character: str) -> bool:
    return character == "\ufffd" or (character < " " and character not in "\t\r\n\x1b")


def describe_line(line: str) -> str:
    """Why a line is no alert."""
    if re.search(r"\btype=[A-Z_]+ msg=audit\(|\baudit\(\d+\.\d+:\d+\)", line):
        return "it looks like an auditd record, which is not read as a Falco alert"
    packed = next((name for start, name in _PACKED if line.startswith(start)), None)
    if packed:
        return f"it is {packed}: unpack it first"
    strange = sum(1 for character in line[:_LOOKED_AT] if _is_strange(character))
    if strange * 10 > min(len(line), _LOOKED_AT):
        return "it is binary data and no text"
    if "CEF:" in line:
        return "it is CEF of another product than Falco"
    return 'unrecognised text: a Falco line reads "<time>: <Priority> <message>"'
