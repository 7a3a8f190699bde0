"""Statistics of small evaluations: paired, clustered, exact where that is possible.

numpy and scipy come with the ``[eval]`` extra and are imported on first use; ``scipy.stats`` never is (0.8 s).
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from explainer.errors import ConfigError

CONFIDENCE = 0.95
EXACT_CLUSTERS = 16
"""Up to this many clusters all 2^n sign patterns are tried."""
FLIPS = 20_000
"""Random patterns beyond that, always the same ones."""
FEWEST_FLIPPED = 6
"""With fewer clusters a two-sided sign-flip test cannot reach 5 %: 2 / 2^5 = 0.0625."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its confidence interval; the ends are infinite when the data cannot tell."""

    mean: float
    low: float
    high: float
    n: int
    """Independent units behind it: families, cases or answers."""
    method: str = ""


@dataclass(frozen=True, slots=True)
class SignFlip:
    """A sign-flip (permutation) test of the mean of paired differences, and the interval that it implies."""

    mean: float
    p_value: float
    low: float
    high: float
    n: int
    exact: bool


@dataclass(frozen=True, slots=True)
class McNemar:
    """Exact McNemar test of paired passes and failures."""

    lost: int
    """Passed before, fails now."""
    won: int
    p_value: float


def require_extra() -> None:
    """Say at the start, not after an hour of answers, that the statistics are not installed.

    Raises:
        ConfigError: numpy or scipy is missing.
    """
    missing = [name for name in ("numpy", "scipy") if importlib.util.find_spec(name) is None]
    if missing:
        hint = "pip install 'alert-explainer[eval]'"
        raise ConfigError(f"evaluations need {' and '.join(missing)}", hint=hint)


def _special() -> Any:
    require_extra()
    import scipy.special

    return scipy.special


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean; NaN of nothing."""
    return math.fsum(values) / len(values) if values else math.nan


def deviation(values: Sequence[float]) -> float:
    """Sample standard deviation (n - 1); NaN below two values."""
    if len(values) < 2:
        return math.nan
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1))


def t_quantile(probability: float, df: float) -> float:
    """Quantile of Student's t."""
    return float(_special().stdtrit(df, probability))


def t_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Interval of a mean by Student's t. One value tells nothing about its spread: the interval is infinite."""
    n, middle = len(values), mean(values)
    if n < 2:
        return Interval(middle, -math.inf, math.inf, n, "t")
    half = t_quantile((1 + confidence) / 2, n - 1) * deviation(values) / math.sqrt(n)
    return Interval(middle, middle - half, middle + half, n, "t")


def t_test(values: Sequence[float]) -> float:
    """Two-sided p-value of a mean of zero; 1.0 when there is no spread and no difference, or one value only."""
    n = len(values)
    if n < 2:
        return 1.0
    spread, middle = deviation(values), mean(values)
    if spread == 0:
        return 1.0 if middle == 0 else 0.0
    t = abs(middle) / (spread / math.sqrt(n))
    return float(2 * _special().stdtr(n - 1, -t))


def sign_flip(differences: Sequence[float], confidence: float = CONFIDENCE) -> SignFlip:
    """Test whether paired differences (one a cluster) have mean zero, by flipping their signs.

    Exact up to 16 clusters; beyond, 20,000 fixed random patterns with the observed one counted in. The interval holds
    every shift that the test would not reject; with fewer than six clusters that is any shift.
    """
    require_extra()
    import numpy as np

    values = np.asarray(differences, dtype=float)
    n = len(values)
    if n == 0:
        return SignFlip(math.nan, 1.0, -math.inf, math.inf, 0, True)
    exact = n <= EXACT_CLUSTERS
    if exact:
        codes = np.arange(2**n)[:, None] >> np.arange(n)[None, :]
        signs = 1.0 - 2.0 * (codes & 1)
    else:
        chance = np.random.default_rng(20_000 + n)
        signs = np.vstack([np.ones((1, n)), chance.choice([-1.0, 1.0], size=(FLIPS, n))])
    sums, counts = signs @ values, signs.sum(axis=1)
    scale = max(1e-12, float(np.abs(values).sum()))

    def p_value(shift: float) -> float:
        flipped = np.abs(sums - shift * counts)
        observed = abs(float(values.sum()) - shift * n)
        return float(np.mean(flipped >= observed - 1e-9 * max(scale, abs(shift) * n)))

    low, high = _inverted(p_value, float(values.mean()), 1 - confidence, float(np.ptp(values)))
    if 2.0 ** (1 - n) > 1 - confidence:
        low, high = -math.inf, math.inf
    return SignFlip(float(values.mean()), p_value(0.0), low, high, n, exact)


