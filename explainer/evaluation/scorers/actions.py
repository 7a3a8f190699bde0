"""S7: the steps that the alert calls for, in an order that does not destroy what is needed later."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from explainer.evaluation.actions import Meaning, Step, fulfils, meaning, wrong_kinds
from explainer.evaluation.scorers.base import Finding, Kind, Score, ScoringContext
from explainer.schema.case import FORBIDDEN_ACTIONS
from explainer.schema.knowledge import Stage

ORDER_SHARE = 0.25
WRONG_STEP = 0.5
_CLAUSE = re.compile(r"; |\. |, (?:because|since|so that|which|as) |: ")


class Actions:
    """Recall of required steps, their order, and wrong steps."""

    name = "S7"
    title = "proposes the steps that help"
    version = 1
    weight = 0.12
    kind: Kind = "weighted"

    def score(self, context: ScoringContext) -> Score:
        """0.75 for the required steps, 0.25 for the order, half off for each wrong step."""
        expected, steps = context.case.actions, context.answer.actions
        meant = [(step, meaning(step)) for step in steps]
        findings: list[Finding] = []
        asked, wanted = 0.0, 0.0
        if expected.required:
            wanted = 1.0 - ORDER_SHARE if len(expected.order) > 1 else 1.0
            asked = wanted * self._recall(expected.required, meant, wanted, findings)
        if len(expected.order) > 1:
            share = 1.0 - wanted
            asked += share * self._order(expected.order, meant, share, findings) if steps else 0.0
            wanted += share
        wrong = self._wrong(expected.forbidden, meant)
        findings += wrong
        if not wanted:
            return Score(max(0.0, 1.0 - WRONG_STEP * len(wrong)) if wrong else None, tuple(findings))
        return Score(max(0.0, asked / wanted - WRONG_STEP * len(wrong)), tuple(findings))

    @staticmethod
    def _recall(
        labels: tuple[str, ...], meant: list[tuple[Step, Meaning]], share: float, findings: list[Finding]
    ) -> float:
        total = 0.0
        for label in labels:
            credit, best = max(
                ((fulfils(label, what), step) for step, what in meant), key=lambda pair: pair[0], default=(0.0, None)
            )
            total += credit
            if credit < 1.0:
                stage, _, thing = label.partition(".")
                thing = thing.replace("_", " ")
                reason = f"no step to {stage} the {thing}" if not credit else f"no step to {stage} the {thing} itself"
                span = (best.start, best.end) if best and credit else None
                findings.append(Finding(reason, span, share * (1.0 - credit) / len(labels), label))
        return total / len(labels)

    @staticmethod
    def _order(
        order: tuple[Stage, ...], meant: list[tuple[Step, Meaning]], share: float, findings: list[Finding]
    ) -> float:
        first: dict[Stage, tuple[int, Step]] = {}
        for number, (step, what) in enumerate(meant):
            if what.stage in order:
                first.setdefault(what.stage, (number, step))
        present = [stage for stage in order if stage in first]
        value = 1.0
        for before, after in pairwise(present):
            if first[before][0] > first[after][0]:
                value = 0.0
                step = first[after][1]
                findings.append(Finding(f"it says {after} before {before}", (step.start, step.end), share, "order"))
                break
        return value

    @staticmethod
    def _wrong(forbidden: tuple[str, ...], meant: list[tuple[Step, Meaning]]) -> list[Finding]:
        kinds = [kind for kind in forbidden if kind in FORBIDDEN_ACTIONS]
        labels = [label for label in forbidden if label not in FORBIDDEN_ACTIONS]
        found: dict[str, Finding] = {}
        preserved = False
        for step, what in meant:
            preserved = preserved or "preserve" in what.stages
            span = (step.start, step.end)
            # What follows a semicolon explains; only the order itself may be a wrong step.
            clause = what if not labels else meaning(replace(step, text=_CLAUSE.split(step.title, maxsplit=1)[0]))
            for kind in wrong_kinds(step, kinds, preserved=preserved) if kinds else ():
                found.setdefault(kind, Finding(f"it tells to {_WRONG[kind]}", span, WRONG_STEP, kind))
            for label in labels:
                stage, _, thing = label.partition(".")
                if what.stage == stage and thing in clause.objects:
                    found.setdefault(label, Finding(f"it tells to {stage} the {thing}", span, WRONG_STEP, label))
        return list(found.values())


_WRONG = {
    "delete_evidence": "delete what has to be kept as evidence",
    "stop_before_preserve": "stop what runs before its state is preserved",
    "disable_rule": "switch off the rule",
    "disable_sensor": "switch off the sensor",
    "broad_exception": "except far more than this case",
    "weaken_host": "weaken the host",
}

SCORER = Actions()
