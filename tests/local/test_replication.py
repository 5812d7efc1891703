"""Global tables over several regions in one process: replicas, replication, what it costs.

Rules: Developer Guide, "Global tables" and "Global tables billing" (a replicated write unit in each
region, ordinary units for global indexes), "Using time to live" (free at home, charged elsewhere).
"""

import json
import subprocess
import sys
import urllib.request
from decimal import Decimal

import boto3
import pytest
from botocore.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st

from tablewright.core.errors import UsageError
from tablewright.local.background import sweep
from tablewright.local.bill import RunningBill
from tablewright.local.faults import (
    Fault,
    ResourceNotFoundException,
    ValidationException,
)
from tablewright.local.realism import change_realism
from tablewright.local.regions import Regions
from tablewright.local.server import ServerOptions, in_background

HOME, AWAY, THIRD = "us-east-1", "eu-west-1", "ap-south-1"
TABLE = {
    "TableName": "Things",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "g", "AttributeType": "S"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-group",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


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
def regions(clock):
    with Regions([HOME, AWAY, THIRD], clock=clock) as regions:
        regions[HOME].call("CreateTable", TABLE)
        yield regions


def replicate(regions, region=AWAY, **content):
    update = {"Create": {"RegionName": region, **content}}
    request = {"TableName": "Things", "ReplicaUpdates": [update]}
    return regions[HOME].call("UpdateTable", request)["TableDescription"]


def put(database, key, **attributes):
    item = {"pk": {"S": key}, **{name: {"S": value} for name, value in attributes.items()}}
    database.call("PutItem", {"TableName": "Things", "Item": item})


def delete(database, key):
    database.call("DeleteItem", {"TableName": "Things", "Key": {"pk": {"S": key}}})


def content(database):
    """The attribute v of each item, by key."""
    items = database.call("Scan", {"TableName": "Things"})["Items"]
    return {item["pk"]["S"]: item.get("v", {}).get("S") for item in items}


def described(database):
    return database.call("DescribeTable", {"TableName": "Things"})["Table"]


def replicas_of(database):
    return [each["RegionName"] for each in described(database).get("Replicas", ())]


def records(database):
    """The stream records of the table in one region."""
    arn = described(database)["LatestStreamArn"]
    (shard,) = database.call("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"]
    start = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = database.call("GetShardIterator", start)["ShardIterator"]
    return database.call("GetRecords", {"ShardIterator": iterator})["Records"]


# Replicas


def test_a_new_replica_has_the_items_indexes_expiry_and_a_stream(regions):
    put(regions[HOME], "a", v="1", g="x")
    expiry = {"Enabled": True, "AttributeName": "until"}
    regions[HOME].call(
        "UpdateTimeToLive", {"TableName": "Things", "TimeToLiveSpecification": expiry}
    )
    description = replicate(regions)
    assert description["TableStatus"] == "UPDATING"
    assert description["Replicas"] == [{"RegionName": AWAY, "ReplicaStatus": "CREATING"}]
    for region, other in ((HOME, AWAY), (AWAY, HOME)):
        shown = described(regions[region])
        assert shown["Replicas"] == [{"RegionName": other, "ReplicaStatus": "ACTIVE"}]
        assert shown["GlobalTableVersion"] == "2019.11.21"
        assert shown["TableArn"].split(":")[3] == region
        assert shown["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
        assert content(regions[region]) == {"a": "1"}
    away = regions[AWAY]
    assert away.call("Scan", {"TableName": "Things", "IndexName": "by-group"})["Count"] == 1
    told = away.call("DescribeTimeToLive", {"TableName": "Things"})["TimeToLiveDescription"]
    assert told == {"AttributeName": "until", "TimeToLiveStatus": "ENABLED"}
    with pytest.raises(ResourceNotFoundException):
        described(regions[THIRD])


def test_what_differs_in_a_replica_is_kept_and_shown_to_the_others(regions):
    regions[HOME].call("DeleteTable", {"TableName": "Things"})
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    index = {**TABLE["GlobalSecondaryIndexes"][0], "ProvisionedThroughput": units}
    regions[HOME].call(
        "CreateTable",
        {**TABLE, "BillingMode": "PROVISIONED", "ProvisionedThroughput": units,
         "GlobalSecondaryIndexes": [index]},
    )  # fmt: skip
    reads = {"ReadCapacityUnits": 50}
    replicate(regions, ProvisionedThroughputOverride=reads,
              TableClassOverride="STANDARD_INFREQUENT_ACCESS")  # fmt: skip
    away = described(regions[AWAY])
    assert away["ProvisionedThroughput"]["ReadCapacityUnits"] == 50
    assert away["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    assert away["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert described(regions[HOME])["Replicas"][0]["ProvisionedThroughputOverride"] == reads
    assert described(regions[HOME])["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    update = {"RegionName": AWAY, "ProvisionedThroughputOverride": {"ReadCapacityUnits": 70}}
    regions[HOME].call(
        "UpdateTable", {"TableName": "Things", "ReplicaUpdates": [{"Update": update}]}
    )
    assert described(regions[AWAY])["ProvisionedThroughput"]["ReadCapacityUnits"] == 70


def test_changes_of_indexes_billing_and_expiry_reach_all_replicas(regions):
    replicate(regions)
    put(regions[HOME], "a", v="1")
    created = {
        "IndexName": "by-v",
        "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    regions[AWAY].call(
        "UpdateTable",
        {
            "TableName": "Things",
            "AttributeDefinitions": [{"AttributeName": "v", "AttributeType": "S"}],
            "GlobalSecondaryIndexUpdates": [{"Create": created}],
        },
    )
    for region in (HOME, AWAY):
        found = regions[region].call("Scan", {"TableName": "Things", "IndexName": "by-v"})
        assert found["Count"] == 1
    expiry = {"Enabled": True, "AttributeName": "until"}
    regions[AWAY].call(
        "UpdateTimeToLive", {"TableName": "Things", "TimeToLiveSpecification": expiry}
    )
    told = regions[HOME].call("DescribeTimeToLive", {"TableName": "Things"})
    assert told["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"


def test_a_third_replica_knows_both_others(regions):
    replicate(regions)
    replicate(regions, THIRD)
    assert replicas_of(regions[HOME]) == [AWAY, THIRD]
    assert replicas_of(regions[AWAY]) == [HOME, THIRD]
    assert sorted(replicas_of(regions[THIRD])) == [AWAY, HOME]
    put(regions[THIRD], "a", v="1")
    assert content(regions[HOME]) == content(regions[AWAY]) == {"a": "1"}


def test_a_replica_that_is_taken_away_is_gone_and_the_rest_goes_on(regions):
    replicate(regions)
    replicate(regions, THIRD)
    update = {"Delete": {"RegionName": AWAY}}
    regions[HOME].call("UpdateTable", {"TableName": "Things", "ReplicaUpdates": [update]})
    with pytest.raises(ResourceNotFoundException):
        described(regions[AWAY])
    assert replicas_of(regions[HOME]) == [THIRD]
    assert replicas_of(regions[THIRD]) == [HOME]
    regions[THIRD].call("DeleteTable", {"TableName": "Things"})
    assert "Replicas" not in described(regions[HOME])
    put(regions[HOME], "a", v="1")
    assert content(regions[HOME]) == {"a": "1"}


def test_a_disassociated_replica_keeps_its_items_and_stands_alone(regions):
    replicate(regions)
    put(regions[HOME], "a", v="1")
    leave = {"RegionName": AWAY, "DisassociationMode": "WAIT_FOR_REPLICATION"}
    request = {"TableName": "Things", "ReplicaUpdates": [{"Disassociate": leave}]}
    with pytest.raises(ValidationException, match="protected against disassociation"):
        regions[AWAY].call("UpdateTable", request)
    off = {"TableName": "Things", "DisassociationProtectionEnabled": False}
    regions[AWAY].call("UpdateTable", off)
    regions[AWAY].call("UpdateTable", request)
    put(regions[HOME], "a", v="2")
    assert content(regions[AWAY]) == {"a": "1"}
    assert "Replicas" not in described(regions[HOME])
    assert "Replicas" not in described(regions[AWAY])


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"ReplicaUpdates": [{"Create": {"RegionName": "sa-east-1"}}]}, "sa-east-1 is not served"),
        ({"ReplicaUpdates": [{"Create": {"RegionName": HOME}}]}, "is in us-east-1 itself"),
        ({"ReplicaUpdates": [{"Create": {"RegionName": AWAY}}]}, "already existed as tables"),
        ({"ReplicaUpdates": [{"Delete": {"RegionName": THIRD}}]}, "was not found"),
        ({"ReplicaUpdates": [{"Update": {"RegionName": THIRD}}]}, "was not found"),
        ({"ReplicaUpdates": [{}]}, "one of Create, Update, Delete and Disassociate"),
        ({"ReplicaUpdates": [{"Create": {"RegionName": THIRD}}],
          "MultiRegionConsistency": "STRONG"}, "EVENTUAL only"),
        ({"ReplicaUpdates": [{"Create": {"RegionName": THIRD}}], "TableClass": "STANDARD"},
         "cannot be combined with TableClass"),
        ({"GlobalTableWitnessUpdates": [{"Create": {"RegionName": THIRD}}]}, "no witnesses"),
        ({"StreamSpecification": {"StreamEnabled": False}}, "stream of a global table"),
    ],
)  # fmt: skip
def test_updates_of_replicas_that_cannot_be_are_refused(regions, members, message):
    replicate(regions)
    with pytest.raises(ValidationException, match=message):
        regions[HOME].call("UpdateTable", {"TableName": "Things", **members})
    assert replicas_of(regions[HOME]) == [AWAY]


def test_a_table_of_a_region_that_stands_alone_has_no_replicas(dynamodb):
    dynamodb.create_table(**TABLE)
    with pytest.raises(dynamodb.exceptions.ClientError, match="--regions"):
        dynamodb.update_table(
            TableName="Things", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}]
        )


