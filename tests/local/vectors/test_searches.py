"""SearchVectors: what it returns, in what order, what it costs, and what it refuses."""

from __future__ import annotations

import json

import pytest

from local_vectors import TABLE, create, keys_and_scores, put, schema, search, vec, vector_index
from tablewright.local.database import Database
from tablewright.local.faults import (
    Fault,
    ResourceNotFoundException,
    SerializationException,
    ValidationException,
)

KEYS_ONLY = {"ProjectionType": "KEYS_ONLY"}


@pytest.fixture
def db():
    with Database() as database:
        create(
            database,
            vector_index(),
            vector_index("schema", SearchSchema=schema("tenant", "color", "fit")),
            vector_index(
                "near", DistanceFunction="EUCLIDEAN", Projection={"ProjectionType": "KEYS_ONLY"}
            ),
            vector_index(
                "dots",
                DistanceFunction="DOT_PRODUCT",
                Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["color"]},
            ),
        )
        put(database, "a", 1, 0, 0, tenant="t1", color="red", fit="s")
        put(database, "b", 0.6, 0.8, 0, tenant="t1", color="blue", fit="s")
        put(database, "c", 0, 1, 0, tenant="t1", color="red")
        put(database, "d", -1, 0, 0, tenant="t2", color="red")
        put(database, "e", 2, 0, 0, tenant="t2")
        yield database


def where(text: str, **values: str) -> dict:
    return {
        "SearchConditionExpression": text,
        "ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in values.items()},
    }


def red_of(tenant: str, color: str = "red") -> dict:
    return where("tenant = :t AND color = :c", t=tenant, c=color)


def refusal(db: Database, *components, **more) -> str:
    with pytest.raises(ValidationException) as caught:
        search(db, *(components or (1, 0, 0)), **more)
    return caught.value.message


def test_the_nearest_come_first_and_equal_scores_in_the_order_of_keys(db):
    assert keys_and_scores(search(db, 1, 0, 0)) == [
        ("a", 0.0),
        ("e", 0.0),
        ("b", 0.3999999761581421),
        ("c", 1.0),
        ("d", 2.0),
    ]
    # distances from (1, 0, 0): a 0, b sqrt(0.16 + 0.64), e 1, c sqrt(2), d 2
    assert [key for key, _ in keys_and_scores(search(db, 1, 0, 0, index="near"))] == [
        "a",
        "b",
        "e",
        "c",
        "d",
    ]
    # products: e 2, a 1, b 0.6, c 0, d -1
    assert [key for key, _ in keys_and_scores(search(db, 1, 0, 0, index="dots"))] == [
        "e",
        "a",
        "b",
        "c",
        "d",
    ]


def test_no_more_than_top_k_come_back(db):
    assert [key for key, _ in keys_and_scores(search(db, 1, 0, 0, k=2))] == ["a", "e"]


def test_a_search_stays_in_one_partition_and_inside_the_filters(db):
    reply = search(db, 1, 0, 0, index="schema", **where("tenant = :t", t="t1"))
    assert [key for key, _ in keys_and_scores(reply)] == ["a", "b", "c"]
    red = search(db, 1, 0, 0, index="schema", **red_of("t1"))
    assert [key for key, _ in keys_and_scores(red)] == ["a", "c"]
    both = where("tenant = :t AND color = :c AND fit = :s", t="t1", c="red", s="s")
    assert keys_and_scores(search(db, 1, 0, 0, index="schema", **both)) == [("a", 0.0)]
    for nothing in (
        where("tenant = :t", t="t3"),
        red_of("t2", "no"),
    ):
        assert keys_and_scores(search(db, 1, 0, 0, index="schema", **nothing)) == []


def test_a_filter_follows_changes_of_the_item(db):
    search(db, 1, 0, 0, index="schema", **where("tenant = :t", t="t1"))
    put(db, "a", 1, 0, 0, tenant="t2", color="red")
    put(db, "c", 0, 1, 0, tenant="t1", color="blue")
    red = search(db, 1, 0, 0, index="schema", **red_of("t1"))
    assert keys_and_scores(red) == []
    two = search(db, 1, 0, 0, index="schema", **red_of("t2"))
    assert [key for key, _ in keys_and_scores(two)] == ["a", "d"]


def test_results_hold_what_is_projected_without_the_vector(db):
    def first(index: str, **more):
        return search(db, 1, 0.1, 0, k=1, index=index, **more)["SearchResults"][0]["Item"]

    a = {"pk": {"S": "a"}, "tenant": {"S": "t1"}, "color": {"S": "red"}, "fit": {"S": "s"}}
    assert first("plain") == a
    assert first("near") == {"pk": {"S": "a"}}
    assert first("dots") == {"pk": {"S": "e"}}  # the item has no color
    assert first("near", ProjectionExpression="color, pk") == {"pk": {"S": "a"}}


def test_a_vector_that_is_asked_for_is_the_stored_copy_in_single_precision(db):
    put(db, "f", "0.1", 16777217, "1.000000059604644775390625")
    reply = search(db, 0, 1, 0, k=10, index="near", ProjectionExpression="embedding, pk")
    items = {
        result["Item"]["pk"]["S"]: result["Item"]["embedding"] for result in reply["SearchResults"]
    }
    assert items["f"] == {"L": [{"N": "0.1"}, {"N": "16777216.0"}, {"N": "1.0"}]}
    assert items["a"] == {"L": [{"N": "1.0"}, {"N": "0.0"}, {"N": "0.0"}]}


