"""Make explainer/data/catalogue/*.json: facts of the upstream rules, without their prose and conditions.

    python scripts/make_catalogue.py falco --version '2026-06-18 c72713e' rules/*.yaml > …/falco.json
    python scripts/make_catalogue.py facts --version '2026-08-04 0b3cbd8' rule_facts.json > …/plugins.json

``falco`` reads rule files with the product's own loader. ``facts`` reads a JSON list of facts of plugin rules ("rules":
name, source, priority, enabled, tags, output_fields, tuning_macros, tuning_lists, exceptions, versions).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from explainer.enrich.falco_rules import load_rules
from explainer.enrich.templates import split_template
from explainer.schema.rule import RuleFacts
from explainer.store.files import read_rules


def main() -> None:
    """Write one catalogue file to stdout."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["falco", "facts"])
    parser.add_argument("--version", required=True, help="date and commit of the rules repository")
    parser.add_argument("paths", nargs="+")
    given = parser.parse_args()
    if given.kind == "falco":
        rules = {name: _row(facts) for name, facts in load_rules(read_rules(given.paths)).rules.items()}
    else:
        rules = _plugin_rows(json.loads(Path(given.paths[0]).read_text(encoding="utf-8"))["rules"])
    head = json.dumps({"version": given.version}, separators=(",", ":"))[:-1]
    lines = ",\n".join(
        f"{json.dumps(name)}:{json.dumps(rules[name], ensure_ascii=False, separators=(',', ':'))}"
        for name in sorted(rules)
    )
    sys.stdout.write(f'{head},"rules":{{\n{lines}\n}}}}\n')


def _lean(row: dict[str, Any]) -> dict[str, Any]:
    """Without what the reader assumes anyway."""
    defaults: dict[str, Any] = {"source": "syscall", "enabled": True}
    return {k: v for k, v in row.items() if v not in (None, [], ()) and not (k in defaults and v == defaults[k])}


def _row(facts: RuleFacts) -> dict[str, Any]:
    template = split_template(facts.output or "")
    return _lean(
        {
            "source": facts.source,
            "priority": facts.priority,
            "enabled": facts.enabled,
            "tags": list(facts.tags),
            "maturity": facts.maturity,
            "events": list(facts.event_types),
            "head": template.head,
            "pairs": [[key, field] for key, field in template.pairs],
            "tuning": [[p.kind, p.name, p.field, p.empty] for p in facts.tuning],
            "exceptions": [[e.name, list(e.fields), list(e.comps)] for e in facts.exceptions],
            "engine": facts.required_engine_version,
            "plugins": list(facts.required_plugins),
            "file": Path(facts.file or "").name,
        }
    )


def _plugin_rows(entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for entry in entries:
        skipped = entry["source"] == "syscall" or entry["item_kind"] != "definition"
        if skipped or "dummy" in entry["file"] or "example" in entry["file"]:
            continue
        points = [["macro", name, None, False] for name in entry["tuning_macros"]]
        points += [["list", name, None, False] for name in entry["tuning_lists"]]
        rows.setdefault(
            entry["name"],
            _lean(
                {
                    "source": entry["source"],
                    "priority": entry["priority"],
                    "enabled": entry["enabled"],
                    "tags": entry["tags"],
                    "maturity": entry["maturity"],
                    "events": entry["event_types"],
                    "fields": entry["output_fields"],
                    "tuning": points,
                    "exceptions": [[e["name"], e["fields"], e["comps"]] for e in entry["exceptions"]],
                    "engine": str(entry["required_engine_version"] or "") or None,
                    "plugins": [_plugin(plugin) for plugin in entry["required_plugins"]],
                    "file": Path(entry["file"]).name,
                }
            ),
        )
    return rows


def _plugin(plugin: dict[str, Any]) -> str:
    choices = [plugin, *plugin.get("alternatives", [])]
    return " or ".join(f"{choice['name']} {choice['version']}" for choice in choices)


if __name__ == "__main__":
    main()
