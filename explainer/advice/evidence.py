"""Records of what happened: alerts as JSON or key and value, log lines, audit records. Nothing in them is a step."""

from __future__ import annotations

import re

# Keys that only records of events have; configuration and manifests do not.
_RECORD_KEYS = re.compile(
    r"[\"']?\b(?:output_fields|evt\.(?:time|type)|proc\.(?:cmdline|name|pname|exepath|tty)|fd\.(?:name|rip|sip)|user\.(?:name|uid|loginuid)|"
    r"eventTime|eventName|eventSource|eventID|eventVersion|userIdentity|userAgent|sourceIPAddress|requestParameters|responseElements|"
    r"@timestamp|timestamp|TimeCreated|TimeGenerated|proctitle|auid|a[0-3]|syscall|ppid|tty|ses|comm|stageTimestamp|requestReceivedTimestamp|"
    r"auditID|requestURI|sourceIPs|impersonatedUser|CommandLine|ParentImage|ParentCommandLine|ProcessId|LogonId|EventID|RuleName|"
    r"process_cmdline|parent_process|cmdline|command_line|process\.(?:name|executable|command_line|args|parent\.\w+)|event\.(?:action|category|kind|code)|"
    r"detection_id|alert_id|finding_id|verdict|observed_at|first_seen|last_seen|src_ip|dst_ip|src|actor|ts)[\"']?\s*[:=]",
)
_STRONG_KEYS = re.compile(
    r"[\"']?\b(?:output_fields|evt\.(?:time|type)|proc\.(?:cmdline|pname|exepath)|eventTime|eventName|userIdentity|sourceIPAddress|proctitle|"
    r"requestReceivedTimestamp|stageTimestamp|ParentCommandLine|parent_process|process\.command_line|event\.action)[\"']?\s*[:=]"
)
_RULE_KEYS = re.compile(
    r"^\s*-?\s*[\"']?(?:condition|detection|logsource|selection|desc|match|matches|rules?|filters?|query)[\"']?\s*:",
    re.M,
)
_LOG_LINE = re.compile(
    r"^\s*(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\[?\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?\]?[Z ]|"
    r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |type=[A-Z_]+ msg=audit|"
    r"\d{10}(?:\.\d+)?[: ]|\[\s*\d+\.\d{4,}\]|<\d{1,3}>\d? ?\d{4}-)"
)
_PAIR = re.compile(
    r"(?<![\w-])(?:cmd|cmdline|command|exe|comm|parent|pname|gparent|proc(?:\.\w+)?|process|user(?:\.\w+)?|uid|auid|euid|ppid|pid|tty|container(?:\.\w+)?|"
    r"container_id|image|k8s\.\w+(?:\.\w+)?|evt\.\w+|fd\.\w+|terminal|file|syscall|ses|key|res|hostname|addr|acct)="
)


def is_record(text: str) -> bool:
    """Whether a piece of code is the record of an event rather than something to run or to apply."""
    head = text[:6000]
    pairs = len({m.group(0) for m in _PAIR.finditer(head)})
    if pairs >= 3 and not re.search(r"^\s*(?:sudo |export |docker run|kubectl )", head):
        return True
    if _RULE_KEYS.search(head):
        return False
    keys = {m.group(0).strip("\"' :=") for m in _RECORD_KEYS.finditer(head)}
    if len(keys) >= 3 or (len(keys) >= 2 and _STRONG_KEYS.search(head)):
        return not re.search(r"^\s*(?:kubectl|aws|curl|sudo|export|echo)\b", head, re.M)
    lines = [line for line in head.split("\n") if line.strip()][:60]
    return len(lines) > 0 and sum(1 for line in lines if _LOG_LINE.match(line)) * 2 > len(lines)
