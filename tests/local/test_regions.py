"""Regions: ARNs name theirs, and two of them still word errors the older way."""

import pytest

from tablewright.local.database import Database
from tablewright.local.faults import ValidationException

TABLE = {
    "TableName": "Things",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def refusal(region, operation, request):
    with Database(region=region) as db:
        db.call("CreateTable", TABLE)
        with pytest.raises(ValidationException) as caught:
            db.call(operation, request)
        return caught.value.message


def test_arns_name_the_region():
    with Database(region="eu-north-1") as db:
        table = db.call("CreateTable", TABLE)["TableDescription"]
    assert table["TableArn"] == "arn:aws:dynamodb:eu-north-1:000000000000:table/Things"


@pytest.mark.parametrize(
    ("region", "message"),
    [
        (
            "us-east-1",
            "1 validation error detected: One or more parameter values were invalid: Null "
            "attribute value types must have the value of true",
        ),
        (
            "me-central-1",
            "One or more parameter values were invalid: Null attribute value types must have the "
            "value of true",
        ),
    ],
)
def test_a_null_that_is_not_true_is_worded_by_region(region, message):
    item = {"pk": {"S": "a"}, "x": {"NULL": False}}
    assert refusal(region, "PutItem", {"TableName": "Things", "Item": item}) == message


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ("us-east-1", "The requestItems parameter is required for BatchWriteItem"),
        (
            "eu-central-1",
            "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
    ],
)
def test_an_empty_batch_is_worded_by_region(region, message):
    assert refusal(region, "BatchWriteItem", {"RequestItems": {}}) == message


def test_older_regions_read_numbers_the_older_way():
    item = {"pk": {"S": "a"}, "x": {"N": "1e2147483648"}}
    request = {"TableName": "Things", "Item": item}
    assert refusal("eu-south-2", "PutItem", request) == (
        "The parameter cannot be converted to a numeric value: 1e2147483648"
    )
