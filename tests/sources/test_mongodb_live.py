"""A live server of the MongoDB protocol, embedded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from sources.importing import imported, model_of
from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.sources.facts import MONGODB, IndexFacts, SourceTable
from tablewright.sources.mongodb_live import _Database
from tablewright.sources.source import ReadOptions, Source

pytest.importorskip("pymongo")

# The server is waited for by clients that are dropped unclosed.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Unclosed MongoClient"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from tablewright.engines.mongodb.targets import temporary

    try:
        reached = temporary()
    except UnsupportedError:
        pytest.skip("no embedded server of the MongoDB protocol is installed")
    try:
        client = reached.client
        users = client["shop"]["users"]
        users.create_index([("email", 1)], unique=True, name="email_1")
        users.insert_many([{"_id": f"u{n}", "email": f"private{n}@example.org"} for n in range(50)])
        orders = client["shop"]["orders"]
        orders.create_index([("userId", 1), ("at", -1)], name="recent")
        orders.insert_many([{"_id": f"o{n}", "userId": f"u{n % 50}", "at": n} for n in range(200)])
        host, port = client.address
        yield f"mongodb://{host}:{port}"
    finally:
        reached.client.close()
        reached.close()


@pytest.mark.needs_server
def test_collections_indexes_and_counts_of_a_server(address: str) -> None:
    model = model_of(f"{address}/shop").model
    assert model.entity("Order").attribute("userId").to == "User"
    assert model.entity("Order").count.mean == 4  # 200 orders of 50 users
    text = imported(f"{address}/shop").text
    assert "email_1: {keys: {email: 1}, unique: true}" in text
    assert "recent: {userId: 1, at: -1}" in text
    assert "private" not in text


@pytest.mark.needs_server
def test_an_address_without_a_database_takes_the_only_one(address: str) -> None:
    assert len(imported(address).draft.tables) == 2


@pytest.mark.needs_server
def test_a_database_that_is_empty_is_named(address: str) -> None:
    with pytest.raises(UsageError, match="no table or collection"):
        imported(f"{address}/nothing")


@pytest.mark.needs_server
def test_the_profiler_of_a_server_gives_rates(address: str) -> None:
    import pymongo

    client: pymongo.MongoClient[dict[str, object]] = pymongo.MongoClient(address)
    database = client["shop"]
    database.command("profile", 2)
    for _ in range(30):
        list(database["orders"].find({"userId": "topsecret"}).sort("at", -1).limit(5))
    for number in range(10):
        database["orders"].update_one({"_id": f"o{number}"}, {"$set": {"at": 5}})
    database.command("profile", 0)
    client.close()
    text = imported(f"{address}/shop").text
    # Within a minute: 30 and 10 times 1,440 a day.
    assert "where: userId, sort: -at, limit: 5, rate: 43200/day (seen)" in text
    assert "{update: Order, by: _id, set: [at], rate: 14400/day (seen)}" in text
    assert "topsecret" not in text


class Usage:
    """A collection whose server counts the uses of its indexes since two days ago."""

    def aggregate(self, _pipeline: object) -> list[dict[str, object]]:
        since = dt.datetime.now(dt.UTC) - dt.timedelta(days=2)
        return [
            {"name": "_id_", "accesses": {"ops": 4000, "since": since}},
            {"name": "recent", "accesses": {"ops": 1000, "since": since}},
            {"name": "unused", "accesses": {"ops": 0, "since": since}},
        ]


def test_the_uses_of_indexes_are_rates() -> None:
    client = {"shop": {"orders": Usage()}}
    database = _Database(client, Source("mongodb://here/shop"), ReadOptions())
    indexes = tuple(IndexFacts(name=name, keys=("userId", "at")) for name in ("recent", "unused"))
    store = SourceTable(name="orders", engine=MONGODB, indexes=indexes)
    rates = {
        (a.operation, a.index, a.by): round(a.per_day or 0) for a in database._used_indexes(store)
    }
    assert rates == {("get", "", ()): 2000, ("list", "recent", ("userId",)): 500}
