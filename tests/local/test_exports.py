"""Exports and imports: the service's files in a folder, and tables made of them.

The layout is the Developer Guide's ("DynamoDB table export output format", "Amazon S3 import
formats for DynamoDB"); contents follow from the items by hand.
"""

import base64
import gzip
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies as drawn
from tablewright.local import register
from tablewright.local.database import Database
from tablewright.local.faults import (
    ExportConflictException,
    ExportNotFoundException,
    ImportConflictException,
    ImportNotFoundException,
    InvalidExportTimeException,
    PointInTimeRecoveryUnavailableException,
    ResourceInUseException,
    TableNotFoundException,
    ValidationException,
)

MINUTE = 60


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
def buckets(tmp_path):
    return tmp_path / "buckets"


@pytest.fixture
def db(clock, buckets):
    with Database(clock=clock, buckets=buckets) as db:
        create(db)
        yield db


DEFINITION = {
    "TableName": "Things",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def create(db):
    db.call("CreateTable", DEFINITION)
    wanted = {"PointInTimeRecoveryEnabled": True}
    request = {"TableName": "Things", "PointInTimeRecoverySpecification": wanted}
    db.call("UpdateContinuousBackups", request)


def arn(db):
    return db.call("DescribeTable", {"TableName": "Things"})["Table"]["TableArn"]


def put(db, key, value):
    item = {"pk": {"S": key}, "v": {"N": str(value)}}
    db.call("PutItem", {"TableName": "Things", "Item": item})


def export(db, **members):
    request = {"TableArn": arn(db), "S3Bucket": "my-bucket", **members}
    started = db.call("ExportTableToPointInTime", request)["ExportDescription"]
    assert started["ExportStatus"] == "IN_PROGRESS"
    return db.call("DescribeExport", {"ExportArn": started["ExportArn"]})["ExportDescription"]


def read_export(buckets, description):
    """The summary and the lines of an export, found as a reader would: from its manifest."""
    bucket = buckets / description["S3Bucket"]
    summary = json.loads((bucket / description["ExportManifest"]).read_text())
    lines = []
    for text in (bucket / summary["manifestFilesS3Key"]).read_text().splitlines():
        entry = json.loads(text)
        content = (bucket / entry["dataFileS3Key"]).read_bytes()
        digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        assert entry["md5Checksum"] == digest
        found = [json.loads(line) for line in gzip.decompress(content).splitlines()]
        assert entry["itemCount"] == len(found)
        lines += found
    return summary, lines


def test_export_writes_every_item_and_its_manifests(db, buckets):
    put(db, "a", 1)
    put(db, "b", 2)
    description = export(db, S3Prefix="2027/jan")
    assert description["ExportStatus"] == "COMPLETED"
    assert description["ItemCount"] == 2
    assert description["BilledSizeBytes"] == 12  # pk 2+1 and v 1+2, twice
    summary, lines = read_export(buckets, description)
    assert sorted(line["Item"]["pk"]["S"] for line in lines) == ["a", "b"]
    assert all(set(line) == {"Item"} for line in lines)
    assert summary["itemCount"] == 2
    assert summary["exportType"] == "FULL_EXPORT"
    assert summary["version"] == "2020-06-30"
    assert summary["exportTime"] == "2027-01-15T08:00:00.000Z"
    export_id = description["ExportArn"].rsplit("/", 1)[1]
    folder = buckets / "my-bucket" / "2027" / "jan" / "AWSDynamoDB" / export_id
    assert sorted(path.name for path in folder.iterdir()) == [
        "_started",
        "data",
        "manifest-files.checksum",
        "manifest-files.json",
        "manifest-summary.checksum",
        "manifest-summary.json",
    ]


def test_export_goes_back_to_its_moment(db, buckets, clock):
    put(db, "a", 1)
    then = clock.now
    clock.now += MINUTE
    put(db, "a", 2)
    put(db, "b", 1)
    _, lines = read_export(buckets, export(db, ExportTime=then))
    assert lines == [{"Item": {"pk": {"S": "a"}, "v": {"N": "1"}}}]


def test_incremental_export_tells_what_changed(db, buckets, clock):
    for key in ("kept", "changed", "gone"):
        put(db, key, 1)
    clock.now += 1
    start = clock.now
    clock.now += MINUTE
    put(db, "changed", 2)
    put(db, "changed", 3)
    put(db, "new", 1)
    db.call("DeleteItem", {"TableName": "Things", "Key": {"pk": {"S": "gone"}}})
    clock.now += 20 * MINUTE
    end = clock.now
    clock.now += MINUTE
    put(db, "changed", 4)
    span = {"ExportFromTime": start, "ExportToTime": end}
    members = {"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": span}
    summary, lines = read_export(buckets, export(db, **members))
    found = {
        line["Keys"]["pk"]["S"]: (
            line.get("OldImage", {}).get("v"),
            line.get("NewImage", {}).get("v"),
        )
        for line in lines
    }
    one, three = {"N": "1"}, {"N": "3"}
    assert found == {"changed": (one, three), "new": (None, one), "gone": (one, None)}
    assert summary["exportType"] == "INCREMENTAL_EXPORT"
    assert summary["outputView"] == "NEW_AND_OLD_IMAGES"


def changes_of_a_span(db, clock):
    """Change three items within a span that an incremental export covers; return its members."""
    for key in ("kept", "changed", "gone"):
        put(db, key, 1)
    clock.now += 1
    start = clock.now
    clock.now += MINUTE
    put(db, "changed", 3)
    put(db, "new", 1)
    db.call("DeleteItem", {"TableName": "Things", "Key": {"pk": {"S": "gone"}}})
    clock.now += 20 * MINUTE
    span = {"ExportFromTime": start, "ExportToTime": clock.now}
    return {"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": span}


def test_a_filter_looks_at_the_latest_image_of_a_change_and_at_the_last_of_what_is_gone(
    db, buckets, clock
):
    members = changes_of_a_span(db, clock)
    # changed is 3 now and was 1, new is 1, gone was 1
    ones = {"FilterExpression": "v = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}}
    _, lines = read_export(buckets, export(db, FilterSpecification=ones, **members))
    assert sorted(line["Keys"]["pk"]["S"] for line in lines) == ["gone", "new"]


def test_a_key_condition_and_a_projection_of_an_incremental_export(db, buckets, clock):
    members = changes_of_a_span(db, clock)
    chosen = {
        "KeyConditionExpression": "pk = :k",
        "ProjectionExpression": "v",
        "ExpressionAttributeValues": {":k": {"S": "changed"}},
    }
    _, lines = read_export(buckets, export(db, FilterSpecification=chosen, **members))
    (line,) = lines
    assert line["Keys"] == {"pk": {"S": "changed"}}
    assert (line["OldImage"], line["NewImage"]) == ({"v": {"N": "1"}}, {"v": {"N": "3"}})


def test_an_export_in_ion_has_a_version_marker_and_a_struct_on_each_line(db, buckets, clock):
    put(db, "a", 600)
    description = export(db, ExportFormat="ION")
    assert description["ExportFormat"] == "ION"
    (path,) = (buckets / "my-bucket").rglob("*.ion.gz")
    assert gzip.decompress(path.read_bytes()) == b'$ion_1_0 {Item:{pk:"a",v:6d2}}\n'


def test_an_incremental_export_in_ion_holds_records(db, buckets, clock):
    members = changes_of_a_span(db, clock)
    export(db, ExportFormat="ION", **members)
    (path,) = (buckets / "my-bucket").rglob("*.ion.gz")
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    assert len(lines) == 3
    # the clock starts at 1,800,000,000 seconds; the changes come 61 later
    assert next(line for line in lines if 'Keys:{pk:"changed"}' in line) == (
        "$ion_1_0 {Record:{Metadata:{WriteTimestampMicros:1800000061d6},"
        'Keys:{pk:"changed"},OldImage:{pk:"changed",v:1.},NewImage:{pk:"changed",v:3.}}}'
    )


def test_exports_are_described_and_listed(db, clock):
    first = export(db)["ExportArn"]
    clock.now += 1
    second = export(db)["ExportArn"]
    found = db.call("DescribeExport", {"ExportArn": first})["ExportDescription"]
    assert found["ExportArn"] == first
    page = db.call("ListExports", {"TableArn": arn(db), "MaxResults": 1})
    assert [one["ExportArn"] for one in page["ExportSummaries"]] == [first]
    rest = db.call("ListExports", {"NextToken": page["NextToken"]})
    assert [one["ExportArn"] for one in rest["ExportSummaries"]] == [second]
    with pytest.raises(ExportNotFoundException):
        db.call("DescribeExport", {"ExportArn": first + "x"})


def test_export_of_the_same_token_is_the_same_export(db):
    first = export(db, ClientToken="once")
    assert export(db, ClientToken="once")["ExportArn"] == first["ExportArn"]
    with pytest.raises(ExportConflictException):
        export(db, ClientToken="once", S3Prefix="other")


def test_exports_that_cannot_be_are_refused(db, clock, buckets):
    with pytest.raises(InvalidExportTimeException):
        export(db, ExportTime=clock.now + 100)
    with pytest.raises(TableNotFoundException):
        export(db, TableArn=arn(db) + "x")
    for bucket in ("../elsewhere", "..", "a/b", "a..b"):
        with pytest.raises(ValidationException):
            export(db, S3Bucket=bucket)
    for prefix in ("../../outside", "a/../../b"):
        with pytest.raises(ValidationException):
            export(db, S3Prefix=prefix)
    off = {"PointInTimeRecoveryEnabled": False}
    request = {"TableName": "Things", "PointInTimeRecoverySpecification": off}
    db.call("UpdateContinuousBackups", request)
    with pytest.raises(PointInTimeRecoveryUnavailableException):
        export(db)
    assert not (buckets.parent / "outside").exists()


def test_buckets_of_a_database_in_memory_go_with_it(clock):
    with Database(clock=clock) as db:
        create(db)
        assert export(db)["ExportStatus"] == "COMPLETED"
        folder = db.engine.buckets
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_what_an_export_writes_is_its_owners_alone(db, buckets):
    export(db)
    written = list(buckets.rglob("*"))
    assert {path.stat().st_mode & 0o777 for path in written if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in written if path.is_file()} == {0o600}


def test_links_do_not_lead_out_of_the_buckets(db, buckets, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.json").write_text('{"Item": {"pk": {"S": "secret"}}}')
    bucket = buckets / "bucket"
    bucket.mkdir(parents=True)
    (bucket / "in").symlink_to(outside)
    with pytest.raises(ValidationException, match="No object of bucket"):
        import_table(db, {}, buckets, prefix="in/")
    buckets.joinpath("linked").symlink_to(outside)
    with pytest.raises(ValidationException, match="Invalid S3Bucket: linked"):
        export(db, S3Bucket="linked")


def test_a_line_that_no_item_needs_ends_the_import(db, buckets):
    # 20 MB of blanks are 20 KB of gzip; they are never read as a line
    bomb = gzip.compress(b" " * (20 * 1024 * 1024) + b"\n")
    description = import_table(db, {"in/bomb.json.gz": bomb}, buckets, InputCompressionType="GZIP")
    assert description["ImportStatus"] == "FAILED"
    assert (
        description["FailureMessage"] == "A line is longer than 8388608 bytes, which no item needs"
    )


def test_what_a_killed_export_left_behind_is_dropped_at_the_next_start(tmp_path):
    path = tmp_path / "app.db"
    with Database(path) as db:
        create(db)
        before = db.engine.store.spaces()
        with db.engine.store.writing:
            register.open_snapshot(db.engine)
        assert db.engine.store.spaces() > before
    with Database(path) as db:
        assert db.engine.store.spaces() == before


# Imports


def import_table(db, files, buckets, *, prefix="in/", **members):
    for name, content in files.items():
        path = buckets / "my-bucket" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    request = {
        "S3BucketSource": {"S3Bucket": "my-bucket", "S3KeyPrefix": prefix},
        "InputFormat": "DYNAMODB_JSON",
        "TableCreationParameters": {**DEFINITION, "TableName": "Imported"},
        **members,
    }
    started = db.call("ImportTable", request)["ImportTableDescription"]
    assert started["ImportStatus"] == "IN_PROGRESS"
    reply = db.call("DescribeImport", {"ImportArn": started["ImportArn"]})
    return reply["ImportTableDescription"]


def content(db, name="Imported"):
    return {item["pk"]["S"]: item for item in db.call("Scan", {"TableName": name})["Items"]}


def test_an_export_can_be_imported(db, buckets):
    put(db, "a", 1)
    put(db, "b", 2)
    export(db, S3Prefix="out")
    found = import_table(db, {}, buckets, prefix="out/", InputCompressionType="GZIP")
    assert (found["ImportStatus"], found["ImportedItemCount"], found["ErrorCount"]) == (
        "COMPLETED",
        2,
        0,
    )
    assert content(db) == content(db, "Things")


def test_lines_that_are_no_items_are_counted_and_left_out(db, buckets):
    lines = [
        b'{"Item": {"pk": {"S": "a"}, "n": {"N": "1.50"}}}',
        b"not json",
        b'{"Item": {"pk": {"N": "1"}}}',  # the key is a string
        b'{"Item": {"n": {"N": "1"}}}',  # no key
        b'{"Item": {"pk": {"S": "b"}, "n": {"N": "x"}}}',
        b'{"Items": {}}',
        b"[]",
        b"",
        b'{"Item": {"pk": {"S": "a"}, "n": {"N": "2"}}}',  # the last one stays
    ]
    found = import_table(db, {"in/part-1.json": b"\n".join(lines)}, buckets)
    assert (found["ProcessedItemCount"], found["ImportedItemCount"], found["ErrorCount"]) == (
        8,
        2,
        6,
    )
    assert content(db) == {"a": {"pk": {"S": "a"}, "n": {"N": "2"}}}


def test_csv_gives_strings_except_for_keys(db, buckets):
    definition = {
        "TableName": "Imported",
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "at", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "N"},
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }
    text = 'pk,at,note\na,1,"two, words"\nb,02.0,\nc,soon,x\n'
    found = import_table(
        db,
        {"in/rows.csv": text.encode()},
        buckets,
        InputFormat="CSV",
        TableCreationParameters=definition,
    )
    assert (found["ImportedItemCount"], found["ErrorCount"]) == (2, 1)  # `soon` is no number
    assert content(db) == {
        "a": {"pk": {"S": "a"}, "at": {"N": "1"}, "note": {"S": "two, words"}},
        "b": {"pk": {"S": "b"}, "at": {"N": "2"}},  # an empty field is no attribute
    }


def test_csv_can_bring_its_header_and_delimiter_in_the_request(db, buckets):
    options = {"Csv": {"Delimiter": ";", "HeaderList": ["pk", "note"]}}
    import_table(
        db,
        {"in/rows.csv": b"a;x\nb;y;z\n"},
        buckets,
        InputFormat="CSV",
        InputFormatOptions=options,
    )
    assert content(db) == {"a": {"pk": {"S": "a"}, "note": {"S": "x"}}}


def test_files_are_read_by_prefix(db, buckets):
    line = b'{"Item": {"pk": {"S": "%s"}}}\n'
    files = {
        "in/1.json": line % b"a",
        "in/more/2.json": line % b"b",
        "elsewhere/3.json": line % b"c",
    }
    import_table(db, files, buckets)
    assert set(content(db)) == {"a", "b"}


def test_damaged_file_fails_the_import(db, buckets):
    found = import_table(
        db, {"in/1.json.gz": b"\x1f\x8b damaged"}, buckets, InputCompressionType="GZIP"
    )
    assert found["ImportStatus"] == "FAILED"
    assert found["FailureMessage"]


def test_imports_are_described_listed_and_repeated_by_token(db, buckets):
    files = {"in/1.json": b'{"Item": {"pk": {"S": "a"}}}\n'}
    first = import_table(db, files, buckets, ClientToken="once")
    assert import_table(db, files, buckets, ClientToken="once") == first
    with pytest.raises(ImportConflictException):
        import_table(db, files, buckets, ClientToken="once", InputFormat="CSV")
    found = db.call("DescribeImport", {"ImportArn": first["ImportArn"]})
    assert found["ImportTableDescription"] == first
    listed = db.call("ListImports", {})["ImportSummaryList"]
    assert [one["ImportArn"] for one in listed] == [first["ImportArn"]]
    with pytest.raises(ImportNotFoundException):
        db.call("DescribeImport", {"ImportArn": first["ImportArn"] + "x"})


def test_imports_that_cannot_be_are_refused(db, buckets):
    files = {"in/1.json": b'{"Item": {"pk": {"S": "a"}}}\n'}
    with pytest.raises(ResourceInUseException):
        import_table(db, files, buckets, TableCreationParameters=DEFINITION)
    for members in (
        {"prefix": "nothing/"},
        {"InputFormatOptions": {"Csv": {"Delimiter": "x"}}},
    ):
        with pytest.raises(ValidationException):
            import_table(db, files, buckets, **members)
    assert db.call("ListTables", {})["TableNames"] == ["Things"]


@settings(max_examples=25)
@given(items=st.dictionaries(st.sampled_from("abcd"), drawn.items, max_size=4))
def test_any_items_survive_export_and_import(tmp_path_factory, items):
    buckets = tmp_path_factory.mktemp("buckets")
    with Database(buckets=buckets) as db:
        create(db)
        for key, item in items.items():
            db.call("PutItem", {"TableName": "Things", "Item": {**item, "pk": {"S": key}}})
        export(db, S3Prefix="out")
        import_table(db, {}, buckets, prefix="out/", InputCompressionType="GZIP")
        assert content(db) == content(db, "Things")


def filtered(db, buckets, **specification):
    description = export(db, FilterSpecification=specification)
    _, items = read_export(buckets, description)
    return items, description["ItemCount"], description["BilledSizeBytes"]


def test_a_filter_limits_what_is_written_and_a_key_condition_what_is_billed(db, buckets):
    for number, key in enumerate("abc"):
        put(db, key, number + 1)
    # each item: pk 2 + one letter, v 1 + a number of 2 bytes = 6
    above = {":n": {"N": "1"}}
    items, count, size = filtered(
        db, buckets, FilterExpression="v > :n", ExpressionAttributeValues=above
    )
    assert (sorted(line["Item"]["pk"]["S"] for line in items), count, size) == (["b", "c"], 2, 18)
    items, count, size = filtered(
        db,
        buckets,
        KeyConditionExpression="pk = :k",
        ProjectionExpression="v",
        ExpressionAttributeValues={":k": {"S": "b"}},
    )
    assert (items, count, size) == ([{"Item": {"v": {"N": "2"}}}], 1, 6)


@pytest.mark.parametrize(
    ("specification", "message"),
    [
        ({}, "needs an expression"),
        ({"FilterExpression": "v >"}, "Invalid FilterExpression: Syntax error"),
        ({"FilterExpression": "attribute_exists(" + "v" * 4096 + ")"}, "longer than 4096 bytes"),
        (
            {
                "KeyConditionExpression": "pk = :k",
                "FilterExpression": "pk <> :k",
                "ExpressionAttributeValues": {":k": {"S": "a"}},
            },
            "Primary key attribute: pk",
        ),
    ],
)
def test_a_filter_that_cannot_be_read_exports_nothing(db, buckets, specification, message):
    with pytest.raises(ValidationException, match=message):
        export(db, FilterSpecification=specification)
    assert not buckets.exists()
