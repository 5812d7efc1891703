"""A live server of the MongoDB protocol, embedded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from sources.importing import imported, model_of
from tablewright.core.errors import UsageError

pytest.importorskip("pymongo")

# The server is waited for by clients that are dropped unclosed.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Unclosed MongoClient"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    if shutil.which("secantusd-py") is None:
        pytest.skip("no embedded server of the MongoDB protocol is installed")
    from tablewright.engines.mongodb.targets import temporary

    reached = temporary()
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
