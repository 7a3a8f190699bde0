"""A site's own rules of lint: what is off, what weighs how much, and rules added without code.

.. code-block:: yaml

    off: [supply-chain, insecure-download]     # classes or rules
    severity: {unpinned-source: low}           # classes or rules
    rules: [rules/]                            # files or folders in the form of the shipped rules
    exclude: ["vendor/**"]                     # files that a folder's search leaves out
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from explainer.advice.rules import CLASSES, SEVERITIES, RuleSet, compile_rules, shipped, shipped_texts
from explainer.errors import DataError
from explainer.schema.advice import AdviceIssue, AdviceSeverity

_KEYS = ("off", "severity", "rules", "exclude")


@dataclass(frozen=True)
class Policy:
    """What a site has decided."""

    off: frozenset[str] = frozenset()
    severity: Mapping[str, AdviceSeverity] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    rules: RuleSet | None = None
    """Shipped and own rules; None: the shipped ones alone."""

    def apply(self, issues: Sequence[AdviceIssue]) -> list[AdviceIssue]:
        """Findings as the site wants them: those switched off left out, severities changed."""
        kept = [issue for issue in issues if issue.rule not in self.off and issue.cls not in self.off]
        if not self.severity:
            return kept
        return [
            issue.model_copy(update={"severity": new})
            if (new := self.severity.get(issue.rule, self.severity.get(issue.cls))) is not None
            else issue
            for issue in kept
        ]


def read_policy(raw: Any, where: str, own_rules: Mapping[str, str]) -> Policy:
    """Check a policy.

    Args:
        raw: the parsed file.
        where: its path, for messages.
        own_rules: name to text of the rule files that it points to.

    Raises:
        DataError: an unknown key, class, rule or severity, with the nearest name; a rule file that is wrong.
    """
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        raise DataError("a policy is a mapping", hint=f"keys: {', '.join(_KEYS)}", where=where)
    for key in raw:
        if key not in _KEYS:
            raise DataError(f"unknown key {key!r}", hint=_near(str(key), _KEYS), where=where)
    own = {f"policy/{name}": text for name, text in own_rules.items()}
    rules = compile_rules({**shipped_texts(), **own}) if own else None
    known = sorted({*CLASSES, *(rules or shipped()).rules})
    off = _names(raw.get("off") or [], "off", known, where)
    severity = raw.get("severity") or {}
    if not isinstance(severity, dict):
        raise DataError("`severity` maps rules or classes to severities", where=where)
    _names(list(severity), "severity", known, where)
    for name, value in severity.items():
        if value not in SEVERITIES:
            raise DataError(
                f"severity of {name}: {value!r} is none of {', '.join(SEVERITIES)}",
                hint=_near(str(value), SEVERITIES),
                where=where,
            )
    exclude = raw.get("exclude") or []
    if not isinstance(exclude, list):
        raise DataError("`exclude` is a list of file patterns", where=where)
    return Policy(frozenset(off), dict(severity), tuple(map(str, exclude)), rules)


def _names(values: Any, key: str, known: Sequence[str], where: str) -> list[str]:
    if not isinstance(values, list):
        raise DataError(f"`{key}` is a list of rules or classes", where=where)
    for value in values:
        if value not in known:
            raise DataError(f"`{key}` names no rule or class: {value!r}", hint=_near(str(value), known), where=where)
    return [str(value) for value in values]


def _near(word: str, known: Sequence[str]) -> str | None:
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    return f"near: {', '.join(near)}" if near else "`explainer advice list` shows rules and classes"
