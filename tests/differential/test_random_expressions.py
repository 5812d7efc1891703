"""Random expressions against DynamoDB Local: the same answer, or a refusal in the same words.

Left out of the comparison, because DynamoDB Local prints them in no fixed order, or names another
of two mistakes: sets of types, the two paths of an overlap, and which of two sections of an update
is refused first.
"""

from __future__ import annotations

import contextlib
import http.client
import re
from collections.abc import Iterator

import peers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import strategies as drawn
from differential.test_differential import caller, engine_or_skip
from tablewright.local.database import Database
from tablewright.local.faults import Fault

pytestmark = [pytest.mark.needs_server, pytest.mark.needs_java, pytest.mark.slow]

RELAXED = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
KEY = {"pk": {"S": "x"}}
TABLE = {
    "TableName": "Things",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


class Both:
    """Two engines that get the same requests."""

    def __init__(self, ours, theirs):
        self.ours, self._call = ours, theirs
        self.theirs("CreateTable", TABLE)
        ours.call("CreateTable", TABLE)

    def theirs(self, operation, request):
        status, reply = self._call(operation, request)
        message = reply.get("message") or reply.get("Message") if status != 200 else None
        return message, reply

    def answers(self, operation, request):
        """The message of a refusal, or the reply, of each."""
        message, reply = self.theirs(operation, {"TableName": "Things", **request})
        try:
            ours = self.ours.call(operation, {"TableName": "Things", **request})
        except Fault as fault:
            ours = fault.message
        return comparable(ours), comparable(reply if message is None else message)

    def put(self, item):
        """Store an item in both; False if it is none."""
        ours, theirs = self.answers("PutItem", {"Item": {**item, **KEY}})
        return ours == theirs == {}


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    engine = engine_or_skip("dynamodb-local")
    with peers.running(engine) as server, Database() as database:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        with contextlib.closing(connection):
            yield Both(database, caller(connection))


def comparable(answer):
    """An answer without what DynamoDB Local words differently from run to run."""
    if isinstance(answer, str):
        answer = re.sub(r"Two document paths \w+ .*", "Two document paths …", answer)
        answer = re.sub(r"operator: (ADD|DELETE), operand type.*", "operator: …", answer)
        answer = re.sub(r"operand type: \{.*\}", "operand type: …", answer)
        return re.sub(r"valid types: \{.*\}", "valid types: …", answer)
    return without_order(answer)


def without_order(value):
    """A reply in which the members of sets have one order."""
    if isinstance(value, dict):
        return {
            name: sorted(inner) if name in ("SS", "NS", "BS") else without_order(inner)
            for name, inner in value.items()
        }
    return [without_order(inner) for inner in value] if isinstance(value, list) else value


def placeholders(text, values):
    """The names and values of the request that an expression uses."""
    members = {}
    used = {name: values[name] for name in set(re.findall(r":v\d", text)) if name in values}
    if used:
        members["ExpressionAttributeValues"] = used
    if "#n0" in text:
        members["ExpressionAttributeNames"] = {"#n0": "a"}
    return members


@RELAXED
@given(tree=drawn.conditions, item=drawn.items, values=drawn.value_maps)
def test_conditions_hold_for_the_same_items(both, tree, item, values):
    if both.put(item):
        text = str(tree)
        request = {"FilterExpression": text, "Select": "COUNT", **placeholders(text, values)}
        ours, theirs = both.answers("Scan", request)
        assert ours == theirs


@RELAXED
@given(tree=drawn.updates, item=drawn.items, values=drawn.value_maps)
def test_updates_leave_the_same_item(both, tree, item, values):
    if both.put(item):
        text = str(tree)
        request = {
            "Key": KEY,
            "UpdateExpression": text,
            "ReturnValues": "ALL_NEW",
            **placeholders(text, values),
        }
        ours, theirs = both.answers("UpdateItem", request)
        if isinstance(ours, str) and isinstance(theirs, str) and {ours, theirs} <= AT_THE_ITEM:
            return  # of two mistakes at the item either may be told
        if "if_not_exists" in text and theirs == MISSING and not isinstance(ours, str):
            return  # DynamoDB Local reads the second operand even if it is not wanted
        assert ours == theirs


MISSING = "The provided expression refers to an attribute that does not exist in the item"
AT_THE_ITEM = {
    MISSING,
    "The document path provided in the update expression is invalid for update",
    "An operand in the update expression has an incorrect data type",
}


@RELAXED
@given(paths=st.lists(drawn.paths, min_size=1, max_size=3), item=drawn.items)
def test_projections_take_the_same_parts(both, paths, item):
    if both.put(item):
        text = ", ".join(map(str, paths))
        request = {"Key": KEY, "ProjectionExpression": text, **placeholders(text, {})}
        ours, theirs = both.answers("GetItem", request)
        assert ours == theirs


@RELAXED
@given(text=drawn.expression_texts, values=drawn.value_maps)
def test_any_text_is_refused_in_the_same_words(both, text, values):
    if not text or any(ord(one) < 0x20 or ord(one) > 0xFF for one in text):
        return
    members = placeholders(text, values)
    request = {"FilterExpression": text, "Select": "COUNT", **members}
    ours, theirs = both.answers("Scan", request)
    assert isinstance(ours, str) == isinstance(theirs, str)
    if isinstance(ours, str):
        assert ours == theirs
    members.pop("ExpressionAttributeValues", None)
    ours, theirs = both.answers("Scan", {"ProjectionExpression": text, **members})
    if isinstance(ours, str) or isinstance(theirs, str):
        assert ours == theirs
