"""Vector indexes on CreateTable, UpdateTable, DescribeTable and DeleteTable, as recorded on AWS."""

from __future__ import annotations

import time

import pytest

from local_vectors import (
    TABLE,
    create,
    described,
    put,
    schema,
    search,
    table_request,
    update,
    vec,
    vector_index,
)
from tablewright.local.database import Database
from tablewright.local.faults import (
    Fault,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
    ValidationException,
)

INVALID = "One or more parameter values were invalid: "


@pytest.fixture
def db():
    with Database() as database:
        yield database


def refusal(call, *arguments, **more) -> str:
    with pytest.raises(Fault) as caught:
        call(*arguments, **more)
    return caught.value.message


def test_a_created_index_is_described_with_the_table(db):
    description = create(db, vector_index(SearchSchema=schema("tenant", "color")))
    (index,) = description["VectorIndexes"]
    assert (description["TableStatus"], index["IndexStatus"]) == ("CREATING", "CREATING")
    assert "Backfilling" not in index
    assert described(db)["VectorIndexes"] == [
        {
            "IndexName": "plain",
            "VectorAttribute": {"AttributeName": "embedding"},
            "SearchSchema": schema("tenant", "color"),
            "Projection": {"ProjectionType": "ALL"},
            "Dimensions": 3,
            "DistanceFunction": "COSINE",
            "IndexStatus": "ACTIVE",
            "IndexSizeBytes": 0,
            "ItemCount": 0,
            "IndexArn": f"arn:aws:dynamodb:us-east-1:000000000000:table/{TABLE}/index/plain",
        }
    ]


@pytest.mark.parametrize(
    ("indexes", "changes", "message"),
    [
        (
            [vector_index()],
            {
                "BillingMode": "PROVISIONED",
                "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
            },
            f"{INVALID}Vector indexes are only supported for PAY_PER_REQUEST tables",
        ),
        (
            [vector_index(SearchSchema=schema("tenant"))],
            {"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]},
            f"{INVALID}One element in SearchSchema is not defined in attribute definitions",
        ),
        (
            [vector_index(Dimensions=4097)],
            {},
            f"{INVALID}Number of dimensions must be between 1 and 4096 inclusive.",
        ),
        (
            [vector_index(f"index{number}") for number in range(6)],
            {},
            f"{INVALID}VectorIndex count exceeds the per-table limit of 5",
        ),
        (
            [vector_index(), vector_index("other", Dimensions=4)],
            {},
            f"{INVALID}Conflicting attribute definition for 'embedding'. All VectorIndexes on the "
            "same vector attribute must use the same dimensions.",
        ),
        (
            [vector_index(VectorAttribute={"AttributeName": "pk"})],
            {},
            f"{INVALID}Conflicting attribute definition for 'pk'. An attribute cannot be defined "
            "in AttributeDefinitions when used as a VectorAttribute.",
        ),
    ],
)
def test_an_index_that_cannot_be_is_refused_in_the_words_of_the_service(
    db, indexes, changes, message
):
    assert refusal(create, db, *indexes, **changes) == message


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        (
            {"DistanceFunction": "cosine"},
            "Member must satisfy enum value set: [DOT_PRODUCT, COSINE, EUCLIDEAN]",
        ),
        ({"Projection": None}, "Member must not be null"),
        ({"Dimensions": 0}, "Member must have value greater than or equal to 1"),
        ({"SearchSchema": []}, "Member must have length greater than or equal to 1"),
    ],
)
def test_a_member_out_of_shape_is_refused(db, change, fragment):
    assert fragment in refusal(create, db, vector_index(**change))


def test_more_filters_or_partition_keys_than_the_quota_are_refused(db):
    names = [f"f{number}" for number in range(19)]
    assert "more than 18 INLINE_FILTER" in refusal(
        create, db, vector_index(SearchSchema=schema(None, *names))
    )
    assert create(db, vector_index(SearchSchema=schema(None, *names[:18])))
    two = [*schema("f1"), *schema("f2")]
    assert "more than one HASH" in refusal(
        create, db, vector_index(SearchSchema=two), TableName="second"
    )


