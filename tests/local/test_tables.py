from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine_requests import create, get, index, key_schema, n, pages, put, s
from tablewright.local import engine
from tablewright.local.background import sweep
from tablewright.local.database import Database
from tablewright.local.faults import (
    Fault,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
    ValidationException,
)
from tablewright.local.operations import update_table


@pytest.fixture
def db():
    with Database() as made:
        yield made


def describe(db: Database, name: str = "items") -> dict:
    return db.call("DescribeTable", {"TableName": name})["Table"]


def table_request(**changes) -> dict:
    request = {
        "TableName": "items",
        "KeySchema": key_schema(["pk"]) + key_schema(["sk"], "RANGE"),
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        "BillingMode": "PAY_PER_REQUEST",
        **changes,
    }
    return {name: value for name, value in request.items() if value is not None}


def test_a_new_table_is_creating_in_the_reply_and_active_when_described(db):
    reply = db.call("CreateTable", table_request())["TableDescription"]
    assert reply["TableStatus"] == "CREATING"
    shown = describe(db)
    assert shown["TableStatus"] == "ACTIVE"
    assert shown["TableArn"] == "arn:aws:dynamodb:us-east-1:000000000000:table/items"
    assert (shown["ItemCount"], shown["TableSizeBytes"]) == (0, 0)


def test_a_table_is_known_by_its_arn_too(db):
    create(db)
    put(db, {"pk": s("a")}, describe(db)["TableArn"])
    assert get(db, {"pk": s("a")}) == {"pk": s("a")}


def test_counts_follow_the_items(db):
    create(db, gsi=[index("gsi", "g")], others="g:S")
    put(db, {"pk": s("a"), "g": s("x")})  # 2+1 + 1+1 = 5 bytes
    put(db, {"pk": s("b")})  # 3 bytes
    shown = describe(db)
    assert (shown["ItemCount"], shown["TableSizeBytes"]) == (2, 8)
    gsi = shown["GlobalSecondaryIndexes"][0]
    assert (gsi["ItemCount"], gsi["IndexSizeBytes"]) == (1, 5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"TableName": "ab"},
            "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 3",
        ),
        (
            {"TableName": "a;bc"},
            "1 validation error detected: Value 'a;bc' at 'tableName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
        ),
        (
            {"KeySchema": None},
            "1 validation error detected: Value null at 'keySchema' failed to satisfy "
            "constraint: Member must not be null",
        ),
        (
            {"BillingMode": "PROVISIONED"},
            "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits "
            "must both be specified when BillingMode is PROVISIONED",
        ),
        (
            {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}},
            "One or more parameter values were invalid: Neither ReadCapacityUnits nor "
            "WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        ),
        (
            {"KeySchema": key_schema(["pk"])},
            "One or more parameter values were invalid: Number of attributes in KeySchema does "
            "not exactly match number of attributes defined in AttributeDefinitions",
        ),
        (
            {"KeySchema": key_schema(["pk", "sk"])},
            "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
        ),
        (
            {"KeySchema": key_schema(["nope"]) + key_schema(["sk"], "RANGE")},
            "One or more parameter values were invalid: Some index key attributes are not "
            "defined in AttributeDefinitions. Keys: [nope, sk], AttributeDefinitions: [pk, sk]",
        ),
        (
            {"LocalSecondaryIndexes": [index("lsi", "sk", "pk")]},
            "One or more parameter values were invalid: Index KeySchema does not have the same "
            "leading hash key as table KeySchema for index: lsi. index hash key: sk, table hash "
            "key: pk",
        ),
        (
            {"GlobalSecondaryIndexes": [index("gsi", "sk"), index("gsi", "sk")]},
            "One or more parameter values were invalid: Duplicate index name: gsi",
        ),
    ],
)
def test_what_cannot_be_created_is_refused_in_the_words_of_the_service(db, changes, message):
    with pytest.raises(ValidationException) as caught:
        db.call("CreateTable", table_request(**changes))
    assert caught.value.message == message
    assert db.call("ListTables", {}) == {"TableNames": []}


def test_a_second_table_of_the_name_is_refused(db):
    create(db)
    with pytest.raises(ResourceInUseException, match="Table already exists: items"):
        create(db)


def test_names_are_listed_in_pages(db):
    for name in ("ccc", "aaa", "bbb"):
        create(db, name)
    first = db.call("ListTables", {"Limit": 2})
    assert first == {"TableNames": ["aaa", "bbb"], "LastEvaluatedTableName": "bbb"}
    rest = db.call("ListTables", {"ExclusiveStartTableName": "bbb"})
    assert rest == {"TableNames": ["ccc"]}


def test_a_deleted_table_takes_its_items_along(db):
    create(db)
    put(db, {"pk": s("a")})
    reply = db.call("DeleteTable", {"TableName": "items"})
    assert reply["TableDescription"]["TableStatus"] == "DELETING"
    with pytest.raises(ResourceNotFoundException):
        get(db, {"pk": s("a")})
    create(db)
    assert get(db, {"pk": s("a")}) is None


