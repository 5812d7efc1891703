"""Changes to MongoDB and PostgreSQL designs: each does what it says, or refuses."""

from __future__ import annotations

import pytest

from tablewright.core.errors import UsageError
from tablewright.engines.mongodb.design import Collection, MongoDesign, MongoIndex
from tablewright.engines.postgresql.design import PgTable
from tablewright.engines.servers.changes import (
    AddHome,
    AddServerIndex,
    DropCollection,
    DropServerIndex,
    SetHome,
    SwapServerIndex,
    home_of,
)

BY_A = MongoIndex(name="a", keys=(("a", "1"),))
BY_B = MongoIndex(name="b", keys=(("b", "-1"),))
DESIGN = MongoDesign(
    name="d",
    engine="mongodb",
    collections=(Collection(name="things", entity="Thing", indexes=(BY_A,)),),
)


def test_an_index_is_added_dropped_and_put_in_anothers_place():
    added = AddServerIndex(home="things", index=BY_B).apply(DESIGN)
    assert home_of(added, "things").indexes == (BY_A, BY_B)
    assert DropServerIndex(home="things", index="b").apply(added) == DESIGN
    swapped = SwapServerIndex(home="things", old="a", index=BY_B).apply(DESIGN)
    assert home_of(swapped, "things").indexes == (BY_B,)


def test_a_collection_is_added_set_and_dropped():
    other = Collection(name="others", entity="Other")
    more = AddHome(home=other).apply(DESIGN)
    assert [one.name for one in more.collections] == ["things", "others"]
    after = Collection(name="others", entity="Other", attributes=("x",))
    held = SetHome(kind="add_attribute", text="keep x", after=after).apply(more)
    assert home_of(held, "others") == after
    assert DropCollection(home="others").apply(held) == DESIGN


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (AddServerIndex(home="things", index=BY_A), "an index called `a` already"),
        (AddServerIndex(home="nothing", index=BY_B), "no collection or table `nothing`"),
        (DropServerIndex(home="things", index="b"), "no index `b`"),
        (SwapServerIndex(home="things", old="b", index=BY_A), "no index `b`"),
        (AddHome(home=Collection(name="things", entity="Thing")), "a `things` already"),
        (
            AddHome(home=PgTable(name="t", entity="T", columns=(), primary_key=())),
            "not for a design of mongodb",
        ),
    ],
)
def test_what_cannot_be_changed_is_refused(change, says):
    with pytest.raises(UsageError, match=says):
        change.apply(DESIGN)


def test_changes_read_like_what_is_to_be_done():
    unique = MongoIndex(name="a", keys=(("a", "1"),), unique=True)
    swap = SwapServerIndex(home="things", old="a", index=unique)
    assert str(swap) == "rebuild index a of things as {a: 1}, unique"
    assert str(AddServerIndex(home="things", index=BY_B)) == "add index {b: -1} to things"
    assert str(DropServerIndex(home="things", index="a")) == "drop index a of things"
