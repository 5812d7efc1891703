"""Draw quantities from a `Spread`: bytes of a text, elements of a list, children of a parent.

In: a spread and random numbers. Out: whole numbers whose mean is the spread's mean. Each spread
becomes a table of quantiles once; a draw is one look-up. It does not know what is counted.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from functools import cache, lru_cache
from random import Random

from tablewright.model.values import Spread

QUANTILES = 2048
_PARTS = 64
_ORDERS = 128
_Z99 = 2.3263478740408408
_Z_MAX = 3.0902323061678132  # a stated maximum is taken as the 99.9th percentile
_SIGMA_OF_MAX = 1.5
"""The most that a stated maximum alone spreads a quantity by: from some 30 times the mean on.

A maximum further off is a bound that is hardly met. Taken as a percentile it would leave most with
nothing: of 80 photos at the mean and 20,000 at most the median would be one, as it is 26.
"""


def draw(spread: Spread, rng: Random, n: int) -> list[int]:
    """Return `n` draws.

    Example:
        >>> from decimal import Decimal
        >>> draw(Spread(mean=Decimal(24)), Random(1), 3)
        [24, 24, 24]
    """
    fixed = fixed_value(spread)
    if fixed is not None:
        return [fixed] * n
    table = quantiles(spread)
    return [table[int(point * QUANTILES)] for point in evenly(rng, n)]


def evenly(rng: Random, n: int) -> list[float]:
    """Return `n` random numbers from 0 to 1, of which each run of 64 falls into 64 equal parts.

    Every one of them is as likely anywhere, and what is drawn by them has nearly its mean and its
    shares after a few runs: an error of the mean that supposes independent draws is then an upper
    bound. The order of the parts is random, so that attributes do not go together.

    Example:
        >>> sorted(int(point * 64) for point in evenly(Random(1), 64)) == list(range(64))
        True
    """
    random, orders = rng.random, _orders()
    points: list[float] = []
    for _ in range(0, n, _PARTS):
        pick = int(random() * _ORDERS * _PARTS)
        order, turn = orders[pick // _PARTS], pick % _PARTS
        points += [part + random() / _PARTS for part in order[turn:] + order[:turn]]
    return points[:n]


@cache
def _orders() -> list[list[float]]:
    """Return some orders of the parts; with their rotations they are several thousand."""
    rng, orders = Random(20251114), []
    for _ in range(_ORDERS):
        order = [part / _PARTS for part in range(_PARTS)]
        rng.shuffle(order)
        orders.append(order)
    return orders


def fixed_value(spread: Spread) -> int | None:
    """Return the one value of a spread that has no other, None for all others."""
    if spread.shape == "fixed" and spread.mean == spread.mean.to_integral_value():
        return int(spread.mean)
    if spread.low is not None and spread.low == spread.high:
        return int(spread.low)
    return None


@lru_cache(maxsize=1024)
def quantiles(spread: Spread) -> tuple[int, ...]:
    """Return equally likely values in ascending order.

    Their mean is the spread's mean as nearly as whole numbers within its limits allow: cutting
    the tail of a distribution would otherwise lower it.
    """
    low = math.ceil(spread.low) if spread.low is not None else 0
    high = math.floor(spread.high) if spread.high is not None else None
    mean = float(spread.mean)
    quantile = _SHAPES.get(spread.shape, _fixed)(spread)
    steps = [(k + 0.5) / QUANTILES for k in range(QUANTILES)]
    raw = [quantile(step) for step in steps]
    moved = _multiplied if spread.shape == "lognormal" else _shifted
    limits = (low, math.inf if high is None else high)
    values = [_clamp(math.floor(value + 0.5), low, high) for value in moved(raw, mean, limits)]
    _round_to_total(values, round(mean * QUANTILES), low, high)
    return tuple(values)


def _clamp(value: int, low: int, high: int | None) -> int:
    value = max(value, low)
    return value if high is None else min(value, high)


Limits = tuple[float, float]


def _multiplied(raw: list[float], mean: float, limits: Limits) -> list[float]:
    """Return the values times the factor that gives them the mean within the limits."""
    factor = _solve(lambda by: _mean_within([value * by for value in raw], limits), mean, 0, 64)
    return [value * factor for value in raw]


def _shifted(raw: list[float], mean: float, limits: Limits) -> list[float]:
    """Return the values plus what gives them the mean within the limits."""
    if abs(_mean_within(raw, limits) - mean) < 0.5:
        return raw
    far = max(abs(value) for value in raw) + mean
    shift = _solve(lambda by: _mean_within([value + by for value in raw], limits), mean, -far, far)
    return [value + shift for value in raw]


def _mean_within(values: list[float], limits: Limits) -> float:
    low, high = limits
    return sum(low if v < low else high if v > high else v for v in values) / len(values)


def _solve(rising: Callable[[float], float], target: float, low: float, high: float) -> float:
    """Return where a rising function takes the value wanted, by halving."""
    for _ in range(36):
        middle = (low + high) / 2
        if rising(middle) < target:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _round_to_total(values: list[int], total: int, low: int, high: int | None) -> None:
    """Make good what rounding has added or taken: change a few values by one, evenly spread."""
    for _ in range(3):
        missing = total - sum(values)
        step = 1 if missing > 0 else -1
        movable = [
            position for position, v in enumerate(values) if _clamp(v + step, low, high) != v
        ]
        take = min(abs(missing), len(movable))
        for k in range(take):
            values[movable[k * len(movable) // take]] += step
    values.sort()


def _fixed(spread: Spread) -> Callable[[float], float]:
    floor = math.floor(spread.mean)
    rest = float(spread.mean) - floor
    return lambda u: floor + (1 if u >= 1 - rest else 0)


def _uniform(spread: Spread) -> Callable[[float], float]:
    low = float(spread.low if spread.low is not None else 0)
    high = float(spread.high if spread.high is not None else 2 * spread.mean - int(low))
    return lambda u: low - 0.5 + u * (high - low + 1)


def _normal(spread: Spread) -> Callable[[float], float]:
    mean = float(spread.mean)
    if spread.deviation is not None:
        deviation = float(spread.deviation)
    elif spread.p99 is not None:
        deviation = (float(spread.p99) - mean) / _Z99
    elif spread.high is not None:
        deviation = (float(spread.high) - mean) / _Z_MAX
    else:
        deviation = mean / 4
    inverse = _inverse_normal()
    return lambda u: mean + deviation * inverse(u)


def _lognormal(spread: Spread) -> Callable[[float], float]:
    mean = max(float(spread.mean), 1e-9)
    if spread.p99 is not None:
        sigma = _sigma(float(spread.p99) / mean, _Z99)
    elif spread.deviation is not None:
        sigma = math.sqrt(math.log(1 + (float(spread.deviation) / mean) ** 2))
    elif spread.high is not None:
        sigma = min(_SIGMA_OF_MAX, _sigma(float(spread.high) / mean, _Z_MAX))
    else:
        sigma = 0.5
    middle = math.log(mean) - sigma * sigma / 2
    inverse = _inverse_normal()
    return lambda u: math.exp(middle + sigma * inverse(u))


def _sigma(ratio: float, z: float) -> float:
    """Return the sigma at which the quantile of `z` is `ratio` times the mean.

    log(ratio) = z sigma - sigma^2 / 2. No sigma reaches a ratio above exp(z^2 / 2); then the
    nearest is taken.
    """
    inside = z * z - 2 * math.log(max(ratio, 1.0))
    return z - math.sqrt(inside) if inside > 0 else z


def _geometric(spread: Spread) -> Callable[[float], float]:
    low = math.ceil(spread.low) if spread.low is not None else 0
    above = max(float(spread.mean) - low, 1e-9)
    stay = math.log(above / (1 + above))
    return lambda u: low + math.floor(math.log(1 - u) / stay)


def _poisson(spread: Spread) -> Callable[[float], float]:
    mean = float(spread.mean)
    if mean > 500:
        inverse = _inverse_normal()
        return lambda u: mean + math.sqrt(mean) * inverse(u)
    cumulated, term, steps = 0.0, math.exp(-mean), []
    for k in range(int(mean + 12 * math.sqrt(mean) + 12)):
        cumulated += term
        steps.append(cumulated)
        term *= mean / (k + 1)
    return lambda u: bisect_left(steps, u)


def _inverse_normal() -> Callable[[float], float]:
    from statistics import NormalDist  # not at the top: importing it takes longer than a model

    return NormalDist().inv_cdf


_SHAPES: dict[str, Callable[[Spread], Callable[[float], float]]] = {
    "fixed": _fixed,
    "uniform": _uniform,
    "normal": _normal,
    "lognormal": _lognormal,
    "geometric": _geometric,
    "poisson": _poisson,
}
