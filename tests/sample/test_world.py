"""A small world written by hand: conditions, finding, order, and what writes change."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from applications import session_of
from tablewright.model.values import Count, Entity, Kind, Model, Pattern, Rate, Verb
from tablewright.sample import world as worlds
from tablewright.sample.sample import Sample
from tablewright.sample.world import ExpectedAnswer, World, distance_km, is_far
from tablewright.sample.world import Test as Holding

from .models import attribute

PERSON = Entity(
    name="Person",
    key=("id",),
    attributes=(
        attribute("id", Kind.ID),
        attribute("mail", Kind.EMAIL, unique=True),
        attribute("town", Kind.TEXT),
        attribute("age", Kind.INT),
    ),
)
NOTE = Entity(
    name="Note",
    parent="Person",
    key=("id", "n"),
    count=Count(per="parent", mean=Decimal(2)),
    attributes=(
        attribute("id", Kind.ID, generated=True),
        attribute("n", Kind.INT),
        attribute("text", Kind.TEXT),
        attribute("at", Kind.TIMESTAMP, role="time"),
        attribute("place", Kind.GEO),
    ),
)
MODEL = Model(
    app="t", region="us-east-1", scales=(4,), seed=1, entities=(PERSON, NOTE), patterns=()
)
ROWS: dict[str, list[dict[str, Any]]] = {
    "Person": [
        {"id": "p0", "mail": "a@x", "town": "Lund", "age": 30},
        {"id": "p1", "mail": "b@x", "town": "Lund", "age": 20},
        {"id": "p2", "mail": "c@x", "town": "Visby", "age": 20},
        {"id": "p3", "mail": "d@x", "age": 41},
    ],
    "Note": [
        {"id": f"p{number // 2}", "n": number % 2, "text": f"t{number}", "at": f"2026-0{number}"}
        for number in range(8)
    ],
}


class Written:
    """Instances written by hand, asked for like a sample; it counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, int]] = []

    def count(self, entity: str, users: int) -> int:
        assert users == 4
        return len(ROWS[entity])

    def rows(self, entity: str, start: int, stop: int, users: int) -> Sequence[dict[str, Any]]:
        self.asked.append((entity, start, stop))
        more = [{"id": f"x{n}", "n": n} for n in range(8, 12)]
        return [dict(row) for row in [*ROWS[entity], *more][start:stop]]

    def values(self, entity: str, name: str, n: int, users: int) -> list[Any]:
        return [row.get(name) for row in ROWS[entity][:n]]

    def columns(
        self, entity: str, names: Sequence[str], start: int, stop: int, users: int
    ) -> list[list[Any]]:
        return [[row.get(name) for row in ROWS[entity][start:stop]] for name in names]

    def redrawn(self, entity: str, name: str, start: int, stop: int, users: int) -> list[Any]:
        self.asked.append((name, start, stop))
        return [f"{name}{number} again" for number in range(start, stop)]

    def sizes(self, entity: str, name: str, n: int) -> list[int | None]:
        assert name in MODEL.entity(entity).names
        known = {"id": 2, "mail": 3, "town": 10, "age": 1}
        return [
            known.get(name, 4) if number != 3 or name != "town" else None for number in range(n)
        ]

    def resampled_sizes(self, entity: str, name: str, n: int) -> list[int | None]:
        assert name in MODEL.entity(entity).names
        return [20, 5, None, 7][:n]

    def children(self, entity: str, number: int, users: int) -> range:
        return range(2 * number, 2 * number + 2)


@pytest.fixture
def world() -> World:
    return World(MODEL, Written(), 4)  # type: ignore[arg-type]


def equal(name: str, value: Any) -> Holding:
    return Holding(name, "eq", (value,))


@pytest.mark.parametrize(
    ("operator", "operands", "meets", "fails"),
    [
        ("eq", (5,), 5, 6),
        ("ne", (5,), 6, 5),
        ("in", (5, 7), 7, 6),
        ("between", (5, 7), 7, 8),
        ("between", (5, 7), 5, 4),
        ("begins_with", ("ab",), "abc", "cab"),
        ("lt", (5,), 4, 5),
        ("le", (5,), 5, 6),
        ("gt", (5,), 6, 5),
        ("ge", (5,), 5, 4),
        ("contains", ("b",), {"a", "b"}, {"a"}),
        ("size", ("2",), [1, 2], [1]),
        ("exists", (), 0, None),
        ("absent", (), None, 0),
    ],
)
def test_a_condition_holds_or_does_not(
    operator: str, operands: tuple[Any, ...], meets: Any, fails: Any
) -> None:
    condition = Holding("a", operator, operands)
    assert condition.holds(meets) is True
    assert condition.holds(fails) is False
    assert condition.met_by([3, 8, 9], [fails, meets, fails]) == [8]


