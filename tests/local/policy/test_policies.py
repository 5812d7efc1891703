"""Policies: what documents say, and what requests are allowed by them.

Cases follow the examples of the Developer Guide, "Using IAM policy conditions for fine-grained
access control", and the IAM User Guide, "Policy evaluation logic".
"""

import json

import pytest

from tablewright.local.database import Database
from tablewright.local.faults import AccessDeniedException
from tablewright.local.policy import PolicyError, evaluate, read_policy

ORDERS = "arn:aws:dynamodb:us-east-1:000000000000:table/Orders"


def allow(actions, resource=ORDERS, **condition):
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def policy(*statements):
    return read_policy({"Version": "2012-10-17", "Statement": list(statements)})


def is_allowed(rules, action, resource=ORDERS, **context):
    known = {key.replace("_", ":"): values for key, values in context.items()}
    return evaluate([rules], action=f"dynamodb:{action}", resource=resource, context=known)


def test_nothing_is_allowed_unless_a_statement_does():
    rules = policy(allow("dynamodb:GetItem"))
    assert is_allowed(rules, "GetItem").is_allowed
    refused = is_allowed(rules, "PutItem")
    assert refused.reason == "because no identity-based policy allows the dynamodb:PutItem action"


def test_an_explicit_denial_wins_over_any_permission():
    rules = policy(allow("dynamodb:*"), {**allow("dynamodb:DeleteTable"), "Effect": "Deny"})
    assert is_allowed(rules, "PutItem").is_allowed
    assert is_allowed(rules, "DeleteTable").reason == (
        "with an explicit deny in an identity-based policy"
    )


@pytest.mark.parametrize(
    ("pattern", "resource", "matches"),
    [
        (ORDERS, ORDERS, True),
        (ORDERS, f"{ORDERS}/index/by_day", False),  # an index is a resource of its own
        (f"{ORDERS}/index/*", f"{ORDERS}/index/by_day", True),
        ("arn:aws:dynamodb:*:*:table/Ord?rs", ORDERS, True),
        ("arn:aws:dynamodb:*:*:table/orders", ORDERS, False),  # case counts
    ],
)
def test_resources_match_by_pattern(pattern, resource, matches):
    assert is_allowed(policy(allow("dynamodb:Query", pattern)), "Query", resource).is_allowed is (
        matches
    )


def test_not_action_allows_everything_else():
    rules = policy({"Effect": "Allow", "NotAction": "dynamodb:Delete*", "Resource": "*"})
    assert is_allowed(rules, "PutItem").is_allowed
    assert not is_allowed(rules, "DeleteItem").is_allowed


LEADING = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}


def test_leading_keys_bind_a_caller_to_its_own_items():
    rules = policy(allow("dynamodb:Query", **LEADING))
    alone = is_allowed(rules, "Query", aws_username=("ada",), dynamodb_leadingkeys=("ada",))
    both = is_allowed(rules, "Query", aws_username=("ada",), dynamodb_leadingkeys=("ada", "bob"))
    assert (alone.is_allowed, both.is_allowed) == (True, False)


def test_for_all_values_holds_for_an_absent_key_and_for_any_value_does_not():
    every = policy(allow("dynamodb:Scan", **LEADING))
    any_of = policy(
        allow("dynamodb:Scan", **{"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": "ada"}})
    )
    assert is_allowed(every, "Scan").is_allowed
    assert not is_allowed(any_of, "Scan").is_allowed


