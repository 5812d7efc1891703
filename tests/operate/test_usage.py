"""Usage: units and throttles by table and period, capacity that would have fitted, what is free."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from operate.shop_engines import call
from tablewright.core.errors import UsageError
from tablewright.engines.dynamodb.health.capacity import capacity_use
from tablewright.engines.dynamodb.observation import ObservedTable
from tablewright.evaluation.doors import Consumption, Target
from tablewright.evaluation.health import MetricSeries, Observations
from tablewright.operate.doctor.usage import metered_here, usage_of
from tablewright.operate.workspace import Workspace
from tablewright.session import open_model
from tablewright.verbs.usage import UsageOptions, usage

MODEL = """
app: watch
region: us-east-1
scales: [100]
entities:
  User: {key: id, attributes: {id: uuid, name: text(20)}}
  Event: {key: [user, at], count: 3/user, attributes: {user: ref(User), at: timestamp, body: text(40)}}
patterns:
  user: {get: User, by: id, rate: 10/user/day}
  write: {put: Event, rate: 2/user/day}
designs:
  kept:
    engine: dynamodb
    tables:
      users: {key: id, items: User}
      events: {key: [user, at], items: Event, mode: {rcu: 10, wcu: 4}}
"""  # noqa: E501 - one line for each thing reads best here
NOON = 1_764_504_000  # 2025-11-30T12:00:00Z
Printed = pytest.CaptureFixture[str]


def series(metric: str, *values: int, table: str = "events", index: str = "") -> MetricSeries:
    """Return values of consecutive hours from noon."""
    points = tuple((NOON + 3600 * hour, Decimal(value)) for hour, value in enumerate(values))
    return MetricSeries(metric=metric, table=table, index=index, points=points)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "tablewright.yaml"
    path.write_text(MODEL)
    assert call("up", path) == 0
    return path


def test_units_of_a_table_and_its_indexes_are_added_up_by_hour_and_by_day() -> None:
    read = "ConsumedReadCapacityUnits"
    listed = [series(read, 5, 7), series(read, 1, 1, index="by-kind")]

    hours = usage_of(listed, is_hourly=True)
    assert [(row.since, row.read_units) for row in hours] == [
        ("2025-11-30T12:00Z", 6),  # 5 + 1
        ("2025-11-30T13:00Z", 8),  # 7 + 1
    ]
    (day,) = usage_of(listed, is_hourly=False)
    assert (day.since, day.read_units, day.write_units) == ("2025-11-30", 14, 0)


def test_throttles_that_nobody_counted_are_not_none() -> None:
    units = series("ConsumedWriteCapacityUnits", 5, 5)

    assert [row.write_throttles for row in usage_of([units], is_hourly=True)] == [None, None]
    # CloudWatch reports a throttle metric only for periods that have some
    thrown = series("WriteThrottleEvents", 3)
    assert [row.write_throttles for row in usage_of([units, thrown], is_hourly=True)] == [3, 0]


def test_fitting_capacity_is_the_busiest_hour_at_seventy_per_cent() -> None:
    throughput = {"ReadCapacityUnits": 10, "WriteCapacityUnits": 4}
    table = ObservedTable(
        name="events", status="ACTIVE", description={"ProvisionedThroughput": throughput}
    )
    observed = Observations(
        series=(
            series("ConsumedReadCapacityUnits", 3600, 50_400),  # at most 14 a second
            series("ConsumedWriteCapacityUnits", 36, 36),
        )
    )

    read, write = capacity_use({"events": table}, observed)
    # 14 / 0.7 = 20 exactly; 0.01 / 0.7 = 0.014, and one is the least there is
    assert (read.provisioned, read.busiest, read.suggested) == (10, 14, 20)
    assert (write.provisioned, write.suggested) == (4, 1)


def test_a_table_that_is_paid_by_request_has_no_capacity_to_fit() -> None:
    zero = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    table = ObservedTable(
        name="users", status="ACTIVE", description={"ProvisionedThroughput": zero}
    )
    observed = Observations(series=(series("ConsumedReadCapacityUnits", 5, table="users"),))

    assert list(capacity_use({"users": table}, observed)) == []


def test_what_verbs_consume_is_kept_by_the_hour(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "tablewright.yaml")
    at = datetime.datetime(2026, 11, 30, 16, 59, tzinfo=datetime.UTC)
    used = [Consumption(resource="events", dimension="write", units=Decimal("2.5"))]
    for minutes in (0, 0, 1):
        now = at + datetime.timedelta(minutes=minutes)
        workspace.add_units("kept", Target(), used, now)

    kept = list(metered_here(workspace.units_by_hour("kept", Target()), at.replace(minute=0)))
    rows = usage_of(kept, is_hourly=True)
    assert [(row.since, row.write_units) for row in rows] == [
        ("2026-11-30T16:00Z", 5),
        ("2026-11-30T17:00Z", Decimal("2.5")),
    ]
    later = at + datetime.timedelta(hours=1)
    assert (
        len(
            usage_of(
                list(metered_here(workspace.units_by_hour("kept", Target()), later)), is_hourly=True
            )
        )
        == 0
    )
    assert workspace.units_so_far("kept", Target())["events"]["write"] == "7.5"


def replies(folder: Path) -> Path:
    def result(label: str, *values: int) -> dict[str, Any]:
        moments = [NOON + 3600 * hour for hour in range(len(values))]
        return {"Id": "q", "Label": label, "Timestamps": moments, "Values": list(values)}

    path = folder / "metrics.json"
    results = [
        result("events ConsumedReadCapacityUnits", 36_000, 43_200),
        result("events ReadThrottleEvents", 0, 17),
        result("users ConsumedReadCapacityUnits", 4, 4),
    ]
    path.write_text(json.dumps({"MetricDataResults": results}))
    return path


def test_the_throttle_report_names_table_hour_and_number(
    model: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    metrics = replies(model.parent)
    assert call("usage", model, "--hourly", "--table", "events", "--metrics", str(metrics)) == 0
    text = capsys.readouterr().out

    summary = " ".join(text.split())
    assert "Throttled in 1 of 2 rows, most of events since 2025-11-30T13:00Z" in summary
    lines = [line.split() for line in text.splitlines() if line.startswith("2025-11-30T13")]
    assert lines == [["2025-11-30T13:00Z", "events", "43,200.0", "0.0", "17", "0"]]
    assert "users" not in text.partition("Capacity")[0]


def test_the_command_that_asks_the_service_is_written_out(model: Path) -> None:
    view = usage(open_model(str(model)), "kept", Target(), UsageOptions(table="events"))

    named = [command.split("--metric-name ")[1].split()[0] for _, command in view.commands]
    assert named == [
        "ConsumedReadCapacityUnits",
        "ConsumedWriteCapacityUnits",
        "ReadThrottleEvents",
        "WriteThrottleEvents",
    ]
    assert all("Name=TableName,Value=events" in command for _, command in view.commands)
    assert all("--region us-east-1" in command for _, command in view.commands)


def test_what_is_free_stands_beside_what_is_used(model: Path) -> None:
    view = usage(open_model(str(model)), "kept", Target(), UsageOptions())
    rows = {row.what: row for row in view.allowances if not row.option}

    # 10 read units a second x 730 hours, of 18,600 free unit-hours
    reads = rows["read capacity unit-hours"]
    assert (reads.used, reads.free, reads.kind) == (7300, 18_600, "always")
    assert rows["storage"].free == 25


def test_an_unknown_table_suggests_the_nearest(model: Path) -> None:
    with pytest.raises(UsageError, match="no table `event`") as raised:
        usage(open_model(str(model)), "kept", Target(), UsageOptions(table="event"))
    assert "events" in raised.value.remedy


def test_status_says_throttles_of_each_table_or_why_it_does_not_know(
    model: Path, capsys: Printed
) -> None:
    assert call("status", model) == 0
    assert "Throttles are not known: CloudWatch was not asked" in capsys.readouterr().out
    assert call("status", model, "--metrics", str(replies(model.parent))) == 0
    text = capsys.readouterr().out

    events = next(line for line in text.splitlines() if line.startswith("events:"))
    users = next(line for line in text.splitlines() if line.startswith("users:"))
    assert "17 requests throttled in a day" in events
    assert "10 read and 4 write units a second" in text
    assert "0 requests throttled" in users
