from __future__ import annotations

from typing import Any

import pytest

from explainer.enrich.knowledge import load_block, load_entry, slug
from explainer.errors import KnowledgeError

GOOD: dict[str, Any] = {
    "rule": "R",
    "reviewed": "2026-01-01",
    "sources": ["x"],
    "title": "t",
    "meaning": "m",
    "hypotheses": [
        {
            "id": "h",
            "verdict": "benign",
            "cause": "other",
            "title": "t",
            "explain": "e",
            "supports": [{"when": "proc.name = a", "because": "b"}],
        }
    ],
    "actions": [{"id": "a", "stage": "investigate", "title": "t", "why": "w", "command": "ls %{fd.name}"}],
}


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Linux Kernel Module Injection Detected", "linux-kernel-module-injection-detected"),
        (
            "Redirect STDOUT/STDIN to Network Connection in Container",
            "redirect-stdout-stdin-to-network-connection-in-container",
        ),
        ("Contact K8S API Server From Container", "contact-k8s-api-server-from-container"),
        ("../../etc/passwd", "etc-passwd"),
        ("Détection", "detection"),
        ("…", ""),
    ],
)
def test_a_rule_has_one_file_name_and_it_leads_nowhere_else(name: str, stem: str) -> None:
    assert slug(name) == stem


def test_a_good_entry_is_read() -> None:
    assert load_entry(GOOD, "x.yaml").rule == "R"


def with_signal(**signal: Any) -> dict[str, Any]:
    hypothesis = {**GOOD["hypotheses"][0], "supports": [{"when": "proc.name = a", "because": "b", **signal}]}
    return {**GOOD, "hypotheses": [hypothesis]}


def with_action(**action: Any) -> dict[str, Any]:
    return {**GOOD, "actions": [{**GOOD["actions"][0], **action}]}


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        ([], (), "no mapping"),
        ({**GOOD, "titel": "x"}, ("titel",), "no field"),
        ({k: v for k, v in GOOD.items() if k != "meaning"}, ("meaning",), "missing"),
        (with_signal(when="proc.name =="), ("hypotheses", 0, "supports", 0, "when"), "line 1, column"),
        (with_signal(when="spawned_process and proc.name = a"), ("hypotheses", 0, "supports", 0, "when"), "macro"),
        (with_signal(because="%{"), ("hypotheses", 0, "supports", 0, "because"), "placeholder"),
        (with_signal(decisive=True), ("hypotheses", 0, "supports", 0), "refutes only"),
        (with_signal(weight=9), ("hypotheses", 0, "supports", 0, "weight"), "less than or equal"),
        (with_action(command="ls '%{fd.name}'"), ("actions", 0, "command"), "inside quotes"),
        (with_action(requires="x y"), ("actions", 0, "requires"), "condition"),
        (with_action(destroys_evidence=True), ("actions", 0), "cannot destroy evidence"),
        ({**GOOD, "actions": GOOD["actions"] * 2}, ("actions", 1, "id"), "twice"),
        ({**GOOD, "hypotheses": GOOD["hypotheses"] * 2}, ("hypotheses", 1, "id"), "twice"),
        ({**GOOD, "derive": [{"field": "fd.name", "pattern": "("}]}, ("derive", 0, "pattern"), "regular expression"),
        ({**GOOD, "attack": [{"technique": "1059"}]}, ("attack", 0, "technique"), "ATT&CK"),
        ({**GOOD, "use": ["../x"]}, ("use", 0), "names no block"),
        ({**GOOD, "tuning": [{"id": "t", "kind": "list", "title": "t"}]}, ("tuning", 0), "needs list"),
        (
            {
                **GOOD,
                "tuning": [{"id": "t", "kind": "list", "title": "t", "list": "l", "items": ["a"], "hypothesis": "x"}],
            },
            ("tuning", 0, "hypothesis"),
            "no hypothesis",
        ),
    ],
)
def test_a_wrong_entry_is_refused_with_its_place(data: Any, place: tuple[str | int, ...], words: str) -> None:
    places: list[tuple[str | int, ...]] = []

    def locate(found: tuple[str | int, ...]) -> str:
        places.append(found)
        return "x.yaml:7:3"

    with pytest.raises(KnowledgeError) as error:
        load_entry(data, "x.yaml", locate)
    assert words in str(error.value)
    assert places == ([place] if place else [])
    assert error.value.where in {"x.yaml:7:3", "x.yaml"}


def test_a_block_is_checked_like_an_entry() -> None:
    block = {"id": "b", "reviewed": "2026-01-01", "actions": [{**GOOD["actions"][0], "command": 'ls "%{fd.name}"'}]}
    with pytest.raises(KnowledgeError, match="inside quotes"):
        load_block(block, "b.yaml")
