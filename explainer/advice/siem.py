# ruff: noqa: E501  (regular expressions are read better whole)
"""What detection tools are told: filters that archive, exceptions, playbooks that close, outputs that carry logs away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from explainer.advice.config import Tree
from explainer.advice.patterns import Setting
from explainer.advice.policies import scalars

if TYPE_CHECKING:
    from explainer.advice.judge import Judge

Lowered = dict[str, Tree]
Place = tuple[int, int]
_EMPTY = Tree([])
_CLOSES = re.compile(
    r"^(?:[\w-]+[.:/])?(?:(?:case|alert|incident|finding|ticket|offen[sc]e|notable|detection)s?[._ -]?)?(?:auto[._ -]?)?(?:close|resolve|dismiss|archive|suppress|acknowledge)(?:d|[._ -]?(?:case|alert|incident|finding|ticket|all)s?)?$",
    re.I,
)
_BENIGN = re.compile(
    r"benign|false.?positive|no.?threat|not.?malicious|informational|expected|known.?good|harmless|suppressed|undetermined",
    re.I,
)
# What makes a verdict more than a guess.
_PROOF = re.compile(
    r"digest|sha-?256|\bhash|ticket|change[_ .-]?(?:id|request|window|number)|approv|signed|signature|analyst|manual|human|confirm|allow_?list|reviewed|maintenance|scanner_ip|verified",
    re.I,
)
_WEAK_FIELDS = frozenset(
    {
        "severity",
        "region",
        "accountid",
        "service.archived",
        "type",
        "updatedat",
        "productname",
        "confidence",
        "criticality",
        "severitylabel",
        "recordstate",
        "workflowstatus",
        "awsaccountid",
        "title",
    }
)


def judge_mapping(judge: Judge, node: Tree, lowered: Lowered, where: str, place: Place) -> None:
    """Ask every kind of detection content whether this mapping weakens it."""
    _reactions(judge, lowered, place)
    _filters(judge, lowered, place)
    _exceptions(judge, lowered, place)
    _alertmanager(judge, lowered, place)
    _outputs(judge, lowered, where, place)
    _rule_off(judge, lowered, place)
    del node


_RULE_WORDS = frozenset(
    {
        "query",
        "rule_id",
        "severity",
        "risk_score",
        "detection",
        "tactics",
        "alertruletemplatename",
        "search",
        "queryfrequency",
        "triggerthreshold",
        "sid",
        "expr",
        "signature",
        "displayname",
        "detections",
        "conditions",
        "techniques",
    }
)


def _rule_off(judge: Judge, lowered: Lowered, place: Place) -> None:
    """A detection rule of a SIEM that is written down switched off."""
    off = lowered.get("enabled", _EMPTY).text().lower() in ("false", "no", "0") or lowered.get(
        "disabled", _EMPTY
    ).text().lower() in ("true", "yes", "1")
    named = _RULE_WORDS & set(lowered)
    if (
        off
        and len(named) >= 2
        and named & {"query", "rule_id", "risk_score", "search", "sid", "detection", "queryfrequency", "tactics"}
    ):
        judge.found.add(judge.rules.check("siem-rule-off"), *place)


def judge_playbook(judge: Judge, tree: Tree, place: Place) -> None:
    """A playbook that closes what it gets, as benign, on no proof."""
    if not isinstance(tree.value, dict):
        return
    steps = next(
        (
            tree.value[k]
            for k in ("steps", "actions", "tasks", "playbook", "workflow", "nodes", "rules", "then")
            if k in tree.value
        ),
        None,
    )
    if steps is None and "properties" in tree.value:
        steps = tree.get("properties", "actions")
    if steps is None or not isinstance(steps.value, (list, dict)):
        return
    closing = _closing(tree, 0)
    if closing and not _PROOF.search(" ".join([*_keys(tree, 0), *scalars(tree)])[:8000]):
        judge.found.add(judge.rules.check("closes-as-benign"), *place)


def _keys(tree: Tree, depth: int) -> list[str]:
    if depth > 12:
        return []
    if isinstance(tree.value, dict):
        return [k for key, child in tree.value.items() for k in (key, *_keys(child, depth + 1))]
    return [k for child in tree.items() for k in _keys(child, depth + 1)]


def _closing(tree: Tree, depth: int) -> bool:
    """Whether some step closes with a benign verdict."""
    if depth > 12:
        return False
    if isinstance(tree.value, dict):
        for key, child in tree.value.items():
            named = _CLOSES.match(key) or (
                key.lower()
                in (
                    "action",
                    "uses",
                    "type",
                    "task",
                    "do",
                    "function",
                    "operation",
                    "command",
                    "actiontype",
                    "status",
                    "set_status",
                    "name",
                )
                and isinstance(child.value, str)
                and (_CLOSES.match(child.value) or child.value.lower() in ("closed", "resolved", "dismissed"))
            )
            about = tree if isinstance(child.value, str) else child
            if named and _BENIGN.search(" ".join(scalars(about))[:2000]):
                return True
        return any(_closing(child, depth + 1) for child in tree.value.values())
    return any(_closing(child, depth + 1) for child in tree.items())


def _reactions(judge: Judge, lowered: Lowered, place: Place) -> None:
    """Falco Talon and its like: an action on everything."""
    if "match" not in lowered or "actions" not in lowered:
        return
    names = [a.text("actionner") or a.text("action") for a in lowered["actions"].items()]
    match = lowered["match"]
    wide = re.search(r">=?\s*(?:debug|info\w*|notice)\b", match.text("priority"), re.I) or (
        not match.get("rules") and not match.get("tags")
    )
    if wide and any(re.search(r"terminate|delete|drain|kill", n, re.I) for n in names):
        judge.found.add(judge.rules.check("kill-all-automation"), *place)


def _filters(judge: Judge, lowered: Lowered, place: Place) -> None:
    """GuardDuty filters, Access Analyzer archive rules, Security Hub automation: narrow needs two fields that name something."""
    action = lowered.get("action", _EMPTY).text().upper()
    criteria = lowered.get("findingcriteria") or lowered.get("finding_criteria")
    if (
        criteria is not None
        and action == "ARCHIVE"
        and _broad(criteria.get("Criterion") or criteria.get("criterion") or criteria)
    ):
        judge.found.add(judge.rules.check("filter-broad"), *place)
    automated = "criteria" in lowered and re.search(
        r"SUPPRESSED|RESOLVED", " ".join(scalars(lowered.get("actions", _EMPTY)))
    )
    if automated and _broad(lowered["criteria"]):
        judge.found.add(judge.rules.check("filter-broad"), *place)
    if "rulename" in lowered and "filter" in lowered and _broad(lowered["filter"]):
        judge.found.add(judge.rules.check("filter-broad"), *place)


def _broad(criteria: Tree) -> bool:
    if isinstance(criteria.value, list):  # Terraform: criterion { field = ... }
        fields = [f for item in criteria.items() for f in ([item.text("field")] if item.text("field") else [])]
    elif isinstance(criteria.value, dict):
        fields = [criteria.text("field")] if "field" in criteria.value else list(criteria.value)
    else:
        return False
    naming = [f for f in fields if f.lower() not in _WEAK_FIELDS]
    return len(naming) < (1 if "type" in [f.lower() for f in fields] else 2) and len(naming) < 2


_CHOSEN = re.compile(
    r"(?:process|file|user|host|source|destination)(?:\.[\w.]+)?\.?(?:name|args|command_line|executable|path|ip)?$",
    re.I,
)


def _exceptions(judge: Judge, lowered: Lowered, place: Place) -> None:
    """Elastic exception lists, event filters and trusted applications with a single field."""
    if "entries" not in lowered or not (
        {"list_id", "namespace_type", "os_types", "item_id", "tags", "type"} & set(lowered)
    ):
        return
    entries = [e for e in lowered["entries"].items() if isinstance(e.value, dict)]
    fields = [e.text("field") for e in entries]
    if len(fields) == 1 and _CHOSEN.match(fields[0]) and "hash" not in fields[0] and "code_signature" not in fields[0]:
        judge.found.add(judge.rules.check("filter-broad"), *place)


def _alertmanager(judge: Judge, lowered: Lowered, place: Place) -> None:
    receiver = lowered.get("receiver", _EMPTY).text().lower()
    if receiver not in ("null", "blackhole", "devnull", "dev-null", "none", "void", "noop", "drop"):
        return
    matchers = " ".join(
        s
        for key in ("matchers", "match", "match_re")
        if key in lowered
        for s in [*scalars(lowered[key]), *_keys(lowered[key], 0)]
    )
    if (
        re.search(r"=~\s*\"?\.[+*]|\.[+*]|falco|security|critical|siem|audit|intrusion|edr", matchers, re.I)
        and "watchdog" not in matchers.lower()
    ):
        judge.found.add(judge.rules.check("filter-broad"), *place)


_FOREIGN = re.compile(
    r"consult|personal|home|private|partner|vendor|contractor|freelance|supplier|external|third.?party|public|free|paste|webhook\.site|requestbin|pipedream|ngrok|trycloudflare|beeceptor|hookbin|interact\.sh|oast\.|burpcollaborator|discord|telegram|dyndns|duckdns|no-ip|friend|student|university|anon",
    re.I,
)
_LOG_SINKS = frozenset(
    {
        "http",
        "https",
        "tcp",
        "udp",
        "forward",
        "syslog",
        "splunk",
        "es",
        "elasticsearch",
        "opensearch",
        "loki",
        "gelf",
        "kafka",
        "socket",
        "fluentd",
        "logstash",
        "otlp",
        "otlphttp",
    }
)


def foreign(host: str) -> bool:
    """Whether a host is somebody else's by its own name."""
    return bool(_FOREIGN.search(host)) and not re.search(
        r"\.(?:internal|corp|local|lan|svc)\b|^(?:10|127|192\.168)\.", host
    )


