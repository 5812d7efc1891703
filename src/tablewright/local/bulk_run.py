"""What a bulk put does: read the objects of a bucket, put their items, report what it did not.

In: the row of a bulk operation. Out: items in its table, changes of its description, and a report
in the output bucket. It runs in a thread of its own.

The report is written as exports are, below `AWSDynamoDB/ID/`: files of JSON lines in `error/`, one
line for each record or object that could not be processed, and the two manifests. The service's
own layout was not available. So was not how it counts bytes of bulk puts: here they are the bytes
of each item written, on its table, and of each index entry that the item changed.
"""

from __future__ import annotations

import contextlib
import gzip
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import orjson

from tablewright.capacity.units import write_units
from tablewright.core.errors import EngineError
from tablewright.core.quantities import GB, KB, MB
from tablewright.local import bulk
from tablewright.local.buckets import (
    bucket_folder,
    joined,
    manifest_time,
    object_path,
    objects,
    write_object,
)
from tablewright.local.faults import Fault
from tablewright.local.input_files import (
    NOT_DATA,
    NotAnItem,
    decompressed,
    read_record,
    reason_of,
    records,
    unreadable,
)
from tablewright.local.metering import Meter, TableMeter
from tablewright.local.validation import check_item, key_of_item
from tablewright.local.vectors.writing import written_bytes
from tablewright.local.writing import Image, check_item_size, stored_image, write

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table

MAX_OBJECTS = 50_000
MAX_OBJECT_BYTES = 5 * GB
_STEP_ITEMS = 200
_STEP_BYTES = 4 * MB
_REPORT_RECORDS = 10_000

Row = dict[str, Any]


