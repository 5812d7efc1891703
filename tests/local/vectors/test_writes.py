"""Writes to tables with vector indexes: what is refused, what is indexed, what is charged."""

from __future__ import annotations

import pytest

from local_vectors import (
    TABLE,
    create,
    described,
    keys_and_scores,
    put,
    schema,
    search,
    update,
    vec,
    vector_index,
    written,
)
from tablewright.local.bill import RunningBill
from tablewright.local.database import Database
from tablewright.local.faults import Fault, TransactionCanceledException

KEYS_ONLY = {"ProjectionType": "KEYS_ONLY"}
BIG = [0.5] * 1024


@pytest.fixture
def db():
    with Database() as database:
        yield database


def refusal(call, *arguments, **more) -> str:
    with pytest.raises(Fault) as caught:
        call(*arguments, **more)
    return caught.value.message


def put_value(db: Database, value: dict, **attributes: dict):
    item = {"pk": {"S": "x"}, "embedding": value, **attributes}
    return db.call("PutItem", {"TableName": TABLE, "Item": item})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"L": vec(1, 2)},
            "Invalid size for parameter embedding, Expected: 3, Actual: 2 IndexName: plain",
        ),
        (
            {"L": [{"N": "1"}, {"S": "2"}, {"N": "3"}]},
            "Invalid type for parameter embedding[1], Expected: 32-bit floating point number, "
            "Actual: S. IndexName: plain",
        ),
        (
            {"N": "1"},
            "Invalid type for parameter embedding, Expected: 32-bit floating point number list "
            "IndexName: plain",
        ),
    ],
)
def test_a_vector_that_does_not_fit_is_refused_and_nothing_is_written(db, value, message):
    create(db, vector_index())
    expected = f"One or more parameter values were invalid. {message}"
    assert refusal(put_value, db, value) == expected
    assert described(db)["ItemCount"] == 0


def test_a_component_beyond_single_precision_is_refused(db):
    create(db, vector_index())
    assert "embedding[2]" in refusal(put_value, db, {"L": vec(1, 2, "1e39")})


def test_an_update_and_a_transaction_cannot_bring_in_a_wrong_vector_either(db):
    create(db, vector_index())
    put(db, "x", 1, 0, 0)
    change = {
        "TableName": TABLE,
        "Key": {"pk": {"S": "x"}},
        "UpdateExpression": "SET embedding[1] = :v",
        "ExpressionAttributeValues": {":v": {"S": "no"}},
    }
    assert "embedding[1]" in refusal(db.call, "UpdateItem", change)
    with pytest.raises(TransactionCanceledException):
        db.call("TransactWriteItems", {"TransactItems": [{"Update": change}]})
    assert keys_and_scores(search(db, 1, 0, 0)) == [("x", 0.0)]


def test_an_empty_partition_key_of_the_index_is_refused(db):
    create(db, vector_index("schema", SearchSchema=schema("tenant")))
    assert refusal(put, db, "x", 1, 0, 0, tenant="") == (
        "One or more parameter values are not valid. A value specified for a secondary index key "
        "is not supported. The AttributeValue for a key attribute cannot contain an empty string "
        "value. IndexName: schema, IndexKey: tenant"
    )
    number = {"pk": {"S": "x"}, "tenant": {"N": "1"}}
    assert "tenant" in refusal(db.call, "PutItem", {"TableName": TABLE, "Item": number})


def test_an_item_without_the_partition_key_is_stored_but_not_in_the_index(db):
    create(db, vector_index(SearchSchema=schema("tenant")))
    assert written(put(db, "x", 1, 0, 0)) == {}
    assert (described(db)["ItemCount"], described(db)["VectorIndexes"][0]["ItemCount"]) == (1, 0)


def test_a_removed_vector_and_a_deleted_item_leave_the_index(db):
    create(db, vector_index())
    for name in "abc":
        put(db, name, 1, 0, 0)
    assert len(search(db, 1, 0, 0)["SearchResults"]) == 3
    key = {"TableName": TABLE, "Key": {"pk": {"S": "a"}}}
    db.call("UpdateItem", key | {"UpdateExpression": "REMOVE embedding"})
    db.call("DeleteItem", {"TableName": TABLE, "Key": {"pk": {"S": "b"}}})
    assert keys_and_scores(search(db, 1, 0, 0)) == [("c", 0.0)]


def test_a_write_that_fails_leaves_the_vectors_as_they_were(db):
    create(db, vector_index())
    put(db, "x", 1, 0, 0)
    search(db, 1, 0, 0)

    def put_and_fail() -> None:
        with db.engine.store.writing:
            put(db, "y", 0, 1, 0)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        put_and_fail()
    assert keys_and_scores(search(db, 0, 1, 0)) == [("x", 1.0)]


# Measured on AWS: the examples of the write formula (key pk, tenant "t1", emb of 1,024 dimensions).
def emb(name: str, projection: dict) -> dict:
    return vector_index(
        name,
        VectorAttribute={"AttributeName": "emb"},
        Dimensions=1024,
        Projection=projection,
        SearchSchema=schema("tenant"),
    )


def put_emb(db: Database, pk: str, tenant: str, **attributes: dict):
    item = {"pk": {"S": pk}, "tenant": {"S": tenant}, "emb": {"L": vec(*BIG)}, **attributes}
    request = {"TableName": TABLE, "Item": item, "ReturnConsumedCapacity": "INDEXES"}
    return db.call("PutItem", request)


