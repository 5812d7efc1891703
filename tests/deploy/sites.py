"""Small deployment options for the tests: priced parts as a comparison hands them over."""

from __future__ import annotations

from decimal import Decimal

from tablewright.deploy.alarm_values import Expected
from tablewright.deploy.database import DatabaseAccess
from tablewright.deploy.grants import Grant
from tablewright.deploy.option import Part, Site
from tablewright.deploy.resources import Resource
from tablewright.engines.registry import make_engine

FUNCTIONS = ("aws.api-gateway.http", "aws.lambda.requests", "aws.lambda.gbs.arm")
CONTAINERS = ("aws.elb.alb.hour", "aws.elb.alb.lcu", "aws.fargate.vcpu.x86", "aws.fargate.gb.x86")

HOURS = {
    "aws.fargate.vcpu.x86": Decimal(365),  # 2 tasks x 0.25 vCPU x 730 h
    "aws.elb.alb.hour": Decimal(730),
    "aws.ec2.t3.small": Decimal(730),
    "aws.vpc.natgw.hour": Decimal(730),
}


def site(
    *price_keys: str, engine: str = "dynamodb", environment: str = "production", app: str = "shop"
) -> Site:
    """Return an option made of these prices."""
    parts = tuple(
        Part(name=key, title=key, price_key=key, quantity=HOURS.get(key, Decimal(1000)))
        for key in price_keys
    )
    return Site(
        app=app,
        title="A shop",
        option="option",
        environment=environment,
        region="eu-west-1",
        engine=engine,
        access=make_engine(engine).access if engine else DatabaseAccess(),
        parts=parts,
        users=1000,
        peak_requests_per_second=Decimal(12),
        usd_per_month=Decimal("41.50"),
        tags=(("app", app), ("environment", environment)),
    )


ORDERS = Resource(
    name="OrdersTable",
    kind="AWS::DynamoDB::Table",
    properties={
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    },
    keeps_data=True,
    price_keys=("aws.dynamodb",),
)

GRANTS = (
    Grant(action="dynamodb:GetItem", table="OrdersTable", patterns=("order",)),
    Grant(action="dynamodb:PutItem", table="OrdersTable", patterns=("place",)),
    Grant(action="dynamodb:Query", table="OrdersTable", index="by-user", patterns=("mine",)),
)

EXPECTED = (
    Expected(table="OrdersTable", reads_per_second=Decimal(10), writes_per_second=Decimal("0.5")),
)
