from __future__ import annotations

import pytest

from engine_requests import create, get, index, n, pages, put, s
from tablewright.local.database import Database
from tablewright.local.faults import (
    ConditionalCheckFailedException,
    IdempotentParameterMismatchException,
    ResourceNotFoundException,
    SerializationException,
    TransactionCanceledException,
    ValidationException,
)

ENVELOPE = "1 validation error detected: "  # before complaints of single writes, since 2026


@pytest.fixture
def db():
    with Database() as made:
        create(
            made,
            keys="pk:S sk:N",
            others="g:S l:S",
            gsi=[index("gsi", "g", "l", "KEYS_ONLY")],
            lsi=[index("lsi", "pk", "l", "KEYS_ONLY")],
        )
        yield made


def key(sk: float = 1, pk: str = "a") -> dict:
    return {"pk": s(pk), "sk": n(sk)}


def update(db: Database, expression: str, values: dict | None = None, **more) -> dict:
    request = {"TableName": "items", "Key": key(), "UpdateExpression": expression, **more}
    if values:
        request["ExpressionAttributeValues"] = values
    return db.call("UpdateItem", request)


def query(db: Database, condition: str = "pk = :p", values: dict | None = None, **more) -> list:
    request = {
        "TableName": "items",
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values or {":p": s("a")},
        **more,
    }
    return [item for page in pages(db, "Query", request) for item in page]


def test_what_is_put_is_got_back_in_canonical_form(db):
    given = {
        **key(),
        "text": s(""),
        "bytes": {"B": "aGk="},
        "count": n("1.50E1"),
        "yes": {"BOOL": True},
        "nothing": {"NULL": True},
        "list": {"L": [s("x"), {"M": {"y": n("-0")}}]},
        "numbers": {"NS": ["10", "9.0"]},
    }
    put(db, given)
    assert get(db, key()) == {
        **given,
        "count": n(15),
        "list": {"L": [s("x"), {"M": {"y": n(0)}}]},
        "numbers": {"NS": ["9", "10"]},
    }


def test_equal_numbers_are_the_same_key(db):
    put(db, key(1) | {"v": s("first")})
    put(db, key("1.0") | {"v": s("second")})
    assert get(db, key("10E-1"))["v"] == s("second")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (
            {"pk": s("a")},
            "One or more parameter values were invalid: Missing the key sk in the item",
        ),
        (
            {"pk": s("a"), "sk": s("1")},
            "One or more parameter values were invalid: Type mismatch for key sk expected: N "
            "actual: S",
        ),
        (
            {"pk": s(""), "sk": n(1)},
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: pk",
        ),
        (
            {**key(), "g": n(1)},
            "One or more parameter values were invalid: Type mismatch for Index Key g Expected: "
            "S Actual: N IndexName: gsi",
        ),
        (
            {**key(), "x": {}},
            f"{ENVELOPE}Supplied AttributeValue is empty, must contain exactly one of the "
            "supported datatypes",
        ),
        (
            {**key(), "x": {"S": "a", "N": "1"}},
            f"{ENVELOPE}Supplied AttributeValue has more than one datatypes set, must contain "
            "exactly one of the supported datatypes",
        ),
        (
            {**key(), "x": n("x")},
            f"{ENVELOPE}The parameter cannot be converted to a numeric value: x",
        ),
        (
            {**key(), "x": {"SS": []}},
            f"{ENVELOPE}One or more parameter values were invalid: An string set  may not be empty",
        ),
        (
            {**key(), "x": {"NS": ["1", "1.0"]}},
            f"{ENVELOPE}One or more parameter values were invalid: Input collection contains "
            "duplicates.",
        ),
        (
            {"pk": s("p" * 2049), "sk": n(1)},
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum "
            "size limit of2048 bytes",
        ),
        ({**key(), "x": s("x" * 409_600)}, "Item size has exceeded the maximum allowed size"),
    ],
)
def test_items_that_cannot_be_stored_are_refused_and_not_stored(db, item, message):
    with pytest.raises(ValidationException) as caught:
        put(db, item)
    assert caught.value.message == message
    assert db.call("Scan", {"TableName": "items"})["Count"] == 0