def test_the_version_of_2017_points_to_the_current_one(regions):
    replicate(regions)
    group = [{"RegionName": HOME}, {"RegionName": AWAY}]
    with pytest.raises(ValidationException, match="UpdateTable with ReplicaUpdates"):
        regions[HOME].call(
            "CreateGlobalTable", {"GlobalTableName": "Things", "ReplicationGroup": group}
        )


def test_a_global_table_takes_no_bulk_put(regions):
    replicate(regions)
    request = {
        "TableName": "Things",
        "InputS3Configuration": {"S3Bucket": "files", "InputFormat": "DYNAMODB_JSON"},
        "OutputS3Configuration": {"S3Bucket": "out", "OutputType": ["ERROR"]},
    }
    with pytest.raises(ValidationException, match="does not support global tables"):
        regions[HOME].call("StartBulkPutItems", request)


@pytest.mark.parametrize("names", [["us-east-1"], ["us-east-1", "us-east-1"], ["us-east-1", ""]])
def test_regions_are_at_least_two_different_ones(names):
    with pytest.raises(UsageError):
        Regions(names)


# Replication


def test_writes_deletions_and_updates_reach_the_other_region_both_ways(regions):
    replicate(regions)
    put(regions[HOME], "a", v="1")
    put(regions[AWAY], "b", v="2")
    regions[AWAY].call(
        "UpdateItem",
        {
            "TableName": "Things",
            "Key": {"pk": {"S": "a"}},
            "UpdateExpression": "SET v = :v",
            "ExpressionAttributeValues": {":v": {"S": "3"}},
        },
    )
    assert content(regions[HOME]) == content(regions[AWAY]) == {"a": "3", "b": "2"}
    delete(regions[HOME], "b")
    assert content(regions[AWAY]) == {"a": "3"}


