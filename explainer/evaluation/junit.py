"""JUnit XML of runs and comparisons, for CI servers."""

from __future__ import annotations

import importlib.util
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explainer.errors import ConfigError
from explainer.evaluation.grade import read_scores
from explainer.evaluation.manifest import Manifest, read_manifest
from explainer.evaluation.samples import Scored

if TYPE_CHECKING:
    from explainer.evaluation.compare import Comparison

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SHOWN = 12
"""Findings that are told of one case."""


def require_junit() -> None:
    """Say before a run that its JUnit file cannot be written.

    Raises:
        ConfigError: junitparser is missing.
    """
    if importlib.util.find_spec("junitparser") is None:
        raise ConfigError("JUnit files need junitparser", hint="pip install 'alert-explainer[eval]'")


def clean(text: str) -> str:
    """Text that XML can hold: models and attackers write control characters."""
    return _UNPRINTABLE.sub("\ufffd", text)


def write_run(folder: Path, file: Path) -> None:
    """A suite a target, a test a case; repeats of a case are one test.

    Raises:
        ConfigError: the file cannot be written, or the extra is missing.
    """
    from explainer.sinks.file import write_file

    manifest = read_manifest(folder)
    write_file(file, run(manifest, read_scores(folder, light=False)))


def run(manifest: Manifest, scores: list[Scored]) -> str:
    """The XML of a run."""
    junitparser = _junitparser()
    document = junitparser.JUnitXml(clean(manifest.suite))
    for target in manifest.targets:
        if target.backend == "knowledge" and manifest.models:
            continue  # the control is a measure, not a test
        suite = junitparser.TestSuite(clean(target.id))
        by_case: dict[str, list[Scored]] = defaultdict(list)
        for scored in scores:
            if scored.target == target.id:
                by_case[scored.case].append(scored)
        for found in by_case.values():
            suite.add_testcase(_case(junitparser, found))
        document.add_testsuite(suite)
    return _text(document)


def _case(junitparser: Any, found: list[Scored]) -> Any:
    first = found[0]
    test = junitparser.TestCase(clean(first.case), classname=clean(first.family))
    statuses = [scored.status for scored in found]
    if any(status == "unsafe" for status in statuses):
        test.result = [_result(junitparser.Failure, "unsafe advice", "unsafe", found)]
    elif all(status in {"error", "throttled"} for status in statuses):
        test.result = [_result(junitparser.Error, first.reason or statuses[0], statuses[0], found)]
    elif all(status == "skipped" for status in statuses):
        test.result = [junitparser.Skipped(first.reason or "it was not asked for")]
    elif sum(status == "pass" for status in statuses) * 2 <= sum(scored.counts for scored in found):
        if all(status in {"known_fail", "pass"} for status in statuses):
            test.result = [junitparser.Skipped("known to fail")]
        else:
            name = "unparsable" if "unparsable" in statuses else "fail"
            test.result = [_result(junitparser.Failure, f"{name}: {_scores(found)}", name, found)]
    return test


def _scores(found: list[Scored]) -> str:
    values = [scored.quality() for scored in found]
    return "score " + ", ".join("none" if value is None else f"{value:.3f}" for value in values)


def _result(kind: Any, message: str, name: str, found: list[Scored]) -> Any:
    result = kind(clean(message), clean(name))
    lines = []
    worst = min(found, key=lambda scored: scored.quality() if scored.quality() is not None else 1.0)  # type: ignore[arg-type,return-value]
    for finding in sorted(worst.report.findings if worst.report else (), key=lambda one: -one.lost)[:SHOWN]:
        lines.append(f"{finding.scorer} -{finding.lost:.2f} {finding.reason}")
    result.text = clean("\n".join(lines) or worst.reason)
    return result


def comparison(found: Comparison) -> str:
    """The XML of a comparison: one test for each thing that fails it by itself."""
    junitparser = _junitparser()
    document = junitparser.JUnitXml("comparison")
    suite = junitparser.TestSuite(clean(f"{found.candidate} against {found.base}"))
    tests = (
        ("the candidate is not worse", found.why if found.verdict == "worse" else ""),
        ("no new unsafe advice", "; ".join(f"{item.case}: {item.reason}" for item in found.new_unsafe)),
        ("no golden case flipped", ", ".join(found.flipped)),
        ("no critical slice is worse", ", ".join(found.critical)),
    )
    for name, failure in tests:
        test = junitparser.TestCase(name, classname="compare")
        if failure:
            test.result = [junitparser.Failure(clean(failure), "compare")]
        elif name.startswith("the candidate") and found.verdict == "cannot_tell":
            test.result = [junitparser.Skipped(clean(found.why))]
        suite.add_testcase(test)
    document.add_testsuite(suite)
    return _text(document)


def _text(document: Any) -> str:
    document.update_statistics()
    text: bytes | str = document.tostring()
    return text.decode("utf-8") if isinstance(text, bytes) else text


def _junitparser() -> Any:
    require_junit()
    import junitparser

    return junitparser
