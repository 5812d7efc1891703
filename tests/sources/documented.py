"""Small sources of each kind, as docs/import.md names them.

In: an empty folder. Out: files in it. Values are made up; each is as small as it can be and still
show what is inferred.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

DAYS = [f"2026-03-{day:02}T10:00:00Z" for day in range(1, 29)]
ORDERS = [
    {
        "customerId": f"c{number // 5:04}",
        "orderId": f"o{number:05}",
        "status": ("open", "paid", "paid", "shipped")[number % 4],
        "total": 500 + 37 * (number % 50),
        "placedAt": DAYS[number % 28],
    }
    for number in range(200)
]
PRODUCTS = [
    {"sku": f"p{number:04}", "title": f"Thing no. {number}", "price": 100 + number}
    for number in range(60)
]
TEMPLATE = """\
Parameters:
  Stage: {Type: String}
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub "shop-orders-${Stage}"
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {AttributeName: customerId, AttributeType: S}
        - {AttributeName: orderId, AttributeType: S}
        - {AttributeName: status, AttributeType: S}
      KeySchema:
        - {AttributeName: customerId, KeyType: HASH}
        - {AttributeName: orderId, KeyType: RANGE}
      GlobalSecondaryIndexes:
        - IndexName: by-status
          KeySchema: [{AttributeName: status, KeyType: HASH}]
          Projection: {ProjectionType: ALL}
  Products:
    Type: AWS::Serverless::SimpleTable
    Properties:
      TableName: !Sub "shop-products-${Stage}"
      PrimaryKey: {Name: sku, Type: String}
"""
TERRAFORM = """\
variable "name" {}
resource "aws_dynamodb_table" "orders" {
  name         = "${var.name}-orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "customerId"
  range_key    = "orderId"
  attribute {
    name = "customerId"
    type = "S"
  }
  attribute {
    name = "orderId"
    type = "S"
  }
  ttl {
    attribute_name = "expiresAt"
    enabled        = true
  }
}
"""
SERVERLESS = """\
service: notes
provider: {name: aws, stage: "${opt:stage, 'dev'}"}
resources:
  Resources:
    Notes:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: notes-${self:provider.stage}
        BillingMode: ${env:MODE}
        AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
        KeySchema: [{AttributeName: id, KeyType: HASH}]
"""
DDL = """\
CREATE TABLE customers (id bigint PRIMARY KEY, email varchar(200) NOT NULL UNIQUE);
CREATE TABLE orders (
  id uuid PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES customers (id),
  status text CHECK (status IN ('open', 'paid', 'shipped')),
  placed_at timestamptz NOT NULL
);
CREATE INDEX recent ON orders (customer_id, placed_at DESC);
CREATE INDEX doubled ON orders ((lower(status) || 'x'));
"""


def wire(value: Any) -> dict[str, Any]:
    """Return a value in DynamoDB JSON."""
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def items(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return records in DynamoDB JSON."""
    return [{name: wire(value) for name, value in record.items()} for record in records]


def write_all(folder: Path) -> None:
    """Write all sources into a folder."""
    _dynamodb(folder)
    (folder / "template.yaml").write_text(TEMPLATE)
    (folder / "infra").mkdir()
    (folder / "infra" / "main.tf").write_text(TERRAFORM)
    (folder / "serverless.yml").write_text(SERVERLESS)
    _design_tools(folder)
    (folder / "schema.sql").write_text(DDL)
    (folder / "statements.csv").write_text(
        "query,calls,seconds\n"
        '"SELECT * FROM orders WHERE customer_id = $1 ORDER BY placed_at DESC LIMIT 20",'
        "43200,86400\n"
        '"INSERT INTO orders VALUES ($1, $2, $3, $4)",4320,86400\n'
        '"SELECT pg_sleep($1)",3,86400\n'
    )
    _mongodb(folder)
    (folder / "products.csv").write_text(
        "sku,title,price\n" + "".join(f"{','.join(map(str, p.values()))}\n" for p in PRODUCTS)
    )
    _rates(folder)


