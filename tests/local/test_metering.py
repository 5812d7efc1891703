"""Units of every operation. Sizes: an item {"pk": "a", "fill": "x"*n} has 2+1+3+n = n+6 bytes."""

from __future__ import annotations

import pytest

from engine_requests import arms, create, index, n, put, s
from tablewright.local.database import Database
from tablewright.local.faults import ConditionalCheckFailedException, TransactionCanceledException

INDEXES = {"ReturnConsumedCapacity": "INDEXES"}


@pytest.fixture
def db():
    with Database() as made:
        create(
            made,
            keys="pk:S sk:N",
            others="gpk:S lsk:S",
            gsi=[index("gsi", "gpk", projection=["proj"])],
            lsi=[index("lsi", "pk", "lsk", projection=["proj"])],
        )
        yield made


def item(sk: int = 1, **attributes: str) -> dict:
    return {"pk": s("a"), "sk": n(sk), **{name: s(text) for name, text in attributes.items()}}


def key(sk: int = 1) -> dict:
    return {"pk": s("a"), "sk": n(sk)}


def update(db: Database, expression: str, sk: int = 1, **values: str) -> dict[str, float]:
    request = {"TableName": "items", "Key": key(sk), "UpdateExpression": expression, **INDEXES}
    if values:
        request["ExpressionAttributeValues"] = {f":{k}": s(v) for k, v in values.items()}
    return arms(db.call("UpdateItem", request))


def test_sparse_index_charges_nothing_for_items_without_the_key(db):
    assert arms(put(db, item(rest="o"), **INDEXES)) == {"table": 1}


def test_joining_an_index_charges_the_projected_entry(db):
    # table: 3 KB of "rest"; entry: keys and proj only, far below 1 KB
    assert arms(put(db, item(gpk="g", proj="p", rest="x" * 3000), **INDEXES)) == {
        "table": 3,
        "gsi": 1,
    }


def test_leaving_an_index_charges_the_old_entry(db):
    put(db, item(gpk="g", proj="x" * 3000))
    assert update(db, "REMOVE gpk") == {"table": 3, "gsi": 3}


def test_identical_overwrite_charges_only_the_table(db):
    put(db, item(gpk="g", proj="p"))
    assert arms(put(db, item(gpk="g", proj="p"), **INDEXES)) == {"table": 1}


def test_other_order_of_a_set_is_no_change(db):
    one = {**item(gpk="g"), "proj": {"SS": ["x", "y"]}}
    put(db, one)
    one["proj"] = {"SS": ["y", "x"]}
    assert arms(put(db, one, **INDEXES)) == {"table": 1}


def test_change_outside_the_projection_is_free_on_the_index(db):
    put(db, item(gpk="g", lsk="l", rest="o"))
    assert update(db, "SET rest = :v", v="changed") == {"table": 1}


def test_change_in_place_charges_the_larger_entry(db):
    put(db, item(gpk="g", proj="x" * 3000))
    assert update(db, "SET proj = :v", v="p") == {"table": 3, "gsi": 3}


def test_key_move_charges_both_entries_each_rounded(db):
    put(db, item(gpk="g", proj="x" * 1500))
    # entry about 1,520 bytes on both sides: 2 + 2; the sum would round to 3
    assert update(db, "SET gpk = :v", v="h") == {"table": 2, "gsi": 4}


def test_local_index_follows_the_same_rules(db):
    put(db, item(lsk="l", proj="x" * 3000))
    request = {"TableName": "items", "Key": key(), **INDEXES}
    assert arms(db.call("DeleteItem", request)) == {"table": 3, "lsi": 3}


def test_put_charges_the_larger_of_old_and_new(db):
    put(db, item(rest="x" * 5000))
    assert arms(put(db, item(), **INDEXES)) == {"table": 5}


def test_deleting_a_missing_item_costs_one_unit(db):
    request = {"TableName": "items", "Key": key(9), **INDEXES}
    assert arms(db.call("DeleteItem", request)) == {"table": 1}


def test_failed_condition_is_charged_by_the_stored_item_without_indexes(db):
    put(db, item(gpk="g", proj="x" * 2500))
    records = []
    db.on_metered = records.append
    with pytest.raises(ConditionalCheckFailedException):
        put(db, item(), ConditionExpression="attribute_not_exists(pk)")
    with pytest.raises(ConditionalCheckFailedException):
        put(db, item(2, rest="x" * 1500), ConditionExpression="attribute_exists(pk)")
    assert [(r.writes, len(r.arms)) for r in records] == [(3, 1), (2, 1)]


@pytest.mark.parametrize(("strong", "units"), [(True, 2), (False, 1)])
def test_get_rounds_to_four_kilobytes(db, strong, units):
    put(db, item(rest="x" * 4096))
    request = {"TableName": "items", "Key": key(), "ConsistentRead": strong, **INDEXES}
    assert arms(db.call("GetItem", request)) == {"table": units}