@pytest.mark.parametrize("operator", ["eq", "ne", "in", "between", "lt", "ge", "size", "contains"])
def test_what_is_absent_meets_no_comparison(operator: str) -> None:
    assert Holding("a", operator, (5, 6)).holds(None) is False
    assert Holding("a", operator, (5, 6)).met_by([0], [None]) == []


def test_a_place_is_near_within_the_distance_and_on_its_edge() -> None:
    # A degree of latitude is 2 x 3.14159265 x 6371.0088 / 360 = 111.195080 km.
    here, there = {"lat": 0, "lon": 0}, {"lat": 1, "lon": 0}
    assert distance_km(here, there) == pytest.approx(111.195080, abs=1e-6)
    assert Holding("a", "near", (here, 111.2)).holds(there) is True
    assert Holding("a", "near", (here, 111.1)).holds(there) is False
    assert Holding("a", "near", (here, distance_km(there, here))).holds(there) is True


def test_distances_follow_the_sphere() -> None:
    # At 60 degrees north a degree of longitude is half as long, less 0.0014 km for the arc.
    north = distance_km({"lat": 60, "lon": 10}, {"lat": 60, "lon": 11})
    assert north == pytest.approx(55.597, abs=0.005)
    # Half way round: 3.14159265 x 6371.0088 km.
    around = distance_km({"lat": 0, "lon": 0}, {"lat": 0, "lon": 180})
    assert around == pytest.approx(20015.115, abs=0.001)
    poles = distance_km({"lat": "90", "lon": "5"}, {"lat": "-90", "lon": "77"})
    assert poles == pytest.approx(20015.115, abs=0.001)
    assert distance_km({"lat": 50, "lon": 179}, {"lat": 50, "lon": -179}) < 144


def test_only_points_are_compared_by_distance() -> None:
    assert is_far(NOTE, "place")
    assert not is_far(NOTE, "text")
    assert not is_far(NOTE, "nowhere")


def test_instances_are_as_they_were_seeded_until_they_are_changed(world: World) -> None:
    assert world.row("Person", 2) == ROWS["Person"][2]
    world.change("Person", 2, {"id": "p2", "town": "Lund"})
    assert world.row("Person", 2) == {"id": "p2", "town": "Lund"}
    assert world.value("Person", 2, "town") == "Lund"
    assert world.value("Person", 2, "age") is None
    assert world.original("Person", 2) == ROWS["Person"][2]
    assert world.value("Person", 1, "age") == 20


def test_what_is_deleted_is_found_no_more(world: World) -> None:
    assert world.find("Person", [equal("town", "Lund")]) == [0, 1]
    world.change("Person", 0, None)
    assert world.row("Person", 0) is None
    assert world.value("Person", 0, "town") is None
    assert not world.is_alive("Person", 0)
    assert world.find("Person", [equal("town", "Lund")]) == [1]
    assert list(world.alive("Person")) == [1, 2, 3]
    assert world.find("Person", []) == [1, 2, 3]


@pytest.mark.parametrize("few", [1, 64])
def test_values_of_many_at_once_are_those_of_each(
    world: World, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(worlds, "FEW_AT_ONCE", few)
    world.change("Person", 1, {"id": "p1", "age": 50})
    world.change("Person", 2, None)
    world.add(PERSON, {"id": "p9", "age": 50})
    assert world.values("Person", "age", [4, 0, 1, 2, 3]) == [50, 30, 50, None, 41]
    assert world.values("Note", "n", [1, 2]) == [1, 0]
    aged = [Holding("age", "ge", (41,)), Holding("id", "gt", ("p1",))]
    assert world.find("Person", aged) == [3, 4]
    assert world.find("Person", [Holding("town", "absent", ())]) == [1, 3, 4]
    assert world.find("Person", [Holding("age", "between", (30, 41))]) == [0, 3]


def test_a_change_moves_an_instance_in_every_index(world: World) -> None:
    assert world.find("Person", [equal("age", 20)]) == [1, 2]
    assert world.find("Person", [equal("town", "Visby")]) == [2]
    world.change("Person", 1, {**ROWS["Person"][1], "age": 33, "town": "Visby"})
    assert world.find("Person", [equal("age", 20)]) == [2]
    assert world.find("Person", [equal("age", 33)]) == [1]
    assert world.find("Person", [equal("town", "Visby")]) == [2, 1]
    assert world.find("Note", [equal("id", "p1")]) == [2, 3]


def test_every_condition_is_asked_of_what_the_index_gives(world: World) -> None:
    tests = [equal("age", 20), equal("town", "Visby")]
    assert world.find("Person", tests) == [2]
    assert world.find("Person", tests[::-1]) == [2]
    assert world.find("Person", [equal("age", 20), Holding("town", "begins_with", ("L",))]) == [1]
    assert world.find("Person", [Holding("age", "gt", (20,))]) == [0, 3]
    assert world.find("Person", [equal("age", 99)]) == []


def test_of_many_instances_the_index_that_exists_is_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worlds, "FEW", 3)
    world.index("Note", "n")
    world.find("Note", [equal("text", "t3"), equal("n", 1)])
    assert ("Note", "text") not in world._indexes
    # Without one, the key handed down by the parent.
    assert world.find("Note", [equal("at", "2026-03"), equal("id", "p1")]) == [3]
    assert ("Note", "id") in world._indexes
    assert ("Note", "at") not in world._indexes


