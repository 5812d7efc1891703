"""Laws of the local engine: it agrees with a dict, and pages visit every item once."""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from engine_requests import create, index, n, pages, s
from tablewright.local.database import Database
from tablewright.local.faults import ConditionalCheckFailedException, TransactionCanceledException

partitions = st.sampled_from(["p", "q", "p\x00", "é"])
sorts = st.sampled_from(["-2", "-1.5", "0", "0.01", "3", "20"])
texts = st.sampled_from(["", "x", "yy"])
index_values = st.none() | st.sampled_from(["g", "h"])


def item_of(pk: str, sk: str, g: str | None, text: str) -> dict[str, Any]:
    item = {"pk": s(pk), "sk": n(sk), "text": s(text)}
    if g is not None:
        item["g"] = s(g)
    return item


class EngineAgreesWithDict(RuleBasedStateMachine):
    """Random operations on one table with two indexes, each also done to a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.db = Database()
        create(
            self.db,
            keys="pk:S sk:N",
            others="g:S text:S",
            gsi=[index("gsi", "g", "sk", "KEYS_ONLY")],
            lsi=[index("lsi", "pk", "g")],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "N"},
                {"AttributeName": "g", "AttributeType": "S"},
            ],
        )
        self.items: dict[tuple[str, str], dict[str, Any]] = {}

    def teardown(self) -> None:
        self.db.close()

    @rule(pk=partitions, sk=sorts, g=index_values, text=texts)
    def put(self, pk: str, sk: str, g: str | None, text: str) -> None:
        item = item_of(pk, sk, g, text)
        reply = self.db.call(
            "PutItem", {"TableName": "items", "Item": item, "ReturnValues": "ALL_OLD"}
        )
        assert reply.get("Attributes") == self.items.get((pk, sk))
        self.items[pk, sk] = item

    @rule(pk=partitions, sk=sorts, g=index_values, text=texts)
    def put_if_absent(self, pk: str, sk: str, g: str | None, text: str) -> None:
        item = item_of(pk, sk, g, text)
        request = {
            "TableName": "items",
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        try:
            self.db.call("PutItem", request)
            stored = True
        except ConditionalCheckFailedException:
            stored = False
        assert stored == ((pk, sk) not in self.items)
        self.items.setdefault((pk, sk), item)

    @rule(pk=partitions, sk=sorts)
    def delete(self, pk: str, sk: str) -> None:
        self.db.call("DeleteItem", {"TableName": "items", "Key": {"pk": s(pk), "sk": n(sk)}})
        self.items.pop((pk, sk), None)

    @rule(pk=partitions, sk=sorts, g=index_values)
    def update(self, pk: str, sk: str, g: str | None) -> None:
        request: dict[str, Any] = {"TableName": "items", "Key": {"pk": s(pk), "sk": n(sk)}}
        if g is None:
            request["UpdateExpression"] = "REMOVE g ADD hits :one"
            request["ExpressionAttributeValues"] = {":one": n(1)}
        else:
            request["UpdateExpression"] = "SET g = :g ADD hits :one"
            request["ExpressionAttributeValues"] = {":g": s(g), ":one": n(1)}
        self.db.call("UpdateItem", request)
        item = self.items.setdefault((pk, sk), {"pk": s(pk), "sk": n(sk)})
        item["hits"] = n(int(item.get("hits", n(0))["N"]) + 1)
        item.pop("g", None)
        if g is not None:
            item["g"] = s(g)

    @rule(
        pk=partitions,
        writes=st.dictionaries(sorts, st.tuples(index_values, texts) | st.none(), min_size=1),
        check=sorts,
    )
    def transact(self, pk: str, writes: dict[str, Any], check: str) -> None:
        actions: list[dict[str, Any]] = []
        for sk, write in writes.items():
            if write is None:
                key = {"pk": s(pk), "sk": n(sk)}
                actions.append({"Delete": {"TableName": "items", "Key": key}})
            else:
                actions.append({"Put": {"TableName": "items", "Item": item_of(pk, sk, *write)}})
        actions.append(
            {
                "ConditionCheck": {
                    "TableName": "items",
                    "Key": {"pk": s("checked"), "sk": n(check)},
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            }
        )
        if check == "3":
            actions[-1]["ConditionCheck"]["ConditionExpression"] = "attribute_exists(pk)"
        try:
            self.db.call("TransactWriteItems", {"TransactItems": actions})
        except TransactionCanceledException:
            assert check == "3"
            return
        assert check != "3"
        for sk, write in writes.items():
            if write is None:
                self.items.pop((pk, sk), None)
            else:
                self.items[pk, sk] = item_of(pk, sk, *write)

    @rule(pk=partitions, limit=st.integers(1, 4), backwards=st.booleans())
    def query(self, pk: str, limit: int, backwards: bool) -> None:
        request = {
            "TableName": "items",
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": {":p": s(pk)},
            "Limit": limit,
            "ScanIndexForward": not backwards,
        }
        found = [item for page in pages(self.db, "Query", request) for item in page]
        expected = [item for (p, _), item in self.items.items() if p == pk]
        expected.sort(key=lambda item: float(item["sk"]["N"]), reverse=backwards)
        assert found == expected

    @rule(g=st.sampled_from(["g", "h"]), limit=st.integers(1, 3))
    def query_global_index(self, g: str, limit: int) -> None:
        request = {
            "TableName": "items",
            "IndexName": "gsi",
            "KeyConditionExpression": "g = :g",
            "ExpressionAttributeValues": {":g": s(g)},
            "Limit": limit,
        }
        found = [item for page in pages(self.db, "Query", request) for item in page]
        expected = [
            {name: item[name] for name in ("pk", "sk", "g")}
            for item in self.items.values()
            if item.get("g") == s(g)
        ]
        sk = [float(item["sk"]["N"]) for item in found]
        assert sk == sorted(sk)
        assert sorted(map(repr, map(_ordered, found))) == sorted(map(repr, map(_ordered, expected)))

    @invariant()
    def scan_finds_exactly_the_items(self) -> None:
        for name, size in (("items", None), ("lsi", "g")):
            request: dict[str, Any] = {"TableName": "items", "Limit": 3}
            if name != "items":
                request["IndexName"] = name
            found = [item for page in pages(self.db, "Scan", request) for item in page]
            expected = [item for item in self.items.values() if size is None or size in item]
            assert sorted(map(repr, map(_ordered, found))) == sorted(
                map(repr, map(_ordered, expected))
            )

    @invariant()
    def counts_are_those_of_the_items(self) -> None:
        table = self.db.call("DescribeTable", {"TableName": "items"})["Table"]
        assert table["ItemCount"] == len(self.items)
        assert table["LocalSecondaryIndexes"][0]["ItemCount"] == sum(
            "g" in item for item in self.items.values()
        )


def _ordered(item: dict[str, Any]) -> list[Any]:
    return sorted(item.items())


EngineAgreesWithDict.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None
)
test_engine_agrees_with_a_dict = EngineAgreesWithDict.TestCase


@settings(max_examples=30, deadline=None)
@given(
    st.sets(st.tuples(st.binary(min_size=1, max_size=3), st.binary(min_size=1, max_size=3))),
    st.integers(1, 7),
    st.integers(1, 5),
)
def test_segmented_scans_in_pages_visit_each_item_once(keys, limit, segments):
    with Database() as db:
        create(db, keys="pk:B sk:B")
        encoded = [tuple(base64.b64encode(part).decode() for part in key) for key in keys]
        for pk, sk in encoded:
            db.call("PutItem", {"TableName": "items", "Item": {"pk": {"B": pk}, "sk": {"B": sk}}})
        seen = []
        for segment in range(segments):
            request = {
                "TableName": "items",
                "Limit": limit,
                "Segment": segment,
                "TotalSegments": segments,
            }
            for page in pages(db, "Scan", request):
                seen += [(item["pk"]["B"], item["sk"]["B"]) for item in page]
        assert sorted(seen) == sorted(encoded)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=3), max_size=12, unique=True), st.data())
def test_sort_key_ranges_are_those_of_unsigned_bytes(sorts, data):
    with Database() as db:
        create(db, keys="pk:S sk:B")
        for raw in sorts:
            item = {"pk": s("a"), "sk": {"B": base64.b64encode(raw).decode()}}
            db.call("PutItem", {"TableName": "items", "Item": item})
        low, high = sorted(
            data.draw(st.lists(st.binary(min_size=1, max_size=3), min_size=2, max_size=2))
        )
        tests = {
            "sk > :v": lambda raw: raw > low,
            "sk >= :v": lambda raw: raw >= low,
            "sk < :v": lambda raw: raw < low,
            "sk <= :v": lambda raw: raw <= low,
            "begins_with(sk, :v)": lambda raw: raw.startswith(low),
            "sk BETWEEN :v AND :w": lambda raw: low <= raw <= high,
        }
        for condition, wanted in tests.items():
            values = {":p": s("a"), ":v": {"B": base64.b64encode(low).decode()}}
            if ":w" in condition:
                values[":w"] = {"B": base64.b64encode(high).decode()}
            request = {
                "TableName": "items",
                "KeyConditionExpression": f"pk = :p AND {condition}",
                "ExpressionAttributeValues": values,
                "Limit": 2,
            }
            found = [item["sk"]["B"] for page in pages(db, "Query", request) for item in page]
            assert found == [base64.b64encode(r).decode() for r in sorted(filter(wanted, sorts))]
