"""Doctor, backups and archive through boto3, against moto: CloudWatch, DynamoDB and S3."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from peers import MOTO, running

from operate.shop_engines import call
from operate.test_doctor import MODEL

pytestmark = pytest.mark.needs_server
boto3 = pytest.importorskip("boto3")
Printed = pytest.CaptureFixture[str]
HOURS = 8 * 24


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if MOTO.missing:
        pytest.skip("moto is not installed: scripts/install-peers")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with running(MOTO) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture
def model(address: str, tmp_path: Path) -> Path:
    path = tmp_path / "tablewright.yaml"
    path.write_text(MODEL)
    assert call("up", path, "--endpoint", address) == 0
    assert call("seed", path, "--endpoint", address, "--users", "4") == 0
    return path


def answer(capsys: Printed, *arguments: object) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = call(*arguments, "--json")
    return code, json.loads(capsys.readouterr().out)


class Cloud:
    """Puts metrics and alarms as the service would."""

    def __init__(self, address: str) -> None:
        self.client = boto3.client("cloudwatch", endpoint_url=address)
        self.now = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0)

    def put(self, metric: str, table: str, value: float, **dimensions: str) -> None:
        """Put a value for each of eight days' hours."""
        named = [{"Name": "TableName", "Value": table}]
        named += [{"Name": name, "Value": text} for name, text in dimensions.items()]
        self.client.put_metric_data(
            Namespace="AWS/DynamoDB",
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": named,
                    "Timestamp": self.now - dt.timedelta(hours=hour),
                    "Value": value,
                }
                for hour in range(1, HOURS + 1)
            ],
        )

    def watch(self, table: str) -> None:
        for metric in ("ReadThrottleEvents", "ConsumedReadCapacityUnits"):
            self.client.put_metric_alarm(
                AlarmName=f"{table}-{metric}",
                Namespace="AWS/DynamoDB",
                MetricName=metric,
                Dimensions=[{"Name": "TableName", "Value": table}],
                Statistic="Sum",
                Period=300,
                EvaluationPeriods=1,
                Threshold=0,
                ComparisonOperator="GreaterThanThreshold",
                AlarmActions=["arn:aws:sns:us-east-1:123456789012:x"],
            )


def test_metrics_and_alarms_are_read_from_cloudwatch(
    address: str, model: Path, capsys: Printed
) -> None:
    cloud = Cloud(address)
    cloud.watch("users")
    cloud.put("ConsumedReadCapacityUnits", "users", 20)
    cloud.put("ConsumedReadCapacityUnits", "events", 9)
    cloud.put("ConsumedWriteCapacityUnits", "events", 9, GlobalSecondaryIndexName="by-kind")
    cloud.put("ReadThrottleEvents", "users", 1)
    cloud.put("WriteKeyRangeThroughputThrottleEvents", "events", 2)
    at = ("--endpoint", address, "--cloudwatch", address)
    code, view = answer(capsys, "doctor", model, *at)
    findings = {(f["check"], f["place"]): f for f in view["findings"]}
    assert code == 1
    # an hour's value each for 192 hours
    assert "192 ReadThrottleEvents" in findings["throttles", "users"]["evidence"]
    assert "384 KeyRange" in findings["hot-key", "events"]["evidence"]
    assert "8.0 days" in findings["unused-index", "events/by-kind"]["evidence"]
    assert ("alarms", "events") in findings
    assert ("alarms", "users") not in findings
    assert ("recovery", "users") not in findings


def test_a_drill_and_a_moment_through_boto3(address: str, model: Path, capsys: Printed) -> None:
    at = ("--endpoint", address)
    assert call("backup", model, *at) == 0
    for how in ((), ("--at", "latest")):
        code, view = answer(capsys, "restore", model, *at, "--drill", *how)
        assert (code, view["is_passed"], view["is_removed"]) == (0, True, True)
        assert {c["container"]: c["records"] for c in view["containers"]} == {
            "events": 12,  # 4 users, 3 events of each
            "users": 4,
        }


def test_an_archive_in_s3_comes_back(
    address: str, model: Path, tmp_path: Path, capsys: Printed
) -> None:
    boto3.client("s3", endpoint_url=address).create_bucket(Bucket="old")
    at = ("--endpoint", address, "--s3", address)
    place = "s3://old/watch"
    code, view = answer(
        capsys, "archive", model, *at, "--entity", "Event", "--older-than", 0, "--to", place
    )
    assert (code, view["moved"]["deleted"], view["place"]) == (0, 12, place)
    back = tmp_path / "back"
    code, view = answer(capsys, "archive", model, "--read", place, "--s3", address, "--out", back)
    (run,) = view["runs"]
    code, view = answer(capsys, "import", run["folder"], model, "--endpoint", address)
    assert (code, view["written"]) == (0, 12)