def test_write_bytes_are_those_measured_on_aws(db):
    create(db, emb("all", {"ProjectionType": "ALL"}), emb("keys", KEYS_ONLY))
    # 4 * 1024 + "emb" 3 + "pk" 2 + "b1" 2 + "tenant" 6 + "t1" 2 = 4111
    assert written(put_emb(db, "b1", "t1")) == {"all": 4111.0, "keys": 4111.0}
    # and "blob" 4 + 2,000
    blob = {"blob": {"S": "x" * 2000}}
    assert written(put_emb(db, "b1", "t1", **blob)) == {"all": 6115.0}
    assert written(put_emb(db, "b1", "t1", **blob)) == {}
    # deleted: "del1" is two bytes longer than "b1"
    put_emb(db, "del1", "t1")
    gone = db.call(
        "DeleteItem",
        {
            "TableName": TABLE,
            "Key": {"pk": {"S": "del1"}},
            "ReturnConsumedCapacity": "INDEXES",
        },
    )
    assert written(gone) == {"all": 4113.0, "keys": 4113.0}
    # another partition key of the index: "mv1" 3 is 4,112, removed and added
    put_emb(db, "mv1", "t1")
    assert written(put_emb(db, "mv1", "t2")) == {"all": 8224.0, "keys": 8224.0}


def test_a_small_entry_is_charged_the_floor_and_total_shows_no_vectors(db):
    create(db, vector_index())
    assert written(put(db, "x", 1, 0, 0)) == {"plain": 1024.0}
    item = {"pk": {"S": "y"}, "embedding": {"L": vec(1, 0, 0)}}
    total = db.call(
        "PutItem", {"TableName": TABLE, "Item": item, "ReturnConsumedCapacity": "TOTAL"}
    )
    assert total["ConsumedCapacity"] == {"TableName": TABLE, "CapacityUnits": 1.0}


def test_a_change_that_the_index_cannot_see_is_free(db):
    create(db, vector_index(Projection=KEYS_ONLY))
    put(db, "x", 1, 0, 0, note="before")
    assert written(put(db, "x", 1, 0, 0, note="after")) == {}
    # 1.00000001 and 1 are the same 32-bit float
    assert written(put(db, "x", "1.00000001", 0, 0, note="after")) == {}
    assert written(put(db, "x", 1, 1, 0, note="after")) == {"plain": 1024.0}


def test_the_base_item_is_written_at_four_bytes_a_dimension_and_read_at_its_digits(db):
    create(db, emb("keys", KEYS_ONLY))
    wide = "1234567890123456789012345678901234567"  # 37 digits: 1 + 19 bytes stored
    item = {"pk": {"S": "b1"}, "tenant": {"S": "t1"}, "emb": {"L": vec(*[wide] * 1024)}}
    reply = db.call(
        "PutItem", {"TableName": TABLE, "Item": item, "ReturnConsumedCapacity": "INDEXES"}
    )
    # 4,111 bytes of write: 5 units; stored 12 + 3 + 3 + 1,024 * (1 + 20) = 21,522: 6 reads of 4 KB
    assert reply["ConsumedCapacity"]["Table"]["CapacityUnits"] == 5.0
    assert described(db)["TableSizeBytes"] == 4111
    read = db.call(
        "GetItem",
        {
            "TableName": TABLE,
            "Key": {"pk": {"S": "b1"}},
            "ConsistentRead": True,
            "ReturnConsumedCapacity": "TOTAL",
        },
    )
    assert read["ConsumedCapacity"]["CapacityUnits"] == 6.0


def test_transactions_charge_the_table_twice_and_the_vectors_once(db):
    create(db, vector_index())
    item = {"pk": {"S": "x"}, "embedding": {"L": vec(1, 0, 0)}}
    reply = db.call(
        "TransactWriteItems",
        {
            "TransactItems": [{"Put": {"TableName": TABLE, "Item": item}}],
            "ReturnConsumedCapacity": "INDEXES",
        },
    )
    (consumed,) = reply["ConsumedCapacity"]
    assert consumed["Table"]["CapacityUnits"] == 2.0
    assert consumed["VectorIndexes"] == {"plain": {"VectorWriteRequestBytes": 1024.0}}


def test_the_running_bill_counts_vector_bytes_by_index(db):
    bill = RunningBill()
    db.on_metered = bill.add
    create(db, vector_index())
    put(db, "x", 1, 0, 0)
    put(db, "y", 0, 1, 0)
    search(db, 1, 0, 0)
    rows = {
        (line.index, line.operation): (line.vector_write_bytes, line.vector_search_bytes)
        for line in bill.lines()
        if line.index
    }
    assert rows == {("plain", "PutItem"): (2048, 0), ("plain", "SearchVectors"): (0, 1024)}
    assert bill.as_json()["total"]["vector_write_bytes"] == "2048"


def test_expired_and_imported_items_move_in_and_out_of_the_index(db):
    create(db, vector_index())
    update(db, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    db.call(
        "BatchWriteItem",
        {
            "RequestItems": {
                TABLE: [
                    {"PutRequest": {"Item": {"pk": {"S": "x"}, "embedding": {"L": vec(1, 0, 0)}}}}
                ]
            }
        },
    )
    assert keys_and_scores(search(db, 1, 0, 0)) == [("x", 0.0)]
    statement = f"DELETE FROM \"{TABLE}\" WHERE pk = 'x'"
    db.call("ExecuteStatement", {"Statement": statement})
    assert keys_and_scores(search(db, 1, 0, 0)) == []
