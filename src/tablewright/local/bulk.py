"""Bulk operations: started, described, listed and cancelled; `bulk_run` carries them out.

In: requests of the right shape. Out: descriptions of bulk operations. An operation is a row of the
register that holds its request, its description and its number; a thread writes its items in small
atomic steps between the requests, each together with the counts that it changes.

Sources: botocore 1.44.8, service model of DynamoDB (shapes, statuses, tokens for eight hours, at
least 1,024 write request units, listed for 90 days); Developer Guide, "Bulk put items
considerations" (no global tables, no table that creates an index), "Best practices" (at most 50,000
objects of 5 GB). Not documented where this was read, and chosen here: the form of the ARN and the
words of refusals.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tablewright.local import register
from tablewright.local.buckets import bucket_folder
from tablewright.local.faults import (
    IdempotentParameterMismatchException,
    ResourceInUseException,
    ResourceNotFoundException,
    ValidationException,
)
from tablewright.local.input_files import check_readable

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table

KIND = "bulk"
PAGE = 10
LISTED_SECONDS = 90 * 24 * 3600
IN_PROGRESS, CANCELLING = "IN_PROGRESS", "CANCELLING"
RUNNING = (IN_PROGRESS, CANCELLING)

Row = dict[str, Any]


def start(
    engine: LocalEngine, request: dict[str, Any], run: Callable[[LocalEngine, str, int], None]
) -> Row:
    """Start to write the items of a bucket into a table; return the description.

    Args:
        engine: where the table lives.
        request: a StartBulkPutItems request.
        run: carries out the operation of an ARN, in a thread, on the table of a space.

    Raises:
        ResourceNotFoundException: there is no such table.
        ResourceInUseException: the table creates an index.
        IdempotentParameterMismatchException: the token was used with other parameters.
        ValidationException: the request asks for what the service or this engine does not do.
    """
    mismatch = IdempotentParameterMismatchException(
        "A bulk operation of this ClientToken exists, with other parameters"
    )
    with engine.store.writing:
        known = register.same_job(engine, KIND, request, mismatch)
        if known is not None:
            return known
        table = engine.table(request["TableName"])
        _check_table(table)
        _check_files(engine, request)
        description = _new_description(engine, table, request)
        arn = description["BulkOperationArn"]
        number = max((row["number"] for row in register.rows(engine, KIND)), default=0) + 1
        register.keep(
            engine, KIND, arn, {"request": request, "description": description, "number": number}
        )
    threading.Thread(
        target=run, args=(engine, arn, table.space), name=f"bulk put {arn}", daemon=True
    ).start()
    return description


def find(engine: LocalEngine, arn: str) -> Row:
    """Return the row of a bulk operation. Inside a read.

    Raises:
        ResourceNotFoundException: there is none of that ARN.
    """
    row = register.find(engine, KIND, arn)
    if row is None:
        raise ResourceNotFoundException(f"Requested resource not found: Bulk operation: {arn}")
    return row


def change(engine: LocalEngine, arn: str, **members: Any) -> Row:
    """Change members of an operation's description and return it. Inside a write."""
    row = find(engine, arn)
    description: Row = {**row["description"], **members}
    register.keep(engine, KIND, arn, {**row, "description": description})
    return description


def cancel(engine: LocalEngine, request: Mapping[str, Any]) -> Row:
    """Ask a bulk operation to stop; what it has written stays. Inside a write.

    One that has ended already answers with its status.
    """
    arn = request["BulkOperationArn"]
    status = find(engine, arn)["description"]["BulkOperationStatus"]
    if status == IN_PROGRESS:
        status = change(engine, arn, BulkOperationStatus=CANCELLING)["BulkOperationStatus"]
    return {"BulkOperationArn": arn, "BulkOperationStatus": status}


