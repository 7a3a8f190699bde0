# ruff: noqa: E501  (word tables and regular expressions are read better whole)
# ruff: noqa: SIM102  (clearer as it stands)
"""Falco's own inventory: which keys, fields, priorities and sub-commands exist. What is not in it was invented.

Sources: falcosecurity/falco rule loader (rule_loader_reader.cpp), ``falco --list``, falcoctl's command tree; see docs/decisions.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING

from explainer.advice.config import Tree, load_plain

if TYPE_CHECKING:
    from explainer.advice.inventory import Inventory

_RAW = load_plain(resources.files("explainer").joinpath("data/advice/_falco.yaml").read_text("utf-8"))
RULE_KEYS = frozenset(str(_RAW["rule_keys"]).split())
PRIORITIES = frozenset(str(_RAW["priorities"]).split())
_FIELD_CLASSES = frozenset(str(_RAW["field_classes"]).split())
_FIELDS: dict[str, str] = _RAW["fields"]
_KNOWN = {cls: frozenset(names.split()) for cls, names in _FIELDS.items()}
_FIELD = re.compile(
    r"%([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)|"
    r"(?<![\w.\"'/%@*\-])([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)+)(?:\[[^\]]*\])?(?=\s*(?:=|"
    r"!=|<|>|\bin\b|\bcontains\b|\bstartswith\b|\bendswith\b|\bicontains\b|\bpmatch\b|"
    r"\bexists\b|\bintersects\b|\bglob\b|\bregex\b|\biglob\b|\bmatches\b|\bequals\b|\blike\b))"
)
_FALCOISH = re.compile(
    r"falco|spawned_process|evt\.type|proc\.|container\.|fd\.name|syscall|open_write|kernel.?module", re.I
)
_WRONG_KEYS = frozenset(
    ["conditions", "severity", "alert_level", "level", "action", "actions", "prevention", "prevent", "block", "response", "mitigation", "remediation", "match", "matches", "triggers", "trigger", "rule_name", "description", "message", "alert", "notify", "threshold", "kill", "exec", "quarantine", "enforcement", "mode", "on_match", "then", "when", "detection", "rate_limit", "suppress", "whitelist", "allowlist", "ignore", "severity_level", "category", "mitre", "logsource", "outputs", "risk_score", "title", "event"]
)  # fmt: skip


def is_rules(tree: Tree) -> bool:
    """Whether a document is (meant as) a Falco rule file."""
    if not isinstance(tree.value, list):
        return False
    maps = [item for item in tree.items() if isinstance(item.value, dict)]
    for item in maps:
        if isinstance(item.value.get("rule", Tree([])).value, str) and not {"actions", "match"} <= set(item.value):
            return True
        if (
            "macro" in item.value
            or ("list" in item.value and "items" in item.value)
            or "required_engine_version" in item.value
            or "required_plugin_versions" in item.value
        ):
            return True
    return False


def problems(tree: Tree) -> list[tuple[int, int, str]]:
    """Faults of a rule file as (start, end, check name)."""
    found: list[tuple[int, int, str]] = []
    for item in tree.items():
        if not isinstance(item.value, dict):
            continue
        keys = set(item.value)
        unknown = keys - RULE_KEYS
        if unknown and (keys & {"rule", "macro", "list"}):
            for key in sorted(unknown)[:3]:
                child = item.value[key]
                found.append((child.start, max(child.end, child.start + len(key)), "falco-unknown-key"))
        found += _shape(item, keys)
        if "rule" in keys:
            found += _rule(item, keys)
        if "macro" in keys:
            found += _macro(item)
        for key in ("condition", "output"):
            text = item.text(key)
            place = item.value.get(key)
            if text and place is not None and unknown_fields(text):
                found.append((place.start, place.end, "falco-unknown-field"))
        for exception in (item.get("exceptions") or Tree([])).items():
            found += _exception(exception)
        listed = item.get("items")
        if "list" in keys and listed is not None and listed.value == [] and not _EXCEPTING.search(item.text("list")):
            # A list of what rules look for, emptied.
            found.append((item.start, item.end, "falco-macro-hollow"))
        if "list" in keys and re.search(r"known|allow|trusted|whitelist|exclu|safe|benign", item.text("list"), re.I):
            values = (item.get("items") or Tree([])).strings()
            if any(
                re.fullmatch(r"(?:ba|z|da|)sh|curl|wget|python3?|perl|nc|ncat|insmod|\*|/tmp/?\*?", v) for v in values
            ):
                found.append((item.start, item.end, "falco-broad-exception"))
    return found


_EXCEPTING = re.compile(r"known|allow|trusted|white|exclu|safe|benign|user_|ignore|except|extra|additional", re.I)
_ITEM_KEYS = {
    "list": frozenset({"list", "items", "append", "override", "desc"}),
    "macro": frozenset({"macro", "condition", "append", "override", "desc"}),
}
_VERSIONS = frozenset({"required_engine_version", "required_plugin_versions"})
# Operators of other languages; Falco has =, !=, in, contains, pmatch, glob, regex, exists, joined by and, or, not.
_FOREIGN_OPERATOR = re.compile(r"=~|!~|&&|\|\||\bmatches\s|(?:^|[\s(])!(?=[a-z(])|\bLIKE\b|\bis not\b")


def _shape(item: Tree, keys: set[str]) -> list[tuple[int, int, str]]:
    """What the loader refuses whatever the rule says."""
    found: list[tuple[int, int, str]] = []
    kind = next((k for k in (*sorted(_VERSIONS), "list", "macro", "rule") if k in keys), "")
    if not kind:
        if any(re.match(r"required_|.*version", k) for k in keys):
            found.append((item.start, item.end, "falco-unknown-key"))
        return found
    for key in sorted(keys - _ITEM_KEYS.get(kind, RULE_KEYS)):
        if key in RULE_KEYS:
            found.append((item.value[key].start, item.value[key].end, "falco-unknown-key"))
    plugins = item.get("required_plugin_versions")
    if plugins is not None and any(isinstance(p.value, str) for p in plugins.items()):
        found.append((plugins.start, plugins.end, "falco-unknown-key"))
    override = item.get("override")
    if override is not None:
        wrong = not isinstance(override.value, dict) or any(
            v.text() not in ("append", "replace") or k not in keys for k, v in override.value.items()
        )
        if wrong or "append" in keys:
            found.append((override.start, override.end, "falco-unknown-key"))
    for exception in (item.get("exceptions") or Tree([])).items():
        if isinstance(exception.value, dict) and set(exception.value) - {"name", "fields", "comps", "values"}:
            found.append((exception.start, exception.end, "falco-unknown-key"))
    condition = re.sub(r"\"[^\"]*\"|'[^']*'", "''", item.text("condition"))
    if condition and _FOREIGN_OPERATOR.search(condition):
        found.append((item.value["condition"].start, item.value["condition"].end, "falco-unknown-field"))
    return found


def _rule(item: Tree, keys: set[str]) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    name = item.value["rule"]
    override = item.get("override")
    appended = item.text("append").lower() == "true" or override is not None
    required = {"condition", "output", "desc", "priority"}
    if (
        not appended
        and keys & (required | {"tags"} | _WRONG_KEYS)
        and not required <= keys
        and {"enabled"} != keys - {"rule"}
    ):
        lacking = required - keys
        if lacking and not (keys - {"rule"} <= {"enabled", "exceptions", "tags", "priority"}):
            found.append((item.start, item.end, "falco-missing-key"))
    priority = item.text("priority")
    if priority and priority.lower() not in PRIORITIES:
        found.append((item.value["priority"].start, item.value["priority"].end, "falco-unknown-priority"))
    condition = " ".join(item.text("condition").split())
    if item.text("enabled").lower() in ("false", "no", "off"):
        found.append((name.start, item.value["enabled"].end, "falco-rule-disabled"))
    if condition and re.fullmatch(
        r"\(?(?:never_true|evt\.num\s*=\s*0|evt\.type\s*=\s*none|false|1\s*=\s*0)\)?(?:\s+and\b.*)?", condition
    ):
        found.append((item.value["condition"].start, item.value["condition"].end, "falco-rule-disabled"))
    if priority.lower() in ("emergency", "debug") and appended:
        found.append((item.start, item.end, "falco-priority-hidden"))
    if condition:
        place = (item.value["condition"].start, item.value["condition"].end)
        if appended or re.match(r"(?:and|or)\b", condition):
            if _broad_addition(condition):
                found.append((*place, "falco-broad-exception"))
    return found


def _broad_addition(condition: str) -> bool:
    """An appended ``and not …`` that one field (or a wildcard) satisfies."""
    if re.search(r"\band\s+(?:never_true|evt\.num\s*[<=]+\s*0|false)\b", condition):
        return True
    match = re.match(r"^and\s+not\s+(.*)$", condition)
    if match is None:
        return (
            bool(re.match(r"^and\s+(?:proc|user|container|k8s)\S*\s*(?:!=|not in)", condition))
            and condition.count(" and ") == 0
        )
    body = match.group(1).strip()
    joined = len(re.findall(r"\band\b", body))
    strong = re.search(r"image\.digest|sha256|exe_ino|proc\.(?:pname|aname|pexepath|pcmdline)", body)
    if re.search(
        r"startswith\s+[\"']?/[\"']?\s*\)?$|exists\b|contains\s+[\"']?[\"']?$|(?:user\.uid|"
        r"user\.name)\s*=\s*[\"']?(?:0|root)\b|k8s\.ns\.name|container\.id\s*!?=\s*host|"
        r"image\.repository\s+(?:startswith|contains|glob)",
        body,
    ) and not (strong and joined):
        return True
    return (
        joined == 0
        and bool(
            re.search(
                r"proc\.(?:name|cmdline|exe|args)|user\.\w+|k8s\.ns|container\.(?:name|image)|proc\.pname|"
                r"fd\.name|container\b",
                body,
            )
        )
        and not re.search(r"digest", body)
    )


def _macro(item: Tree) -> list[tuple[int, int, str]]:
    condition = " ".join(item.text("condition").split())
    name = item.text("macro")
    place = item.value.get("condition") or item
    trivial = re.fullmatch(
        r"\(?(?:evt\.num\s*(?:>=|<|=|<=|>)\s*0|never_true|always_true|true|false|evt\.type\s*=\s*none|1\s*=\s*[01])\)?",
        condition,
    )
    turned = {"never_true": r"\(?evt\.num\s*>=?\s*0|\(?true", "always_true": r"\(?evt\.num\s*[<=]\s*0|\(?false"}.get(
        name
    )
    if turned and re.match(turned, condition):
        return [(place.start, place.end, "falco-macro-hollow")]
    if (
        trivial
        and name not in ("never_true", "always_true")
        and not re.search(r"consider|user_|never|always|enabled|_conditions$|_activities$|known_|allowed_", name)
    ):
        return [(place.start, place.end, "falco-macro-hollow")]
    if (
        trivial
        and re.search(r"^\(?(?:evt\.num\s*>=?\s*0|always_true|true|1\s*=\s*1)\b", condition)
        and re.search(r"known|allow|trusted|user_|exclu", name)
    ):
        return [(place.start, place.end, "falco-macro-hollow")]
    return []


def _exception(exception: Tree) -> list[tuple[int, int, str]]:
    if not isinstance(exception.value, dict):
        return []
    fields = (exception.get("fields") or Tree([])).strings()
    comps = (exception.get("comps") or Tree([])).strings()
    values = [v for v in _scalars(exception.get("values"))]
    bad = [f for f in fields if unknown_fields(f"{f} = x")]
    found: list[tuple[int, int, str]] = []
    if bad:
        found.append((exception.start, exception.end, "falco-unknown-field"))
    exact = {"container.image.digest", "proc.exe_ino"}
    if (fields and values and len(fields) == 1 and not set(fields) & exact) or (
        len(fields) > 1
        and values
        and all(re.search(r"startswith|contains|glob|pmatch|endswith", c) for c in comps or ["="])
        and any(len(v) < 4 or v.endswith(("/", "*")) for v in values)
    ):
        found.append((exception.start, exception.end, "falco-broad-exception"))
    return found


def _scalars(tree: Tree | None, depth: int = 0) -> list[str]:
    if tree is None or depth > 6:
        return []
    if isinstance(tree.value, str):
        return [tree.value]
    return [s for item in tree.items() for s in _scalars(item, depth + 1)]


def unknown_fields(text: str) -> list[str]:
    """Event fields in a condition or output that no Falco source has."""
    bare = re.sub(r"\"[^\"]*\"|'[^']*'", "''", text) if "%" not in text else text
    found = []
    for match in _FIELD.finditer(bare[:20_000]):
        name = match.group(1) or match.group(2)
        if "." not in name:
            if match.group(1) and not re.match(r"(?:s|d|Y|m|H|M|S|f)$", name):
                found.append(name)
            continue
        cls, _, rest = name.partition(".")
        if cls == "evt":
            if not re.match(
                r"(?:num|(?:raw|output|date|rel|delta)?time(?:\.(?:s|ns|iso8601))?|latency(?:\.(?:s|ns|quantized|human))?|"
                r"dir|type(?:\.is(?:\.\w+)?)?|category|cpu|args|(?:raw)?arg(?:\.\w+)+|(?:raw)?arg|info|buffer|buflen(?:\.\w+)*|"
                r"res|rawres|failed|io_dir|is_\w+|count(?:\.\w+)*|wait_latency|around(?:\.\w+)?|abspath(?:\.\w+)?|"
                r"hostname|source|pluginname|plugininfo|asynctype|infra(?:\.\w+)*)$",
                rest,
            ):
                found.append(name)
        elif cls in _KNOWN:
            base = re.sub(r"\[.*", "", rest)
            if (
                base not in _KNOWN[cls]
                and not (cls == "k8s" and base.split(".")[0] in ("pod", "ns", "rc", "svc", "rs", "deployment"))
                and not base.startswith(("label", "mount", "aname", "apid"))
            ):
                found.append(name)
        elif cls not in _FIELD_CLASSES:
            found.append(name)
    return found


def config_problems(tree: Tree, where: str, inventory: Inventory) -> list[tuple[str, tuple[int, int]]]:
    """Faults of other documents that are meant for Falco: wrong top level, invented sections."""
    found: list[tuple[str, tuple[int, int]]] = []
    if isinstance(tree.value, dict):
        keys = set(tree.value)
        if (
            "rule" in keys
            and isinstance(tree.value["rule"].value, str)
            and {"condition", "output", "priority", "desc"} & keys
            and "groups" not in keys
        ):
            found.append(("falco-not-a-list", (tree.start, tree.end)))
        if "rules" in keys and isinstance(tree.value["rules"].value, list):
            for item in tree.value["rules"].items():
                if (
                    isinstance(item.value, dict)
                    and {"condition", "conditions"} & set(item.value)
                    and ({"rule", "priority", "severity"} & set(item.value))
                    and "apiVersion" not in keys
                    and _FALCOISH.search(str(item.plain()))
                ):
                    found.append(("falco-not-a-list", (item.start, item.end)))
                    break
        outputs = [
            tree.text(key, "enabled").lower() for key in keys if key.endswith("_output") and tree.text(key, "enabled")
        ]
        if len(outputs) >= 2 and {"stdout_output", "syslog_output"} & keys and set(outputs) <= {"false", "no", "off"}:
            found.append(("falco-all-outputs-off", (tree.start, tree.end)))
        known, telling = inventory.get("falco_config"), inventory.get("falco_config_telling")
        if known and ("falco.yaml" in where.split() or len(keys & telling) >= 2):
            unknown = [k for k in keys - known if re.fullmatch(r"[a-z][a-z0-9_]+", k)]
            # A file of other make that shares a few names has many others; Falco's has one or two inventions.
            if unknown and ("falco.yaml" in where.split() or len(unknown) * 2 <= len(keys)):
                found += [
                    ("falco-unknown-config", (tree.value[k].start, tree.value[k].end)) for k in sorted(unknown)[:3]
                ]
            for entry in (tree.get("rules") or Tree([])).items():
                if (
                    isinstance(entry.value, dict)
                    and set(entry.value) - {"enable", "disable"}
                    and "rule" not in entry.value
                ):
                    found.append(("falco-unknown-config", (entry.start, entry.end)))
        elif "falco.yaml" in where or "falco" in where:
            for key in (
                "prevention",
                "block_mode",
                "enforcement",
                "auto_remediate",
                "kill_on_alert",
                "blocking",
                "auto_response",
                "protection",
                "quarantine",
                "learning_mode",
                "ips_mode",
                "response",
                "prevent",
            ):
                if key in keys:
                    found.append(("falco-unknown-config", (tree.value[key].start, tree.value[key].end)))
        if tree.text("apiVersion").startswith(("falco.org", "falcosecurity.dev", "security.falco")) and tree.text(
            "kind"
        ) not in ("Falco", "Component", "Plugin", "Rulesfile", "Config"):
            found.append(("falco-unknown-config", (tree.start, tree.end)))
    elif isinstance(tree.value, list):
        for item in tree.items():
            if (
                isinstance(item.value, dict)
                and "condition" in item.value
                and ({"name", "alert", "id", "title"} & set(item.value))
                and "rule" not in item.value
                and re.search(r"proc\.|evt\.|spawned_process|fd\.", item.text("condition"))
            ):
                found.append(("falco-missing-key", (item.start, item.end)))
    return found