def test_beyond_some_number_instances_are_read_a_stretch_at_a_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worlds, "MOST_IN_COLUMNS", 3)
    monkeypatch.setattr(worlds, "STRETCH", 2)
    world.change("Note", 5, {**ROWS["Note"][5], "n": 7})
    world.change("Note", 2, None)
    assert {k: list(v) for k, v in world.index("Note", "n").items()} == {
        0: [0, 4, 6],
        1: [1, 3, 7],
        7: [5],
    }
    assert world.value("Note", 6, "text") == "t6"
    assert world._columns == {}


PATTERN = Pattern(name="p", verb=Verb.LIST, entity="Person", rate=Rate(per_day=Decimal(1)))


def test_an_answer_is_in_the_order_asked_for_and_absent_values_come_first(world: World) -> None:
    by_town = Pattern(
        name="q",
        verb=Verb.LIST,
        entity="Person",
        rate=Rate(per_day=Decimal(1)),
        sort=(("town", False), ("age", True)),
    )
    assert world.answer(by_town, []).numbers == [3, 0, 1, 2]
    backwards = Pattern(
        name="r",
        verb=Verb.LIST,
        entity="Person",
        rate=Rate(per_day=Decimal(1)),
        sort=(("age", False), ("mail", True)),
    )
    assert world.answer(backwards, []).numbers == [2, 1, 0, 3]


def test_an_answer_is_kept_until_something_is_written(world: World) -> None:
    first = world.answer(PATTERN, [equal("town", "Lund")])
    assert world.answer(PATTERN, [equal("town", "Lund")]) is first
    assert world.answer(PATTERN, [equal("town", "Visby")]).numbers == [2]
    world.change("Person", 2, {**ROWS["Person"][2], "town": "Lund"})
    assert world.answer(PATTERN, [equal("town", "Lund")]).numbers == [0, 1, 2]


def test_few_answers_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worlds, "KEPT_ANSWERS", 2)
    first = world.answer(PATTERN, [equal("age", 30)])
    for age in (20, 41):
        world.answer(PATTERN, [equal("age", age)])
    assert len(world._answers) == 2
    assert world.answer(PATTERN, [equal("age", 30)]) is not first


def test_a_condition_on_a_point_is_answered_and_not_kept(world: World) -> None:
    world.change("Note", 1, {**ROWS["Note"][1], "place": {"lat": 0, "lon": 0}})
    near = Pattern(name="n", verb=Verb.NEAR, entity="Note", rate=Rate(per_day=Decimal(1)))
    answer = world.answer(near, [Holding("place", "near", ({"lat": 0, "lon": 0}, 5))])
    assert answer.numbers == [1]
    assert not world._answers


def test_a_row_is_known_by_its_key_or_by_what_is_unique(world: World) -> None:
    assert world.numbered(PERSON, {"id": "p2"}) == 2
    assert world.numbered(PERSON, {"mail": "d@x"}) == 3
    assert world.numbered(PERSON, {"town": "Visby"}) is None
    assert world.numbered(PERSON, {"id": "nobody", "mail": "d@x"}) is None
    assert world.numbered(NOTE, {"id": "p1", "n": 1}) == 3
    assert world.numbered(NOTE, {"id": "p1"}) is None


def test_rows_are_looked_for_in_the_right_answer_and_then_among_all(world: World) -> None:
    answer = ExpectedAnswer([1, 2])
    rows = [{"id": "p2"}, {"mail": "b@x"}, {"id": "p0"}, {"town": "Lund"}, {"id": "p9"}]
    assert world.numbered_in(PERSON, answer, rows) == [2, 1, 0, None, None]
    assert answer.known == {
        ("id",): {("p1",): 1, ("p2",): 2},
        ("mail",): {("b@x",): 1, ("c@x",): 2},
    }


def test_a_new_instance_has_the_next_number_and_belongs_to_its_parent(world: World) -> None:
    assert world.children("Note", "Person", 1) == [2, 3]
    row = {"id": "p1", "n": 2, "text": "new"}
    assert world.add(NOTE, row, like=5, fresh=11) == 8
    assert world.made["Note", 8] == (5, 11)
    assert world.children("Note", "Person", 1) == [2, 3, 8]
    assert world.is_alive("Note", 8)
    assert not world.is_alive("Note", 9)
    assert world.find("Note", [equal("text", "new")]) == [8]
    assert world.value("Note", 8, "n") == 2
    assert world.add(NOTE, {"id": "p3", "n": 5}, fresh=12) == 9
    assert world.made["Note", 9] == (12, 12)
    assert world.children("Note", "Person", 3) == [6, 7, 9]
    world.change("Note", 8, None)
    assert world.children("Note", "Person", 1) == [2, 3]


