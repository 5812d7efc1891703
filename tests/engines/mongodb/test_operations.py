"""Access patterns as calls of PyMongo: what is asked, with which values."""

from __future__ import annotations

from decimal import Decimal
from textwrap import dedent
from typing import Any

import pytest

from tablewright import read_model
from tablewright.capacity.documents import ObjectKey
from tablewright.engines.mongodb.adapter import _has_upper_bound
from tablewright.engines.mongodb.codec import MongoCodec
from tablewright.engines.mongodb.ddl import script
from tablewright.engines.mongodb.design import MongoDesign
from tablewright.engines.mongodb.explaining import access_path, consumption
from tablewright.engines.mongodb.statements import Operation, OperationBuilder, pasted
from tablewright.reports.pages import written
from tablewright.sample.calls import Call
from tablewright.sample.world import Test as Condition
from tablewright.session import Session
from tablewright.verbs.explain import explain

MODEL = """
app: inns
region: us-east-1
scales: [10]
entities:
  Inn:
    key: name
    attributes:
      name: text(8)
      stars: int
      beds: counter
      tags: {type: list, items: 2, of: text(4)}
      place: geo
  Room:
    of: Inn
    key: [name, number]
    count: {mean: 3, max: 9, shape: poisson}
    attributes: {number: digits(3), price: money, free: bool}
patterns:
  inn: {get: Inn, by: name, rate: 1/user/day}
  best: {list: Inn, where: stars, sort: -beds, select: [beds], limit: 3, rate: 1/user/day}
  near: {near: Inn, radius_km: 5, limit: 4, rate: 1/user/day}
  book:
    {update: Inn, by: name, increment: beds, append: tags, if: same, if_on: stars, rate: 1/user/day}
  rooms: {list: Room, where: name, sort: -price, limit: 2, rate: 1/user/day}
  let: {update: Room, by: [name, number], set: [free], rate: 1/user/day}
designs:
  one:
    engine: mongodb
    collections:
      inns:
        holds: Inn
        embed: {rooms: Room}
        indexes: {stars: {stars: 1, beds: -1}}
"""
FILE = read_model(dedent(MODEL), "inns.yaml")
DESIGN = next(d for d in FILE.designs if isinstance(d, MongoDesign))
ROW: dict[str, Any] = {
    "name": "Lion",
    "stars": 4,
    "beds": 7,
    "tags": ["a"],
    "place": {"lat": Decimal("59.9"), "lon": Decimal("10.7")},
}


def operation(name: str, row: dict[str, Any] = ROW, **values: Any) -> Operation:
    """Return the only operation of a call."""
    call = Call(pattern=FILE.model.pattern(name), row=row, **values)
    (built,) = OperationBuilder(FILE.model, DESIGN, MongoCodec(FILE.model, DESIGN)).build(call)
    return built


def equal(name: str, value: Any) -> Condition:
    return Condition(name, "eq", (value,))


def test_a_key_of_one_attribute_is_the_id() -> None:
    assert operation("inn", tests=(equal("name", "Lion"),)).text == (
        "db['inns'].find({'_id': 'Lion'}, limit=1)"
    )


def test_a_list_is_sorted_limited_and_cut_to_what_is_asked_for() -> None:
    built = operation("best", tests=(equal("stars", 4),))
    assert built.arguments == ({"stars": 4},)
    assert built.options == {
        "projection": {"_id": 1, "beds": 1},
        "sort": [("beds", -1)],
        "limit": 3,
    }


def test_the_nearest_are_found_by_a_stage_that_any_server_orders() -> None:
    built = operation("near", tests=(Condition("place", "near", (ROW["place"], Decimal(5))),))
    (pipeline,) = built.arguments
    stage = pipeline[0]["$geoNear"]
    assert stage["near"] == {"type": "Point", "coordinates": [10.7, 59.9]}
    # 5 km on the earth of the model, 6,371.0088 km, on that of the server, 6,378.1 km:
    # 5,000 x 6,378.1 / 6,371.0088 = 5,005.565
    assert stage["maxDistance"] == pytest.approx(5005.565, abs=0.001)
    assert pipeline[1] == {"$limit": 4}


