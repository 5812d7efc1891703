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


def test_the_account_is_named_before_anything_is_changed(
    address: str, tmp_path: Path, capsys: Printed
) -> None:
    path = tmp_path / "tablewright.yaml"
    path.write_text(MODEL)
    assert call("up", path, "--endpoint", address) == 0
    # moto is account 123456789012, and whoever asks is its user `moto`
    told = " ".join(capsys.readouterr().err.split())
    assert "account 123456789012, us-east-1, as arn:aws:sts::123456789012:user/moto" in told


def test_a_profile_without_a_region_takes_that_of_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    (tmp_path / "config").write_text(
        "[profile bare]\naws_access_key_id = a\naws_secret_access_key = b\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "tablewright.yaml"
    path.write_text(MODEL)
    assert call("up", path, "--profile", "bare", "--endpoint", "http://127.0.0.1:9") == 3
    assert "127.0.0.1:9" in capsys.readouterr().err
    assert call("up", path, "--profile", "other") == 2
    assert "there is no profile `other`" in capsys.readouterr().err


def test_a_right_that_is_missing_is_named_and_the_rest_is_examined(
    address: str, model: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.client import BaseClient
    from botocore.exceptions import ClientError

    from tablewright.engines.dynamodb import observation
    from tablewright.engines.dynamodb.transport import RequestFailedError

    asked = BaseClient._make_api_call

    def narrow(self: Any, operation: str, parameters: Any) -> Any:
        if operation == "GetMetricData":
            error = {"Error": {"Code": "AccessDenied", "Message": "is not authorized"}}
            raise ClientError(error, operation)
        return asked(self, operation, parameters)

    class Narrow:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def send(self, operation: str, parameters: Any) -> Any:
            raise RequestFailedError(operation, "AccessDeniedException", "is not authorized")

    answer_of = observation.answer_of

    def refusing(transport: Any, operation: str, parameters: Any, denied: Any = None) -> Any:
        if operation == "DescribeTimeToLive":
            transport = Narrow(transport)
        return answer_of(transport, operation, parameters, denied)

    monkeypatch.setattr(BaseClient, "_make_api_call", narrow)
    monkeypatch.setattr(observation, "answer_of", refusing)
    _, view = answer(capsys, "doctor", model, "--endpoint", address, "--cloudwatch", address)
    unchecked = dict(view["unchecked"])
    assert unchecked["cloudwatch:GetMetricData"] == "the right is missing"
    assert unchecked["dynamodb:DescribeTimeToLive"] == "the right is missing"
    assert unchecked["throttles"] == "the caller lacks cloudwatch:GetMetricData"
    # alarms were asked for: none is there
    assert ("alarms", "users") in {(f["check"], f["place"]) for f in view["findings"]}
    assert any(name == "account" and "123456789012" in text for name, text in view["facts"])