def test_a_new_instance_is_found_by_an_index_that_there_was(world: World) -> None:
    assert world.find("Person", [equal("town", "Lund")]) == [0, 1]
    number = world.add(PERSON, {"id": "p9", "town": "Lund", "mail": "z@x"})
    assert number == 4
    assert world.find("Person", [equal("town", "Lund")]) == [0, 1, 4]
    assert world.children("Note", "Person", 4) == []  # those of the sample belong to seeded ones


def test_a_fresh_instance_is_one_beyond_all_that_exist(world: World) -> None:
    number, row = world.fresh("Note")
    assert (number, row) == (9, {"id": "x9", "n": 9})
    row["text"] = "changed"
    assert world.fresh("Note")[0] == 10
    assert world.original("Note", 9) == {"id": "x9", "n": 9}


def test_new_instances_have_keys_times_and_unique_values_of_their_own(world: World) -> None:
    own = {a.name for a in NOTE.attributes if world.is_own(NOTE, a)}
    assert own == {"id", "n", "at"}
    assert {a.name for a in PERSON.attributes if world.is_own(PERSON, a)} == {"id", "mail"}


def test_values_that_updates_write_are_drawn_a_block_at_a_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worlds, "REDRAWN_BLOCK", 4)
    monkeypatch.setattr(worlds, "KEPT_REDRAWN", 2)
    assert world.redrawn("Note", 6, "text") == "text6 again"
    assert world.redrawn("Note", 4, "text") == "text4 again"
    assert world.sample.asked == [("text", 4, 8)]  # type: ignore[attr-defined]
    world.redrawn("Note", 1, "text")
    world.redrawn("Note", 1, "at")  # the first block goes
    world.redrawn("Note", 6, "text")
    assert world.sample.asked[-1] == ("text", 4, 8)  # type: ignore[attr-defined]
    assert len(world.sample.asked) == 4  # type: ignore[attr-defined]


def test_bytes_of_instances_are_the_larger_of_before_and_after(world: World) -> None:
    # 2 + 3 + 10 + 1 bytes, without a town 6.
    assert world.sizes("Person") == [16, 16, 16, 6]
    # With the town written again 20, 5, none or 7 bytes beside the other 6.
    assert world.sizes("Person", ["town"]) == [26, 16, 16, 13]
    assert world.sizes("Person") == [16, 16, 16, 6]


def test_blocks_of_instances_are_kept_up_to_their_bytes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worlds, "BLOCK", 2)
    # A block of two persons: two of each attribute, 2 x (2 + 3 + 10 + 1), and 64 bytes of Python
    # for each of four attributes of both.
    assert world._block_bytes("Person") == 32 + 4 * 2 * 64
    monkeypatch.setattr(worlds, "KEPT_BYTES", 3 * 544)
    for number in (0, 2, 0):
        world.original("Person", number)
    asked = world.sample.asked  # type: ignore[attr-defined]
    assert asked == [("Person", 0, 2), ("Person", 2, 4)]
    # A block of notes is 2 x (2 + 4 x 4) bytes and 64 for each of five attributes of both: 676. Two
    # of persons and one are 1,764 of 1,632: the older one of persons goes, then the other.
    for number in (0, 2):
        world.original("Note", number)
    world.original("Person", 0)
    world.original("Note", 2)
    world.original("Note", 0)
    assert asked[2:] == [("Note", 0, 2), ("Note", 2, 4), ("Person", 0, 2), ("Note", 0, 2)]


def test_an_entity_is_heavy_when_all_of_it_takes_more_than_half_of_what_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worlds, "BLOCK", 2)
    # Two blocks of persons take 1,088 bytes.
    monkeypatch.setattr(worlds, "KEPT_BYTES", 2 * 1088)
    assert not world.is_heavy("Person")
    monkeypatch.setattr(worlds, "KEPT_BYTES", 2 * 1088 - 2)
    assert world.is_heavy("Person")


def test_an_instance_beyond_the_last_is_as_the_sample_draws_it_and_changes_no_other():
    model = session_of("llm-proxy").model
    sample = Sample(model)
    world = World(model, sample, 20)  # 20 users: the block of 512 holds no others until one is put
    first = world.original("User", 0)
    assert world.original("User", 23) == next(iter(sample.rows("User", 23, 24, 20)))
    assert world.original("User", 0) == first == next(iter(sample.rows("User", 0, 1, 20)))