def test_nesting_ends_at_32_levels(db):
    def nested(levels: int) -> dict:
        value = s("x")
        for _ in range(levels):
            value = {"L": [value]}
        return value

    put(db, {**key(), "x": nested(31)})
    with pytest.raises(ValidationException, match="Nesting Levels"):
        put(db, {**key(), "x": nested(32)})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"S": 5}, "NUMBER_VALUE cannot be converted to String"),
        ({"S": True}, "TRUE_VALUE cannot be converted to String"),
        ({"B": "x"}, "Base64 encoded length is expected a multiple of 4 bytes but found: 1"),
        ("text", "Unexpected value type in payload"),
    ],
)
def test_values_of_another_json_type_are_serialization_errors(db, value, message):
    with pytest.raises(SerializationException) as caught:
        put(db, {**key(), "x": value})
    assert caught.value.message == message


def test_get_wants_exactly_the_key(db):
    for wrong in ({"pk": s("a")}, {**key(), "x": s("y")}, {"pk": s("a"), "sk": s("1")}):
        with pytest.raises(ValidationException, match="does not match the schema"):
            get(db, wrong)


def test_unknown_table_is_not_found_after_the_request_is_checked(db):
    with pytest.raises(ResourceNotFoundException, match="Requested resource not found"):
        get(db, key(), name="nope")
    with pytest.raises(ValidationException):
        get(db, {"pk": {}}, name="nope")


def test_put_returns_the_old_item_if_asked(db):
    assert put(db, key(), ReturnValues="ALL_OLD") == {}
    assert put(db, key() | {"x": s("y")}, ReturnValues="ALL_OLD") == {"Attributes": key()}
    with pytest.raises(ValidationException, match="ReturnValues can only be ALL_OLD or NONE"):
        put(db, key(), ReturnValues="ALL_NEW")


