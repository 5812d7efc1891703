"""Doctor: planted faults are found with their evidence, none is invented on a healthy system."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from operate.shop_engines import call
from tablewright.core.errors import DataError
from tablewright.evaluation.doors import Record, Target
from tablewright.evaluation.health import MetricSeries, ObservedCalls
from tablewright.operate.doctor.checks import rates
from tablewright.operate.doctor.costs import charged
from tablewright.session import open_model, read_model
from tablewright.sources.observed_rates import factors, with_observed_rates
from tablewright.verbs.database import opened

MODEL = """
app: watch
region: us-east-1
scales: [100]
entities:
  User: {key: id, attributes: {id: uuid, name: text(20)}}
  Event:
    key: [user, at]
    count: 3/user
    retention: 90d
    attributes:
      {user: ref(User), at: timestamp, kind: text(8), body: text(40), expiresAt: epoch}
patterns:
  user: {get: User, by: id, rate: 10/user/day}
  events: {list: Event, where: user, sort: -at, limit: 2, rate: 5/user/day (assumed)}
  of_kind: {list: Event, where: kind, sort: -at, limit: 2, rate: 1/user/day}
  write: {put: Event, rate: 2/user/day}  # by the phone
designs:
  kept:
    engine: dynamodb
    tables:
      users: {key: id, items: User, pitr: 35d, deletion_protection: true}
      events:
        key: [user, at]
        items: Event
        ttl: expiresAt
        pitr: 35d
        deletion_protection: true
        indexes: {by-kind: {key: [kind, at], project: all}}