def _dynamodb(folder: Path) -> None:
    from tablewright.local.client import make_client
    from tablewright.local.database import Database

    key = [{"AttributeName": "customerId", "KeyType": "HASH"},
           {"AttributeName": "orderId", "KeyType": "RANGE"}]  # fmt: skip
    table: dict[str, Any] = {
        "TableName": "orders",
        "KeySchema": key,
        "AttributeDefinitions": [
            {"AttributeName": part["AttributeName"], "AttributeType": "S"} for part in key
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }
    database = Database(folder / "shop.db")
    client = make_client(database)
    client.create_table(**table)
    for item in items(ORDERS):
        client.put_item(TableName="orders", Item=item)
    database.close()
    aws = folder / "aws"
    aws.mkdir()
    described = {**table, "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}
    (aws / "orders.json").write_text(json.dumps({"Table": described}))
    scanned = {"Items": items(ORDERS), "ScannedCount": len(ORDERS)}
    (aws / "orders-scan.json").write_text(json.dumps(scanned))
    data = folder / "export" / "AWSDynamoDB" / "01" / "data"
    data.mkdir(parents=True)
    arn = "arn:aws:dynamodb:eu-west-1:000000000000:table/orders"
    summary = {"tableArn": arn, "exportType": "FULL_EXPORT", "itemCount": len(ORDERS)}
    (data.parent / "manifest-summary.json").write_text(json.dumps(summary))
    (data.parent / "manifest-files.json").write_text(
        json.dumps({"dataFileS3Key": "AWSDynamoDB/01/data/a.json.gz"}) + "\n"
    )
    lines = "\n".join(json.dumps({"Item": item}) for item in items(ORDERS))
    (data / "a.json.gz").write_bytes(gzip.compress(lines.encode()))


def _design_tools(folder: Path) -> None:
    workbench = {
        "ModelName": "Shop",
        "ModelMetadata": {"Version": "3.0"},
        "DataModel": [
            {
                "TableName": "shop",
                "KeyAttributes": {
                    "PartitionKey": {"AttributeName": "PK", "AttributeType": "S"},
                    "SortKey": {"AttributeName": "SK", "AttributeType": "S"},
                },
                "TableData": [
                    {
                        "PK": {"S": f"CUSTOMER#c{number // 3}"},
                        "SK": {"S": f"ORDER#o{number}" if number % 3 else "PROFILE"},
                    }
                    for number in range(12)
                ],
            }
        ],
    }
    (folder / "workbench.json").write_text(json.dumps(workbench))
    onetable = {
        "format": "onetable:1.1.0",
        "version": "0.0.1",
        "indexes": {"primary": {"hash": "pk", "sort": "sk"}},
        "models": {
            "Account": {
                "pk": {"type": "string", "value": "account:${id}"},
                "sk": {"type": "string", "value": "account:"},
                "id": {"type": "string", "generate": "ulid"},
                "plan": {"type": "string", "enum": ["free", "pro"]},
            }
        },
    }
    (folder / "onetable.json").write_text(json.dumps(onetable))
    electrodb = {
        "model": {"entity": "task", "version": "1", "service": "work"},
        "attributes": {"team": {"type": "string"}, "taskId": {"type": "string"}},
        "indexes": {
            "tasks": {
                "pk": {"field": "pk", "composite": ["team"]},
                "sk": {"field": "sk", "composite": ["taskId"]},
            }
        },
    }
    (folder / "electrodb.json").write_text(json.dumps(electrodb))
    mongoose = {
        "Order": {
            "collection": "orders",
            "indexes": [[{"customer": 1, "placedAt": -1}, {}]],
            "paths": {
                "_id": {"instance": "ObjectId", "options": {}},
                "customer": {"instance": "ObjectId", "options": {"ref": "Customer"}},
                "status": {"instance": "String", "options": {"enum": ["open", "paid"]}},
                "placedAt": {"instance": "Date", "options": {}},
            },
        },
        "Customer": {
            "collection": "customers",
            "indexes": [],
            "paths": {
                "_id": {"instance": "ObjectId", "options": {}},
                "email": {"instance": "String", "options": {"required": True, "unique": True}},
            },
        },
    }
    (folder / "mongoose.json").write_text(json.dumps(mongoose))


def _mongodb(folder: Path) -> None:
    import bson

    dump = folder / "dump" / "shop"
    dump.mkdir(parents=True)
    (dump / "orders.bson").write_bytes(
        b"".join(bson.encode({"_id": o["orderId"], **o}) for o in ORDERS)
    )
    indexes = [
        {"v": 2, "key": {"_id": 1}, "name": "_id_"},
        {"v": 2, "key": {"customerId": 1, "placedAt": -1}, "name": "recent"},
    ]
    (dump / "orders.metadata.json").write_text(json.dumps({"indexes": indexes}))
    (dump / "products.bson").write_bytes(
        b"".join(bson.encode({"_id": p["sku"], **p}) for p in PRODUCTS)
    )
    entries = [
        {
            "op": "query",
            "ns": "shop.orders",
            "command": {"find": "orders", "filter": {"customerId": "?"}, "limit": 20},
            "millis": 2,
            "planSummary": "IXSCAN",
            "ts": {"$date": f"2026-03-01T00:{number // 60:02}:{number % 60:02}Z"},
        }
        for number in range(101)
    ]
    (folder / "profile.json").write_text("\n".join(json.dumps(entry) for entry in entries))


def _rates(folder: Path) -> None:
    hours = [f"2026-03-01T{hour:02}:00:00Z" for hour in range(24)]
    results = [
        {"Id": f"m{number}", "Label": label, "Timestamps": hours, "Values": [value] * 24}
        for number, (label, value) in enumerate(
            [
                ("shop-orders-prod Query", 120.0),
                ("shop-orders-prod PutItem", 10.0),
                ("shop-orders-prod/by-status ConsumedReadCapacityUnits Sum", 60.0),
                ("shop-orders-prod/by-status ConsumedReadCapacityUnits SampleCount", 20.0),
            ]
        )
    ]
    (folder / "metrics.json").write_text(json.dumps({"MetricDataResults": results}))
    lines = [
        f"10:{number // 60:02}:{number % 60:02} Query 200 orders reads=0.5 writes=0 usd=0 1.00ms "
        "label=recentOrders by=customerId"
        for number in range(100)
    ]
    (folder / "access.log").write_text("\n".join(lines) + "\n")
