"""One small report, whole, as a reader sees it."""

from __future__ import annotations

from explainer.render import render

FULL_HEAD = """\
 BENIGN   high confidence · sensor health · from the knowledge base
 Automation may act:
   - nothing was detected; only the sensor's own state changed

 Falco on node-3 lost 128 system calls in one second

 Falco speaks about itself: it lost events, it detected nothing.

Summary ────────────────────────────────────────────────────────────────────────
  Falco could not keep up and dropped 128 system calls on node-3. Nothing was
  detected; for that second detections may be missing.

The alert ──────────────────────────────────────────────────────────────────────
  Alert
    Rule              Falco internal: syscall event drop
    Severity          Informational (OCSF 1, the source says Debug)
"""

BRIEF = """\
 BENIGN   high confidence · sensor health · from the knowledge base
 Automation may act:
   - nothing was detected; only the sensor's own state changed

 Falco on node-3 lost 128 system calls in one second

 Falco speaks about itself: it lost events, it detected nothing.

 Falco could not keep up and dropped 128 system calls on node-3. Nothing was
 detected; for that second detections may be missing.
The alert ──────────────────────────────────────────────────────────────────────
  Rule      Falco internal: syscall event drop · Informational (Debug) ·
            sensor_health
  Time      2024-11-21 10:00:01 UTC
  Where     host node-3
What the evidence carries ──────────────────────────────────────────────────────
  - 128 of 90,122 events were lost. [n_drops = 128; n_evts = 90122]
What is not known ──────────────────────────────────────────────────────────────
  ? Does it go on?
    kubectl -n falco logs ds/falco --since=1h | grep -c 'event drop'
What to do, in this order ──────────────────────────────────────────────────────
  1. Once it is verified: Give the driver a larger buffer
engine:
  modern_ebpf:
    buf_size_preset: 5
 Explained by the knowledge base · version 0.1.0
 Everything: --full, or --as json
"""

MARKDOWN_HEAD = """\
## Benign: high confidence, sensor health, from the knowledge base

Falco on `node-3` lost 128 system calls in one second

Falco speaks about itself: it lost events, it detected nothing.

**Automation may act**: nothing was detected; only the sensor's own state changed

### Summary

Falco could not keep up and dropped 128 system calls on `node-3`. Nothing was detected; for that second detections may be missing.
"""  # noqa: E501


def test_a_reader_of_the_full_form_sees_the_verdict_then_the_story_then_the_facts(load_report):
    assert render(load_report("sensor-health"), "terminal", full=True)[: len(FULL_HEAD)] == FULL_HEAD


def test_a_terminal_reader_has_a_message_of_the_sensor_on_one_screen(load_report):
    assert render(load_report("sensor-health"), "terminal") == BRIEF


def test_a_ticket_starts_with_the_verdict_and_whether_automation_may_act(load_report):
    assert render(load_report("sensor-health"))[: len(MARKDOWN_HEAD)] == MARKDOWN_HEAD
