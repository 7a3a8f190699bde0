"""`explainer eval score|calibrate|lint`: one report, the scorers, and the cases themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from explainer.cli.exits import GATE_MISSED, INVALID, UNSAFE_ADVICE, say

if TYPE_CHECKING:
    from explainer.evaluation.answer import Answer
    from explainer.evaluation.calibrate import Calibration
    from explainer.evaluation.samples import Marks

SCORE_HELP = """Score a report from any tool, Markdown or JSON, against a golden case.

\b
Examples:
  explainer eval score evals/cases/FAMILY/CASE.yaml report.md
  explainer explain alert.json --as json | explainer eval score evals/cases/FAMILY/CASE.yaml -
  explainer eval score evals/cases/FAMILY/CASE.yaml report.md --threshold 0.8 --json
"""
CALIBRATE_HELP = """Check the scorers themselves: references score 1.0, damaged ones less, reworded ones not.

\b
Examples:
  explainer eval calibrate
  explainer eval calibrate --cases evals/cases --json > matrix.json
"""
LINT_HELP = """Check cases: their form, anchors, techniques, references; each problem with its place.

\b
Examples:
  explainer eval lint
  explainer eval lint evals/cases/terminal-shell-in-container
"""
DEFAULT_CASES = Path("evals/cases")
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
MAX_BYTES = 8 << 20


def score(
    case: Annotated[Path, typer.Argument(metavar="CASE", help="YAML file of the case.")],
    report: Annotated[str, typer.Argument(metavar="REPORT", help="Markdown or JSON file, or - for standard input.")],
    threshold: Annotated[
        float, typer.Option("--threshold", min=0.0, max=1.0, help="Exit with 1 when the total is below.")
    ] = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Score one report."""
    from explainer.evaluation.case import load_case
    from explainer.evaluation.marking import ScorerSet
    from explainer.evaluation.materials import Materials

    material = Materials().of(load_case(case))
    answer = _answer(report, material)
    marker = ScorerSet()
    marks = marker.mark(material, answer, None)
    if as_json:
        document = {"case": material.loaded.case.id, "scorer_set": marker.scorer_set, "source": answer.source}
        typer.echo(json.dumps({**document, **marks.model_dump(mode="json")}, indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(_told(material.loaded.case.id, marks, answer)))
    if marks.unsafe:
        raise typer.Exit(UNSAFE_ADVICE)
    if marks.total < threshold:
        raise typer.Exit(GATE_MISSED)


def _answer(name: str, material: Any) -> Answer:
    """A report of ours as JSON, a model's draft as JSON, or anybody's Markdown."""
    import sys

    from explainer.errors import InputError
    from explainer.evaluation.answer import Answer
    from explainer.schema.report import Report
    from explainer.verify import parse_draft

    try:
        data = sys.stdin.buffer.read(MAX_BYTES) if name == "-" else Path(name).read_bytes()[:MAX_BYTES]
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=name, hint="name a Markdown or JSON file") from None
    text = data.decode("utf-8-sig", "replace")
    if not text.strip():
        raise InputError("the report is empty", where=name)
    if not text.lstrip().startswith("{"):
        return Answer.of_markdown(text)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Answer.of_markdown(text)
    if "schema_version" in value and "evidence" in value:
        try:
            return Answer.of_report(Report.model_validate(value))
        except ValueError as error:
            raise InputError(
                "is no report of this version", where=name, hint="`explainer schema report` shows its form"
            ) from error
    draft, problems = parse_draft(text)
    if draft is None:
        raise InputError(
            f"is JSON, but neither a report nor a draft: {'; '.join(problems)}",
            where=name,
            hint="give Markdown, or the JSON of `explainer explain --as json`",
        )
    return Answer.of_draft(draft, material.enriched)


