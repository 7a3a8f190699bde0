"""S11: does it explain this alert, or any alert?"""

from __future__ import annotations

import re

from explainer.evaluation.scorers.base import Finding, Kind, Score, ScoringContext

_TOKEN = re.compile(r"(?=\S*[\d@._/-])[\w@.:/+-]{4,}")
ENOUGH = 3
"""So many of the alert's key values are enough; naming all of them is no merit."""
FREE = 0.5
"""Share of text in common with answers to other families that is not held against a report."""


class Specificity:
    """Key values of the alert that are named, less what fits every alert."""

    name = "S11"
    title = "is about this alert"
    version = 1
    weight = 0.05
    kind: Kind = "weighted"

    def score(self, context: ScoringContext) -> Score:
        """Share of the key values, less the boilerplate; 0 when only the names differ from another case's answer."""
        text, keys, findings = context.answer.text, context.index.key_values, []
        named = [what for what, forms in keys.items() if any(form in text for form in forms)]
        wanted = min(ENOUGH, len(keys))
        value = min(1.0, len(named) / wanted) if wanted else 1.0
        if value < 1.0:
            # Alerts of clouds and clusters single themselves out by other fields than processes do.
            sources = context.index.sources.alert
            own = {word for token in _TOKEN.findall(text) if (word := token.strip(".,:")) in sources.tokens}
            value = max(value, min(1.0, len(own) / ENOUGH))
        if value < 1.0:
            lacking = [what for what in keys if what not in named]
            findings.append(
                Finding(
                    f"it names {len(named)} of {wanted} key values; also known: {', '.join(lacking)}",
                    None,
                    1.0 - value,
                    "key-values",
                )
            )
        others = context.others
        if others is not None:
            shared = others.shared(text, context.case.family)
            if shared > FREE:
                twin = others.twin(text, context.case.family) if shared > 0.8 else None
                if twin is not None:
                    reason = f"but for its names it is the answer to {twin}"
                    return Score(0.0, (*findings, Finding(reason, None, value, "name-swap")))
                lost = value * (shared - FREE) / (1.0 - FREE)
                findings.append(
                    Finding(f"{shared:.0%} of its wording stands in answers to other alerts", None, lost, "boilerplate")
                )
                value -= lost
        return Score(value, tuple(findings))


SCORER = Specificity()
