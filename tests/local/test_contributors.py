"""Contributor Insights: which keys are accessed and throttled most, counted by hand."""

import json
import urllib.request

import pytest

from tablewright.local.contributors import report
from tablewright.local.database import Database
from tablewright.local.faults import ConditionalCheckFailedException, Fault, ValidationException
from tablewright.local.realism import change_realism
from tablewright.local.server import in_background

TABLE = {
    "TableName": "Orders",
    "KeySchema": [
        {"AttributeName": "user", "KeyType": "HASH"},
        {"AttributeName": "no", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in (("user", "S"), ("no", "N"), ("state", "S"))
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-state",
            "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


def switch(db, action="ENABLE", **members):
    request = {"TableName": "Orders", "ContributorInsightsAction": action, **members}
    db.call("UpdateContributorInsights", request)


def put(db, user, number, **attributes):
    item = {"user": {"S": user}, "no": {"N": str(number)}}
    item.update({name: {"S": value} for name, value in attributes.items()})
    db.call("PutItem", {"TableName": "Orders", "Item": item})


@pytest.fixture
def db():
    with Database() as db:
        db.call("CreateTable", TABLE)
        yield db


def counts(db):
    """Contributors by index and rule."""
    return {
        (rule.get("IndexName", ""), rule["Rule"]): {
            "/".join(each["Keys"]): each["ApproximateAggregateValue"]
            for each in rule["Contributors"]
        }
        for rule in report(db.engine)["rules"]
    }


def test_accesses_are_counted_by_partition_and_by_item(db):
    put(db, "before", 1)
    switch(db)
    put(db, "ann", 1)
    put(db, "ann", 2)
    key = {"user": {"S": "ann"}, "no": {"N": "1"}}
    db.call("GetItem", {"TableName": "Orders", "Key": key})
    db.call("BatchGetItem", {"RequestItems": {"Orders": {"Keys": [key]}}})
    db.call(
        "Query",
        {
            "TableName": "Orders",
            "KeyConditionExpression": "#u = :u",
            "ExpressionAttributeNames": {"#u": "user"},
            "ExpressionAttributeValues": {":u": {"S": "bob"}},
        },
    )
    db.call("Scan", {"TableName": "Orders"})
    assert counts(db) == {
        # two puts, a get and a batch for ann; a query for bob; the scan names no key
        ("", "PKC"): {"ann": 4, "bob": 1},
        ("", "PKT"): {},
        ("", "SKC"): {"ann/1": 3, "ann/2": 1},
        ("", "SKT"): {},
    }
    (first, *_) = report(db.engine)["rules"]
    assert (first["AggregateValue"], first["ApproximateUniqueCount"]) == (5, 2)
    assert first["KeyLabels"] == ["user"]


def test_an_index_counts_its_own_keys(db):
    switch(db, IndexName="by-state")
    put(db, "ann", 1, state="open")
    put(db, "ann", 2)
    db.call(
        "Query",
        {
            "TableName": "Orders",
            "IndexName": "by-state",
            "KeyConditionExpression": "#s = :s",
            "ExpressionAttributeNames": {"#s": "state"},
            "ExpressionAttributeValues": {":s": {"S": "open"}},
        },
    )
    assert counts(db) == {("by-state", "PKC"): {"open": 2}, ("by-state", "PKT"): {}}


def test_a_refused_condition_is_an_access_and_an_invalid_request_is_none(db):
    switch(db)
    put(db, "ann", 1)
    refused = {
        "TableName": "Orders",
        "Item": {"user": {"S": "ann"}, "no": {"N": "1"}},
        "ConditionExpression": "attribute_not_exists(#n)",
        "ExpressionAttributeNames": {"#n": "no"},
    }
    with pytest.raises(ConditionalCheckFailedException):
        db.call("PutItem", refused)
    with pytest.raises(ValidationException):
        db.call("PutItem", {"TableName": "Orders", "Item": {"user": {"S": "ann"}}})
    assert counts(db)["", "PKC"] == {"ann": 2}


def test_throttled_keys_are_counted_apart(db):
    switch(db, ContributorInsightsMode="THROTTLED_KEYS")
    most = {"MaxWriteRequestUnits": 1}
    db.call("UpdateTable", {"TableName": "Orders", "OnDemandThroughput": most})
    change_realism(db, {"throughput": True})
    throttled = 0
    for _ in range(1000):
        try:
            put(db, "ann", 1)
        except Fault:
            throttled += 1
    assert throttled > 0
    assert counts(db) == {("", "PKT"): {"ann": throttled}, ("", "SKT"): {"ann/1": throttled}}


def test_what_is_switched_off_or_deleted_is_counted_no_more(db):
    switch(db)
    put(db, "ann", 1)
    switch(db, "DISABLE")
    assert counts(db) == {}
    assert db.engine.contributors == {}
    switch(db)
    db.call("DeleteTable", {"TableName": "Orders"})
    assert db.engine.contributors == {}


def test_counting_goes_on_from_nothing_when_the_database_is_opened_again(tmp_path):
    with Database(tmp_path / "app.db") as db:
        db.call("CreateTable", TABLE)
        switch(db)
        put(db, "ann", 1)
    with Database(tmp_path / "app.db") as db:
        put(db, "bob", 1)
        assert counts(db)["", "PKC"] == {"bob": 1}


def test_the_server_shows_what_was_counted(db):
    switch(db)
    put(db, "ann", 1)
    with (
        in_background(db) as server,
        urllib.request.urlopen(f"{server.url}/_tablewright/insights") as reply,
    ):
        shown = json.loads(reply.read())
    assert shown["rules"][0]["Contributors"] == [{"Keys": ["ann"], "ApproximateAggregateValue": 1}]
