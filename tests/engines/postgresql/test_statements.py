"""Access patterns as SQL: what is sent, with which parameters."""

from __future__ import annotations

from decimal import Decimal
from textwrap import dedent
from typing import Any

import pytest

from applications import session_of
from tablewright import read_model
from tablewright.core.errors import UnsupportedError
from tablewright.engines.postgresql.design import PostgresDesign
from tablewright.engines.postgresql.statements import SqlBuilder, SqlStatement
from tablewright.sample.calls import Call
from tablewright.sample.world import Test as Condition
from tablewright.verbs.explain import explain

MODEL = """
app: inns
region: us-east-1
scales: [10]
entities:
  Inn:
    key: inn_id
    attributes:
      inn_id: uuid
      email: {type: email, unique: true}
      town: text(8)
      stars: int
      beds: counter
      tags: {type: list, items: 2, of: text(4)}
      place: geo
  Room:
    of: Inn
    key: [inn_id, number]
    count: 20/parent
    attributes: {number: int, price: int}
patterns:
  rooms: {list: Room, where: price, limit: 3, rate: 1/user/day}
  inn: {get: Inn, by: inn_id, rate: 1/user/day}
  by_town: {list: Inn, where: town, sort: -stars, select: [stars], limit: 3, rate: 1/user/day}
  few: {get: Inn, by: inn_id, batch: 2, rate: 1/user/day}
  near: {near: Inn, radius_km: 5, limit: 4, rate: 1/user/day}
  open: {put: Inn, if: absent, rate: 1/user/day}
  save: {put: Inn, rate: 1/user/day}
  book: {update: Inn, by: inn_id, increment: beds, if: free, if_on: stars, rate: 1/user/day}
  tag: {update: Inn, by: email, append: tags, rate: 1/user/day}
  close: {delete: Inn, by: inn_id, rate: 1/user/day}
designs:
  one:
    engine: postgresql
    tables:
      inns: {holds: Inn}
      rooms: {holds: Room}
"""
FILE = read_model(dedent(MODEL), "inns.yaml")
DESIGN = next(d for d in FILE.designs if isinstance(d, PostgresDesign))
ROW: dict[str, Any] = {
    "inn_id": "54bfdba7-2f6d-4f34-ab98-d92c26d039cb",
    "email": "ana@example.com",
    "town": "Oslo",
    "stars": 4,
    "beds": 7,
    "tags": ["a"],
    "place": {"lat": Decimal("59.9"), "lon": Decimal("10.7")},
}


def statement(name: str, **values: Any) -> SqlStatement:
    """Return the only statement of a call."""
    call = Call(pattern=FILE.model.pattern(name), row=ROW, **values)
    (built,) = SqlBuilder(FILE.model, DESIGN).build(call)
    return built


def equal(name: str, value: Any) -> Condition:
    return Condition(name, "eq", (value,))


def test_a_list_selects_its_attributes_and_the_key_in_the_order_asked_for() -> None:
    built = statement("by_town", tests=(equal("town", "Oslo"),))
    assert built.sql == (
        'SELECT "inn_id", "stars" FROM "inns" WHERE "town" = %s ORDER BY "stars" DESC LIMIT 3'
    )
    assert built.parameters == ("Oslo",)
    assert built.text == (
        'SELECT "inn_id", "stars" FROM "inns" WHERE "town" = \'Oslo\' ORDER BY "stars" DESC LIMIT 3'
    )


def test_a_page_in_no_order_goes_by_the_whole_key_and_looks_for_one_more() -> None:
    room = {"inn_id": ROW["inn_id"], "number": 7, "price": 90}
    call = Call(
        pattern=FILE.model.pattern("rooms"),
        row=room,
        tests=(equal("price", 90),),
        resume="6",
        is_page=True,
    )
    (built,) = SqlBuilder(FILE.model, DESIGN).build(call)
    assert built.sql == (
        'SELECT "number", "inn_id", "price" FROM "rooms" WHERE "price" = %s '
        'ORDER BY "inn_id", "number" LIMIT 4 OFFSET 6'
    )


