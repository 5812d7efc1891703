"""Live imports from servers of DynamoDB's API: the local engine, DynamoDB Local."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from peers import DYNAMODB_LOCAL, OURS, Engine, running

from sources.importing import imported, model_of
from tablewright.engines.dynamodb.design import DynamoDesign


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(OURS, id="ours", marks=pytest.mark.needs_server),
        pytest.param(DYNAMODB_LOCAL, id="dynamodb-local", marks=pytest.mark.needs_java),
    ],
)
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    engine: Engine = request.param
    if engine.missing:
        pytest.skip(f"{engine.name} is not installed: scripts/install-peers")
    with running(engine) as server:
        where = f"127.0.0.1:{server.port}"
        _fill(where)
        yield where


def _fill(where: str) -> None:
    import boto3

    client: Any = boto3.client(
        "dynamodb",
        endpoint_url=f"http://{where}",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    client.create_table(
        TableName="shop",
        KeySchema=[
            {"AttributeName": "PK", "KeyType": "HASH"},
            {"AttributeName": "SK", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK", "status")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-status",
                "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"]},
                "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4},
            }
        ],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    client.update_time_to_live(
        TableName="shop", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expiresAt"}
    )
    for user in range(10):
        key = {"PK": {"S": f"USER#u{user:03}"}}
        name = {"S": f"secret person {user}"}
        client.put_item(TableName="shop", Item=key | {"SK": {"S": "PROFILE"}, "fullName": name})
        for order in range(3):
            item = {
                "SK": {"S": f"ORDER#o{user:03}{order}"},
                "status": {"S": "open" if order else "paid"},
                "total": {"N": "250"},
                "expiresAt": {"N": "1900000000"},
            }
            client.put_item(TableName="shop", Item=key | item)


def test_tables_kinds_and_settings_come_from_a_server(address: str) -> None:
    file = model_of(f"dynamodb://{address}")
    design = file.designs[0]
    assert isinstance(design, DynamoDesign)
    (table,) = design.tables
    assert (table.keys, table.ttl) == (("PK", "SK"), "expiresAt")
    assert (table.mode.rcu, table.mode.wcu) == (5, 6)
    assert table.index("by-status").projection.attributes == ("total",)
    assert {str(s.template("PK")) for s in table.shapes} == {"USER#{userId}"}
    assert file.model.entity("Order").count.mean == 3
    text = imported(f"dynamodb://{address}").text
    assert "view: keys-only" in text
    assert "secret" not in text
