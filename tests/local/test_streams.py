"""Streams: what is recorded, in which order, and how it is read.

Expected records follow from the writes by the Developer Guide's rules ("Change data capture for
DynamoDB Streams"); sizes are added by hand.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tablewright.local.background import sweep
from tablewright.local.database import Database
from tablewright.local.faults import (
    ConditionalCheckFailedException,
    ExpiredIteratorException,
    ResourceNotFoundException,
    TransactionCanceledException,
    TrimmedDataAccessException,
    ValidationException,
)

HOUR = 3600


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def db(clock):
    with Database(clock=clock) as db:
        yield db


def create(db, view="NEW_AND_OLD_IMAGES", name="Things"):
    found = db.call(
        "CreateTable",
        {
            "TableName": name,
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": view},
        },
    )
    return found["TableDescription"]["LatestStreamArn"]


def put(db, key, value, name="Things"):
    item = {"pk": {"S": key}, "v": {"N": str(value)}}
    db.call("PutItem", {"TableName": name, "Item": item})


def shards(db, arn):
    return db.call("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"]


def iterator(db, arn, kind="TRIM_HORIZON", shard=0, **members):
    request = {
        "StreamArn": arn,
        "ShardId": shards(db, arn)[shard]["ShardId"],
        "ShardIteratorType": kind,
        **members,
    }
    return db.call("GetShardIterator", request)["ShardIterator"]


def records(db, arn, kind="TRIM_HORIZON", **members):
    return db.call("GetRecords", {"ShardIterator": iterator(db, arn, kind, **members)})["Records"]


def test_every_change_is_recorded_in_order(db):
    arn = create(db)
    put(db, "a", 1)
    put(db, "a", 2)
    db.call("DeleteItem", {"TableName": "Things", "Key": {"pk": {"S": "a"}}})
    found = records(db, arn)
    assert [one["eventName"] for one in found] == ["INSERT", "MODIFY", "REMOVE"]
    first, second = {"pk": {"S": "a"}, "v": {"N": "1"}}, {"pk": {"S": "a"}, "v": {"N": "2"}}
    images = [(one["dynamodb"].get("OldImage"), one["dynamodb"].get("NewImage")) for one in found]
    assert images == [(None, first), (first, second), (second, None)]
    numbers = [one["dynamodb"]["SequenceNumber"] for one in found]
    assert numbers == sorted(set(numbers))
    # Keys: 2 + 1 bytes. Each image: pk 2 + 1, v 1 + 2 (a number of one digit): 6.
    assert [one["dynamodb"]["SizeBytes"] for one in found] == [3 + 6, 3 + 6 + 6, 3 + 6]
    assert found[0]["dynamodb"]["Keys"] == {"pk": {"S": "a"}}
    assert found[0]["dynamodb"]["ApproximateCreationDateTime"] == 1_800_000_000
    assert found[0]["awsRegion"] == "us-east-1"


@pytest.mark.parametrize(
    ("view", "members"),
    [
        ("KEYS_ONLY", set()),
        ("NEW_IMAGE", {"NewImage"}),
        ("OLD_IMAGE", {"OldImage"}),
        ("NEW_AND_OLD_IMAGES", {"NewImage", "OldImage"}),
    ],
)
def test_a_record_shows_what_its_view_type_says(db, view, members):
    arn = create(db, view)
    put(db, "a", 1)
    put(db, "a", 2)
    last = records(db, arn)[-1]["dynamodb"]
    assert last["StreamViewType"] == view
    assert set(last) & {"NewImage", "OldImage"} == members


def test_a_write_that_changes_nothing_is_not_recorded(db):
    arn = create(db)
    put(db, "a", 1)
    put(db, "a", 1)
    db.call("DeleteItem", {"TableName": "Things", "Key": {"pk": {"S": "nobody"}}})
    assert len(records(db, arn)) == 1


def test_a_refused_write_leaves_no_record(db):
    arn = create(db)
    put(db, "a", 1)
    item = {"pk": {"S": "a"}, "v": {"N": "9"}}
    taken = "attribute_not_exists(pk)"
    with pytest.raises(ConditionalCheckFailedException):
        db.call("PutItem", {"TableName": "Things", "Item": item, "ConditionExpression": taken})
    fresh = {"Put": {"TableName": "Things", "Item": {"pk": {"S": "b"}}}}
    failing = {"Put": {"TableName": "Things", "Item": item, "ConditionExpression": taken}}
    with pytest.raises(TransactionCanceledException):
        db.call("TransactWriteItems", {"TransactItems": [fresh, failing]})
    assert len(records(db, arn)) == 1


def test_expired_items_are_removed_by_the_service(db, clock):
    arn = create(db)
    db.call(
        "UpdateTimeToLive",
        {
            "TableName": "Things",
            "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "v"},
        },
    )
    put(db, "a", int(clock.now) + 10)
    clock.now += 60
    sweep(db.engine)
    last = records(db, arn)[-1]
    assert last["eventName"] == "REMOVE"
    assert last["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


def test_iterators_begin_where_they_say(db):
    arn = create(db)
    for number in range(4):
        put(db, f"k{number}", number)
    at = records(db, arn)[1]["dynamodb"]["SequenceNumber"]

    def keys(kind, **members):
        return [one["dynamodb"]["Keys"]["pk"]["S"] for one in records(db, arn, kind, **members)]

    assert keys("TRIM_HORIZON") == ["k0", "k1", "k2", "k3"]
    assert keys("AT_SEQUENCE_NUMBER", SequenceNumber=at) == ["k1", "k2", "k3"]
    assert keys("AFTER_SEQUENCE_NUMBER", SequenceNumber=at) == ["k2", "k3"]
    latest = iterator(db, arn, "LATEST")
    put(db, "new", 1)
    found = db.call("GetRecords", {"ShardIterator": latest})["Records"]
    assert [one["dynamodb"]["Keys"]["pk"]["S"] for one in found] == ["new"]


def test_latest_of_an_empty_stream_sees_the_first_record(db):
    arn = create(db)
    latest = iterator(db, arn, "LATEST")
    put(db, "a", 1)
    assert len(db.call("GetRecords", {"ShardIterator": latest})["Records"]) == 1


@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_pages_of_records_leave_none_out(db, limit):
    arn = create(db)
    for number in range(7):
        put(db, f"k{number}", number)
    place, seen = iterator(db, arn), []
    for _ in range(8):
        page = db.call("GetRecords", {"ShardIterator": place, "Limit": limit})
        seen += [one["dynamodb"]["Keys"]["pk"]["S"] for one in page["Records"]]
        place = page["NextShardIterator"]  # an open shard always goes on
    assert seen == [f"k{number}" for number in range(7)]


def test_a_new_shard_begins_every_four_hours(db, clock):
    arn = create(db)
    put(db, "a", 1)
    clock.now += 4 * HOUR
    put(db, "b", 1)
    old, new = shards(db, arn)
    assert new["ParentShardId"] == old["ShardId"]
    assert "EndingSequenceNumber" in old["SequenceNumberRange"]
    assert "EndingSequenceNumber" not in new["SequenceNumberRange"]
    page = db.call("GetRecords", {"ShardIterator": iterator(db, arn)})
    assert len(page["Records"]) == 1
    assert "NextShardIterator" not in page  # the end of a closed shard
    assert [one["dynamodb"]["Keys"]["pk"]["S"] for one in records(db, arn, shard=1)] == ["b"]


def test_records_are_kept_for_a_day(db, clock):
    arn = create(db)
    put(db, "a", 1)
    first = records(db, arn)[0]["dynamodb"]["SequenceNumber"]
    clock.now += 23 * HOUR
    for number in range(300):  # enough for the old ones to be removed, and not only hidden
        put(db, "b", number)
    clock.now += 2 * HOUR
    put(db, "c", 1)
    seen = [one for at in range(len(shards(db, arn))) for one in records(db, arn, shard=at)]
    assert [one["dynamodb"]["Keys"]["pk"]["S"] for one in seen] == ["b"] * 300 + ["c"]
    with pytest.raises(TrimmedDataAccessException):
        iterator(db, arn, "AT_SEQUENCE_NUMBER", SequenceNumber=first)


def test_iterators_expire_after_a_quarter_of_an_hour(db, clock):
    arn = create(db)
    place = iterator(db, arn)
    clock.now += 15 * 60 + 1
    with pytest.raises(ExpiredIteratorException):
        db.call("GetRecords", {"ShardIterator": place})


def test_a_stream_outlives_its_table_for_a_day(db, clock):
    arn = create(db)
    put(db, "a", 1)
    db.call("DeleteTable", {"TableName": "Things"})
    stream = db.call("DescribeStream", {"StreamArn": arn})["StreamDescription"]
    assert stream["StreamStatus"] == "DISABLED"
    assert len(records(db, arn)) == 1
    clock.now += 25 * HOUR
    other = create(db, name="Others")
    for number in range(256):
        put(db, "b", number, name="Others")
    assert [one["StreamArn"] for one in db.call("ListStreams", {})["Streams"]] == [other]


def test_switching_a_stream_off_and_on_makes_another(db, clock):
    first = create(db)
    put(db, "a", 1)
    off = {"StreamSpecification": {"StreamEnabled": False}}
    db.call("UpdateTable", {"TableName": "Things", **off})
    put(db, "unseen", 1)
    clock.now += 1
    on = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
    reply = db.call("UpdateTable", {"TableName": "Things", **on})
    second = reply["TableDescription"]["LatestStreamArn"]
    put(db, "b", 1)
    assert first != second
    assert [one["dynamodb"]["Keys"]["pk"]["S"] for one in records(db, first)] == ["a"]
    assert [one["dynamodb"]["Keys"]["pk"]["S"] for one in records(db, second)] == ["b"]


def test_streams_are_listed_by_table_and_by_page(db, clock):
    arns = [create(db, name=name) for name in ("One", "Two", "Three")]
    page = db.call("ListStreams", {"Limit": 2})
    rest = db.call("ListStreams", {"ExclusiveStartStreamArn": page["LastEvaluatedStreamArn"]})
    listed = [one["StreamArn"] for one in page["Streams"] + rest["Streams"]]
    assert sorted(listed) == sorted(arns)
    assert len(listed) == 3
    assert [
        one["TableName"] for one in db.call("ListStreams", {"TableName": "Two"})["Streams"]
    ] == ["Two"]


def test_what_does_not_exist_is_not_found(db):
    arn = create(db)
    with pytest.raises(ResourceNotFoundException):
        db.call("DescribeStream", {"StreamArn": arn + "x"})
    request = {"StreamArn": arn, "ShardId": "s" * 28, "ShardIteratorType": "LATEST"}
    with pytest.raises(ResourceNotFoundException):
        db.call("GetShardIterator", request)
    for forged in ("x", arn, f"{arn}|1|e30=", f"{arn}|1|WyJzIiwgLTEsIDBd"):
        with pytest.raises(ValidationException):
            db.call("GetRecords", {"ShardIterator": forged})


def test_records_survive_a_restart(tmp_path, clock):
    path = tmp_path / "app.db"
    with Database(path, clock=clock) as db:
        arn = create(db)
        put(db, "a", 1)
    with Database(path, clock=clock) as db:
        put(db, "b", 1)
        assert [one["dynamodb"]["Keys"]["pk"]["S"] for one in records(db, arn)] == ["a", "b"]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2) | st.none()), max_size=25))
def test_replaying_a_stream_gives_the_table(writes):
    with Database() as db:
        arn = create(db)
        for key, value in writes:
            if value is None:
                db.call("DeleteItem", {"TableName": "Things", "Key": {"pk": {"S": key}}})
            else:
                put(db, key, value)
        replayed = {}
        for record in records(db, arn):
            key, change = record["dynamodb"]["Keys"]["pk"]["S"], record["dynamodb"]
            assert change.get("OldImage") == replayed.get(key)
            replayed[key] = change.get("NewImage")
        items = db.call("Scan", {"TableName": "Things"})["Items"]
        assert {item["pk"]["S"]: item for item in items} == {
            key: image for key, image in replayed.items() if image is not None
        }


def test_an_iterator_at_a_moment_begins_with_the_first_record_since(db, clock):
    arn = create(db)
    start = clock.now
    for value, seconds in ((1, 0), (2, 5), (3, 5), (4, 10)):
        clock.now = start + seconds
        put(db, "a", value)

    def values(seconds):
        listed = records(db, arn, "AT_TIMESTAMP", Timestamp=start + seconds)
        return [record["dynamodb"]["NewImage"]["v"]["N"] for record in listed]

    assert values(0) == ["1", "2", "3", "4"]
    assert values(5) == ["2", "3", "4"]
    assert values(6) == ["4"]
    assert values(-100_000) == ["1", "2", "3", "4"]  # before the oldest record
    with pytest.raises(ValidationException, match="must not be in the future"):
        values(11)
