"""Spreads: means are met, tails are where they were asked for, limits hold."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tablewright.model.values import Spread
from tablewright.sample.groups import BLOCK, Groups
from tablewright.sample.spreads import QUANTILES, draw, fixed_value, quantiles


def mean_of(spread: Spread) -> float:
    return sum(quantiles(spread)) / QUANTILES


def test_a_fixed_spread_draws_its_value() -> None:
    assert draw(Spread(mean=Decimal(24)), Random(1), 3) == [24, 24, 24]


def test_a_fixed_mean_between_two_numbers_draws_both() -> None:
    table = quantiles(Spread(mean=Decimal("2.25")))
    assert set(table) == {2, 3}
    assert table.count(3) == QUANTILES // 4


def test_only_a_spread_of_one_whole_number_has_a_fixed_value() -> None:
    assert fixed_value(Spread(mean=Decimal(24))) == 24
    assert fixed_value(Spread(mean=Decimal("2.25"))) is None
    between = Spread(mean=Decimal(5), low=Decimal(5), high=Decimal(5), shape="uniform")
    assert fixed_value(between) == 5
    wide = Spread(mean=Decimal(5), low=Decimal(0), high=Decimal(10), shape="uniform")
    assert fixed_value(wide) is None


def test_a_uniform_spread_draws_every_number_alike() -> None:
    spread = Spread(mean=Decimal(25), low=Decimal(10), high=Decimal(40), shape="uniform")
    table = quantiles(spread)
    assert (table[0], table[-1]) == (10, 40)
    assert all(abs(table.count(n) - QUANTILES / 31) < 3 for n in range(10, 41))


def test_a_lognormal_spread_has_its_mean_and_its_tail() -> None:
    spread = Spread(mean=Decimal(2000), p99=Decimal(8000), shape="lognormal")
    assert mean_of(spread) == pytest.approx(2000, abs=0.5)
    assert quantiles(spread)[QUANTILES * 99 // 100] == pytest.approx(8000, rel=0.05)


def test_a_maximum_cuts_the_tail_and_not_the_mean() -> None:
    spread = Spread(mean=Decimal(2000), high=Decimal(8000), shape="lognormal")
    assert mean_of(spread) == pytest.approx(2000, abs=0.5)
    assert max(quantiles(spread)) <= 8000


def test_a_maximum_far_beyond_the_mean_leaves_most_with_something() -> None:
    # the deviation of the logarithm is at most 1.5: the median is 80 x e^(-1.5^2 / 2) = 26
    table = quantiles(Spread(mean=Decimal(80), high=Decimal(20_000), shape="lognormal"))
    assert sorted(table)[QUANTILES // 2] == pytest.approx(26, abs=1)
    assert sum(table) / QUANTILES == pytest.approx(80, rel=0.02)
    # 12 and 400 at most, 33 times: log 33.3 = 3.09 s - s^2 / 2, s = 1.49, as without a bound
    near = quantiles(Spread(mean=Decimal(12), high=Decimal(400), shape="lognormal"))
    assert sorted(near)[QUANTILES // 2] == pytest.approx(4, abs=1)  # 12 x e^(-1.49^2 / 2) = 3.95


def test_a_normal_spread_has_its_deviation() -> None:
    spread = Spread(mean=Decimal(100), deviation=Decimal(10), shape="normal")
    table = quantiles(spread)
    # One deviation below the mean lies the 15.87th percentile.
    assert table[round(QUANTILES * 0.1587)] == pytest.approx(90, abs=1)


def test_a_poisson_spread_has_the_shares_of_its_law() -> None:
    table = quantiles(Spread(mean=Decimal(3), shape="poisson"))
    # exp(-3) = 4.98 % have none, 3 exp(-3) = 14.9 % have one.
    assert table.count(0) / QUANTILES == pytest.approx(0.0498, abs=0.002)
    assert table.count(1) / QUANTILES == pytest.approx(0.149, abs=0.002)


def test_a_geometric_spread_halves_with_each_step_at_a_mean_of_one() -> None:
    table = quantiles(Spread(mean=Decimal(1), shape="geometric"))
    assert table.count(0) / QUANTILES == pytest.approx(0.5, abs=0.01)
    assert table.count(1) / QUANTILES == pytest.approx(0.25, abs=0.01)


@settings(max_examples=60, deadline=None)
@given(
    mean=st.integers(5, 40_000),
    factor=st.floats(1.2, 8),
    shape=st.sampled_from(["lognormal", "normal", "poisson", "geometric"]),
)
def test_the_mean_is_met_whatever_the_shape(mean: int, factor: float, shape: str) -> None:
    spread = Spread(
        mean=Decimal(mean), low=Decimal(1), p99=Decimal(round(mean * factor)), shape=shape
    )
    assert mean_of(spread) == pytest.approx(mean, rel=0.001, abs=0.01)


@settings(max_examples=60, deadline=None)
@given(
    mean=st.decimals("0.01", "40", places=2),
    shape=st.sampled_from(["fixed", "poisson", "geometric", "lognormal"]),
    parent=st.integers(0, 100_000),
)
def test_groups_address_children_without_those_before(
    mean: Decimal, shape: str, parent: int
) -> None:
    spread = Spread(mean=mean, p99=3 * mean, shape=shape)
    groups = Groups(mean, spread, Random)
    numbers = groups.children(parent)
    assert groups.children(parent + 1).start == numbers.stop
    for number in numbers:
        assert groups.parent(number) == parent
    block = parent // BLOCK * BLOCK
    assert groups.first(block) == int(mean * block)
