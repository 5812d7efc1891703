"""Tags: added, replaced, removed, listed by ten; limits by the Developer Guide."""

import pytest

from tablewright.local.database import Database
from tablewright.local.faults import ResourceNotFoundException, ValidationException


@pytest.fixture
def db():
    with Database() as db:
        yield db


@pytest.fixture
def arn(db):
    found = db.call(
        "CreateTable",
        {
            "TableName": "Things",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            "Tags": [{"Key": "team", "Value": "core"}],
        },
    )
    return found["TableDescription"]["TableArn"]


def tag(db, arn, **tags):
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    db.call("TagResource", {"ResourceArn": arn, "Tags": listed})


def tags_of(db, arn):
    found = db.call("ListTagsOfResource", {"ResourceArn": arn})["Tags"]
    return {one["Key"]: one["Value"] for one in found}


def test_tags_are_added_replaced_and_removed(db, arn):
    tag(db, arn, team="data", stage="test")
    assert tags_of(db, arn) == {"team": "data", "stage": "test"}
    db.call("UntagResource", {"ResourceArn": arn, "TagKeys": ["team", "absent"]})
    assert tags_of(db, arn) == {"stage": "test"}


def test_tags_are_listed_by_ten(db, arn):
    tag(db, arn, **{f"k{number}": "v" for number in range(24)})
    seen, token = [], {}
    for _ in range(3):
        page = db.call("ListTagsOfResource", {"ResourceArn": arn, **token})
        seen += [one["Key"] for one in page["Tags"]]
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    assert token == {}
    assert sorted(seen) == sorted(["team", *(f"k{number}" for number in range(24))])


def test_tags_have_limits(db, arn):
    with pytest.raises(ValidationException):
        tag(db, arn, **{f"k{number}": "v" for number in range(50)})  # and `team` makes 51
    with pytest.raises(ValidationException):
        tag(db, arn, **{"aws:mine": "v"})
    with pytest.raises(ValidationException, match="Atleast one Tag needs to be provided"):
        tag(db, arn)
    assert tags_of(db, arn) == {"team": "core"}


def test_tags_need_a_table(db, arn):
    with pytest.raises(ResourceNotFoundException):
        tag(db, arn + "x", a="b")
    with pytest.raises(ValidationException, match="Invalid ResourceArn"):
        tag(db, "Things", a="b")
