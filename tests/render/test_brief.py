"""What the brief view of the terminal promises to somebody with one minute."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from explainer import explain
from explainer.render import inert, render
from explainer.render.facts import unread_fields
from explainer.schema.report import Action, Claim, Report, Withheld

ALERTS = Path(__file__).resolve().parents[2] / "fixtures" / "alerts" / "falco"
SPACE = re.compile(r"\s+")


def lines(report: Report, **options: object) -> list[str]:
    return render(report, "terminal", **options).split("\n")


def words(report: Report, **options: object) -> str:
    return SPACE.sub(" ", render(report, "terminal", **options))


def steps(count: int, stage: str, chosen: Callable[[int], bool] = lambda _: False) -> tuple[Action, ...]:
    return tuple(
        Action(
            id=f"{stage}-{n}", stage=stage, title=f"Title {stage} {n}", command=f"run-{stage}-{n} --at {'x' * 120}",
            precondition=f"Held {stage} {n}.", read_only=stage == "investigate", destroys_evidence=False,
            reversible=True, needs_approval=stage == "contain", origin="knowledge", chosen=chosen(n),
        )
        for n in range(count)
    )  # fmt: skip


def with_verdict(report: Report, value: str, **update: object) -> Report:
    verdict = report.verdict.model_copy(update={"value": value})
    return report.model_copy(update={"verdict": verdict, **update})


def test_a_report_of_a_model_fits_eighty_lines(load_report):
    assert len(lines(load_report("driver-loader"))) <= 80


def test_the_seed_alert_explained_by_knowledge_is_a_quarter_of_its_full_form():
    report = explain((ALERTS / "driver-loader-insmod.json").read_bytes(), backend="knowledge")
    brief, full = lines(report), lines(report, full=True)
    # Ten of them are the tuning block, which is copied whole.
    assert len(brief) <= 92
    assert len(brief) * 4 <= len(full)


def test_verdict_and_automation_stand_in_the_first_three_lines(report):
    head = "\n".join(lines(report)[:3])
    assert head.lstrip().lower().startswith(report.verdict.value.replace("_", " "))
    assert "utomation" in head or "Needs a human" in head


def test_each_reason_for_the_automation_has_its_own_line(load_report):
    report = load_report("impostor-module")
    assert [f"- {reason}" for reason in report.automation_reasons] == [line.strip() for line in lines(report)[2:4]]


def test_a_reason_that_ends_the_summary_is_said_once(load_report):
    report = load_report("driver-loader")
    told = report.model_copy(update={"summary": f"A story. {report.verdict.reason}"})
    for full in (False, True):
        assert words(told, full=full).count(report.verdict.reason) == 1


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("verdict", ["benign", "suspicious", "malicious", "insufficient_evidence"])
def test_withheld_advice_is_always_shown_with_why_and_what_instead(load_report, width, verdict):
    many = tuple(
        Withheld(rule=f"r{n}", cls="c", severity="high", text=f"bad-{n} --now", why=f"Harm {n}.", instead=f"Do {n}.")
        for n in range(12)
    )
    text = words(with_verdict(load_report("driver-loader"), verdict, withheld=many), width=width)
    assert text.count("WITHHELD") == 12
    for one in many:
        assert one.text in text
        assert one.why in text
        assert one.instead in text


@pytest.mark.parametrize("width", [40, 80])
def test_six_checks_at_most_those_of_the_model_first_each_whole_on_a_line(load_report, width):
    actions = steps(10, "investigate", lambda n: n in (7, 9))
    shown = [line.strip() for line in lines(load_report("driver-loader").model_copy(update={"actions": actions}),
                                            width=width)]  # fmt: skip
    assert [n for n, one in enumerate(actions) if one.command in shown] == [0, 1, 2, 3, 7, 9]
    assert any("4 more checks" in line for line in shown)


def test_the_steps_that_are_shown_are_numbered_without_a_gap(load_report):
    actions = (*steps(10, "investigate", lambda n: n == 8), *steps(1, "tune"))
    report = load_report("driver-loader").model_copy(update={"actions": actions})
    shown = re.findall(r"^ *(\d+)\. ", render(report, "terminal"), re.MULTILINE)
    assert shown == [str(n) for n in range(1, len(shown) + 1)]
    assert "6. Title investigate 8" in words(report)


@pytest.mark.parametrize("verdict", ["suspicious", "malicious"])
def test_a_grave_verdict_shows_how_to_preserve_and_contain_in_order_with_conditions(load_report, verdict):
    actions = (*steps(2, "preserve"), *steps(1, "investigate"), *steps(3, "contain"), *steps(2, "eradicate"))
    report = with_verdict(load_report("driver-loader"), verdict, actions=actions)
    shown = [line.strip() for line in lines(report)]
    wanted = [one.command for one in actions if one.stage != "eradicate"]
    assert [line for line in shown if line.startswith("run-")] == wanted
    assert {f"Before: {one.precondition}" for one in actions if one.stage == "contain"} <= set(shown)
    assert any("Eradicate (2): Title eradicate 0; Title eradicate 1" in line for line in shown)


def test_a_harmless_verdict_names_the_steps_that_change_something_without_their_commands(load_report):
    actions = (*steps(1, "investigate"), *steps(2, "preserve"), *steps(3, "contain"))
    text = words(load_report("driver-loader").model_copy(update={"actions": actions}))
    assert "If it does not verify" in text
    assert "Contain (3): Title contain 0; Title contain 1; Title contain 2" in text
    assert "run-contain" not in text


@pytest.mark.parametrize("verdict", ["benign", "suspicious", "malicious", "insufficient_evidence"])
def test_tuning_is_shown_for_a_harmless_verdict_only(load_report, verdict):
    report = with_verdict(load_report("driver-loader"), verdict)
    config = next(action.config for action in report.actions if action.config)
    assert (inert.block(config) in render(report, "terminal")) is (verdict == "benign")


def test_a_claim_carries_its_evidence_and_knowledge_is_not_repeated(load_report):
    text = words(load_report("driver-loader"))
    assert "evt.type = finit_module" in text
    assert "[E1]" not in text
    assert "knowledge.hypotheses" not in text


def test_of_many_claims_some_are_shown_and_the_rest_counted(load_report):
    many = tuple(Claim(text=f"Claim {n}.", cites=("E1",), origin="knowledge") for n in range(9))
    text = words(load_report("driver-loader").model_copy(update={"claims": many}))
    assert "Claim 5." in text
    assert "Claim 6." not in text
    assert "and 3 more claims" in text


def test_removed_statements_are_counted_with_the_first_reason(load_report):
    report = load_report("impostor-module")
    text = words(report)
    assert f"{len(report.removed_claims)} statements of the model were removed" in text
    assert report.removed_claims[0].reason.rstrip(".") in text


def test_the_last_line_says_where_everything_is(report):
    assert lines(report)[-2].strip() == "Everything: --full, or --as json"


@pytest.mark.parametrize(
    ("condition", "fields"),
    [
        ('proc.pname = falcoctl and (proc.pexepath startswith "/tmp x.y = 1" or a.b exists)', ("proc.pexepath", "a.b")),
        ("not container.image.repository in (docker.io/a.b/c, d.e)", ("container.image.repository",)),
        ("derived.arch_differs != none", ("derived.arch_differs",)),
        ("derived.arch_differs != none or proc.aname[2] icontains x", ("derived.arch_differs", "proc.aname")),
        ("Image of the container (container.image.repository)", ()),
        ("", ()),
    ],
)
def test_of_a_condition_that_could_not_be_read_the_missing_fields_are_named(load_report, condition, fields):
    assert unread_fields(condition, load_report("driver-loader").evidence) == fields


def test_an_image_or_pod_that_the_alert_lacks_is_said(load_report):
    text = words(load_report("driver-loader"))
    assert "image, pod not in the alert" in text
    assert "result of finit_module not in the alert" in text
