"""Lag, throttling, latency and errors on request, by a clock of the test's own."""

import pytest

from tablewright.core.errors import UsageError
from tablewright.local.database import Database
from tablewright.local.faults import (
    Fault,
    InternalServerError,
    ProvisionedThroughputExceededException,
    ThrottlingException,
)
from tablewright.local.realism import change_realism, describe_realism, parse_options


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def database(clock):
    with Database(clock=clock) as database:
        yield database


def create(database, *, units=None, index=False):
    request = {
        "TableName": "Ttt",
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if units:
        request["BillingMode"] = "PROVISIONED"
        request["ProvisionedThroughput"] = {"ReadCapacityUnits": units, "WriteCapacityUnits": units}
    if index:
        request["AttributeDefinitions"].append({"AttributeName": "g", "AttributeType": "S"})
        gsi = {
            "IndexName": "ggg",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
        if units:
            gsi["ProvisionedThroughput"] = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
        request["GlobalSecondaryIndexes"] = [gsi]
    database.call("CreateTable", request)


def put(database, key="a", kilobytes=0, **more):
    item = {"k": {"S": key}, **{name: {"S": value} for name, value in more.items()}}
    if kilobytes:
        item["x"] = {"S": "x" * (kilobytes * 1024 - 20)}  # below so many KB, above one fewer
    database.call("PutItem", {"TableName": "Ttt", "Item": item})


def puts_until_throttled(database, kilobytes=0):
    for number in range(10_000):
        try:
            put(database, f"k{number}", kilobytes)
        except (ProvisionedThroughputExceededException, ThrottlingException):
            return number
    return None


def get(database, key="a", strong=False):
    request = {"TableName": "Ttt", "Key": {"k": {"S": key}}, "ConsistentRead": strong}
    return database.call("GetItem", request).get("Item")


def test_realism_is_off_by_default(database):
    assert database.realism is None
    assert describe_realism(database) == {}


def test_an_eventual_read_sees_a_write_only_after_the_lag(database, clock):
    create(database)
    change_realism(database, {"lag_ms": 200})
    put(database)
    assert get(database) is None
    assert get(database, strong=True) is not None
    clock.now += 0.3
    assert get(database) is not None


def test_what_was_there_before_lag_was_switched_on_is_seen_at_once(database):
    create(database)
    for number in range(60):
        put(database, f"k{number}")
    change_realism(database, {"lag_ms": 200})
    assert database.call("Scan", {"TableName": "Ttt", "Select": "COUNT"})["Count"] == 60


def test_an_index_lags_and_catches_up_in_order(database, clock):
    create(database, index=True)
    change_realism(database, {"lag_ms": 200})
    put(database, g="old")
    clock.now += 0.1
    put(database, g="new")

    def entries(group):
        return database.call(
            "Query",
            {
                "TableName": "Ttt",
                "IndexName": "ggg",
                "KeyConditionExpression": "g = :g",
                "ExpressionAttributeValues": {":g": {"S": group}},
            },
        )["Count"]

    assert (entries("old"), entries("new")) == (0, 0)
    clock.now += 0.15  # the first write is 250 ms old, the second 150 ms
    assert (entries("old"), entries("new")) == (1, 0)
    clock.now += 0.1
    assert (entries("old"), entries("new")) == (0, 1)


def test_a_table_made_later_is_there_in_the_copy_too(database, clock):
    change_realism(database, {"lag_ms": 200})
    create(database)
    put(database)
    clock.now += 1
    assert get(database) is not None


def test_a_provisioned_table_throttles_when_its_units_are_used_up(database, clock):
    create(database, units=5)
    change_realism(database, {"throughput": True})
    for number in range(5):  # five units, one for each small put: the first second's capacity
        put(database, f"k{number}")
    with pytest.raises(ProvisionedThroughputExceededException) as refused:
        put(database)
    (reason,) = refused.value.extra["ThrottlingReasons"]
    assert reason["reason"] == "TableWriteProvisionedThroughputExceeded"
    assert reason["resource"].endswith(":table/Ttt")
    clock.now += 1
    put(database)


def test_reads_have_their_own_units(database):
    create(database, units=5)
    change_realism(database, {"throughput": True})
    for number in range(5):
        put(database, f"k{number}")
    assert get(database) is None
    with pytest.raises(Fault):
        put(database)


def test_a_throttled_write_writes_nothing(database):
    create(database, units=1)
    change_realism(database, {"throughput": True})
    put(database, "a")
    with pytest.raises(ProvisionedThroughputExceededException):
        put(database, "b")
    change_realism(database, {})
    assert get(database, "b") is None


def test_unused_capacity_is_kept_for_five_minutes(database, clock):
    create(database, units=2)
    change_realism(database, {"throughput": True})
    put(database)
    clock.now += 10_000  # far longer than 300 s: credit is 2 units for 300 s
    assert puts_until_throttled(database) == 600


def test_an_index_short_of_write_capacity_throttles_its_table(database):
    create(database, units=100, index=True)
    change_realism(database, {"throughput": True})
    put(database, "a", g="x")  # one unit in the index, which has one a second
    with pytest.raises(ProvisionedThroughputExceededException) as refused:
        put(database, "b", g="y")
    (reason,) = refused.value.extra["ThrottlingReasons"]
    assert reason["reason"] == "IndexWriteProvisionedThroughputExceeded"
    assert reason["resource"].endswith(":table/Ttt/index/ggg")


def test_a_hot_key_is_throttled_at_a_thousand_write_units_a_second(database, clock):
    create(database)
    change_realism(database, {"partitions": True})
    for _ in range(10):  # 10 times 100 KB = 1,000 units on one key
        put(database, "hot", kilobytes=100)
    with pytest.raises(ThrottlingException) as refused:
        put(database, "hot")
    (reason,) = refused.value.extra["ThrottlingReasons"]
    assert reason["reason"] == "TableWriteKeyRangeThroughputExceeded"
    clock.now += 1
    put(database, "hot")


def test_a_hot_partition_is_split_so_that_two_keys_part(database, clock):
    create(database, units=500)  # one partition
    change_realism(database, {"partitions": True})

    def fill_and_count(rounds):
        written = 0
        for _ in range(rounds):
            for key in ("a", "b", "c", "d", "e", "f"):
                try:
                    put(database, key, kilobytes=100)
                    written += 1
                except Fault:
                    pass
        return written

    assert fill_and_count(30) == 10  # 1,000 units together
    clock.now += 1
    for _ in range(10):  # many throttled requests: the partition is split for heat
        fill_and_count(30)
        clock.now += 1
    assert fill_and_count(30) > 10


def test_an_on_demand_table_takes_twice_its_former_peak(database, clock):
    create(database)
    change_realism(database, {"throughput": True})

    assert puts_until_throttled(database, kilobytes=100) == 40  # 4,000 units
    clock.now += 1800
    put(database)  # the half hour is over: the peak of 4,000 a second counts from now on
    clock.now += 1
    assert puts_until_throttled(database, kilobytes=100) == 80


def test_errors_are_drawn_by_their_rate_and_the_same_seed_draws_the_same(database):
    create(database)

    def failures():
        change_realism(database, {"seed": 7, "errors": {"GetItem": {"InternalServerError": 0.3}}})
        out = []
        for number in range(200):
            try:
                get(database)
            except InternalServerError:
                out.append(number)
        return out

    first = failures()
    assert 30 < len(first) < 90  # 60 expected; five standard deviations are 32
    assert failures() == first
    put(database)  # other operations are left alone


def test_latencies_follow_the_two_percentiles(database):
    change_realism(database, {"latency": {"*": {"p50_ms": 4, "p99_ms": 20}}})
    drawn = sorted(database.realism.delay_seconds("GetItem") for _ in range(10_000))
    assert drawn[5_000] == pytest.approx(0.004, rel=0.1)
    assert drawn[9_900] == pytest.approx(0.020, rel=0.2)


def test_requests_in_process_wait_themselves(database, monkeypatch):
    waited = []
    monkeypatch.setattr("time.sleep", waited.append)
    create(database)
    change_realism(database, {"latency": {"GetItem": {"p50_ms": 4, "p99_ms": 4}}})
    get(database)
    put(database)
    assert waited == [pytest.approx(0.004)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "JSON object"),
        ({"lag": 1}, "`lag` is not a known realism option"),
        ({"lag_ms": -1}, "milliseconds"),
        ({"lag_ms": True}, "milliseconds"),
        ({"throughput": 1}, "true or false"),
        ({"seed": "x"}, "whole number"),
        ({"errors": {"Get": {}}}, "`Get` is not a known operation"),
        ({"errors": {"*": {"Oops": 0.1}}}, "`Oops` is not a known error"),
        ({"errors": {"*": {"InternalServerError": 2}}}, "between 0 and 1"),
        ({"latency": {"*": {"p50_ms": 5}}}, "p50_ms and p99_ms"),
        ({"latency": {"*": {"p50_ms": 5, "p99_ms": 1}}}, "does not hold"),
    ],
)
def test_options_that_make_no_sense_are_refused(given, said):
    with pytest.raises(UsageError) as refused:
        parse_options(given)
    assert said in refused.value.message