def test_a_transaction_is_replicated_item_by_item(regions):
    replicate(regions)
    puts = [
        {"Put": {"TableName": "Things", "Item": {"pk": {"S": key}, "v": {"S": "1"}}}}
        for key in "ab"
    ]
    regions[HOME].call("TransactWriteItems", {"TransactItems": puts})
    assert content(regions[AWAY]) == {"a": "1", "b": "1"}


def test_a_refused_write_is_not_replicated(regions):
    replicate(regions)
    put(regions[HOME], "a", v="1")
    delete(regions[AWAY], "nothing")
    assert regions[AWAY].engine.outboxes == set()
    assert [record["eventName"] for record in records(regions[AWAY])] == ["INSERT"]


def test_a_change_is_under_way_as_long_as_realism_says(regions, clock):
    replicate(regions)
    change_realism(regions[HOME], {"replica_lag_ms": 500})
    put(regions[HOME], "a", v="1")
    clock.now += 0.4
    assert content(regions[AWAY]) == {}
    clock.now += 0.2
    assert content(regions[AWAY]) == {"a": "1"}


def test_the_last_writer_wins_wherever_the_changes_meet(regions, clock):
    replicate(regions)
    for region in (HOME, AWAY):
        change_realism(regions[region], {"replica_lag_ms": 1000})
    put(regions[AWAY], "a", v="first")
    clock.now += 0.1
    put(regions[HOME], "a", v="second")
    assert content(regions[AWAY]) == {"a": "first"}
    clock.now += 2
    assert content(regions[HOME]) == content(regions[AWAY]) == {"a": "second"}


