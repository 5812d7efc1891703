"""Requests to paste: valid Python, valid shell."""

from __future__ import annotations

import ast
import json
import shlex
from decimal import Decimal

from tablewright.engines.base import Request
from tablewright.reports.snippets import python_text, shell_text

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
