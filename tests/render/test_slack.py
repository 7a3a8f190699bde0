from __future__ import annotations

import json

from explainer.render import render, render_many

PARSED = {"mrkdwn"}


def nodes(node):
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from nodes(child)
    elif isinstance(node, list):
        for child in node:
            yield from nodes(child)


def check(payload):
    assert 1 <= len(payload["blocks"]) <= 50
    for block in payload["blocks"]:
        assert block["type"] in ("header", "rich_text", "context")
    header = payload["blocks"][0]
    assert header["type"] == "header"
    assert len(header["text"]["text"]) <= 150
    total = 0
    for node in nodes(payload["blocks"]):
        if isinstance(node.get("text"), str):
            assert 1 <= len(node["text"]) <= 3000
            total += len(node["text"])
        assert node.get("type") not in PARSED
        assert node.get("type") not in ("link", "user", "usergroup", "broadcast", "channel", "emoji")
    assert total <= 13_000
    assert not set("<>@&") & set(payload["text"])
    assert "://" not in payload["text"]


def test_every_report_keeps_within_the_limits_of_slack(report):
    check(json.loads(render(report, "slack")))


def test_hostile_text_can_neither_call_nor_link(fill_report, hostile_texts):
    for shift in range(len(hostile_texts)):
        report = fill_report("hostile", lambda index, shift=shift: hostile_texts[(index + shift) % len(hostile_texts)])
        check(json.loads(render(report, "slack")))


def test_long_texts_are_cut_and_what_is_left_out_is_counted(fill_report):
    payload = json.loads(render(fill_report("hostile", lambda _: "long words " * 500), "slack"))
    check(payload)
    assert "did not fit" in payload["blocks"][-1]["elements"][0]["text"]


def test_withheld_advice_is_struck_and_never_preformatted(load_report):
    payload = json.loads(render(load_report("impostor-module"), "slack"))
    struck = [node["text"] for node in nodes(payload) if (node.get("style") or {}) == {"strike": True}]
    assert "setenforce 0" in struck
    blocks = [node for node in nodes(payload) if node.get("type") == "rich_text_preformatted"]
    assert "setenforce" not in json.dumps(blocks)


def test_several_reports_are_one_payload_a_line(load_report):
    text = render_many([load_report("degraded"), load_report("sensor-health")], "slack")
    assert [set(json.loads(line)) >= {"text", "blocks"} for line in text.splitlines()] == [True, True]
