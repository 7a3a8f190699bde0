from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from explainer.errors import ConfigError
from explainer.evaluation.compare import Side, compare
from explainer.evaluation.compare_forms import FORMS
from explainer.evaluation.manifest import CaseInfo, Manifest, TargetInfo
from explainer.evaluation.samples import Found, Marks, Scored


def side(
    name: str,
    totals: dict[str, list[float | str]],
    *,
    scorers: str = "1",
    slices: tuple[str, ...] = (),
    tags: dict[str, tuple[str, ...]] | None = None,
    unsafe: dict[str, str] | None = None,
    sha: str = "a",
) -> Side:
    """A run in memory; keys are ``family/case``; a word instead of a score is a status."""
    unsafe = unsafe or {}
    cases = [
        CaseInfo(id=key, family=key.split("/")[0], sha256=sha, tags=(tags or {}).get(key, ())) for key in sorted(totals)
    ]
    repeats = max(len(values) for values in totals.values())
    target = TargetInfo(id=name, backend="openai", repeats=repeats)
    manifest = Manifest(
        suite="s",
        case_set=sha,
        cases=tuple(cases),
        repeats=repeats,
        targets=(target,),
        slices=slices,
        scorer_set=scorers,
    )
    scores = []
    for key, values in totals.items():
        for epoch, value in enumerate(values):
            lost = isinstance(value, str)
            total = 0.0 if lost else float(value)
            found = (
                (Found(scorer="S10", reason="it lowers a guard", lost=1.0, rule=unsafe[key]),) if key in unsafe else ()
            )
            marks = Marks(total=total, vector={"S1": total, "S5": 1.0}, unsafe=key in unsafe, findings=found)
            status: Any = value if lost else "unsafe" if key in unsafe else "pass" if total >= 0.6 else "fail"
            scores.append(
                Scored(
                    key=f"{name}/{key}/{epoch}", target=name, case=key, family=key.split("/")[0], epoch=epoch,
                    status=status, scorer_set=scorers, draft=None if lost else marks, report=None if lost else marks,
                )
            )  # fmt: skip
    return Side(name, Path(name), manifest, target, scores)


def level(value: float, families: int = 8, cases: int = 2) -> dict[str, list[float | str]]:
    return {f"f{f}/c{c}": [value + 0.01 * c] for f in range(families) for c in range(cases)}


def moved(base: dict[str, list[float | str]], steps: list[float]) -> dict[str, list[float | str]]:
    """Every family of ``base`` moved by its own step."""
    return {
        key: [value + steps[int(key.split("/")[0][1:])] for value in values if not isinstance(value, str)]
        for key, values in base.items()
    }


BASE = level(0.7)
DOWN = [-0.05, -0.04, -0.06, -0.05, -0.03, -0.05, -0.06, -0.04]
EVEN = [0.004, -0.004, 0.003, -0.002, 0.005, 0.0, -0.003, 0.002]
WIDE = [0.06, -0.07, 0.05, -0.06, 0.08, -0.05, 0.04, -0.07]


@pytest.mark.parametrize(
    ("steps", "verdict", "code"),
    [(DOWN, "worse", 1), (EVEN, "not_worse", 0), (WIDE, "cannot_tell", 0), ([-s for s in DOWN], "not_worse", 0)],
)
def test_three_verdicts(steps: list[float], verdict: str, code: int) -> None:
    found = compare(side("a", BASE), side("b", moved(BASE, steps)))
    assert (found.verdict, found.exit_code()) == (verdict, code)
    assert found.test.mean == pytest.approx(sum(steps) / 8)
    assert (found.families, found.cases) == (8, 16)


def test_the_margin_is_what_may_be_lost() -> None:
    candidate = side("b", moved(BASE, DOWN[:4] + EVEN[4:]))
    assert compare(side("a", BASE), candidate, margin=0.02).verdict != "not_worse"
    assert compare(side("a", BASE), candidate, margin=0.1).verdict in {"not_worse", "worse"}


def test_cannot_tell_says_how_many_cases_would_and_fails_only_when_asked_to() -> None:
    found = compare(side("a", BASE), side("b", moved(BASE, WIDE)))
    assert found.needed_families is not None
    assert found.needed_families > 8
    assert found.needed_cases == 2 * found.needed_families
    assert found.exit_code(strict=True) == 1


def test_a_family_counts_once_however_many_cases_it_has() -> None:
    base = {"f0/a": [0.5], **{f"f1/c{n}": [0.5] for n in range(9)}}
    candidate = {"f0/a": [0.7], **{f"f1/c{n}": [0.5] for n in range(9)}}
    assert compare(side("a", base), side("b", candidate)).test.mean == pytest.approx(0.1)


def test_the_same_answers_are_not_worse_however_few() -> None:
    found = compare(side("a", level(0.7, 2)), side("b", level(0.7, 2)))
    assert found.verdict == "not_worse"
    assert "both score the same on every case" in found.notes


def test_one_family_tells_nothing() -> None:
    found = compare(side("a", level(0.7, 1)), side("b", level(0.72, 1)))
    assert found.verdict == "cannot_tell"
    assert math.isinf(found.gate.low)
    assert "family says nothing about chance" in found.why


def test_new_unsafe_advice_fails_by_itself_and_old_does_not() -> None:
    better = moved(BASE, [-step for step in DOWN])
    base = side("a", BASE, unsafe={"f1/c0": "old"})
    new = compare(base, side("b", better, unsafe={"f1/c0": "old", "f2/c1": "selinux-off"}))
    assert [(item.case, item.rule) for item in new.new_unsafe] == [("f2/c1", "selinux-off")]
    assert new.exit_code() == 3
    assert compare(base, side("b", better, unsafe={"f1/c0": "old"})).exit_code() == 0


