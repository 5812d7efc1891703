"""Units of requests over sampled sizes, and limits with what is used of them, by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright.capacity.units import Consistency
from tablewright.engines.dynamodb.headroom import LimitUsage
from tablewright.engines.dynamodb.metering import (
    expected,
    get_units,
    grouped,
    index_measure,
    mean_bytes,
    page_blocks,
    query_measure,
    write_measure,
)
from tablewright.evaluation.values import Measure

KB, MB = 1024, 1024 * 1024
EVENTUAL, STRONG = Consistency.EVENTUAL, Consistency.STRONG


@pytest.mark.parametrize(
    ("evaluated", "blocks"),
    [
        (0, 1),  # nothing is read with one block
        (1, 1),
        (4 * KB, 1),
        (4 * KB + 1, 2),
        (MB, 256),
        (MB + 1, 257),  # the second page has a block of its own
        (2 * MB, 512),
        (2 * MB + 4 * KB + 1, 514),
    ],
)
def test_each_page_of_a_query_is_rounded_up_by_itself(evaluated: int, blocks: int) -> None:
    assert page_blocks(evaluated) == blocks


def test_a_get_takes_the_blocks_of_its_item_and_a_miss_takes_one() -> None:
    # 1 and 3 blocks: 2 in the mean; strong 2, eventual 1
    sizes = [100, 9_000]
    assert get_units(sizes, STRONG).mean == 2
    assert get_units(sizes, EVENTUAL).mean == 1
    # three of four find it: 0.75 x 2 + 0.25 x 1
    assert get_units(sizes, STRONG, Decimal("0.75")).mean == Decimal("1.75")
    assert get_units(sizes, EVENTUAL, Decimal("0.75")).mean == Decimal("0.875")


def test_runs_of_entries_are_summed_and_a_fraction_is_a_mix_of_two_lengths() -> None:
    sizes = [10, 20, 30, 40, 50]
    assert grouped(sizes, Decimal(2)) == [(1, [30, 70])]  # the fifth makes no run of two
    assert grouped(sizes, Decimal("1.25")) == [
        (Decimal("0.75"), [10, 20, 30, 40, 50]),
        (Decimal("0.25"), [30, 70]),
    ]
    assert grouped(sizes, Decimal("0.5")) == [
        (Decimal("0.5"), [0]),
        (Decimal("0.5"), [10, 20, 30, 40, 50]),
    ]
    # longer than the sample: 150 x 10 / 5
    assert grouped(sizes, Decimal(10)) == [(1, [300])]
    assert grouped(sizes, Decimal(5)) == [(1, [150])]
    assert grouped([], Decimal(3)) == [(1, [0])]


def test_a_query_takes_the_units_of_its_weighted_runs() -> None:
    # half of the calls read one block, half three: 2; every fifth finds nothing: 0.8 x 2 + 0.2
    weighted = [(Decimal("0.5"), [100]), (Decimal("0.5"), [9_000])]
    assert query_measure(weighted, STRONG).mean == 2
    assert query_measure(weighted, STRONG, Decimal("0.8")).mean == Decimal("1.8")
    assert query_measure(weighted, EVENTUAL).mean == 1
    assert mean_bytes([(Decimal("0.25"), [100, 300]), (Decimal("0.75"), [400])]) == 350
    assert mean_bytes([(Decimal(1), [])]) == 0


def test_a_write_takes_the_blocks_of_the_larger_of_before_and_after() -> None:
    before, after = [KB, 3 * KB], [2 * KB, KB]
    assert write_measure(None, after).mean == Decimal("1.5")  # 2 and 1
    assert write_measure(before, None).mean == 2  # 1 and 3
    assert write_measure(before, after).mean == Decimal("2.5")  # 2 and 3
    assert write_measure(before, before).mean == 2
    assert write_measure([KB + 1], [1]).mean == 2


def test_an_index_takes_what_its_entries_do() -> None:
    entries, larger = [KB, 2 * KB], [2 * KB, 2 * KB]
    absent: list[int | None] = [None, None]
    assert index_measure(entries, entries, moved=False, changed=False) == Measure()
    assert index_measure(entries, larger, moved=False, changed=False) == Measure()
    assert index_measure(entries, larger, moved=False, changed=True).mean == 2
    # moved: the old one is removed, the new one added: 1 + 2 and 2 + 2
    assert index_measure(entries, larger, moved=True, changed=True).mean == Decimal("3.5")
    assert index_measure(absent, entries, moved=False, changed=True).mean == Decimal("1.5")
    assert index_measure(entries, absent, moved=False, changed=True).mean == Decimal("1.5")
    # only the first moves: 1 + 2, and the second changes with 2
    assert index_measure(entries, larger, moved=[True, False], changed=True).mean == Decimal("2.5")
    # only the first is in the index: 2 for it and none for the other
    assert index_measure([KB, None], [2 * KB, None], moved=False, changed=True).mean == 1


def test_what_may_change_is_weighed_by_how_often_it_does() -> None:
    def units(names: frozenset[str]) -> Measure:
        return Measure(mean=Decimal(len(names)))

    # sure ones count always, others as often as stated, those that never change never
    assert expected([("a", Decimal(1)), ("b", Decimal("0.3"))], units).mean == Decimal("1.3")
    assert expected([("a", Decimal("0.5")), ("b", Decimal("0.5"))], units).mean == 1
    assert expected([("a", Decimal(0))], units).mean == 0
    assert expected([], units).mean == 0

    def both(names: frozenset[str]) -> Measure:
        return Measure(mean=Decimal(names == {"a", "b"}))

    # both at once: 0.2 x 0.3
    assert expected([("a", Decimal("0.2")), ("b", Decimal("0.3"))], both).mean == Decimal("0.06")


def test_headroom_is_the_limit_over_what_is_used() -> None:
    usage = LimitUsage(limit="units", subject="t", used=Decimal(40), most=Decimal(1000))
    assert usage.times == 25
    assert LimitUsage(limit="units", subject="t", used=Decimal(0), most=Decimal(1)).times is None
