"""Exports of tables to folders that stand for buckets, in the service's layout.

In: a request to export a table as of a moment, or what changed in it between two. Out: data files
(DynamoDB JSON or Ion, gzip), manifests with checksums, and a row of the register that describes the
export. Replies come when the export is done.

Layout: Developer Guide, "DynamoDB table export output format". The service writes a file for each
partition; here there is one for each hundred thousand items.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from tablewright.local import register
from tablewright.local.backups import source_table
from tablewright.local.buckets import (
    bucket_folder,
    joined,
    manifest_time,
    object_path,
    write_object,
)
from tablewright.local.export_filters import Selection, read_selection
from tablewright.local.faults import (
    ExportConflictException,
    ExportNotFoundException,
    InvalidExportTimeException,
    PointInTimeRecoveryUnavailableException,
    ValidationException,
)
from tablewright.local.history import changed_between, undo_into, window
from tablewright.local.input_files import ion_text

if TYPE_CHECKING:
    from pathlib import Path

    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table

KIND = "export"
FILE_ITEMS = 100_000
_CHUNK = 1000
_MIN_SPAN, _MAX_SPAN = 15 * 60, 24 * 3600

Row = dict[str, Any]

_KEPT = (
    "ClientToken", "FilterSpecification", "S3Bucket", "S3BucketOwner", "S3Prefix",
    "S3SseAlgorithm", "S3SseKmsKeyId",
)  # fmt: skip


def export(engine: LocalEngine, request: Mapping[str, Any]) -> Row:
    """Carry out an export and return its ExportDescription.

    Raises:
        PointInTimeRecoveryUnavailableException: the table has no recovery to read from.
        InvalidExportTimeException: a moment lies outside of the recovery window.
        ExportConflictException: the token was used for another export.
        ValidationException: the request asks for what this engine does not write.
    """
    with engine.store.reading:
        table = source_table(engine, request["TableArn"])
        conflict = ExportConflictException(
            "An export of this ClientToken exists, with other parameters"
        )
        known = register.same_job(engine, KIND, request, conflict)
    if known is not None:
        return known
    selection = Selection()
    if "FilterSpecification" in request:
        selection = read_selection(table, request["FilterSpecification"])
    if table.history is None:
        raise PointInTimeRecoveryUnavailableException(
            f"Point in time recovery is not enabled for table '{table.name}'"
        )
    folder = bucket_folder(engine, request["S3Bucket"])
    if request.get("ExportType", "FULL_EXPORT") == "FULL_EXPORT":
        return _export_full(engine, table, request, folder, selection)
    return _export_changes(engine, table, request, folder, selection)


def find_export(engine: LocalEngine, arn: str) -> Row:
    """Return an export's description. Inside a read.

    Raises:
        ExportNotFoundException: there is none of that ARN.
    """
    row = register.find(engine, KIND, arn)
    if row is None:
        raise ExportNotFoundException(f"Export not found: {arn}")
    description: Row = row["description"]
    return description


# The two kinds


def _export_full(
    engine: LocalEngine,
    table: Table,
    request: Mapping[str, Any],
    folder: Path,
    selection: Selection,
) -> Row:
    moment = _checked_moment(engine, table, request.get("ExportTime"))
    space = _snapshot(engine, table, moment)
    try:
        job = _Job(engine, table, request, folder, data="{id}/data")
        job.write(_lines(engine, space, selection, _line_of(request)))
    finally:
        register.drop_snapshot(engine, space)
    return job.finished(
        {"ExportTime": round(moment, 3), "ExportType": "FULL_EXPORT"},
        {"version": "2020-06-30", "exportTime": manifest_time(moment)},
    )


def _export_changes(
    engine: LocalEngine,
    table: Table,
    request: Mapping[str, Any],
    folder: Path,
    selection: Selection,
) -> Row:
    span = request.get("IncrementalExportSpecification") or {}
    if "ExportFromTime" not in span:
        raise ValidationException("ExportFromTime is required for an incremental export")
    start = _checked_moment(engine, table, span["ExportFromTime"])
    end = _checked_moment(engine, table, span.get("ExportToTime"))
    if not _MIN_SPAN <= end - start <= _MAX_SPAN:
        raise ValidationException(
            "The difference between ExportFromTime and ExportToTime must be from 15 minutes to 24 "
            "hours"
        )
    view = span.get("ExportViewType", "NEW_AND_OLD_IMAGES")
    space = _snapshot(engine, table, end)
    try:
        with engine.store.reading:
            every = changed_between(engine, table, start, end)
        changed = {key: change for key, change in every.items() if selection.reads(key)}
        job = _Job(engine, table, request, folder, data="data")
        job.write(_change_lines(engine, table, space, changed, view, selection, request))
    finally:
        register.drop_snapshot(engine, space)
    specification = {
        "ExportFromTime": round(start, 3),
        "ExportToTime": round(end, 3),
        "ExportViewType": view,
    }
    return job.finished(
        {"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": specification},
        {
            "version": "2023-08-01",
            "exportFromTime": manifest_time(start),
            "exportToTime": manifest_time(end),
            "outputView": view,
        },
    )


def _checked_moment(engine: LocalEngine, table: Table, requested: float | None) -> float:
    earliest, latest = window(engine, table)
    moment = latest if requested is None else requested
    if not int(earliest) <= moment <= latest:
        raise InvalidExportTimeException(
            f"The export time must be between {earliest:.3f} and {latest:.3f}"
        )
    return moment


def _snapshot(engine: LocalEngine, table: Table, moment: float) -> int:
    """Return a space with the table's items as of a moment: writes go on while it is read."""
    with engine.store.writing:
        space = register.open_snapshot(engine)
        undo_into(engine, table, moment, space)
    return space