class _Ended(Exception):
    """The run ends here: cancelled, or failed with a code and a message."""

    def __init__(self, status: str, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class _Reader:
    """An open object, whose bytes are counted as they are read."""

    def __init__(self, file: IO[bytes], run: _Run) -> None:
        self._file = file
        self._run = run

    def read(self, size: int = -1) -> bytes:
        """Return up to so many bytes."""
        return self._counted(self._file.read(size))

    def readline(self, size: int = -1) -> bytes:
        """Return a line, or up to so many bytes of it."""
        return self._counted(self._file.readline(size))

    def _counted(self, content: bytes) -> bytes:
        self._run.read_bytes += len(content)
        return content


@dataclass(slots=True)
class _Usage:
    """Bytes put, by index (None: the table), and vector bytes by vector index."""

    put_bytes: dict[str | None, int] = field(default_factory=dict)
    vector_bytes: dict[str, int] = field(default_factory=dict)

    def described(self, table: Table) -> list[Row]:
        """Return the BulkOperationUsage member."""
        out: Row = {
            "TableName": table.name,
            "BulkPutBytes": sum(self.put_bytes.values()),
            "Table": {"BulkPutBytes": self.put_bytes.get(None, 0)},
        }
        for member, is_local in (
            ("LocalSecondaryIndexes", True),
            ("GlobalSecondaryIndexes", False),
        ):
            indexes = {
                index.name: {"BulkPutBytes": self.put_bytes[index.name]}
                for index in table.indexes_by_name
                if index.is_local == is_local and index.name in self.put_bytes
            }
            if indexes:
                out[member] = indexes
        if self.vector_bytes:
            out["VectorIndexes"] = {
                name: {"BulkPutVectorBytes": size}
                for name, size in sorted(self.vector_bytes.items())
            }
        return [out]


def run(engine: LocalEngine, arn: str, space: int) -> None:
    """Carry out a bulk operation, in a thread; the database may be closed in the middle of it."""
    try:
        _Run(engine, arn, space).run()
    except Exception as problem:
        reason = f"{type(problem).__name__}: {reason_of(problem)}"  # never the path of a file
        with (
            contextlib.suppress(EngineError),
            engine.store.writing,
        ):  # closed: the next start says so
            bulk.change(
                engine,
                arn,
                BulkOperationStatus="FAILED",
                EndTime=round(engine.clock(), 3),
                FailureCode="InternalServerError",
                FailureMessage=reason,
            )


class _Run:
    def __init__(self, engine: LocalEngine, arn: str, space: int) -> None:
        self.engine = engine
        self.arn = arn
        self.space = space
        with engine.store.reading:
            row = bulk.find(engine, arn)
        self.request: Mapping[str, Any] = row["request"]
        self.description: Row = row["description"]
        self.table_name: str = self.description["TableDetails"][0]["TableName"]
        self.source: Mapping[str, Any] = self.request["InputS3Configuration"]
        self.limit: int | None = self.request.get("MaxWriteRequestUnits")
        self.usage = _Usage()
        self.report = _Report(engine, self.description)
        self.processed = self.failed = 0
        self.read_bytes = 0

    def run(self) -> None:
        """Read, write and report until all is done, or the operation is cancelled or fails."""
        end: Row
        try:
            self._load(self._objects())
            status = "COMPLETED_WITH_ERRORS" if self.failed else "COMPLETED"
            end = {"BulkOperationStatus": status}
        except _Ended as ended:
            end = {
                "BulkOperationStatus": ended.status,
                "FailureCode": ended.code,
                "FailureMessage": ended.message,
            }
        try:
            self.report.finish(end["BulkOperationStatus"], self.processed, self.failed)
        except (OSError, Fault) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else str(problem)
            end = {
                "BulkOperationStatus": "FAILED",
                "FailureCode": "OutputNotWritten",
                "FailureMessage": f"The output bucket cannot be written: {reason}",
            }
        self._account()
        with self.engine.store.writing:
            bulk.change(self.engine, self.arn, EndTime=round(self.engine.clock(), 3), **end)

    def _objects(self) -> list[tuple[str, Path]]:
        folder = bucket_folder(self.engine, self.source["S3Bucket"])
        prefix = self.source.get("S3KeyPrefix", "")
        found = [(key, path) for key, path in objects(folder, prefix) if not key.endswith(NOT_DATA)]
        if not found:
            bucket = self.source["S3Bucket"]
            raise _failed("NoInput", f"No object of bucket {bucket} has the prefix {prefix!r}")
        sizes = [path.stat().st_size for _, path in found]
        if len(found) > MAX_OBJECTS:
            raise _failed("TooMuchInput", f"More than {MAX_OBJECTS:,} objects")
        for (key, _), size in zip(found, sizes, strict=True):
            if size > MAX_OBJECT_BYTES:
                raise _failed("TooMuchInput", f"{key} is larger than 5 GB")
        with self.engine.store.writing:
            bulk.change(self.engine, self.arn, TotalInputBytes=sum(sizes))
        return found

    def _load(self, found: list[tuple[str, Path]]) -> None:
        step = _Step(self)
        for key, path in found:
            for place, record in self._records(key, path):
                step.add(key, place, record)
                if step.is_full:
                    step.write()
                    step = _Step(self)
        step.write()

    def _records(self, key: str, path: Path) -> Iterator[tuple[int, Any]]:
        """Yield the records of an object and their places from 1; report what cannot be read."""
        place = 0
        compression = self.source.get("InputCompressionType", "NONE")
        try:
            with path.open("rb") as raw:
                content = decompressed(cast("IO[bytes]", _Reader(raw, self)), compression)
                for record in records(content, self.source["InputFormat"]):
                    place += 1
                    yield place, record
        except unreadable() as failure:
            reason = f"the rest of the object cannot be read: {reason_of(failure)}"
            self.refuse(key, place + 1, reason, None)

    def refuse(self, key: str, place: int, reason: str, record: Any) -> None:
        """Count and report a record that is not written."""
        self.processed += 1
        self.failed += 1
        self.report.add(key, place, reason, record)

    def _account(self) -> None:
        """Tell the bill what was put: in bytes, because units and price are not known."""
        meter = Meter("StartBulkPutItems")
        table = meter.table(self.table_name)
        table.bulk = dict(self.usage.put_bytes)
        table.bulk_vectors = dict(self.usage.vector_bytes)
        if self.engine.on_background is not None:
            self.engine.on_background(meter)


def _failed(code: str, message: str) -> _Ended:
    return _Ended("FAILED", code, message)


class _Step:
    """Some items that are written together."""

    def __init__(self, run: _Run) -> None:
        self.run = run
        self.waiting: list[tuple[str, int, Any, Image]] = []
        self.units = Decimal(0)
        self._began = time.monotonic()
        self._size = 0
        self._most_bytes = _STEP_BYTES if run.limit is None else run.limit * KB // 4

    @property
    def is_full(self) -> bool:
        """Whether it is time to write: enough items, or a quarter of a second's units."""
        return len(self.waiting) >= _STEP_ITEMS or self._size >= self._most_bytes

    def add(self, key: str, place: int, record: Any) -> None:
        """Take one record; what is no item is reported."""
        try:
            item = read_record(record, self.run.source["InputFormat"], is_strict=True)
            check_item(item)
            image = Image.of(item)
            check_item_size(image)
        except (NotAnItem, Fault, ValueError) as refusal:
            self.run.refuse(key, place, str(refusal), record)
            return
        self.waiting.append((key, place, record, image))
        self._size += image.size

    def write(self) -> None:
        """Put the items in one atomic write, together with the counts; then keep to the rate."""
        run, engine = self.run, self.run.engine
        with engine.store.writing:
            status = bulk.find(engine, run.arn)["description"]["BulkOperationStatus"]
            if status == bulk.CANCELLING:
                raise _Ended("CANCELLED", "Cancelled", "The operation was cancelled")
            if engine.stopping.is_set():
                raise EngineError("the database is closed")
            table = engine.tables.get(run.table_name)
            if table is None or table.space != run.space:
                raise _failed("TableNotFound", "The table was deleted meanwhile")
            for key, place, record, image in self.waiting:
                try:
                    self._put(table, image)
                except (Fault, ValueError) as refusal:
                    run.refuse(key, place, str(refusal), record)
                    continue
                run.processed += 1
            bulk.change(
                engine,
                run.arn,
                ProcessedItemCount=run.processed,
                FailedItemCount=run.failed,
                ProcessedInputBytes=run.read_bytes,
                BulkOperationUsage=run.usage.described(table),
            )
        if engine.undelivered:
            engine.hand_over()
        if run.limit is not None:
            seconds = float(self.units) / run.limit - (time.monotonic() - self._began)
            engine.stopping.wait(max(0.0, seconds))

    def _put(self, table: Table, new: Image) -> None:
        engine, usage = self.run.engine, self.run.usage
        key = key_of_item(table, new.item)
        old = stored_image(engine, table, key)
        before, after = written_bytes(table, old), written_bytes(table, new)
        assert after is not None
        meter = TableMeter()
        write(engine, table, key, old, new, meter)
        self.units += write_units(before, after) + meter.total
        usage.put_bytes[None] = usage.put_bytes.get(None, 0) + after
        for index in table.written:
            if index.name in meter.arms and index.keys.has(new.item):
                entry = new if index.projected is None else Image.of(index.entry(new.item))
                usage.put_bytes[index.name] = usage.put_bytes.get(index.name, 0) + entry.size
        for name, (written, _) in meter.vectors.items():
            usage.vector_bytes[name] = usage.vector_bytes.get(name, 0) + written


class _Report:
    """The report of what was not written, in the output bucket."""

    def __init__(self, engine: LocalEngine, description: Row) -> None:
        self._engine = engine
        self._description = description
        self._target: Mapping[str, Any] = description["OutputS3Configuration"]
        self._is_asked = "ERROR" in self._target["OutputType"]
        self._id = description["BulkOperationArn"].rpartition("/")[2]
        self._lines: list[bytes] = []
        self._files: list[Row] = []

    def add(self, key: str, place: int, reason: str, record: Any) -> None:
        """Keep a record that was not written, with where it stands and why."""
        if not self._is_asked:
            return
        text = record.decode("utf-8", "replace").strip() if isinstance(record, bytes) else None
        line = {
            "s3Key": key,
            "record": place,
            "errorCode": "ValidationError",
            "errorMessage": reason,
        }
        self._lines.append(orjson.dumps(line if text is None else {**line, "input": text}) + b"\n")
        if len(self._lines) == _REPORT_RECORDS:
            self._put_lines()

    def finish(self, status: str, processed: int, failed: int) -> None:
        """Write what is left, and the manifests.

        Raises:
            OSError: the bucket cannot be written.
            Fault: the key of an object leads out of it.
        """
        if self._lines:
            self._put_lines()
        files = b"".join(orjson.dumps(file) + b"\n" for file in self._files)
        manifest = {
            "bulkOperationArn": self._description["BulkOperationArn"],
            "bulkOperationStatus": status,
            "startTime": manifest_time(self._description["StartTime"]),
            "endTime": manifest_time(self._engine.clock()),
            "outputType": self._target["OutputType"],
            "processedItemCount": processed,
            "failedItemCount": failed,
            "manifestFilesS3Key": self._put("manifest-files.json", files),
        }
        self._put("manifest-summary.json", orjson.dumps(manifest))

    def _put_lines(self) -> None:
        name = f"error/{len(self._files) + 1:06d}.json.gz"
        content = gzip.compress(b"".join(self._lines), mtime=0)
        self._files.append(
            {"itemCount": len(self._lines), "dataFileS3Key": self._put(name, content)}
        )
        self._lines = []

    def _put(self, name: str, content: bytes) -> str:
        key = joined(self._target.get("S3KeyPrefix"), f"AWSDynamoDB/{self._id}/{name}")
        write_object(
            object_path(bucket_folder(self._engine, self._target["S3Bucket"]), key), content
        )
        return key
