"""Large sources: many tables, a table of a billion items, missing permissions."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sources.importing import imported
from tablewright.sources.dynamodb_live import read_client
from tablewright.sources.inference import build
from tablewright.sources.source import ReadOptions


class Account:
    """An account whose tables are as large as one says; it counts what is read."""

    def __init__(self, tables: int, items: int, denied: tuple[str, ...] = ()) -> None:
        self.count, self.items, self.denied = tables, items, denied
        self.read = 0
        self.segments: set[int] = set()

    def list_tables(self, ExclusiveStartTableName: str = "") -> dict[str, Any]:  # noqa: N803
        start = (
            int(ExclusiveStartTableName.rpartition("-")[2]) + 1 if ExclusiveStartTableName else 0
        )
        names = [f"table-{n}" for n in range(start, min(start + 100, self.count))]
        reply: dict[str, Any] = {"TableNames": names}
        if start + 100 < self.count:
            reply["LastEvaluatedTableName"] = names[-1]
        return reply

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        self._refuse("DescribeTable")
        key = {"AttributeName": "id", "KeyType": "HASH"}
        return {"Table": {"TableName": TableName, "KeySchema": [key], "ItemCount": self.items}}

    def describe_time_to_live(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        self._refuse("DescribeTimeToLive")
        return {}

    def describe_continuous_backups(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        return {}

    def scan(self, **arguments: Any) -> dict[str, Any]:
        self._refuse("Scan")
        self.segments.add(arguments.get("Segment", 0))
        count = arguments["Limit"]
        first = self.read
        self.read += count
        items = [{"id": {"S": f"k{first + n}"}, "size": {"N": "5"}} for n in range(count)]
        return {
            "Items": items,
            "LastEvaluatedKey": {"id": {"S": "k"}},
            "ConsumedCapacity": {"CapacityUnits": Decimal(count)},
        }

    def _refuse(self, operation: str) -> None:
        if operation in self.denied:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, operation)


def test_of_a_table_of_a_billion_items_only_the_sample_is_read() -> None:
    account = Account(1, 10**9)
    facts = read_client(account, "here", ReadOptions(sample=1_000, units=Decimal(10**6)))
    assert account.read == 1_000
    assert account.segments == set(range(8))  # pages from all parts of the table
    assert facts.stores[0].items == 10**9


def test_the_budget_of_read_units_ends_the_sampling() -> None:
    account = Account(1, 10**9)
    messages: list[str] = []
    read_client(account, "here", ReadOptions(sample=10**6, units=Decimal(500), say=messages.append))
    # Pages of 100 items at 100 units each: the fifth one uses the budget up.
    assert account.read == 500
    assert "at most 500 read units" in messages[0]
    assert "USD on demand" in messages[0]


def test_ten_thousand_tables_are_described() -> None:
    account = Account(10_000, 0)
    assert len(read_client(account, "here", ReadOptions(sample=0)).stores) == 10_000


def test_a_missing_permission_is_named_once_and_the_rest_is_read() -> None:
    account = Account(3, 100, denied=("DescribeTimeToLive", "Scan"))
    facts = read_client(account, "here", ReadOptions())
    assert len(facts.stores) == 3
    notes = [n for n in facts.notes if "is not allowed" in n]
    assert notes == [
        "the action dynamodb:DescribeTimeToLive is not allowed: what it tells is left out",
        "the action dynamodb:Scan is not allowed: what it tells is left out",
    ]


def template_of(path: Path, count: int) -> Path:
    """Write a template of as many tables, keyed alike."""
    key = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
           "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}  # fmt: skip
    tables = {
        f"T{n}": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": f"table-{n}", **key}}
        for n in range(count)
    }
    path.write_text(json.dumps({"Resources": tables}))
    return path


def test_of_more_tables_than_anybody_reads_the_first_are_taken_and_the_rest_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "MOST_TABLES", 5)
    path = template_of(tmp_path / "template.json", 12)
    result = imported(path)
    assert [table.name for table in result.draft.tables] == [f"table-{n}" for n in range(5)]
    (note,) = [n for n in result.notes if "tables were found" in n]
    assert note.startswith("12 tables were found: the first 5 are in the file")
    assert "--table" in note
    others = imported(path, tables=("table-7", "table-11")).draft.tables
    assert [table.name for table in others] == ["table-7", "table-11"]
