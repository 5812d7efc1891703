"""Kinesis destinations: what is handed over for the changes of a table, and when."""

import json

import pytest

from tablewright.local.database import Database
from tablewright.local.destinations import to_folder
from tablewright.local.faults import ConditionalCheckFailedException, LimitExceededException

STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/{}"


@pytest.fixture
def db():
    with Database(clock=lambda: 1_800_000_000.25) as database:
        database.call(
            "CreateTable",
            {
                "TableName": "Things",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
        yield database


def enable(db, name="changes", **members):
    request = {"TableName": "Things", "StreamArn": STREAM.format(name), **members}
    db.call("EnableKinesisStreamingDestination", request)


def put(db, value, **members):
    item = {"pk": {"S": "a"}, "v": {"N": str(value)}}
    db.call("PutItem", {"TableName": "Things", "Item": item, **members})


def test_every_change_is_handed_over_in_order_with_both_images(db):
    received = []
    db.engine.deliver = lambda arn, record: received.append((arn, record))
    put(db, 0)  # before there is a destination
    enable(db)
    put(db, 1)
    put(db, 1)  # changes nothing
    db.call("DeleteItem", {"TableName": "Things", "Key": {"pk": {"S": "a"}}})
    assert [record["eventName"] for _, record in received] == ["MODIFY", "REMOVE"]
    arn, record = received[0]
    assert (arn, record["tableName"]) == (STREAM.format("changes"), "Things")
    # keys: pk 2 + a 1; each image: 3 + v 1 and a number of 1 byte (0) or 2 (1)
    assert record["dynamodb"] == {
        "ApproximateCreationDateTime": 1_800_000_000_250,
        "ApproximateCreationDateTimePrecision": "MILLISECOND",
        "Keys": {"pk": {"S": "a"}},
        "NewImage": {"pk": {"S": "a"}, "v": {"N": "1"}},
        "OldImage": {"pk": {"S": "a"}, "v": {"N": "0"}},
        "SizeBytes": 3 + 6 + 5,
    }


def test_a_refused_write_hands_over_nothing(db):
    received = []
    db.engine.deliver = lambda arn, record: received.append(record)
    enable(db)
    with pytest.raises(ConditionalCheckFailedException):
        put(db, 1, ConditionExpression="attribute_exists(pk)")
    assert received == []


def test_precision_and_destination_are_chosen_for_each_stream(db):
    received = []
    db.engine.deliver = lambda arn, record: received.append((arn[-1], record["dynamodb"]))
    precise = {"ApproximateCreationDateTimePrecision": "MICROSECOND"}
    enable(db, "one-a")
    enable(db, "two-b", EnableKinesisStreamingConfiguration=precise)
    with pytest.raises(LimitExceededException):
        enable(db, "three")
    put(db, 1)
    moments = {name: body["ApproximateCreationDateTime"] for name, body in received}
    assert moments == {"a": 1_800_000_000_250, "b": 1_800_000_000_250_000}


def test_a_folder_takes_a_line_for_each_record(db, tmp_path):
    db.engine.deliver = to_folder(tmp_path / "kinesis")
    enable(db)
    put(db, 1)
    put(db, 2)
    lines = (tmp_path / "kinesis" / "changes.jsonl").read_text().splitlines()
    values = [json.loads(line)["dynamodb"]["NewImage"]["v"]["N"] for line in lines]
    assert values == ["1", "2"]


def test_a_destination_that_is_switched_off_takes_nothing_more(db):
    received = []
    db.engine.deliver = lambda arn, record: received.append((arn, record["eventName"]))
    enable(db, "off")
    enable(db, "on")
    request = {"TableName": "Things", "StreamArn": STREAM.format("off")}
    db.call("DisableKinesisStreamingDestination", request)
    put(db, 1)
    assert received == [(STREAM.format("on"), "INSERT")]
