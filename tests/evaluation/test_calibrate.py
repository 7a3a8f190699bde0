from __future__ import annotations

import pytest
from support.cases import ROOT, all_cases

from explainer.errors import CaseError
from explainer.evaluation.calibrate import Calibration, calibrate
from explainer.evaluation.mutations import mutations
from explainer.evaluation.rewrites import REWRITES
from explainer.evaluation.scorers import SCORERS
from explainer.store.documents import load_yaml

SURVIVORS = ROOT / "evals" / "calibration" / "survivors.yaml"


@pytest.fixture(scope="module")
def accepted() -> list[tuple[str, str]]:
    pairs = load_yaml(SURVIVORS.read_text(encoding="utf-8"), str(SURVIVORS), error=CaseError)
    return [(operator, case) for operator, case in pairs]


@pytest.fixture(scope="module")
def calibration(accepted: list[tuple[str, str]]) -> Calibration:
    return calibrate(all_cases().values(), accepted=accepted)


def test_every_reference_scores_one(calibration: Calibration) -> None:
    assert {case: calibration.reasons[case] for case in calibration.imperfect} == {}


def test_damage_lowers_the_score_by_its_margin(calibration: Calibration) -> None:
    assert [(operator, drop.case) for operator, drop in calibration.survivors] == []


def test_other_words_do_not(calibration: Calibration) -> None:
    assert [(rewrite, drop.case, drop.fall) for rewrite, drop in calibration.fallen] == []


def test_more_damage_never_helps(calibration: Calibration) -> None:
    assert calibration.rising == []
    assert min(len(totals) for totals in calibration.doses.values()) >= 4


def test_there_are_enough_operators_and_all_of_them_apply_somewhere(calibration: Calibration) -> None:
    assert len(mutations()) >= 30
    assert len(REWRITES) >= 10
    assert [kill.operator for kill in calibration.kills if not kill.applied] == []
    assert [rewrite.rewrite for rewrite in calibration.rewrites if not rewrite.applied] == []


def test_every_scorer_notices_some_damage(calibration: Calibration) -> None:
    noticed = {name for kill in calibration.kills for name, number in kill.by_scorer.items() if number}
    assert noticed == set(SCORERS.names())


def test_listed_survivors_are_still_survivors(calibration: Calibration, accepted: list[tuple[str, str]]) -> None:
    still = {(kill.operator, drop.case) for kill in calibration.kills for drop in kill.survivors}
    still |= {(rewrite.rewrite, drop.case) for rewrite in calibration.rewrites for drop in rewrite.fell}
    assert [pair for pair in accepted if pair not in still] == []


def test_the_matrix_has_a_row_for_every_operator(calibration: Calibration) -> None:
    lines = calibration.matrix().splitlines()
    assert len(lines) == len(mutations()) + 1
    assert lines[0].split()[-1] == "S13"