def test_an_update_carries_its_condition_and_can_be_made_to_miss() -> None:
    after = {**ROW, "beds": 8, "tags": ["a", "b"]}
    built = operation("book", after=after)
    assert built.arguments == (
        {"_id": "Lion", "stars": 4},
        {"$inc": {"beds": 1}, "$push": {"tags": {"$each": ["b"]}}},
    )
    assert built.needs_match
    assert operation("book", after=after, must_fail=True).arguments[0]["stars"] == {"$ne": 4}


def test_embedded_children_are_taken_out_of_their_parent() -> None:
    (pipeline,) = operation("rooms", tests=(equal("name", "Lion"),)).arguments
    assert pipeline == [
        {"$match": {"_id": "Lion"}},
        {"$project": {"_id": 1, "rooms": 1}},
        {"$unwind": "$rooms"},
        {"$sort": {"rooms.price": -1}},
        {"$limit": 2},
    ]


def test_an_embedded_child_is_changed_where_it_stands() -> None:
    room = {"name": "Lion", "number": "012", "free": True}
    built = operation("let", room, after={**room, "free": False})
    assert built.arguments == (
        {"_id": "Lion", "rooms": {"$elemMatch": {"number": "012"}}},
        {"$set": {"rooms.$.free": False}},
    )


def test_the_id_of_a_key_of_several_attributes_is_the_same_each_time() -> None:
    codec = MongoCodec(FILE.model, DESIGN)
    room = FILE.model.entity("Room")
    first = codec.identity(room, {"name": "Lion", "number": "012"})
    assert isinstance(first, ObjectKey)
    assert first == codec.identity(room, {"name": "Lion", "number": "012"})
    assert first != codec.identity(room, {"name": "Lion", "number": "013"})


def test_a_design_is_created_with_validators_and_indexes() -> None:
    create, index = script(FILE.model, DESIGN)
    assert create.startswith('db.createCollection("inns", {"validator": {"$jsonSchema":')
    assert '"rooms": {"bsonType": "array"}' in create
    assert index == (
        'db.getCollection("inns").createIndex({"stars": 1, "beds": -1}, {"name": "stars"});'
    )


def test_explain_tells_documents_entries_and_the_index() -> None:
    reply = {
        "queryPlanner": {
            "winningPlan": {
                "stage": "FETCH",
                "inputStage": {"stage": "IXSCAN", "indexName": "stars"},
            }
        },
        "executionStats": {"totalDocsExamined": 3, "totalKeysExamined": 4},
    }
    assert access_path(reply, "inns") == "inns/stars"
    uses = {(use.resource, use.dimension): use.units for use in consumption(reply, "inns") or ()}
    assert uses == {("inns/stars", "read"): 4, ("inns", "read"): 3}
    assert consumption({"ok": 1}, "inns") is None


def test_an_inclusive_upper_bound_is_known_by_its_operator() -> None:
    assert _has_upper_bound({"u": 1, "t": {"$gte": 1, "$lte": 3}})
    assert not _has_upper_bound({"u": 1, "t": {"$gte": 1, "$lt": 3}})


def test_several_calls_are_written_as_one_transaction():
    first = Operation(collection="inns", method="delete_one", arguments=({"_id": "Lion"},))
    second = Operation(collection="inns", method="insert_one", arguments=({"_id": "Bear"},))
    assert pasted((first,)) == "db['inns'].delete_one({'_id': 'Lion'})"
    assert pasted((first, second)) == (
        "with client.start_session() as session, session.start_transaction():\n"
        "    db['inns'].delete_one({'_id': 'Lion'}, session=session)\n"
        "    db['inns'].insert_one({'_id': 'Bear'}, session=session)"
    )


def test_explain_says_what_the_calls_need_before_them():
    view = explain(Session(FILE), "inn", "one")
    page = written(view, "explain", "text", width=100, color=False)
    names: dict[str, Any] = {"client_of": lambda **options: {"inns": options}}
    lines = dedent(page[page.index("  from datetime") : page.index("1. ")])
    exec(lines.replace("MongoClient(", "client_of("), names)
    assert names["db"] == {"tz_aware": True, "uuidRepresentation": "standard"}
    assert names["datetime"].fromisoformat("2026-01-02T03:04:05+00:00").year == 2026
