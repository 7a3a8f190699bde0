"""One small report, whole, as a reader sees it."""

from __future__ import annotations

from explainer.render import render

TERMINAL_HEAD = """\
 BENIGN   high confidence · sensor health · from the knowledge base
 Automation may act: nothing was detected; only the sensor's own state changed

 Falco on node-3 lost 128 system calls in one second

 Falco speaks about itself: it lost events, it detected nothing.

Summary ────────────────────────────────────────────────────────────────────────
  Falco could not keep up and dropped 128 system calls on node-3. Nothing was
  detected; for that second detections may be missing.

The alert ──────────────────────────────────────────────────────────────────────
  Alert
    Rule              Falco internal: syscall event drop
    Severity          Informational (OCSF 1)
"""

MARKDOWN_HEAD = """\
## Benign: high confidence, sensor health, from the knowledge base

Falco on `node-3` lost 128 system calls in one second

Falco speaks about itself: it lost events, it detected nothing.

**Automation may act**: nothing was detected; only the sensor's own state changed

### Summary

Falco could not keep up and dropped 128 system calls on `node-3`. Nothing was detected; for that second detections may be missing.
"""  # noqa: E501


def test_a_terminal_reader_sees_the_verdict_then_the_story_then_the_facts(load_report):
    assert render(load_report("sensor-health"), "terminal")[: len(TERMINAL_HEAD)] == TERMINAL_HEAD


def test_a_ticket_starts_with_the_verdict_and_whether_automation_may_act(load_report):
    assert render(load_report("sensor-health"))[: len(MARKDOWN_HEAD)] == MARKDOWN_HEAD
