"""Pytest fixtures: an embedded DynamoDB for each test, and boto3 clients of it without a socket.

Installed with the package; a test asks for them by name:

    def test_an_order_is_stored(dynamodb):
        dynamodb.create_table(...)

- `tablewright_database`: a fresh Database in memory;
- `dynamodb`: a boto3 client of it;
- `dynamodb_resource`: a boto3 resource of it;
- `dynamodb_endpoint`: the address of an HTTP server of it, for programs in other languages;
- `tablewright_bill`: the running bill of what the test has done so far;
- `dynamodb_from`: a function that makes the tables of a model file's design there, fills them with
  sampled items if asked, and returns the client.

All are of one database, so that a test may use them together. Nothing leaves this machine, and
neither credentials nor a region need to be configured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tablewright.core.errors import UnsupportedError

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
def dynamodb_endpoint(tablewright_database: Database) -> Iterator[str]:
    """The address of an HTTP server of a fresh DynamoDB in memory, on loopback and a free port."""
    from tablewright.local.server import ServerOptions, in_background

    with in_background(tablewright_database, ServerOptions(port=0)) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture
def tablewright_bill(tablewright_database: Database) -> RunningBill:
    """The running bill of the test's database, from the moment the test asks for it."""
    from tablewright.local.bill import RunningBill

    bill = RunningBill()
    tablewright_database.on_metered = bill.add
    return bill


@pytest.fixture
def dynamodb_from(tablewright_database: Database) -> Callable[..., Any]:
    """A function: the tables of a model file's design in the test's database, and the client.

    It takes the path of a model file or the name of a reference application, the name of a design
    (the file's first unless given), and how many users to seed (none unless given):

        client = dynamodb_from("tablewright.yaml", design="recommended", users=100)
    """

    def provision(app: str | Path, *, design: str = "", users: int = 0) -> Any:
        session_module, seeding, adapters, wire = (
            import_module(f"tablewright.{name}")
            for name in (
                "session",
                "verbs.population",
                "engines.dynamodb.adapter",
                "engines.dynamodb.transport",
            )
        )
        session = session_module.open_model(_model_path(app))
        chosen = session.design(design)
        if chosen.engine != "dynamodb":
            raise UnsupportedError(
                f"the design `{chosen.name}` is for {chosen.engine}: only tables of DynamoDB are "
                "made here",
                remedy="name a design for dynamodb with design=",
            )
        on_metered = tablewright_database.on_metered
        transport = wire.LocalTransport(tablewright_database)
        adapter = adapters.DynamoAdapter(session.model, chosen, transport)
        for step in adapter.plan_provision().steps:
            adapter.provision(step, lambda _: None)
        if users:
            plan = seeding.seed_plan(session, chosen, seeding.population(session, chosen, users))
            seeding.fill(session, adapter, plan)
        # What the test does is billed, not its preparation.
        tablewright_database.on_metered = on_metered
        return tablewright_database.client()

    return provision


def _model_path(app: str | Path) -> Path:
    packaged = resources.files("tablewright.apps").joinpath(str(app), "tablewright.yaml")
    return Path(str(packaged)) if packaged.is_file() else Path(app)