def test_a_failed_condition_changes_nothing_and_can_return_the_item(db):
    put(db, key() | {"x": s("kept")})
    with pytest.raises(ConditionalCheckFailedException) as caught:
        put(
            db,
            key(),
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert caught.value.extra == {"Item": key() | {"x": s("kept")}}
    assert get(db, key())["x"] == s("kept")


def test_update_creates_changes_and_returns_what_is_asked(db):
    assert update(db, "SET a = :a", {":a": s("x")}, ReturnValues="ALL_NEW") == {
        "Attributes": key() | {"a": s("x")}
    }
    assert update(db, "SET a = :a", {":a": s("y")}, ReturnValues="UPDATED_OLD") == {
        "Attributes": {"a": s("x")}
    }
    assert update(db, "ADD tags :t", {":t": {"SS": ["b", "a"]}}, ReturnValues="UPDATED_NEW") == {
        "Attributes": {"tags": {"SS": ["a", "b"]}}
    }
    assert update(db, "REMOVE tags", ReturnValues="UPDATED_NEW") == {}
    assert db.call("UpdateItem", {"TableName": "items", "Key": key(7)}) == {}
    assert get(db, key(7)) == key(7)


def test_update_may_not_touch_the_key(db):
    with pytest.raises(ValidationException) as caught:
        update(db, "SET sk = :x", {":x": n(2)})
    assert caught.value.message == (
        "One or more parameter values were invalid: Cannot update attribute sk. "
        "This attribute is part of the key"
    )


def test_update_may_not_spoil_an_index_key_or_the_size(db):
    with pytest.raises(ValidationException, match="Type mismatch for Index Key g"):
        update(db, "SET g = :x", {":x": n(2)})
    with pytest.raises(ValidationException, match="Item size to update has exceeded"):
        update(db, "SET x = :x", {":x": s("x" * 409_600)})
    assert get(db, key()) is None


def test_delete_returns_the_old_item(db):
    put(db, key() | {"x": s("y")})
    request = {"TableName": "items", "Key": key(), "ReturnValues": "ALL_OLD"}
    assert db.call("DeleteItem", request) == {"Attributes": key() | {"x": s("y")}}
    assert db.call("DeleteItem", request) == {}


def test_query_orders_numbers_and_takes_ranges(db):
    for sk in (10, 9, -1, 0.5, 100):
        put(db, key(sk))
    put(db, key(1, "b"))
    order = [item["sk"]["N"] for item in query(db)]
    assert order == ["-1", "0.5", "9", "10", "100"]
    assert [i["sk"]["N"] for i in query(db, ScanIndexForward=False)] == order[::-1]
    for condition, expected in (
        ("sk > :v", ["10", "100"]),
        ("sk >= :v", ["9", "10", "100"]),
        ("sk < :v", ["-1", "0.5"]),
        ("sk <= :v", ["-1", "0.5", "9"]),
        ("sk = :v", ["9"]),
        ("sk BETWEEN :v AND :w", ["9", "10"]),
    ):
        values = {":p": s("a"), ":v": n(9)} | ({":w": n(10)} if "w" in condition else {})
        found = query(db, f"pk = :p AND {condition}", values)
        assert [item["sk"]["N"] for item in found] == expected, condition


def test_begins_with_on_an_index_sort_key(db):
    for i, text in enumerate(("a", "ab", "abc", "b")):
        put(db, key(i) | {"g": s("x"), "l": s(text)})
    values = {":g": s("x"), ":l": s("ab")}
    found = query(db, "g = :g AND begins_with(l, :l)", values, IndexName="gsi")
    assert [item["l"]["S"] for item in found] == ["ab", "abc"]


def test_limit_gives_a_last_key_even_at_the_end(db):
    put(db, key(1))
    request = {"TableName": "items", "Limit": 1}
    first = db.call("Scan", request)
    assert first["LastEvaluatedKey"] == key(1)
    second = db.call("Scan", {**request, "ExclusiveStartKey": first["LastEvaluatedKey"]})
    assert (second["Count"], "LastEvaluatedKey" in second) == (0, False)


def test_a_page_ends_at_one_megabyte_before_the_filter(db):
    for sk in range(5):
        put(db, key(sk) | {"x": s("x" * 300_000)})
    request = {
        "TableName": "items",
        "FilterExpression": "y = :y",
        "ExpressionAttributeValues": {":y": s("no")},
    }
    reply = db.call("Scan", request)
    # 300,012 bytes each: the fourth item passes 1,048,576
    assert (reply["Count"], reply["ScannedCount"]) == (0, 4)
    assert "LastEvaluatedKey" in reply


def test_a_global_index_returns_only_what_it_projects(db):
    put(db, key() | {"g": s("x"), "l": s("y"), "z": s("z")})
    values = {":g": s("x")}
    assert query(db, "g = :g", values, IndexName="gsi") == [key() | {"g": s("x"), "l": s("y")}]
    with pytest.raises(ValidationException, match=r"gsi does not project \[z\]"):
        query(db, "g = :g", values, IndexName="gsi", ProjectionExpression="z")
    with pytest.raises(ValidationException, match="ALL_ATTRIBUTES is not supported"):
        query(db, "g = :g", values, IndexName="gsi", Select="ALL_ATTRIBUTES")
    with pytest.raises(ValidationException, match="Consistent reads are not supported"):
        query(db, "g = :g", values, IndexName="gsi", ConsistentRead=True)


def test_a_local_index_fetches_what_it_does_not_project(db):
    item = key() | {"l": s("y"), "z": s("z")}
    put(db, item)
    assert query(db, IndexName="lsi", Select="ALL_ATTRIBUTES") == [item]
    assert query(db, IndexName="lsi", ProjectionExpression="z") == [{"z": s("z")}]


def test_a_query_filter_may_not_use_the_key(db):
    with pytest.raises(ValidationException) as caught:
        query(db, values={":p": s("a"), ":v": n(1)}, FilterExpression="sk = :v")
    assert caught.value.message == (
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"
    )


def test_a_start_key_outside_the_query_is_refused(db):
    with pytest.raises(ValidationException, match="outside query boundaries"):
        query(db, ExclusiveStartKey=key(1, "b"))
    values = {":p": s("a"), ":v": n(5)}
    with pytest.raises(ValidationException, match="does not match the range key predicate"):
        query(db, "pk = :p AND sk > :v", values, ExclusiveStartKey=key(1))


def test_multi_attribute_keys_select_and_order(db):
    create(
        db,
        "games",
        keys="id:S",
        others="a:S b:N c:S d:N",
        gsi=[index("gsi", ["a", "b"], ["c", "d"])],
    )
    for i, (c, d) in enumerate((("x", 2), ("x", 10), ("w", 99), ("y", 1))):
        put(db, {"id": s(str(i)), "a": s("A"), "b": n(1), "c": s(c), "d": n(d)}, "games")
    put(db, {"id": s("other b"), "a": s("A"), "b": n(2), "c": s("x"), "d": n(1)}, "games")
    put(db, {"id": s("no d"), "a": s("A"), "b": n(1), "c": s("x")}, "games")
    request = {"TableName": "games", "IndexName": "gsi"}
    values = {":a": s("A"), ":b": n(1)}

    def found(condition: str, **more) -> list[str]:
        asked = {
            **request,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {**values, **more},
        }
        return [item["id"]["S"] for page in pages(db, "Query", asked) for item in page]

    assert found("a = :a AND b = :b") == ["2", "0", "1", "3"]
    assert found("a = :a AND b = :b AND c = :c", **{":c": s("x")}) == ["0", "1"]
    more = {":c": s("x"), ":d": n(5)}
    assert found("a = :a AND b = :b AND c = :c AND d > :d", **more) == ["1"]


def test_segments_share_the_table_without_overlap(db):
    for i in range(200):
        put(db, key(1, f"p{i}"))
    seen = []
    for segment in range(7):
        request = {"TableName": "items", "Segment": segment, "TotalSegments": 7, "Limit": 9}
        seen += [item["pk"]["S"] for page in pages(db, "Scan", request) for item in page]
    assert sorted(seen) == sorted(f"p{i}" for i in range(200))


def test_batches_write_and_read_several_tables(db):
    create(db, "more")
    writes = {
        "items": [{"PutRequest": {"Item": key(i)}} for i in range(3)],
        "more": [{"PutRequest": {"Item": {"pk": s("m")}}}],
    }
    assert db.call("BatchWriteItem", {"RequestItems": writes}) == {"UnprocessedItems": {}}
    asked = {
        "items": {"Keys": [key(0), key(9)], "ProjectionExpression": "sk"},
        "more": {"Keys": [{"pk": s("m")}]},
    }
    reply = db.call("BatchGetItem", {"RequestItems": asked})
    assert reply["Responses"] == {"items": [{"sk": n(0)}], "more": [{"pk": s("m")}]}


def test_a_batch_reply_ends_at_16_megabytes_and_says_what_is_left(db):
    for sk in range(45):  # 45 x 400,012 bytes; 41 of them fit below 16 MB
        put(db, key(sk) | {"x": s("x" * 400_000)})
    asked = {"items": {"Keys": [key(sk) for sk in range(45)]}}
    reply = db.call("BatchGetItem", {"RequestItems": asked})
    assert len(reply["Responses"]["items"]) == 41
    assert reply["UnprocessedKeys"]["items"]["Keys"] == [key(sk) for sk in range(41, 45)]


def test_batches_refuse_duplicates_and_too_many(db):
    twice = {"items": [{"PutRequest": {"Item": key()}}, {"DeleteRequest": {"Key": key()}}]}
    with pytest.raises(ValidationException, match="contains duplicates"):
        db.call("BatchWriteItem", {"RequestItems": twice})
    create(db, "more")
    many = {
        name: [{"DeleteRequest": {"Key": make(i)}} for i in range(13)]
        for name, make in (("items", key), ("more", lambda i: {"pk": s(str(i))}))
    }
    with pytest.raises(ValidationException, match="Too many items requested"):
        db.call("BatchWriteItem", {"RequestItems": many})


def actions(*given: tuple[str, dict]) -> dict:
    return {"TransactItems": [{kind: {"TableName": "items", **rest}} for kind, rest in given]}


def test_a_transaction_does_all_or_nothing(db):
    put(db, key(1) | {"stock": n(1)})
    take = {
        "Key": key(1),
        "UpdateExpression": "SET stock = stock - :one",
        "ConditionExpression": "stock >= :one",
        "ExpressionAttributeValues": {":one": n(1)},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    order = {"Item": key(2), "ConditionExpression": "attribute_not_exists(pk)"}
    db.call("TransactWriteItems", actions(("Update", take), ("Put", order)))
    assert get(db, key(1))["stock"] == n(0)
    with pytest.raises(TransactionCanceledException) as caught:
        db.call("TransactWriteItems", actions(("Put", {"Item": key(3)}), ("Update", take)))
    assert caught.value.message == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons "
        "[None, ConditionalCheckFailed]"
    )
    assert caught.value.extra["CancellationReasons"] == [
        {"Code": "None"},
        {
            "Code": "ConditionalCheckFailed",
            "Message": "The conditional request failed",
            "Item": key(1) | {"stock": n(0)},
        },
    ]
    assert get(db, key(3)) is None


def test_a_transaction_may_not_touch_an_item_twice(db):
    twice = actions(("Put", {"Item": key()}), ("Delete", {"Key": key()}))
    with pytest.raises(ValidationException, match="multiple operations on one item"):
        db.call("TransactWriteItems", twice)


def test_a_token_makes_a_transaction_happen_once_even_across_a_restart(tmp_path):
    now = [1_800_000_000.0]
    add = actions(
        (
            "Update",
            {
                "Key": {"pk": s("a")},
                "UpdateExpression": "ADD hits :one",
                "ExpressionAttributeValues": {":one": n(1)},
            },
        )
    )
    request = {**add, "ClientRequestToken": "t"}
    with Database(tmp_path / "a.db", clock=lambda: now[0]) as db:
        create(db)
        db.call("TransactWriteItems", request)
        db.call("TransactWriteItems", request)
    with Database(tmp_path / "a.db", clock=lambda: now[0]) as db:
        db.call("TransactWriteItems", request)
        assert get(db, {"pk": s("a")})["hits"] == n(1)
        changed = actions(("Delete", {"Key": {"pk": s("a")}}))
        with pytest.raises(IdempotentParameterMismatchException):
            db.call("TransactWriteItems", {**changed, "ClientRequestToken": "t"})
        now[0] += 601
        db.call("TransactWriteItems", request)
        assert get(db, {"pk": s("a")})["hits"] == n(2)


def test_transactional_reads_come_in_order_with_gaps(db):
    put(db, key(1))
    gets = [{"Get": {"TableName": "items", "Key": key(sk)}} for sk in (2, 1)]
    reply = db.call("TransactGetItems", {"TransactItems": gets})
    assert reply["Responses"] == [{}, {"Item": key(1)}]


def test_item_collection_metrics_come_with_local_indexes(db):
    reply = put(db, key(), ReturnItemCollectionMetrics="SIZE")
    assert reply["ItemCollectionMetrics"] == {
        "ItemCollectionKey": {"pk": s("a")},
        "SizeEstimateRangeGB": [0.0, 1.0],
    }


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"ExpressionAttributeNames": {"#a": "a"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"ExpressionAttributeValues": {":a": n(1)}},
            "ExpressionAttributeValues can only be specified when using expressions",
        ),
        (
            {"ConditionExpression": "a = :a", "ExpressionAttributeValues": {"a": n(1)}},
            'ExpressionAttributeValues contains invalid key: Syntax error; key: "a"',
        ),
        (
            {"ConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {}}},
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ),
        (
            {"ConditionExpression": "attribute_exists(a)", "Expected": {"a": {"Exists": False}}},
            "Can not use both expression and non-expression parameters in the same request: "
            "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}",
        ),
        (
            {
                "ConditionExpression": "attribute_exists(a)",
                "ExpressionAttributeNames": {"#b": "b"},
            },
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}",
        ),
    ],
)
def test_expression_parameters_have_to_fit_together(db, more, message):
    with pytest.raises(ValidationException) as caught:
        put(db, key(), **more)
    assert caught.value.message == ENVELOPE + message