@pytest.mark.parametrize(
    ("operator", "value", "known", "holds"),
    [
        ("StringLike", "ord-*", "ord-7", True),
        ("StringNotEquals", "a", "b", True),
        ("StringNotEquals", "a", None, True),  # a negation holds for an absent key
        ("StringEquals", "a", None, False),
        ("StringEqualsIfExists", "a", None, True),
        ("Null", "true", None, True),
        ("Null", "false", None, False),
        ("NumericLessThan", "10", "9", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericGreaterThanEquals", "10", "x", False),  # no number: no match
        ("DateLessThan", "2026-12-01T00:00:00Z", "2026-11-30T23:59:59Z", True),
        ("Bool", "true", "TRUE", True),
        ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
        ("NotIpAddress", "10.0.0.0/8", "10.1.2.3", False),
        ("ArnLike", "arn:aws:iam::*:role/dev-*", "arn:aws:iam::1:role/dev-a", True),
    ],
)
def test_operators_compare_as_the_iam_guide_says(operator, value, known, holds):
    rules = policy(allow("dynamodb:GetItem", **{operator: {"aws:Key": value}}))
    context = {} if known is None else {"aws_key": (known,)}
    assert is_allowed(rules, "GetItem", **context).is_allowed is holds


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("nonsense", "it is not JSON"),
        ({"Statement": []}, "Statement must be"),
        ({"Statement": {"Effect": "Maybe", "Action": "*", "Resource": "*"}}, "Effect must be"),
        ({"Statement": {"Effect": "Allow", "Resource": "*"}}, "needs either Action or NotAction"),
        ({"Statement": allow("*", Like={"a": "b"})}, "unknown condition operator Like"),
        ({"Statement": {**allow("*"), "When": {}}}, "unknown members: When"),
        ({"Statement": {**allow("*"), "Principal": "*"}}, "may not have a Principal"),
    ],
)
def test_what_is_no_policy_is_refused_with_the_reason(document, message):
    with pytest.raises(PolicyError, match=message):
        read_policy(document)


# Requests


