"""Which explanation the alert supports: signals evaluated, hypotheses scored, one assessment.

The rules, in the order of their importance:

* A decisive sign against a hypothesis ends it, whatever speaks for it.
* What a command line does counts for every rule: a block's ``against_benign`` ends harmless readings of any entry.
* Names, arguments and paths can be chosen by an attacker, and one actor chooses many of them together: they count once
  (``explainer.enrich.origins``). A harmless reading that rests on forgeable signs alone is taken only when they come
  from at least three origins, one of them observed by the sensor, weigh five together, and nothing speaks against it;
  then with medium confidence at most, and with low confidence when the alert carries fewer than two of the things that
  would have given an imitation away. Otherwise it is named as a lead, not as a verdict.
* A hostile reading of equal weight, or one with a telling sign, goes before a harmless one.
* A message about the sensor is no detection. It is "benign" only in the sense that nothing hostile was reported; when
  much was dropped, nobody can say what happened meanwhile, and the verdict says so instead of guessing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from explainer.enrich.condition import ConditionError, Expr, Macro, evaluate, fields_of, parse_condition, trace
from explainer.enrich.origins import OBSERVED, Origin, origin
from explainer.enrich.texts import fill_text
from explainer.enrich.view import Fields
from explainer.schema.enriched import Assessment
from explainer.schema.knowledge import Hypothesis, KnowledgeEntry, Signal, Verdict
from explainer.schema.report import Confidence

INDEPENDENT = 3
WEIGHT_TOGETHER = 5
LEAD = 2
"""A lead needs this much: a single hint is none."""
TELLING = 3
CHECKED = 2
"""So many of the decisive checks that nobody can fake must have been read for medium confidence in forgeable signs."""
VETTED = 2
"""Weight of signs that nobody can fake, from which a harmless reading may be called shown."""

RANK: dict[Verdict, int] = {"benign": 0, "insufficient_evidence": 1, "suspicious": 2, "malicious": 3}

_NAMES = frozenset({"Falco", "Kubernetes", "Linux", "Docker", "Calico", "Cilium", "Tailscale", "Helm", "Ceph"})


@dataclass(frozen=True, slots=True)
class Sign:
    """A signal that holds."""

    signal: Signal
    text: str
    fields: tuple[str, ...]
    """Fields of the alert that made it hold."""
    path: str
    """``driver-loader.supports[0]``."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A hypothesis with what was found for and against it."""

    hypothesis: Hypothesis
    supports: tuple[Sign, ...]
    against: tuple[Sign, ...]
    open: tuple[Signal, ...]
    score: int
    refuted: bool
    missing: tuple[tuple[str, int], ...] = ()
    """Fields for want of which a sign could not be read, with that sign's weight."""

    @property
    def forgeable_only(self) -> bool:
        """Everything that speaks for it can be chosen by an attacker."""
        return bool(self.supports) and all(sign.signal.forgeable for sign in self.supports)

    @property
    def vetted(self) -> int:
        """Weight of the signs that nobody can fake."""
        return sum(sign.signal.weight for sign in self.supports if not sign.signal.forgeable)

    @property
    def unchecked(self) -> bool:
        """Too few of the checks that would expose an imitation could be read."""
        checks = [signal for signal in self.hypothesis.refutes if signal.decisive and not signal.forgeable]
        unread = [signal for signal in self.open if signal.decisive and not signal.forgeable]
        return bool(checks) and len(checks) - len(unread) < min(CHECKED, len(checks))

    @property
    def telling(self) -> bool:
        """A telling sign holds."""
        return any(sign.signal.weight >= TELLING for sign in self.supports)

    @property
    def live(self) -> bool:
        """Not refuted, and with enough to lead."""
        return not self.refuted and self.score >= LEAD

    def origins(self, sources: Mapping[str, str]) -> frozenset[Origin]:
        """Where the signs for it come from, one origin counted for each sign at most."""
        of_signs = [{origin(sources.get(name, name)) for name in sign.fields} for sign in self.supports]
        found: set[Origin] = set()
        # Signs of one origin first, so that the order in an entry does not decide what a mixed sign adds.
        for origins in sorted(of_signs, key=lambda o: (len(o), sorted(o))):
            fresh = sorted(origins - found)
            found.update(fresh[:1])
        return frozenset(found)