"""
START = 1_764_460_800  # 2025-11-30T00:00:00Z
HOURS = 14 * 24
Printed = pytest.CaptureFixture[str]
Findings = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "tablewright.yaml"
    path.write_text(MODEL)
    assert call("up", path) == 0
    assert call("seed", path, "--users", "4") == 0
    assert call("backup", path) == 0
    assert call("restore", path, "--drill") == 0
    return path


def series(label: str, per_day: float) -> dict[str, Any]:
    """Return two weeks of hours that come to so many a day."""
    return {
        "Id": "q",
        "Label": label,
        "Timestamps": [START + 3600 * hour for hour in range(HOURS)],
        "Values": [per_day / 24] * HOURS,
    }


def healthy() -> list[dict[str, Any]]:
    """Return metrics as the model expects them at 100 users."""
    return [
        # 10, 5, 1 and 2 calls of each of 100 users
        series("users GetItem", 1000),
        series("events Query", 600),  # 500 of `events`, 100 of `of_kind`
        series("events PutItem", 200),
        series("users ConsumedReadCapacityUnits", 500),
        series("users ConsumedWriteCapacityUnits", 0),
        series("events ConsumedReadCapacityUnits", 250),
        series("events ConsumedWriteCapacityUnits", 200),
        series("events/by-kind ConsumedReadCapacityUnits", 50),
        series("events/by-kind ConsumedWriteCapacityUnits", 200),
    ]


def alarm(table: str) -> dict[str, Any]:
    def metric(name: str) -> dict[str, Any]:
        dimensions = [{"Name": "TableName", "Value": table}]
        return {
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/DynamoDB",
                    "MetricName": name,
                    "Dimensions": dimensions,
                }
            }
        }

    return {
        "AlarmName": f"{table}-throttled",
        "ActionsEnabled": True,
        "AlarmActions": ["arn:aws:sns:us-east-1:1:alarms"],
        "Metrics": [metric("ReadThrottleEvents"), metric("ConsumedReadCapacityUnits")],
    }


class Watched:
    """Runs doctor with replies of CloudWatch that a test has put together."""

    def __init__(self, path: Path, capsys: Printed) -> None:
        self.path, self.capsys = path, capsys
        self.metrics = healthy()
        self.alarms = [alarm("users"), alarm("events")]
        self.options: tuple[object, ...] = ()

    def run(self) -> tuple[int, dict[str, Any]]:
        folder = self.path.parent
        (folder / "metrics.json").write_text(json.dumps({"MetricDataResults": self.metrics}))
        (folder / "alarms.json").write_text(json.dumps({"MetricAlarms": self.alarms}))
        files = ("--metrics", folder / "metrics.json", "--metrics", folder / "alarms.json")
        self.capsys.readouterr()
        code = call("doctor", self.path, *files, *self.options, "--json")
        return code, json.loads(self.capsys.readouterr().out)

    def findings(self) -> tuple[int, Findings]:
        code, view = self.run()
        return code, {(f["check"], f["place"]): f for f in view["findings"]}


@pytest.fixture
def watched(model: Path, capsys: Printed) -> Watched:
    return Watched(model, capsys)


def test_nothing_is_invented_on_a_healthy_system(watched: Watched) -> None:
    code, view = watched.run()
    assert (code, view["findings"]) == (0, [])
    assert [what for what, _ in view["unchecked"]] == ["bill"]
    # 14 days, one row a table and day; 250 + 50 read units of the table and its index
    rows = [row for row in view["usage"] if row["table"] == "events"]
    assert len(rows) == 14
    # 250 / 24 is no exact double: the replies of CloudWatch are doubles
    assert [round(Decimal(rows[0][w]), 6) for w in ("read_units", "write_units")] == [300, 400]


def test_usage_is_told_by_the_hour_where_asked(watched: Watched) -> None:
    watched.options = ("--hourly",)
    _, view = watched.run()
    users = [row for row in view["usage"] if row["table"] == "users"]
    assert len(users) == HOURS
    # 500 a day
    assert round(Decimal(users[1]["read_units"]) * 24, 6) == 500
    assert [row["since"] for row in users[:2]] == ["2025-11-30T00:00Z", "2025-11-30T01:00Z"]


def test_what_was_not_asked_is_not_called_healthy(model: Path, capsys: Printed) -> None:
    capsys.readouterr()
    assert call("doctor", model, "--json") == 0
    unchecked = {what for what, _ in json.loads(capsys.readouterr().out)["unchecked"]}
    assert {"alarms", "throttles", "hot keys", "unused indexes", "bill"} <= unchecked


# ---------------------------------------------------------------- planted faults


def send(path: Path, operation: str, **parameters: Any) -> None:
    session = open_model(str(path))
    with opened(session, session.design("kept"), Target()) as adapter:
        adapter.transport.send(operation, parameters)  # type: ignore[attr-defined]


def recovery_off(watched: Watched) -> None:
    send(
        watched.path,
        "UpdateContinuousBackups",
        TableName="events",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )


def protection_off(watched: Watched) -> None:
    send(watched.path, "UpdateTable", TableName="users", DeletionProtectionEnabled=False)


def expiry_off(watched: Watched) -> None:
    specification = {"Enabled": False, "AttributeName": "expiresAt"}
    send(
        watched.path, "UpdateTimeToLive", TableName="events", TimeToLiveSpecification=specification
    )


def table_gone(watched: Watched) -> None:
    protection_off(watched)
    send(watched.path, "DeleteTable", TableName="users")


def alarms_gone(watched: Watched) -> None:
    watched.alarms = [alarm("users")]


def alarm_tells_nobody(watched: Watched) -> None:
    watched.alarms[1]["AlarmActions"] = []


def reads_throttled(watched: Watched) -> None:
    watched.metrics += [
        series("users ReadThrottleEvents", 24),
        series("users ReadAccountLimitThrottleEvents", 24),
    ]


def hot_key(watched: Watched) -> None:
    watched.metrics.append(series("events/by-kind WriteKeyRangeThroughputThrottleEvents", 48))


def index_never_read(watched: Watched) -> None:
    for each in watched.metrics:
        if each["Label"] == "events/by-kind ConsumedReadCapacityUnits":
            each["Values"] = [0] * HOURS


def many_more_calls(watched: Watched) -> None:
    watched.metrics[0] = series("users GetItem", 3000)


def unknown_calls(watched: Watched) -> None:
    watched.metrics.append(series("users Scan", 100))


def near_the_quota(watched: Watched) -> None:
    # 40,000 units a second are the quota of a table: 36,000 a second are 90 per cent
    watched.metrics[3]["Values"][5] = 36_000 * 3600


def huge_item(watched: Watched) -> None:
    session = open_model(str(watched.path))
    item = {"id": {"S": "big"}, "name": {"S": "x" * 320_000}}
    with opened(session, session.design("kept"), Target()) as adapter:
        adapter.bulk_write([Record(container="users", kind="", content=item)])


def backup_gone(watched: Watched) -> None:
    recovery_off(watched)
    for path in (watched.path.parent / ".tablewright/backups/kept").glob("*.json"):
        path.unlink()


def drill_failed(watched: Watched) -> None:
    path = watched.path.parent / ".tablewright/drills/kept.json"
    path.write_text(path.read_text().replace('"is_passed": true', '"is_passed": false'))


def bill_too_high(watched: Watched) -> None:
    path = watched.path.parent / "cur.csv"
    with path.open("w") as stream:
        rows = csv.writer(stream)
        rows.writerow(["lineItem/ProductCode", "lineItem/UnblendedCost", "lineItem/UsageStartDate"])
        for day in range(1, 31):
            rows.writerow(["AmazonDynamoDB", "1.0", f"2026-11-{day:02}T00:00:00Z"])
            rows.writerow(["AmazonS3", "50.0", f"2026-11-{day:02}T00:00:00Z"])
    watched.options = ("--bill", path)


def service_down(watched: Watched) -> None:
    watched.options = ("--health", "http://127.0.0.1:9/health")


@pytest.mark.parametrize(
    ("plant", "check", "place", "urgency", "evidence"),
    [
        (recovery_off, "recovery", "events", "severe", "PointInTimeRecoveryStatus"),
        (protection_off, "deletion-protection", "users", "warning", "not true"),
        (expiry_off, "expiry", "events", "severe", "not ENABLED"),
        (table_gone, "drift", "users", "severe", "the database does not"),
        (alarms_gone, "alarms", "events", "warning", "no alarm with an action"),
        (alarm_tells_nobody, "alarms", "events", "warning", "no alarm with an action"),
        # 24 a day for 14 days
        (reads_throttled, "throttles", "users", "severe", "336 ReadThrottleEvents"),
        (hot_key, "hot-key", "events/by-kind", "severe", "672 KeyRange"),
        (index_never_read, "unused-index", "events/by-kind", "warning", "14.0 days"),
        (many_more_calls, "rates", "users", "warning", "user: 1,000 a day"),
        (unknown_calls, "rates", "users", "warning", "no pattern"),
        (near_the_quota, "quota", "users", "severe", "36,000 units a second of 40,000"),
        # 320,000 of the name, 4 + 2 of the attributes' names, 3 of the key
        (huge_item, "record-size", "users", "severe", "largest 320,009 B of 409,600"),
        (backup_gone, "backup", "database", "warning", "nor a backup made here"),
        (drill_failed, "restore-drill", "database", "severe", "drill of"),
        # 30 USD in 30 days: 30.42 in a month of 730 hours
        (bill_too_high, "bill", "bill", "warning", "30.42 USD a month"),
        (service_down, "health", "http://127.0.0.1:9/health", "severe", "GET http"),
    ],
)
def test_a_planted_fault_is_found(
    plant: Any, check: str, place: str, urgency: str, evidence: str, watched: Watched
) -> None:
    plant(watched)
    code, findings = watched.findings()
    assert code == (1 if "severe" in {f["urgency"] for f in findings.values()} else 0)
    assert (check, place) in findings
    finding = findings[check, place]
    assert finding["urgency"] == urgency
    assert evidence in finding["evidence"]
    assert finding["fix"]


def test_ten_faults_at_once_are_ten_findings(watched: Watched) -> None:
    for plant in (
        recovery_off, protection_off, expiry_off, alarms_gone, reads_throttled, hot_key,
        index_never_read, many_more_calls, huge_item, bill_too_high,
    ):  # fmt: skip
        plant(watched)
    code, findings = watched.findings()
    planted = {
        ("recovery", "events"), ("deletion-protection", "users"), ("expiry", "events"),
        ("alarms", "events"), ("throttles", "users"), ("hot-key", "events/by-kind"),
        ("unused-index", "events/by-kind"), ("rates", "users"), ("record-size", "users"),
        ("bill", "bill"),
    }  # fmt: skip
    # what differs from the design is named as drift too, and without the alarm nobody is told of
    # the consumption either
    assert set(findings) - planted == {
        ("drift", "events"),
        ("drift", "users"),
        ("consumption-alarms", "events"),
    }
    assert planted <= set(findings)
    assert code == 1


def test_the_page_shows_the_largest_keys_and_the_fix(watched: Watched) -> None:
    huge_item(watched)
    watched.run()
    call("doctor", watched.path, "--width", "400")
    page = watched.capsys.readouterr().out
    assert "users: 5 records; bytes p50" in page
    assert "largest: big 320,009" in page
    assert "compress the long attribute" in page


# ---------------------------------------------------------------- capacity mode


def test_steady_heavy_load_is_cheaper_provisioned(watched: Watched) -> None:
    # 8,640,000 reads a day are 100 a second, every second
    watched.metrics[3] = series("users ConsumedReadCapacityUnits", 8_640_000)
    _, findings = watched.findings()
    finding = findings["capacity-mode", "users"]
    # on-demand: 100 x 3600 x 730 h = 262.8 M units at 0.125 USD a million = 32.85 USD
    # provisioned: 100 / 0.7 = 142.9, so 143 read units and 1 write unit: 730 h x
    # (143 x 0.00013 + 0.00065) = 13.5707 + 0.4745 = 14.05 USD
    assert "32.85 USD a month as it is, 14.05 provisioned" in finding["evidence"]
    assert "18.80 USD a month less" in finding["says"]


# ---------------------------------------------------------------- rates


def test_observed_rates_are_written_and_comments_stay(watched: Watched) -> None:
    watched.metrics[0] = series("users GetItem", 3000)
    watched.metrics[1] = series("events Query", 1200)
    watched.options = ("--write-rates",)
    _, view = watched.run()
    assert {c["pattern"]: c["after"] for c in view["written_rates"]} == {
        "user": "30/user/day (seen)",  # 3,000 of 100 users
        "events": "10/user/day (seen)",  # both that query share 1,200: twice what they were
        "of_kind": "2/user/day (seen)",
        "write": "2/user/day (seen)",
    }
    text = watched.path.read_text()
    assert "user: {get: User, by: id, rate: 30/user/day (seen)}" in text
    assert "rate: 2/user/day (seen)}  # by the phone" in text
    # every verb works on it, and there is nothing left to write
    watched.options = ()
    assert [f for f in watched.run()[1]["findings"] if f["check"] == "rates"] == []
    watched.options = ("--write-rates",)
    assert watched.run()[1]["written_rates"] == []


def test_a_rate_that_was_edited_since_stays_and_is_a_conflict(watched: Watched) -> None:
    watched.options = ("--write-rates",)
    watched.metrics[0] = series("users GetItem", 3000)
    watched.run()
    text = watched.path.read_text().replace("rate: 30/user/day (seen)", "rate: 40/user/day")
    watched.path.write_text(text)
    watched.metrics[0] = series("users GetItem", 2000)
    _, view = watched.run()
    assert "rate: 40/user/day" in watched.path.read_text()
    assert len(view["rate_conflicts"]) == 1
    assert "20/user/day (seen)" in view["rate_conflicts"][0]["theirs"][0]


def test_without_requests_no_rate_is_written(model: Path, capsys: Printed) -> None:
    assert call("doctor", model, "--write-rates") == 2
    assert "no requests of an access pattern were observed" in capsys.readouterr().err
    assert model.read_text() == MODEL


def test_patterns_that_are_counted_twice_get_the_mean() -> None:
    def seen(operation: str, observed: int, expected: int) -> ObservedCalls:
        return ObservedCalls(
            place="t",
            operation=operation,
            observed_per_day=Decimal(observed),
            expected_per_day=Decimal(expected),
            patterns=("p",),
        )

    assert factors([seen("Query", 30, 10), seen("GetItem", 10, 10)]) == {"p": Decimal(2)}
    # nothing was seen: a quiet fortnight does not say that the pattern is gone
    assert factors([seen("Query", 0, 10)]) == {}
    assert list(rates([seen("Query", 19, 10), seen("Query", 3, 9)])) == []


def test_a_rate_on_a_line_of_its_own_is_found_and_a_missing_one_named() -> None:
    text = MODEL.replace(
        "  user: {get: User, by: id, rate: 10/user/day}",
        "  user:\n    get: User\n    by: id\n    rate: 10/user/day",
    )
    model = read_model(text).model
    rewritten = with_observed_rates(text, text, model, {"user": Decimal("1.5")})
    assert "    rate: 15/user/day (seen)\n" in rewritten.text
    assert rewritten.skipped == ()


# ---------------------------------------------------------------- bills, bad input


def test_a_reply_of_cost_explorer_is_read_with_its_exclusive_end(tmp_path: Path) -> None:
    path = tmp_path / "ce.json"

    def group(key: str, amount: str) -> dict[str, Any]:
        return {"Keys": [key], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}}

    period = {"Start": "2026-10-01", "End": "2026-11-01"}
    groups = [group("Amazon DynamoDB", "62"), group("Amazon S3", "9")]
    path.write_text(json.dumps({"ResultsByTime": [{"TimePeriod": period, "Groups": groups}]}))
    cost = charged(path, ("AmazonDynamoDB", "Amazon DynamoDB"))
    assert (cost.usd, cost.days) == (62, 31)  # 1 November is not part of it
    # 2 a day for 730 / 24 days
    assert round(cost.usd_per_month, 2) == Decimal("60.83")


@pytest.mark.parametrize("text", ["", "{", "a,b\n1,2\n", '{"ResultsByTime": []}', "\x00"])
def test_what_is_no_bill_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bill"
    path.write_text(text)
    with pytest.raises(DataError, match="no Cost and Usage Report"):
        charged(path, ("x",))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"MetricDataResults": [{"Label": "a"}]}'])
def test_what_is_no_reply_of_cloudwatch_is_refused(
    text: str, model: Path, tmp_path: Path, capsys: Printed
) -> None:
    (tmp_path / "m.json").write_text(text or " ")
    code = call("doctor", model, "--metrics", tmp_path / "m.json")
    if text == '{"MetricDataResults": [{"Label": "a"}]}':
        assert code in (0, 2)  # a label that names nothing is passed by
        return
    assert code == 2
    assert "is no reply of CloudWatch" in capsys.readouterr().err


def test_a_series_covers_the_days_from_its_first_to_its_last_value() -> None:
    points = ((0, Decimal(1)), (86_400, Decimal(3)))
    one = MetricSeries(metric="m", table="t", period_seconds=3600, points=points)
    # a day and the hour of the last value
    assert one.days == Decimal(90_000) / 86_400
    assert (one.total, one.largest, one.resource) == (4, 3, "t")