def test_a_search_is_metered_in_bytes_alike_under_total_and_indexes(db):
    total = search(db, 1, 0, 0, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]
    indexes = search(db, 1, 0, 0, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
    assert total == indexes == {"VectorSearchRequestBytes": 1024.0, "VectorSearchUnits": 1024.0}
    assert "ConsumedCapacity" not in search(db, 1, 0, 0, ReturnConsumedCapacity="NONE")


def test_search_bytes_grow_with_dimensions_and_results():
    with Database() as db:
        create(db, vector_index(Dimensions=1024, Projection={"ProjectionType": "KEYS_ONLY"}))
        for number in range(10):
            put(db, f"k{number}", *[number] * 1024)
        reply = search(db, *[1] * 1024, k=4, ReturnConsumedCapacity="TOTAL")
        # ten vectors: factor 7.7; 7.7 * 4 * 1024 + 4 * (65 + "pk" 2 + "k0" 2) = 31,539.2 + 276
        assert reply["ConsumedCapacity"]["VectorSearchRequestBytes"] == 31_816


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"k": 101},
            "Provided TopK value '101' is out of valid range. The value must be between 1 and 100 "
            "inclusive",
        ),
        (
            {"index": "schema"},
            "SearchConditionExpression must be provided when SearchSchema has a HASH key",
        ),
        (
            {"index": "schema", **where("color = :c", c="red")},
            "SearchConditionExpression must have all HASH attributes in configured SearchSchema",
        ),
        (
            {"index": "schema", **where("tenant < :t", t="t9")},
            "Invalid SearchConditionExpression: Invalid comparator used in "
            "SearchConditionExpression",
        ),
        (
            {"index": "schema", **where("tenant = :t AND color <> :c", t="t1", c="c9")},
            "Invalid SearchConditionExpression: Invalid comparator used in "
            "SearchConditionExpression",
        ),
        (
            {"index": "schema", **where("tenant = :t OR color = :c", t="t1", c="c9")},
            "Invalid SearchConditionExpression: Invalid operator used in SearchConditionExpression",
        ),
        (
            where("tenant = :t", t="t1"),
            "SearchConditionExpression must not contain any attributes that is not in "
            "SearchSchema. Invalid attribute: tenant",
        ),
        ({"index": "other"}, "The table does not have the specified index: other"),
        (
            {"SearchVector": [{"L": vec(1, 0, 0)}]},
            "Search vector contains invalid values. All values in the search vector must be a "
            "32-bit floating-point number attribute",
        ),
        (
            {"SearchVector": vec(1, 0, "1e39")},
            "Search vector contains invalid values. All values in the search vector must be a "
            "32-bit floating-point number attribute",
        ),
        (
            {"SearchVector": vec(1, 0)},
            "Input search vector dimension 2 does not match vector index dimension 3",
        ),
        (
            {"k": 0},
            "1 validation error detected: Value at 'TopK' failed to satisfy constraint: Member "
            "must have value greater than or equal to 1",
        ),
    ],
)
def test_a_search_is_refused_in_the_words_of_the_service(db, more, message):
    assert refusal(db, **more) == message


def test_limits_are_checked_before_the_table_is_looked_up(db):
    assert "'TopK'" in refusal(db, k=0, TableName="missing")
    with pytest.raises(ResourceNotFoundException):
        search(db, 1, 0, 0, TableName="missing")


def test_unused_values_and_unknown_placeholders_are_refused(db):
    more = where("tenant = :t", t="t1", x="unused")
    assert "unused in expressions" in refusal(db, index="schema", **more)
    more = {"SearchConditionExpression": "tenant = :t"}
    assert ":t" in refusal(db, index="schema", **more)


# The search endpoint has its own deserialiser, which names the column where it stopped.
@pytest.mark.parametrize(
    ("change", "message"),
    [
        # {"TableName": null ends in column 18
        ('"TableName": null', "invalid type: null, expected a string at line 1 column 18"),
        ('"TableName": 5', "invalid type: integer `5`, expected a string at line 1 column 15"),
        # the list begins after 14 characters
        ('"TableName": []', "invalid type: sequence, expected a string at line 1 column 14"),
    ],
)
def test_a_member_of_the_wrong_type_is_refused_with_its_column(db, change, message):
    body = f'{{{change}, "IndexName": "plain", "SearchVector": [], "TopK": 1}}'
    with pytest.raises(SerializationException) as caught:
        db.call_raw("SearchVectors", body.encode())
    assert caught.value.message == message


def test_a_missing_member_is_refused_with_the_end_of_the_body(db):
    body = b'{"IndexName": "plain"}'
    with pytest.raises(SerializationException) as caught:
        db.call_raw("SearchVectors", body)
    assert caught.value.message == f"missing field `TableName` at line 1 column {len(body)}"


@pytest.mark.parametrize("value", [None, 1, "text", [], {}, [None], [{"N": 1}], [{}], True, 1.5])
@pytest.mark.parametrize(
    "member",
    [
        "TableName",
        "IndexName",
        "SearchVector",
        "TopK",
        "SearchConditionExpression",
        "ProjectionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "ReturnConsumedCapacity",
    ],
)
def test_no_value_of_any_member_breaks_the_engine(db, member, value):
    request = {"TableName": TABLE, "IndexName": "plain", "SearchVector": vec(1, 0, 0), "TopK": 1}
    body = json.dumps(request | {member: value}).encode()
    status = 200
    try:
        db.call_raw("SearchVectors", body)
    except Fault as fault:
        status = fault.status
    assert status in (200, 400)
