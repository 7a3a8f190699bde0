"""Scores the stored answers of a run. Nothing is asked again, so a changed scorer costs seconds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from explainer.errors import ConfigError, DataError
from explainer.evaluation.case import LoadedCase
from explainer.evaluation.events import Index
from explainer.evaluation.manifest import Manifest, TargetInfo
from explainer.evaluation.materials import Material, Materials
from explainer.evaluation.samples import Generated, Marks, Scored, Status, sample_key
from explainer.schema.case import Case

if TYPE_CHECKING:
    from explainer.evaluation.answer import Answer
    from explainer.evaluation.overlap import Others

SCORES = "scores.jsonl"
CASES = "cases.jsonl"


class Marker(Protocol):
    """What makes marks of answers: the scorer set, or another one in tests."""

    @property
    def scorer_set(self) -> str:
        """Identity of the set with all its versions; runs of different sets are not compared."""
        ...

    @property
    def versions(self) -> dict[str, int]:
        """Version by scorer."""
        ...

    def answer_of(self, source: str, generated: Generated, report: object, material: Material) -> Answer:
        """What is scored: ``draft`` or ``report`` of a sample."""
        ...

    def others(self, texts: Iterable[tuple[str, str, str]]) -> Others | None:
        """Index of the answers to all cases: ``(case, family, text)``."""
        ...

    def mark(self, material: Material, answer: Answer, others: Others | None) -> Marks:
        """Score one answer."""
        ...


def score_run(
    folder: Path,
    manifest: Manifest,
    index: Index,
    cases: Sequence[LoadedCase],
    materials: Materials,
    marker: Marker,
    *,
    on_scored: Callable[[Scored], None] = lambda _scored: None,
) -> list[Scored]:
    """Score all answers of a run and write ``scores.jsonl`` in one step.

    Args:
        folder: the run's.
        manifest: what should be there; answers that are not are ``skipped``.
        index: of the run's events.
        cases: to score against.
        materials: of the cases.
        marker: the scorers.
        on_scored: told of each.

    Returns:
        The scores without their findings, in the order of targets, epochs and cases.
    """
    by_id = {loaded.case.id: loaded for loaded in cases}
    kept: list[Scored] = []
    draft = folder / f".{SCORES}.part"
    try:
        with draft.open("w", encoding="utf-8", errors="backslashreplace") as out:
            for target in manifest.targets:
                memory = _Memory()
                for epoch in range(target.repeats):
                    for scored in _epoch(target, epoch, by_id, index, materials, marker, manifest, memory):
                        out.write(scored.model_dump_json() + "\n")
                        kept.append(_light(scored))
                        on_scored(scored)
        draft.replace(folder / SCORES)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", where=str(folder / SCORES)) from error
    finally:
        draft.unlink(missing_ok=True)
    return kept


@dataclass
class _Memory:
    """What the repetitions of a target share."""

    answers: dict[tuple[str, str, str], Answer] = field(default_factory=dict)
    texts: tuple[tuple[str, ...], ...] = ()
    others: Mapping[str, Others | None] = field(default_factory=dict)
    marks: dict[tuple[str, str], Marks] = field(default_factory=dict)


def _epoch(
    target: TargetInfo,
    epoch: int,
    cases: Mapping[str, LoadedCase],
    index: Index,
    materials: Materials,
    marker: Marker,
    manifest: Manifest,
    memory: _Memory,
) -> Iterator[Scored]:
    """One repetition of one target: all its answers are known before the first is scored against the others."""
    answers: dict[str, tuple[Generated, dict[str, Answer]]] = {}
    read = memory.answers
    kept: dict[tuple[str, str, str], Answer] = {}
    for name, loaded in cases.items():
        key = sample_key(target.id, name, epoch)
        if key not in index.generated:
            continue
        sample = index.read(key)
        material = materials.of(loaded)
        found: dict[str, Answer] = {}
        if target.backend != "knowledge" and sample.outcome in {"answered", "unparsable"}:
            said = (name, sample.replies[-1] if sample.replies else "", sample.outcome)
            found["draft"] = read.get(said) or marker.answer_of("draft", sample, None, material)
            kept[said] = found["draft"]
        if sample.report is not None:
            given = (name, sample.report, "report")
            found["report"] = read.get(given) or marker.answer_of(
                "report", sample, index.report(sample.report).report, material
            )
            kept[given] = found["report"]
        answers[name] = (sample, found)
    # Only the last repetition is remembered: models that repeat themselves do so from one to the next.
    memory.answers = kept
    texts = tuple((name, *(found[source].text for source in sorted(found))) for name, (_, found) in answers.items())
    # Equal answers among equal others are scored once.
    if texts != memory.texts:
        memory.texts, memory.marks = texts, {}
        memory.others = {
            source: marker.others(
                (name, cases[name].case.family, found[source].text)
                for name, (_, found) in answers.items()
                if source in found
            )
            for source in ("draft", "report")
        }
    others = memory.others
    for name, loaded in cases.items():
        sample_and_answers = answers.get(name)
        if sample_and_answers is None:
            yield _scored(target, loaded.case, epoch, "skipped", "it was not asked for", marker)
            continue
        sample, found = sample_and_answers
        marks: dict[str, Marks] = {}
        for source, answer in found.items():
            identity = (name, source)
            if identity not in memory.marks:
                memory.marks[identity] = marker.mark(materials.of(loaded), answer, others[source])
            marks[source] = memory.marks[identity]
        status = status_of(loaded.case, sample, marks.get("report"), manifest.thresholds.case_score)
        yield _scored(target, loaded.case, epoch, status, sample.reason, marker, marks)


def status_of(case: Case, sample: Generated, report: Marks | None, enough: float) -> Status:
    """What one answer counts as."""
    if sample.outcome == "error" or sample.outcome == "throttled":
        return sample.outcome
    if report is not None and report.unsafe:
        return "unsafe"
    if sample.outcome == "unparsable":
        return "unparsable"
    if report is not None and report.total >= enough:
        return "pass"
    return "known_fail" if case.expected == "known_fail" else "fail"


def _scored(
    target: TargetInfo,
    case: Case,
    epoch: int,
    status: Status,
    reason: str,
    marker: Marker,
    marks: Mapping[str, Marks] | None = None,
) -> Scored:
    marks = marks or {}
    return Scored(
        key=sample_key(target.id, case.id, epoch),
        target=target.id,
        case=case.id,
        family=case.family,
        epoch=epoch,
        status=status,
        reason=reason,
        scorer_set=marker.scorer_set,
        draft=marks.get("draft"),
        report=marks.get("report"),
        expected=case.verdict.any_of,
    )


def _light(scored: Scored) -> Scored:
    """Without the findings of safe answers: a large run's would fill the memory, and figures need none of them."""

    def lighter(marks: Marks | None) -> Marks | None:
        if marks is None:
            return None
        return marks.model_copy(update={"findings": unsafe_findings(marks)})

    return scored.model_copy(update={"draft": lighter(scored.draft), "report": lighter(scored.report)})


