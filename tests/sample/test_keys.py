"""Keys and identities are drawn without repetition; links lead to other instances."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from tablewright import read_model
from tablewright.core.errors import ModelError
from tablewright.model.values import Model
from tablewright.sample.keys import carriers
from tablewright.sample.sample import Sample

HEAD = "app: k\nscales: [1000]\nentities:\n  User: {key: user_id, attributes: {user_id: id}}\n"
TAIL = "\npatterns:\n  all: {get: User, by: user_id, rate: 1/user/day}\n"


def model(text: str) -> Model:
    return read_model(HEAD + text + TAIL).model


def keys(text: str, entity: str, users: int = 200) -> list[tuple[object, ...]]:
    read = model(text)
    sample = Sample(read)
    names = read.entity(entity).key
    count = sample.count(entity, users)
    return list(zip(*sample.columns(entity, names, 0, count, users), strict=True))


def test_a_childs_key_is_relative_to_its_parent() -> None:
    text = "  Stop: {of: User, key: position, count: 7, attributes: {position: int(1..9)}}"
    assert model(text).entity("Stop").key == ("user_id", "position")
    drawn = keys(text, "Stop")
    assert len(set(drawn)) == len(drawn) == 1400
    assert {position for _, position in drawn} == set(range(1, 8))


@pytest.mark.parametrize("kind", ["uuid", "id", "{type: int, unique: yes}"])
def test_an_identifier_or_a_unique_attribute_tells_all_children_apart(kind: str) -> None:
    text = f"  Stop: {{of: User, key: stop, count: 2, attributes: {{stop: {kind}}}}}"
    assert model(text).entity("Stop").key == ("stop",)
    drawn = keys(text, "Stop")
    assert len(set(drawn)) == len(drawn) == 400


@pytest.mark.parametrize(
    ("key", "attributes", "count"),
    [
        ("[user_id, day]", "{day: date}", "0.8/day"),
        ("[user_id, kind]", "{kind: 'enum(a, b, c)'}", "3"),
        ("[user_id, place]", "{place: country}", "40"),
        ("[user_id, pin]", "{pin: digits(2)}", "90"),
        ("[user_id, row, seat]", "{row: int(1..5), seat: int(1..6)}", "29"),
        ("[user_id, price]", "{price: {type: money, min: 1, max: 2}}", "100"),
        ("[user_id, at]", "{at: timestamp}", "50"),
        ("[user_id, label]", "{label: text(6)}", "20"),
    ],
)
def test_keys_are_drawn_without_repetition(key: str, attributes: str, count: str) -> None:
    text = (
        f"  Thing: {{of: User, key: {key}, count: {count}, retention: 60d, "
        f"attributes: {attributes}}}"
    )
    drawn = keys(text, "Thing", 60)
    assert len(drawn) >= 60 * 3
    assert len(set(drawn)) == len(drawn)


def test_an_identity_beside_the_key_is_drawn_without_repetition() -> None:
    text = (
        "  Shift: {of: User, key: shift_id, identity: [user_id, day], count: 20, retention: 30d, "
        "attributes: {shift_id: uuid, day: date}}"
    )
    sample = Sample(model(text))
    users, days = sample.columns("Shift", ("user_id", "day"), 0, 2000, 1000)
    assert len(set(zip(users, days, strict=True))) == 2000


def test_days_of_a_key_lie_within_the_retention_and_in_order() -> None:
    text = (
        "  Tour: {of: User, key: [user_id, day], count: 0.5/day, retention: 60d, "
        "attributes: {day: date}}"
    )
    read = model(text)
    sample = Sample(read)
    days = [str(day) for day in sample.columns("Tour", ("day",), 0, 30, 1)[0]]
    assert days == sorted(days)
    # 60 days before 1 January 2026 are 2 November 2025 to 31 December 2025.
    assert date(2025, 11, 2) <= date.fromisoformat(days[0])
    assert date.fromisoformat(days[-1]) <= date(2025, 12, 31)


FOLLOW = "  Follow: {of: User, key: [user_id, author_id], count: 3, attributes: {author_id: REF}}"


def test_a_link_to_the_parents_kind_leads_to_another_instance() -> None:
    drawn = keys(FOLLOW.replace("REF", "ref(User)"), "Follow", 1000)
    assert len(set(drawn)) == len(drawn) == 3000
    assert all(follower != author for follower, author in drawn)


def test_links_follow_the_stated_skew() -> None:
    drawn = keys(FOLLOW.replace("REF", "{type: ref, to: User, skew: 1}"), "Follow", 1000)
    assert len(set(drawn)) == len(drawn) == 3000
    most = Counter(author for _, author in drawn).most_common(1)[0][1]
    # Of three different draws a follower's first has 1/7.49 (the sum of 1/k to 1,000) for the most
    # popular author: about 0.35 for one of the three, so about 350 of 1,000 followers.
    assert 250 < most < 450


def test_a_plain_reference_to_an_ancestor_is_that_ancestor_unless_it_says_other() -> None:
    text = "  Note: {of: User, key: note_id, count: 2, attributes: {note_id: uuid, by: REF}}"
    for ref, differs in (("ref(User)", False), ("{type: ref, to: User, other: yes}", True)):
        sample = Sample(model(text.replace("REF", ref)))
        owners, others = sample.columns("Note", ("user_id", "by"), 0, 400, 200)
        assert all((a != b) == differs for a, b in zip(owners, others, strict=True))


@pytest.mark.parametrize(
    ("entity", "message"),
    [
        (
            "  Stop: {of: User, key: n, count: {mean: 5, max: 12}, attributes: {n: int(1..9)}}",
            "12 instances of `Stop` of each `User` need different values of `n`, which can have 9",
        ),
        (
            "  Tag: {key: [kind, size], count: 13 total, "
            "attributes: {kind: 'enum(a, b, c, d)', size: int(1..3)}}",
            "13 instances of `Tag` need different values of `kind` and `size`, which can have 12",
        ),
        (
            "  Pin: {key: id, count: 101 total, attributes: {id: uuid, "
            "pin: {type: digits, bytes: 2, unique: yes}}}",
            "101 instances of `Pin` need different values of `pin`, which can have 100",
        ),
    ],
)
def test_a_key_with_fewer_values_than_instances_is_an_error(entity: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        model(entity)
    (found,) = caught.value.diagnostics
    assert found.id == "too-few-values"
    assert message in found.message
    assert found.span is not None
    assert found.span.line == 5


def test_more_links_than_ends_are_an_error() -> None:
    text = (
        "  Group: {key: g, count: 4 total, attributes: {g: id}}\n"
        "  Member: {of: User, key: [user_id, g], count: 5, attributes: {g: ref(Group)}}"
    )
    with pytest.raises(ModelError) as caught:
        model(text)
    assert "5 instances of `Member`" in caught.value.diagnostics[0].message


def test_children_are_kept_as_long_as_their_parent_unless_they_say_otherwise() -> None:
    read = model(
        "  Session: {of: User, key: s, retention: 30d, attributes: {s: uuid}}\n"
        "  Event: {of: Session, key: e, attributes: {e: uuid}}\n"
        "  Log: {of: Session, key: l, retention: 90d, attributes: {l: uuid}}"
    )
    kept = [read.entity(name).retention_days for name in ("Session", "Event", "Log")]
    assert kept == [30, 30, 90]


def test_attributes_with_few_values_share_the_work_only_where_one_is_not_enough() -> None:
    assert carriers({"day": 60, "slot": 3}, 48) == ("day", "slot")
    assert carriers({"day": 365, "slot": 3}, 48) == ("day",)


LATER = """
  Invoice: {key: number, count: 40 total, attributes: {number: 'int(1..90)'}}
  Item: {key: item_id, count: 40 total, attributes: {item_id: {type: id, like: col-001}}}
  Shift: {key: day, count: 40 total, attributes: {day: date}}
  Ticket: {key: pin, count: 40 total, attributes: {pin: digits(2)}}