@pytest.fixture
def db():
    with Database() as database:
        database.call(
            "CreateTable",
            {
                "TableName": "Orders",
                "AttributeDefinitions": [{"AttributeName": "user", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "user", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
        yield database


def key(user):
    return {"user": {"S": user}}


def test_a_database_with_policies_refuses_what_they_do_not_allow(db):
    db.policies = (policy(allow(["dynamodb:GetItem", "dynamodb:PutItem"], **LEADING)),)
    db.call("PutItem", {"TableName": "Orders", "Item": key("local")})
    with pytest.raises(AccessDeniedException) as caught:
        db.call("PutItem", {"TableName": "Orders", "Item": key("bob")})
    assert caught.value.message == (
        "User: arn:aws:iam::000000000000:user/local is not authorized to perform: "
        f"dynamodb:PutItem on resource: {ORDERS} because no identity-based policy allows the "
        "dynamodb:PutItem action"
    )
    db.policies = None
    assert db.call("Scan", {"TableName": "Orders", "Select": "COUNT"})["Count"] == 1


REQUESTS = [
    ("GetItem", {"TableName": "Orders", "Key": key("{}")}),
    ("BatchGetItem", {"RequestItems": {"Orders": {"Keys": [key("{}")]}}}),
    ("BatchWriteItem", {"RequestItems": {"Orders": [{"PutRequest": {"Item": key("{}")}}]}}),
    (
        "TransactWriteItems",
        {"TransactItems": [{"Delete": {"TableName": "Orders", "Key": key("{}")}}]},
    ),
    (
        "Query",
        {
            "TableName": "Orders",
            "KeyConditionExpression": "#u = :u",
            "ExpressionAttributeNames": {"#u": "user"},
            "ExpressionAttributeValues": {":u": {"S": "{}"}},
        },
    ),
    ("ExecuteStatement", {"Statement": "SELECT * FROM Orders WHERE \"user\" = '{}'"}),
    ("ExecuteStatement", {"Statement": "INSERT INTO Orders VALUE {{'user': '{}', 'n': 1}}"}),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "request_form"), REQUESTS)
def test_leading_keys_are_read_from_every_kind_of_request(db, operation, request_form):
    db.policies = (policy(allow("dynamodb:*", **LEADING)),)
    text = json.dumps(request_form)
    for user, is_refused in (("local", False), ("bob", True)):
        filled = json.loads(text.replace("{}", user).replace("{{", "{").replace("}}'", "}'"))
        if "INSERT" in text:
            filled["Statement"] = f"INSERT INTO Orders VALUE {{'user': '{user}', 'n': 1}}"
        if is_refused:
            with pytest.raises(AccessDeniedException):
                db.call(operation, filled)
        else:
            db.call(operation, filled)


def test_attributes_are_read_from_expressions_and_items(db):
    only = {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["user", "name"]}}
    db.policies = (policy(allow("dynamodb:*", **only)),)
    db.call("PutItem", {"TableName": "Orders", "Item": {**key("a"), "name": {"S": "Ada"}}})
    request = {"TableName": "Orders", "Key": key("a"), "ProjectionExpression": "#s"}
    with pytest.raises(AccessDeniedException):
        db.call("GetItem", {**request, "ExpressionAttributeNames": {"#s": "secret"}})
    db.call("GetItem", {**request, "ExpressionAttributeNames": {"#s": "name"}})
    with pytest.raises(AccessDeniedException):
        db.call(
            "UpdateItem",
            {
                "TableName": "Orders",
                "Key": key("a"),
                "UpdateExpression": "SET secret.x = :v",
                "ExpressionAttributeValues": {":v": {"N": "1"}},
            },
        )


def test_the_policy_of_a_table_allows_beside_those_of_the_caller(db):
    open_to_all = {
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::000000000000:user/local"},
            "Action": "dynamodb:GetItem",
            "Resource": ORDERS,
        }
    }
    document = json.dumps(open_to_all)
    db.call("PutResourcePolicy", {"ResourceArn": ORDERS, "Policy": document})
    db.policies = (policy(allow("dynamodb:PutItem")),)
    db.call("GetItem", {"TableName": "Orders", "Key": key("a")})
    with pytest.raises(AccessDeniedException):
        db.call("DeleteItem", {"TableName": "Orders", "Key": key("a")})


def test_what_the_policy_of_a_table_denies_is_refused_without_policies_of_the_caller(db):
    no_deletes = {
        "Statement": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "dynamodb:DeleteItem",
            "Resource": ORDERS,
        }
    }
    assert db.policies is None
    db.call("DeleteItem", {"TableName": "Orders", "Key": key("a")})
    db.call("PutResourcePolicy", {"ResourceArn": ORDERS, "Policy": json.dumps(no_deletes)})
    with pytest.raises(AccessDeniedException, match="explicit deny in a resource-based policy"):
        db.call("DeleteItem", {"TableName": "Orders", "Key": key("a")})
    db.call("GetItem", {"TableName": "Orders", "Key": key("a")})
    assert db.call("ListTables", {}) == {"TableNames": ["Orders"]}
    db.call("DeleteResourcePolicy", {"ResourceArn": ORDERS})
    db.call("DeleteItem", {"TableName": "Orders", "Key": key("a")})


def test_a_transaction_needs_the_action_of_each_member(db):
    db.policies = (policy(allow(["dynamodb:PutItem", "dynamodb:ConditionCheckItem"])),)
    put = {"Put": {"TableName": "Orders", "Item": key("a")}}
    db.call("TransactWriteItems", {"TransactItems": [put]})
    delete = {"Delete": {"TableName": "Orders", "Key": key("b")}}
    with pytest.raises(AccessDeniedException, match="dynamodb:DeleteItem"):
        db.call("TransactWriteItems", {"TransactItems": [put, delete]})


def test_lists_need_permission_for_everything(db):
    db.policies = (policy(allow("dynamodb:*")),)  # on one table
    with pytest.raises(AccessDeniedException, match="dynamodb:ListTables on resource: \\*"):
        db.call("ListTables", {})
    db.policies = (policy(allow("dynamodb:ListTables", "*")),)
    assert db.call("ListTables", {}) == {"TableNames": ["Orders"]}
