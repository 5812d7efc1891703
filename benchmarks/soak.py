"""A server under mixed load for some minutes: its memory must stay flat.

    python benchmarks/soak.py                   ten minutes
    python benchmarks/soak.py --minutes 1

Clients put, update, delete, read, query, transact, search vectors and read the stream, over a fixed
number of keys, so that the table does not grow. Memory is compared between the second quarter of
the time and the last; the file grows, because a stream holds a day of changes. Linux only.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = 4
KEYS = 2_000
SAMPLE_SECONDS = 1.0
MAX_GROWTH = 0.03
FILL_BATCHES = 600
"""Of 25 items of 3 KB: 45 MB."""


class Client:
    """One connection to the server."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def call(self, operation: str, request: dict[str, Any], *, streams: bool = False) -> Any:
        service = "DynamoDBStreams_20120810" if streams else "DynamoDB_20120810"
        headers = {
            "X-Amz-Target": f"{service}.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
        }
        self._connection.request("POST", "/", json.dumps(request), headers)
        reply = self._connection.getresponse()
        body = json.loads(reply.read())
        assert reply.status < 500, (operation, request, body)
        return body


def create(client: Client) -> str:
    """Create the table and return the ARN of its stream."""
    definition = client.call(
        "CreateTable",
        {
            "TableName": "soak",
            "AttributeDefinitions": [
                {"AttributeName": "k", "AttributeType": "S"},
                {"AttributeName": "g", "AttributeType": "S"},
            ],
            "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "by-g",
                    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            "VectorIndexes": [
                {
                    "IndexName": "near",
                    "VectorAttribute": {"AttributeName": "v"},
                    "Dimensions": 32,
                    "DistanceFunction": "COSINE",
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        },
    )
    arn: str = definition["TableDescription"]["LatestStreamArn"]
    return arn


def fill(client: Client) -> None:
    """Write more than the server's page cache of 24 MiB holds, so that the cache is full."""
    client.call(
        "CreateTable",
        {
            "TableName": "filler",
            "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    for batch in range(FILL_BATCHES):
        puts = [
            {"PutRequest": {"Item": {"k": {"S": f"{batch}-{number}"}, "text": {"S": "x" * 3_000}}}}
            for number in range(25)
        ]
        client.call("BatchWriteItem", {"RequestItems": {"filler": puts}})


def requests(chance: random.Random) -> tuple[str, dict[str, Any]]:
    """Draw a request."""
    key = {"k": {"S": f"key-{chance.randrange(KEYS)}"}}
    group = {"S": f"group-{chance.randrange(20)}"}
    vector = [{"N": f"{chance.uniform(-1, 1):.6f}"} for _ in range(32)]
    item = {**key, "g": group, "v": {"L": vector}, "text": {"S": "x" * chance.randrange(1_000)}}
    table = {"TableName": "soak"}
    return chance.choice(
        (
            ("PutItem", {**table, "Item": item}),
            ("PutItem", {**table, "Item": item}),
            ("DeleteItem", {**table, "Key": key}),
            ("GetItem", {**table, "Key": key}),
            (
                "UpdateItem",
                {
                    **table,
                    "Key": key,
                    "UpdateExpression": f"SET a{chance.randrange(50)} = :v",
                    "ExpressionAttributeValues": {":v": group},
                },
            ),
            (
                "Query",
                {
                    **table,
                    "IndexName": "by-g",
                    "KeyConditionExpression": "g = :g",
                    "ExpressionAttributeValues": {":g": group},
                    "Limit": 20,
                },
            ),
            ("TransactWriteItems", {"TransactItems": [{"Put": {**table, "Item": item}}]}),
            ("SearchVectors", {**table, "IndexName": "near", "SearchVector": vector, "TopK": 5}),
            ("ExecuteStatement", {"Statement": f"SELECT * FROM soak WHERE k = '{key['k']['S']}'"}),
        )
    )


def load(port: int, seed: int, counts: Counter[str], stop: threading.Event) -> None:
    client = Client(port)
    chance = random.Random(seed)
    while not stop.is_set():
        operation, request = requests(chance)
        client.call(operation, request)
        counts[operation] += 1


def follow(port: int, arn: str, counts: Counter[str], stop: threading.Event) -> None:
    """Read the stream as it grows."""
    client = Client(port)
    (shard,) = client.call("DescribeStream", {"StreamArn": arn}, streams=True)["StreamDescription"][
        "Shards"
    ]
    start = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "LATEST"}
    place = client.call("GetShardIterator", start, streams=True)["ShardIterator"]
    while not stop.wait(0.2):
        page = client.call("GetRecords", {"ShardIterator": place}, streams=True)
        counts["stream records"] += len(page["Records"])
        place = page["NextShardIterator"]


def resident_mib(process: int) -> float:
    text = Path(f"/proc/{process}/status").read_text()
    line = next(line for line in text.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--minutes", type=float, default=10.0)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "soak.db"
        command = [sys.executable, "-m", "tablewright", "local", "--port", "0", "--json"]
        server = subprocess.Popen(
            [*command, "--data", str(data)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={"PYTHONPATH": str(ROOT / "src"), "PATH": ""},
        )
        try:
            return soak(server, data, chosen.minutes)
        finally:
            server.terminate()
            server.wait(20)


def soak(server: subprocess.Popen[str], data: Path, minutes: float) -> int:
    assert server.stdout is not None
    text = ""
    while not text.rstrip().endswith("}"):
        text += server.stdout.readline()
    port = int(json.loads(text)["url"].rsplit(":", 1)[1].strip("/"))
    arn = create(Client(port))
    fill(Client(port))
    counts: Counter[str] = Counter()
    stop = threading.Event()
    threads = [threading.Thread(target=follow, args=(port, arn, counts, stop))]
    threads += [
        threading.Thread(target=load, args=(port, seed, counts, stop)) for seed in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    samples = []
    until = time.monotonic() + 60 * minutes
    while time.monotonic() < until:
        time.sleep(SAMPLE_SECONDS)
        samples.append(resident_mib(server.pid))
    stop.set()
    for thread in threads:
        thread.join()
    quarter = len(samples) // 4
    early, late = samples[quarter : 2 * quarter], samples[3 * quarter :]
    growth = sum(late) / len(late) / (sum(early) / len(early)) - 1
    for operation, count in sorted(counts.items()):
        print(f"{operation:20}{count:10,}")
    print(
        f"{minutes:g} minutes, file of {data.stat().st_size / 2**20:,.0f} MiB; memory of the "
        f"server {samples[0]:.0f} MiB at first, {max(samples):.0f} at most, {samples[-1]:.0f} at "
        f"last; last quarter {growth:+.1%} against the second"
    )
    return 0 if growth <= MAX_GROWTH else 1


if __name__ == "__main__":
    raise SystemExit(main())
