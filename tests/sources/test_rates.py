"""Rates from CloudWatch and from the access log of the local engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sources.importing import imported, model_of
from tablewright.local.access_shape import shape_of
from tablewright.model.values import Verb
from tablewright.sources.access_log import read as read_log
from tablewright.sources.source import ReadOptions, Source

TEMPLATE = """\
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: orders
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
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    return path


def metric(label: str, values: list[float]) -> dict[str, object]:
    stamps = [f"2026-11-01T{hour:02}:00:00Z" for hour in range(len(values))]
    return {"Id": "m", "Label": label, "Timestamps": stamps, "Values": values}


def test_sample_counts_of_operations_become_rates(template: Path, tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    results = [metric("orders GetItem", [100.0] * 24), metric("orders PutItem", [10.0] * 24)]
    path.write_text(json.dumps({"MetricDataResults": results}))
    model = model_of(template, path).model
    rates = {p.verb: p.rate for p in model.patterns if p.rate.per == "total"}
    # 24 hours of 100 and of 10 requests are a day's 2,400 and 240.
    assert rates[Verb.GET].per_day == 2400
    assert rates[Verb.PUT].per_day == 240


def test_observed_rates_are_marked_as_seen(template: Path, tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    path.write_text(
        json.dumps({"MetricDataResults": [metric("orders/by-status Query", [5.0] * 24)]})
    )
    text = imported(template, path).text
    assert "where: status, rate: 120/day (seen)" in text


def test_throttling_is_named(template: Path, tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    results = [metric("orders GetItem", [1.0]), metric("orders ThrottledRequests", [3.0])]
    path.write_text(json.dumps({"MetricDataResults": results}))
    assert any("orders were throttled" in n for n in imported(template, path).notes)


def test_a_table_that_no_source_describes_is_named(template: Path, tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps({"MetricDataResults": [metric("invoices GetItem", [1.0])]}))
    assert any("of invoices matches no entity" in n for n in imported(template, path).notes)


LOG = """\
10:00:00 GetItem 200 orders reads=0.5 writes=0 usd=0 1.00ms
10:00:30 Query 200 orders reads=0.5 writes=0 usd=0 1.00ms label=open index=by-status by=status
10:00:30 Query 200 orders reads=0.5 writes=0 usd=0 1.00ms label=open index=by-status by=status
10:00:40 PutItem 400 orders reads=0 writes=0 1.00ms ConditionalCheckFailedException
10:01:40 UpdateItem 200 orders reads=0 writes=1 usd=0 1.00ms set=status
"""


def test_the_access_log_gives_a_rate_for_each_shape(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text(LOG)
    facts = read_log(Source(str(path)), ReadOptions())
    shapes = {(a.operation, a.index, a.by, a.sets): a.per_day for a in facts.accesses}
    # 100 seconds: each request stands for 864 a day.
    assert shapes == {
        ("list", "by-status", ("status",), ()): 1728,
        ("get", "", (), ()): 864,
        ("update", "", (), ("status",)): 864,
    }


def test_patterns_of_a_log_have_its_labels_as_names(template: Path, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text(LOG)
    model = model_of(template, path).model
    assert model.pattern("open").rate.per_day == 1728
    assert model.pattern("updateOrder").sets == ("status",)


@pytest.mark.parametrize(
    ("operation", "body", "shape"),
    [
        ("Query", {"KeyConditionExpression": "pk = :p AND sk BETWEEN :a AND :b"}, "by=pk range=sk"),
        ("Query", {"KeyConditionExpression": "begins_with(sk, :s) and pk = :p"}, "by=pk range=sk"),
        ("Query", {"KeyConditionExpression": "pk = :p AND sk >= :s"}, "by=pk range=sk"),
        ("Query", {"KeyConditions": {"pk": {"ComparisonOperator": "EQ"}}}, "by=pk"),
        ("UpdateItem", {"UpdateExpression": "SET a = :a, b.c = :b REMOVE d"}, "set=a,b,d"),
        ("GetItem", {"Key": {"pk": {"S": "secret"}}}, ""),
    ],
)
def test_the_shape_of_a_request_names_attributes_and_no_value(
    operation: str, body: dict[str, object], shape: str
) -> None:
    assert shape_of(operation, json.dumps(body).encode()) == shape


def saved(tmp_path: Path, **values: list[float]) -> Path:
    """Save a reply of get-metric-data; `_` stands for what a name cannot have."""
    path = tmp_path / "metrics.json"
    results = [metric(label, numbers) for label, numbers in values.items()]
    path.write_text(json.dumps({"MetricDataResults": results}))
    return path


READ = "ConsumedReadCapacityUnits"


def test_queries_of_an_index_are_those_that_consumed_its_units(
    template: Path, tmp_path: Path
) -> None:
    metrics = saved(
        tmp_path,
        **{
            "orders Query": [100.0] * 24,
            f"orders/by-status {READ} Sum": [45.0] * 24,
            f"orders/by-status {READ} SampleCount": [30.0] * 24,
        },
    )
    text = imported(template, metrics).text
    # Of 2,400 queries a day 720 went to the index; the other 1,680 to the table.
    assert "where: status, rate: 720/day (seen)" in text
    assert "where: customerId, sort: orderId, rate: 1680/day (seen)" in text


def test_samples_of_zero_units_are_no_requests(template: Path, tmp_path: Path) -> None:
    metrics = saved(
        tmp_path,
        **{
            "orders GetItem": [1.0] * 24,
            f"orders/by-status {READ} Sum": [2.0] * 24,
            f"orders/by-status {READ} SampleCount": [60.0] * 24,
        },
    )
    # 2 units an hour are at most 4 reads of half a unit, whatever the 60 samples say: 96 a day.
    assert "where: status, rate: 96/day (seen)" in imported(template, metrics).text


def test_where_only_units_are_known_rates_are_estimates(template: Path, tmp_path: Path) -> None:
    metrics = saved(
        tmp_path,
        **{
            f"orders {READ}": [10.0] * 24,
            "orders ConsumedWriteCapacityUnits": [5.0] * 24,
            f"orders/by-status {READ}": [1.0] * 24,
        },
    )
    result = imported(template, metrics)
    # 240 read units are 480 reads of half a unit; 120 write units 120 writes of one.
    assert "get: Order, by: [customerId, orderId], rate: 480/day (assumed)" in result.text
    assert "put: Order, rate: 120/day (assumed)" in result.text
    assert "where: status, rate: 48/day (assumed)" in result.text
    assert any("only consumed units are known" in note for note in result.notes)


def test_statistics_of_one_metric_have_units_and_requests(template: Path, tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    points = [
        {"Timestamp": f"2026-11-01T{hour:02}:00:00Z", "Sum": 30.0, "SampleCount": 20.0}
        for hour in range(24)
    ]
    path.write_text(json.dumps({"Label": "ConsumedWriteCapacityUnits", "Datapoints": points}))
    # 20 requests an hour, which took 30 units.
    assert "put: Order, rate: 480/day (seen)" in imported(template, path).text


def test_milliseconds_are_no_requests(template: Path, tmp_path: Path) -> None:
    path = tmp_path / "orders PutItem.json"
    points = [{"Timestamp": f"2026-11-01T{hour:02}:00:00Z", "Sum": 70.0} for hour in range(24)]
    path.write_text(json.dumps({"Label": "SuccessfulRequestLatency", "Datapoints": points}))
    result = imported(template, path)
    assert "(seen)" not in result.text.partition("patterns:")[2]
    assert any("neither Sum nor SampleCount" in note for note in result.notes)