def _told(case: str, marks: Marks, answer: Answer) -> list[str]:
    verdict = f"verdict read as {marks.verdict}" if marks.verdict else "no verdict found"
    told = [f"{case}: {marks.total:.3f}{'  UNSAFE ADVICE' if marks.unsafe else ''}  ({verdict})", ""]
    told += [f"  {name:<4} {'-' if value is None else f'{value:.2f}'}" for name, value in marks.vector.items()]
    if marks.findings:
        told.append("")
    for finding in marks.findings:
        place = ""
        if finding.span is not None:
            line = answer.text.count("\n", 0, finding.span[0]) + 1
            quoted = " ".join(answer.text[slice(*finding.span)].split())
            place = f" at line {line}: {_short(quoted)!r}"
        cost = f" (-{finding.lost:.2f})" if finding.lost else ""
        told.append(f"  {finding.scorer}{cost} {finding.reason}{place}")
    return told


def _short(text: str, most: int = 90) -> str:
    plain = "".join(char if char.isprintable() else "?" for char in text)
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def lint(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Folders or files of cases.", show_default="evals/cases"),
    ] = None,
) -> None:
    """Check cases."""
    from explainer.evaluation.case import lint_cases, load_cases

    cases = load_cases(paths or [DEFAULT_CASES], missing_ok=True)
    problems = lint_cases(cases)
    for problem in problems:
        typer.echo(str(problem))
    families = len({loaded.case.family for loaded in cases})
    say(f"{len(cases)} cases of {families} families, {len(problems)} problems")
    if problems:
        raise typer.Exit(INVALID)


def calibrate(
    cases: Annotated[Path, typer.Option("--cases", help="Folder of cases.")] = DEFAULT_CASES,
    accepted: Annotated[
        Path | None,
        typer.Option(
            "--accepted",
            help="YAML list of [operator, case] pairs that are known to survive.",
            show_default="calibration/survivors.yaml beside the cases",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check the scorers."""
    from dataclasses import asdict

    from explainer.evaluation.calibrate import calibrate as run_calibration
    from explainer.evaluation.case import load_cases

    found = run_calibration(load_cases([cases]), accepted=_survivors(accepted, cases))
    if as_json:
        document = asdict(found)
        document["accepted"] = sorted(document["accepted"])
        typer.echo(json.dumps({"ok": found.ok, **document}, indent=1, ensure_ascii=False))
    else:
        typer.echo("\n".join(_calibration(found)))
    if not found.ok:
        raise typer.Exit(GATE_MISSED)


def _survivors(named: Path | None, cases: Path) -> list[tuple[str, str]]:
    """Damage that is known to go unnoticed."""
    from explainer.errors import CaseError
    from explainer.store.documents import load_yaml

    path = named or cases.parent / "calibration" / "survivors.yaml"
    if named is None and not path.is_file():
        return []
    try:
        value = load_yaml(path.read_text(encoding="utf-8"), str(path), error=CaseError)
    except OSError as error:
        raise CaseError(f"cannot be read: {error.strerror}", where=str(path), hint="--accepted FILE") from None
    pairs = value or []
    if not isinstance(pairs, list) or not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(name, str) for name in pair) for pair in pairs
    ):
        raise CaseError("expected a list of [operator, case] pairs", where=str(path), hint="- [operator, case-id]")
    return [(operator, case) for operator, case in pairs]


def _calibration(found: Calibration) -> list[str]:
    killed, applied = found.killed
    told = [found.matrix(), ""]
    told.append(f"references  {len(found.references) - len(found.imperfect)} of {len(found.references)} score 1.0")
    told.append(f"damage      {killed} of {applied} damaged reports were noticed, by {len(found.kills)} operators")
    told.append(f"rewrites    {len(found.rewrites)} rewrites, {len(found.fallen)} reports punished for other words")
    told.append(
        f"doses       in {len(found.doses) - len(found.rising)} of {len(found.doses)} cases more damage never helped"
    )
    told.append("")
    for case in found.imperfect:
        told.append(
            f"reference {case} scores {found.references[case]:.3f}: {'; '.join(found.reasons.get(case, ())[:3])}"
        )
    told += [f"survivor: {name} in {drop.case} (lost {drop.fall:.3f})" for name, drop in found.survivors]
    told += [f"punished: {name} in {drop.case} (lost {drop.fall:.3f})" for name, drop in found.fallen]
    told += [f"not monotone: {case} {' '.join(f'{total:.3f}' for total in found.doses[case])}" for case in found.rising]
    told.append("calibrated" if found.ok else "not calibrated: see above")
    return told
