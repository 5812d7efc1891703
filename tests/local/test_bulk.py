"""Bulk operations: items of a bucket put into an existing table, beside the requests.

Shapes and statuses are those of botocore's service model (1.44.8). What is not documented is held
here as this engine does it: the layout of the report, and bytes counted as those of each item.
"""

import gzip
import json
import threading
import urllib.error
import urllib.request
from decimal import Decimal
from pathlib import Path

import pytest
import zstandard

from tablewright.local.bill import RunningBill, UnitPrices
from tablewright.local.database import Database
from tablewright.local.faults import (
    IdempotentParameterMismatchException,
    ResourceInUseException,
    ResourceNotFoundException,
    ValidationException,
)
from tablewright.local.server import in_background
from tablewright.reports.local import bill_table

INDEX = {
    "IndexName": "by-group",
    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}
TABLE = {
    "TableName": "Things",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "g", "AttributeType": "S"},
    ],
    "GlobalSecondaryIndexes": [INDEX],
    "BillingMode": "PAY_PER_REQUEST",
}


def line(**attributes):
    """A record of DynamoDB JSON whose attributes are strings."""
    item = {name: {"S": value} for name, value in attributes.items()}
    return json.dumps({"Item": item}).encode() + b"\n"


@pytest.fixture
def buckets(tmp_path):
    return tmp_path / "buckets"


@pytest.fixture
def db(buckets):
    with Database(buckets=buckets) as db:
        db.call("CreateTable", TABLE)
        yield db
        wait()


def put_object(buckets, key, content):
    path = buckets / "files" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def request(**members):
    source = {"S3Bucket": "files", "S3KeyPrefix": "in/", "InputFormat": "DYNAMODB_JSON"}
    return {
        "TableName": "Things",
        "InputS3Configuration": {**source, **members.pop("source", {})},
        "OutputS3Configuration": {"S3Bucket": "reports", "OutputType": ["ERROR"]},
        **members,
    }


def wait():
    """Wait until no bulk operation runs."""
    for thread in threading.enumerate():
        if thread.name.startswith("bulk put "):
            thread.join()


def ended(db, **members):
    """The description of a bulk put when it has ended."""
    started = db.call("StartBulkPutItems", request(**members))["BulkOperationDescription"]
    assert started["BulkOperationStatus"] == "IN_PROGRESS"
    wait()
    arn = {"BulkOperationArn": started["BulkOperationArn"]}
    return db.call("DescribeBulkOperation", arn)["BulkOperationDescription"]


def test_items_are_put_into_the_table_and_its_index(db, buckets):
    db.call("PutItem", {"TableName": "Things", "Item": {"pk": {"S": "a"}, "old": {"S": "x"}}})
    first, second = line(pk="a", g="one"), line(pk="b", other="1234")
    put_object(buckets, "in/1.json", first + second)
    described = ended(db)
    assert described["BulkOperationStatus"] == "COMPLETED"
    assert described["ProcessedItemCount"] == 2
    assert described["FailedItemCount"] == 0
    assert described["TotalInputBytes"] == len(first + second)
    assert described["ProcessedInputBytes"] == len(first + second)
    assert described["PerformanceTier"] == "STANDARD"
    items = db.call("Scan", {"TableName": "Things"})["Items"]
    assert {item["pk"]["S"]: sorted(item) for item in items} == {
        "a": ["g", "pk"],
        "b": ["other", "pk"],
    }
    assert db.call("Scan", {"TableName": "Things", "IndexName": "by-group"})["Count"] == 1


def test_usage_counts_the_bytes_of_items_and_of_changed_index_entries(db, buckets):
    put_object(buckets, "in/1.json", line(pk="a", g="one", v="12") + line(pk="b"))
    (usage,) = ended(db)["BulkOperationUsage"]
    # a: pk 2+1, g 1+3, v 1+2 = 10; b: 3; the entry of a: pk 3 and g 4 = 7
    assert usage == {
        "TableName": "Things",
        "BulkPutBytes": 20,
        "Table": {"BulkPutBytes": 13},
        "GlobalSecondaryIndexes": {"by-group": {"BulkPutBytes": 7}},
    }
    (again,) = ended(db)["BulkOperationUsage"]
    assert again["Table"] == {"BulkPutBytes": 13}
    assert "GlobalSecondaryIndexes" not in again  # no entry changed


