from __future__ import annotations

import json

from explainer.render import render, render_many
from explainer.schema.report import Report


def test_json_reads_back_as_the_same_report(report):
    assert Report.model_validate_json(render(report, "json")) == report


def test_keys_stand_under_their_aliases_in_the_order_of_the_schema(load_report):
    found = json.loads(render(load_report("impostor-module"), "json"))
    assert list(found)[:3] == ["schema_version", "alert", "verdict"]
    assert found["withheld"][0]["class"] == "disable-mac"


def test_one_report_is_pretty_and_several_are_one_a_line(load_report):
    one, two = load_report("degraded"), load_report("sensor-health")
    assert render_many([one], "json").count("\n") > 10
    lines = render_many([one, two], "json").splitlines()
    assert [Report.model_validate_json(line) for line in lines] == [one, two]


def test_no_character_that_a_terminal_obeys_stands_in_the_text(fill_report, hostile_texts):
    for text in hostile_texts:
        report = fill_report("insufficient-evidence", lambda _, text=text: text)
        found = render(report, "json")
        assert all(char == "\n" or char.isprintable() for char in found)
        assert Report.model_validate_json(found) == report
