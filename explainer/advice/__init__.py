# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""The unsafe-advice engine: finds advice that would make a host, the evidence or the organisation worse off, and nothing else."""

from __future__ import annotations

from explainer.advice.readonly import is_read_only
from explainer.advice.scan import rules_hash, scan, scan_command, scan_step

__all__ = ["is_read_only", "rules_hash", "scan", "scan_command", "scan_step"]
