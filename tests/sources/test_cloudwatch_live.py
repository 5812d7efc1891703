"""CloudWatch and Contributor Insights, asked through clients."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from peers import MOTO, running

from sources.importing import imported
from sources.test_rates import TEMPLATE
from tablewright.core.errors import EngineError
from tablewright.session import read_model
from tablewright.sources.cloudwatch_live import replies
from tablewright.sources.facts import DYNAMODB, IndexFacts, ObservedKey, SourceFacts, SourceTable
from tablewright.sources.importing import make_model

ORDERS = SourceTable(
    name="orders",
    engine=DYNAMODB,
    keys=("customerId", "orderId"),
    key_types=(("customerId", "S"), ("orderId", "S"), ("status", "S")),
    indexes=(
        IndexFacts(name="by-status", keys=("status",)),
        IndexFacts(name="local", keys=("customerId",), sort_keys=("status",), is_local=True),
    ),
)


class Metrics:
    """CloudWatch and DynamoDB of an account in which Contributor Insights is on for one index."""

    def __init__(self, denied: str = "") -> None:
        self.denied = denied
        self.asked: list[str] = []

    def _allow(self, action: str) -> None:
        if action == self.denied:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, action)

    def get_metric_data(self, MetricDataQueries: list[Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        self._allow("GetMetricData")
        self.asked += [query["Label"] for query in MetricDataQueries]
        return {"MetricDataResults": []}

    def describe_contributor_insights(self, TableName: str, IndexName: str = "") -> dict[str, Any]:  # noqa: N803
        self._allow("DescribeContributorInsights")
        status = "ENABLED" if IndexName else "DISABLED"
        rules = [f"DynamoDBContributorInsights-{kind}-{TableName}-1" for kind in ("PKT", "PKC")]
        return {"ContributorInsightsStatus": status, "ContributorInsightsRuleList": rules}

    def get_insight_rule_report(self, RuleName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        assert RuleName == "DynamoDBContributorInsights-PKC-orders-1"
        contributor = {"Keys": ["topsecret"], "ApproximateAggregateValue": 30.0}
        return {"AggregateValue": 120.0, "Contributors": [contributor]}


def test_each_operation_and_each_global_index_is_asked_for() -> None:
    account = Metrics()
    replies(account, account, [ORDERS], [])
    assert "orders Query" in account.asked
    assert "orders/by-status ConsumedReadCapacityUnits SampleCount" in account.asked
    assert not any("local" in label for label in account.asked)  # counted with the table


def test_the_busiest_key_gives_its_share_and_not_its_name() -> None:
    account = Metrics()
    found = replies(account, account, [ORDERS], [])
    assert found.busiest == (
        ObservedKey(store="orders", index="by-status", share=Decimal("0.25")),  # 30 of 120
    )
    facts = SourceFacts(stores=(ORDERS,), busiest=found.busiest)
    result = make_model(facts, "shop", check=read_model, rank=lambda _text: ())
    assert "top_share: 25% (seen)" in result.text
    assert "topsecret" not in result.text


def test_insights_that_may_not_be_read_leave_the_metrics_and_name_the_action() -> None:
    account = Metrics(denied="DescribeContributorInsights")
    notes: list[str] = []
    assert replies(account, account, [ORDERS], notes).busiest == ()
    assert any("dynamodb:DescribeContributorInsights" in note for note in notes)


def test_metrics_that_may_not_be_read_end_the_import_with_the_action() -> None:
    account = Metrics(denied="GetMetricData")
    with pytest.raises(EngineError, match="AccessDeniedException") as problem:
        replies(account, account, [ORDERS], [])
    assert "cloudwatch:GetMetricData" in str(problem.value.remedy)


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if MOTO.missing:
        pytest.skip("moto is not installed: scripts/install-peers")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with running(MOTO) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.mark.needs_server
def test_metrics_of_an_account_become_rates(address: str, tmp_path: Path) -> None:
    import boto3

    client = boto3.client("cloudwatch", endpoint_url=address)
    end = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0)

    def put(metric: str, hour: int, values: list[float], **dimensions: str) -> None:
        named = {"TableName": "orders"} | dimensions
        client.put_metric_data(
            Namespace="AWS/DynamoDB",
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": [{"Name": n, "Value": v} for n, v in named.items()],
                    "Timestamp": end - dt.timedelta(hours=hour),
                    "Values": values,
                }
            ],
        )

    for hour in range(1, 25):
        put("SuccessfulRequestLatency", hour, [3.5] * 50, Operation="Query")
        put("SuccessfulRequestLatency", hour, [3.5] * 10, Operation="PutItem")
        put("ConsumedReadCapacityUnits", hour, [1.5] * 20, GlobalSecondaryIndexName="by-status")
    template = tmp_path / "template.yaml"
    template.write_text(TEMPLATE)
    text = imported(template, "cloudwatch://", endpoint=address, region="us-east-1").text
    # A day: 1,200 queries, 480 of them through the index; 240 puts.
    assert "where: status, rate: 480/day (seen)" in text
    assert "where: customerId, sort: orderId, rate: 720/day (seen)" in text
    assert "put: Order, rate: 240/day (seen)" in text


@pytest.mark.needs_server
def test_tables_of_an_account_are_described_with_auto_scaling(address: str) -> None:
    import boto3

    client = boto3.client("dynamodb", endpoint_url=address)
    client.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "orderId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "orderId", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        Tags=[{"Key": "Team", "Value": "private person"}],
    )
    client.update_time_to_live(
        TableName="orders",
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "expiresAt"},
    )
    for number in range(30):
        client.put_item(
            TableName="orders",
            Item={"orderId": {"S": f"o{number}"}, "expiresAt": {"N": "1800000000"}},
        )
    scaling = boto3.client("application-autoscaling", endpoint_url=address)
    for kind in ("Read", "Write"):
        where: dict[str, Any] = {
            "ServiceNamespace": "dynamodb",
            "ResourceId": "table/orders",
            "ScalableDimension": f"dynamodb:table:{kind}CapacityUnits",
        }
        scaling.register_scalable_target(MinCapacity=2, MaxCapacity=40, **where)
        scaling.put_scaling_policy(
            PolicyName=f"{kind}Scaling",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 60.0,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": f"DynamoDB{kind}CapacityUtilization"
                },
            },
            **where,
        )
    text = imported("dynamodb://", endpoint=address, region="us-east-1").text
    assert (
        "mode: {auto_scaling: {min_rcu: 2, max_rcu: 40, min_wcu: 2, max_wcu: 40, target: 60%}}"
        in text
    )
    assert "ttl: expiresAt" in text
    assert "tags: Team" in text
    assert "o17" not in text
    assert "private" not in text
