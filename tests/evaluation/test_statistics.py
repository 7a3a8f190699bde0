from __future__ import annotations

import math
import random

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from explainer.evaluation import statistics as stats

VALUES = [0.04, -0.01, 0.07, 0.02, 0.0, 0.05, -0.03, 0.06]


def test_the_t_interval_and_test_are_those_of_scipy() -> None:
    found = stats.t_interval(VALUES)
    theirs = scipy.stats.ttest_1samp(VALUES, 0.0)
    low, high = theirs.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert stats.t_test(VALUES) == pytest.approx(theirs.pvalue)


def test_the_exact_sign_flip_test_is_that_of_scipy() -> None:
    theirs = scipy.stats.permutation_test(
        (np.array(VALUES),), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    found = stats.sign_flip(VALUES)
    assert found.exact
    assert found.p_value == pytest.approx(theirs.pvalue)


def test_three_equal_gains_have_two_of_eight_sign_patterns_as_extreme() -> None:
    assert stats.sign_flip([0.1, 0.1, 0.1]).p_value == pytest.approx(2 / 8)


def test_the_sign_flip_interval_holds_the_shifts_that_are_not_rejected() -> None:
    found = stats.sign_flip(VALUES)
    for inside in (found.low + 1e-6, found.high - 1e-6):
        assert stats.sign_flip([value - inside for value in VALUES]).p_value > 0.05
    for outside in (found.low - 1e-4, found.high + 1e-4):
        assert stats.sign_flip([value - outside for value in VALUES]).p_value <= 0.05


def test_fewer_than_six_clusters_give_no_sign_flip_interval() -> None:
    assert stats.sign_flip(VALUES[:5]).low == -math.inf
    assert math.isfinite(stats.sign_flip(VALUES[:6]).low)


def test_many_clusters_are_flipped_at_random_and_always_alike() -> None:
    chance = random.Random(3)  # noqa: S311 - noise, nothing secret
    values = [chance.gauss(0.02, 0.05) for _ in range(30)]
    first, second = stats.sign_flip(values), stats.sign_flip(values)
    assert first == second
    assert not first.exact
    assert first.p_value == pytest.approx(stats.t_test(values), abs=0.02)
    shown = stats.t_interval(values)
    assert (first.low, first.high) == pytest.approx((shown.low, shown.high), abs=0.004)


def test_one_cluster_tells_nothing() -> None:
    assert stats.sign_flip([0.3]).p_value == 1.0
    assert stats.t_interval([0.3]).high == math.inf
    assert stats.sign_flip([]).p_value == 1.0


@pytest.mark.parametrize(("lost", "won"), [(0, 0), (5, 0), (1, 7), (6, 6), (12, 3)])
def test_mcnemar_is_the_binomial_test_of_the_changed_pairs(lost: int, won: int) -> None:
    expected = scipy.stats.binomtest(lost, lost + won).pvalue if lost + won else 1.0
    assert stats.mcnemar(lost, won).p_value == pytest.approx(expected)


@given(st.integers(1, 300), st.data())
def test_rates_have_the_intervals_of_scipy(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    theirs = scipy.stats.binomtest(hits, n)
    wilson, exact = theirs.proportion_ci(method="wilson"), theirs.proportion_ci(method="exact")
    ours, ours_exact = stats.wilson(hits, n), stats.exact_interval(hits, n)
    assert (ours.low, ours.high) == pytest.approx((wilson.low, wilson.high), abs=1e-9)
    assert (ours_exact.low, ours_exact.high) == pytest.approx((exact.low, exact.high), abs=1e-9)
    one_sided = scipy.stats.binomtest(hits, n, alternative="less").proportion_ci(0.95, method="exact").high
    assert stats.upper_bound(hits, n) == pytest.approx(one_sided, abs=1e-9)


def test_none_of_sixty_still_allows_almost_five_percent() -> None:
    assert round(100 * stats.upper_bound(0, 60), 1) == 4.9
    assert round(100 * stats.upper_bound(0, 300), 1) == 1.0
    assert stats.upper_bound(0, 0) == 1.0


def test_holm_by_hand() -> None:
    assert stats.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert stats.holm([]) == []


def test_kappa_by_hand() -> None:
    assert stats.weighted_kappa([(0, 0), (3, 3), (1, 1)], 4) == 1.0
    # Two judges who always differ by the whole scale, in equal numbers each way.
    assert stats.weighted_kappa([(0, 3), (3, 0)], 4) == pytest.approx(-1.0)
    assert math.isnan(stats.weighted_kappa([(1, 1)], 4))


def test_the_detectable_difference_is_found_in_four_of_five_tests() -> None:
    n, spread = 24, 0.1
    effect = stats.detectable(spread, n)
    critical = scipy.stats.t.ppf(0.975, n - 1)
    power = scipy.stats.nct.sf(critical, n - 1, effect * math.sqrt(n) / spread)
    assert power == pytest.approx(0.8, abs=0.01)


def test_what_would_settle_it_is_enough_and_not_too_much() -> None:
    needed = stats.clusters_needed(-0.005, 0.1, 0.02)
    assert needed is not None
    assert stats.detectable(0.1, needed) <= 0.015
    assert stats.detectable(0.1, int(needed * 0.85)) > 0.015
    assert stats.clusters_needed(-0.02, 0.1, 0.02) is not None  # it may prove to be worse
    assert stats.clusters_needed(0.0, 0.1, 0.0) is None


@pytest.mark.parametrize("n", [8, 12, 24])
def test_without_a_difference_the_test_alarms_in_five_of_a_hundred_runs(n: int) -> None:
    chance = np.random.default_rng(11)
    runs = 1000 if n <= 12 else 400
    alarms = 0
    for _ in range(runs):
        # Skewed noise with some outliers: scores are no bell curves.
        values = chance.choice([-1, 1], n) * chance.gamma(0.8, 0.05, n)
        found = stats.sign_flip([float(value) for value in values])
        assert (found.p_value <= 0.05) == (found.low > 0 or found.high < 0)
        alarms += found.p_value <= 0.05
    assert alarms / runs <= 0.05 + 2.5 * math.sqrt(0.05 * 0.95 / runs)
