"""Imports of tables from folders that stand for buckets.

In: a request that names files and describes a new table. Out: the table with the items of the
files, and a row of the register that describes the import. Replies come when the import is done. A
line that is no item of the table is counted and left out; of several items with one key the last
one stays.

Sources: API reference, ImportTable; Developer Guide, "DynamoDB data import from Amazon S3" and
"Amazon S3 import formats": in CSV all values are strings, except those of key attributes, which
have the type of their definition.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tablewright.local import register
from tablewright.local.buckets import bucket_folder, objects
from tablewright.local.definitions import add_table, check_new_table, check_table_name
from tablewright.local.faults import (
    Fault,
    ImportConflictException,
    ImportNotFoundException,
    ResourceInUseException,
    ValidationException,
)
from tablewright.local.input_files import (
    MAX_LINE_BYTES,
    NOT_DATA,
    NotAnItem,
    check_readable,
    opened,
    read_record,
    reason_of,
    records,
    unreadable,
)
from tablewright.local.validation import check_item, check_request, key_of_item
from tablewright.local.writing import Image, check_item_size, stored_image, write

if TYPE_CHECKING:
    from pathlib import Path

    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table

KIND = "import"
_CHUNK = 500
DELIMITERS = (",", "\t", ":", ";", "|", " ")

Row = dict[str, Any]
Item = dict[str, Any]


def import_table(engine: LocalEngine, request: Mapping[str, Any]) -> Row:
    """Carry out an import and return its ImportTableDescription.

    Raises:
        ResourceInUseException: the table exists already.
        ImportConflictException: the token was used for another import.
        ValidationException: the table or the format is not available.
    """
    with engine.store.reading:
        conflict = ImportConflictException(
            "An import of this ClientToken exists, with other parameters"
        )
        known = register.same_job(engine, KIND, request, conflict)
    if known is not None:
        return known
    _check_format(request)
    parameters = check_request("create_table", dict(request["TableCreationParameters"]))
    check_table_name(parameters)
    check_new_table(parameters)
    source = request["S3BucketSource"]
    folder = bucket_folder(engine, source["S3Bucket"])
    files = [
        (key, path)
        for key, path in objects(folder, source.get("S3KeyPrefix", ""))
        if not key.endswith(NOT_DATA)
    ]
    if not files:
        raise ValidationException(
            f"No object of bucket {source['S3Bucket']} has the prefix "
            f"{source.get('S3KeyPrefix', '')!r}"
        )
    started = engine.clock()
    with engine.store.writing:
        if parameters["TableName"] in engine.tables:
            raise ResourceInUseException(f"Table already exists: {parameters['TableName']}")
        table = add_table(engine, parameters)
    counts = _Counts()
    problem = ""
    try:
        _load(engine, table, request, files, counts)
    except unreadable() as failure:
        problem = reason_of(failure)
    return _finished(engine, table, request, counts, started, problem)


def find_import(engine: LocalEngine, arn: str) -> Row:
    """Return an import's description. Inside a read.

    Raises:
        ImportNotFoundException: there is none of that ARN.
    """
    row = register.find(engine, KIND, arn)
    if row is None:
        raise ImportNotFoundException(f"Import not found: {arn}")
    description: Row = row["description"]
    return description


def _check_format(request: Mapping[str, Any]) -> None:
    check_readable(request["InputFormat"], request.get("InputCompressionType", "NONE"))
    delimiter = _csv_options(request).get("Delimiter", ",")
    if delimiter not in DELIMITERS:
        raise ValidationException(f"Invalid CSV delimiter: {delimiter}")


def _csv_options(request: Mapping[str, Any]) -> Mapping[str, Any]:
    options: Mapping[str, Any] = request.get("InputFormatOptions", {}).get("Csv", {})
    return options


# Reading


class _Counts:
    """How an import is getting on."""

    def __init__(self) -> None:
        self.bytes = 0
        self.processed = 0
        self.imported = 0
        self.errors = 0


def _load(
    engine: LocalEngine,
    table: Table,
    request: Mapping[str, Any],
    files: list[tuple[str, Path]],
    counts: _Counts,
) -> None:
    waiting: list[Item] = []
    for _, path in files:
        for item in _items(table, request, path, counts):
            counts.processed += 1
            if item is None:
                counts.errors += 1
                continue
            waiting.append(item)
            if len(waiting) == _CHUNK:
                _store(engine, table, waiting, counts)
                waiting = []
    _store(engine, table, waiting, counts)


def _items(
    table: Table, request: Mapping[str, Any], path: Path, counts: _Counts
) -> Iterator[Item | None]:
    """Yield the items of a file; None for what is none."""
    input_format = request["InputFormat"]
    with opened(path, request.get("InputCompressionType", "NONE")) as file:
        content = _Counted(file, counts, is_bounded=input_format == "CSV")
        buffered = io.BufferedReader(content, _READ_BYTES)
        if input_format == "CSV":
            text = io.TextIOWrapper(buffered, encoding="utf-8-sig", newline="")
            yield from _csv_items(table, _csv_options(request), text)
            return
        for record in records(buffered, input_format):
            try:
                yield read_record(record, input_format)
            except NotAnItem:
                yield None


_READ_BYTES = 1 << 16


class _Counted(io.RawIOBase):
    """The content of a file, counted as it is read; its lines are bounded for the reader of CSV."""

    def __init__(self, file: Any, counts: _Counts, *, is_bounded: bool) -> None:
        self._file = file
        self._counts = counts
        self._is_bounded = is_bounded
        self._since_line = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._file.read(min(len(buffer), _READ_BYTES))
        self._counts.bytes += len(content)
        end = content.rfind(b"\n")
        self._since_line = len(content) - end - 1 if end >= 0 else self._since_line + len(content)
        if self._is_bounded and self._since_line > MAX_LINE_BYTES:
            raise EOFError(f"A line is longer than {MAX_LINE_BYTES} bytes, which no item needs")
        buffer[: len(content)] = content
        return len(content)


def _csv_items(
    table: Table, options: Mapping[str, Any], text: io.TextIOWrapper
) -> Iterator[Item | None]:
    types = {
        entry["AttributeName"]: entry["AttributeType"]
        for entry in table.definition["AttributeDefinitions"]
    }
    lines = csv.reader(text, delimiter=options.get("Delimiter", ","))
    header = options.get("HeaderList") or next(lines, [])
    for fields in lines:
        if not fields:
            continue
        if len(fields) > len(header):
            yield None
            continue
        yield {
            name: {types.get(name, "S"): field}
            for name, field in zip(header, fields, strict=False)
            if field
        }


def _store(engine: LocalEngine, table: Table, items: list[Item], counts: _Counts) -> None:
    with engine.store.writing:
        for item in items:
            try:
                check_item(item)
                image = Image.of(item)
                check_item_size(image)
                key = key_of_item(table, item)
            except (Fault, ValueError):
                counts.errors += 1
                continue
            write(engine, table, key, stored_image(engine, table, key), image, None)
            counts.imported += 1


def _finished(
    engine: LocalEngine,
    table: Table,
    request: Mapping[str, Any],
    counts: _Counts,
    started: float,
    problem: str,
) -> Row:
    arn = f"{engine.arn(table.name)}/import/{int(started * 1000):014d}-{table.space:08x}"
    description: Row = {
        "ImportArn": arn,
        "ImportStatus": "FAILED" if problem else "COMPLETED",
        "TableArn": engine.arn(table.name),
        "TableId": table.definition["TableId"],
        "S3BucketSource": request["S3BucketSource"],
        "ErrorCount": counts.errors,
        "InputFormat": request["InputFormat"],
        "InputCompressionType": request.get("InputCompressionType", "NONE"),
        "TableCreationParameters": request["TableCreationParameters"],
        "StartTime": round(started, 3),
        "EndTime": round(engine.clock(), 3),
        "ProcessedSizeBytes": counts.bytes,
        "ProcessedItemCount": counts.processed,
        "ImportedItemCount": counts.imported,
    }
    for member in ("ClientToken", "InputFormatOptions"):
        if member in request:
            description[member] = request[member]
    if problem:
        description.update(FailureCode="ItemValidationError", FailureMessage=problem)
    register.keep_job(engine, KIND, arn, request, description)
    return description