def _outputs(judge: Judge, lowered: Lowered, where: str, place: Place) -> None:
    kind = (
        lowered.get("type", _EMPTY).text() or lowered.get("name", _EMPTY).text() or lowered.get("plugin", _EMPTY).text()
    ).lower()
    target = next(
        (
            lowered[k].text()
            for k in ("uri", "url", "endpoint", "address", "host", "hosts", "endpoints")
            if k in lowered and lowered[k].text()
        ),
        "",
    )
    if (
        kind in _LOG_SINKS
        and target
        and foreign(target)
        and ({"inputs", "match", "codec", "encoding", "format", "headers"} & set(lowered) or "output" in where)
    ):
        judge.found.add(judge.rules.check("logs-to-foreign-host"), *place)


def judge_output_section(judge: Judge, settings: list[Setting], text: str, span: Place | None) -> None:
    """Outputs of fluent-bit, fluentd, rsyslog and syslog-ng in their own syntax."""
    sections: dict[str, dict[str, Setting]] = {}
    for setting in settings:
        head, _, last = setting.path.rpartition(".")
        if "output" in head:
            sections.setdefault(head, {})[last] = setting
    for section in sections.values():
        target = next((section[k] for k in ("host", "uri", "url", "endpoint", "address") if k in section), None)
        if target is not None and foreign(target.value):
            judge.found.add(judge.rules.check("logs-to-foreign-host"), *judge.place(span, target.start, target.end))
    for match in re.finditer(
        r"^\s*(?:[\w*;,.]+\s+@{1,2}(?:\([^)]*\))?|action\([^)\n]*target=\"|(?:network|tcp|udp|syslog)\(\"?)([\w.-]+)",
        text[:100_000],
        re.M,
    ):
        if foreign(match.group(1)):
            judge.found.add(judge.rules.check("logs-to-foreign-host"), *judge.place(span, match.start(), match.end()))


