"""Every alarm goes off when it should, and only then; every metric is one the vendor reports."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from deploy.alarm_evaluator import first_of, metrics_of, state_of
from deploy.sites import CONTAINERS, EXPECTED, FUNCTIONS, GRANTS, ORDERS, site
from tablewright.deploy.alarm_values import Expected, metrics_watched
from tablewright.deploy.program import FunctionNeed, Program
from tablewright.deploy.stack import build

LISTED = yaml.safe_load(
    Path(__file__).with_name("cloudwatch_metrics.yaml").read_text(encoding="utf-8")
)
WATCHED = (
    replace(
        EXPECTED[0],
        operations=("GetItem", "PutItem"),
        replicas=("eu-central-1",),
        failed_conditions_per_second=Decimal("0.2"),
    ),
    Expected(table="OrdersTable", index="by-user", reads_per_second=Decimal(2)),
)
NEEDS = tuple(
    FunctionNeed(
        name=name, routes=(("GET", f"/{name}"),), mb=128, seconds=3, code=name, patterns=()
    )
    for name in ("List", "Show")
)


def stacks():
    functions = replace(site(*FUNCTIONS), latency_ms=100)
    yield "functions", build(functions, (ORDERS,), GRANTS, WATCHED)
    many = replace(functions, program=Program(functions=NEEDS, alarms_by_cause=True))
    yield "many functions", build(many, (ORDERS,), GRANTS, WATCHED)
    rest = ("aws.api-gateway.rest", "aws.lambda.requests", "aws.lambda.gbs.arm")
    yield "rest", build(replace(site(*rest), latency_ms=100), (ORDERS,), GRANTS, WATCHED)
    containers = replace(site(*CONTAINERS), latency_ms=100)
    provisioned = (replace(WATCHED[0], is_provisioned=True),)
    yield "containers", build(containers, (ORDERS,), GRANTS, provisioned)
    server = ("aws.ec2.t3.small", "aws.rds-postgresql.pg.db.t4g.micro.single")
    yield "server", build(site(*server, engine="postgresql"))


ALARMS = [
    pytest.param(alarm, id=f"{name}-{alarm.name}")
    for name, stack in stacks()
    for alarm in stack.of_kind("AWS::CloudWatch::Alarm")
]


def data_of(properties, value):
    """Return periods of one value for the first metric of an alarm; the others report nothing."""
    periods = properties["EvaluationPeriods"]
    return {first_of(properties): [value] * periods}


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_goes_off_beyond_its_threshold_and_not_on_it(alarm):
    p = alarm.properties
    falls = p["ComparisonOperator"] == "LessThanThreshold"
    beyond = p["Threshold"] - 1 if falls else p["Threshold"] + 1

    assert state_of(p, data_of(p, beyond)) == "ALARM"
    assert state_of(p, data_of(p, p["Threshold"])) == "OK"


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_is_quiet_where_nothing_is_reported_or_one_period_is_bad(alarm):
    p = alarm.properties
    falls = p["ComparisonOperator"] == "LessThanThreshold"
    beyond = p["Threshold"] - 1 if falls else p["Threshold"] + 1
    metric = first_of(p)
    once = [p["Threshold"]] * (p["EvaluationPeriods"] - 1) + [beyond]

    assert state_of(p, {}) == "OK"
    expected = "ALARM" if p["EvaluationPeriods"] == 1 else "OK"
    assert state_of(p, {metric: once}) == expected


@pytest.mark.parametrize("alarm", ALARMS)
def test_each_metric_of_an_alarm_is_reported_with_those_dimensions_and_that_statistic(alarm):
    watched = metrics_of(alarm.properties)

    assert 1 <= len(watched) <= 10
    assert metrics_watched(alarm) == len(watched)
    for namespace, metric, dimensions, statistic in watched:
        known = LISTED[namespace][metric]
        assert list(dimensions) in known["dimensions"], (metric, dimensions)
        assert statistic in known["statistics"], (metric, statistic)


def test_a_second_metric_of_a_sum_sets_the_alarm_off_too():
    _, stack = next(stacks())
    p = stack.resource("OrdersThrottledAlarm").properties

    assert state_of(p, {"m2": [1, 2]}) == "ALARM"


def test_failed_conditions_go_off_at_three_times_what_the_model_expects():
    _, stack = next(stacks())

    # 0.2 a second x 300 s = 60 expected in five minutes; three times that is 180, but a threshold
    # is never below one a second: 300
    assert stack.resource("OrdersFailedConditionsAlarm").properties["Threshold"] == 300


def test_the_disk_of_a_server_is_watched_in_bytes():
    stack = dict(stacks())["server"]

    # 20 GB, a tenth of it: 2 x 1024^3
    assert stack.resource("DatabaseDiskAlarm").properties["Threshold"] == 2_147_483_648


def test_the_dashboard_shows_expected_units_beside_observed_and_throttles_by_cause():
    _, stack = next(stacks())
    parts = stack.resource("Dashboard").properties["DashboardBody"].parts
    text = "".join(part if isinstance(part, str) else "orders" for part in parts)
    first = yaml.safe_load(text)["widgets"][0]["properties"]

    # 10 read units a second x 300 s
    assert {"label": "expected reads", "value": 3000.0} in first["annotations"]["horizontal"]
    names = [metric[1] for metric in first["metrics"]]
    assert names[:2] == ["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"]
    assert "ReadKeyRangeThroughputThrottleEvents" in names
    assert "ReadProvisionedThroughputThrottleEvents" not in names