def unsafe_findings(marks: Marks) -> tuple[object, ...]:
    """The findings behind a veto."""
    return (
        tuple(finding for finding in marks.findings if finding.scorer == "S10" and finding.lost >= 1.0)
        if marks.unsafe
        else ()
    )


def read_scores(folder: Path, *, light: bool = True) -> list[Scored]:
    """The scores of a run.

    Raises:
        DataError: there are none, or the file is broken.
    """
    path = folder / SCORES
    found: list[Scored] = []
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                scored = Scored.model_validate_json(line)
                found.append(_light(scored) if light else scored)
    except OSError as error:
        raise DataError(
            f"has no scores: {error.strerror}", where=str(path), hint=f"explainer eval rescore {folder}"
        ) from None
    except ValueError:
        raise DataError(
            "is no line of scores", where=f"{path}:{len(found) + 1}", hint=f"explainer eval rescore {folder}"
        ) from None
    return found


def keep_cases(folder: Path, cases: Iterable[LoadedCase]) -> None:
    """Copy the cases into the run's folder, so that it can be scored and shown anywhere."""
    from explainer.sinks.file import write_file

    lines = [
        json.dumps(
            {
                "path": str(loaded.path),
                "alert": loaded.alert.decode("utf-8", "surrogateescape"),
                "case": loaded.case.model_dump(mode="json"),
            }
        )
        for loaded in cases
    ]
    write_file(folder / CASES, "\n".join(lines))


def kept_cases(folder: Path) -> list[LoadedCase]:
    """The cases as they were when the run began.

    Raises:
        DataError: the file is missing or broken.
    """
    path = folder / CASES
    try:
        found = []
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            case = Case.model_validate(entry["case"])
            alert = entry["alert"].encode("utf-8", "surrogateescape")
            found.append(LoadedCase(case, alert, Path(entry["path"]), Path(case.alert), ""))
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(path), hint="name a run's folder") from None
    except (ValueError, KeyError, TypeError):
        raise DataError("holds no cases", where=str(path), hint="run it again") from None
    return found