def test_protection_keeps_a_table(db):
    create(db, DeletionProtectionEnabled=True)
    with pytest.raises(ValidationException, match="protected against deletion"):
        db.call("DeleteTable", {"TableName": "items"})
    db.call("UpdateTable", {"TableName": "items", "DeletionProtectionEnabled": False})
    db.call("DeleteTable", {"TableName": "items"})


def add_index(db: Database, name: str = "gsi", **projection) -> dict:
    return db.call(
        "UpdateTable",
        {
            "TableName": "items",
            "AttributeDefinitions": [{"AttributeName": "g", "AttributeType": "S"}],
            "GlobalSecondaryIndexUpdates": [{"Create": index(name, "g", **projection)}],
        },
    )["TableDescription"]


def query_index(db: Database, value: str, name: str = "gsi") -> list[dict]:
    request = {
        "TableName": "items",
        "IndexName": name,
        "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": s(value)},
    }
    return [item for page in pages(db, "Query", request) for item in page]


def test_a_new_index_is_filled_and_a_deleted_one_is_gone(db):
    create(db)
    for i in range(300):
        put(db, {"pk": s(f"k{i:03}"), "g": s("even" if i % 2 == 0 else "odd")})
    put(db, {"pk": s("other type"), "g": n(1)})  # cannot be in the index, and stays outside
    shown = add_index(db)
    assert shown["TableStatus"] == "UPDATING"
    assert shown["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    assert shown["GlobalSecondaryIndexes"][0]["Backfilling"] is True
    after = describe(db)["GlobalSecondaryIndexes"][0]
    assert (after["IndexStatus"], after["ItemCount"]) == ("ACTIVE", 300)
    assert len(query_index(db, "odd")) == 150
    db.call(
        "UpdateTable",
        {"TableName": "items", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "gsi"}}]},
    )
    assert "GlobalSecondaryIndexes" not in describe(db)
    with pytest.raises(ValidationException, match="does not have the specified index: gsi"):
        query_index(db, "odd")