def _line_of(request: Mapping[str, Any]) -> Callable[[bytes], bytes]:
    """Return what writes an item, given as its JSON, as a line of the data file."""
    if _format(request) == "ION":
        return lambda content: f"$ion_1_0 {{Item:{ion_text(orjson.loads(content))}}}\n".encode()
    return lambda content: b'{"Item":' + content + b"}\n"


def _format(request: Mapping[str, Any]) -> str:
    output_format: str = request.get("ExportFormat", "DYNAMODB_JSON")
    return output_format


def _lines(
    engine: LocalEngine, space: int, selection: Selection, line: Callable[[bytes], bytes]
) -> Iterator[tuple[bytes | None, int]]:
    """Yield each item read as a line of the data file, None if it is filtered, and its size."""
    low = selection.low
    while True:
        with engine.store.reading:
            rows = list(engine.store.range(space, low, selection.high, limit=_CHUNK))
        for _, size, raw in rows:
            content = selection.content(raw)
            yield None if content is None else line(content), size
        if len(rows) < _CHUNK:
            return
        low = rows[-1][0] + b"\x00"


def _change_lines(
    engine: LocalEngine,
    table: Table,
    space: int,
    changed: Mapping[bytes, tuple[dict[str, Any] | None, float]],
    view: str,
    selection: Selection,
    request: Mapping[str, Any],
) -> Iterator[tuple[bytes | None, int]]:
    """Yield each changed item as a line: its keys, and what it was and is; None if filtered."""
    line = _ion_change if _format(request) == "ION" else _json_change
    for key, (old, moment) in sorted(changed.items()):
        with engine.store.reading:
            stored = engine.store.get(space, key)
        new = None if stored is None else orjson.loads(stored[1])
        image = new if new is not None else old
        if image is None:
            continue  # it came and went in between
        images = {"Keys": {name: image[name] for name in table.keys.names}}
        if old is not None and view == "NEW_AND_OLD_IMAGES":
            images["OldImage"] = selection.projected(old)
        if new is not None:
            images["NewImage"] = selection.projected(new)
        raw = line(str(round(moment * 1_000_000)), images)
        yield raw if selection.keeps(image) else None, len(raw)


def _json_change(micros: str, images: Mapping[str, Any]) -> bytes:
    metadata = {"WriteTimestampMicros": {"N": micros}}
    return orjson.dumps({"Metadata": metadata, **images}) + b"\n"


def _ion_change(micros: str, images: Mapping[str, Any]) -> bytes:
    metadata = ion_text({"WriteTimestampMicros": {"N": micros}})
    members = [f"Metadata:{metadata}", *(f"{n}:{ion_text(v)}" for n, v in images.items())]
    return f"$ion_1_0 {{Record:{{{','.join(members)}}}}}\n".encode()


# Files