def judge(
    entry: KnowledgeEntry,
    fields: Fields,
    shared: tuple[Hypothesis, ...] = (),
    against_benign: tuple[Signal, ...] = (),
) -> tuple[Judged, ...]:
    """Evaluate all hypotheses of an entry, best first: live ones by score, refuted ones last.

    Args:
        entry: the rule's knowledge.
        fields: the alert's fields view.
        shared: hypotheses that fit any rule.
        against_benign: signs that count against every harmless explanation for which something speaks.
    """
    known = {hypothesis.id for hypothesis in entry.hypotheses}
    against, _ = _signs(against_benign, fields, "every-rule.against_benign")
    found = [_judge(h, fields, against) for h in (*entry.hypotheses, *(h for h in shared if h.id not in known))]
    # A shared hypothesis without any sign is no news for the reader.
    found = [j for j in found if j.hypothesis.id in known or j.supports]
    return tuple(sorted(found, key=lambda j: (j.refuted, -j.score, -RANK[j.hypothesis.verdict])))


def _judge(hypothesis: Hypothesis, fields: Fields, always: tuple[Sign, ...]) -> Judged:
    supports, unread = _signs(hypothesis.supports, fields, f"{hypothesis.id}.supports")
    against, unread_against = _signs(hypothesis.refutes, fields, f"{hypothesis.id}.refutes")
    if supports and hypothesis.verdict == "benign":
        against = (*against, *always)
    score = sum(s.signal.weight for s in supports) - sum(s.signal.weight for s in against)
    refuted = any(sign.signal.decisive for sign in against)
    missing = tuple(
        (name, signal.weight)
        for signal in (*unread, *unread_against)
        if (expr := condition(signal.when)) is not None
        for name in fields_of(expr)
        if name not in fields
    )
    return Judged(hypothesis, supports, against, (*unread, *unread_against), score, refuted, missing)


def _signs(signals: tuple[Signal, ...], fields: Fields, path: str) -> tuple[tuple[Sign, ...], tuple[Signal, ...]]:
    held, unread = [], []
    for number, signal in enumerate(signals):
        expr = condition(signal.when)
        outcome = None if expr is None else evaluate(expr, fields)
        if outcome is None:
            unread.append(signal)
        elif outcome and expr is not None:
            text = fill_text(signal.because, fields)
            held.append(Sign(signal, text, _carriers(expr, fields), f"{path}[{number}]"))
    return tuple(held), tuple(unread)


def condition(text: str) -> Expr | None:
    """The condition, parsed; None when it is not one (entries are checked when they are loaded)."""
    try:
        return parse_condition(text)
    except ConditionError:
        return None


def _carriers(expr: Expr, fields: Fields) -> tuple[str, ...]:
    """Known fields whose values made the condition hold, in order of first use."""
    found: dict[str, None] = {}
    for outcome in trace(expr, fields):
        if outcome.held is (not outcome.negated):
            found.update(dict.fromkeys(name for name, _ in outcome.values))
    return tuple(found) or tuple(name for name in fields_of(expr) if name in fields)


def macro_free(expr: Expr) -> bool:
    """Whether the condition stands alone: knowledge is read without any rule file."""
    from explainer.enrich.condition import leaves

    return not any(isinstance(leaf, Macro) for leaf, _ in leaves(expr))


def assess(
    entry: KnowledgeEntry,
    judged: tuple[Judged, ...],
    sources: Mapping[str, str],
    *,
    rule_inferred: bool = False,
    sensor_health: bool = False,
) -> Assessment:
    """What knowledge alone concludes. ``sources`` maps derived fields to the source field they were read from."""
    lead = _lead(judged)
    if lead is None:
        found = _nothing_leads(entry, judged)
    elif lead.hypothesis.verdict == "benign":
        found = _benign(lead, lead.origins(sources))
    else:
        found = _hostile(lead, judged, rule_inferred=rule_inferred)
    floor = entry.verdict_floor
    vetted_benign = lead is not None and found.verdict == "benign" and lead.vetted >= VETTED
    if floor and not vetted_benign and not sensor_health and RANK[found.verdict] < RANK[floor]:
        reason = f"{found.reason} For this rule that is not enough to go below {floor.replace('_', ' ')}."
        found = found.model_copy(update={"verdict": floor, "confidence": "low", "cause": None, "reason": reason})
    return found


