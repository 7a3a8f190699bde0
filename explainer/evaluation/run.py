"""A run: a folder that holds what was asked, what came back and what it was worth; crash-safe and resumable."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from explainer.errors import ConfigError
from explainer.evaluation import grade, summary
from explainer.evaluation.answering import OnMiss, leftovers, open_backend, recordings_of
from explainer.evaluation.case import LoadedCase, case_set_hash
from explainer.evaluation.events import EventLog, Index, read_index
from explainer.evaluation.generate import SEED, Generator, Job, Lane, Miss
from explainer.evaluation.manifest import (
    Manifest,
    RecordingInfo,
    TargetInfo,
    check_resumable,
    host_of,
    info_of,
    read_manifest,
    revision_of,
    versions,
    write_manifest,
)
from explainer.evaluation.materials import Kit, Materials, plain_settings
from explainer.evaluation.samples import CONTROL, Generated, Scored, sample_key
from explainer.evaluation.statistics import require_extra
from explainer.evaluation.suite import LoadedSuite, Target, named
from explainer.settings import Settings

EVENTS = "events.jsonl"


@dataclass(frozen=True)
class Options:
    """How a run is made."""

    out: Path | None = None
    """Folder of the run; default: a new one below ``evals/runs``."""
    resume: bool = False
    """Go on with the folder ``out``."""
    repeats: int | None = None
    jobs: int = 4
    on_miss: OnMiss = "fail"
    record: Path | None = None
    filters: tuple[str, ...] = ()


class Watcher:
    """Told how a run goes on; does nothing by itself."""

    def start(self, folder: Path, total: int, done: int) -> None:
        """Answers are about to be asked for."""

    def sample(self, sample: Generated) -> None:
        """One answer."""

    def scoring(self, total: int) -> None:
        """Answers are about to be scored."""

    def scored(self, scored: Scored) -> None:
        """One score."""

    def stop(self) -> None:
        """Nothing more comes, whatever the reason."""


@dataclass
class Run:
    """A run in the making."""

    folder: Path
    manifest: Manifest
    lanes: list[Lane]
    cases: Sequence[LoadedCase]
    materials: Materials
    misses: list[Miss] = field(default_factory=list)


def run_suite(
    suite: LoadedSuite,
    targets: Sequence[Target],
    settings: Settings,
    options: Options,
    marker: grade.Marker,
    *,
    now: Callable[[], datetime],
    watcher: Watcher | None = None,
) -> tuple[Path, summary.Summary]:
    """Make a run, or finish one.

    Args:
        suite: cases and limits.
        targets: prompts and models, without the control, which is always added.
        settings: key, address and prices of live models.
        options: the rest.
        marker: scorers.
        now: the time, with a zone.
        watcher: told how it goes on.

    Returns:
        The run's folder and its summary.

    Raises:
        CaseError, ConfigError, PromptError: before anything is asked.
        KeyboardInterrupt: after everything that is done was written down.
    """
    require_extra()
    watcher = watcher or Watcher()
    began = time.monotonic()
    run = _open(suite, targets, settings, options, marker, now)
    try:
        index = _generate(run, options, watcher, now, began)
        watcher.scoring(len(run.cases) * sum(target.repeats for target in run.manifest.targets))
        scores = grade.score_run(
            run.folder, run.manifest, index, run.cases, run.materials, marker, on_scored=watcher.scored
        )
    finally:
        watcher.stop()
        for lane in run.lanes:
            lane.kit.close()
    left = _leftovers(run)
    done = _finished(run.manifest, index, "finished", time.monotonic() - began, now)
    write_manifest(run.folder, done)
    found = summary.summarise(done, scores, run.misses, left)
    summary.write(run.folder, found)
    return run.folder, found


# --- opening -----------------------------------------------------------------------------------


def _open(
    suite: LoadedSuite,
    targets: Sequence[Target],
    settings: Settings,
    options: Options,
    marker: grade.Marker,
    now: Callable[[], datetime],
) -> Run:
    materials = Materials()
    for loaded in suite.cases:
        materials.of(loaded)
    lanes = _lanes(targets, settings, options, materials, suite.suite.temperature)
    repeats = options.repeats or suite.suite.repeats
    each = [options.repeats or lane.target.repeats or repeats for lane in lanes]
    started = now()
    manifest = Manifest(
        suite=suite.suite.id,
        title=suite.suite.title,
        suite_file=str(suite.path),
        suite_sha256=suite.sha256,
        case_set=case_set_hash(suite.cases),
        cases=info_of(suite.cases),
        filters=options.filters,
        repeats=max(each),
        targets=tuple(_info(lane, times) for lane, times in zip(lanes, each, strict=True)),
        thresholds=suite.suite.thresholds,
        slices=suite.suite.slices,
        scorer_set=marker.scorer_set,
        scorers=marker.versions,
        knowledge_hash=materials.knowledge_hash,
        advice_hash=_advice_hash(),
        versions=versions(),
        revision=revision_of(suite.path.parent),
        concurrency=options.jobs,
        on_miss=options.on_miss,
        started=started.isoformat(timespec="seconds"),
    )
    folder = options.out or _new_folder(manifest, started)
    if options.resume:
        old = read_manifest(folder)
        check_resumable(old, manifest)
        manifest = manifest.model_copy(
            update={"started": old.started, "seconds": old.seconds, "resumed": old.resumed + 1}
        )
    elif (folder / EVENTS).exists():
        raise ConfigError("holds a run already", where=str(folder), hint=f"--resume {folder}, or another --out")
    else:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"cannot be made: {error.strerror}", where=str(folder), hint="--out FOLDER") from error
        grade.keep_cases(folder, suite.cases)
    write_manifest(folder, manifest)
    return Run(folder, manifest, lanes, suite.cases, materials)


def _lanes(
    targets: Sequence[Target], settings: Settings, options: Options, materials: Materials, temperature: float
) -> list[Lane]:
    taken: set[str] = set()
    lanes = []
    for target in targets:
        backend = open_backend(target, settings, on_miss=options.on_miss, record=options.record)
        kit = Kit(
            plain_settings(
                prompt=target.prompt,
                prompts=settings.prompts,
                prices={name: price.model_dump() for name, price in settings.prices.items()},
                deadline=settings.deadline,
                concurrency=options.jobs,
                backend="auto",
            ),
            materials,
            backend,
        )
        template = kit.template
        known = named(target, template.ref if template else None, target.model or backend.model, taken)
        known = replace(known, prompt=template.ref if template else None, model=target.model or backend.model)
        warmth = temperature if target.temperature is None else target.temperature
        lanes.append(Lane(known, kit, template.sha256 if template else None, temperature=warmth))
    lanes.append(Lane(Target(CONTROL, None, "knowledge"), Kit(plain_settings(), materials)))
    return lanes


def _info(lane: Lane, repeats: int) -> TargetInfo:
    import hashlib

    target, kit = lane.target, lane.kit
    if target.control:
        # Rule knowledge says the same every time.
        return TargetInfo(id=target.id, backend="knowledge")
    backend = kit.backend
    return TargetInfo(
        id=target.id,
        backend=target.backend,
        prompt=target.prompt,
        prompt_sha256=lane.prompt_sha256,
        model=target.model,
        address=host_of(target.base_url) if target.backend != "replay" else None,
        parameters={
            "temperature": lane.temperature,
            "seed": SEED,
            "max_output_tokens": kit.settings.max_output_tokens,
            "context_tokens": backend.context_tokens if backend is not None else None,
        },
        recordings=tuple(
            RecordingInfo(file=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
            for path in target.recordings
            if path.is_file()
        ),
        repeats=repeats,
    )


def _advice_hash() -> str:
    from explainer.advice import rules_hash

    return rules_hash()


def _new_folder(manifest: Manifest, started: datetime) -> Path:
    models = manifest.models
    prompts = sorted({target.prompt or "" for target in models})
    names = sorted({Path(target.model or target.backend).name for target in models})
    parts = [
        started.strftime("%Y%m%dT%H%M%S"),
        prompts[0] if len(prompts) == 1 else f"{len(prompts)}-prompts" if prompts else "knowledge",
        names[0] if len(names) == 1 else f"{len(names)}-models" if names else "",
    ]
    name = "-".join(re.sub(r"[^A-Za-z0-9._@]+", "-", part).strip("-") for part in parts if part)
    folder, number = Path("evals/runs") / name, 2
    while folder.exists():
        folder, number = Path("evals/runs") / f"{name}-{number}", number + 1
    return folder


# --- asking ------------------------------------------------------------------------------------


def _generate(run: Run, options: Options, watcher: Watcher, now: Callable[[], datetime], began: float) -> Index:
    path = run.folder / EVENTS
    path.touch()
    index = read_index(path)
    done = index.done()
    jobs = [job for job in _jobs(run) if job.key not in done]
    watcher.start(run.folder, len(jobs) + len(done), len(done))
    with EventLog(path) as log:
        log.add({"event": "resumed" if options.resume else "started", "at": now().isoformat(timespec="seconds")})
        generator = Generator(
            run.materials, log, jobs=options.jobs, kept=index.reports, asked=index.asked, on_sample=watcher.sample
        )
        try:
            generator.run(jobs)
        except KeyboardInterrupt:
            log.add({"event": "interrupted", "at": now().isoformat(timespec="seconds")})
            index = read_index(path)
            write_manifest(run.folder, _finished(run.manifest, index, "interrupted", time.monotonic() - began, now))
            raise
        run.misses = generator.misses
        if generator.skipped:
            log.add({"event": "skipped", "count": generator.skipped})
        log.add({"event": "generated-all", "at": now().isoformat(timespec="seconds"), "misses": len(generator.misses)})
    return read_index(path)


def _jobs(run: Run) -> Iterator[Job]:
    """Repetition by repetition, so that a run that is cut off has seen every case as often as possible."""
    for lane, target in zip(run.lanes, run.manifest.targets, strict=True):
        for epoch in range(target.repeats):
            for loaded in run.cases:
                yield Job(lane, loaded, epoch)


def _leftovers(run: Run) -> list[Any]:
    asked = {loaded.case.id: run.manifest.repeats for loaded in run.cases}
    prompts: dict[str, str] = {}
    keys: set[str] = set()
    for lane in run.lanes:
        keys |= lane.keys
        if lane.target.prompt and lane.prompt_sha256:
            prompts[lane.target.prompt] = prompts[lane.target.prompt.split("@")[0]] = lane.prompt_sha256
    if run.manifest.resumed:
        return []  # what the first part used is not known any more
    found: dict[str, Any] = {}
    unused_everywhere: dict[str, int] = {}
    sources = [r for lane in run.lanes if lane.kit.backend is not None and (r := recordings_of(lane.kit.backend))]
    for source in sources:
        for item in leftovers(source.unused(), asked=asked, prompts=prompts, keys=keys):
            found[item.place] = item
            unused_everywhere[item.place] = unused_everywhere.get(item.place, 0) + 1
    # Two targets may read one file: what either of them used is used.
    return [item for place, item in found.items() if unused_everywhere[place] == _readers(place, run)]


def _readers(place: str, run: Run) -> int:
    file = place.rpartition(":")[0]
    return sum(any(str(path) == file for path in lane.target.recordings) for lane in run.lanes)


def _finished(manifest: Manifest, index: Index, state: Any, seconds: float, now: Callable[[], datetime]) -> Manifest:
    """The manifest with what was spent."""
    targets = []
    for target in manifest.targets:
        samples = [
            index.read(key)
            for case in manifest.cases
            for epoch in range(target.repeats)
            if (key := sample_key(target.id, case.id, epoch)) in index.generated
        ]
        targets.append(_spent(target, samples))
    return manifest.model_copy(
        update={
            "state": state,
            "targets": tuple(targets),
            "finished": now().isoformat(timespec="seconds"),
            "seconds": round(manifest.seconds + seconds, 3),
        }
    )


def _spent(target: TargetInfo, samples: Sequence[Generated]) -> TargetInfo:
    asked = [sample for sample in samples if sample.replies]
    costs = [sample.cost_usd for sample in asked]
    return target.model_copy(
        update={
            "models_answered": tuple(sorted({s.model_answered for s in asked if s.model_answered})),
            "tokens_in_measured": sum(s.tokens_in for s in asked if s.tokens_measured),
            "tokens_out_measured": sum(s.tokens_out for s in asked if s.tokens_measured),
            "tokens_in_estimated": sum(s.tokens_in for s in asked if not s.tokens_measured),
            "tokens_out_estimated": sum(s.tokens_out for s in asked if not s.tokens_measured),
            "cost_usd": None if not costs or None in costs else round(sum(c for c in costs if c is not None), 6),
            "model_seconds": round(sum(s.latency_ms for s in asked) / 1000, 3),
            "attempts": sum(s.attempts for s in asked),
        }
    )
