"""False and true sentences about the fixture alerts, and what the verification makes of them.

``tests/data/claims`` holds one sentence a line with the fixture and the paths of the evidence that it cites. The files
named ``heldout`` were set aside by lot before any rule was written, and no rule may be fitted to them.

    python -m tests.support.claims [dev|heldout] [--show]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from explainer import Explainer, ingest
from explainer.schema.enriched import EnrichedAlert, Group
from explainer.schema.report import Draft, DraftClaim, Provenance, Report
from explainer.verify import verify_draft

ROOT = Path(__file__).resolve().parents[2]
CLAIMS = ROOT / "tests" / "data" / "claims"
FALCO = ROOT / "fixtures" / "alerts" / "falco"
PARTS = ("dev", "second", "third", "fourth", "heldout")
_PROVENANCE = Provenance(product_version="0", backend="openai", model="m", origin="model")


class Sentence(NamedTuple):
    """One sentence that a model might write of a fixture."""

    alert: str
    kind: str
    text: str
    cites: tuple[str, ...]


class Fate(NamedTuple):
    """What became of it in each place, None where it stands."""

    claim: str | None
    claim_citing_everything: str | None
    summary: str | None


def sentences(truth: str, part: str) -> list[Sentence]:
    """The sentences of ``false-dev.jsonl`` and the like."""
    lines = (CLAIMS / f"{truth}-{part}.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Sentence(row["alert"], row.get("kind", "true"), row["text"], tuple(row["cites"]))
        for row in map(json.loads, lines)
    ]


@cache
def enriched(name: str) -> EnrichedAlert:
    """The fixture alert, with the knowledge and rule facts that ship."""
    alert = ingest((FALCO / f"{name}.json").read_bytes())[0]
    with Explainer("knowledge", default_rules=False) as explainer:
        return explainer.equipment.enriched(Group(fingerprint="f" * 16, alert=alert, ids=(alert.id,)))


def cited(alert: EnrichedAlert, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Ids of the evidence with these paths; a path may be given by its end."""
    found = []
    for path in paths:
        ids = [e.id for e in alert.evidence if e.path == path or e.path.endswith(f".{path}")]
        assert len(ids) == 1, f"{path}: {ids}"
        found += ids
    return tuple(found)


def _reason(report: Report, where: str) -> str:
    return next(
        (item.reason for item in report.removed_claims if item.where == where),
        "; ".join(item.why for item in report.withheld) or "?",
    )


def fate(sentence: Sentence) -> Fate:
    """The reasons why a sentence falls, as a claim and in a summary."""
    alert = enriched(sentence.alert)
    group = Group(fingerprint="f" * 16, alert=alert.alert, ids=(alert.alert.id,))

    def checked(**draft: object) -> Report:
        given = Draft.model_validate({"verdict": alert.assessment.verdict, "summary": "", "claims": (), **draft})
        return verify_draft(alert, group, given, _PROVENANCE)

    def claim(cites: tuple[str, ...]) -> str | None:
        report = checked(claims=(DraftClaim(text=sentence.text, cites=cites),))
        stands = any(c.origin == "model" for c in report.claims)
        return None if stands else _reason(report, "claims")

    report = checked(summary=sentence.text)
    fell = report.withheld or any(item.where == "summary" for item in report.removed_claims)
    return Fate(
        claim(cited(alert, sentence.cites)),
        claim(tuple(e.id for e in alert.evidence)),
        _reason(report, "summary") if fell else None,
    )


def fates(truth: str, part: str) -> Iterator[tuple[Sentence, Fate]]:
    """All sentences of a file with their fates."""
    for sentence in sentences(truth, part):
        yield sentence, fate(sentence)


def rates(truth: str, part: str) -> dict[str, float]:
    """The share of the sentences that stand, by place."""
    found = [f for _, f in fates(truth, part)]
    return {place: sum(getattr(f, place) is None for f in found) / len(found) for place in Fate._fields}


def main() -> None:
    parts = [part for part in PARTS if part in sys.argv] or list(PARTS)
    for part in parts:
        for truth in ("false", "true"):
            found = list(fates(truth, part))
            shares = "  ".join(
                f"{place} {sum(getattr(f, place) is None for _, f in found)} = "
                f"{sum(getattr(f, place) is None for _, f in found) / len(found):.1%}"
                for place in Fate._fields
            )
            print(f"{part} {truth}: of {len(found)} stand: {shares}")
            if "--show" in sys.argv:
                for sentence, f in found:
                    wrong = [r for r in f if (r is None) == (truth == "false")]
                    if wrong:
                        print(f"   {sentence.alert} [{sentence.kind}] {sentence.text}\n        {f}")


if __name__ == "__main__":
    main()