def test_missing_item_costs_half_a_unit(db):
    assert arms(db.call("GetItem", {"TableName": "items", "Key": key(), **INDEXES})) == {
        "table": 0.5
    }


def test_query_rounds_once_and_batch_get_each_item(db):
    for sk in range(40):  # 40 items of 200 bytes: pk 3, sk 2 + 1 or 2, fill 3 + the rest
        put(db, item(sk, fill="x" * (191 if sk else 192)))
    query = {
        "TableName": "items",
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": s("a")},
        "ConsistentRead": True,
        **INDEXES,
    }
    assert arms(db.call("Query", query)) == {"table": 2}
    keys = [key(sk) for sk in range(40)]
    batch = {"items": {"Keys": keys, "ConsistentRead": True}}
    assert arms(db.call("BatchGetItem", {"RequestItems": batch, **INDEXES})) == {"table": 40}


def test_filter_projection_and_count_do_not_make_it_cheaper(db):
    for sk in range(4):
        put(db, item(sk, fill="x" * 4000))
    plain = {"TableName": "items", **INDEXES}
    filtered = {
        **plain,
        "FilterExpression": "fill = :no",
        "ProjectionExpression": "pk",
        "ExpressionAttributeValues": {":no": s("no")},
    }
    # 4 x (4000 + 3 + 3 + 2 + 1 or 2) is just over 16,000 bytes: 4 blocks, half each
    for request in (plain, filtered, {**plain, "Select": "COUNT"}):
        assert arms(db.call("Scan", request)) == {"table": 2}


def test_query_of_a_local_index_pays_for_fetched_items(db):
    for sk in range(3):
        put(db, item(sk, lsk=f"l{sk}", rest="x" * 5000))
    request = {
        "TableName": "items",
        "IndexName": "lsi",
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": s("a")},
        **INDEXES,
    }
    assert arms(db.call("Query", request)) == {"table": 0, "lsi": 0.5}
    # each item of 5 KB is read from the table: two blocks, eventual, three times
    fetching = {**request, "ProjectionExpression": "rest"}
    assert arms(db.call("Query", fetching)) == {"table": 3, "lsi": 0.5}


def test_transactions_double_the_table_but_not_the_index(db):
    action = {"Put": {"TableName": "items", "Item": item(gpk="g", rest="x" * 1500)}}
    reply = db.call("TransactWriteItems", {"TransactItems": [action], **INDEXES})
    assert arms(reply) == {"table": 4, "gsi": 1}
    assert reply["ConsumedCapacity"][0]["WriteCapacityUnits"] == 5


def test_repeated_transaction_costs_reads(db):
    action = {"Put": {"TableName": "items", "Item": item(rest="x" * 5000)}}
    request = {"TransactItems": [action], "ClientRequestToken": "t", **INDEXES}
    assert arms(db.call("TransactWriteItems", request)) == {"table": 10}
    again = db.call("TransactWriteItems", request)
    assert arms(again) == {"table": 4}
    assert again["ConsumedCapacity"][0]["ReadCapacityUnits"] == 4


def test_cancelled_transaction_is_charged(db):
    records = []
    put(db, item(1))
    db.on_metered = records.append
    check = {
        "ConditionCheck": {
            "TableName": "items",
            "Key": key(1),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }
    action = {"Put": {"TableName": "items", "Item": item(2, rest="x" * 2000)}}
    with pytest.raises(TransactionCanceledException):
        db.call("TransactWriteItems", {"TransactItems": [check, action]})
    assert records[0].writes == 2 + 4


def test_transactional_read_costs_double(db):
    put(db, item(rest="x" * 4096))
    gets = [{"Get": {"TableName": "items", "Key": key()}}]
    reply = db.call("TransactGetItems", {"TransactItems": gets, **INDEXES})
    assert arms(reply) == {"table": 4}


def test_batch_write_adds_up_by_table_and_index(db):
    writes = [{"PutRequest": {"Item": item(sk, gpk="g", rest="x" * 1500)}} for sk in range(3)]
    reply = db.call("BatchWriteItem", {"RequestItems": {"items": writes}, **INDEXES})
    assert arms(reply) == {"table": 6, "gsi": 3}


def test_total_shows_no_arms(db):
    reply = put(db, item(gpk="g"), ReturnConsumedCapacity="TOTAL")
    assert reply["ConsumedCapacity"] == {"TableName": "items", "CapacityUnits": 2.0}


def test_labels_reach_the_bill(db):
    records = []
    db.on_metered = records.append
    db.call("GetItem", {"TableName": "items", "Key": key()}, label="profile")
    assert [(r.operation, r.label, r.table, r.reads) for r in records] == [
        ("GetItem", "profile", "items", 0.5)
    ]