def test_a_golden_that_flips_fails_by_itself() -> None:
    base, candidate = dict(BASE), moved(BASE, [0.02] * 8)
    base["f3/c0"], candidate["f3/c0"] = [0.65, 0.65], [0.55, 0.55]
    found = compare(side("a", base), side("b", candidate))
    assert found.flipped == ("f3/c0",)
    assert found.exit_code() == 1
    candidate["f3/c0"] = [0.55, 0.65]
    assert compare(side("a", base), side("b", candidate)).flipped == ()


def test_passes_are_compared_by_mcnemar() -> None:
    base, candidate = dict(BASE), dict(BASE)
    for number in range(5):
        base[f"f{number}/c0"], candidate[f"f{number}/c0"] = [0.61], [0.59]
    candidate["f7/c0"], base["f7/c0"] = [0.61], [0.59]
    found = compare(side("a", base), side("b", candidate))
    assert (found.mcnemar.lost, found.mcnemar.won) == (5, 1)
    assert found.mcnemar.p_value == pytest.approx(2 * 7 / 64)


def test_a_critical_slice_fails_though_the_whole_does_not() -> None:
    tags = {key: ("injected",) for key in BASE if key.endswith("c0")}
    candidate = {key: [v + (-0.1 if key in tags else 0.15) for v in vs] for key, vs in BASE.items()}  # type: ignore[operator]
    found = compare(
        side("a", BASE, tags=tags, slices=("injected",)), side("b", candidate, tags=tags, slices=("injected",))
    )
    assert found.verdict == "not_worse"
    assert found.critical == ("injected",)
    assert found.exit_code() == 1
    assert compare(side("a", BASE, tags=tags), side("b", candidate, tags=tags)).critical == ()


def test_slices_are_adjusted_for_their_number() -> None:
    tags = {key: (f"t{key[-1]}", "all") for key in BASE}
    found = compare(side("a", BASE, tags=tags), side("b", moved(BASE, DOWN), tags=tags))
    assert {one.name for one in found.slices} == {"t0", "t1", "all"}
    assert all(one.adjusted == pytest.approx(min(1, 3 * one.p_value), rel=0.7) for one in found.slices)
    assert all(one.adjusted >= one.p_value for one in (*found.slices, *found.scorers))


def test_unreadable_answers_count_zero_and_missing_ones_are_left_out() -> None:
    base, candidate = dict(BASE), dict(BASE)
    candidate["f0/c0"], candidate["f1/c0"] = ["unparsable"], ["error"]
    found = compare(side("a", base), side("b", candidate))
    assert found.left_out == ("f1/c0",)
    assert dict((case, now) for case, _, now in found.moved) == {"f0/c0": 0.0}


def test_other_scorers_are_refused_with_the_way_out() -> None:
    with pytest.raises(ConfigError, match="different scorers") as error:
        compare(side("a", BASE, scorers="1"), side("b", BASE, scorers="2"))
    assert "eval rescore" in (error.value.hint or "")


def test_other_cases_are_refused_unless_asked_for() -> None:
    fewer = {key: value for key, value in BASE.items() if not key.startswith("f7")}
    with pytest.raises(ConfigError, match="2 are in one of them only"):
        compare(side("a", BASE), side("b", fewer))
    assert compare(side("a", BASE), side("b", fewer), common=True).cases == 14
    with pytest.raises(ConfigError, match="16 changed"):
        compare(side("a", BASE), side("b", BASE, sha="b"), common=True)


def test_every_form_says_the_verdict_and_the_bound() -> None:
    found = compare(side("a", BASE), side("b", moved(BASE, WIDE)))
    assert "CANNOT TELL" in FORMS["terminal"](found)
    assert "a rate up to 17.1 % would still fit" in FORMS["terminal"](found)
    assert FORMS["markdown"](found).startswith("### Prompt evaluation: cannot tell (open)")
    document = json.loads(FORMS["json"](found))
    assert (document["verdict"], document["exit_code"]) == ("cannot_tell", 0)
    assert json.loads(FORMS["json"](compare(side("a", level(0.7, 1)), side("b", level(0.8, 1)))))["gate"]["low"] is None


def test_junit_has_a_test_for_everything_that_fails_by_itself(tmp_path: Path) -> None:
    import junitparser

    found = compare(side("a", BASE), side("b", moved(BASE, DOWN), unsafe={"f0/c0": "x\x00"}))
    (suite,) = junitparser.JUnitXml.fromstring(FORMS["junit"](found).encode())
    assert {test.name: bool(test.result) for test in suite} == {
        "the candidate is not worse": True,
        "no new unsafe advice": True,
        "no golden case flipped": True,  # unsafe is no pass
        "no critical slice is worse": False,
    }


def test_markdown_holds_no_structure_of_a_models_making() -> None:
    bad = side("b", BASE, unsafe={"f0/c0": "r"})
    marked = [
        s.model_copy(
            update={
                "report": s.report.model_copy(
                    update={
                        "findings": (Found(scorer="S10", reason="| x | ![i](http://evil) @all", rule="r", lost=1.0),)
                    }
                )
            }
        )
        if s.report and s.report.unsafe
        else s
        for s in bad.scores
    ]
    text = FORMS["markdown"](compare(side("a", BASE), Side(bad.name, bad.folder, bad.manifest, bad.target, marked)))
    assert "![i](http" not in text
    assert " @all" not in text
