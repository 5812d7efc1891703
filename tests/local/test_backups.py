"""Backups, restores and point-in-time recovery: what comes back is what was there."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tablewright.local.database import Database
from tablewright.local.faults import (
    BackupNotFoundException,
    InvalidRestoreTimeException,
    PointInTimeRecoveryUnavailableException,
    TableAlreadyExistsException,
    TableNotFoundException,
    ValidationException,
)

DAY = 24 * 3600


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def db(clock):
    with Database(clock=clock) as db:
        create(db)
        yield db


def create(db, name="Things"):
    db.call(
        "CreateTable",
        {
            "TableName": name,
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "g", "AttributeType": "S"},
            ],
            "BillingMode": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "byg",
                    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
            "Tags": [{"Key": "team", "Value": "core"}],
        },
    )


def put(db, key, value):
    item = {"pk": {"S": key}, "v": {"N": str(value)}, "g": {"S": "x"}}
    db.call("PutItem", {"TableName": "Things", "Item": item})


def delete(db, key):
    db.call("DeleteItem", {"TableName": "Things", "Key": {"pk": {"S": key}}})


def content(db, name):
    items = db.call("Scan", {"TableName": name})["Items"]
    return {item["pk"]["S"]: int(item["v"]["N"]) for item in items}


def describe(db, name):
    return db.call("DescribeTable", {"TableName": name})["Table"]


def back_up(db, name="first"):
    request = {"TableName": "Things", "BackupName": name}
    return db.call("CreateBackup", request)["BackupDetails"]["BackupArn"]


def restore(db, arn, target="Restored", **overrides):
    request = {"BackupArn": arn, "TargetTableName": target, **overrides}
    db.call("RestoreTableFromBackup", request)


def test_restored_table_has_the_items_of_the_backup(db):
    put(db, "a", 1)
    put(db, "b", 2)
    arn = back_up(db)
    put(db, "a", 9)
    delete(db, "b")
    db.call("DeleteTable", {"TableName": "Things"})
    restore(db, arn)
    assert content(db, "Restored") == {"a": 1, "b": 2}
    query = {
        "TableName": "Restored",
        "IndexName": "byg",
        "KeyConditionExpression": "g = :x",
        "ExpressionAttributeValues": {":x": {"S": "x"}},
    }
    assert db.call("Query", query)["Count"] == 2
    assert describe(db, "Restored")["ItemCount"] == 2


def test_restored_table_has_keys_and_indexes_but_no_stream_tags_or_expiry(db):
    restore(db, back_up(db))
    table = describe(db, "Restored")
    assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    assert [one["IndexName"] for one in table["GlobalSecondaryIndexes"]] == ["byg"]
    assert "StreamSpecification" not in table
    tags = db.call("ListTagsOfResource", {"ResourceArn": table["TableArn"]})["Tags"]
    assert tags == []
    assert table["RestoreSummary"]["RestoreInProgress"] is False


def test_restore_can_change_indexes_and_capacity(db):
    restore(
        db,
        back_up(db),
        GlobalSecondaryIndexOverride=[],
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
    )
    table = describe(db, "Restored")
    assert "GlobalSecondaryIndexes" not in table
    assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    assert table["AttributeDefinitions"] == [{"AttributeName": "pk", "AttributeType": "S"}]


def test_backup_is_described_with_its_table(db):
    put(db, "a", 1)
    arn = back_up(db, "nightly")
    found = db.call("DescribeBackup", {"BackupArn": arn})["BackupDescription"]
    assert found["BackupDetails"]["BackupName"] == "nightly"
    assert found["BackupDetails"]["BackupStatus"] == "AVAILABLE"
    assert found["BackupDetails"]["BackupSizeBytes"] == 8  # pk 2+1, v 1+2, g 1+1
    assert found["SourceTableDetails"]["ItemCount"] == 1
    streams = found["SourceTableFeatureDetails"]["StreamDescription"]
    assert streams == {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}


def test_backups_are_listed_by_page_table_and_time(db, clock):
    arns = []
    for name in ("one", "two", "three"):
        arns.append(back_up(db, name))
        clock.now += 10

    def listed(**members):
        found = db.call("ListBackups", members)["BackupSummaries"]
        return [one["BackupName"] for one in found]

    assert listed() == ["one", "two", "three"]
    assert listed(Limit=2) == ["one", "two"]
    assert listed(ExclusiveStartBackupArn=arns[1]) == ["three"]
    assert listed(TimeRangeLowerBound=clock.now - 20) == ["two", "three"]
    assert listed(TableName="Other") == []
    assert listed(BackupType="SYSTEM") == []


def test_deleted_backup_is_gone(db):
    arn = back_up(db)
    reply = db.call("DeleteBackup", {"BackupArn": arn})
    assert reply["BackupDescription"]["BackupDetails"]["BackupStatus"] == "DELETED"
    for operation in ("DescribeBackup", "DeleteBackup"):
        with pytest.raises(BackupNotFoundException):
            db.call(operation, {"BackupArn": arn})


def test_restore_needs_a_free_name_and_a_fitting_override(db):
    arn = back_up(db)
    with pytest.raises(TableAlreadyExistsException):
        restore(db, arn, "Things")
    other = {
        "IndexName": "other",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    with pytest.raises(ValidationException):
        restore(db, arn, GlobalSecondaryIndexOverride=[other])
    with pytest.raises(TableNotFoundException):
        db.call("CreateBackup", {"TableName": "Nope", "BackupName": "first"})
    assert db.call("ListTables", {})["TableNames"] == ["Things"]


# Point-in-time recovery


def recover(db, enabled=True, **members):
    wanted = {"PointInTimeRecoveryEnabled": enabled, **members}
    request = {"TableName": "Things", "PointInTimeRecoverySpecification": wanted}
    reply = db.call("UpdateContinuousBackups", request)
    return reply["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]


def restore_at(db, moment, target="Restored"):
    request = {"SourceTableName": "Things", "TargetTableName": target, "RestoreDateTime": moment}
    db.call("RestoreTableToPointInTime", request)
    return content(db, target)


def test_table_is_restored_as_it_was_at_each_moment(db, clock):
    put(db, "a", 1)
    recover(db)
    moments = []
    for change in (lambda: put(db, "a", 2), lambda: put(db, "b", 1), lambda: delete(db, "a")):
        moments.append((clock.now, content(db, "Things")))
        clock.now += 60
        change()
    moments.append((clock.now, content(db, "Things")))
    for number, (moment, expected) in enumerate(moments):
        assert restore_at(db, moment, f"Restored{number}") == expected
    assert [len(expected) for _, expected in moments] == [1, 1, 2, 1]


def test_recovery_tells_its_window(db, clock):
    assert recover(db, RecoveryPeriodInDays=3)["EarliestRestorableDateTime"] == clock.now
    clock.now += 10 * DAY
    found = db.call("DescribeContinuousBackups", {"TableName": "Things"})
    recovery = found["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery == {
        "PointInTimeRecoveryStatus": "ENABLED",
        "RecoveryPeriodInDays": 3,
        "EarliestRestorableDateTime": clock.now - 3 * DAY,
        "LatestRestorableDateTime": clock.now,
    }


def test_moments_outside_of_the_window_are_refused(db, clock):
    recover(db)
    for moment in (clock.now - 10, clock.now + 10):
        with pytest.raises(InvalidRestoreTimeException):
            restore_at(db, moment)


def test_restoring_needs_recovery(db, clock):
    with pytest.raises(PointInTimeRecoveryUnavailableException):
        restore_at(db, clock.now)
    recover(db)
    assert recover(db, enabled=False) == {"PointInTimeRecoveryStatus": "DISABLED"}
    with pytest.raises(PointInTimeRecoveryUnavailableException):
        restore_at(db, clock.now)


def test_history_is_kept_across_a_restart(tmp_path, clock):
    path = tmp_path / "app.db"
    with Database(path, clock=clock) as db:
        create(db)
        recover(db)
        put(db, "a", 1)
        then = clock.now
    clock.now += 60
    with Database(path, clock=clock) as db:
        put(db, "a", 2)
        assert restore_at(db, then) == {"a": 1}


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3) | st.none()), max_size=12),
    st.data(),
)
def test_any_moment_can_be_restored(writes, data):
    clock = Clock()
    with Database(clock=clock) as db:
        create(db)
        recover(db)
        states = [(clock.now, {})]
        for key, value in writes:
            clock.now += data.draw(st.sampled_from([0, 1]))  # several changes in one second
            if value is None:
                delete(db, key)
            else:
                put(db, key, value)
            states.append((clock.now, content(db, "Things")))
        by_moment = dict(states)  # the last state of a moment is the one it restores to
        moment = data.draw(st.sampled_from(sorted(by_moment)))
        assert restore_at(db, moment) == by_moment[moment]