class _Job:
    """Writes the files of one export."""

    def __init__(
        self,
        engine: LocalEngine,
        table: Table,
        request: Mapping[str, Any],
        folder: Path,
        *,
        data: str,
    ) -> None:
        self.engine = engine
        self.table = table
        self.request = request
        self.folder = folder
        self.started = engine.clock()
        self.items = 0
        self.bytes = 0
        self.files: list[dict[str, Any]] = []
        with engine.store.reading:
            number = len(register.rows(engine, KIND))
        tail = zlib.crc32(f"{table.name}{self.started}{number}".encode())
        self.id = f"{int(self.started * 1000):014d}-{tail:08x}"
        self.data = data.format(id=self.id)
        self._put(f"{self.id}/_started", b"")

    def key(self, name: str) -> str:
        """Return the key of a file of the export, below the request's prefix."""
        return joined(self.request.get("S3Prefix"), f"AWSDynamoDB/{name}")

    def write(self, lines: Iterator[tuple[bytes | None, int]]) -> None:
        """Write the data files; what was read and filtered counts as processed."""
        content: list[bytes] = []
        for line, size in lines:
            self.bytes += size
            if line is None:
                continue
            content.append(line)
            self.items += 1
            if len(content) == FILE_ITEMS:
                self._put_data(content)
                content = []
        if content or not self.files:
            self._put_data(content)

    def finished(self, description: Row, summary: Row) -> Row:
        """Write the manifests, keep the export and return its description."""
        engine, table, request = self.engine, self.table, self.request
        ended = engine.clock()
        arn = f"{engine.arn(table.name)}/export/{self.id}"
        files = b"".join(orjson.dumps(file) + b"\n" for file in self.files)
        files_key = self._put_with_checksum("manifest-files", files)
        full_summary = {
            **summary,
            "exportArn": arn,
            "startTime": manifest_time(self.started),
            "endTime": manifest_time(ended),
            "tableArn": engine.arn(table.name),
            "tableId": table.definition["TableId"],
            "s3Bucket": request["S3Bucket"],
            "s3Prefix": request.get("S3Prefix"),
            "s3SseAlgorithm": request.get("S3SseAlgorithm", "AES256"),
            "s3SseKmsKeyId": request.get("S3SseKmsKeyId"),
            "manifestFilesS3Key": files_key,
            "billedSizeBytes": self.bytes,
            "itemCount": self.items,
            "outputFormat": _format(request),
            "exportType": description["ExportType"],
        }
        manifest = self._put_with_checksum("manifest-summary", orjson.dumps(full_summary))
        full_description = {
            "ExportArn": arn,
            "ExportStatus": "COMPLETED",
            "StartTime": round(self.started, 3),
            "EndTime": round(ended, 3),
            "ExportManifest": manifest,
            "TableArn": engine.arn(table.name),
            "TableId": table.definition["TableId"],
            "ExportFormat": _format(request),
            "BilledSizeBytes": self.bytes,
            "ItemCount": self.items,
            **{member: request[member] for member in _KEPT if member in request},
            **description,
        }
        register.keep_job(engine, KIND, arn, request, full_description)
        return full_description

    def _put_data(self, lines: list[bytes]) -> None:
        # The moment in the header of a gzip file would make two exports of one table differ.
        content = gzip.compress(b"".join(lines), mtime=0)
        number = len(self.files) + 1
        name = f"{self.id[:14]}{zlib.crc32(f'{self.id}{number}'.encode()):08x}{number:06d}"
        suffix = "ion" if _format(self.request) == "ION" else "json"
        key = self._put(f"{self.data}/{name}.{suffix}.gz", content)
        digest = hashlib.md5(content, usedforsecurity=False)
        self.files.append(
            {
                "itemCount": len(lines),
                "md5Checksum": base64.b64encode(digest.digest()).decode(),
                "etag": digest.hexdigest(),
                "dataFileS3Key": key,
            }
        )

    def _put_with_checksum(self, name: str, content: bytes) -> str:
        digest = hashlib.md5(content, usedforsecurity=False).digest()
        self._put(f"{self.id}/{name}.checksum", base64.b64encode(digest))
        return self._put(f"{self.id}/{name}.json", content)

    def _put(self, name: str, content: bytes) -> str:
        key = self.key(name)
        path = object_path(self.folder, key)
        try:
            write_object(path, content)
        except OSError as problem:
            raise ValidationException(
                f"The bucket cannot be written: {problem.strerror}"
            ) from problem
        return key