def test_requests_of_any_form_are_answered_by_a_fault_of_the_service(database):
    create(database)
    change_realism(database, {"throughput": True, "partitions": True, "lag_ms": 1})
    odd = [
        ("Query", {"TableName": "Ttt", "IndexName": [], "KeyConditionExpression": 5}),
        ("Query", {"TableName": [], "KeyConditionExpression": "k = :k"}),
        ("BatchGetItem", {"RequestItems": {"Ttt": 5}}),
        ("BatchWriteItem", {"RequestItems": {"Ttt": [5, {"PutRequest": {"Item": 5}}]}}),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": {}}}]}),
        ("PutItem", {"TableName": "Ttt", "Item": {"k": 5}}),
    ]
    for operation, request in odd:
        with pytest.raises(Fault) as refused:
            database.call(operation, request)
        assert refused.value.status == 400


def test_an_on_demand_maximum_is_not_passed(database, clock):
    create(database)
    maximum = {"MaxWriteRequestUnits": 5, "MaxReadRequestUnits": -1}
    database.call("UpdateTable", {"TableName": "Ttt", "OnDemandThroughput": maximum})
    change_realism(database, {"throughput": True})
    assert puts_until_throttled(database) == 5  # one unit each
    clock.now += 1
    assert puts_until_throttled(database) == 5
    with pytest.raises(ThrottlingException) as caught:
        put(database)
    assert caught.value.extra["ThrottlingReasons"] == [
        {
            "reason": "TableWriteMaxOnDemandThroughputExceeded",
            "resource": "arn:aws:dynamodb:us-east-1:000000000000:table/Ttt",
        }
    ]
    get(database)  # reads have no maximum


def test_a_warm_table_takes_more_from_the_first_second(database):
    create(database)
    warm = {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 6_000}
    database.call("UpdateTable", {"TableName": "Ttt", "WarmThroughput": warm})
    change_realism(database, {"throughput": True})
    assert puts_until_throttled(database, kilobytes=100) == 60  # 6,000 units