def _lead(judged: tuple[Judged, ...]) -> Judged | None:
    live = [j for j in judged if j.live]
    if not live:
        return None

    def order(j: Judged) -> tuple[bool, int, int]:
        # A telling hostile sign is not outvoted by any number of harmless-looking names.
        hostile = j.hypothesis.verdict == "malicious" and j.telling
        return hostile, j.score, RANK[j.hypothesis.verdict]

    return max(live, key=order)


def _benign(lead: Judged, origins: frozenset[Origin]) -> Assessment:
    hypothesis = lead.hypothesis
    observed = any(origin in OBSERVED for origin in origins)
    together = sum(sign.signal.weight for sign in lead.supports)
    shown = lead.vetted >= VETTED and lead.score >= TELLING
    agreed = len(origins) >= INDEPENDENT and observed and together >= WEIGHT_TOGETHER and not lead.against
    forgeable = lead.vetted < VETTED
    best = _best(lead)
    confidence: Confidence
    if shown:
        confidence = (
            "high" if lead.vetted >= TELLING and lead.score >= WEIGHT_TOGETHER and not lead.against else "medium"
        )
        reason = f"{hypothesis.title} explains it: {best}"
    elif agreed:
        confidence = "low" if lead.unchecked else "medium"
        thin = ", and little that would expose an imitation is in the alert" if lead.unchecked else ""
        reason = (
            f"Likely {in_sentence(hypothesis.title)}: signs of {len(origins)} independent origins agree, none speaks "
            f"against it, but all can be imitated{thin}, so its origin is to be verified before the alert is closed."
        )
    else:
        return Assessment(
            verdict="insufficient_evidence",
            confidence="low",
            reason=f"Possibly {in_sentence(hypothesis.title)}, but that is not shown: {best}",
            leading=hypothesis.id,
            forgeable_only=lead.forgeable_only,
        )
    return Assessment(
        verdict="benign",
        confidence=confidence,
        cause=hypothesis.cause or "other",
        reason=reason,
        leading=hypothesis.id,
        forgeable_only=forgeable,
    )


def _hostile(lead: Judged, judged: tuple[Judged, ...], *, rule_inferred: bool) -> Assessment:
    hypothesis = lead.hypothesis
    rivals = [j for j in judged if j.live and j.hypothesis.verdict == "benign" and j.score >= lead.score]
    telling = hypothesis.verdict == "malicious" and lead.telling and not rule_inferred and not rivals
    solid = any(s.signal.weight >= TELLING and not s.signal.forgeable for s in lead.supports)
    confidence: Confidence = "medium" if lead.score >= TELLING else "low"
    if telling and solid and lead.score >= WEIGHT_TOGETHER:
        confidence = "high"
    reason = f"{hypothesis.title} fits best: {_best(lead)}"
    if rivals:
        reason += f" It may also be {in_sentence(rivals[0].hypothesis.title)}, which is not shown."
    return Assessment(
        verdict="malicious" if telling else "suspicious",
        confidence=confidence,
        reason=reason,
        leading=hypothesis.id,
        forgeable_only=lead.forgeable_only,
    )


def _nothing_leads(entry: KnowledgeEntry, judged: tuple[Judged, ...]) -> Assessment:
    hints = [j for j in judged if j.supports and not j.refuted]
    ruled_out = [j for j in judged if j.refuted and j.hypothesis.verdict == "benign" and j.supports]
    if hints:
        reason = f"No explanation stands out; the strongest hint is weak: {_best(hints[0])}"
    elif ruled_out:
        against = next(s for s in ruled_out[0].against if s.signal.decisive)
        reason = f"{ruled_out[0].hypothesis.title} does not explain it: {_sentence(against.text)}"
    elif any(j.open for j in judged):
        reason = "No explanation stands out: what would tell them apart is not in the alert."
    else:
        reason = "None of the known explanations of this rule fits what the alert shows."
    return Assessment(verdict=entry.default_verdict, confidence="low", reason=reason)


def _best(judged: Judged) -> str:
    ranked = sorted(judged.supports, key=lambda s: (-s.signal.weight, s.signal.forgeable))
    return _sentence(ranked[0].text) if ranked else ""


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def in_sentence(title: str) -> str:
    """A title within a sentence: its first word in small letters, unless it is a name."""
    first = title.split(" ", 1)[0]
    named = not first[:1].isupper() or (first.isupper() and first not in {"A", "I"}) or "'" in first or first in _NAMES
    return title if named else title[:1].lower() + title[1:]