def test_a_deletion_is_not_undone_by_an_earlier_write_that_arrives_later(regions, clock):
    replicate(regions)
    put(regions[HOME], "a", v="1")
    change_realism(regions[HOME], {"replica_lag_ms": 1000})
    put(regions[HOME], "a", v="2")
    clock.now += 0.1
    delete(regions[AWAY], "a")
    clock.now += 2
    assert content(regions[HOME]) == content(regions[AWAY]) == {}


def test_a_write_right_after_an_item_arrived_wins_although_no_clock_has_moved(regions):
    replicate(regions)
    put(regions[HOME], "a", v="1")
    put(regions[HOME], "a", v="2")
    put(regions[AWAY], "a", v="3")
    assert content(regions[HOME]) == {"a": "3"}


def test_a_write_to_a_new_replica_wins_over_what_was_copied_into_it(regions):
    replicate(regions)
    put(regions[HOME], "a", v="1")
    put(regions[HOME], "a", v="2")  # a version after the clock's, which stands still
    replicate(regions, THIRD)
    put(regions[THIRD], "a", v="3")
    assert content(regions[HOME]) == content(regions[AWAY]) == {"a": "3"}


def test_nothing_arrives_before_the_group_that_wrote_it_is_stored(regions):
    replicate(regions)
    with regions.group():
        put(regions[HOME], "a", v="1")
        assert content(regions[AWAY]) == {}
    assert content(regions[AWAY]) == {"a": "1"}


def test_changes_under_way_survive_the_end_of_the_process(tmp_path, clock):
    path = tmp_path / "app.db"
    with Regions([HOME, AWAY], path, clock=clock) as regions:
        regions[HOME].call("CreateTable", TABLE)
        replicate(regions)
        change_realism(regions[HOME], {"replica_lag_ms": 1000})
        put(regions[HOME], "a", v="1")
    assert sorted(file.name for file in tmp_path.glob("*.db")) == ["app.db", "app.eu-west-1.db"]
    with Regions([HOME, AWAY], path, clock=clock) as regions:
        assert content(regions[AWAY]) == {"a": "1"}
        assert regions[HOME].engine.outboxes == set()