@pytest.mark.parametrize(
    ("kind", "packed"), [("GZIP", gzip.compress), ("ZSTD", zstandard.compress), ("NONE", bytes)]
)
def test_objects_may_be_compressed(db, buckets, kind, packed):
    content = packed(line(pk="a") + line(pk="b"))
    put_object(buckets, "in/1", content)
    described = ended(db, source={"InputCompressionType": kind})
    assert described["ProcessedItemCount"] == 2
    assert described["ProcessedInputBytes"] == len(content)


def test_ion_is_read(db, buckets):
    put_object(buckets, "in/1.ion", b'$ion_1_0 {Item:{pk:"a",n:6d2}} {Item:{pk:"b"}}')
    assert ended(db, source={"InputFormat": "ION"})["ProcessedItemCount"] == 2
    got = db.call("GetItem", {"TableName": "Things", "Key": {"pk": {"S": "a"}}})
    assert got["Item"]["n"] == {"N": "600"}


def test_what_cannot_be_written_is_reported_with_its_place_and_reason(db, buckets):
    key = 'in/"1".json'
    put_object(
        buckets,
        key,
        b"{\n"
        + b'{"Thing": {}}\n'
        + line(pk="a")
        + b'{"Item": {"pk": {"S": "b"}}, "ConditionExpression": "attribute_not_exists(pk)"}\n'
        + line(g="no key")
        + b'{"Item": {"pk": {"N": "1"}}}\n'
        + line(pk="c", v="x" * 410_000),
    )
    described = ended(db)
    assert described["BulkOperationStatus"] == "COMPLETED_WITH_ERRORS"
    assert (described["ProcessedItemCount"], described["FailedItemCount"]) == (7, 6)
    assert db.call("Scan", {"TableName": "Things"})["Items"] == [{"pk": {"S": "a"}}]
    report = buckets / "reports"
    (manifest,) = report.rglob("manifest-summary.json")
    summary = json.loads(manifest.read_text())
    assert (summary["processedItemCount"], summary["failedItemCount"]) == (7, 6)
    (entry,) = map(json.loads, (report / summary["manifestFilesS3Key"]).read_text().splitlines())
    assert entry["itemCount"] == 6
    lines = gzip.decompress((report / entry["dataFileS3Key"]).read_bytes()).splitlines()
    errors = {each["record"]: each["errorMessage"] for each in map(json.loads, lines)}
    assert json.loads(lines[1])["s3Key"] == key
    assert errors[1].startswith("not JSON: ")
    assert errors[2] == "no object with the member Item"
    assert errors[4] == "members beside Item are not read: ConditionExpression"
    assert "Missing the key pk in the item" in errors[5]
    assert "Type mismatch for key pk expected: S actual: N" in errors[6]
    assert errors[7] == "Item size has exceeded the maximum allowed size"


def test_the_rest_of_a_damaged_object_is_one_failure_and_the_next_object_is_read(db, buckets):
    whole = gzip.compress(line(pk="a") * 1000, mtime=0)
    put_object(buckets, "in/1.gz", whole[:-9])
    put_object(buckets, "in/2.gz", gzip.compress(line(pk="b")))
    described = ended(db, source={"InputCompressionType": "GZIP"})
    assert described["BulkOperationStatus"] == "COMPLETED_WITH_ERRORS"
    assert described["FailedItemCount"] == 1
    key = {"TableName": "Things", "Key": {"pk": {"S": "b"}}}
    assert "Item" in db.call("GetItem", key)


def test_an_object_that_cannot_be_opened_is_one_failure_and_its_path_is_not_told(db, buckets):
    put_object(buckets, "in/1.json", line(pk="a"))
    put_object(buckets, "in/2.json", line(pk="b"))
    real = Path.open

    def refusing(path, *arguments, **options):
        if path.name == "1.json" and arguments == ("rb",):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", refusing)
        described = ended(db)
    assert (described["ProcessedItemCount"], described["FailedItemCount"]) == (2, 1)
    (report,) = (buckets / "reports").rglob("error/*")
    error = json.loads(gzip.decompress(report.read_bytes()))
    assert error["errorMessage"] == "the rest of the object cannot be read: Permission denied"


def test_what_goes_wrong_in_the_thread_ends_the_operation(db, buckets, monkeypatch):
    put_object(buckets, "in/1.json", line(pk="a"))

    def broken(*arguments):
        raise RuntimeError("planted")

    monkeypatch.setattr("tablewright.local.bulk_run.objects", broken)
    described = ended(db)
    assert described["BulkOperationStatus"] == "FAILED"
    assert described["FailureMessage"] == "RuntimeError: planted"


