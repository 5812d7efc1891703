"""Requests to paste: valid Python, valid shell."""

from __future__ import annotations

import ast
import json
import re
import shlex
from decimal import Decimal

import botocore.session
import pytest
from botocore.validate import ParamValidator

from tablewright import read_model
from tablewright.evaluation.values import Request
from tablewright.reports.snippets import python_text, shell_text
from tablewright.session import Session
from tablewright.verbs.explain import example_requests
from tablewright.verbs.shortening import shortened

QUERY = Request(
    operation="Query",
    target="orders/by-status",
    template={
        "TableName": "orders",
        "IndexName": "by-status",
        "KeyConditionExpression": "#status = :status",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {":status": {"S": "it's open"}, ":raw": {"B": b"\x00\x01"}},
        "Limit": Decimal(10),
    },
)


def test_a_request_in_python_is_one_call_with_the_same_parameters():
    call = ast.parse(python_text(QUERY)).body[0].value
    assert ast.unparse(call.func) == "client.query"
    given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    assert given == {**QUERY.template, "Limit": 10}


def test_long_parameters_are_broken_over_lines():
    assert max(map(len, python_text(QUERY).splitlines())) <= 100


def test_a_request_for_the_shell_is_one_quoted_json_argument():
    words = shlex.split(shell_text(QUERY))
    assert words[:4] == ["aws", "dynamodb", "query", "--cli-input-json"]
    sent = json.loads(words[4])
    assert sent["ExpressionAttributeValues"][":status"] == {"S": "it's open"}
    assert sent["ExpressionAttributeValues"][":raw"] == {"B": "AAE="}
    assert len(words) == 5


def test_cutting_long_values_leaves_expressions_and_names_alone():
    request = Request(
        operation="UpdateItem",
        target="t",
        template={
            "UpdateExpression": "SET #a = :a, " + ", ".join(f"#b{n} = :b{n}" for n in range(20)),
            "ExpressionAttributeValues": {":a": {"S": "x" * 500}},
        },
    )
    cut = shortened(request).template
    assert cut["UpdateExpression"] == request.template["UpdateExpression"]
    assert len(cut["ExpressionAttributeValues"][":a"]["S"]) == 40


LONG = {"S": "x" * 50}
CUT = {"S": "x" * 37 + "..."}


def test_keys_and_conditions_are_never_cut():
    update = {
        "TableName": "t",
        "Key": {"id": LONG},
        "ConditionExpression": "#seen = :seen",
        "UpdateExpression": "SET #seen = :next, #by = :by, #text = :text",
        "ExpressionAttributeNames": {"#seen": "seen", "#by": "by", "#text": "text"},
        "ExpressionAttributeValues": {":seen": LONG, ":next": LONG, ":by": LONG, ":text": LONG},
    }
    put = {"TableName": "t", "Item": {"id": LONG, "by": LONG, "text": LONG}}
    query = {
        "KeyConditionExpression": "#id = :id",
        "FilterExpression": "begins_with(#text, :start)",
        "ExpressionAttributeValues": {":id": LONG, ":start": LONG},
    }
    request = Request(
        operation="TransactWriteItems",
        target="t",
        template={"TransactItems": [{"Update": update}, {"Put": put}], **query},
        keys=("id", "by"),
    )
    cut = shortened(request).template
    changed, stored = (next(iter(part.values())) for part in cut["TransactItems"])
    assert changed == update | {
        "ExpressionAttributeValues": {":seen": LONG, ":next": CUT, ":by": LONG, ":text": CUT}
    }
    assert stored["Item"] == {"id": LONG, "by": LONG, "text": CUT}
    assert cut["ExpressionAttributeValues"] == query["ExpressionAttributeValues"]


def test_a_batch_keeps_its_keys_whole():
    batch = {"t": [{"PutRequest": {"Item": {"id": LONG, "text": LONG}}}]}
    gets = {"t": {"Keys": [{"id": LONG}]}}
    for given, cut in (
        (batch, {"t": [{"PutRequest": {"Item": {"id": LONG, "text": CUT}}}]}),
        (gets, gets),
    ):
        request = Request(
            operation="Batch", target="t", template={"RequestItems": given}, keys=("id",)
        )
        assert shortened(request).template == {"RequestItems": cut}


def test_binary_values_are_bytes_in_python():
    put = Request(operation="PutItem", target="t", template={"Item": {"raw": {"B": "AAE="}}})
    assert r"{'B': b'\x00\x01'}" in python_text(put)


@pytest.mark.parametrize("design", ["multi", "single"])
def test_the_requests_of_every_pattern_are_what_boto3_accepts(shop, design):
    session = Session(file=shop)
    evaluation = session.evaluate(design, 100)
    model = botocore.session.get_session().get_service_model("dynamodb")
    shown = 0
    for route in evaluation.routes:
        for request in example_requests(session, evaluation, route.pattern):
            call = ast.parse(python_text(shortened(request))).body[0].value
            given = {k.arg: ast.literal_eval(k.value) for k in call.keywords}
            shape = model.operation_model(request.operation).input_shape
            problems = ParamValidator().validate(given, shape)
            assert not problems.has_errors(), problems.generate_report()
            shown += 1
    served = [route for route in evaluation.routes if route.is_served]
    assert shown >= len(served) > 15  # what cannot be served, such as a search, has no requests


LITERALS = """
app: cabins
region: us-east-1
scales: [100]
entities:
  Cabin:
    key: id
    count: 50/user
    attributes: {id: uuid, country: country, people: int(1..99), built_at: timestamp}
patterns:
  small: {update: Cabin, by: id, set: built_at, if: {people: {lt: 50}}, rate: 1/user/day}
  few: {update: Cabin, by: id, set: built_at, if: {people: {ge: 3, le: 5}}, rate: 1/user/day}
  tenth: {list: Cabin, where: {country: given, built_at: {between: 10%}}, rate: 1/user/day}
designs:
  d:
    engine: dynamodb
    tables:
      cabins:
        key: id
        items: Cabin
        indexes:
          by-people: {key: [country, people], project: all}
          by-age: {key: [country, built_at], project: all}
"""


def literals(pattern: str) -> tuple[str, list[str]]:
    """Return the condition of a request, and the values it compares with."""
    session = Session(file=read_model(LITERALS))
    [request] = example_requests(session, session.evaluate("d", 100), pattern)
    template = request.template
    condition = template.get("KeyConditionExpression") or template["ConditionExpression"]
    values = template["ExpressionAttributeValues"]
    return condition, [next(iter(values[name].values())) for name in re.findall(r":\w+", condition)]


def test_bounds_that_a_file_states_are_printed_as_they_are():
    condition, values = literals("small")
    assert "#people < :" in condition
    assert values == ["50"]
    condition, values = literals("few")
    assert "#people >= :" in condition
    assert "#people <= :" in condition
    assert sorted(values) == ["3", "5"]


def test_a_stretch_is_printed_with_two_bounds_the_lower_first():
    condition, values = literals("tenth")
    assert "BETWEEN" in condition
    _, low, high = values
    assert low < high
