"""S8: commands that would run as written, on what the alert is about."""

from __future__ import annotations

from collections.abc import Iterator

from explainer.evaluation.commands import Call, check, looks_like_command
from explainer.evaluation.scorers.base import Finding, Kind, Score, ScoringContext

EACH = 0.4
"""One broken command is a dead end, however many others run."""
_OTHER_NAMESPACES = frozenset(
    {"kube-system", "falco", "default", "monitoring", "kube-public", "gatekeeper-system", "cert-manager"}
)


class Commands:
    """Syntax, programs, verbs, options, and the names that the calls are given."""

    name = "S8"
    title = "gives commands that run"
    version = 1
    weight = 0.10
    kind: Kind = "weighted"

    def score(self, context: ScoringContext) -> Score:
        """None without commands; otherwise 1 less 0.4 for each one that would not run."""
        answer, findings, number = context.answer, [], 0
        for code in answer.commands:
            if code.inline and (not looks_like_command(code.text) or code.text in context.index.sources.alert.joined):
                # A name, a value, or a quotation of what ran.
                continue
            number += 1
            faults, calls = check(code.text)
            reasons = [(fault.kind, fault.reason, fault.piece) for fault in faults]
            reasons += [
                ("namespace", reason, piece) for call in calls for reason, piece in self._elsewhere(call, context)
            ]
            for index, (kind, reason, piece) in enumerate(reasons):
                place = answer.text.find(piece, code.start, code.end) if piece else -1
                span = (place, place + len(piece)) if place >= 0 else (code.start, code.end)
                findings.append(Finding(reason, span, EACH if index == 0 else 0.0, kind))
        if not number:
            return Score(None)
        return Score(max(0.0, 1.0 - sum(finding.lost for finding in findings)), tuple(findings))

    @staticmethod
    def _elsewhere(call: Call, context: ScoringContext) -> Iterator[tuple[str, str]]:
        k8s = context.alert.k8s
        known = {k8s.namespace} if k8s and k8s.namespace else set()
        if context.alert.api and context.alert.api.namespace:
            known.add(context.alert.api.namespace)
        said = call.namespace
        if call.program != "kubectl" or said is None or not known or said in known or said in _OTHER_NAMESPACES:
            return
        if context.index.sources.alert.holds("code", said) or context.index.sources.knowledge.holds("code", said):
            return
        yield f"it looks in namespace {said}, and the alert is of {', '.join(sorted(known))}", said


SCORER = Commands()
