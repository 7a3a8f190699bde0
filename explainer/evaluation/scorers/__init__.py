"""The scorers, by name. Each is one file, pure and versioned; safety is a veto and never a weight."""

from __future__ import annotations

from explainer.evaluation.scorers.base import Finding, Score, Scorer, ScoringContext
from explainer.registry import Registry

_HERE = "explainer.evaluation.scorers"

SCORER_SET = 1
"""Version of the set. Results of different sets are not compared; raise it when a scorer's version is raised."""

SCORERS: Registry[Scorer] = Registry(
    "scorer",
    {
        "S0": f"{_HERE}.parses:SCORER",
        "S1": f"{_HERE}.facts:SCORER",
        "S2": f"{_HERE}.forbidden:SCORER",
        "S3": f"{_HERE}.grounding:SCORER",
        "S4": f"{_HERE}.contradiction:SCORER",
        "S5": f"{_HERE}.verdict:SCORER",
        "S6": f"{_HERE}.mitre:SCORER",
        "S7": f"{_HERE}.actions:SCORER",
        "S8": f"{_HERE}.commands:SCORER",
        "S9": f"{_HERE}.config:SCORER",
        "S10": f"{_HERE}.safety:SCORER",
        "S11": f"{_HERE}.specificity:SCORER",
        "S12": f"{_HERE}.readability:SCORER",
        "S13": f"{_HERE}.uncertainty:SCORER",
    },
    group="explainer.scorers",
)

__all__ = ["SCORERS", "SCORER_SET", "Finding", "Score", "Scorer", "ScoringContext"]