def page(engine: LocalEngine, request: Mapping[str, Any]) -> Row:
    """Return a page of the operations of the last 90 days, the latest first. Inside a read."""
    since = engine.clock() - LISTED_SECONDS
    before = int(request["NextToken"], 16) if "NextToken" in request else None
    rows = sorted(
        (
            row
            for row in register.rows(engine, KIND)
            if row["description"]["StartTime"] >= since
            and (before is None or row["number"] < before)
        ),
        key=lambda row: -row["number"],
    )
    limit = request.get("MaxResults", PAGE)
    shown = [row["description"] for row in rows[:limit]]
    reply: Row = {
        "BulkOperationsSummaryList": [
            {name: each[name] for name in _SUMMARY if name in each} for each in shown
        ]
    }
    if len(rows) > limit:
        reply["NextToken"] = f"{rows[limit - 1]['number']:016x}"
    return reply


_SUMMARY = ("BulkOperationArn", "BulkOperationStatus", "StartTime", "EndTime")


def end_interrupted(engine: LocalEngine) -> None:
    """End the operations that were running when the database was closed or killed."""
    with engine.store.writing:
        for row in register.rows(engine, KIND):
            description = row["description"]
            if description["BulkOperationStatus"] in RUNNING:
                change(
                    engine,
                    description["BulkOperationArn"],
                    BulkOperationStatus="FAILED",
                    EndTime=round(engine.clock(), 3),
                    FailureCode="Interrupted",
                    FailureMessage="The database was closed before the operation had ended",
                )


def is_running_on(engine: LocalEngine, table: Table) -> bool:
    """Whether a bulk operation writes to a table. Inside a read."""
    return any(
        row["description"]["BulkOperationStatus"] in RUNNING
        and row["description"]["TableDetails"][0]["TableName"] == table.name
        for row in register.rows(engine, KIND)
    )


def _check_table(table: Table) -> None:
    if "GlobalTable" in table.definition or table.definition.get("Replicas"):
        raise ValidationException("Bulk put items does not support global tables")
    creating = [
        index["IndexName"]
        for member in ("GlobalSecondaryIndexes", "VectorIndexes")
        for index in table.definition.get(member) or ()
        if index.get("IndexStatus") == "CREATING"
    ]
    if creating:
        raise ResourceInUseException(
            f"Table {table.name} is creating an index: {', '.join(creating)}"
        )


def _check_files(engine: LocalEngine, request: Mapping[str, Any]) -> None:
    source, target = request["InputS3Configuration"], request["OutputS3Configuration"]
    bucket_folder(engine, source["S3Bucket"])
    if "S3Bucket" not in target:
        raise ValidationException("OutputS3Configuration.S3Bucket is required")
    bucket_folder(engine, target["S3Bucket"])
    if "S3SseKmsKeyId" in target and target.get("S3SseAlgorithm") != "KMS":
        raise ValidationException("S3SseKmsKeyId is given only with the S3SseAlgorithm KMS")
    if not target["OutputType"]:
        raise ValidationException("OutputS3Configuration.OutputType has at least one value")
    check_readable(source["InputFormat"], source.get("InputCompressionType", "NONE"))


def _new_description(engine: LocalEngine, table: Table, request: Mapping[str, Any]) -> Row:
    moment = engine.clock()
    count = len(register.rows(engine, KIND))
    tail = zlib.crc32(f"{table.name}{moment}{count}".encode())
    description: Row = {
        "BulkOperationArn": (
            f"{engine.arn(table.name)}/bulk-operation/{int(moment * 1000):014d}-{tail:08x}"
        ),
        "BulkOperationStatus": IN_PROGRESS,
        "TableDetails": [{"TableName": table.name, "TableId": table.definition["TableId"]}],
        "InputS3Configuration": request["InputS3Configuration"],
        "OutputS3Configuration": request["OutputS3Configuration"],
        "StartTime": round(moment, 3),
        "ProcessedItemCount": 0,
        "ProcessedInputBytes": 0,
        "FailedItemCount": 0,
        "PerformanceTier": request.get("PerformanceTier", "STANDARD"),
    }
    for member in ("ClientToken", "MaxWriteRequestUnits"):
        if member in request:
            description[member] = request[member]
    return description
