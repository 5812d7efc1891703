"""Pytest fixtures: an embedded DynamoDB for each test, and boto3 clients of it without a socket.

Installed with the package; a test asks for them by name:

    def test_an_order_is_stored(dynamodb):
        dynamodb.create_table(...)

- `tablewright_database`: a fresh Database in memory;
- `dynamodb`: a boto3 client of it;
- `dynamodb_resource`: a boto3 resource of it;
- `tablewright_bill`: the running bill of what the test has done so far.

All four are of one database, so that a test may use them together. Nothing leaves the process, and
neither credentials nor a region need to be configured.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tablewright.local.bill import RunningBill
    from tablewright.local.database import Database


@pytest.fixture
def tablewright_database() -> Iterator[Database]:
    """A fresh Database in memory, closed after the test."""
    from tablewright.local.database import Database

    with Database() as database:
        yield database


@pytest.fixture
def dynamodb(tablewright_database: Database) -> Any:
    """A boto3 client of a fresh DynamoDB in memory."""
    return tablewright_database.client()


@pytest.fixture
def dynamodb_resource(tablewright_database: Database) -> Any:
    """A boto3 resource of a fresh DynamoDB in memory."""
    return tablewright_database.resource()


@pytest.fixture
def tablewright_bill(tablewright_database: Database) -> RunningBill:
    """The running bill of the test's database, from the moment the test asks for it."""
    from tablewright.local.bill import RunningBill

    bill = RunningBill()
    tablewright_database.on_metered = bill.add
    return bill