def test_an_index_that_was_being_filled_when_the_process_ended_is_filled_on_reopening(
    tmp_path: Path,
):
    path = tmp_path / "a.db"
    with Database(path) as db:
        create(db)
        for i in range(10):
            put(db, {"pk": s(f"k{i}"), "g": s("x")})
        add_index(db)
        # what a kill in the middle leaves: the index is there, its entries are not
        table = db.engine.table("items")
        with db.engine.store.writing:
            for key, _, _ in list(db.engine.store.range(table.indexes["gsi"].space)):
                db.engine.store.delete(table.indexes["gsi"].space, key)
            table.definition["GlobalSecondaryIndexes"][0]["IndexStatus"] = "CREATING"
            db.engine.save(table.definition)
    with Database(path) as db:
        assert describe(db)["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"
        assert len(query_index(db, "x")) == 10


def test_an_index_being_filled_cannot_be_read(db, monkeypatch):
    monkeypatch.setattr(update_table, "start_backfill", lambda *given: None)
    create(db)
    add_index(db)
    assert describe(db)["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    with pytest.raises(ValidationException, match="Cannot read from backfilling"):
        query_index(db, "x")
    with pytest.raises(LimitExceededException, match="Only 1 online index"):
        add_index(db, "other")


def test_closing_in_the_middle_of_filling_an_index_is_quiet_and_it_goes_on_later(tmp_path: Path):
    with Database(tmp_path / "a.db") as db:
        create(db)
        with db.group():
            for i in range(2100):  # more than are filled before the reply
                put(db, {"pk": s(f"k{i}"), "g": s("x")})
        add_index(db)
    with Database(tmp_path / "a.db") as db:
        deadline = time.monotonic() + 30
        while db.engine.table("items").indexes["gsi"].status != "ACTIVE":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert len(query_index(db, "x")) == 2100


def test_only_one_index_is_changed_at_a_time(db):
    create(db)
    updates = [{"Create": index("one", "g")}, {"Create": index("two", "g")}]
    with pytest.raises(LimitExceededException, match="Only 1 online index"):
        db.call(
            "UpdateTable",
            {
                "TableName": "items",
                "AttributeDefinitions": [{"AttributeName": "g", "AttributeType": "S"}],
                "GlobalSecondaryIndexUpdates": updates,
            },
        )


def test_an_update_that_changes_nothing_is_refused(db):
    create(db)
    with pytest.raises(ValidationException, match="At least one of"):
        db.call("UpdateTable", {"TableName": "items"})


def test_on_demand_is_entered_at_most_four_times_a_day():
    now = [1_800_000_000.0]
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    to_provisioned = {
        "TableName": "items",
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": units,
    }
    to_on_demand = {"TableName": "items", "BillingMode": "PAY_PER_REQUEST"}
    with Database(clock=lambda: now[0]) as db:
        create(db, BillingMode="PROVISIONED", ProvisionedThroughput=units)
        for _ in range(4):
            db.call("UpdateTable", to_on_demand)
            db.call("UpdateTable", to_provisioned)
        with pytest.raises(LimitExceededException):
            db.call("UpdateTable", to_on_demand)
        now[0] += 24 * 3600 + 1
        db.call("UpdateTable", to_on_demand)
        assert describe(db)["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_expired_items_are_swept_without_charge_and_others_stay():
    now = [1_800_000_000.0]
    with Database(clock=lambda: now[0]) as db:
        create(db, gsi=[index("gsi", "g")], others="g:S")
        for i in range(250):
            put(db, {"pk": s(f"k{i}"), "g": s("x"), "until": n(1_800_000_000 + i)})
        put(db, {"pk": s("text"), "until": s("1800000000")})  # not a number: never expires
        put(db, {"pk": s("old"), "until": n(1_500_000_000)})  # over five years: left alone
        setting = {"AttributeName": "until", "Enabled": True}
        db.call("UpdateTimeToLive", {"TableName": "items", "TimeToLiveSpecification": setting})
        put(db, {"pk": s("k0"), "until": n(1_900_000_000)})  # renewed: moves in the order
        records = []
        db.on_metered = records.append
        now[0] += 200  # k1 to k199 are over
        assert sweep(db.engine) == 199
        assert records == []
        assert len(query_index(db, "x")) == 50
        shown = db.call("DescribeTimeToLive", {"TableName": "items"})
        assert shown["TimeToLiveDescription"] == {
            "TimeToLiveStatus": "ENABLED",
            "AttributeName": "until",
        }


def test_expiry_survives_reopening_and_can_be_switched_off(tmp_path: Path):
    now = [1_800_000_000.0]
    setting = {"AttributeName": "until", "Enabled": True}
    with Database(tmp_path / "a.db", clock=lambda: now[0]) as db:
        create(db)
        db.call("UpdateTimeToLive", {"TableName": "items", "TimeToLiveSpecification": setting})
        put(db, {"pk": s("a"), "until": n(1_800_000_001)})
        put(db, {"pk": s("b"), "until": n(1_800_000_100)})
    now[0] += 10
    with Database(tmp_path / "a.db", clock=lambda: now[0]) as db:
        assert sweep(db.engine) == 1
        off = {**setting, "Enabled": False}
        db.call("UpdateTimeToLive", {"TableName": "items", "TimeToLiveSpecification": off})
        now[0] += 1000
        assert sweep(db.engine) == 0
        assert get(db, {"pk": s("b")}) is not None


def test_counts_are_right_after_a_crash(tmp_path: Path):
    db = Database(tmp_path / "a.db")
    create(db)
    put(db, {"pk": s("a")})
    db.engine.store.close()  # without the clean end that writes the counters
    with Database(tmp_path / "a.db") as again:
        assert (describe(again)["ItemCount"], describe(again)["TableSizeBytes"]) == (1, 3)
        put(again, {"pk": s("b")})
        assert describe(again)["ItemCount"] == 2


def test_large_tables_go_on_from_the_last_saved_count_after_a_crash(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(engine, "SAVE_EVERY", 10)
    monkeypatch.setattr(engine, "MAX_RECOUNT", 0)
    db = Database(tmp_path / "a.db")
    create(db)
    for i in range(25):
        put(db, {"pk": s(f"k{i:02}")})
    db.engine.store.close()
    with Database(tmp_path / "a.db") as again:
        assert describe(again)["ItemCount"] == 20  # saved with the twentieth write
    with Database(tmp_path / "a.db") as again:
        assert describe(again)["ItemCount"] == 20


def test_every_fault_is_a_fault_and_nothing_else(db):
    for operation, request in (
        ("NoSuchOperation", {}),
        ("PutItem", {}),
        ("PutItem", {"TableName": 5}),
        ("PutItem", {"TableName": "items", "Item": {"pk": {"S": 5}}}),
        ("PutItem", {"TableName": "items", "Item": []}),
    ):
        with pytest.raises(Fault) as caught:
            db.call(operation, request)
        assert caught.value.status == 400


def test_a_change_that_fails_half_way_leaves_tables_and_counts_as_they_were(tmp_path: Path):
    path = tmp_path / "a.db"
    with Database(path) as db:
        create(db)
        put(db, {"pk": s("a")})
        many = [f"x{i}" for i in range(101)]  # one more than may be named
        with pytest.raises(ValidationException, match="limit of 100"):
            add_index(db, projection=many)
        execute = db.engine.store._db.execute
        execute(f"PRAGMA max_page_count = {execute('PRAGMA page_count').fetchone()[0]}")
        with pytest.raises(Fault, match="full"):
            create(db, "other")
        with pytest.raises(Fault, match="full"):
            put(db, {"pk": s("b"), "text": s("x" * 100_000)})
        execute("PRAGMA max_page_count = 100000")
        assert db.call("ListTables", {}) == {"TableNames": ["items"]}
        assert describe(db)["ItemCount"] == 1
        add_index(db)
        create(db, "other")
    with Database(path) as db:
        assert db.call("ListTables", {}) == {"TableNames": ["items", "other"]}
