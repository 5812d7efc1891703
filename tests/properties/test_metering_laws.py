"""Units of random requests, worked out again from the rules, without the package's arithmetic.

The rules (published, or captured from the service): an item or an entry counts its names and
values; a write costs the larger image in whole kilobytes; an index entry that appears or goes costs
its size, one that stays costs the larger of its images if it changed and nothing if not, one that
moves costs both.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine_requests import arms, create, index, n, s
from tablewright.local.database import Database

SIZES = [0, 1, 400, 1000, 1010, 1024, 1500, 3000]
INDEXES = {"included": ("g", "p"), "keys": ("g",), "everything": None}

operations = st.lists(
    st.tuples(
        st.sampled_from(["put", "set", "remove", "delete"]),
        st.sampled_from(["a", "b"]),
        st.dictionaries(
            st.sampled_from(["g", "p", "rest"]),
            st.tuples(st.sampled_from("xyé"), st.sampled_from(SIZES[1:])),
            max_size=3,
        ),
        st.sampled_from(["g", "p", "rest"]),
    ),
    max_size=12,
)

Item = dict[str, dict[str, str]]


def size(item: Item) -> int:
    total = 0
    for name, value in item.items():
        total += len(name.encode())
        if "S" in value:
            total += len(value["S"].encode())
        else:
            total += 1 + (len(value["N"].rstrip("0")) + 1) // 2
    return total


def kilobytes(size_: int) -> int:
    return max(1, (size_ + 1023) // 1024)


def entry(item: Item | None, names: tuple[str, ...] | None) -> Item | None:
    if item is None or "g" not in item:
        return None
    if names is None:
        return item
    return {name: value for name, value in item.items() if name in ("pk", "number", *names)}


def expected(old: Item | None, new: Item | None) -> dict[str, float]:
    images = [size(item) for item in (old, new) if item is not None]
    out: dict[str, float] = {"table": kilobytes(max(images, default=0))}
    for name, names in INDEXES.items():
        before, after = entry(old, names), entry(new, names)
        if before is None and after is None:
            continue
        if before is None or after is None:
            out[name] = kilobytes(size(before or after or {}))
        elif before["g"] != after["g"]:
            out[name] = kilobytes(size(before)) + kilobytes(size(after))
        elif before != after:
            out[name] = max(kilobytes(size(before)), kilobytes(size(after)))
    return out


@settings(max_examples=50, deadline=None)
@given(operations)
def test_every_write_costs_what_the_rules_say(steps):
    with Database() as db:
        create(
            db,
            keys="pk:S number:N",
            others="g:S",
            gsi=[
                index("included", "g", projection=["p"]),
                index("keys", "g", projection="KEYS_ONLY"),
                index("everything", "g"),
            ],
        )
        items: dict[str, Item] = {}
        for kind, pk, drawn, name in steps:
            key = {"pk": s(pk), "number": n(1200)}
            texts = {
                attribute: s(letter * (min(count, 1000) if attribute == "g" else count))
                for attribute, (letter, count) in drawn.items()
            }
            old = items.get(pk)
            new: Item | None = None
            request: dict[str, Any] = {"TableName": "items", "ReturnConsumedCapacity": "INDEXES"}
            if kind == "put":
                operation, new = "PutItem", {**key, **texts}
                request["Item"] = new
            elif kind == "delete":
                operation, request["Key"] = "DeleteItem", key
            elif kind == "set" and texts:
                operation, new = "UpdateItem", {**(old or key), **texts}
                request["UpdateExpression"] = "SET " + ", ".join(f"{a} = :{a}" for a in texts)
                request["ExpressionAttributeValues"] = {f":{a}": v for a, v in texts.items()}
                request["Key"] = key
            else:
                operation = "UpdateItem"
                new = {a: v for a, v in (old or key).items() if a != name}
                request["UpdateExpression"] = f"REMOVE {name}"
                request["Key"] = key
            assert arms(db.call(operation, request)) == expected(old, new)
            if new is None:
                items.pop(pk, None)
            else:
                items[pk] = new


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.sampled_from([0, 50, 400, 4000, 8300, 100_000]), max_size=14),
    st.booleans(),
    st.integers(1, 5),
)
def test_pages_of_a_query_cost_the_bytes_they_read_rounded_once_a_page(sizes, strong, limit):
    with Database() as db:
        create(db, keys="pk:S sk:N")
        stored = []
        for at, count in enumerate(sizes):
            item = {"pk": s("a"), "sk": n(at), "text": s("x" * count)}
            db.call("PutItem", {"TableName": "items", "Item": item})
            # names 2 + 2 + 4, "a" 1, the number 0 is 1 byte, 1 to 13 are 2, but 10 is 2 too
            stored.append(9 + count + (1 if at == 0 else 2))
        request = {
            "TableName": "items",
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": {":p": s("a")},
            "ConsistentRead": strong,
            "Limit": limit,
            "ReturnConsumedCapacity": "TOTAL",
        }
        at = 0
        while True:
            reply = db.call("Query", request)
            page = stored[at : at + limit]
            blocks = max(1, (sum(page) + 4095) // 4096)
            units = reply["ConsumedCapacity"]["CapacityUnits"]
            assert units == (blocks if strong else blocks / 2)
            at += limit
            if "LastEvaluatedKey" not in reply:
                break
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]
        assert at >= len(stored)
