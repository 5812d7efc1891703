"""Saved replies of CloudWatch are read as the command line of AWS prints them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from tablewright.engines.dynamodb.health.metrics import read_files
from tablewright.evaluation.health import MetricSeries, ObservedAlarm

READ = {
    "Label": "orders/by-day ConsumedReadCapacityUnits",
    "Timestamps": ["2026-11-01T02:00:00Z", "2026-11-01T01:00:00+00:00"],
    "Values": [3.5, 7],
}
ALARM = {
    "AlarmName": "throttled",
    "StateValue": "OK",
    "AlarmActions": ["arn:aws:sns:us-east-1:1:alerts"],
    "Metrics": [
        {"Id": "sum", "Expression": "a + b"},
        {
            "Id": "a",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/DynamoDB",
                    "MetricName": "ReadThrottleEvents",
                    "Dimensions": [{"Name": "TableName", "Value": "orders"}],
                }
            },
        },
    ],
}


def saved(folder: Path, name: str, content: object) -> str:
    path = folder / name
    path.write_text(json.dumps(content))
    return str(path)


def test_times_in_words_are_seconds_and_points_are_in_their_order(tmp_path: Path) -> None:
    # 2026-11-01 is day 20,758 since 1970: 56 years of 365 days are 20,440, with 14 leap days
    # (1972 to 2024) 20,454 at the first of January; to the first of November 304 days more.
    midnight = 20_758 * 86_400
    observed = read_files([saved(tmp_path, "reads.json", {"MetricDataResults": [READ]})])
    assert observed.series == (
        MetricSeries(
            metric="ConsumedReadCapacityUnits",
            table="orders",
            index="by-day",
            period_seconds=3600,
            points=((midnight + 3600, Decimal(7)), (midnight + 7200, Decimal("3.5"))),
        ),
    )
    assert observed.alarms is None  # not asked, which is not the same as none


def test_an_alarm_on_a_sum_of_metrics_is_one_of_their_tables(tmp_path: Path) -> None:
    observed = read_files([saved(tmp_path, "alarms.json", {"MetricAlarms": [ALARM]})])
    assert observed.alarms == (
        ObservedAlarm(
            name="throttled",
            metrics=("ReadThrottleEvents",),
            tables=("orders",),
            has_actions=True,
            state="OK",
        ),
    )
    assert observed.series is None