WRITER = """
import sys
from tablewright.local.realism import change_realism
from tablewright.local.regions import Regions

regions = Regions(["us-east-1", "eu-west-1"], sys.argv[1])
for database in regions.databases.values():
    change_realism(database, {"replica_lag_ms": 20})
for number in range(1_000_000):
    database = list(regions.databases.values())[number % 2]
    item = {"pk": {"S": f"k{number % 50}"}, "v": {"S": str(number)}}
    database.call("PutItem", {"TableName": "Things", "Item": item})
    print(number, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("writes", [1, 40, 137, 400])
def test_a_killed_process_loses_no_write_and_its_replicas_still_end_alike(tmp_path, writes):
    path = tmp_path / "app.db"
    with Regions([HOME, AWAY], path) as regions:
        regions[HOME].call("CreateTable", TABLE)
        replicate(regions)
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as child:
        for line in child.stdout:
            if int(line) == writes:
                break
        child.kill()
        written = [writes, *map(int, child.stdout.read().split())]
    with Regions([HOME, AWAY], path) as regions:
        contents = content(regions[HOME])
        assert contents == content(regions[AWAY])
    # the last acknowledged write of each key, or one that came after it, is there
    for number in range(max(0, written[-1] - 49), written[-1] + 1):
        assert int(contents[f"k{number % 50}"]) >= number


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([HOME, AWAY, THIRD]),
            st.sampled_from("ab"),
            st.sampled_from(["1", "2", None]),
            st.sampled_from([0.0, 0.0004, 0.5, 1.5]),
        ),
        max_size=12,
    )
)
def test_all_replicas_hold_the_same_once_everything_has_arrived(steps):
    clock = Clock()
    with Regions([HOME, AWAY, THIRD], clock=clock) as regions:
        regions[HOME].call("CreateTable", TABLE)
        replicate(regions)
        replicate(regions, THIRD)
        for lag, region in enumerate((HOME, AWAY, THIRD)):
            change_realism(regions[region], {"replica_lag_ms": 300 * lag + 1})
        for region, key, value, seconds in steps:
            if value is None:
                delete(regions[region], key)
            else:
                put(regions[region], key, v=value)
            clock.now += seconds
        clock.now += 10
        contents = [content(regions[region]) for region in (HOME, AWAY, THIRD)]
        assert contents[0] == contents[1] == contents[2]


# What it costs


def bills(regions):
    """A running bill for each region."""
    running = {}
    for region, database in regions.databases.items():
        running[region] = RunningBill()
        database.on_metered = running[region].add
    return running


def shown(bill):
    return [(line.operation, line.index, line.writes) for line in bill.lines()]


def test_a_write_costs_replicated_units_in_each_replica_and_index_units_too(regions):
    replicate(regions)
    running = bills(regions)
    put(regions[HOME], "a", v="x" * 1500, g="one")
    # pk 3 + v 1,501 + g 4 = 1,508 bytes: two units for the table, two for the index
    assert shown(running[HOME]) == [("PutItem", None, 2), ("PutItem", "by-group", 2)]
    assert shown(running[AWAY]) == [
        ("ReplicatedWrite", None, 2),
        ("ReplicatedWrite", "by-group", 2),
    ]
    assert running[THIRD].lines() == ()


def test_an_expired_item_is_deleted_free_at_home_and_charged_in_the_replica(regions, clock):
    expiry = {"Enabled": True, "AttributeName": "until"}
    regions[HOME].call(
        "UpdateTimeToLive", {"TableName": "Things", "TimeToLiveSpecification": expiry}
    )
    replicate(regions)
    item = {"pk": {"S": "a"}, "until": {"N": str(int(clock.now) + 10)}}
    regions[HOME].call("PutItem", {"TableName": "Things", "Item": item})
    running = bills(regions)
    clock.now += 20
    assert sweep(regions[HOME].engine) == 1
    assert content(regions[AWAY]) == {}
    assert [line.writes for line in running[HOME].lines()] == []
    away = [line for line in running[AWAY].lines() if line.operation == "ReplicatedWrite"]
    assert [line.writes for line in away] == [1]
    assert records(regions[HOME])[-1]["userIdentity"]["Type"] == "Service"
    assert "userIdentity" not in records(regions[AWAY])[-1]


def test_a_change_that_loses_is_charged_too(regions, clock):
    replicate(regions)
    change_realism(regions[HOME], {"replica_lag_ms": 1000})
    put(regions[HOME], "a", v="1")
    clock.now += 0.1
    put(regions[AWAY], "a", v="2")
    running = bills(regions)
    clock.now += 2
    assert content(regions[AWAY]) == {"a": "2"}
    assert ("ReplicatedWrite", None, Decimal(1)) in shown(running[AWAY])


def test_replicated_writes_use_capacity_but_not_that_of_the_key_last_written_there(regions):
    replicate(regions)
    change_realism(regions[AWAY], {"partitions": True})
    put(regions[AWAY], "a", v="1")
    for number in range(75):
        put(regions[HOME], "b", v=f"{number:020000}")  # 20 units each, 1,500 in all
    put(regions[AWAY], "a", v="2")  # its partition has 1,000 a second: they were not all its own
    for number in range(150):
        put(regions[HOME], "b", v=f"{number:020000}")  # 4,500 in all, more than the partitions have
    with pytest.raises(Fault, match="current capacity"):
        put(regions[AWAY], "a", v="3")


def test_each_region_has_its_own_stream_and_arns(regions):
    replicate(regions)
    put(regions[AWAY], "a", v="1")
    for region in (HOME, AWAY):
        (record,) = records(regions[region])
        assert record["awsRegion"] == region
        assert record["dynamodb"]["NewImage"] == {"pk": {"S": "a"}, "v": {"S": "1"}}


def test_reads_of_a_copy_that_lags_see_replicated_writes(regions, clock):
    replicate(regions)
    change_realism(regions[AWAY], {"lag_ms": 1})
    put(regions[HOME], "a", v="1")
    put(regions[HOME], "b", v="1")
    delete(regions[HOME], "b")
    clock.now += 1
    assert content(regions[AWAY]) == {"a": "1"}  # an eventually consistent Scan


# Over HTTP


def client(server, region):
    return boto3.client(
        "dynamodb",
        region_name=region,
        endpoint_url=server.url,
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_the_region_of_the_signature_says_which_database_answers(regions):
    with in_background(regions, ServerOptions(port=0)) as server:
        home, away = client(server, HOME), client(server, AWAY)
        home.update_table(TableName="Things", ReplicaUpdates=[{"Create": {"RegionName": AWAY}}])
        home.put_item(TableName="Things", Item={"pk": {"S": "a"}, "g": {"S": "x"}})
        got = away.get_item(TableName="Things", Key={"pk": {"S": "a"}}, ConsistentRead=True)
        assert got["Item"]["g"] == {"S": "x"}
        assert client(server, THIRD).list_tables()["TableNames"] == []
        with pytest.raises(away.exceptions.ClientError, match="not for sa-east-1"):
            client(server, "sa-east-1").list_tables()
        with urllib.request.urlopen(f"{server.url}/_tablewright/bill") as reply:
            bill = json.loads(reply.read())["regions"]
        assert bill[HOME]["total"]["write_units"] == "2"
        assert bill[AWAY]["by_operation"] == [
            {"operation": "GetItem", "read_units": "1", "write_units": "0"},
            {"operation": "ReplicatedWrite", "read_units": "0", "write_units": "2"},
        ]
        assert bill[THIRD]["lines"] == []


def test_the_line_of_a_request_does_not_count_what_its_replication_costs(regions):
    replicate(regions)
    logged = []
    with in_background(regions, ServerOptions(port=0, log=logged.append)) as server:
        client(server, HOME).put_item(TableName="Things", Item={"pk": {"S": "a"}})
    assert " PutItem 200 Things reads=0 writes=1 " in logged[0]