def gate_of(test: SignFlip, values: Sequence[float]) -> Interval:
    """The interval that decides: by sign flips, or by Student's t where so few clusters could never tell."""
    if test.n < FEWEST_FLIPPED:
        return t_interval(values)
    return Interval(test.mean, test.low, test.high, test.n, "sign flips, exact" if test.exact else "sign flips")


def _inverted(p_value: Any, middle: float, alpha: float, spread: float) -> tuple[float, float]:
    """The ends of the set of shifts that are not rejected, by bisection: p falls to both sides of the mean."""
    if spread == 0:
        return middle, middle
    ends = []
    for direction in (-1.0, 1.0):
        inside, outside = 0.0, spread * 2
        while p_value(middle + direction * outside) > alpha and outside < spread * 64:
            inside, outside = outside, outside * 2
        for _ in range(40):
            half = (inside + outside) / 2
            if p_value(middle + direction * half) > alpha:
                inside = half
            else:
                outside = half
        ends.append(middle + direction * outside)
    return ends[0], ends[1]


def mcnemar(lost: int, won: int) -> McNemar:
    """Exact: of the pairs that changed, is one direction likelier than a fair coin allows?"""
    changed, fewer = lost + won, min(lost, won)
    tail = sum(math.comb(changed, k) for k in range(fewer + 1)) / 2**changed
    return McNemar(lost, won, min(1.0, 2 * tail))


def wilson(hits: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Wilson score interval of a rate."""
    if n == 0:
        return Interval(math.nan, 0.0, 1.0, 0, "wilson")
    z = float(_special().ndtri((1 + confidence) / 2))
    rate = hits / n
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return Interval(rate, max(0.0, centre - half), min(1.0, centre + half), n, "wilson")


def upper_bound(hits: int, n: int, confidence: float = CONFIDENCE) -> float:
    """Exact one-sided (Clopper-Pearson) upper bound of a rate: 0 of 60 still allows 4.9 %."""
    if n == 0 or hits >= n:
        return 1.0
    if hits == 0:
        return float(1 - (1 - confidence) ** (1 / n))
    return float(_special().betaincinv(hits + 1, n - hits, confidence))


def exact_interval(hits: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Exact two-sided (Clopper-Pearson) interval of a rate."""
    if n == 0:
        return Interval(math.nan, 0.0, 1.0, 0, "clopper-pearson")
    tail = (1 - confidence) / 2
    special = _special()
    low = 0.0 if hits == 0 else float(special.betaincinv(hits, n - hits + 1, tail))
    high = 1.0 if hits == n else float(special.betaincinv(hits + 1, n - hits, 1 - tail))
    return Interval(hits / n, low, high, n, "clopper-pearson")


def detectable(spread: float, n: int, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Smallest true difference that a paired test of ``n`` clusters finds with the given power; infinite below two.

    Args:
        spread: standard deviation of the clusters' differences.
        n: clusters.
        alpha: of the two-sided test.
        power: chance to find it.
    """
    if n < 2 or math.isnan(spread):
        return math.inf
    quantiles = t_quantile(1 - alpha / 2, n - 1) + t_quantile(power, n - 1)
    return quantiles * spread / math.sqrt(n)


def clusters_needed(difference: float, spread: float, margin: float, *, limit: int = 100_000) -> int | None:
    """How many clusters would settle the question, if difference and spread stay what they are.

    Either the interval comes to lie above ``-margin`` (not worse) or below zero (worse), with 80 % power.

    Returns:
        None when nothing settles it: the difference sits at the border itself, or the limit is passed.
    """
    if math.isnan(spread) or math.isnan(difference):
        return None
    distances = [distance for distance in (difference + margin, -difference) if distance > 0]
    if not distances:
        return None
    wanted = max(distances)
    n = 2
    while n <= limit:
        needed = detectable(spread, n)
        if needed <= wanted:
            return n
        n = max(n + 1, math.ceil(n * min(4.0, (needed / wanted) ** 2 * 0.9)))
    return None


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the order given."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def weighted_kappa(pairs: Sequence[tuple[int, int]], levels: int) -> float:
    """Cohen's kappa with quadratic weights over ordinal levels ``0 … levels-1``; NaN when both never vary."""
    n = len(pairs)
    if n == 0 or levels < 2:
        return math.nan
    left, right = [0] * levels, [0] * levels
    for a, b in pairs:
        left[a] += 1
        right[b] += 1
    seen = sum((a - b) ** 2 for a, b in pairs) / n
    chance = sum(left[a] * right[b] * (a - b) ** 2 for a in range(levels) for b in range(levels)) / n**2
    return 1 - seen / chance if chance else math.nan
