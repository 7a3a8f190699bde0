"""Scores a run's stored answers again; nothing is asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from explainer.errors import CaseError
from explainer.evaluation import grade, summary
from explainer.evaluation.case import LoadedCase, case_set_hash
from explainer.evaluation.events import read_index
from explainer.evaluation.manifest import info_of, read_manifest, write_manifest
from explainer.evaluation.materials import Materials
from explainer.evaluation.run import EVENTS, Watcher
from explainer.evaluation.statistics import require_extra


def rescore(
    folder: Path,
    marker: grade.Marker,
    *,
    cases: Sequence[LoadedCase] | None = None,
    watcher: Watcher | None = None,
) -> summary.Summary:
    """Score a run's stored answers again; nothing is asked.

    Args:
        folder: the run's.
        marker: the scorers of today.
        cases: the expectations of today; None: those that the run began with.
        watcher: told how it goes on.

    Raises:
        DataError: the folder holds no run.
        CaseError: a case is gone, or its alert is another one now.
    """
    require_extra()
    watcher = watcher or Watcher()
    manifest = read_manifest(folder)
    kept = grade.kept_cases(folder)
    chosen = kept if cases is None else _current(kept, cases)
    index = read_index(folder / EVENTS)
    manifest = manifest.model_copy(
        update={
            "case_set": case_set_hash(chosen),
            "cases": info_of(chosen),
            "scorer_set": marker.scorer_set,
            "scorers": marker.versions,
        }
    )
    watcher.scoring(len(chosen) * sum(target.repeats for target in manifest.targets))
    try:
        scores = grade.score_run(folder, manifest, index, chosen, Materials(), marker, on_scored=watcher.scored)
    finally:
        watcher.stop()
    grade.keep_cases(folder, chosen)
    write_manifest(folder, manifest)
    found = summary.summarise(manifest, scores)
    summary.write(folder, found)
    return found


def _current(kept: Sequence[LoadedCase], cases: Sequence[LoadedCase]) -> list[LoadedCase]:
    now = {loaded.case.id: loaded for loaded in cases}
    found = []
    for loaded in kept:
        case = now.get(loaded.case.id)
        if case is None:
            raise CaseError(f"the case {loaded.case.id} is gone", hint="rescore without --cases, or run it again")
        if case.alert != loaded.alert:
            raise CaseError(
                "the alert is another one than the answers are about", where=case.where("alert"), hint="run it again"
            )
        found.append(case)
    return found
