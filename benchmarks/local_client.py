"""The engine in process: through its own API, through its boto3 client, and moto beside it.

python benchmarks/local_client.py [--seconds 2]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent.parent / "src"), str(Path(__file__).parent)]
os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")

TABLE = {
    "TableName": "Plain",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
KEYS = 1000


def item(number: int) -> dict[str, Any]:
    """Return an item of one kilobyte."""
    return {
        "pk": {"S": f"user#{number % KEYS:08}"},
        "cents": {"N": str(number % 997)},
        "data": {"S": "x" * 980},
    }


def rate(operation: Callable[[int], object], seconds: float) -> float:
    """Return how often a second an operation runs, after a short warm-up."""
    for number in range(100):
        operation(number)
    count = 0
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        for _ in range(50):
            operation(count)
            count += 1
    return count / passed


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--seconds", type=float, default=2.0)
    seconds = options.parse_args().seconds
    from tablewright.local.database import Database

    bodies = [
        (
            json.dumps({"TableName": "Plain", "Item": item(n)}).encode(),
            json.dumps({"TableName": "Plain", "Key": {"pk": item(n)["pk"]}}).encode(),
        )
        for n in range(KEYS)
    ]
    with Database() as database:
        client = database.client()
        client.create_table(**TABLE)
        results = {
            "engine, its own API": (
                rate(lambda n: database.call_raw("PutItem", bodies[n % KEYS][0]), seconds),
                rate(lambda n: database.call_raw("GetItem", bodies[n % KEYS][1]), seconds),
            ),
            "engine, boto3 client": through_boto3(client, seconds),
        }
    results.update(moto(seconds))
    print(f"{'1 KB items, operations a second':34}{'PutItem':>10}{'GetItem':>10}")
    for name, (puts, gets) in results.items():
        print(f"{name:34}{puts:10,.0f}{gets:10,.0f}")
    if "moto, boto3 client" in results:
        ours, theirs = results["engine, boto3 client"], results["moto, boto3 client"]
        print(f"{'times moto':34}{ours[0] / theirs[0]:10.1f}{ours[1] / theirs[1]:10.1f}")
    return 0


def through_boto3(client: Any, seconds: float) -> tuple[float, float]:
    """Measure puts and gets through a boto3 client."""
    return (
        rate(lambda n: client.put_item(TableName="Plain", Item=item(n)), seconds),
        rate(lambda n: client.get_item(TableName="Plain", Key={"pk": item(n)["pk"]}), seconds),
    )


def moto(seconds: float) -> dict[str, tuple[float, float]]:
    """Measure moto, if it is installed."""
    try:
        import boto3
        from moto import mock_aws
    except ImportError:
        print("moto is not installed: pip install 'moto[dynamodb]'")
        return {}
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(**TABLE)
        return {"moto, boto3 client": through_boto3(client, seconds)}


if __name__ == "__main__":
    raise SystemExit(main())