def test_no_report_of_errors_is_written_unless_asked_for(db, buckets):
    put_object(buckets, "in/1.json", b"{\n")
    target = {"S3Bucket": "reports", "OutputType": ["CONDITION_CHECK_FAILURE"]}
    assert ended(db, OutputS3Configuration=target)["FailedItemCount"] == 1
    assert list((buckets / "reports").rglob("error/*")) == []


def test_puts_of_a_bulk_operation_are_in_the_stream_and_in_expiry(db, buckets):
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    db.call("UpdateTable", {"TableName": "Things", "StreamSpecification": stream})
    expiry = {"Enabled": True, "AttributeName": "until"}
    db.call("UpdateTimeToLive", {"TableName": "Things", "TimeToLiveSpecification": expiry})
    put_object(buckets, "in/1.json", b'{"Item": {"pk": {"S": "a"}, "until": {"N": "5"}}}\n')
    ended(db)
    arn = db.call("DescribeTable", {"TableName": "Things"})["Table"]["LatestStreamArn"]
    (shard,) = db.call("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"]
    start = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = db.call("GetShardIterator", start)["ShardIterator"]
    (record,) = db.call("GetRecords", {"ShardIterator": iterator})["Records"]
    assert record["eventName"] == "INSERT"
    table = db.engine.tables["Things"]
    assert len(list(db.engine.store.range(table.expiry.space))) == 1


def test_the_same_token_returns_the_same_operation_for_eight_hours(buckets):
    moments = [1_800_000_000.0]
    with Database(buckets=buckets, clock=lambda: moments[0]) as db:
        db.call("CreateTable", TABLE)
        put_object(buckets, "in/1.json", line(pk="a"))
        first = ended(db, ClientToken="t")["BulkOperationArn"]
        moments[0] += 8 * 3600
        again = db.call("StartBulkPutItems", request(ClientToken="t"))
        assert again["BulkOperationDescription"]["BulkOperationArn"] == first
        with pytest.raises(IdempotentParameterMismatchException):
            db.call("StartBulkPutItems", request(ClientToken="t", PerformanceTier="ACCELERATED"))
        moments[0] += 1
        assert ended(db, ClientToken="t")["BulkOperationArn"] != first


def test_a_cancelled_operation_stops_and_keeps_what_it_has_written(db, buckets):
    # 1,024 units a second and 256 items of 1 KB a step: a step takes a quarter of a second
    put_object(buckets, "in/1.json", b"".join(line(pk=f"{n}", v="x" * 900) for n in range(20_000)))
    started = db.call("StartBulkPutItems", request(MaxWriteRequestUnits=1024))
    arn = {"BulkOperationArn": started["BulkOperationDescription"]["BulkOperationArn"]}
    reply = db.call("CancelBulkOperation", arn)
    assert reply == {**arn, "BulkOperationStatus": "CANCELLING"}
    wait()
    described = db.call("DescribeBulkOperation", arn)["BulkOperationDescription"]
    assert described["BulkOperationStatus"] == "CANCELLED"
    assert described["FailureMessage"] == "The operation was cancelled"
    written = db.call("DescribeTable", {"TableName": "Things"})["Table"]["ItemCount"]
    assert written == described["ProcessedItemCount"] < 20_000
    assert db.call("CancelBulkOperation", arn)["BulkOperationStatus"] == "CANCELLED"


def test_operations_are_listed_latest_first_and_by_page(db, buckets):
    put_object(buckets, "in/1.json", line(pk="a"))
    arns = [ended(db)["BulkOperationArn"] for _ in range(3)]
    page = db.call("ListBulkOperations", {"MaxResults": 2})
    listed = [each["BulkOperationArn"] for each in page["BulkOperationsSummaryList"]]
    assert listed == [arns[2], arns[1]]
    assert page["NextToken"] == "0000000000000002"
    rest = db.call("ListBulkOperations", {"NextToken": page["NextToken"]})
    assert [each["BulkOperationArn"] for each in rest["BulkOperationsSummaryList"]] == [arns[0]]
    assert "NextToken" not in rest


def test_an_operation_that_the_end_of_the_process_cut_short_is_said_to_have_failed(tmp_path):
    path, buckets = tmp_path / "app.db", tmp_path / "buckets"
    put_object(buckets, "in/1.json", b"".join(line(pk=f"{n}", v="x" * 900) for n in range(9000)))
    with Database(path, buckets=buckets) as db:
        db.call("CreateTable", TABLE)
        db.call("StartBulkPutItems", request(MaxWriteRequestUnits=1024))
    wait()
    with Database(path, buckets=buckets) as db:
        (listed,) = db.call("ListBulkOperations", {})["BulkOperationsSummaryList"]
        assert listed["BulkOperationStatus"] == "FAILED"


