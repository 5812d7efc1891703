"""Children numbered under their parents, keys counted out, and bytes known beforehand, by hand."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest

from tablewright.model.values import Attribute, Kind, Spread
from tablewright.sample.groups import BLOCK, Groups, _fit
from tablewright.sample.keys import SiblingPlace, carriers, placed, spread_out, weighted_order
from tablewright.sample.lengths import can_be_made_alone, compressed_ratio, constant_bytes


def even(mean: str) -> Groups:
    return Groups(Decimal(mean), None, Random)


def test_two_and_a_half_children_are_two_and_three_in_turn() -> None:
    groups = even("2.5")
    assert [groups.first(parent) for parent in range(5)] == [0, 2, 5, 7, 10]
    assert groups.children(1) == range(2, 5)
    assert [groups.parent(child) for child in range(10)] == [0, 0, 1, 1, 1, 2, 2, 3, 3, 3]
    # far away by arithmetic alone: parent 1,000,001 begins at floor(2,500,002.5)
    assert groups.children(1_000_001) == range(2_500_002, 2_500_005)
    assert groups.parent(2_500_004) == 1_000_001


def test_fewer_children_than_parents_belong_to_the_last_of_a_run() -> None:
    # two for five parents: floor(0.4 p) is 0, 0, 0, 1, 1, 2
    groups = even("0.4")
    assert [len(groups.children(parent)) for parent in range(5)] == [0, 0, 1, 0, 1]
    assert [groups.parent(child) for child in range(3)] == [2, 4, 7]
    assert groups.has_any


def test_of_no_children_none_has_a_parent() -> None:
    groups = even("0")
    assert not groups.has_any
    assert groups.children(7) == range(0)
    with pytest.raises(IndexError, match="there are no children"):
        groups.parent(0)


SPREAD = Spread(mean=Decimal(4), low=Decimal(1), high=Decimal(9), shape="lognormal")


def test_children_that_are_spread_add_up_in_every_block_of_parents() -> None:
    groups = Groups(Decimal(4), SPREAD, lambda block: Random(block))
    for block in (0, 1, 40):
        counts = [len(groups.children(block * BLOCK + place)) for place in range(BLOCK)]
        assert sum(counts) == 4 * BLOCK
        assert min(counts) >= 1
        assert max(counts) <= 9
        assert len(set(counts)) > 5
        assert groups.first(block * BLOCK) == 4 * BLOCK * block
    for parent in (0, 1, 511, 512, 513, 20_000):
        assert {groups.parent(child) for child in groups.children(parent)} == {parent}


def test_no_parent_has_more_children_than_keys_can_tell_apart() -> None:
    # a mean of 4 is 2,048 in a block, and with at most 6 each those above are shared out again
    groups = Groups(Decimal(4), SPREAD, lambda block: Random(block), most=6)
    counts = [len(groups.children(place)) for place in range(BLOCK)]
    assert sum(counts) == 4 * BLOCK
    assert max(counts) == 6
    # where not even the mean fits, each parent has as many as there can be
    full = Groups(Decimal(4), SPREAD, lambda block: Random(block), most=3)
    assert [len(full.children(place)) for place in range(BLOCK)] == [3] * BLOCK


def test_a_block_is_the_same_whether_others_were_asked_for_or_not() -> None:
    first, second = (Groups(Decimal(4), SPREAD, lambda block: Random(block)) for _ in range(2))
    for block in range(40):  # more than are kept
        first.children(block * BLOCK + 3)
    assert [first.children(n) for n in range(20)] == [second.children(n) for n in range(20)]


def test_a_spread_is_scaled_to_another_mean_without_its_limits() -> None:
    # of a spread with a mean of 4 each count is halved; what is left is shared out
    groups = Groups(Decimal(2), SPREAD, lambda block: Random(block))
    counts = [len(groups.children(place)) for place in range(BLOCK)]
    assert sum(counts) == 2 * BLOCK
    assert max(counts) <= 6  # 9 / 2 rounded up, and one more at the most


@pytest.mark.parametrize(
    ("total", "low", "high", "least", "most"),
    [
        (10, 0, 3, 2, 3),  # 3, 3, 2, 2
        (4, 0, 3, 1, 1),
        (6, 2, None, 2, 2),  # the limit cannot be kept by none of three: six are two each
        (9_001, 0, None, 3_000, 3_001),
        (0, 0, None, 0, 0),
        (12, 0, 3, 4, 4),  # more than the limit allows: the total is what holds
    ],
)
def test_counts_are_changed_by_one_until_they_add_up(total, low, high, least, most) -> None:
    counts = [2, 2, 2] if low else [1, 1, 1] if total != 10 and total != 4 else [1, 1, 1, 1]
    _fit(counts, total, low, high, Random(1))
    assert sum(counts) == total
    assert (min(counts), max(counts)) == (least, most)


def test_an_attribute_with_four_times_the_values_tells_a_family_apart_alone() -> None:
    assert carriers({"day": 160, "slot": 3}, 40) == ("day",)
    assert carriers({"day": 159, "slot": 3}, 40) == ("day", "slot")
    assert carriers({"slot": 3, "day": None, "id": None}, 40) == ("day", "id")
    assert carriers({}, 40) == ()


def test_places_are_written_as_numbers_whose_digits_are_the_attributes() -> None:
    # 3 values of a and 4 of b: place 7 is 1 + 2 x 3, so the second of a and the third of b
    places = [SiblingPlace(7, 12, 5)]
    values = {"a": 3, "b": 4, "c": None}
    assert placed(places, "a", ("a", "b"), values) == [SiblingPlace(1, 3, 5)]
    assert placed(places, "b", ("a", "b"), values) == [SiblingPlace(2, 4, 5)]
    assert placed(places, "c", ("c",), values) == places
    # of 5 siblings the second digit has ceil(5 / 3) = 2 values
    assert placed([SiblingPlace(4, 5, 0)], "b", ("a", "b"), values) == [SiblingPlace(1, 2, 0)]


def test_numbers_are_spread_over_what_there_is() -> None:
    # 4 places over 8 numbers: each has two of its own; the fifth begins again
    places = [SiblingPlace(place, 4, 0) for place in range(5)]
    for seed in range(20):
        numbers = spread_out(places, 8, Random(seed))
        assert [number // 2 for number in numbers] == [0, 1, 2, 3, 0]
    # more places than numbers: each number twice
    assert spread_out([SiblingPlace(p, 6, 0) for p in range(6)], 3, Random(1)) == [0, 0, 1, 1, 2, 2]


def test_a_heavy_one_comes_first_as_often_as_its_weight_says() -> None:
    # three of four: 3 / (3 + 1)
    firsts = [weighted_order([1, 3, 0], Random(seed))[0] for seed in range(2000)]
    assert 0.70 < firsts.count(1) / 2000 < 0.80
    assert firsts.count(2) == 0


def attribute(kind: Kind, size: int | None = None, **fields) -> Attribute:
    spread = None if size is None else Spread(mean=Decimal(size))
    return Attribute(name="a", kind=kind, bytes=spread, **fields)


@pytest.mark.parametrize(
    ("kind", "unless_stated", "of_seven"),
    [
        # an id with a hyphen at four places; digits of a time to the millisecond; a day
        (Kind.UUID, 36, 36),
        (Kind.ULID, 26, 26),
        (Kind.DATE, 10, 10),
        (Kind.BOOL, 1, 1),
        (Kind.COUNTRY, 2, 2),
        (Kind.ID, 12, 7),
        (Kind.PHONE, 12, 7),
        (Kind.TIMESTAMP, 24, 7),
        (Kind.DIGITS, 6, 7),
        (Kind.TEXT, 24, 7),
        (Kind.TOKEN, 32, 7),
        (Kind.URL, 48, 7),
        (Kind.BINARY, 64, 7),
        (Kind.NAME, None, 7),
        (Kind.USERNAME, None, 7),
        (Kind.INT, None, None),
        (Kind.ENUM, None, None),
    ],
)
def test_bytes_that_are_known_before_anything_is_drawn(kind, unless_stated, of_seven) -> None:
    assert constant_bytes(attribute(kind)) == unless_stated
    assert constant_bytes(attribute(kind, 7)) == of_seven
    assert constant_bytes(attribute(kind, 7, examples=("x",))) is None
    assert constant_bytes(attribute(kind, 7, like="x-1")) is None


def test_bytes_that_vary_are_not_known_beforehand() -> None:
    varied = Attribute(name="a", kind=Kind.TEXT, bytes=SPREAD)
    assert constant_bytes(varied) is None
    # a map or list takes 3 bytes for itself, an email at least its domain
    assert constant_bytes(attribute(Kind.MAP, 2)) == 3
    assert constant_bytes(attribute(Kind.LIST, 2)) == 3
    assert (
        constant_bytes(attribute(Kind.MAP, 500)) == constant_bytes(attribute(Kind.LIST, 500)) == 500
    )


@pytest.mark.parametrize(
    ("kind", "alone", "alone_if_unique"),
    [
        (Kind.UUID, True, True),
        (Kind.EMAIL, True, True),
        (Kind.PHONE, True, True),
        (Kind.TOKEN, False, True),
        (Kind.DIGITS, False, True),
        (Kind.INT, False, True),
        (Kind.TEXT, False, False),
        (Kind.TIMESTAMP, False, False),
    ],
)
def test_what_needs_no_random_numbers_can_be_made_alone(kind, alone, alone_if_unique) -> None:
    assert can_be_made_alone(attribute(kind), unique=False) is alone
    assert can_be_made_alone(attribute(kind), unique=True) is alone_if_unique
    assert not can_be_made_alone(attribute(kind, copy_of="b"), unique=True)
    varied = Attribute(name="a", kind=kind, bytes=SPREAD)
    assert not can_be_made_alone(varied, unique=True)


def test_a_share_after_compression_is_a_number_or_unknown() -> None:
    assert compressed_ratio(attribute(Kind.TEXT, compressible=Decimal("0.25"))) == 0.25
    assert compressed_ratio(attribute(Kind.TEXT)) is None
