"""The fixed words of a report: the only text in it that is ours, and therefore the only structure."""

from __future__ import annotations

from explainer.schema.advice import AdviceSeverity
from explainer.schema.knowledge import Cause, Stage, Verdict
from explainer.schema.report import Automation, Confidence, Origin

MISSING = "not in the alert"

VERDICTS: dict[Verdict, str] = {
    "benign": "Benign",
    "suspicious": "Suspicious",
    "malicious": "Malicious",
    "insufficient_evidence": "Insufficient evidence",
}
CONFIDENCES: dict[Confidence, str] = {"low": "low confidence", "medium": "medium confidence", "high": "high confidence"}
CAUSES: dict[Cause, str] = {
    "expected_activity": "expected activity",
    "known_software": "known software",
    "authorised_change": "authorised change",
    "test": "test",
    "rule_too_sensitive": "rule too sensitive",
    "sensor_health": "sensor health",
    "other": "other cause",
}
AUTOMATIONS: dict[Automation, str] = {
    "allowed": "Automation may act",
    "needs_human": "Needs a human",
    "blocked": "Automation must not act",
}
STAGES: dict[Stage, str] = {
    "investigate": "Investigate",
    "preserve": "Preserve evidence",
    "contain": "Contain",
    "eradicate": "Eradicate",
    "recover": "Recover",
    "tune": "Tune the rule",
}
ORIGINS: dict[Origin, str] = {"knowledge": "from the knowledge base", "model": "from the model"}
PLACES = {
    "kubectl": "with kubectl",
    "node": "on the node",
    "container_runtime": "on the node, container runtime",
    "cloud": "in the cloud account",
    "workstation": "on a trusted workstation, not on the node",
    "siem": "in the SIEM",
}
ATTACK_SOURCES = {"rule_tag": "tag of the rule", "knowledge": "knowledge base", "model": "model"}
CERTAINTIES = {
    "parsed_from_text": "read out of the text line",
    "inferred": "inferred",
    "contradicted": "contradicted: the alert states another value too",
}
EVIDENCE_KINDS = {"alert": "alert", "rule": "rule", "knowledge": "knowledge", "context": "context"}
SEVERITIES: dict[AdviceSeverity, str] = {"low": "low", "medium": "medium", "high": "high", "critical": "critical"}

DEGRADED = "Degraded"
DEGRADED_NOTE = "the knowledge base answered instead of the model"

SUMMARY = "Summary"
FACTS = "The alert"
WARNINGS = "Read with care"
CLAIMS = "What the evidence carries"
EVIDENCE = "Evidence"
HYPOTHESES = "How it may have come about"
QUESTIONS = "Ask first"
UNKNOWNS = "What is not known"
STEPS = "What to do, in this order"
FURTHER = "Further steps"
NOT_ADVISED = "Not advised"
WITHHELD = "Withheld: unsafe advice from the model"
WITHHELD_NOTE = "The model proposed this and it is not safe. It is struck out and must not be run."
WITHHELD_TWINS = "Signs that would make it work, call somebody or link are replaced by look-alikes."
REMOVED = "Removed: claims without evidence"
REMOVED_NOTE = "The model said this and nothing in the evidence carries it."
ATTACK = "ATT&CK"
DATA = "Further data"
PROVENANCE = "Provenance"
ALTERED = "This text holds characters that cannot be seen; they are shown as marks. Do not paste it as it is."

TUNE_LATER = "Once it is verified: "
QUEUE = "For sorting a queue"
TRIAGE = {"urgent": "Look at once", "soon": "Look today", "routine": "Look in turn"}
LATER_UNLESS = "If it does not verify"
LATER_THEN = "Then, with care"