"""


@pytest.mark.parametrize("entity", ["Invoice", "Item", "Shift", "Ticket"])
def test_what_is_made_later_never_has_the_key_of_what_there_is(entity: str) -> None:
    # 40 there are and 40 made later: 80 keys, of 90 numbers, of 100 pairs of digits
    read = model(LATER)
    names = read.entity(entity).key
    (drawn,) = Sample(read).columns(entity, names, 0, 80, 200)
    assert len(set(drawn)) == 80


def test_a_sequence_goes_on_after_what_there_is() -> None:
    drawn = Sample(model(LATER)).columns("Item", ("item_id",), 0, 42, 200)[0]
    assert (drawn[0], drawn[39], drawn[40], drawn[41]) == (
        "col-001",
        "col-040",
        "col-041",
        "col-042",
    )


def test_a_further_child_has_the_next_position_of_its_family() -> None:
    text = "  Stop: {of: User, key: position, count: 7, attributes: {position: int(1..9)}}"
    sample = Sample(model(text))
    # seven children at positions 1 to 7: the next ones are 8 and 9
    assert [sample.next_key("Stop", 3, at) for at in (7, 8)] == [{"position": 8}, {"position": 9}]


def test_values_beside_what_tells_siblings_apart_have_their_shares_in_each_family() -> None:
    text = (
        "  Slot: {of: User, key: [user_id, kind, n], count: 5, attributes: "
        "{kind: {type: enum, values: {a: 60%, b: 40%}}, n: int(1..40)}}"
    )
    sample = Sample(model(text))
    users, kinds = sample.columns("Slot", ("user_id", "kind"), 0, 500, 100)
    # Five points a fifth apart: three of them lie below 60 %, wherever the first one is.
    counted = Counter(user for user, kind in zip(users, kinds, strict=True) if kind == "a")
    assert set(counted.values()) == {3}
    assert len(counted) == 100


def test_of_two_each_leads_to_the_other() -> None:
    drawn = keys(FOLLOW.replace("REF", "ref(User)").replace("count: 3", "count: 1"), "Follow", 2)
    (a, b), (c, d) = drawn
    assert (a, b) == (d, c)
    assert a != b