def judge_rules_of_others(judge: Judge, text: str, span: Place | None) -> None:
    """Wazuh rules at level 0, Suricata and Snort suppressions and pass rules."""
    for match in re.finditer(r"<rule\b[^>]*\blevel=[\"']0[\"'][^>]*>(.{0,3000}?)</rule>", text[:200_000], re.S):
        naming = re.findall(
            r"<(field|match|regex|srcip|dstip|user|program_name|hostname|id|url|location|time|weekday)\b",
            match.group(1),
        )
        if len(naming) < 2 and re.search(
            r"<if_(?:sid|group|level|matched_sid|matched_group)>|<decoded_as>", match.group(1)
        ):
            judge.found.add(judge.rules.check("rule-level-zero"), *judge.place(span, match.start(), match.end()))
    for match in re.finditer(
        r"^\s*(?:suppress\s+gen_id\s+\d+\s*,\s*sig_id\s+(?:0|\d+)\s*$|pass\s+\w+\s+any\s+any\s+(?:->|<>)\s+any\s+any\b[^\n]*|re:\.\*\s*$|group:\S+\s*$|config\s+disable_decode_alerts)",
        text[:200_000],
        re.M,
    ):
        if match.group(0).lstrip().startswith("group:") and "sid" not in text and "disable" not in text:
            continue
        judge.found.add(judge.rules.check("ids-rule-off"), *judge.place(span, match.start(), match.end()))