@pytest.mark.parametrize(
    ("members", "fault", "message"),
    [
        ({"TableName": "Nothing"}, ResourceNotFoundException, "resource not found"),
        ({"MaxWriteRequestUnits": 1023}, ValidationException, "greater than or equal to 1024"),
        ({"PerformanceTier": "FAST"}, ValidationException, "enum value set"),
        ({"source": {"InputFormat": "CSV"}}, ValidationException, "enum value set"),
        ({"OutputS3Configuration": {"OutputType": ["ERROR"]}}, ValidationException,
         "OutputS3Configuration.S3Bucket is required"),
        ({"OutputS3Configuration": {"S3Bucket": "out", "OutputType": []}}, ValidationException,
         "at least one value"),
        ({"OutputS3Configuration": {"S3Bucket": "out", "OutputType": ["ERROR"],
                                    "S3SseAlgorithm": "AES256", "S3SseKmsKeyId": "k"}},
         ValidationException, "only with the S3SseAlgorithm KMS"),
        ({"Speed": 1}, ValidationException, "Speed"),
    ],
)  # fmt: skip
def test_requests_that_cannot_be_are_refused(db, members, fault, message):
    with pytest.raises(fault, match=message):
        db.call("StartBulkPutItems", request(**members))


def test_a_table_that_creates_an_index_takes_no_bulk_put(db):
    table = db.engine.tables["Things"]
    table.definition["GlobalSecondaryIndexes"][0]["IndexStatus"] = "CREATING"
    with pytest.raises(ResourceInUseException, match="creating an index: by-group"):
        db.call("StartBulkPutItems", request())


def test_an_operation_without_input_fails_with_the_reason(db):
    described = ended(db)
    assert described["BulkOperationStatus"] == "FAILED"
    assert described["FailureMessage"] == "No object of bucket files has the prefix 'in/'"


def test_the_bill_shows_bytes_and_says_that_their_price_is_not_known(db, buckets):
    bill = RunningBill()
    db.on_metered = bill.add
    put_object(buckets, "in/1.json", line(pk="a", g="one"))
    ended(db)
    shown = bill.as_json(UnitPrices(read=Decimal(1), write=Decimal(1)))
    # pk 2+1 and g 1+3 on the table, the same in the index
    assert shown["total"] == {
        "read_units": "0",
        "write_units": "0",
        "bulk_put_bytes": "14",
        "unpriced": "bulk puts are reported in bytes: their price is not known",
    }
    assert [row["index"] for row in shown["lines"]] == [None, "by-group"]
    table = bill_table(bill.lines(), UnitPrices(read=Decimal(1), write=Decimal(1)))
    assert table.caption == "bulk puts are reported in bytes: their price is not known"
    assert list(table.columns[-1].cells) == ["-", "-", "-"]


def test_reads_of_a_copy_that_lags_see_what_a_bulk_put_wrote(db, buckets):
    from tablewright.local.realism import change_realism

    change_realism(db, {"lag_ms": 1})
    put_object(buckets, "in/1.json", line(pk="a"))
    ended(db)
    assert db.call("Scan", {"TableName": "Things"})["Count"] == 1
    change_realism(db, {})


def test_bulk_operations_are_driven_over_http(db, buckets):
    put_object(buckets, "in/1.json", line(pk="a"))

    def call(url, operation, body):
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        }
        sent = urllib.request.Request(url, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(sent) as reply:
            return json.loads(reply.read())

    with in_background(db) as server:
        started = call(server.url, "StartBulkPutItems", request())
        arn = {"BulkOperationArn": started["BulkOperationDescription"]["BulkOperationArn"]}
        wait()
        described = call(server.url, "DescribeBulkOperation", arn)["BulkOperationDescription"]
        assert described["BulkOperationStatus"] == "COMPLETED"
        listed = call(server.url, "ListBulkOperations", {})["BulkOperationsSummaryList"]
        assert listed[0]["BulkOperationArn"] == arn["BulkOperationArn"]
        with pytest.raises(urllib.error.HTTPError) as refused:
            call(server.url, "CancelBulkOperation", {"BulkOperationArn": "arn:" + "x" * 40})
        body = json.loads(refused.value.read())
        assert body["__type"].endswith("#ResourceNotFoundException")
        refused.value.close()