def test_a_batch_asks_for_one_of_several_keys() -> None:
    pattern = FILE.model.pattern("few")
    other = Call(pattern=pattern, row=ROW, tests=(equal("inn_id", "b"),))
    built = statement("few", tests=(equal("inn_id", "a"),), more=(other,))
    assert built.sql.endswith('FROM "inns" WHERE "inn_id" IN (%s, %s)')
    assert built.parameters == ("a", "b")


def test_the_nearest_are_compared_on_the_sphere_of_the_extension() -> None:
    built = statement("near", tests=(Condition("place", "near", (ROW["place"], Decimal(5))),))
    assert 'earth_box(ll_to_earth(%s, %s), %s) @> ll_to_earth("place"[1], "place"[0])' in built.sql
    assert built.sql.endswith(
        'ORDER BY ll_to_earth("place"[1], "place"[0]) <-> ll_to_earth(%s, %s) LIMIT 4'
    )
    # 5 km on the earth of the model, 6,371.0088 km, are 5,005.62 m on that of the extension,
    # 6,378.168 km: 5,000 x 6,378.168 / 6,371.0088
    assert built.parameters[:2] == (59.9, 10.7)
    assert built.parameters[2] == pytest.approx(5005.62, abs=0.01)


def test_a_put_that_must_not_replace_has_to_insert_a_row() -> None:
    built = statement("open")
    assert built.sql.endswith("ON CONFLICT DO NOTHING")
    assert built.needs_row
    assert '{"a"}' not in built.parameters
    assert '["a"]' in built.parameters  # a list is kept as JSON
    assert "(10.7,59.9)" in built.parameters  # a point is written with its longitude first


def test_a_put_replaces_what_has_its_key() -> None:
    built = statement("save")
    assert 'ON CONFLICT ("inn_id") DO UPDATE SET' in built.sql
    assert '"inn_id" = EXCLUDED' not in built.sql
    assert not built.needs_row


def test_a_condition_is_part_of_the_update_and_can_be_made_to_fail() -> None:
    built = statement("book", after={**ROW, "beds": 8})
    assert built.sql == (
        'UPDATE "inns" SET "beds" = coalesce("beds", 0) + 1 WHERE "inn_id" = %s AND "stars" = %s'
    )
    assert built.parameters == (ROW["inn_id"], 4)
    assert '"stars" <> %s' in statement("book", after=ROW, must_fail=True).sql


def test_an_update_by_something_unique_is_found_by_it() -> None:
    built = statement("tag", after={**ROW, "tags": ["a", "b"]})
    assert built.sql == (
        'UPDATE "inns" SET "tags" = coalesce("tags", \'[]\') || %s::jsonb WHERE "email" = %s'
    )
    assert built.parameters == ('["b"]', "ana@example.com")


def test_a_delete_names_the_key() -> None:
    assert statement("close").text == (
        'DELETE FROM "inns" WHERE "inn_id" = \'54bfdba7-2f6d-4f34-ab98-d92c26d039cb\''
    )


def test_a_text_with_a_quote_is_pasted_safely() -> None:
    built = statement("by_town", tests=(equal("town", "L'Aquila"),))
    assert "\"town\" = 'L''Aquila'" in built.text


def test_an_entity_without_a_table_is_refused_with_its_name() -> None:
    empty = PostgresDesign(name="none", engine="postgresql")
    call = Call(pattern=FILE.model.pattern("inn"), row=ROW)
    with pytest.raises(UnsupportedError, match="no table of `none` keeps Inn"):
        SqlBuilder(FILE.model, empty).build(call)


def test_what_no_table_keeps_is_said_and_not_sent():
    # the given schema has no column for when a rental came back
    session = session_of("mongocollectibles")
    (request,) = explain(session, "returnRental", "postgresql").requests
    assert request.statement == "-- nothing is sent: no table keeps returned_at"
    assert (request.calls, request.uses) == (0, ())