def test_an_index_can_be_added_to_a_table_with_items_and_holds_those_that_fit(db):
    create(db)
    put(db, "near", 1, 0, 0)
    put(db, "far", -1, 0, 0)
    put(db, "short", 1, 0)
    put(db, "none")
    description = update(db, VectorIndexUpdates=[{"Create": vector_index()}])["TableDescription"]
    (index,) = description["VectorIndexes"]
    assert (description["TableStatus"], index["IndexStatus"]) == ("UPDATING", "CREATING")
    assert index["Backfilling"] is False
    (index,) = described(db)["VectorIndexes"]
    assert (index["IndexStatus"], index["ItemCount"]) == ("ACTIVE", 2)
    # entries: name 9 + 4 * 3 + "pk" 2 + 4 ("near") and 3 ("far")
    assert index["IndexSizeBytes"] == 9 + 12 + 2 + 4 + 9 + 12 + 2 + 3
    keys = [result["Item"]["pk"]["S"] for result in search(db, 1, 0, 0)["SearchResults"]]
    assert keys == ["near", "far"]


def test_a_table_with_a_vector_index_stays_on_demand(db):
    create(db, vector_index())
    message = refusal(
        update,
        db,
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    assert message == f"{INVALID}Vector indexes are only supported for PAY_PER_REQUEST tables"
    assert described(db)["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_adding_is_refused_in_the_words_of_the_service(db):
    create(db, *[vector_index(f"index{number}") for number in range(4)])
    add = lambda **changes: update(db, VectorIndexUpdates=[{"Create": vector_index(**changes)}])  # noqa: E731
    assert refusal(add, name="index1") == "Attempting to create an index which already exists"
    assert refusal(add, SearchSchema=schema("tenant")) == (
        f"{INVALID}One element in SearchSchema is not defined in attribute definitions"
    )
    # the whole of the words, for a partition key of the table: pk is S and HASH, 3 dimensions
    assert refusal(add, VectorAttribute={"AttributeName": "pk"}) == (
        f"{INVALID}Attributes cannot be redefined. Please check that your attribute has the same "
        "type as previously defined. Existing schema: Schema:[SchemaElement: key{pk:S:HASH}] New "
        "schema: VectorIndexSchema:[VectorAttribute: key{pk:L:3}]"
    )
    add(name="index4")
    with pytest.raises(LimitExceededException) as caught:
        add(name="index5")
    assert caught.value.message == (
        "Subscriber limit exceeded: Number of vector secondary indexes exceeds per-table limit of 5"
    )


def test_two_changes_of_indexes_at_once_are_refused(db):
    create(db)
    changes = [{"Create": vector_index("first")}, {"Create": vector_index("second")}]
    with pytest.raises(LimitExceededException) as caught:
        update(db, VectorIndexUpdates=changes)
    assert caught.value.message == (
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously "
        "per table"
    )
    assert "VectorIndexes" not in described(db)


def test_an_index_can_be_deleted_and_its_definitions_go_with_it(db):
    create(db, vector_index(SearchSchema=schema("tenant")))
    description = update(db, VectorIndexUpdates=[{"Delete": {"IndexName": "plain"}}])
    assert description["TableDescription"]["VectorIndexes"][0]["IndexStatus"] == "DELETING"
    table = described(db)
    assert "VectorIndexes" not in table
    assert [entry["AttributeName"] for entry in table["AttributeDefinitions"]] == ["pk"]
    with pytest.raises(ResourceNotFoundException):
        update(db, VectorIndexUpdates=[{"Delete": {"IndexName": "plain"}}])


def wait_until(is_so) -> None:
    for _ in range(500):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to that")


def test_the_phases_of_a_creation_can_be_watched(db):
    create(db)
    put(db, "only", 1, 0, 0)
    db.engine.vector_index_seconds = 0.6
    update(db, VectorIndexUpdates=[{"Create": vector_index()}])
    table = described(db)
    assert table["TableStatus"] == "UPDATING"
    assert table["VectorIndexes"][0]["Backfilling"] is False
    assert refusal(search, db, 1, 0, 0) == "The table does not have the specified index: plain"
    with pytest.raises(ResourceInUseException) as caught:
        update(db, VectorIndexUpdates=[{"Delete": {"IndexName": "plain"}}])
    assert caught.value.message == (
        "Attempt to change a resource which is still in use: Index creation is in resource "
        "allocation phase. Retry deletion during backfilling phase or when the index is active. "
        f"Table: {TABLE} Index: plain"
    )
    with pytest.raises(ResourceInUseException) as caught:
        db.call("DeleteTable", {"TableName": TABLE})
    assert caught.value.message == (
        "Attempt to change a resource which is still in use: Cannot delete table while indexes "
        "are being created, updated, or deleted."
    )
    with pytest.raises(ResourceInUseException) as caught:
        update(db, VectorIndexUpdates=[{"Create": vector_index()}])
    assert caught.value.message == (
        "Attempt to change a resource which is still in use: Index is being created.  "
        f"Table: {TABLE} Index: plain"
    )
    with pytest.raises(LimitExceededException):
        update(db, VectorIndexUpdates=[{"Create": vector_index("other")}])

    wait_until(lambda: described(db)["VectorIndexes"][0].get("Backfilling"))
    assert described(db)["TableStatus"] == "ACTIVE"
    assert refusal(search, db, 1, 0, 0) == "Cannot search backfilling vector index: plain"
    put(db, "late", 0, 1, 0)  # written while the index is filled

    wait_until(lambda: described(db)["VectorIndexes"][0]["IndexStatus"] == "ACTIVE")
    assert "Backfilling" not in described(db)["VectorIndexes"][0]
    assert len(search(db, 1, 0, 0)["SearchResults"]) == 2


def test_a_creation_can_be_cancelled_while_it_backfills(db):
    create(db)
    db.engine.vector_index_seconds = 0.4
    update(db, VectorIndexUpdates=[{"Create": vector_index()}])
    wait_until(lambda: described(db)["VectorIndexes"][0].get("Backfilling"))
    update(db, VectorIndexUpdates=[{"Delete": {"IndexName": "plain"}}])
    assert "VectorIndexes" not in described(db)


def test_an_index_survives_a_restart_with_its_vectors(tmp_path):
    with Database(tmp_path / "file.db") as first:
        create(first, vector_index(SearchSchema=schema("tenant", "color")))
        put(first, "a", 1, 0, 0, tenant="t", color="red")
        put(first, "b", 0, 1, 0, tenant="t", color="blue")
    with Database(tmp_path / "file.db") as second:
        condition = {
            "SearchConditionExpression": "tenant = :t AND color = :c",
            "ExpressionAttributeValues": {":t": {"S": "t"}, ":c": {"S": "blue"}},
        }
        results = search(second, 1, 0, 0, **condition)["SearchResults"]
        assert [result["Item"]["pk"]["S"] for result in results] == ["b"]
        assert described(second)["VectorIndexes"][0]["ItemCount"] == 2


def test_an_unfinished_creation_is_finished_after_a_restart(tmp_path):
    with Database(tmp_path / "file.db") as first:
        create(first)
        put(first, "a", 1, 0, 0)
        first.engine.vector_index_seconds = 60
        update(first, VectorIndexUpdates=[{"Create": vector_index()}])
    with Database(tmp_path / "file.db") as second:
        wait_until(lambda: described(second)["VectorIndexes"][0]["IndexStatus"] == "ACTIVE")
        assert len(search(second, 1, 0, 0)["SearchResults"]) == 1


def test_a_restored_table_has_its_vector_index_filled(db):
    create(db, vector_index())
    put(db, "a", 1, 0, 0)
    backup = db.call("CreateBackup", {"TableName": TABLE, "BackupName": "kept"})
    arn = backup["BackupDetails"]["BackupArn"]
    restore = {"TargetTableName": "copy", "BackupArn": arn}
    db.call("RestoreTableFromBackup", restore)
    assert len(search(db, 1, 0, 0, TableName="copy")["SearchResults"]) == 1
    db.call(
        "RestoreTableFromBackup", restore | {"TargetTableName": "bare", "VectorIndexOverride": []}
    )
    bare = db.call("DescribeTable", {"TableName": "bare"})["Table"]
    assert "VectorIndexes" not in bare
    with pytest.raises(ValidationException):
        db.call(
            "RestoreTableFromBackup",
            restore
            | {"TargetTableName": "odd", "VectorIndexOverride": [vector_index(Dimensions=9)]},
        )


def test_query_and_scan_of_a_vector_index_are_refused(db):
    create(db, vector_index())
    scan = {"TableName": TABLE, "IndexName": "plain"}
    assert refusal(db.call, "Scan", scan) == "Scan operation not supported on this index type"
    query = scan | {
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "a"}},
    }
    assert refusal(db.call, "Query", query) == "Query operation not supported on this index type."


def test_the_boto3_client_can_create_search_and_meter(db):
    client = db.client()
    client.create_table(**table_request(vector_index()))
    client.put_item(TableName=TABLE, Item={"pk": {"S": "a"}, "embedding": {"L": vec(0.6, 0.8, 0)}})
    reply = client.search_vectors(
        TableName=TABLE,
        IndexName="plain",
        SearchVector=vec(1, 0, 0),
        TopK=1,
        ReturnConsumedCapacity="TOTAL",
    )
    assert reply["SearchResults"] == [{"Item": {"pk": {"S": "a"}}, "Score": 0.3999999761581421}]
    assert reply["ConsumedCapacity"] == {"VectorSearchRequestBytes": 1024.0}
