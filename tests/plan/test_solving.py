"""Placements and indexes chosen: by hand, against every combination, against one programme."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tablewright.plan import cheapest_indexes as searched
from tablewright.plan.cheapest_indexes import TooManyPaths, cheapest_indexes
from tablewright.plan.programme import solve_together
from tablewright.plan.solving import solve
from tablewright.plan.values import Choice, PathCost, PlacementOption, SlotCost


@dataclass(frozen=True)
class Place:
    entity: str = "Order"
    label: str = ""
    table_names: tuple[str, ...] = ("orders",)
    embeds: tuple[str, ...] = ()
    within: str = ""
    simplicity: tuple[int, ...] = ()


@dataclass(frozen=True)
class GlobalIndex:
    table: str = "orders"
    is_local: bool = False


def option(
    usd: int, index_usd: list[int], slots: list[list[tuple[int, tuple[int, ...]]]], **place: Any
) -> PlacementOption:
    """Return an option: its own cost, that of each index, and the paths of each question."""
    return PlacementOption(
        placement=Place(**place),
        usd=Decimal(usd),
        indexes=tuple(GlobalIndex() for _ in index_usd),
        index_usd=tuple(Decimal(each) for each in index_usd),
        slots=tuple(
            SlotCost(
                pattern=f"q{number}",
                part=0,
                paths=tuple(
                    PathCost(usd=Decimal(cost), needs=needs, operation="query")
                    for cost, needs in paths
                ),
            )
            for number, paths in enumerate(slots)
        ),
    )


def test_an_index_is_taken_where_all_its_questions_together_save_more_than_it_costs():
    # Index 0 costs 5. One question saves 3 by it, which is too little; two save 6, one more.
    one = option(10, [5], [[(4, ()), (1, (0,))]])
    two = option(10, [5], [[(4, ()), (1, (0,))], [(4, ()), (1, (0,))]])
    chosen = [cheapest_indexes(each, 0, most_gsis=20) for each in (one, two)]
    assert [choice and choice.indexes for choice in chosen] == [(), (0,)]
    assert (solve([[one]]), solve([[two]])) != (None, None)
    assert [s.usd for s in (solve([[one]]), solve([[two]])) if s] == [14, 17]


def test_a_question_without_a_path_rules_a_placement_out():
    assert solve([[option(1, [], [[]])]]) is None
    answered = solve([[option(1, [], [[]]), option(9, [], [[(1, ())]])]])
    assert answered is not None
    assert (answered.choices, answered.usd) == ((Choice(option=1, indexes=()),), 10)


def test_a_table_has_no_more_global_indexes_than_allowed():
    # Each question wants an index of its own; with one allowed, the dearer scan goes first.
    each = option(0, [1, 1], [[(50, ()), (0, (0,))], [(10, ()), (0, (1,))]])
    only_one = solve([[each]], most_gsis=1)
    assert only_one is not None
    assert (only_one.choices[0].indexes, only_one.usd) == ((0,), 11)


def test_tables_and_indexes_in_all_may_be_limited():
    each = option(0, [1, 1], [[(50, ()), (0, (0,))], [(10, ()), (0, (1,))]])
    by_limit = {limit: solve([[each]], most_structures=limit) for limit in (0, 1, 2, 3)}
    assert {limit: s and s.usd for limit, s in by_limit.items()} == {0: None, 1: 60, 2: 11, 3: 2}


def test_of_two_designs_of_one_price_the_simpler_is_taken():
    plain = option(5, [], [[(5, ())]], simplicity=(0,))
    made_key = option(5, [], [[(5, ())]], simplicity=(1,))
    chosen = solve([[made_key, plain]])
    assert chosen is not None
    assert chosen.choices[0].option == 1


def test_a_parent_holds_a_child_only_where_the_child_is_held():
    # Apart they cost 10 + 10; the child inside costs 12 + 1, the other halves alone are cheaper.
    apart = option(10, [], [], entity="Order")
    holding = option(12, [], [], entity="Order", embeds=("Line",))
    own = option(10, [], [], entity="Line")
    inside = option(1, [], [], entity="Line", within="Order", table_names=())
    both = solve([[apart, holding], [own, inside]])
    assert both is not None
    assert (both.usd, [c.option for c in both.choices]) == (13, [1, 1])
    dear = option(30, [], [], entity="Order", embeds=("Line",))
    parted = solve([[apart, dear], [own, inside]])
    assert parted is not None
    assert (parted.usd, [c.option for c in parted.choices]) == (20, [0, 0])
    alone = solve([[own, inside]])
    assert alone is not None
    assert alone.choices[0].option == 0


options = st.builds(
    option,
    st.integers(0, 9),
    st.lists(st.integers(0, 9), min_size=3, max_size=3),
    st.lists(
        st.lists(
            st.tuples(
                st.integers(0, 30),
                st.lists(st.integers(0, 2), max_size=2, unique=True).map(tuple),
            ),
            min_size=1,
            max_size=4,
        ),
        max_size=4,
    ),
)


@given(options, st.integers(0, 3), st.none() | st.integers(0, 3))
def test_no_set_of_indexes_costs_less(one: PlacementOption, most_gsis: int, most: int | None):
    sizes = range(min(most_gsis, 3 if most is None else most) + 1)
    sets = [frozenset(each) for size in sizes for each in combinations(range(3), size)]
    totals = [total for chosen in sets if (total := one.total(chosen)) is not None]
    choice = cheapest_indexes(one, 0, most_gsis=most_gsis, most_indexes=most)
    assert (choice is None) == (not totals)
    if choice is not None:
        assert one.total(frozenset(choice.indexes)) == min(totals)


@given(st.lists(options, min_size=1, max_size=4), st.lists(options, min_size=1, max_size=3))
def test_placements_by_themselves_cost_what_one_programme_of_all_finds(
    first: list[PlacementOption], second: list[PlacementOption]
):
    for entities in ([first], [first, second]):
        apart, together = solve(entities), solve_together(entities)
        assert (apart is None) == (together is None)
        if apart is not None and together is not None:
            assert apart.usd == together.usd
            assert apart.bound <= apart.usd
            assert apart.gap < Decimal("1E-6")


def test_where_too_many_paths_would_be_tried_the_programme_is_asked(
    monkeypatch: pytest.MonkeyPatch,
):
    each = option(0, [1, 1], [[(50, ()), (0, (0,))], [(10, ()), (0, (1,))]])
    monkeypatch.setattr(searched, "MOST_STEPS", 1)
    with pytest.raises(TooManyPaths):
        cheapest_indexes(each, 0, most_gsis=20)
    found = solve([[each]])
    assert found is not None
    assert (found.usd, found.choices[0].indexes) == (2, (0, 1))
