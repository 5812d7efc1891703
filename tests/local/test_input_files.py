"""Ion and Zstandard: files that imports read, and Ion that exports write.

The forms are the Developer Guide's ("Amazon S3 import formats for DynamoDB", "DynamoDB table export
output format"): numbers are Ion ints or decimals, sets are lists with an annotation.
"""

import gzip
import io

import pytest
import zstandard
from amazon.ion import simpleion
from hypothesis import given, settings

import strategies as drawn
from tablewright.local import input_files
from tablewright.local.database import Database
from tablewright.local.faults import ValidationException
from tablewright.local.input_files import NotAnItem, ion_text, read_record, records
from tablewright.local.validation import check_item

KEYS = {
    "TableName": "Books",
    "KeySchema": [{"AttributeName": "Id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "Id", "AttributeType": "N"}],
    "BillingMode": "PAY_PER_REQUEST",
}
BOOK = b"""$ion_1_0
[
  { Item: { Authors: $dynamodb_SS::["Ann", "Bob"], Id: 103., Cover: {{aGVsbG8=}}, New: false,
            Pages: 6d2, 'Old price': 2.50, Sizes: $dynamodb_NS::[1, 2.5], Note: null,
            More: {parts: [1, "x"]} } }
]
"""
ITEM = {
    "Authors": {"SS": ["Ann", "Bob"]},
    "Id": {"N": "103"},
    "Cover": {"B": "aGVsbG8="},
    "New": {"BOOL": False},
    "Pages": {"N": "600"},
    "Old price": {"N": "2.5"},
    "Sizes": {"NS": ["1", "2.5"]},
    "Note": {"NULL": True},
    "More": {"M": {"parts": {"L": [{"N": "1"}, {"S": "x"}]}}},
}


def imported(tmp_path, content, **members):
    """The description of an import of one file, and the items of its table."""
    path = tmp_path / "buckets" / "files" / "in" / "data"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    source = {"S3Bucket": "files", "S3KeyPrefix": "in/"}
    request = {"S3BucketSource": source, "TableCreationParameters": KEYS, **members}
    with Database(buckets=tmp_path / "buckets") as db:
        arn = db.call("ImportTable", request)["ImportTableDescription"]["ImportArn"]
        described = db.call("DescribeImport", {"ImportArn": arn})["ImportTableDescription"]
        return described, db.call("Scan", {"TableName": "Books"})["Items"]


def test_an_ion_file_is_imported_with_its_sets_numbers_and_binaries(tmp_path):
    described, items = imported(tmp_path, BOOK, InputFormat="ION")
    assert described["ImportStatus"] == "COMPLETED"
    assert items == [ITEM]


@pytest.mark.parametrize("is_binary", [True, False])
def test_binary_ion_and_ion_text_are_read_alike(tmp_path, is_binary):
    content = simpleion.dumps({"Item": {"Id": 7, "b": b"x"}}, binary=is_binary)
    content = content if is_binary else content.encode()
    _, items = imported(tmp_path, content, InputFormat="ION")
    assert items == [{"Id": {"N": "7"}, "b": {"B": "eA=="}}]


def test_files_compressed_with_zstandard_are_imported(tmp_path):
    # two frames, one after the other, are one file
    content = zstandard.compress(b'{"Item":{"Id":{"N":"1"}}}\n')
    content += zstandard.compress(b'{"Item":{"Id":{"N":"2"}}}\n')
    described, items = imported(
        tmp_path, content, InputFormat="DYNAMODB_JSON", InputCompressionType="ZSTD"
    )
    assert described["ImportedItemCount"] == 2
    assert described["ProcessedSizeBytes"] == 52  # twice 25 characters and the end of the line
    assert sorted(item["Id"]["N"] for item in items) == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "members", "reason"),
    [
        (b"{Item:{Id:1}} {Item:{Id:", {"InputFormat": "ION"}, "IERR_EOF"),
        (b"(not zstandard)", {"InputFormat": "DYNAMODB_JSON", "InputCompressionType": "ZSTD"},
         "Unknown frame descriptor"),
    ],
)  # fmt: skip
def test_damaged_files_fail_the_import_with_the_reason(tmp_path, content, members, reason):
    described, _ = imported(tmp_path, content, **members)
    assert described["ImportStatus"] == "FAILED"
    assert reason in described["FailureMessage"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("5", "no object with the member Item"),
        ("{Item:5}", "Item is no Ion struct"),
        ("{Item:{Id:1e0}}", "Ion float is no attribute value"),
        ("{Item:{Id:2020-01-01}}", "Ion timestamp is no attribute value"),
        ("{Item:{Id:$dynamodb_NS::[a]}}", "Ion symbol is no attribute value"),
        ('{Item:{Id:$dynamodb_NS::["a"]}}', "a set of N has a member of another type"),
    ],
)
def test_ion_that_states_no_item_says_why(record, reason):
    (value,) = records(io.BytesIO(record.encode()), "ION")
    with pytest.raises(NotAnItem, match=reason):
        read_record(value, "ION")


@pytest.mark.parametrize(("numbers", "status"), [(90_000, "COMPLETED"), (140_000, "FAILED")])
def test_one_ion_value_cannot_fill_the_memory(tmp_path, monkeypatch, numbers, status):
    # a limit of 256 KB; each number takes two bytes: 180 KB may be read, 280 KB may not
    monkeypatch.setattr(input_files, "MAX_LINE_BYTES", 256 * 1024)
    content = gzip.compress(b"{Item:{Id:1,l:[" + b"1," * numbers + b"1]}}")
    described, _ = imported(tmp_path, content, InputFormat="ION", InputCompressionType="GZIP")
    assert described["ImportStatus"] == status


@pytest.mark.parametrize(
    ("number", "decimal"),
    [
        ("103", "103."), ("600", "6d2"), ("-12.340", "-12.34"), ("0.001", "1d-3"), ("0", "0."),
        ("1E+125", "1d125"), ("-1.5E-130", "-15d-131"), ("0.00", "0."),
    ],
)  # fmt: skip
def test_numbers_are_written_as_ion_decimals(number, decimal):
    assert ion_text({"n": {"N": number}}) == "{n:" + decimal + "}"


@settings(max_examples=60)
@given(drawn.items)
def test_what_is_written_as_ion_is_read_back_alike(item):
    (value,) = records(io.BytesIO(f"$ion_1_0 {{Item:{ion_text(item)}}}".encode()), "ION")
    read = read_record(value, "ION")
    for stated in (read, item):
        check_item(stated)  # writes numbers and the order of sets as the engine keeps them
    assert read == item


def test_a_library_that_is_not_installed_is_named_with_its_command(monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(input_files, "import_module", absent)
    with pytest.raises(ValidationException, match=r"pip install 'tablewright\[buckets\]'"):
        input_files.check_readable("DYNAMODB_JSON", "ZSTD")
    input_files.check_readable("DYNAMODB_JSON", "GZIP")
